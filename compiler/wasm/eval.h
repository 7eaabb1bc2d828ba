// What each scalar numeric instruction computes (spec §4.3.2), one function per row of opcodes.def, named
// after it. The interpreter, the constant folder and the tests share these. Integers are passed unsigned, as
// the bits they are; "signed" is a property of the operation. Operations that can trap return a Trapping.
//
// NaNs: arithmetic returns a quiet NaN whose payload is the machine's choice, which the spec allows; sign
// operations (abs, neg, copysign) and reinterpretations work on bits and keep every payload. Needs
// -ffp-contract=off.
#pragma once
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace wjit::wasm {

enum class NumTrap : uint8_t { kNone, kDivByZero, kIntOverflow, kInvalidConversion };
template <class T>
struct Trapping {
  T value;
  NumTrap trap = NumTrap::kNone;
  constexpr bool ok() const { return trap == NumTrap::kNone; }
  constexpr bool operator==(const Trapping&) const = default;
};
// 128 bits as two i64 results, low half first.
struct Wide {
  uint64_t lo, hi;
  constexpr bool operator==(const Wide&) const = default;
};

// ---- integers

// Without a Result type named, the result is of the operands' type; in an expression S(x) is x as a signed
// integer.
#define WJIT_INT_BINARY(name, result, expr)                  \
  constexpr result##_32 i32_##name(uint32_t a, uint32_t b) { \
    using U [[maybe_unused]] = uint32_t;                     \
    using S [[maybe_unused]] = int32_t;                      \
    return expr;                                             \
  }                                                          \
  constexpr result##_64 i64_##name(uint64_t a, uint64_t b) { \
    using U [[maybe_unused]] = uint64_t;                     \
    using S [[maybe_unused]] = int64_t;                      \
    return expr;                                             \
  }
namespace eval_detail {
using Int_32 = uint32_t;
using Int_64 = uint64_t;
using Bool_32 = uint32_t;
using Bool_64 = uint32_t;
using Trap_32 = Trapping<uint32_t>;
using Trap_64 = Trapping<uint64_t>;

template <class U>
constexpr unsigned kBits = sizeof(U) * 8;
template <class U>
constexpr U kIntMin = U(1) << (kBits<U> - 1);

template <class U>
constexpr Trapping<U> div_s(U a, U b) {
  using S = std::make_signed_t<U>;
  if (b == 0) return {0, NumTrap::kDivByZero};
  if (a == kIntMin<U> && b == U(-1)) return {0, NumTrap::kIntOverflow};
  return {U(S(a) / S(b))};
}
template <class U>
constexpr Trapping<U> rem_s(U a, U b) {
  using S = std::make_signed_t<U>;
  if (b == 0) return {0, NumTrap::kDivByZero};
  if (b == U(-1)) return {0};  // INT_MIN % -1 is 0 here and undefined in C++
  return {U(S(a) % S(b))};
}
}  // namespace eval_detail

