#include "compiler/opt/branches.h"

#include <algorithm>

#include "compiler/ireval/numeric.h"

namespace wjit::opt {

using ir::Block;
using ir::Edge;
using ir::Format;
using ir::Inst;
using ir::InstData;
using ir::Op;
using ir::Value;

static const InstData* constant(const ir::Function& f, Value v) {
  const Inst i = f.def(f.resolve(v));
  return i.valid() && f.inst(i).op == Op::iconst ? &f.inst(i) : nullptr;
}

void BranchPass::decide(ir::Function& f, Block b) {
  InstData& d = f.inst(f.terminator(b));
  Edge only;
  if (d.op == Op::brif) {
    if (const InstData* c = constant(f, d.va())) {
      only = Edge(c->imm() != 0 ? d.b : d.c);
    } else {
      const ir::EdgeData &t = f.edge(Edge(d.b)), &e = f.edge(Edge(d.c));
      const auto x = f.list(t.args), y = f.list(e.args);
      if (t.to == e.to && std::equal(x.begin(), x.end(), y.begin(), y.end())) only = Edge(d.b);
    }
  } else if (d.op == Op::br_table) {
    const auto table = f.table(ir::Table(d.b));
    if (const InstData* c = constant(f, d.va())) only = table[std::min<size_t>(c->imm(), table.size() - 1)];
  }
  if (!only.valid()) return;
  d = {.op = Op::jump, .a = only.n};
  changed_ = true;
}

void BranchPass::count(const ir::Function& f, const Analyses& a) {
  uses_.assign(f.value_count(), 0);
  for (Block b : a.cfg.rpo())
    for (Inst i = f.block(b).first; i.valid(); i = f.next(i)) {
      if (f.inst(i).format() != Format::kBrTable) {
        f.for_each_use(i, [&](Value v) { ++uses_[v.n]; });
        continue;
      }
      // An edge that a table names often is counted once.
      ++uses_[f.inst(i).a];
      for (const ir::Cfg::Succ& s : a.cfg.succs(b))
        for (Value v : f.list(f.edge(s.edge).args)) ++uses_[v.n];
    }
  empty_.assign(f.block_count(), 0);
  tests_.assign(f.block_count(), 0);
  for (Block b : a.cfg.rpo()) {
    const InstData& d = f.inst(f.terminator(b));
    tests_[b.n] = only_tests(f, b);
    if (b == f.entry() || d.op != Op::jump || f.block(b).first != f.block(b).last) continue;
    const auto params = f.params(b);
    const auto args = f.list(f.edge(Edge(d.a)).args);
    if (f.edge(Edge(d.a)).to == b) continue;
    uint32_t uses = 0, own = 0;
    for (Value p : params) uses += uses_[p.n];
    for (Value v : args) own += f.value(v).kind == ir::ValueData::Kind::kParam && Block(f.value(v).owner) == b;
    empty_[b.n] = uses == own;
  }
}

// Parameters, constants, perhaps a comparison with one, and a branch.
bool BranchPass::only_tests(const ir::Function& f, Block b) const {
  const Inst t = f.terminator(b);
  if (b == f.entry() || f.inst(t).op != Op::brif || f.params(b).empty()) return false;
  constexpr unsigned kFew = 3;
  unsigned insts = 0;
  for (Inst i = f.block(b).first; i != t; i = f.next(i))
    if ((f.inst(i).op != Op::iconst && f.inst(i).op != Op::icmp) || ++insts > kFew) return false;
  uint32_t uses = 0, own = 0;
  for (Value p : f.params(b)) uses += uses_[p.n];
  for (Inst i = f.block(b).first; i.valid(); i = f.next(i)) {
    if (i != t) uses += uses_[f.result(i).n];
    f.for_each_use(i, [&](Value v) {
      const Inst made = f.def(v);
      own += made.valid() ? f.block_of(made) == b
                          : f.value(v).kind == ir::ValueData::Kind::kParam && Block(f.value(v).owner) == b;
    });
  }
  return uses == own;
}

// Where an edge to a block that only jumps, or only tests, leads to.
Edge BranchPass::way_on(const ir::Function& f, Edge e) const {
  const Block through = f.edge(e).to;
  const InstData& t = f.inst(f.terminator(through));
  if (empty_[through.n]) return Edge(t.a);
  if (!tests_[through.n]) return Edge();
  const auto params = f.params(through);
  const auto given = f.list(f.edge(e).args);
  const auto known = [&](Value v, uint64_t* out) {
    const auto at = std::find(params.begin(), params.end(), v);
    const InstData* c = constant(f, at == params.end() ? v : given[static_cast<size_t>(at - params.begin())]);
    if (c) *out = c->imm();
    return c != nullptr;
  };
  uint64_t x, y;
  const Inst compare = f.def(t.va());
  if (compare.valid() && f.block_of(compare) == through && f.inst(compare).op == Op::icmp) {
    const InstData& c = f.inst(compare);
    if (!known(c.va(), &x) || !known(c.vb(), &y)) return Edge();
    const ireval::Bits values[2] = {{x, 0}, {y, 0}};
    ireval::Bits out{};
    if (ireval::compute(c, {values, 2}, out).stops()) return Edge();
    x = out.u32();
  } else if (!known(t.va(), &x)) {
    return Edge();
  }
  const Edge way(x != 0 ? t.b : t.c);
  // Constants of its own stay there.
  for (Value v : f.list(f.edge(way).args))
    if (const Inst made = f.def(v); made.valid() && f.block_of(made) == through) return Edge();
  return way;
}

// One step. Chains are as long as the program has them: an edge takes a few, and the blocks on the way theirs.
bool BranchPass::forward_edge(ir::Function& f, const Analyses& a, Edge e) {
  const Block through = f.edge(e).to;
  const Edge way = way_on(f, e);
  if (!way.valid()) return false;
  const ir::EdgeData on = f.edge(way);
  if (a.loops.is_header(on.to) || a.loops.is_header(through)) return false;
  const auto params = f.params(through);
  const auto given = f.list(f.edge(e).args);
  // Many ways to a block that passes many values on would each pass them.
  constexpr size_t kFewValues = 8;
  if (f.list(on.args).size() > std::max(kFewValues, given.size())) return false;
  args_.clear();
  for (Value v : f.list(on.args)) {
    if (f.value(v).kind == ir::ValueData::Kind::kParam && Block(f.value(v).owner) == through) {
      size_t k = f.value(v).index;
      if (k >= params.size() || params[k] != v)
        k = static_cast<size_t>(std::find(params.begin(), params.end(), v) - params.begin());
      v = given[k];
    }
    args_.push_back(v);
  }
  const ir::List args = f.new_list(args_);
  f.edge(e) = {on.to, args};
  if (!empty_[through.n]) f.inst(f.terminator(through)).aux = 0;  // what it was seen to do was done for others, too
  return changed_ = true;
}

void BranchPass::forward(ir::Function& f, const Analyses& a, Block b) {
  const Inst t = f.terminator(b);
  if (f.inst(t).op == Op::br_table) return;  // tables share edges, and blocks without parameters cost them little
  for (unsigned step = 0; step < 4; ++step) {
    bool more = false;
    f.for_each_edge(t, [&](Edge e) { more |= forward_edge(f, a, e); });
    if (!more) break;
  }
}

void BranchPass::join(ir::Function& f, const Analyses& a) {
  ways_.assign(f.block_count(), 0);
  std::vector<Block> work = {f.entry()};
  ways_[f.entry().n] = 1;
  while (!work.empty()) {
    const Block b = work.back();
    work.pop_back();
    f.for_each_edge(f.terminator(b), [&](Edge e) {
      if (ways_[f.edge(e).to.n]++ == 0) work.push_back(f.edge(e).to);
    });
  }
  for (Block b : a.cfg.rpo()) {
    if (ways_[b.n] == 0) continue;
    for (;;) {
      const Inst t = f.terminator(b);
      if (f.inst(t).op != Op::jump) break;
      const Edge e(f.inst(t).a);
      const Block to = f.edge(e).to;
      if (ways_[to.n] != 1 || to == b || f.block(to).cold != f.block(b).cold) break;
      const auto params = f.params(to);
      const auto args = f.list(f.edge(e).args);
      for (size_t k = 0; k < params.size(); ++k) f.make_alias(params[k], args[k]);
      f.set_params(to, {});
      f.truncate(f.edge(e).args, 0);
      f.remove(t);
      for (Inst i = f.block(to).first; i.valid();) {
        const Inst next = f.next(i);
        f.remove(i);
        f.append_inst(b, i);
        i = next;
      }
      ways_[to.n] = 0;
      changed_ = true;
    }
  }
  for (Block b = f.entry(); b.valid();) {
    const Block next = f.block(b).next;
    if (ways_[b.n] == 0) {
      f.remove_block(b);
      changed_ = true;
    }
    b = next;
  }
}

bool BranchPass::run(ir::Function& f, const Analyses& a) {
  changed_ = false;
  for (Block b : a.cfg.rpo()) decide(f, b);
  count(f, a);
  for (Block b : a.cfg.rpo()) forward(f, a, b);
  join(f, a);
  if (changed_) f.resolve_aliases();
  return changed_;
}

}  // namespace wjit::opt
