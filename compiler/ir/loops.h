// Natural loops: a header, and what leads back to it without leaving what it dominates. Loops with one header are one
// loop. WebAssembly makes no other cycles; edges that enter one elsewhere are counted as irreducible, and make no loop.
//
// Near-linear in blocks and edges, also for deep nests: a loop that is found inside another is passed over in one step.
#pragma once
#include "compiler/ir/domtree.h"

namespace wjit::ir {

using Loop = Id<struct LoopTag>;

class Loops {
 public:
  void compute(const Function& f, const Cfg& cfg, const DomTree& dom);

  // Numbered from outside in: a loop comes after the one around it.
  uint32_t count() const { return static_cast<uint32_t>(loops_.size()); }
  Block header(Loop l) const { return loops_[l.n].header; }
  Loop parent(Loop l) const { return loops_[l.n].parent; }
  uint32_t depth(Loop l) const { return loops_[l.n].depth; }
  // The innermost loop around a block, or none; how many there are.
  Loop loop_of(Block b) const { return loop_of_[b.n]; }
  uint32_t depth(Block b) const { return loop_of_[b.n].valid() ? depth(loop_of_[b.n]) : 0; }
  bool is_header(Block b) const { return loop_of_[b.n].valid() && header(loop_of_[b.n]) == b; }
  bool contains(Loop outer, Loop inner) const {
    return loops_[outer.n].enter <= loops_[inner.n].enter && loops_[inner.n].enter <= loops_[outer.n].leave;
  }
  bool contains(Loop l, Block b) const { return loop_of_[b.n].valid() && contains(l, loop_of_[b.n]); }
  // Edges against reverse postorder to a block that does not dominate where they come from.
  std::span<const Edge> irreducible_edges() const { return irreducible_; }

 private:
  struct Data {
    Block header;
    Loop parent;
    uint32_t depth = 0;
    uint32_t enter = 0, leave = 0;  // in a walk over the forest
  };
  uint32_t outermost(uint32_t loop);
  void collect(const Cfg& cfg, uint32_t loop);
  void finish();

  std::vector<Data> loops_;
  std::vector<Loop> loop_of_;
  std::vector<uint32_t> outer_;  // union-find: towards the outermost loop so far
  std::vector<Block> work_;
  std::vector<Edge> irreducible_;
  std::vector<uint32_t> inside_;
};

}  // namespace wjit::ir
