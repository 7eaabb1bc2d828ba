#include "compiler/opt/rounds.h"

#include <algorithm>

#include "compiler/opt/uses.h"

namespace wjit::opt {

using ir::Block;
using ir::Edge;
using ir::Format;
using ir::Inst;
using ir::InstData;
using ir::IntCc;
using ir::Loop;
using ir::Op;
using ir::Type;
using ir::Value;

namespace {

constexpr uint32_t kNoStep = ~uint32_t{0};
constexpr unsigned kMostAnew = 1;     // copies of q - c that a step is worth
constexpr unsigned kMostPassed = 64;  // instructions that one goes down past

const InstData* def(const ir::Function& f, Value v) {
  const Inst i = f.def(f.resolve(v));
  return i.valid() ? &f.inst(i) : nullptr;
}
const InstData* constant(const ir::Function& f, Value v) {
  const InstData* d = def(f, v);
  return d && d->op == Op::iconst ? d : nullptr;
}
bool is_constant(const ir::Function& f, Value v) {
  const InstData* d = def(f, v);
  return d && d->format() == Format::kConst;
}
bool is_extension(const InstData& d) { return d.op == Op::extend_u || d.op == Op::wrap; }
bool commutes(Op op) {
  return op == Op::add || op == Op::mul || op == Op::and_ || op == Op::or_ || op == Op::xor_;
}

// Pure, and computes in the register of its first operand.
bool may_sink(const ir::Function& f, Inst i) {
  const InstData& d = f.inst(i);
  if (ir::info(d.op).effects != ir::Effects::kPure) return false;
  return d.format() == Format::kUnary || d.format() == Format::kConvert || d.format() == Format::kBinary;
}

Value make(ir::Function& f, Inst before, const InstData& d, Type t) {
  const Inst n = f.new_inst(d, {&t, 1}, f.wasm_offset(before));
  f.insert_before(before, n);
  return f.result(n);
}
Value make_constant(ir::Function& f, Inst before, Type t, uint64_t value) {
  InstData d{.op = Op::iconst, .type = t};
  d.set_imm(t == Type::kI32 ? value & 0xffffffff : value);
  return make(f, before, d, t);
}

}  // namespace

void RoundsPass::run(ir::Function& f, const Analyses& a) {
  if (a.loops.count() == 0) return;
  work = 0;
  steps_.clear();
  to_sink_.clear();
  step_of_.assign(f.value_count(), kNoStep);
  for (Loop l(0); l.n < a.loops.count(); ++l.n) find(f, a, l);
  if (!steps_.empty()) {
    find_uses(f, a);
    std::vector<unsigned> anew(steps_.size());
    for (const Use& u : uses_) {
      ++work;
      const How h = how(f, a, steps_[u.step], u.at);
      if (h == How::kNot || (h == How::kAnew && ++anew[u.step] > kMostAnew)) steps_[u.step].fails = true;
    }
    for (const Use& u : uses_) {
      const Step& s = steps_[u.step];
      if (s.fails) continue;
      const How h = how(f, a, s, u.at);
      if (h == How::kRewrite) rewrite(f, s, u.at);
      if (h == How::kAnew) make_anew(f, s, u.at);
    }
  }
  for (Inst i : to_sink_) sink(f, i);
}

void RoundsPass::find(ir::Function& f, const Analyses& a, Loop l) {
  const Block header = a.loops.header(l);
  size_t first = steps_.size();
  for (const ir::Cfg::Pred& p : a.cfg.preds(header)) {
    if (!a.cfg.reachable(p.block) || !a.loops.contains(l, p.block)) continue;
    const auto params = f.params(header);
    const auto args = f.list(f.edge(p.edge).args);
    for (size_t k = 0; k < params.size(); ++k) consider(f, l, params[k], f.resolve(args[k]));
  }
  for (; first < steps_.size(); ++first) {
    Step& s = steps_[first];
    const Block made = f.block_of(s.made);
    s.each_round = a.loops.loop_of(made) == l;
    for (const ir::Cfg::Pred& p : a.cfg.preds(header))
      if (a.cfg.reachable(p.block) && a.loops.contains(l, p.block)) s.each_round &= a.dom.dominates(made, p.block);
  }
}

void RoundsPass::consider(ir::Function& f, Loop l, Value p, Value q) {
  const Inst i = f.def(q);
  if (!i.valid()) return;
  InstData& d = f.inst(i);
  if (commutes(d.op) && f.resolve(d.vb()) == p && !is_constant(f, d.va())) std::swap(d.a, d.b);
  if (may_sink(f, i)) to_sink_.push_back(i);
  if (d.op != Op::add || f.resolve(d.va()) != p) return;
  const InstData* c = constant(f, d.vb());
  if (!c) return;
  uint32_t& step = step_of_[p.n];
  if (step == kNoStep) {
    step = static_cast<uint32_t>(steps_.size());
    steps_.push_back({p, q, i, l, c->imm()});
  } else if (steps_[step].made != i) {
    steps_[step].fails = true;  // one of several ways on
  }
}

// The parameter that a value is, or that it extends within the loop.
uint32_t RoundsPass::step_of(const ir::Function& f, Value v) const {
  v = f.resolve(v);
  if (v.n >= step_of_.size()) return kNoStep;
  if (step_of_[v.n] != kNoStep) return step_of_[v.n];
  const InstData* d = def(f, v);
  return d && is_extension(*d) ? step_of_[f.resolve(d->va()).n] : kNoStep;
}

void RoundsPass::find_uses(const ir::Function& f, const Analyses& a) {
  uses_.clear();
  order_.resize(f.inst_count());
  uint32_t place = 0;
  for (Block b : a.cfg.rpo()) {
    for (Inst i = f.block(b).first; i.valid(); i = f.next(i)) {
      order_[i.n] = place++;
      const auto note = [&](Value v) {
        if (const uint32_t s = step_of(f, v); s != kNoStep && !steps_[s].fails) uses_.push_back({s, i});
      };
      if (f.inst(i).format() != Format::kBrTable) {
        f.for_each_use(i, note);
        continue;
      }
      note(f.inst(i).va());
      for (const ir::Cfg::Succ& s : a.cfg.succs(b))
        for (Value v : f.list(f.edge(s.edge).args)) note(v);
    }
  }
}

RoundsPass::How RoundsPass::how(const ir::Function& f, const Analyses& a, const Step& s, Inst use) const {
  const Block b = f.block_of(use), made = f.block_of(s.made);
  if (use == s.made) return How::kBefore;
  if (b == made ? order_[use.n] < order_[s.made.n] : a.dom.dominates(b, made)) return How::kBefore;
  // Every round passes q once: what q does not dominate comes before it.
  if (!a.dom.dominates(made, b)) return s.each_round && a.loops.contains(s.loop, b) ? How::kBefore : How::kNot;
  const InstData& d = f.inst(use);
  const bool own = (d.op == Op::icmp || d.op == Op::add) && f.resolve(d.va()) == s.p;
  if (d.op == Op::icmp && own && (d.int_cc() == IntCc::eq || d.int_cc() == IntCc::ne) && constant(f, d.vb()))
    return How::kRewrite;
  if (d.op == Op::add && own && constant(f, d.vb()) && constant(f, d.vb())->imm() != s.c) return How::kRewrite;
  if (!a.loops.contains(s.loop, b))
    return a.loops.depth(b) < a.loops.depth(s.loop) && d.format() != Format::kBrTable ? How::kAnew : How::kNot;
  // Those in its block are passed by, but for a condition: it is computed where it is branched on.
  return b == made && !ir::is_terminator(d.op) && d.op != Op::icmp ? How::kBefore : How::kNot;
}

void RoundsPass::rewrite(ir::Function& f, const Step& s, Inst use) {
  const InstData d = f.inst(use);
  const uint64_t c = constant(f, d.vb())->imm();
  const Value k = make_constant(f, use, d.type, d.op == Op::add ? c - s.c : c + s.c);
  f.inst(use).a = s.q.n;
  f.inst(use).b = k.n;
}

void RoundsPass::make_anew(ir::Function& f, const Step& s, Inst use) {
  std::vector<Value> used;
  f.for_each_use(use, [&](Value v) {
    v = f.resolve(v);
    if (step_of(f, v) != kNoStep && &steps_[step_of(f, v)] == &s) used.push_back(v);
  });
  for (Value v : used) {
    const Type t = f.type(s.p);
    const Value back = make_constant(f, use, t, 0 - s.c);
    Value p = make(f, use, {.op = Op::add, .type = t, .a = s.q.n, .b = back.n}, t);
    if (v != s.p) {
      const Op op = def(f, v)->op;
      const Type wide = f.type(v);
      p = make(f, use, {.op = op, .type = def(f, v)->type, .a = p.n}, wide);
    }
    replace_use(f, use, v, p);
  }
}

// Down its block, behind the last of those near that need what it is made of; not past what needs it.
void RoundsPass::sink(ir::Function& f, Inst i) {
  InstData& d = f.inst(i);
  const Value a = f.resolve(d.va()), b = d.format() == Format::kBinary ? f.resolve(d.vb()) : Value();
  const bool alone = !b.valid() || is_constant(f, b);
  const Inst last = last_need(f, i, a), other = alone ? Inst() : last_need(f, i, b);
  // One that goes along to the new place may have to make room for its own successor.
  const auto stays = [&](Value v) { return f.def(v).valid(); };
  Inst to;
  if (last.valid() && (alone || stays(b))) {
    to = last;
  } else if (other.valid() && commutes(d.op) && stays(a)) {
    to = other;
    std::swap(d.a, d.b);
  }
  if (!to.valid()) return;
  f.remove(i);
  f.insert_after(to, i);
}

Inst RoundsPass::last_need(const ir::Function& f, Inst i, Value x) {
  const Value q = f.result(i);
  const Inst end = f.terminator(f.block_of(i));
  Inst last;
  unsigned passed = 0;
  for (Inst at = f.next(i); at != end && passed < kMostPassed; at = f.next(at), ++passed, ++work) {
    bool needs_it = false, needs_same = false;
    f.for_each_use(at, [&](Value v) {
      v = f.resolve(v);
      const InstData* d = def(f, v);
      needs_it |= v == q;
      needs_same |= v == x || (d && is_extension(*d) && f.resolve(d->va()) == x);
    });
    if (needs_it) break;
    if (needs_same) last = at;
  }
  return last;
}

}  // namespace wjit::opt
