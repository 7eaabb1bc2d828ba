// From IR to x86-64 machine instructions.
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
#include <array>
#include <optional>

#include "compiler/ir/function.h"
#include "compiler/isa/common/call_conv.h"
#include "compiler/isa/common/compiled_func.h"
#include "compiler/isa/x64/insts.h"
#include "compiler/mach/vcode.h"

namespace wjit::x64 {

using ir::Value;
using mach::Operand;
using mach::PReg;
using mach::VReg;

struct LowerEnv {
  uint32_t entries_begin;     // offset of the first VMCodeEntry from the VMContext
  bool direct_calls;          // the module's functions are compiled in one batch: they call each other directly
  isa::CpuFeatures features;
  bool poison = false;        // i32 values get noise above their 32 bits
};

// What a function is beside its instructions.
struct MachFunc {
  mach::VCode code;
  std::vector<std::vector<uint32_t>> tables;  // of kBrTable, by target: which successor, per entry; the default last
  uint32_t area_bytes = 0;    // the largest result area of its calls
  uint32_t param_bytes = 0;   // of its own stack parameters
  bool calls = false;         // wasm functions: it looks at the stack limit
  std::vector<uint8_t> poison;  // by vreg: what is above its 32 bits is spoiled where it is defined (a test's wish)
  void clear();
};

class Lower {
 public:
  Lower(const ir::Function& f, const LowerEnv& env, MachFunc& out) : f_(f), env_(env), out_(out), code_(out.code) {}
  // Error kUnsupported: an instruction that has no rule, with its place.
  support::Result<void> run();

 private:
  struct Amode {
    VReg base, index;
    uint8_t shift = 0;
    int32_t disp = 0;
  };
  struct Piece {  // of code, in its order, before blocks are put in theirs
    std::vector<mach::MInst> insts;
    std::vector<uint32_t> succs;  // pieces
    std::vector<VReg> params, args;
    uint8_t loop_depth = 0;
    bool cold = false;
  };

  // ---- the function (lower.cpp)
  template <class F>
  void for_each_taken_edge(ir::Block b, F&& f) const;
  void count_uses();
  void find_loops();
  void find_extended();
  void lower_block(ir::Block b);
  uint32_t edge_target(ir::Edge e, bool several);
  void entry_args();
  void put_blocks_in_order();
  bool lower_inst(ir::Inst i);  // false: no rule
  void finish_inst();           // what was made for one IR instruction goes before what follows it

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
  std::optional<int32_t> small(Value v) const;       // one that an instruction can hold, sign-extended to its width
  bool upper_half_zero(Value v) const { return extended_[v.n]; }  // of the register that will hold this i32
  bool used_once(Value v) const { return uses_[v.n] == 1; }
  // The load that v is, if it may be folded into what is being lowered.
  const ir::InstData* sinkable(Value v, ir::Op op) const;
  // Folds it: its memory operand, and in `load` what it was. Nothing has happened if there is none.
  std::optional<Amode> sink(Value v, ir::Op op, ir::Inst& load);
  bool demanded(ir::Inst i) const;

  // ---- making instructions
  mach::MInst& make(MOp op, std::initializer_list<Operand> operands, uint8_t size = 0);
  mach::MInst& make(MOp op, std::span<const Operand> operands, uint8_t size = 0);
  void add_mem(mach::MInst& i, const Amode& m);
  void note_access(mach::MInst& i, ir::Inst access);  // it may fault, and where, if the access may
  Amode amode(Value address, int32_t disp);
  VReg imm(ir::Type t, uint64_t value);
  void move(VReg to, VReg from);

  // ---- families
  bool lower_int(ir::Inst i, const ir::InstData& d);                  // lower_int.cpp
  void alu(ir::Inst i, const ir::InstData& d, Alu op, bool commutes);
  void shift(ir::Inst i, const ir::InstData& d, Shift op);
  void multiply(ir::Inst i, const ir::InstData& d);
  void divide(ir::Inst i, const ir::InstData& d);
  void count_bits(ir::Inst i, const ir::InstData& d);
  void popcount(ir::Inst i, const ir::InstData& d);
  void extend(ir::Inst i, Value from, LoadKind kind);
  Cond condition(Value v, bool negated, bool single = true);       // makes the compare; the flags hold it
  Cond compare_ints(const ir::InstData& d, ir::IntCc cc, bool sink);
  Cond compare_floats(const ir::InstData& d, bool negated);
  void select(ir::Inst i, const ir::InstData& d);

  bool lower_float(ir::Inst i, const ir::InstData& d);                // lower_float.cpp
  void float_binary(ir::Inst i, const ir::InstData& d, Float op, bool commutes);
  void float_logic(ir::Inst i, const ir::InstData& d);
  void round(ir::Inst i, const ir::InstData& d, Rounding mode);
  void int_to_float(ir::Inst i, const ir::InstData& d);
  void float_to_int(ir::Inst i, const ir::InstData& d);
  void bitcast(ir::Inst i, const ir::InstData& d);

  bool lower_memory(ir::Inst i, const ir::InstData& d);               // lower_memory.cpp
  void load(ir::Inst i, const ir::InstData& d);
  void store(ir::Inst i, const ir::InstData& d);
  bool store_of_operation(const ir::InstData& d);

  bool lower_control(ir::Inst i, const ir::InstData& d);              // lower_control.cpp
  void call(ir::Inst i, const ir::InstData& d, bool tail);
  void libcall(ir::Inst i, const ir::InstData& d);
  VReg result_in(Value v, std::vector<std::pair<VReg, VReg>>& extensions);
  void return_(const ir::InstData& d);
  void branch(const ir::InstData& d);
  void br_table(const ir::InstData& d);
  void jump_edge(ir::Edge e);

  const ir::Function& f_;
  const LowerEnv& env_;
  MachFunc& out_;
  mach::VCode& code_;

  std::vector<VReg> vregs_;            // by value
  std::vector<uint8_t> uses_;          // by value: 0, 1, 2 = several
  std::vector<uint8_t> wanted_;        // by value: in a register
  std::vector<uint8_t> folded_;        // by value: a load that its user makes
  std::vector<uint8_t> extended_;      // by value: an i32 whose register is to hold 0 above it
  std::vector<uint32_t> effects_, traps_;  // by instruction: how many there were before its end, in its block
  std::vector<uint32_t> piece_of_;     // by block
  std::vector<uint32_t> predecessors_; // by block: edges to it
  std::vector<uint8_t> depth_;         // by block: of loops
  std::vector<uint8_t> reached_;       // by block
  std::vector<Piece> pieces_;
  std::vector<std::vector<uint32_t>> after_;  // by piece: pieces of edges out of it, to be put behind it
  std::vector<mach::MInst> made_, reversed_;
  ir::Inst now_;
  uint32_t place_ = 0;                 // wasm offset of what is being lowered
  uint32_t piece_ = 0;
  isa::WasmCall own_;
  VReg area_, vmctx_;
  uint32_t error_at_ = 0;
};

// ---- shared with emission
std::vector<isa::Type> to_isa(std::span<const ir::Type> types);
constexpr isa::Type to_isa(ir::Type t) {
  switch (t) {
    case ir::Type::kI32: return isa::Type::kI32;
    case ir::Type::kF32: return isa::Type::kF32;
    case ir::Type::kF64: return isa::Type::kF64;
    case ir::Type::kV128: return isa::Type::kV128;
    default: return isa::Type::kI64;
  }
}

}  // namespace wjit::x64
