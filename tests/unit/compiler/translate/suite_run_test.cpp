// The official suite with every call run from its function's IR: what was translated means what it should, traps and all.
#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "catch.h"
#include "tools/wast/runner.h"
#include "unit/compiler/translate/ir_host.h"
#include "unit/wast_modules.h"

using namespace wjit;

namespace {

struct Score {
  size_t functions = 0, calls = 0, refused = 0, traps = 0, failed = 0, passed = 0;
};

// What a call did, beside its results.
struct Seen {
  uint8_t trap = 0;
  std::vector<ireval::Outcome::Frame> frames;
  uint64_t fuel = 0;
};

struct Runs {
  Score score;
  std::vector<Seen> calls;
};

// `expected`: what each call did in another run, which is compared; without IR, what tier 0 does is only noted.
Runs run_suite(MemoryStyle style, translate::Options options, bool in_ir, const std::vector<Seen>* expected = nullptr) {
  Runs runs;
  Score& score = runs.score;
  std::unique_ptr<test::IrHost> host;
  uint64_t host_of = 0;
  const auto drop_host = [&] {
    if (!host) return;
    score.functions += host->translated, score.calls += host->calls, score.refused += host->refused;
    host.reset();
  };
  wast::RunOptions run;
  run.config.tier = Tier::kInterp;
  run.config.memory_style = style;
  run.config.mode = CompilationMode::kEager;
  run.config.consume_fuel = options.fuel;
  run.prepare = [](Engine& engine) { REQUIRE(engine.impl().enable_native_code()); };
  run.call = [&](Store& store, const Func& func, const std::vector<Val>& args) {
    rt::Store& impl = Store::Context(store).impl();
    const uint64_t fuel = uint64_t{1} << 40;
    if (options.fuel) impl.set_fuel(fuel);
    Seen seen;
    const auto note = [&](const TrapResult<std::vector<Val>>& result) {
      seen.fuel = fuel - impl.fuel();
      if (!result)
        if (const auto* trap = std::get_if<Trap>(&result.err())) seen.trap = trap->code();
    };
    if (!in_ir) {
      auto result = func.call(store, args);
      note(result);
      if (seen.trap)
        for (const Frame& f : std::get<Trap>(result.err()).trace())
          seen.frames.push_back({f.func_index, static_cast<uint32_t>(f.module_offset)});
      runs.calls.push_back(std::move(seen));
      return result;
    }
    if (impl.id() != host_of) drop_host();
    if (!host) host = std::make_unique<test::IrHost>(impl, options), host_of = impl.id();
    host->fuel_used = 0;
    auto result = host->call_function(func.raw(), args);
    note(result);
    seen.fuel += host->fuel_used;
    seen.frames = host->trap_frames;
    runs.calls.push_back(std::move(seen));
    return result;
  };
  size_t shown = 0;
  run.say = [&](std::string_view text) {
    if (in_ir && ++shown < 20) UNSCOPED_INFO(text);
  };
  wast::Runner runner(run);
  const std::filesystem::path bin = std::filesystem::path(*test::spec_testsuite()) / "bin";
  std::vector<std::string> files;
  for (auto& entry : std::filesystem::recursive_directory_iterator(bin))
    if (entry.path().extension() == ".wast") files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());
  const char* only = std::getenv("WJIT_TEST_ONLY");
  for (const std::string& f : files) {
    if (only && f.find(only) == std::string::npos) continue;
    const size_t first = runs.calls.size();
    runner.run_file(f);
    if (!expected) continue;
    REQUIRE(runs.calls.size() <= expected->size());
    for (size_t i = first; i < runs.calls.size(); ++i) {
      const Seen &mine = runs.calls[i], &theirs = (*expected)[i];
      INFO(f << ", call " << i - first << ", trap " << int(theirs.trap));
      if (theirs.trap == uint8_t(vm::TrapCode::kStackOverflow)) continue;  // how deep is nobody's promise
      CHECK(mine.trap == theirs.trap);
      if (options.fuel) CHECK(mine.fuel == theirs.fuel);
      if (mine.frames.empty()) continue;
      ++score.traps;
      REQUIRE(mine.frames.size() == theirs.frames.size());
      for (size_t k = 0; k < mine.frames.size(); ++k) {
        CHECK(mine.frames[k].function == theirs.frames[k].function);
        CHECK(mine.frames[k].wasm_offset == theirs.frames[k].wasm_offset);
      }
    }
  }
  drop_host();
  for (const auto& [name, counts] : runner.report().by_feature) score.failed += counts.failed, score.passed += counts.passed;
  if (std::getenv("WJIT_TEST_PRINT"))
    std::printf("%zu functions in IR, %zu calls, %zu traps compared, %zu functions left to tier 0; %zu passed, %zu failed\n",
                score.functions, score.calls, score.traps, score.refused, score.passed, score.failed);
  return runs;
}

}  // namespace

TEST_CASE("the official suite passes when it runs from IR, with guard pages", "[translate][suite]") {
  if (!test::spec_testsuite()) return;
  const Score score = run_suite(MemoryStyle::kGuard, {}, true).score;
  CHECK(score.failed == 0);
  CHECK(score.functions > 4'000);
  CHECK(score.calls > 20'000);
}

TEST_CASE("the official suite passes when it runs from IR, with checks and epochs", "[translate][suite]") {
  if (!test::spec_testsuite()) return;
  CHECK(run_suite(MemoryStyle::kChecks, {.epoch = true}, true).score.failed == 0);
}

// Start functions have no fuel here, so some scripts fail, in both tiers alike.
TEST_CASE("IR and tier 0 trap at the same places and consume the same fuel", "[translate][suite]") {
  if (!test::spec_testsuite()) return;
  const Runs tier0 = run_suite(MemoryStyle::kChecks, {.fuel = true}, false);
  const Runs ir = run_suite(MemoryStyle::kGuard, {.fuel = true}, true, &tier0.calls);
  CHECK(ir.calls.size() == tier0.calls.size());
  CHECK(ir.score.traps > 2'000);
}
