// Integers: arithmetic, shifts, comparisons and what uses their flags.
#include "compiler/isa/x64/lower.h"
#include "compiler/support/plant.h"

namespace wjit::x64 {

using ir::Inst;
using ir::InstData;
using ir::IntCc;
using ir::Op;
using mach::MInst;

static uint8_t size_of(ir::Type t) { return t == ir::Type::kI32 ? 4 : 8; }

bool Lower::lower_int(Inst i, const InstData& d) {
  switch (d.op) {
    case Op::add: {
      if (address_sum(i, d)) return true;
      // With a constant, and the other operand living on: lea has a destination of its own.
      if (const auto c = small(d.vb()); c && !used_once(d.va())) {
        Amode a{.disp = *c};
        a.base = reg(d.va());
        add_mem(make(MOp::kLea, {mach::def(result(i))}, size_of(d.type)), a);
        return true;
      }
      alu(i, d, Alu::kAdd, true);
      return true;
    }
    case Op::sub: alu(i, d, Alu::kSub, false); return true;
    case Op::and_:
      if (const auto c = small(d.vb()); c == 0xff || c == 0xffff)
        return extend(i, d.va(), c == 0xff ? LoadKind::kZero8 : LoadKind::kZero16), true;
      if (!and_not(i, d)) alu(i, d, Alu::kAnd, true);
      return true;
    case Op::or_: alu(i, d, Alu::kOr, true); return true;
    case Op::xor_:
      if (small(d.vb()) == -1) {
        const VReg a = reg(d.va());
        make(MOp::kUnary, {mach::use(a), mach::def_reuse(result(i), 0)}, size_of(d.type)).x = uint8_t(Unary::kNot);
        return true;
      }
      alu(i, d, Alu::kXor, true);
      return true;
    case Op::shl: shift(i, d, Shift::kShl); return true;
    case Op::shr_s: shift(i, d, Shift::kSar); return true;
    case Op::shr_u: shift(i, d, Shift::kShr); return true;
    case Op::rotl: shift(i, d, Shift::kRol); return true;
    case Op::rotr: shift(i, d, Shift::kRor); return true;
    case Op::mul: case Op::mul_hi_s: case Op::mul_hi_u: multiply(i, d); return true;
    case Op::div_s: case Op::div_u: case Op::rem_s: case Op::rem_u: divide(i, d); return true;
    case Op::clz: case Op::ctz: count_bits(i, d); return true;
    case Op::popcnt: popcount(i, d); return true;
    case Op::extend8_s:
      extend(i, d.va(), d.type == ir::Type::kI32 ? LoadKind::kSign8To32 : LoadKind::kSign8To64);
      return true;
    case Op::extend16_s:
      extend(i, d.va(), d.type == ir::Type::kI32 ? LoadKind::kSign16To32 : LoadKind::kSign16To64);
      return true;
    case Op::extend_s: extend(i, d.va(), LoadKind::kSign32To64); return true;
    case Op::wrap: {  // one that find_extended wants
      const InstData* sum = def_data(d.va());
      if (sum && sum->op == Op::add && used_once(d.va()) && !wanted_[d.va().n]) {
        if (const auto c = small(sum->vb())) {
          Amode a{.disp = *c};
          a.base = reg(sum->va());
          add_mem(make(MOp::kLea, {mach::def(result(i))}, 4), a);
          return true;
        }
      }
      extend(i, d.va(), LoadKind::kZero32);
      return true;
    }
    case Op::icmp: case Op::fcmp: {
      const Cond cc = condition(f_.result(i), false);
      make(MOp::kSetcc, {mach::def(result(i))}).cc = uint8_t(cc);
      return true;
    }
    case Op::select: select(i, d); return true;
    default: return false;
  }
}

// Nobody wants v behind the current instruction: users that come later have been lowered, and loops keep what is from
// outside.
bool Lower::ends_here(Value v) const {
  const ir::ValueData& data = f_.value(v);
  const ir::Block home = data.kind == ir::ValueData::Kind::kResult ? f_.block_of(Inst(data.owner)) : ir::Block(data.owner);
  return !wanted_[v.n] && depth_[home.n] >= depth_[f_.block_of(now_).n];
}

// Of two operands that may be exchanged, the one that ends here is to be overwritten; of two, a parameter: what a loop
// computes of it often goes back to it.
bool Lower::better_overwritten(Value v, Value than) const {
  const bool ends = ends_here(v), other_ends = ends_here(than);
  if (ends != other_ends) return ends;
  return ends && !f_.def(v).valid() && f_.def(than).valid();
}

void Lower::alu(Inst i, const InstData& d, Alu op, bool commutes) {
  Value a = d.va(), b = d.vb();
  const uint8_t size = size_of(d.type);
  if (commutes && constant(a)) std::swap(a, b);
  if (const auto c = small(b)) {
    const VReg ra = reg(a);
    MInst& m = make(MOp::kAluImm, {mach::use(ra), mach::def_reuse(result(i), 0)}, size);
    m.x = uint8_t(op);
    m.imm = static_cast<uint64_t>(int64_t{*c});
    return;
  }
  if (op == Alu::kSub && constant(a) == 0) {
    const VReg rb = reg(b);
    make(MOp::kUnary, {mach::use(rb), mach::def_reuse(result(i), 0)}, size).x = uint8_t(Unary::kNeg);
    return;
  }
  if (commutes && sinkable(a, Op::load) && !sinkable(b, Op::load)) std::swap(a, b);
  Inst l;
  if (const auto m = sink(b, Op::load, l)) {
    const VReg ra = reg(a);
    MInst& x = make(MOp::kAluMem, {mach::use(ra), mach::def_reuse(result(i), 0)}, size);
    x.x = uint8_t(op);
    add_mem(x, *m);
    note_access(x, l);
    return;
  }
  if (commutes && better_overwritten(b, a)) std::swap(a, b);
  const VReg ra = reg(a), rb = reg(b);
  make(MOp::kAlu, {mach::use(ra), mach::use_any(rb), mach::def_reuse(result(i), 0)}, size).x = uint8_t(op);
}

// Sums of three, or with a multiple, are an address: (x + y) + c, (x * 2^k) + c, (x * 5) + c, x + (y * 2^k).
bool Lower::address_sum(Inst i, const InstData& d) {
  const auto own = [&](Value v) { return used_once(v) && !wanted_[v.n] && !folded_[v.n]; };
  const auto shifted = [&](Value v) -> const InstData* {
    const InstData* n = def_data(v);
    if (!n || n->op != Op::shl || !own(v)) return nullptr;
    const auto c = constant(n->vb());
    return c && (*c & (8u * size_of(d.type) - 1)) >= 1 && (*c & (8u * size_of(d.type) - 1)) <= 3 ? n : nullptr;
  };
  const auto shift_of = [&](const InstData& n) { return static_cast<uint8_t>(*constant(n.vb()) & 3); };
  Amode m;
  if (const auto c = small(d.vb())) {
    const InstData* n = def_data(d.va());
    if (!n || !own(d.va())) return false;
    m.disp = *c;
    if (n->op == Op::add && !constant(n->va()) && !constant(n->vb())) {
      if (sinkable(n->va(), Op::load) || sinkable(n->vb(), Op::load)) return false;
      if (shifted(n->va()) || shifted(n->vb())) return false;  // those two first
      m.base = reg(n->va()), m.index = reg(n->vb());
    } else if (const auto k = n->op == Op::mul ? small(n->vb()) : std::nullopt; k == 3 || k == 5 || k == 9) {
      m.base = m.index = reg(n->va());
      m.shift = static_cast<uint8_t>(*k == 3 ? 1 : *k == 5 ? 2 : 3);
    } else if (shifted(d.va())) {
      m.index = reg(n->va());
      m.shift = shift_of(*n);
    } else {
      return false;
    }
  } else {
    Value a = d.va(), b = d.vb();
    if (!shifted(b)) std::swap(a, b);
    const InstData* n = shifted(b);
    if (!n || constant(a) || sinkable(a, Op::load)) return false;
    m.base = reg(a), m.index = reg(n->va());
    m.shift = shift_of(*n);
  }
  add_mem(make(MOp::kLea, {mach::def(result(i))}, size_of(d.type)), m);
  return true;
}

// One of the two is something inverted that nobody else wants.
bool Lower::and_not(Inst i, const InstData& d) {
  if (!env_.features.bmi1) return false;
  const auto inverted = [&](Value v) {
    const InstData* n = def_data(v);
    return n && n->op == Op::xor_ && small(n->vb()) == -1 && used_once(v) && !wanted_[v.n];
  };
  Value a = d.va(), b = d.vb();
  if (!inverted(a)) std::swap(a, b);
  if (!inverted(a) || constant(b)) return false;
  const VReg ra = reg(def_data(a)->va()), rb = reg(b);
  make(MOp::kAndn, {mach::def(result(i)), mach::use(ra), mach::use(rb)}, size_of(d.type));
  return true;
}

void Lower::shift(Inst i, const InstData& d, Shift op) {
  const uint8_t size = size_of(d.type);
  const VReg a = reg(d.va());
  if (const auto c = constant(d.vb())) {
    MInst& m = make(MOp::kShiftImm, {mach::use(a), mach::def_reuse(result(i), 0)}, size);
    m.x = uint8_t(op);
    m.imm = *c & (8u * size - 1);
    return;
  }
  const VReg c = reg(d.vb());
  if (env_.features.bmi2 && op != Shift::kRol && op != Shift::kRor) {
    const Shift3 x = op == Shift::kShl ? Shift3::kShlx : op == Shift::kShr ? Shift3::kShrx : Shift3::kSarx;
    make(MOp::kShift3, {mach::def(result(i)), mach::use(a), mach::use(c)}, size).x = uint8_t(x);
    return;
  }
  make(MOp::kShift, {mach::use(a), mach::use_fixed(c, reg::gp(Gp::rcx)), mach::def_reuse(result(i), 0)}, size).x =
      uint8_t(op);
}

void Lower::multiply(Inst i, const InstData& d) {
  const uint8_t size = size_of(d.type);
  if (d.op != Op::mul) {
    const VReg a = reg(d.va()), b = reg(d.vb());
    make(MOp::kMulHi,
         {mach::def_fixed(result(i), reg::gp(Gp::rdx)), mach::def_fixed(temp(d.type), reg::gp(Gp::rax)),
          mach::use_fixed(a, reg::gp(Gp::rax)), mach::use(b)},
         size)
        .x = d.op == Op::mul_hi_s;
    return;
  }
  Value a = d.va(), b = d.vb();
  if (constant(a)) std::swap(a, b);
  if (const auto c = small(b)) {
    const VReg ra = reg(a);
    // 3, 5 and 9 are an address; powers of two a shift.
    if (*c == 3 || *c == 5 || *c == 9) {
      Amode m{.base = ra, .index = ra, .shift = static_cast<uint8_t>(*c == 3 ? 1 : *c == 5 ? 2 : 3)};
      add_mem(make(MOp::kLea, {mach::def(result(i))}, size), m);
    } else if (*c > 0 && (*c & (*c - 1)) == 0) {
      MInst& m = make(MOp::kShiftImm, {mach::use(ra), mach::def_reuse(result(i), 0)}, size);
      m.x = uint8_t(Shift::kShl);
      m.imm = static_cast<uint64_t>(__builtin_ctz(static_cast<uint32_t>(*c)));
    } else {
      make(MOp::kMulImm, {mach::def(result(i)), mach::use_any(ra)}, size).imm = static_cast<uint64_t>(int64_t{*c});
    }
    return;
  }
  if (sinkable(a, Op::load) && !sinkable(b, Op::load)) std::swap(a, b);
  Inst l;
  if (const auto m = sink(b, Op::load, l)) {
    const VReg ra = reg(a);
    MInst& x = make(MOp::kMulMem, {mach::use(ra), mach::def_reuse(result(i), 0)}, size);
    add_mem(x, *m);
    note_access(x, l);
    return;
  }
  if (better_overwritten(b, a)) std::swap(a, b);
  const VReg ra = reg(a), rb = reg(b);
  make(MOp::kMul, {mach::use(ra), mach::use_any(rb), mach::def_reuse(result(i), 0)}, size);
}

// Operands: what is wanted, what is spoiled, dividend, divisor. The divisor is still read when rdx is written.
void Lower::divide(Inst i, const InstData& d) {
  const uint8_t size = size_of(d.type);
  const bool rem = d.op == Op::rem_s || d.op == Op::rem_u, is_signed = d.op == Op::div_s || d.op == Op::rem_s;
  const VReg a = reg(d.va()), b = reg(d.vb());
  const PReg rax = reg::gp(Gp::rax), rdx = reg::gp(Gp::rdx);
  const Operand high{rem ? result(i) : temp(d.type), Operand::Kind::kDef, Operand::Policy::kFixed, Operand::Pos::kEarly,
                     rdx.n};
  MInst& m = make(MOp::kDiv,
                  {high, mach::def_fixed(rem ? temp(d.type) : result(i), rax), mach::use_fixed(a, rax), mach::use_late(b)},
                  size);
  m.x = uint8_t(rem ? (is_signed ? DivKind::kRemS : DivKind::kRemU) : is_signed ? DivKind::kDivS : DivKind::kDivU);
  if (const auto c = constant(d.vb())) {
    const uint64_t minus_one = size == 4 ? 0xffffffff : ~uint64_t{0};
    if (*c != 0) m.cc |= DivSkip::kZero;
    if (*c != minus_one) m.cc |= DivSkip::kOverflow;
  }
}

void Lower::count_bits(Inst i, const InstData& d) {
  const bool leading = d.op == Op::clz;
  const VReg a = reg(d.va());
  const bool fast = leading ? env_.features.lzcnt : env_.features.bmi1;
  const Bits op = leading ? (fast ? Bits::kLzcnt : Bits::kBsr) : fast ? Bits::kTzcnt : Bits::kBsf;
  make(MOp::kBits, {mach::def(result(i)), mach::use(a)}, size_of(d.type)).x = uint8_t(op);
}

void Lower::popcount(Inst i, const InstData& d) {
  const uint8_t size = size_of(d.type);
  const VReg a = reg(d.va());
  if (env_.features.popcnt) {
    make(MOp::kBits, {mach::def(result(i)), mach::use(a)}, size).x = uint8_t(Bits::kPopcnt);
    return;
  }
  // Sums of neighbours: of bits, pairs, nibbles; then of bytes, by a multiplication.
  const ir::Type t = d.type;
  const uint64_t k = size == 4 ? 0xffffffff : ~uint64_t{0};
  const auto shifted = [&](VReg v, uint64_t by) {
    const VReg r = temp(t);
    MInst& m = make(MOp::kShiftImm, {mach::use(v), mach::def_reuse(r, 0)}, size);
    m.x = uint8_t(Shift::kShr);
    m.imm = by;
    return r;
  };
  const auto apply = [&](Alu op, VReg x, VReg y) {
    const VReg r = temp(t);
    make(MOp::kAlu, {mach::use(x), mach::use_any(y), mach::def_reuse(r, 0)}, size).x = uint8_t(op);
    return r;
  };
  const VReg m1 = imm(t, 0x5555555555555555 & k), m2 = imm(t, 0x3333333333333333 & k), m4 = imm(t, 0x0f0f0f0f0f0f0f0f & k);
  const VReg pairs = apply(Alu::kSub, a, apply(Alu::kAnd, shifted(a, 1), m1));
  const VReg nibbles = apply(Alu::kAdd, apply(Alu::kAnd, pairs, m2), apply(Alu::kAnd, shifted(pairs, 2), m2));
  const VReg bytes = apply(Alu::kAnd, apply(Alu::kAdd, nibbles, shifted(nibbles, 4)), m4);
  const VReg ones = imm(t, 0x0101010101010101 & k), sums = temp(t);
  make(MOp::kMul, {mach::use(bytes), mach::use_any(ones), mach::def_reuse(sums, 0)}, size);
  MInst& m = make(MOp::kShiftImm, {mach::use(sums), mach::def_reuse(result(i), 0)}, size);
  m.x = uint8_t(Shift::kShr);
  m.imm = 8u * size - 8;
}

void Lower::extend(Inst i, Value from, LoadKind kind) {
  const VReg a = reg(from);
  make(MOp::kExtend, {mach::def(result(i)), mach::use_any(a)}).x = uint8_t(kind);
}

// ---- conditions -----------------------------------------------------------------------------------------------

static Cond to_cond(IntCc cc) {
  switch (cc) {
    case IntCc::eq: return Cond::e;
    case IntCc::ne: return Cond::ne;
    case IntCc::lt_s: return Cond::l;
    case IntCc::lt_u: return Cond::b;
    case IntCc::gt_s: return Cond::g;
    case IntCc::gt_u: return Cond::a;
    case IntCc::le_s: return Cond::le;
    case IntCc::le_u: return WJIT_PLANTED(wrong_condition) ? Cond::b : Cond::be;
    case IntCc::ge_s: return Cond::ge;
    case IntCc::ge_u: return Cond::ae;
  }
  __builtin_unreachable();
}

// `single`: nothing else looks at v, so that what it is made of may be folded for good.
Cond Lower::condition(Value v, bool negated, bool single) {
  const InstData* d = def_data(v);
  // "x == 0" of a condition is its opposite. (Without the mid-end there are chains of them as long as the body, of which
  // each may be asked for: a few steps, then.)
  for (unsigned steps = 0; steps < kMostSteps; ++steps, ++out_.steps) {
    if (!d || d->op != Op::icmp || d->type != ir::Type::kI32 || constant(d->vb()) != 0 ||
        (d->int_cc() != IntCc::eq && d->int_cc() != IntCc::ne))
      break;
    const InstData* inner = def_data(d->va());
    if (!inner || (inner->op != Op::icmp && inner->op != Op::fcmp && !is_vec_condition(*inner))) break;
    if (d->int_cc() == IntCc::eq && !WJIT_PLANTED(lost_negation)) negated = !negated;
    single = single && uses_[v.n] <= 1;
    v = d->va();
    d = inner;
  }
  if (d && d->op == Op::icmp) {
    const bool sink_it = single && (uses_[v.n] <= 1 || f_.def(v) == now_);
    return compare_ints(*d, negated ? ir::negate(d->int_cc()) : d->int_cc(), sink_it);
  }
  if (d && d->op == Op::fcmp) return compare_floats(*d, negated);
  if (d && is_vec_condition(*d)) {
    const Cond cc = vec_condition(*d);
    return negated ? negate(cc) : cc;
  }
  if (d && d->op == Op::and_ && uses_[v.n] <= 1 && !wanted_[v.n]) {
    test_mask(*d, 4);
  } else {
    const VReg a = reg(v);
    make(MOp::kTest, {mach::use(a), mach::use(a)}, 4);
  }
  return negated ? Cond::e : Cond::ne;
}

// Whether `d`, an and, is 0: without making it.
void Lower::test_mask(const InstData& d, uint8_t size) {
  if (const auto mask = small(d.vb())) {
    const VReg x = reg(d.va());
    make(MOp::kTestImm, {mach::use(x)}, *mask >= 0 && *mask <= 0x7f ? 1 : size).imm = static_cast<uint64_t>(int64_t{*mask});
    return;
  }
  const VReg x = reg(d.va()), y = reg(d.vb());
  make(MOp::kTest, {mach::use(x), mach::use(y)}, size);
}

Cond Lower::compare_ints(const InstData& d, IntCc cc, bool may_sink) {
  Value a = d.va(), b = d.vb();
  const uint8_t size = size_of(d.type);
  if (constant(a) && !constant(b)) std::swap(a, b), cc = ir::swap_operands(cc);
  if (const auto c = small(b)) {
    if (*c == 0 && (cc == IntCc::eq || cc == IntCc::ne)) {
      if (const InstData* m = def_data(a); m && m->op == Op::and_ && uses_[a.n] <= 1) {  // (else its result is there anyway)
        test_mask(*m, size);
        return to_cond(cc);
      }
    }
    Inst l;
    if (may_sink) {
      if (const auto m = sink(a, Op::load, l)) {
        MInst& x = make(MOp::kCmpMemImm, {}, size);
        x.imm = static_cast<uint64_t>(int64_t{*c});
        add_mem(x, *m);
        note_access(x, l);
        return to_cond(cc);
      }
    }
    const VReg x = reg(a);
    if (*c == 0) {
      make(MOp::kTest, {mach::use(x), mach::use(x)}, size);
      // The sign alone, which what made x leaves in the flags, too.
      if (cc == IntCc::lt_s) return Cond::s;
      if (cc == IntCc::ge_s) return Cond::ns;
    } else {
      make(MOp::kCmpImm, {mach::use_any(x)}, size).imm = static_cast<uint64_t>(int64_t{*c});
    }
    return to_cond(cc);
  }
  if (may_sink) {
    if (sinkable(a, Op::load) && !sinkable(b, Op::load)) std::swap(a, b), cc = ir::swap_operands(cc);
    Inst l;
    if (const auto m = sink(b, Op::load, l)) {
      const VReg x = reg(a);
      MInst& i = make(MOp::kCmpMem, {mach::use(x)}, size);
      add_mem(i, *m);
      note_access(i, l);
      return to_cond(cc);
    }
  }
  const VReg x = reg(a), y = reg(b);
  make(MOp::kCmp, {mach::use(x), mach::use_any(y)}, size);
  return to_cond(cc);
}

void Lower::select(Inst i, const InstData& d) {
  Value if_true = d.vb(), if_false = d.vc();
  const VReg t = reg(if_true), e = reg(if_false);
  const Cond cc = condition(d.va(), false);
  const bool floats = !ir::is_int(d.type);
  const uint8_t size = d.type == ir::Type::kI32 || d.type == ir::Type::kF32 ? 4 : d.type == ir::Type::kV128 ? 16 : 8;
  make(floats ? MOp::kFSelect : MOp::kCmov,
       {mach::use(e), floats ? mach::use_late(t) : mach::use_any(t), mach::def_reuse(result(i), 0)}, size)
      .cc = uint8_t(cc);
}

}  // namespace wjit::x64
