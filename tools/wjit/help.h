#pragma once
#include <string>

namespace wjit::cli {

std::string general_help();
std::string list_commands();  // "run, validate, …"

}  // namespace wjit::cli
