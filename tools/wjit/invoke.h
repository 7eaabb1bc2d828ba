// Values on the command line.
//
//   i32, i64      decimal or 0x hexadecimal, with a sign or without, in the signed or the unsigned range
//   f32, f64      decimal or hexadecimal floats, inf, nan, nan:0xPAYLOAD, each with an optional sign
//   v128          i8x16:, i16x8:, i32x4:, i64x2:, f32x4: or f64x2: and the lanes, lane 0 first, separated by
//   commas,
//                 with or without "v128:" in front; or 0x and up to 32 digits, the last one lane 0's
//   references    null; extern:N, a value of the host's; func:NAME, an exported function
//
// What is printed can be given back as an argument.
#pragma once
#include <functional>
#include <string>

#include "wjit/wjit.hpp"

namespace wjit::cli {

// Which exported function has this name, and which name an exported function has ("" if none).
struct FuncNames {
  std::function<std::optional<Func>(const std::string&)> find;
  std::function<std::string(const Func&)> name;
};

// An argument of the given type. Errors say what was expected.
Result<Val> parse_value(const ValType& type, const std::string& text, const FuncNames& funcs);
// As `wjit run --invoke` prints it: integers signed, floats with as many digits as they need.
std::string print_value(const Val& v, const FuncNames& funcs);

}  // namespace wjit::cli
