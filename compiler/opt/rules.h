// Rules that look at one instruction and what defines its operands. Private to the folder.
//
// Requirements for a rule: what it makes means the same for all operands (compiler/wasm/eval.h says what they mean; the
// test in tests/unit/compiler/opt compares), traps included; it never makes an instruction that may trap of one that may
// not; it ends, because each rewriting is nearer to a form that no rule matches: constants stand right, sums have one
// constant, comparisons have no comparison with 0 around them.
#pragma once
#include "compiler/ir/builder.h"

namespace wjit::opt {

// What became of an instruction.
struct Rewritten {
  enum Kind : uint8_t { kNot, kChanged, kIsValue, kGone } kind = kNot;
  ir::Value value;  // kIsValue: its result is this; kGone: it does nothing, and has no result
};
// Operands are resolved. kChanged: `i` is another instruction now, in its place, with the same result. New instructions
// stand in front of it; `made` gets them, in order.
Rewritten apply_rules(ir::Function& f, ir::Inst i, std::vector<ir::Inst>& made);

}  // namespace wjit::opt
