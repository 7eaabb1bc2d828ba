// What the C++ API answers to what makes no sense. Calls that are not here take nothing that could be wrong,
// or are in the test of what they do (imports: linker_test.cpp; resumable calls: resume_test.cpp).
#include "unit/runtime/fixture.h"
#include "wjit/memory_creator.hpp"

using namespace wjit;
using namespace wjit::test;

namespace {

// "KIND: message" of what failed, for one look at both.
std::string said(const Error& e) {
  return (e.kind() == ErrorKind::kUsage      ? "usage: "
          : e.kind() == ErrorKind::kLimit    ? "limit: "
          : e.kind() == ErrorKind::kLink     ? "link: "
          : e.kind() == ErrorKind::kResource ? "resource: "
                                             : "another kind: ") +
         e.message();
}
template <class T>
std::string said(const Result<T>& r) {
  return r ? "it went well" : said(r.err());
}
template <class T>
std::string said(const TrapResult<T>& r) {
  if (r) return "it went well";
  auto* error = std::get_if<Error>(&r.err());
  return error ? said(*error) : "trap: " + std::get<Trap>(r.err()).message();
}

Module text(const Engine& engine, const char* wat) { return Module::from_text(engine, wat).unwrap(); }

// Two stores of one engine, and something of each kind in the second.
struct Two {
  Engine engine;
  Store here{engine}, there{engine};
  Func func = Func::wrap(there, [](int32_t x) { return x; });
  Global global = Global::create(there, {{ValKind::kI32}, true}, Val(7)).unwrap();
  Memory memory = Memory::create(there, {.min = 1}).unwrap();
  Table table = Table::create(there, {.min = 2}, Val::null(ValKind::kFuncRef)).unwrap();
  Tag tag = Tag::create(there, {{{ValKind::kI32}}, {}}).unwrap();
};

}  // namespace

TEST_CASE("bad input: things of another store as imports") {
  Two w;
  const std::pair<const char*, Extern> cases[] = {
      {R"((import "m" "x" (func (param i32) (result i32))))", w.func},
      {R"((import "m" "x" (global (mut i32))))", w.global},
      {R"((import "m" "x" (memory 1)))", w.memory},
      {R"((import "m" "x" (table 2 funcref)))", w.table},
      {R"((import "m" "x" (tag (param i32))))", w.tag},
  };
  for (const auto& [wat, item] : cases) {
    CAPTURE(wat);
    const Module module = text(w.engine, wat);
    CHECK(said(Instance::create(w.there, module, {&item, 1})) == "it went well");
    CHECK(said(Instance::create(w.here, module, {&item, 1})) ==
          R"(usage: import "m" "x": belongs to another store)");
    Linker linker(w.engine);
    CHECK(said(linker.define(w.here, "m", "x", item)) == R"(usage: "x" of "m": belongs to another store)");
    CHECK(said(linker.define(w.there, "m", "x", item)) == "it went well");
    CHECK(said(linker.instantiate(w.here, module)) == R"(usage: "x" of "m" was defined with another store)");
    CHECK_FALSE(linker.get(w.here, "m", "x"));
    // What was found in an export knows its store, too.
    Instance exporter = linker
                            .instantiate(w.there, text(w.engine, (std::string(wat) + R"((export "y" ()" +
                                                                  (item.index() == 0   ? "func"
                                                                   : item.index() == 1 ? "global"
                                                                   : item.index() == 2 ? "memory"
                                                                   : item.index() == 3 ? "table"
                                                                                       : "tag") +
                                                                  " 0))")
                                                                     .c_str()))
                            .unwrap();
    const Extern again = *exporter.get(w.there, "y");
    CHECK(said(Instance::create(w.here, module, {&again, 1})) ==
          R"(usage: import "m" "x": belongs to another store)");
    CHECK(said(linker.define_instance(w.here, "z", exporter)) ==
          R"(usage: the instance for "z" belongs to another store)");
  }
}

