#include <fmt/format.h>

#include <cstdlib>

#include "tools/wjit/commands.h"
#include "tools/wjit/invoke.h"

namespace wjit::cli {
namespace {

struct RunOptions {
  EngineOptions engine;
  std::optional<std::string> invoke;
  Args dirs, env;
  std::optional<uint64_t> fuel;
  std::string file;
  Args args;
};

std::optional<int> parse_options(Args args, RunOptions& o) {
  Options options("run", "Run a WebAssembly module: its _start function, or the one --invoke names");
  options.value("--invoke", o.invoke, "NAME",
                "Call this export with ARGS as its arguments and print its results");
  options.values("--dir", o.dirs, "HOST[::GUEST]",
                 "Give the guest a directory, under another name if one is given");
  options.values("--env", o.env, "NAME[=VALUE]",
                 "Set a variable for the guest; without a value, as it is here");
  options.value("--fuel", o.fuel, "N", "Stop after N units of fuel");
  o.engine.declare(options);
  options.positional("FILE", o.file, "The module");
  options.guest_args("ARGS", o.args, "For the guest: options after FILE are the guest's");
  if (auto status = options.parse(std::move(args))) return status;
  return o.engine.resolve("run");
}

Result<WasiConfig> wasi_config(const RunOptions& o) {
  WasiConfig wasi;
  // As a program sees its own name when it is started from its folder.
  wasi.args.push_back(o.file.substr(o.file.rfind('/') + 1));
  if (!o.invoke) wasi.args.insert(wasi.args.end(), o.args.begin(), o.args.end());
  for (const std::string& item : o.env) {
    size_t equals = item.find('=');
    const char* here = equals == std::string::npos ? std::getenv(item.c_str()) : "";
    if (!here || equals == 0) {
      return Error(ErrorKind::kUsage,
                   fmt::format("--env: found '{}', expected NAME=VALUE or the name of a variable "
                               "that is set",
                               item));
    }
    if (equals == std::string::npos) {
      wasi.env.emplace_back(item, here);
    } else {
      wasi.env.emplace_back(item.substr(0, equals), item.substr(equals + 1));
    }
  }
  for (const std::string& item : o.dirs) {
    size_t colons = item.find("::");
    std::string host = item.substr(0, colons);
    std::string guest = colons == std::string::npos ? host : item.substr(colons + 2);
    if (host.empty() || guest.empty()) {
      return Error(ErrorKind::kUsage, fmt::format("--dir: found '{}', expected HOST or HOST::GUEST", item));
    }
    wasi.preopens.emplace_back(host, guest);
  }
  return wasi;
}

// Every way a call can end without results, as an exit status.
int report_end(const std::string& file, const TrapError& error) {
  if (auto* e = std::get_if<Error>(&error)) return report(file, *e);
  const Trap& trap = std::get<Trap>(error);
  if (trap.kind() == Trap::Kind::kExit) return trap.exit_status();
  report(file + ": " + trap.to_string());
  return kExitTrap;
}

std::string list_functions(Store& store, const Instance& instance) {
  std::string names;
  for (const auto& [name, item] : instance.exports(store)) {
    if (std::holds_alternative<Func>(item)) names += (names.empty() ? "" : ", ") + name;
  }
  return names.empty() ? "it exports no functions" : "it exports the functions: " + names;
}

std::optional<Func> find_function(Store& store, const Instance& instance, const std::string& name) {
  auto item = instance.get(store, name);
  const Func* func = item ? std::get_if<Func>(&*item) : nullptr;
  return func ? std::optional<Func>(*func) : std::nullopt;
}

int invoke(Store& store, const RunOptions& o, const Func& func) {
  FuncType type = func.type(store);
  if (type.params.size() != o.args.size()) {
    return report_usage("wjit run", fmt::format("{}: {} takes {} arguments, found {}", o.file, *o.invoke,
                                                type.params.size(), o.args.size()));
  }
  std::vector<Val> args;
  for (size_t i = 0; i < o.args.size(); ++i) {
    auto arg = parse_value(type.params[i], o.args[i]);
    if (!arg) {
      return report_usage("wjit run", fmt::format("{}: argument {} of {}: {}", o.file, i + 1, *o.invoke,
                                                  arg.err().message()));
    }
    args.push_back(std::move(arg).ok());
  }
  auto results = func.call(store, args);
  if (!results) return report_end(o.file, results.err());
  for (const Val& v : results.ok()) {
    std::string line = print_value(v) + "\n";
    std::fwrite(line.data(), 1, line.size(), stdout);
  }
  return kExitOk;
}

// Calls `name` without arguments if it is there.
std::optional<int> call_if_there(Store& store, const RunOptions& o, const Instance& instance,
                                 const char* name) {
  auto func = find_function(store, instance, name);
  if (!func) return {};
  if (!func->type(store).params.empty()) {
    return report(fmt::format("{}: {} takes parameters, expected none", o.file, name));
  }
  auto results = func->call(store, std::span<const Val>());
  return results ? static_cast<int>(kExitOk) : report_end(o.file, results.err());
}

int run_instance(Store& store, const RunOptions& o, const Instance& instance) {
  if (!o.invoke) {
    if (auto status = call_if_there(store, o, instance, "_start")) return *status;
    return report(
        fmt::format("{}: nothing to run: there is no function _start; call another with --invoke NAME ({})",
                    o.file, list_functions(store, instance)));
  }
  auto func = find_function(store, instance, *o.invoke);
  if (!func) {
    return report(
        fmt::format("{}: no function '{}': {}", o.file, *o.invoke, list_functions(store, instance)));
  }
  // A library for WASI wants this first.
  auto status = call_if_there(store, o, instance, "_initialize");
  return status.value_or(kExitOk) == kExitOk ? invoke(store, o, *func) : *status;
}

}  // namespace

int run_main(Args args) {
  RunOptions o;
  if (auto status = parse_options(std::move(args), o)) return *status;
  auto wasi = wasi_config(o);
  if (!wasi) return report_usage("wjit run", wasi.err().message());
  o.engine.config.consume_fuel = o.fuel.has_value();
  Engine engine(o.engine.config);
  auto module = Module::from_file(engine, o.file);
  if (!module) return report(o.file, module.err());
  Store store(engine);
  if (o.fuel) {
    auto set = store.set_fuel(*o.fuel);
    if (!set) return report(o.file, set.err());
  }
  Linker linker(engine);
  auto defined = linker.define_wasi(store, std::move(wasi).ok());
  if (!defined) return report(defined.err().to_string());
  auto instance = linker.instantiate(store, module.ok());
  if (!instance) return report_end(o.file, instance.err());
  return run_instance(store, o, instance.ok());
}

}  // namespace wjit::cli
