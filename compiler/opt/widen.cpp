// Problem. A wasm address is a sum of 32 bits that may wrap around, widened to 64. An addressing mode adds in 64 bits: it
// takes a constant or a shift only if the sum is known not to wrap. Bits alone (known_bits.h) say so of what was masked;
// of a loop's counter its bounds do.
//
// Strategy. Whoever extends a sum asks for the most that its operand can be: from its bits, from the comparisons that
// dominate the place (blocks with one way in), and, of a header's parameter, from the comparison that leads back to the
// header, or from its step and how often the loop can go round at most. That is known of loops whose last block compares a
// counter that starts at a constant with a constant.
//
// Everything is looked up when it is asked for, and each question has a budget: so it is linear in extensions.
#include "compiler/opt/widen.h"

#include <algorithm>

#include "compiler/opt/known_bits.h"

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

constexpr uint64_t kMost = 0xffffffff;
constexpr unsigned kDeepest = 6, kBudget = 64, kGuards = 6;
constexpr uint64_t kUnknown = 1;

}  // namespace

std::optional<uint64_t> WidenPass::constant(Value v) const {
  const Inst i = f_->def(f_->resolve(v));
  if (!i.valid() || f_->inst(i).op != Op::iconst) return std::nullopt;
  return f_->inst(i).imm();
}

std::optional<size_t> WidenPass::param_index(Value v, Block header) const {
  const ir::ValueData& d = f_->value(v);
  if (d.kind != ir::ValueData::Kind::kParam || Block(d.owner) != header) return std::nullopt;
  const auto params = f_->params(header);
  const auto at = std::find(params.begin(), params.end(), v);
  if (at == params.end()) return std::nullopt;
  return static_cast<size_t>(at - params.begin());
}

// What a condition says of an i32 and a constant, where it holds or does not.
std::optional<WidenPass::Comparison> WidenPass::comparison(Value condition, bool holds) const {
  condition = f_->resolve(condition);
  const Inst i = f_->def(condition);
  if (!i.valid() || f_->inst(i).op != Op::icmp) {
    if (f_->type(condition) != Type::kI32) return std::nullopt;
    return Comparison{holds ? IntCc::ne : IntCc::eq, condition, 0};
  }
  const InstData& d = f_->inst(i);
  if (d.type != Type::kI32) return std::nullopt;
  const IntCc cc = holds ? d.int_cc() : ir::negate(d.int_cc());
  if (const auto c = constant(d.vb())) return Comparison{cc, f_->resolve(d.va()), *c};
  if (const auto c = constant(d.va())) return Comparison{ir::swap_operands(cc), f_->resolve(d.vb()), *c};
  return std::nullopt;
}

// The most that v can be behind an edge.
uint64_t WidenPass::guarded_by_edge(Value v, Block from, Edge e) const {
  const InstData& d = f_->inst(f_->terminator(from));
  if (d.op != Op::brif || d.b == d.c || (e.n != d.b && e.n != d.c)) return kMost;
  const auto c = comparison(d.va(), e.n == d.b);
  if (!c || c->value != v) return kMost;
  switch (c->cc) {
    case IntCc::eq: case IntCc::le_u: return c->with;
    case IntCc::lt_u: return c->with == 0 ? kMost : c->with - 1;
    default: return kMost;
  }
}

// From the comparisons that a block is behind.
uint64_t WidenPass::guarded(Value v, Block at) const {
  uint64_t least = kMost;
  for (unsigned n = 0; n < kGuards; ++n) {
    const Block up = a_->dom.idom(at);
    if (!up.valid()) break;
    const auto preds = a_->cfg.preds(at);
    if (preds.size() == 1 && preds[0].block == up) least = std::min(least, guarded_by_edge(v, up, preds[0].edge));
    at = up;
  }
  return least;
}

