// What the allocator wants to know of a function before it decides anything: where values live, where they
// are used, which blocks are loops, how often a block runs.
//
// Positions. Instruction i has four: 4i, the gap before it, where moves go; 4i + 1, early: uses are read; 4i
// + 2, late: defs are written; 4i + 3, its end. Ranges are half open.
#pragma once
#include <memory>
#include <span>
#include <vector>

#include "compiler/mach/vcode.h"
#include "compiler/support/result.h"

namespace wjit::ra {

using mach::VReg;

constexpr uint32_t kNone = ~uint32_t{0};
constexpr uint32_t gap(uint32_t inst) { return 4 * inst; }
constexpr uint32_t early(uint32_t inst) { return 4 * inst + 1; }
constexpr uint32_t late(uint32_t inst) { return 4 * inst + 2; }
constexpr uint32_t inst_at(uint32_t pos) { return pos >> 2; }
constexpr uint32_t gap_at_or_before(uint32_t pos) { return pos & ~3u; }

// How an operand is served; what follows from policy and position alone.
enum class Service : uint8_t {
  kRegister,  // the vreg itself is in a register then
  kCopy,  // copied in the gap to where it is wanted (a fixed register, a def's that reuses it), from anywhere
  kAny,   // read where it is
  kShared,  // another use of what a def reuses: its copy serves this one too
};

struct Loop {
  uint32_t first,
      last;  // blocks; those of them that are less deep than the loop only lie between (ways out of it)
  uint32_t start, end;  // positions
  uint32_t parent;      // number in loops, or kNone
  uint8_t depth;
  uint32_t pressure[2];  // by class: how many values are live at once, at most; cold blocks apart
};

// Numbers that are put one behind the other, and taken once in the same order. They lie in pieces: nothing is copied as
// they become more, and what was taken is given back.
class Passage {
 public:
  void put(uint32_t n) {
    if (put_ % kPiece == 0 && put_ / kPiece == pieces_.size()) pieces_.push_back(std::make_unique<uint32_t[]>(kPiece));
    pieces_[put_ / kPiece][put_ % kPiece] = n;
    ++put_;
  }
  size_t size() const { return put_; }
  template <class F>
  void take_all(F&& f) {
    for (size_t i = 0; i < put_; ++i) {
      f(pieces_[i / kPiece][i % kPiece]);
      if (i % kPiece == kPiece - 1 && i / kPiece != 0) pieces_[i / kPiece].reset();
    }
    clear();
  }
  void clear() {
    if (pieces_.size() > 1) pieces_.resize(1);  // which is kept for the next function
    put_ = 0;
  }

 private:
  static constexpr size_t kPiece = size_t{1} << 16;
  std::vector<std::unique_ptr<uint32_t[]>> pieces_;
  size_t put_ = 0;
};

class Flow {
 public:
  // kLimit if the live sets are too large to be worth it.
  // The operands of the instructions `isolated` all get fixed registers, chosen for each instruction by
  // itself.
  support::Result<void> analyze(const mach::VCode& code, const mach::RegEnv& env,
                                const std::vector<uint32_t>& isolated);

  std::vector<mach::Operand> operands;  // the code's, but for isolated instructions
  std::span<const mach::Operand> operands_of(const mach::MInst& i) const {
    return {operands.data() + i.first_operand, i.operands};
  }

  std::span<const VReg> live_in(uint32_t b) const {  // sorted; without parameters
    return {live_.data() + live_start_[b], live_start_[b + 1] - live_start_[b]};
  }
  bool live_in(uint32_t b, VReg v) const;
  size_t live_size() const { return live_.size(); }
  // Positions of uses, ascending: gaps, plus 1 where a register is wanted for the vreg itself.
  std::span<const uint32_t> uses(VReg v) const {
    return {uses_.data() + use_start_[v.n], use_start_[v.n + 1] - use_start_[v.n]};
  }
  const uint32_t* first_use_from(VReg v, uint32_t pos) const;
  // Leaves no register of the class alone.
  bool is_call_for(uint32_t inst, mach::RegClass c) const { return calls_[inst] >> static_cast<int>(c) & 1; }
  // What an instruction clobbers as far as allocation is concerned: of what calls preserve, this function uses for
  // values that live over them only the first `kept`.
  mach::RegSet clobbers_of(const mach::MInst& i) const {
    mach::RegSet s = code_->clobbers[i.x];
    if (i.flags & mach::MInst::kCall) s.bits |= withheld_.bits;
    return s;
  }
  uint32_t kept(mach::RegClass c) const { return c == mach::RegClass::kInt ? kept_ : 0; }
  // The first use in [pos, end), in blocks of at least that depth, or kNone. Gives up after some that are
  // not.
  uint32_t next_use(VReg v, uint32_t pos, uint32_t end, uint8_t depth) const;
  // The first call of hot code, or in a cold block any, likewise.
  uint32_t next_call(mach::RegClass c, uint32_t pos, uint32_t end, uint8_t depth, bool cold) const;

  std::vector<uint32_t> block_of;   // of instructions
  std::vector<uint32_t> def_block;  // of vregs
  std::vector<uint32_t> def_pos;    // of vregs: early or late of an instruction, or its block's first gap
  std::vector<uint8_t> is_param;    // of vregs
  std::vector<uint32_t> home;       // of vregs: number, or kNone
  std::vector<uint32_t> low, high;  // of vregs: [low, high) holds all of its life
  std::vector<float> frequency;     // of blocks
  std::vector<Loop> loops;
  std::vector<uint32_t> loop_of;  // of blocks: the innermost, or kNone
  std::vector<uint32_t> loop_at;  // of blocks: the loop whose first block it is, or kNone
  std::vector<Service> service;   // of operands that are uses
  uint32_t hot_end = 0;           // position behind the last block that is not cold

 private:
  void find_loops(const mach::VCode& code);
  void find_uses(const mach::VCode& code, const mach::RegEnv& env);
  support::Result<void> find_life(const mach::VCode& code);
  // How many integers the busiest loop that calls wants on both sides of a call, apart from loops' pressure.
  uint32_t find_pressure(const mach::VCode& code);
  void choose_kept(const mach::VCode& code, const mach::RegEnv& env, uint32_t wanted);

  const mach::VCode* code_ = nullptr;
  std::vector<uint32_t> live_start_, use_start_, uses_;
  std::vector<VReg> live_;
  std::vector<uint8_t> calls_;             // of instructions: bit by class
  uint32_t kept_ = 0;
  mach::RegSet withheld_;
  std::vector<uint32_t> call_list_[2][2];  // by class, and hot or all: gaps
  std::vector<uint32_t> mark_, work_, fill_;
  std::vector<uint32_t> ends_;  // by vreg: how many of blocks_ there are up to its last
  Passage blocks_;              // that each vreg in turn is live on entry to
};

}  // namespace wjit::ra
