// Vectors of floats: what is more than one machine instruction, or is on old processors.
#include "compiler/isa/x64/lower.h"

namespace wjit::x64 {

using ir::VecOp;

// Of comparisons, as cmpps and cmppd take them.
static constexpr uint8_t kEqual = 0, kLess = 1, kLessEqual = 2, kUnordered = 3;

static VecConst lanes(double value, bool wide) {
  if (wide) return VecConst::q(std::bit_cast<uint64_t>(value));
  return VecConst::d(std::bit_cast<uint32_t>(static_cast<float>(value)));
}
static VecConst sign_bits(bool wide) { return wide ? VecConst::q(uint64_t{1} << 63) : VecConst::d(1u << 31); }
static VecConst magnitude_bits(bool wide) { return wide ? VecConst::q(~uint64_t{0} >> 1) : VecConst::d(~0u >> 1); }

// The hardware gives its second operand for NaNs and for zeros of different sign: so it is asked both ways round. Then
// NaNs lose what is below their highest bit: two that are canonical must give such a one.
VReg Lower::min_max(VReg a, VReg b, bool wide, bool max) {
  const Vec op = wide ? (max ? Vec::kMaxpd : Vec::kMinpd) : max ? Vec::kMaxps : Vec::kMinps;
  const Vec compare = wide ? Vec::kCmppd : Vec::kCmpps, shift = wide ? Vec::kPsrlqImm : Vec::kPsrldImm;
  const unsigned kept = wide ? 13 : 10;
  const VReg x = v2(op, a, b), y = v2(op, b, a);
  if (!max) {
    const VReg both = v2(Vec::kOrps, x, y);  // a NaN where one is, and of zeros the negative one
    const VReg nan = v2(compare, x, y, kUnordered);
    return v2(Vec::kAndnps, vshift(shift, nan, kept), v2(Vec::kOrps, both, nan));
  }
  const VReg differ = v2(Vec::kXorps, x, y);  // 0 but for zeros, where it is -0, and NaNs
  const VReg both = v2(Vec::kOrps, x, differ);
  // -0 - -0 is 0, and everything less 0 itself, but a NaN quiet.
  const VReg r = v2(wide ? Vec::kSubpd : Vec::kSubps, both, differ);
  const VReg nan = v2(compare, differ, both, kUnordered);
  return v2(Vec::kAndnps, vshift(shift, nan, kept), r);
}

// As Emitter::round_slow, without branches.
VReg Lower::round_slow(VReg a, bool wide, Rounding mode) {
  const Vec add = wide ? Vec::kAddpd : Vec::kAddps, sub = wide ? Vec::kSubpd : Vec::kSubps;
  const Vec compare = wide ? Vec::kCmppd : Vec::kCmpps;
  const VecConst whole = lanes(wide ? 0x1p52 : 0x1p23, wide), one = lanes(1, wide);
  const VReg magnitude = v2(Vec::kAndps, a, magnitude_bits(wide)), sign = v2(Vec::kAndps, a, sign_bits(wide));
  VReg r = v2(sub, v2(add, magnitude, whole), whole);
  if (mode == Rounding::kTruncate) {
    r = v2(sub, r, v2(Vec::kAndps, v2(compare, magnitude, r, kLess), one));
  } else if (mode != Rounding::kNearest) {
    r = v2(Vec::kOrps, r, sign);
    const bool down = mode == Rounding::kDown;
    const VReg off = down ? v2(compare, a, r, kLess) : v2(compare, r, a, kLess);
    r = v2(down ? sub : add, r, v2(Vec::kAndps, off, one));
  }
  r = v2(Vec::kOrps, r, sign);
  // What has no fraction stays, and NaNs become quiet.
  const VReg small = v2(compare, magnitude, whole, kLess);
  return vselect(small, r, v2(add, a, VecConst{}));
}

// The hardware gives the least number for all that does not fit.
VReg Lower::trunc_sat_f32(VReg a, bool is_signed) {
  if (is_signed) {
    const VReg number = v2(Vec::kCmpps, a, a, kEqual);
    const VReg x = v2(Vec::kAndps, a, number);
    const VReg r = v1(Vec::kCvttps2dq, x);
    // Negative, though the float is not: past the end.
    const VReg wrong = vshift(Vec::kPsradImm, v2(Vec::kPand, v2(Vec::kPxor, number, x), r), 31);
    return v2(Vec::kPxor, r, wrong);
  }
  const VecConst half = lanes(0x1p31, false);
  const VReg x = v2(Vec::kMaxps, a, VecConst{});  // NaNs, too, become 0
  const VReg rest = v2(Vec::kSubps, x, half);
  const VReg too_much = v2(Vec::kCmpps, vconst(half), rest, kLessEqual);
  VReg upper = v2(Vec::kPxor, v1(Vec::kCvttps2dq, rest), too_much);  // 2^31 - 1 where it is too much
  if (has(Vec::kPmaxsd))
    upper = v2(Vec::kPmaxsd, upper, VecConst{});
  else
    upper = v2(Vec::kPandn, vshift(Vec::kPsradImm, upper, 31), upper);
  return v2(Vec::kPaddd, v1(Vec::kCvttps2dq, x), upper);
}

VReg Lower::trunc_sat_f64(VReg a, bool is_signed) {
  if (is_signed) {
    // The smaller of a and the largest integer, or of a NaN and 0.
    const VReg most = v2(Vec::kAndps, v2(Vec::kCmppd, a, a, kEqual), lanes(2147483647.0, true));
    return v1(Vec::kCvttpd2dq, v2(Vec::kMinpd, a, most));
  }
  const VecConst whole = lanes(0x1p52, true);
  const VReg x = v2(Vec::kMinpd, v2(Vec::kMaxpd, a, VecConst{}), lanes(4294967295.0, true));
  VReg r;
  if (has(Vec::kRoundpd)) {
    r = v2(Vec::kAddpd, v1(Vec::kRoundpd, x, uint8_t(Rounding::kTruncate)), whole);
  } else {
    r = v2(Vec::kAddpd, x, whole);
    const VReg up = v2(Vec::kCmppd, x, v2(Vec::kSubpd, r, whole), kLess);
    r = v2(Vec::kSubpd, r, v2(Vec::kAndps, up, lanes(1, true)));
  }
  return v2(Vec::kShufps, r, vconst({}), 0x88);
}

VReg Lower::multiply_add(VReg a, VReg b, VReg c, bool wide, bool negated) {
  if (negated) a = v2(Vec::kXorps, a, sign_bits(wide));
  return v2(wide ? Vec::kAddpd : Vec::kAddps, v2(wide ? Vec::kMulpd : Vec::kMulps, a, b), c);
}

VReg Lower::vec_float1(VecOp op, VReg a) {
  switch (op) {
    case VecOp::f32x4_abs: return v2(Vec::kAndps, a, magnitude_bits(false));
    case VecOp::f64x2_abs: return v2(Vec::kAndps, a, magnitude_bits(true));
    case VecOp::f32x4_neg: return v2(Vec::kXorps, a, sign_bits(false));
    case VecOp::f64x2_neg: return v2(Vec::kXorps, a, sign_bits(true));
    case VecOp::f32x4_ceil: return round_slow(a, false, Rounding::kUp);
    case VecOp::f64x2_ceil: return round_slow(a, true, Rounding::kUp);
    case VecOp::f32x4_floor: return round_slow(a, false, Rounding::kDown);
    case VecOp::f64x2_floor: return round_slow(a, true, Rounding::kDown);
    case VecOp::f32x4_trunc: return round_slow(a, false, Rounding::kTruncate);
    case VecOp::f64x2_trunc: return round_slow(a, true, Rounding::kTruncate);
    case VecOp::f32x4_nearest: return round_slow(a, false, Rounding::kNearest);
    case VecOp::f64x2_nearest: return round_slow(a, true, Rounding::kNearest);
    case VecOp::i32x4_trunc_sat_f32x4_s: return trunc_sat_f32(a, true);
    case VecOp::i32x4_trunc_sat_f32x4_u: return trunc_sat_f32(a, false);
    case VecOp::i32x4_trunc_sat_f64x2_s_zero: return trunc_sat_f64(a, true);
    case VecOp::i32x4_trunc_sat_f64x2_u_zero: return trunc_sat_f64(a, false);
    case VecOp::f32x4_convert_i32x4_u: {
      // Both halves are exact; their sum is rounded, once.
      const VReg high = v2(Vec::kMulps, v1(Vec::kCvtdq2ps, vshift(Vec::kPsrldImm, a, 16)), lanes(0x1p16, false));
      return v2(Vec::kAddps, high, v1(Vec::kCvtdq2ps, v2(Vec::kPand, a, VecConst::d(0xffff))));
    }
    case VecOp::f64x2_convert_low_i32x4_u:
      // As the low bits of 2^52.
      return v2(Vec::kSubpd, v2(Vec::kPunpckldq, a, VecConst::d(0x43300000)), lanes(0x1p52, true));
    default: return {};
  }
}

VReg Lower::vec_float2(VecOp op, VReg a, VReg b) {
  switch (op) {
    case VecOp::f32x4_min: return min_max(a, b, false, false);
    case VecOp::f32x4_max: return min_max(a, b, false, true);
    case VecOp::f64x2_min: return min_max(a, b, true, false);
    case VecOp::f64x2_max: return min_max(a, b, true, true);
    default: return {};
  }
}

}  // namespace wjit::x64