#define WJIT_BOOL(name, expr) WJIT_INT_BINARY(name, eval_detail::Bool, expr)
#define WJIT_INT(name, expr) WJIT_INT_BINARY(name, eval_detail::Int, expr)
#define WJIT_TRAP(name, expr) WJIT_INT_BINARY(name, eval_detail::Trap, expr)
// NOLINTBEGIN: a and b are names inside the expressions above.
WJIT_BOOL(eq, U(a) == U(b))
WJIT_BOOL(ne, U(a) != U(b))
WJIT_BOOL(lt_s, S(a) < S(b))
WJIT_BOOL(lt_u, U(a) < U(b))
WJIT_BOOL(gt_s, S(a) > S(b))
WJIT_BOOL(gt_u, U(a) > U(b))
WJIT_BOOL(le_s, S(a) <= S(b))
WJIT_BOOL(le_u, U(a) <= U(b))
WJIT_BOOL(ge_s, S(a) >= S(b))
WJIT_BOOL(ge_u, U(a) >= U(b))
WJIT_INT(add, U(a) + U(b))
WJIT_INT(sub, U(a) - U(b))
WJIT_INT(mul, U(a) * U(b))
WJIT_INT(and, U(a) & U(b))
WJIT_INT(or, U(a) | U(b))
WJIT_INT(xor, U(a) ^ U(b))
WJIT_INT(shl, U(a) << (b % eval_detail::kBits<U>))
WJIT_INT(shr_s, U(S(a) >> (b % eval_detail::kBits<U>)))
WJIT_INT(shr_u, U(a) >> (b % eval_detail::kBits<U>))
WJIT_INT(rotl, std::rotl(U(a), int(b % eval_detail::kBits<U>)))
WJIT_INT(rotr, std::rotr(U(a), int(b % eval_detail::kBits<U>)))
WJIT_TRAP(div_s, eval_detail::div_s<U>(a, b))
WJIT_TRAP(rem_s, eval_detail::rem_s<U>(a, b))
WJIT_TRAP(div_u, b == 0 ? (Trapping<U>{0, NumTrap::kDivByZero}) : (Trapping<U>{U(a / b)}))
WJIT_TRAP(rem_u, b == 0 ? (Trapping<U>{0, NumTrap::kDivByZero}) : (Trapping<U>{U(a % b)}))
// NOLINTEND
#undef WJIT_BOOL
#undef WJIT_INT
#undef WJIT_TRAP
#undef WJIT_INT_BINARY

constexpr uint32_t i32_eqz(uint32_t a) { return a == 0; }
constexpr uint32_t i64_eqz(uint64_t a) { return a == 0; }
constexpr uint32_t i32_clz(uint32_t a) { return uint32_t(std::countl_zero(a)); }
constexpr uint64_t i64_clz(uint64_t a) { return uint64_t(std::countl_zero(a)); }
constexpr uint32_t i32_ctz(uint32_t a) { return uint32_t(std::countr_zero(a)); }
constexpr uint64_t i64_ctz(uint64_t a) { return uint64_t(std::countr_zero(a)); }
constexpr uint32_t i32_popcnt(uint32_t a) { return uint32_t(std::popcount(a)); }
constexpr uint64_t i64_popcnt(uint64_t a) { return uint64_t(std::popcount(a)); }

constexpr uint32_t i32_extend8_s(uint32_t a) { return uint32_t(int32_t(int8_t(a))); }
constexpr uint32_t i32_extend16_s(uint32_t a) { return uint32_t(int32_t(int16_t(a))); }
constexpr uint64_t i64_extend8_s(uint64_t a) { return uint64_t(int64_t(int8_t(a))); }
constexpr uint64_t i64_extend16_s(uint64_t a) { return uint64_t(int64_t(int16_t(a))); }
constexpr uint64_t i64_extend32_s(uint64_t a) { return uint64_t(int64_t(int32_t(a))); }
constexpr uint32_t i32_wrap_i64(uint64_t a) { return uint32_t(a); }
constexpr uint64_t i64_extend_i32_s(uint32_t a) { return uint64_t(int64_t(int32_t(a))); }
constexpr uint64_t i64_extend_i32_u(uint32_t a) { return a; }

constexpr Wide i64_add128(uint64_t a_lo, uint64_t a_hi, uint64_t b_lo, uint64_t b_hi) {
  const uint64_t lo = a_lo + b_lo;
  return {lo, a_hi + b_hi + (lo < a_lo)};
}
constexpr Wide i64_sub128(uint64_t a_lo, uint64_t a_hi, uint64_t b_lo, uint64_t b_hi) {
  return {a_lo - b_lo, a_hi - b_hi - (a_lo < b_lo)};
}
constexpr Wide i64_mul_wide_u(uint64_t a, uint64_t b) {
  const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
  return {uint64_t(product), uint64_t(product >> 64)};
}
constexpr Wide i64_mul_wide_s(uint64_t a, uint64_t b) {
  const __int128 product = static_cast<__int128>(int64_t(a)) * int64_t(b);
  return {uint64_t(product), uint64_t(static_cast<unsigned __int128>(product) >> 64)};
}

