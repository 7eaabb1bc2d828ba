// Rows 18, 22, 31 and 32 of the failure classes for native code, and modules that come and go in eight threads.
#if defined(__x86_64__)
#include <atomic>
#include <thread>

#include "unit/mutate.h"
#include "unit/runtime/jit/guest.h"

using namespace wjit;
using namespace wjit::test;

TEST_CASE("row 18: the native compiler's verdict on mutated modules is the validator's", "[jit][failure-classes]") {
  const auto corpus = wast_modules("core/");
  if (corpus.empty()) {
    WARN("WJIT_SPEC_TESTSUITE is not set or not found: nothing was mutated");
    return;
  }
  Config config;
  config.features = FeatureSet::all();
  config.compile_threads = 1;
  config.mode = CompilationMode::kEager;
  const Engine plain(config);
  std::vector<Engine> natives;
  for (const Mode& m : all_native_modes()) natives.emplace_back(config_of(m, config));
  size_t valid = 0, invalid = 0;
  const uint64_t count = full_run() ? 200'000 : 3'000;
  for (uint64_t seed = 0; seed < count; ++seed) {
    XorShift random(0x1800 + seed);
    const auto bytes = seed % 8 ? mutate_bodies(random, corpus) : mutate_anywhere(random, corpus);
    const auto expected = Module::validate(plain, bytes);
    const auto found = Module::compile(natives[seed % natives.size()], bytes);
    ++(expected ? valid : invalid);
    if (bool(expected) != bool(found))
      FAIL("seed " << seed << ": the validator says " << (expected ? "valid" : expected.err().to_string()) << ", the compiler "
                   << (found ? "valid" : found.err().to_string()));
    // (Words may name types by numbers of the engine's own.)
    if (!expected && !found && (expected.err().kind() != found.err().kind() || expected.err().offset() != found.err().offset()))
      FAIL("seed " << seed << ": expected " << expected.err().to_string() << ", found " << found.err().to_string());
  }
  CHECK(valid > count / 20);
  CHECK(invalid > count / 4);
}

// ---- row 22 ---------------------------------------------------------------------------------------------------

namespace {

// Number k of each kind knows that it is k: memories and tables at place 0, globals and functions by value.
constexpr const char* kOwner = R"((module
  (func (export "f0") (result i32) (i32.const 100)) (func (export "f1") (result i32) (i32.const 101))
  (global (export "g0") i64 (i64.const 200)) (global (export "g1") (mut i64) (i64.const 201))
  (memory (export "m0") 1 5) (memory (export "m1") i64 2 6) (data (memory 0) (i32.const 0) "\00\03") (data (memory 1) (i64.const 0) "\01\03")
  (func $t0 (result i32) (i32.const 400)) (func $t1 (result i32) (i32.const 401))
  (table (export "t0") 3 9 funcref) (table (export "t1") i64 4 9 funcref) (elem (table 0) (i32.const 0) func $t0) (elem (table 1) (i64.const 0) func $t1)))";
