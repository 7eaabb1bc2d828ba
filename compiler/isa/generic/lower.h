// From IR to machine instructions: what is the same on every processor. x64::Lower and a64::Lower have the rest, which is
// most of it: the rules.
//
// Blocks are walked from the last to the first, and each from its end: so an instruction is met after all that use it,
// and one whose value nobody asked for in a register (because it is dead, or was folded into its users) is passed over.
// A value is asked for by reg(); folding is looking at its definition instead.
//
// What may be folded where:
// - something pure, anywhere, as often as one likes: its operands live longer instead;
// - a load, into its only user, in the same block, when nothing between the two could see or prevent it: no effect, and
//   for one that may trap nothing else that may (sinkable()). A folded access has the width of the load, exactly.
#pragma once
#include <optional>
#include <utility>
#include <vector>

#include "compiler/ir/frequencies.h"
#include "compiler/ir/function.h"
#include "compiler/isa/common/call_conv.h"
#include "compiler/isa/common/compiled_func.h"
#include "compiler/isa/generic/insts.h"
#include "compiler/mach/vcode.h"

namespace wjit::isa {

using ir::Value;
using mach::Operand;
using mach::PReg;
using mach::VReg;

// Registers and their uses: docs/calling.md.
struct TargetRegs {
  const mach::RegEnv& env;
  WasmRegisters wasm;
  std::span<const Reg> c_ints;
  PReg vmctx, caller, entry;
  PReg c_result;
  // Of the stubs that copy and fill: to, from (or the byte), length; and what they need for themselves.
  PReg bulk[3];
  mach::RegSet bulk_clobbers;
};

struct LowerEnv {
  uint32_t entries_begin;     // offset of the first VMCodeEntry from the VMContext
  bool direct_calls;          // the module's functions are compiled in one batch: they call each other directly
  CpuFeatures features;
  bool poison = false;        // i32 values get noise above their 32 bits
};

// What a function is beside its instructions.
struct MachFunc {
  mach::VCode code;
  std::vector<std::vector<uint32_t>> tables;  // of kBrTable, by target: which successor, per entry; the default last
  uint32_t area_bytes = 0;    // the largest result area of its calls
  uint32_t param_bytes = 0;   // of its own stack parameters
  bool calls = false;         // wasm functions: it looks at the stack limit
  uint64_t steps = 0;           // that lowering took (support::PassTimes)
  std::vector<uint8_t> poison;  // by vreg: what is above its 32 bits is spoiled where it is defined (a test's wish)
  void clear();
};

class LowerBase {
 public:
  // Error kUnsupported: an instruction that has no rule, with its place.
  support::Result<void> run();

 protected:
  LowerBase(const ir::Function& f, const LowerEnv& env, MachFunc& out, const TargetRegs& regs)
      : f_(f), env_(env), out_(out), code_(out.code), regs_(regs) {}
  ~LowerBase() = default;

  // How many instructions that say nothing new are looked through, one behind the other.
  static constexpr unsigned kMostSteps = 8;

  struct Amode {
    VReg base, index;
    uint8_t shift = 0;
    int32_t disp = 0;
  };

  // ---- what the processor's rules are asked for
  virtual bool lower_inst(ir::Inst i) = 0;  // false: no rule
  virtual VReg vector_constant(Value v) = 0;
  virtual Amode at(VReg base, int32_t disp, uint32_t) { return {.base = base, .index = {}, .disp = disp}; }
  // A brif, in two steps: its condition, and the branch, between which there is nothing that changes flags.
  virtual void prepare_branch(Value condition) = 0;
  virtual void make_branch() = 0;
  virtual void trap_on(Value condition, bool negated, uint16_t code) = 0;
  virtual void leave_on(Value condition, bool negated) = 0;

  // ---- values
  VReg reg(Value v);
  VReg temp(ir::Type t) { return code_.new_vreg(t); }
  VReg result(ir::Inst i, uint32_t k = 0) { return vreg_of(f_.result(i, k)); }
  VReg vreg_of(Value v);
  ir::Inst def(Value v) const { return f_.def(v); }
  const ir::InstData* def_data(Value v) const {
    const ir::Inst i = f_.def(v);
    return i.valid() ? &f_.inst(i) : nullptr;
  }
  bool is_op(Value v, ir::Op op) const {
    const ir::InstData* d = def_data(v);
    return d && d->op == op;
  }
  std::optional<uint64_t> constant(Value v) const;   // an integer's
  bool upper_half_zero(Value v) const { return extended_[v.n]; }  // of the register that will hold this i32
  bool used_once(Value v) const { return uses_[v.n] == 1; }
  // The load that v is, if it may be folded into what is being lowered.
  const ir::InstData* sinkable(Value v, ir::Op op) const;
  bool demanded(ir::Inst i) const;

