// Problem. A program adds what it has in the order in which it was written: ((late + a) + b) + c. Where a loop waits for
// `late` (it comes from the round before), every addition behind it makes the round longer.
//
// Strategy. In each block, a tree of one operation whose inner nodes nobody else uses is taken apart into its leaves, and
// put together again: the two that are known first, first (Huffman's way, which is best for the depth). Depth is counted
// in cycles from the block's beginning; what a loop carries comes later than that, and loads come early: their addresses
// seldom hang on what the loop waits for. Only trees with a leaf that is carried, only if they get less deep: elsewhere
// the processor overlaps rounds anyway, and registers are worth more.
//
// Linear in instructions: a tree has few leaves, or it is left alone.
#include "compiler/opt/balance.h"

#include <algorithm>

namespace wjit::opt {

using ir::Block;
using ir::Effects;
using ir::Inst;
using ir::InstData;
using ir::Op;
using ir::Value;

namespace {

constexpr size_t kMostLeaves = 24;
constexpr uint32_t kCarried = 8;  // cycles that it comes later than the rest

bool regroups(Op op) { return op == Op::add || op == Op::xor_ || op == Op::and_ || op == Op::or_; }

uint32_t latency(const InstData& d) {
  switch (d.op) {
    case Op::iconst: case Op::extend_u: case Op::wrap: return 0;
    case Op::mul: case Op::mul_hi_s: case Op::mul_hi_u: return 3;
    case Op::div_s: case Op::div_u: case Op::rem_s: case Op::rem_u: return 12;
    default: return 1;
  }
}

}  // namespace

void BalancePass::count_uses(const ir::Function& f, const Analyses& a) {
  uses_.assign(f.value_count(), 0);
  for (Block b : a.cfg.rpo())
    for (Inst i = f.block(b).first; i.valid(); i = f.next(i)) {
      if (f.inst(i).format() == ir::Format::kBrTable) {
        // An edge that a table names often is counted once, and that as several.
        uses_[f.resolve(f.inst(i).va()).n] = 2;
        for (const ir::Cfg::Succ& s : a.cfg.succs(b))
          for (Value v : f.list(f.edge(s.edge).args)) uses_[f.resolve(v).n] = 2;
        continue;
      }
      f.for_each_use(i, [&](Value v) {
        uint8_t& n = uses_[f.resolve(v).n];
        n = static_cast<uint8_t>(std::min(n + 1, 2));
      });
    }
}

// Headers' parameters that change by more than a constant, and what is computed from them.
void BalancePass::find_carried(const ir::Function& f, const Analyses& a) {
  carried_.assign(f.value_count(), 0);
  const auto counts = [&](Block header, size_t k, Value p) {
    for (const ir::Cfg::Pred& e : a.cfg.preds(header)) {
      if (!a.cfg.reachable(e.block) || !a.loops.contains(a.loops.loop_of(header), e.block)) continue;
      const auto args = f.list(f.edge(e.edge).args);
      const Inst d = f.def(f.resolve(args[k]));
      if (!d.valid() || f.inst(d).op != Op::add || f.resolve(f.inst(d).va()) != p) return false;
      const Inst step = f.def(f.resolve(f.inst(d).vb()));
      if (!step.valid() || f.inst(step).op != Op::iconst) return false;
    }
    return true;
  };
  for (Block b : a.cfg.rpo()) {
    if (!a.loops.loop_of(b).valid()) continue;
    const auto params = f.params(b);
    for (size_t k = 0; k < params.size(); ++k)
      carried_[params[k].n] = !a.loops.is_header(b) || !counts(b, k, params[k]);
    for (Inst i = f.block(b).first; i.valid(); i = f.next(i)) {
      const Effects e = ir::info(f.inst(i).op).effects;
      if ((e != Effects::kPure && e != Effects::kRead) || f.result_count(i) != 1) continue;
      bool any = false;
      f.for_each_use(i, [&](Value v) { any |= carried_[f.resolve(v).n] != 0; });
      carried_[f.result(i).n] = any;
    }
  }
}

uint32_t BalancePass::measure(const ir::Function& f, Block b, Inst i) const {
  uint32_t most = 0;
  f.for_each_use(i, [&](Value v) {
    v = f.resolve(v);
    const Inst d = f.def(v);
    most = std::max(most, d.valid() && f.block_of(d) == b ? depth_[v.n] : carried_[v.n] ? kCarried : 0);
  });
  const InstData& d = f.inst(i);
  if (d.format() != ir::Format::kLoad) return most + latency(d);
  return carried_[f.resolve(d.va()).n] ? most + 5 : std::min(most, kCarried - 1);
}

bool BalancePass::is_inner(const ir::Function& f, Value v, const InstData& user, Block b) const {
  const Inst i = f.def(v);
  return i.valid() && f.inst(i).op == user.op && f.inst(i).type == user.type && f.block_of(i) == b && uses_[v.n] == 1;
}

// The leaves of the tree, or nothing.
bool BalancePass::collect(const ir::Function& f, Block b, Inst root) {
  const InstData d = f.inst(root);
  leaves_.clear(), constants_.clear(), inner_.clear();
  work_.assign({f.resolve(d.vb()), f.resolve(d.va())});
  bool carried = false;
  while (!work_.empty()) {
    const Value v = work_.back();
    work_.pop_back();
    const Inst i = f.def(v);
    if (is_inner(f, v, d, b)) {
      if (leaves_.size() + work_.size() >= kMostLeaves) return false;
      inner_.push_back(i);
      work_.push_back(f.resolve(f.inst(i).vb()));
      work_.push_back(f.resolve(f.inst(i).va()));
      continue;
    }
    if (i.valid() && f.inst(i).op == Op::iconst) {
      constants_.push_back(v);
      continue;
    }
    carried |= carried_[v.n] != 0;
    const bool here = i.valid() && f.block_of(i) == b;
    leaves_.push_back({v, here ? depth_[v.n] : carried_[v.n] ? kCarried : 0, static_cast<uint32_t>(leaves_.size())});
  }
  return carried && leaves_.size() >= 3 && constants_.size() <= 1;
}

static bool later(const auto& x, const auto& y) {
  return x.depth != y.depth ? x.depth > y.depth : x.order > y.order;
}

uint32_t BalancePass::best_depth() const {
  std::vector<Leaf> heap = leaves_;
  std::make_heap(heap.begin(), heap.end(), later<Leaf, Leaf>);
  while (heap.size() > 1) {
    std::pop_heap(heap.begin(), heap.end(), later<Leaf, Leaf>);
    heap.pop_back();
    std::pop_heap(heap.begin(), heap.end(), later<Leaf, Leaf>);
    ++heap.back().depth;
    std::push_heap(heap.begin(), heap.end(), later<Leaf, Leaf>);
  }
  return heap[0].depth + (constants_.empty() ? 0 : 1);
}

// Behind the later of the two, as far as they are made in this block.
Inst BalancePass::place(const ir::Function& f, Block b, Value x, Value y) const {
  Inst at;
  for (Value v : {x, y}) {
    const Inst d = f.def(v);
    if (d.valid() && f.block_of(d) == b && (!at.valid() || position_[d.n] > position_[at.n])) at = d;
  }
  // What has been put there already stays in front.
  while (at.valid() && f.next(at).valid() && position_[f.next(at).n] == position_[at.n] + 1) at = f.next(at);
  return at;
}

void BalancePass::grow(const ir::Function& f) {
  uses_.resize(f.value_count(), 1);
  carried_.resize(f.value_count(), 1);
  depth_.resize(f.value_count(), 0);
  position_.resize(f.inst_count(), 0);
}

void BalancePass::rebuild(ir::Function& f, Block b, Inst root) {
  const InstData d = f.inst(root);
  std::make_heap(leaves_.begin(), leaves_.end(), later<Leaf, Leaf>);
  uint32_t order = static_cast<uint32_t>(leaves_.size());
  const auto take = [&] {
    std::pop_heap(leaves_.begin(), leaves_.end(), later<Leaf, Leaf>);
    const Leaf l = leaves_.back();
    leaves_.pop_back();
    return l;
  };
  uint32_t depth;
  for (;;) {
    const Leaf x = take(), y = leaves_.empty() ? Leaf{constants_[0], 0, 0} : take();
    depth = std::max(x.depth, y.depth) + 1;
    const bool last = leaves_.empty() && (constants_.empty() || y.value == constants_[0]);
    if (last) {
      f.inst(root) = {.op = d.op, .type = d.type, .a = x.value.n, .b = y.value.n};
      break;
    }
    const Inst n = f.new_inst({.op = d.op, .type = d.type, .a = x.value.n, .b = y.value.n}, {&d.type, 1}, f.wasm_offset(root));
    grow(f);
    const Inst at = place(f, b, x.value, y.value);
    if (at.valid()) {
      f.insert_after(at, n);
      position_[n.n] = position_[at.n] + 1;
    } else {
      const Inst first = f.block(b).first;
      f.insert_before(first, n);
      position_[n.n] = position_[first.n] - (1u << 20);
    }
    const Value v = f.result(n);
    depth_[v.n] = depth;
    leaves_.push_back({v, depth, order++});
    std::push_heap(leaves_.begin(), leaves_.end(), later<Leaf, Leaf>);
  }
  depth_[f.result(root).n] = depth;
  for (Inst i : inner_) f.remove(i);
}

void BalancePass::run(ir::Function& f, const Analyses& a) {
  if (a.loops.count() == 0) return;
  count_uses(f, a);
  find_carried(f, a);
  depth_.assign(f.value_count(), 0);
  position_.assign(f.inst_count(), 0);
  part_.assign(f.inst_count(), 0);
  for (Block b : a.cfg.rpo()) {
    if (!a.loops.loop_of(b).valid()) continue;
    uint64_t n = 1;
    for (Inst i = f.block(b).first; i.valid(); i = f.next(i)) {
      position_[i.n] = n++ << 32;
      const InstData& d = f.inst(i);
      if (!regroups(d.op)) continue;
      for (Value v : {f.resolve(d.va()), f.resolve(d.vb())})
        if (is_inner(f, v, d, b)) part_[f.def(v).n] = 1;
    }
    for (Inst i = f.block(b).first; i.valid();) {
      const Inst next = f.next(i);
      for (uint32_t k = 0; k < f.result_count(i); ++k) depth_[f.result(i, k).n] = measure(f, b, i);
      if (regroups(f.inst(i).op) && !part_[i.n] && collect(f, b, i) && best_depth() < depth_[f.result(i).n])
        rebuild(f, b, i);
      i = next;
    }
  }
}

}  // namespace wjit::opt