constexpr const char* kUser = R"((module (type $f (func (result i32)))
  (import "o" "f0" (func $f0 (type $f))) (import "o" "m0" (memory $m0 1)) (import "o" "g0" (global $g0 i64)) (import "o" "t0" (table $t0 3 funcref))
  (import "o" "f1" (func $f1 (type $f))) (import "o" "m1" (memory $m1 i64 2)) (import "o" "g1" (global $g1 (mut i64))) (import "o" "t1" (table $t1 i64 4 funcref))
  (func $f2 (export "f2") (result i32) (i32.const 102)) (func $f3 (export "f3") (result i32) (i32.const 103))
  (global $g2 (mut i64) (i64.const 202)) (global $g3 (export "g3") (mut i64) (i64.const 203))
  (memory $m2 3 3) (memory $m3 (export "m3") i64 4 4) (data (memory $m2) (i32.const 0) "\02\03") (data (memory $m3) (i64.const 0) "\03\03")
  (func $e2 (result i32) (i32.const 402)) (func $e3 (result i32) (i32.const 403))
  (table $t2 5 5 funcref) (table $t3 (export "t3") i64 6 6 funcref) (elem (table $t2) (i32.const 0) func $e2) (elem (table $t3) (i64.const 0) func $e3)
  (func (export "functions") (result i32 i32 i32 i32) (call $f0) (call $f1) (call $f2) (call $f3))
  (func (export "globals") (result i64 i64 i64 i64) (global.get $g0) (global.get $g1) (global.get $g2) (global.get $g3))
  (func (export "memories") (result i32 i32 i32 i32) (i32.load16_u $m0 (i32.const 0)) (i32.load16_u $m1 (i64.const 0)) (i32.load16_u $m2 (i32.const 0)) (i32.load16_u $m3 (i64.const 0)))
  (func (export "sizes") (result i32 i64 i32 i64 i32 i64 i32 i64) (memory.size $m0) (memory.size $m1) (memory.size $m2) (memory.size $m3) (table.size $t0) (table.size $t1) (table.size $t2) (table.size $t3))
  (func (export "tables") (result i32 i32 i32 i32) (call_indirect $t0 (type $f) (i32.const 0)) (call_indirect $t1 (type $f) (i64.const 0)) (call_indirect $t2 (type $f) (i32.const 0)) (call_indirect $t3 (type $f) (i64.const 0)))
  (func (export "change") (param i64)
    (global.set $g1 (i64.add (local.get 0) (i64.const 1))) (global.set $g2 (i64.add (local.get 0) (i64.const 2))) (global.set $g3 (i64.add (local.get 0) (i64.const 3)))
    (i32.store16 $m0 (i32.const 0) (i32.const 900)) (i32.store16 $m1 (i64.const 0) (i32.const 901)) (i32.store16 $m2 (i32.const 0) (i32.const 902)) (i32.store16 $m3 (i64.const 0) (i32.const 903))
    (drop (memory.grow $m0 (i32.const 1))) (drop (memory.grow $m1 (i64.const 1)))
    (memory.copy $m0 $m3 (i32.const 8) (i64.const 0) (i32.const 2)) (memory.copy $m3 $m2 (i64.const 8) (i32.const 0) (i32.const 2)) (memory.fill $m1 (i64.const 8) (i32.const 7) (i64.const 2))
    (table.copy $t0 $t3 (i32.const 1) (i64.const 0) (i32.const 1)) (table.copy $t3 $t0 (i64.const 1) (i32.const 0) (i32.const 1)) (table.set $t1 (i64.const 0) (table.get $t2 (i32.const 0)))
    (drop (table.grow $t0 (ref.null func) (i32.const 2))) (drop (table.grow $t1 (ref.null func) (i64.const 2))))
  (func (export "changed") (result i32 i32 i32 i32 i32) (i32.load16_u $m0 (i32.const 8)) (i32.load16_u $m3 (i64.const 8)) (i32.load16_u $m1 (i64.const 8))
    (call_indirect $t0 (type $f) (i32.const 1)) (call_indirect $t3 (type $f) (i64.const 1)))
  (func (export "far0") (param i64) (drop (i32.load $m0 (i32.wrap_i64 (local.get 0))))) (func (export "far1") (param i64) (drop (i32.load $m1 (local.get 0))))
  (func (export "far2") (param i64) (drop (i32.load $m2 (i32.wrap_i64 (local.get 0))))) (func (export "far3") (param i64) (drop (i32.load $m3 (local.get 0))))
  (func (export "past0") (param i64) (drop (table.get $t0 (i32.wrap_i64 (local.get 0))))) (func (export "past1") (param i64) (drop (table.get $t1 (local.get 0))))
  (func (export "past2") (param i64) (drop (table.get $t2 (i32.wrap_i64 (local.get 0))))) (func (export "past3") (param i64) (drop (table.get $t3 (local.get 0))))
))";

std::string numbers(const char* type, std::initializer_list<uint64_t> values) {
  std::string text;
  for (uint64_t v : values) text += to_text(type[1] == '3' ? Val(static_cast<uint32_t>(v)) : Val(v)) + " ";
  return text;
}

}  // namespace

