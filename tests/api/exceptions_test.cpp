// Exceptions as an embedder and as wasm see them, in every tier: functions that throw or catch run in the interpreter, with
// native code and host functions in between.
#include <optional>

#include "catch.h"
#include "runtime/store.h"
#include "vmcontext/traps.h"
#include "wjit/wjit.hpp"

using namespace wjit;

namespace {

struct Way {
  const char* name;
  Config config;
};
std::vector<Way> ways() {
  std::vector<Way> all;
  const auto add = [&](const char* name, Tier tier, Dispatch dispatch = Dispatch::kAuto) {
    Config c;
    c.tier = tier;
    c.dispatch = dispatch;
    c.compile_threads = 0;
    c.tiering = {.call_threshold = 1, .loop_threshold = 1, .osr = TierConfig::Osr::kAlways, .seed = 0};
    all.push_back({name, c});
  };
  add("loop", Tier::kInterp, Dispatch::kLoop);
  add("tail", Tier::kInterp, Dispatch::kTail);
#if defined(__x86_64__)
  add("jit", Tier::kJit);
  add("tiered", Tier::kTiered);
#endif
  return all;
}

struct World {
  explicit World(Config config) : engine(config), store(engine) {}
  Module compile(std::string_view wat) {
    auto m = Module::from_text(engine, wat);
    if (!m) FAIL(m.err().to_string());
    return m.ok();
  }
  Instance load(std::string_view wat, std::vector<Extern> imports = {}) {
    auto i = Instance::create(store, compile(wat), imports);
    if (!i) FAIL(to_string(i.err()));
    return i.ok();
  }
  template <class H>
  H get(Instance i, std::string_view name) {
    return std::get<H>(*i.get(store, name));
  }
  TrapResult<std::vector<Val>> call(Instance i, std::string_view name, std::vector<Val> args = {}) {
    return get<Func>(i, name).call(store, args);
  }
  int32_t i32(Instance i, std::string_view name, std::vector<Val> args = {}) {
    auto r = call(i, name, std::move(args));
    if (!r) FAIL(to_string(r.err()));
    return r.ok().at(0).i32();
  }
  Trap trap(Instance i, std::string_view name, std::vector<Val> args = {}) {
    auto r = call(i, name, std::move(args));
    REQUIRE(!r);
    return std::get<Trap>(r.err());
  }
  Engine engine;
  Store store;
};

vm::TrapCode code(const Trap& t) { return vm::TrapCode(t.code()); }

// (import "h" "go" (func (param i32) (result i32))) that calls a function of the instance, and hands on what ends it.
Func calls(World& w, std::optional<Instance>& i, const char* name) {
  return Func::wrap(w.store, [&w, &i, name](int32_t x) -> Result<int32_t, Trap> {
    auto r = w.get<Func>(*i, name).call(w.store, {Val(x)});
    if (!r) return std::get<Trap>(r.err());
    return r.ok().at(0).i32();
  });
}

}  // namespace

TEST_CASE("exceptions: caught in the function that throws, with all kinds of values") {
  for (const Way& way : ways()) {
    INFO(way.name);
    World w(way.config);
    Instance i = w.load(R"((module
      (type $six (func (param i32 i64 f32 f64 v128 funcref)))
      (tag $e (export "e") (type $six)) (tag $n)
      (func (export "all") (param i32) (result i32 i64 f32 f64 v128 funcref)
        (block $h (result i32 i64 f32 f64 v128 funcref)
          (try_table (catch $e $h)
            (throw $e (local.get 0) (i64.const -2) (f32.const 3.5) (f64.const -0.25)
              (v128.const i32x4 1 2 3 4) (ref.func 0)))
          unreachable))
      (func (export "locals") (param i32) (result i32) (local $x i32)
        (local.set $x (i32.const 5))
        (block $h
          (try_table (catch_all $h)
            (local.set $x (i32.add (local.get $x) (local.get 0)))
            (throw $n)))
        (local.get $x))
      (func (export "loop") (param $n i32) (result i32) (local $rounds i32)
        (loop $again
          (local.set $rounds (i32.add (local.get $rounds) (i32.const 1)))
          (if (i32.lt_u (local.get $rounds) (local.get $n))
            (then (try_table (catch $n $again) (throw $n)))))
        (local.get $rounds))
      (func (export "out")
        (i32.const 7)
        (try_table (catch_all 0) (throw $n))
        unreachable)
      (func (export "under") (param i32) (result i32)
        (local.get 0)
        (i32.const 100)
        (block $h (result i32) (try_table (result i32) (catch $i $h) (throw $i (i32.const 3))))
        i32.add i32.add)
      (tag $i (param i32))
      (func (export "value") (param i32) (result i32)
        (try_table (result i32) (catch $i 0) (throw $i (local.get 0)))))
    )");
    auto r = w.call(i, "all", {Val(1)});
    REQUIRE(r);
    const std::vector<Val>& v = r.ok();
    CHECK(v[0].i32() == 1);
    CHECK(v[1].i64() == -2);
    CHECK(v[2].f32() == 3.5f);
    CHECK(v[3].f64() == -0.25);
    CHECK(v[4].v128().bytes[12] == 4);
    CHECK(v[5].funcref());
    CHECK(w.i32(i, "locals", {Val(10)}) == 15);
    CHECK(w.i32(i, "loop", {Val(1000)}) == 1000);
    CHECK(w.call(i, "out"));
    CHECK(w.i32(i, "under", {Val(20)}) == 123);
    CHECK(w.i32(i, "value", {Val(20)}) == 20);
  }
}

