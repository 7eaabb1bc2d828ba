#include "unit/runtime/fixture.h"

using namespace wjit;
using namespace wjit::test;

TEST_CASE("an import nobody defined is named with its type") {
  World w;
  Linker linker(w.engine);
  ModuleBuilder b;
  b.import_func("env", "missing", b.type({i32, f64}, {i64}));
  auto r = linker.instantiate(w.store, w.compile(b));
  REQUIRE_FALSE(r);
  CHECK(kind(r.err()) == ErrorKind::kLink);
  CHECK(message(r.err()) ==
        "unknown import: import \"env\" \"missing\": the module wants a func [i32 f64] -> [i64], and nothing "
        "of this "
        "name is defined");
}

TEST_CASE("imports of the wrong type: what was found and what was expected") {
  World w;
  Func f = Func::wrap(w.store, [](int32_t) {});
  Memory m = Memory::create(w.store, {.min = 1, .max = 5}).unwrap();
  Table t = Table::create(w.store, {.min = 1}, Val::null(ValKind::kFuncRef)).unwrap();
  Global g = Global::create(w.store, {{ValKind::kI32}, true}, Val(0)).unwrap();
  auto link_error = [&](auto declare, Extern item) {
    ModuleBuilder b;
    declare(b);
    auto r = w.try_instantiate(b, {item});
    REQUIRE_FALSE(r);
    CHECK(kind(r.err()) == ErrorKind::kLink);
    const std::string said = message(r.err());
    CHECK(said.find("import \"m\" \"x\"") != std::string::npos);
    return said;
  };
  auto has = [](const std::string& s, const char* part) { return s.find(part) != std::string::npos; };
  auto wants_func = [](ModuleBuilder& b) { b.import_func("m", "x", b.type({i64}, {})); };
  const std::string func_said = link_error(wants_func, f);
  CHECK(has(func_said, "i32"));
  CHECK(has(func_said, "i64"));
  CHECK(has(link_error(wants_func, m), "memory"));
  link_error([](ModuleBuilder& b) { b.import_memory("m", "x", 2); }, m);
  link_error([](ModuleBuilder& b) { b.import_memory("m", "x", 1, 4); }, m);
  link_error([](ModuleBuilder& b) { b.import_table("m", "x", externref, 1); }, t);
  link_error([](ModuleBuilder& b) { b.import_table("m", "x", funcref, 1, 10); }, t);
  link_error([](ModuleBuilder& b) { b.import_global("m", "x", i32, false); }, g);
  link_error([](ModuleBuilder& b) { b.import_global("m", "x", i64, true); }, g);
  Tag tag = Tag::create(w.store, {{{ValKind::kI32}}, {}}).unwrap();
  link_error([](ModuleBuilder& b) { b.import_tag("m", "x", b.type({i64}, {})); }, tag);
}

TEST_CASE("what an import's limits are compared with is the size it has now") {
  World w;
  Memory m = Memory::create(w.store, {.min = 1}).unwrap();
  ModuleBuilder b;
  b.import_memory("m", "m", 2);
  CHECK_FALSE(w.try_instantiate(b, {m}));
  (void)m.grow(w.store, 1).unwrap();
  CHECK(w.try_instantiate(b, {m}));
}

TEST_CASE("names are defined once unless shadowing is allowed") {
  World w;
  Linker linker(w.engine);
  CHECK(linker.func_wrap("a", "f", [] { return 1; }));
  auto twice = linker.func_wrap("a", "f", [] { return 2; });
  REQUIRE_FALSE(twice);
  CHECK(twice.err().kind() == ErrorKind::kUsage);
  CHECK(std::get<Func>(*linker.get(w.store, "a", "f")).call(w.store, {}).unwrap()[0].i32() == 1);
  linker.allow_shadowing(true);
  CHECK(linker.func_wrap("a", "f", [] { return 2; }));
  CHECK(std::get<Func>(*linker.get(w.store, "a", "f")).call(w.store, {}).unwrap()[0].i32() == 2);
  CHECK_FALSE(linker.get(w.store, "a", "g"));
  CHECK_FALSE(linker.get(w.store, "b", "f"));
}

TEST_CASE("an instance is defined with all its names or with none") {
  World w;
  Linker linker(w.engine);
  ModuleBuilder m;
  const uint32_t nothing = m.type({}, {});
  for (const char* name : {"a", "b", "c"}) m.exports(name, Kind::kFunc, m.func(nothing, {}));
  const Instance instance = w.instantiate(m);
  linker.func_wrap("m", "b", [] {}).unwrap();
  auto refused = linker.define_instance(w.store, "m", instance);
  REQUIRE_FALSE(refused);
  CHECK(refused.err().message() == "\"b\" of \"m\" is defined already (Linker::allow_shadowing permits it)");
  CHECK_FALSE(linker.get(w.store, "m", "a"));
  CHECK_FALSE(linker.get(w.store, "m", "c"));
  linker.allow_shadowing(true);
  CHECK(linker.define_instance(w.store, "m", instance));
  for (const char* name : {"a", "b", "c"})
    CHECK(std::get<Func>(*linker.get(w.store, "m", name)).raw() ==
          std::get<Func>(*instance.get(w.store, name)).raw());
}

