// Rules for vectors. What holds of them for every bit pattern is all that is used: nothing is known of float lanes but
// what moves bits (which NaN arithmetic gives is the machine's choice, so it is not computed here either).
#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <optional>

#include "compiler/ireval/numeric.h"
#include "compiler/opt/rewriter.h"
#include "compiler/support/plant.h"

namespace wjit::opt {

namespace {

using ir::VecOp;
using Bytes = std::array<uint8_t, 16>;

// Cases: a name for each integer shape that has it.
#define WJIT_INTS3(name) case VecOp::i8x16_##name: case VecOp::i16x8_##name: case VecOp::i32x4_##name
#define WJIT_INTS(name) WJIT_INTS3(name): case VecOp::i64x2_##name
#define WJIT_INTS2(name) case VecOp::i8x16_##name: case VecOp::i16x8_##name

constexpr std::string_view shape_of(VecOp op) { return ir::info(op).text.substr(0, ir::info(op).text.find('.')); }
constexpr std::string_view name_of(VecOp op) { return ir::info(op).text.substr(ir::info(op).text.find('.') + 1); }
constexpr unsigned bytes_of_lane(VecOp op) {
  const std::string_view shape = shape_of(op);
  return shape == "i8x16" ? 1 : shape == "i16x8" ? 2 : shape == "i32x4" || shape == "f32x4" ? 4 : 8;
}

bool commutes(VecOp op) {
  switch (op) {
    case VecOp::v128_and: case VecOp::v128_or: case VecOp::v128_xor:
    WJIT_INTS(add): WJIT_INTS(eq): WJIT_INTS(ne):
    WJIT_INTS3(min_s): WJIT_INTS3(min_u): WJIT_INTS3(max_s): WJIT_INTS3(max_u):
    WJIT_INTS2(add_sat_s): WJIT_INTS2(add_sat_u): WJIT_INTS2(avgr_u):
    case VecOp::i16x8_mul: case VecOp::i32x4_mul: case VecOp::i64x2_mul: case VecOp::i16x8_q15mulr_sat_s:
    case VecOp::i32x4_dot_i16x8_s:
      return true;
    default: return false;
  }
}

// Whether lanes of the result may be a NaN that arithmetic made.
bool computes_floats(VecOp op) {
  const std::string_view text = ir::info(op).text, name = name_of(op);
  if (!text.starts_with("f32x4.") && !text.starts_with("f64x2.")) return false;
  for (const char* exact : {"eq", "ne", "lt", "gt", "le", "ge", "abs", "neg", "pmin", "pmax", "splat", "extract_lane",
                            "replace_lane"})
    if (name == exact) return false;
  return true;
}

Bytes filled(uint8_t byte) {
  Bytes b;
  b.fill(byte);
  return b;
}
// The value of every lane of so many bytes, if they are alike.
std::optional<uint64_t> splatted(const Bytes& b, unsigned lane_bytes) {
  for (unsigned i = lane_bytes; i < 16; ++i)
    if (b[i] != b[i - lane_bytes]) return std::nullopt;
  uint64_t value = 0;
  std::memcpy(&value, b.data(), lane_bytes);
  return value;
}

class VectorRules : Rewriter {
 public:
  using Rewriter::Rewriter;

  Rewritten apply() {
    if (Rewritten r = fold(); r.kind != Rewritten::kNot) return r;
    switch (d_.op) {
      case Op::vunary: return unary();
      case Op::vbinary: return binary();
      case Op::vternary: return ternary();
      case Op::vshift: return shift();
      case Op::vextract: return extract();
      case Op::vreplace: return replace();
      case Op::vshuffle: return shuffle();
      default: return kNothing;
    }
  }

