// Fuel to the unit, and calls that stop and go on: the interpreter's, on stacks of its own and, in an engine with native
// code, on fibers; and native code's.
#include "unit/runtime/fixture.h"
#include "vmcontext/traps.h"

using namespace wjit;
using namespace wjit::test;

namespace {

Config metered(Dispatch d = Dispatch::kAuto, CompilationMode mode = CompilationMode::kEager) {
  Config c;
  c.consume_fuel = true;
  c.dispatch = d;
  c.mode = mode;
  return c;
}

using Step = std::variant<std::vector<Val>, ResumableCall>;
Step go(TrapResult<Step> r) {
  if (!r) FAIL(to_string(r.err()));
  return std::move(r).ok();
}
ResumableCall stopped(TrapResult<Step> r) {
  Step s = go(std::move(r));
  REQUIRE(std::holds_alternative<ResumableCall>(s));
  return std::get<ResumableCall>(std::move(s));
}
int32_t finished(TrapResult<Step> r) {
  Step s = go(std::move(r));
  REQUIRE(std::holds_alternative<std::vector<Val>>(s));
  return std::get<std::vector<Val>>(s).at(0).i32();
}

// count(n): a loop of n rounds; returns n.
ModuleBuilder counter() {
  ModuleBuilder b;
  b.exports("count", Kind::kFunc,
            b.func(b.type({i32}, {i32}),
                   cat(Bytes{0x03, 0x40}, local_get(1), i32_const(1), op(0x6a), op(0x22, 1), local_get(0), op(0x48),
                       op(0x0d, 0), op(0x0b), local_get(1)),
                   {i32}));
  return b;
}

// sum(a): host(a) + host(a + 1), where the host always fails.
ModuleBuilder asker() {
  ModuleBuilder b;
  const uint32_t t = b.type({i32}, {i32});
  b.import_func("m", "ask", t);
  b.exports("sum", Kind::kFunc,
            b.func(t, cat(local_get(0), call(0), local_get(0), i32_const(1), op(0x6a), call(0), op(0x6a))));
  b.exports("tail", Kind::kFunc, b.func(t, cat(local_get(0), op(0x12, 0))));
  b.exports("through", Kind::kFunc, b.func(t, cat(local_get(0), call(2), i32_const(1000), op(0x6a))));
  return b;
}

Func failing(World& w) {
  return Func::wrap(w.store, [](int32_t x) -> Result<int32_t, Trap> { return Trap("ask " + std::to_string(x)); });
}

}  // namespace

