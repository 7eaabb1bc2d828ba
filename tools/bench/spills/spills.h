#pragma once
#include <string>
#include <vector>

namespace wjit::bench {

struct SpillOptions {
  std::vector<std::string> kernels{}, files{};
  bool list = false;
};

// The kernels as Wasmtime and wjit compile them, or the files given; the exit code.
int bench_spills(const SpillOptions& options);

// What the gate wants to know: both engines' sums over the same functions, or why not.
struct SpillVerdict {
  unsigned ours = 0, reference = 0;
  std::string failure{};
};
SpillVerdict spills_for_gate(const SpillOptions& options);

}  // namespace wjit::bench
