// Stopping a guest: epochs, their callbacks and interrupts, in each tier and wherever a check may be: at entries, in loops,
// in loops entered in the middle, in bodies put in place of calls, in the middle of long operations.
#include <atomic>
#include <optional>
#include <stdexcept>
#include <thread>

#include "guest.h"
#include "runtime/engine.h"
#include "runtime/libcalls.h"
#include "runtime/store.h"

using namespace wjit;
using namespace wjit::test;

namespace {

struct Way {
  std::string name;
  Config config;
};

Way way(std::string name, Tier tier, const std::function<void(Config&)>& change = [](Config&) {}) {
  Way w{std::move(name), {}};
  w.config.tier = tier;
  w.config.epoch_interruption = true;
  w.config.compile_threads = 0;
  w.config.compiler.verify = true;
  change(w.config);
  return w;
}

std::vector<Way> ways(bool callbacks = false) {
  std::vector<Way> all{way("loop", Tier::kInterp, [](Config& c) { c.dispatch = Dispatch::kLoop; }),
                       way("tail", Tier::kInterp, [](Config& c) { c.memory_style = MemoryStyle::kChecks; })};
#if defined(__x86_64__)
  using R = CompilerConfig::Regalloc;
  all.push_back(way("jit", Tier::kJit));
  all.push_back(way("jit -O0", Tier::kJit, [](Config& c) { c.compiler.opt_level = 0; }));
  all.push_back(way("jit, spill, checks", Tier::kJit, [](Config& c) {
    c.compiler.regalloc = R::kSpill, c.memory_style = MemoryStyle::kChecks;
  }));
  all.push_back(way("jit, shuffle", Tier::kJit, [](Config& c) { c.compiler.regalloc = R::kShuffle; }));
  // Some functions are native, others are not.
  all.push_back(way("jit and interpreter", Tier::kJit, [](Config& c) { c.compiler.last_function = 3; }));
  all.push_back(way("interpreter and jit", Tier::kJit, [](Config& c) { c.compiler.first_function = 4; }));
  all.push_back(way("tiered", Tier::kTiered, [](Config& c) { c.tiering.call_threshold = c.tiering.loop_threshold = 1; }));
  for (uint64_t seed = 0; seed < 4; ++seed)
    all.push_back(way("tiered, loops " + std::to_string(seed), Tier::kTiered, [&](Config& c) {
      c.tiering = {.call_threshold = 1'000'000, .loop_threshold = 3, .osr = TierConfig::Osr::kAlways, .seed = seed};
    }));
#endif
  for (Way& w : all) w.config.epoch_callbacks = callbacks;
  return all;
}

// 0: the host's. 1: calls it in a loop. 2: small, to be put in place of a call. 3: a loop with a call of 2. 4: tail calls.
// 5: recursion. 6: loops in loops. 7: long operations. 8, 9: see the tests. 10: calls 6.
constexpr const char* kModule = R"((module
  (import "h" "f" (func $host (param i32) (result i32)))
  (memory (export "memory") 64 4000)
  (table (export "table") 10 funcref)
  (global $n (export "n") (mut i64) (i64.const 0))
  (global $g (export "g") (mut i32) (i32.const 1))
  (func $calls (export "calls") (param $turns i32) (result i64)
    (loop $l
      (global.set $n (i64.add (global.get $n) (i64.const 1)))
      (drop (call $host (i32.wrap_i64 (global.get $n))))
      (br_if $l (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))))
    (global.get $n))
  (func $small (export "small") (param i64) (result i64) (i64.add (i64.mul (local.get 0) (i64.const 3)) (i64.const 1)))
  (func $with_small (export "with_small") (param $turns i32) (result i64) (local $s i64)
    (loop $l
      (local.set $s (call $small (local.get $s)))
      (br_if $l (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))))
    (local.get $s))
  (func $tail (export "tail") (param $turns i32) (result i64)
    (if (i32.eqz (local.get $turns)) (then (return (global.get $n))))
    (global.set $n (i64.add (global.get $n) (i64.const 1)))
    (return_call $tail (i32.sub (local.get $turns) (i32.const 1))))
  (func $recursion (export "recursion") (param $turns i32) (result i64)
    (if (result i64) (i32.lt_u (local.get $turns) (i32.const 2)) (then (i64.const 1))
      (else (i64.add (call $recursion (i32.sub (local.get $turns) (i32.const 1)))
                     (call $recursion (i32.sub (local.get $turns) (i32.const 2)))))))
  (func $nest (export "nest") (param $turns i32) (result i64) (local $i i32) (local $j i32) (local $s i64)
    (loop $a
      (local.set $i (i32.const 0))
      (loop $b
        (local.set $j (i32.const 0))
        (loop $c
          (i64.store (i32.and (local.get $j) (i32.const 0xff8)) (local.get $s))
          (local.set $s (i64.add (local.get $s) (i64.load (i32.and (local.get $i) (i32.const 0xff8)))))
          (local.set $s (i64.add (local.get $s) (i64.extend_i32_u (i32.xor (local.get $i) (local.get $j)))))
          (br_if $c (i32.lt_u (local.tee $j (i32.add (local.get $j) (i32.const 1))) (i32.const 5))))
        (br_if $b (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 7))))
      (br_if $a (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))))
    (local.get $s))
  (func (export "fill") (param $byte i32) (param $bytes i32)
    (memory.fill (i32.const 0) (local.get $byte) (local.get $bytes)) (drop (call $small (i64.const 0))))
  (func (export "changes") (param $turns i32) (result i64) (local $s i64)
    (loop $l
      (local.set $s (i64.add (i64.mul (local.get $s) (i64.const 31))
        (i64.add (i64.extend_i32_u (i32.add (global.get $g) (memory.size)))
                 (i64.load8_u (i32.const 77)))))
      (i32.store8 (i32.const 78) (local.get $turns))
      (local.set $s (i64.add (local.get $s) (i64.extend_i32_u (table.size 0))))
      (br_if $l (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))))
    (local.get $s))
  (func (export "never") (param i32) (result i64) (loop $l (br $l)) (unreachable))
  (func (export "outer") (param i32) (result i64) (i64.add (call $nest (local.get 0)) (call $with_small (local.get 0))))
  (func (export "never_small") (param i32) (result i64) (loop $l (drop (call $small (i64.const 1))) (br $l)) (unreachable))
  (func $never_tail (export "never_tail") (param i32) (result i64) (return_call $never_tail (local.get 0)))
  (func (export "never_host") (param i32) (result i64) (loop $l (drop (call $host (i32.const 0))) (br $l)) (unreachable))
  (func (export "never_fill") (param i32) (result i64)
    (loop $l (memory.fill (i32.const 0) (i32.const 1) (i32.const 4000000)) (br $l)) (unreachable))))";

