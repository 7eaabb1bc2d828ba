#include "compiler/compile.h"

#include <cstring>
#include <string>

#include "catch.h"
#include "compiler/wasm/read_module.h"
#include "compiler/wasm/text/parse_wat.h"
#include "runtime/compiled_module.h"
#include "runtime/jit/native_module.h"
#include "wjit/wjit.hpp"

using namespace wjit;

namespace {

// Enough functions that eight threads have work, with calls, loops, jump tables, constants and traps in them.
std::string many_functions(int count) {
  std::string text = "(module (memory 1) (table 4 funcref) (global $g (mut i64) (i64.const 1))\n";
  for (int i = 0; i < count; ++i) {
    const std::string n = std::to_string(i);
    text += "(func $f" + n + " (export \"f" + n + "\") (param $x i32) (param $y f64) (result i32) (local $i i32)\n";
    text += "  (block $out (loop $l (br_if $out (i32.ge_u (local.get $i) (i32.const " + n + ")))\n";
    text += "    (i32.store offset=" + n + " (local.get $i) (i32.div_s (local.get $x) (local.get $i)))\n";
    text += "    (global.set $g (i64.mul (global.get $g) (i64.const " + n + "123456789012)))\n";
    text += "    (local.set $y (f64.add (local.get $y) (f64.const " + n + ".25)))\n";
    if (i % 3 == 0) text += "    (block $a (block $b (br_table $a $b $a $b $out (local.get $x))))\n";
    if (i > 0) text += "    (drop (call $f" + std::to_string(i / 2) + " (local.get $i) (local.get $y)))\n";
    text += "    (local.set $i (i32.add (local.get $i) (i32.const 1))) (br $l)))\n";
    text += "  (i32.add (local.get $i) (i32.trunc_f64_s (local.get $y))))\n";
  }
  return text + ")";
}

struct Compiled {
  Engine engine;
  std::optional<Module> module;
  explicit Compiled(const std::string& text, Config config = {}) : engine(config) {
    auto made = Module::from_text(engine, text);
    if (made) module = std::move(made).ok();
    else FAIL(made.err().to_string());
  }
  const rt::CompiledModule& operator*() const { return module->impl(); }
};

CompileOptions options_for(const rt::CompiledModule& m) {
  auto o = rt::compile_options(m, 1);
  REQUIRE(o.has_value());
  return *o;
}
NativeCode compile(const rt::CompiledModule& m, const CompileOptions& o) {
  auto code = compile_module(m.wasm(), m.offsets, o);
  if (!code) FAIL(code.error().to_string());
  return std::move(*code);
}

bool same(const NativeCode& a, const NativeCode& b) {
  const auto sites = [](const isa::Site& x, const isa::Site& y) {
    return x.offset == y.offset && x.code == y.code && x.wasm_offset == y.wasm_offset;
  };
  const auto functions = [](const NativeCode::Func& x, const NativeCode::Func& y) {
    return x.start == y.start && x.end == y.end && x.func_index == y.func_index;
  };
  return a.bytes == b.bytes && a.entries == b.entries && a.raise_offset == b.raise_offset &&
         std::equal(a.sites.begin(), a.sites.end(), b.sites.begin(), b.sites.end(), sites) &&
         std::equal(a.functions.begin(), a.functions.end(), b.functions.begin(), b.functions.end(), functions);
}

}  // namespace

#if defined(__x86_64__)

TEST_CASE("row 26: compiled twice, on one thread and on eight, to the same bytes", "[compile]") {
  const Compiled c(many_functions(200));
  CompileOptions o = options_for(*c);
  for (auto mode : {ra::Mode::kScan, ra::Mode::kSpill, ra::Mode::kShuffle}) {
    for (const char* cpu : {"sse2", "native"}) {
      CAPTURE(int(mode), cpu);
      o.regalloc.mode = mode;
      o.regalloc.seed = 7;
      o.features = *parse_cpu_features(cpu);
      o.threads = 1;
      const NativeCode once = compile(*c, o);
      CHECK(once.functions.size() == 200);
      CHECK(same(once, compile(*c, o)));
      o.threads = 8;
      CHECK(same(once, compile(*c, o)));
    }
  }
  // That it can fail: other code is other code.
  const Compiled other(many_functions(199));
  CHECK_FALSE(same(compile(*c, o), compile(*other, o)));
}

TEST_CASE("row 26: a function alone is compiled to the bytes it has among the others", "[compile]") {
  const Compiled c(many_functions(40));
  const CompileOptions o = options_for(*c);
  const NativeCode all = compile(*c, o);
  for (const NativeCode::Func& f : all.functions) {
    auto alone = compile_func((*c).wasm(), (*c).offsets, o, f.func_index);
    REQUIRE(alone.has_value());
    REQUIRE(alone->bytes.size() == f.end - f.start);
    std::vector<uint8_t> among(all.bytes.begin() + f.start, all.bytes.begin() + f.end);
    for (const isa::Reloc& r : alone->relocs) {  // distances are the linker's
      std::memset(&alone->bytes[r.offset], 0, 4);
      std::memset(&among[r.offset], 0, 4);
    }
    CHECK(alone->bytes == among);
  }
}