 private:
  std::optional<Bytes> bytes(Value v) const {
    const InstData* d = def(v, Op::vconst);
    return d ? std::optional(f_.vector_constant(d->c)) : std::nullopt;
  }
  bool all(Value v, uint8_t byte) const { return bytes(v) == filled(byte); }
  bool zero(Value v) const { return all(v, 0); }
  bool ones(Value v) const { return all(v, 0xff); }
  // What defines v, if it does this.
  std::optional<InstData> does(Value v, VecOp op) const {
    const InstData* d = def(v);
    return d && ir::takes_vec_op(d->op) && d->vec_op() == op ? std::optional(*d) : std::nullopt;
  }
  InstData vconst(const Bytes& b) {
    return {.op = Op::vconst, .type = Type::kV128, .c = f_.add_vector_constant(b)};
  }
  Rewritten become_vconst(const Bytes& b) { return become(vconst(b)); }
  Rewritten become_all(uint8_t byte) { return become_vconst(filled(byte)); }
  Rewritten become_vec(VecOp op, uint32_t a, uint32_t b = 0, uint32_t c = 0) {
    return become({.op = ir::vec_row(op), .type = ir::vec_type(op), .aux = static_cast<uint16_t>(op), .a = a, .b = b, .c = c});
  }

  // ---- constant operands
  Rewritten fold() {
    if (d_.op != Op::vzext && computes_floats(d_.vec_op())) return kNothing;
    const uint32_t fields[] = {d_.a, d_.b, d_.c};
    ireval::Bits values[3];
    size_t count = ir::row_types(d_.op).operands.size();
    for (size_t k = 0; k < count; ++k) {
      const InstData* c = def(Value(fields[k]));
      if (!c) return kNothing;
      if (c->op == Op::vconst)
        std::memcpy(&values[k], f_.vector_constant(c->c).data(), 16);
      else if (c->op == Op::iconst || c->op == Op::fconst)
        values[k] = {c->imm(), 0};
      else
        return kNothing;
    }
    if (d_.op == Op::vshuffle) std::memcpy(&values[count++], f_.vector_constant(d_.c).data(), 16);
    ireval::Bits out{};
    if (ireval::compute(d_, {values, count}, out).stops()) return kNothing;
    const Type result = f_.type(f_.result(i_));
    if (ir::is_int(result)) return become_const(result, out.lo);
    if (ir::is_float(result)) return become_float(result, out.lo);
    Bytes b;
    std::memcpy(b.data(), &out, 16);
    return become_vconst(b);
  }