// ---- floats

namespace eval_detail {
template <class F>
using BitsOf = std::conditional_t<sizeof(F) == 4, uint32_t, uint64_t>;
template <class F>
constexpr BitsOf<F> kSignBit = BitsOf<F>(1) << (sizeof(F) * 8 - 1);
template <class F>
constexpr BitsOf<F> kQuietBit = BitsOf<F>(1) << (std::numeric_limits<F>::digits - 2);

template <class F>
constexpr BitsOf<F> bits(F a) {
  return std::bit_cast<BitsOf<F>>(a);
}
template <class F>
constexpr F from_bits(BitsOf<F> a) {
  return std::bit_cast<F>(a);
}
template <class F>
constexpr bool is_nan(F a) {
  return a != a;
}
template <class F>
constexpr F quiet(F nan) {
  return from_bits<F>(bits(nan) | kQuietBit<F>);
}
template <class F>
constexpr F min(F a, F b) {
  if (is_nan(a)) return quiet(a);
  if (is_nan(b)) return quiet(b);
  if (a == b) return from_bits<F>(bits(a) | bits(b));  // -0 < +0
  return a < b ? a : b;
}
template <class F>
constexpr F max(F a, F b) {
  if (is_nan(a)) return quiet(a);
  if (is_nan(b)) return quiet(b);
  if (a == b) return from_bits<F>(bits(a) & bits(b));
  return a > b ? a : b;
}
template <class F>
constexpr F copysign(F a, F b) {
  return from_bits<F>((bits(a) & ~kSignBit<F>) | (bits(b) & kSignBit<F>));
}

// The open interval whose members truncate into I: (low, high). 2^31, 2^63 and their likes are exact in
// either float type; the low end is min - 1 where F can say that and the next float below min where it
// cannot.
template <class I, class F>
constexpr F kTruncHigh = F(I(1) << (std::numeric_limits<I>::digits - 1)) * 2;
template <class I, class F>
constexpr bool truncates(F a) {
  if (!(a < kTruncHigh<I, F>)) return false;
  if (!std::is_signed_v<I>) return a > F(-1);
  if (std::numeric_limits<I>::digits >= std::numeric_limits<F>::digits) return a >= -kTruncHigh<I, F>;
  return a > -kTruncHigh<I, F> - 1;
}
template <class I, class F>
constexpr Trapping<std::make_unsigned_t<I>> trunc(F a) {
  using U = std::make_unsigned_t<I>;
  if (truncates<I>(a)) return {U(I(a))};
  return {U(0), is_nan(a) ? NumTrap::kInvalidConversion : NumTrap::kIntOverflow};
}
template <class I, class F>
constexpr std::make_unsigned_t<I> trunc_sat(F a) {
  using U = std::make_unsigned_t<I>;
  if (truncates<I>(a)) return U(I(a));
  if (is_nan(a)) return 0;
  return U(a < 0 ? std::numeric_limits<I>::min() : std::numeric_limits<I>::max());
}
}  // namespace eval_detail

