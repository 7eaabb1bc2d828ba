// Machine code before it has registers: what lowering writes, the register allocator reads, and emission prints with
// the allocator's answer beside it. The same for every ISA; what an instruction *is*, its ISA's tables say.
//
// Invariants (regalloc/check.h, and asserted by VCode::finish):
// - blocks are in the order in which they will be emitted; loops are contiguous as far as the source's were;
// - an instruction lies in one block; the last one of a block, and no other, is a branch, a return or a trap;
// - a vreg has one definition (an operand or a block parameter), which dominates its uses: SSA;
// - no critical edges: where a block has several successors, each of them has one predecessor and no parameters.
//   So what an edge needs moved goes to the end of a block with one successor (before its branch, which uses nothing)
//   or to the start of a block with one predecessor;
// - the entry block has no parameters and no predecessors: what comes in registers is defined by its first
//   instruction, with fixed constraints.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "compiler/ir/inst.h"
#include "compiler/support/result.h"

namespace wjit::mach {

enum class RegClass : uint8_t { kInt, kVector };

// A physical register: integer registers are 0 … 31 by hardware number, vector registers 32 … 63.
struct PReg {
  uint8_t n = 0xff;
  constexpr bool valid() const { return n < 64; }
  constexpr RegClass cls() const { return n < 32 ? RegClass::kInt : RegClass::kVector; }
  constexpr uint8_t hw() const { return n & 31; }
  friend constexpr bool operator==(PReg, PReg) = default;
};
constexpr PReg int_reg(unsigned hw) { return {static_cast<uint8_t>(hw)}; }
constexpr PReg vector_reg(unsigned hw) { return {static_cast<uint8_t>(32 + hw)}; }

struct RegSet {
  uint64_t bits = 0;
  constexpr bool has(PReg r) const { return bits >> r.n & 1; }
  constexpr void add(PReg r) { bits |= uint64_t{1} << r.n; }
  constexpr void remove(PReg r) { bits &= ~(uint64_t{1} << r.n); }
  friend constexpr bool operator==(RegSet, RegSet) = default;
};

// A virtual register. Its type (VCode::type) says class and width of what it holds.
using VReg = ir::Id<struct VRegTag>;

struct Operand {
  enum class Kind : uint8_t { kUse, kDef };
  enum class Policy : uint8_t {
    kAny,    // a register or a stack slot
    kReg,    // a register
    kFixed,  // the register `arg` (a PReg's number)
    kReuse,  // kDef: the register of the instruction's operand number `arg`, a kUse of policy kReg at kEarly
  };
  // An instruction reads at kEarly and writes at kLate: a def may have the register of a use that ends there. A use at
  // kLate is still wanted when defs are written; a def at kEarly is written while uses are still wanted (temporaries).
  enum class Pos : uint8_t { kEarly, kLate };

  VReg vreg;
  Kind kind;
  Policy policy;
  Pos pos;
  uint8_t arg = 0;
};
static_assert(sizeof(Operand) == 8);

inline constexpr Operand use(VReg v) { return {v, Operand::Kind::kUse, Operand::Policy::kReg, Operand::Pos::kEarly}; }
inline constexpr Operand use_any(VReg v) {
  return {v, Operand::Kind::kUse, Operand::Policy::kAny, Operand::Pos::kEarly};
}
inline constexpr Operand use_late(VReg v) {
  return {v, Operand::Kind::kUse, Operand::Policy::kReg, Operand::Pos::kLate};
}
inline constexpr Operand use_fixed(VReg v, PReg r) {
  return {v, Operand::Kind::kUse, Operand::Policy::kFixed, Operand::Pos::kEarly, r.n};
}
inline constexpr Operand def(VReg v) { return {v, Operand::Kind::kDef, Operand::Policy::kReg, Operand::Pos::kLate}; }
inline constexpr Operand def_early(VReg v) {
  return {v, Operand::Kind::kDef, Operand::Policy::kReg, Operand::Pos::kEarly};
}
inline constexpr Operand def_fixed(VReg v, PReg r) {
  return {v, Operand::Kind::kDef, Operand::Policy::kFixed, Operand::Pos::kLate, r.n};
}
inline constexpr Operand def_reuse(VReg v, uint8_t operand) {
  return {v, Operand::Kind::kDef, Operand::Policy::kReuse, Operand::Pos::kLate, operand};
}

// One machine instruction. Fields beyond the first row mean what the ISA's table of instructions says.
struct MInst {
  uint16_t op = 0;
  uint8_t operands = 0;      // how many
  uint8_t flags = 0;
  uint32_t first_operand = 0;  // in VCode::operands
  uint32_t wasm_offset = 0;
  uint8_t size = 0, cc = 0, x = 0, y = 0;
  int32_t disp = 0;
  uint32_t target = 0;
  uint64_t imm = 0;

