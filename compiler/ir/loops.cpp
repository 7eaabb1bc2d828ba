#include "compiler/ir/loops.h"

#include <algorithm>

namespace wjit::ir {

uint32_t Loops::outermost(uint32_t loop) {
  while (outer_[loop] != loop) {
    outer_[loop] = outer_[outer_[loop]];
    loop = outer_[loop];
  }
  return loop;
}

// Headers from the last in reverse postorder on: what dominates comes earlier there, so loops inside others are known
// before those around them.
void Loops::compute(const Function& f, const Cfg& cfg, const DomTree& dom) {
  loops_.clear();
  outer_.clear();
  irreducible_.clear();
  loop_of_.assign(f.block_count(), Loop());
  const auto rpo = cfg.rpo();
  for (size_t i = rpo.size(); i-- > 0;) {
    const Block header = rpo[i];
    work_.clear();
    for (const Cfg::Pred& p : cfg.preds(header)) {
      if (!cfg.reachable(p.block) || cfg.rpo_index(p.block) < i) continue;
      if (dom.dominates(header, p.block))
        work_.push_back(p.block);
      else
        irreducible_.push_back(p.edge);
    }
    if (work_.empty()) continue;
    const uint32_t loop = count();
    loops_.push_back({.header = header});
    outer_.push_back(loop);
    loop_of_[header.n] = Loop(loop);
    collect(cfg, loop);
  }
  finish();
}

// Backwards from what is in work_ to the header. All on the way is dominated by the header: else the way from the entry
// through it to the back edge would pass the header by.
void Loops::collect(const Cfg& cfg, uint32_t loop) {
  while (!work_.empty()) {
    Block b = work_.back();
    work_.pop_back();
    if (!loop_of_[b.n].valid()) {
      loop_of_[b.n] = Loop(loop);
    } else {
      const uint32_t inner = outermost(loop_of_[b.n].n);
      if (inner == loop) continue;
      loops_[inner].parent = Loop(loop);
      outer_[inner] = loop;
      b = loops_[inner].header;
    }
    for (const Cfg::Pred& p : cfg.preds(b))
      if (cfg.reachable(p.block)) work_.push_back(p.block);
  }
}

// Numbers loops from outside in, and gives depths and times.
void Loops::finish() {
  const uint32_t n = count();
  std::reverse(loops_.begin(), loops_.end());
  const auto renumbered = [&](Loop l) { return l.valid() ? Loop(n - 1 - l.n) : l; };
  for (Loop& l : loop_of_) l = renumbered(l);
  inside_.assign(n, 1);
  for (uint32_t i = 0; i < n; ++i) {
    Data& d = loops_[i];
    d.parent = renumbered(d.parent);
    d.depth = d.parent.valid() ? loops_[d.parent.n].depth + 1 : 1;
  }
  for (uint32_t i = n; i-- > 0;)
    if (loops_[i].parent.valid()) inside_[loops_[i].parent.n] += inside_[i];
  // A loop's numbers begin behind its parent's own; `leave` runs ahead as children take theirs.
  uint32_t top = 0;
  for (uint32_t i = 0; i < n; ++i) {
    Data& d = loops_[i];
    uint32_t& next = d.parent.valid() ? loops_[d.parent.n].leave : top;
    d.enter = next + 1;
    next += inside_[i];
    d.leave = d.enter;
  }
}

}  // namespace wjit::ir