  // ---- one operand
  Rewritten unary() {
    const VecOp op = d_.vec_op();
    const auto twice_is_none = [&] {
      const auto inner = does(d_.va(), op);
      return inner ? is(inner->va()) : kNothing;
    };
    const auto magnitude = [&](VecOp neg) {
      if (does(d_.va(), op)) return is(d_.va());
      const auto inner = does(d_.va(), neg);
      return inner ? become_vec(op, inner->a) : kNothing;
    };
    switch (op) {
      case VecOp::v128_not: case VecOp::f32x4_neg: case VecOp::f64x2_neg: return twice_is_none();
#define WJIT_X(shape)                                                                   \
  case VecOp::shape##_abs: return magnitude(VecOp::shape##_neg);                        \
  case VecOp::shape##_neg:                                                              \
    if (const auto s = does(d_.va(), VecOp::shape##_sub)) return become_vec(VecOp::shape##_sub, s->b, s->a); \
    return twice_is_none();
      WJIT_X(i8x16) WJIT_X(i16x8) WJIT_X(i32x4) WJIT_X(i64x2)
#undef WJIT_X
      case VecOp::f32x4_abs: return magnitude(VecOp::f32x4_neg);
      case VecOp::f64x2_abs: return magnitude(VecOp::f64x2_neg);
      default: return kNothing;
    }
  }

  // ---- two operands
  Rewritten binary() {
    const VecOp op = d_.vec_op();
    if (commutes(op) && bytes(d_.va()) && !bytes(d_.vb())) return become_vec(op, d_.b, d_.a);
    if (Rewritten r = bitwise(op); r.kind != Rewritten::kNot) return r;
    if (Rewritten r = arithmetic(op); r.kind != Rewritten::kNot) return r;
    return d_.va() == d_.vb() ? with_itself(op) : kNothing;
  }

  Rewritten bitwise(VecOp op) {
    const Value a = d_.va(), b = d_.vb();
    switch (op) {
      case VecOp::v128_and:
        if (zero(b)) return become_all(0);
        if (ones(b) || a == b) return is(a);
        if (const auto n = does(b, VecOp::v128_not)) return become_vec(VecOp::v128_andnot, a.n, n->a);
        if (const auto n = does(a, VecOp::v128_not)) return become_vec(VecOp::v128_andnot, b.n, n->a);
        return same_again(op, [](uint8_t x, uint8_t y) { return uint8_t(x & y); });
      case VecOp::v128_andnot:
        if (zero(b)) return is(a);
        if (zero(a) || ones(b) || a == b) return become_all(0);
        if (ones(a)) return become_vec(VecOp::v128_not, b.n);
        if (const auto n = does(b, VecOp::v128_not)) return become_vec(VecOp::v128_and, a.n, n->a);
        return kNothing;
      case VecOp::v128_or:
        if (zero(b) || a == b) return is(a);
        if (ones(b)) return become_all(0xff);
        return same_again(op, [](uint8_t x, uint8_t y) { return uint8_t(x | y); });
      case VecOp::v128_xor:
        if (zero(b)) return is(a);
        if (a == b) return become_all(0);
        if (ones(b)) return become_vec(VecOp::v128_not, a.n);
        return same_again(op, [](uint8_t x, uint8_t y) { return uint8_t(x ^ y); });
      case VecOp::i8x16_swizzle: case VecOp::i8x16_relaxed_swizzle: return swizzle();
      default: return kNothing;
    }
  }
  // (x op c1) op c2
  template <class F>
  Rewritten same_again(VecOp op, F both) {
    const auto inner = does(d_.va(), op);
    if (!inner) return kNothing;
    const auto x = bytes(f_.resolve(inner->vb())), y = bytes(d_.vb());
    if (!x || !y) return kNothing;
    Bytes together;
    std::transform(x->begin(), x->end(), y->begin(), together.begin(), both);
    const Value c = make(vconst(together), Type::kV128);
    return become_vec(op, inner->a, c.n);
  }
  // By constant indices: a shuffle with zeros, which lowerings know more about.
  Rewritten swizzle() {
    const auto indices = bytes(d_.vb());
    if (!indices) return kNothing;
    Bytes lanes = *indices;
    bool zeros = false;
    for (uint8_t& i : lanes)
      if (i >= 16) i = 16, zeros = true;
    const uint32_t other = zeros ? make(vconst({}), Type::kV128).n : d_.a;
    return become_vec(VecOp::i8x16_shuffle, d_.a, other, f_.add_vector_constant(lanes));
  }

  // Of integer lanes, which wrap.
  Rewritten arithmetic(VecOp op) {
    const Value a = d_.va(), b = d_.vb();
    switch (op) {
#define WJIT_X(shape)                                                                                             \
  case VecOp::shape##_add:                                                                                        \
    if (zero(b)) return is(a);                                                                                    \
    if (const auto n = does(b, VecOp::shape##_neg)) return become_vec(VecOp::shape##_sub, a.n, n->a);             \
    if (const auto n = does(a, VecOp::shape##_neg)) return become_vec(VecOp::shape##_sub, b.n, n->a);             \
    return kNothing;                                                                                              \
  case VecOp::shape##_sub:                                                                                        \
    if (zero(b)) return is(a);                                                                                    \
    if (zero(a)) return become_vec(VecOp::shape##_neg, b.n);                                                      \
    if (const auto n = does(b, VecOp::shape##_neg)) return become_vec(VecOp::shape##_add, a.n, n->a);             \
    return kNothing;
      WJIT_X(i8x16) WJIT_X(i16x8) WJIT_X(i32x4) WJIT_X(i64x2)
#undef WJIT_X
      case VecOp::i16x8_mul: return multiply(VecOp::i16x8_shl);
      case VecOp::i32x4_mul: return multiply(VecOp::i32x4_shl);
      case VecOp::i64x2_mul: return multiply(VecOp::i64x2_shl);
      WJIT_INTS3(min_u): return zero(b) ? become_all(0) : kNothing;
      WJIT_INTS3(max_u): return zero(b) ? is(a) : kNothing;
      WJIT_INTS3(lt_u): return zero(b) ? become_all(0) : kNothing;
      WJIT_INTS3(ge_u): return zero(b) ? become_all(0xff) : kNothing;
      WJIT_INTS2(add_sat_s): WJIT_INTS2(add_sat_u): WJIT_INTS2(sub_sat_s): WJIT_INTS2(sub_sat_u):
        return zero(b) ? is(a) : kNothing;
      default: return kNothing;
    }
  }
  Rewritten multiply(VecOp shl) {
    if (zero(d_.vb())) return become_all(0);
    const auto c = bytes(d_.vb());
    const auto by = c ? splatted(*c, bytes_of_lane(shl)) : std::nullopt;
    if (!by || !std::has_single_bit(*by)) return kNothing;
    if (*by == 1) return is(d_.va());
    const Value count = constant(Type::kI32, static_cast<uint64_t>(std::countr_zero(*by)));
    return become_vec(shl, d_.a, count.n);
  }

  Rewritten with_itself(VecOp op) {
    switch (op) {
      WJIT_INTS(sub): WJIT_INTS(ne): WJIT_INTS(lt_s): WJIT_INTS3(lt_u): WJIT_INTS(gt_s): WJIT_INTS3(gt_u):
      WJIT_INTS2(sub_sat_s): WJIT_INTS2(sub_sat_u):
        return become_all(0);
      WJIT_INTS(eq): WJIT_INTS(le_s): WJIT_INTS3(le_u): WJIT_INTS(ge_s): WJIT_INTS3(ge_u):
        return become_all(0xff);
      WJIT_INTS3(min_s): WJIT_INTS3(min_u): WJIT_INTS3(max_s): WJIT_INTS3(max_u): WJIT_INTS2(avgr_u):
      case VecOp::f32x4_pmin: case VecOp::f32x4_pmax: case VecOp::f64x2_pmin: case VecOp::f64x2_pmax:
        return is(d_.va());
      default: return kNothing;
    }
  }

  // ---- three, and shifts
  Rewritten ternary() {
    switch (d_.vec_op()) {
      case VecOp::v128_bitselect: WJIT_INTS(relaxed_laneselect): break;
      default: return kNothing;
    }
    const Value a = d_.va(), b = d_.vb(), m = d_.vc();
    if (a == b || ones(m)) return is(a);
    if (zero(m)) return is(b);
    if (zero(b)) return become_vec(VecOp::v128_and, a.n, m.n);
    if (zero(a)) return become_vec(VecOp::v128_andnot, b.n, m.n);
    if (const auto n = does(m, VecOp::v128_not)) return become_vec(d_.vec_op(), b.n, a.n, n->a);
    return kNothing;
  }
  Rewritten shift() {
    if (zero(d_.va())) return is(d_.va());
    uint64_t count;
    if (!is_const(d_.vb(), &count)) return kNothing;
    const uint64_t lane_bits = (WJIT_PLANTED(wrong_count) ? 1 : 8) * bytes_of_lane(d_.vec_op());
    if (count % lane_bits == 0) return is(d_.va());
    if (count < lane_bits) return kNothing;
    const Value less = constant(Type::kI32, count % lane_bits);
    return become_vec(d_.vec_op(), d_.a, less.n);
  }

  // ---- lanes
  // This extract gives the lowest bits of a scalar.
  Rewritten lane_of_scalar(Value x) {
    const Type from = f_.type(x), to = d_.type;
    switch (d_.vec_op()) {
      case VecOp::i8x16_extract_lane_s: return become({.op = Op::extend8_s, .type = to, .a = x.n});
      case VecOp::i16x8_extract_lane_s: return become({.op = Op::extend16_s, .type = to, .a = x.n});
      case VecOp::i8x16_extract_lane_u: case VecOp::i16x8_extract_lane_u: {
        const Value low = constant(to, bytes_of_lane(d_.vec_op()) == 1 ? 0xff : 0xffff);
        return become({.op = Op::and_, .type = to, .a = x.n, .b = low.n});
      }
      default: break;
    }
    if (from == to) return is(x);
    return become({.op = Op::bitcast, .type = to, .aux = static_cast<uint16_t>(from), .a = x.n});
  }

  Rewritten extract() {
    const InstData* defined = def(d_.va());
    if (!defined) return kNothing;
    const InstData from = *defined;
    const unsigned width = bytes_of_lane(d_.vec_op()), lane = d_.lane();
    switch (from.op) {
      case Op::vsplat:
        return bytes_of_lane(from.vec_op()) == width ? lane_of_scalar(f_.resolve(from.va())) : kNothing;
      case Op::vreplace:
        if (bytes_of_lane(from.vec_op()) != width) return kNothing;
        if (from.lane() == lane) return lane_of_scalar(f_.resolve(from.vb()));
        return become_vec(d_.vec_op(), from.a, d_.b, lane);
      case Op::vzext:
        if (lane * width >= ir::bytes_of(from.type))
          return ir::is_int(d_.type) ? become_const(d_.type, 0) : become_float(d_.type, 0);
        return width == ir::bytes_of(from.type) ? lane_of_scalar(f_.resolve(from.va())) : kNothing;
      case Op::vshuffle: return lane_of_shuffle(from, width);
      default: return kNothing;
    }
  }
  // A lane that was moved as a whole.
  Rewritten lane_of_shuffle(const InstData& from, unsigned width) {
    const Bytes& indices = f_.vector_constant(from.c);
    const uint8_t* const lane = &indices[d_.lane() * width];
    if (lane[0] % width != 0) return kNothing;
    for (unsigned k = 1; k < width; ++k)
      if (lane[k] != lane[0] + k) return kNothing;
    return become_vec(d_.vec_op(), lane[0] < 16 ? from.a : from.b, d_.b, lane[0] % 16 / width);
  }

  Rewritten replace() {
    const VecOp op = d_.vec_op();
    // By what was there.
    if (const InstData* x = def(d_.vb(), Op::vextract);
        x && bytes_of_lane(x->vec_op()) == bytes_of_lane(op) && x->lane() == d_.lane() && f_.resolve(x->va()) == d_.va())
      return is(d_.va());
    if (const auto under = does(d_.va(), op); under && under->lane() == d_.lane())
      return become_vec(op, under->a, d_.b, d_.lane());
    if (d_.lane() == 0 && (op == VecOp::i32x4_replace_lane || op == VecOp::i64x2_replace_lane) && zero(d_.va()))
      return become({.op = Op::vzext, .type = d_.type, .a = d_.b});
    return kNothing;
  }

  // One of the two operands alone is named twice, and its lanes by the lower numbers.
  Rewritten shuffle() {
    Bytes indices = f_.vector_constant(d_.c);
    const bool one = d_.va() == d_.vb();
    const bool low = std::all_of(indices.begin(), indices.end(), [](uint8_t i) { return i < 16; });
    const bool high = std::all_of(indices.begin(), indices.end(), [](uint8_t i) { return i >= 16; });
    if (!one && !low && !high) return kNothing;
    const Value from = high ? d_.vb() : d_.va();
    const bool plain = one && low;
    for (uint8_t& i : indices) i &= 15;
    bool identity = true;
    for (unsigned k = 0; k < 16; ++k) identity = identity && indices[k] == k;
    if (identity || moves_alike(from, indices)) return is(from);
    if (plain) return kNothing;
    return become_vec(VecOp::i8x16_shuffle, from.n, from.n, f_.add_vector_constant(indices));
  }
  // Lanes that are all alike are put where others of them were.
  bool moves_alike(Value v, const Bytes& indices) const {
    const InstData* d = def(v, Op::vsplat);
    if (!d) return false;
    const unsigned width = bytes_of_lane(d->vec_op());
    for (unsigned k = 0; k < 16; ++k)
      if (indices[k] % width != k % width) return false;
    return true;
  }
};

}  // namespace

Rewritten apply_vector_rules(ir::Function& f, ir::Inst i, std::vector<ir::Inst>& made) {
  return VectorRules(f, i, made).apply();
}

}  // namespace wjit::opt
