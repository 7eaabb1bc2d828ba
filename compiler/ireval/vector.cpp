// What the vector instructions compute: each row of opcodes.def has a function of its name in compiler/wasm/eval_simd.h,
// whose C++ signature says how operands become arguments.
#include <utility>

#include "compiler/ireval/numeric.h"
#include "compiler/wasm/eval_simd.h"

namespace wjit::ireval {
namespace {

using wasm::V128;

struct Argument {
  Bits bits;
  operator V128() const { return V128{bits.lo, bits.hi}; }
  operator uint32_t() const { return bits.u32(); }
  operator uint64_t() const { return bits.lo; }
  operator float() const { return std::bit_cast<float>(bits.u32()); }
  operator double() const { return std::bit_cast<double>(bits.lo); }
};

Bits bits_of(V128 x) { return {x[0], x[1]}; }
Bits bits_of(uint32_t x) { return {x}; }
Bits bits_of(uint64_t x) { return {x}; }
Bits bits_of(float x) { return {std::bit_cast<uint32_t>(x)}; }
Bits bits_of(double x) { return {std::bit_cast<uint64_t>(x)}; }

// Behind the operands stands the lane.
template <class R, class... A, size_t... I>
Bits call(R (*f)(A...), std::span<const Bits> operands, uint32_t lane, std::index_sequence<I...>) {
  const auto argument = [&](size_t i) { return Argument{i < operands.size() ? operands[i] : Bits{lane}}; };
  return bits_of(f(static_cast<A>(argument(I))...));
}
template <class R, class... A>
Signal call(R (*f)(A...), std::span<const Bits> operands, uint32_t lane, Bits& result) {
  return result = call(f, operands, lane, std::index_sequence_for<A...>()), Signal();
}

}  // namespace

Signal compute_vec(const ir::InstData& d, std::span<const Bits> operands, Bits& result) {
  switch (d.vec_op()) {
#define WJIT_IMM_kNone(id) \
  case ir::VecOp::id: return call(wasm::id, operands, d.lane(), result);
#define WJIT_IMM_kLane(id) WJIT_IMM_kNone(id)
#define WJIT_IMM_kShuffle(id) WJIT_IMM_kNone(id)
#define WJIT_IMM_kMemArg(id)
#define WJIT_IMM_kMemArgLane(id)
#define WJIT_IMM_kV128(id)
#define WJIT_VEC_0x00(id, imm)
#define WJIT_VEC_0xfb(id, imm)
#define WJIT_VEC_0xfc(id, imm)
#define WJIT_VEC_0xfd(id, imm) WJIT_IMM_##imm(id)
#define WJIT_VEC_0xfe(id, imm)
#define WJIT_OP(id, text, prefix, code, imm, ...) WJIT_VEC_##prefix(id, imm)
#include "compiler/wasm/opcodes.def"
#undef WJIT_OP
    default: return {.mistake = "a vector operation that computes nothing"};
  }
}

}  // namespace wjit::ireval
