// One instruction as text, near the text format: "i32.load offset=4 align=2". Types are spelled by engine
// ids.
#pragma once
#include <string>

#include "compiler/wasm/instr.h"

namespace wjit::wasm {

std::string to_string(const Instr& in);

}  // namespace wjit::wasm
