// One loop over instructions, frames on a stack of its own. SAFETY: what is read and written through addresses is what
// the host has let pass; everything else is by number, in vectors that the verifier's rules keep in range.
#include "compiler/ireval/eval.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "compiler/ir/row_types.h"
#include "compiler/ireval/numeric.h"
#include "compiler/wasm/eval_atomic.h"

namespace wjit::ireval {
namespace {

using ir::Format, ir::Inst, ir::InstData, ir::Op, ir::Type;

constexpr auto kOperands = [] {
  std::array<uint8_t, static_cast<size_t>(Op::kCount)> counts{};
  for (size_t i = 0; i < counts.size(); ++i)
    counts[i] = static_cast<uint8_t>(ir::row_types(static_cast<Op>(i)).operands.size());
  return counts;
}();

class Machine {
 public:
  Machine(Host& host, const Limits& limits) : host_(host), limits_(limits), noise_(limits.noise) {}

  Outcome run(const ir::Function& f, uint64_t vmctx, std::span<const Bits> arguments) {
    enter({&f, vmctx}, vmctx, arguments);
    while (!done_) {
      if (++outcome_.steps > limits_.steps) {
        stop({.mistake = "too many steps"});
        break;
      }
      const Inst i = frames_.back().at;
      if (const Signal s = step(i); s.stops()) {
        stop(s);
        break;
      }
    }
    return std::move(outcome_);
  }

 private:
  struct Frame {
    const ir::Function* f;
    uint64_t vmctx;
    size_t base;  // of its values
    Inst at;      // what is executed next, or is waiting for its callee
  };

  // ---- values -----------------------------------------------------------------------------------------------------

  uint64_t noise() {
    noise_ = noise_ * 6364136223846793005 + 1442695040888963407;
    return noise_ ^ noise_ >> 32;
  }
  Bits noisy(Type t, Bits b) {
    if (ir::bytes_of(t) == 4) b.lo = b.u32() | (noise() << 32);
    if (t != Type::kV128) b.hi = noise();
    return b;
  }
  Frame& frame() { return frames_.back(); }
  const Bits& get(ir::Value v) { return values_[frame().base + frame().f->resolve(v).n]; }
  void set(ir::Value v, const Bits& b) { values_[frame().base + v.n] = noisy(frame().f->type(v), b); }
  void next() { frame().at = frame().f->next(frame().at); }

  void stop(const Signal& s) {
    done_ = true;
    outcome_.kind = s.mistake  ? Outcome::Kind::kMistake
                    : s.thrown ? Outcome::Kind::kThrown
                               : Outcome::Kind::kTrapped;
    outcome_.exception = s.thrown.value_or(Exception());
    outcome_.trap = s.trap;
    if (s.mistake) outcome_.mistake = s.mistake;
    for (size_t k = frames_.size(); k-- > 0;)
      outcome_.frames.push_back({frames_[k].f->number, frames_[k].f->wasm_offset(frames_[k].at)});
  }

  // ---- one instruction --------------------------------------------------------------------------------------------

  Signal step(Inst i) {
    const ir::Function& f = *frame().f;
    const InstData& d = f.inst(i);
    switch (d.format()) {
      case Format::kUnary: case Format::kBinary: case Format::kCompare: case Format::kConvert: case Format::kSelect:
      case Format::kConst: case Format::kVec1: case Format::kVec2: case Format::kVec3: case Format::kVecLane:
      case Format::kVecLane2: case Format::kVecShuffle:
        return numeric(i, d);
      case Format::kVConst: {
        set(f.result(i), vector_constant(d));
        return next(), Signal();
      }
      case Format::kLoad: return load(i, d);
      case Format::kStore: return store(d);
      case Format::kBulk:
        return then_next(host_.bulk(d.op == Op::bulk_copy, get(d.va()).lo, get(d.vb()).lo, get(d.vc()).lo));
      case Format::kAtomic1: case Format::kAtomic2: case Format::kAtomic3: return atomic(i, d);
      case Format::kCheck: return check(d);
      case Format::kFuel: return then_next(host_.fuel(frame().vmctx, d.imm()));
      case Format::kNullary:
        if (d.op == Op::epoch) return then_next(host_.epoch(frame().vmctx));
        wasm::atomic_fence();
        return next(), Signal();
      case Format::kCall: case Format::kTryCall: return call(i, d);
      case Format::kJump: return branch(ir::Edge(d.a));
      case Format::kBranch: return branch(ir::Edge(get(d.va()).u32() != 0 ? d.b : d.c));
      case Format::kBrTable: {
        const auto edges = f.table(ir::Table(d.b));
        return branch(edges[std::min<size_t>(get(d.va()).u32(), edges.size() - 1)]);
      }
      case Format::kReturn: return leave(f.args(i)), Signal();
      case Format::kTrapNow: return {static_cast<vm::TrapCode>(d.aux)};
    }
    return {.mistake = "an instruction that is none"};
  }
  Signal then_next(Signal s) {
    if (!s.stops()) next();
    return s;
  }

