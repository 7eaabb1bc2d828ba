// The order of blocks that lowering and allocation count on: whatever dominates a block stands before it.
#pragma once
#include <span>

#include "compiler/ir/domtree.h"

namespace wjit::ir {

// Lays the blocks out in this order (the entry is its first), but for those that stand before what dominates them: these
// follow it.
void lay_out(Function& f, std::span<const Block> order, const DomTree& dom);
// The same with the order that is; false: it was right. A change of the graph may make it wrong, where blocks were put
// in an order of their own (entries at loops).
bool mend_layout(Function& f, const DomTree& dom);

}  // namespace wjit::ir
