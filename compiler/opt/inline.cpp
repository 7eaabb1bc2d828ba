#include "compiler/opt/inline.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>

#include "compiler/ir/row_types.h"

namespace wjit::opt {

using ir::Block;
using ir::Edge;
using ir::Format;
using ir::Inst;
using ir::InstData;
using ir::Op;
using ir::Value;

namespace {

// Instructions, without those that mostly cost nothing; and bytes of the body, so that large ones are not even looked at.
struct Budget {
  uint32_t weight, bytes;
};
constexpr Budget kInLoop{140, 640}, kElsewhere{24, 96}, kItself{72, 200};
constexpr uint32_t kMostCalls = 2;         // in a body
constexpr uint32_t kMostOwnCalls = 3;      // of a function to itself, and others
constexpr uint32_t kMostGrowth = 1500;     // of a function, in weight
constexpr uint64_t kMostCopied = 6000;     // into a function, in instructions, beyond as many as it has
constexpr double kHotTimes = 200;          // of a call that was seen so often in tier 0
constexpr uint32_t kNotThis = ~uint32_t{0};

// What it costs to have the body in place of its call; kNotThis: it cannot be.
uint32_t weight_of(const ir::Function& g, uint32_t most_calls) {
  if (!g.inlined.empty()) return kNotThis;
  uint32_t weight = 0, calls = 0;
  for (Block b = g.entry(); b.valid(); b = g.block(b).next) {
    for (Inst i = g.block(b).first; i.valid(); i = g.next(i)) {
      const InstData& d = g.inst(i);
      if (ir::is_terminator(d.op) && (d.format() == Format::kCall || d.format() == Format::kTryCall)) return kNotThis;
      if (d.op == Op::br_table) weight += static_cast<uint32_t>(g.table(ir::Table(d.b)).size());
      if (ir::calls(d.op)) weight += 8, calls += d.op != Op::libcall && !g.block(b).cold;
      switch (d.op) {
        case Op::iconst: case Op::fconst: case Op::extend_u: case Op::wrap: case Op::jump: case Op::return_: break;
        default: ++weight;
      }
    }
  }
  return calls > most_calls ? kNotThis : weight;
}

}  // namespace

// Hot ones are in loops, or were seen to be; those of which a profile says that they are hardly executed are left out.
void Inliner::find_calls(const ir::Function& f, const Analyses& a, uint32_t own_calls) {
  calls_.clear();
  const bool profiled = frequencies_.compute(f, a.cfg, a.dom, a.loops);
  // From the end on, so that what stands behind a call is moved once.
  for (Block b = f.last_block(); b.valid(); b = f.block(b).prev) {
    if (f.block(b).cold || !a.cfg.reachable(b)) continue;
    if (profiled && frequencies_.is_cold(b)) continue;
    Call c{.call = Inst(), .hot = a.loops.depth(b) != 0};
    if (profiled) {
      c.times = frequencies_.of(b) * std::max(own_calls, 1u);
      c.hot = c.hot || c.times >= kHotTimes;
    }
    for (c.call = f.block(b).last; c.call.valid(); c.call = f.prev(c.call))
      if (f.inst(c.call).op == Op::call) calls_.push_back(c);
  }
  order_.resize(calls_.size());
  std::iota(order_.begin(), order_.end(), 0u);
  if (profiled)
    std::stable_sort(order_.begin(), order_.end(), [&](uint32_t x, uint32_t y) { return calls_[x].times > calls_[y].times; });
}

bool Inliner::choose(const ir::Function& f, uint32_t own, const BodySource& source) {
  // By callee. New each time: what clear() costs goes by the largest function before this one.
  std::unordered_map<uint32_t, uint32_t> weights;
  uint32_t growth = 0;
  uint64_t copied = 0;
  const uint32_t own_size = f.inst_count();
  bool changed = false;
  for (uint32_t n : order_) {
    Call& c = calls_[n];
    const uint32_t callee = f.inst(c.call).c;
    const Budget& most = callee == own ? kItself : c.hot ? kInLoop : kElsewhere;
    const ir::Function* g = source(callee, most.bytes);
    if (!g) continue;
    const auto [known, is_new] = weights.try_emplace(callee, 0);
    if (is_new) known->second = weight_of(*g, callee == own ? kMostOwnCalls : kMostCalls);
    const uint32_t weight = known->second;
    if (weight > most.weight || growth + weight > kMostGrowth) continue;
    // What costs nothing to run still has to be copied.
    const uint32_t size = g->inst_count() + 4 * g->block_count();
    if (copied + size > kMostCopied + own_size) continue;
    growth += weight;
    copied += size;
    changed = c.chosen = true;
  }
  return changed;
}

bool Inliner::run(ir::Function& f, uint32_t own, const BodySource& source, const Analyses& a, uint32_t own_calls) {
  find_calls(f, a, own_calls);
  if (!choose(f, own, source)) return false;
  for (const Call& c : calls_)
    if (c.chosen) expand(f, c.call, *source(f.inst(c.call).c, kInLoop.bytes));
  f.resolve_aliases();
  return true;
}

void Inliner::expand(ir::Function& f, Inst call, const ir::Function& g) {
  const Block before = f.block_of(call), go_on = f.new_block();
  f.insert_block_after(go_on, before);
  f.block(go_on).cold = f.block(before).cold;
  for (Inst i = f.next(call); i.valid();) {
    const Inst next = f.next(i);
    f.remove(i);
    f.append_inst(go_on, i);
    i = next;
  }
  values_.assign(g.value_count(), Value());
  const auto entry = g.params(g.entry());
  const Value vmctx = f.params(f.entry())[0];
  values_[entry[0].n] = values_[entry[1].n] = vmctx;
  for (size_t k = 2; k < entry.size(); ++k) values_[entry[k].n] = f.args(call)[k - 2];
  copy_blocks(f, g, before);
  copy_insts(f, g, f.wasm_offset(call));
  connect(f, g, go_on);
  for (uint32_t k = 0; k < f.result_count(call); ++k) {
    const Value v = f.result(call, k);
    f.make_alias(v, only_return_.valid() ? values_[g.args(only_return_)[k].n] : f.append_param(go_on, f.type(v)));
  }
  f.remove(call);
  const Inst jump = f.new_inst({.op = Op::jump, .a = f.new_edge(blocks_[g.entry().n]).n}, {}, 0);
  f.append_inst(before, jump);
}

void Inliner::copy_blocks(ir::Function& f, const ir::Function& g, Block before) {
  blocks_.assign(g.block_count(), Block());
  for (Block b = g.entry(); b.valid(); b = g.block(b).next) {
    const Block n = f.new_block();
    blocks_[b.n] = n;
    f.insert_block_after(n, before);
    before = n;
    f.block(n).cold = g.block(b).cold;
    if (b == g.entry()) continue;
    for (Value p : g.params(b)) values_[p.n] = f.append_param(n, g.type(p));
  }
}

// Their operands are still g's.
void Inliner::copy_insts(ir::Function& f, const ir::Function& g, uint32_t call_place) {
  copies_.clear();
  only_return_ = Inst();
  uint32_t returns = 0;
  uint32_t last = 0, place = 0;
  std::vector<ir::Type> types;
  for (Block b = g.entry(); b.valid(); b = g.block(b).next) {
    for (Inst i = g.block(b).first; i.valid(); i = g.next(i)) {
      types.clear();
      for (uint32_t k = 0; k < g.result_count(i); ++k) types.push_back(g.type(g.result(i, k)));
      if (const uint32_t at = g.wasm_offset(i); at != last) {
        last = at;
        place = at == 0 ? 0 : f.new_inlined_place({at, call_place});
      }
      const Inst n = f.new_inst(g.inst(i), types, place);
      for (uint32_t k = 0; k < types.size(); ++k) values_[g.result(i, k).n] = f.result(n, k);
      f.append_inst(blocks_[b.n], n);
      copies_.push_back({i, n});
      if (g.inst(i).op == Op::return_) only_return_ = i, ++returns;
    }
  }
  if (returns != 1) only_return_ = Inst();
}

ir::List Inliner::copy_list(ir::Function& f, std::span<const Value> from) {
  list_.clear();
  for (Value v : from) list_.push_back(values_[v.n]);
  return f.new_list(list_);
}

Edge Inliner::copy_edge(ir::Function& f, const ir::Function& g, Edge e) {
  Edge& known = edges_[e.n];
  if (known.valid()) return known;
  known = f.new_edge(blocks_[g.edge(e).to.n]);
  f.edge(known).args = copy_list(f, g.list(g.edge(e).args));
  return known;
}

void Inliner::connect(ir::Function& f, const ir::Function& g, Block go_on) {
  edges_.assign(g.edge_count(), Edge());
  for (const auto& [from, to] : copies_) {
    InstData d = g.inst(from);
    switch (d.format()) {
      case Format::kJump: d.a = copy_edge(f, g, Edge(d.a)).n; break;
      case Format::kBranch:
        d.a = values_[d.a].n;
        d.b = copy_edge(f, g, Edge(d.b)).n;
        d.c = copy_edge(f, g, Edge(d.c)).n;
        break;
      case Format::kBrTable: {
        d.a = values_[d.a].n;
        std::vector<Edge> table;
        for (Edge e : g.table(ir::Table(d.b))) table.push_back(copy_edge(f, g, e));
        d.b = f.new_table(table).n;
        break;
      }
      case Format::kReturn: {
        const Edge e = f.new_edge(go_on);
        if (from != only_return_) f.edge(e).args = copy_list(f, g.args(from));
        d = {.op = Op::jump, .a = e.n};
        break;
      }
      case Format::kCall:
        d.a = copy_list(f, g.args(from)).at;
        d.b = f.add_signature(g.sig(ir::Sig(d.b))).n;
        break;
      default: {  // operands are the first fields
        uint32_t* fields[] = {&d.a, &d.b, &d.c};
        const size_t operands = ir::row_types(d.op).operands.size();
        for (size_t k = 0; k < operands; ++k) *fields[k] = values_[*fields[k]].n;
        if (d.format() == Format::kVConst || d.format() == Format::kVecShuffle)
          d.c = f.add_vector_constant(g.vector_constant(d.c));
      }
    }
    f.inst(to) = d;
  }
}

}  // namespace wjit::opt
