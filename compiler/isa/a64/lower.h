// From IR to AArch64 machine instructions: the rules. See generic/lower.h.
#pragma once
#include <optional>

#include "compiler/isa/a64/insts.h"
#include "compiler/isa/generic/lower.h"

namespace wjit::a64 {

using ir::Value;
using isa::LowerEnv;
using isa::MachFunc;
using mach::Operand;
using mach::PReg;
using mach::VReg;

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
  Amode at(VReg base, int32_t disp, uint32_t size) override;
  void prepare_branch(Value condition) override;
  void make_branch() override;
  void trap_on(Value condition, bool negated, uint16_t code) override;
  void leave_on(Value condition, bool negated) override;

  // Something that nobody else wants, so that its user may be made of what it is made of.
  bool is_own(Value v) const;
  const ir::InstData* own(Value v, ir::Op op) const;
  struct Shifted {
    Value value;
    RegShift shift = RegShift::kLsl;
    uint8_t amount = 0;
  };
  Shifted shifted(Value v) const;  // a shift by a constant that its user makes

  bool lower_int(ir::Inst i, const ir::InstData& d);                  // lower_int.cpp
  void add(ir::Inst i, const ir::InstData& d, bool subtract);
  bool multiply_add(ir::Inst i, const ir::InstData& d, bool subtract);
  void logic(ir::Inst i, const ir::InstData& d, Logic op, Logic inverted);
  bool bits_of(ir::Inst i, const ir::InstData& d);
  void shift(ir::Inst i, const ir::InstData& d);
  void rotate(ir::Inst i, const ir::InstData& d);
  void multiply(ir::Inst i, const ir::InstData& d);
  void divide(ir::Inst i, const ir::InstData& d);
  void unary(ir::Inst i, Unary op, Value a, uint8_t size);
  void select(ir::Inst i, const ir::InstData& d);
  static void with_shift(mach::MInst& i, const Shifted& s);

  // Conditions. A branch may need no flags.
  struct Test {
    enum class Kind : uint8_t { kFlags, kZero, kBit } kind = Kind::kFlags;
    Cc cc = Cc::ne;       // kFlags
    bool set = false;     // kZero: if it is not 0; kBit: if it is 1
    uint8_t size = 0, bit = 0;
    VReg of;
  };
  Test test(Value v, bool negated, bool may_skip_flags);
  Cc condition(Value v, bool negated) { return test(v, negated, false).cc; }
  Test compare_ints(const ir::InstData& d, ir::IntCc cc, bool may_skip_flags);
  Test compare_to_zero(Value v, uint8_t size, bool set, bool may_skip_flags);
  Cc compare_floats(const ir::InstData& d);
  void test_mask(const ir::InstData& d, uint8_t size);

  bool lower_float(ir::Inst i, const ir::InstData& d);                // lower_float.cpp
  bool lower_memory(ir::Inst i, const ir::InstData& d);               // lower_memory.cpp
  Amode amode(Value address, int32_t disp, uint32_t size);

  Test branch_;  // of the brif that is being lowered
};

const isa::TargetRegs& target_regs();

}  // namespace wjit::a64
