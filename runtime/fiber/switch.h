// What the switch in assembly and the C++ around it agree on.
#pragma once
#include <cstddef>
#include <cstdint>
#include <new>

#include "runtime/fiber/fiber.h"

namespace wjit::rt {

// Exchanges the running stack with the other one of this fiber; called on either side.
extern "C" void wjit_fiber_switch(Fiber*);
// A fiber's last frame: calls the body, reports kFinished, switches a last time. The first switch returns to
// wjit_fiber_start in it. Neither is a function to call.
extern "C" void wjit_fiber_root();
extern "C" void wjit_fiber_start();

// What the switch leaves on a stack, from the stack pointer up.
#if defined(__x86_64__)
struct SwitchFrame {
  uint32_t mxcsr = 0x1f80;  // round to nearest, nothing flushed to zero, exceptions masked
  uint32_t x87_control = 0x037f;
  uint64_t r15 = 0, r14 = 0, r13 = 0, r12 = 0, rbx = 0, rbp = 0;
  void (*return_address)() = wjit_fiber_start;

  void start(Fiber* fiber, Fiber::Body body, void* arg) {
    r12 = reinterpret_cast<uint64_t>(fiber);
    r13 = reinterpret_cast<uint64_t>(arg);
    r14 = reinterpret_cast<uint64_t>(body);
  }
};
static_assert(sizeof(SwitchFrame) == 64);
#elif defined(__aarch64__)
struct SwitchFrame {
  uint64_t x29 = 0;
  void (*x30)() = wjit_fiber_start;
  uint64_t x19_to_x28[10] = {};
  uint64_t d8_to_d15[8] = {};
  uint64_t fpcr = 0;  // round to nearest, nothing flushed to zero, no default NaN
  uint64_t padding = 0;

  void start(Fiber* fiber, Fiber::Body body, void* arg) {
    x19_to_x28[0] = reinterpret_cast<uint64_t>(fiber);
    x19_to_x28[1] = reinterpret_cast<uint64_t>(arg);
    x19_to_x28[2] = reinterpret_cast<uint64_t>(body);
  }
};
static_assert(sizeof(SwitchFrame) == 176);
#else
#error "fibers: no switch for this processor"
#endif

// Lays the first frame on a stack and returns the stack pointer to switch to. Above it lie two zero words,
// for walkers that look once more.
inline char* start_stack(char* high, Fiber* fiber, Fiber::Body body, void* arg) {
  char* top = high - 16;
  new (top) uint64_t[2]{};
  auto* frame = new (top - sizeof(SwitchFrame)) SwitchFrame;
  frame->start(fiber, body, arg);
  return reinterpret_cast<char*>(frame);
}

}  // namespace wjit::rt
