#pragma once
#include <string>
#include <vector>

#include "tools/bench/engines.h"

namespace wjit::bench {

struct ExecuteOptions {
  std::vector<std::string> kernels{}, engines{};
  int rounds = 5;
  Size size = Size::kFull;
  bool json = false;
};

// The kernels on the engines, in turns. The exit code: 1 if an engine failed or printed another checksum than
// others.
int bench_execute(const ExecuteOptions& options);

// For tests: the kernels' tiny sizes once, natively and in wjit; every checksum must be the same, nothing is
// timed. 77 where no kernels could be built.
int check_kernels();

// What the gate wants to know of a run.
struct ExecuteVerdict {
  bool ran = false;                                   // everything that was wanted, with the same checksums
  double of_reference = 0, of_native = 0, worst = 0;  // geometric means, and the slowest kernel
  std::string worst_kernel{}, failure{};
};
ExecuteVerdict execute_for_gate(const ExecuteOptions& options);

}  // namespace wjit::bench