TEST_CASE("exceptions: from callees, with native code in between, innermost handler first") {
  for (const Way& way : ways()) {
    INFO(way.name);
    World w(way.config);
    Instance i = w.load(R"((module
      (tag $a (param i32)) (tag $b (param i32)) (tag $c)
      (type $t (func (param i32) (result i32)))
      (table funcref (elem $thrower $middle $outer))
      (func $thrower (param i32) (result i32)
        (if (i32.eq (local.get 0) (i32.const 1)) (then (throw $a (i32.const 11))))
        (if (i32.eq (local.get 0) (i32.const 2)) (then (throw $b (i32.const 22))))
        (if (i32.eq (local.get 0) (i32.const 3)) (then (throw $c)))
        (if (i32.eq (local.get 0) (i32.const 4)) (then unreachable))
        (if (i32.eq (local.get 0) (i32.const 5)) (then (drop (i32.div_u (i32.const 1) (i32.const 0)))))
        (if (i32.eq (local.get 0) (i32.const 6)) (then (throw_ref (ref.null exn))))
        (i32.const 0))
      (func $middle (param i32) (result i32)
        (i32.add (i32.const 1000) (call_indirect (type $t) (local.get 0) (i32.const 0))))
      (func $inner (param i32) (result i32)
        (block $h (result i32)
          (try_table (result i32) (catch $a $h) (call_indirect (type $t) (local.get 0) (i32.const 1)))))
      (func $between (param i32) (result i32) (i32.add (i32.const 100) (call $inner (local.get 0))))
      (func $outer (export "go") (param i32) (result i32)
        (block $all
          (block $h (result i32)
            (return (try_table (result i32) (catch $a 0) (catch $b $h) (catch_all $all) (call $between (local.get 0)))))
          (return (i32.add (i32.const 50))))
        (i32.const -1))))");
    CHECK(w.i32(i, "go", {Val(0)}) == 1100);
    for (int round = 0; round < 3; ++round) {  // those between become native
      CHECK(w.i32(i, "go", {Val(1)}) == 111);
      CHECK(w.i32(i, "go", {Val(2)}) == 72);
      CHECK(w.i32(i, "go", {Val(3)}) == -1);
      // Traps are not caught.
      CHECK(code(w.trap(i, "go", {Val(4)})) == vm::TrapCode::kUnreachable);
      CHECK(code(w.trap(i, "go", {Val(5)})) == vm::TrapCode::kIntegerDivideByZero);
      CHECK(code(w.trap(i, "go", {Val(6)})) == vm::TrapCode::kNullExceptionReference);
    }
  }
}

