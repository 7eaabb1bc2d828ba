// Measurements that need processes of their own. Started by tools/dev bench.
#include <CLI/CLI.hpp>

#include "tools/bench/call.h"
#include "tools/bench/compile.h"
#include "tools/bench/execute.h"
#include "tools/bench/gate.h"
#include "tools/bench/load.h"
#include "tools/bench/memory.h"
#include "tools/bench/short_calls.h"
#include "tools/bench/spills/spills.h"

namespace {

using namespace wjit::bench;

void add_execute_options(CLI::App& app, ExecuteOptions& options) {
  app.add_option("--kernels", options.kernels, "Only these kernels (tools/bench/kernels.def)")
      ->delimiter(',');
  app.add_option("--rounds", options.rounds, "How often everything is run")->capture_default_str()->check(CLI::Range(1, 1000));
  app.add_flag_callback(
      "--quick", [&] { options.size = Size::kQuick; }, "A tenth of the work");
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Measurements", "wjit-bench");
  app.require_subcommand(1);
  bool dry_run = false;
  app.add_flag("--dry-run", dry_run, "Only read these options");
  std::string load_file;
  auto* load = app.add_subcommand("load", "What loading a module costs, beside Node");
  load->add_option("FILE", load_file, "The module")->required();
  auto* call = app.add_subcommand("call", "What calls between the host and the tiers cost");
  int short_rounds = 7;
  auto* short_calls = app.add_subcommand("short", "Many short calls from the host, from a cold start, in each tier");
  short_calls->add_option("--rounds", short_rounds, "How often everything is run")->capture_default_str()->check(CLI::Range(1, 1000));
  bool memory_quick = false;
  auto* memory = app.add_subcommand("memory", "The most memory wjit holds while kernels run; 1 if it is too much");
  memory->add_flag("--quick", memory_quick, "A tenth of the work");

  ExecuteOptions execute_options;
  bool check = false;
  auto* execute = app.add_subcommand("execute", "Kernels: wjit's tiers, native code and the peers");
  add_execute_options(*execute, execute_options);
  execute->add_option("--engines", execute_options.engines, "Only these, or all; default: those that compile")
      ->delimiter(',');
  execute->add_flag("--json", execute_options.json, "Every single measurement, as JSON");
  execute->add_flag("--check", check,
                    "No measurement: tiny sizes, natively and in wjit; are the checksums the same?");

  CompileOptions compile_options;
  auto* compile = app.add_subcommand("compile", "How fast optimizing compilers are, one thread each");
  compile->add_option("FILE", compile_options.file, "The module")->required();
  compile->add_option("--rounds", compile_options.rounds, "How often")->capture_default_str()->check(CLI::Range(1, 1000));
  compile->add_flag("--json", compile_options.json, "Every single measurement, as JSON");

  SpillOptions spill_options;
  auto* spills = app.add_subcommand("spills", "Loads and stores of stack slots in innermost loops");
  spills->add_option("--kernels", spill_options.kernels, "Only these kernels")->delimiter(',');
  spills->add_flag("--list", spill_options.list, "Every function and instruction that counts");
  spills->add_option("FILE", spill_options.files,
                     "Instead of kernels: .cwasm files, or dumps as lines of JSON");

  GateOptions gate_options;
  auto* gate =
      app.add_subcommand("gate", "Is native code as good as Cranelift's? 1 if not, or if it cannot be told");
  add_execute_options(*gate, gate_options.execute);
  gate->add_option("FILE", gate_options.compile.file, "The module to compile")->required();

  CLI11_PARSE(app, argc, argv);
  if (dry_run) return 0;
  if (*load) return bench_load(load_file);
  if (*call) return bench_call();
  if (*short_calls) return bench_short_calls(short_rounds);
  if (*memory) return bench_memory(memory_quick ? Size::kQuick : Size::kFull);
  if (*execute) return check ? check_kernels() : bench_execute(execute_options);
  if (*compile) return bench_compile(compile_options);
  if (*spills) return bench_spills(spill_options);
  return bench_gate(gate_options);
}
