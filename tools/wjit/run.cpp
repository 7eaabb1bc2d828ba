#include <fmt/format.h>

#include <cstring>

#include "runtime/trap_access.h"
#include "tools/wjit/commands.h"
#include "tools/wjit/invoke.h"
#include "tools/wjit/load.h"
#include "tools/wjit/native_report.h"
#include "tools/wjit/run_options.h"
#include "tools/wjit/timeout.h"

namespace wjit::cli {
namespace {

constexpr const char* kStreams[] = {"stdin", "stdout", "stderr"};

// The time that --timeout gives the guest.
std::optional<Timeout> running_out;
std::string time_given;

// Every way a call can end without results, as an exit status.
int report_end(const std::string& file, const TrapError& error) {
  if (auto* e = std::get_if<Error>(&error)) return report(file, *e);
  const Trap& trap = std::get<Trap>(error);
  if (trap.kind() == Trap::Kind::kExit) return trap.exit_status();
  if (trap.kind() != Trap::Kind::kInterrupt || !running_out || !running_out->is_over()) return report_trap(file, trap);
  Trap timed_out = TrapAccess::make(trap.kind(), vm::TrapCode(trap.code()), "timed out after " + time_given);
  TrapAccess::trace(timed_out) = trap.trace();
  return report_trap(file, timed_out);
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

FuncNames func_names(Store& store, const Instance& instance) {
  return {[&store, instance](const std::string& name) { return find_function(store, instance, name); },
          [&store, instance](const Func& func) -> std::string {
            for (const auto& [name, item] : instance.exports(store)) {
              const Func* f = std::get_if<Func>(&item);
              if (f && *f == func) return name;
            }
            return {};
          }};
}

void print_results(const RunOptions& o, const std::vector<Val>& results, const FuncNames& names) {
  std::string text;
  for (const Val& v : results) {
    const std::string value = print_value(v, names);
    if (!o.json) {
      text += value + "\n";
      continue;
    }
    text += fmt::format("{}{{\"type\": \"{}\", \"value\": {}}}", text.empty() ? "" : ", ",
                        to_string(v.kind()), json_string(value));
  }
  if (o.json) text = "{\"results\": [" + text + "]}\n";
  std::fwrite(text.data(), 1, text.size(), stdout);
}

int invoke(Store& store, const RunOptions& o, const Instance& instance, const Func& func) {
  FuncType type = func.type(store);
  if (type.params.size() != o.args.size()) {
    return report_usage("wjit run", fmt::format("{}: {} takes {} arguments, found {}", o.file, *o.invoke,
                                                type.params.size(), o.args.size()));
  }
  const FuncNames names = func_names(store, instance);
  std::vector<Val> args;
  for (size_t i = 0; i < o.args.size(); ++i) {
    auto arg = parse_value(type.params[i], o.args[i], names);
    if (!arg) {
      return report_usage("wjit run", fmt::format("{}: argument {} of {}: {}", o.file, i + 1, *o.invoke,
                                                  arg.err().message()));
    }
    args.push_back(std::move(arg).ok());
  }
  auto results = func.call(store, args);
  if (!results) return report_end(o.file, results.err());
  print_results(o, results.ok(), names);
  return kExitOk;
}

// Calls `name` without arguments if it is there.
std::optional<int> call_if_there(Store& store, const RunOptions& o, const Instance& instance,
                                 const char* name) {
  auto func = find_function(store, instance, name);
  if (!func) return {};
  if (!func->type(store).params.empty()) {
    return report(fmt::format("{}: {} takes parameters, expected none", o.file, name), ErrorKind::kLink);
  }
  auto results = func->call(store, std::span<const Val>());
  return results ? static_cast<int>(kExitOk) : report_end(o.file, results.err());
}

int run_instance(Store& store, const RunOptions& o, const Instance& instance) {
  if (!o.invoke) {
    if (auto status = call_if_there(store, o, instance, "_start")) return *status;
    return report(
        fmt::format("{}: nothing to run: there is no function _start; call another with --invoke NAME ({})",
                    o.file, list_functions(store, instance)),
        ErrorKind::kLink);
  }
  auto func = find_function(store, instance, *o.invoke);
  if (!func) {
    return report(fmt::format("{}: no function '{}': {}", o.file, *o.invoke, list_functions(store, instance)),
                  ErrorKind::kLink);
  }
  // A library for WASI wants this first.
  auto status = call_if_there(store, o, instance, "_initialize");
  return status.value_or(kExitOk) == kExitOk ? invoke(store, o, instance, *func) : *status;
}

// The other modules, then the stand-ins for what is still missing. An exit status when that is as far as it
// gets.
std::optional<int> prepare_imports(const Engine& engine, Store& store, const RunOptions& o, Linker& linker,
                                   const Module& module) {
  for (const auto& [name, file] : o.preload_files) {
    auto preload = load_module(engine, file);
    if (!preload) return report(file, preload.err());
    auto defined = linker.module(store, name, preload.ok());
    if (!defined) return report_end(file, defined.err());
  }
  auto stand_in = [&]() -> Result<Ok> {
    switch (o.unknown) {
      case RunOptions::Unknown::kTrap:
        return linker.define_unknown_imports_as_traps(module);
      case RunOptions::Unknown::kDefault:
        return linker.define_unknown_imports_as_default_values(store, module);
      case RunOptions::Unknown::kError:
        break;
    }
    return Ok{};
  }();
  if (!stand_in) return report(o.file, stand_in.err());
  return {};
}

// What the guest wrote may never have arrived. One that says all is well is not believed then.
int check_streams(int status, const int (&errors)[3]) {
  if (status != kExitOk) return status;
  for (int i : {1, 2}) {
    if (errors[i]) status = report(fmt::format("{}: {}", kStreams[i], std::strerror(errors[i])));
  }
  return status;
}

int run_module(const Engine& engine, const Module& module, RunOptions& o) {
  Store store(engine);
  if (o.fuel) {
    auto set = store.set_fuel(*o.fuel);
    if (!set) return report(o.file, set.err());
  }
  Linker linker(engine);
  int stream_errors[3] = {};
  o.wasi_config.on_stdio_error = [&](int stream, int host_errno) { stream_errors[stream] = host_errno; };
  if (o.has_wasi) {
    auto defined = linker.define_wasi(store, std::move(o.wasi_config));
    if (!defined) return report(defined.err().message(), defined.err().kind());
  }
  if (o.time) {
    auto handle = store.interrupt_handle();
    if (!handle) return report(o.file, handle.err());
    time_given = *o.timeout;
    running_out.emplace(std::move(handle).ok(), *o.time);
  }
  struct End {
    ~End() { running_out.reset(); }
  } end;
  if (auto status = prepare_imports(engine, store, o, linker, module)) return *status;
  auto instance = linker.instantiate(store, module);
  const int status = instance ? run_instance(store, o, instance.ok()) : report_end(o.file, instance.err());
  return check_streams(status, stream_errors);
}

}  // namespace

int run_main(Args args) {
  RunOptions o;
  if (auto status = parse_run_options(std::move(args), o)) return *status;
  o.engine.config.consume_fuel = o.fuel.has_value();
  o.engine.config.epoch_interruption = o.time.has_value();
  measure_times(o.time_passes);
  Engine engine(o.engine.config);
  auto module = load_module(engine, o.file);
  if (!module) return report(o.file, module.err());
  const int status = o.compile_only ? static_cast<int>(kExitOk) : run_module(engine, module.ok(), o);
  if (!o.tier_report.empty()) {
    std::fflush(stdout);
    std::fputs((o.tier_report == "json" ? tier_report_json : tier_report)(module.ok()).c_str(), stderr);
  }
  if (o.time_passes) print_times(module.ok());
  return status;
}

}  // namespace wjit::cli
