#include "compiler/mach/vcode.h"

namespace wjit::mach {

void VCode::clear() {
  insts.clear();
  operands.clear();
  blocks.clear();
  vregs.clear();
  succs.clear();
  preds.clear();
  types.clear();
  homes.clear();
  clobbers.clear();
}

void VCode::finish() {
  for (VBlock& b : blocks) b.pred_count = 0;
  for (const VBlock& b : blocks)
    for (uint32_t s : succs_of(b)) ++blocks[s].pred_count;
  uint32_t at = 0;
  for (VBlock& b : blocks) {
    b.preds = at;
    at += b.pred_count;
    b.pred_count = 0;
  }
  preds.assign(at, 0);
  for (uint32_t i = 0; i < blocks.size(); ++i) {
    const VBlock& b = blocks[i];
    WJIT_DASSERT(b.end > b.first && (insts[b.end - 1].flags & MInst::kBranch));
    WJIT_DASSERT(b.succ_count < 2 || b.arg_count == 0);
    for (uint32_t s : succs_of(b)) preds[blocks[s].preds + blocks[s].pred_count++] = i;
  }
}

}  // namespace wjit::mach
