// The handlers as functions that end in a jump to the next. Sound only where the compiler promises (clang's musttail)
// or is known (g++ at -O2 without sanitizers) to make that jump; elsewhere run_tail is the loop. Six integers and two
// floats are what goes from handler to handler in registers of the C calling convention: so the instance is in the Vm.
#include "runtime/interp/cells.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define WJIT_SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WJIT_SANITIZED 1
#endif

#if defined(__OPTIMIZE__) && !defined(WJIT_SANITIZED) && !defined(__NO_TAIL_CALLS)
#define WJIT_TAIL_DISPATCH 1
#endif
#ifdef __clang__
#define WJIT_MUSTTAIL [[clang::musttail]]
#else
#define WJIT_MUSTTAIL
#endif

namespace wjit::rt {

#ifdef WJIT_TAIL_DISPATCH

bool tail_dispatch_is_sound() { return true; }

#define PARAMS const uint64_t *ip, uint64_t *sp, uint8_t *mem, uint64_t len, Vm *vm, uint64_t acc, float fa, double da
using Handler = void (*)(PARAMS);
extern const Handler kHandlers[];

#define HANDLER(id) static void h_##id(PARAMS)
#define NEXT(n)                                                                             \
  do {                                                                                      \
    ip += (n);                                                                              \
    WJIT_MUSTTAIL return kHandlers[uint16_t(*ip)](ip, sp, mem, len, vm, acc, fa, da);              \
  } while (0)
#define JUMP(p)                                                                             \
  do {                                                                                      \
    ip = (p);                                                                               \
    WJIT_MUSTTAIL return kHandlers[uint16_t(*ip)](ip, sp, mem, len, vm, acc, fa, da);              \
  } while (0)
#define EXIT return
#define WJIT_ACCUMULATORS
#include "runtime/interp/handlers.inc"

const Handler kHandlers[] = {
#define UNARY(id, A, R) h_##id,
#define BINARY(id, A, R) h_##id##_ss, h_##id##_si, h_##id##_is,
#define COMPARE(id, A) h_##id##_ss, h_##id##_si, h_br_##id##_ss, h_br_##id##_si, h_brn_##id##_ss, h_brn_##id##_si,
#define TRAP_UNARY(id, A, R) h_##id,
#define TRAP_BINARY(id, A, R) h_##id##_ss, h_##id##_si, h_##id##_is,
#define LOAD(id, M, R) h_##id##_m0, h_##id##_m0w, h_##id##_abs, h_##id##_gen,
#define STORE(id, M, S) h_##id##_m0, h_##id##_m0w, h_##id##_abs, h_##id##_gen,
#define SPECIAL(id, words) h_##id,
#define A_LOAD(id, M, R) h_##id,
#define A_STORE(id, M) h_##id,
#define A_RMW(id, M, T, name) h_##id,
#define A_CMPXCHG(id, M, T) h_##id,
#define V_UNARY(id) h_##id,
#define V_BINARY(id) h_##id,
#define V_TERNARY(id) h_##id,
#define V_SHIFT(id) h_##id##_ss, h_##id##_si,
#define V_TEST(id) h_##id,
#define V_SPLAT(id, T) h_##id,
#define V_EXTRACT(id, R) h_##id,
#define V_REPLACE(id, T) h_##id,
#define V_LOAD(id, M) h_##id##_m0, h_##id##_m0w, h_##id##_abs, h_##id##_gen,
#define V_STORE(id, M) h_##id##_m0, h_##id##_m0w, h_##id##_abs, h_##id##_gen,
#define V_LOAD_LANE(id, M) h_##id,
#define V_STORE_LANE(id, M) h_##id,
#include "compiler/bytecode/bytecode.def"
#define ACC(name, words) h_##name,
#include "compiler/bytecode/accumulator.def"
};

void run_tail(Vm* vm) {
  const uint64_t* ip = vm->frame->ip;
  kHandlers[uint16_t(*ip)](ip, vm->frame->sp, vm->inst->memory0->base, vm->inst->memory0->length(), vm, 0, 0, 0);
}

#else

bool tail_dispatch_is_sound() { return false; }
void run_tail(Vm* vm) { run_loop(vm); }

#endif

}  // namespace wjit::rt
