#include "compiler/wasm/eval.h"

#include "catch.h"
#include "compiler/wasm/op_table.h"

namespace wjit::wasm {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
const float kSignalingF32 = f32_reinterpret_i32(0x7FA00001);

// A callable named like each scalar numeric row exists.

bool is_scalar_numeric(const OpInfo& op) {
  return op.imm == Imm::kNone && op.bytes == 0 && op.prefix != 0xFE && op.sig.size() > 1 &&
         op.sig.find_first_of("*vP") == std::string_view::npos;
}

TEST_CASE("every scalar numeric row has an evaluation") {
  size_t scalar = 0, evaluated = 0;
#define WJIT_OP(id, text, prefix, code, imm, sig, bytes, feature, fuel) \
  if (is_scalar_numeric(info(Op::id))) {                                \
    ++scalar;                                                           \
    auto has = []<class A>(A) {                                         \
      return requires(A a) { id(a); }                                   \
      || requires(A a) { id(a, a); }                                    \
      || requires(A a) { id(a, a, a, a); };                             \
    };                                                                  \
    INFO(text);                                                         \
    const bool found = has(uint32_t()) || has(double());                \
    CHECK(found);                                                       \
    evaluated += found;                                                 \
  }
#include "compiler/wasm/opcodes.def"
#undef WJIT_OP
  CHECK(scalar == evaluated);
  CHECK(scalar == 140);
}

TEST_CASE("integer division") {
  CHECK(i32_div_s(7, 0).trap == NumTrap::kDivByZero);
  CHECK(i32_div_s(0x80000000, ~0u).trap == NumTrap::kIntOverflow);
  CHECK(i32_rem_s(0x80000000, ~0u) == Trapping<uint32_t>{0});
  CHECK(i32_div_s(uint32_t(-7), 2).value == uint32_t(-3));
  CHECK(i32_rem_s(uint32_t(-7), 2).value == uint32_t(-1));
  CHECK(i64_div_s(uint64_t{1} << 63, ~uint64_t{0}).trap == NumTrap::kIntOverflow);
  CHECK(i64_rem_u(7, 0).trap == NumTrap::kDivByZero);
  CHECK(i64_div_u(~uint64_t{0}, 2).value == ~uint64_t{0} >> 1);
}

TEST_CASE("shift counts wrap around the width") {
  CHECK(i32_shl(1, 33) == 2);
  CHECK(i32_shr_s(0x80000000, 32 + 4) == 0xF8000000);
  CHECK(i64_shr_u(uint64_t{1} << 63, 64 + 63) == 1);
  CHECK(i32_rotl(0x80000001, 1) == 3);
  CHECK(i64_rotr(1, 65) == uint64_t{1} << 63);
}

TEST_CASE("min, max and rounding keep the zeros and the NaNs") {
  CHECK(f64_reinterpret_i64(0) == 0.0);
  CHECK(i64_reinterpret_f64(f64_min(0.0, -0.0)) == uint64_t{1} << 63);
  CHECK(i64_reinterpret_f64(f64_max(-0.0, 0.0)) == 0);
  CHECK(i32_reinterpret_f32(f32_min(kSignalingF32, 1)) == 0x7FE00001);
  CHECK(i32_reinterpret_f32(f32_max(1, kSignalingF32)) == 0x7FE00001);
  CHECK(i32_reinterpret_f32(f32_floor(kSignalingF32)) == 0x7FE00001);
  CHECK(i32_reinterpret_f32(f32_nearest(-0.5f)) == 0x80000000);
  CHECK(f64_nearest(2.5) == 2.0);
  CHECK(f64_nearest(3.5) == 4.0);
  CHECK(f32_ceil(-0.25f) == 0);
  CHECK(f64_trunc(-1.75) == -1);
}

TEST_CASE("sign operations work on bits") {
  CHECK(i32_reinterpret_f32(f32_neg(kSignalingF32)) == 0xFFA00001);
  CHECK(i32_reinterpret_f32(f32_abs(f32_neg(kSignalingF32))) == 0x7FA00001);
  CHECK(i32_reinterpret_f32(f32_copysign(kSignalingF32, -1)) == 0xFFA00001);
}

TEST_CASE("truncation at the edges of its range") {
  CHECK(i32_trunc_f64_s(2147483647.9).value == 0x7FFFFFFF);
  CHECK(i32_trunc_f64_s(2147483648.0).trap == NumTrap::kIntOverflow);
  CHECK(i32_trunc_f64_s(-2147483648.9).value == 0x80000000);
  CHECK(i32_trunc_f64_s(-2147483649.0).trap == NumTrap::kIntOverflow);
  CHECK(i32_trunc_f32_s(-2147483648.0f) == Trapping<uint32_t>{0x80000000});
  CHECK(i32_trunc_f32_s(-2147483904.0f).trap == NumTrap::kIntOverflow);
  CHECK(i32_trunc_f32_u(-0.99f) == Trapping<uint32_t>{0});
  CHECK(i32_trunc_f32_u(-1.0f).trap == NumTrap::kIntOverflow);
  CHECK(i64_trunc_f64_u(18446744073709549568.0).value == 18446744073709549568u);
  CHECK(i64_trunc_f64_u(18446744073709551616.0).trap == NumTrap::kIntOverflow);
  CHECK(i64_trunc_f32_s(-9223372036854775808.0f).value == uint64_t{1} << 63);
  CHECK(i64_trunc_f64_s(kInf).trap == NumTrap::kIntOverflow);
  CHECK(i64_trunc_f64_s(std::nan("")).trap == NumTrap::kInvalidConversion);
  CHECK(i32_trunc_sat_f64_s(-kInf) == 0x80000000);
  CHECK(i32_trunc_sat_f64_u(-kInf) == 0);
  CHECK(i64_trunc_sat_f32_u(INFINITY) == ~uint64_t{0});
  CHECK(i64_trunc_sat_f64_s(std::nan("")) == 0);
}

TEST_CASE("conversions round once") {
  CHECK(f32_convert_i64_u(0xFFFFFF8000000001) == 18446744073709551616.0f);
  CHECK(f32_convert_i64_u(0xFFFFFF7FFFFFFFFF) == 18446742974197923840.0f);
  CHECK(f64_convert_i64_u(0x8000000000000401) == 9223372036854777856.0);
  CHECK(f32_convert_i32_s(uint32_t(-16777217)) == -16777216.0f);
}

TEST_CASE("wide arithmetic") {
  CHECK(i64_add128(~uint64_t{0}, 1, 1, 2) == Wide{0, 4});
  CHECK(i64_sub128(0, 4, 1, 2) == Wide{~uint64_t{0}, 1});
  CHECK(i64_mul_wide_s(uint64_t(-2), 3) == Wide{uint64_t(-6), ~uint64_t{0}});
  CHECK(i64_mul_wide_u(~uint64_t{0}, ~uint64_t{0}) == Wide{1, ~uint64_t{0} - 1});
}

TEST_CASE("extension and bit counts") {
  CHECK(i32_extend8_s(0x180) == 0xFFFFFF80);
  CHECK(i64_extend32_s(0x80000000) == 0xFFFFFFFF80000000);
  CHECK(i32_clz(0) == 32);
  CHECK(i64_ctz(0) == 64);
  CHECK(i64_popcnt(~uint64_t{0}) == 64);
}

}  // namespace
}  // namespace wjit::wasm
