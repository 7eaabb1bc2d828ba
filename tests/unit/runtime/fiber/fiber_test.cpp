// Fibers: the switch, who runs where, and that nothing is lost on the way. The pool's tests are in
// pool_test.cpp.
#include "runtime/fiber/fiber.h"

#include <cxxabi.h>
#include <unwind.h>

#include <cfenv>
#include <cmath>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "catch.h"
#include "emitted.h"
#include "runtime/fiber/switch.h"

namespace wjit::rt {
namespace {

using testing::EmittedCall;
using testing::kKept;
using Stop = Fiber::Stop;

const void* here() { return __builtin_frame_address(0); }

// A fiber that runs a C++ callable; Catch's assertions stay on the test's own stack.
template <class F>
std::unique_ptr<Fiber> fiber_of(FiberPool& pool, F& body) {
  return Fiber::create(
      pool, [](Fiber* fiber, void* arg) { (*static_cast<F*>(arg))(fiber); }, &body);
}

template <class F>
void on_resumer(Fiber* fiber, F fn) {
  fiber->call_on_resumer([](void* arg) { (*static_cast<F*>(arg))(); }, &fn);
}

struct Fixture {
  FiberPool pool{{}};
};

TEST_CASE_METHOD(Fixture, "a fiber and its resumer take turns", "[fiber]") {
  std::vector<int> turns;
  auto body = [&](Fiber* self) {
    for (int i = 0; i < 3; ++i) {
      turns.push_back(10 + i);
      self->suspend();
    }
    turns.push_back(13);
  };
  auto fiber = fiber_of(pool, body);
  REQUIRE(fiber);
  REQUIRE_FALSE(fiber->finished());
  for (int i = 0; i < 3; ++i) {
    REQUIRE(fiber->resume() == Stop::kSuspended);
    turns.push_back(i);
  }
  REQUIRE(fiber->resume() == Stop::kFinished);
  REQUIRE(fiber->finished());
  REQUIRE(turns == std::vector<int>{10, 0, 11, 1, 12, 2, 13});
}

TEST_CASE_METHOD(Fixture, "code knows the fiber it runs on", "[fiber]") {
  Fiber* seen = nullptr;
  const void* stack = nullptr;
  auto body = [&](Fiber* self) {
    stack = here();
    seen = Fiber::current();
    self->suspend();
    if (Fiber::current() != self) seen = nullptr;
  };
  auto fiber = fiber_of(pool, body);
  REQUIRE(Fiber::current() == nullptr);
  fiber->resume();
  REQUIRE(Fiber::current() == nullptr);
  REQUIRE(seen == fiber.get());
  REQUIRE(fiber->contains(stack));
  REQUIRE_FALSE(fiber->contains(here()));
  REQUIRE(size_t(fiber->stack_high() - fiber->stack_low()) == pool.stack_size());
  fiber->resume();
  REQUIRE(seen == fiber.get());
}

TEST_CASE_METHOD(Fixture, "emitted code suspends with every kept register in use", "[fiber]") {
  EmittedCall call;
  call.rounds = 3;
  for (int i = 0; i < kKept; ++i) call.in[i] = 0x1111'0000'0000'0001u * uint64_t(i + 1);
  auto fiber = Fiber::create(pool, testing::wjit_test_emitted_body, &call);
  uint64_t mine[kKept], after[kKept];
  for (uint64_t round = 1; round <= 4; ++round) {
    for (int i = 0; i < kKept; ++i) mine[i] = 0x2222'0000'0000'0000u * round + uint64_t(i), after[i] = 0;
    // The resumer's registers are as full as the fiber's.
    testing::wjit_test_call_keeping(
        mine, after, [](void* f) { static_cast<Fiber*>(f)->resume(); }, fiber.get());
    for (int i = 0; i < kKept; ++i) CHECK(after[i] == mine[i]);
    if (round > 1)
      for (int i = 0; i < kKept; ++i) CHECK(call.out[i] == call.in[i]);
    for (int i = 0; i < kKept; ++i) call.out[i] = 0;
  }
  REQUIRE(fiber->finished());
  REQUIRE(call.suspended == 3);
}

TEST_CASE_METHOD(Fixture, "emitted code calls on the resumer without a C++ frame", "[fiber]") {
  struct Host {
    Fiber* fiber = nullptr;
    int calls = 0;
    bool on_fiber = false;
    static void run(void* arg) {
      auto* host = static_cast<Host*>(arg);
      ++host->calls;
      host->on_fiber |= host->fiber->contains(here()) || Fiber::current() != nullptr;
    }
  } host;
  EmittedCall call;
  call.rounds = 2;
  call.host = Host::run;
  call.host_arg = &host;
  for (int i = 0; i < kKept; ++i) call.in[i] = ~uint64_t(i);
  auto fiber = Fiber::create(pool, testing::wjit_test_emitted_body, &call);
  host.fiber = fiber.get();
  while (fiber->resume() != Stop::kFinished) {
  }
  REQUIRE(host.calls == 2);
  REQUIRE_FALSE(host.on_fiber);
  for (int i = 0; i < kKept; ++i) CHECK(call.out[i] == call.in[i]);
}

TEST_CASE_METHOD(Fixture, "a cancelled fiber sees it when it is resumed", "[fiber]") {
  EmittedCall call;
  call.rounds = 100;
  auto fiber = Fiber::create(pool, testing::wjit_test_emitted_body, &call);
  REQUIRE(fiber->resume() == Stop::kSuspended);
  REQUIRE_FALSE(fiber->cancelled());
  fiber->set_cancelled();
  REQUIRE(fiber->resume() == Stop::kFinished);
  REQUIRE(call.seen_cancelled == 1);
  REQUIRE(call.suspended == 1);
}

TEST_CASE_METHOD(Fixture, "floating-point values live through suspensions", "[fiber]") {
  double sum = 0;
  auto body = [&](Fiber* self) {
    double a = 1.5, b = 2.25, c = -3.75, d = 1e300, e = 0.1f;
    for (int i = 0; i < 50; ++i) {
      a += 0.5, b *= 1.0625, c -= b, d *= 0.5, e += a;
      self->suspend();
    }
    sum = a + b + c + d + e;
  };
  auto straight = [&]() {
    double a = 1.5, b = 2.25, c = -3.75, d = 1e300, e = 0.1f;
    for (int i = 0; i < 50; ++i) a += 0.5, b *= 1.0625, c -= b, d *= 0.5, e += a;
    return a + b + c + d + e;
  };
  auto fiber = fiber_of(pool, body);
  volatile double noise = 3;
  while (fiber->resume() != Stop::kFinished) noise = std::sqrt(noise) * 7.0 + 1.0;
  REQUIRE(sum == straight());
}

TEST_CASE_METHOD(Fixture, "a fiber goes on on other threads", "[fiber]") {
  std::vector<std::thread::id> ids;
  std::vector<bool> right;
  auto body = [&](Fiber* self) {
    for (int i = 0; i < 8; ++i) {
      ids.push_back(std::this_thread::get_id());
      right.push_back(Fiber::current() == self);
      self->suspend();
    }
  };
  auto fiber = fiber_of(pool, body);
  Stop stop = Stop::kSuspended;
  std::vector<std::thread::id> resumers;
  for (int i = 0; i < 9; ++i) {
    std::thread t([&] {
      resumers.push_back(std::this_thread::get_id());
      stop = fiber->resume();
    });
    t.join();
  }
  REQUIRE(stop == Stop::kFinished);
  resumers.pop_back();
  REQUIRE(ids == resumers);
  REQUIRE(right == std::vector<bool>(8, true));
}

TEST_CASE_METHOD(Fixture, "fibers nest, and inner ones outlive a suspension of outer ones", "[fiber]") {
  constexpr int kDepth = 20;
  std::vector<int> order;
  struct Level {
    FiberPool* pool;
    std::vector<int>* order;
    int depth;
    bool current_right = true;
    void operator()(Fiber* self) {
      order->push_back(depth);
      if (depth < kDepth) {
        Level next{pool, order, depth + 1};
        auto inner = fiber_of(*pool, next);
        while (inner->resume() != Stop::kFinished) {
          current_right &= Fiber::current() == self;
          self->suspend();  // with `inner` suspended: resume() has returned
        }
        current_right &= next.current_right;
      } else {
        self->suspend();
        self->suspend();
      }
      order->push_back(-depth);
    }
  } root{&pool, &order, 0};
  auto fiber = fiber_of(pool, root);
  int suspensions = 0;
  for (Stop stop = Stop::kSuspended; stop != Stop::kFinished;) {
    std::thread t([&] { stop = fiber->resume(); });
    t.join();
    suspensions += stop == Stop::kSuspended;
  }
  REQUIRE(suspensions == 2);
  REQUIRE(root.current_right);
  REQUIRE(order.size() == 2 * (kDepth + 1));
  REQUIRE(order.front() == 0);
  REQUIRE(order[kDepth] == kDepth);
  REQUIRE(order[kDepth + 1] == -kDepth);
}

TEST_CASE_METHOD(Fixture, "a call on the resumer runs on the resumer's stack", "[fiber]") {
  // The outer fiber is the inner one's resumer, the test is the outer one's.
  const void *in_inner = nullptr, *in_outer = nullptr, *in_test = nullptr;
  Fiber *current_in_outer = nullptr, *current_in_test = nullptr;
  Fiber* outer_fiber = nullptr;
  std::unique_ptr<Fiber> inner;
  int after = 0;
  auto inner_body = [&](Fiber* self) {
    in_inner = here();
    on_resumer(self, [&] {
      in_outer = here();
      current_in_outer = Fiber::current();
      on_resumer(outer_fiber, [&] {
        in_test = here();
        current_in_test = Fiber::current();
      });
    });
    ++after;
    self->suspend();
    ++after;
  };
  auto outer_body = [&](Fiber*) {
    inner->resume();
    inner->resume();
  };
  inner = fiber_of(pool, inner_body);
  auto outer = fiber_of(pool, outer_body);
  outer_fiber = outer.get();
  REQUIRE(outer->resume() == Stop::kFinished);
  REQUIRE(inner->finished());
  REQUIRE(after == 2);
  CHECK(inner->contains(in_inner));
  CHECK(outer->contains(in_outer));
  CHECK(current_in_outer == outer.get());
  CHECK_FALSE(outer->contains(in_test));
  CHECK_FALSE(inner->contains(in_test));
  CHECK(current_in_test == nullptr);
  // On this very stack, below this frame.
  CHECK(in_test < here());
  CHECK(size_t(static_cast<const char*>(here()) - static_cast<const char*>(in_test)) < 64 << 10);
}

TEST_CASE_METHOD(Fixture, "a call on the resumer may use other fibers, and many stacks deep", "[fiber]") {
  int calls = 0;
  auto body = [&](Fiber* self) {
    on_resumer(self, [&] {
      auto other_body = [&](Fiber* other) {
        on_resumer(other, [&] { ++calls; });
        other->suspend();
        ++calls;
      };
      auto other = fiber_of(pool, other_body);
      while (other->resume() != Stop::kFinished) {
      }
    });
    ++calls;
    self->suspend();
    on_resumer(self, [&] {
      // More than the fiber has, on the stack of the test.
      volatile char much[512 << 10];
      much[0] = 1;
      much[sizeof much - 1] = 2;
      calls += much[0] + much[sizeof much - 1];
    });
  };
  auto fiber = fiber_of(pool, body);
  REQUIRE(fiber->resume() == Stop::kSuspended);
  REQUIRE(calls == 3);
  REQUIRE(fiber->resume() == Stop::kFinished);
  REQUIRE(calls == 6);
}

TEST_CASE_METHOD(Fixture, "a call on the resumer follows the resumer to another thread", "[fiber]") {
  // The inner fiber's resumer, itself a fiber, suspends in the middle of the call and wakes elsewhere.
  std::thread::id before, later;
  Fiber *current_later = nullptr, *outer_fiber = nullptr;
  auto inner_body = [&](Fiber* self) {
    on_resumer(self, [&] {
      before = std::this_thread::get_id();
      outer_fiber->suspend();
    });
    later = std::this_thread::get_id();
    current_later = Fiber::current();
  };
  std::unique_ptr<Fiber> inner = fiber_of(pool, inner_body);
  auto outer_body = [&](Fiber*) { inner->resume(); };
  auto outer = fiber_of(pool, outer_body);
  outer_fiber = outer.get();
  REQUIRE(outer->resume() == Stop::kSuspended);
  std::thread([&] { outer->resume(); }).join();
  REQUIRE(outer->finished());
  REQUIRE(inner->finished());
  REQUIRE(before == std::this_thread::get_id());
  REQUIRE(later != before);
  REQUIRE(current_later == inner.get());
}

TEST_CASE_METHOD(Fixture, "each side keeps its floating-point control state", "[fiber]") {
  int first = -1, second = -1, on_host = -1;
  auto body = [&](Fiber* self) {
    first = std::fegetround();
    std::fesetround(FE_DOWNWARD);
    on_resumer(self, [&] { on_host = std::fegetround(); });
    self->suspend();
    second = std::fegetround();
  };
  auto fiber = fiber_of(pool, body);
  const int mine = std::fegetround();
  std::fesetround(FE_UPWARD);
  fiber->resume();
  const int after_first = std::fegetround();
  std::fesetround(FE_TOWARDZERO);
  fiber->resume();
  const int after_second = std::fegetround();
  std::fesetround(mine);
  CHECK(first == FE_TONEAREST);
  CHECK(on_host == FE_UPWARD);
  CHECK(after_first == FE_UPWARD);
  CHECK(second == FE_DOWNWARD);
  CHECK(after_second == FE_TOWARDZERO);
}

#if defined(__x86_64__)
TEST_CASE_METHOD(Fixture, "each side keeps mxcsr and the x87 control word", "[fiber]") {
  constexpr uint32_t kFlush = 0x8040;  // flush to zero, denormals are zero
  auto mxcsr = [] { return __builtin_ia32_stmxcsr(); };
  auto x87 = [] {
    uint16_t word;
    asm volatile("fnstcw %0" : "=m"(word));
    return word;
  };
  uint32_t in_fiber[2] = {};
  uint16_t x87_in_fiber[2] = {};
  auto body = [&](Fiber* self) {
    in_fiber[0] = mxcsr(), x87_in_fiber[0] = x87();
    const uint16_t single = 0x007f;
    asm volatile("fldcw %0" : : "m"(single));
    self->suspend();
    in_fiber[1] = mxcsr(), x87_in_fiber[1] = x87();
  };
  auto fiber = fiber_of(pool, body);
  const uint32_t mine = mxcsr();
  const uint16_t x87_mine = x87();
  __builtin_ia32_ldmxcsr(mine | kFlush);
  fiber->resume();
  const uint32_t after = mxcsr();
  fiber->resume();
  __builtin_ia32_ldmxcsr(mine);
  CHECK((in_fiber[0] & kFlush) == 0);
  CHECK((in_fiber[1] & kFlush) == 0);
  CHECK((after & kFlush) == kFlush);
  CHECK(x87_in_fiber[0] == 0x037f);
  CHECK(x87_in_fiber[1] == 0x007f);
  CHECK(x87() == x87_mine);
}
#endif

struct Walk {
  std::vector<uintptr_t> pcs;
  _Unwind_Reason_Code end = _URC_NO_REASON;

