// Dominators: a block dominates those that cannot be reached without passing through it.
//
// By Lengauer and Tarjan with path compression: O(edges · log blocks) for every graph, which the simpler iterative ways
// are not (nested blocks that all leave to one end take them quadratic time). Nothing recurses; buffers are kept.
// Good as long as the Cfg it was made from.
#pragma once
#include "compiler/ir/cfg.h"

namespace wjit::ir {

class DomTree {
 public:
  void compute(const Function& f, const Cfg& cfg);

  // None for the entry and for what cannot be reached.
  Block idom(Block b) const { return idom_[b.n]; }
  // Every block dominates itself. What cannot be reached dominates nothing else, and nothing else dominates it.
  bool dominates(Block a, Block b) const {
    if (a == b) return true;
    return enter_[a.n] != 0 && enter_[b.n] != 0 && enter_[a.n] <= enter_[b.n] && leave_[b.n] <= leave_[a.n];
  }
  // Children in the tree, in no order that means anything: for (c = first_child(b); c.valid(); c = next_sibling(c)).
  Block first_child(Block b) const { return child_[b.n]; }
  Block next_sibling(Block b) const { return sibling_[b.n]; }
  // Reachable blocks, each before those it dominates.
  std::span<const Block> preorder() const { return preorder_; }

 private:
  void number_blocks(const Function& f, const Cfg& cfg);
  void find_idoms(const Cfg& cfg);
  void build_tree(const Function& f);
  uint32_t eval(uint32_t v);

  // By number in a depth-first walk, from 1 on; 0 is none.
  struct Node {
    Block block;
    uint32_t parent = 0;    // in the walk's tree
    uint32_t ancestor = 0;  // in the forest of those that are done, shortened by eval
    uint32_t best = 0;      // the node with the least semi on the way to the ancestor
    uint32_t semi = 0;
    uint32_t idom = 0;
    uint32_t bucket = 0;       // first of those whose semidominator this is
    uint32_t bucket_next = 0;  // another with the same semidominator
  };
  std::vector<Node> nodes_;
  std::vector<uint32_t> number_;  // of a block; 0: unreachable
  std::vector<uint32_t> path_;
  struct Visit {
    Block block;
    uint32_t next;
  };
  std::vector<Visit> stack_;
  std::vector<Block> idom_, child_, sibling_, preorder_;
  std::vector<uint32_t> enter_, leave_;  // times of a walk over the tree; 0: never
};

}  // namespace wjit::ir
