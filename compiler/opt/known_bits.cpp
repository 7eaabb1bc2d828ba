#include "compiler/opt/known_bits.h"

#include <bit>

namespace wjit::opt {

using ir::InstData;
using ir::Op;
using ir::Type;
using ir::Value;

namespace {

// Ones up to the highest that is there.
uint64_t filled(uint64_t x) { return x == 0 ? 0 : ~uint64_t{0} >> std::countl_zero(x); }

struct Bits {
  const ir::Function& f;
  unsigned depth;
  const uint64_t all;

  uint64_t of(Value v) const { return maybe_ones(f, v, depth); }
  const InstData* constant(Value v) const {
    const ir::Inst i = f.def(f.resolve(v));
    return i.valid() && f.inst(i).op == Op::iconst ? &f.inst(i) : nullptr;
  }
  unsigned width(const InstData& d) const { return d.type == Type::kI32 ? 32 : 64; }

  uint64_t shifted(const InstData& d) const {
    const InstData* by = constant(d.vb());
    if (!by) return d.op == Op::shr_u ? filled(of(d.va())) : all;
    const unsigned k = static_cast<unsigned>(by->imm()) & (width(d) - 1);
    const uint64_t x = of(d.va());
    if (d.op == Op::shl) return x << k & all;
    if (d.op == Op::shr_s && (x >> (width(d) - 1) & 1) != 0) return all;
    return x >> k;
  }
  uint64_t divided(const InstData& d) const {
    const InstData* by = constant(d.vb());
    const uint64_t x = filled(of(d.va()));
    if (!by || by->imm() == 0) return x;
    return d.op == Op::div_u ? filled(x / by->imm()) : x & filled(by->imm() - 1);
  }
  uint64_t sum(const InstData& d) const {
    const uint64_t x = of(d.va()), y = of(d.vb());
    uint64_t most;
    if (__builtin_add_overflow(x, y, &most) || most > all) return all;
    return filled(most);
  }
  uint64_t product(const InstData& d) const {
    const uint64_t x = of(d.va()), y = of(d.vb());
    uint64_t most;
    if (__builtin_mul_overflow(x, y, &most) || most > all) return all;
    return filled(most);
  }
};

}  // namespace

uint64_t maybe_ones(const ir::Function& f, Value v, unsigned depth) {
  v = f.resolve(v);
  const uint64_t all = f.type(v) == Type::kI32 ? 0xffffffff : ~uint64_t{0};
  const ir::Inst i = f.def(v);
  if (!i.valid()) return all;
  const InstData& d = f.inst(i);
  switch (d.op) {
    case Op::iconst: return d.imm();
    case Op::icmp: case Op::fcmp: return 1;
    case Op::load8_u: return 0xff;
    case Op::load16_u: return 0xffff;
    case Op::load32_u: return 0xffffffff;
    case Op::clz: case Op::ctz: case Op::popcnt: return 0x7f;
    default: break;
  }
  if (depth == 0) return d.op == Op::extend_u ? 0xffffffff : all;
  const Bits b{f, depth - 1, all};
  switch (d.op) {
    case Op::extend_u: return b.of(d.va());
    case Op::wrap: return b.of(d.va()) & 0xffffffff;
    case Op::and_: return b.of(d.va()) & b.of(d.vb());
    case Op::or_: case Op::xor_: return b.of(d.va()) | b.of(d.vb());
    case Op::select: return b.of(d.vb()) | b.of(d.vc());
    case Op::shl: case Op::shr_u: case Op::shr_s:
      return d.op == Op::shl && !b.constant(d.vb()) ? all : b.shifted(d);
    case Op::div_u: case Op::rem_u: return b.divided(d);
    case Op::add: return b.sum(d);
    case Op::mul: return b.product(d);
    default: return all;
  }
}

}  // namespace wjit::opt
