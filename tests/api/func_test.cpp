#include <stdexcept>

#include "unit/runtime/fixture.h"

using namespace wjit;
using namespace wjit::test;

namespace {

// Imports "h" "f" of the given type and exports "call", which passes its arguments on.
ModuleBuilder caller_of(const Bytes& params, const Bytes& results) {
  ModuleBuilder b;
  const uint32_t t = b.type(params, results);
  b.import_func("h", "f", t);
  Bytes body;
  for (uint32_t i = 0; i < params.size(); ++i) append(body, local_get(i));
  b.exports("call", Kind::kFunc, b.func(t, cat(body, call(0))));
  return b;
}

}  // namespace

TEST_CASE("typed host functions take and give numbers of every type") {
  World w;
  Func f = Func::wrap(
      w.store, [](int32_t a, uint64_t b, float c, double d) -> std::tuple<double, float, int64_t, uint32_t> {
        return {d * 2, c * 2, int64_t(b) * 2, uint32_t(a) * 2};
      });
  Instance i = w.instantiate(caller_of({i32, i64, f32, f64}, {f64, f32, i64, i32}), {f});
  auto r = w.call(i, "call", {Val(-3), Val(int64_t{-4}), Val(1.5f), Val(2.5)});
  CHECK(r[0].f64() == 5.0);
  CHECK(r[1].f32() == 3.0f);
  CHECK(r[2].i64() == -8);
  CHECK(r[3].i32() == -6);
  auto typed =
      w.get<Func>(i, "call")
          .typed<std::tuple<int32_t, int64_t, float, double>, std::tuple<double, float, int64_t, int32_t>>(
              w.store)
          .unwrap();
  CHECK(typed.call(w.store, {-3, -4, 1.5f, 2.5}).unwrap() == std::tuple(5.0, 3.0f, int64_t{-8}, -6));
}

TEST_CASE("typed functions check their type once and say both when it is another") {
  World w;
  Func f = Func::wrap(w.store, [](int32_t x) { return x + 1; });
  CHECK(f.typed<int32_t, int32_t>(w.store).unwrap().call(w.store, 4).unwrap() == 5);
  CHECK(f.typed<std::tuple<uint32_t>, std::tuple<uint32_t>>(w.store));
  auto wrong = f.typed<std::tuple<int32_t, float>, int32_t>(w.store);
  REQUIRE_FALSE(wrong);
  CHECK(wrong.err().message() == "typed function: found [i32] -> [i32], asked for [i32 f32] -> [i32]");
  CHECK_FALSE(f.typed<int32_t, int64_t>(w.store));
  CHECK_FALSE(f.typed<int32_t, void>(w.store));
  CHECK_FALSE(Func().typed<int32_t, int32_t>(w.store));
  int seen = 0;
  Func g = Func::wrap(w.store, [&seen] { ++seen; });
  (void)g.typed<std::tuple<>, void>(w.store).unwrap().call(w.store, {}).unwrap();
  CHECK(seen == 1);
}

TEST_CASE("functions of a type known at run time") {
  World w;
  Func f = Func::create(w.store, {{{ValKind::kI32}, {ValKind::kI64}}, {{ValKind::kI64}, {ValKind::kI32}}},
                        [](Caller, std::span<const Val> in, std::span<Val> out) -> Result<Ok, Trap> {
                          out[0] = in[1];
                          out[1] = in[0];
                          return Ok{};
                        });
  CHECK(f.type(w.store).params.size() == 2);
  Instance i = w.instantiate(caller_of({i32, i64}, {i64, i32}), {f});
  auto r = w.call(i, "call", {Val(1), Val(int64_t{2})});
  CHECK(r[0].i64() == 2);
  CHECK(r[1].i32() == 1);
  // A result of the wrong kind is the host's error, and no memory of ours is read for it.
  Func bad = Func::create(w.store, {{}, {{ValKind::kI32}}},
                          [](Caller, std::span<const Val>, std::span<Val> out) -> Result<Ok, Trap> {
                            out[0] = Val(1.0);
                            return Ok{};
                          });
  auto outcome = bad.call(w.store, {});
  REQUIRE_FALSE(outcome);
  CHECK(message(outcome.err()) == "result 1 of a host function: found f64, expected i32");
}

