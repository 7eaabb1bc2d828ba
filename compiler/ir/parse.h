// The text that print.h writes, back into functions.
//
// What is read prints the same again, with the same numbers. It need not be well-formed: that is verify.h's business,
// and tests of it are written as text. Everything behind a `;` is a comment, but for the offset of an instruction.
#pragma once
#include <string_view>
#include <vector>

#include "compiler/ir/function.h"

namespace wjit::ir {

using support::Result;

// Any number of them. Errors begin with "LINE:COLUMN: " and say what was expected and what was found.
Result<std::vector<Function>> parse_functions(std::string_view text);
// Exactly one.
Result<Function> parse(std::string_view text);

}  // namespace wjit::ir
