// try_table, throw, throw_ref.
#include "tools/fuzz/body.h"

namespace wjit::fuzz {

Body::Clause Body::random_clause() {
  const auto kind = uint8_t(c_.weighted({6, 3, 2, 2}));  // catch, catch_ref, catch_all, catch_all_ref
  return {kind, kind < 2 ? c_.below(uint32_t(m_.tags.size())) : 0};
}

std::vector<Type> Body::passed_by(const Clause& clause) const {
  std::vector<Type> types;
  if (clause.has_tag()) types = m_.types[m_.tags[clause.tag]].params;
  if (clause.kind == 1 || clause.kind == 3) types.push_back(kExnRef);
  return types;
}

// A block to which the first clause goes, and in it the try_table, whose other clauses go wherever they fit.
void Body::try_step() {
  if (labels_.size() > 6) return;
  const Clause first = random_clause();
  const std::vector<Type> passed = passed_by(first);
  begin(Label::kBlock, {{}, passed});
  FuncType t;
  if (c_.one_in(3)) t.results.push_back(c_.one_in(2) ? kI32 : kF64);
  if (c_.one_in(3)) {
    gen(kI64, 1);
    t.params.push_back(kI64);
  }
  std::vector<std::pair<Clause, uint32_t>> clauses = {{first, 0}};
  for (uint32_t n = c_.below(4); n-- > 0;) {
    const Clause clause = random_clause();
    const std::vector<Type> types = passed_by(clause);
    std::vector<uint32_t> fit;
    for (uint32_t d = 0; d < labels_.size(); ++d)
      if (label(d).branch_types() == types) fit.push_back(d);
    if (fit.empty()) continue;
    const uint32_t to = fit[c_.below(uint32_t(fit.size()))];
    c_.one_in(2) ? clauses.push_back({clause, to}) : void(clauses.insert(clauses.begin(), {clause, to}));
  }
  byte(0x1f);
  block_type(t);
  put_leb(out_, clauses.size());
  for (const auto& [clause, to] : clauses) {
    byte(clause.kind);
    if (clause.has_tag()) put_leb(out_, clause.tag);
    put_leb(out_, to);
  }
  labels_.push_back({Label::kBlock, t, stack_.size() - t.params.size()});
  steps(c_.between(1, 8));
  if (!label().unreachable && c_.one_in(3)) throw_step();
  settle(t.results);
  byte(0x0b);
  stack_.resize(label().height);
  stack_.insert(stack_.end(), t.results.begin(), t.results.end());
  labels_.pop_back();
  steps(c_.below(3));
  settle(passed);
  byte(0x0b);
  stack_.resize(label().height);
  stack_.insert(stack_.end(), passed.begin(), passed.end());
  labels_.pop_back();
}

void Body::throw_step() {
  const bool wrapped = !c_.one_in(10);
  if (wrapped) {
    condition();
    pop();
    begin(Label::kIf, {});
  }
  if (c_.one_in(4)) {
    ensure({kExnRef});
    op(0x0a);
  } else {
    const uint32_t tag = c_.below(uint32_t(m_.tags.size()));
    const std::vector<Type> types = m_.types[m_.tags[tag]].params;
    ensure(types);
    op(0x08, tag);
  }
  set_unreachable();
  if (wrapped) {
    byte(0x0b);
    labels_.pop_back();
  }
}

}  // namespace wjit::fuzz
