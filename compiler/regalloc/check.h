// Proof, from the code and the answer alone, that an allocation is right.
#pragma once
#include "compiler/mach/vcode.h"
#include "compiler/support/result.h"

namespace wjit::ra {

// Every operand finds its vreg's value where the allocation says, on every path; no write destroys what is
// still wanted; every place obeys its operand's policy. An error (kResource never, always our own bug) names
// the instruction, the operand, what was expected and what is there.
support::Result<void> check(const mach::VCode& code, const mach::RegEnv& env, const mach::Allocation& out);

}  // namespace wjit::ra
