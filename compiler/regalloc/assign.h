// Gives every resident stretch of a vreg a register: linear scan over intervals with holes. See assign.cpp.
#pragma once
#include "compiler/regalloc/residency.h"

namespace wjit::ra {

class Assignment {
 public:
  // Answers false if registers did not suffice at some instructions: they have been added to `isolate`, and
  // everything from Flow on has to be done again with them.
  bool run(const mach::VCode& code, const mach::RegEnv& env, const Flow& flow, Residency& residency,
           uint64_t shuffle, std::vector<uint32_t>& isolate);

  // The register in which a vreg is at a position; not valid(): it is in memory only.
  mach::PReg at(VReg v, uint32_t pos) const;
  uint64_t steps() const { return steps_; }  // ranges looked at by run()

  std::vector<Change> changes;  // where a value changes registers within a block, or was spilled here; sorted
  std::vector<uint8_t> store_at_def;  // of vregs: spilled here, where no end of a segment stores it

 private:
  struct Range {
    uint32_t start, end;
  };
  // [start, end) clips the ranges.
  struct Interval {
    VReg vreg;
    uint32_t start, end;
    uint32_t first_range, last_range;  // inclusive
    uint32_t hints, hint_count;
    uint32_t neighbours, neighbour_count;
    mach::PReg reg;
  };
  struct Busy {
    uint32_t start, end;
    uint32_t who;  // an interval; of fixed ranges: the vreg that may stay, or kNone
  };
  // What a register is taken for from now on, by start: hot code and what lies behind it apart, so that
  // additions are mostly at the end.
  struct Line {
    std::vector<Busy> list[2];
    size_t head[2] = {0, 0};
    std::vector<Busy> fixed;
    size_t fixed_head = 0;
  };
  struct Neighbour {
    uint32_t interval;
    float weight;
  };

  void build_intervals();
  void build_fixed();
  void gather_hints();
  void gather_neighbours();
  void wish(uint32_t i, uint32_t from, float most, int depth);

  // With `wished` only if it finds a register that it has a wish for and that is free for all of it.
  bool place(uint32_t i, bool wished = false);
  bool make_place(uint32_t i);
  bool can_leave(uint32_t occupant, uint32_t pos, uint32_t& from, uint32_t& next_use) const;
  uint32_t next_register_use(VReg v, uint32_t pos) const;
  bool wants_register(VReg v, uint32_t inst, bool late_only) const;
  void spill_from(uint32_t i, uint32_t pos, uint32_t next_use);
  void assign(uint32_t i, mach::PReg r);
  void split(uint32_t i, uint32_t pos);
  uint32_t best_split(const Interval& i, uint32_t limit) const;
  uint32_t conflict(const Interval& i, mach::PReg r);
  template <class Skip>
  uint32_t conflict_with(const Interval& i, const std::vector<Busy>& list, size_t from, Skip skip) const;
  void take(uint32_t i);
  void release_from(uint32_t i, uint32_t pos);
  void note_change(uint32_t pos, VReg v);
  void enqueue(uint32_t i);
  void locate();
  const std::vector<mach::PReg>& regs_for(VReg v) const {
    return code_->cls(v) == mach::RegClass::kInt ? env_->ints : env_->vectors;
  }

  const mach::VCode* code_ = nullptr;
  const mach::RegEnv* env_ = nullptr;
  const Flow* flow_ = nullptr;
  Residency* residency_ = nullptr;
  uint64_t shuffle_ = 0;
  mutable uint64_t steps_ = 0;
  std::vector<uint32_t>* isolate_ = nullptr;
  std::vector<Range> ranges_;
  std::vector<Interval> intervals_;
  std::vector<uint32_t> interval_of_;  // of segments' roots
  std::vector<uint32_t> order_, heap_, scratch_;
  std::vector<Hint> hints_;
  std::vector<Neighbour> neighbours_;
  float wishes_[64];  // by register, of the interval that is being placed
  Line lines_[64];
  struct Located {
    uint32_t start, end;
    mach::PReg reg;
  };
  std::vector<Located> located_;
  std::vector<uint32_t> located_start_;  // of vregs
};

}  // namespace wjit::ra
