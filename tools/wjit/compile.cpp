// `wjit compile`: native code for a whole module, and what that took.
#include <fmt/format.h>

#include <chrono>
#include <ctime>

#include "runtime/compiled_module.h"
#include "runtime/jit/native_module.h"
#include "tools/wjit/commands.h"
#include "tools/wjit/load.h"
#include "tools/wjit/native_report.h"

namespace wjit::cli {
namespace {

uint64_t now(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return static_cast<uint64_t>(t.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(t.tv_nsec);
}

}  // namespace

int compile_main(Args args) {
  EngineOptions engine_options;
  std::optional<uint64_t> threads;
  bool time_passes = false;
  std::string file;
  Options options("compile", "Make native code of a module and say what that took");
  engine_options.declare(options);
  options.value("--threads", threads, "N", "On so many threads (else one for each core)");
  options.flag("--time-passes", time_passes, "How long each pass took, summed over functions, on standard error");
  options.positional("FILE", file, "The module; - is standard input");
  options.footer(
      "Prints lines of a word and a number: functions (with native code), stayed (in tier 0), code and\n"
      "metadata (bytes), nanoseconds, cpu_nanoseconds (of all threads). Then why functions stayed.");
  if (auto status = options.parse(std::move(args))) return *status;
  if (engine_options.tier.empty()) engine_options.tier = "jit";
  if (auto status = engine_options.resolve("compile")) return *status;
  if (threads) engine_options.config.compile_threads = static_cast<unsigned>(std::min<uint64_t>(*threads, 1024));
  measure_times(time_passes);
  const Engine engine(engine_options.config);
  const uint64_t start = now(CLOCK_MONOTONIC), cpu = now(CLOCK_PROCESS_CPUTIME_ID);
  auto module = load_module(engine, file);
  const uint64_t took = now(CLOCK_MONOTONIC) - start, cpu_took = now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
  if (!module) return report(file, module.err());
  const NativeReport made = module.ok().native_report();
  const rt::NativeModule* native = module.ok().impl().native.get();
  const std::string text =
      fmt::format("functions {}\nstayed {}\ncode {}\nmetadata {}\nnanoseconds {}\ncpu_nanoseconds {}\n", made.native,
                  made.stayed.size(), made.code_bytes, native ? native->metadata_bytes() : 0, took, cpu_took) +
      (made.stayed.empty() ? "" : tier_report(module.ok()));
  std::fwrite(text.data(), 1, text.size(), stdout);
  if (time_passes) print_times(module.ok());
  return kExitOk;
}

}  // namespace wjit::cli
