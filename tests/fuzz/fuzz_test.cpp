// Random programs (tools/fuzz): a slice of them, and proof that they would find what they are for.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "catch.h"
#include "compiler/bytecode/translate.h"
#include "compiler/wasm/text/parse_wat.h"
#include "runtime/compiled_module.h"
#include "tools/fuzz/minimise.h"
#include "tools/fuzz/oracle.h"
#include "tools/fuzz/run.h"

using namespace wjit;
using namespace wjit::fuzz;

namespace {

Program program(uint64_t seed, Options options = {}) {
  Choices choices(seed);
  return generate(choices, options);
}

uint64_t count(uint64_t normally) { return std::getenv("WJIT_TEST_FULL") ? normally * 50 : normally; }
// Where a slice of the programs begins.
uint64_t first_seed() {
  const char* chosen = std::getenv("WJIT_TEST_SEED");
  return chosen ? std::strtoull(chosen, nullptr, 10) % 1'000'000 * 10'000 : 0;
}

// The same program, one instruction of each function having another meaning: an engine with a bug.
Program with_bug(uint64_t seed, uint8_t opcode, uint8_t instead) {
  Options o;
  o.bug_opcode = opcode;
  o.bug_instead = instead;
  return program(seed, o);
}

}  // namespace

TEST_CASE("fuzz: the same seed gives the same program, and so does its record") {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Choices first(seed);
    const Program p = generate(first, {});
    CHECK(p.modules == program(seed).modules);
    Choices again(first.record());
    CHECK(p.modules == generate(again, {}).modules);
  }
  CHECK(program(1).modules != program(2).modules);
}

TEST_CASE("fuzz: random programs run alike in every mode") {
  Runner runner;
  size_t calls = 0, traps = 0;
  const uint64_t n = count(150), first = first_seed();
  for (uint64_t seed = first; seed < first + n; ++seed) {
    runner.set_seed(seed);
    Outcome outcome;
    const std::string what = runner.disagreement(program(seed), &outcome);
    INFO("wjit-fuzz --seeds " << seed);
    CHECK(what == "");
    for (const Record& r : outcome.records) ++calls, traps += r.result.substr(0, 4) == "trap";
  }
  CHECK(calls > n * 3);
  CHECK(traps * 2 < calls);  // most programs get somewhere
}

TEST_CASE("fuzz: programs with exceptions run alike in every mode") {
  Runner runner;
  Options options;
  options.exceptions = true;
  size_t calls = 0, uncaught = 0, caught = 0;
  const uint64_t n = count(100), first = first_seed();
  for (uint64_t seed = first; seed < first + n; ++seed) {
    runner.set_seed(seed);
    Outcome outcome;
    const std::string what = runner.disagreement(program(seed, options), &outcome);
    INFO("wjit-fuzz --with=exceptions --seeds " << seed);
    CHECK(what == "");
    for (const Record& r : outcome.records) {
      ++calls, uncaught += r.precise.find("uncaught exception") != std::string::npos;
      caught += (r.precise + r.state).find("exn(") != std::string::npos;
    }
  }
  CHECK(uncaught * 20 > calls);  // both happen often enough
  CHECK(uncaught * 4 < calls * 3);
  CHECK(caught > 0);
}

TEST_CASE("fuzz: an engine that means another instruction is found out") {
  struct Bug {
    const char* what;
    uint8_t opcode, instead;
  };
  // Instructions that differ for some operands only.
  const Bug bugs[] = {{"i32.shr_s as shr_u", 0x75, 0x76},   {"i32.lt_s as lt_u", 0x48, 0x49},
                      {"i64.ge_u as gt_u", 0x5a, 0x56},     {"f64.min as max", 0xa4, 0xa5},
                      {"i64.extend_i32_s as _u", 0xac, 0xad}, {"i32.load16_s as _u", 0x2e, 0x2f},
                      {"i64.store16 as store32", 0x3d, 0x3e}, {"f32.floor as ceil", 0x8e, 0x8d},
                      {"return_call as call", 0x12, 0x12}};
  Runner runner;
  for (const Bug& bug : bugs) {
    const bool none = bug.opcode == bug.instead;  // and where there is no bug, none is found
    bool found = false;
    for (uint64_t seed = 0; seed < (none ? 50 : 1500) && !found; ++seed) {
      const Outcome right = runner.run(program(seed), 0), wrong = runner.run(with_bug(seed, bug.opcode, bug.instead), 1);
      REQUIRE(wrong.error == "");
      found = !difference(right, wrong, SameCost::kNo).empty();
    }
    INFO(bug.what);
    CHECK(found == !none);
  }
}

TEST_CASE("fuzz: what disagrees is made smaller") {
  // The bug is that of an engine without i32.rotl.
  Runner runner;
  auto differs = [&](const Program& p) {
    for (const GeneratedModule& m : p.modules)
      for (size_t i = 0; i + 1 < m.bytes.size(); ++i)
        if (m.bytes[i] == 0x77 && m.bytes[i + 1] == 0x21) return std::string("has i32.rotl, local.set");
    return std::string();
  };
  uint64_t seed = 0;
  while (differs(program(seed)).empty()) ++seed;
  Choices choices(seed);
  const Program before = generate(choices, {});
  const Minimised m = minimise(choices.record(), {}, differs);
  CHECK(m.what != "");
  CHECK(m.program.modules.size() == 1);
  CHECK(m.program.modules[0].bytes.size() < 250);
}

