// Other engines asked for their opinion: a script gets a file of programs and prints what happened.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "tools/fuzz/run.h"

namespace wjit::fuzz {

class Oracle {
 public:
  virtual ~Oracle() = default;
  // For each program: what differs, nothing, or "skip: why" when the oracle did not run it. The outcomes are those of
  // Runner::run(..., for_oracle = true).
  virtual std::vector<std::string> compare(const std::vector<Program>& programs,
                                           const std::vector<Outcome>& outcomes) = 0;
};
// "node" or "wasmtime"; any other name is taken as a command to which the file's name is added.
std::unique_ptr<Oracle> make_oracle(const std::string& name);

// What Node 20 understands.
void restrict_to_node(Options& options);
// Takes out calls of functions with vectors in their types, which scripts cannot call.
void drop_vector_calls(Program& program);
// One line: budget, modules in hexadecimal, host functions, calls.
std::string to_json(const Program& program, uint64_t number);

}  // namespace wjit::fuzz
