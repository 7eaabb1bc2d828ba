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

#include "compiler/ir/frequencies.h"
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

// 16 bytes of constant, or a lane in all of them.
struct VecConst {
  uint64_t low = 0, high = 0;
  static constexpr VecConst q(uint64_t v) { return {v, v}; }
  static constexpr VecConst d(uint32_t v) { return q(v | uint64_t{v} << 32); }
  static constexpr VecConst w(uint16_t v) { return d(v * 0x10001u); }
  static constexpr VecConst b(uint8_t v) { return d(v * 0x1010101u); }
  friend bool operator==(const VecConst&, const VecConst&) = default;
};

// What a function is beside its instructions.
struct MachFunc {
  mach::VCode code;
  std::vector<std::vector<uint32_t>> tables;  // of kBrTable, by target: which successor, per entry; the default last
  uint32_t area_bytes = 0;    // the largest result area of its calls
  uint32_t param_bytes = 0;   // of its own stack parameters
  bool calls = false;         // wasm functions: it looks at the stack limit
  std::vector<VecConst> vectors;  // constants of 16 bytes
  bool avx = false;               // vector registers are met by VEX encodings alone
  bool bmi2 = false;
  uint64_t steps = 0;           // that lowering took (support::PassTimes)
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
    float frequency = 0;
  };

  // How many instructions that say nothing new are looked through, one behind the other.
  static constexpr unsigned kMostSteps = 8;

  // ---- the function (lower.cpp)
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
  // The result of a float or vector instruction whose operand 0 it overwrites, where there is no AVX.
  Operand over(VReg v) const { return out_.avx ? mach::def(v) : mach::def_reuse(v, 0); }
  VReg imm(ir::Type t, uint64_t value);
  void move(VReg to, VReg from);

  // ---- families
  bool lower_int(ir::Inst i, const ir::InstData& d);                  // lower_int.cpp
  void alu(ir::Inst i, const ir::InstData& d, Alu op, bool commutes);
  bool ends_here(Value v) const;
  bool better_overwritten(Value v, Value than) const;
  bool address_sum(ir::Inst i, const ir::InstData& d);
  void test_mask(const ir::InstData& d, uint8_t size);
  bool and_not(ir::Inst i, const ir::InstData& d);
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
  bool lower_atomic(ir::Inst i, const ir::InstData& d);               // lower_atomic.cpp
  void give_narrow(ir::Inst i, VReg v, uint8_t bytes);

  // ---- vectors. Instructions that make vregs of their own, out of which an operation is put together.
  bool has(VecLevel level) const { return level <= level_; }
  bool has(Vec op) const { return has(row(op).level); }
  VReg v2(Vec op, VReg a, VReg b, uint8_t imm = 0);
  VReg v2(Vec op, VReg a, VecConst b, uint8_t imm = 0);
  VReg v1(Vec op, VReg a, uint8_t imm = 0);
  VReg vshift(Vec op, VReg a, unsigned count);
  VReg vinsert(Vec op, VReg a, VReg b, unsigned lane);
  VReg vextract(Vec op, VReg a, unsigned lane);
  VReg vmask(Vec op, VReg a);
  VReg vconst(VecConst c);
  VReg vbits(VReg integer, uint8_t size);  // in the lowest lane, and zeros
  VReg vnot(VReg a) { return v2(Vec::kPxor, a, VecConst::q(~uint64_t{0})); }
  VReg vselect(VReg mask, VReg a, VReg b);
  VReg alu_imm(Alu op, VReg a, int32_t value);
  VReg shift_imm(Shift op, VReg a, unsigned count);
  void give(ir::Inst i, VReg v);  // v, made for i, is its result
  std::optional<VecConst> vec_constant(Value v) const;

  bool lower_vector(ir::Inst i, const ir::InstData& d);               // lower_vector.cpp
  bool vec_operation(ir::Inst i, const ir::InstData& d, ir::VecOp op);
  void vec_unary(ir::Inst i, Vec op, Value a, uint8_t imm);
  void vec_binary(ir::Inst i, Vec op, Value a, Value b, uint8_t imm, bool commutes);
  static bool is_vec_condition(const ir::InstData& d);  // any_true, all_true
  Cond vec_condition(const ir::InstData& d);
  void vec_bitmask(ir::Inst i, const ir::InstData& d);
  void vec_shift(ir::Inst i, const ir::InstData& d);
  VReg shift_bytes(VReg a, VReg count, bool left);
  VReg vec_compare(ir::VecOp op, VReg a, VReg b);                      // lower_vector_int.cpp; invalid: no rule
  VReg vec_int1(ir::VecOp op, VReg a);
  VReg vec_int2(ir::VecOp op, VReg a, VReg b);
  VReg equal64(VReg a, VReg b);
  VReg greater64(VReg a, VReg b);
  VReg greater_unsigned(unsigned bytes, VReg a, VReg b);
  VReg extend(VReg a, unsigned from_bytes, bool high, bool is_signed);
  VReg multiply_wide(VReg a, VReg b, unsigned from_bytes, bool high, bool is_signed);
  VReg multiply_even_signed(VReg a, VReg b);
  VReg add_pairs(VReg a, unsigned from_bytes, bool is_signed);
  VReg q15mulr(VReg a, VReg b);
  VReg dot_bytes(VReg a, VReg b);
  VReg narrow32_unsigned(VReg a, VReg b);
  VReg popcount_bytes(VReg a);
  VReg vec_float1(ir::VecOp op, VReg a);                               // lower_vector_float.cpp; invalid: no rule
  VReg vec_float2(ir::VecOp op, VReg a, VReg b);
  VReg min_max(VReg a, VReg b, bool wide, bool max);
  VReg round_slow(VReg a, bool wide, Rounding mode);
  VReg trunc_sat_f32(VReg a, bool is_signed);
  VReg trunc_sat_f64(VReg a, bool is_signed);
  VReg multiply_add(VReg a, VReg b, VReg c, bool wide, bool negated);
  void vec_splat(ir::Inst i, const ir::InstData& d);                   // lower_lanes.cpp
  bool splat_of_load(ir::Inst i, const ir::InstData& d);
  void vec_extract(ir::Inst i, const ir::InstData& d);
  void vec_replace(ir::Inst i, const ir::InstData& d);
  bool replace_of_load(ir::Inst i, const ir::InstData& d);
  void vec_zext(ir::Inst i, const ir::InstData& d);
  bool store_of_lane(const ir::InstData& d);
  bool extend_of_load(ir::Inst i, const ir::InstData& d, ir::VecOp op);
  VReg swizzle_slow(VReg a, VReg indices);
  void vec_shuffle(ir::Inst i, const ir::InstData& d);
  using Mask = std::array<uint8_t, 16>;
  VReg shuffle_one(VReg a, const Mask& m);
  VReg shuffle_two(VReg a, VReg b, const Mask& m);
  VReg shuffle_bytes(VReg a, const Mask& m);  // 0x80: zero
  VReg everywhere(VReg a, unsigned n);

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
  std::vector<uint8_t> passed_;        // by block: it has been lowered
  bool out_of_order_ = false;
  std::vector<uint8_t> folded_;        // by value: a load that its user makes
  std::vector<uint8_t> extended_;      // by value: an i32 whose register is to hold 0 above it
  std::vector<uint32_t> effects_, traps_;  // by instruction: how many there were before its end, in its block
  std::vector<uint32_t> piece_of_;     // by block
  std::vector<uint32_t> predecessors_; // by block: edges to it
  std::vector<uint8_t> depth_;         // by block: of loops
  std::vector<uint8_t> reached_;       // by block
  bool profiled_ = false;
  ir::Frequencies frequencies_;        // if so
  std::vector<Piece> pieces_;
  std::vector<std::vector<uint32_t>> after_;  // by piece: pieces of edges out of it, to be put behind it
  std::vector<mach::MInst> made_, reversed_;
  ir::Inst now_;
  uint32_t place_ = 0;                 // wasm offset of what is being lowered
  uint32_t piece_ = 0;
  isa::WasmCall own_;
  VReg area_, vmctx_;
  uint32_t error_at_ = 0;
  VecLevel level_ = VecLevel::kSse2;
  // By block: the successor of the br_table being lowered that passes it nothing, if `table` says that it is of that one.
  struct SharedWay {
    uint32_t table = 0, successor = 0;
  };
  std::vector<SharedWay> shared_ways_;
  uint32_t tables_ = 0;  // lowered so far
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
