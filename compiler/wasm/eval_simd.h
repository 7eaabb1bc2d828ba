// What each SIMD instruction computes (spec §4.3.3 and relaxed SIMD), one function per row of opcodes.def, named after
// it, over V128 values. Shuffle and lane indices are valid (the validator's work) and passed as plain numbers; loads and
// stores get or give the bytes that memory holds. NaNs as in eval.h: arithmetic per lane, signs and choices on bits.
// What the relaxed instructions compute here is fixed on every machine: docs/relaxed-simd.md says what and why.
//
// Lane 0 is the lowest address, which a little-endian machine gives for nothing. A V128 is a machine vector, never an
// object in memory, so that short functions inline into interpreter handlers without a stack slot; whatever needs the
// lanes one by one is out of line (WJIT_OUTLINE) for the same reason.
#pragma once
#include <array>
#include <bit>
#include <cstring>

#include "compiler/wasm/eval.h"

namespace wjit::wasm {

static_assert(std::endian::native == std::endian::little);

namespace simd {
template <class T>
struct VectorOf {
  using Type [[gnu::vector_size(16)]] = T;
};
using U8x16 = VectorOf<uint8_t>::Type;
using U16x8 = VectorOf<uint16_t>::Type;
using U32x4 = VectorOf<uint32_t>::Type;
using U64x2 = VectorOf<uint64_t>::Type;
using S8x16 = VectorOf<int8_t>::Type;
using S16x8 = VectorOf<int16_t>::Type;
using S32x4 = VectorOf<int32_t>::Type;
using S64x2 = VectorOf<int64_t>::Type;
using F32x4 = VectorOf<float>::Type;
using F64x2 = VectorOf<double>::Type;

template <class T>
constexpr unsigned kLanes = 16 / sizeof(T);
template <class T>
using Lanes = std::array<T, kLanes<T>>;
}  // namespace simd

using V128 = simd::U64x2;

namespace simd {
template <class T>
inline Lanes<T> lanes(V128 v) {
  return std::bit_cast<Lanes<T>>(v);
}
template <class T>
inline V128 pack(const Lanes<T>& l) {
  return std::bit_cast<V128>(l);
}
// Result lane i is f of operand lane i + first; lanes without an operand are zero.
template <class R, class T, class F>
inline V128 map(V128 x, F f, unsigned first = 0) {
  const Lanes<T> a = lanes<T>(x);
  Lanes<R> r{};
  for (unsigned i = 0; i < kLanes<R> && i < kLanes<T>; ++i) r[i] = R(f(a[i + first]));
  return pack<R>(r);
}
template <class R, class T, class F>
inline V128 zip(V128 x, V128 y, F f, unsigned first = 0) {
  const Lanes<T> a = lanes<T>(x), b = lanes<T>(y);
  Lanes<R> r{};
  for (unsigned i = 0; i < kLanes<R>; ++i) r[i] = R(f(a[i + first], b[i + first]));
  return pack<R>(r);
}
template <class R>
constexpr R saturate(int32_t v) {
  constexpr int32_t low = std::numeric_limits<R>::min(), high = std::numeric_limits<R>::max();
  return R(v < low ? low : v > high ? high : v);
}
// The first half of the result from x, the second from y.
template <class R, class T>
inline V128 narrow(V128 x, V128 y) {
  const Lanes<T> a = lanes<T>(x), b = lanes<T>(y);
  Lanes<R> r;
  for (unsigned i = 0; i < kLanes<T>; ++i) {
    r[i] = saturate<R>(a[i]);
    r[i + kLanes<T>] = saturate<R>(b[i]);
  }
  return pack<R>(r);
}
template <class R, class T>
inline V128 extadd_pairwise(V128 x) {
  const Lanes<T> a = lanes<T>(x);
  Lanes<R> r;
  for (unsigned i = 0; i < kLanes<R>; ++i) r[i] = R(R(a[2 * i]) + R(a[2 * i + 1]));
  return pack<R>(r);
}
// Sums of two neighbouring products, modulo R's width.
template <class R, class T>
inline V128 dot(V128 x, V128 y) {
  const Lanes<T> a = lanes<T>(x), b = lanes<T>(y);
  using U = std::make_unsigned_t<R>;
  Lanes<U> r;
  for (unsigned i = 0; i < kLanes<R>; ++i)
    r[i] = U(U(int32_t(a[2 * i]) * b[2 * i]) + U(int32_t(a[2 * i + 1]) * b[2 * i + 1]));
  return pack<U>(r);
}
template <class T>
inline uint32_t all_true(V128 x) {
  bool all = true;
  for (T lane : lanes<T>(x)) all &= lane != 0;
  return all;
}
template <class T>
inline uint32_t bitmask(V128 x) {
  const Lanes<T> a = lanes<T>(x);
  uint32_t mask = 0;
  for (unsigned i = 0; i < kLanes<T>; ++i) mask |= uint32_t(a[i] < 0) << i;
  return mask;
}
template <class T>
inline V128 replace(V128 x, T value, unsigned lane) {
  Lanes<T> a = lanes<T>(x);
  a[lane] = value;
  return pack<T>(a);
}
// Eight bytes of memory, lane by lane.
template <class R, class T>
inline V128 extend(uint64_t bytes) {
  return map<R, T>(V128{bytes, 0}, [](T a) { return a; });
}
}  // namespace simd

#define WJIT_OUTLINE [[gnu::noinline]] inline

// ---- bits ---------------------------------------------------------------------------------------------------

inline V128 v128_not(V128 a) { return ~a; }
inline V128 v128_and(V128 a, V128 b) { return a & b; }
inline V128 v128_andnot(V128 a, V128 b) { return a & ~b; }
inline V128 v128_or(V128 a, V128 b) { return a | b; }
inline V128 v128_xor(V128 a, V128 b) { return a ^ b; }
inline V128 v128_bitselect(V128 a, V128 b, V128 c) { return (a & c) | (b & ~c); }
inline uint32_t v128_any_true(V128 a) { return (a[0] | a[1]) != 0; }

// ---- integer lanes ------------------------------------------------------------------------------------------
// In the expressions x and y are the operands as vectors of the lane type named, a and b single lanes. Vector
// arithmetic is on unsigned lanes, which wrap.

#define WJIT_VEC1(name, Vec, expr)  \
  inline V128 name(V128 a_) {       \
    using namespace simd;           \
    const Vec x = Vec(a_);          \
    return V128(expr);              \
  }
#define WJIT_VEC2(name, Vec, expr)              \
  inline V128 name(V128 a_, V128 b_) {          \
    using namespace simd;                       \
    const Vec x = Vec(a_), y = Vec(b_);         \
    return V128(expr);                          \
  }
#define WJIT_LANE1(name, R, T, expr) \
  WJIT_OUTLINE V128 name(V128 x) { return simd::map<R, T>(x, [](T a) { return expr; }); }
#define WJIT_LANE2(name, R, T, expr) \
  WJIT_OUTLINE V128 name(V128 x, V128 y) { return simd::zip<R, T>(x, y, [](T a, T b) { return expr; }); }

// NOLINTBEGIN: expressions over the names above.
#define WJIT_SHIFT(name, T, expr)                                         \
  WJIT_OUTLINE V128 name(V128 x, uint32_t count) {                        \
    const unsigned n = count % (8 * sizeof(T));                           \
    return simd::map<T, T>(x, [n](T a) { return expr; });                 \
  }
#define WJIT_ANY_INT(t, U, S, u, s)                                         \
  WJIT_VEC2(t##_add, U, x + y)                                              \
  WJIT_VEC2(t##_sub, U, x - y)                                              \
  WJIT_VEC1(t##_neg, U, -x)                                                 \
  WJIT_VEC2(t##_eq, U, x == y)                                              \
  WJIT_VEC2(t##_ne, U, x != y)                                              \
  WJIT_LANE1(t##_abs, u, s, a < 0 ? u(u(0) - u(a)) : u(a))                  \
  WJIT_SHIFT(t##_shl, u, a << n)                                            \
  WJIT_SHIFT(t##_shr_s, s, a >> n)                                          \
  WJIT_SHIFT(t##_shr_u, u, a >> n)                                          \
  WJIT_OUTLINE uint32_t t##_all_true(V128 x) { return simd::all_true<u>(x); } \
  WJIT_OUTLINE uint32_t t##_bitmask(V128 x) { return simd::bitmask<s>(x); }
WJIT_ANY_INT(i8x16, U8x16, S8x16, uint8_t, int8_t)
WJIT_ANY_INT(i16x8, U16x8, S16x8, uint16_t, int16_t)
WJIT_ANY_INT(i32x4, U32x4, S32x4, uint32_t, int32_t)
WJIT_ANY_INT(i64x2, U64x2, S64x2, uint64_t, int64_t)
#undef WJIT_ANY_INT
#undef WJIT_SHIFT

#define WJIT_ORDERED(t, U, S)                   \
  WJIT_VEC2(t##_lt_s, S, x < y)                 \
  WJIT_VEC2(t##_lt_u, U, x < y)                 \
  WJIT_VEC2(t##_gt_s, S, x > y)                 \
  WJIT_VEC2(t##_gt_u, U, x > y)                 \
  WJIT_VEC2(t##_le_s, S, x <= y)                \
  WJIT_VEC2(t##_le_u, U, x <= y)                \
  WJIT_VEC2(t##_ge_s, S, x >= y)                \
  WJIT_VEC2(t##_ge_u, U, x >= y)                \
  WJIT_VEC2(t##_min_s, S, x < y ? x : y)        \
  WJIT_VEC2(t##_min_u, U, x < y ? x : y)        \
  WJIT_VEC2(t##_max_s, S, x > y ? x : y)        \
  WJIT_VEC2(t##_max_u, U, x > y ? x : y)
WJIT_ORDERED(i8x16, U8x16, S8x16)
WJIT_ORDERED(i16x8, U16x8, S16x8)
WJIT_ORDERED(i32x4, U32x4, S32x4)
#undef WJIT_ORDERED
WJIT_LANE2(i64x2_lt_s, int64_t, int64_t, -int64_t(a < b))
WJIT_LANE2(i64x2_gt_s, int64_t, int64_t, -int64_t(a > b))
WJIT_LANE2(i64x2_le_s, int64_t, int64_t, -int64_t(a <= b))
WJIT_LANE2(i64x2_ge_s, int64_t, int64_t, -int64_t(a >= b))

WJIT_VEC2(i16x8_mul, U16x8, x * y)
WJIT_VEC2(i32x4_mul, U32x4, x * y)
WJIT_LANE2(i64x2_mul, uint64_t, uint64_t, a * b)

#define WJIT_SATURATING(t, u, s)                                      \
  WJIT_LANE2(t##_add_sat_s, s, s, simd::saturate<s>(a + b))           \
  WJIT_LANE2(t##_add_sat_u, u, u, simd::saturate<u>(a + b))           \
  WJIT_LANE2(t##_sub_sat_s, s, s, simd::saturate<s>(a - b))           \
  WJIT_LANE2(t##_sub_sat_u, u, u, simd::saturate<u>(a - b))           \
  WJIT_LANE2(t##_avgr_u, u, u, (a + b + 1) >> 1)
WJIT_SATURATING(i8x16, uint8_t, int8_t)
WJIT_SATURATING(i16x8, uint16_t, int16_t)
#undef WJIT_SATURATING
WJIT_LANE1(i8x16_popcnt, uint8_t, uint8_t, std::popcount(a))
WJIT_LANE2(i16x8_q15mulr_sat_s, int16_t, int16_t, simd::saturate<int16_t>((a * b + 0x4000) >> 15))

// ---- between widths -----------------------------------------------------------------------------------------

#define WJIT_NARROW(name, R, T) \
  WJIT_OUTLINE V128 name(V128 x, V128 y) { return simd::narrow<R, T>(x, y); }
WJIT_NARROW(i8x16_narrow_i16x8_s, int8_t, int16_t)
WJIT_NARROW(i8x16_narrow_i16x8_u, uint8_t, int16_t)
WJIT_NARROW(i16x8_narrow_i32x4_s, int16_t, int32_t)
WJIT_NARROW(i16x8_narrow_i32x4_u, uint16_t, int32_t)
#undef WJIT_NARROW

// Products of the widest lanes are taken on unsigned ones: the bits are the same and nothing overflows.
#define WJIT_WIDEN(wide, narrow, sign, R, T)                                                                     \
  WJIT_OUTLINE V128 wide##_extend_low_##narrow##_##sign(V128 x) {                                                \
    return simd::map<R, T>(x, [](T a) { return a; });                                                            \
  }                                                                                                              \
  WJIT_OUTLINE V128 wide##_extend_high_##narrow##_##sign(V128 x) {                                               \
    return simd::map<R, T>(x, [](T a) { return a; }, simd::kLanes<R>);                                           \
  }                                                                                                              \
  WJIT_OUTLINE V128 wide##_extmul_low_##narrow##_##sign(V128 x, V128 y) {                                        \
    return simd::zip<R, T>(x, y, [](T a, T b) { return uint64_t(R(a)) * uint64_t(R(b)); });                      \
  }                                                                                                              \
  WJIT_OUTLINE V128 wide##_extmul_high_##narrow##_##sign(V128 x, V128 y) {                                       \
    return simd::zip<R, T>(x, y, [](T a, T b) { return uint64_t(R(a)) * uint64_t(R(b)); }, simd::kLanes<R>);     \
  }
WJIT_WIDEN(i16x8, i8x16, s, int16_t, int8_t)
WJIT_WIDEN(i16x8, i8x16, u, uint16_t, uint8_t)
WJIT_WIDEN(i32x4, i16x8, s, int32_t, int16_t)
WJIT_WIDEN(i32x4, i16x8, u, uint32_t, uint16_t)
WJIT_WIDEN(i64x2, i32x4, s, int64_t, int32_t)
WJIT_WIDEN(i64x2, i32x4, u, uint64_t, uint32_t)
#undef WJIT_WIDEN

#define WJIT_EXTADD(name, R, T) \
  WJIT_OUTLINE V128 name(V128 x) { return simd::extadd_pairwise<R, T>(x); }
WJIT_EXTADD(i16x8_extadd_pairwise_i8x16_s, int16_t, int8_t)
WJIT_EXTADD(i16x8_extadd_pairwise_i8x16_u, uint16_t, uint8_t)
WJIT_EXTADD(i32x4_extadd_pairwise_i16x8_s, int32_t, int16_t)
WJIT_EXTADD(i32x4_extadd_pairwise_i16x8_u, uint32_t, uint16_t)
#undef WJIT_EXTADD
WJIT_OUTLINE V128 i32x4_dot_i16x8_s(V128 x, V128 y) { return simd::dot<int32_t, int16_t>(x, y); }

// ---- float lanes --------------------------------------------------------------------------------------------

#define WJIT_FLOAT_LANES(t, scalar, Vec, U, f)                                           \
  WJIT_VEC2(t##_eq, Vec, x == y)                                                         \
  WJIT_VEC2(t##_ne, Vec, x != y)                                                         \
  WJIT_VEC2(t##_lt, Vec, x < y)                                                          \
  WJIT_VEC2(t##_gt, Vec, x > y)                                                          \
  WJIT_VEC2(t##_le, Vec, x <= y)                                                         \
  WJIT_VEC2(t##_ge, Vec, x >= y)                                                         \
  WJIT_VEC2(t##_add, Vec, x + y)                                                         \
  WJIT_VEC2(t##_sub, Vec, x - y)                                                         \
  WJIT_VEC2(t##_mul, Vec, x * y)                                                         \
  WJIT_VEC2(t##_div, Vec, x / y)                                                         \
  WJIT_VEC1(t##_abs, U, x & ~eval_detail::kSignBit<f>)                                   \
  WJIT_VEC1(t##_neg, U, x ^ eval_detail::kSignBit<f>)                                    \
  /* Choices, not arithmetic: the operand chosen keeps its bits. */                      \
  WJIT_VEC2(t##_pmin, Vec, y < x ? U(y) : U(x))                                          \
  WJIT_VEC2(t##_pmax, Vec, x < y ? U(y) : U(x))                                          \
  WJIT_LANE2(t##_min, f, f, scalar##_min(a, b))                                          \
  WJIT_LANE2(t##_max, f, f, scalar##_max(a, b))                                          \
  WJIT_LANE1(t##_ceil, f, f, scalar##_ceil(a))                                           \
  WJIT_LANE1(t##_floor, f, f, scalar##_floor(a))                                         \
  WJIT_LANE1(t##_trunc, f, f, scalar##_trunc(a))                                         \
  WJIT_LANE1(t##_nearest, f, f, scalar##_nearest(a))                                     \
  WJIT_LANE1(t##_sqrt, f, f, scalar##_sqrt(a))
WJIT_FLOAT_LANES(f32x4, f32, F32x4, U32x4, float)
WJIT_FLOAT_LANES(f64x2, f64, F64x2, U64x2, double)
#undef WJIT_FLOAT_LANES

WJIT_LANE1(f32x4_demote_f64x2_zero, float, double, f32_demote_f64(a))
WJIT_LANE1(f64x2_promote_low_f32x4, double, float, f64_promote_f32(a))
WJIT_LANE1(i32x4_trunc_sat_f32x4_s, uint32_t, float, i32_trunc_sat_f32_s(a))
WJIT_LANE1(i32x4_trunc_sat_f32x4_u, uint32_t, float, i32_trunc_sat_f32_u(a))
WJIT_LANE1(i32x4_trunc_sat_f64x2_s_zero, uint32_t, double, i32_trunc_sat_f64_s(a))
WJIT_LANE1(i32x4_trunc_sat_f64x2_u_zero, uint32_t, double, i32_trunc_sat_f64_u(a))
WJIT_LANE1(f32x4_convert_i32x4_s, float, uint32_t, f32_convert_i32_s(a))
WJIT_LANE1(f32x4_convert_i32x4_u, float, uint32_t, f32_convert_i32_u(a))
WJIT_LANE1(f64x2_convert_low_i32x4_s, double, uint32_t, f64_convert_i32_s(a))
WJIT_LANE1(f64x2_convert_low_i32x4_u, double, uint32_t, f64_convert_i32_u(a))

// ---- lanes and shuffles -------------------------------------------------------------------------------------

inline V128 i64x2_splat(uint64_t v) { return V128{v, v}; }
inline V128 i32x4_splat(uint32_t v) { return V128(simd::U32x4{v, v, v, v}); }
inline V128 i16x8_splat(uint32_t v) { return i32x4_splat((v & 0xffff) * 0x00010001); }
inline V128 i8x16_splat(uint32_t v) { return i32x4_splat((v & 0xff) * 0x01010101); }
inline V128 f32x4_splat(float v) { return V128(simd::F32x4{v, v, v, v}); }
inline V128 f64x2_splat(double v) { return V128(simd::F64x2{v, v}); }

#define WJIT_EXTRACT(name, R, T) \
  WJIT_OUTLINE R name(V128 x, unsigned lane) { return R(simd::lanes<T>(x)[lane]); }
WJIT_EXTRACT(i8x16_extract_lane_s, uint32_t, int8_t)
WJIT_EXTRACT(i8x16_extract_lane_u, uint32_t, uint8_t)
WJIT_EXTRACT(i16x8_extract_lane_s, uint32_t, int16_t)
WJIT_EXTRACT(i16x8_extract_lane_u, uint32_t, uint16_t)
WJIT_EXTRACT(i32x4_extract_lane, uint32_t, uint32_t)
WJIT_EXTRACT(i64x2_extract_lane, uint64_t, uint64_t)
WJIT_EXTRACT(f32x4_extract_lane, float, float)
WJIT_EXTRACT(f64x2_extract_lane, double, double)
WJIT_EXTRACT(v128_store8_lane, uint8_t, uint8_t)
WJIT_EXTRACT(v128_store16_lane, uint16_t, uint16_t)
WJIT_EXTRACT(v128_store32_lane, uint32_t, uint32_t)
WJIT_EXTRACT(v128_store64_lane, uint64_t, uint64_t)
#undef WJIT_EXTRACT

#define WJIT_REPLACE(name, E, T) \
  WJIT_OUTLINE V128 name(V128 x, E value, unsigned lane) { return simd::replace<T>(x, T(value), lane); }
WJIT_REPLACE(i8x16_replace_lane, uint32_t, uint8_t)
WJIT_REPLACE(i16x8_replace_lane, uint32_t, uint16_t)
WJIT_REPLACE(i32x4_replace_lane, uint32_t, uint32_t)
WJIT_REPLACE(i64x2_replace_lane, uint64_t, uint64_t)
WJIT_REPLACE(f32x4_replace_lane, float, float)
WJIT_REPLACE(f64x2_replace_lane, double, double)
WJIT_REPLACE(v128_load8_lane, uint8_t, uint8_t)
WJIT_REPLACE(v128_load16_lane, uint16_t, uint16_t)
WJIT_REPLACE(v128_load32_lane, uint32_t, uint32_t)
WJIT_REPLACE(v128_load64_lane, uint64_t, uint64_t)
#undef WJIT_REPLACE

WJIT_OUTLINE V128 i8x16_shuffle(V128 x, V128 y, V128 indices) {
  const auto a = simd::lanes<uint8_t>(x), b = simd::lanes<uint8_t>(y);
  return simd::map<uint8_t, uint8_t>(indices, [&](uint8_t i) { return i < 16 ? a[i] : b[i & 15]; });
}
WJIT_OUTLINE V128 i8x16_swizzle(V128 x, V128 indices) {
  const auto a = simd::lanes<uint8_t>(x);
  return simd::map<uint8_t, uint8_t>(indices, [&](uint8_t i) { return i < 16 ? a[i] : 0; });
}

// ---- memory -------------------------------------------------------------------------------------------------

inline V128 v128_load(V128 m) { return m; }
inline V128 v128_store(V128 v) { return v; }
WJIT_OUTLINE V128 v128_load8x8_s(uint64_t m) { return simd::extend<int16_t, int8_t>(m); }
WJIT_OUTLINE V128 v128_load8x8_u(uint64_t m) { return simd::extend<uint16_t, uint8_t>(m); }
WJIT_OUTLINE V128 v128_load16x4_s(uint64_t m) { return simd::extend<int32_t, int16_t>(m); }
WJIT_OUTLINE V128 v128_load16x4_u(uint64_t m) { return simd::extend<uint32_t, uint16_t>(m); }
WJIT_OUTLINE V128 v128_load32x2_s(uint64_t m) { return simd::extend<int64_t, int32_t>(m); }
WJIT_OUTLINE V128 v128_load32x2_u(uint64_t m) { return simd::extend<uint64_t, uint32_t>(m); }
inline V128 v128_load8_splat(uint8_t m) { return i8x16_splat(m); }
inline V128 v128_load16_splat(uint16_t m) { return i16x8_splat(m); }
inline V128 v128_load32_splat(uint32_t m) { return i32x4_splat(m); }
inline V128 v128_load64_splat(uint64_t m) { return i64x2_splat(m); }
inline V128 v128_load32_zero(uint32_t m) { return V128{m, 0}; }
inline V128 v128_load64_zero(uint64_t m) { return V128{m, 0}; }

// ---- relaxed SIMD: the choices of docs/relaxed-simd.md -------------------------------------------------------

inline V128 i8x16_relaxed_swizzle(V128 a, V128 b) { return i8x16_swizzle(a, b); }
inline V128 i32x4_relaxed_trunc_f32x4_s(V128 a) { return i32x4_trunc_sat_f32x4_s(a); }
inline V128 i32x4_relaxed_trunc_f32x4_u(V128 a) { return i32x4_trunc_sat_f32x4_u(a); }
inline V128 i32x4_relaxed_trunc_f64x2_s_zero(V128 a) { return i32x4_trunc_sat_f64x2_s_zero(a); }
inline V128 i32x4_relaxed_trunc_f64x2_u_zero(V128 a) { return i32x4_trunc_sat_f64x2_u_zero(a); }
// Two roundings; needs -ffp-contract=off.
inline V128 f32x4_relaxed_madd(V128 a, V128 b, V128 c) { return f32x4_add(f32x4_mul(a, b), c); }
inline V128 f32x4_relaxed_nmadd(V128 a, V128 b, V128 c) { return f32x4_add(f32x4_mul(f32x4_neg(a), b), c); }
inline V128 f64x2_relaxed_madd(V128 a, V128 b, V128 c) { return f64x2_add(f64x2_mul(a, b), c); }
inline V128 f64x2_relaxed_nmadd(V128 a, V128 b, V128 c) { return f64x2_add(f64x2_mul(f64x2_neg(a), b), c); }
inline V128 i8x16_relaxed_laneselect(V128 a, V128 b, V128 c) { return v128_bitselect(a, b, c); }
inline V128 i16x8_relaxed_laneselect(V128 a, V128 b, V128 c) { return v128_bitselect(a, b, c); }
inline V128 i32x4_relaxed_laneselect(V128 a, V128 b, V128 c) { return v128_bitselect(a, b, c); }
inline V128 i64x2_relaxed_laneselect(V128 a, V128 b, V128 c) { return v128_bitselect(a, b, c); }
inline V128 f32x4_relaxed_min(V128 a, V128 b) { return f32x4_min(a, b); }
inline V128 f32x4_relaxed_max(V128 a, V128 b) { return f32x4_max(a, b); }
inline V128 f64x2_relaxed_min(V128 a, V128 b) { return f64x2_min(a, b); }
inline V128 f64x2_relaxed_max(V128 a, V128 b) { return f64x2_max(a, b); }
inline V128 i16x8_relaxed_q15mulr_s(V128 a, V128 b) { return i16x8_q15mulr_sat_s(a, b); }
WJIT_OUTLINE V128 i16x8_relaxed_dot_i8x16_i7x16_s(V128 a, V128 b) { return simd::dot<int16_t, int8_t>(a, b); }
inline V128 i32x4_relaxed_dot_i8x16_i7x16_add_s(V128 a, V128 b, V128 c) {
  return i32x4_add(i32x4_extadd_pairwise_i16x8_s(i16x8_relaxed_dot_i8x16_i7x16_s(a, b)), c);
}

// NOLINTEND
#undef WJIT_VEC1
#undef WJIT_VEC2
#undef WJIT_LANE1
#undef WJIT_LANE2
#undef WJIT_OUTLINE

}  // namespace wjit::wasm