TEST_CASE("What the compiler refuses stays with the interpreter, and the report says why", "[compile]") {
  Config config;
  config.tier = Tier::kJit;
  const Compiled c(R"((module
    (type $open (sub (func (result i32))))
    (table funcref (elem $three))
    (func $one (export "one") (result i32) (i32.const 1))
    (func (export "indirect") (result i32) (call_indirect (type $open) (i32.const 0)))
    (func (export "again") (result i32) (call_indirect (type $open) (i32.const 0)))
    (func (export "both") (result i32) (i32.add (call $one) (call 2)))
    (func $three (type $open) (i32.const 3))))", config);
  const NativeReport report = c.module->native_report();
  CHECK(report.native == 3);
  CHECK(report.code_bytes > 0);
  REQUIRE(report.stayed.size() == 2);
  CHECK(report.stayed[0].func_index == 1);
  CHECK(report.stayed[0].reason == "gc");
  CHECK(report.stayed[1].func_index == 2);
  CHECK(report.stayed[1].reason == "gc");
  // Native code calls the one that stayed.
  Store store(c.engine);
  auto instance = Instance::create(store, *c.module, {});
  REQUIRE(instance);
  auto both = instance.ok().get(store, "both");
  REQUIRE(both.has_value());
  auto results = std::get<Func>(*both).call(store, std::span<const Val>());
  REQUIRE(results);
  CHECK(results.ok()[0].i32() == 4);
}

TEST_CASE("Only the functions of a range get native code", "[compile]") {
  Config config;
  config.tier = Tier::kJit;
  config.compiler.first_function = 3;
  config.compiler.last_function = 5;
  const Compiled c(many_functions(10), config);
  const NativeReport report = c.module->native_report();
  CHECK(report.native == 3);
  REQUIRE(report.stayed.size() == 7);
  for (const auto& f : report.stayed) {
    CHECK(f.reason == "not asked for");
    CHECK((f.func_index < 3 || f.func_index > 5));
  }
}

TEST_CASE("An invalid body is an error of the module, the first one's, and of a lazy module none", "[compile]") {
  Config config;
  config.tier = Tier::kJit;
  // Function 1 has an instruction that is refused, and then what is invalid.
  const std::string text = R"((module
    (func (export "fine") (result i32) (i32.const 1))
    (func (drop (call_indirect (type $open) (i32.const 0))) (i32.const 1))
    (func (result i32) (i64.const 1))
    (table 1 funcref)
    (type $open (sub (func (result i32))))))";
  const Engine plain, eager(config);
  const auto binary = wasm::text::parse_wat(text);
  REQUIRE(binary.has_value());
  const auto expected = Module::compile(plain, binary->binary), found = Module::compile(eager, binary->binary);
  REQUIRE(!expected);
  REQUIRE(!found);
  CHECK(found.err().to_string() == expected.err().to_string());
  config.mode = CompilationMode::kLazy;
  const auto lazy = Module::compile(Engine(config), binary->binary);
  REQUIRE(lazy);
  CHECK(lazy.ok().native_report().native == 1);
  REQUIRE(lazy.ok().native_report().stayed.size() == 2);
  CHECK(lazy.ok().native_report().stayed[1].reason == "invalid");
}

TEST_CASE("The stages of a function are shown, and what its code is made of", "[compile]") {
  const Compiled c(many_functions(4));
  CompileOptions o = options_for(*c);
  o.times = true;
  isa::Listing listing;
  support::PassTimes times;
  std::string lowered, allocated;
  int translated = 0;
  Stages stages;
  stages.listing = &listing;
  stages.times = &times;
  stages.translated = [&](const ir::Function&) { ++translated; };
  stages.lowered = [&](const std::string& text) { lowered = text; };
  stages.allocated = [&](const std::string& text) { allocated = text; };
  auto f = compile_func((*c).wasm(), (*c).offsets, o, 3, stages);
  REQUIRE(f.has_value());
  CHECK(translated == 1);
  CHECK(lowered.find("args v") != std::string::npos);
  CHECK(lowered.find(":rdi") != std::string::npos);
  CHECK(lowered.find("div.div_s.4") != std::string::npos);
  CHECK(lowered.find("!trap") != std::string::npos);
  CHECK(lowered.find("@rax") == std::string::npos);
  CHECK(allocated.find("@rax") != std::string::npos);
  CHECK(f->data > 0);
  CHECK(f->data < f->bytes.size());  // 3.25, and the table
  REQUIRE(listing.tables.size() == 1);
  CHECK(listing.tables[0].entries == 4);
  CHECK(listing.tables[0].table >= f->data);
  CHECK(std::is_sorted(listing.lines.begin(), listing.lines.end(), [](auto& a, auto& b) { return a.offset < b.offset; }));
  uint64_t sum = 0;
  for (uint64_t n : times.nanoseconds) sum += n;
  CHECK(sum > 0);
}

TEST_CASE("of the steps of vector instructions each brings those before it") {
  const auto steps = [](std::string_view text) {
    const auto f = parse_cpu_features(text);
    REQUIRE(f);
    return std::array{f->ssse3, f->sse41, f->sse42, f->avx, f->avx2};
  };
  CHECK(steps("sse2") == std::array{false, false, false, false, false});
  CHECK(steps("sse2,ssse3") == std::array{true, false, false, false, false});
  CHECK(steps("sse4.1") == std::array{true, true, false, false, false});
  CHECK(steps("sse4.2,popcnt") == std::array{true, true, true, false, false});
  CHECK(steps("avx") == std::array{true, true, true, true, false});
  CHECK(steps("fma,avx2") == std::array{true, true, true, true, true});
  CHECK_FALSE(parse_cpu_features("sse2,sse9"));
}

#endif
