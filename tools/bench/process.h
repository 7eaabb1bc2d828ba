// Runs a program once and says what it cost.
#pragma once
#include <optional>
#include <string>
#include <vector>

namespace wjit::bench {

struct Cost {
  int exit_code = -1;       // of the program; 128 + signal if it was killed
  double milliseconds = 0;  // from spawning to its end
  long peak_kib = 0;        // most memory ever resident
  std::string output;       // stdout
};

// Nothing if the program could not be started.
std::optional<Cost> run_program(const std::vector<std::string>& command);

// Where PATH finds it; empty if nowhere.
std::string find_program(const std::string& name);

}  // namespace wjit::bench
