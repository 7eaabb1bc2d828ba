#include "tools/wjit/run_options.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

#include "tools/wjit/timeout.h"

namespace wjit::cli {
namespace {

Error expected(const char* option, const std::string& found, const char* what) {
  return Error(ErrorKind::kUsage, fmt::format("{}: found '{}', expected {}", option, found, what));
}

// The last one wins.
void set_env(RunOptions& o, const std::string& name, const std::string& value) {
  for (auto& [key, old] : o.wasi_config.env) {
    if (key != name) continue;
    old = value;
    return;
  }
  o.wasi_config.env.emplace_back(name, value);
}

Result<Ok> resolve_env(RunOptions& o) {
  for (const std::string& item : o.env) {
    size_t equals = item.find('=');
    const char* here = equals == std::string::npos ? std::getenv(item.c_str()) : "";
    if (!here || equals == 0)
      return expected("--env", item, "NAME=VALUE or the name of a variable that is set");
    if (equals == std::string::npos) {
      set_env(o, item, here);
    } else {
      set_env(o, item.substr(0, equals), item.substr(equals + 1));
    }
  }
  return Ok{};
}

Result<Ok> resolve_dirs(RunOptions& o) {
  for (const std::string& item : o.dirs) {
    const bool read_only = item.ends_with("::ro");
    const std::string dir = read_only ? item.substr(0, item.size() - 4) : item;
    size_t colons = dir.find("::");
    std::string host = dir.substr(0, colons);
    std::string guest = colons == std::string::npos ? host : dir.substr(colons + 2);
    if (host.empty() || guest.empty())
      return expected("--dir", item, "HOST or HOST::GUEST, and ::ro behind it or not");
    o.wasi_config.preopens.emplace_back(host, guest, read_only);
  }
  return Ok{};
}

Result<Ok> resolve_preloads(RunOptions& o) {
  for (const std::string& item : o.preloads) {
    size_t equals = item.find('=');
    if (equals == std::string::npos || equals + 1 == item.size())
      return expected("--preload", item, "NAME=FILE");
    o.preload_files.emplace_back(item.substr(0, equals), item.substr(equals + 1));
  }
  return Ok{};
}

void inherit_env(RunOptions& o) {
  for (char** e = environ; *e; ++e) {
    const std::string item = *e;
    size_t equals = item.find('=');
    if (equals != std::string::npos && equals > 0)
      set_env(o, item.substr(0, equals), item.substr(equals + 1));
  }
}

struct WasiSwitch {
  const char* name;
  void (*apply)(RunOptions&);
};
constexpr WasiSwitch kWasiSwitches[] = {
    {"preview1", [](RunOptions& o) { o.has_wasi = true; }},
    {"none", [](RunOptions& o) { o.has_wasi = false; }},
    {"no-stdio", [](RunOptions& o) { o.wasi_config.inherit_stdio = false; }},
    {"inherit-env", inherit_env},
};

Result<Ok> resolve_wasi(RunOptions& o) {
  for (size_t begin = 0; begin < o.wasi.size();) {
    size_t end = std::min(o.wasi.find(',', begin), o.wasi.size());
    const std::string item = o.wasi.substr(begin, end - begin);
    begin = end + 1;
    bool known = false;
    for (const WasiSwitch& s : kWasiSwitches) {
      if (item != s.name) continue;
      s.apply(o);
      known = true;
    }
    if (!known) return expected("--wasi", item, "one of: preview1, none, no-stdio, inherit-env");
  }
  return Ok{};
}

Result<Ok> resolve_timeout(RunOptions& o) {
  if (!o.timeout) return Ok{};
  o.time = parse_duration(*o.timeout);
  if (!o.time) return expected("--timeout", *o.timeout, "a number and us, ms, s, m or h, as in 500ms or 1.5s");
  return Ok{};
}

Result<Ok> resolve(RunOptions& o) {
  // As a program sees its own name when it is started from its folder.
  o.wasi_config.args.push_back(o.argv0.value_or(o.file.substr(o.file.rfind('/') + 1)));
  if (!o.invoke) o.wasi_config.args.insert(o.wasi_config.args.end(), o.args.begin(), o.args.end());
  if (!o.unknown_imports.empty()) {
    if (o.unknown_imports == "trap") {
      o.unknown = RunOptions::Unknown::kTrap;
    } else if (o.unknown_imports == "default") {
      o.unknown = RunOptions::Unknown::kDefault;
    } else if (o.unknown_imports != "error") {
      return expected("--unknown-imports", o.unknown_imports, "one of: error, trap, default");
    }
  }
  for (auto* step : {resolve_wasi, resolve_env, resolve_dirs, resolve_preloads, resolve_timeout}) {
    if (auto done = step(o); !done) return done;
  }
  return Ok{};
}

Args names_of_switches() {
  Args names;
  for (const WasiSwitch& s : kWasiSwitches) names.push_back(s.name);
  return names;
}

}  // namespace

std::optional<int> parse_run_options(Args args, RunOptions& o) {
  Options options("run", "Run a WebAssembly module: its _start function, or the one --invoke names");
  options.value("--invoke", o.invoke, "NAME",
                "Call this export with ARGS as its arguments and print its results, one a line");
  options.json(o.json, "Print results and errors as JSON, a line each");
  options.values(
      "--dir", o.dirs, "HOST[::GUEST][::ro]",
      "Give the guest a directory, under another name if one is given, and only for reading if ::ro is");
  options.values("--env", o.env, "NAME[=VALUE]",
                 "Set a variable for the guest; without a value, as it is here");
  options.value("--argv0", o.argv0, "NAME", "The name of the program, as it sees it itself");
  options.choice(
      "--wasi", o.wasi, "SWITCH,…", names_of_switches(),
      "What WASI is there, and what of this process it shows: all functions (preview1) or none; no-stdio "
      "for empty input and dropped output; inherit-env for this environment");
  options.values("--preload", o.preloads, "NAME=FILE",
                 "Instantiate this module first; what it exports can be imported from NAME");
  options.choice("--unknown-imports", o.unknown_imports, "WHAT", {"error", "trap", "default"},
                 "Imports nobody defines: an error, functions that trap when called, or zeros and nulls");
  options.value("--fuel", o.fuel, "N", "Stop after N units of fuel");
  options.value("--timeout", o.timeout, "DURATION",
                "Stop after this time, as in 500ms, 5s, 2m: the guest wherever it is, waiting for input or a time "
                "included; what counts is its running, from the instantiation on, not reading and compiling");
  o.engine.declare(options);
  options.flag("--compile-only", o.compile_only, "Make the module and run nothing");
  options.flag_or_choice("--tier-report", o.tier_report, "text", {"text", "json"},
                         "Which functions have no native code, and why, on standard error at the end; with "
                         "--tier=tiered what became of each function that was called");
  options.flag("--time-passes", o.time_passes,
               "How long each pass of the compiler took, summed over functions, on standard error at the end");
  options.positional("FILE", o.file, "The module; - is standard input");
  options.guest_args("ARGS", o.args, "For the guest: options after FILE are the guest's");
  options.footer(
      "Values: 7, -1, 0xffffffff; 1.5, 0x1.8p0, inf, nan, nan:0x200000; i32x4:1,2,3,4 (also i8x16, i16x8,\n"
      "i64x2, f32x4, f64x2) or 0x and 32 digits; null, extern:7, func:NAME. Results are printed so that "
      "they\n"
      "can be given back. Exits with the guest's status, or 1 (a file, module or import), 2 (this command\n"
      "line), 134 (a trap).");
  if (auto status = options.parse(std::move(args))) return status;
  if (!o.tier_report.empty() && o.tier_report != "text" && o.tier_report != "json")
    return report_usage("wjit run", fmt::format("--tier-report: found '{}', expected one of: text, json", o.tier_report));
  // Whoever runs a program wants it fast. Where no native code is to be had, this is the interpreter alone.
  if (o.engine.tier.empty()) o.engine.tier = "tiered";
  if (auto status = o.engine.resolve("run")) return status;
  if (auto resolved = resolve(o); !resolved) return report_usage("wjit run", resolved.err().message());
  return {};
}

}  // namespace wjit::cli