  Bits vector_constant(const InstData& d) {
    Bits b;
    std::memcpy(&b, frame().f->vector_constant(d.c).data(), 16);
    return b;
  }
  Signal numeric(Inst i, const InstData& d) {
    Bits operands[3], result;
    const uint32_t fields[] = {d.a, d.b, d.c};
    size_t count = kOperands[static_cast<size_t>(d.op)];
    for (size_t k = 0; k < count; ++k) operands[k] = get(ir::Value(fields[k]));
    if (d.op == Op::vshuffle) operands[count++] = vector_constant(d);
    const Signal s = compute(d, std::span<const Bits>(operands, count), result);
    if (!s.stops()) set(frame().f->result(i), result), next();
    return s;
  }

  // Bytes in memory; whether a narrow load extends the sign.
  struct Width {
    uint32_t bytes;
    bool sign;
  };
  static Width width(const InstData& d) {
    switch (d.op) {
      case Op::load8_s: return {1, true};
      case Op::load8_u: case Op::store8: return {1, false};
      case Op::load16_s: return {2, true};
      case Op::load16_u: case Op::store16: return {2, false};
      case Op::load32_s: return {4, true};
      case Op::load32_u: case Op::store32: return {4, false};
      default: return {ir::bytes_of(d.type), false};
    }
  }
  uint64_t address(const InstData& d) { return get(d.va()).lo + static_cast<uint64_t>(int64_t{d.displacement()}); }
  Signal load(Inst i, const InstData& d) {
    const Width w = width(d);
    uint64_t at = address(d);
    if (const Signal s = host_.access(at, w.bytes, d.access(), false); s.stops()) return s;
    Bits b;
    std::memcpy(&b, reinterpret_cast<const void*>(at), w.bytes);
    const uint32_t unused = 64 - 8 * std::min(w.bytes, 8u);
    if (w.sign) b.lo = static_cast<uint64_t>(static_cast<int64_t>(b.lo << unused) >> unused);
    set(frame().f->result(i), b);
    return next(), Signal();
  }
  Signal store(const InstData& d) {
    const Width w = width(d);
    uint64_t at = address(d);
    if (const Signal s = host_.access(at, w.bytes, d.access(), true); s.stops()) return s;
    const Bits b = get(d.vb());
    std::memcpy(reinterpret_cast<void*>(at), &b, w.bytes);
    return next(), Signal();
  }

