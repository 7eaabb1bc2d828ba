// tools/dev bench gate FILE: whether native code may go on from here. The limits stand here and nowhere else.
#include "tools/bench/gate.h"

#include <cstdio>

#include "tools/bench/spills/spills.h"
#include "tools/bench/stats.h"

namespace wjit::bench {
namespace {

constexpr double kTime = 1.15, kSpills = 1.0, kCompileTime = 1.0;

}  // namespace

int bench_gate(const GateOptions& options) {
  std::vector<std::string> failures;
  auto note = [&](const char* what, const std::string& failure) {
    if (!failure.empty()) failures.push_back(what + (": " + failure));
  };
  ExecuteVerdict execute = execute_for_gate(options.execute);
  note("kernels", execute.failure);
  std::printf("\n");
  CompileVerdict compile = compile_for_gate(options.compile);
  note("compile", compile.failure);
  std::printf("\n");
  SpillVerdict spills = spills_for_gate({options.execute.kernels, {}, false});
  note("spills", spills.failure);

  std::printf("\n");
  bool ok = execute.ran;
  ok &= print_ratio("kernels' time / Cranelift, geomean", execute.of_reference, 1, kTime);
  ok &= print_ratio("time to compile / Cranelift", compile.of_reference > 0 ? 1 / compile.of_reference : 0, 1,
                    kCompileTime);
  // Zero spills of both is as good as it gets, and no ratio.
  bool counted = spills.failure.empty();
  ok &= print_ratio("spills in innermost loops / Cranelift", counted ? spills.ours + 1 : 0,
                    spills.reference + 1, kSpills);
  if (execute.of_reference > 0) {
    std::printf("slowest kernel: %s, %.2f; all kernels / native clang -O2: %.2f\n",
                execute.worst_kernel.c_str(), execute.worst, execute.of_native);
  }
  for (const auto& failure : failures) std::printf("!!! %s\n", failure.c_str());
  ok &= failures.empty();
  std::printf("gate: %s\n", ok ? "passed" : "FAILED");
  return ok ? 0 : 1;
}

}  // namespace wjit::bench
