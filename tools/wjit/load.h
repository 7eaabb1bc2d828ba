// Modules as commands take them.
#pragma once
#include <string>

#include "wjit/wjit.hpp"

namespace wjit::cli {

// The module in a file, or on standard input when the name is "-".
Result<Module> load_module(const Engine& engine, const std::string& file);

// All of standard input.
Result<std::string> read_stdin();

}  // namespace wjit::cli
