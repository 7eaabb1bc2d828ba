// Row 15 of the failure classes, its second half: a signal at every instruction of a prologue, of a trampoline and of
// the stubs, where there is no frame yet, or none any more. Whatever it is, it is not a trap: the host's handler gets
// it, nothing is read through a frame pointer that may be anything, and the interrupted code goes on as if nothing had
// been.
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <set>
#include <thread>

#include "runtime/trap/owns_address.h"
#include "runtime/trap/signals.h"
#include "unit/runtime/native/native_world.h"

namespace wjit::rt::native_test {
namespace {

constexpr int kSignals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};

struct Seen {
  std::atomic<int> count{0};  // the sender looks at it, too
  volatile int code = 0;
  volatile uintptr_t pc = 0;
} seen;

uintptr_t& pc_of(ucontext_t* c) {
#if defined(__x86_64__)
  return reinterpret_cast<uintptr_t&>(c->uc_mcontext.gregs[REG_RIP]);
#else
  return reinterpret_cast<uintptr_t&>(c->uc_mcontext.pc);
#endif
}
// Of all registers; the program counter is set after it.
void fill_registers(ucontext_t* c, uint64_t value) {
#if defined(__x86_64__)
  for (auto& r : c->uc_mcontext.gregs) r = greg_t(value);
#else
  for (auto& r : c->uc_mcontext.regs) r = value;
  c->uc_mcontext.sp = value;
#endif
}

void host_handler(int, siginfo_t* info, void* context) {
  seen.count.fetch_add(1, std::memory_order_relaxed);
  seen.code = info->si_code;
  seen.pc = pc_of(static_cast<ucontext_t*>(context));
}

// A handler of the host's, and ours on top of it; afterwards none of ours: every
// engine with native code puts them back.
class Handlers {
 public:
  explicit Handlers(void (*host)(int, siginfo_t*, void*) = host_handler) {
    // Ours and away again: what is taken for a handler that came later is one that the test framework put back.
    WJIT_ASSERT(install_trap_handlers(&store_owns_address) && uninstall_trap_handlers());
    struct sigaction action {};
    action.sa_sigaction = host;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    for (size_t i = 0; i < std::size(kSignals); ++i) sigaction(kSignals[i], &action, &originals_[i]);
    WJIT_ASSERT(install_trap_handlers(&store_owns_address));
    WJIT_ASSERT(ThreadTraps::ensure());
    for (int s : kSignals) {
      sigaction(s, nullptr, &action);
      WJIT_ASSERT(action.sa_sigaction != host);
    }
    seen.count = 0;
  }
  ~Handlers() {
    uninstall_trap_handlers();
    for (size_t i = 0; i < std::size(kSignals); ++i) sigaction(kSignals[i], &originals_[i], nullptr);
  }
  Handlers(const Handlers&) = delete;

 private:
  struct sigaction originals_[std::size(kSignals)];
};

// Standard error into a file that nobody sees.
class Silence {
 public:
  Silence() : file_(memfd_create("stderr", 0)), before_(dup(2)) { dup2(file_, 2); }
  ~Silence() { stop(); }
  std::string stop() {
    if (before_ < 0) return {};
    dup2(before_, 2);
    close(before_);
    before_ = -1;
    std::string text(size_t(lseek(file_, 0, SEEK_END)), 0);
    if (pread(file_, text.data(), text.size(), 0) != ssize_t(text.size())) text = "?";
    close(file_);
    return text;
  }

 private:
  int file_, before_;
};

// Native function 1 compares its stack pointer with the limit, loads from memory (a trap site), and calls bytecode
// function 2, which calls the host: an entry, an interpreter's stub, an exit, and the thunks between them. Function 3
// is native too and calls the host without the interpreter.
struct Roundabout : NativeWorld {
  int host_calls = 0;

