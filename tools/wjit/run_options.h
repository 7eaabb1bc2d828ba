// The options of `wjit run`.
#pragma once
#include <chrono>

#include "tools/wjit/options.h"

namespace wjit::cli {

struct RunOptions {
  EngineOptions engine;
  std::optional<std::string> invoke;
  std::optional<std::string> argv0;
  Args dirs, env, preloads;
  std::string wasi, unknown_imports;
  std::optional<uint64_t> fuel;
  std::optional<std::string> timeout;
  bool json = false, compile_only = false, time_passes = false;
  std::string tier_report;  // "text" or "json"
  std::string file;
  Args args;

  // What the strings above come to.
  WasiConfig wasi_config;
  bool has_wasi = true;
  std::optional<std::chrono::nanoseconds> time;  // --timeout
  enum class Unknown : uint8_t { kError, kTrap, kDefault } unknown = Unknown::kError;
  std::vector<std::pair<std::string, std::string>> preload_files;  // name, file
};

std::optional<int> parse_run_options(Args args, RunOptions& o);

}  // namespace wjit::cli
