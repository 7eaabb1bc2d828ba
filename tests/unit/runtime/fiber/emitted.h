// Bodies and callers in assembly, standing in for emitted code.
#pragma once
#include <cstdint>

#include "runtime/fiber/fiber.h"

namespace wjit::rt::testing {

#if defined(__x86_64__)
inline constexpr int kKept = 6;  // rbx rbp r12-r15
#else
inline constexpr int kKept = 19;  // x19-x29 d8-d15
#endif

// What the emitted body is given: where to call, as emitted code finds it in a table, and the values to hold.
struct EmittedCall {
  void (*suspend)(Fiber*) = wjit_fiber_suspend;                                          // at 0
  void (*call_on_resumer)(Fiber*, void (*)(void*), void*) = wjit_fiber_call_on_resumer;  // at 8
  void (*host)(void*) = nullptr;                                                         // at 16
  void* host_arg = nullptr;                                                              // at 24
  uint64_t rounds = 1;                                                                   // at 32
  uint64_t suspended = 0;       // at 40: rounds begun
  uint64_t seen_cancelled = 0;  // at 48
  uint64_t reserved = 0;        // at 56
  uint64_t in[kKept] = {};      // at 64
  uint64_t out[kKept] = {};     // behind it
};

// For each round: loads every kept register from `in`, suspends, calls `host` on the resumer (if there is
// one), stores the registers to `out`; stops early when the fiber is cancelled.
extern "C" void wjit_test_emitted_body(Fiber*, void* call);

// Loads every kept register from in, calls fn(arg), stores them to out.
extern "C" void wjit_test_call_keeping(const uint64_t* in, uint64_t* out, void (*fn)(void*), void* arg);

}  // namespace wjit::rt::testing