TEST_CASE("bad input: things of another store where they are used") {
  Two w;
  Table mine = Table::create(w.here, {.min = 2}, Val::null(ValKind::kFuncRef)).unwrap();
  Global holder = Global::create(w.here, {{ValKind::kFuncRef}, true}, Val::null(ValKind::kFuncRef)).unwrap();
  const Val foreign(w.func);
  CHECK(said(mine.set(w.here, 0, foreign)) == "usage: table element: a function of another store");
  CHECK(said(mine.grow(w.here, 1, foreign)) == "usage: table element: a function of another store");
  CHECK(mine.size(w.here) == 2);
  CHECK(said(Table::create(w.here, {.min = 1}, foreign)) ==
        "usage: initial element: a function of another store");
  CHECK(said(holder.set(w.here, foreign)) == "usage: value of the global: a function of another store");
  CHECK(said(Global::create(w.here, {{ValKind::kFuncRef}}, foreign)) ==
        "usage: initial value: a function of another store");
  // The thing itself belongs to the other store.
  CHECK(said(w.table.set(w.here, 0, Val::null(ValKind::kFuncRef))) ==
        "usage: the table belongs to another store");
  CHECK(said(w.table.grow(w.here, 1, Val::null(ValKind::kFuncRef))) ==
        "usage: the table belongs to another store");
  CHECK(said(w.memory.grow(w.here, 1)) == "usage: the memory belongs to another store");
  CHECK(said(w.global.set(w.here, Val(1))) == "usage: the global belongs to another store");
  CHECK(said(w.func.call(w.here, {Val(1)})) == "usage: the function belongs to another store");
  CHECK(said(w.func.call_resumable(w.here, {})) == "usage: the function belongs to another store");
  CHECK(said(w.func.typed<int32_t, int32_t>(w.here)) == "usage: the function belongs to another store");
  CHECK(w.memory.size(w.there) == 1);
  CHECK(w.global.get(w.there).i32() == 7);
  // What cannot fail answers all the same.
  CHECK(w.memory.data(w.here).size() == 65536);
  CHECK(w.table.size(w.here) == 2);
  CHECK(w.global.get(w.here).i32() == 7);
  CHECK(w.func.type(w.here).params.size() == 1);
  // Typed functions, whose type was checked when the store was another.
  auto typed = w.func.typed<int32_t, int32_t>(w.there).unwrap();
  CHECK(said(typed.call(w.here, 1)) == "usage: the function belongs to another store");
  CHECK(typed.call(w.there, 1).unwrap() == 1);
  using MaybeFunc = std::optional<Func>;
  auto echo = Func::wrap(w.here, [](MaybeFunc f) { return f; }).typed<MaybeFunc, MaybeFunc>(w.here).unwrap();
  CHECK(said(echo.call(w.here, w.func)) == "usage: argument 1: a function of another store");
  CHECK_FALSE(echo.call(w.here, std::nullopt).unwrap());
  Func strange = Func::wrap(w.here, [f = w.func] { return MaybeFunc(f); });
  CHECK(said(strange.call(w.here, {})) == "trap: result of a host function, 1: a function of another store");
  Func stranger = Func::create(w.here, {{}, {{ValKind::kFuncRef}}},
                               [&](Caller, std::span<const Val>, std::span<Val> out) -> Result<Ok, Trap> {
                                 out[0] = foreign;
                                 return Ok{};
                               });
  CHECK(said(stranger.call(w.here, {})) == "trap: result 1 of a host function: a function of another store");
}

TEST_CASE("bad input: handles that stand for nothing") {
  Engine engine;
  Store store(engine);
  CHECK(said(Func().call(store, {})) == "usage: call of a null function");
  CHECK(said(Func().call_resumable(store, {})) == "usage: call of a null function");
  CHECK(Func().type(store).params.empty());
  CHECK(said(Memory().grow(store, 1)) == "usage: the handle of the memory is empty");
  CHECK(Memory().data(store).empty());
  CHECK(Memory().size(store) == 0);
  CHECK(Memory().type(store).min == 0);
  CHECK(said(Table().set(store, 0, Val(1))) == "usage: the handle of the table is empty");
  CHECK(said(Table().grow(store, 0, Val(1))) == "usage: the handle of the table is empty");
  CHECK(Table().size(store) == 0);
  CHECK_FALSE(Table().get(store, 0));
  CHECK(Table().type(store).min == 0);
  CHECK(said(Global().set(store, Val(1))) == "usage: the handle of the global is empty");
  CHECK(Global().get(store).i32() == 0);
  CHECK_FALSE(Global().type(store).is_mutable);
  CHECK(Tag().type(store).type.params.empty());
  CHECK_FALSE(Instance().get(store, "x"));
  CHECK(Instance().exports(store).empty());
  Linker linker(engine);
  CHECK(said(linker.define(store, "m", "x", Memory())) == "usage: define of an empty handle");
  CHECK(said(linker.define_instance(store, "m", Instance())) == "usage: define of an empty handle");
  const Extern empty = Global();
  CHECK(said(Instance::create(store, text(engine, R"((import "m" "x" (global i32)))"), {&empty, 1})) ==
        "usage: import 0 is an empty handle");
}

