// How often blocks run, for each time that the function is called: made of what brifs are known to do (InstData::likelihood).
// An estimate for choices that are right either way.
//
// What nobody knows is taken for as often as it may be: of a branch without likelihood both ways are as frequent as the
// branch, and no block is more so than its dominator, but for the rounds of loops. So a block that is found to be cold is
// behind branches that were seen to go elsewhere.
#pragma once
#include "compiler/ir/loops.h"

namespace wjit::ir {

class Frequencies {
 public:
  static constexpr double kCold = 1.0 / 256;
  // False: nothing is known of any branch, and nothing was computed.
  bool compute(const Function& f, const Cfg& cfg, const DomTree& dom, const Loops& loops);

  double of(Block b) const { return frequency_[b.n]; }
  // Seldom reached from the header of its loop, or from the function's beginning; nothing hot is dominated by it.
  bool is_cold(Block b) const { return cold_[b.n] != 0; }
  // What part of the times that a brif runs it takes this edge of its two.
  static double part(const InstData& brif, bool if_true);

 private:
  void list_blocks(const Cfg& cfg, const Loops& loops);
  void find_rounds(const Function& f, const Cfg& cfg, const Loops& loops, Loop l);
  void walk(const Function& f, const Cfg& cfg, const DomTree& dom, const Loops& loops, std::span<const Block> order);
  double flow_into(const Function& f, const Cfg& cfg, Block b) const;
  void find_cold(const Function& f, const Cfg& cfg, const DomTree& dom, const Loops& loops);

  std::vector<double> frequency_;
  std::vector<double> rounds_;  // by loop
  std::vector<std::vector<Block>> inside_;  // so: in reverse postorder
  std::vector<uint8_t> cold_;
};

}  // namespace wjit::ir