TEST_CASE("exceptions: what nothing catches is the host's, with tag, values, and where it was thrown") {
  for (const Way& way : ways()) {
    INFO(way.name);
    World w(way.config);
    Instance i = w.load(R"((module $guest
      (tag $e (export "oops") (param i32 f64))
      (func $thrower (param i32) (throw $e (local.get 0) (f64.const 2.5)))
      (func $native (param i32) (call $thrower (local.get 0)))
      (func (export "go") (param i32) (call $native (local.get 0)))))");
    for (int round = 0; round < 3; ++round) {
      Trap t = w.trap(i, "go", {Val(42)});
      CHECK(t.kind() == Trap::Kind::kException);
      CHECK(t.message() == "uncaught exception: tag oops (42, 2.5)");
      REQUIRE(t.trace().size() == 3);
      CHECK(t.trace()[0].func_name == "thrower");
      CHECK(t.trace()[2].func_index == 2);
      const ExnRef e = t.thrown();
      REQUIRE(!e.is_null());
      CHECK(e.tag(w.store) == w.get<Tag>(i, "oops"));
      const std::vector<Val> fields = e.fields(w.store);
      REQUIRE(fields.size() == 2);
      CHECK(fields[0].i32() == 42);
      CHECK(fields[1].f64() == 2.5);
    }
    CHECK(Trap("none").thrown().is_null());
  }
}

TEST_CASE("exceptions: a host function throws one of its own, or hands on one of wasm's") {
  for (const Way& way : ways()) {
    INFO(way.name);
    World w(way.config);
    auto tag = Tag::create(w.store, {{{ValKind::kI32}, {ValKind::kExternRef}}, {}});
    REQUIRE(tag);
    Func thrower = Func::wrap(w.store, [&](int32_t x) -> Result<int32_t, Trap> {
      if (x < 0) return Trap("a host error");
      if (x == 0) return 1;
      auto e = ExnRef::create(w.store, tag.ok(), std::vector<Val>{Val(x), Val(ExternRef(std::string("held")))});
      return e ? Trap::exception(e.ok()) : Trap(e.err().to_string());
    });
    std::optional<Instance> i;
    Func again = calls(w, i, "thrower");
    i = w.load(R"((module
      (import "h" "tag" (tag $t (param i32 externref)))
      (import "h" "throw" (func $throw (param i32) (result i32)))
      (import "h" "again" (func $again (param i32) (result i32)))
      (tag $own (param i32))
      (func (export "thrower") (param i32) (result i32) (throw $own (local.get 0)))
      (func $native (param i32) (result i32) (call $throw (local.get 0)))
      (func (export "direct") (param i32) (result i32 externref)
        (block $h (result i32 externref)
          (try_table (catch $t $h) (drop (call $throw (local.get 0))))
          (i32.const 0) (ref.null extern)))
      (func (export "through") (param i32) (result i32 externref)
        (block $h (result i32 externref)
          (try_table (catch $t $h) (drop (call $native (local.get 0))))
          (i32.const 0) (ref.null extern)))
      (func (export "reenter") (param i32) (result i32)
        (block $h (result i32)
          (try_table (result i32) (catch $own $h) (call $again (local.get 0)))))
      (func (export "any") (param i32) (result i32)
        (block $h (try_table (catch_all $h) (return (call $throw (local.get 0))))) (i32.const -1))
      (func (export "tail") (param i32) (result i32)
        (block $h (try_table (catch_all $h) (return_call $throw (local.get 0)))) (i32.const -1))
      (func (export "tail_caught") (param i32) (result i32)
        (block $h (try_table (catch_all $h) (return (call $tail (local.get 0))))) (i32.const -2))
      (func $tail (param i32) (result i32) (return_call $throw (local.get 0)))
      ))", {tag.ok(), thrower, again});
    for (int round = 0; round < 3; ++round) {
      for (const char* name : {"direct", "through"}) {
        auto r = w.call(*i, name, {Val(5)});
        REQUIRE(r);
        CHECK(r.ok()[0].i32() == 5);
        CHECK(std::any_cast<std::string>(*r.ok()[1].externref().data()) == "held");
        const Trap t = w.trap(*i, name, {Val(-1)});  // an error of the host's is no exception
        CHECK(t.kind() == Trap::Kind::kHost);
      }
      CHECK(w.i32(*i, "reenter", {Val(9)}) == 9);
      CHECK(w.i32(*i, "any", {Val(0)}) == 1);
      CHECK(w.i32(*i, "any", {Val(1)}) == -1);
      CHECK(w.trap(*i, "tail", {Val(1)}).kind() == Trap::Kind::kException);  // the handler was left
      CHECK(w.i32(*i, "tail_caught", {Val(1)}) == -2);
    }
    CHECK(w.trap(*i, "thrower", {Val(1)}).message() == "uncaught exception: tag 1 (1)");
  }
}

