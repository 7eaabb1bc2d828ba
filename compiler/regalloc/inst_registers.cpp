#include "compiler/regalloc/inst_registers.h"

#include <fmt/format.h>

namespace wjit::ra {

using namespace mach;
using support::Result;
using Kind = Operand::Kind;
using Policy = Operand::Policy;
using Pos = Operand::Pos;

namespace {

// The first register of the class that is not to be avoided.
bool take(Alloc& a, const RegEnv& env, RegClass cls, RegSet avoid) {
  for (PReg r : cls == RegClass::kInt ? env.ints : env.vectors) {
    if (avoid.has(r)) continue;
    a = Alloc::reg(r);
    return true;
  }
  return false;
}

}  // namespace

Result<void> choose_registers(const VCode& code, const RegEnv& env, uint32_t i, Alloc* allocs) {
  const MInst& inst = code.insts[i];
  const auto operands = code.operands_of(inst);
  RegSet clobbers;
  if (inst.flags & (MInst::kCall | MInst::kClobbers)) clobbers = code.clobbers[inst.x];
  RegSet early, late;  // taken
  late = clobbers;
  auto occupy = [&](const Operand& o, PReg r) {
    const bool is_use = o.kind == Kind::kUse;
    if (is_use || o.pos == Pos::kEarly) early.add(r);
    if (!is_use || o.pos == Pos::kLate) late.add(r);
  };
  for (size_t n = 0; n < operands.size(); ++n) {
    const Operand& o = operands[n];
    if (o.policy == Policy::kFixed) allocs[n] = Alloc::reg(PReg{o.arg}), occupy(o, PReg{o.arg});
  }
  // What needs a register free both early and late goes first, then each half by itself.
  auto give = [&](size_t n, RegSet avoid) -> Result<void> {
    if (take(allocs[n], env, code.cls(operands[n].vreg), avoid)) {
      occupy(operands[n], allocs[n].preg());
      return {};
    }
    return fail(ErrorKind::kUnsupported,
                fmt::format("register allocation: instruction {} wants more registers than there are", i));
  };
  const auto both = [&] { return RegSet{early.bits | late.bits}; };
  for (size_t n = 0; n < operands.size(); ++n) {
    if (operands[n].policy != Policy::kReuse) continue;
    const size_t use = operands[n].arg;
    WJIT_CHECK(give(n, both()));
    early.add(allocs[n].preg());
    allocs[use] = allocs[n];
  }
  for (size_t n = 0; n < operands.size(); ++n) {
    const Operand& o = operands[n];
    if (o.policy == Policy::kReg && (o.kind == Kind::kUse) == (o.pos == Pos::kLate) && !allocs[n].is_reg())
      WJIT_CHECK(give(n, both()));
  }
  for (size_t n = 0; n < operands.size(); ++n) {
    const Operand& o = operands[n];
    if (o.policy != Policy::kReg || allocs[n].is_reg()) continue;
    for (size_t m = 0; m < n && o.kind == Kind::kUse; ++m)  // the same value once more
      if (operands[m].vreg == o.vreg && operands[m].kind == Kind::kUse && allocs[m].is_reg())
        allocs[n] = allocs[m];
    if (!allocs[n].is_reg()) WJIT_CHECK(give(n, o.kind == Kind::kUse ? early : late));
  }
  return {};
}

}  // namespace wjit::ra