TEST_CASE("bad input: engines that do not belong together") {
  Engine one, other;
  Store store(one);
  const Module module = text(other, "");
  CHECK(said(Instance::create(store, module, {})) ==
        "usage: the module and the store belong to different engines");
  Linker linker(one);
  CHECK(said(linker.instantiate(store, module)) ==
        "usage: the linker, the store and the module belong to different engines");
  CHECK(said(linker.module(store, "m", module)) ==
        "usage: the linker, the store and the module belong to different engines");
  Linker foreign(other);
  CHECK(said(foreign.define(store, "m", "x", Func::wrap(store, [] {}))) ==
        "usage: the linker and the store belong to different engines");
  CHECK(said(foreign.define_wasi(store, {})) ==
        "usage: the linker and the store belong to different engines");
  // A type that only the other engine knows.
  const Module typed =
      text(other, R"((type $f (func (param i64 i64 i32))) (import "m" "x" (global (ref null $f))))");
  const ValType concrete = std::get<GlobalType>(typed.imports()[0].type).content;
  REQUIRE(concrete.bits != 0);
  const std::string why = "usage: the type " + concrete.to_string() + " is one of another engine";
  CHECK(said(Global::create(store, {concrete}, Val::null(ValKind::kFuncRef))) == why);
  CHECK(said(Table::create(store, {.element = concrete}, Val::null(ValKind::kFuncRef))) == why);
  CHECK(said(Tag::create(store, {{concrete}, {}})) == why);
  auto nothing = [](Caller, std::span<const Val>, std::span<Val>) -> Result<Ok, Trap> { return Ok{}; };
  CHECK(said(linker.func_new("m", "x", {{concrete}, {}}, nothing)) == why);
  CHECK(Func::create(store, {{concrete}, {}}, nothing) == Func());
}

TEST_CASE("bad input: types that cannot be") {
  Engine engine;
  Store store(engine);
  CHECK(said(Memory::create(store, {.min = 2, .max = 1})) ==
        "usage: memory type: the maximum is below the minimum");
  CHECK(said(Memory::create(store, {.min = 1, .shared = true})) ==
        "usage: memory type: a shared memory needs a maximum");
  CHECK(said(Memory::create(store, {.min = 1, .page_size_log2 = 3})) ==
        "usage: memory type: pages are of 65536 bytes or of one");
  CHECK(said(Memory::create(store, {.min = uint64_t{1} << 60, .is64 = true}))
            .starts_with("limit: memory 0: memory of 1152921504606846976 pages"));
  CHECK(said(Memory::create(store, {.min = 65537}))
            .starts_with("limit: memory 0: memory of 65537 pages: at most 65536"));
  CHECK(said(Memory::create(store, {.min = uint64_t{1} << 40, .is64 = true}))
            .starts_with("limit: memory 0: memory of 1099511627776 pages"));
  CHECK(said(Table::create(store, {.min = 2, .max = 1}, Val::null(ValKind::kFuncRef))) ==
        "usage: table type: the maximum is below the minimum");
  CHECK(said(Table::create(store, {.element = {ValKind::kI32}}, Val(1))) ==
        "usage: table type: i32 is no reference");
  CHECK(said(Table::create(store, {.min = ~uint64_t{0}}, Val::null(ValKind::kFuncRef)))
            .starts_with("limit: table 0: table of 1844"));
  CHECK(said(Tag::create(store, {{}, {{ValKind::kI32}}})) == "usage: tag type: a tag has no results");
  const FuncType wide{std::vector<ValType>(1001, ValType{ValKind::kI32}), {}};
  auto nothing = [](Caller, std::span<const Val>, std::span<Val>) -> Result<Ok, Trap> { return Ok{}; };
  CHECK(Func::create(store, wide, nothing) == Func());
  Linker linker(engine);
  CHECK(said(linker.func_new("m", "x", wide, nothing)) ==
        "limit: a function type of 1001 parameters and 0 results: at most 1000 and 1000");
}

