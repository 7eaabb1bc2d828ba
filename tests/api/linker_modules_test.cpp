#include "unit/runtime/fixture.h"

using namespace wjit;
using namespace wjit::test;

namespace {

// "next" counts from the global's first value on, which "_initialize" sets to 40 (a reactor) or nobody.
ModuleBuilder counter(const char* setup) {
  ModuleBuilder b;
  const uint32_t g = b.global(i32, true, i32_const(0));
  const uint32_t none = b.type({}, {}), gives = b.type({}, {i32});
  if (setup) b.exports(setup, Kind::kFunc, b.func(none, cat(i32_const(40), global_set(g))));
  b.exports("next", Kind::kFunc,
            b.func(gives, cat(global_get(g), i32_const(1), op(0x6a), global_set(g), global_get(g))));
  return b;
}

int32_t call_next(World& w, Linker& linker, std::string_view module) {
  auto f = std::get<Func>(*linker.get(w.store, module, "next"));
  return f.call(w.store, {}).unwrap()[0].i32();
}

}  // namespace

TEST_CASE("Linker::module initialises a reactor and shares its instance") {
  World w;
  Linker linker(w.engine);
  (void)linker.module(w.store, "r", w.compile(counter("_initialize"))).unwrap();
  CHECK(call_next(w, linker, "r") == 41);
  CHECK(call_next(w, linker, "r") == 42);
  (void)linker.module(w.store, "plain", w.compile(counter(nullptr))).unwrap();
  CHECK(call_next(w, linker, "plain") == 1);
  CHECK(call_next(w, linker, "plain") == 2);
}

TEST_CASE("Linker::module gives every call of a command an instance of its own") {
  World w;
  Linker linker(w.engine);
  ModuleBuilder b = counter("_start");
  b.exports("memory", Kind::kMemory, b.memory(1));
  (void)linker.module(w.store, "c", w.compile(b)).unwrap();
  CHECK(call_next(w, linker, "c") == 1);
  CHECK(call_next(w, linker, "c") == 1);
  CHECK_FALSE(linker.get(w.store, "c", "memory"));
  ModuleBuilder odd = counter("_start");
  odd.exports("mine", Kind::kMemory, odd.memory(1));
  auto refused = linker.module(w.store, "odd", w.compile(odd));
  REQUIRE_FALSE(refused);
  CHECK(message(refused.err()).find("export \"mine\" of a command") != std::string::npos);
}

TEST_CASE("a command's trap and missing imports are those of the call and of the definition") {
  World w;
  Linker linker(w.engine);
  ModuleBuilder b;
  b.exports("_start", Kind::kFunc, b.func(b.type({}, {}), unreachable()));
  (void)linker.module(w.store, "c", w.compile(b)).unwrap();
  auto r = linker.get_default(w.store, "c").unwrap().call(w.store, {});
  REQUIRE_FALSE(r);
  CHECK(message(r.err()) == "unreachable");
  ModuleBuilder needs;
  needs.import_func("x", "y", needs.type({}, {}));
  needs.exports("_start", Kind::kFunc, 0);
  CHECK(kind(linker.module(w.store, "d", w.compile(needs)).err()) == ErrorKind::kLink);
  // What is there has another type: known before the first call.
  (void)linker.func_wrap("x", "y", [](int32_t) {}).unwrap();
  CHECK(kind(linker.module(w.store, "d", w.compile(needs)).err()) == ErrorKind::kLink);
  // The store's limit holds for the instances of commands.
  w.store.limiter({.instances = 0});
  auto full = linker.get_default(w.store, "c").unwrap().call(w.store, {});
  REQUIRE_FALSE(full);
  CHECK(message(full.err()).find("allows 0 instances") != std::string::npos);
}

TEST_CASE("a reactor whose _initialize traps or takes parameters is not defined") {
  World w;
  Linker linker(w.engine);
  ModuleBuilder traps;
  traps.exports("_initialize", Kind::kFunc, traps.func(traps.type({}, {}), unreachable()));
  CHECK(kind(linker.module(w.store, "r", w.compile(traps)).err()) == ErrorKind::kTrap);
  ModuleBuilder takes;
  takes.exports("_initialize", Kind::kFunc, takes.func(takes.type({i32}, {}), {}));
  CHECK(kind(linker.module(w.store, "r", w.compile(takes)).err()) == ErrorKind::kLink);
  CHECK_FALSE(linker.get(w.store, "r", "_initialize"));
}

TEST_CASE("the default of a module: its \"\", its _start, or nothing") {
  World w;
  Linker linker(w.engine);
  int called = 0;
  (void)linker.func_wrap("a", "", [&] { called += 1; }).unwrap();
  (void)linker.func_wrap("a", "_start", [&] { called += 10; }).unwrap();
  (void)linker.func_wrap("b", "_start", [&] { called += 100; }).unwrap();
  for (const char* name : {"a", "b", "nobody"})
    (void)linker.get_default(w.store, name).unwrap().call(w.store, {}).unwrap();
  CHECK(called == 101);
  Memory m = Memory::create(w.store, {.min = 1}).unwrap();
  (void)linker.define(w.store, "m", "", m).unwrap();
  CHECK(linker.get_default(w.store, "m").err().kind() == ErrorKind::kLink);
}

TEST_CASE("unknown imports as traps: functions only, and only those unknown") {
  World w;
  Linker linker(w.engine);
  (void)linker.func_wrap("m", "known", [] { return 7; }).unwrap();
  ModuleBuilder b;
  const uint32_t gives = b.type({}, {i32});
  b.import_func("m", "known", gives);
  b.import_func("m", "unknown", gives);
  b.exports("known", Kind::kFunc, 0);
  b.exports("unknown", Kind::kFunc, b.func(gives, call(1)));
  Module module = w.compile(b);
  (void)linker.define_unknown_imports_as_traps(module).unwrap();
  Instance i = linker.instantiate(w.store, module).unwrap();
  CHECK(w.call(i, "known")[0].i32() == 7);
  CHECK(w.trap(i, "unknown") ==
        "unknown import: import \"m\" \"unknown\" was called, and nothing of this name is defined");
  ModuleBuilder memory;
  memory.import_memory("m", "memory", 1);
  (void)linker.define_unknown_imports_as_traps(w.compile(memory)).unwrap();
  CHECK_FALSE(linker.instantiate(w.store, w.compile(memory)));
}

TEST_CASE("unknown imports as default values: every kind, all zero") {
  World w;
  Linker linker(w.engine);
  ModuleBuilder b;
  const uint32_t type = b.type({}, {i64, externref, f32});
  b.import_func("m", "f", type);
  b.import_table("m", "t", funcref, 3, 5);
  b.import_memory("m", "mem", 2);
  b.import_global("m", "g", f64, false);
  b.import_tag("m", "tag", b.type({i32}, {}));
  b.exports("f", Kind::kFunc, 0);
  b.exports("t", Kind::kTable, 0);
  b.exports("mem", Kind::kMemory, 0);
  b.exports("g", Kind::kGlobal, 0);
  Module module = w.compile(b);
  (void)linker.define_unknown_imports_as_default_values(w.store, module).unwrap();
  Instance i = linker.instantiate(w.store, module).unwrap();
  auto r = w.call(i, "f");
  CHECK(r[0].i64() == 0);
  CHECK(r[1].is_null_ref());
  CHECK(r[2].f32_bits() == 0);
  CHECK(w.get<Table>(i, "t").size(w.store) == 3);
  CHECK(w.get<Memory>(i, "mem").size(w.store) == 2);
  CHECK(w.get<Global>(i, "g").get(w.store).f64_bits() == 0);
}