// The forms with accumulators have a test of their own, for few programs take a division's second operand from there.
TEST_CASE("fuzz: random programs reach all of the bytecode") {
  std::set<std::string> seen;
  Config config;
  config.features = FeatureSet::all();
  Engine engine(config);
  Options options;
  options.wide_arithmetic = options.exceptions = true;
  for (uint64_t seed = 0; seed < 1000; ++seed) {
    if (seed % 100 == 0 && seen.size() == size_t(bc::Op::kPlainCount)) break;
    for (const GeneratedModule& g : program(seed, options).modules) {
      auto module = Module::compile(engine, g.bytes);
      REQUIRE(module);
      const rt::CompiledModule& m = module.ok().impl();
      for (uint32_t f = 0; f < m.wasm().bodies.size(); ++f) {
        auto code = bc::translate_func(m.wasm(), m.offsets, f, {.fuel = seed % 2 == 1, .profile = false});
        REQUIRE(code);
        const std::vector<uint64_t>& words = (*code)->words;
        for (size_t i = 0; i < words.size(); i += bc::word_count(&words[i]))
          seen.insert(bc::name(bc::Op(words[i] & 0xffff)));
      }
    }
  }
  // Of profiling engines, of the runtime, and of garbage collection.
  const std::set<std::string> not_ours = {"count_loop", "count_call", "count_way", "note_callee", "note_table_callee",
                                          "exit",       "ref_test",   "ref_cast",
                                          "ref_i31",    "i31_get_s", "i31_get_u", "call_native"};
  // An f64 does not fit into a fused branch.
  auto unused = [](const std::string& n) { return n.substr(0, 2) == "br" && n.find("_f64_") < 5 && n.ends_with("_si"); };
  // There are so many vector accesses that one form of each (see bytecode.def) is enough.
  auto other_form = [&](const std::string& n) {
    const size_t at = n.rfind('_');
    if (!n.starts_with("v128_") || at == std::string::npos) return false;
    for (const char* form : {"_m0", "_m0w", "_abs", "_gen"})
      if (seen.count(n.substr(0, at) + form)) return true;
    return false;
  };
  for (unsigned i = 0; i < unsigned(bc::Op::kPlainCount); ++i) {
    const std::string name = bc::name(bc::Op(i));
    INFO(name);
    const bool atomic = name.find("atomic") != std::string::npos;  // not generated yet
    CHECK((seen.count(name) || not_ours.count(name) || unused(name) || other_form(name) || atomic));
  }
}

// A module of the generator's kind (see generate.h), as text, and a call of each function it defines, twice: with zeros,
// and with sevens.
static Program program_of_text(const std::filesystem::path& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  auto parsed = wasm::text::parse_wat(text.str());
  INFO(path.string());
  if (!parsed) FAIL(parsed.error().message());
  Config config;
  config.features = FeatureSet::all();
  Engine engine(config);
  auto module = Module::compile(engine, parsed->binary);
  if (!module) FAIL(module.err().to_string());
  const rt::CompiledModule& m = module.ok().impl();
  Program p;
  p.budget = 100;
  GeneratedModule g;
  g.bytes = parsed->binary;
  for (uint32_t f = 0; f < m.wasm().funcs.size(); ++f) {
    for (uint64_t value : {0, 7}) {
      Call call{0, f, {}};
      for (wasm::ValType t : (*m.engine().registry)[m.wasm().funcs[f]].func().params) {
        const Type type = t.is_ref()                     ? kFuncRef
                          : t.kind() == wasm::ValKind::kI32 ? kI32
                          : t.kind() == wasm::ValKind::kI64 ? kI64
                          : t.kind() == wasm::ValKind::kF32 ? kF32
                                                            : kF64;
        call.args.push_back({type, t.is_ref() ? 0 : value});
      }
      p.calls.push_back(call);
    }
    g.funcs.push_back({});
  }
  p.modules.push_back(std::move(g));
  return p;
}

TEST_CASE("fuzz: what was found stays mended") {
  Runner runner;
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(WJIT_SOURCE_DIR "/tests/fuzz/found")) {
    ++files;
    INFO(entry.path().string());
    CHECK(runner.disagreement(program_of_text(entry.path())) == "");
  }
  CHECK(files >= 6);
}

TEST_CASE("fuzz: a record is text and back") {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Choices choices(seed);
    const Program p = generate(choices, {});
    Decisions record;
    REQUIRE(from_text(to_text(choices.record()), record));
    Choices again(std::move(record));
    CHECK(p.modules == generate(again, {}).modules);
  }
  Decisions none;
  for (const char* bad : {"", "(", ")", "()()", "1", "(x)", "(1))"}) CHECK_FALSE(from_text(bad, none));
}

TEST_CASE("fuzz: CRC-32 is the one of other programs") {
  const char text[] = "123456789";
  CHECK(crc32(reinterpret_cast<const uint8_t*>(text), 9) == 0xcbf43926);
}
