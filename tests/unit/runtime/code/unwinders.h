// What unwinders find, and runs that stop after each instruction.
#pragma once
#include <signal.h>
#include <ucontext.h>
#include <unwind.h>

#include <functional>
#include <vector>

#include "runtime/code/eh_frame.h"
#include "runtime/trap/unwind_library.h"

namespace wjit::test {

using Pcs = std::vector<uintptr_t>;

// From here to the end; an error, which is no end, is -1. (There is a library: UnwindLibrary::get.)
inline Pcs by_libunwind(size_t most = 200) {
  Pcs pcs;
  [[maybe_unused]] const rt::UnwindLibrary* l = rt::UnwindLibrary::get();
  const rt::UnwindLock lock;
  unw_context_t context;
#if defined(__x86_64__)
  l->get_context(&context);
#else
  unw_getcontext(&context);
#endif
  unw_cursor_t cursor;
  l->init_local(&cursor, &context);
  int more = 1;
  do {
    unw_word_t pc = 0;
    l->get_reg(&cursor, UNW_REG_IP, &pc);
    pcs.push_back(pc);
    more = l->step(&cursor);
  } while (more > 0 && pcs.size() < most);
  if (more < 0) pcs.push_back(uintptr_t(-1));
  return pcs;
}

inline Pcs by_cpp_runtime() {
  Pcs pcs;
  const rt::UnwindLock lock;
  _Unwind_Backtrace(
      [](_Unwind_Context* c, void* out) {
        auto& list = *static_cast<Pcs*>(out);
        list.push_back(uintptr_t(_Unwind_GetIP(c)));
        return list.size() < 200 ? _URC_NO_REASON : _URC_NORMAL_STOP;
      },
      &pcs);
  while (!pcs.empty() && pcs.back() == 0) pcs.pop_back();
  return pcs;
}

#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
#define WJIT_CAN_STEP 1

// Runs `body` and has `on_step` told the place and the stack pointer after each of its instructions, from a signal handler.
inline bool stepping = false;
inline std::function<void(uintptr_t pc, uintptr_t sp)> on_step;
__attribute__((noinline)) inline void stepwise(std::function<void(uintptr_t, uintptr_t)> each,
                                               const std::function<void()>& body) {
  on_step = std::move(each);
  struct sigaction action {}, before;
  action.sa_flags = SA_SIGINFO;
  action.sa_sigaction = [](int, siginfo_t*, void* context) {
    auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
    if (stepping)
      on_step(uintptr_t(registers[REG_RIP]), uintptr_t(registers[REG_RSP]));
    else
      registers[REG_EFL] &= ~greg_t{0x100};
  };
  sigaction(SIGTRAP, &action, &before);
  stepping = true;
  asm volatile("pushfq\n orq $0x100, (%%rsp)\n popfq" ::: "memory", "cc");
  body();
  stepping = false;
  asm volatile("nop" ::: "memory");
  sigaction(SIGTRAP, &before, nullptr);
}
#endif

}  // namespace wjit::test
