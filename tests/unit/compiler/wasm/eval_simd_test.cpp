// Each vector operation against a model of one lane, written over wide integers or the scalar functions: all pairs of
// edge values in every lane, then random ones.
#include "compiler/wasm/eval_simd.h"

#include <functional>
#include <map>
#include <random>

#include "catch.h"
#include "compiler/wasm/op_table.h"

namespace wjit::wasm {
namespace {

using simd::kLanes;
using simd::Lanes;
using simd::lanes;
using simd::pack;
using Int = __int128;

const float kSignaling = f32_reinterpret_i32(0x7FA00001);
const double kSignaling64 = f64_reinterpret_i64(0x7FF4000000000001);

template <class T>
std::vector<T> edges() {
  if constexpr (std::is_same_v<T, float>)
    return {0.0f, -0.0f, 1, -1, 0.5f, -0.5f, 1.5f, 2.5f, -2.5f, 3e38f, 1e-45f, 2147483648.0f, 2147483520.0f,
            -2147483648.0f, 4294967296.0f, 4294967040.0f, INFINITY, -INFINITY, NAN, -NAN, kSignaling};
  else if constexpr (std::is_same_v<T, double>)
    return {0.0, -0.0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 1e300, 5e-324, 2147483647.0, 2147483647.5, -2147483648.9,
            4294967295.5, 4294967296.0, 3.5e38, 1e-46, INFINITY, -INFINITY, NAN, kSignaling64};
  else {
    using L = std::numeric_limits<std::make_signed_t<T>>;
    const T low = T(L::min()), high = T(L::max());
    return {0, 1, 2, 3, T(-1), T(-2), low, T(low + 1), high, T(high - 1), T(0x55), T(0xAA), T(high / 2), T(low / 2)};
  }
}

// Calls check(a, b) with vectors whose lanes take every pair of edges, in every lane, and random bits.
template <class T>
void for_pairs(const std::function<void(V128, V128)>& check) {
  const auto e = edges<T>();
  Lanes<T> a{}, b{};
  for (size_t i = 0; i < e.size(); ++i)
    for (size_t j = 0; j < e.size(); ++j) {
      for (unsigned k = 0; k < kLanes<T>; ++k) {
        a[k] = e[(i + k) % e.size()];
        b[k] = e[(j + 3 * k) % e.size()];
      }
      check(pack<T>(a), pack<T>(b));
    }
  std::mt19937_64 random(1);
  for (int i = 0; i < 2000; ++i) {
    const V128 x{random(), random()}, y{random(), random()};
    check(x, y);
  }
}

// Fails with the first difference only: there are too many lanes to list.
template <class R>
bool same(const char* name, V128 got, const Lanes<R>& want, V128 a, V128 b) {
  if (std::memcmp(&got, want.data(), 16) == 0) return true;
  FAIL_CHECK(name << std::hex << " of " << a[1] << ":" << a[0] << " and " << b[1] << ":" << b[0] << " is " << got[1]
                  << ":" << got[0] << ", expected " << pack<R>(want)[1] << ":" << pack<R>(want)[0]);
  return false;
}

// want(i, a, b): result lane i from the operands' lanes. Plain functions, so that there is one instance for each pair of
// lane types, not for each operation.
template <class R, class T>
void check_lanes(const char* name, const std::function<V128(V128, V128)>& op,
                 const std::function<R(unsigned, const Lanes<T>&, const Lanes<T>&)>& want) {
  bool ok = true;
  for_pairs<T>([&](V128 x, V128 y) {
    if (!ok) return;
    const Lanes<T> a = lanes<T>(x), b = lanes<T>(y);
    Lanes<R> w;
    for (unsigned i = 0; i < kLanes<R>; ++i) w[i] = want(i, a, b);
    ok = same<R>(name, op(x, y), w, x, y);
  });
  CHECK(ok);
}
using Unary = V128 (*)(V128);
using Binary = V128 (*)(V128, V128);
std::function<V128(V128, V128)> binary(Unary f) {
  return [f](V128 a, V128) { return f(a); };
}
Binary binary(Binary f) { return f; }
#define WANT(R, T, expr) [=](unsigned i, const Lanes<T>& a, const Lanes<T>& b) -> R { (void)b; return R(expr); }
#define LANES(name, R, T, expr) check_lanes<R, T>(#name, binary(name), WANT(R, T, expr));

Int clamp(Int v, Int low, Int high) { return v < low ? low : v > high ? high : v; }

template <class T>
Int limit_low() { return std::numeric_limits<T>::min(); }
template <class T>
Int limit_high() { return std::numeric_limits<T>::max(); }

TEST_CASE("every vector row has a bytecode form, and none twice") {
  struct Row {
    const char* id;
    size_t bytes;
  };
  using u8 = uint8_t;
  using u16 = uint16_t;
  using u32 = uint32_t;
  using u64 = uint64_t;
  using v128 = V128;
  static const Row kForms[] = {
#define V_UNARY(id) {#id, 0},
#define V_BINARY(id) {#id, 0},
#define V_TERNARY(id) {#id, 0},
#define V_SHIFT(id) {#id, 0},
#define V_TEST(id) {#id, 0},
#define V_SPLAT(id, T) {#id, 0},
#define V_EXTRACT(id, R) {#id, 0},
#define V_REPLACE(id, T) {#id, 0},
#define V_LOAD(id, M) {#id, sizeof(M)},
#define V_STORE(id, M) {#id, sizeof(M)},
#define V_LOAD_LANE(id, M) {#id, sizeof(M)},
#define V_STORE_LANE(id, M) {#id, sizeof(M)},
#define SPECIAL(id, words) {#id, 0},
#include "compiler/bytecode/bytecode.def"
  };
  static const char* const kIds[] = {
#define WJIT_OP(id, text, prefix, code, imm, sig, bytes, feature, fuel) #id,
#include "compiler/wasm/opcodes.def"
#undef WJIT_OP
  };
  std::multimap<std::string_view, size_t> forms;
  for (const Row& r : kForms) forms.emplace(r.id, r.bytes);
  size_t vectors = 0;
  for (size_t op = 0; op < kOpCount; ++op) {
    if (info(Op(op)).prefix != 0xFD) continue;
    ++vectors;
    INFO(info(Op(op)).text);
    REQUIRE(forms.count(kIds[op]) == 1);
    CHECK(forms.find(kIds[op])->second == info(Op(op)).bytes);
  }
  CHECK(vectors == 256);
}

TEST_CASE("integer lanes: arithmetic and comparisons") {
#define INT(t, u, s)                                                                 \
  LANES(t##_add, u, u, Int(a[i]) + b[i])                                             \
  LANES(t##_sub, u, u, Int(a[i]) - b[i])                                             \
  LANES(t##_neg, u, u, -Int(a[i]))                                                   \
  LANES(t##_abs, u, s, a[i] < 0 ? -Int(a[i]) : Int(a[i]))                            \
  LANES(t##_eq, s, u, a[i] == b[i] ? -1 : 0)                                         \
  LANES(t##_ne, s, u, a[i] != b[i] ? -1 : 0)                                         \
  LANES(t##_lt_s, s, s, a[i] < b[i] ? -1 : 0)                                        \
  LANES(t##_gt_s, s, s, a[i] > b[i] ? -1 : 0)                                        \
  LANES(t##_le_s, s, s, a[i] <= b[i] ? -1 : 0)                                       \
  LANES(t##_ge_s, s, s, a[i] >= b[i] ? -1 : 0)
#define SMALL_INT(t, u, s)                                                           \
  INT(t, u, s)                                                                       \
  LANES(t##_lt_u, s, u, a[i] < b[i] ? -1 : 0)                                        \
  LANES(t##_gt_u, s, u, a[i] > b[i] ? -1 : 0)                                        \
  LANES(t##_le_u, s, u, a[i] <= b[i] ? -1 : 0)                                       \
  LANES(t##_ge_u, s, u, a[i] >= b[i] ? -1 : 0)                                       \
  LANES(t##_min_s, s, s, std::min(a[i], b[i]))                                       \
  LANES(t##_min_u, u, u, std::min(a[i], b[i]))                                       \
  LANES(t##_max_s, s, s, std::max(a[i], b[i]))                                       \
  LANES(t##_max_u, u, u, std::max(a[i], b[i]))
#define SATURATING(t, u, s)                                                                           \
  LANES(t##_add_sat_s, s, s, clamp(Int(a[i]) + b[i], limit_low<s>(), limit_high<s>()))                \
  LANES(t##_add_sat_u, u, u, clamp(Int(a[i]) + b[i], limit_low<u>(), limit_high<u>()))                \
  LANES(t##_sub_sat_s, s, s, clamp(Int(a[i]) - b[i], limit_low<s>(), limit_high<s>()))                \
  LANES(t##_sub_sat_u, u, u, clamp(Int(a[i]) - b[i], limit_low<u>(), limit_high<u>()))                \
  LANES(t##_avgr_u, u, u, (Int(a[i]) + b[i] + 1) / 2)
  SMALL_INT(i8x16, uint8_t, int8_t)
  SMALL_INT(i16x8, uint16_t, int16_t)
  SMALL_INT(i32x4, uint32_t, int32_t)
  INT(i64x2, uint64_t, int64_t)
  SATURATING(i8x16, uint8_t, int8_t)
  SATURATING(i16x8, uint16_t, int16_t)
  LANES(i16x8_mul, uint16_t, uint16_t, Int(a[i]) * b[i])
  LANES(i32x4_mul, uint32_t, uint32_t, Int(a[i]) * b[i])
  LANES(i64x2_mul, uint64_t, uint64_t, static_cast<unsigned __int128>(a[i]) * b[i])
  LANES(i16x8_q15mulr_sat_s, int16_t, int16_t, clamp((Int(a[i]) * b[i] + 16384) >> 15, -32768, 32767))
  LANES(i16x8_relaxed_q15mulr_s, int16_t, int16_t, clamp((Int(a[i]) * b[i] + 16384) >> 15, -32768, 32767))
  LANES(i8x16_popcnt, uint8_t, uint8_t, __builtin_popcount(a[i]))
  LANES(v128_and, uint8_t, uint8_t, a[i] & b[i])
  LANES(v128_andnot, uint8_t, uint8_t, a[i] & ~b[i])
  LANES(v128_or, uint8_t, uint8_t, a[i] | b[i])
  LANES(v128_xor, uint8_t, uint8_t, a[i] ^ b[i])
  LANES(v128_not, uint8_t, uint8_t, ~a[i])
}

TEST_CASE("integer lanes: between widths") {
  LANES(i8x16_narrow_i16x8_s, int8_t, int16_t, clamp(i < 8 ? a[i] : b[i - 8], -128, 127))
  LANES(i8x16_narrow_i16x8_u, uint8_t, int16_t, clamp(i < 8 ? a[i] : b[i - 8], 0, 255))
  LANES(i16x8_narrow_i32x4_s, int16_t, int32_t, clamp(i < 4 ? a[i] : b[i - 4], -32768, 32767))
  LANES(i16x8_narrow_i32x4_u, uint16_t, int32_t, clamp(i < 4 ? a[i] : b[i - 4], 0, 65535))
#define WIDEN(wide, narrow, sign, R, T)                                                       \
  LANES(wide##_extend_low_##narrow##_##sign, R, T, a[i])                                      \
  LANES(wide##_extend_high_##narrow##_##sign, R, T, a[i + kLanes<R>])                         \
  LANES(wide##_extmul_low_##narrow##_##sign, R, T, Int(a[i]) * b[i])                          \
  LANES(wide##_extmul_high_##narrow##_##sign, R, T, Int(a[i + kLanes<R>]) * b[i + kLanes<R>])
  WIDEN(i16x8, i8x16, s, int16_t, int8_t)
  WIDEN(i16x8, i8x16, u, uint16_t, uint8_t)
  WIDEN(i32x4, i16x8, s, int32_t, int16_t)
  WIDEN(i32x4, i16x8, u, uint32_t, uint16_t)
  WIDEN(i64x2, i32x4, s, int64_t, int32_t)
  WIDEN(i64x2, i32x4, u, uint64_t, uint32_t)
  LANES(i16x8_extadd_pairwise_i8x16_s, int16_t, int8_t, Int(a[2 * i]) + a[2 * i + 1])
  LANES(i16x8_extadd_pairwise_i8x16_u, uint16_t, uint8_t, Int(a[2 * i]) + a[2 * i + 1])
  LANES(i32x4_extadd_pairwise_i16x8_s, int32_t, int16_t, Int(a[2 * i]) + a[2 * i + 1])
  LANES(i32x4_extadd_pairwise_i16x8_u, uint32_t, uint16_t, Int(a[2 * i]) + a[2 * i + 1])
  LANES(i32x4_dot_i16x8_s, int32_t, int16_t, Int(a[2 * i]) * b[2 * i] + Int(a[2 * i + 1]) * b[2 * i + 1])
  LANES(i16x8_relaxed_dot_i8x16_i7x16_s, int16_t, int8_t, Int(a[2 * i]) * b[2 * i] + Int(a[2 * i + 1]) * b[2 * i + 1])
  // The sums of two wrap at 16 bits before the sums of four are taken.
  const V128 low = i8x16_splat(0x80);
  CHECK(i32x4_extract_lane(i32x4_relaxed_dot_i8x16_i7x16_add_s(low, low, i32x4_splat(5)), 3) == 5 - 65536u);
  const V128 two = i8x16_splat(2);
  CHECK(i32x4_extract_lane(i32x4_relaxed_dot_i8x16_i7x16_add_s(low, two, i32x4_splat(5)), 0) == 5 - 1024u);
}

TEST_CASE("integer lanes: shifts take the count modulo the width") {
  for (uint32_t count : {0u, 1u, 7u, 8u, 15u, 16u, 31u, 32u, 63u, 64u, 65u, ~0u}) {
    INFO(count);
#define SHIFT(name, T, expr) \
  check_lanes<T, T>(#name, [=](V128 x, V128) { return name(x, count); }, WANT(T, T, expr));
#define SHIFTS(t, u, s)                                              \
  {                                                                  \
    const unsigned n = count & (sizeof(u) * 8 - 1);                  \
    SHIFT(t##_shl, u, static_cast<unsigned __int128>(a[i]) << n)     \
    SHIFT(t##_shr_u, u, Int(a[i]) / (Int(1) << n))                   \
    SHIFT(t##_shr_s, s, Int(a[i]) >> n)                              \
  }
    SHIFTS(i8x16, uint8_t, int8_t)
    SHIFTS(i16x8, uint16_t, int16_t)
    SHIFTS(i32x4, uint32_t, int32_t)
    SHIFTS(i64x2, uint64_t, int64_t)
  }
}

template <class T>
void whole_vector_tests(uint32_t (*all_true)(V128), uint32_t (*bitmask)(V128)) {
  for (unsigned i = 0; i < kLanes<T>; ++i) {
    Lanes<T> l;
    l.fill(1);
    CHECK(all_true(pack<T>(l)) == 1);
    l[i] = 0;
    CHECK(all_true(pack<T>(l)) == 0);
    CHECK(bitmask(pack<T>(l)) == 0);
    l[i] = std::numeric_limits<T>::min();
    CHECK(all_true(pack<T>(l)) == 1);
    CHECK(bitmask(pack<T>(l)) == 1u << i);
    l.fill(-1);
    CHECK(bitmask(pack<T>(l)) == (1u << kLanes<T>) - 1);
  }
}

TEST_CASE("tests of whole vectors") {
  CHECK(v128_any_true(V128{0, 0}) == 0);
  CHECK(v128_any_true(V128{0, uint64_t{1} << 63}) == 1);
  CHECK(v128_any_true(V128{1, 0}) == 1);
#define TESTS(t, T) whole_vector_tests<T>(t##_all_true, t##_bitmask);
  TESTS(i8x16, int8_t)
  TESTS(i16x8, int16_t)
  TESTS(i32x4, int32_t)
  TESTS(i64x2, int64_t)
}

// NaNs by kind: which operand's payload survives is the machine's choice. The rest by bits.
template <class F>
void arithmetic(const char* name, Binary op, F (*scalar)(F, F)) {
  for_pairs<F>([&](V128 x, V128 y) {
    const Lanes<F> a = lanes<F>(x), b = lanes<F>(y), got = lanes<F>(op(x, y));
    for (unsigned i = 0; i < kLanes<F>; ++i) {
      const F want = scalar(a[i], b[i]);
      const bool quiet_nan = got[i] != got[i] && (eval_detail::bits(got[i]) & eval_detail::kQuietBit<F>);
      if (want != want ? !quiet_nan : std::memcmp(&got[i], &want, sizeof want) != 0)
        FAIL_CHECK(name << " of " << a[i] << " and " << b[i] << " is " << got[i] << ", expected " << want);
    }
  });
}

TEST_CASE("float lanes") {
#define FLOAT(t, scalar, f, s)                                              \
  LANES(t##_eq, s, f, a[i] == b[i] ? -1 : 0)                                \
  LANES(t##_ne, s, f, a[i] != b[i] ? -1 : 0)                                \
  LANES(t##_lt, s, f, a[i] < b[i] ? -1 : 0)                                 \
  LANES(t##_gt, s, f, a[i] > b[i] ? -1 : 0)                                 \
  LANES(t##_le, s, f, a[i] <= b[i] ? -1 : 0)                                \
  LANES(t##_ge, s, f, a[i] >= b[i] ? -1 : 0)                                \
  LANES(t##_abs, f, f, scalar##_abs(a[i]))                                  \
  LANES(t##_neg, f, f, scalar##_neg(a[i]))                                  \
  LANES(t##_ceil, f, f, scalar##_ceil(a[i]))                                \
  LANES(t##_floor, f, f, scalar##_floor(a[i]))                              \
  LANES(t##_trunc, f, f, scalar##_trunc(a[i]))                              \
  LANES(t##_nearest, f, f, scalar##_nearest(a[i]))                          \
  LANES(t##_sqrt, f, f, scalar##_sqrt(a[i]))                                \
  LANES(t##_min, f, f, scalar##_min(a[i], b[i]))                            \
  LANES(t##_max, f, f, scalar##_max(a[i], b[i]))                            \
  LANES(t##_relaxed_min, f, f, scalar##_min(a[i], b[i]))                    \
  LANES(t##_relaxed_max, f, f, scalar##_max(a[i], b[i]))                    \
  LANES(t##_pmin, f, f, b[i] < a[i] ? b[i] : a[i])                          \
  LANES(t##_pmax, f, f, a[i] < b[i] ? b[i] : a[i])
  FLOAT(f32x4, f32, float, int32_t)
  FLOAT(f64x2, f64, double, int64_t)
#define ARITHMETIC(t, scalar, f, op) arithmetic<f>(#t "_" #op, t##_##op, scalar##_##op);
#define ARITHMETICS(op) ARITHMETIC(f32x4, f32, float, op) ARITHMETIC(f64x2, f64, double, op)
  ARITHMETICS(add) ARITHMETICS(sub) ARITHMETICS(mul) ARITHMETICS(div)
}

TEST_CASE("float lanes: conversions") {
  LANES(f32x4_demote_f64x2_zero, float, double, i < 2 ? float(a[i]) : 0)
  LANES(f64x2_promote_low_f32x4, double, float, double(a[i]))
  LANES(f32x4_convert_i32x4_s, float, int32_t, float(a[i]))
  LANES(f32x4_convert_i32x4_u, float, uint32_t, float(a[i]))
  LANES(f64x2_convert_low_i32x4_s, double, int32_t, double(a[i]))
  LANES(f64x2_convert_low_i32x4_u, double, uint32_t, double(a[i]))
  auto saturate = [](double v, double low, double high) -> int64_t {
    return v != v ? 0 : v <= low ? int64_t(low) : v >= high ? int64_t(high) : int64_t(v);
  };
#define SATURATE_S(name, T, count) \
  LANES(name, int32_t, T, i < count ? saturate(a[i], -2147483648.0, 2147483647.0) : 0)
#define SATURATE_U(name, T, count) LANES(name, uint32_t, T, i < count ? saturate(a[i], 0, 4294967295.0) : 0)
  SATURATE_S(i32x4_trunc_sat_f32x4_s, float, 4)
  SATURATE_U(i32x4_trunc_sat_f32x4_u, float, 4)
  SATURATE_S(i32x4_trunc_sat_f64x2_s_zero, double, 2)
  SATURATE_U(i32x4_trunc_sat_f64x2_u_zero, double, 2)
  SATURATE_S(i32x4_relaxed_trunc_f32x4_s, float, 4)
  SATURATE_U(i32x4_relaxed_trunc_f32x4_u, float, 4)
  SATURATE_S(i32x4_relaxed_trunc_f64x2_s_zero, double, 2)
  SATURATE_U(i32x4_relaxed_trunc_f64x2_u_zero, double, 2)
}

TEST_CASE("lanes: splat, extract, replace, shuffle, swizzle") {
  const V128 v{0x8786858483828180, 0x0f0e0d0c0b0a0908};
  auto byte = [&](V128 x, unsigned i) { return lanes<uint8_t>(x)[i]; };
  for (unsigned i = 0; i < 16; ++i) {
    CHECK(byte(i8x16_splat(0xABCDEF85), i) == 0x85);
    CHECK(i8x16_extract_lane_u(v, i) == (i < 8 ? 0x80 + i : i));
    CHECK(i8x16_extract_lane_s(v, i) == (i < 8 ? 0xFFFFFF80 + i : i));
    for (unsigned k = 0; k < 16; ++k)
      CHECK(byte(i8x16_replace_lane(v, 0x1FF, i), k) == (k == i ? 0xFF : byte(v, k)));
  }
  CHECK(lanes<uint16_t>(i16x8_splat(0xABCDEF85))[7] == 0xEF85);
  CHECK(lanes<uint32_t>(i32x4_splat(0xABCDEF85))[3] == 0xABCDEF85);
  CHECK(i16x8_extract_lane_s(v, 3) == 0xFFFF8786);
  CHECK(i16x8_extract_lane_u(v, 3) == 0x8786);
  CHECK(i32x4_extract_lane(v, 1) == 0x87868584);
  CHECK(i64x2_extract_lane(v, 1) == 0x0f0e0d0c0b0a0908);
  CHECK(lanes<uint16_t>(i16x8_replace_lane(v, 0x12345, 2))[2] == 0x2345);
  CHECK(i32x4_extract_lane(i32x4_replace_lane(v, 77, 3), 3) == 77);
  CHECK(i64x2_extract_lane(i64x2_replace_lane(v, 77, 0), 0) == 77);
  // Float lanes keep a signalling NaN.
  CHECK(i32x4_extract_lane(f32x4_splat(kSignaling), 2) == 0x7FA00001);
  CHECK(i32x4_extract_lane(f32x4_replace_lane(v, kSignaling, 1), 1) == 0x7FA00001);
  CHECK(i32_reinterpret_f32(f32x4_extract_lane(f32x4_splat(kSignaling), 3)) == 0x7FA00001);
  CHECK(i64_reinterpret_f64(f64x2_extract_lane(f64x2_replace_lane(v, kSignaling64, 1), 1)) == 0x7FF4000000000001);
  CHECK(i64x2_extract_lane(f64x2_splat(kSignaling64), 1) == 0x7FF4000000000001);
  for_pairs<uint8_t>([&](V128 a, V128 b) {
    V128 indices = b & i8x16_splat(31);
    for (unsigned i = 0; i < 16; ++i) {
      const uint8_t k = byte(indices, i), s = byte(b, i);
      if (byte(i8x16_shuffle(a, b, indices), i) != (k < 16 ? byte(a, k) : byte(b, k - 16))) FAIL_CHECK("shuffle");
      if (byte(i8x16_swizzle(a, b), i) != (s < 16 ? byte(a, s) : 0)) FAIL_CHECK("swizzle");
      if (byte(i8x16_relaxed_swizzle(a, b), i) != (s < 16 ? byte(a, s) : 0)) FAIL_CHECK("relaxed swizzle");
    }
  });
}

TEST_CASE("three operands, and the choices of relaxed SIMD") {
  const V128 c{0x00FF00FF0F0F0F0F, 0x123456789ABCDEF0};
  for_pairs<uint64_t>([&](V128 a, V128 b) {
    for (auto* select : {v128_bitselect, i8x16_relaxed_laneselect, i16x8_relaxed_laneselect, i32x4_relaxed_laneselect,
                         i64x2_relaxed_laneselect})
      for (unsigned i = 0; i < 2; ++i)
        for (uint64_t bit = 1; bit; bit <<= 1)
          if ((select(a, b, c)[i] & bit) != ((c[i] & bit ? a[i] : b[i]) & bit)) FAIL_CHECK("select");
  });
  // Fused, this would be 2^-24.
  const float x = 1 + 0x1p-12f, z = -(1 + 0x1p-11f);
  CHECK(f32x4_extract_lane(f32x4_relaxed_madd(f32x4_splat(x), f32x4_splat(x), f32x4_splat(z)), 1) == 0);
  CHECK(f32x4_extract_lane(f32x4_relaxed_nmadd(f32x4_splat(x), f32x4_splat(x), f32x4_splat(-z)), 1) == 0);
  CHECK(f32x4_extract_lane(f32x4_relaxed_nmadd(f32x4_splat(2), f32x4_splat(3), f32x4_splat(1)), 2) == -5);
  const double y = 1 + 0x1p-27, w = -(1 + 0x1p-26);
  CHECK(f64x2_extract_lane(f64x2_relaxed_madd(f64x2_splat(y), f64x2_splat(y), f64x2_splat(w)), 1) == 0);
  CHECK(f64x2_extract_lane(f64x2_relaxed_nmadd(f64x2_splat(y), f64x2_splat(y), f64x2_splat(-w)), 0) == 0);
}

TEST_CASE("what vector loads make of memory") {
  const uint64_t m = 0x80FF017F00FE8001;
  auto is = [](V128 v, uint64_t low, uint64_t high) { return v[0] == low && v[1] == high; };
  CHECK(is(v128_load8x8_s(m), 0x0000FFFEFF800001, 0xFF80FFFF0001007F));
  CHECK(is(v128_load8x8_u(m), 0x000000FE00800001, 0x008000FF0001007F));
  CHECK(is(v128_load16x4_s(m), 0x000000FEFFFF8001, 0xFFFF80FF0000017F));
  CHECK(is(v128_load16x4_u(m), 0x000000FE00008001, 0x000080FF0000017F));
  CHECK(is(v128_load32x2_s(m), 0x0000000000FE8001, 0xFFFFFFFF80FF017F));
  CHECK(is(v128_load32x2_u(m), 0x0000000000FE8001, 0x0000000080FF017F));
  CHECK(is(v128_load8_splat(0x81), 0x8181818181818181, 0x8181818181818181));
  CHECK(is(v128_load16_splat(0x8123), 0x8123812381238123, 0x8123812381238123));
  CHECK(is(v128_load32_splat(0x81234567), 0x8123456781234567, 0x8123456781234567));
  CHECK(is(v128_load64_splat(m), m, m));
  CHECK(is(v128_load32_zero(0x81234567), 0x81234567, 0));
  CHECK(is(v128_load64_zero(m), m, 0));
  CHECK(is(v128_load16_lane(V128{0, 0}, 0x8123, 5), 0, 0x81230000));
  CHECK(v128_store32_lane(V128{0, m}, 3) == 0x80FF017F);
}

}  // namespace
}  // namespace wjit::wasm
