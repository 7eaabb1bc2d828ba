// The pool: what stacks cost, what is kept, what a stack's end does.
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <iostream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "catch.h"
#include "emitted.h"
#include "runtime/fiber/fiber.h"
#include "runtime/fiber/sanitize.h"

namespace wjit::rt {
namespace {

using testing::EmittedCall;
using Stop = Fiber::Stop;

#if defined(WJIT_FIBER_ASAN) || defined(WJIT_FIBER_TSAN)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

const size_t kPage = size_t(sysconf(_SC_PAGESIZE));

void suspend_once(Fiber* fiber, void*) { fiber->suspend(); }
void return_at_once(Fiber*, void*) {}

size_t status_kb(const std::string& field) {
  std::ifstream in("/proc/self/status");
  for (std::string line; std::getline(in, line);)
    if (line.compare(0, field.size() + 1, field + ":") == 0) return std::stoul(line.substr(field.size() + 1));
  return 0;
}

size_t mappings() {
  std::ifstream in("/proc/self/maps");
  size_t count = 0;
  for (std::string line; std::getline(in, line);) ++count;
  return count;
}

size_t resident_pages(const char* low, const char* high) {
  std::vector<unsigned char> pages(size_t(high - low) / kPage);
  REQUIRE(mincore(const_cast<char*>(low), size_t(high - low), pages.data()) == 0);
  size_t count = 0;
  for (unsigned char page : pages) count += page & 1;
  return count;
}

// Runs `child` in a child process and returns waitpid's status.
template <class F>
int in_child(F child) {
  const pid_t pid = fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    child();
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(pid, &status, 0) == pid);
  return status;
}

// With the fibers suspended where emitted code suspends.
void many_suspended(bool light_guards, size_t count) {
  FiberPool pool({.light_guards = light_guards});
  std::vector<EmittedCall> calls(count);
  std::vector<std::unique_ptr<Fiber>> fibers(count);
  const size_t rss = status_kb("VmRSS"), tables = status_kb("VmPTE"), maps = mappings();
  bool ok = true;
  for (size_t i = 0; i < count && ok; ++i) {
    fibers[i] = Fiber::create(pool, testing::wjit_test_emitted_body, &calls[i]);
    ok = fibers[i] && fibers[i]->resume() == Stop::kSuspended;
  }
  REQUIRE(ok);
  const double kb = double(status_kb("VmRSS") - rss + status_kb("VmPTE") - tables) / double(count);
  const double each = double(mappings() - maps) / double(count);
  std::cout << count << " suspended fibers, " << (pool.stats().light_guards ? "light" : "mapped")
            << " guards: " << kb << " KB each (resident and page tables), " << each << " mappings each\n";
  CHECK(pool.stats().in_use == count);
  if (!kSanitized) {  // else most of it is the sanitizer's
    CHECK(kb <= 14);
    CHECK(each <= 2.01);
    if (pool.stats().light_guards) CHECK(each <= 0.1);
  }
  for (auto& fiber : fibers) {
    if (fiber->resume() != Stop::kFinished) ok = false;
    fiber.reset();
  }
  REQUIRE(ok);
  CHECK(pool.stats().in_use == 0);
  // What it keeps is bounded: the warm ones, and slabs to hold as many idle ones.
  CHECK(pool.stats().warm <= FiberPool::Options{}.keep_stacks);
  CHECK(pool.stats().slabs <= 2 + FiberPool::Options{}.keep_stacks / 32);
}

TEST_CASE("ten thousand suspended fibers", "[fiber]") {
  const size_t count = kSanitized ? 500 : 10'000;
  SECTION("with guards that are no mappings, where the kernel has them") { many_suspended(true, count); }
  SECTION("with guards that are mappings") { many_suspended(false, count); }
}

TEST_CASE("a stack is used again, and keeps no more than it may", "[fiber]") {
  FiberPool pool({.stack_size = 1 << 20, .keep_stacks = 2, .keep_bytes = 32 << 10});
  REQUIRE(pool.stack_size() == 1 << 20);
  auto touch = [](Fiber* fiber, void*) {
    for (char* p = fiber->stack_high() - (1 << 19); p > fiber->stack_low(); p -= kPage)
      *const_cast<volatile char*>(p) = 1;
  };
  auto fiber = Fiber::create(pool, touch, nullptr);
  char *low = fiber->stack_low(), *high = fiber->stack_high();
  REQUIRE(fiber->resume() == Stop::kFinished);
  if (!kSanitized) CHECK(resident_pages(low, high) >= (1 << 19) / kPage - 1);
  fiber.reset();
  CHECK(pool.stats().warm == 1);
  CHECK(resident_pages(low, high - (32 << 10)) == 0);
  CHECK(resident_pages(high - (32 << 10), high) >= 1);

  fiber = Fiber::create(pool, return_at_once, nullptr);
  CHECK(fiber->stack_low() == low);
  CHECK(pool.stats().warm == 0);

  // Three idle: two stay warm, the third keeps no page.
  std::unique_ptr<Fiber> more[2] = {Fiber::create(pool, return_at_once, nullptr),
                                    Fiber::create(pool, return_at_once, nullptr)};
  char *last_low = more[1]->stack_low(), *last_high = more[1]->stack_high();
  fiber->resume(), more[0]->resume(), more[1]->resume();
  fiber.reset(), more[0].reset();
  CHECK(pool.stats().warm == 2);
  CHECK(pool.stats().slabs == 1);
  char* slab_mate = low;
  more[1].reset();
  CHECK(pool.stats().warm == 2);
  CHECK(pool.stats().in_use == 0);
  CHECK(resident_pages(last_low, last_high) == 0);
  CHECK(resident_pages(slab_mate, slab_mate + (1 << 20)) >= 1);
}

TEST_CASE("a pool that keeps nothing gives slabs back", "[fiber]") {
  FiberPool pool({.keep_stacks = 0});
  const size_t before = mappings();
  for (int i = 0; i < 3; ++i) {
    std::vector<std::unique_ptr<Fiber>> fibers;
    for (int k = 0; k < 200; ++k) fibers.push_back(Fiber::create(pool, suspend_once, nullptr));
    CHECK(pool.stats().slabs >= 200 / 64);
    CHECK(pool.stats().in_use == 200);
  }
  CHECK(pool.stats().slabs == 0);
  CHECK(mappings() <= before + 2);
}

TEST_CASE("what is warm is counted right when slabs go", "[fiber]") {
  FiberPool pool({.keep_stacks = 10});
  std::vector<std::unique_ptr<Fiber>> fibers;
  while (pool.stats().slabs < 4) fibers.push_back(Fiber::create(pool, return_at_once, nullptr));
  const size_t stride = 61;  // prime: all slabs become idle at about the same time
  for (size_t i = 0, at = 0; i < fibers.size(); ++i, at = (at + stride) % fibers.size()) fibers[at].reset();
  for (auto& fiber : fibers) fiber.reset();
  CHECK(pool.stats().in_use == 0);
  CHECK(pool.stats().slabs == 1);
  CHECK(pool.stats().warm <= 10);
  fibers.clear();
  while (fibers.size() < 16) fibers.push_back(Fiber::create(pool, return_at_once, nullptr));
  CHECK(pool.stats().slabs == 1);
  CHECK(pool.stats().warm == 0);
  fibers.clear();
  CHECK(pool.stats().warm == 10);
}

TEST_CASE("stacks that cannot be had are a null", "[fiber]") {
  FiberPool beyond({.stack_size = ~size_t{0}});
  CHECK(Fiber::create(beyond, return_at_once, nullptr) == nullptr);
  FiberPool tiny({.stack_size = 1});
  CHECK(tiny.stack_size() == 4 * kPage);
  auto fiber = Fiber::create(tiny, return_at_once, nullptr);
  REQUIRE(fiber);
  CHECK(fiber->resume() == Stop::kFinished);
}

// Sanitizers need more address space than this leaves.
TEST_CASE("stacks run out without harm", "[fiber]") {
  if (kSanitized) return;
  const int status = in_child([] {
    const rlim_t bytes = (status_kb("VmSize") << 10) + (100 << 20);
    const rlimit limit{bytes, bytes};
    if (setrlimit(RLIMIT_AS, &limit) != 0) _exit(2);
    void* more = mmap(nullptr, 200 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (more != MAP_FAILED) _exit(42);  // qemu's user mode has no such limit
    FiberPool pool({.stack_size = 1 << 20});
    for (int round = 0; round < 3; ++round) {
      std::vector<std::unique_ptr<Fiber>> fibers;
      for (int i = 0; i < 200; ++i) {
        fibers.push_back(Fiber::create(pool, suspend_once, nullptr));
        if (!fibers.back()) break;
        if (fibers.back()->resume() != Stop::kSuspended) _exit(3);
      }
      if (fibers.back() || fibers.size() < 50) _exit(4);
      if (pool.stats().in_use != fibers.size() - 1 || pool.stats().slabs > 10) _exit(5);
    }
    _exit(pool.stats().in_use == 0 ? 42 : 6);
  });
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 42);
}

// Overflows its stack. The handler lets the fault through when it is in the guard page, so that SIGSEGV
// kills.
char* overflow_low = nullptr;
volatile int overflow_deep_enough = -1;
[[gnu::noinline]] int overflow(int depth) {
  volatile char frame[512];
  frame[0] = char(depth);
  return depth == overflow_deep_enough ? 0 : overflow(depth + 1) + frame[0];
}

void overflow_in_child(bool light_guards) {
  static char alternate[64 << 10];
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  stack_t stack{};
  stack.ss_sp = alternate, stack.ss_size = sizeof alternate;
  if (sigaltstack(&stack, nullptr) != 0) _exit(2);
  struct sigaction action {};
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND;
  action.sa_sigaction = [](int, siginfo_t* info, void*) {
    const char* at = static_cast<const char*>(info->si_addr);
    if (at < overflow_low - kPage || at >= overflow_low) _exit(3);
  };
  if (sigaction(SIGSEGV, &action, nullptr) != 0) _exit(4);
  FiberPool pool({.stack_size = 64 << 10, .light_guards = light_guards});
  // The second of its slab: below it lies another stack.
  auto first = Fiber::create(pool, return_at_once, nullptr);
  auto fiber = Fiber::create(
      pool, [](Fiber*, void*) { overflow(0); }, nullptr);
  overflow_low = fiber->stack_low();
  fiber->resume();
}

TEST_CASE("an overflow dies in the guard page", "[fiber]") {
  for (bool light_guards : {true, false}) {
    const int status = in_child([&] { overflow_in_child(light_guards); });
    INFO("light guards " << light_guards << ", status " << status);
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGSEGV);
  }
}

