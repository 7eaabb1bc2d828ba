// Atomic accesses. The processor keeps loads, and stores, in their order by itself; what it lets by is a load over an
// earlier store, so stores are exchanges, which like all that is locked let nothing by.
#include "compiler/isa/x64/lower.h"

namespace wjit::x64 {

using ir::Inst;
using ir::InstData;
using ir::Op;
using mach::MInst;

namespace {
constexpr LoadKind extension_of(uint8_t bytes) {
  return bytes == 1 ? LoadKind::kZero8 : bytes == 2 ? LoadKind::kZero16 : LoadKind::kZero32;
}
}  // namespace

// What is in the low bytes of `v`, as the result.
void Lower::give_narrow(Inst i, VReg v, uint8_t bytes) {
  if (bytes == 8)
    move(result(i), v);
  else
    make(MOp::kExtend, {mach::def(result(i)), mach::use_any(v)}).x = uint8_t(extension_of(bytes));
}

// Another thread may write what is read: each reads, or writes, once.
bool Lower::lower_atomic(Inst i, const InstData& d) {
  const uint8_t bytes = static_cast<uint8_t>(d.aux);
  const PReg rax = reg::gp(Gp::rax);
  // Register operands of instructions that read them after they have written some.
  const auto add_late = [&](MInst& x, const Amode& m) {
    add_mem(x, m);
    for (uint32_t k = 0, n = m.base.valid() + m.index.valid(); k < n; ++k)
      code_.operands[x.first_operand + x.operands - 1 - k].pos = Operand::Pos::kLate;
  };
  switch (d.op) {
    case Op::atomic_load: {
      const Amode m = amode(d.va(), 0);
      MInst& x = make(MOp::kLoad, {mach::def(result(i))}, bytes);
      x.x = uint8_t(bytes == ir::bytes_of(d.type) ? LoadKind::kPlain : extension_of(bytes));
      add_mem(x, m);
      return true;
    }
    case Op::atomic_store: case Op::atomic_xchg: case Op::atomic_add: case Op::atomic_sub: {
      VReg v = reg(d.vb());
      const Amode m = amode(d.va(), 0);
      const VReg before = temp(d.type);
      if (d.op == Op::atomic_sub) {
        const VReg minus = temp(d.type);
        make(MOp::kUnary, {mach::use(v), mach::def_reuse(minus, 0)}, static_cast<uint8_t>(ir::bytes_of(d.type))).x =
            uint8_t(Unary::kNeg);
        v = minus;
      }
      MInst& x = make(MOp::kXadd, {mach::use(v), mach::def_reuse(before, 0)}, bytes);
      x.x = d.op == Op::atomic_store || d.op == Op::atomic_xchg;
      add_mem(x, m);
      if (d.op != Op::atomic_store) give_narrow(i, before, bytes);
      return true;
    }
    case Op::atomic_and: case Op::atomic_or: case Op::atomic_xor: {
      const VReg v = reg(d.vb());
      const Amode m = amode(d.va(), 0);
      const VReg before = temp(d.type);
      MInst& x = make(MOp::kRmwLoop, {mach::def_fixed(before, rax), mach::def_early(temp(d.type)), mach::use_late(v)}, bytes);
      x.x = uint8_t(d.op == Op::atomic_and ? Alu::kAnd : d.op == Op::atomic_or ? Alu::kOr : Alu::kXor);
      add_late(x, m);
      give_narrow(i, before, bytes);
      return true;
    }
    case Op::atomic_cmpxchg: {
      const VReg expected = reg(d.vb()), v = reg(d.vc());
      const Amode m = amode(d.va(), 0);
      const VReg before = temp(d.type);
      MInst& x = make(MOp::kCmpxchg, {mach::def_fixed(before, rax), mach::use_fixed(expected, rax), mach::use(v)}, bytes);
      add_mem(x, m);
      give_narrow(i, before, bytes);
      return true;
    }
    default: return false;
  }
}

}  // namespace wjit::x64
