#include "compiler/ir/layout.h"

#include <vector>

namespace wjit::ir {

void lay_out(Function& f, std::span<const Block> order, const DomTree& dom) {
  std::vector<uint8_t> placed(f.block_count());
  placed[f.entry().n] = 1;
  std::vector<Block> chain;
  for (Block b : order)
    if (b != f.entry()) f.remove_block(b);
  for (Block b : order) {
    for (chain.clear(); b.valid() && !placed[b.n]; b = dom.idom(b)) placed[b.n] = 1, chain.push_back(b);
    for (size_t i = chain.size(); i-- > 0;) f.append_block(chain[i]);
  }
}

bool mend_layout(Function& f, const DomTree& dom) {
  std::vector<uint8_t> seen(f.block_count());
  std::vector<Block> order;
  bool right = true;
  for (Block b = f.entry(); b.valid(); b = f.block(b).next) {
    const Block before = dom.idom(b);
    right = right && (!before.valid() || seen[before.n]);
    seen[b.n] = 1;
    order.push_back(b);
  }
  if (!right) lay_out(f, order, dom);
  return !right;
}

}  // namespace wjit::ir
