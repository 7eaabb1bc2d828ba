// Functions and loops that change tier: what they compute, where they trap and what they cost in fuel is what it was, and
// what becomes native is what was asked for.
#include <atomic>
#include <cstdlib>
#include <optional>
#include <thread>

#include "unit/child.h"
#include "guest.h"
#include "runtime/engine.h"
#include "runtime/jit/tier_up.h"
#include "runtime/store.h"

using namespace wjit;
using namespace wjit::test;

namespace {

Config tiered(uint32_t calls, uint32_t loops, TierConfig::Osr osr = TierConfig::Osr::kAuto, unsigned threads = 0) {
  Config c;
  c.tier = Tier::kTiered;
  c.tiering = {.call_threshold = calls, .loop_threshold = loops, .osr = osr, .seed = 0};
  c.compile_threads = threads;
  c.compiler.verify = true;
  return c;
}

// A module in an engine of its own, as text.
struct World {
  World(std::string_view wat, Config config) : engine(config), store(engine) {
    auto made = Module::from_text(engine, wat);
    if (!made) FAIL(made.err().to_string());
    module.emplace(std::move(made).ok());
    if (config.consume_fuel) REQUIRE(store.set_fuel(1'000'000'000));
    instance.emplace(instantiate(store));
  }
  Instance instantiate(Store& in) {
    auto i = Instance::create(in, *module, {});
    if (!i) FAIL(to_string(i.err()));
    return i.ok();
  }
  TrapResult<std::vector<Val>> call(std::string_view name, const std::vector<Val>& args = {}) {
    return call(store, *instance, name, args);
  }
  static TrapResult<std::vector<Val>> call(Store& store, Instance& instance, std::string_view name,
                                           const std::vector<Val>& args) {
    return std::get<Func>(*instance.get(store, name)).call(store, args);
  }
  std::string run(std::string_view name, const std::vector<Val>& args = {}) { return to_text(call(name, args)); }
  TierReport::Function of(uint32_t func) {
    for (const auto& f : module->tier_report().functions)
      if (f.func_index == func) return f;
    return {};
  }
  Engine engine;
  Store store;
  std::optional<Module> module;
  std::optional<Instance> instance;
};

// 0: recursion; 1: three loops that pass values, with operands and constants below them; 2: a loop that traps in round n;
// 3: calls 2 by table; 4: a loop entered by many paths; 5: results that find no register.
constexpr const char* kModule = R"((module
  (memory (export "m") 1)
  (table funcref (elem $traps))
  (type $t (func (param i32) (result i32)))
  (func $fib (export "fib") (param i32) (result i32)
    (if (result i32) (i32.lt_u (local.get 0) (i32.const 2)) (then (local.get 0))
      (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                     (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
  (func (export "nest") (param $n i32) (result i64)
    (local $i i32) (local $j i32) (local $k i32) (local $s i64)
    (i64.const 7)
    (block $out (result i64)
      (i64.extend_i32_u (local.get $n))
      (loop $a (param i64) (result i64)
        (local.set $j (i32.const 0))
        (i64.const 3) (i64.add)
        (i64.extend_i32_u (local.get $i))
        (block (result i64)
          (br_if 0 (i64.const 11) (i32.eq (local.get $i) (i32.const 3)))
          (loop $b (param i64) (result i64)
            (local.set $k (i32.const 0))
            (loop $c (param i64) (result i64)
              (i64.add (i64.extend_i32_u (i32.mul (local.get $i) (i32.add (local.get $j) (local.get $k)))))
              (local.set $s (i64.add (local.get $s) (i64.const 1)))
              (local.set $k (i32.add (local.get $k) (i32.const 1)))
              (br_if $c (i32.lt_u (local.get $k) (local.get $n))))
            (local.set $j (i32.add (local.get $j) (i32.const 1)))
            (br_if $b (i32.lt_u (local.get $j) (local.get $n)))))
        (i64.add)
        (i64.add)
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $a (i32.lt_u (local.get $i) (local.get $n)))))
    (i64.add) (local.get $s) (i64.mul))
  (func $traps (export "traps") (param $n i32) (result i32)
    (local $i i32)
    (loop $l
      (i32.store (i32.const 16) (local.get $i))
      (drop (i32.div_u (i32.const 1000) (i32.sub (local.get $n) (local.get $i))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.lt_u (local.get $i) (i32.const 500))))
    (local.get $i))
  (func (export "indirect") (param i32) (result i32)
    (i32.add (i32.const 1) (call_indirect (type $t) (local.get 0) (i32.const 0))))
  (func (export "paths") (param $n i32) (result f64)
    (local $x f64) (local $i i32) (local $f f32)
    (local.set $x (f64.const 0.5))
    (if (result f64) (i32.and (local.get $n) (i32.const 1))
      (then (loop $l (result f64)
        (local.set $x (f64.add (local.get $x) (f64.convert_i32_u (local.get $i))))
        (local.set $f (f32.demote_f64 (local.get $x)))
        (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n)))
        (f64.promote_f32 (local.get $f))))
      (else
        (block $done (loop $l
          (br_if $done (i32.ge_u (local.get $i) (local.get $n)))
          (local.set $i (i32.add (local.get $i) (i32.const 2)))
          (local.set $x (f64.mul (local.get $x) (f64.const 1.25)))
          (br $l)))
        (local.get $x))))
  (func (export "many") (param $n i32) (result i32 i64 f32 i32 i32 i64 i32 i32)
    (local $i i32)
    (loop $l (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $i) (i64.const 2) (f32.const 3) (i32.const 4) (local.get $n) (i64.const 6) (local.get $i) (i32.const 8))
))";

std::string everything(World& w) {
  std::string text;
  for (int round = 0; round < 2; ++round) {
    text += w.run("fib", {Val(int32_t{12})}) + "\n";
    for (int32_t n : {0, 1, 2, 3, 5, 12}) text += w.run("nest", {Val(n)}) + "\n";
    for (int32_t n : {0, 1, 7, 100, 499, 1000}) {
      text += w.run("traps", {Val(n)}) + "\n";
      text += w.run("indirect", {Val(n)}) + "\n";
    }
    for (int32_t n : {0, 1, 2, 9, 40}) text += w.run("paths", {Val(n)}) + w.run("many", {Val(n)}) + "\n";
    text += std::to_string(w.store.get_fuel() ? w.store.get_fuel().ok() + w.store.impl().compile_fuel : 0) + "\n";
  }
  return text + state_of(w.store, *w.instance);
}

Config metered(Config c) {
  c.consume_fuel = true;
  return c;
}

}  // namespace

#if defined(__x86_64__)

TEST_CASE("tiered: a function becomes native at its threshold, for every instance and every way to call it", "[jit][tiered]") {
  World w(kModule, tiered(5, 1'000'000, TierConfig::Osr::kOff));
  Store other(w.engine);
  Instance before = w.instantiate(other);
  for (int32_t i = 0; i < 4; ++i) CHECK(w.run("indirect", {Val(int32_t{1000})}) == "i32:1f5 ");
  CHECK_FALSE(w.of(2).native);
  CHECK(w.run("indirect", {Val(int32_t{1000})}) == "i32:1f5 ");
  CHECK(w.of(2).native);
  CHECK(w.of(3).native);
  const uint32_t calls = w.of(2).calls;
  Instance after = w.instantiate(other);
  CHECK(to_text(World::call(other, before, "indirect", {Val(int32_t{1000})})) == "i32:1f5 ");
  CHECK(to_text(World::call(other, after, "indirect", {Val(int32_t{1000})})) == "i32:1f5 ");
  CHECK(w.of(2).calls == calls);  // from native code, without the interpreter
  CHECK(w.of(2).code_bytes > 0);
  CHECK(w.of(2).compile_nanoseconds > 0);
  CHECK(w.of(2).translate_nanoseconds > 0);
  CHECK(w.module->native_report().native == 2);
}

TEST_CASE("tiered: func refs lead to native code without a detour, once there is some", "[jit][tiered]") {
  World w(kModule, tiered(2, 1'000'000, TierConfig::Osr::kOff));
  rt::Instance& first = *w.instance->raw();
  rt::Instance& second = *w.instantiate(w.store).raw();
  const vm::VMFuncRef* ref = first.func_ref(2);
  const auto* thunk = ref->wasm_call;
  for (int i = 0; i < 3; ++i) w.run("traps", {Val(int32_t{9})});
  REQUIRE(w.of(2).native);
  CHECK(ref->wasm_call != thunk);
  CHECK(second.func_ref(2)->wasm_call == ref->wasm_call);
  CHECK(w.instantiate(w.store).raw()->func_ref(2)->wasm_call == ref->wasm_call);
  CHECK(first.func_ref(2) == ref);
  CHECK(first.func_ref(0)->wasm_call != ref->wasm_call);
  CHECK(w.run("indirect", {Val(int32_t{1000})}) == "i32:1f5 ");
}

TEST_CASE("tiered: what is refused is not counted any more", "[jit][tiered]") {
  Config c = tiered(1, 10);
  c.compiler.first_function = 3;
  World w(kModule, c);
  for (int i = 0; i < 3; ++i) CHECK(w.run("traps", {Val(int32_t{1000})}) == "i32:1f4 ");
  const uint32_t rounds = w.of(2).loops;
  CHECK(w.run("traps", {Val(int32_t{1000})}) == "i32:1f4 ");
  CHECK(w.of(2).loops == rounds);
}

TEST_CASE("tiered is what a Config says, and where there is no memory for code all stays in the interpreter", "[jit][tiered]") {
  CHECK(Config().tier == Tier::kTiered);
  const std::string command = std::string("WJIT_CODE_MEMORY=none /proc/") + std::to_string(getpid()) + "/exe no-code-memory > /dev/null";
  CHECK(std::system(command.c_str()) == 0);
}

TEST_CASE("no-code-memory", "[.no-code-memory]") {
  if (!std::getenv("WJIT_CODE_MEMORY")) return;
  Config c;
  c.tiering.call_threshold = c.tiering.loop_threshold = 1;
  World w(kModule, c);
  World interp(kModule, interpreted());
  CHECK(everything(w) == everything(interp));
  CHECK(w.module->native_report().native == 0);
  CHECK(w.module->tier_report().functions.empty());
}

// An engine that nobody has ended, whose threads compile while the process does.
TEST_CASE("tiered: code is made to the end of the process, when what is static has gone", "[jit][tiered]") {
  const std::string command = "MALLOC_PERTURB_=165 /proc/" + std::to_string(getpid()) + "/exe compiles-at-exit > /dev/null";
  const int status = std::system(command.c_str());
  CHECK(exited_with(status, 7));
}

TEST_CASE("compiles-at-exit", "[.compiles-at-exit]") {
  static const auto run = [] { return World(kModule, tiered(1, 1)).run("fib", {Val(int32_t{9})}); };
  // Called after the destructors of what is made from here on.
  REQUIRE(std::atexit([] { _exit(run() == "i32:22 " ? 7 : 8); }) == 0);
  CHECK(run() == "i32:22 ");
}

TEST_CASE("row 23: tiered: results, memory, traps with their traces, and fuel are those of the interpreter", "[jit][tiered][failure-classes]") {
  using O = TierConfig::Osr;
  Config plain = interpreted();
  plain.consume_fuel = true;
  World interp(kModule, plain);
  const std::string expected = everything(interp);
  for (uint32_t calls : {1u, 2u, 7u, 1000u})
    for (uint32_t loops : {1u, 3u, 40u})
      for (O osr : {O::kAuto, O::kOff, O::kAlways})
        for (uint64_t seed : {0u, 1u, 2u, 3u}) {
          Config c = metered(tiered(calls, loops, osr));
          c.tiering.seed = seed;
          World w(kModule, c);
          INFO("calls " << calls << " loops " << loops << " osr " << int(osr) << " seed " << seed);
          CHECK(everything(w) == expected);
          for (const auto& f : w.module->tier_report().functions) CHECK(f.refused + f.loop_refused == "");
        }
}

TEST_CASE("row 23: tiered: one long call goes on in native code, at any of its loops", "[jit][tiered][failure-classes]") {
  World interp(kModule, interpreted());
  const std::string expected = interp.run("nest", {Val(int32_t{30})});
  bool entered[4] = {};
  for (uint64_t seed = 1; seed < 16; ++seed) {
    Config c = tiered(1'000'000, 100, TierConfig::Osr::kAlways);
    c.tiering.seed = seed;
    World w(kModule, c);
    CHECK(w.run("nest", {Val(int32_t{30})}) == expected);
    const auto f = w.of(1);
    CHECK(f.loops_compiled == 1);
    CHECK(f.loops_entered == 1);
    // What was counted before: 1 round of the outermost loop, 1 and 2 of the others.
    REQUIRE(f.loops < 4);
    entered[f.loops] = true;
  }
  CHECK((entered[1] && entered[2] && entered[3]));
}

// The text in front of the inner loop comes after it where that is entered, and when the way to $E that is never taken
// has gone, that text dominates $E, which stood before it.
TEST_CASE("row 23: tiered: blocks in an order of their own, when branches go that are never taken", "[jit][tiered][failure-classes]") {
  constexpr const char* kNever = R"((module (memory 1)
    (func (export "f") (param $n i32) (result i32) (local $i i32) (local $j i32) (local $acc i32) (local $t i32) (local $z i32)
      (loop $outer
        (local.set $t (i32.mul (local.get $i) (i32.const 7)))
        (block $cont
          (block $E
            (if (i32.eq (i32.rem_u (local.get $i) (i32.const 5)) (i32.const 3))
              (then (i32.store (i32.const 8) (local.get $t)) (br $E)))
            (local.set $j (i32.const 0))
            (loop $inner
              (local.set $acc (i32.add (local.get $acc) (i32.xor (local.get $t) (local.get $j))))
              (br_if $E (NEVER))
              (local.set $j (i32.add (local.get $j) (i32.const 1)))
              (br_if $inner (i32.lt_u (local.get $j) (i32.const 13))))
            (br $cont))
          (local.set $z (i32.and (i32.load (i32.const 8)) (i32.const 0xfffc)))
          (br_if $cont (i32.eqz (i32.and (local.get $i) (i32.const 1))))
          (i64.store (local.get $z) (i64.const -1))
          (local.set $acc (i32.add (local.get $acc) (i32.load (local.get $z)))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $outer (i32.lt_u (local.get $i) (local.get $n))))
      (local.get $acc))))";
  for (const char* never : {"i32.const 0", "i32.gt_u (i32.and (local.get $j) (i32.const 255)) (i32.const 300)"}) {
    std::string text = kNever;
    text.replace(text.find("NEVER"), 5, never);
    const std::string expected = World(text, interpreted()).run("f", {Val(int32_t{3000})});
    for (uint32_t rounds : {1u, 2u, 5u, 14u, 15u, 40u, 100u}) {
      World w(text, tiered(1'000'000, rounds));
      INFO(never << ", after " << rounds);
      CHECK(w.run("f", {Val(int32_t{3000})}) == expected);
      CHECK(w.of(0).loops_entered == 1);
    }
  }
}

TEST_CASE("row 23: tiered: a call without fuel for its next block says so in the same words, with the same frames and places, in every tier", "[jit][tiered][failure-classes]") {
  constexpr const char* kCalls = R"((module
    (func $f (param i32) (result i32) (if (result i32) (local.get 0) (then (i32.const 5)) (else (i32.add (i32.const 1) (i32.const 2)))))
    (func (export "m") (param i32) (result i32) (i32.add (call $f (local.get 0)) (call $f (i32.eqz (local.get 0)))))))";
  for (uint64_t fuel = 0; fuel < 24; ++fuel) {
    std::string expected;
    for (int way = 0; way < 4; ++way) {
      Config c = way == 0 ? interpreted() : tiered(1, 1);
      if (way > 1) c.tier = Tier::kJit;
      if (way > 2) c.compiler.opt_level = 0;
      c.consume_fuel = true;
      c.mode = CompilationMode::kEager;
      World w(kCalls, c);
      REQUIRE(w.store.set_fuel(fuel));
      const std::string found = w.run("m", {Val(int32_t{1})});
      if (way == 0) expected = found;
      INFO("fuel " << fuel << ", way " << way);
      CHECK(found == expected);
    }
  }
}