TEST_CASE("arguments are checked: number and kinds, with messages") {
  World w, other;
  Func f = Func::wrap(w.store, [](int32_t, double) {});
  auto error = [&](Func g, std::vector<Val> args) {
    auto r = g.call(w.store, args);
    REQUIRE_FALSE(r);
    CHECK(kind(r.err()) == ErrorKind::kUsage);
    return message(r.err());
  };
  CHECK(error(f, {Val(1)}) == "the function takes 2 arguments [i32 f64] -> [], 1 were given");
  CHECK(error(f, {Val(1), Val(1.0f)}) == "argument 2: found f32, expected f64");
  CHECK(error(Func(), {}) == "call of a null function");
  Func foreign = Func::wrap(other.store, [] {});
  CHECK(error(foreign, {}) == "the function belongs to another store");
  Func takes_func = Func::wrap(w.store, [](std::optional<Func>) {});
  CHECK(error(takes_func, {Val(foreign)}) == "argument 1: a function of another store");
  CHECK(error(takes_func, {Val(ExternRef(1))}) == "argument 1: found externref, expected funcref");
}

TEST_CASE("a host function's error ends the call with its message and payload") {
  World w;
  Func f = Func::wrap(w.store, [](int32_t x) -> Result<int32_t, Trap> {
    if (x < 0) {
      Trap t("negative");
      t.payload() = std::string("payload");
      return t;
    }
    return x;
  });
  Instance i = w.instantiate(caller_of({i32}, {i32}), {f});
  CHECK(w.call(i, "call", {Val(5)})[0].i32() == 5);
  auto r = w.try_call(i, "call", {Val(-1)});
  REQUIRE_FALSE(r);
  Trap& t = std::get<Trap>(r.err());
  CHECK(t.kind() == Trap::Kind::kHost);
  CHECK(t.message() == "negative");
  CHECK(std::any_cast<std::string>(t.payload()) == "payload");
  CHECK_FALSE(t.trace().empty());
  Func leave = Func::wrap(w.store, []() -> Result<Ok, Trap> { return Trap::exit(3); });
  Instance j = w.instantiate(caller_of({}, {}), {leave});
  auto left = w.try_call(j, "call");
  REQUIRE_FALSE(left);
  CHECK(std::get<Trap>(left.err()).kind() == Trap::Kind::kExit);
  CHECK(std::get<Trap>(left.err()).exit_status() == 3);
}

TEST_CASE("an exception in a callback never crosses wasm: it is the trap's payload") {
  World w;
  Func f = Func::wrap(w.store, [](int32_t x) {
    if (x == 1) throw std::runtime_error("oh no");
    if (x == 2) throw 42;
  });
  Instance i = w.instantiate(caller_of({i32}, {}), {f});
  auto r = w.try_call(i, "call", {Val(1)});
  REQUIRE_FALSE(r);
  Trap& t = std::get<Trap>(r.err());
  CHECK(t.message() == "host function threw an exception: oh no");
  CHECK_THROWS_AS(std::rethrow_exception(std::any_cast<std::exception_ptr>(t.payload())), std::runtime_error);
  auto second = w.try_call(i, "call", {Val(2)});
  REQUIRE_FALSE(second);
  CHECK(message(second.err()) == "host function threw an exception");
  CHECK_THROWS_AS(
      std::rethrow_exception(std::any_cast<std::exception_ptr>(std::get<Trap>(second.err()).payload())), int);
  CHECK(w.trap(i, "call", {Val(0)}).empty());
}

TEST_CASE("a host function sees its caller's exports and the store") {
  World w;
  w.store.data() = 7;
  Func f = Func::wrap(w.store, [](Caller c, int32_t at) -> int32_t {
    auto m = c.get_export("memory");
    if (!m) return -1;
    return std::get<Memory>(*m).data(c)[size_t(at)] + std::any_cast<int>(c.data());
  });
  ModuleBuilder b = caller_of({i32}, {i32});
  b.memory(1);
  b.data(0, i32_const(3), {30});
  b.exports("memory", Kind::kMemory, 0);
  Instance i = w.instantiate(b, {f});
  CHECK(w.call(i, "call", {Val(3)})[0].i32() == 37);
  CHECK(f.call(w.store, {Val(3)}).unwrap()[0].i32() == -1);  // the host has no exports
}

TEST_CASE("a host function calls back into wasm, and grows the memory under its caller [row28]") {
  for (MemoryStyle style : {MemoryStyle::kGuard, MemoryStyle::kChecks}) {
    World w(config_with(style));
    Func f = Func::wrap(w.store, [](Caller c) {
      Memory m = std::get<Memory>(*c.get_export("memory"));
      (void)m.grow(c, 64).unwrap();
      m.data(c)[65 * 65536 - 1] = 55;
    });
    ModuleBuilder b;
    const uint32_t nothing = b.type({}, {}), result = b.type({}, {i32});
    b.import_func("h", "f", nothing);
    b.memory(1);
    b.exports("memory", Kind::kMemory, 0);
    b.exports("run", Kind::kFunc,
              b.func(result, cat(i32_const(0), i32_const(9), i32_store8(), call(0), i32_const(65 * 65536 - 1),
                                 i32_load8_u(), i32_const(0), i32_load8_u(), op(0x6a))));
    Instance i = w.instantiate(b, {f});
    CHECK(w.call(i, "run")[0].i32() == 64);
  }
}