TEST_CASE("row 22: native code, imports before all that is defined, memories and tables of both kinds", "[jit][failure-classes]") {
  std::vector<Mode> modes = all_native_modes();
  modes.push_back(interpreter());
  for (const Mode& m : modes)
    for (MemoryStyle style : {MemoryStyle::kGuard, MemoryStyle::kChecks}) {
      CAPTURE(m.name, int(style));
      Guest g(kUser, m, config_with(style), [&](const Engine& engine, Store& store) {
        auto owner = Module::from_text(engine, kOwner);
        REQUIRE(owner);
        auto o = Instance::create(store, owner.ok(), {});
        REQUIRE(o);
        std::vector<Extern> imports;
        for (const char* name : {"f0", "m0", "g0", "t0", "f1", "m1", "g1", "t1"}) imports.push_back(*o.ok().get(store, name));
        return imports;
      });
      CHECK(g.run("functions") == numbers("i32", {100, 101, 102, 103}));
      CHECK(g.run("globals") == numbers("i64", {200, 201, 202, 203}));
      CHECK(g.run("memories") == numbers("i32", {768, 769, 770, 771}));
      CHECK(g.run("tables") == numbers("i32", {400, 401, 402, 403}));
      CHECK(g.run("sizes") == "i32:1 i64:2 i32:3 i64:4 i32:3 i64:4 i32:5 i64:6 ");
      const auto edges = [&](std::initializer_list<uint64_t> pages, std::initializer_list<uint64_t> slots) {
        int k = 0;
        for (uint64_t n : pages) {
          const std::string far = "far" + std::to_string(k++);
          CHECK(g.run(far, {Val(n * 65536 - 4)}).empty());
          CHECK(g.run(far, {Val(n * 65536 - 3)}).starts_with("out of bounds memory access"));
        }
        k = 0;
        for (uint64_t n : slots) {
          const std::string past = "past" + std::to_string(k++);
          CHECK(g.run(past, {Val(n - 1)}).empty());
          CHECK(g.run(past, {Val(n)}).starts_with("out of bounds table access"));
        }
        // 2^32 is 0 for those of 32 bits alone.
        const uint64_t wrapped = uint64_t{1} << 32;
        for (const char* zero : {"far0", "far2", "past0", "past2"}) CHECK(g.run(zero, {Val(wrapped)}).empty());
        for (const char* beyond : {"far1", "far3", "past1", "past3"}) CHECK(g.run(beyond, {Val(wrapped)}).starts_with("out of bounds"));
      };
      edges({1, 2, 3, 4}, {3, 4, 5, 6});
      CHECK(g.run("change", {Val(uint64_t{1000})}).empty());
      CHECK(g.run("globals") == numbers("i64", {200, 1001, 1002, 1003}));
      CHECK(g.run("memories") == numbers("i32", {900, 901, 902, 903}));
      CHECK(g.run("tables") == numbers("i32", {400, 402, 402, 403}));
      CHECK(g.run("changed") == numbers("i32", {903, 902, 0x0707, 403, 400}));
      edges({2, 3, 3, 4}, {5, 6, 5, 6});
    }
}

// ---- row 31 ---------------------------------------------------------------------------------------------------

namespace {

constexpr int kInstances = 3, kFunctions = 5;

// Functions that read their own instance's memory and global before and after a call through a table that all share.
std::string instance_text(int k, uint64_t seed) {
  XorShift random(seed * 100 + static_cast<uint64_t>(k));
  const std::string n = std::to_string(k), total = std::to_string(kInstances * kFunctions);
  std::string wat = "(module (type $f (func (param i32 i64) (result i64))) (import \"\" \"t\" (table $t " + total + " funcref)) (memory (export \"m\") 1 4) (global $g (mut i64) (i64.const " +
                    std::to_string(k * 1000 + 7) + "))\n";
  for (int i = 0; i < 64; ++i) wat += "(data (i32.const " + std::to_string(i * 8) + ") \"\\" + std::to_string(k + 1) + std::to_string(i % 10) + "\")";
  for (int i = 0; i < kFunctions; ++i) {
    const std::string place = std::to_string(8 * random.below(60)), step = std::to_string(1 + random.below(14));
    const std::string look = "(i64.xor (i64.load offset=" + place + " (i32.and (local.get 0) (i32.const 24))) (global.get $g))";
    const std::string next = "(i32.rem_u (i32.add (i32.mul (local.get 0) (i32.const " + step + ")) (i32.const " + std::to_string(random.below(99)) + ")) (i32.const " + total + "))";
    const std::string args = "(i32.sub (local.get 0) (i32.const 1)) (i64.add (local.get 1) " + look + ") " + next;
    wat += "(func $f" + std::to_string(i) + " (type $f)\n  (if (i32.eqz (local.get 0)) (then (return (i64.mul " + look + " (local.get 1)))))\n  ";
    wat += "(i64.store offset=" + place + " (i32.const 0) (i64.add (local.get 1) (i64.const " + n + ")))\n  ";
    if (random.one_in(4)) wat += "(if (i32.and (local.get 0) (i32.const 1)) (then (drop (memory.grow (i32.const 1)))))\n  ";
    if (random.one_in(3)) wat += "(return_call_indirect $t (type $f) " + args + "))\n";
    else wat += "(i64.rotl (i64.add (call_indirect $t (type $f) " + args + ") " + look + ") (i64.const 5)))\n";
  }
  wat += "(elem (i32.const " + std::to_string(k * kFunctions) + ") func";
  for (int i = 0; i < kFunctions; ++i) wat += " $f" + std::to_string(i);
  return wat + "))";
}

}  // namespace