TEST_CASE("tiered: what is refused stays with the interpreter, and says why", "[jit][tiered]") {
  Config c = tiered(1, 1);
  c.compiler.first_function = 1;
  World w(kModule, c);
  CHECK(w.run("fib", {Val(int32_t{10})}) == "i32:37 ");
  CHECK_FALSE(w.of(0).native);
  CHECK(w.of(0).refused.find("not asked for") != std::string::npos);
  const NativeReport report = w.module->native_report();
  REQUIRE(report.stayed.size() == 1);
  CHECK(report.stayed[0].func_index == 0);
  CHECK(report.stayed[0].reason == "not asked for");
}

TEST_CASE("row 23: tiered: calls that stop and go on, in every tier", "[jit][tiered][failure-classes]") {
  const auto run = [](Config c) {
    World w(kModule, metered(std::move(c)));
    REQUIRE(w.store.set_fuel(10));
    std::string text;
    for (const char* name : {"fib", "nest", "traps", "many"}) {
      auto r = std::get<Func>(*w.instance->get(w.store, name)).call_resumable(w.store, {{Val(int32_t{9})}});
      for (;;) {
        if (!r) {
          text += to_text(TrapResult<std::vector<Val>>(std::move(r).err())) + "\n";
          break;
        }
        if (auto* done = std::get_if<std::vector<Val>>(&r.ok())) {
          for (const Val& v : *done) text += to_text(v) + " ";
          break;
        }
        ResumableCall call = std::move(std::get<ResumableCall>(r.ok()));
        text += std::to_string(call.required_fuel()) + ",";
        REQUIRE(w.store.set_fuel(call.required_fuel() + 3));
        r = call.resume(w.store);
      }
    }
    return text;
  };
  // Fuel of translation is another thing: what is asked for, block by block, is compared where there is none of it.
  Config eager = interpreted();
  eager.mode = CompilationMode::kEager;
  const std::string expected = run(eager);
  for (uint32_t calls : {1u, 3u, 1000u})
    for (auto osr : {TierConfig::Osr::kAuto, TierConfig::Osr::kAlways}) {
      Config c = tiered(calls, 5, osr);
      c.mode = CompilationMode::kEager;
      CHECK(run(c) == expected);
    }
}

