// Mode::kSpill.
#pragma once
#include "compiler/regalloc/moves.h"
#include "compiler/support/result.h"

namespace wjit::ra {

support::Result<void> spill_all(const mach::VCode& code, const mach::RegEnv& env, ParallelMoves& moves,
                                mach::Allocation& out);

}  // namespace wjit::ra