  Roundabout() {
    const wasm::ValType i64 = wasm::kI64;
    vm::VMFuncRef* f = host({i64}, {i64}, [this](HostCall& c) {
      ++host_calls;
      *reinterpret_cast<uint64_t*>(c.cells) += 100;
      return true;
    });
    load(R"((module (import "h" "f" (func $h (param i64) (result i64))) (memory 1)
      (func (export "native") (param i64) (result i64) unreachable)
      (func (export "byte") (param i64) (result i64) (i64.add (call $out (local.get 0)) (i64.const 1)))
      (func $out (export "out") (param i64) (result i64) unreachable)))",
         {f});
    native(1, [this](A& a, std::vector<CodeTrapSite>& sites) { body(a, sites, [&] { call_entry(a, sites, 2); }); });
    native(3, [this](A& a, std::vector<CodeTrapSite>& sites) { body(a, sites, [&] { call_import(a, sites); }); });
  }

  template <class Call>
  void body(A& a, std::vector<CodeTrapSite>& sites, Call call) {
    const auto overflow = a.new_label();
    a.begin_frame(16, false);
    a.store(A::kFp, -vm::kFrameVmctx, A::kVmctx);
    a.load(A::kT0, A::kVmctx, vm::off::VMContext::runtime_limits);
    a.load(A::kT0, A::kT0, Limits::stack_limit);
    a.move(A::kT1, A::kSp);
    a.branch_if_below(A::kT1, A::kT0, overflow);
    a.load(A::kT1, A::kVmctx, int32_t(instance->module->offsets.vmctx_defined_memory(0)));
    a.load(A::kT1, A::kT1, vm::off::VMMemoryDefinition::base);
    sites.push_back({a.offset(), vm::TrapCode::kMemoryOutOfBounds, 700});
    a.load32(A::kT0, A::kT1, 0);
    call();
    a.end_frame(0);
    a.bind(overflow);
    a.imm(A::kC.ints[1], uint32_t(vm::TrapCode::kStackOverflow));
    a.imm(A::kT0, engine->native->raise());
    sites.push_back({a.offset(), vm::TrapCode::kNone, 701});
    a.call(A::kT0);
  }
  void call_entry(A& a, std::vector<CodeTrapSite>& sites, uint32_t func) {
    a.move(A::kCaller, A::kVmctx);
    a.lea(A::kEntry, A::kVmctx, entry_offset(func));
    a.load(A::kT0, A::kEntry, vm::off::VMCodeEntry::code);
    sites.push_back({a.offset(), vm::TrapCode::kNone, 702});
    a.call(A::kT0);
  }
  void call_import(A& a, std::vector<CodeTrapSite>& sites) {
    const int32_t import = int32_t(instance->module->offsets.vmctx_imported_function(0));
    a.move(A::kCaller, A::kVmctx);
    a.load(A::kT0, A::kCaller, import + int32_t(vm::off::VMFunctionImport::wasm_call));
    a.load(A::kVmctx, A::kCaller, import + int32_t(vm::off::VMFunctionImport::vmctx));
    sites.push_back({a.offset(), vm::TrapCode::kNone, 703});
    a.call(A::kT0);
  }
  void run() {
    std::vector<vm::ValRaw> values{vm::ValRaw::from_u64(5)};
    const int before = host_calls;
    const CallEnd end = call_func(*store, instance->func_ref(1), values.data(), 1);
    REQUIRE(end == CallEnd::kReturned);
    REQUIRE(values[0].get_u64() == 106);
    REQUIRE(host_calls == before + 1);
    const vm::VMRuntimeLimits& l = store->limits;
    REQUIRE((!l.last_wasm_exit_fp && !l.last_wasm_exit_pc && !l.last_wasm_entry_fp && !l.last_wasm_entry_sp));
    REQUIRE(l.stack_limit == ~uintptr_t{0});
  }
  // The objects of code that a run goes through: what is asked of any address in one is asked of all.
  std::vector<std::pair<uintptr_t, uintptr_t>> ranges() {
    std::vector<std::pair<uintptr_t, uintptr_t>> out;
    for (const CodeHandle& c : code) out.emplace_back(c->begin(), c->begin() + c->bytes.size());
    const wasm::TypeId type = instance->func_ref(1)->type_index.bits();
    auto trampolines = engine->native->of(type);
    REQUIRE(trampolines);
    // Of pieces in one object: what lies between the first and the last, and some of the last.
    const auto& at = (*trampolines)->at;
    const auto [low, high] = std::minmax_element(at.begin(), at.end());
    out.emplace_back(reinterpret_cast<uintptr_t>(*low), reinterpret_cast<uintptr_t>(*high) + 64);
    out.emplace_back(engine->native->raise(), engine->native->raise_redirected() + 40);
    return out;
  }
};

// What the kernel would do, without it: a context with the pc wherever we want it.
void deliver(int signal, siginfo_t info, ucontext_t& context) {
  struct sigaction ours;
  sigaction(signal, nullptr, &ours);
  WJIT_ASSERT(ours.sa_flags & SA_SIGINFO);
  sigset_t mask;
  pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  ours.sa_sigaction(signal, &info, &context);
  pthread_sigmask(SIG_SETMASK, &mask, nullptr);
}

}  // namespace