  template <class M>
  uint64_t access_atomically(const InstData& d, uint8_t* place) {
    const auto operand = [&](ir::Value v) { return static_cast<M>(get(v).lo); };
    switch (d.op) {
      case Op::atomic_load: return wasm::atomic_load<M>(place);
      case Op::atomic_store: return wasm::atomic_store<M>(place, operand(d.vb())), 0;
      case Op::atomic_add: return wasm::atomic_rmw_add<M>(place, operand(d.vb()));
      case Op::atomic_sub: return wasm::atomic_rmw_sub<M>(place, operand(d.vb()));
      case Op::atomic_and: return wasm::atomic_rmw_and<M>(place, operand(d.vb()));
      case Op::atomic_or: return wasm::atomic_rmw_or<M>(place, operand(d.vb()));
      case Op::atomic_xor: return wasm::atomic_rmw_xor<M>(place, operand(d.vb()));
      case Op::atomic_xchg: return wasm::atomic_rmw_xchg<M>(place, operand(d.vb()));
      default: return wasm::atomic_cmpxchg<M>(place, operand(d.vb()), operand(d.vc()));
    }
  }
  Signal atomic(Inst i, const InstData& d) {
    uint64_t at = get(d.va()).lo;
    const ir::Access access{.region = ir::Region::kHeap};
    if (const Signal s = host_.access(at, d.aux, access, d.op != Op::atomic_load); s.stops()) return s;
    if (at % d.aux != 0) return {.mistake = "an atomic access that is not aligned"};
    auto* const place = reinterpret_cast<uint8_t*>(at);
    const uint64_t before = d.aux == 1   ? access_atomically<uint8_t>(d, place)
                            : d.aux == 2 ? access_atomically<uint16_t>(d, place)
                            : d.aux == 4 ? access_atomically<uint32_t>(d, place)
                                         : access_atomically<uint64_t>(d, place);
    if (frame().f->result_count(i) != 0) set(frame().f->result(i), {before});
    return next(), Signal();
  }

  Signal check(const InstData& d) {
    if (d.op == Op::fuel_by) return then_next(host_.fuel(frame().vmctx, get(d.va()).lo));
    const bool holds = get(d.va()).u32() != 0;
    switch (d.op) {
      case Op::trap_if: case Op::trap_unless:
        if (holds == (d.op == Op::trap_if)) return {static_cast<vm::TrapCode>(d.aux)};
        break;
      case Op::leave_if: case Op::leave_unless:
        if (holds != (d.op == Op::leave_if)) break;
        if (const vm::TrapCode t = host_.pending_trap(frame().vmctx); t != vm::TrapCode::kNone) return {t};
        return {.mistake = "left without a pending trap"};
      default: return {.mistake = "a check that is none"};
    }
    return next(), Signal();
  }

  // All arguments are read before the first parameter changes.
  Signal branch(ir::Edge e) {
    const ir::Function& f = *frame().f;
    const auto& edge = f.edge(e);
    take(f.list(edge.args));
    const auto params = f.params(edge.to);
    for (size_t k = 0; k < params.size(); ++k) set(params[k], taken_[k]);
    frame().at = f.block(edge.to).first;
    return {};
  }
  void take(std::span<const ir::Value> list) {
    taken_.clear();
    for (ir::Value v : list) taken_.push_back(get(v));
  }

  // ---- calls ------------------------------------------------------------------------------------------------------