uint64_t WidenPass::most(Value v, Block at, unsigned depth) {
  v = f_->resolve(v);
  if (f_->type(v) != Type::kI32) return ~uint64_t{0};
  uint64_t least = std::min(maybe_ones(*f_, v), guarded(v, at));
  if (depth == 0 || budget_ == 0) return least;
  --budget_, ++steps_;
  const Inst i = f_->def(v);
  return std::min(least, i.valid() ? most_of_inst(f_->inst(i), at, depth - 1)
                                   : most_of_param(v, Block(f_->value(v).owner), depth - 1));
}

uint64_t WidenPass::most_of_inst(const InstData& d, Block at, unsigned depth) {
  const auto c = d.format() == ir::Format::kBinary ? constant(d.vb()) : std::nullopt;
  uint64_t x;
  switch (d.op) {
    case Op::add: x = most(d.va(), at, depth) + (c ? *c : most(d.vb(), at, depth)); break;
    case Op::mul: x = most(d.va(), at, depth) * (c ? *c : most(d.vb(), at, depth)); break;
    case Op::shl:
      if (!c) return kMost;
      x = most(d.va(), at, depth) << (*c & 31);
      break;
    case Op::shr_u: x = most(d.va(), at, depth) >> (c ? *c & 31 : 0); break;
    case Op::and_: x = std::min(most(d.va(), at, depth), c ? *c : most(d.vb(), at, depth)); break;
    case Op::rem_u: x = c && *c != 0 ? *c - 1 : kMost; break;
    case Op::select: x = std::max(most(d.vb(), at, depth), most(d.vc(), at, depth)); break;
    default: return kMost;
  }
  return std::min(x, kMost);
}

uint64_t WidenPass::most_of_param(Value p, Block b, unsigned depth) {
  const auto k = param_index(p, b);
  if (!k || b == f_->entry()) return kMost;
  if (a_->loops.is_header(b)) return most_of_counter(p, b, *k, depth);
  const auto preds = a_->cfg.preds(b);
  if (preds.size() > 4) return kMost;
  uint64_t x = 0;
  for (const ir::Cfg::Pred& e : preds) {
    if (!a_->cfg.reachable(e.block)) continue;
    const Value v = argument(e.edge, *k);
    x = std::max(x, std::min(most(v, e.block, depth), guarded_by_edge(v, e.block, e.edge)));
  }
  return x;
}

std::optional<WidenPass::Ways> WidenPass::ways(Block header) const {
  Ways w;
  const ir::Loop l = a_->loops.loop_of(header);
  for (const ir::Cfg::Pred& e : a_->cfg.preds(header)) {
    if (!a_->cfg.reachable(e.block)) continue;
    const bool back = a_->loops.contains(l, e.block);
    Block& block = back ? w.latch : w.from;
    if (block.valid()) return std::nullopt;
    block = e.block;
    (back ? w.back : w.in) = e.edge;
  }
  if (!w.from.valid() || !w.latch.valid()) return std::nullopt;
  return w;
}

uint64_t WidenPass::most_of_counter(Value p, Block header, size_t k, unsigned depth) {
  const auto w = ways(header);
  if (!w) return kMost;
  const Value first = argument(w->in, k), next = argument(w->back, k);
  const uint64_t start = std::min(most(first, w->from, depth), guarded_by_edge(first, w->from, w->in));
  if (start == kMost) return kMost;
  if (next == p) return start;
  const uint64_t bound = std::min(guarded(next, w->latch), guarded_by_edge(next, w->latch, w->back));
  if (bound != kMost) return std::max(start, bound);
  const Inst i = f_->def(next);
  if (!i.valid() || f_->inst(i).op != Op::add || f_->resolve(f_->inst(i).va()) != p) return kMost;
  const auto step = constant(f_->inst(i).vb());
  if (!step || *step > 1u << 24) return kMost;
  const auto n = rounds(header);
  if (!n) return kMost;
  return std::min(start + *step * *n, kMost);
}

// How often the way back to the header is taken at most, each time that the loop is entered.
std::optional<uint64_t> WidenPass::rounds(Block header) {
  uint64_t& known = rounds_[a_->loops.loop_of(header).n];
  if (known == 0) {
    const auto n = count_rounds(header);
    known = n ? *n + 2 : kUnknown;
  }
  if (known == kUnknown) return std::nullopt;
  return known - 2;
}