  // ---- making instructions
  mach::MInst& make(uint16_t op, std::span<const Operand> operands, uint8_t size = 0);
  mach::MInst& make(SharedOp op, std::span<const Operand> operands, uint8_t size = 0) {
    return make(static_cast<uint16_t>(op), operands, size);
  }
  mach::MInst& make(SharedOp op, std::initializer_list<Operand> operands, uint8_t size = 0) {
    return make(static_cast<uint16_t>(op), std::span<const Operand>(operands.begin(), operands.size()), size);
  }
  void add_mem(mach::MInst& i, const Amode& m);
  void note_access(mach::MInst& i, ir::Inst access);  // it may fault, and where, if the access may
  VReg imm(ir::Type t, uint64_t value);
  void move(VReg to, VReg from);
  void zero_extend(VReg to, VReg from, LoadKind kind = LoadKind::kZero32);

  // Calls, branches, checks (lower_control.cpp).
  bool lower_control(ir::Inst i, const ir::InstData& d);

  const ir::Function& f_;
  const LowerEnv& env_;
  MachFunc& out_;
  mach::VCode& code_;
  const TargetRegs& regs_;

  std::vector<uint8_t> uses_;          // by value: 0, 1, 2 = several
  std::vector<uint8_t> wanted_;        // by value: in a register
  std::vector<uint8_t> folded_;        // by value: a load that its user makes
  std::vector<uint8_t> extended_;      // by value: an i32 whose register is to hold 0 above it
  std::vector<uint8_t> depth_;         // by block: of loops
  std::vector<mach::MInst> made_;      // for the instruction that is being lowered
  ir::Inst now_;
  bool unsupported_ = false;           // set where a vector constant is wanted that has no rule

 private:
  struct Piece {  // of code, in its order, before blocks are put in theirs
    std::vector<mach::MInst> insts;
    std::vector<uint32_t> succs;  // pieces
    std::vector<VReg> params, args;
    uint8_t loop_depth = 0;
    bool cold = false;
    float frequency = 0;
  };

  template <class F>
  void for_each_taken_edge(ir::Block b, F&& f) const;
  void count_uses();
  void find_loops();
  void find_frequencies();
  void find_extended();
  void lower_block(ir::Block b);
  uint32_t edge_target(ir::Edge e, bool several, double part = 1);
  void entry_args();
  void put_blocks_in_order();
  void finish_inst();           // what was made for one IR instruction goes before what follows it

  void call(ir::Inst i, const ir::InstData& d, bool tail);
  void libcall(ir::Inst i, const ir::InstData& d);
  VReg result_in(Value v, std::vector<std::pair<VReg, VReg>>& extensions);
  void return_(const ir::InstData& d);
  void branch(const ir::InstData& d);
  void br_table(const ir::InstData& d);
  void jump_edge(ir::Edge e);

  std::vector<VReg> vregs_;            // by value
  std::vector<uint8_t> passed_;        // by block: it has been lowered
  bool out_of_order_ = false;
  std::vector<uint32_t> effects_, traps_;  // by instruction: how many there were before its end, in its block
  std::vector<uint32_t> piece_of_;     // by block
  std::vector<uint32_t> predecessors_; // by block: edges to it
  std::vector<uint8_t> reached_;       // by block
  bool profiled_ = false;
  ir::Frequencies frequencies_;        // if so
  std::vector<Piece> pieces_;
  std::vector<std::vector<uint32_t>> after_;  // by piece: pieces of edges out of it, to be put behind it
  std::vector<mach::MInst> reversed_;
  uint32_t place_ = 0;                 // wasm offset of what is being lowered
  uint32_t piece_ = 0;
  WasmCall own_;
  VReg area_;
  uint32_t error_at_ = 0;
  // By block: the successor of the br_table being lowered that passes it nothing, if `table` says that it is of that one.
  struct SharedWay {
    uint32_t table = 0, successor = 0;
  };
  std::vector<SharedWay> shared_ways_;
  uint32_t tables_ = 0;  // lowered so far
};

// ---- shared with emission
std::vector<Type> to_isa(std::span<const ir::Type> types);
constexpr Type to_isa(ir::Type t) {
  switch (t) {
    case ir::Type::kI32: return Type::kI32;
    case ir::Type::kF32: return Type::kF32;
    case ir::Type::kF64: return Type::kF64;
    case ir::Type::kV128: return Type::kV128;
    default: return Type::kI64;
  }
}

}  // namespace wjit::isa