TEST_CASE("bad input: values, counts and indices") {
  Engine engine;
  Store store(engine);
  Func f = Func::wrap(store, [](int32_t x) { return x; });
  CHECK(said(f.call(store, {})) == "usage: the function takes 1 arguments [i32] -> [i32], 0 were given");
  CHECK(said(f.call(store, {Val(1), Val(2)})) ==
        "usage: the function takes 1 arguments [i32] -> [i32], 2 were given");
  CHECK(said(f.call(store, {Val(1.5)})) == "usage: argument 1: found f64, expected i32");
  CHECK(said(f.call_resumable(store, {})) ==
        "usage: the function takes 1 arguments [i32] -> [i32], 0 were given");
  CHECK(said(f.typed<int64_t, int32_t>(store)) ==
        "usage: typed function: found [i32] -> [i32], asked for [i64] -> [i32]");
  Table table = Table::create(store, {.min = 2, .max = 3}, Val::null(ValKind::kFuncRef)).unwrap();
  CHECK(said(table.set(store, 2, Val::null(ValKind::kFuncRef))) == "usage: table index 2 in a table of 2");
  CHECK(said(table.set(store, ~uint64_t{0}, Val(f))).starts_with("usage: table index 1844"));
  CHECK(said(table.set(store, 0, Val(1))) == "usage: table element: found i32, expected funcref");
  CHECK(said(table.set(store, 0, Val(ExternRef()))) ==
        "usage: table element: found externref, expected funcref");
  CHECK_FALSE(table.get(store, 2));
  CHECK(said(table.grow(store, 2, Val(f))) == "limit: table of 2 elements cannot grow by 2");
  CHECK(said(table.grow(store, ~uint64_t{0}, Val(f)))
            .starts_with("limit: table of 2 elements cannot grow by 1844"));
  Memory memory = Memory::create(store, {.min = 1, .max = 2}).unwrap();
  CHECK(said(memory.grow(store, 2)) == "limit: memory of 1 pages cannot grow by 2");
  CHECK(said(memory.grow(store, ~uint64_t{0})).starts_with("limit: memory of 1 pages cannot grow by 1844"));
  Global constant = Global::create(store, {{ValKind::kI32}, false}, Val(7)).unwrap();
  CHECK(said(constant.set(store, Val(8))) == "usage: the global is immutable");
  CHECK(said(Global::create(store, {{ValKind::kI64}}, Val(7))) ==
        "usage: initial value: found i32, expected i64");
  CHECK(said(store.get_fuel()) == "usage: this engine does not meter fuel (Config::consume_fuel)");
  CHECK(said(store.set_fuel(1)) == "usage: this engine does not meter fuel (Config::consume_fuel)");
  const Module module = text(engine, R"((import "m" "x" (global i32)))");
  CHECK(said(Instance::create(store, module, {})) == "link: the module has 1 imports, 0 were given");
  const Extern wrong = memory;
  CHECK(said(Instance::create(store, module, {&wrong, 1})).starts_with(R"(link: import "m" "x": )"));
  Linker linker(engine);
  REQUIRE(linker.define(store, "m", "x", f));
  CHECK(said(linker.define(store, "m", "x", f)) ==
        R"(usage: "x" of "m" is defined already (Linker::allow_shadowing permits it))");
  // Values ask for nothing: another kind's bits, and null references.
  CHECK(Val(1).f64() != 1.0);
  CHECK_FALSE(Val(1).funcref());
  CHECK(Val(1).externref().is_null());
  CHECK_FALSE(Val(0).is_null_ref());
  CHECK(Val(Func()).is_null_ref());
  CHECK(Trap::wasm(255).message() == "255 is the code of no trap");
  CHECK(Trap::wasm(255).kind() == Trap::Kind::kHost);
}

TEST_CASE("bad input: modules") {
  Engine engine;
  CHECK_FALSE(Module::compile(engine, {}));
  CHECK_FALSE(Module::validate(engine, {}));
  CHECK_FALSE(Module::from_text(engine, "(module"));
  CHECK(Module::from_text(engine, ""));  // a module without fields
  auto missing = Module::from_file(engine, "/nowhere/x.wasm");
  REQUIRE_FALSE(missing);
  CHECK(missing.err().kind() == ErrorKind::kIo);
  CHECK(missing.err().message() == "/nowhere/x.wasm: No such file or directory");
  auto folder = Module::from_file(engine, "/");
  REQUIRE_FALSE(folder);
  CHECK(folder.err().message() == "/: is a directory");
  auto nul = Module::from_file(engine, std::string("x\0y", 3));
  CHECK_FALSE(nul);
}

