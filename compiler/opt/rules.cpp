#include "compiler/opt/rules.h"

#include "compiler/ireval/numeric.h"
#include "compiler/opt/known_bits.h"
#include "compiler/opt/rewriter.h"
#include "compiler/support/plant.h"

namespace wjit::opt {

namespace {

using ir::IntCc;
using ir::Op;

bool commutes(Op op) {
  switch (op) {
    case Op::add: case Op::mul: case Op::and_: case Op::or_: case Op::xor_: case Op::mul_hi_s: case Op::mul_hi_u:
      return true;
    default: return false;
  }
}

class Rules : Rewriter {
 public:
  using Rewriter::Rewriter;

  Rewritten apply() {
    if (Rewritten r = fold(); r.kind != Rewritten::kNot) return r;
    switch (d_.format()) {
      case ir::Format::kBinary: return ir::is_int(d_.type) ? two_operands() : kNothing;
      case ir::Format::kCompare: return d_.op == Op::icmp ? compare() : kNothing;
      case ir::Format::kUnary: return one_operand();
      case ir::Format::kSelect: return select();
      case ir::Format::kLoad: return address();
      case ir::Format::kStore: return store();
      case ir::Format::kBranch: case ir::Format::kCheck: return condition();
      default: return kNothing;
    }
  }

 private:
  // ---- constant operands
  Rewritten fold() {
    const ir::Effects e = ir::info(d_.op).effects;
    if (e != ir::Effects::kPure && e != ir::Effects::kTrap) return kNothing;
    Value operands[3];
    unsigned count = 0;
    switch (d_.format()) {
      case ir::Format::kUnary: case ir::Format::kConvert: operands[count++] = d_.va(); break;
      case ir::Format::kBinary: case ir::Format::kCompare:
        operands[count++] = d_.va(), operands[count++] = d_.vb();
        break;
      default: return kNothing;
    }
    ireval::Bits values[3];
    for (unsigned k = 0; k < count; ++k) {
      const InstData* c = def(operands[k]);
      if (!c || (c->op != Op::iconst && c->op != Op::fconst)) return kNothing;
      values[k] = {};
      values[k].lo = c->imm();
    }
    const Type result = f_.type(f_.result(i_));
    // Which NaN arithmetic gives is the machine's choice, and the other tiers' too: it is not made here.
    if (ir::is_float(result) && d_.op != Op::bitcast) return kNothing;
    ireval::Bits out{};
    if (ireval::compute(d_, {values, count}, out).stops()) return kNothing;  // a trap stays where it is
    if (ir::is_float(result)) return become_float(result, out.lo);
    return become_const(result, out.lo);
  }

  // ---- integers
  Rewritten two_operands() {
    const Type t = d_.type;
    uint64_t c;
    if (commutes(d_.op) && is_const(d_.va(), &c) && !is_const(d_.vb(), &c)) {
      InstData s = d_;
      std::swap(s.a, s.b);
      f_.inst(i_) = s;
      return kChanged;
    }
    if (is_const(d_.vb(), &c)) return with_constant(t, c);
    if (d_.va() == d_.vb()) {
      if (d_.op == Op::sub || d_.op == Op::xor_) return become_const(t, 0);
      if (d_.op == Op::and_ || d_.op == Op::or_) return is(d_.va());
    }
    uint64_t zero;
    if (is_const(d_.va(), &zero) && zero == 0) {
      switch (d_.op) {
        case Op::shl: case Op::shr_s: case Op::shr_u: case Op::rotl: case Op::rotr: return is(d_.va());
        default: break;
      }
    }
    return kNothing;
  }

