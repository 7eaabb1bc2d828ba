// Problem. Generated code touches guard pages on purpose, and the kernel tells by a signal. The process is
// not ours: the same signal may mean a bug in the host, a collector's write barrier, another engine, or
// kill(2).
//
// Strategy. A fault is ours if the pc is exactly an instruction that the compiler listed as one that may
// fault, and the address lies in a memory of the store that runs. Then the interrupted context is pointed at
// the code's raise entry and the handler returns: no longjmp, nothing of C++ is skipped, signal mask and
// alternate stack are restored by the kernel. Everything else goes to the handler that was there before,
// under the conditions it asked the kernel for.
//
// Contract with generated code (every frame, at every call and trap site): [fp - 8] holds the frame's
// VMContext*. The raise entry is entered with (vmctx, trap code) as two arguments, with the sp and fp of the
// faulting frame (sp of any alignment) and with last_wasm_exit_fp and _pc set.
//
// Invariants:
//   1. Only when the pc is an exact trap site is the frame trusted enough to be read. Should that be wrong,
//   the handler
//      faults itself, with the signal blocked, and the kernel kills the process: it never loops and never
//      swallows.
//   2. The handler uses async-signal-safe means only: atomics, CodeMemory::lookup, write, sigaction,
//   pthread_sigmask.
//   3. previous[] is written before the handler is in place and only read afterwards (but for SA_RESETHAND).
//   4. The handler needs no thread-local state, so it works in threads that never heard of us.
#include "runtime/trap/signals.h"

#include <pthread.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>

#include "runtime/code/code_memory.h"
#include "runtime/trap/machine_context.h"

#define WJIT_NO_SANITIZE __attribute__((no_sanitize("address", "thread", "undefined")))

namespace wjit::rt {

namespace {

struct Caught {
  int signal;
  const char* name;
  bool memory;  // may be a fault on a guard page
};
constexpr Caught kCaught[] = {{SIGSEGV, "SIGSEGV", true},
                              {SIGBUS, "SIGBUS", true},
                              {SIGFPE, "SIGFPE", false},
                              {SIGILL, "SIGILL", false}};
constexpr size_t kCaughtCount = std::size(kCaught);

struct sigaction previous[kCaughtCount];
std::atomic<bool> previous_is_spent[kCaughtCount];  // it asked for SA_RESETHAND, and had its one signal
std::atomic<OwnsAddress> owns{nullptr};
std::mutex install_lock;
bool installed[kCaughtCount];  // and not taken out again; under install_lock

// Sent by the kernel because of the instruction that was interrupted: it will happen again when that goes on.
bool is_fault(int signal, const siginfo_t& info) {
  return info.si_code > 0 && !(signal == SIGBUS && info.si_code == BUS_MCEERR_AO);
}

// The instruction touched what it should not have touched; not: the hardware lost the page.
bool is_access_fault(const Caught& caught, const siginfo_t& info) {
  if (!caught.memory || !is_fault(caught.signal, info)) return false;
  return caught.signal != SIGBUS || info.si_code != BUS_MCEERR_AR;
}

// SAFETY: the compiler promised, for each of its trap sites, that fp is a frame's and what [fp - 8] holds. A
// sanitizer knows nothing of such frames.
WJIT_NO_SANITIZE vm::VMContext* vmctx_of_frame(uintptr_t fp) {
  return *reinterpret_cast<vm::VMContext* const*>(fp - 8);
}

WJIT_NO_SANITIZE bool redirect_to_trap(const CodeHit& hit, uintptr_t address, MachineContext& machine) {
  const uintptr_t fp = machine.fp();
  if (fp == 0 || fp % 8 != 0) return false;
  vm::VMContext* vmctx = vmctx_of_frame(fp);
  if (!vmctx || vmctx->magic != vm::kVMContextMagic) return false;
  const OwnsAddress owns_address = owns.load(std::memory_order_acquire);
  if (!owns_address || !owns_address(vmctx, address)) return false;
  vmctx->runtime_limits->last_wasm_exit_fp = fp;
  vmctx->runtime_limits->last_wasm_exit_pc = machine.pc();
  machine.redirect(hit.raise, reinterpret_cast<uintptr_t>(vmctx), uintptr_t(hit.trap));
  return true;
}

struct Line {
  char text[200];
  size_t length = 0;
  void add(const char* s) {
    for (; *s && length < sizeof text; ++s) text[length++] = *s;
  }
  void add_hex(uint64_t value) {
    add("0x");
    int shift = 60;
    while (shift > 0 && !(value >> shift)) shift -= 4;
    for (; shift >= 0; shift -= 4) {
      const char digit[2] = {"0123456789abcdef"[value >> shift & 15], 0};
      add(digit);
    }
  }
};

// Generated code does not fault in any other way than the ways it lists.
void report_our_bug(const Caught& caught, const CodeHit& hit, uintptr_t pc, uintptr_t address) {
  Line line;
  line.add("wjit: internal error: ");
  line.add(caught.name);
  line.add(" in generated code at pc ");
  line.add_hex(pc);
  line.add(", offset ");
  line.add_hex(hit.offset);
  if (hit.in_function) {
    line.add(", function ");
    line.add_hex(hit.func_index);
  }
  line.add(", address ");
  line.add_hex(address);
  line.add(": this is a bug of wjit\n");
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line.text, line.length);
}

void send_again(int signal) {
  syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), signal);  // arrives when the handler returns
}

