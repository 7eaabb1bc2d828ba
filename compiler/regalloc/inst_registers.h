// Registers for the operands of one instruction, as if there were no other.
#pragma once
#include "compiler/mach/vcode.h"
#include "compiler/support/result.h"

namespace wjit::ra {

// Fills in `allocs`, parallel to the instruction's operands, but for those of policy kAny. Fails if there are
// not enough.
support::Result<void> choose_registers(const mach::VCode& code, const mach::RegEnv& env, uint32_t inst,
                                       mach::Alloc* allocs);

}  // namespace wjit::ra
