// Vectors. What is one instruction of the IR is looked up there; accesses to memory that do more than move bytes become
// a scalar access and what is done besides. Which scalar is meant to suit lowering: a float where the bytes go to or
// come from a vector register as they are, an integer where they are widened on the way.
#include "compiler/translate/translator.h"
#include "compiler/wasm/op_table.h"

namespace wjit::translate {

using ir::VecOp;

static_assert(wasm::kOpTable[size_t(kFirstVecOp)].text == ir::info(VecOp::v128_load).text &&
              wasm::kOpTable[size_t(kFirstVecOp) + ir::kVecOpCount - 1].text == ir::kVecOps[ir::kVecOpCount - 1].text &&
              wasm::kOpTable[size_t(kFirstVecOp) + ir::kVecOpCount].prefix != 0xfd);

void Translator::vector(const wasm::Instr& in) {
  const VecOp op = vec_op(in.op);
  switch (ir::vec_row(op)) {
    case Op::vunary: case Op::vtest: case Op::vsplat: push(b_.vec(op, {pop()})); return;
    case Op::vbinary: case Op::vshift: {
      const Value b = pop(), a = pop();
      push(b_.vec(op, {a, b}));
      return;
    }
    case Op::vternary: {
      const Value c = pop(), b = pop(), a = pop();
      push(b_.vec(op, {a, b, c}));
      return;
    }
    case Op::vextract: push(b_.vec(op, {pop()}, in.lane)); return;
    case Op::vreplace: {
      const Value b = pop(), a = pop();
      push(b_.vec(op, {a, b}, in.lane));
      return;
    }
    case Op::vshuffle: {
      const Value b = pop(), a = pop();
      push(b_.vshuffle(a, b, bytes_of(in)));
      return;
    }
    default: vector_access(in);
  }
}

std::array<uint8_t, 16> Translator::bytes_of(const wasm::Instr& in) {
  return std::to_array(in.bytes);
}

bool Translator::scalar_load(Op op, Type t, const wasm::Instr& in, Value& value) {
  Place at;
  if (!place(in.mem, pop(), wasm::kOpTable[size_t(in.op)].bytes, at)) return false;
  value = b_.load(op, t, at.access, at.address, at.displacement);
  return true;
}

void Translator::vector_access(const wasm::Instr& in) {
  using W = wasm::Op;
  const auto widened = [&](VecOp op) {
    if (Value v; scalar_load(Op::load, Type::kI64, in, v)) push(b_.vec(op, {b_.vzext(Type::kI64, v)}));
  };
  const auto splat = [&](Op load, Type t, VecOp op) {
    if (Value v; scalar_load(load, t, in, v)) push(b_.vec(op, {v}));
  };
  const auto zero_extended = [&](Type t) {
    if (Value v; scalar_load(Op::load, t, in, v)) push(b_.vzext(t, v));
  };
  const auto load_lane = [&](Op load, Type t, VecOp op) {
    const Value vector = pop();
    if (Value v; scalar_load(load, t, in, v)) push(b_.vec(op, {vector, v}, in.lane));
  };
  // What is stored is made behind the check, so that a lowering may store it right out of the vector.
  const auto store_lane = [&](Op store, Type t, VecOp op) {
    const Value vector = pop();
    Place at;
    if (!place(in.mem, pop(), wasm::kOpTable[size_t(in.op)].bytes, at)) return;
    b_.store(store, t, at.access, at.address, b_.vec(op, {vector}, in.lane), at.displacement);
  };
  switch (in.op) {
    case W::v128_const: push(b_.vconst(bytes_of(in))); return;
    case W::v128_load8x8_s: return widened(VecOp::i16x8_extend_low_i8x16_s);
    case W::v128_load8x8_u: return widened(VecOp::i16x8_extend_low_i8x16_u);
    case W::v128_load16x4_s: return widened(VecOp::i32x4_extend_low_i16x8_s);
    case W::v128_load16x4_u: return widened(VecOp::i32x4_extend_low_i16x8_u);
    case W::v128_load32x2_s: return widened(VecOp::i64x2_extend_low_i32x4_s);
    case W::v128_load32x2_u: return widened(VecOp::i64x2_extend_low_i32x4_u);
    case W::v128_load8_splat: return splat(Op::load8_u, Type::kI32, VecOp::i8x16_splat);
    case W::v128_load16_splat: return splat(Op::load16_u, Type::kI32, VecOp::i16x8_splat);
    case W::v128_load32_splat: return splat(Op::load, Type::kF32, VecOp::f32x4_splat);
    case W::v128_load64_splat: return splat(Op::load, Type::kF64, VecOp::f64x2_splat);
    case W::v128_load32_zero: return zero_extended(Type::kI32);
    case W::v128_load64_zero: return zero_extended(Type::kI64);
    case W::v128_load8_lane: return load_lane(Op::load8_u, Type::kI32, VecOp::i8x16_replace_lane);
    case W::v128_load16_lane: return load_lane(Op::load16_u, Type::kI32, VecOp::i16x8_replace_lane);
    case W::v128_load32_lane: return load_lane(Op::load, Type::kF32, VecOp::f32x4_replace_lane);
    case W::v128_load64_lane: return load_lane(Op::load, Type::kF64, VecOp::f64x2_replace_lane);
    case W::v128_store8_lane: return store_lane(Op::store8, Type::kI32, VecOp::i8x16_extract_lane_u);
    case W::v128_store16_lane: return store_lane(Op::store16, Type::kI32, VecOp::i16x8_extract_lane_u);
    case W::v128_store32_lane: return store_lane(Op::store, Type::kF32, VecOp::f32x4_extract_lane);
    case W::v128_store64_lane: return store_lane(Op::store, Type::kF64, VecOp::f64x2_extract_lane);
    default: WJIT_ASSERT(!"a vector instruction that has no IR");
  }
}

}  // namespace wjit::translate