TEST_CASE("a guard holds in a forked child, and after its stack came back", "[fiber]") {
  FiberPool pool({.stack_size = 64 << 10});
  Fiber::create(pool, return_at_once, nullptr).reset();
  auto fiber = Fiber::create(pool, return_at_once, nullptr);
  const int status = in_child([&] {
    const rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
    signal(SIGSEGV, SIG_DFL);
    *const_cast<volatile char*>(fiber->stack_low() - 1) = 1;
  });
  CHECK(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGSEGV);
}

TEST_CASE("misuse is an internal error, not a crash later", "[fiber]") {
  auto aborts = [](void (*misuse)(FiberPool&)) {
    const int status = in_child([&] {
      const rlimit none{0, 0};
      setrlimit(RLIMIT_CORE, &none);
      signal(SIGABRT, SIG_DFL);
      if (!freopen("/dev/null", "w", stderr)) _exit(2);
      FiberPool pool({});
      misuse(pool);
    });
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
  };
  CHECK(aborts([](FiberPool& pool) {
    auto fiber = Fiber::create(pool, return_at_once, nullptr);
    fiber->resume();
    fiber->resume();
  }));
  CHECK(aborts([](FiberPool& pool) {
    auto fiber = Fiber::create(
        pool, [](Fiber* self, void*) { self->resume(); }, nullptr);
    fiber->resume();
  }));
  CHECK(aborts([](FiberPool& pool) {
    auto fiber = Fiber::create(
        pool, [](Fiber* self, void*) { delete self; }, nullptr);
    fiber.release()->resume();
  }));
  CHECK(aborts([](FiberPool&) {
    auto* pool = new FiberPool({});
    auto* fiber = Fiber::create(*pool, return_at_once, nullptr).release();
    delete pool;
    fiber->resume();
  }));
}

