// What a thread's floating-point unit does while wasm runs: rounds to nearest, keeps subnormals, and raises no signals.
// Emitted code has that from the trampolines by which it is entered; the interpreter has it from here. A host may have
// anything else: -ffast-math, in whatever library, switches subnormals off for the thread.
#pragma once
#include <cstdint>

namespace wjit::rt {

class FloatControl {
 public:
  FloatControl() : before_(read()) {
    if (differs()) write(kWasm);
  }
  ~FloatControl() {
    if (differs()) write(before_);
  }
  FloatControl(const FloatControl&) = delete;

 private:
#if defined(__x86_64__)
  using Word = uint32_t;  // mxcsr; its lowest bits are what has happened, not what is to
  static constexpr Word kWasm = 0x1f80, kControl = ~Word{0x3f};
  static Word read() { return __builtin_ia32_stmxcsr(); }
  static void write(Word word) { __builtin_ia32_ldmxcsr(word); }
#elif defined(__aarch64__)
  using Word = uint64_t;  // fpcr
  static constexpr Word kWasm = 0, kControl = ~Word{0};
  static Word read() {
    Word word;
    asm volatile("mrs %0, fpcr" : "=r"(word));
    return word;
  }
  static void write(Word word) { asm volatile("msr fpcr, %0" : : "r"(word)); }
#endif
  bool differs() const { return (before_ & kControl) != kWasm; }
  const Word before_;
};

}  // namespace wjit::rt
