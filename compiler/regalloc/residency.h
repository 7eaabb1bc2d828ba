// Decides where each vreg's value is in a register and where only in memory; not yet in which register. See
// residency.cpp.
#pragma once
#include "compiler/regalloc/flow.h"

namespace wjit::ra {

// A stretch of one block in which a vreg is in a register.
struct Segment {
  VReg vreg;
  uint32_t start, end;
  uint32_t block;
  uint32_t parent;  // of a union-find: segments joined by an edge of the graph that the value crosses in a
                    // register
};

// At a position within a block (never its first gap) the value changes place: is loaded, or leaves its
// register though it lives on.
struct Change {
  uint32_t pos;
  VReg vreg;
  uint32_t segment;  // that it leaves; kNone where it is loaded or moved
};

struct Hint {
  uint32_t segment;
  mach::PReg reg;
  float weight;
};

// Two segments that a move connects (a reuse, a move, an argument and its parameter): in one register it is
// none.
struct Affinity {
  uint32_t a, b;
  float weight;
};

class Residency {
 public:
  support::Result<void> decide(const mach::VCode& code, const mach::RegEnv& env, const Flow& flow,
                               uint64_t shuffle);

  uint32_t root(uint32_t segment);
  // Segments that reach from the block's first gap, to its end.
  std::span<const uint32_t> entry(uint32_t b) const {
    return {entries_.data() + entry_start_[b], entry_start_[b + 1] - entry_start_[b]};
  }
  std::span<const uint32_t> exit(uint32_t b) const {
    return {exits_.data() + exit_start_[b], exit_start_[b + 1] - exit_start_[b]};
  }

  std::vector<Segment> segments;  // of one vreg: in order of position
  std::vector<Change> changes;    // sorted
  std::vector<Hint> hints;
  std::vector<Affinity> affinities;
  std::vector<uint8_t> spilled;  // of vregs: it is in memory somewhere

 private:
  struct Needs {
    uint32_t at_gap, early, late;
  };

  void enter_block(uint32_t b);
  void enter_from_one(uint32_t b, uint32_t pred);
  void collect_for_loop(uint32_t b);
  void collect_for_join(uint32_t b);
  void choose_entries(uint32_t b);
  support::Result<void> run_inst(uint32_t b, uint32_t i);
  void load_uses(uint32_t b, uint32_t i);
  support::Result<void> make_room(uint32_t b, uint32_t i);
  Needs count_needs(uint32_t i, int c) const;
  void end_uses(uint32_t b, uint32_t i);
  void leave_for_call(uint32_t i, int c);
  void start_defs(uint32_t b, uint32_t i);
  void leave_block(uint32_t b);
  void join_segments();

  int cls(VReg v) const { return static_cast<int>(code_->cls(v)); }
  bool resident(VReg v) const { return current_[v.n] != kNone; }
  bool alive_after(VReg v, uint32_t b, uint32_t i) const;
  uint32_t distance(VReg v, uint32_t pos, uint32_t b) const;
  bool home_or_clean(VReg v) const;
  uint32_t begin(VReg v, uint32_t pos, uint32_t b);
  void finish(VReg v, uint32_t end);
  void evict(VReg v, uint32_t pos);
  void unite(uint32_t a, uint32_t b) { segments[root(a)].parent = root(b); }
  struct Candidate {
    VReg vreg;
    uint32_t distance;
  };

  const mach::VCode* code_ = nullptr;
  const Flow* flow_ = nullptr;
  uint32_t regs_[2];
  mach::RegSet handed_out_;
  uint64_t shuffle_ = 0;            // 0: not; else a random state
  std::vector<uint32_t> current_;   // of vregs: its segment now, or kNone
  std::vector<VReg> here_[2];       // who has one, by class
  std::vector<uint32_t> live_out_;  // of vregs: the last block of which it was live at the end
  std::vector<uint32_t> entries_, exits_, entry_start_, exit_start_;
  std::vector<uint32_t> moved_;  // of the instruction's operands: their segments before it
  std::vector<uint32_t>
      arg_segment_;               // parallel to VCode::vregs, where they are arguments: the segment or kNone
  std::vector<uint32_t> pinned_;  // of vregs: the last instruction that wants it in a register
  std::vector<uint8_t> clean_;    // of vregs: what it has now was loaded
  std::vector<float> weight_;     // of vregs, 0 between blocks
  std::vector<Candidate> candidates_[2];
  std::vector<uint32_t> done_;  // of blocks: 1 when its end is known
};

}  // namespace wjit::ra