TEST_CASE("tiered: threads that run, tier up, trap, suspend and drop modules", "[jit][tiered][threads]") {
  World interp(kModule, interpreted());
  const std::string fib = interp.run("fib", {Val(int32_t{11})}), nest = interp.run("nest", {Val(int32_t{6})}),
                    traps = interp.run("traps", {Val(int32_t{50})});
  Config c = metered(tiered(3, 20, TierConfig::Osr::kAuto, 2));
  c.compiler.verify = false;
  const Engine engine(c);
  auto shared = Module::from_text(engine, kModule);
  REQUIRE(shared);
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      for (int round = 0; round < 12; ++round) {
        std::optional<Module> own;
        if ((round + t) % 3 == 0) own.emplace(Module::from_text(engine, kModule).ok());
        const Module& module = own ? *own : shared.ok();
        Store store(engine);
        if (!store.set_fuel(1'000'000'000)) ++wrong;
        auto made = Instance::create(store, module, {});
        if (!made) {
          ++wrong;
          continue;
        }
        Instance instance = made.ok();
        own.reset();  // the store has it; dropped with its jobs waiting or under way
        const auto check = [&](const char* name, int32_t n, const std::string& expected) {
          wrong += to_text(World::call(store, instance, name, {Val(n)})) != expected;
        };
        check("fib", 11, fib);
        check("nest", 6, nest);
        check("traps", 50, traps);
        // Left where it stands, with the store.
        (void)store.set_fuel(700);
        (void)std::get<Func>(*instance.get(store, "fib")).call_resumable(store, {{Val(int32_t{20})}});
      }
    });
  for (std::thread& t : threads) t.join();
  CHECK(wrong == 0);
}

TEST_CASE("tiered: code of one-time modules goes with them", "[jit][tiered]") {
  for (int i = 0; i < 50; ++i) {
    World w(kModule, tiered(1, 1, TierConfig::Osr::kAuto, 1));  // the engine ends with jobs waiting or under way
    CHECK(w.run("fib", {Val(int32_t{5})}) == "i32:5 ");
  }
}

#if !defined(__SANITIZE_THREAD__)
TEST_CASE("tiered: a forked process goes on without the threads, and ends", "[jit][tiered]") {
  std::optional<World> w(std::in_place, kModule, tiered(1, 1, TierConfig::Osr::kAuto, 1));
  CHECK(w->run("fib", {Val(int32_t{5})}) == "i32:5 ");
  w->engine.impl().tier_up->wait_until_idle();
  const int status = status_of_child([&] {
    WJIT_CHILD_REQUIRE(w->run("fib", {Val(int32_t{9})}) == "i32:22 ");
    WJIT_CHILD_REQUIRE(w->run("traps", {Val(int32_t{1000})}) == "i32:1f4 ");
    w.reset();
    return 7;
  });
  CHECK(exited_with(status, 7));
}
#endif

#endif
