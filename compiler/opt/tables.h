// A br_table with few entries becomes comparisons: a jump through a table costs more than two of them, and is guessed by
// where it went before alone.
#pragma once
#include "compiler/ir/function.h"

namespace wjit::opt {

// Whether there was one.
bool small_tables(ir::Function& f);

}  // namespace wjit::opt
