// Floats. Instructions that write part of a register begin with a cleared one, so that they wait for nobody;
// with AVX those that read a vector register have its upper bits from there.
#include "compiler/isa/x64/emitter.h"

namespace wjit::x64 {

static constexpr W kQ = W::k64;

// Of powers of two and such, in the format of the current instruction.
static uint64_t bits_of(double value, uint32_t size) {
  if (size == 8) return std::bit_cast<uint64_t>(value);
  return std::bit_cast<uint32_t>(static_cast<float>(value));
}

bool Emitter::float_inst(MOp op) {
  const MInst& i = *now_;
  switch (op) {
    case MOp::kFImm:
      if (i.imm == 0)
        clear(xmm(0));
      else
        a_.mov(f(), xmm(0), constant_mem(i.imm, i.size));
      return true;
    case MOp::kFp: 
      in_reg(1) ? a_.fp(Float(i.x), f(), xmm(2), xmm(0), xmm(1)) : a_.fp(Float(i.x), f(), xmm(2), xmm(0), place(1));
      return true;
    case MOp::kFpMem: fault_site(), a_.fp(Float(i.x), f(), xmm(1), xmm(0), mem()); return true;
    case MOp::kFpConst: a_.fp(Float(i.x), f(), xmm(1), xmm(0), constant_mem(i.imm, i.size)); return true;
    case MOp::kFpLogic: a_.fp(FloatLogic(i.x), f(), xmm(2), xmm(0), xmm(1)); return true;
    case MOp::kFpLogicConst:
      a_.fp(FloatLogic(i.x), f(), xmm(1), xmm(0), Mem::at(lanes(i.imm, i.size)));
      return true;
    case MOp::kFCmp:
      in_reg(1) ? a_.fp(Float::kUcomi, f(), xmm(0), xmm(1)) : a_.fp(Float::kUcomi, f(), xmm(0), place(1));
      return true;
    case MOp::kFSqrt:
      clear_for(0, 1);
      a_.fp(Float::kSqrt, f(), xmm(0), xmm(1));
      return true;
    case MOp::kFRound:
      clear_for(0, 1);
      a_.round(f(), Rounding(i.x), xmm(0), xmm(1));
      return true;
    case MOp::kFRoundSlow: round_slow(); return true;
    case MOp::kFMinMax: min_max(); return true;
    case MOp::kFConvert:
      clear_for(0, 1);
      a_.float_to_float(f(), xmm(0), xmm(1));
      return true;
    case MOp::kIntToFloat:
      clear(xmm(0));
      a_.int_to_float(f(), W(i.x), xmm(0), gp(1));
      return true;
    case MOp::kUintToFloat: uint_to_float(); return true;
    case MOp::kFloatToInt: float_to_int(); return true;
    case MOp::kMovToXmm: a_.mov(w(), xmm(0), gp(1)); return true;
    case MOp::kMovFromXmm: a_.mov(w(), gp(0), xmm(1)); return true;
    default: return false;
  }
}

// The hardware's min and max give their second operand for NaNs and for zeros of different sign.
void Emitter::min_max() {
  const bool max = now_->x != 0;
  const Xmm d = xmm(2), b = xmm(1);
  const Label different = a_.new_label(), nan = a_.new_label(), done = a_.new_label();
  a_.fp(Float::kUcomi, f(), d, b);
  a_.jcc(Cc::ne, different, Masm::Reach::kShort);
  a_.jcc(Cc::p, nan, Masm::Reach::kShort);
  a_.fp(max ? FloatLogic::kAnd : FloatLogic::kOr, f(), d, b);  // equal: only the signs of zeros can differ
  a_.jmp(done, Masm::Reach::kShort);
  a_.bind(nan);
  a_.fp(Float::kAdd, f(), d, b);
  a_.jmp(done, Masm::Reach::kShort);
  a_.bind(different);
  a_.fp(max ? Float::kMax : Float::kMin, f(), d, b);
  a_.bind(done);
}

// Without SSE4.1: what is added to 2^23 or 2^52 and taken away again has no fraction left. Then a step back where the
// mode asks for it, and the sign, which zeros keep.
void Emitter::round_slow() {
  const Xmm d = xmm(0), t = xmm(1), a = xmm(2);
  const uint32_t size = now_->size;
  const uint64_t whole = bits_of(size == 8 ? 0x1p52 : 0x1p23, size), one = bits_of(1, size);
  const uint64_t sign = uint64_t{1} << (8 * size - 1), magnitude = sign - 1;
  const Rounding mode = Rounding(now_->x);
  const Label nan = a_.new_label(), large = a_.new_label(), done = a_.new_label(), exact = a_.new_label();
  a_.mov(d, a);
  a_.fp(FloatLogic::kAnd, f(), d, Mem::at(lanes(magnitude, size)));
  a_.fp(Float::kUcomi, f(), d, constant_mem(whole, size));
  a_.jcc(Cc::p, nan);
  a_.jcc(Cc::ae, large);
  a_.mov(t, d);  // |a|
  a_.fp(Float::kAdd, f(), d, constant_mem(whole, size));
  a_.fp(Float::kSub, f(), d, constant_mem(whole, size));
  if (mode == Rounding::kTruncate) {
    a_.fp(Float::kUcomi, f(), d, t);
    a_.jcc(Cc::be, exact);
    a_.fp(Float::kSub, f(), d, constant_mem(one, size));
  } else if (mode != Rounding::kNearest) {
    // With the sign: compared with a itself.
    a_.mov(t, a);
    a_.fp(FloatLogic::kAnd, f(), t, Mem::at(lanes(sign, size)));
    a_.fp(FloatLogic::kOr, f(), d, t);
    a_.fp(Float::kUcomi, f(), d, a);
    if (mode == Rounding::kDown) {
      a_.jcc(Cc::be, exact);
      a_.fp(Float::kSub, f(), d, constant_mem(one, size));
    } else {
      a_.jcc(Cc::ae, exact);
      a_.fp(Float::kAdd, f(), d, constant_mem(one, size));
    }
  }
  a_.bind(exact);
  a_.mov(t, a);
  a_.fp(FloatLogic::kAnd, f(), t, Mem::at(lanes(sign, size)));
  a_.fp(FloatLogic::kOr, f(), d, t);
  a_.jmp(done);
  a_.bind(nan);
  a_.mov(d, a);
  a_.fp(Float::kAdd, f(), d, d);
  a_.jmp(done);
  a_.bind(large);
  a_.mov(d, a);
  a_.bind(done);
}

// Past 2^63: the half, rounded to odd, twice.
void Emitter::uint_to_float() {
  const Xmm d = xmm(0);
  const Gp t = gp(1), a = gp(2);
  const Label large = a_.new_label(), done = a_.new_label();
  clear(d);
  a_.test(kQ, a, a);
  a_.jcc(Cc::s, large, Masm::Reach::kShort);
  a_.int_to_float(f(), kQ, d, a);
  a_.jmp(done, Masm::Reach::kShort);
  a_.bind(large);
  a_.mov(kQ, t, a);
  a_.mov(kQ, reg::kScratch, a);
  a_.shift(Shift::kShr, kQ, t, 1);
  a_.and_(W::k32, reg::kScratch, 1);
  a_.or_(kQ, t, reg::kScratch);
  a_.int_to_float(f(), kQ, d, t);
  a_.fp(Float::kAdd, f(), d, d);
  a_.bind(done);
}

void Emitter::float_to_int() {
  const bool wide = now_->x & TruncKind::k64, saturate = now_->x & TruncKind::kSaturating;
  now_->x & TruncKind::kSigned ? float_to_int_signed(wide, saturate) : float_to_int_unsigned(wide, saturate);
}

// The hardware gives the least number for all that does not fit.
void Emitter::float_to_int_signed(bool wide, bool saturate) {
  const Gp d = gp(0);
  const Xmm u = xmm(2), a = xmm(3);
  const W width = wide ? kQ : W::k32;
  const Label done = a_.new_label();
  a_.float_to_int(width, f(), d, a);
  a_.cmp(width, d, 1);
  a_.jcc(Cc::no, done);
  a_.fp(Float::kUcomi, f(), a, a);
  if (saturate) {
    const Label number = a_.new_label();
    a_.jcc(Cc::np, number);
    a_.xor_(W::k32, d, d);
    a_.jmp(done);
    a_.bind(number);
    clear(u);
    a_.fp(Float::kUcomi, f(), a, u);
    a_.jcc(Cc::b, done);
    a_.mov(d, wide ? uint64_t{0x7fffffffffffffff} : uint64_t{0x7fffffff});
  } else {
    const Label overflow = trap_label(vm::TrapCode::kIntegerOverflow);
    a_.jcc(Cc::p, trap_label(vm::TrapCode::kInvalidConversion));
    if (!wide && now_->size == 8) {  // doubles between -2^31 - 1 and -2^31 fit
      a_.fp(Float::kUcomi, f(), a, constant_mem(bits_of(-2147483649.0, 8), 8));
      a_.jcc(Cc::be, overflow);
    } else {
      a_.fp(Float::kUcomi, f(), a, constant_mem(bits_of(wide ? -0x1p63 : -0x1p31, now_->size), now_->size));
      a_.jcc(Cc::b, overflow);
    }
    clear(u);
    a_.fp(Float::kUcomi, f(), a, u);
    a_.jcc(Cc::a, overflow);
  }
  a_.bind(done);
}

void Emitter::float_to_int_unsigned(bool wide, bool saturate) {
  const Gp d = gp(0), t = gp(1);
  const Xmm u = xmm(2), a = xmm(3);
  const Label done = a_.new_label(), bad = a_.new_label();
  if (!wide) {
    a_.float_to_int(kQ, f(), d, a);
    a_.mov(kQ, t, d);
    a_.shift(Shift::kShr, kQ, t, 32);
    a_.jcc(Cc::e, done);
  } else {
    const Label large = a_.new_label();
    const uint64_t half = bits_of(0x1p63, now_->size);
    a_.fp(Float::kUcomi, f(), a, constant_mem(half, now_->size));
    a_.jcc(Cc::ae, large);
    a_.float_to_int(kQ, f(), d, a);
    a_.test(kQ, d, d);
    a_.jcc(Cc::ns, done);
    a_.jmp(bad);
    a_.bind(large);
    a_.mov(u, a);
    a_.fp(Float::kSub, f(), u, constant_mem(half, now_->size));
    a_.float_to_int(kQ, f(), d, u);
    a_.test(kQ, d, d);
    a_.jcc(Cc::s, bad);
    a_.mov(t, uint64_t{1} << 63);
    a_.xor_(kQ, d, t);
    a_.jmp(done);
  }
  a_.bind(bad);
  a_.fp(Float::kUcomi, f(), a, a);
  if (saturate) {
    const Label zero = a_.new_label();
    a_.jcc(Cc::p, zero);
    clear(u);
    a_.fp(Float::kUcomi, f(), a, u);
    a_.jcc(Cc::b, zero);
    a_.mov(d, wide ? ~uint64_t{0} : uint64_t{0xffffffff});
    a_.jmp(done);
    a_.bind(zero);
    a_.xor_(W::k32, d, d);
  } else {
    a_.jcc(Cc::p, trap_label(vm::TrapCode::kInvalidConversion));
    a_.jmp(trap_label(vm::TrapCode::kIntegerOverflow));
  }
  a_.bind(done);
}

}  // namespace wjit::x64