  [[gnu::noinline]] void run() {
    end = _Unwind_Backtrace(
        [](_Unwind_Context* context, void* arg) {
          auto* walk = static_cast<Walk*>(arg);
          walk->pcs.push_back(uintptr_t(_Unwind_GetIP(context)));
          return walk->pcs.size() < 100 ? _URC_NO_REASON : _URC_NORMAL_STOP;
        },
        this);
  }
};

TEST_CASE_METHOD(Fixture, "unwinders end at the fiber's root", "[fiber]") {
  Walk fresh, later;
  int frame_pointers = 0;
  auto body = [&](Fiber* self) {
    fresh.run();
    self->suspend();
    later.run();
    auto* frame = static_cast<const uintptr_t*>(__builtin_frame_address(0));
    while (frame && frame_pointers < 100) {
      ++frame_pointers;
      frame = reinterpret_cast<const uintptr_t*>(frame[0]);
    }
  };
  auto fiber = fiber_of(pool, body);
  fiber->resume();
  std::thread([&] { fiber->resume(); }).join();
  const auto root = reinterpret_cast<uintptr_t>(&wjit_fiber_root);
  for (const Walk* walk : {&fresh, &later}) {
    CHECK(walk->end == _URC_END_OF_STACK);
    CHECK(walk->pcs.size() >= 3);
    CHECK(walk->pcs.size() < 10);
    // libgcc reports the end mark itself as a last frame at 0.
    uintptr_t last = walk->pcs.back() ? walk->pcs.back() : walk->pcs[walk->pcs.size() - 2];
    CHECK(last - root < 64);
  }
  CHECK(frame_pointers >= 1);
  CHECK(frame_pointers < 10);
}

TEST_CASE_METHOD(Fixture, "exceptions thrown and caught on one side stay there", "[fiber]") {
  std::string caught;
  auto body = [&](Fiber* self) {
    for (const char* text : {"one", "two"}) {
      try {
        throw std::runtime_error(text);
      } catch (const std::exception& e) {
        caught += e.what();
      }
      on_resumer(self, [&] {
        try {
          throw std::runtime_error("host");
        } catch (const std::exception& e) {
          caught += e.what();
        }
      });
      self->suspend();
    }
  };
  auto fiber = fiber_of(pool, body);
  while (fiber->resume() != Stop::kFinished) {
    try {
      throw 1;
    } catch (int) {
      caught += ' ';
    }
  }
  REQUIRE(caught == "onehost twohost ");
}

}  // namespace
}  // namespace wjit::rt