TEST_CASE("references of the host's pass through wasm and come back as they were") {
  World w;
  auto value = std::make_shared<int>(5);
  ExternRef ref{std::any(value)};
  ModuleBuilder b;
  b.global(externref, true, ref_null(externref));
  b.table(externref, 2);
  const uint32_t in = b.type({externref}, {}), through = b.type({externref}, {externref}),
                 out = b.type({}, {externref});
  b.exports("id", Kind::kFunc, b.func(through, local_get(0)));
  b.exports("keep", Kind::kFunc,
            b.func(in, cat(local_get(0), global_set(0), i32_const(1), local_get(0), table_set(0))));
  b.exports("global", Kind::kFunc, b.func(out, global_get(0)));
  b.exports("table", Kind::kFunc, b.func(out, cat(i32_const(1), table_get(0))));
  Instance i = w.instantiate(b);
  CHECK(w.call(i, "id", {Val(ref)})[0].externref().data() == ref.data());
  CHECK(w.call(i, "id", {Val(ExternRef())})[0].is_null_ref());
  CHECK(w.call(i, "id", {Val(ref)})[0].kind() == ValKind::kExternRef);
  w.call(i, "keep", {Val(ref)});
  ref = ExternRef();
  w.impl().collect_externs();
  CHECK(value.use_count() == 2);
  CHECK(*std::any_cast<std::shared_ptr<int>>(*w.call(i, "global")[0].externref().data()) == 5);
  CHECK(w.call(i, "global")[0].externref().data() == w.call(i, "table")[0].externref().data());
  w.call(i, "keep", {Val(ExternRef())});
  w.impl().collect_externs();
  CHECK(value.use_count() == 1);
}

TEST_CASE("a reference that only a start function holds lives while it runs") {
  World w;
  ModuleBuilder other;
  const uint32_t one = other.type({externref}, {externref});
  other.exports("id", Kind::kFunc, other.func(one, local_get(0)));
  Func id = w.get<Func>(w.instantiate(other), "id");
  auto value = std::make_shared<int>(5);
  int seen = 0;
  Func make = Func::wrap(w.store, [&]() -> ExternRef { return ExternRef{std::any(value)}; });
  // So many others that the store looks for those it may let go.
  Func work = Func::wrap(w.store, [&](Caller cx) {
    for (int n = 0; n < 3000; ++n) CHECK(id.call(cx, {{Val(ExternRef{std::any(n)})}}));
    CHECK(value.use_count() == 2);
  });
  Func take = Func::wrap(w.store, [&](ExternRef r) {
    if (value.use_count() > 1) seen = *std::any_cast<std::shared_ptr<int>>(*r.data());
  });
  ModuleBuilder b;
  const uint32_t none = b.type({}, {}), out = b.type({}, {externref}), in = b.type({externref}, {});
  b.import_func("host", "make", out);
  b.import_func("host", "work", none);
  b.import_func("host", "take", in);
  b.start(b.func(none, cat(call(0), op(0x21, 0), call(1), local_get(0), call(2)), {externref}));
  w.instantiate(b, {make, work, take});
  CHECK(seen == 5);
}

