// What the pure instructions and those that trap by their operands compute.
#pragma once
#include "compiler/ireval/eval.h"

namespace wjit::ireval {

// The bits that the result's type defines; others are anything. `operands` are those of the instruction's row.
Signal compute(const ir::InstData& d, std::span<const Bits> operands, Bits& result);

}  // namespace wjit::ireval
