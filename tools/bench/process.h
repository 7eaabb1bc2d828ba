// Runs a program once and says what it cost.
#pragma once
#include <optional>
#include <string>
#include <vector>

namespace wjit::bench {

struct Cost {
  int exit_code = -1;           // of the program; 128 + signal if it was killed
  double milliseconds = 0;      // from spawning to its end
  double cpu_milliseconds = 0;  // of all its threads
  long peak_kib = 0;            // most memory ever resident
  std::string output;           // stdout
};

using Command = std::vector<std::string>;
enum class Stderr { kInherited, kWithStdout };

// Nothing if the program could not be started.
std::optional<Cost> run_program(const Command& command, Stderr errors = Stderr::kInherited);

// The first line of what it prints, or "unknown version".
std::string first_line_of(const Command& command);

// The path of a program in the folder of this one.
std::string beside_this_program(const std::string& name);

// Where PATH finds it; empty if nowhere.
std::string find_program(const std::string& name);

}  // namespace wjit::bench
