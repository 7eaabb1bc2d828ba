// Floats, and what lies between them and integers.
#include "compiler/isa/x64/lower.h"

namespace wjit::x64 {

using ir::FloatCc;
using ir::Inst;
using ir::InstData;
using ir::Op;
using mach::MInst;

static uint8_t size_of(ir::Type t) { return static_cast<uint8_t>(ir::bytes_of(t)); }
static uint64_t sign_bit(uint8_t size) { return uint64_t{1} << (8 * size - 1); }
static uint64_t mask(uint8_t size) { return size == 4 ? 0xffffffff : ~uint64_t{0}; }

bool Lower::lower_float(Inst i, const InstData& d) {
  switch (d.op) {
    case Op::fadd: float_binary(i, d, Float::kAdd, true); return true;
    case Op::fsub: float_binary(i, d, Float::kSub, false); return true;
    case Op::fmul: float_binary(i, d, Float::kMul, true); return true;
    case Op::fdiv: float_binary(i, d, Float::kDiv, false); return true;
    case Op::fmin: case Op::fmax: {
      const VReg a = reg(d.va()), b = reg(d.vb());
      make(MOp::kFMinMax, {mach::use(a), mach::use_late(b), mach::def_reuse(result(i), 0)}, size_of(d.type)).x =
          d.op == Op::fmax;
      return true;
    }
    case Op::fabs: case Op::fneg: case Op::fcopysign: float_logic(i, d); return true;
    case Op::fceil: round(i, d, Rounding::kUp); return true;
    case Op::ffloor: round(i, d, Rounding::kDown); return true;
    case Op::ftrunc: round(i, d, Rounding::kTruncate); return true;
    case Op::fnearest: round(i, d, Rounding::kNearest); return true;
    case Op::fsqrt: {
      const VReg a = reg(d.va());
      make(MOp::kFSqrt, {mach::def(result(i)), mach::use(a)}, size_of(d.type));
      return true;
    }
    case Op::fpromote: case Op::fdemote: {
      const VReg a = reg(d.va());
      make(MOp::kFConvert, {mach::def(result(i)), mach::use(a)}, d.op == Op::fpromote ? 4 : 8);
      return true;
    }
    case Op::convert_s: case Op::convert_u: int_to_float(i, d); return true;
    case Op::trunc_s: case Op::trunc_u: case Op::trunc_sat_s: case Op::trunc_sat_u: float_to_int(i, d); return true;
    case Op::bitcast: bitcast(i, d); return true;
    default: return false;
  }
}

void Lower::float_binary(Inst i, const InstData& d, Float op, bool commutes) {
  const uint8_t size = size_of(d.type);
  Value a = d.va(), b = d.vb();
  if (commutes && is_op(a, Op::fconst)) std::swap(a, b);
  if (const InstData* c = def_data(b); c && c->op == Op::fconst) {
    const VReg ra = reg(a);
    MInst& m = make(MOp::kFpConst, {mach::use(ra), over(result(i))}, size);
    m.x = uint8_t(op);
    m.imm = c->imm();
    return;
  }
  // Operands are not swapped for more than this: which NaN comes out would depend on it.
  Inst l;
  if (const auto m = sink(b, Op::load, l)) {
    const VReg ra = reg(a);
    MInst& x = make(MOp::kFpMem, {mach::use(ra), over(result(i))}, size);
    x.x = uint8_t(op);
    add_mem(x, *m);
    note_access(x, l);
    return;
  }
  const VReg ra = reg(a), rb = reg(b);
  make(MOp::kFp, {mach::use(ra), mach::use_any(rb), over(result(i))}, size).x = uint8_t(op);
}

void Lower::float_logic(Inst i, const InstData& d) {
  const uint8_t size = size_of(d.type);
  const auto with_constant = [&](VReg to, VReg a, FloatLogic op, uint64_t bits) {
    MInst& m = make(MOp::kFpLogicConst, {mach::use(a), over(to)}, size);
    m.x = uint8_t(op);
    m.imm = bits;
  };
  const VReg a = reg(d.va());
  if (d.op == Op::fabs) return with_constant(result(i), a, FloatLogic::kAnd, mask(size) ^ sign_bit(size));
  if (d.op == Op::fneg) return with_constant(result(i), a, FloatLogic::kXor, sign_bit(size));
  const VReg b = reg(d.vb()), magnitude = temp(d.type), sign = temp(d.type);
  with_constant(magnitude, a, FloatLogic::kAnd, mask(size) ^ sign_bit(size));
  with_constant(sign, b, FloatLogic::kAnd, sign_bit(size));
  make(MOp::kFpLogic, {mach::use(magnitude), mach::use(sign), over(result(i))}, size).x =
      uint8_t(FloatLogic::kOr);
}

void Lower::round(Inst i, const InstData& d, Rounding mode) {
  const VReg a = reg(d.va());
  if (env_.features.sse41) {
    make(MOp::kFRound, {mach::def(result(i)), mach::use(a)}, size_of(d.type)).x = uint8_t(mode);
    return;
  }
  make(MOp::kFRoundSlow, {mach::def_early(result(i)), mach::def_early(temp(d.type)), mach::use_late(a)}, size_of(d.type))
      .x = uint8_t(mode);
}

Cond Lower::compare_floats(const InstData& d, bool negated) {
  Value a = d.va(), b = d.vb();
  Cond cc;
  switch (d.float_cc()) {
    case FloatCc::eq: cc = Cond::kFEqual; break;
    case FloatCc::ne: cc = Cond::kFNotEqual; break;
    // "Above" is false of NaNs: less is greater the other way round.
    case FloatCc::lt: std::swap(a, b), cc = Cond::a; break;
    case FloatCc::le: std::swap(a, b), cc = Cond::ae; break;
    case FloatCc::gt: cc = Cond::a; break;
    default: cc = Cond::ae; break;
  }
  const VReg ra = reg(a), rb = reg(b);
  make(MOp::kFCmp, {mach::use(ra), mach::use_any(rb)}, size_of(d.type));
  return negated ? negate(cc) : cc;
}

void Lower::int_to_float(Inst i, const InstData& d) {
  const bool wide = d.from() == ir::Type::kI64;
  VReg a = reg(d.va());
  const uint8_t size = size_of(d.type);
  if (d.op == Op::convert_u && wide) {
    make(MOp::kUintToFloat,
         {mach::def_early(result(i)), mach::def_early(temp(ir::Type::kI64)), mach::use_late(a)}, size);
    return;
  }
  uint8_t from = wide ? 8 : 4;
  if (d.op == Op::convert_u) {
    from = 8;  // 32 bits without a sign are 33 with one
    if (!upper_half_zero(d.va())) {
      const VReg whole = temp(ir::Type::kI64);
      make(MOp::kExtend, {mach::def(whole), mach::use_any(a)}).x = uint8_t(LoadKind::kZero32);
      a = whole;
    }
  }
  make(MOp::kIntToFloat, {mach::def(result(i)), mach::use(a)}, size).x = from;
}

void Lower::float_to_int(Inst i, const InstData& d) {
  const VReg a = reg(d.va());
  uint8_t kind = 0;
  if (d.op == Op::trunc_s || d.op == Op::trunc_sat_s) kind |= TruncKind::kSigned;
  if (d.op == Op::trunc_sat_s || d.op == Op::trunc_sat_u) kind |= TruncKind::kSaturating;
  if (d.type == ir::Type::kI64) kind |= TruncKind::k64;
  make(MOp::kFloatToInt,
       {mach::def_early(result(i)), mach::def_early(temp(ir::Type::kI64)), mach::def_early(temp(ir::Type::kF64)),
        mach::use_late(a)},
       size_of(d.from()))
      .x = kind;
}

void Lower::bitcast(Inst i, const InstData& d) {
  const VReg a = reg(d.va());
  const bool from_int = ir::is_int(d.from()), to_int = ir::is_int(d.type);
  if (from_int == to_int) return move(result(i), a);
  make(to_int ? MOp::kMovFromXmm : MOp::kMovToXmm, {mach::def(result(i)), mach::use(a)}, size_of(d.type));
}

}  // namespace wjit::x64