#define WJIT_FLOAT(t, F)                                                                                   \
  constexpr uint32_t t##_eq(F a, F b) { return a == b; }                                                   \
  constexpr uint32_t t##_ne(F a, F b) { return a != b; }                                                   \
  constexpr uint32_t t##_lt(F a, F b) { return a < b; }                                                    \
  constexpr uint32_t t##_gt(F a, F b) { return a > b; }                                                    \
  constexpr uint32_t t##_le(F a, F b) { return a <= b; }                                                   \
  constexpr uint32_t t##_ge(F a, F b) { return a >= b; }                                                   \
  constexpr F t##_add(F a, F b) { return a + b; }                                                          \
  constexpr F t##_sub(F a, F b) { return a - b; }                                                          \
  constexpr F t##_mul(F a, F b) { return a * b; }                                                          \
  constexpr F t##_div(F a, F b) { return a / b; }                                                          \
  constexpr F t##_min(F a, F b) { return eval_detail::min(a, b); }                                         \
  constexpr F t##_max(F a, F b) { return eval_detail::max(a, b); }                                         \
  constexpr F t##_copysign(F a, F b) { return eval_detail::copysign(a, b); }                               \
  constexpr F t##_abs(F a) {                                                                               \
    return eval_detail::from_bits<F>(eval_detail::bits(a) & ~eval_detail::kSignBit<F>);                    \
  }                                                                                                        \
  constexpr F t##_neg(F a) {                                                                               \
    return eval_detail::from_bits<F>(eval_detail::bits(a) ^ eval_detail::kSignBit<F>);                     \
  }                                                                                                        \
  inline F t##_ceil(F a) { return eval_detail::is_nan(a) ? eval_detail::quiet(a) : std::ceil(a); }         \
  inline F t##_floor(F a) { return eval_detail::is_nan(a) ? eval_detail::quiet(a) : std::floor(a); }       \
  inline F t##_trunc(F a) { return eval_detail::is_nan(a) ? eval_detail::quiet(a) : std::trunc(a); }       \
  /* The rounding mode is to nearest, ties to even: nobody in the process may change it. */                \
  inline F t##_nearest(F a) { return eval_detail::is_nan(a) ? eval_detail::quiet(a) : std::nearbyint(a); } \
  inline F t##_sqrt(F a) { return eval_detail::is_nan(a) ? eval_detail::quiet(a) : std::sqrt(a); }         \
  constexpr F t##_convert_i32_s(uint32_t a) { return F(int32_t(a)); }                                      \
  constexpr F t##_convert_i32_u(uint32_t a) { return F(a); }                                               \
  constexpr F t##_convert_i64_s(uint64_t a) { return F(int64_t(a)); }                                      \
  constexpr F t##_convert_i64_u(uint64_t a) { return F(a); }                                               \
  constexpr Trapping<uint32_t> i32_trunc_##t##_s(F a) { return eval_detail::trunc<int32_t>(a); }           \
  constexpr Trapping<uint32_t> i32_trunc_##t##_u(F a) { return eval_detail::trunc<uint32_t>(a); }          \
  constexpr Trapping<uint64_t> i64_trunc_##t##_s(F a) { return eval_detail::trunc<int64_t>(a); }           \
  constexpr Trapping<uint64_t> i64_trunc_##t##_u(F a) { return eval_detail::trunc<uint64_t>(a); }          \
  constexpr uint32_t i32_trunc_sat_##t##_s(F a) { return eval_detail::trunc_sat<int32_t>(a); }             \
  constexpr uint32_t i32_trunc_sat_##t##_u(F a) { return eval_detail::trunc_sat<uint32_t>(a); }            \
  constexpr uint64_t i64_trunc_sat_##t##_s(F a) { return eval_detail::trunc_sat<int64_t>(a); }             \
  constexpr uint64_t i64_trunc_sat_##t##_u(F a) { return eval_detail::trunc_sat<uint64_t>(a); }
WJIT_FLOAT(f32, float)
WJIT_FLOAT(f64, double)
#undef WJIT_FLOAT

constexpr float f32_demote_f64(double a) { return float(a); }
constexpr double f64_promote_f32(float a) { return double(a); }
constexpr uint32_t i32_reinterpret_f32(float a) { return std::bit_cast<uint32_t>(a); }
constexpr uint64_t i64_reinterpret_f64(double a) { return std::bit_cast<uint64_t>(a); }
constexpr float f32_reinterpret_i32(uint32_t a) { return std::bit_cast<float>(a); }
constexpr double f64_reinterpret_i64(uint64_t a) { return std::bit_cast<double>(a); }

}  // namespace wjit::wasm
