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
  size_t functions = 0, calls = 0, refused = 0, failed = 0, passed = 0;
};

Score run_suite(MemoryStyle style, translate::Options options) {
  Score score;
  std::unique_ptr<test::IrHost> host;
  uint64_t host_of = 0;
  const auto drop_host = [&] {
    if (!host) return;
    score.functions += host->functions, score.calls += host->calls, score.refused += host->refused;
    host.reset();
  };
  wast::RunOptions run;
  run.config.memory_style = style;
  run.prepare = [](Engine& engine) { REQUIRE(engine.impl().enable_native_code()); };
  run.call = [&](Store& store, const Func& func, const std::vector<Val>& args) {
    rt::Store& impl = Store::Context(store).impl();
    if (impl.id() != host_of) drop_host();
    if (!host) host = std::make_unique<test::IrHost>(impl, options), host_of = impl.id();
    return host->call_function(func.raw(), args);
  };
  size_t shown = 0;
  run.say = [&](std::string_view text) {
    if (++shown < 20) UNSCOPED_INFO(text);
  };
  wast::Runner runner(run);
  const std::filesystem::path bin = std::filesystem::path(*test::spec_testsuite()) / "bin";
  std::vector<std::string> files;
  for (auto& entry : std::filesystem::recursive_directory_iterator(bin))
    if (entry.path().extension() == ".wast") files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());
  const char* only = std::getenv("WJIT_TEST_ONLY");
  for (const std::string& f : files)
    if (!only || f.find(only) != std::string::npos) runner.run_file(f);
  drop_host();
  for (const auto& [name, counts] : runner.report().by_feature) score.failed += counts.failed, score.passed += counts.passed;
  if (std::getenv("WJIT_TEST_PRINT"))
    std::printf("%zu functions in IR, %zu calls, %zu functions left to tier 0; %zu passed, %zu failed\n", score.functions,
                score.calls, score.refused, score.passed, score.failed);
  CHECK(score.failed == 0);
  return score;
}

}  // namespace

TEST_CASE("the official suite passes when it runs from IR, with guard pages", "[translate][suite]") {
  if (!test::spec_testsuite()) return;
  const Score score = run_suite(MemoryStyle::kGuard, {});
  CHECK(score.functions > 4'000);
  CHECK(score.calls > 20'000);
}

TEST_CASE("the official suite passes when it runs from IR, with checks, fuel and epochs", "[translate][suite]") {
  if (!test::spec_testsuite()) return;
  run_suite(MemoryStyle::kChecks, {.fuel = true, .epoch = true});
}