TEST_CASE("row 31: native code, each instance goes on in its own memory after calls and tail calls", "[jit][failure-classes]") {
  std::vector<Mode> modes = all_native_modes();
  modes.push_back(mode("one function native", [](CompilerConfig& c) { c.first_function = c.last_function = 2; }));
  modes.push_back(mode("two functions native", [](CompilerConfig& c) { c.first_function = 3; }));
  for (uint64_t seed = 0; seed < (full_run() ? 500 : 2); ++seed)
    for (MemoryStyle style : {MemoryStyle::kGuard, MemoryStyle::kChecks}) {
      std::string want;
      for (size_t m = 0; m <= modes.size(); ++m) {
        const Mode& how = m ? modes[m - 1] : interpreter();
        const Engine engine(config_of(how, config_with(style)));
        Store store(engine);
        TableType type;
        type.min = kInstances * kFunctions;
        auto table = Table::create(store, type, Val(Func()));
        REQUIRE(table);
        std::string found;
        std::vector<Instance> instances;
        for (int k = 0; k < kInstances; ++k) {
          auto module = Module::from_text(engine, instance_text(k, seed));
          if (!module) FAIL(module.err().to_string());
          const std::vector<Extern> imports = {table.ok()};
          auto instance = Instance::create(store, module.ok(), imports);
          REQUIRE(instance);
          instances.push_back(instance.ok());
        }
        for (uint64_t f = 0; f < type.min; ++f)
          for (uint32_t depth : {1u, 5u, 30u}) found += to_text(table.ok().get(store, f)->funcref()->call(store, {Val(depth), Val(f * 3)})) + "\n";
        for (const Instance& i : instances) found += state_of(store, i);
        if (!m) want = found;
        else if (found != want) FAIL(how.name << ", seed " << seed << ": the interpreter says\n" << want.substr(0, 2000) << "\nand native code\n" << found.substr(0, 2000));
      }
    }
}

// ---- row 32 ---------------------------------------------------------------------------------------------------

namespace {

constexpr const char* kExporter = R"((module (memory (export "m") 1 3)
  (func (export "get") (param i32) (result i32) (i32.load8_u offset=16 (local.get 0))) (func (export "grow") (result i32) (memory.grow (i32.const 1)))))";
constexpr const char* kImporter = R"((module (import "o" "m" (memory 1))
  (func (export "get") (param i32) (result i32) (i32.load8_u offset=16 (local.get 0))) (func (export "grow") (result i32) (memory.grow (i32.const 1)))))";

}  // namespace