  Rewritten with_constant(Type t, uint64_t c) {
    const Value a = d_.va();
    const uint64_t ones = mask(t);
    switch (d_.op) {
      case Op::add:
        if (c == 0) return is(a);
        return sum(t, c);
      case Op::sub: {
        if (c == 0) return is(a);
        const Value negative = constant(t, 0 - c);
        return become({.op = Op::add, .type = t, .a = a.n, .b = negative.n});
      }
      case Op::mul:
        if (c == 0) return become_const(t, 0);
        if (c == 1) return is(a);
        if (std::has_single_bit(c)) {
          const Value by = constant(t, static_cast<uint64_t>(std::countr_zero(c)));
          return become({.op = Op::shl, .type = t, .a = a.n, .b = by.n});
        }
        return kNothing;
      case Op::and_:
        if (c == 0) return become_const(t, 0);
        if ((maybe_ones(f_, a) & ~c) == 0) return is(a);
        if (t == Type::kI64 && c == 0xffffffff) return become(Op::extend_u, t, unary(Op::wrap, Type::kI32, a));
        if (Rewritten r = mask_of_shift(t, c); r.kind != Rewritten::kNot) return r;
        return same_again(t, c, Op::and_, [](uint64_t x, uint64_t y) { return x & y; });
      case Op::or_:
        if (c == 0) return is(a);
        if (c == ones) return become_const(t, ones);
        return same_again(t, c, Op::or_, [](uint64_t x, uint64_t y) { return x | y; });
      case Op::xor_:
        if (c == 0) return is(a);
        if (Rewritten r = opposite(c); r.kind != Rewritten::kNot) return r;
        return same_again(t, c, Op::xor_, [](uint64_t x, uint64_t y) { return x ^ y; });
      case Op::shl: case Op::shr_s: case Op::shr_u: case Op::rotl: case Op::rotr:
        if ((c & (bits(t) - 1)) == 0) return is(a);
        return shift_of_shift(t, c);
      case Op::div_u:
        if (c == 1) return is(a);
        if (std::has_single_bit(c)) {
          const Value by = constant(t, static_cast<uint64_t>(std::countr_zero(c)));
          return become({.op = Op::shr_u, .type = t, .a = a.n, .b = by.n});
        }
        return divide(c);
      case Op::rem_u:
        if (std::has_single_bit(c)) {
          const Value m = constant(t, WJIT_PLANTED(wrong_remainder) ? c : c - 1);
          return become({.op = Op::and_, .type = t, .a = a.n, .b = m.n});
        }
        return divide(c);
      case Op::div_s:
        if (c == 1) return is(a);
        return divide(c);
      case Op::rem_s:
        if (c == 1 || c == ones) return become_const(t, 0);
        return divide(c);
      default: return kNothing;
    }
  }

  Rewritten divide(uint64_t c) {
    if (c == 0 || c == mask(d_.type)) return kNothing;  // may trap
    return divide_by_constant(f_, i_, c, made_);
  }

  // Of a number's low bits, shifted to the left: the mask first. It is an extension then, and the shift an address's.
  Rewritten mask_of_shift(Type t, uint64_t c) {
    uint64_t by;
    const InstData* a = def(d_.va(), Op::shl);
    if (!a || !is_const(a->vb(), &by) || by == 0 || by > 3) return kNothing;
    const uint64_t low = c >> by;
    if (low << by != c || (low != 0xff && low != 0xffff)) return kNothing;
    const Value x = f_.resolve(a->va());
    return become(Op::shl, t, binary(Op::and_, t, x, low), by);
  }

  // b ^ 1 of a boolean
  Rewritten opposite(uint64_t c) {
    const InstData* a = def(d_.va(), Op::icmp);
    if (c != 1 || !a) return kNothing;
    InstData n = *a;
    n.aux = static_cast<uint16_t>(ir::negate(a->int_cc()));
    return become(n);
  }

