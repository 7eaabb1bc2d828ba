// Integers: arithmetic, shifts, comparisons and what uses their flags.
#include <algorithm>
#include <bit>

#include "compiler/isa/a64/lower.h"
#include "compiler/isa/a64/masm.h"

namespace wjit::a64 {

using ir::Inst;
using ir::InstData;
using ir::IntCc;
using ir::Op;
using mach::MInst;

namespace {

uint8_t size_of(ir::Type t) { return t == ir::Type::kI32 ? 4 : 8; }
uint64_t mask_of(uint8_t size) { return size == 4 ? 0xffffffff : ~uint64_t{0}; }
W width(uint8_t size) { return W(size); }
// How many ones it is, if it is ones at the low end and nothing else; else 0.
unsigned low_ones(uint64_t v) { return (v & (v + 1)) == 0 ? static_cast<unsigned>(std::popcount(v)) : 0; }

Cc to_cc(IntCc cc) {
  switch (cc) {
    case IntCc::eq: return Cc::eq;
    case IntCc::ne: return Cc::ne;
    case IntCc::lt_s: return Cc::lt;
    case IntCc::lt_u: return Cc::lo;
    case IntCc::gt_s: return Cc::gt;
    case IntCc::gt_u: return Cc::hi;
    case IntCc::le_s: return Cc::le;
    case IntCc::le_u: return Cc::ls;
    case IntCc::ge_s: return Cc::ge;
    case IntCc::ge_u: return Cc::hs;
  }
  __builtin_unreachable();
}

}  // namespace

bool Lower::lower_int(Inst i, const InstData& d) {
  switch (d.op) {
    case Op::add: add(i, d, false); return true;
    case Op::sub: add(i, d, true); return true;
    case Op::and_:
      if (!bits_of(i, d)) logic(i, d, Logic::kAnd, Logic::kBic);
      return true;
    case Op::or_: logic(i, d, Logic::kOrr, Logic::kOrn); return true;
    case Op::xor_: logic(i, d, Logic::kEor, Logic::kEon); return true;
    case Op::shl: case Op::shr_s: case Op::shr_u: shift(i, d); return true;
    case Op::rotl: case Op::rotr: rotate(i, d); return true;
    case Op::mul: case Op::mul_hi_s: case Op::mul_hi_u: multiply(i, d); return true;
    case Op::div_s: case Op::div_u: case Op::rem_s: case Op::rem_u: divide(i, d); return true;
    case Op::clz: unary(i, Unary::kClz, d.va(), size_of(d.type)); return true;
    case Op::ctz: {
      const VReg a = reg(d.va()), reversed = temp(d.type);
      make(MOp::kUnary, {mach::def(reversed), mach::use(a)}, size_of(d.type)).x = uint8_t(Unary::kRbit);
      make(MOp::kUnary, {mach::def(result(i)), mach::use(reversed)}, size_of(d.type)).x = uint8_t(Unary::kClz);
      return true;
    }
    case Op::popcnt: {
      const VReg a = reg(d.va());
      make(MOp::kPopcnt, {mach::def(result(i)), mach::def_early(temp(ir::Type::kF64)), mach::use_late(a)}, size_of(d.type));
      return true;
    }
    case Op::extend8_s: unary(i, Unary::kSxtb, d.va(), size_of(d.type)); return true;
    case Op::extend16_s: unary(i, Unary::kSxth, d.va(), size_of(d.type)); return true;
    case Op::extend_s: {
      const VReg a = reg(d.va());
      make(MOp::kExtend, {mach::def(result(i)), mach::use_any(a)}).x = uint8_t(LoadKind::kSign32To64);
      return true;
    }
    case Op::wrap: {  // one that find_extended wants
      const VReg a = reg(d.va());
      zero_extend(result(i), a);
      return true;
    }
    case Op::icmp: case Op::fcmp: {
      const Cc cc = condition(f_.result(i), false);
      make(MOp::kCset, {mach::def(result(i))}).cc = uint8_t(cc);
      return true;
    }
    case Op::select: select(i, d); return true;
    default: return false;
  }
}

void Lower::with_shift(MInst& i, const Shifted& s) {
  i.disp = int32_t(s.shift);
  i.imm = s.amount;
}

void Lower::unary(Inst i, Unary op, Value v, uint8_t size) {
  const VReg a = reg(v);
  make(MOp::kUnary, {mach::def(result(i)), mach::use(a)}, size).x = uint8_t(op);
}

void Lower::add(Inst i, const InstData& d, bool subtract) {
  const uint8_t size = size_of(d.type);
  Value a = d.va(), b = d.vb();
  if (!subtract && constant(a)) std::swap(a, b);
  if (const auto c = constant(b)) {
    const uint64_t value = subtract ? (0 - *c) & mask_of(size) : *c, negated = (0 - value) & mask_of(size);
    if (Masm::is_add_immediate(value) || Masm::is_add_immediate(negated)) {
      const bool add_it = Masm::is_add_immediate(value);
      const VReg ra = reg(a);
      MInst& m = make(MOp::kAddImm, {mach::def(result(i)), mach::use(ra)}, size);
      m.x = uint8_t(add_it ? Add::kAdd : Add::kSub);
      m.imm = add_it ? value : negated;
      return;
    }
  }
  if (subtract && constant(a) == 0) {
    const Shifted s = shifted(b);
    const VReg rb = reg(s.value);
    with_shift(make(MOp::kNeg, {mach::def(result(i)), mach::use(rb)}, size), s);
    return;
  }
  if (multiply_add(i, d, subtract)) return;
  // An i32, with its sign, to something of 64 bits.
  if (size == 8 && !subtract && own(a, Op::extend_s) && !own(b, Op::extend_s)) std::swap(a, b);
  if (const InstData* e = size == 8 ? own(b, Op::extend_s) : nullptr) {
    const VReg ra = reg(a), rb = reg(e->va());
    MInst& m = make(MOp::kAddExt, {mach::def(result(i)), mach::use(ra), mach::use(rb)}, size);
    m.x = uint8_t(subtract ? Add::kSub : Add::kAdd);
    m.disp = int32_t(Extend::kSxtw);
    return;
  }
  Shifted s = shifted(b);
  if (!subtract && s.amount == 0) {
    if (const Shifted other = shifted(a); other.amount != 0) s = other, a = b;
  }
  const VReg ra = reg(a), rb = reg(s.value);
  MInst& m = make(MOp::kAdd, {mach::def(result(i)), mach::use(ra), mach::use(rb)}, size);
  m.x = uint8_t(subtract ? Add::kSub : Add::kAdd);
  with_shift(m, s);
}

// a + b * c, a - b * c.
bool Lower::multiply_add(Inst i, const InstData& d, bool subtract) {
  Value addend = d.va(), product = d.vb();
  if (!subtract && !own(product, Op::mul)) std::swap(addend, product);
  const InstData* p = own(product, Op::mul);
  if (!p) return false;
  if (const auto c = constant(p->vb()); c && std::has_single_bit(*c)) return false;  // a shift
  const VReg x = reg(p->va()), y = reg(p->vb()), z = reg(addend);
  make(MOp::kMulAdd, {mach::def(result(i)), mach::use(x), mach::use(y), mach::use(z)}, size_of(d.type)).x = subtract;
  return true;
}

// (x >> n) & ones: the bits in between; x & ones, shifted, is shift()'s.
bool Lower::bits_of(Inst i, const InstData& d) {
  const uint8_t size = size_of(d.type);
  const auto mask = constant(d.vb());
  const InstData* s = own(d.va(), Op::shr_u);
  if (!mask || !s) return false;
  const unsigned ones = low_ones(*mask);
  const auto by = constant(s->vb());
  const unsigned bits = 8u * size, low = by ? static_cast<unsigned>(*by & (bits - 1)) : 0;
  if (!by || ones == 0 || low == 0 || low + ones > bits) return false;
  const VReg a = reg(s->va());
  MInst& m = make(MOp::kBitfield, {mach::def(result(i)), mach::use(a)}, size);
  m.x = uint8_t(Bitfield::kUbfx);
  m.imm = low;
  m.disp = int32_t(ones);
  return true;
}

void Lower::logic(Inst i, const InstData& d, Logic op, Logic inverted) {
  const uint8_t size = size_of(d.type);
  Value a = d.va(), b = d.vb();
  if (constant(a)) std::swap(a, b);
  const auto is_not = [&](const InstData* n) { return n && constant(n->vb()) == mask_of(size); };
  if (const auto c = constant(b)) {
    if (op == Logic::kEor && *c == mask_of(size)) {
      const Shifted s = shifted(a);
      const VReg ra = reg(s.value);
      with_shift(make(MOp::kNot, {mach::def(result(i)), mach::use(ra)}, size), s);
      return;
    }
    if (Masm::is_logic_immediate(width(size), *c)) {
      const VReg ra = reg(a);
      MInst& m = make(MOp::kLogicImm, {mach::def(result(i)), mach::use(ra)}, size);
      m.x = uint8_t(op);
      m.imm = *c;
      return;
    }
  }
  if (is_not(own(a, Op::xor_)) && !is_not(own(b, Op::xor_))) std::swap(a, b);
  if (const InstData* n = own(b, Op::xor_); is_not(n)) {
    op = inverted;
    b = n->va();
  } else if (shifted(a).amount != 0 && shifted(b).amount == 0) {
    std::swap(a, b);
  }
  const Shifted s = shifted(b);
  const VReg ra = reg(a), rb = reg(s.value);
  MInst& m = make(MOp::kLogic, {mach::def(result(i)), mach::use(ra), mach::use(rb)}, size);
  m.x = uint8_t(op);
  with_shift(m, s);
}

void Lower::shift(Inst i, const InstData& d) {
  const uint8_t size = size_of(d.type);
  const unsigned bits = 8u * size;
  const Binary by_register = d.op == Op::shl ? Binary::kLsl : d.op == Op::shr_u ? Binary::kLsr : Binary::kAsr;
  const auto c = constant(d.vb());
  if (!c) {
    const VReg a = reg(d.va()), b = reg(d.vb());
    make(MOp::kBinary, {mach::def(result(i)), mach::use(a), mach::use(b)}, size).x = uint8_t(by_register);
    return;
  }
  const unsigned by = static_cast<unsigned>(*c & (bits - 1));
  const auto bitfield = [&](Bitfield op, Value of, unsigned low, unsigned wide) {
    const VReg a = reg(of);
    MInst& m = make(MOp::kBitfield, {mach::def(result(i)), mach::use(a)}, size);
    m.x = uint8_t(op);
    m.imm = low;
    m.disp = int32_t(wide);
  };
  if (d.op != Op::shl) {
    // (x << n) >> m: bits of x, from m - n on.
    if (const InstData* l = own(d.va(), Op::shl)) {
      const auto left = constant(l->vb());
      const unsigned n = left ? static_cast<unsigned>(*left & (bits - 1)) : 0;
      if (left && n != 0 && by >= n)
        return bitfield(d.op == Op::shr_s ? Bitfield::kSbfx : Bitfield::kUbfx, l->va(), by - n, bits - by);
    }
  } else if (const InstData* m = own(d.va(), Op::and_); m && by != 0) {
    const auto mask = constant(m->vb());
    const unsigned ones = mask ? low_ones(*mask) : 0;
    if (ones != 0 && ones + by <= bits) return bitfield(Bitfield::kUbfiz, m->va(), by, ones);
  }
  const VReg a = reg(d.va());
  MInst& m = make(MOp::kShiftImm, {mach::def(result(i)), mach::use(a)}, size);
  m.x = uint8_t(d.op == Op::shl ? Shift::kLsl : d.op == Op::shr_u ? Shift::kLsr : Shift::kAsr);
  m.imm = by;
}

void Lower::rotate(Inst i, const InstData& d) {
  const uint8_t size = size_of(d.type);
  const uint64_t bits = 8u * size;
  if (const auto c = constant(d.vb())) {
    const VReg a = reg(d.va());
    MInst& m = make(MOp::kShiftImm, {mach::def(result(i)), mach::use(a)}, size);
    m.x = uint8_t(Shift::kRor);
    m.imm = (d.op == Op::rotl ? bits - (*c & (bits - 1)) : *c) & (bits - 1);
    return;
  }
  const VReg a = reg(d.va());
  VReg b = reg(d.vb());
  if (d.op == Op::rotl) {  // to the right, by what is missing: modulo the width
    const VReg missing = temp(d.type);
    make(MOp::kNeg, {mach::def(missing), mach::use(b)}, size);
    b = missing;
  }
  make(MOp::kBinary, {mach::def(result(i)), mach::use(a), mach::use(b)}, size).x = uint8_t(Binary::kRor);
}

void Lower::multiply(Inst i, const InstData& d) {
  const uint8_t size = size_of(d.type);
  Value a = d.va(), b = d.vb();
  if (d.op != Op::mul) {
    const VReg ra = reg(a), rb = reg(b);
    make(MOp::kMulHi, {mach::def(result(i)), mach::use(ra), mach::use(rb)}, size).x = d.op == Op::mul_hi_s;
    return;
  }
  if (constant(a)) std::swap(a, b);
  if (const auto c = constant(b)) {
    // Powers of two, and those with one more: a shift, a shifted addition.
    if (std::has_single_bit(*c)) {
      const VReg ra = reg(a);
      MInst& m = make(MOp::kShiftImm, {mach::def(result(i)), mach::use(ra)}, size);
      m.x = uint8_t(Shift::kLsl);
      m.imm = static_cast<uint64_t>(std::countr_zero(*c));
      return;
    }
    if (*c > 1 && std::has_single_bit(*c - 1)) {
      const VReg ra = reg(a);
      MInst& m = make(MOp::kAdd, {mach::def(result(i)), mach::use(ra), mach::use(ra)}, size);
      m.x = uint8_t(Add::kAdd);
      m.disp = int32_t(RegShift::kLsl);
      m.imm = static_cast<uint64_t>(std::countr_zero(*c - 1));
      return;
    }
  }
  const VReg ra = reg(a), rb = reg(b);
  make(MOp::kBinary, {mach::def(result(i)), mach::use(ra), mach::use(rb)}, size).x = uint8_t(Binary::kMul);
}

void Lower::divide(Inst i, const InstData& d) {
  const uint8_t size = size_of(d.type);
  const bool rem = d.op == Op::rem_s || d.op == Op::rem_u, is_signed = d.op == Op::div_s || d.op == Op::rem_s;
  const VReg a = reg(d.va()), b = reg(d.vb());
  MInst& m = make(MOp::kDiv, {mach::def(result(i)), mach::use(a), mach::use(b)}, size);
  m.x = uint8_t(rem ? (is_signed ? DivKind::kRemS : DivKind::kRemU) : is_signed ? DivKind::kDivS : DivKind::kDivU);
  if (const auto c = constant(d.vb())) {
    if (*c != 0) m.cc |= DivSkip::kZero;
    if (*c != mask_of(size)) m.cc |= DivSkip::kOverflow;
  }
}

// ---- conditions -----------------------------------------------------------------------------------------------------

Lower::Test Lower::test(Value v, bool negated, bool may_skip_flags) {
  const InstData* d = def_data(v);
  // "x == 0" of a condition is its opposite. (A few steps: see x64's.)
  for (unsigned steps = 0; steps < kMostSteps; ++steps, ++out_.steps) {
    if (!d || d->op != Op::icmp || d->type != ir::Type::kI32 || constant(d->vb()) != 0 ||
        (d->int_cc() != IntCc::eq && d->int_cc() != IntCc::ne))
      break;
    const InstData* inner = def_data(d->va());
    if (!inner || (inner->op != Op::icmp && inner->op != Op::fcmp)) break;
    if (d->int_cc() == IntCc::eq) negated = !negated;
    v = d->va();
    d = inner;
  }
  if (d && d->op == Op::icmp) return compare_ints(*d, negated ? ir::negate(d->int_cc()) : d->int_cc(), may_skip_flags);
  if (d && d->op == Op::fcmp) {
    const Cc cc = compare_floats(*d);
    return {.cc = negated ? negate(cc) : cc};
  }
  return compare_to_zero(v, 4, !negated, may_skip_flags);
}

// v != 0, or, if not `set`, v == 0.
Lower::Test Lower::compare_to_zero(Value v, uint8_t size, bool set, bool may_skip_flags) {
  const InstData* d = def_data(v);
  if (d && d->op == Op::and_ && uses_[v.n] <= 1 && !wanted_[v.n]) {
    const auto mask = constant(d->vb());
    if (may_skip_flags && mask && std::has_single_bit(*mask)) {
      const VReg a = reg(d->va());
      return {.kind = Test::Kind::kBit, .set = set, .size = size, .bit = static_cast<uint8_t>(std::countr_zero(*mask)), .of = a};
    }
    test_mask(*d, size);
    return {.cc = set ? Cc::ne : Cc::eq};
  }
  const VReg a = reg(v);
  if (may_skip_flags) return {.kind = Test::Kind::kZero, .set = set, .size = size, .bit = 0, .of = a};
  make(MOp::kCmpImm, {mach::use(a)}, size);
  return {.cc = set ? Cc::ne : Cc::eq};
}

// Whether `d`, an and, is 0: without making it.
void Lower::test_mask(const InstData& d, uint8_t size) {
  const VReg x = reg(d.va());
  if (const auto mask = constant(d.vb()); mask && Masm::is_logic_immediate(width(size), *mask)) {
    make(MOp::kTestImm, {mach::use(x)}, size).imm = *mask;
    return;
  }
  const VReg y = reg(d.vb());
  make(MOp::kTest, {mach::use(x), mach::use(y)}, size);
}

Lower::Test Lower::compare_ints(const InstData& d, IntCc cc, bool may_skip_flags) {
  Value a = d.va(), b = d.vb();
  const uint8_t size = size_of(d.type);
  if (constant(a) && !constant(b)) std::swap(a, b), cc = ir::swap_operands(cc);
  if (const auto c = constant(b)) {
    if (*c == 0 && (cc == IntCc::eq || cc == IntCc::ne)) return compare_to_zero(a, size, cc == IntCc::ne, may_skip_flags);
    if (*c == 0 && may_skip_flags && (cc == IntCc::lt_s || cc == IntCc::ge_s)) {
      const VReg x = reg(a);
      return {.kind = Test::Kind::kBit, .set = cc == IntCc::lt_s, .size = size, .bit = static_cast<uint8_t>(8 * size - 1), .of = x};
    }
    const uint64_t negated = (0 - *c) & mask_of(size);
    if (Masm::is_add_immediate(*c) || Masm::is_add_immediate(negated)) {
      const VReg x = reg(a);
      MInst& m = make(MOp::kCmpImm, {mach::use(x)}, size);
      m.x = !Masm::is_add_immediate(*c);
      m.imm = m.x ? negated : *c;
      return {.cc = to_cc(cc)};
    }
  }
  Shifted s = shifted(b);
  if (s.amount == 0) {
    if (const Shifted other = shifted(a); other.amount != 0) s = other, a = b, cc = ir::swap_operands(cc);
  }
  const VReg x = reg(a), y = reg(s.value);
  with_shift(make(MOp::kCmp, {mach::use(x), mach::use(y)}, size), s);
  return {.cc = to_cc(cc)};
}

void Lower::select(Inst i, const InstData& d) {
  const Value if_true = d.vb(), if_false = d.vc();
  if (ir::is_int(d.type)) {
    const bool zero_true = constant(if_true) == 0, zero_false = constant(if_false) == 0;
    std::vector<Operand> operands = {mach::def(result(i))};
    if (!zero_true) operands.push_back(mach::use(reg(if_true)));
    if (!zero_false) operands.push_back(mach::use(reg(if_false)));
    const Cc cc = condition(d.va(), false);
    MInst& m = make(MOp::kCsel, operands, size_of(d.type));
    m.cc = uint8_t(cc);
    m.x = static_cast<uint8_t>((zero_true ? Zeros::kFirst : 0) | (zero_false ? Zeros::kSecond : 0));
    return;
  }
  const VReg t = reg(if_true), e = reg(if_false);
  const Cc cc = condition(d.va(), false);
  if (d.type == ir::Type::kV128)
    make(MOp::kFCselWide, {mach::use_late(t), mach::use(e), mach::def_reuse(result(i), 1)}, 16).cc = uint8_t(cc);
  else
    make(MOp::kFCsel, {mach::def(result(i)), mach::use(t), mach::use(e)}, static_cast<uint8_t>(ir::bytes_of(d.type))).cc =
        uint8_t(cc);
}

}  // namespace wjit::a64