TEST_CASE("exceptions: tags are told apart, and known under other names in other instances") {
  for (const Way& way : ways()) {
    INFO(way.name);
    World w(way.config);
    Instance a = w.load(R"((module
      (tag $x (export "x") (param i32)) (tag $y (export "y") (param i32))
      (func (export "throw_x") (param i32) (result i32) (throw $x (local.get 0)))
      (func (export "throw_y") (param i32) (result i32) (throw $y (local.get 0)))))");
    Instance b = w.load(R"((module
      (import "a" "second" (tag $one (param i32)))
      (import "a" "x" (func $x (param i32) (result i32)))
      (import "a" "y" (func $y (param i32) (result i32)))
      (import "a" "first" (tag $two (param i32)))
      (tag $mine (param i32))
      (memory 1)
      (func $which (param $f i32) (result i32)
        (if (result i32) (local.get $f) (then (call $x (i32.const 1))) (else (call $y (i32.const 2)))))
      (func (export "go") (param i32) (result i32)
        (block $m (result i32)
          (block $o (result i32)
            (block $t (result i32)
              (return (try_table (result i32) (catch $mine $m) (catch $one $o) (catch $two $t)
                (call $which (local.get 0)))))
            (return (i32.add (i32.const 20))))
          (i32.store (i32.const 0) (i32.const 77))
          (return (i32.add (i32.add (i32.const 10)) (i32.load (i32.const 0))))))))",
                        {w.get<Tag>(a, "y"), w.get<Func>(a, "throw_x"), w.get<Func>(a, "throw_y"), w.get<Tag>(a, "x")});
    CHECK(w.i32(b, "go", {Val(1)}) == 21);
    CHECK(w.i32(b, "go", {Val(0)}) == 89);  // in its own instance again, with its memory
  }
}