  // There and back is an extension; twice the same way is once.
  Rewritten shift_of_shift(Type t, uint64_t c) {
    uint64_t inner;
    const InstData* a = def(d_.va());
    if (!a || a->type != t || a->format() != ir::Format::kBinary || !is_const(a->vb(), &inner)) return kNothing;
    const unsigned n = bits(t);
    c &= n - 1, inner &= n - 1;
    const Value x = f_.resolve(a->va());
    if (a->op == Op::shl && c == inner) {
      if (d_.op == Op::shr_u) return become(Op::and_, t, x, mask(t) >> c);
      if (d_.op == Op::shr_s && c == n - 8) return become(Op::extend8_s, t, x);
      if (d_.op == Op::shr_s && c == n - 16) return become(Op::extend16_s, t, x);
      if (d_.op == Op::shr_s && n == 64 && c == 32) return become(Op::extend_s, t, unary(Op::wrap, Type::kI32, x));
    }
    if (a->op == d_.op && (d_.op == Op::shl || d_.op == Op::shr_u)) {
      if (c + inner >= n) return become_const(t, 0);
      return become(d_.op, t, x, c + inner);
    }
    return kNothing;
  }

  // (x + c1) + c2
  Rewritten sum(Type t, uint64_t c) {
    uint64_t inner;
    const InstData* a = def(d_.va(), Op::add);
    if (!a || !is_const(a->vb(), &inner)) return kNothing;
    const uint32_t x = a->a;
    const Value both = constant(t, WJIT_PLANTED(wrong_sum) ? inner : inner + c);
    return become({.op = Op::add, .type = t, .a = x, .b = both.n});
  }
  template <class F>
  Rewritten same_again(Type t, uint64_t c, Op op, F both) {
    uint64_t inner;
    const InstData* a = def(d_.va(), op);
    if (!a || !is_const(a->vb(), &inner)) return kNothing;
    const uint32_t x = a->a;
    const Value k = constant(t, both(inner, c));
    return become({.op = op, .type = t, .a = x, .b = k.n});
  }

  Rewritten one_operand() {
    const InstData* a = def(d_.va());
    if (!a) return kNothing;
    switch (d_.op) {
      case Op::wrap:
        if (a->op == Op::extend_u || a->op == Op::extend_s) return is(f_.resolve(a->va()));
        break;
      case Op::extend8_s: case Op::extend16_s:
        if (a->op == d_.op || (maybe_ones(f_, d_.va()) & ~uint64_t{d_.op == Op::extend8_s ? 0x7fu : 0x7fffu}) == 0)
          return is(d_.va());
        break;
      case Op::extend_s:
        if ((maybe_ones(f_, d_.va()) >> 31) == 0) return become(Op::extend_u, Type::kI64, d_.va());
        break;
      case Op::extend_u:
        if (a->op == Op::wrap && maybe_ones(f_, f_.resolve(a->va())) >> 32 == 0) return is(f_.resolve(a->va()));
        return extended(*a);
      default: break;
    }
    return kNothing;
  }

  // What cannot leave 32 bits is computed in 64: an address then takes its constant, or its shift. What is made is not
  // looked at again by others, so a shift below a sum is seen to here.
  Rewritten extended(const InstData a) {  // a copy: rules make instructions
    uint64_t c;
    if (!stays_in_32(a, &c)) return kNothing;
    Value x = f_.resolve(a.va());
    uint64_t by;
    if (const InstData* s = def(x, Op::shl); a.op == Op::add && s && stays_in_32(*s, &by))
      x = binary(Op::shl, Type::kI64, unary(Op::extend_u, Type::kI64, f_.resolve(s->va())), by);
    else
      x = unary(Op::extend_u, Type::kI64, x);
    return become(a.op, Type::kI64, x, c);
  }
  bool stays_in_32(const InstData& a, uint64_t* c) const {
    if ((a.op != Op::add && a.op != Op::shl) || !is_const(a.vb(), c)) return false;
    const Value x = f_.resolve(a.va());
    if (def(x, Op::iconst)) return false;
    const uint64_t most = maybe_ones(f_, x);
    return a.op == Op::add ? (*c >> 31) == 0 && most + *c <= 0xffffffff : (*c &= 31) <= 3 && most << *c <= 0xffffffff;
  }