TEST_CASE("suspended fibers may be dropped", "[fiber]") {
  FiberPool pool({.keep_stacks = 4});
  auto deep = [](Fiber* fiber, void*) {
    volatile char frame[4000];
    std::memset(const_cast<char*>(frame), 1, sizeof frame);
    fiber->suspend();
    frame[1] = 2;
  };
  for (int i = 0; i < 300; ++i) {
    auto fiber = Fiber::create(pool, i % 2 ? suspend_once : +deep, nullptr);
    REQUIRE(fiber->resume() == Stop::kSuspended);
  }
  CHECK(pool.stats().in_use == 0);
  CHECK(pool.stats().slabs == 1);
}

TEST_CASE("threads share a pool and hand fibers on", "[fiber]") {
  FiberPool pool({.stack_size = 64 << 10, .keep_stacks = 8});
  struct Shared {
    std::mutex mutex;
    std::vector<std::unique_ptr<Fiber>> waiting;
    size_t finished = 0;
  } shared;
  static constexpr int kThreads = 4, kSteps = kSanitized ? 400 : 5'000;
  auto body = [](Fiber* self, void*) {
    volatile uint64_t kept[64];
    for (uint64_t i = 0; i < 64; ++i) kept[i] = i * 0x9e3779b97f4a7c15;
    for (int round = 0; round < 3; ++round) {
      self->suspend();
      for (uint64_t i = 0; i < 64; ++i)
        if (kept[i] != i * 0x9e3779b97f4a7c15) std::abort();
      if (Fiber::current() != self) std::abort();
    }
  };
  auto work = [&](unsigned seed) {
    std::minstd_rand random(seed);
    for (int i = 0; i < kSteps; ++i) {
      std::unique_ptr<Fiber> fiber;
      {
        std::lock_guard lock(shared.mutex);
        if (!shared.waiting.empty() && random() % 3) {
          std::swap(shared.waiting[random() % shared.waiting.size()], shared.waiting.back());
          fiber = std::move(shared.waiting.back());
          shared.waiting.pop_back();
        }
      }
      if (!fiber) fiber = Fiber::create(pool, body, nullptr);
      if (!fiber) std::abort();
      const bool finished = fiber->resume() == Stop::kFinished;
      if (!finished && random() % 16 == 0) continue;  // dropped
      std::lock_guard lock(shared.mutex);
      if (finished)
        ++shared.finished;
      else
        shared.waiting.push_back(std::move(fiber));
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back(work, unsigned(i + 1));
  for (auto& t : threads) t.join();
  CHECK(shared.finished > size_t(kSteps) / 4);
  CHECK(pool.stats().in_use == shared.waiting.size());
  shared.waiting.clear();
  CHECK(pool.stats().in_use == 0);
}

}  // namespace
}  // namespace wjit::rt