TEST_CASE("exceptions: references in globals, tables, parameters, results, and other exceptions") {
  for (const Way& way : ways()) {
    INFO(way.name);
    World w(way.config);
    Instance i = w.load(R"((module
      (tag $e (export "e") (param i32)) (tag $wrap (param exnref))
      (global $g (export "g") (mut exnref) (ref.null exn))
      (table $t (export "t") 4 exnref)
      (func $make (export "make") (param i32) (result exnref)
        (block $h (result exnref)
          (try_table (catch_all_ref $h) (throw $e (local.get 0)))
          unreachable))
      (func (export "keep") (param i32)
        (global.set $g (call $make (local.get 0)))
        (table.set $t (i32.const 2) (global.get $g)))
      (func $value (export "value") (param exnref) (result i32)
        (block $h (result i32)
          (try_table (catch $e $h) (throw_ref (local.get 0)))
          unreachable))
      (func (export "kept") (param i32) (result i32)
        (if (result i32) (local.get 0)
          (then (call $value (global.get $g)))
          (else (call $value (table.get $t (i32.const 2))))))
      (func (export "wrapped") (param i32) (result exnref)
        (block $h (result exnref)
          (try_table (catch $wrap $h) (throw $wrap (call $make (local.get 0))))
          unreachable))
      (func $churn (export "churn") (param $n i32)
        (loop $l
          (drop (call $make (local.get $n)))
          (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
      (func (export "local") (param i32 i32) (result i32) (local $x exnref)
        (local.set $x (call $make (local.get 0)))
        (call $churn (local.get 1))
        (call $value (local.get $x)))
      ;; A list of a few thousand, each in the next.
      (func (export "chain") (param $n i32) (result i32) (local $x exnref) (local $depth i32)
        (loop $l
          (local.set $x
            (block $h (result exnref)
              (try_table (catch_all_ref $h) (throw $wrap (local.get $x)))
              unreachable))
          (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (call $churn (i32.const 10000))
        (loop $l
          (local.set $depth (i32.add (local.get $depth) (i32.const 1)))
          (local.set $x
            (block $h (result exnref)
              (try_table (catch $wrap $h) (throw_ref (local.get $x)))
              unreachable))
          (br_if $l (i32.eqz (ref.is_null (local.get $x)))))
        (local.get $depth))
      ))");
    CHECK(w.call(i, "keep", {Val(7)}));
    CHECK(w.call(i, "churn", {Val(20000)}));
    CHECK(w.i32(i, "kept", {Val(1)}) == 7);
    CHECK(w.i32(i, "kept", {Val(0)}) == 7);
    CHECK(w.i32(i, "local", {Val(8), Val(20000)}) == 8);
    CHECK(w.i32(i, "chain", {Val(5000)}) == 5000);
    // The host's hands.
    auto made = w.call(i, "wrapped", {Val(9)});
    REQUIRE(made);
    const Val e = made.ok()[0];
    REQUIRE(e.kind() == ValKind::kExnRef);
    CHECK(!e.is_null_ref());
    CHECK(e.exnref().fields(w.store).at(0).i32() == 9);
    made = w.call(i, "make", {Val(1)});
    CHECK(w.call(i, "churn", {Val(20000)}));
    CHECK(w.i32(i, "value", {e}) == 9);
    CHECK(w.get<Global>(i, "g").set(w.store, e));
    CHECK(w.i32(i, "kept", {Val(1)}) == 9);
    CHECK(w.get<Global>(i, "g").get(w.store).exnref() == e.exnref());
    CHECK(w.get<Table>(i, "t").get(w.store, 2)->exnref().fields(w.store).at(0).i32() == 7);
    // Only so many were ever kept at a time.
    CHECK(w.store.impl().exceptions.all().size() < 10'000);
    Store other(w.engine);
    auto foreign = Tag::create(other, {{{ValKind::kI32}}, {}});
    auto of_other = ExnRef::create(other, foreign.ok(), std::vector<Val>{Val(1)});
    REQUIRE(of_other);
    CHECK(!w.call(i, "value", {Val(of_other.ok())}));
    CHECK(!ExnRef::create(w.store, foreign.ok(), std::vector<Val>{Val(1)}));
    CHECK(!ExnRef::create(w.store, w.get<Tag>(i, "e"), {}));
    CHECK(!ExnRef::create(w.store, w.get<Tag>(i, "e"), std::vector<Val>{Val(1.5)}));
    CHECK(!ExnRef::create(w.store, Tag(), {}));
  }
}

TEST_CASE("exceptions: a million thrown and caught need no more memory than a few") {
  World w(ways()[1].config);
  std::optional<Instance> i;
  Func again = calls(w, i, "throw");
  i = w.load(R"((module
    (import "h" "again" (func $again (param i32) (result i32)))
    (tag $e (param i64 i64 i64 i64 i64 i64))
    (func $throw (export "throw") (param i32) (result i32)
      (throw $e (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 1)))
    (func (export "go") (param $n i32) (result i32)
      (loop $l
        (block $h (result exnref) (try_table (catch_all_ref $h) (drop (call $throw (i32.const 0)))) (ref.null exn))
        drop
        (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (i32.const 0))
    (func (export "hosts") (param $n i32) (result i32)
      (loop $l
        (block $h (try_table (catch_all $h) (drop (call $again (i32.const 0)))))
        (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (i32.const 0))))", {again});
  const auto& kept = w.store.impl().exceptions;
  CHECK(w.i32(*i, "go", {Val(1'000'000)}) == 0);
  CHECK(kept.all().size() < 10'000);
  CHECK(w.i32(*i, "hosts", {Val(20'000)}) == 0);
  CHECK(kept.all().size() < 10'000);
  for (int n = 0; n < 20'000; ++n) CHECK(w.trap(*i, "throw", {Val(0)}).kind() == Trap::Kind::kException);
  CHECK(kept.all().size() < 10'000);
  auto tag = Tag::create(w.store, {{{ValKind::kI32}}, {}});
  for (int n = 0; n < 20'000; ++n) CHECK(ExnRef::create(w.store, tag.ok(), std::vector<Val>{Val(n)}));
  CHECK(kept.all().size() < 10'000);
}

TEST_CASE("exceptions: calls that stop and go on, within the scope of their handlers") {
  for (Way& way : ways()) {
    INFO(way.name);
    World w(way.config);
    std::optional<Instance> i;
    Func ask = Func::wrap(w.store, [](int32_t) -> Result<int32_t, Trap> { return Trap("asks"); });
    Func again = calls(w, i, "thrower");
    i = w.load(R"((module
      (import "h" "ask" (func $ask (param i32) (result i32)))
      (import "h" "again" (func $again (param i32) (result i32)))
      (tag $e (export "e") (param i32))
      (func $thrower (export "thrower") (param i32) (result i32) (throw $e (local.get 0)))
      (func $native (param i32) (result i32) (call $ask (local.get 0)))
      (func $native_throw (param i32) (result i32) (call $thrower (local.get 0)))
      ;; Throws what the host has answered.
      (func (export "go") (param i32) (result i32)
        (block $h (result i32)
          (try_table (result i32) (catch $e $h)
            (call $native_throw (call $native (local.get 0)))))
        (i32.add (i32.const 1000)))
      (func (export "uncaught") (param i32) (result i32) (call $native_throw (call $native (local.get 0))))
      (func (export "host") (param i32) (result i32)
        (block $h (result i32)
          (try_table (result i32) (catch $e $h) (call $again (call $native (local.get 0)))))
        (i32.add (call $native (i32.const 0))))
      (func (export "value") (param exnref) (result i32)
        (drop (call $ask (i32.const 0)))
        (block $h (result i32)
          (try_table (result i32) (catch $e $h) (throw_ref (local.get 0)))))
      (func (export "churn") (param $n i32) (result i32)
        (loop $l
          (block $h (try_table (catch_all $h) (throw $e (local.get $n))))
          (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (i32.const 0))))", {ask, again});
    const auto stop = [&](const char* name, std::vector<Val> args) {
      auto r = w.get<Func>(*i, name).call_resumable(w.store, args);
      if (!r) FAIL(to_string(r.err()));
      REQUIRE(std::holds_alternative<ResumableCall>(r.ok()));
      return std::get<ResumableCall>(std::move(r).ok());
    };
    for (int round = 0; round < 3; ++round) {
      ResumableCall c = stop("go", {Val(1)});
      auto r = c.resume(w.store, std::vector<Val>{Val(5)});
      REQUIRE(r);
      REQUIRE(std::holds_alternative<std::vector<Val>>(r.ok()));
      CHECK(std::get<0>(r.ok()).at(0).i32() == 1005);

      c = stop("uncaught", {Val(1)});
      r = c.resume(w.store, std::vector<Val>{Val(6)});
      REQUIRE(!r);
      CHECK(std::get<Trap>(r.err()).thrown().fields(w.store).at(0).i32() == 6);

      c = stop("host", {Val(1)});
      r = c.resume(w.store, std::vector<Val>{Val(7)});  // thrown, through the host, caught, and stopped again
      REQUIRE(r);
      REQUIRE(std::holds_alternative<ResumableCall>(r.ok()));
      c = std::get<ResumableCall>(std::move(r).ok());
      r = c.resume(w.store, std::vector<Val>{Val(100)});
      REQUIRE(r);
      CHECK(std::get<0>(r.ok()).at(0).i32() == 107);

      // An exception that only a stopped call knows.
      c = stop("value", {Val(w.trap(*i, "thrower", {Val(8)}).thrown())});
      CHECK(w.i32(*i, "churn", {Val(20000)}) == 0);
      r = c.resume(w.store, std::vector<Val>{Val(0)});
      REQUIRE(r);
      CHECK(std::get<0>(r.ok()).at(0).i32() == 8);
    }
    // A call that is dropped while an exception of somebody else's is on its way.
    Func drops = Func::wrap(w.store, [&](int32_t x) -> Result<int32_t, Trap> {
      ResumableCall c = stop("go", {Val(1)});
      return w.trap(*i, "thrower", {Val(x)});
    });
    Instance d = w.load(R"((module
      (import "h" "drops" (func $drops (param i32) (result i32)))
      (import "h" "e" (tag $e (param i32)))
      (func (export "go") (param i32) (result i32)
        (block $h (result i32) (try_table (result i32) (catch $e $h) (call $drops (local.get 0)))))))",
                        {drops, w.get<Tag>(*i, "e")});
    CHECK(w.i32(d, "go", {Val(55)}) == 55);
  }
}

TEST_CASE("exceptions: fuel is charged block by block, however a call is stopped") {
  std::optional<uint64_t> spent;
  for (Way& way : ways()) {
    INFO(way.name);
    way.config.consume_fuel = true;
    way.config.mode = CompilationMode::kEager;
    World w(way.config);
    Instance i = w.load(R"((module
      (tag $e (param i32))
      (func $thrower (param i32) (result i32)
        (if (i32.and (local.get 0) (i32.const 1)) (then (throw $e (local.get 0))))
        (local.get 0))
      (func $native (param i32) (result i32) (i32.add (i32.const 1) (call $thrower (local.get 0))))
      (func (export "go") (param $n i32) (result i32) (local $sum i32)
        (loop $l
          (local.set $sum (i32.add (local.get $sum)
            (block $h (result i32) (try_table (result i32) (catch $e $h) (call $native (local.get $n))))))
          (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $sum))))");
    REQUIRE(w.store.set_fuel(1'000'000));
    CHECK(w.i32(i, "go", {Val(20)}) == 220);
    const uint64_t used = 1'000'000 - w.store.get_fuel().ok();
    if (!spent) spent = used;
    CHECK(used == *spent);
    REQUIRE(w.store.set_fuel(0));
    uint64_t given = 0;
    auto r = w.get<Func>(i, "go").call_resumable(w.store, std::vector<Val>{Val(20)});
    while (r && std::holds_alternative<ResumableCall>(r.ok())) {
      ResumableCall c = std::get<ResumableCall>(std::move(r).ok());
      const uint64_t left = w.store.get_fuel().ok(), more = c.required_fuel() - left;
      given += more;
      REQUIRE(w.store.set_fuel(left + more));
      r = c.resume(w.store);
    }
    REQUIRE(r);
    CHECK(std::get<0>(r.ok()).at(0).i32() == 220);
    CHECK(given == used);
  }
}

TEST_CASE("exceptions: start functions, tail calls, and stacks that are full") {
  for (const Way& way : ways()) {
    INFO(way.name);
    World w(way.config);
    auto module = w.compile(R"((module (tag $e (export "e") (param i32)) (func $f (throw $e (i32.const 3))) (start $f)))");
    auto made = Instance::create(w.store, module, {});
    REQUIRE(!made);
    CHECK(std::get<Trap>(made.err()).message() == "uncaught exception: tag e (3)");

    std::optional<Instance> i;
    Func again = calls(w, i, "deeper");
    i = w.load(R"((module
      (import "h" "again" (func $again (param i32) (result i32)))
      (tag $e (param i32))
      (type $t (func (param i32) (result i32)))
      (func $thrower (param i32) (result i32) (throw $e (local.get 0)))
      (func $leaves (param i32) (result i32)
        (block $h (result i32)
          (try_table (catch $e $h) (return_call $thrower (local.get 0)))
          unreachable)
        (drop) (i32.const -5))
      (func (export "tail") (param i32) (result i32)
        (block $h (result i32) (try_table (result i32) (catch $e $h) (call $leaves (local.get 0)))))
      ;; Throws at the bottom of many frames, some of which catch something else.
      (tag $other)
      (func $deep (export "deep") (param i32) (result i32)
        (if (i32.eqz (local.get 0)) (then (throw $e (i32.const 1234))))
        (block $h
          (try_table (catch $other $h)
            (return (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1)))))))
        (i32.const -1))
      (func (export "caught") (param i32) (result i32)
        (block $h (result i32) (try_table (result i32) (catch $e $h) (call $deep (local.get 0)))))
      ;; Every frame throws anew what it caught.
      (func $up (export "up") (param i32) (result i32)
        (if (i32.eqz (local.get 0)) (then (throw $e (i32.const 0))))
        (block $h (result i32)
          (try_table (result i32) (catch $e $h) (call $up (i32.sub (local.get 0) (i32.const 1)))))
        (throw $e (i32.add (i32.const 1))))
      (func $endless (param i32) (result i32)
        (block $h (try_table (catch_all $h) (return (i32.add (call $endless (local.get 0)) (i32.const 1)))))
        (i32.const -9))
      (func (export "full") (param i32) (result i32)
        (block $h (try_table (catch_all $h) (return (call $endless (local.get 0)))))
        (i32.const -10))
      ;; Through the host at every level, until the native stack is full.
      (func (export "deeper") (param i32) (result i32)
        (if (i32.eqz (local.get 0)) (then (throw $e (i32.const 99))))
        (call $again (i32.sub (local.get 0) (i32.const 1))))
      (func (export "hosts") (param i32) (result i32)
        (block $h (result i32) (try_table (result i32) (catch $e $h) (call $again (local.get 0)))))
      ))", {again});
    CHECK(w.i32(*i, "tail", {Val(31)}) == 31);
    CHECK(w.i32(*i, "caught", {Val(5000)}) == 1234);
    CHECK(w.trap(*i, "up", {Val(500)}).thrown().fields(w.store).at(0).i32() == 500);
    CHECK(code(w.trap(*i, "full", {Val(0)})) == vm::TrapCode::kStackOverflow);
    CHECK(w.i32(*i, "hosts", {Val(20)}) == 99);
    CHECK(code(w.trap(*i, "hosts", {Val(1'000'000)})) == vm::TrapCode::kStackOverflow);
    CHECK(w.i32(*i, "caught", {Val(50)}) == 1234);
  }
}

TEST_CASE("exceptions: one that is a result lives while the call hook runs wasm that throws") {
  for (const Way& way : ways())
    for (const CallHook where : {CallHook::kReturningFromHost, CallHook::kReturningFromWasm}) {
      CAPTURE(way.name, int(where));
      World w(way.config);
      std::optional<Instance> i;
      Func get = Func::create(w.store, {{}, {{ValKind::kExnRef}}},
                              [&](Caller cx, std::span<const Val>, std::span<Val> out) -> Result<Ok, Trap> {
                                const Val field(int32_t{42});
                                out[0] = Val(ExnRef::create(cx, std::get<Tag>(*i->get(cx, "e")), {&field, 1}).unwrap());
                                return Ok{};
                              });
      i = w.load(R"((module
        (import "h" "get" (func $get (result exnref)))
        (tag $e (export "e") (param i32))
        (tag $x (param i32))
        (func (export "make") (param i32) (result exnref)
          (block $c (result exnref) (try_table (catch_all_ref $c) (throw $e (local.get 0))) unreachable))
        (func (export "use") (result i32) (local $r exnref)
          (local.set $r (call $get))
          (block $c (result i32) (try_table (catch $e $c) (throw_ref (local.get $r))) unreachable))
        (func (export "churn") (param i32)
          (loop $l
            (drop (block $c (result i32) (try_table (catch $x $c) (throw $x (i32.const 0xbad))) unreachable))
            (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))))",
                 {get});
      bool inside = false;
      w.store.call_hook([&](Store::Context cx, CallHook what) -> Result<Ok, Trap> {
        if (inside || what != where) return Ok{};
        inside = true;
        CHECK(std::get<Func>(*i->get(cx, "churn")).call(cx, {{Val(int32_t{20'000})}}));
        inside = false;
        return Ok{};
      });
      if (where == CallHook::kReturningFromHost) {
        CHECK(w.i32(*i, "use") == 42);
      } else {
        auto made = w.call(*i, "make", {Val(int32_t{42})});
        REQUIRE(made);
        const std::vector<Val> fields = made.ok().at(0).exnref().fields(w.store);
        REQUIRE(fields.size() == 1);
        CHECK(fields[0].i32() == 42);
      }
    }
}

TEST_CASE("exceptions: a trap may be made of one whose store has ended") {
  ExnRef e;
  {
    World w(ways()[0].config);
    Instance i = w.load(R"((module (tag $t (export "t") (param i32)) (func (export "f") (throw $t (i32.const 5)))))");
    e = w.trap(i, "f").thrown();
  }
  CHECK(Trap::exception(e).message().find("uncaught exception") != std::string::npos);
}

TEST_CASE("exceptions: one that an epoch's callback or the call hook answers ends the call, and wasm does not catch it") {
  for (Way way : ways())
    for (const bool hook : {false, true}) {
      CAPTURE(way.name, hook);
      way.config.epoch_interruption = way.config.epoch_callbacks = true;
      World w(way.config);
      Instance i = w.load(R"((module
        (import "h" "f" (func $f))
        (tag $t (export "t"))
        (func $inner (result i32) (i32.const 1))
        (func (export "in") (result i32)
          (block $c (try_table (catch_all $c) (drop (call $inner))) (return (i32.const 0))) (i32.const 7))
        (func (export "out") (result i32)
          (block $c (try_table (catch_all $c) (call $f)) (return (i32.const 0))) (i32.const 7))))",
                          {Func::wrap(w.store, [] {})});
      const auto exception = [&](Store::Context cx) {
        return Trap::exception(ExnRef::create(cx, std::get<Tag>(*i.get(cx, "t")), {}).unwrap());
      };
      int asked = 0;
      if (hook) {
        w.store.call_hook([&](Store::Context cx, CallHook what) -> Result<Ok, Trap> {
          if (what == CallHook::kCallingHost) return exception(cx);
          return Ok{};
        });
      } else {
        w.store.epoch_deadline_callback([&](Store::Context cx) -> Result<UpdateDeadline, Trap> {
          if (++asked < 2) return UpdateDeadline::continue_for(0);
          return exception(cx);
        }).unwrap();
        w.store.set_epoch_deadline(0).unwrap();
      }
      CHECK(w.trap(i, hook ? "out" : "in").message().find("uncaught exception") != std::string::npos);
    }
}
