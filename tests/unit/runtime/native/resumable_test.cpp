// Resumable calls with frames of native code and of bytecode under one suspension.
#include <pthread.h>
#include <sys/mman.h>

#include <thread>

#include "runtime/fiber/fiber.h"
#include "runtime/trap/signals.h"
#include "unit/runtime/native/native_world.h"

namespace wjit::rt::native_test {
namespace {

// Function 0 is the host's. Each of the others adds its own power of ten to what the next gives for the same argument:
// 1 native, 2 bytecode, 3 native, 4 bytecode, which calls the host. 5: bytecode that calls 3. 6: native that calls 7, a
// loop in bytecode that counts to its argument. 8: bytecode that calls 6.
constexpr const char* kChain = R"((module
  (import "h" "f" (func $host (param i64) (result i64)))
  (func $n1 (export "n1") (param i64) (result i64) unreachable)
  (func $i2 (export "i2") (param i64) (result i64) (i64.add (call $n3 (local.get 0)) (i64.const 100)))
  (func $n3 (export "n3") (param i64) (result i64) unreachable)
  (func $i4 (export "i4") (param i64) (result i64) (i64.add (call $host (local.get 0)) (i64.const 10000)))
  (func (export "i5") (param i64) (result i64) (i64.add (call $n3 (local.get 0)) (i64.const 100000)))
  (func $n6 (export "n6") (param i64) (result i64) unreachable)
  (func $loop (export "loop") (param i64) (result i64) (local i64)
    (loop $l (local.set 1 (i64.add (local.get 1) (i64.const 1)))
      (br_if $l (i64.lt_u (local.get 1) (local.get 0)))) (local.get 1))
  (func (export "i8") (param i64) (result i64) (i64.add (call $n6 (local.get 0)) (i64.const 50)))))";
constexpr uint32_t kSite = 900;  // + function: what native code calls from

struct Chain : NativeWorld {
  explicit Chain(const Config& config = {}) : NativeWorld(config) {
    load(kChain, {host({wasm::kI64}, {wasm::kI64}, [this](HostCall& call) { return answer(call); })});
    // As of all, so that the stack is nearly the same for each.
    adds(1, 2, 10);
    adds(3, 4, 1000);
    adds(6, 7, 1'000'000);
    store->set_fuel(~uint64_t{0});
  }
  // result = callee(argument) + `what`.
  void adds(uint32_t func, uint32_t callee, uint64_t what) {
    native(func, [&](A& a, std::vector<CodeTrapSite>& sites) {
      a.begin_frame(16, false);
      a.store(A::kFp, -vm::kFrameVmctx, A::kVmctx);
      a.move(A::kCaller, A::kVmctx);
      a.lea(A::kEntry, A::kVmctx, entry_offset(callee));
      a.load(A::kT0, A::kEntry, vm::off::VMCodeEntry::code);
      sites.push_back({a.offset(), vm::TrapCode::kNone, kSite + func});
      a.call(A::kT0);
      a.imm(A::kT0, what);
      a.add3(A::kWasm.results.ints[0], A::kWasm.results.ints[0], A::kT0);
      a.end_frame(0);
    });
  }
  CallEnd start(uint32_t func, uint64_t argument) {
    value = vm::ValRaw::from_u64(argument);
    return call_func(*store, instance->func_ref(func), &value, 1, &stopped);
  }
  // In another thread.
  CallEnd resume(std::vector<uint64_t> inputs = {}) {
    CallEnd end{};
    std::vector<vm::ValRaw> raw;
    for (uint64_t i : inputs) raw.push_back(vm::ValRaw::from_u64(i));
    std::thread([&] { end = rt::resume(*store, stopped, raw, &value, 1); }).join();
    return end;
  }
  bool nothing_left() const {
    const vm::VMRuntimeLimits& l = store->limits;
    return !l.last_wasm_exit_fp && !l.last_wasm_entry_fp && !l.fiber && l.stack_limit == ~uintptr_t{0} &&
           store->pins == 0 && engine->fibers->stats().in_use == 0 && !store->fiber_call && !store->pending_trap;
  }
  static std::vector<uint32_t> functions(const std::vector<Frame>& trace) {
    std::vector<uint32_t> list;
    for (const Frame& f : trace) list.push_back(f.func_index);
    return list;
  }

