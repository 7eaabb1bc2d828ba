// The instructions of wasm that are one instruction of the IR, or nearly so.
#pragma once
#include <array>

#include "compiler/ir/inst.h"
#include "compiler/wasm/instr.h"

namespace wjit::translate {

struct Form {
  enum Kind : uint8_t {
    kNone,
    kUnary,
    kBinary,
    kIntCompare,    // aux: IntCc
    kFloatCompare,  // aux: FloatCc
    kIsZero,        // type: the operand's
    kConvert,       // aux: the operand's Type
    kLoad,          // of a linear memory
    kStore,
    kAtomic,        // see atomic.cpp
    kVector,        // see simd.cpp
  } kind = kNone;
  ir::Op op{};
  ir::Type type{};
  uint8_t aux = 0;
};

// The vector rows of both tables stand in the same order.
inline constexpr wasm::Op kFirstVecOp = wasm::Op::v128_load;
constexpr ir::VecOp vec_op(wasm::Op op) { return static_cast<ir::VecOp>(size_t(op) - size_t(kFirstVecOp)); }

consteval std::array<Form, wasm::kOpCount> make_forms() {
  using ir::FloatCc, ir::IntCc, ir::Op;
  constexpr ir::Type i32 = ir::Type::kI32, i64 = ir::Type::kI64, f32 = ir::Type::kF32, f64 = ir::Type::kF64;
  std::array<Form, wasm::kOpCount> forms{};
  const auto put = [&](wasm::Op at, Form::Kind kind, Op op, ir::Type type, uint8_t aux = 0) {
    if (forms[size_t(at)].kind != Form::kNone) throw "an instruction has two forms";
    forms[size_t(at)] = {kind, op, type, aux};
  };
#define INTS(name, kind, op) put(wasm::Op::i32_##name, kind, op, i32), put(wasm::Op::i64_##name, kind, op, i64)
#define FLOATS(name, kind, op) put(wasm::Op::f32_##name, kind, op, f32), put(wasm::Op::f64_##name, kind, op, f64)
#define INT_CC(name)                                                            \
  put(wasm::Op::i32_##name, Form::kIntCompare, Op::icmp, i32, uint8_t(IntCc::name)), \
      put(wasm::Op::i64_##name, Form::kIntCompare, Op::icmp, i64, uint8_t(IntCc::name))
#define FLOAT_CC(name)                                                               \
  put(wasm::Op::f32_##name, Form::kFloatCompare, Op::fcmp, f32, uint8_t(FloatCc::name)), \
      put(wasm::Op::f64_##name, Form::kFloatCompare, Op::fcmp, f64, uint8_t(FloatCc::name))
#define CONVERT(id, op, to, from) put(wasm::Op::id, Form::kConvert, Op::op, to, uint8_t(from))
#define TRUNC(name, op)                              \
  CONVERT(i32_##name##_f32_s, op##_s, i32, f32);     \
  CONVERT(i32_##name##_f32_u, op##_u, i32, f32);     \
  CONVERT(i32_##name##_f64_s, op##_s, i32, f64);     \
  CONVERT(i32_##name##_f64_u, op##_u, i32, f64);     \
  CONVERT(i64_##name##_f32_s, op##_s, i64, f32);     \
  CONVERT(i64_##name##_f32_u, op##_u, i64, f32);     \
  CONVERT(i64_##name##_f64_s, op##_s, i64, f64);     \
  CONVERT(i64_##name##_f64_u, op##_u, i64, f64)
  INTS(add, Form::kBinary, Op::add);
  INTS(sub, Form::kBinary, Op::sub);
  INTS(mul, Form::kBinary, Op::mul);
  INTS(and, Form::kBinary, Op::and_);
  INTS(or, Form::kBinary, Op::or_);
  INTS(xor, Form::kBinary, Op::xor_);
  INTS(shl, Form::kBinary, Op::shl);
  INTS(shr_s, Form::kBinary, Op::shr_s);
  INTS(shr_u, Form::kBinary, Op::shr_u);
  INTS(rotl, Form::kBinary, Op::rotl);
  INTS(rotr, Form::kBinary, Op::rotr);
  INTS(div_s, Form::kBinary, Op::div_s);
  INTS(div_u, Form::kBinary, Op::div_u);
  INTS(rem_s, Form::kBinary, Op::rem_s);
  INTS(rem_u, Form::kBinary, Op::rem_u);
  INTS(clz, Form::kUnary, Op::clz);
  INTS(ctz, Form::kUnary, Op::ctz);
  INTS(popcnt, Form::kUnary, Op::popcnt);
  INTS(extend8_s, Form::kUnary, Op::extend8_s);
  INTS(extend16_s, Form::kUnary, Op::extend16_s);
  INTS(eqz, Form::kIsZero, Op::icmp);
  INT_CC(eq), INT_CC(ne), INT_CC(lt_s), INT_CC(lt_u), INT_CC(gt_s), INT_CC(gt_u), INT_CC(le_s), INT_CC(le_u),
      INT_CC(ge_s), INT_CC(ge_u);
  put(wasm::Op::i64_extend_i32_s, Form::kUnary, Op::extend_s, i64);
  put(wasm::Op::i64_extend_i32_u, Form::kUnary, Op::extend_u, i64);
  put(wasm::Op::i32_wrap_i64, Form::kUnary, Op::wrap, i32);

  FLOATS(add, Form::kBinary, Op::fadd);
  FLOATS(sub, Form::kBinary, Op::fsub);
  FLOATS(mul, Form::kBinary, Op::fmul);
  FLOATS(div, Form::kBinary, Op::fdiv);
  FLOATS(min, Form::kBinary, Op::fmin);
  FLOATS(max, Form::kBinary, Op::fmax);
  FLOATS(copysign, Form::kBinary, Op::fcopysign);
  FLOATS(abs, Form::kUnary, Op::fabs);
  FLOATS(neg, Form::kUnary, Op::fneg);
  FLOATS(ceil, Form::kUnary, Op::fceil);
  FLOATS(floor, Form::kUnary, Op::ffloor);
  FLOATS(trunc, Form::kUnary, Op::ftrunc);
  FLOATS(nearest, Form::kUnary, Op::fnearest);
  FLOATS(sqrt, Form::kUnary, Op::fsqrt);
  FLOAT_CC(eq), FLOAT_CC(ne), FLOAT_CC(lt), FLOAT_CC(gt), FLOAT_CC(le), FLOAT_CC(ge);
  put(wasm::Op::f64_promote_f32, Form::kUnary, Op::fpromote, f64);
  put(wasm::Op::f32_demote_f64, Form::kUnary, Op::fdemote, f32);
  TRUNC(trunc, trunc);
  TRUNC(trunc_sat, trunc_sat);
  CONVERT(f32_convert_i32_s, convert_s, f32, i32);
  CONVERT(f32_convert_i32_u, convert_u, f32, i32);
  CONVERT(f32_convert_i64_s, convert_s, f32, i64);
  CONVERT(f32_convert_i64_u, convert_u, f32, i64);
  CONVERT(f64_convert_i32_s, convert_s, f64, i32);
  CONVERT(f64_convert_i32_u, convert_u, f64, i32);
  CONVERT(f64_convert_i64_s, convert_s, f64, i64);
  CONVERT(f64_convert_i64_u, convert_u, f64, i64);
  CONVERT(i32_reinterpret_f32, bitcast, i32, f32);
  CONVERT(i64_reinterpret_f64, bitcast, i64, f64);
  CONVERT(f32_reinterpret_i32, bitcast, f32, i32);
  CONVERT(f64_reinterpret_i64, bitcast, f64, i64);

  INTS(load, Form::kLoad, Op::load);
  FLOATS(load, Form::kLoad, Op::load);
  INTS(load8_s, Form::kLoad, Op::load8_s);
  INTS(load8_u, Form::kLoad, Op::load8_u);
  INTS(load16_s, Form::kLoad, Op::load16_s);
  INTS(load16_u, Form::kLoad, Op::load16_u);
  put(wasm::Op::i64_load32_s, Form::kLoad, Op::load32_s, i64);
  put(wasm::Op::i64_load32_u, Form::kLoad, Op::load32_u, i64);
  INTS(store, Form::kStore, Op::store);
  FLOATS(store, Form::kStore, Op::store);
  INTS(store8, Form::kStore, Op::store8);
  INTS(store16, Form::kStore, Op::store16);
  put(wasm::Op::i64_store32, Form::kStore, Op::store32, i64);
  put(wasm::Op::v128_load, Form::kLoad, Op::load, ir::Type::kV128);
  put(wasm::Op::v128_store, Form::kStore, Op::store, ir::Type::kV128);
#define ATOMIC(name, op)                                                                                              \
  put(wasm::Op::i32_atomic_##name, Form::kAtomic, Op::op, i32), put(wasm::Op::i64_atomic_##name, Form::kAtomic, Op::op, i64)
#define ATOMIC_NARROW(w, name, op)                                                                       \
  put(wasm::Op::i32_atomic_##w##8##name, Form::kAtomic, Op::op, i32);                                    \
  put(wasm::Op::i32_atomic_##w##16##name, Form::kAtomic, Op::op, i32);                                   \
  put(wasm::Op::i64_atomic_##w##8##name, Form::kAtomic, Op::op, i64);                                    \
  put(wasm::Op::i64_atomic_##w##16##name, Form::kAtomic, Op::op, i64);                                   \
  put(wasm::Op::i64_atomic_##w##32##name, Form::kAtomic, Op::op, i64)
#define ATOMIC_RMW(name) ATOMIC(rmw_##name, atomic_##name), ATOMIC_NARROW(rmw, _##name##_u, atomic_##name)
  ATOMIC(load, atomic_load);
  ATOMIC_NARROW(load, _u, atomic_load);
  ATOMIC(store, atomic_store);
  ATOMIC_NARROW(store, , atomic_store);
  ATOMIC_RMW(add);
  ATOMIC_RMW(sub);
  ATOMIC_RMW(and);
  ATOMIC_RMW(or);
  ATOMIC_RMW(xor);
  ATOMIC_RMW(xchg);
  ATOMIC_RMW(cmpxchg);
  for (size_t i = 0; i < ir::kVecOpCount; ++i)
    if (Form& form = forms[size_t(kFirstVecOp) + i]; form.kind == Form::kNone) form.kind = Form::kVector;
#undef ATOMIC
#undef ATOMIC_NARROW
#undef ATOMIC_RMW
#undef INTS
#undef FLOATS
#undef INT_CC
#undef FLOAT_CC
#undef CONVERT
#undef TRUNC
  return forms;
}
inline constexpr std::array<Form, wasm::kOpCount> kForms = make_forms();

}  // namespace wjit::translate
