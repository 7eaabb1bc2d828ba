// Function-body validation (spec §3.3, appendix "Validation Algorithm") as a template that drives a visitor, so
// that a translator never sees unvalidated code and each body is decoded once.
#pragma once
#include "compiler/wasm/module.h"

namespace wjit::wasm {

// A control frame as visitors see it.
struct ControlInfo {
  Op op;                     // block, loop, if, try_table; Op::kCount for the function's own frame
  BlockType type;
  std::span<const ValType> label_types() const { return op == Op::loop ? type.params : type.results; }
};

// What a visitor may ask while it is called (all in constant time).
class ValidatorView {
 public:
  // Operand `depth` below the top, before the instruction takes effect; kBot in polymorphic code.
  ValType operand(uint32_t depth) const;
  const ControlInfo& label(uint32_t depth) const;
  uint32_t control_depth() const;
  ValType local(uint32_t index) const;
};

// The visitor concept:
//   Result<void> begin(const ValidatorView&, std::span<const LocalGroup> locals);
//   Result<void> visit(const Instr&, bool reachable, const ValidatorView&);
//       Called for every *reachable* instruction after its checks passed and before its stack effect is applied to the
//       view; and for every else/end that closes a frame which was opened in reachable code, with `reachable` telling
//       whether control falls into it. Nothing inside dead code is shown, nested blocks of dead code included.
//   void fuel_block(uint32_t offset);     a fuel block begins here (before the instruction at `offset` is visited)
//   void fuel_block_end(uint64_t cost);   the block begun last costs this much; always follows before the next begin
//   Result<void> finish();                after the final end
// Fuel blocks are cut at: function entry, loop header, after if, else, end of a block/if/try_table, and after every
// conditional branch. Dead code costs nothing.
struct LocalGroup {
  uint32_t count;
  ValType type;
};

}  // namespace wjit::wasm