  // ---- comparisons and conditions
  Rewritten compare() {
    const Type t = d_.type;
    uint64_t c;
    if (is_const(d_.va(), &c) && !is_const(d_.vb(), &c)) {
      InstData s = d_;
      std::swap(s.a, s.b);
      s.aux = static_cast<uint16_t>(ir::swap_operands(d_.int_cc()));
      return become(s);
    }
    const IntCc cc = d_.int_cc();
    if (d_.va() == d_.vb())
      return become_const(Type::kI32, cc == IntCc::eq || cc == IntCc::le_s || cc == IntCc::le_u || cc == IntCc::ge_s ||
                                          cc == IntCc::ge_u);
    if (!is_const(d_.vb(), &c)) return overflow(cc);
    if (Rewritten r = out_of_reach(cc, c); r.kind != Rewritten::kNot) return r;
    if (c == 1 && (cc == IntCc::lt_u || cc == IntCc::ge_u)) return with_zero(cc == IntCc::lt_u);
    if (c != 0) return kNothing;
    if (cc == IntCc::gt_u || cc == IntCc::le_u) return with_zero(cc == IntCc::le_u);
    if (cc == IntCc::lt_u) return become_const(Type::kI32, 0);
    if (cc == IntCc::ge_u) return become_const(Type::kI32, 1);
    // What is 0 or 1 compared with 0.
    if (t == Type::kI32 && (cc == IntCc::eq || cc == IntCc::ne)) {
      if (cc == IntCc::ne && maybe_ones(f_, d_.va()) <= 1) return is(d_.va());
      const InstData* a = def(d_.va());
      if (a && (a->op == Op::icmp || a->op == Op::fcmp)) {
        if (cc == IntCc::ne) return is(d_.va());
        if (a->op == Op::icmp) {
          InstData n = *a;
          n.aux = static_cast<uint16_t>(ir::negate(a->int_cc()));
          return become(n);
        }
      }
    }
    // x - y == 0, x ^ y == 0
    if (cc == IntCc::eq || cc == IntCc::ne) {
      const InstData* a = def(d_.va());
      if (a && a->type == t && (a->op == Op::sub || a->op == Op::xor_))
        return become({.op = Op::icmp, .type = t, .aux = d_.aux, .a = a->a, .b = a->b});
    }
    return kNothing;
  }

  Rewritten with_zero(bool equal) {
    const Value zero = constant(d_.type, 0);
    return become({.op = Op::icmp, .type = d_.type, .aux = static_cast<uint16_t>(equal ? IntCc::eq : IntCc::ne),
                   .a = d_.a, .b = zero.n});
  }
  // x + c < x, unsigned, is x + c < c: the sum wraps, and x need not be kept.
  Rewritten overflow(IntCc cc) {
    const auto sum_of = [&](Value sum, Value x, uint64_t* c) {
      const InstData* a = def(sum, Op::add);
      return a && f_.resolve(a->va()) == x && is_const(a->vb(), c) && *c != 0;
    };
    uint64_t c;
    InstData n = d_;
    if (sum_of(d_.va(), d_.vb(), &c)) {
      if (cc != IntCc::lt_u && cc != IntCc::ge_u) return kNothing;
    } else if (sum_of(d_.vb(), d_.va(), &c)) {
      if (cc != IntCc::gt_u && cc != IntCc::le_u) return kNothing;
      n.a = d_.b;
      n.aux = static_cast<uint16_t>(ir::swap_operands(cc));
    } else {
      return kNothing;
    }
    n.b = constant(d_.type, c).n;
    return become(n);
  }

  // Compared with what no value of these bits can be.
  Rewritten out_of_reach(IntCc cc, uint64_t c) {
    const uint64_t most = maybe_ones(f_, d_.va());
    switch (cc) {
      case IntCc::eq: return (c & ~most) != 0 ? become_const(Type::kI32, 0) : kNothing;
      case IntCc::ne: return (c & ~most) != 0 ? become_const(Type::kI32, 1) : kNothing;
      case IntCc::lt_u: return most < c ? become_const(Type::kI32, 1) : kNothing;
      case IntCc::le_u: return most <= c ? become_const(Type::kI32, 1) : kNothing;
      case IntCc::gt_u: return most <= c ? become_const(Type::kI32, 0) : kNothing;
      case IntCc::ge_u: return most < c ? become_const(Type::kI32, 0) : kNothing;
      default: return kNothing;
    }
  }