TEST_CASE("host functions of a linker are made anew in each store, and outlive the linker") {
  Engine engine;
  Store a(engine), b(engine);
  int calls = 0;
  ModuleBuilder m;
  const uint32_t nothing = m.type({}, {});
  m.import_func("h", "f", nothing);
  m.exports("run", Kind::kFunc, m.func(nothing, call(0)));
  Module module = Module::compile(engine, m.build()).unwrap();
  std::optional<Instance> in_a, in_b;
  {
    Linker linker(engine);
    linker.func_wrap("h", "f", [&calls] { ++calls; }).unwrap();
    in_a = linker.instantiate(a, module).unwrap();
    in_b = linker.instantiate(b, module).unwrap();
    in_a = linker.instantiate(a, module).unwrap();
  }
  CHECK(std::get<Func>(*in_a->get(a, "run")).call(a, {}));
  CHECK(std::get<Func>(*in_b->get(b, "run")).call(b, {}));
  CHECK(calls == 2);
}

TEST_CASE("items belong to the store they were defined with, modules to their engine") {
  World w;
  Store other(w.engine);
  Linker linker(w.engine);
  linker.define(w.store, "m", "m", Memory::create(w.store, {.min = 1}).unwrap()).unwrap();
  ModuleBuilder b;
  b.import_memory("m", "m", 1);
  CHECK(linker.instantiate(w.store, w.compile(b)));
  auto r = linker.instantiate(other, w.compile(b));
  REQUIRE_FALSE(r);
  CHECK(kind(r.err()) == ErrorKind::kUsage);
  World elsewhere;
  auto foreign = linker.instantiate(w.store, elsewhere.compile(b));
  REQUIRE_FALSE(foreign);
  CHECK(kind(foreign.err()) == ErrorKind::kUsage);
  CHECK_FALSE(linker.define(elsewhere.store, "m", "n", Func::wrap(elsewhere.store, [] {})));
  CHECK_FALSE(linker.define(w.store, "m", "empty", Memory()));
}

TEST_CASE("define_instance gives every export under a module's name; exports keep their order") {
  World w;
  ModuleBuilder lib;
  const uint32_t get = lib.type({}, {i32});
  lib.memory(1);
  lib.global(i32, true, i32_const(5));
  lib.exports("z", Kind::kFunc, lib.func(get, global_get(0)));
  lib.exports("a", Kind::kGlobal, 0);
  lib.exports("m", Kind::kMemory, 0);
  Instance l = w.instantiate(lib);
  std::string order;
  for (auto& [name, item] : l.exports(w.store)) order += name;
  CHECK(order == "zam");
  Linker linker(w.engine);
  linker.define_instance(w.store, "lib", l).unwrap();
  ModuleBuilder user;
  const uint32_t t = user.type({}, {i32});
  user.import_func("lib", "z", t);
  user.import_global("lib", "a", i32, true);
  user.exports("run", Kind::kFunc, user.func(t, cat(i32_const(6), global_set(0), call(0))));
  Instance u = linker.instantiate(w.store, w.compile(user)).unwrap();
  CHECK(w.call(u, "run")[0].i32() == 6);
  CHECK(w.get<Global>(l, "a").get(w.store).i32() == 6);
}

TEST_CASE("imports and exports of a module with their types") {
  World w;
  ModuleBuilder b;
  b.import_func("m", "f", b.type({i32}, {externref}));
  b.import_memory("m", "mem", 1, 2);
  b.table(funcref, 3);
  b.exports("t", Kind::kTable, 0);
  b.exports("f", Kind::kFunc, 0);
  Module m = w.compile(b);
  auto imports = m.imports();
  REQUIRE(imports.size() == 2);
  CHECK(imports[0].name == "f");
  CHECK(std::get<FuncType>(imports[0].type).results[0] == ValType{ValKind::kExternRef});
  CHECK(std::get<MemoryType>(imports[1].type).max == 2u);
  auto exports = m.exports();
  REQUIRE(exports.size() == 2);
  CHECK(std::get<TableType>(exports[0].type).min == 3);
  CHECK(exports[1].name == "f");
}