constexpr const char* kCounting[] = {"calls", "with_small", "tail", "recursion", "nest", "changes", "outer"};
constexpr const char* kNever[] = {"never", "never_small", "never_tail", "never_host", "never_fill"};

struct Run {
  explicit Run(const Config& config, const char* wat = kModule) : engine(config), store(engine) {
    auto made = Module::from_text(engine, wat);
    if (!made) FAIL(made.err().to_string());
    module.emplace(std::move(made).ok());
    Func host = Func::wrap(store, [this](int32_t n) { return on_call ? on_call(n) : Result<int32_t, Trap>(n); });
    const Extern imports[] = {host};
    auto i = Instance::create(store, *module, imports);
    if (!i) FAIL(to_string(i.err()));
    instance = i.ok();
  }
  template <class H>
  H get(std::string_view name) {
    return std::get<H>(*instance.get(store, name));
  }
  std::vector<Val> args_of(std::string_view name, int32_t n) {
    const FuncType type = get<Func>(name).type(store);
    std::vector<Val> args{type.params[0].kind == ValKind::kI64 ? Val(int64_t{n}) : Val(n)};
    if (type.params.size() == 2) args.push_back(Val(int32_t{4 << 20}));
    return args;
  }
  TrapResult<std::vector<Val>> call(std::string_view name, int32_t n) { return get<Func>(name).call(store, args_of(name, n)); }
  std::string run(std::string_view name, int32_t n) { return to_text(call(name, n)); }
  // The end of a call that does not return.
  Trap trap(std::string_view name, int32_t n) {
    auto r = call(name, n);
    if (r) return Trap("returned");
    if (auto* t = std::get_if<Trap>(&r.err())) return *t;
    return Trap(std::get<Error>(r.err()).to_string());
  }
  int64_t n() { return get<Global>("n").get(store).i64(); }
  // Runs to the end, over all yields.
  std::string run_yielding(std::string_view name, int32_t n, int* yields) {
    auto r = get<Func>(name).call_resumable(store, args_of(name, n));
    while (r && std::holds_alternative<ResumableCall>(r.ok())) {
      ResumableCall call = std::get<ResumableCall>(std::move(r).ok());
      if (call.kind() != ResumableCall::Kind::kYielded) return "stopped otherwise";
      ++*yields;
      r = call.resume(store);
    }
    if (!r) return to_text(TrapResult<std::vector<Val>>(r.err()));
    return to_text(TrapResult<std::vector<Val>>(std::get<std::vector<Val>>(r.ok())));
  }

