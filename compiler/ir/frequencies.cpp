#include "compiler/ir/frequencies.h"

#include <algorithm>

namespace wjit::ir {

namespace {
constexpr double kUnknownRounds = 10;   // of a loop of whose branches nothing is known
constexpr double kMostRounds = 65536, kMost = 1e15;
constexpr uint32_t kMostDepth = 6;      // of loops whose rounds are computed; each level is another walk over the blocks
}  // namespace

double Frequencies::part(const InstData& brif, bool if_true) {
  if (brif.aux == 0) return 1;
  const double p = (brif.aux - 0.5) / 65535;
  return if_true ? p : 1 - p;
}

// By the edges from blocks that have a frequency already: those of this round.
double Frequencies::flow_into(const Function& f, const Cfg& cfg, Block b) const {
  double sum = 0;
  for (const Cfg::Pred& p : cfg.preds(b)) {
    const double from = frequency_[p.block.n];
    if (from == 0) continue;
    const InstData& d = f.inst(f.terminator(p.block));
    sum += d.op == Op::brif ? from * part(d, p.edge.n == d.b) : from;
  }
  return sum;
}

// Of each loop that is not too deep its blocks, those of loops within too.
void Frequencies::list_blocks(const Cfg& cfg, const Loops& loops) {
  std::vector<Loop> known(loops.count());  // the innermost around it, itself included, that is not too deep
  for (Loop l(0); l.n < loops.count(); ++l.n)
    known[l.n] = loops.depth(l) <= kMostDepth ? l : known[loops.parent(l).n];
  inside_.resize(std::max<size_t>(inside_.size(), loops.count()));
  for (uint32_t l = 0; l < loops.count(); ++l) inside_[l].clear();
  for (Block b : cfg.rpo()) {
    Loop l = loops.loop_of(b);
    if (!l.valid()) continue;
    for (l = known[l.n]; l.valid(); l = loops.parent(l)) inside_[l.n].push_back(b);
  }
}

// One round of a loop, or the function: of loops within, all their rounds.
void Frequencies::walk(const Function& f, const Cfg& cfg, const DomTree& dom, const Loops& loops,
                       std::span<const Block> order) {
  frequency_[order[0].n] = 1;
  for (Block b : order.subspan(1)) {
    // Where back edges to a header come from has not been walked, and counts for nothing.
    double in = flow_into(f, cfg, b);
    if (const Block before = dom.idom(b); before.valid()) in = std::min(in, frequency_[before.n]);
    if (loops.is_header(b)) in *= rounds_[loops.loop_of(b).n];
    frequency_[b.n] = std::min(in, kMost);
  }
}

// After the walk of one of its rounds, which is forgotten.
void Frequencies::find_rounds(const Function& f, const Cfg& cfg, const Loops& loops, Loop l) {
  double stays = 0, leaves = 0;
  bool guess = false;
  for (Block b : inside_[l.n]) {
    const InstData& d = f.inst(f.terminator(b));
    for (const Cfg::Succ& s : cfg.succs(b)) {
      const bool out = !loops.contains(l, s.block), brif = d.op == Op::brif;
      if (!out && s.block != loops.header(l)) continue;
      guess = guess || (out && !(brif && d.aux != 0));
      (out ? leaves : stays) += frequency_[b.n] * (brif ? part(d, s.edge.n == d.b) : 1);
    }
  }
  for (Block b : inside_[l.n]) frequency_[b.n] = 0;
  if (!guess || leaves * kUnknownRounds < stays)
    rounds_[l.n] = std::clamp((stays + leaves) / std::max(leaves, 1e-9), 1.0, kMostRounds);
}

bool Frequencies::compute(const Function& f, const Cfg& cfg, const DomTree& dom, const Loops& loops) {
  const auto is_known = [&](Block b) {
    const InstData& d = f.inst(f.terminator(b));
    return d.op == Op::brif && d.aux != 0;
  };
  if (std::none_of(cfg.rpo().begin(), cfg.rpo().end(), is_known)) return false;
  frequency_.assign(f.block_count(), 0);
  rounds_.assign(loops.count(), kUnknownRounds);
  list_blocks(cfg, loops);
  for (uint32_t n = loops.count(); n-- > 0;) {  // from the inside out
    if (inside_[n].empty()) continue;
    walk(f, cfg, dom, loops, inside_[n]);
    find_rounds(f, cfg, loops, Loop(n));
  }
  walk(f, cfg, dom, loops, cfg.rpo());
  find_cold(f, cfg, dom, loops);
  return true;
}

void Frequencies::find_cold(const Function& f, const Cfg& cfg, const DomTree& dom, const Loops& loops) {
  cold_.assign(f.block_count(), 0);
  for (Block b : cfg.rpo()) {
    Loop l = loops.loop_of(b);
    if (loops.is_header(b)) l = loops.parent(l);
    const double around = l.valid() ? frequency_[loops.header(l).n] : 1;
    cold_[b.n] = b != f.entry() && frequency_[b.n] < around * kCold;
  }
  // What lies behind a cold block is cold; but for a loop with many rounds, which makes what leads to it warm.
  const auto order = dom.preorder();
  for (size_t i = order.size(); i-- > 1;)
    if (!cold_[order[i].n] && loops.is_header(order[i]) && !f.block(order[i]).cold)
      for (Block b = dom.idom(order[i]); b.valid() && cold_[b.n]; b = dom.idom(b)) cold_[b.n] = 0;
  for (Block b : order)
    if (const Block before = dom.idom(b); before.valid()) cold_[b.n] |= cold_[before.n];
}

}  // namespace wjit::ir
