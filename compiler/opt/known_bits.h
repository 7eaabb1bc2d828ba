// Which bits of an integer may be one. Private to the folder.
#pragma once
#include "compiler/ir/function.h"

namespace wjit::opt {

// A mask over the value's type: where it has 0 the value has 0. Looks a few definitions deep, and costs as much.
uint64_t maybe_ones(const ir::Function& f, ir::Value v, unsigned depth = 4);

}  // namespace wjit::opt
