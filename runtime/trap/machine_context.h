// The registers of an interrupted thread, as the kernel hands them to a signal handler and takes them back.
#pragma once
#include <signal.h>
#include <ucontext.h>

#include <cstdint>

namespace wjit::rt {

class MachineContext {
 public:
  explicit MachineContext(void* signal_handlers_third)
      : c_(static_cast<ucontext_t*>(signal_handlers_third)->uc_mcontext) {}

#if defined(__x86_64__)
  uintptr_t pc() const { return uintptr_t(c_.gregs[REG_RIP]); }
  uintptr_t fp() const { return uintptr_t(c_.gregs[REG_RBP]); }
  // Goes on at `pc` with two arguments as in a call; everything else stays, stack and frame pointer included.
  void redirect(uintptr_t pc, uintptr_t first, uintptr_t second) {
    c_.gregs[REG_RIP] = greg_t(pc);
    c_.gregs[REG_RDI] = greg_t(first);
    c_.gregs[REG_RSI] = greg_t(second);
  }
#elif defined(__aarch64__)
  uintptr_t pc() const { return c_.pc; }
  uintptr_t fp() const { return c_.regs[29]; }
  void redirect(uintptr_t pc, uintptr_t first, uintptr_t second) {
    c_.pc = pc;
    c_.regs[0] = first;
    c_.regs[1] = second;
  }
#else
#error "no accessors for the registers of this architecture"
#endif

 private:
  mcontext_t& c_;
};

}  // namespace wjit::rt