std::optional<uint64_t> WidenPass::count_rounds(Block header) const {
  const auto w = ways(header);
  if (!w) return std::nullopt;
  const InstData& t = f_->inst(f_->terminator(w->latch));
  if (t.op != Op::brif || t.b == t.c) return std::nullopt;
  const auto c = comparison(t.va(), w->back.n == t.b);
  if (!c) return std::nullopt;
  // The counter itself is compared, or what it will be in the next round.
  auto k = param_index(c->value, header);
  const bool before = k.has_value();
  if (!k) {
    const Inst i = f_->def(c->value);
    if (!i.valid() || f_->inst(i).op != Op::add) return std::nullopt;
    k = param_index(f_->resolve(f_->inst(i).va()), header);
    if (!k || argument(w->back, *k) != c->value) return std::nullopt;
  }
  const Value next = argument(w->back, *k);
  const Inst i = f_->def(next);
  if (!i.valid() || f_->inst(i).op != Op::add || f_->resolve(f_->inst(i).va()) != f_->params(header)[*k]) return std::nullopt;
  const auto step = constant(f_->inst(i).vb()), start = constant(argument(w->in, *k));
  if (!step || !start || *step == 0) return std::nullopt;
  const bool down = (*step >> 31) != 0;
  const uint64_t by = down ? (kMost + 1 - *step) : *step;
  if (c->cc == IntCc::ne) {
    // Comparison number n, from 1 on, is of start + n * step (or one step less).
    const uint64_t distance = (down ? *start - c->with : c->with - *start) & kMost;
    if (distance == 0 || distance % by != 0) return std::nullopt;
    return distance / by - (before ? 0 : 1);
  }
  if (down) return std::nullopt;
  uint64_t limit = c->with;  // it goes on as long as the value is less
  if (c->cc == IntCc::le_u) ++limit;
  else if (c->cc != IntCc::lt_u) return std::nullopt;
  if (limit + by > kMost + 1) return std::nullopt;
  const uint64_t first = *start + (before ? 0 : by);
  if (first > kMost) return std::nullopt;
  return first >= limit ? 0 : (limit - first + by - 1) / by;
}

// i extends an i32. What it extends may be computed in 64 bits; and then what that extends.
void WidenPass::widen(ir::Function& f, Inst i, unsigned depth) {
  const Inst sum = f.def(f.resolve(f.inst(i).va()));
  if (!sum.valid()) return;
  const InstData d = f.inst(sum);
  if (d.op != Op::add && d.op != Op::shl) return;
  const auto c = constant(d.vb());
  if (!c || constant(d.va())) return;
  const uint64_t by = d.op == Op::shl ? *c & 31 : *c;
  if (d.op == Op::add ? (by >> 31) != 0 : by > 3) return;
  budget_ = kBudget;
  const uint64_t x = most(d.va(), f.block_of(i), kDeepest);
  if (d.op == Op::add ? x + by > kMost : x << by > kMost) return;
  const Type t = Type::kI64;
  const uint32_t place = f.wasm_offset(i);
  const Inst wide = f.new_inst({.op = Op::extend_u, .type = t, .aux = f.inst(i).aux, .a = f.resolve(d.va()).n}, {&t, 1}, place);
  f.insert_before(i, wide);
  InstData k{.op = Op::iconst, .type = t};
  k.set_imm(by);
  const Inst number = f.new_inst(k, {&t, 1}, place);
  f.insert_before(i, number);
  f.inst(i) = {.op = d.op, .type = t, .a = f.result(wide).n, .b = f.result(number).n};
  if (depth != 0) widen(f, wide, depth - 1);
}

void WidenPass::run(ir::Function& f, const Analyses& a) {
  f_ = &f, a_ = &a;
  rounds_.assign(a.loops.count(), 0);
  steps_ = 0;
  for (Block b : a.cfg.rpo())
    for (Inst i = f.block(b).first; i.valid();) {
      const Inst next = f.next(i);
      if (f.inst(i).op == Op::extend_u) widen(f, i, 2);
      i = next;
    }
}

}  // namespace wjit::opt
