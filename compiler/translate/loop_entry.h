#pragma once
#include "compiler/ir/function.h"

namespace wjit::translate {

// Blocks that control does not reach, and parameters of blocks that only feed one another; what is left is put in order. No
// aliases are left.
void drop_what_is_not_needed(ir::Function& f);

}  // namespace wjit::translate