  Signal call(Inst i, const InstData& d) {
    const ir::Function& f = *frame().f;
    const ir::Signature& sig = f.sig(ir::Sig(d.b));
    take(f.args(i));
    if (d.op == Op::libcall) {
      Bits result;
      const Signal s = host_.libcall(static_cast<vm::Libcall>(d.c), taken_, result);
      // C says nothing about a register beyond the byte of a bool.
      if (vm::kLibcalls[d.c].signature[0] == 'b') result.lo = (result.lo & 0xff) | noise() << 8;
      if (!s.stops() && f.result_count(i) != 0) set(f.result(i), result);
      return then_next(s);
    }
    const bool direct = !ir::is_indirect_call(d.op), tail = ir::is_terminator(d.op) && d.format() == Format::kCall;
    const uint64_t vmctx = frame().vmctx, code = direct ? f.callee(d) : taken_[0].lo, to = direct ? vmctx : taken_[1].lo;
    const std::vector<Bits> arguments(taken_.begin() + (direct ? 0 : 2), taken_.end());
    const Callee callee = direct ? host_.direct(f.callee(d), vmctx) : host_.indirect(code, to);
    if (callee.function) {
      if (callee.function->signature != sig) return {.mistake = "a callee of another signature"};
      if (tail) drop_frame();
      if (frames_.size() >= limits_.depth) return {vm::TrapCode::kStackOverflow};
      enter(callee, vmctx, arguments);
      return {};
    }
    std::vector<Bits> results(sig.results.size());
    const Signal s = host_.call({code, to, vmctx, direct, sig, arguments, results});
    if (s.thrown) return unwind(s, tail);
    if (s.stops()) return s;
    if (tail)
      give_back(results);
    else
      returned(results);
    return s;
  }
  // What the frame waits for has come.
  void returned(std::span<const Bits> results) {
    const ir::Function& f = *frame().f;
    const Inst i = frame().at;
    for (uint32_t k = 0; k < results.size(); ++k) set(f.result(i, k), results[k]);
    if (f.inst(i).format() == Format::kTryCall)
      branch(f.try_data(ir::Try(f.inst(i).c)).normal);
    else
      next();
  }
  // To the innermost frame that handles it; the signal again where none does, with all frames as they are.
  Signal unwind(const Signal& s, bool tail) {
    for (size_t k = frames_.size() - tail; k-- > 0;) {
      const ir::Function& f = *frames_[k].f;
      const Inst i = frames_[k].at;
      if (f.inst(i).format() != Format::kTryCall) continue;
      for (const ir::Handler& h : f.try_data(ir::Try(f.inst(i).c)).handlers) {
        if (h.tag != ir::Handler::kAny && h.tag != s.thrown->tag) continue;
        while (frames_.size() > k + 1) drop_frame();
        set(f.result(i, f.result_count(i) - 1), {s.thrown->value});
        return branch(h.edge);
      }
    }
    return s;
  }

  void enter(const Callee& callee, uint64_t caller_vmctx, std::span<const Bits> arguments) {
    const ir::Function& f = *callee.function;
    frames_.push_back({&f, callee.vmctx, values_.size(), f.block(f.entry()).first});
    values_.resize(values_.size() + f.value_count());
    for (size_t k = frame().base; k < values_.size(); ++k) values_[k] = {noise(), noise()};
    const auto params = f.params(f.entry());
    set(params[0], {callee.vmctx});
    set(params[1], {caller_vmctx});
    for (size_t k = 2; k < params.size(); ++k) set(params[k], arguments[k - 2]);
  }
  void drop_frame() {
    values_.resize(frame().base);
    frames_.pop_back();
  }
  void leave(std::span<const ir::Value> list) {
    take(list);
    give_back(taken_);
  }
  // The frame's results, to who waits for them.
  void give_back(std::span<const Bits> results) {
    const ir::Function& f = *frame().f;
    std::vector<Bits> own(results.begin(), results.end());
    for (size_t k = 0; k < own.size(); ++k) own[k] = noisy(f.signature.results[k], own[k]);
    drop_frame();
    if (frames_.empty()) {
      outcome_.results = std::move(own);
      done_ = true;
      return;
    }
    returned(own);
  }

  Host& host_;
  const Limits limits_;
  uint64_t noise_;
  std::vector<Frame> frames_;
  std::vector<Bits> values_;  // of all frames
  std::vector<Bits> taken_;
  Outcome outcome_;
  bool done_ = false;
};

}  // namespace

bool same(ir::Type t, const Bits& a, const Bits& b) {
  switch (ir::bytes_of(t)) {
    case 4: return a.u32() == b.u32();
    case 8: return a.lo == b.lo;
    default: return a == b;
  }
}

// SAFETY: the IR has compared both ends with the memories' lengths; the addresses are real.
Signal Host::bulk(bool copy, uint64_t to, uint64_t from, uint64_t length) {
  if (copy)
    std::memmove(reinterpret_cast<void*>(to), reinterpret_cast<const void*>(from), length);
  else
    std::memset(reinterpret_cast<void*>(to), static_cast<int>(from & 0xff), length);
  return {};
}

Outcome run(Host& host, const ir::Function& f, uint64_t vmctx, std::span<const Bits> arguments, const Limits& limits) {
  return Machine(host, limits).run(f, vmctx, arguments);
}

}  // namespace wjit::ireval