  enum : uint8_t {
    kMove = 1,    // operand 0 := operand 1, both kReg or kAny: may disappear when they get the same place
    kBranch = 2,  // ends its block: branch, return, trap
    kCall = 4,    // clobbers clobbers[x] (besides its fixed defs, which it writes): what lives across it is in the stack
    kClobbers = 8,  // not a call, but clobbers clobbers[x] too
  };
};
static_assert(sizeof(MInst) == 32);

struct VBlock {
  uint32_t first = 0, end = 0;  // instructions
  uint32_t params = 0, param_count = 0;  // in VCode::vregs
  uint32_t succs = 0, succ_count = 0;    // in VCode::succs
  uint32_t preds = 0, pred_count = 0;    // in VCode::preds, by finish()
  // What is passed to the only successor's parameters, in VCode::vregs; 0 where there are several successors.
  uint32_t args = 0, arg_count = 0;
  uint8_t loop_depth = 0;
  bool cold = false;
  float frequency = 0;  // how often it runs, for each call; 0: nobody knows
};

// Memory of the frame that holds a vreg's value from its definition on, whether it is in a register too or not: a
// parameter that came on the stack, the vmctx in its frame slot. Spilling such a vreg costs nothing.
struct Home {
  VReg vreg;
  int32_t fp_offset;
};

struct VCode {
  std::vector<MInst> insts;
  std::vector<Operand> operands;
  std::vector<VBlock> blocks;
  std::vector<VReg> vregs;       // block parameters and edge arguments
  std::vector<uint32_t> succs, preds;
  std::vector<ir::Type> types;   // of vregs, by number
  std::vector<Home> homes;
  std::vector<RegSet> clobbers;  // that instructions refer to by their x

  VReg new_vreg(ir::Type t) {
    types.push_back(t);
    return VReg(static_cast<uint32_t>(types.size() - 1));
  }
  uint32_t vreg_count() const { return static_cast<uint32_t>(types.size()); }
  RegClass cls(VReg v) const { return ir::is_int(types[v.n]) ? RegClass::kInt : RegClass::kVector; }
  std::span<const Operand> operands_of(const MInst& i) const { return {operands.data() + i.first_operand, i.operands}; }
  std::span<const uint32_t> succs_of(const VBlock& b) const { return {succs.data() + b.succs, b.succ_count}; }
  std::span<const uint32_t> preds_of(const VBlock& b) const { return {preds.data() + b.preds, b.pred_count}; }
  std::span<const VReg> params_of(const VBlock& b) const { return {vregs.data() + b.params, b.param_count}; }
  std::span<const VReg> args_of(const VBlock& b) const { return {vregs.data() + b.args, b.arg_count}; }
  void clear();   // keeps the room
  void finish();  // computes preds
};

// ---- the allocator's answer -----------------------------------------------------------------------------------

struct Alloc {
  enum class Kind : uint8_t { kNone, kReg, kSlot, kHome };
  Kind kind = Kind::kNone;
  uint32_t index = 0;  // kReg: PReg; kSlot: a slot of 8 bytes (v128: two, the first at an even number); kHome: in homes
  static Alloc reg(PReg r) { return {Kind::kReg, r.n}; }
  static Alloc slot(uint32_t n) { return {Kind::kSlot, n}; }
  static Alloc home(uint32_t n) { return {Kind::kHome, n}; }
  bool is_reg() const { return kind == Kind::kReg; }
  PReg preg() const { return {static_cast<uint8_t>(index)}; }
  friend bool operator==(const Alloc&, const Alloc&) = default;
};

// A move that the allocator wants before instruction `before` (edges' moves too: before the branch at the end of the
// one block, or before the first instruction of the other). Several before one instruction happen in their order.
// From memory to memory is possible, and the emitter's business. Integers are moved whole, 8 bytes, also an i32: so a
// parameter and its argument may differ in width, and an upper half that was zero still is.
struct Edit {
  uint32_t before;
  Alloc from, to;
  ir::Type type;
};

struct Allocation {
  std::vector<Alloc> operands;  // parallel to VCode::operands
  std::vector<Edit> edits;      // sorted by `before`
  uint32_t slots = 0;           // of 8 bytes
};

// What of the machine the allocator may use.
struct RegEnv {
  std::vector<PReg> ints, vectors;  // to be handed out, the cheapest first
  std::vector<PReg> preserved;      // of those: what calls do not clobber, and this function has to save if it is used
  PReg scratch[2];                  // by class, never handed out: for cycles of moves; the emitter has others
};

}  // namespace wjit::mach