TEST_CASE("fuel: the same for both dispatchers, charged by block, never below zero") {
  std::optional<uint64_t> used;
  for (Dispatch d : {Dispatch::kLoop, Dispatch::kTail}) {
    World w(metered(d));
    Instance i = w.instantiate(counter());
    REQUIRE(w.store.set_fuel(10'000));
    CHECK(w.call(i, "count", {Val(100)})[0].i32() == 100);
    const uint64_t now = 10'000 - w.store.get_fuel().unwrap();
    if (used) CHECK(*used == now);
    used = now;
    // 100 rounds of get, const, add, tee, get, lt, br_if; and the get behind
    CHECK(now == 100 * 7 + 1);
  }
}

TEST_CASE("fuel: a block that cannot be paid is not debited") {
  World w(metered());
  Instance i = w.instantiate(counter());
  REQUIRE(w.store.set_fuel(7 * 3 + 5));
  auto r = w.get<Func>(i, "count").call(w.store, {Val(100)});
  REQUIRE_FALSE(r);
  const Trap t = std::get<Trap>(r.err());
  CHECK(t.kind() == Trap::Kind::kOutOfFuel);
  CHECK(t.required_fuel() == 7);
  CHECK(w.store.get_fuel().unwrap() == 5);
}

TEST_CASE("fuel: what is out of bounds traps or is refused, whatever its size would have cost") {
  for (Dispatch d : {Dispatch::kLoop, Dispatch::kTail}) {
    World w(metered(d));
    ModuleBuilder b;
    b.memory(1, 1);
    b.table(funcref, 1, 1);
    const uint32_t data = b.passive_data({1, 2, 3}), elem = b.passive_elem({});
    const uint32_t nothing = b.type({}, {});
    const Bytes three = cat(i32_const(0), i32_const(0), i32_const(-1));
    auto add = [&](const char* name, const Bytes& body) { b.exports(name, Kind::kFunc, b.func(nothing, body)); };
    add("memory.fill", cat(three, fc(11, {0})));
    add("memory.copy", cat(three, fc(10, {0, 0})));
    add("memory.init", cat(three, fc(8, {data, 0})));
    add("table.fill", cat(i32_const(0), ref_null(funcref), i32_const(-1), fc(17, {0})));
    add("table.copy", cat(three, fc(14, {0, 0})));
    add("table.init", cat(three, fc(12, {elem, 0})));
    b.exports("table.grow", Kind::kFunc,
              b.func(b.type({}, {i32}), cat(ref_null(funcref), i32_const(-1), fc(15, {0}))));
    Instance i = w.instantiate(b);
    for (const char* name : {"memory.fill", "memory.copy", "memory.init"}) {
      REQUIRE(w.store.set_fuel(100));
      CHECK(w.trap(i, name) == "out of bounds memory access");
      CHECK(w.store.get_fuel().unwrap() == 96);
    }
    for (const char* name : {"table.fill", "table.copy", "table.init"}) {
      REQUIRE(w.store.set_fuel(100));
      CHECK(w.trap(i, name) == "out of bounds table access");
    }
    REQUIRE(w.store.set_fuel(100));
    CHECK(w.call(i, "table.grow")[0].i32() == -1);
  }
}

TEST_CASE("out of fuel: resuming charges the block once, and without fuel stops again unchanged") {
  const World::Native native = GENERATE(from_range(World::natives()));
  for (Dispatch d : {Dispatch::kLoop, Dispatch::kTail}) {
    World w(metered(d), native);
    Instance i = w.instantiate(counter());
    Func f = w.get<Func>(i, "count");
    REQUIRE(w.store.set_fuel(10));
    uint64_t given = 10;
    const std::vector<Val> args{Val(50)};
    Step s = go(f.call_resumable(w.store, args));
    int stops = 0;
    while (auto* call = std::get_if<ResumableCall>(&s)) {
      CHECK(call->kind() == ResumableCall::Kind::kOutOfFuel);
      const uint64_t left = w.store.get_fuel().unwrap(), need = call->required_fuel();
      REQUIRE(need > left);
      if (stops++ % 2) {
        Step again = go(call->resume(w.store));
        REQUIRE(std::holds_alternative<ResumableCall>(again));
        CHECK(w.store.get_fuel().unwrap() == left);
        CHECK(std::get<ResumableCall>(again).required_fuel() == need);
        s = std::move(again);
        call = std::get_if<ResumableCall>(&s);
      }
      given += need - left;
      REQUIRE(w.store.set_fuel(need));
      Step next = go(call->resume(w.store));
      s = std::move(next);
    }
    CHECK(std::get<std::vector<Val>>(s)[0].i32() == 50);
    CHECK(given - w.store.get_fuel().unwrap() == 50 * 7 + 1);
    CHECK(stops > 40);
  }
}

TEST_CASE("a host error suspends; inputs stand for its results") {
  const World::Native native = GENERATE(from_range(World::natives()));
  for (Dispatch d : {Dispatch::kLoop, Dispatch::kTail}) {
    Config c;
    c.dispatch = d;
    World w(c, native);
    Func ask = failing(w);
    Instance i = w.instantiate(asker(), {ask});
    const std::vector<Val> args{Val(5)};
    ResumableCall call = stopped(w.get<Func>(i, "sum").call_resumable(w.store, args));
    CHECK(call.kind() == ResumableCall::Kind::kHostTrap);
    CHECK(call.host_error().message() == "ask 5");
    CHECK(call.host_func() == ask);
    // Wrong inputs are refused before anything runs, and the handle is still good.
    for (const auto& wrong : {std::vector<Val>{}, std::vector<Val>{Val(int64_t{1})}, std::vector<Val>{Val(1), Val(2)}})
      CHECK_FALSE(call.resume(w.store, wrong));
    const std::vector<Val> ten{Val(10)}, seven{Val(7)};
    ResumableCall second = stopped(call.resume(w.store, ten));
    CHECK(second.host_error().message() == "ask 6");
    CHECK(finished(second.resume(w.store, seven)) == 17);
    // A plain call gets the error as its own.
    auto plain = w.get<Func>(i, "sum").call(w.store, args);
    REQUIRE_FALSE(plain);
    CHECK(std::get<Trap>(plain.err()).message() == "ask 5");
    CHECK(std::get<Trap>(plain.err()).kind() == Trap::Kind::kHost);
  }
}

TEST_CASE("several calls wait in one store, are dropped, and go on in any order") {
  const World::Native native = GENERATE(from_range(World::natives()));
  Config c;
  World w(c, native);
  Instance i = w.instantiate(asker(), {failing(w)});
  Func sum = w.get<Func>(i, "sum");
  std::vector<ResumableCall> waiting;
  for (int k = 0; k < 50; ++k) {
    const std::vector<Val> args{Val(k)};
    waiting.push_back(stopped(sum.call_resumable(w.store, args)));
  }
  waiting.erase(waiting.begin() + 10, waiting.begin() + 20);  // dropped
  for (size_t k = waiting.size(); k-- > 0;) {
    const std::vector<Val> one{Val(1)}, two{Val(2)};
    ResumableCall again = stopped(waiting[k].resume(w.store, one));
    CHECK(finished(again.resume(w.store, two)) == 3);
  }
}

TEST_CASE("a host tail call that fails goes on in its caller") {
  const World::Native native = GENERATE(from_range(World::natives()));
  Config c;
  World w(c, native);
  Instance i = w.instantiate(asker(), {failing(w)});
  const std::vector<Val> args{Val(1)}, in{Val(5)};
  ResumableCall call = stopped(w.get<Func>(i, "through").call_resumable(w.store, args));
  CHECK(finished(call.resume(w.store, in)) == 1005);
}

TEST_CASE("into_host_error consumes the call") {
  const World::Native native = GENERATE(from_range(World::natives()));
  Config c;
  World w(c, native);
  Instance i = w.instantiate(asker(), {failing(w)});
  const std::vector<Val> args{Val(9)};
  Trap t = stopped(w.get<Func>(i, "sum").call_resumable(w.store, args)).into_host_error();
  CHECK(t.message() == "ask 9");
}

TEST_CASE("a wasm trap ends a resumable call, before and after it was resumed") {
  const World::Native native = GENERATE(from_range(World::natives()));
  Config c;
  World w(c, native);
  ModuleBuilder b;
  const uint32_t t = b.type({i32}, {i32});
  b.import_func("m", "ask", t);
  b.exports("f", Kind::kFunc, b.func(t, cat(local_get(0), call(0), drop(), unreachable())));
  Instance i = w.instantiate(b, {failing(w)});
  const std::vector<Val> args{Val(1)};
  ResumableCall call = stopped(w.get<Func>(i, "f").call_resumable(w.store, args));
  auto r = call.resume(w.store, args);
  REQUIRE_FALSE(r);
  CHECK(std::get<Trap>(r.err()).code() == uint8_t(vm::TrapCode::kUnreachable));
}

TEST_CASE("out of fuel while a function is compiled on its first call can be resumed") {
  const auto native = GENERATE(World::Native::kNone, World::Native::kEntries);
  World w(metered(Dispatch::kAuto, CompilationMode::kLazyTranslation), native);
  Instance i = w.instantiate(counter());
  REQUIRE(w.store.set_fuel(3));
  const std::vector<Val> args{Val(2)};
  ResumableCall call = stopped(w.get<Func>(i, "count").call_resumable(w.store, args));
  CHECK(call.kind() == ResumableCall::Kind::kOutOfFuel);
  CHECK(call.required_fuel() % 7 == 0);
  CHECK(w.store.get_fuel().unwrap() == 3);  // nothing was taken
  REQUIRE(w.store.set_fuel(10'000));
  CHECK(finished(call.resume(w.store)) == 2);
  CHECK(w.store.impl().compile_fuel > 0);
  // The second call pays for running only.
  const uint64_t before = w.store.get_fuel().unwrap();
  CHECK(w.call(i, "count", {Val(2)})[0].i32() == 2);
  CHECK(before - w.store.get_fuel().unwrap() == 2 * 7 + 1);
}

TEST_CASE("a function that cannot be translated fails with its own error, each time") {
  World w;
  ModuleBuilder b;
  const uint32_t t = b.type({}, {});
  b.exports("gc", Kind::kFunc, b.func(b.type({}, {}), cat(i32_const(1), Bytes{0xfb, 0x1c}, Bytes{0xfb, 0x1b}, drop())));
  b.exports("fine", Kind::kFunc, b.func(t, {}));
  Instance i = w.instantiate(b);
  for (int k = 0; k < 2; ++k) {
    auto r = w.get<Func>(i, "gc").call(w.store, {});
    REQUIRE_FALSE(r);
    CHECK(to_string(r.err()).find("extern.convert_any") != std::string::npos);
  }
  CHECK(w.get<Func>(i, "fine").call(w.store, {}));
}
