// A jump to a small block that returns becomes that block: no jump, and no values that meet only to be returned.
#pragma once
#include "compiler/ir/function.h"

namespace wjit::opt {

// Only makes blocks that nothing reaches any more, and takes edges away.
void returns_in_place(ir::Function& f);

}  // namespace wjit::opt