TEST_CASE("row 15: a signal at any byte of a prologue, trampoline or stub is the host's", "[native][signals][failure-classes]") {
  Handlers handlers;
  Roundabout w;
  w.run();
  const uintptr_t in_memory = reinterpret_cast<uintptr_t>(w.instance->memory(0)->base);
  // What may be in the frame pointer at those places: nothing, the host's own data, an address of nothing.
  alignas(16) const uint64_t of_the_host[8] = {};
  const uint64_t values[] = {0, 8, 16, reinterpret_cast<uint64_t>(of_the_host + 4), ~uint64_t{0}, uint64_t{1} << 62};
  size_t lines = 0;
  Silence silence;
  for (const auto& [begin, end] : w.ranges())
    for (uintptr_t pc = begin; pc < end; ++pc) {
      for (uint64_t value : values) {
        ucontext_t context;
        std::memset(&context, 0, sizeof context);
        fill_registers(&context, value);
        pc_of(&context) = pc;
        const ucontext_t before = context;
        CodeHit hit;
        const bool found = lookup_code(pc, &hit), listed = found && hit.trap != vm::TrapCode::kNone;
        for (int signal : kSignals) {
          siginfo_t info{};
          info.si_signo = signal;
          info.si_addr = reinterpret_cast<void*>(in_memory);
          // Sent by somebody, and a fault. Where a fault is listed, the frame is what was promised (row 16).
          for (int code : {int(SI_USER), int(SI_TKILL), 1}) {
            if (code == 1 && listed && (signal == SIGSEGV || signal == SIGBUS)) continue;
            info.si_code = code;
            const int count = seen.count;
            deliver(signal, info, context);
            if (seen.count != count + 1 || seen.code != code || seen.pc != pc) FAIL("at " << pc - begin);
            if (std::memcmp(&context.uc_mcontext, &before.uc_mcontext, sizeof(mcontext_t)) != 0)
              FAIL("registers changed, at " << pc - begin);
            lines += found && code == 1;
          }
        }
      }
    }
  const std::string printed = silence.stop();
  CHECK(lines > 500 * std::size(values));
  CHECK(size_t(std::count(printed.begin(), printed.end(), '\n')) == lines);
  w.run();
}

TEST_CASE("row 15: signals from another thread while prologues and trampolines run", "[native][signals][failure-classes]") {
  Handlers handlers;
  Roundabout w;
  w.run();
  std::atomic<bool> over{false};
  int sent = 0;
  const pthread_t target = pthread_self();
  std::thread sender([&] {
    while (!over.load(std::memory_order_acquire)) {
      pthread_kill(target, kSignals[sent % std::size(kSignals)]);
      // The next only when this one has arrived: the kernel keeps one of each.
      while (seen.count <= sent && !over.load(std::memory_order_acquire)) usleep(1);
      ++sent;
    }
  });
  int runs = 0;
  while (seen.count < 300 && runs < 100'000'000) w.run(), ++runs;  // a busy machine may let the sender wait
  over.store(true, std::memory_order_release);
  sender.join();
  CHECK(seen.count >= 300);
  w.run();
}

// The real thing, where a processor can stop after every instruction and no sanitizer puts signals off.
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)

namespace {

struct Steps {
  volatile bool on = false;
  uintptr_t pcs[1 << 16];
  volatile size_t count = 0;
} steps;

void on_step(int, siginfo_t*, void* context) {
  auto* c = static_cast<ucontext_t*>(context);
  if (!steps.on) {
    c->uc_mcontext.gregs[REG_EFL] &= ~greg_t{0x100};
    return;
  }
  CodeHit hit;
  if (!lookup_code(pc_of(c), &hit) || steps.count == std::size(steps.pcs)) return;
  // Blocked here, so it arrives when this returns, at this very pc.
  steps.pcs[steps.count] = pc_of(c);
  syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), kSignals[steps.count % std::size(kSignals)]);
  steps.count = steps.count + 1;
}
void step_handler(int, siginfo_t* info, void* context) {
  host_handler(0, info, context);
  if (steps.count == 0 || seen.pc != steps.pcs[steps.count - 1] || seen.code != SI_TKILL) seen.count = -1'000'000;
}

}  // namespace

TEST_CASE("row 15: a signal at each instruction of prologues, trampolines and stubs, one by one",
          "[native][signals][failure-classes]") {
  Handlers handlers(step_handler);
  struct sigaction step {}, before;
  step.sa_sigaction = on_step;
  step.sa_flags = SA_SIGINFO | SA_ONSTACK;
  for (int s : kSignals) sigaddset(&step.sa_mask, s);
  sigaction(SIGTRAP, &step, &before);
  {
    Roundabout w;
    w.run();  // what is made at the first call
    seen.count = 0;
    steps.count = 0;
    steps.on = true;
    std::vector<vm::ValRaw> values{vm::ValRaw::from_u64(5)};
    vm::VMFuncRef* const f = w.instance->func_ref(1);
    asm volatile("pushfq\n orq $0x100, (%%rsp)\n popfq" ::: "memory", "cc");
    const CallEnd end = call_func(*w.store, f, values.data(), 1);
    steps.on = false;
    asm volatile("nop" ::: "memory");
    REQUIRE(end == CallEnd::kReturned);
    REQUIRE(values[0].get_u64() == 106);
    REQUIRE(size_t(seen.count) == steps.count);
    REQUIRE(steps.count < std::size(steps.pcs));
    // The first instruction of both functions and of each trampoline between them was among them.
    const std::set<uintptr_t> pcs(steps.pcs, steps.pcs + steps.count);
    for (const CodeHandle& c : w.code) CHECK(pcs.count(c->begin()));
    auto trampolines = w.engine->native->of(f->type_index.bits());
    using T = isa::Trampoline;
    for (T t : {T::kArrayToWasm, T::kWasmToInterpreter, T::kWasmToArray})
      CHECK(pcs.count(reinterpret_cast<uintptr_t>((**trampolines)[t])));
    CHECK(steps.count > 200);
    w.run();
  }
  sigaction(SIGTRAP, &before, nullptr);
}

#endif

}  // namespace wjit::rt::native_test
