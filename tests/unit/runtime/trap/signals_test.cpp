#include "runtime/trap/signals.h"

#include <pthread.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>

#include "catch.h"
#include "unit/child.h"
#include "unit/runtime/trap/fake_guest.h"

namespace wjit::test {

using rt::install_trap_handlers;
using rt::ThreadTraps;
using vm::TrapCode;

namespace {

FakeGuest& guest() {
  static FakeGuest g;
  return g;
}

void* inaccessible_page() {
  static void* const page = mmap(nullptr, 1 << 16, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return page;
}

// A fault in C++.
__attribute__((noinline, no_sanitize("address", "thread", "undefined"))) uint32_t touch(void* p) {
  return *static_cast<volatile uint32_t*>(p);
}

// Runs `body` in a child with the handlers installed; what it prints to stderr goes to *printed.
template <class Before, class Body>
int status_with_handlers(Before before, Body body, std::string* printed = nullptr) {
  NoTrapHandlers none;
  int fds[2];
  WJIT_ASSERT(pipe(fds) == 0);
  const int status = status_of_child([&] {
    if (printed) dup2(fds[1], STDERR_FILENO);
    before();
    WJIT_CHILD_REQUIRE(install_trap_handlers(&FakeContext::owns_address));
    WJIT_CHILD_REQUIRE(ThreadTraps::ensure());
    return body();
  });
  close(fds[1]);
  char text[4096];
  const ssize_t length = read(fds[0], text, sizeof text);
  close(fds[0]);
  if (printed) printed->assign(text, size_t(std::max<ssize_t>(length, 0)));
  return status;
}
void nothing_before() {}

// What the host's handler was given.
struct Seen {
  int count, signal, code;
  void* address;
  bool signal_blocked, usr1_blocked, usr2_blocked, has_context;
  const char* stack;
} volatile seen;

void look(int signal) {
  sigset_t mask;
  pthread_sigmask(SIG_BLOCK, nullptr, &mask);
  char here;
  seen.count = seen.count + 1;
  seen.signal = signal;
  seen.signal_blocked = sigismember(&mask, signal);
  seen.usr1_blocked = sigismember(&mask, SIGUSR1);
  seen.usr2_blocked = sigismember(&mask, SIGUSR2);
  seen.stack = &here;
}
void repair(void* address) {
  void* page = reinterpret_cast<void*>(reinterpret_cast<uintptr_t>(address) & ~uintptr_t{0xfff});
  mprotect(page, 4096, PROT_READ | PROT_WRITE);
}
void handler_with_info(int signal, siginfo_t* info, void* context) {
  look(signal);
  seen.code = info->si_code;
  seen.address = info->si_addr;
  seen.has_context = context != nullptr;
  repair(info->si_addr);
}
void plain_handler(int signal) {
  look(signal);
  repair(inaccessible_page());
}

void set_handler(int signal, int flags, void (*with_info)(int, siginfo_t*, void*), void (*plain)(int)) {
  struct sigaction action {};
  action.sa_flags = flags | (with_info ? SA_SIGINFO : 0);
  if (with_info)
    action.sa_sigaction = with_info;
  else
    action.sa_handler = plain;
  sigaddset(&action.sa_mask, SIGUSR2);
  sigaction(signal, &action, nullptr);
}

}  // namespace

TEST_CASE("A guest's access beyond its memory traps, again and again", "[signals]") {
  FakeTrapHandlers handlers;
  REQUIRE(ThreadTraps::ensure());
  FakeContext c;
  std::memcpy(c.memory, "\x78\x56\x34\x12", 4);
  CHECK(guest().call(c, FakeGuest::kLoad, c.at(0)) == 0x12345678);
  CHECK(c.traps.empty());
  errno = 7;
  for (uintptr_t offset :
       {FakeContext::kAccessible, FakeContext::kAccessible - 3, FakeContext::kReserved - 4}) {
    c.traps.clear();
    REQUIRE(guest().call(c, FakeGuest::kLoad, c.at(offset)) == FakeGuest::kTrapped);
    REQUIRE(c.traps == std::vector{TrapCode::kMemoryOutOfBounds});
    CHECK(c.limits.last_wasm_exit_pc == guest().load_site());
    // The faulting frame: its caller is the entry, its vmctx below.
    auto* frame = reinterpret_cast<uintptr_t*>(c.limits.last_wasm_exit_fp);
    CHECK(c.limits.last_wasm_exit_fp < c.limits.last_wasm_entry_sp);
    CHECK(uintptr_t(frame) + 16 == c.limits.last_wasm_entry_sp);
  }
  CHECK(errno == 7);
  c.traps.clear();
  CHECK(guest().call(c, FakeGuest::kLoadInCallee, c.at(100'000)) == FakeGuest::kTrapped);
  for (int i = 0; i < 1000; ++i) guest().call(c, FakeGuest::kLoad, c.at(100'000 + 4096 * (i % 100)));
  CHECK(c.traps == std::vector(1001, TrapCode::kMemoryOutOfBounds));
  CHECK(guest().call(c, FakeGuest::kLoadInCallee, c.at(0)) == 0x12345678);
  sigset_t mask;
  pthread_sigmask(SIG_BLOCK, nullptr, &mask);
  CHECK(sigismember(&mask, SIGSEGV) == 0);
}

TEST_CASE("A fault that is not the guest's is never swallowed [row16]", "[signals]") {
  guest();
  std::string printed;
  auto dies = [&](FakeGuest::Function f, uintptr_t offset) {
    return status_with_handlers(
        nothing_before,
        [=] {
          FakeContext c;
          guest().call(c, f,
                       offset < FakeContext::kReserved ? c.at(offset)
                                                       : reinterpret_cast<uintptr_t>(inaccessible_page()));
          return 0;
        },
        &printed);
  };
  constexpr uintptr_t kElsewhere = ~uintptr_t{0};
  SECTION("in C++") {
    const int status = status_with_handlers(
        nothing_before, [] { return touch(inaccessible_page()); }, &printed);
    CHECK(killed_by(status, SIGSEGV));
    CHECK(printed.find("wjit") == std::string::npos);
  }
  SECTION("in C++, in a guest's memory") {
    const int status = status_with_handlers(nothing_before, [] {
      FakeContext c;
      return touch(c.memory + FakeContext::kAccessible);
    });
    CHECK(killed_by(status, SIGSEGV));
  }
  SECTION("a jump to nowhere") {
    const int status = status_with_handlers(nothing_before, [] {
      reinterpret_cast<void (*)()>(inaccessible_page())();
      return 0;
    });
    CHECK(killed_by(status, SIGSEGV));
  }
  SECTION("at a trap site, outside of all memories") {
    CHECK(killed_by(dies(FakeGuest::kLoad, kElsewhere), SIGSEGV));
    CHECK(printed.find("wjit: internal error: SIGSEGV in generated code at pc 0x") == 0);
    CHECK(printed.find("function 0x0, address 0x") != std::string::npos);
  }
  SECTION("in a memory, at no trap site") {
    CHECK(killed_by(dies(FakeGuest::kLoadUnlisted, FakeContext::kAccessible), SIGSEGV));
    CHECK(printed.find("function 0x1, address 0x") != std::string::npos);
  }
  SECTION("at a trap site, with a frame that is none") {
    const int status = status_with_handlers(
        nothing_before,
        [] {
          (void)install_trap_handlers([](vm::VMContext*, uintptr_t) { return true; });
          FakeContext c;
          guest().call(c, FakeGuest::kLoadWrongFrame, c.at(FakeContext::kAccessible));
          return 0;
        },
        &printed);
    CHECK(killed_by(status, SIGSEGV));
    CHECK(printed.find("function 0x3, address 0x") != std::string::npos);
  }
  SECTION("an instruction that does not exist") {
    CHECK(killed_by(dies(FakeGuest::kIllegal, 0), SIGILL));
    CHECK(printed.find("wjit: internal error: SIGILL in generated code") == 0);
    CHECK(printed.find("this is a bug of wjit\n") != std::string::npos);
  }
  SECTION("a signal that somebody sent") {
    const int status = status_with_handlers(nothing_before, [] {
      kill(getpid(), SIGSEGV);
      for (;;) pause();
      return 0;
    });
    CHECK(killed_by(status, SIGSEGV));
  }
  SECTION("a memory of the host's that lost its file") {
    const int status = status_with_handlers(nothing_before, [] {
      const int fd = memfd_create("lost", 0);
      void* p = mmap(nullptr, 4096, PROT_READ, MAP_SHARED, fd, 0);
      return touch(p);
    });
    CHECK(killed_by(status, SIGBUS));
  }
}

TEST_CASE("The host's handler gets what is not ours, as it asked for it [row16]", "[signals]") {
  guest();
  SECTION("with siginfo") {
    const int status = status_with_handlers(
        [] { set_handler(SIGSEGV, SA_ONSTACK, handler_with_info, nullptr); },
        [] {
          FakeContext c;
          char* const where = static_cast<char*>(inaccessible_page()) + 4096 + 8;
          for (int round = 1; round <= 2; ++round) {
            WJIT_CHILD_REQUIRE(touch(where) == 0);  // the handler repairs it
            WJIT_CHILD_REQUIRE(seen.count == round && seen.signal == SIGSEGV && seen.code == SEGV_ACCERR);
            WJIT_CHILD_REQUIRE(seen.address == where && seen.has_context);
            WJIT_CHILD_REQUIRE(seen.signal_blocked && seen.usr2_blocked && !seen.usr1_blocked);
            mprotect(inaccessible_page(), 1 << 16, PROT_NONE);
            WJIT_CHILD_REQUIRE(guest().call(c, FakeGuest::kLoad, c.at(70'000)) == FakeGuest::kTrapped);
            WJIT_CHILD_REQUIRE(seen.count == round);
          }
          sigset_t mask;
          pthread_sigmask(SIG_BLOCK, nullptr, &mask);
          WJIT_CHILD_REQUIRE(!sigismember(&mask, SIGSEGV) && !sigismember(&mask, SIGUSR2));
          kill(getpid(), SIGSEGV);
          WJIT_CHILD_REQUIRE(seen.count == 3 && seen.code == SI_USER);
          return 0;
        });
    CHECK(exited_with(status, 0));
  }
  SECTION("without siginfo, not blocking its signal, in a mask of the thread's") {
    const int status = status_with_handlers(
        [] {
          set_handler(SIGSEGV, SA_NODEFER, nullptr, plain_handler);
          sigset_t usr1;
          sigemptyset(&usr1);
          sigaddset(&usr1, SIGUSR1);
          pthread_sigmask(SIG_BLOCK, &usr1, nullptr);
        },
        [] {
          WJIT_CHILD_REQUIRE(touch(inaccessible_page()) == 0);
          WJIT_CHILD_REQUIRE(seen.count == 1 && !seen.signal_blocked && seen.usr1_blocked &&
                             seen.usr2_blocked);
          return 0;
        });
    CHECK(exited_with(status, 0));
  }
  SECTION("once, with SA_RESETHAND") {
    const int status =
        status_with_handlers([] { set_handler(SIGSEGV, SA_RESETHAND, nullptr, plain_handler); },
                             [] {
                               WJIT_CHILD_REQUIRE(touch(inaccessible_page()) == 0 && seen.count == 1);
                               mprotect(inaccessible_page(), 1 << 16, PROT_NONE);
                               return touch(inaccessible_page());
                             });
    CHECK(killed_by(status, SIGSEGV));
  }
  SECTION("ignored: a sent signal, but no fault") {
    const int status = status_with_handlers(
        [] { signal(SIGSEGV, SIG_IGN); },
        [] {
          kill(getpid(), SIGSEGV);
          FakeContext c;
          WJIT_CHILD_REQUIRE(guest().call(c, FakeGuest::kLoad, c.at(70'000)) == FakeGuest::kTrapped);
          return touch(inaccessible_page());
        });
    CHECK(killed_by(status, SIGSEGV));
  }
  SECTION("a handler that came later and passes on") {
    static struct sigaction ours;
    const int status = status_with_handlers(nothing_before, [] {
      struct sigaction later {};
      later.sa_flags = SA_SIGINFO | SA_ONSTACK;
      later.sa_sigaction = [](int s, siginfo_t* i, void* c) {
        seen.count = seen.count + 1;
        ours.sa_sigaction(s, i, c);
      };
      sigaction(SIGSEGV, &later, &ours);
      WJIT_CHILD_REQUIRE(install_trap_handlers(&FakeContext::owns_address));  // changes nothing
      FakeContext c;
      WJIT_CHILD_REQUIRE(guest().call(c, FakeGuest::kLoad, c.at(70'000)) == FakeGuest::kTrapped &&
                         seen.count == 1);
      return touch(inaccessible_page());
    });
    CHECK(killed_by(status, SIGSEGV));
  }
  SECTION("a handler that was saved before ours and put back") {
    const int status = status_with_handlers(
        [] { set_handler(SIGSEGV, 0, nullptr, plain_handler); },
        [] {
          set_handler(SIGSEGV, 0, nullptr, plain_handler);
          WJIT_CHILD_REQUIRE(install_trap_handlers(&FakeContext::owns_address));
          FakeContext c;
          WJIT_CHILD_REQUIRE(guest().call(c, FakeGuest::kLoad, c.at(70'000)) == FakeGuest::kTrapped &&
                             seen.count == 0);
          WJIT_CHILD_REQUIRE(touch(inaccessible_page()) == 0 && seen.count == 1);
          return 0;
        });
    CHECK(exited_with(status, 0));
  }
}

TEST_CASE("Many threads trap at once [row16]", "[signals]") {
  FakeTrapHandlers handlers;
  guest();
  constexpr int kThreads = 8, kTraps = 500;
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      if (!ThreadTraps::ensure()) return;
      FakeContext c;
      for (int i = 0; i < kTraps; ++i) {
        const auto f = i % 2 ? FakeGuest::kLoad : FakeGuest::kLoadInCallee;
        if (guest().call(c, f, c.at(FakeContext::kAccessible + 4096 * t + i)) != FakeGuest::kTrapped) return;
        if (guest().call(c, f, c.at(4 * i)) != 0) return;
      }
      if (c.traps == std::vector(kTraps, TrapCode::kMemoryOutOfBounds)) ++good;
    });
  for (std::thread& t : threads) t.join();
  CHECK(good == kThreads);
}

TEST_CASE("A thread that blocks SIGSEGV is told so", "[signals]") {
  for (int signal : {SIGSEGV, SIGBUS}) {
    std::thread([signal] {
      sigset_t set;
      sigemptyset(&set);
      sigaddset(&set, signal);
      pthread_sigmask(SIG_BLOCK, &set, nullptr);
      auto refused = ThreadTraps::ensure();
      WJIT_ASSERT(!refused && refused.error().kind() == ErrorKind::kUsage);
      WJIT_ASSERT(refused.error().message().find(signal == SIGSEGV ? "SIGSEGV is blocked"
                                                                   : "SIGBUS is blocked") == 0);
      pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
      WJIT_ASSERT(ThreadTraps::ensure());
    }).join();
  }
}

namespace {

stack_t alternate_stack() {
  stack_t s;
  sigaltstack(nullptr, &s);
  return s;
}
bool same(const stack_t& a, const stack_t& b) {
  if ((a.ss_flags & SS_DISABLE) || (b.ss_flags & SS_DISABLE))
    return (a.ss_flags & b.ss_flags & SS_DISABLE) != 0;
  return a.ss_sp == b.ss_sp && a.ss_size == b.ss_size;
}

// Made before ThreadTraps has anything in its thread, and so destroyed after it.
struct Last {
  stack_t given{}, original{};
  int* verdict = nullptr;
  ~Last() {
    if (!verdict) return;
    *verdict = same(alternate_stack(), given) ? 1 : 2;
    sigaltstack(&original, nullptr);
    auto late = ThreadTraps::ensure();
    if (late) *verdict = 3;
  }
};
thread_local Last last;

// A thread whose alternate stack is `given`; `inside` runs after ensure(). 1: afterwards it is `given` again.
template <class Inside>
int run_with_stack(stack_t given, Inside inside) {
  int verdict = 0;
  std::thread([&] {
    last.original = alternate_stack();
    last.given = given;
    last.verdict = &verdict;
    WJIT_ASSERT(sigaltstack(&given, nullptr) == 0);
    WJIT_ASSERT(ThreadTraps::ensure());
    inside();
  }).join();
  return verdict;
}

}  // namespace

TEST_CASE("Every thread has an alternate stack, and its own back when it ends", "[signals]") {
  FakeTrapHandlers handlers;
  guest();
  stack_t none{};
  none.ss_flags = SS_DISABLE;
  static char host_stack[1 << 18];
  auto trap = [] {
    FakeContext c;
    WJIT_ASSERT(guest().call(c, FakeGuest::kLoad, c.at(70'000)) == FakeGuest::kTrapped);
  };
  SECTION("none") {
    CHECK(run_with_stack(none, [&] {
            const stack_t s = alternate_stack();
            WJIT_ASSERT(!(s.ss_flags & SS_DISABLE) && s.ss_size >= 64 << 10);
            WJIT_ASSERT(ThreadTraps::ensure() && same(s, alternate_stack()));
            trap();
          }) == 1);
  }
  SECTION("one that is too small") {
    const stack_t small{
        .ss_sp = host_stack, .ss_flags = 0, .ss_size = std::max<size_t>(getauxval(AT_MINSIGSTKSZ), 2048)};
    CHECK(run_with_stack(small, [&] {
            WJIT_ASSERT(alternate_stack().ss_sp != host_stack);
            trap();
          }) == 1);
  }
  SECTION("one that is large enough") {
    const stack_t large{.ss_sp = host_stack, .ss_flags = 0, .ss_size = sizeof host_stack};
    int verdict = 0;
    std::thread([&] {
      const stack_t original = alternate_stack();
      WJIT_ASSERT(sigaltstack(&large, nullptr) == 0);
      WJIT_ASSERT(ThreadTraps::ensure());
      trap();
      verdict = same(alternate_stack(), large);
      sigaltstack(&original, nullptr);
    }).join();
    CHECK(verdict == 1);
  }
  SECTION("one that somebody put there later is theirs") {
    int verdict = 0;
    std::thread([&] {
      last.original = alternate_stack();
      WJIT_ASSERT(sigaltstack(&none, nullptr) == 0);
      WJIT_ASSERT(ThreadTraps::ensure());
      last.given = {.ss_sp = host_stack, .ss_flags = 0, .ss_size = sizeof host_stack};
      last.verdict = &verdict;
      sigaltstack(&last.given, nullptr);
    }).join();
    CHECK(verdict == 1);
  }
}

TEST_CASE("The handler runs on the alternate stack", "[signals]") {
  static char host_stack[1 << 18];
  const int status = status_with_handlers(
      [] {
        const stack_t large{.ss_sp = host_stack, .ss_flags = 0, .ss_size = sizeof host_stack};
        sigaltstack(&large, nullptr);
        set_handler(SIGSEGV, SA_ONSTACK, nullptr, plain_handler);
      },
      [] {
        WJIT_CHILD_REQUIRE(touch(inaccessible_page()) == 0);
        WJIT_CHILD_REQUIRE(seen.stack >= host_stack && seen.stack < host_stack + sizeof host_stack);
        return 0;
      });
  CHECK(exited_with(status, 0));
}

}  // namespace wjit::test
