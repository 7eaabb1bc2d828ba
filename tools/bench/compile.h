#pragma once
#include <string>

namespace wjit::bench {

struct CompileOptions {
  std::string file;
  int rounds = 3;
  bool json = false;
};

// Compiles the whole file with each optimizing compiler, on one thread each; the exit code.
int bench_compile(const CompileOptions& options);

// The same; what the gate wants to know: our bytes of code section per second over the reference's, or why
// not.
struct CompileVerdict {
  double of_reference = 0;
  std::string failure{};
};
CompileVerdict compile_for_gate(const CompileOptions& options);

}  // namespace wjit::bench
