// From IR to x86-64 machine instructions: the rules. See generic/lower.h.
#pragma once
#include <array>
#include <optional>

#include "compiler/isa/generic/lower.h"
#include "compiler/isa/x64/insts.h"

namespace wjit::x64 {

using ir::Value;
using mach::Operand;
using mach::PReg;
using mach::VReg;
using isa::LowerEnv;

// 16 bytes of constant, or a lane in all of them.
struct VecConst {
  uint64_t low = 0, high = 0;
  static constexpr VecConst q(uint64_t v) { return {v, v}; }
  static constexpr VecConst d(uint32_t v) { return q(v | uint64_t{v} << 32); }
  static constexpr VecConst w(uint16_t v) { return d(v * 0x10001u); }
  static constexpr VecConst b(uint8_t v) { return d(v * 0x1010101u); }
  friend bool operator==(const VecConst&, const VecConst&) = default;
};

struct MachFunc : isa::MachFunc {
  std::vector<VecConst> vectors;  // constants of 16 bytes
  bool avx = false;               // vector registers are met by VEX encodings alone
  bool bmi2 = false;
};

class Lower final : public isa::LowerBase {
 public:
  Lower(const ir::Function& f, const LowerEnv& env, MachFunc& out);

 private:
  using LowerBase::make;
  mach::MInst& make(MOp op, std::span<const Operand> operands, uint8_t size = 0) {
    return LowerBase::make(static_cast<uint16_t>(op), operands, size);
  }
  mach::MInst& make(MOp op, std::initializer_list<Operand> operands, uint8_t size = 0) {
    return make(op, std::span<const Operand>(operands.begin(), operands.size()), size);
  }
  bool lower_inst(ir::Inst i) override;
  VReg vector_constant(Value v) override;
  void prepare_branch(Value condition) override;
  void make_branch() override;
  void trap_on(Value condition, bool negated, uint16_t code) override;
  void leave_on(Value condition, bool negated) override;

  std::optional<int32_t> small(Value v) const;       // one that an instruction can hold, sign-extended to its width
  // Folds a load that is sinkable: its memory operand, and in `load` what it was. Nothing has happened if there is none.
  std::optional<Amode> sink(Value v, ir::Op op, ir::Inst& load);
  Amode amode(Value address, int32_t disp);
  // The result of a float or vector instruction whose operand 0 it overwrites, where there is no AVX.
  Operand over(VReg v) const { return x64_.avx ? mach::def(v) : mach::def_reuse(v, 0); }

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

  MachFunc& x64_;
  VecLevel level_ = VecLevel::kSse2;
  Cond branch_ = Cond::e;  // of the brif that is being lowered
};

const isa::TargetRegs& target_regs();

}  // namespace wjit::x64