  Rewritten select() {
    if (d_.vb() == d_.vc()) return is(d_.vb());
    uint64_t c;
    if (is_const(d_.va(), &c)) return is(c != 0 ? d_.vb() : d_.vc());
    // A choice of 1 and 0 is the condition.
    uint64_t yes, no;
    if (d_.type == Type::kI32 && is_const(d_.vb(), &yes) && is_const(d_.vc(), &no) && yes + no == 1) {
      if (yes == 1 && maybe_ones(f_, d_.va()) <= 1) return is(d_.va());
      const Value zero = constant(Type::kI32, 0);
      return become({.op = Op::icmp, .type = Type::kI32, .aux = static_cast<uint16_t>(yes ? IntCc::ne : IntCc::eq),
                     .a = d_.a, .b = zero.n});
    }
    if (const Value x = truth(d_.va()); x != d_.va()) {
      InstData s = d_;
      s.a = x.n;
      return become(s);
    }
    return kNothing;
  }
  // "x != 0" as a condition is x.
  Value truth(Value v) const {
    uint64_t c;
    const InstData* a = def(v, Op::icmp);
    while (a && a->type == Type::kI32 && a->int_cc() == IntCc::ne && is_const(a->vb(), &c) && c == 0) {
      v = f_.resolve(a->va());
      a = def(v, Op::icmp);
    }
    return v;
  }
  Rewritten condition() {
    uint64_t c;
    if ((d_.op == Op::trap_if || d_.op == Op::trap_unless) && is_const(d_.va(), &c))
      return (c != 0) == (d_.op == Op::trap_if) ? kNothing : Rewritten{Rewritten::kGone, {}};
    if (d_.op == Op::fuel_by) return kNothing;
    const Value x = truth(d_.va());
    if (x == d_.va()) return kNothing;
    InstData s = d_;
    s.a = x.n;
    return become(s);
  }

  // Of a number that is stored in part, a mask or an extension that leaves this part alone says nothing.
  Rewritten store() {
    const uint64_t part = d_.op == Op::store8    ? 0xff
                          : d_.op == Op::store16 ? 0xffff
                          : d_.op == Op::store32 ? 0xffffffff
                                                 : 0;
    uint64_t c;
    const InstData* v = part != 0 ? def(d_.vb()) : nullptr;
    if (v && ((v->op == Op::and_ && is_const(v->vb(), &c) && (c & part) == part) || v->op == Op::extend16_s ||
              (v->op == Op::extend8_s && part == 0xff)) &&
        !(v->op == Op::extend16_s && part > 0xffff)) {
      InstData s = d_;
      s.b = f_.resolve(v->va()).n;
      return become(s);
    }
    return address();
  }

  // The displacement takes a constant of the address, as far as it goes.
  Rewritten address() {
    const InstData* a = def(d_.va(), Op::add);
    uint64_t c;
    if (!a || !is_const(a->vb(), &c)) return kNothing;
    if (static_cast<int64_t>(c) != static_cast<int32_t>(c)) return kNothing;
    const int64_t sum = int64_t{d_.displacement()} + static_cast<int64_t>(c);
    if (sum != static_cast<int32_t>(sum)) return kNothing;
    InstData s = d_;
    s.a = a->a;
    s.c = static_cast<uint32_t>(static_cast<int32_t>(sum));
    return become(s);
  }
};

}  // namespace

Rewritten apply_rules(ir::Function& f, ir::Inst i, std::vector<ir::Inst>& made) {
  const Op op = f.inst(i).op;
  if (ir::takes_vec_op(op) || op == Op::vzext) return apply_vector_rules(f, i, made);
  return Rules(f, i, made).apply();
}

}  // namespace wjit::opt
