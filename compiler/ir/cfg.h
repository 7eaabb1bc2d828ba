// Who follows whom among the blocks of a function: edges in both directions, reverse postorder, what is reachable.
//
// A Cfg is good until a terminator, an edge's target or the layout changes; values, parameters and other instructions
// may change under it. It keeps its buffers from one function to the next. Time and memory are linear in the number of
// blocks and edges; nothing recurses. It may be asked about functions that are not well-formed yet: a block without a
// terminator has no successors, and edges to numbers that are no block are left out.
#pragma once
#include <span>
#include <vector>

#include "compiler/ir/function.h"

namespace wjit::ir {

class Cfg {
 public:
  static constexpr uint32_t kUnreachable = ~uint32_t{0};
  // One per edge: a block that branches to the same block by two edges is its predecessor twice. An edge that stands in
  // a br_table many times is one.
  struct Pred {
    Block block;
    Edge edge;
  };
  struct Succ {
    Block block;
    Edge edge;
  };

  void compute(const Function& f);

  // Predecessors, those that cannot be reached too, in the order of the layout.
  std::span<const Pred> preds(Block b) const { return {&preds_[pred_at_[b.n]], pred_at_[b.n + 1] - pred_at_[b.n]}; }
  // In the order of the terminator's edges.
  std::span<const Succ> succs(Block b) const { return {&succs_[succ_at_[b.n]], succ_at_[b.n + 1] - succ_at_[b.n]}; }

  // Reachable blocks, each before those that it alone leads to; the entry first.
  std::span<const Block> rpo() const { return rpo_; }
  // A block's place there, or kUnreachable.
  uint32_t rpo_index(Block b) const { return rpo_index_[b.n]; }
  bool reachable(Block b) const { return rpo_index_[b.n] != kUnreachable; }

 private:
  void list_edges(const Function& f);
  void order(const Function& f);

  struct Visit {
    Block block;
    uint32_t succs_left;
  };
  // CSR: those of block n are from at_[n] to at_[n + 1]. One element more than edges, so that there is one to point at.
  std::vector<Pred> preds_;
  std::vector<Succ> succs_;
  std::vector<uint32_t> pred_at_, succ_at_;
  std::vector<Block> rpo_;
  std::vector<uint32_t> rpo_index_;
  std::vector<Visit> stack_;
  std::vector<uint8_t> times_seen_;  // by edge
};

}  // namespace wjit::ir
