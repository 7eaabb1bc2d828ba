#include "compiler/opt/tables.h"

#include <algorithm>

namespace wjit::opt {

using ir::Block;
using ir::Edge;
using ir::Inst;
using ir::InstData;
using ir::IntCc;
using ir::Op;
using ir::Type;
using ir::Value;

namespace {

constexpr size_t kMostComparisons = 2;

class Chain {
 public:
  Chain(ir::Function& f, Block b) : f_(f), b_(b), t_(f.terminator(b)) {}

  // Entries that lead elsewhere than the last one, which takes every other index.
  bool worth_it() {
    const auto table = f_.table(ir::Table(f_.inst(t_).b));
    if (table.size() > kMostComparisons + 3) return false;
    for (size_t k = 0; k + 1 < table.size(); ++k)
      if (!same(table[k], table.back())) cases_.push_back({k, table[k]});
    rest_ = table.back();
    return cases_.size() <= kMostComparisons;
  }

  void replace() {
    const Value index = f_.inst(t_).va();
    const uint32_t place = f_.wasm_offset(t_);
    f_.remove(t_);
    std::vector<Edge> used;
    const auto own = [&](Edge e) {
      if (std::find(used.begin(), used.end(), e) == used.end()) return used.push_back(e), e;
      const std::vector<Value> args(f_.list(f_.edge(e).args).begin(), f_.list(f_.edge(e).args).end());
      return f_.new_edge(f_.edge(e).to, args);
    };
    Block at = b_;
    for (size_t k = 0; k < cases_.size(); ++k) {
      const Edge hit = own(cases_[k].second);
      Edge miss;
      Block next;
      if (k + 1 == cases_.size()) {
        miss = own(rest_);
      } else {
        next = f_.new_block();
        f_.block(next).cold = f_.block(b_).cold;
        f_.insert_block_after(next, at);
        miss = f_.new_edge(next);
      }
      InstData number{.op = Op::iconst, .type = Type::kI32};
      number.set_imm(cases_[k].first);
      const Value c = append(at, number, place);
      const Value equal = append(
          at, {.op = Op::icmp, .type = Type::kI32, .aux = static_cast<uint16_t>(IntCc::eq), .a = index.n, .b = c.n}, place);
      f_.append_inst(at, f_.new_inst({.op = Op::brif, .a = equal.n, .b = hit.n, .c = miss.n}, {}, place));
      at = next;
    }
    if (cases_.empty()) f_.append_inst(b_, f_.new_inst({.op = Op::jump, .a = rest_.n}, {}, place));
  }

 private:
  bool same(Edge x, Edge y) const {
    const ir::EdgeData &a = f_.edge(x), &b = f_.edge(y);
    const auto p = f_.list(a.args), q = f_.list(b.args);
    return a.to == b.to && std::equal(p.begin(), p.end(), q.begin(), q.end());
  }
  Value append(Block b, const InstData& d, uint32_t place) {
    const Type t = Type::kI32;
    const Inst i = f_.new_inst(d, {&t, 1}, place);
    f_.append_inst(b, i);
    return f_.result(i);
  }

  ir::Function& f_;
  const Block b_;
  const Inst t_;
  std::vector<std::pair<size_t, Edge>> cases_;
  Edge rest_;
};

}  // namespace

bool small_tables(ir::Function& f) {
  if (f.table_count() == 0) return false;
  bool any = false;
  for (Block b = f.entry(); b.valid();) {
    const Block next = f.block(b).next;
    if (f.inst(f.terminator(b)).op == Op::br_table) {
      Chain chain(f, b);
      if (chain.worth_it()) chain.replace(), any = true;
    }
    b = next;
  }
  return any;
}

}  // namespace wjit::opt