// What the kernel would have done, had we not been there.
void pass_on(size_t slot, siginfo_t* info, void* context) {
  const int signal = kCaught[slot].signal;
  struct sigaction before = previous[slot];
  if (previous_is_spent[slot].load(std::memory_order_relaxed)) {
    before.sa_flags &= ~SA_SIGINFO;
    before.sa_handler = SIG_DFL;
  }
  const bool with_info = before.sa_flags & SA_SIGINFO;
  if (!with_info && (before.sa_handler == SIG_DFL || before.sa_handler == SIG_IGN)) {
    const bool fault = is_fault(signal, *info);
    if (!fault && before.sa_handler == SIG_IGN) return;
    // The default action is the kernel's alone (it writes the core file, and the parent sees the right
    // signal): let it happen again. A fault cannot be ignored; the kernel then takes the default itself.
    sigaction(signal, &before, nullptr);
    if (!fault) send_again(signal);
    return;
  }
  if (before.sa_flags & SA_RESETHAND) previous_is_spent[slot].store(true, std::memory_order_relaxed);
  // The mask the handler asked for. Ours is left to the kernel, which restores the interrupted one when we
  // return.
  sigset_t mask;
  sigemptyset(&mask);
  // SAFETY: the kernel fills only the signals it knows of in its own, smaller type.
  std::memcpy(&mask, &static_cast<ucontext_t*>(context)->uc_sigmask, 8);
  for (int s = 1; s <= 64; ++s)
    if (sigismember(&before.sa_mask, s) == 1) sigaddset(&mask, s);
  if (!(before.sa_flags & SA_NODEFER)) sigaddset(&mask, signal);
  pthread_sigmask(SIG_SETMASK, &mask, nullptr);
  if (with_info)
    before.sa_sigaction(signal, info, context);
  else
    before.sa_handler(signal);
}

void on_signal(int signal, siginfo_t* info, void* context) {
  const int saved_errno = errno;
  size_t slot = 0;
  while (slot + 1 < kCaughtCount && kCaught[slot].signal != signal) ++slot;
  MachineContext machine(context);
  const uintptr_t address = reinterpret_cast<uintptr_t>(info->si_addr);
  CodeHit hit;
  bool ours = false;
  if (is_fault(signal, *info) && lookup_code(machine.pc(), &hit)) {
    ours = is_access_fault(kCaught[slot], *info) && hit.trap == vm::TrapCode::kMemoryOutOfBounds &&
           hit.raise != 0 && redirect_to_trap(hit, address, machine);
    if (!ours) report_our_bug(kCaught[slot], hit, machine.pc(), address);
  }
  if (!ours) pass_on(slot, info, context);
  errno = saved_errno;
}

bool is_on_signal(const struct sigaction& action) {
  return (action.sa_flags & SA_SIGINFO) && action.sa_sigaction == on_signal;
}

bool is_same(const struct sigaction& a, const struct sigaction& b) {
  if ((a.sa_flags & SA_SIGINFO) != (b.sa_flags & SA_SIGINFO)) return false;
  return a.sa_flags & SA_SIGINFO ? a.sa_sigaction == b.sa_sigaction : a.sa_handler == b.sa_handler;
}

// ---- alternate stacks

size_t round_to_pages(size_t bytes) {
  const size_t page = size_t(sysconf(_SC_PAGESIZE));
  return (bytes + page - 1) / page * page;
}

// The kernel's frame grows with the vector registers; the rest is for the handlers before ours, which may
// print.
size_t frame_bytes() { return std::max<size_t>(getauxval(AT_MINSIGSTKSZ), 2048); }
size_t enough_bytes() { return frame_bytes() + (16 << 10); }
size_t generous_bytes() { return round_to_pages(frame_bytes() + (128 << 10)); }

