// Values on the command line.
#pragma once
#include <string>

#include "wjit/wjit.hpp"

namespace wjit::cli {

// An argument of the given type: decimal or hexadecimal integers, floats (also hexadecimal, inf, nan), v128
// as 0x and up to 32 digits, "null" for references. Errors say what was expected.
Result<Val> parse_value(const ValType& type, const std::string& text);
// As `wjit run --invoke` prints it: integers signed, floats with as many digits as they need.
std::string print_value(const Val& v);

}  // namespace wjit::cli
