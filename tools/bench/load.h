#pragma once
#include <string>

namespace wjit::bench {

// Prints the costs of loading `file`; the exit code of the program.
int bench_load(const std::string& file);

}  // namespace wjit::bench
