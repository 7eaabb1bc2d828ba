// Vectors of integers: what is more than one machine instruction, or is on old processors.
#include "compiler/isa/x64/lower.h"

namespace wjit::x64 {

using ir::VecOp;

// ---- comparisons ----------------------------------------------------------------------------------------------

VReg Lower::equal64(VReg a, VReg b) {
  if (has(Vec::kPcmpeqq)) return v2(Vec::kPcmpeqq, a, b);
  const VReg halves = v2(Vec::kPcmpeqd, a, b);
  return v2(Vec::kPand, halves, v1(Vec::kPshufd, halves, 0xb1));
}

// Signed.
VReg Lower::greater64(VReg a, VReg b) {
  if (has(Vec::kPcmpgtq)) return v2(Vec::kPcmpgtq, a, b);
  // By the upper halves; where they are equal, the upper half of b - a is the borrow of the lower ones.
  const VReg borrow = v2(Vec::kPand, v2(Vec::kPsubq, b, a), v2(Vec::kPcmpeqd, a, b));
  return v1(Vec::kPshufd, v2(Vec::kPor, borrow, v2(Vec::kPcmpgtd, a, b)), 0xf5);
}

// Without SSE4.1's maxima: the signed comparison, of numbers moved by half their range.
VReg Lower::greater_unsigned(unsigned bytes, VReg a, VReg b) {
  const VecConst half = bytes == 1   ? VecConst::b(0x80)
                        : bytes == 2 ? VecConst::w(0x8000)
                                     : VecConst::d(0x80000000);
  const Vec op = bytes == 1 ? Vec::kPcmpgtb : bytes == 2 ? Vec::kPcmpgtw : Vec::kPcmpgtd;
  return v2(op, v2(Vec::kPxor, a, half), v2(Vec::kPxor, b, half));
}

VReg Lower::vec_compare(VecOp op, VReg a, VReg b) {
  // a >= b: a is the greater of the two. Comparisons that the processor has not are the opposite of one it has.
  const auto is_max = [&](Vec max, Vec equal, unsigned bytes, VReg x, VReg y, bool is_signed) {
    if (has(max)) return v2(equal, v2(max, x, y), x);
    if (!is_signed) return vnot(greater_unsigned(bytes, y, x));
    return vnot(v2(bytes == 1 ? Vec::kPcmpgtb : bytes == 2 ? Vec::kPcmpgtw : Vec::kPcmpgtd, y, x));
  };
  switch (op) {
    case VecOp::i8x16_ne: return vnot(v2(Vec::kPcmpeqb, a, b));
    case VecOp::i16x8_ne: return vnot(v2(Vec::kPcmpeqw, a, b));
    case VecOp::i32x4_ne: return vnot(v2(Vec::kPcmpeqd, a, b));
    case VecOp::i64x2_ne: return vnot(equal64(a, b));
    case VecOp::i64x2_eq: return equal64(a, b);
    case VecOp::i8x16_ge_s: return is_max(Vec::kPmaxsb, Vec::kPcmpeqb, 1, a, b, true);
    case VecOp::i8x16_le_s: return is_max(Vec::kPmaxsb, Vec::kPcmpeqb, 1, b, a, true);
    case VecOp::i16x8_ge_s: return is_max(Vec::kPmaxsw, Vec::kPcmpeqw, 2, a, b, true);
    case VecOp::i16x8_le_s: return is_max(Vec::kPmaxsw, Vec::kPcmpeqw, 2, b, a, true);
    case VecOp::i32x4_ge_s: return is_max(Vec::kPmaxsd, Vec::kPcmpeqd, 4, a, b, true);
    case VecOp::i32x4_le_s: return is_max(Vec::kPmaxsd, Vec::kPcmpeqd, 4, b, a, true);
    case VecOp::i8x16_ge_u: return is_max(Vec::kPmaxub, Vec::kPcmpeqb, 1, a, b, false);
    case VecOp::i8x16_le_u: return is_max(Vec::kPmaxub, Vec::kPcmpeqb, 1, b, a, false);
    case VecOp::i16x8_ge_u: return is_max(Vec::kPmaxuw, Vec::kPcmpeqw, 2, a, b, false);
    case VecOp::i16x8_le_u: return is_max(Vec::kPmaxuw, Vec::kPcmpeqw, 2, b, a, false);
    case VecOp::i32x4_ge_u: return is_max(Vec::kPmaxud, Vec::kPcmpeqd, 4, a, b, false);
    case VecOp::i32x4_le_u: return is_max(Vec::kPmaxud, Vec::kPcmpeqd, 4, b, a, false);
    case VecOp::i8x16_gt_u: return vnot(is_max(Vec::kPmaxub, Vec::kPcmpeqb, 1, b, a, false));
    case VecOp::i8x16_lt_u: return vnot(is_max(Vec::kPmaxub, Vec::kPcmpeqb, 1, a, b, false));
    case VecOp::i16x8_gt_u: return greater_unsigned(2, a, b);
    case VecOp::i16x8_lt_u: return greater_unsigned(2, b, a);
    case VecOp::i32x4_gt_u: return greater_unsigned(4, a, b);
    case VecOp::i32x4_lt_u: return greater_unsigned(4, b, a);
    case VecOp::i64x2_gt_s: return greater64(a, b);
    case VecOp::i64x2_lt_s: return greater64(b, a);
    case VecOp::i64x2_ge_s: return vnot(greater64(b, a));
    case VecOp::i64x2_le_s: return vnot(greater64(a, b));
    default: return {};
  }
}

// ---- between widths -------------------------------------------------------------------------------------------

VReg Lower::extend(VReg a, unsigned from, bool high, bool is_signed) {
  if (!high && has(Vec::kPmovsxbw)) {
    static constexpr Vec kLow[][2] = {{Vec::kPmovzxbw, Vec::kPmovsxbw}, {Vec::kPmovzxwd, Vec::kPmovsxwd},
                                      {Vec::kPmovzxdq, Vec::kPmovsxdq}};
    return v1(kLow[from / 2][is_signed], a);
  }
  static constexpr Vec kUnpack[][2] = {{Vec::kPunpcklbw, Vec::kPunpckhbw}, {Vec::kPunpcklwd, Vec::kPunpckhwd},
                                       {Vec::kPunpckldq, Vec::kPunpckhdq}};
  const Vec unpack = kUnpack[from / 2][high];
  if (!is_signed) return v2(unpack, a, VecConst{});
  if (from == 1) return vshift(Vec::kPsrawImm, v2(unpack, a, a), 8);
  if (from == 2) return vshift(Vec::kPsradImm, v2(unpack, a, a), 16);
  return v2(unpack, a, vshift(Vec::kPsradImm, a, 31));
}

// The even lanes of 32 bits, to 64.
VReg Lower::multiply_even_signed(VReg a, VReg b) {
  if (has(Vec::kPmuldq)) return v2(Vec::kPmuldq, a, b);
  // Without a sign, a negative number is 2^32 too large.
  const VReg too_much = v2(Vec::kPaddd, v2(Vec::kPand, vshift(Vec::kPsradImm, a, 31), b),
                           v2(Vec::kPand, vshift(Vec::kPsradImm, b, 31), a));
  return v2(Vec::kPsubq, v2(Vec::kPmuludq, a, b), vshift(Vec::kPsllqImm, too_much, 32));
}

VReg Lower::multiply_wide(VReg a, VReg b, unsigned from, bool high, bool is_signed) {
  if (from == 1) return v2(Vec::kPmullw, extend(a, 1, high, is_signed), extend(b, 1, high, is_signed));
  if (from == 2) {
    const VReg low_half = v2(Vec::kPmullw, a, b), high_half = v2(is_signed ? Vec::kPmulhw : Vec::kPmulhuw, a, b);
    return v2(high ? Vec::kPunpckhwd : Vec::kPunpcklwd, low_half, high_half);
  }
  const uint8_t order = high ? 0xfa : 0x50;
  const VReg x = v1(Vec::kPshufd, a, order), y = v1(Vec::kPshufd, b, order);
  return is_signed ? multiply_even_signed(x, y) : v2(Vec::kPmuludq, x, y);
}

// Neighbours of 1 or 2 bytes, as lanes of twice that.
VReg Lower::add_pairs(VReg a, unsigned from, bool is_signed) {
  if (from == 1) {
    const VecConst ones = VecConst::b(1);
    if (has(Vec::kPmaddubsw))  // its first operand has no sign, its second has
      return is_signed ? v2(Vec::kPmaddubsw, vconst(ones), a) : v2(Vec::kPmaddubsw, a, ones);
    if (is_signed)
      return v2(Vec::kPaddw, vshift(Vec::kPsrawImm, a, 8), vshift(Vec::kPsrawImm, vshift(Vec::kPsllwImm, a, 8), 8));
    return v2(Vec::kPaddw, vshift(Vec::kPsrlwImm, a, 8), v2(Vec::kPand, a, VecConst::w(0xff)));
  }
  if (is_signed) return v2(Vec::kPmaddwd, a, VecConst::w(1));
  return v2(Vec::kPaddd, vshift(Vec::kPsrldImm, a, 16), v2(Vec::kPand, a, VecConst::d(0xffff)));
}

// Saturated by the signed instruction, half the range lower.
VReg Lower::narrow32_unsigned(VReg a, VReg b) {
  const auto lower = [&](VReg x) {
    const VReg positive = v2(Vec::kPandn, vshift(Vec::kPsradImm, x, 31), x);
    return v2(Vec::kPsubd, positive, VecConst::d(0x8000));
  };
  return v2(Vec::kPxor, v2(Vec::kPackssdw, lower(a), lower(b)), VecConst::w(0x8000));
}

// ---- arithmetic -----------------------------------------------------------------------------------------------

VReg Lower::q15mulr(VReg a, VReg b) {
  VReg r;
  if (has(Vec::kPmulhrsw)) {
    r = v2(Vec::kPmulhrsw, a, b);
  } else {  // bits 15 to 30 of the product, and its bit 14, which rounds
    const VReg low = v2(Vec::kPmullw, a, b), high = v2(Vec::kPmulhw, a, b);
    const VReg whole = v2(Vec::kPor, vshift(Vec::kPsllwImm, high, 1), vshift(Vec::kPsrlwImm, low, 15));
    r = v2(Vec::kPaddw, whole, vshift(Vec::kPsrlwImm, vshift(Vec::kPsllwImm, low, 1), 15));
  }
  // 0x8000 comes from -1 by -1 alone: one less.
  return v2(Vec::kPxor, r, v2(Vec::kPcmpeqw, r, VecConst::w(0x8000)));
}

// Signed bytes by signed bytes, sums of neighbours wrapping at 16 bits: the instruction that does this saturates.
VReg Lower::dot_bytes(VReg a, VReg b) {
  const auto even = [&](VReg x) { return vshift(Vec::kPsrawImm, vshift(Vec::kPsllwImm, x, 8), 8); };
  const auto odd = [&](VReg x) { return vshift(Vec::kPsrawImm, x, 8); };
  return v2(Vec::kPaddw, v2(Vec::kPmullw, even(a), even(b)), v2(Vec::kPmullw, odd(a), odd(b)));
}

VReg Lower::popcount_bytes(VReg a) {
  if (has(Vec::kPshufb)) {
    const VecConst counts{0x0302020102010100, 0x0403030203020201}, nibbles = VecConst::b(0x0f);
    const VReg low = v2(Vec::kPand, a, nibbles), high = v2(Vec::kPand, vshift(Vec::kPsrlwImm, a, 4), nibbles);
    return v2(Vec::kPaddb, v2(Vec::kPshufb, vconst(counts), low), v2(Vec::kPshufb, vconst(counts), high));
  }
  const VecConst m2 = VecConst::b(0x33);
  const VReg pairs = v2(Vec::kPsubb, a, v2(Vec::kPand, vshift(Vec::kPsrlwImm, a, 1), VecConst::b(0x55)));
  const VReg fours =
      v2(Vec::kPaddb, v2(Vec::kPand, pairs, m2), v2(Vec::kPand, vshift(Vec::kPsrlwImm, pairs, 2), m2));
  return v2(Vec::kPand, v2(Vec::kPaddb, fours, vshift(Vec::kPsrlwImm, fours, 4)), VecConst::b(0x0f));
}

VReg Lower::vec_int1(VecOp op, VReg a) {
  const auto negated = [&](Vec sub) { return v2(sub, vconst({}), a); };
  switch (op) {
    case VecOp::v128_not: return vnot(a);
    case VecOp::i8x16_neg: return negated(Vec::kPsubb);
    case VecOp::i16x8_neg: return negated(Vec::kPsubw);
    case VecOp::i32x4_neg: return negated(Vec::kPsubd);
    case VecOp::i64x2_neg: return negated(Vec::kPsubq);
    case VecOp::i8x16_abs: return v2(Vec::kPminub, a, negated(Vec::kPsubb));
    case VecOp::i16x8_abs: return v2(Vec::kPmaxsw, a, negated(Vec::kPsubw));
    case VecOp::i32x4_abs: {
      const VReg sign = vshift(Vec::kPsradImm, a, 31);
      return v2(Vec::kPsubd, v2(Vec::kPxor, a, sign), sign);
    }
    case VecOp::i64x2_abs: {
      const VReg sign = v1(Vec::kPshufd, vshift(Vec::kPsradImm, a, 31), 0xf5);
      return v2(Vec::kPsubq, v2(Vec::kPxor, a, sign), sign);
    }
    case VecOp::i8x16_popcnt: return popcount_bytes(a);
    case VecOp::i16x8_extadd_pairwise_i8x16_s: return add_pairs(a, 1, true);
    case VecOp::i16x8_extadd_pairwise_i8x16_u: return add_pairs(a, 1, false);
    case VecOp::i32x4_extadd_pairwise_i16x8_s: return add_pairs(a, 2, true);
    case VecOp::i32x4_extadd_pairwise_i16x8_u: return add_pairs(a, 2, false);
    case VecOp::i16x8_extend_low_i8x16_s: return extend(a, 1, false, true);
    case VecOp::i16x8_extend_high_i8x16_s: return extend(a, 1, true, true);
    case VecOp::i16x8_extend_low_i8x16_u: return extend(a, 1, false, false);
    case VecOp::i16x8_extend_high_i8x16_u: return extend(a, 1, true, false);
    case VecOp::i32x4_extend_low_i16x8_s: return extend(a, 2, false, true);
    case VecOp::i32x4_extend_high_i16x8_s: return extend(a, 2, true, true);
    case VecOp::i32x4_extend_low_i16x8_u: return extend(a, 2, false, false);
    case VecOp::i32x4_extend_high_i16x8_u: return extend(a, 2, true, false);
    case VecOp::i64x2_extend_low_i32x4_s: return extend(a, 4, false, true);
    case VecOp::i64x2_extend_high_i32x4_s: return extend(a, 4, true, true);
    case VecOp::i64x2_extend_low_i32x4_u: return extend(a, 4, false, false);
    case VecOp::i64x2_extend_high_i32x4_u: return extend(a, 4, true, false);
    default: return {};
  }
}

VReg Lower::vec_int2(VecOp op, VReg a, VReg b) {
  switch (op) {
    // Minima and maxima that only SSE4.1 has.
    case VecOp::i8x16_min_s: return vselect(v2(Vec::kPcmpgtb, a, b), b, a);
    case VecOp::i8x16_max_s: return vselect(v2(Vec::kPcmpgtb, a, b), a, b);
    case VecOp::i16x8_min_u: return v2(Vec::kPsubw, a, v2(Vec::kPsubusw, a, b));
    case VecOp::i16x8_max_u: return v2(Vec::kPaddw, b, v2(Vec::kPsubusw, a, b));
    case VecOp::i32x4_min_s: return vselect(v2(Vec::kPcmpgtd, a, b), b, a);
    case VecOp::i32x4_max_s: return vselect(v2(Vec::kPcmpgtd, a, b), a, b);
    case VecOp::i32x4_min_u: return vselect(greater_unsigned(4, a, b), b, a);
    case VecOp::i32x4_max_u: return vselect(greater_unsigned(4, a, b), a, b);
    case VecOp::i16x8_narrow_i32x4_u: return narrow32_unsigned(a, b);
    case VecOp::i32x4_mul: {
      const VReg even = v2(Vec::kPmuludq, a, b);
      const VReg odd = v2(Vec::kPmuludq, vshift(Vec::kPsrlqImm, a, 32), vshift(Vec::kPsrlqImm, b, 32));
      return v2(Vec::kPunpckldq, v1(Vec::kPshufd, even, 0x08), v1(Vec::kPshufd, odd, 0x08));
    }
    case VecOp::i64x2_mul: {
      const VReg cross = v2(Vec::kPaddq, v2(Vec::kPmuludq, vshift(Vec::kPsrlqImm, a, 32), b),
                            v2(Vec::kPmuludq, vshift(Vec::kPsrlqImm, b, 32), a));
      return v2(Vec::kPaddq, vshift(Vec::kPsllqImm, cross, 32), v2(Vec::kPmuludq, a, b));
    }
    case VecOp::i16x8_q15mulr_sat_s: return q15mulr(a, b);
    case VecOp::i16x8_relaxed_dot_i8x16_i7x16_s: return dot_bytes(a, b);
    case VecOp::i16x8_extmul_low_i8x16_s: return multiply_wide(a, b, 1, false, true);
    case VecOp::i16x8_extmul_high_i8x16_s: return multiply_wide(a, b, 1, true, true);
    case VecOp::i16x8_extmul_low_i8x16_u: return multiply_wide(a, b, 1, false, false);
    case VecOp::i16x8_extmul_high_i8x16_u: return multiply_wide(a, b, 1, true, false);
    case VecOp::i32x4_extmul_low_i16x8_s: return multiply_wide(a, b, 2, false, true);
    case VecOp::i32x4_extmul_high_i16x8_s: return multiply_wide(a, b, 2, true, true);
    case VecOp::i32x4_extmul_low_i16x8_u: return multiply_wide(a, b, 2, false, false);
    case VecOp::i32x4_extmul_high_i16x8_u: return multiply_wide(a, b, 2, true, false);
    case VecOp::i64x2_extmul_low_i32x4_s: return multiply_wide(a, b, 4, false, true);
    case VecOp::i64x2_extmul_high_i32x4_s: return multiply_wide(a, b, 4, true, true);
    case VecOp::i64x2_extmul_low_i32x4_u: return multiply_wide(a, b, 4, false, false);
    case VecOp::i64x2_extmul_high_i32x4_u: return multiply_wide(a, b, 4, true, false);
    default: return {};
  }
}

}  // namespace wjit::x64
