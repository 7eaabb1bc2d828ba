// Writes the answer: operands' places, stack slots, and the moves that make them true. See resolve.cpp.
#pragma once
#include "compiler/regalloc/assign.h"
#include "compiler/regalloc/moves.h"

namespace wjit::ra {

class Resolver {
 public:
  void run(const mach::VCode& code, const mach::RegEnv& env, const Flow& flow, Residency& residency,
           Assignment& assignment, ParallelMoves& parallel, mach::Allocation& out);

 private:
  void choose_stores();
  void give_slots();
  void run_block(uint32_t b);
  void before_inst(uint32_t b, uint32_t i);
  void copy_uses(uint32_t i);
  void store_defs(uint32_t i);
  void give_operands(uint32_t i);
  void cross_edge(uint32_t from, uint32_t to);
  void flush(uint32_t before);
  void move_before_branches();
  bool wanted_on_way_out(uint32_t b, uint32_t out, std::span<const mach::Edit> moves) const;
  bool shares_slot(mach::Alloc a, VReg v) const;
  uint32_t place_before_branch(uint32_t b, std::span<const mach::Edit> moves) const;
  bool dirty(uint32_t segment) const { return dirty_[residency_->root(segment)]; }
  bool stored_before(VReg v) const {
    return flow_->home[v.n] != kNone || assignment_->store_at_def[v.n] != 0;
  }
  mach::Alloc memory(VReg v) const;
  mach::Alloc place(VReg v, uint32_t pos) const {
    const mach::PReg r = assignment_->at(v, pos);
    return r.valid() ? mach::Alloc::reg(r) : memory(v);
  }
  mach::PReg reused_register(const mach::MInst& inst, uint32_t i, uint32_t use) const;
  void move(mach::Alloc from, mach::Alloc to, VReg v);

  const mach::VCode* code_ = nullptr;
  const mach::RegEnv* env_ = nullptr;
  const Flow* flow_ = nullptr;
  Residency* residency_ = nullptr;
  Assignment* assignment_ = nullptr;
  ParallelMoves* parallel_ = nullptr;
  mach::Allocation* out_ = nullptr;
  std::vector<uint8_t> dirty_;   // of segments' roots: the value was made there, not loaded
  std::vector<float> end_cost_;  // of vregs
  std::vector<uint32_t> slot_;   // of vregs
  std::vector<Change> changes_;
  size_t change_ = 0;
  std::vector<Move> moves_;
  std::vector<std::pair<uint32_t, uint32_t>> moved_;  // edits that go elsewhere: before which instruction
};

// Slots for the vregs that are spilled and have no home: who does not live at the same time may share one.
// Returns how many there are; slot_of is kNone for the others.
uint32_t share_slots(const mach::VCode& code, const Flow& flow, const std::vector<uint8_t>& spilled,
                     std::vector<uint32_t>& slot_of);

}  // namespace wjit::ra