TEST_CASE("bad input: a resumable call that cannot be asked for a host's error") {
  Config config;
  config.consume_fuel = true;
  Engine engine(config);
  Store store(engine);
  Instance instance =
      Instance::create(store, text(engine, R"((func (export "f") (loop (br 0))))"), {}).unwrap();
  REQUIRE(store.set_fuel(1000));
  auto outcome = std::get<Func>(*instance.get(store, "f")).call_resumable(store, {}).unwrap();
  auto& call = std::get<ResumableCall>(outcome);
  CHECK(call.kind() == ResumableCall::Kind::kOutOfFuel);
  CHECK(call.host_func() == Func());
  CHECK(call.host_error().message() == "no host function has stopped this call");
  const Val extra(1);
  CHECK(said(call.resume(store, {&extra, 1})).starts_with("usage: resume takes 0 inputs"));
  Store other(engine);
  CHECK(said(call.resume(other, {})) == "usage: the suspended call belongs to another store");
  ResumableCall moved = std::move(call);
  CHECK_FALSE(call);
  CHECK(said(call.resume(store, {})) == "usage: resume of a call that already went on");
  CHECK(call.required_fuel() == 0);
  CHECK(std::move(moved).into_host_error().message() == "no host function has stopped this call");
}

namespace {
class Refuses : public MemoryCreator {
 public:
  std::unique_ptr<LinearMemory> create(const MemoryRequest&) override { return nullptr; }
};
}  // namespace

TEST_CASE("bad input: options no machine can give") {
  auto run = [](Config config) {
    Engine engine(config);
    Store store(engine);
    auto instance = Instance::create(
        store, text(engine, R"((memory 1) (func (export "f") (result i32) (call $g (i32.const 1)))
                               (func $g (param i32) (result i32) (local.get 0)))"),
        {});
    if (!instance) return said(instance);
    return said(std::get<Func>(*instance.ok().get(store, "f")).call(store, {}));
  };
  CHECK(run({}) == "it went well");
  CHECK(run({.compile_threads = 10'000}) == "it went well");
  CHECK(run({.max_wasm_stack = 0}).starts_with("trap: "));
  for (uint32_t depth : {0u, 1u}) CHECK(run({.max_call_depth = depth}).starts_with("trap: "));
  for (uint32_t depth : {2u, UINT32_MAX - 1, UINT32_MAX})
    CHECK(run({.tier = Tier::kInterp, .max_call_depth = depth}) == "it went well");
  CHECK(run({.max_wasm_stack = UINT64_MAX}).starts_with("trap: "));
  CHECK_FALSE(run({.memory_style = MemoryStyle::kGuard, .memory_reservation = UINT64_MAX}) == "");
  CHECK(run({.memory_style = MemoryStyle::kChecks, .memory_reservation = UINT64_MAX}) == "it went well");
  CHECK(run({.memory_creator = std::make_shared<Refuses>()}) ==
        "resource: memory 0: the memory creator refused a memory of 65536 bytes");
}

TEST_CASE("bad input: WASI") {
  Engine engine;
  Store store(engine);
  Linker linker(engine);
  auto refused = [&](WasiConfig config) { return said(linker.define_wasi(store, std::move(config))); };
  WasiConfig nul, env, missing, unnamed;
  nul.args = {std::string("a\0b", 3)};
  CHECK(refused(nul).starts_with("usage: argument 'a"));
  env.env = {{std::string("A\0", 2), ""}};
  CHECK(refused(env).starts_with("usage: environment variable 'A"));
  missing.preopens.emplace_back("/nowhere/at/all", "/");
  CHECK(refused(missing) ==
        "another kind: cannot open directory '/nowhere/at/all': No such file or directory");
  unnamed.preopens.emplace_back(".", "");
  CHECK(refused(unnamed).starts_with("usage: directory '.'"));
  CHECK_FALSE(linker.get(store, "wasi_snapshot_preview1", "fd_write"));
}