TEST_CASE("row 32: native code, modules and memories of engines with other memories are refused", "[jit][failure-classes]") {
  struct Side {
    std::string name;
    Engine engine;
    std::unique_ptr<Store> store;
    std::vector<Module> modules;  // exporter, importer
    std::optional<Extern> memory;
  };
  std::vector<Side> sides;
  const auto add = [&](const std::string& name, const Config& config) {
    Side s{name, Engine(config), nullptr, {}, {}};
    s.store = std::make_unique<Store>(s.engine);
    for (const char* text : {kExporter, kImporter}) {
      auto m = Module::from_text(s.engine, text);
      REQUIRE(m);
      s.modules.push_back(m.ok());
    }
    auto instance = Instance::create(*s.store, s.modules[0], {});
    REQUIRE(instance);
    s.memory = instance.ok().get(*s.store, "m");
    sides.push_back(std::move(s));
  };
  for (const Mode& m : {mode("native"), interpreter()}) {
    add(m.name + " guard", config_of(m, config_with(MemoryStyle::kGuard)));
    add(m.name + " checks", config_of(m, config_with(MemoryStyle::kChecks)));
  }
  Config small = config_of(mode("native"), config_with(MemoryStyle::kGuard));
  small.memory_reservation = uint64_t{1} << 32;
  small.memory_guard_size = 65536;
  add("native, small guard", small);

  const auto refused = [](const TrapResult<Instance>& r) {
    if (r) return false;
    const auto* e = std::get_if<Error>(&r.err());
    return e && e->kind() == ErrorKind::kUsage;
  };
  for (Side& a : sides)
    for (Side& b : sides) {
      CAPTURE(a.name, b.name);
      const std::vector<Extern> theirs = {*b.memory};
      if (&a != &b) {
        CHECK(refused(Instance::create(*a.store, b.modules[0], {})));
        CHECK(refused(Instance::create(*a.store, b.modules[1], theirs)));
        CHECK(refused(Instance::create(*a.store, a.modules[1], theirs)));
        Linker linker(a.engine);
        CHECK_FALSE(linker.define(*a.store, "o", "m", *b.memory));
        CHECK_FALSE(linker.instantiate(*a.store, b.modules[0]));
        continue;
      }
      // Its own: memories of the instance, of another instance, of the host.
      MemoryType type;
      type.min = 1, type.max = 3;
      auto of_host = Memory::create(*a.store, type);
      REQUIRE(of_host);
      for (const Extern& memory : {*a.memory, Extern(of_host.ok())}) {
        const std::vector<Extern> imports = {memory};
        auto i = Instance::create(*a.store, a.modules[1], imports);
        REQUIRE(i);
        const Func get = std::get<Func>(*i.ok().get(*a.store, "get")), grow = std::get<Func>(*i.ok().get(*a.store, "grow"));
        for (uint32_t pages = 1; pages <= 3; ++pages) {
          CHECK(to_text(get.call(*a.store, {Val(pages * 65536 - 17)})) == "i32:0 ");
          for (uint32_t beyond : {pages * 65536 - 16, 0x7fff'ffffu, 0xffff'fff0u, 0xffff'ffffu})
            CHECK(to_text(get.call(*a.store, {Val(beyond)})).starts_with("out of bounds memory access"));
          CHECK(to_text(grow.call(*a.store, {})) == (pages < 3 ? "i32:" + std::to_string(pages) + " " : "i32:ffffffff "));
        }
      }
    }
}

// ---- threads --------------------------------------------------------------------------------------------------

TEST_CASE("8 threads compile, run, trap and drop modules", "[jit][threads][failure-classes]") {
  Config config = config_of(mode("native"), config_with(MemoryStyle::kGuard));
  config.compile_threads = 2;
  const Engine engine(config);
  const int rounds = full_run() ? 1'000 : 12;
  std::atomic<int> wrong{0}, traps{0};
  const auto work = [&](uint32_t thread) {
    for (int round = 0; round < rounds; ++round) {
      const std::string n = std::to_string(thread * 1000 + static_cast<uint32_t>(round));
      auto module = Module::from_text(engine, "(module (memory 1 1) (func $f (param i32) (result i32) (i32.add (local.get 0) (i32.const " + n +
                                                  R"())) (func (export "run") (param i32) (result i32) (local $s i32)
          (loop $l (local.set $s (call $f (local.get $s))) (i32.store (i32.const 4) (local.get $s)) (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
          (i32.load (i32.const 4)))
        (func (export "fault") (param i32) (result i32) (i32.load (local.get 0)))
        (func (export "divide") (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0)))
        (func $deep (export "deep") (param i32) (result i32) (if (result i32) (local.get 0) (then (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1))))) (else (unreachable))))))");
      if (!module) {
        ++wrong;
        return;
      }
      const Module copy = module.ok();
      for (int store_number = 0; store_number < 2; ++store_number) {
        Store store(engine);
        auto instance = Instance::create(store, copy, {});
        if (!instance) {
          ++wrong;
          return;
        }
        const auto says = [&](const char* name, uint32_t argument) { return to_text(std::get<Func>(*instance.ok().get(store, name)).call(store, {Val(argument)})); };
        if (says("run", 10) != to_text(Val((thread * 1000 + static_cast<uint32_t>(round)) * 10)) + " ") ++wrong;
        const auto trap = [&](const char* name, uint32_t argument, const std::string& message) {
          if (says(name, argument).starts_with(message)) ++traps;
          else ++wrong;
        };
        trap("fault", 0xffff'0000, "out of bounds memory access");
        trap("divide", 0, "integer divide by zero");
        trap("deep", 50, "unreachable");
      }
    }
  };
  std::vector<std::thread> threads;
  for (uint32_t t = 0; t < 8; ++t) threads.emplace_back(work, t);
  for (std::thread& t : threads) t.join();
  CHECK(wrong == 0);
  CHECK(traps == 8 * rounds * 2 * 3);
}
#endif
