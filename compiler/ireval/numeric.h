// What the pure instructions and those that trap by their operands compute.
#pragma once
#include "compiler/ireval/eval.h"

namespace wjit::ireval {

// The bits that the result's type defines; others are anything. `operands` are those of the
// instruction's row; behind a shuffle's stand its indices.
Signal compute(const ir::InstData& d, std::span<const Bits> operands, Bits& result);
// Those with a VecOp; compute() asks this.
Signal compute_vec(const ir::InstData& d, std::span<const Bits> operands, Bits& result);

}  // namespace wjit::ireval
