#include "compiler/ireval/numeric.h"

#include <bit>

#include "compiler/wasm/eval.h"

namespace wjit::ireval {
namespace {

using ir::Op, ir::Type;

constexpr Signal signal_of(wasm::NumTrap t) {
  switch (t) {
    case wasm::NumTrap::kNone: return {};
    case wasm::NumTrap::kDivByZero: return {vm::TrapCode::kIntegerDivideByZero};
    case wasm::NumTrap::kIntOverflow: return {vm::TrapCode::kIntegerOverflow};
    case wasm::NumTrap::kInvalidConversion: return {vm::TrapCode::kInvalidConversion};
  }
  return {.mistake = "a numeric trap without a code"};
}

// Operands of the C++ types that eval.h takes, and results back.
struct In {
  const Bits& bits;
  operator uint32_t() const { return bits.u32(); }
  operator uint64_t() const { return bits.lo; }
  operator float() const { return std::bit_cast<float>(bits.u32()); }
  operator double() const { return std::bit_cast<double>(bits.lo); }
};
struct Out {
  Bits& bits;
  Signal put(uint32_t x) { return bits.lo = x, Signal(); }
  Signal put(uint64_t x) { return bits.lo = x, Signal(); }
  Signal put(float x) { return put(std::bit_cast<uint32_t>(x)); }
  Signal put(double x) { return put(std::bit_cast<uint64_t>(x)); }
  template <class T>
  Signal put(wasm::Trapping<T> x) {
    put(x.value);
    return signal_of(x.trap);
  }
};

uint32_t i32_mul_hi_s(uint32_t a, uint32_t b) {
  return wasm::i32_wrap_i64(wasm::i64_shr_u(wasm::i64_mul(wasm::i64_extend_i32_s(a), wasm::i64_extend_i32_s(b)), 32));
}
uint32_t i32_mul_hi_u(uint32_t a, uint32_t b) {
  return wasm::i32_wrap_i64(wasm::i64_shr_u(wasm::i64_mul(wasm::i64_extend_i32_u(a), wasm::i64_extend_i32_u(b)), 32));
}
uint64_t i64_mul_hi_s(uint64_t a, uint64_t b) { return wasm::i64_mul_wide_s(a, b).hi; }
uint64_t i64_mul_hi_u(uint64_t a, uint64_t b) { return wasm::i64_mul_wide_u(a, b).hi; }

#define WJIT_PICK(four_bytes, small, large) (d.type == Type::four_bytes ? out.put(small) : out.put(large))
// Names in eval.h that are those of the IR's table, and those that are not.
#define WJIT_INT_BINARIES(X) \
  X(add) X(sub) X(mul) X(shl) X(shr_s) X(shr_u) X(rotl) X(rotr) X(div_s) X(div_u) X(rem_s) X(rem_u)
#define WJIT_INT_UNARIES(X) X(clz) X(ctz) X(popcnt) X(extend8_s) X(extend16_s)
#define WJIT_FLOAT_BINARIES(X) X(add) X(sub) X(mul) X(div) X(min) X(max) X(copysign)
#define WJIT_FLOAT_UNARIES(X) X(abs) X(neg) X(ceil) X(floor) X(trunc) X(nearest) X(sqrt)

Signal int_compare(const ir::InstData& d, In a, In b, Out out) {
  switch (d.int_cc()) {
#define WJIT_X(id, ...) \
  case ir::IntCc::id: return WJIT_PICK(kI32, wasm::i32_##id(a, b), wasm::i64_##id(a, b));
    WJIT_IR_INT_CCS(WJIT_X)
#undef WJIT_X
  }
  return {.mistake = "a condition that is none"};
}
Signal float_compare(const ir::InstData& d, In a, In b, Out out) {
  switch (d.float_cc()) {
#define WJIT_X(id, ...) \
  case ir::FloatCc::id: return WJIT_PICK(kF32, wasm::f32_##id(a, b), wasm::f64_##id(a, b));
    WJIT_IR_FLOAT_CCS(WJIT_X)
#undef WJIT_X
  }
  return {.mistake = "a condition that is none"};
}

// From an integer of either size to a float of either; the other way.
#define WJIT_TO_FLOAT(sign)                                                                             \
  (d.from() == Type::kI32 ? WJIT_PICK(kF32, wasm::f32_convert_i32_##sign(a), wasm::f64_convert_i32_##sign(a)) \
                          : WJIT_PICK(kF32, wasm::f32_convert_i64_##sign(a), wasm::f64_convert_i64_##sign(a)))
#define WJIT_TO_INT(how, sign)                                                                                    \
  (d.from() == Type::kF32 ? WJIT_PICK(kI32, wasm::i32_##how##_f32_##sign(a), wasm::i64_##how##_f32_##sign(a)) \
                          : WJIT_PICK(kI32, wasm::i32_##how##_f64_##sign(a), wasm::i64_##how##_f64_##sign(a)))

}  // namespace

Signal compute(const ir::InstData& d, std::span<const Bits> operands, Bits& result) {
  static constexpr Bits kNothing;
  const In a{!operands.empty() ? operands[0] : kNothing}, b{operands.size() > 1 ? operands[1] : kNothing};
  Out out{result};
  switch (d.op) {
#define WJIT_X(name) \
  case Op::name: return WJIT_PICK(kI32, wasm::i32_##name(a, b), wasm::i64_##name(a, b));
    WJIT_INT_BINARIES(WJIT_X)
#undef WJIT_X
#define WJIT_X(name) \
  case Op::name: return WJIT_PICK(kI32, wasm::i32_##name(a), wasm::i64_##name(a));
    WJIT_INT_UNARIES(WJIT_X)
#undef WJIT_X
#define WJIT_X(name) \
  case Op::f##name: return WJIT_PICK(kF32, wasm::f32_##name(a, b), wasm::f64_##name(a, b));
    WJIT_FLOAT_BINARIES(WJIT_X)
#undef WJIT_X
#define WJIT_X(name) \
  case Op::f##name: return WJIT_PICK(kF32, wasm::f32_##name(a), wasm::f64_##name(a));
    WJIT_FLOAT_UNARIES(WJIT_X)
#undef WJIT_X
    case Op::and_: return WJIT_PICK(kI32, wasm::i32_and(a, b), wasm::i64_and(a, b));
    case Op::or_: return WJIT_PICK(kI32, wasm::i32_or(a, b), wasm::i64_or(a, b));
    case Op::xor_: return WJIT_PICK(kI32, wasm::i32_xor(a, b), wasm::i64_xor(a, b));
    case Op::mul_hi_s: return WJIT_PICK(kI32, i32_mul_hi_s(a, b), i64_mul_hi_s(a, b));
    case Op::mul_hi_u: return WJIT_PICK(kI32, i32_mul_hi_u(a, b), i64_mul_hi_u(a, b));
    case Op::icmp: return int_compare(d, a, b, out);
    case Op::fcmp: return float_compare(d, a, b, out);
    case Op::select: return result = operands[operands[0].u32() != 0 ? 1 : 2], Signal();
    case Op::extend_s: return out.put(wasm::i64_extend_i32_s(a));
    case Op::extend_u: return out.put(wasm::i64_extend_i32_u(a));
    case Op::wrap: return out.put(wasm::i32_wrap_i64(a));
    case Op::fpromote: return out.put(wasm::f64_promote_f32(a));
    case Op::fdemote: return out.put(wasm::f32_demote_f64(a));
    case Op::convert_s: return WJIT_TO_FLOAT(s);
    case Op::convert_u: return WJIT_TO_FLOAT(u);
    case Op::trunc_s: return WJIT_TO_INT(trunc, s);
    case Op::trunc_u: return WJIT_TO_INT(trunc, u);
    case Op::trunc_sat_s: return WJIT_TO_INT(trunc_sat, s);
    case Op::trunc_sat_u: return WJIT_TO_INT(trunc_sat, u);
    case Op::bitcast: return result = operands[0], Signal();
    case Op::iconst: case Op::fconst: return out.put(d.imm());
    case Op::vzext: return result = {d.type == Type::kI32 ? operands[0].u32() : operands[0].lo, 0}, Signal();
    default:
      if (ir::takes_vec_op(d.op)) return compute_vec(d, operands, result);
      return {.mistake = "an instruction that computes nothing"};
  }
}

}  // namespace wjit::ireval
