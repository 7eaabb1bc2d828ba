// The handlers as labels of one function: works in every build.
#include "runtime/interp/cells.h"

namespace wjit::rt {

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
#define V_UNARY(id) &&L_##id,
#define V_BINARY(id) &&L_##id,
#define V_TERNARY(id) &&L_##id,
#define V_SHIFT(id) &&L_##id##_ss, &&L_##id##_si,
#define V_TEST(id) &&L_##id,
#define V_SPLAT(id, T) &&L_##id,
#define V_EXTRACT(id, R) &&L_##id,
#define V_REPLACE(id, T) &&L_##id,
#define V_LOAD(id, M) &&L_##id##_m0, &&L_##id##_m0w, &&L_##id##_abs, &&L_##id##_gen,
#define V_STORE(id, M) &&L_##id##_m0, &&L_##id##_m0w, &&L_##id##_abs, &&L_##id##_gen,
#define V_LOAD_LANE(id, M) &&L_##id,
#define V_STORE_LANE(id, M) &&L_##id,
#include "compiler/bytecode/bytecode.def"
  };
  const uint64_t* ip = vm->frame->ip;
  uint64_t* sp = vm->frame->sp;
  Instance* inst = vm->inst;
  uint8_t* mem = inst->memory0->base;
  uint64_t len = inst->memory0->length();
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