  Engine engine;
  Store store;
  std::optional<Module> module;
  Instance instance;
  std::function<Result<int32_t, Trap>(int32_t)> on_call;
};

// What every function gives without epochs.
std::string expected(std::string_view name, int32_t n) {
  Config plain;
  plain.tier = Tier::kInterp;
  return Run(plain).run(name, n);
}

}  // namespace

TEST_CASE("epochs: without an end in sight nothing changes", "[epoch]") {
  for (bool callbacks : {false, true})
    for (const Way& w : ways(callbacks)) {
      INFO(w.name << (callbacks ? ", callbacks" : ""));
      for (const char* name : kCounting) {
        Run g(w.config);
        CHECK(g.run(name, 20) == expected(name, 20));
        REQUIRE(g.store.set_epoch_deadline(2));
        g.engine.increment_epoch();
        CHECK(g.run("nest", 20) == expected("nest", 20));
      }
    }
}

TEST_CASE("epochs: the deadline traps at the next check, and the store goes on", "[epoch]") {
  for (const Way& w : ways()) {
    INFO(w.name);
    Run g(w.config);
    g.on_call = [&](int32_t n) { return g.engine.increment_epoch(), Result<int32_t, Trap>(n); };
    REQUIRE(g.store.set_epoch_deadline(3));
    Trap t = g.trap("calls", 100);
    CHECK(t.kind() == Trap::Kind::kInterrupt);
    CHECK(t.message() == "epoch deadline reached");
    CHECK(g.n() == 3);
    REQUIRE(t.trace().size() == 1);
    CHECK(t.trace()[0].func_index == 1);
    // At the loop instruction.
    CHECK(t.trace()[0].func_offset == 1);
    // It stays reached.
    t = g.trap("small", 0);
    REQUIRE(t.trace().size() == 1);
    CHECK(t.trace()[0].func_index == 2);
    CHECK(t.trace()[0].func_offset == 0);
    REQUIRE(g.store.set_epoch_deadline(~uint64_t{0}));
    CHECK(g.run("nest", 3) == expected("nest", 3));
    REQUIRE(g.store.set_epoch_deadline(0));
    for (const char* name : kCounting) CHECK(g.trap(name, 100).message() == "epoch deadline reached");
    REQUIRE(g.store.set_epoch_deadline(1'000));
    CHECK(g.run("with_small", 3) == expected("with_small", 3));
  }
}

TEST_CASE("epochs: a host function may set the deadline of what called it", "[epoch]") {
  for (const Way& w : ways()) {
    INFO(w.name);
    Run g(w.config);
    g.on_call = [&](int32_t n) {
      if (n == 5) g.store.set_epoch_deadline(0).unwrap();
      return Result<int32_t, Trap>(n);
    };
    CHECK(g.trap("calls", 100).message() == "epoch deadline reached");
    CHECK(g.n() == 5);
    // And one that is called within a call that is past its deadline traps, too: what it makes of that is its own affair.
    int32_t inner = 0;
    g.on_call = [&](int32_t n) {
      g.store.set_epoch_deadline(0).unwrap();
      inner += g.trap("small", 1).message() == "epoch deadline reached";
      return Result<int32_t, Trap>(n);
    };
    REQUIRE(g.store.set_epoch_deadline(1));
    CHECK(g.trap("calls", 100).message() == "epoch deadline reached");
    CHECK(inner == 1);
    CHECK(g.n() == 6);
  }
}

TEST_CASE("epochs: another thread ends what would never end", "[epoch]") {
  for (const Way& w : ways())
    for (const char* name : kNever) {
      INFO(w.name << ", " << name);
      Run g(w.config);
      REQUIRE(g.store.set_epoch_deadline(2));
      std::atomic<bool> done{false};
      std::thread ticker([&] {
        while (!done) g.engine.increment_epoch(), std::this_thread::yield();
      });
      const Trap t = g.trap(name, 0);
      done = true;
      ticker.join();
      CHECK(t.kind() == Trap::Kind::kInterrupt);
      CHECK(t.trace().size() >= 1);
      REQUIRE(g.store.set_epoch_deadline(~uint64_t{0}));
      CHECK(g.run("nest", 3) == expected("nest", 3));
    }
}

TEST_CASE("interrupts: another thread ends what would never end, once", "[epoch]") {
  for (bool callbacks : {false, true})
    for (const Way& w : ways(callbacks))
      for (const char* name : kNever) {
        INFO(w.name << ", " << name);
        Run g(w.config);
        const InterruptHandle handle = g.store.interrupt_handle().unwrap();
        std::thread other([handle] { handle.interrupt(); });
        const Trap t = g.trap(name, 0);
        other.join();
        CHECK(t.kind() == Trap::Kind::kInterrupt);
        CHECK(t.message() == "interrupted");
        CHECK(g.run("nest", 3) == expected("nest", 3));
      }
}

TEST_CASE("interrupts: at the next check, whatever deadlines are set meanwhile, and only in their store", "[epoch]") {
  for (const Way& w : ways()) {
    INFO(w.name);
    Run g(w.config);
    const InterruptHandle handle = g.store.interrupt_handle().unwrap(), copy = handle;
    g.on_call = [&](int32_t n) {
      if (n == 4) {
        copy.interrupt();
        handle.interrupt();
        g.store.set_epoch_deadline(1000).unwrap();
      }
      return Result<int32_t, Trap>(n);
    };
    CHECK(g.trap("calls", 100).message() == "interrupted");
    CHECK(g.n() == 4);
    CHECK(g.run("nest", 3) == expected("nest", 3));
    // Of one that comes when nothing runs, what runs next hears.
    handle.interrupt();
    CHECK(g.trap("nest", 3).message() == "interrupted");
    CHECK(g.run("nest", 3) == expected("nest", 3));
    Store second(g.engine);
    second.interrupt_handle().unwrap().interrupt();
    CHECK(g.run("nest", 3) == expected("nest", 3));
  }
}

TEST_CASE("interrupts: a handle outlives its store, and a store that moves keeps it", "[epoch]") {
  Config config;
  config.epoch_interruption = true;
  Engine engine(config);
  std::optional<InterruptHandle> handle;
  {
    Store store(engine);
    handle = store.interrupt_handle().unwrap();
    Store moved = std::move(store);
    handle->interrupt();
    CHECK(moved.impl().poll() == vm::TrapCode::kInterrupt);
    CHECK(moved.impl().poll() == vm::TrapCode::kNone);
  }
  handle->interrupt();
}

TEST_CASE("epochs: an engine without them says so", "[epoch]") {
  Engine engine{Config()};
  Store store(engine);
  const auto go_on = [](Store::Context) -> Result<UpdateDeadline, Trap> { return UpdateDeadline::continue_for(1); };
  for (const std::string& message :
       {store.set_epoch_deadline(1).err().message(), store.epoch_deadline_callback(go_on).err().message(),
        store.interrupt_handle().err().message()})
    CHECK(message.find("Config::epoch_interruption") != std::string::npos);
  Config config;
  config.epoch_interruption = true;
  Store with(Engine{config});
  CHECK(with.set_epoch_deadline(1));
  const auto refused = with.epoch_deadline_callback(go_on);
  REQUIRE_FALSE(refused);
  CHECK(refused.err().kind() == ErrorKind::kUsage);
  CHECK(refused.err().message().find("Config::epoch_callbacks") != std::string::npos);
}

TEST_CASE("epochs: a callback changes what code knows of memories, tables and globals", "[epoch]") {
  std::string first;
  for (const Way& w : ways(true)) {
    INFO(w.name);
    Run g(w.config);
    uint32_t asked = 0;
    REQUIRE(g.store.epoch_deadline_callback([&](Store::Context cx) -> Result<UpdateDeadline, Trap> {
      ++asked;
      g.get<Global>("g").set(cx, Val(int32_t(asked * 7))).unwrap();
      g.get<Memory>("memory").grow(cx, asked % 3).unwrap();
      g.get<Memory>("memory").data(cx)[77] = uint8_t(asked * 13);
      g.get<Table>("table").grow(cx, 1, Val(std::optional<Func>())).unwrap();
      return UpdateDeadline::continue_for(0);  // asked at every check
    }));
    REQUIRE(g.store.set_epoch_deadline(0));
    const std::string found = g.run("changes", 200) + std::to_string(asked);
    if (first.empty()) first = found;
    CHECK(found == first);
    CHECK(asked == 201);
  }
}

TEST_CASE("epochs: a callback is asked at each check that is past the deadline it gave", "[epoch]") {
  std::string first;
  for (const Way& w : ways(true)) {
    INFO(w.name);
    std::string text;
    for (const char* name : kCounting) {
      Run g(w.config);
      int asked = 0;
      g.store
          .epoch_deadline_callback([&](Store::Context) -> Result<UpdateDeadline, Trap> {
            ++asked;
            g.engine.increment_epoch();
            return UpdateDeadline::continue_for(asked % 2);  // 1 more than there is now: at some check later
          })
          .unwrap();
      g.store.set_epoch_deadline(0).unwrap();
      g.on_call = [&](int32_t n) { return g.engine.increment_epoch(), Result<int32_t, Trap>(n); };
      CHECK(g.run(name, 9) == expected(name, 9));
      text += name + std::string(" ") + std::to_string(asked) + "; ";
    }
    if (first.empty()) first = text;
    CHECK(text == first);
  }
}

TEST_CASE("epochs: a callback ends the call with an error of its own", "[epoch]") {
  for (const Way& w : ways(true)) {
    INFO(w.name);
    Run g(w.config);
    int left = 5;
    REQUIRE(g.store.epoch_deadline_callback([&](Store::Context) -> Result<UpdateDeadline, Trap> {
      if (--left < 0) return Trap("that is enough");
      return UpdateDeadline::continue_for(0);
    }));
    REQUIRE(g.store.set_epoch_deadline(0));
    Trap t = g.trap("nest", 100);
    CHECK(t.kind() == Trap::Kind::kHost);
    CHECK(t.message() == "that is enough");
    REQUIRE(t.trace().size() == 1);
    CHECK(t.trace()[0].func_index == 6);
    left = 3;
    // Not a stop of a resumable call: there is no host function to answer for.
    auto r = g.get<Func>("nest").call_resumable(g.store, std::vector<Val>{Val(100)});
    REQUIRE_FALSE(r);
    CHECK(to_string(r.err()).find("that is enough") != std::string::npos);
    // In the middle of an operation.
    left = 2;
    CHECK(g.trap("fill", 5).message() == "that is enough");
    const auto bytes = g.get<Memory>("memory").data(g.store);
    CHECK(bytes[2 * rt::kPollBytes - 1] == 5);
    CHECK(bytes[2 * rt::kPollBytes] == 0);

    REQUIRE(g.store.epoch_deadline_callback([](Store::Context) -> Result<UpdateDeadline, Trap> {
      throw std::runtime_error("thrown");
    }));
    t = g.trap("nest", 100);
    CHECK(t.message() == "the epoch deadline's callback threw an exception");
    CHECK(t.payload().has_value());
    // A callback that calls into the store is told that it may not.
    std::string told;
    REQUIRE(g.store.epoch_deadline_callback([&](Store::Context) -> Result<UpdateDeadline, Trap> {
      told = g.trap("small", 1).message();
      return UpdateDeadline::continue_for(1);
    }));
    CHECK(g.run("nest", 3) == expected("nest", 3));
    CHECK(told == "the callback of an epoch deadline calls a function of the same store");
    g.store.epoch_deadline_trap();
    REQUIRE(g.store.set_epoch_deadline(0));
    CHECK(g.trap("nest", 3).message() == "epoch deadline reached");
  }
}

TEST_CASE("epochs: a resumable call yields, in any mix of tiers, and goes on", "[epoch]") {
  std::string first;
  for (const Way& w : ways(true)) {
    INFO(w.name);
    std::string text;
    for (const char* name : kCounting) {
      Run g(w.config);
      int asked = 0, yields = 0;
      g.store
          .epoch_deadline_callback([&](Store::Context) -> Result<UpdateDeadline, Trap> {
            return ++asked % 3 == 0 ? UpdateDeadline::continue_for(0) : UpdateDeadline::yield_for(0);
          })
          .unwrap();
      g.store.set_epoch_deadline(0).unwrap();
      CHECK(g.run_yielding(name, 9, &yields) == expected(name, 9));
      CHECK(yields == asked - asked / 3);
      text += name + std::string(" ") + std::to_string(yields) + "; ";
      CHECK(g.store.impl().pins == 0);
    }
    if (first.empty()) first = text;
    CHECK(text == first);
  }
}

TEST_CASE("epochs: ticks after a yield count from when the call goes on", "[epoch]") {
  for (const Way& w : ways(true)) {
    INFO(w.name);
    Run g(w.config);
    g.on_call = [&](int32_t n) { return g.engine.increment_epoch(), Result<int32_t, Trap>(n); };
    REQUIRE(g.store.epoch_deadline_callback(
        [](Store::Context) -> Result<UpdateDeadline, Trap> { return UpdateDeadline::yield_for(3); }));
    REQUIRE(g.store.set_epoch_deadline(2));
    auto r = g.get<Func>("calls").call_resumable(g.store, std::vector<Val>{Val(100)});
    REQUIRE(r);
    ResumableCall call = std::get<ResumableCall>(std::move(r).ok());
    CHECK(call.kind() == ResumableCall::Kind::kYielded);
    CHECK(call.host_func() == Func());
    CHECK(g.n() == 2);
    for (int i = 0; i < 50; ++i) g.engine.increment_epoch();
    const Val input(1);
    auto wrong = call.resume(g.store, {&input, 1});
    REQUIRE_FALSE(wrong);
    CHECK(to_string(wrong.err()).find("resume takes 0 inputs") != std::string::npos);
    // In another thread.
    std::thread([&] { r = call.resume(g.store); }).join();
    REQUIRE(r);
    CHECK(g.n() == 5);
    { const ResumableCall dropped = std::get<ResumableCall>(std::move(r).ok()); }
    CHECK(g.store.impl().pins == 0);
    REQUIRE(g.store.set_epoch_deadline(~uint64_t{0}));
    CHECK(g.run("nest", 3) == expected("nest", 3));
  }
}

TEST_CASE("epochs: a plain call that is to yield traps and says so", "[epoch]") {
  for (const Way& w : ways(true)) {
    INFO(w.name);
    Run g(w.config);
    REQUIRE(g.store.epoch_deadline_callback(
        [](Store::Context) -> Result<UpdateDeadline, Trap> { return UpdateDeadline::yield_for(1); }));
    REQUIRE(g.store.set_epoch_deadline(0));
    Trap t = g.trap("nest", 3);
    CHECK(t.kind() == Trap::Kind::kInterrupt);
    CHECK(t.message() == "the epoch deadline's callback wants the call to yield, which is not resumable");
    // So does a plain call below a resumable one; the latter ends with it if the host function says so.
    std::string inner;
    g.on_call = [&](int32_t) -> Result<int32_t, Trap> {
      g.store.set_epoch_deadline(0).unwrap();
      Trap end = g.trap("small", 1);
      inner = end.message();
      return end;
    };
    REQUIRE(g.store.set_epoch_deadline(1));
    auto r = g.get<Func>("calls").call_resumable(g.store, std::vector<Val>{Val(100)});
    REQUIRE_FALSE(r);
    CHECK(inner == t.message());
    CHECK(to_string(r.err()).find(inner) != std::string::npos);
  }
}

TEST_CASE("epochs: a yield in the middle of a long operation waits for its end", "[epoch]") {
  for (const Way& w : ways(true)) {
    INFO(w.name);
    Run g(w.config);
    int asked = 0;
    REQUIRE(g.store.epoch_deadline_callback([&](Store::Context) -> Result<UpdateDeadline, Trap> {
      return ++asked == 3 ? UpdateDeadline::yield_for(1000) : UpdateDeadline::continue_for(0);
    }));
    REQUIRE(g.store.set_epoch_deadline(0));
    auto r = g.get<Func>("fill").call_resumable(g.store, g.args_of("fill", 9));
    REQUIRE(r);
    REQUIRE(std::holds_alternative<ResumableCall>(r.ok()));
    CHECK(asked == 3);
    CHECK(g.get<Memory>("memory").data(g.store)[(4 << 20) - 1] == 9);
    ResumableCall call = std::get<ResumableCall>(std::move(r).ok());
    r = call.resume(g.store);
    REQUIRE(r);
    CHECK(std::holds_alternative<std::vector<Val>>(r.ok()));
    CHECK(asked == 3);
  }
}

TEST_CASE("epochs: with fuel, both hold, and the check comes before the block is paid", "[epoch]") {
  uint64_t left[2] = {};
  for (Way w : ways()) {
    INFO(w.name);
    w.config.consume_fuel = true;
    w.config.mode = CompilationMode::kEager;
    Run g(w.config);
    for (int k = 0; k < 2; ++k) {
      g.on_call = [&](int32_t n) {
        if (k == 0) g.engine.increment_epoch();
        return Result<int32_t, Trap>(n);
      };
      REQUIRE(g.store.set_fuel(1'000));
      REQUIRE(g.store.set_epoch_deadline(3));
      const uint64_t lazily = g.store.impl().compile_fuel;
      const Trap t = g.trap("calls", 1'000'000);
      CHECK(t.kind() == (k == 0 ? Trap::Kind::kInterrupt : Trap::Kind::kOutOfFuel));
      const uint64_t now = g.store.get_fuel().ok() + (g.store.impl().compile_fuel - lazily);
      if (left[k] == 0) left[k] = now;
      CHECK(now == left[k]);
    }
  }
}

TEST_CASE("epochs: slices of time, from a thread that ticks", "[epoch]") {
  for (const Way& w : ways(true)) {
    INFO(w.name);
    Run g(w.config);
    std::atomic<bool> done{false};
    REQUIRE(g.store.epoch_deadline_callback(
        [](Store::Context) -> Result<UpdateDeadline, Trap> { return UpdateDeadline::yield_for(1); }));
    REQUIRE(g.store.set_epoch_deadline(1));
    std::thread ticker([&] {
      while (!done) g.engine.increment_epoch(), std::this_thread::yield();
    });
    int yields = 0;
    const std::string found = g.run_yielding("outer", 2000, &yields);
    done = true;
    ticker.join();
    CHECK(found == expected("outer", 2000));
  }
}

TEST_CASE("epochs: a store that is interrupted all the time still stops cleanly each time", "[epoch]") {
  for (const Way& w : ways(true)) {
    INFO(w.name);
    Run g(w.config);
    const InterruptHandle handle = g.store.interrupt_handle().unwrap();
    REQUIRE(g.store.epoch_deadline_callback(
        [](Store::Context) -> Result<UpdateDeadline, Trap> { return UpdateDeadline::continue_for(1); }));
    REQUIRE(g.store.set_epoch_deadline(1));
    std::atomic<bool> done{false};
    std::thread other([&] {
      while (!done) handle.interrupt(), g.engine.increment_epoch(), std::this_thread::yield();
    });
    const std::string whole = expected("outer", 50);
    int stopped = 0;
    for (int i = 0; i < 300; ++i) {
      const std::string found = g.run("outer", 50);
      if (found.compare(0, 11, "interrupted") == 0) ++stopped;
      else if (found != whole) FAIL(found);
    }
    done = true;
    other.join();
    // One may be left over.
    (void)g.run("small", 1);
    CHECK(g.run("outer", 50) == whole);
    (void)stopped;
  }
}
