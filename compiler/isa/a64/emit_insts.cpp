// Integers, floats and memory.
#include <bit>

#include "compiler/isa/a64/emitter.h"

namespace wjit::a64 {

static constexpr W kX = W::k64;

bool Emitter::int_inst(MOp op) {
  const MInst& i = *now_;
  switch (op) {
    case MOp::kImm:
      if (i.size == 4 && i.imm >> 16 == 0xffff)
        a_.movn(W::k32, gp(0), static_cast<uint16_t>(~i.imm));
      else
        a_.mov(gp(0), i.imm);
      return true;
    case MOp::kAdd:
      i.imm ? a_.add(Add(i.x), w(), gp(0), gp(1), gp(2), shift_kind(), imm8()) : a_.add(Add(i.x), w(), gp(0), gp(1), gp(2));
      return true;
    case MOp::kAddExt: a_.add(Add(i.x), w(), gp(0), gp(1), gp(2), Extend(i.disp), imm8()); return true;
    case MOp::kAddImm: a_.add(Add(i.x), w(), gp(0), gp(1), static_cast<uint32_t>(i.imm)); return true;
    case MOp::kLogic:
      i.imm ? a_.logic(Logic(i.x), w(), gp(0), gp(1), gp(2), shift_kind(), imm8())
            : a_.logic(Logic(i.x), w(), gp(0), gp(1), gp(2));
      return true;
    case MOp::kLogicImm: a_.logic(Logic(i.x), w(), gp(0), gp(1), i.imm); return true;
    case MOp::kNeg: a_.add(Add::kSub, w(), gp(0), Gp::zr, gp(1), i.imm ? shift_kind() : RegShift::kLsl, imm8()); return true;
    case MOp::kNot: a_.logic(Logic::kOrn, w(), gp(0), Gp::zr, gp(1), i.imm ? shift_kind() : RegShift::kLsl, imm8()); return true;
    case MOp::kBinary: a_.binary(Binary(i.x), w(), gp(0), gp(1), gp(2)); return true;
    case MOp::kMulAdd:
      i.x ? a_.msub(w(), gp(0), gp(1), gp(2), gp(3)) : a_.madd(w(), gp(0), gp(1), gp(2), gp(3));
      return true;
    case MOp::kMulHi: multiply_high(); return true;
    case MOp::kShiftImm: a_.shift(Shift(i.x), w(), gp(0), gp(1), imm8()); return true;
    case MOp::kUnary: a_.unary(Unary(i.x), w(), gp(0), gp(1)); return true;
    case MOp::kBitfield:
      a_.bitfield(Bitfield(i.x), w(), gp(0), gp(1), imm8(), static_cast<uint8_t>(i.disp));
      return true;
    case MOp::kDiv: divide(); return true;
    case MOp::kPopcnt:
      a_.fmov(w(), vec(1), gp(2));
      a_.cnt8(vec(1), vec(1));
      a_.addv8(vec(1), vec(1));
      a_.fmov(W::k32, gp(0), vec(1));
      return true;
    case MOp::kExtend: extend(); return true;
    case MOp::kCmp:
      i.imm ? a_.add(Add::kSubs, w(), Gp::zr, gp(0), gp(1), shift_kind(), imm8()) : a_.cmp(w(), gp(0), gp(1));
      return true;
    case MOp::kCmpImm:
      a_.add(i.x ? Add::kAdds : Add::kSubs, w(), Gp::zr, gp(0), static_cast<uint32_t>(i.imm));
      return true;
    case MOp::kTest: a_.logic(Logic::kAnds, w(), Gp::zr, gp(0), gp(1)); return true;
    case MOp::kTestImm: a_.logic(Logic::kAnds, w(), Gp::zr, gp(0), i.imm); return true;
    case MOp::kCset: a_.cset(W::k32, gp(0), Cc(i.cc)); return true;
    case MOp::kCsel: select(); return true;
    default: return false;
  }
}

void Emitter::select() {
  uint32_t k = 1;
  const Gp a = now_->x & Zeros::kFirst ? Gp::zr : gp(k++);
  const Gp b = now_->x & Zeros::kSecond ? Gp::zr : gp(k);
  a_.select(Select::kCsel, w(), gp(0), a, b, Cc(now_->cc));
}

void Emitter::multiply_high() {
  const bool is_signed = now_->x;
  const Gp d = gp(0), a = gp(1), b = gp(2);
  if (now_->size == 8) return is_signed ? a_.smulh(d, a, b) : a_.umulh(d, a, b);
  is_signed ? a_.smull(d, a, b) : a_.umull(d, a, b);
  a_.shift(Shift::kLsr, kX, d, d, 32);
}

// The hardware gives 0 for a division by 0, and the least number for that by -1, whose remainder is 0 then.
void Emitter::divide() {
  const Gp d = gp(0), a = gp(1), b = gp(2);
  const DivKind kind = DivKind(now_->x);
  const bool is_signed = kind == DivKind::kDivS || kind == DivKind::kRemS;
  if (!(now_->cc & DivSkip::kZero)) a_.cbz(w(), b, trap_label(vm::TrapCode::kIntegerDivideByZero));
  if (kind == DivKind::kDivS && !(now_->cc & DivSkip::kOverflow)) {
    a_.add(Add::kAdds, w(), Gp::zr, b, uint32_t{1});
    a_.ccmp(w(), a, uint32_t{1}, 0, Cc::eq);  // overflows for the least number alone
    a_.b(Cc::vs, trap_label(vm::TrapCode::kIntegerOverflow));
  }
  const Binary op = is_signed ? Binary::kSdiv : Binary::kUdiv;
  if (kind == DivKind::kDivS || kind == DivKind::kDivU) return a_.binary(op, w(), d, a, b);
  a_.binary(op, w(), reg::kScratch, a, b);
  a_.msub(w(), d, reg::kScratch, b, a);
}

void Emitter::extend() {
  const Gp d = gp(0);
  const LoadKind kind = LoadKind(now_->x);
  if (!in_reg(1)) {
    const uint32_t size = kind == LoadKind::kSign32To64 || kind == LoadKind::kZero32   ? 4
                          : kind == LoadKind::kZero8 || kind == LoadKind::kSign8To32 || kind == LoadKind::kSign8To64 ? 1
                                                                                                                     : 2;
    const Mem m = place(at(1), 8);
    const Access access = kind == LoadKind::kSign32To64   ? Access::kLdrsw
                          : kind == LoadKind::kZero32     ? Access::kLdrW
                          : kind == LoadKind::kZero8      ? Access::kLdrb
                          : kind == LoadKind::kSign8To32  ? Access::kLdrsbW
                          : kind == LoadKind::kSign8To64  ? Access::kLdrsbX
                          : kind == LoadKind::kZero16     ? Access::kLdrh
                          : kind == LoadKind::kSign16To32 ? Access::kLdrshW
                                                          : Access::kLdrshX;
    // Its offset was chosen for 8 bytes, and may be too far for fewer.
    if (Masm::is_offset(size, m.offset)) return a_.access(access, d, m);
    add(reg::kAddress, m.base, m.offset);
    return a_.access(access, d, Mem::at(reg::kAddress, 0));
  }
  const Gp a = gp(1);
  switch (kind) {
    case LoadKind::kPlain: a_.mov(kX, d, a); break;
    case LoadKind::kZero8: a_.logic(Logic::kAnd, W::k32, d, a, uint64_t{0xff}); break;
    case LoadKind::kZero16: a_.logic(Logic::kAnd, W::k32, d, a, uint64_t{0xffff}); break;
    case LoadKind::kZero32: a_.mov(W::k32, d, a); break;
    case LoadKind::kSign8To32: a_.unary(Unary::kSxtb, W::k32, d, a); break;
    case LoadKind::kSign8To64: a_.unary(Unary::kSxtb, kX, d, a); break;
    case LoadKind::kSign16To32: a_.unary(Unary::kSxth, W::k32, d, a); break;
    case LoadKind::kSign16To64: a_.unary(Unary::kSxth, kX, d, a); break;
    case LoadKind::kSign32To64: a_.sxtw(d, a); break;
  }
}

// ---- memory ---------------------------------------------------------------------------------------------------------

bool Emitter::memory_inst(MOp op) {
  const MInst& i = *now_;
  switch (op) {
    case MOp::kLoad: load_int(); return true;
    case MOp::kStore: case MOp::kStoreZero: store_int(); return true;
    case MOp::kFLoad: {
      const Mem m = i.target == 1 ? in_frame(i.disp, i.size) : mem();
      fault_site();
      isa::EmitBase::Alloc to = at(0);
      load(i.size, to, m);
      return true;
    }
    case MOp::kFStore:
      fault_site();
      store(i.size, at(0), mem());
      return true;
    default: return false;
  }
}

void Emitter::load_int() {
  const Mem m = now_->target == 1 ? in_frame(now_->disp, now_->size) : mem();
  fault_site();
  const auto access = [&] {
    switch (LoadKind(now_->x)) {
      case LoadKind::kPlain: return now_->size == 8 ? Access::kLdrX : Access::kLdrW;
      case LoadKind::kZero8: return Access::kLdrb;
      case LoadKind::kZero16: return Access::kLdrh;
      case LoadKind::kZero32: return Access::kLdrW;
      case LoadKind::kSign8To32: return Access::kLdrsbW;
      case LoadKind::kSign8To64: return Access::kLdrsbX;
      case LoadKind::kSign16To32: return Access::kLdrshW;
      case LoadKind::kSign16To64: return Access::kLdrshX;
      case LoadKind::kSign32To64: return Access::kLdrsw;
    }
    __builtin_unreachable();
  };
  a_.access(access(), gp(0), m);
}

void Emitter::store_int() {
  const Mem m = mem();
  const bool zero = MOp(now_->op) == MOp::kStoreZero;
  fault_site();
  if (now_->size == 16) return a_.stp(kX, Gp::zr, Gp::zr, m);  // no lowering asks for it
  const Access access = now_->size == 8   ? Access::kStrX
                        : now_->size == 4 ? Access::kStrW
                        : now_->size == 2 ? Access::kStrh
                                          : Access::kStrb;
  a_.access(access, zero ? Gp::zr : gp(0), m);
}

// ---- floats ---------------------------------------------------------------------------------------------------------

// Of powers of two and such, in the format of the current instruction.
static uint64_t bits_of(double value, F f) {
  if (f == F::k64) return std::bit_cast<uint64_t>(value);
  return std::bit_cast<uint32_t>(static_cast<float>(value));
}

bool Emitter::float_inst(MOp op) {
  const MInst& i = *now_;
  switch (op) {
    case MOp::kFImm: float_constant(f(), vec(0), i.imm); return true;
    case MOp::kFp2: a_.fp(Float2(i.x), f(), vec(0), vec(1), vec(2)); return true;
    case MOp::kFp1: a_.fp(Float1(i.x), f(), vec(0), vec(1)); return true;
    case MOp::kFCopysign:
      float_constant(f(), reg::kFScratch, uint64_t{1} << (8 * i.size - 1));
      a_.logic8(VecLogic::kBsl, reg::kFScratch, vec(2), vec(1));
      a_.fp(Float1::kFmov, f(), vec(0), reg::kFScratch);
      return true;
    case MOp::kFConvert: a_.fcvt(f(), vec(0), vec(1)); return true;
    case MOp::kIntToFloat:
      a_.int_to_float(i.cc ? IntToFloat::kScvtf : IntToFloat::kUcvtf, f(), W(i.x), vec(0), gp(1));
      return true;
    case MOp::kFloatToInt: float_to_int(); return true;
    case MOp::kMovToVec: a_.fmov(w(), vec(0), gp(1)); return true;
    case MOp::kMovFromVec: a_.fmov(w(), gp(0), vec(1)); return true;
    case MOp::kFCmp: a_.fcmp(f(), vec(0), vec(1)); return true;
    case MOp::kFCmpZero: a_.fcmp_zero(f(), vec(0)); return true;
    case MOp::kFCsel: a_.fcsel(f(), vec(0), vec(1), vec(2), Cc(i.cc)); return true;
    case MOp::kFCselWide: wide_select(); return true;
    default: return false;
  }
}

void Emitter::wide_select() {
  const Label skip = a_.new_label();
  a_.b(negate(Cc(now_->cc)), skip);
  a_.mov128(vec(2), vec(0));
  a_.bind(skip);
}

void Emitter::float_constant(F f, Vec to, uint64_t bits) {
  const double value = f == F::k64 ? std::bit_cast<double>(bits) : double{std::bit_cast<float>(static_cast<uint32_t>(bits))};
  if (bits == 0) return a_.fmov(f == F::k64 ? kX : W::k32, to, Gp::zr);
  // (Converting a NaN may change it; none has such a form.)
  if (value == value && Masm::is_float_immediate(value)) return a_.fmov(f, to, value);
  a_.mov(reg::kScratch, bits);
  a_.fmov(f == F::k64 ? kX : W::k32, to, reg::kScratch);
}

// The hardware saturates, and gives 0 for what is no number. Where that is a trap, what is out of bounds is found before:
// numbers up to the first bound, and from the second on.
void Emitter::float_to_int() {
  const bool wide = now_->x & TruncKind::k64, is_signed = now_->x & TruncKind::kSigned;
  const Vec a = vec(1);
  if (!(now_->x & TruncKind::kSaturating)) {
    const Label overflow = trap_label(vm::TrapCode::kIntegerOverflow);
    const bool from64 = f() == F::k64;
    // Of i32s, doubles have numbers between the least one and the next that does not fit.
    const bool first_fits = is_signed && (wide || !from64);
    const double first = !is_signed ? -1.0 : wide ? -0x1p63 : from64 ? -0x1p31 - 1 : -0x1p31;
    const double second = is_signed ? (wide ? 0x1p63 : 0x1p31) : wide ? 0x1p64 : 0x1p32;
    float_constant(f(), reg::kFScratch, bits_of(first, f()));
    a_.fcmp(f(), a, reg::kFScratch);
    a_.b(Cc::vs, trap_label(vm::TrapCode::kInvalidConversion));
    a_.b(first_fits ? Cc::mi : Cc::ls, overflow);
    float_constant(f(), reg::kFScratch, bits_of(second, f()));
    a_.fcmp(f(), a, reg::kFScratch);
    a_.b(Cc::ge, overflow);
  }
  a_.float_to_int(is_signed ? FloatToInt::kFcvtzs : FloatToInt::kFcvtzu, wide ? kX : W::k32, f(), gp(0), a);
}

}  // namespace wjit::a64
