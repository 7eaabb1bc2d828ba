#pragma once
#include "tools/bench/compile.h"
#include "tools/bench/execute.h"

namespace wjit::bench {

struct GateOptions {
  ExecuteOptions execute{};
  CompileOptions compile{};
};

// All three comparisons with Wasmtime's Cranelift; 0 only if every limit holds.
int bench_gate(const GateOptions& options);

}  // namespace wjit::bench
