// The handlers as labels of one function: works in every build.
#include <iterator>

#include "runtime/interp/cells.h"

namespace wjit::rt {

// Vectors are functions behind one label, that give the next instruction or null to leave: a label each would triple what
// clang needs for run_loop, and double what g++ does.
#define WJIT_VECTORS_APART
#define HANDLER(id)                                                                                              \
  static const uint64_t* v_##id(const uint64_t* ip, uint64_t* sp, [[maybe_unused]] uint8_t* mem,                 \
                                [[maybe_unused]] uint64_t len, [[maybe_unused]] Vm* vm, [[maybe_unused]] uint64_t acc, \
                                [[maybe_unused]] float fa, [[maybe_unused]] double da)
#define NEXT(n) return ip + (n)
#define EXIT return nullptr
#include "runtime/interp/handler_words.inc"
#include "runtime/interp/handlers_simd.inc"
#include "compiler/bytecode/bytecode.def"
using VectorHandler = const uint64_t* (*)(const uint64_t*, uint64_t*, uint8_t*, uint64_t, Vm*, uint64_t, float, double);
static const VectorHandler kVectors[] = {
#define V_UNARY(id) v_##id,
#define V_BINARY(id) v_##id,
#define V_TERNARY(id) v_##id,
#define V_SHIFT(id) v_##id##_ss, v_##id##_si,
#define V_TEST(id) v_##id,
#define V_SPLAT(id, T) v_##id,
#define V_EXTRACT(id, R) v_##id,
#define V_REPLACE(id, T) v_##id,
#define V_LOAD(id, M) v_##id##_m0, v_##id##_m0w, v_##id##_abs, v_##id##_gen,
#define V_STORE(id, M) v_##id##_m0, v_##id##_m0w, v_##id##_abs, v_##id##_gen,
#define V_LOAD_LANE(id, M) v_##id,
#define V_STORE_LANE(id, M) v_##id,
#include "compiler/bytecode/bytecode.def"
};
constexpr unsigned kFirstVector = unsigned(bc::Op::exit) + 1;
static_assert(std::size(kVectors) == unsigned(bc::Op::v128_const) - kFirstVector);
#undef HANDLER
#undef NEXT
#undef EXIT

void run_loop(Vm* vm) {
  static const void* const kLabels[] = {
#define UNARY(id, A, R) &&L_##id,
#define BINARY(id, A, R) &&L_##id##_ss, &&L_##id##_si, &&L_##id##_is,
#define COMPARE(id, A)                                                                                     \
  &&L_##id##_ss, &&L_##id##_si, &&L_br_##id##_ss, &&L_br_##id##_si, &&L_brn_##id##_ss, &&L_brn_##id##_si,
#define TRAP_UNARY(id, A, R) &&L_##id,
#define TRAP_BINARY(id, A, R) &&L_##id##_ss, &&L_##id##_si, &&L_##id##_is,
#define LOAD(id, M, R) &&L_##id##_m0, &&L_##id##_m0w, &&L_##id##_abs, &&L_##id##_gen,
#define STORE(id, M, S) &&L_##id##_m0, &&L_##id##_m0w, &&L_##id##_abs, &&L_##id##_gen,
#define SPECIAL(id, words) &&L_##id,
#define A_LOAD(id, M, R) &&L_##id,
#define A_STORE(id, M) &&L_##id,
#define A_RMW(id, M, T, name) &&L_##id,
#define A_CMPXCHG(id, M, T) &&L_##id,
#define V_UNARY(id) &&L_vector,
#define V_BINARY(id) &&L_vector,
#define V_TERNARY(id) &&L_vector,
#define V_SHIFT(id) &&L_vector, &&L_vector,
#define V_TEST(id) &&L_vector,
#define V_SPLAT(id, T) &&L_vector,
#define V_EXTRACT(id, R) &&L_vector,
#define V_REPLACE(id, T) &&L_vector,
#define V_LOAD(id, M) &&L_vector, &&L_vector, &&L_vector, &&L_vector,
#define V_STORE(id, M) &&L_vector, &&L_vector, &&L_vector, &&L_vector,
#define V_LOAD_LANE(id, M) &&L_vector,
#define V_STORE_LANE(id, M) &&L_vector,
#include "compiler/bytecode/bytecode.def"
  };
  const uint64_t* ip = vm->frame->ip;
  uint64_t* sp = vm->frame->sp;
  uint8_t* mem = vm->inst->memory0->base;
  uint64_t len = vm->inst->memory0->length();
  [[maybe_unused]] uint64_t acc = 0;  // written, never read: no form of this dispatcher does
  [[maybe_unused]] float fa = 0;
  [[maybe_unused]] double da = 0;
  goto* kLabels[uint16_t(*ip)];

L_vector:
  ip = kVectors[uint16_t(*ip) - kFirstVector](ip, sp, mem, len, vm, 0, 0, 0);
  if (!ip) return;
  goto* kLabels[uint16_t(*ip)];

#define HANDLER(id) L_##id:
#define NEXT(n)                  \
  do {                           \
    ip += (n);                   \
    goto* kLabels[uint16_t(*ip)]; \
  } while (0)
#define JUMP(p)                  \
  do {                           \
    ip = (p);                    \
    goto* kLabels[uint16_t(*ip)]; \
  } while (0)
#define EXIT return
#include "runtime/interp/handlers.inc"
}

}  // namespace wjit::rt
