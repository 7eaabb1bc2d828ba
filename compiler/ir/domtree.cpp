#include "compiler/ir/domtree.h"

namespace wjit::ir {

void DomTree::compute(const Function& f, const Cfg& cfg) {
  number_blocks(f, cfg);
  find_idoms(cfg);
  build_tree(f);
}

void DomTree::number_blocks(const Function& f, const Cfg& cfg) {
  nodes_.assign(1, {});
  number_.assign(f.block_count(), 0);
  stack_.clear();
  const auto visit = [&](Block b, uint32_t parent) {
    const uint32_t n = static_cast<uint32_t>(nodes_.size());
    number_[b.n] = n;
    nodes_.push_back({.block = b, .parent = parent, .best = n, .semi = n});
    stack_.push_back({b, 0});
  };
  if (f.entry().valid()) visit(f.entry(), 0);
  while (!stack_.empty()) {
    Visit& top = stack_.back();
    const auto succs = cfg.succs(top.block);
    if (top.next == succs.size()) {
      stack_.pop_back();
      continue;
    }
    const Block to = succs[top.next++].block;
    if (number_[to.n] == 0) visit(to, number_[top.block.n]);
  }
}

// The node with the least semidominator on the way from v up to, and without, the root of its tree in the forest.
// Every node on the way is then a step from that root: later walks are short.
uint32_t DomTree::eval(uint32_t v) {
  if (nodes_[v].ancestor == 0) return v;
  path_.clear();
  for (uint32_t n = v; nodes_[nodes_[n].ancestor].ancestor != 0; n = nodes_[n].ancestor) path_.push_back(n);
  while (!path_.empty()) {
    Node& n = nodes_[path_.back()];
    const Node& above = nodes_[n.ancestor];
    if (nodes_[above.best].semi < nodes_[n.best].semi) n.best = above.best;
    n.ancestor = above.ancestor;
    path_.pop_back();
  }
  return nodes_[v].best;
}

void DomTree::find_idoms(const Cfg& cfg) {
  const uint32_t count = static_cast<uint32_t>(nodes_.size());
  for (uint32_t w = count - 1; w > 1; --w) {
    Node& node = nodes_[w];
    for (const Cfg::Pred& p : cfg.preds(node.block)) {
      const uint32_t v = number_[p.block.n];
      if (v == 0) continue;
      const uint32_t semi = nodes_[eval(v)].semi;
      if (semi < node.semi) node.semi = semi;
    }
    node.bucket_next = nodes_[node.semi].bucket;
    nodes_[node.semi].bucket = w;
    node.ancestor = node.parent;
    // The parent's bucket: their semidominator is the parent, and all between it and them is in the forest now.
    for (uint32_t v = nodes_[node.parent].bucket; v != 0; v = nodes_[v].bucket_next) {
      const uint32_t u = eval(v);
      nodes_[v].idom = nodes_[u].semi < nodes_[v].semi ? u : node.parent;
    }
    nodes_[node.parent].bucket = 0;
  }
  for (uint32_t w = 2; w < count; ++w) {
    if (nodes_[w].idom != nodes_[w].semi) nodes_[w].idom = nodes_[nodes_[w].idom].idom;
  }
}

void DomTree::build_tree(const Function& f) {
  const uint32_t blocks = f.block_count();
  idom_.assign(blocks, Block());
  child_.assign(blocks, Block());
  sibling_.assign(blocks, Block());
  enter_.assign(blocks, 0);
  leave_.assign(blocks, 0);
  preorder_.clear();
  for (uint32_t w = static_cast<uint32_t>(nodes_.size()) - 1; w > 1; --w) {
    const Block b = nodes_[w].block, above = nodes_[nodes_[w].idom].block;
    idom_[b.n] = above;
    sibling_[b.n] = child_[above.n];
    child_[above.n] = b;
  }
  uint32_t time = 0;
  Block b = f.entry();
  while (b.valid()) {
    enter_[b.n] = ++time;
    preorder_.push_back(b);
    if (child_[b.n].valid()) {
      b = child_[b.n];
      continue;
    }
    leave_[b.n] = time;
    while (!sibling_[b.n].valid() && idom_[b.n].valid()) leave_[(b = idom_[b.n]).n] = time;
    b = sibling_[b.n];
  }
}

}  // namespace wjit::ir