class AlternateStack {
 public:
  bool install(const stack_t& before) {
    const size_t guard = round_to_pages(1), bytes = generous_bytes();
    void* p = mmap(nullptr, guard + bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) return false;
    stack_t mine{};
    mine.ss_sp = static_cast<char*>(p) + guard;
    mine.ss_size = bytes;
    if (mprotect(mine.ss_sp, bytes, PROT_READ | PROT_WRITE) != 0 || sigaltstack(&mine, nullptr) != 0) {
      const int why = errno;
      munmap(p, guard + bytes);
      errno = why;
      return false;
    }
    before_ = before;
    mapping_ = p;
    mapped_ = guard + bytes;
    start_ = mine.ss_sp;
    return true;
  }
  bool in_place() const {
    stack_t now;
    return mapping_ && sigaltstack(nullptr, &now) == 0 && !(now.ss_flags & SS_DISABLE) && now.ss_sp == start_;
  }
  // Before the memory goes, nobody must be told to run on it. If somebody put another one there, that is
  // theirs.
  void remove() {
    if (!mapping_) return;
    if (in_place()) {
      before_.ss_flags &= SS_DISABLE;
      if (before_.ss_flags & SS_DISABLE || sigaltstack(&before_, nullptr) != 0) {
        stack_t none{};
        none.ss_flags = SS_DISABLE;
        sigaltstack(&none, nullptr);
      }
    }
    munmap(mapping_, mapped_);
    mapping_ = nullptr;
  }

 private:
  stack_t before_{};
  void* mapping_ = nullptr;
  void* start_ = nullptr;
  size_t mapped_ = 0;
};

enum class ThreadState : uint8_t { kNew, kReady, kEnding };
// Apart from the object below, so that it can still be read when that is gone.
thread_local ThreadState thread_state = ThreadState::kNew;
struct ThreadStack {
  AlternateStack stack;
  ~ThreadStack() {
    stack.remove();
    thread_state = ThreadState::kEnding;
  }
};
thread_local ThreadStack thread_stack;

Result<void> refused(const char* what) {
  return fail(ErrorKind::kResource, std::string("cannot ") + what + ": " + std::strerror(errno));
}

// Not inlined: a caller that moves between threads must not keep the address of the variables above.
__attribute__((noinline)) Result<void> prepare_thread() {
  if (thread_state == ThreadState::kReady) return {};
  if (thread_state == ThreadState::kEnding)
    return fail(ErrorKind::kUsage, "the thread is ending: generated code can no longer be run on it");
  sigset_t blocked;
  pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
  for (const Caught& c : kCaught)
    if (c.memory && sigismember(&blocked, c.signal) == 1)
      return fail(ErrorKind::kUsage,
                  std::string(c.name) +
                      " is blocked in this thread: an out-of-bounds access would kill the process "
                      "instead of trapping (pthread_sigmask unblocks it)");
  stack_t now;
  if (sigaltstack(nullptr, &now) != 0) return refused("ask for the alternate signal stack");
  if ((now.ss_flags & SS_DISABLE) || now.ss_size < enough_bytes())
    if (!thread_stack.stack.install(now)) return refused("make an alternate signal stack");
  thread_state = ThreadState::kReady;
  return {};
}

}  // namespace

Result<void> install_trap_handlers(OwnsAddress owns_address) {
  std::lock_guard lock(install_lock);
  owns.store(owns_address, std::memory_order_release);
  for (size_t i = 0; i < kCaughtCount; ++i) {
    struct sigaction found;
    if (sigaction(kCaught[i].signal, nullptr, &found) != 0) return refused("read the signal handlers");
    if (installed[i] && !is_same(found, previous[i])) continue;
    previous[i] = found;
    previous_is_spent[i].store(false, std::memory_order_release);
    struct sigaction ours {};
    ours.sa_sigaction = on_signal;
    // Interrupted calls of the host's are started again if they would have been.
    const bool restart =
        (found.sa_flags & SA_RESTART) || (!(found.sa_flags & SA_SIGINFO) && found.sa_handler == SIG_IGN);
    ours.sa_flags = SA_SIGINFO | SA_ONSTACK | (restart ? SA_RESTART : 0);
    sigemptyset(&ours.sa_mask);
    if (sigaction(kCaught[i].signal, &ours, nullptr) != 0) return refused("install a signal handler");
    installed[i] = true;
  }
  return {};
}

OwnsAddress uninstall_trap_handlers() {
  std::lock_guard lock(install_lock);
  for (size_t i = 0; i < kCaughtCount; ++i) {
    struct sigaction now;
    if (installed[i] && sigaction(kCaught[i].signal, nullptr, &now) == 0 && is_on_signal(now) &&
        sigaction(kCaught[i].signal, &previous[i], nullptr) == 0)
      installed[i] = false;
  }
  return owns.exchange(nullptr, std::memory_order_acq_rel);
}

Result<void> ThreadTraps::ensure() { return prepare_thread(); }

}  // namespace wjit::rt
