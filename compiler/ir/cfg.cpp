#include "compiler/ir/cfg.h"

#include <algorithm>

namespace wjit::ir {

void Cfg::compute(const Function& f) {
  list_edges(f);
  order(f);
}

void Cfg::list_edges(const Function& f) {
  const uint32_t blocks = f.block_count();
  pred_at_.assign(blocks + 2, 0);
  succ_at_.assign(blocks + 1, 0);
  times_seen_.assign(f.edge_count(), 0);
  const auto for_each_succ = [&](Block b, uint8_t time, auto&& g) {
    const Inst end = f.terminator(b);
    if (!end.valid() || !is_terminator(f.inst(end).op)) return;
    f.for_each_edge(end, [&](Edge e) {
      if (e.n >= f.edge_count() || f.edge(e).to.n >= blocks || times_seen_[e.n] == time) return;
      times_seen_[e.n] = time;
      g(f.edge(e).to, e);
    });
  };
  // Counted for the block's number first, in pred_at_[b + 2]: so the second pass can move pred_at_[b + 1] from the
  // beginning of b's predecessors to their end, where those of b + 1 begin.
  for (Block b = f.entry(); b.valid(); b = f.block(b).next) {
    for_each_succ(b, 1, [&](Block to, Edge) {
      ++pred_at_[to.n + 2];
      ++succ_at_[b.n + 1];
    });
  }
  for (uint32_t i = 0; i < blocks; ++i) {
    pred_at_[i + 2] += pred_at_[i + 1];
    succ_at_[i + 1] += succ_at_[i];
  }
  preds_.resize(succ_at_[blocks] + 1);
  succs_.resize(succ_at_[blocks] + 1);
  for (Block b = f.entry(); b.valid(); b = f.block(b).next) {
    uint32_t at = succ_at_[b.n];
    for_each_succ(b, 2, [&](Block to, Edge e) {
      preds_[pred_at_[to.n + 1]++] = {b, e};
      succs_[at++] = {to, e};
    });
  }
}

void Cfg::order(const Function& f) {
  rpo_.clear();
  rpo_index_.assign(f.block_count(), kUnreachable);
  stack_.clear();
  if (!f.entry().valid()) return;
  constexpr uint32_t kSeen = 0;  // until places are given
  const auto visit = [&](Block b) {
    rpo_index_[b.n] = kSeen;
    stack_.push_back({b, static_cast<uint32_t>(succs(b).size())});
  };
  visit(f.entry());
  // Last successor first: in reverse postorder the first one then comes first, as in the text.
  while (!stack_.empty()) {
    Visit& top = stack_.back();
    if (top.succs_left == 0) {
      rpo_.push_back(top.block);
      stack_.pop_back();
      continue;
    }
    const Block to = succs(top.block)[--top.succs_left].block;
    if (rpo_index_[to.n] == kUnreachable) visit(to);
  }
  std::reverse(rpo_.begin(), rpo_.end());
  for (uint32_t i = 0; i < rpo_.size(); ++i) rpo_index_[rpo_[i].n] = i;
}

}  // namespace wjit::ir