  std::function<bool(HostCall&)> answer = [this](HostCall&) { return store->set_pending(Trap("wait")); };
  vm::ValRaw value;
  std::unique_ptr<Suspended> stopped;
};

using Functions = std::vector<uint32_t>;

}  // namespace

TEST_CASE("a call stops at a host error under native code and bytecode, and goes on in another thread",
          "[native][fiber]") {
  Chain w;
  bool seen_by_resumer = true;
  w.answer = [&](HostCall&) {
    seen_by_resumer = seen_by_resumer && !Fiber::current();
    return w.store->set_pending(Trap("wait"));
  };
  for (int round = 0; round < 2; ++round) {  // the second time nothing is compiled any more
    REQUIRE(w.start(1, 7) == CallEnd::kSuspended);
    REQUIRE(w.stopped->kind == Suspended::Kind::kHostTrap);
    REQUIRE(w.stopped->host_error->message() == "wait");
    REQUIRE(Chain::functions(w.stopped->host_error->trace()) == Functions{4, 3, 2, 1});
    REQUIRE(w.stopped->host_error->trace()[1].module_offset == kSite + 3);
    REQUIRE(Fiber::current() == nullptr);
    // Meanwhile another call runs in the store, and one that waits above this one.
    vm::ValRaw other = vm::ValRaw::from_u64(3);
    REQUIRE(call_func(*w.store, w.instance->func_ref(8), &other, 1) == CallEnd::kReturned);
    REQUIRE(other.get_u64() == 1'000'053);
    std::unique_ptr<Suspended> first = std::move(w.stopped);
    REQUIRE(w.start(5, 7) == CallEnd::kSuspended);
    std::swap(first, w.stopped);
    REQUIRE(w.resume({5}) == CallEnd::kReturned);
    REQUIRE(w.value.get_u64() == 5 + 10 + 100 + 1000 + 10'000);
    std::swap(first, w.stopped);
    REQUIRE(w.resume({6}) == CallEnd::kReturned);
    REQUIRE(w.value.get_u64() == 6 + 1000 + 10'000 + 100'000);
    REQUIRE(!w.stopped);
    REQUIRE(w.nothing_left());
  }
  REQUIRE(seen_by_resumer);
}

TEST_CASE("a call stops for fuel in bytecode that native code called, also while it is compiled", "[native][fiber]") {
  Config config;
  config.consume_fuel = true;
  const uint64_t rounds = 100;
  uint64_t spent = 0;
  for (uint32_t root : {6u, 8u}) {
    Chain w(config);
    w.store->set_fuel(0);
    REQUIRE(w.start(root, rounds) == CallEnd::kSuspended);
    uint64_t given = 0;
    int stops = 0;
    for (;; ++stops) {
      REQUIRE(w.stopped->kind == Suspended::Kind::kOutOfFuel);
      const uint64_t left = w.store->fuel(), more = w.stopped->required_fuel;
      REQUIRE(more > left);
      if (stops % 16 == 0) {  // unchanged without fuel
        REQUIRE(w.resume() == CallEnd::kSuspended);
        REQUIRE(w.stopped->required_fuel == more);
        REQUIRE(w.store->fuel() == left);
      }
      w.store->set_fuel(more);
      given += more - left;
      const CallEnd end = w.resume();
      if (end == CallEnd::kReturned) break;
      REQUIRE(end == CallEnd::kSuspended);
    }
    REQUIRE(stops > int(rounds) / 2);
    REQUIRE(w.value.get_u64() == rounds + 1'000'000 + (root == 8 ? 50 : 0));
    const uint64_t run = given - w.store->fuel() - w.store->compile_fuel;
    REQUIRE(w.nothing_left());
    // As a plain call costs.
    w.store->set_fuel(1'000'000);
    vm::ValRaw value = vm::ValRaw::from_u64(rounds);
    REQUIRE(call_func(*w.store, w.instance->func_ref(root), &value, 1) == CallEnd::kReturned);
    REQUIRE(1'000'000 - w.store->fuel() == run);
    if (root == 8) REQUIRE(run > spent);
    spent = run;
  }
}

TEST_CASE("a call that waits under both tiers is dropped, and its store goes on", "[native][fiber]") {
  Config config;
  config.consume_fuel = true;
  Chain w(config);
  for (uint32_t root : {1u, 2u, 3u, 5u}) {
    REQUIRE(w.start(root, 7) == CallEnd::kSuspended);
    std::thread([&] { w.stopped.reset(); }).join();
    REQUIRE(w.nothing_left());
  }
  for (uint32_t root : {6u, 8u}) {
    w.store->set_fuel(root == 6 ? 0 : 500);  // before it is compiled, and in the loop
    REQUIRE(w.start(root, 100'000) == CallEnd::kSuspended);
    w.stopped.reset();
    REQUIRE(w.nothing_left());
    w.store->set_fuel(~uint64_t{0});
    vm::ValRaw value = vm::ValRaw::from_u64(3);
    REQUIRE(call_func(*w.store, w.instance->func_ref(8), &value, 1) == CallEnd::kReturned);
    REQUIRE(value.get_u64() == 1'000'053);
  }
}

TEST_CASE("resumable calls within each other: each waits by itself, and traces go through all of them",
          "[native][fiber]") {
  Chain w;
  std::vector<Functions> traces;
  int depth = 0;
  w.answer = [&](HostCall& call) {
    auto& cell = *reinterpret_cast<vm::ValRaw*>(call.cells);
    traces.push_back(Chain::functions(current_backtrace(*w.store)));
    if (depth++ == 2) return w.store->set_pending(Trap("deep"));
    // From the host function, another that stops, and goes on with 1.
    vm::ValRaw inner = cell;
    std::unique_ptr<Suspended> waits;
    if (call_func(*w.store, w.instance->func_ref(depth == 1 ? 5 : 1), &inner, 1, &waits) != CallEnd::kSuspended)
      return w.store->set_pending(Trap("did not stop"));
    const vm::ValRaw one[] = {vm::ValRaw::from_u64(1)};
    if (rt::resume(*w.store, waits, one, &inner, 1) != CallEnd::kReturned) return false;
    cell = inner;
    return w.store->set_pending(Trap(std::to_string(inner.get_u64())));
  };
  REQUIRE(w.start(1, 7) == CallEnd::kSuspended);
  // The innermost stopped as "deep" and went on with 1; the middle one stopped where it told so, and went on with 1.
  REQUIRE(w.stopped->host_error->message() == std::to_string(1 + 1000 + 10'000 + 100'000));
  REQUIRE(traces.size() == 3);
  REQUIRE(traces[0] == Functions{4, 3, 2, 1});
  REQUIRE(traces[1] == Functions{4, 3, 5, 4, 3, 2, 1});
  REQUIRE(traces[2] == Functions{4, 3, 2, 1, 4, 3, 5, 4, 3, 2, 1});
  REQUIRE(w.resume({20}) == CallEnd::kReturned);
  REQUIRE(w.value.get_u64() == 20 + 11'110);
  REQUIRE(w.nothing_left());
}

TEST_CASE("a trap after both tiers have waited ends the call, with the frames of both", "[native][fiber]") {
  Chain w;
  int calls = 0;
  w.answer = [&](HostCall&) {
    if (calls++ == 0) return w.store->set_pending(Trap("wait"));
    return w.store->set_pending(make_trap(vm::TrapCode::kUnreachable));
  };
  REQUIRE(w.start(1, 7) == CallEnd::kSuspended);
  REQUIRE(w.resume({1}) == CallEnd::kReturned);
  REQUIRE(w.start(1, 7) == CallEnd::kTrapped);
  const Trap trap = w.store->take_pending();
  REQUIRE(trap.code() == uint8_t(vm::TrapCode::kUnreachable));
  REQUIRE(Chain::functions(trap.trace()) == Functions{4, 3, 2, 1});
  REQUIRE(w.nothing_left());
}

// Two threads' stacks, of which the first lies above the second, or below.
namespace {
class TwoStacks {
 public:
  explicit TwoStacks(bool first_above) : first_above_(first_above) {
    base_ = static_cast<char*>(mmap(nullptr, 2 * kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    REQUIRE(base_ != MAP_FAILED);
  }
  ~TwoStacks() { munmap(base_, 2 * kBytes); }
  bool contains(bool first, uintptr_t at) const { return at - reinterpret_cast<uintptr_t>(low(first)) < kBytes; }
  void run(bool first, std::function<void()> body) const {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstack(&attributes, low(first), kBytes);
    pthread_t thread;
    const auto call = [](void* f) -> void* {
      (*static_cast<std::function<void()>*>(f))();
      return nullptr;
    };
    const int error = pthread_create(&thread, &attributes, call, &body);
    if (error == 0) pthread_join(thread, nullptr);
    pthread_attr_destroy(&attributes);
    WJIT_ASSERT(error == 0);  // no REQUIRE: it runs within other threads
  }

 private:
  static constexpr size_t kBytes = 4 << 20;
  char* low(bool first) const { return base_ + (first == first_above_ ? kBytes : 0); }
  const bool first_above_;
  char* base_;
};
}  // namespace

TEST_CASE("a store that a host function lends to another thread is held to that thread's stack", "[native][fiber]") {
  for (const bool first_above : {true, false}) {
    INFO("the first thread's stack lies " << (first_above ? "above" : "below"));
    const TwoStacks stacks(first_above);
    Chain w;
    std::unique_ptr<Suspended> waits;
    REQUIRE(w.start(1, 7) == CallEnd::kSuspended);
    waits = std::move(w.stopped);
    CallEnd first{}, resumed{}, called{};
    int calls = 0;
    bool limit_fits = true;
    w.answer = [&](HostCall& call) {
      const bool outer = calls++ == 0;
      limit_fits = limit_fits && stacks.contains(outer, w.store->limits.stack_limit);
      if (!outer) return true;
      vm::ValRaw value = vm::ValRaw::from_u64(0), other = vm::ValRaw::from_u64(3);
      const vm::ValRaw input[] = {vm::ValRaw::from_u64(1)};
      stacks.run(false, [&] {
        resumed = rt::resume(*w.store, waits, input, &value, 1);
        called = call_func(*w.store, w.instance->func_ref(1), &other, 1);
      });
      limit_fits = limit_fits && stacks.contains(true, w.store->limits.stack_limit);
      *reinterpret_cast<uint64_t*>(call.cells) = value.get_u64() + other.get_u64();
      return true;
    };
    vm::ValRaw value = vm::ValRaw::from_u64(7);
    stacks.run(true, [&] { first = call_func(*w.store, w.instance->func_ref(1), &value, 1); });
    CHECK(first == CallEnd::kReturned);
    CHECK(resumed == CallEnd::kReturned);
    CHECK(called == CallEnd::kReturned);
    CHECK(limit_fits);
    CHECK(value.get_u64() == 1 + 11'110 + 3 + 11'110 + 11'110);
    w.store->pending_trap.reset();
    CHECK(w.nothing_left());
  }
}

}  // namespace wjit::rt::native_test
