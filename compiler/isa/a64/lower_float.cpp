// Floats, and what lies between them and integers.
#include "compiler/isa/a64/lower.h"

namespace wjit::a64 {

using ir::FloatCc;
using ir::Inst;
using ir::InstData;
using ir::Op;
using mach::MInst;

static uint8_t size_of(ir::Type t) { return static_cast<uint8_t>(ir::bytes_of(t)); }

bool Lower::lower_float(Inst i, const InstData& d) {
  const uint8_t size = size_of(d.type);
  const auto two = [&](Float2 op) {
    const VReg a = reg(d.va()), b = reg(d.vb());
    make(MOp::kFp2, {mach::def(result(i)), mach::use(a), mach::use(b)}, size).x = uint8_t(op);
    return true;
  };
  const auto one = [&](Float1 op) {
    const VReg a = reg(d.va());
    make(MOp::kFp1, {mach::def(result(i)), mach::use(a)}, size).x = uint8_t(op);
    return true;
  };
  switch (d.op) {
    case Op::fadd: return two(Float2::kFadd);
    case Op::fsub: return two(Float2::kFsub);
    case Op::fmul: return two(Float2::kFmul);
    case Op::fdiv: return two(Float2::kFdiv);
    case Op::fmin: return two(Float2::kFmin);
    case Op::fmax: return two(Float2::kFmax);
    case Op::fabs: return one(Float1::kFabs);
    case Op::fneg: return one(Float1::kFneg);
    case Op::fceil: return one(Float1::kFrintp);
    case Op::ffloor: return one(Float1::kFrintm);
    case Op::ftrunc: return one(Float1::kFrintz);
    case Op::fnearest: return one(Float1::kFrintn);
    case Op::fsqrt: return one(Float1::kFsqrt);
    case Op::fcopysign: {
      const VReg a = reg(d.va()), b = reg(d.vb());
      make(MOp::kFCopysign, {mach::def(result(i)), mach::use(a), mach::use(b)}, size);
      return true;
    }
    case Op::fpromote: case Op::fdemote: {
      const VReg a = reg(d.va());
      make(MOp::kFConvert, {mach::def(result(i)), mach::use(a)}, d.op == Op::fpromote ? 4 : 8);
      return true;
    }
    case Op::convert_s: case Op::convert_u: {
      const VReg a = reg(d.va());
      MInst& m = make(MOp::kIntToFloat, {mach::def(result(i)), mach::use(a)}, size);
      m.x = size_of(d.from());
      m.cc = d.op == Op::convert_s;
      return true;
    }
    case Op::trunc_s: case Op::trunc_u: case Op::trunc_sat_s: case Op::trunc_sat_u: {
      const VReg a = reg(d.va());
      MInst& m = make(MOp::kFloatToInt, {mach::def(result(i)), mach::use(a)}, size_of(d.from()));
      if (d.op == Op::trunc_s || d.op == Op::trunc_sat_s) m.x |= TruncKind::kSigned;
      if (d.op == Op::trunc_sat_s || d.op == Op::trunc_sat_u) m.x |= TruncKind::kSaturating;
      if (d.type == ir::Type::kI64) m.x |= TruncKind::k64;
      return true;
    }
    case Op::bitcast: {
      const VReg a = reg(d.va());
      const bool from_int = ir::is_int(d.from()), to_int = ir::is_int(d.type);
      if (from_int == to_int)
        move(result(i), a);
      else
        make(to_int ? MOp::kMovFromVec : MOp::kMovToVec, {mach::def(result(i)), mach::use(a)}, size);
      return true;
    }
    default: return false;
  }
}

// Of numbers that do not compare, the flags say greater or equal, and unordered: so "mi" and "ls" are less.
Cc Lower::compare_floats(const InstData& d) {
  const InstData* c = def_data(d.vb());
  const VReg a = reg(d.va());
  if (c && c->op == Op::fconst && c->imm() == 0) {
    make(MOp::kFCmpZero, {mach::use(a)}, size_of(d.type));
  } else {
    const VReg b = reg(d.vb());
    make(MOp::kFCmp, {mach::use(a), mach::use(b)}, size_of(d.type));
  }
  switch (d.float_cc()) {
    case FloatCc::eq: return Cc::eq;
    case FloatCc::ne: return Cc::ne;
    case FloatCc::lt: return Cc::mi;
    case FloatCc::le: return Cc::ls;
    case FloatCc::gt: return Cc::gt;
    default: return Cc::ge;
  }
}

}  // namespace wjit::a64