TEST_CASE("the limiter refuses creation with an error and growth with -1") {
  World w;
  w.store.limiter(
      {.memory_bytes = 3 * 65536, .table_elements = 5, .instances = 2, .tables = 1, .memories = 2});
  ModuleBuilder b;
  b.memory(2), b.table(funcref, 4);
  const uint32_t grow = b.type({i32}, {i32});
  b.exports("mgrow", Kind::kFunc, b.func(grow, cat(local_get(0), memory_grow())));
  b.exports("tgrow", Kind::kFunc, b.func(grow, cat(ref_null(funcref), local_get(0), fc(15, {0}))));
  Instance i = w.instantiate(b);
  CHECK(w.call(i, "mgrow", {Val(2)})[0].i32() == -1);
  CHECK(w.call(i, "mgrow", {Val(1)})[0].i32() == 2);
  CHECK(w.call(i, "tgrow", {Val(2)})[0].i32() == -1);
  CHECK(w.call(i, "tgrow", {Val(1)})[0].i32() == 4);
  auto second = w.try_instantiate(b);  // one table too many
  REQUIRE_FALSE(second);
  CHECK(kind(second.err()) == ErrorKind::kLimit);
  CHECK(message(second.err()) == "the store's limiter allows 1 tables");
  CHECK_FALSE(Memory::create(w.store, {.min = 4}));
  CHECK(Memory::create(w.store, {.min = 1}));
  CHECK_FALSE(Memory::create(w.store, {.min = 1}));
  w.instantiate(ModuleBuilder());
  CHECK_FALSE(w.try_instantiate(ModuleBuilder()));
}

TEST_CASE("handles compare and hash by what they stand for, and copies are the same") {
  World w;
  ModuleBuilder b;
  b.exports("f", Kind::kFunc, b.func(b.type({}, {}), {}));
  Instance i = w.instantiate(b), same = i, other = w.instantiate(b);
  CHECK(i == same);
  CHECK_FALSE(i == other);
  CHECK(std::hash<Instance>()(i) == std::hash<Instance>()(same));
  CHECK(w.get<Func>(i, "f") == w.get<Func>(same, "f"));
  CHECK_FALSE(w.get<Func>(i, "f") == w.get<Func>(other, "f"));
  CHECK(std::hash<Func>()(w.get<Func>(i, "f")) == std::hash<Func>()(w.get<Func>(same, "f")));
}

TEST_CASE("fuel is set and read where the engine meters, and an error elsewhere") {
  World plain;
  CHECK_FALSE(plain.store.set_fuel(1));
  CHECK_FALSE(plain.store.get_fuel());
  Config c;
  c.consume_fuel = true;
  World w(c);
  CHECK(w.store.get_fuel().unwrap() == 0);
  w.store.set_fuel(1000).unwrap();
  CHECK(w.store.get_fuel().unwrap() == 1000);
  w.store.set_fuel(~uint64_t{0}).unwrap();
  CHECK(w.store.get_fuel().unwrap() == uint64_t(INT64_MAX));
}

TEST_CASE("modules from files: errors name the path") {
  Engine engine;
  auto missing = Module::from_file(engine, "/nonexistent/x.wasm");
  REQUIRE_FALSE(missing);
  CHECK(missing.err().kind() == ErrorKind::kIo);
  CHECK(missing.err().message().find("/nonexistent/x.wasm: No such file") == 0);
  auto directory = Module::from_file(engine, "/tmp");
  REQUIRE_FALSE(directory);
  CHECK(directory.err().message() == "/tmp: is a directory");
  auto junk = Module::from_file(engine, "/proc/self/status");
  REQUIRE_FALSE(junk);
  CHECK(junk.err().message().find("/proc/self/status: ") == 0);
}

TEST_CASE("wasi through the linker: exit ends the call with its code, the memory is the caller's") {
  World w;
  Linker linker(w.engine);
  linker.define_wasi(w.store, {.args = {"prog", "arg"}, .inherit_stdio = false}).unwrap();
  ModuleBuilder b;
  const uint32_t sizes = b.type({i32, i32}, {i32}), exit = b.type({i32}, {}), nothing = b.type({}, {});
  b.import_func("wasi_snapshot_preview1", "args_sizes_get", sizes);
  b.import_func("wasi_snapshot_preview1", "proc_exit", exit);
  b.memory(1);
  b.exports("memory", Kind::kMemory, 0);
  b.exports("_start", Kind::kFunc,
            b.func(nothing,
                   cat(i32_const(0), i32_const(4), call(0), drop(), i32_const(0), i32_load8_u(), call(1))));
  Instance i = linker.instantiate(w.store, w.compile(b)).unwrap();
  auto r = w.try_call(i, "_start");
  REQUIRE_FALSE(r);
  CHECK(std::get<Trap>(r.err()).kind() == Trap::Kind::kExit);
  CHECK(std::get<Trap>(r.err()).exit_status() == 2);
  CHECK(w.get<Memory>(i, "memory").data(w.store)[4] == 9);  // "prog\0arg\0"
}