TEST_CASE("host references that wasm no longer holds do not pile up") {
  World w;
  Func f = Func::wrap(w.store, [](ExternRef) {});
  for (int n = 0; n < 10'000; ++n) (void)f.call(w.store, {Val(ExternRef(n))}).unwrap();
  CHECK(w.impl().extern_count() < 3000);
  auto typed = f.typed<ExternRef, void>(w.store).unwrap();
  for (int n = 0; n < 10'000; ++n) (void)typed.call(w.store, ExternRef(n)).unwrap();
  CHECK(w.impl().extern_count() < 3000);
  auto g = Global::create(w.store, {{ValKind::kExternRef}, true}, Val(ExternRef(-1))).unwrap();
  for (int n = 0; n < 10'000; ++n) (void)g.set(w.store, Val(ExternRef(n))).ok();
  CHECK(w.impl().extern_count() < 3000);
  CHECK(std::any_cast<int>(*g.get(w.store).externref().data()) == 9'999);
}

TEST_CASE("references of functions: null, equality, and calls of what came back") {
  World w;
  ModuleBuilder b;
  const uint32_t get = b.type({}, {i32}), out = b.type({}, {funcref}), is_null = b.type({funcref}, {i32});
  const uint32_t f = b.func(get, i32_const(11));
  b.declare({f});
  b.exports("f", Kind::kFunc, f);
  b.exports("ref", Kind::kFunc, b.func(out, ref_func(f)));
  b.exports("null", Kind::kFunc, b.func(out, ref_null(funcref)));
  b.exports("is_null", Kind::kFunc, b.func(is_null, cat(local_get(0), ref_is_null())));
  Instance i = w.instantiate(b);
  auto ref = w.call(i, "ref")[0].funcref();
  REQUIRE(ref);
  CHECK(*ref == w.get<Func>(i, "f"));
  CHECK(ref->call(w.store, {}).unwrap()[0].i32() == 11);
  CHECK_FALSE(w.call(i, "null")[0].funcref());
  CHECK(w.call(i, "is_null", {Val(std::optional<Func>())})[0].i32() == 1);
  CHECK(w.call(i, "is_null", {Val(*ref)})[0].i32() == 0);
}

TEST_CASE("globals and tables of the host's are checked like arguments") {
  World w;
  auto g = Global::create(w.store, {{ValKind::kI64}, true}, Val(int64_t{1})).unwrap();
  CHECK(g.set(w.store, Val(int64_t{2})));
  CHECK(g.get(w.store).i64() == 2);
  CHECK(g.set(w.store, Val(2)).err().message() == "value of the global: found i32, expected i64");
  auto fixed = Global::create(w.store, {{ValKind::kI32}, false}, Val(1)).unwrap();
  CHECK(fixed.set(w.store, Val(2)).err().message() == "the global is immutable");
  CHECK_FALSE(Global::create(w.store, {{ValKind::kI32}, false}, Val(1.0)));
  CHECK_FALSE(Table::create(w.store, {{ValKind::kI32}}, Val(1)));
  CHECK_FALSE(Memory::create(w.store, {.min = 2, .max = 1}));
  auto t = Table::create(w.store, {.min = 2}, Val::null(ValKind::kFuncRef)).unwrap();
  CHECK(t.set(w.store, 2, Val::null(ValKind::kFuncRef)).err().message() == "table index 2 in a table of 2");
  Func f = Func::wrap(w.store, [] { return 8; });
  CHECK(t.set(w.store, 1, Val(f)));
  CHECK(*t.get(w.store, 1)->funcref() == f);
  Tag tag = Tag::create(w.store, {{{ValKind::kI32}}, {}}).unwrap();
  CHECK(tag.type(w.store).type.params.size() == 1);
}

TEST_CASE("stack overflow through the host and back is a trap [row15]") {
  World w;
  Func f = Func::wrap(w.store, [](Caller c) -> Result<Ok, Trap> {
    auto r = std::get<Func>(*c.get_export("call")).call(c, {});
    if (!r) return std::get<Trap>(std::move(r).err());
    return Ok{};
  });
  Instance i = w.instantiate(caller_of({}, {}), {f});
  CHECK(w.trap(i, "call") == "call stack exhausted");
  CHECK(w.trap(i, "call") == "call stack exhausted");
}

TEST_CASE("a host error suspends a resumable call, which goes on with what stands for the results") {
  World w;
  Func f = Func::wrap(w.store, [](int32_t x) -> Result<int32_t, Trap> {
    if (x > 0) return Trap("wait");
    return x;
  });
  ModuleBuilder b;
  const uint32_t t = b.type({i32}, {i32});
  b.import_func("h", "f", t);
  b.exports("run", Kind::kFunc, b.func(t, cat(local_get(0), call(0), i32_const(100), op(0x6a))));
  Instance i = w.instantiate(b, {f});
  const Val one(1);
  auto r = w.get<Func>(i, "run").call_resumable(w.store, {&one, 1});
  REQUIRE(r);
  auto& call = std::get<ResumableCall>(r.ok());
  CHECK(call.kind() == ResumableCall::Kind::kHostTrap);
  CHECK(call.host_func() == f);
  CHECK(call.host_error().message() == "wait");
  const Val wrong(1.0), seven(7);
  CHECK(message(call.resume(w.store, {&wrong, 1}).err()) == "input 1: found f64, expected i32");
  CHECK_FALSE(call.resume(w.store, {}));
  auto done = call.resume(w.store, {&seven, 1});
  REQUIRE(done);
  CHECK(std::get<0>(done.ok())[0].i32() == 107);
  CHECK(w.impl().pins == 0);
  auto again = w.get<Func>(i, "run").call_resumable(w.store, {&one, 1});
  CHECK(w.impl().pins == 1);
  CHECK(std::get<ResumableCall>(std::move(again).ok()).into_host_error().message() == "wait");
  CHECK(w.impl().pins == 0);
}
