// Is a function what function.h says one is? For tests, and between passes while they are being debugged.
#pragma once
#include "compiler/ir/function.h"

namespace wjit::ir {

using support::Result;

// Every invariant of function.h; types by the letters of ops.def; dominance of uses by definitions in what can be
// reached. The error names function, block and instruction, what is there and what was expected. O(n log n).
Result<void> verify(const Function& f);

}  // namespace wjit::ir
