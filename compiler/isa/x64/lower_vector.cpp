// Vectors: what is one machine instruction, by a table; the pieces that longer sequences are made of; shifts and tests.
//
// Sequences are made of vregs of their own, one for each step, in SSA: which register is overwritten without AVX is the
// allocator's business (v2). The last step's vreg becomes the result (give).
#include "compiler/isa/x64/lower.h"

namespace wjit::x64 {

using ir::Inst;
using ir::InstData;
using ir::Op;
using ir::VecOp;
using mach::MInst;

namespace {

// ---- one instruction ------------------------------------------------------------------------------------------

enum Order : uint8_t {
  kKept,
  kCommutes,  // the operands may change places
  kSwapped,   // they must
};
struct Rule {
  bool exists = false;
  Vec op = Vec::kPaddb;
  Order order = kKept;
  uint8_t imm = 0;
};

// X(VecOp, Vec, order, immediate): where the processor has the Vec. (Floats do not commute: which NaN comes out depends
// on it.)
// clang-format off
#define WJIT_RULES(X)                                                                                                 \
  X(i8x16_add, kPaddb, kCommutes, 0) X(i16x8_add, kPaddw, kCommutes, 0) X(i32x4_add, kPaddd, kCommutes, 0)            \
  X(i64x2_add, kPaddq, kCommutes, 0) X(i8x16_sub, kPsubb, kKept, 0) X(i16x8_sub, kPsubw, kKept, 0)                    \
  X(i32x4_sub, kPsubd, kKept, 0) X(i64x2_sub, kPsubq, kKept, 0)                                                       \
  X(i8x16_add_sat_s, kPaddsb, kCommutes, 0) X(i16x8_add_sat_s, kPaddsw, kCommutes, 0)                                 \
  X(i8x16_add_sat_u, kPaddusb, kCommutes, 0) X(i16x8_add_sat_u, kPaddusw, kCommutes, 0)                               \
  X(i8x16_sub_sat_s, kPsubsb, kKept, 0) X(i16x8_sub_sat_s, kPsubsw, kKept, 0)                                         \
  X(i8x16_sub_sat_u, kPsubusb, kKept, 0) X(i16x8_sub_sat_u, kPsubusw, kKept, 0)                                       \
  X(i8x16_avgr_u, kPavgb, kCommutes, 0) X(i16x8_avgr_u, kPavgw, kCommutes, 0)                                         \
  X(i8x16_min_s, kPminsb, kCommutes, 0) X(i8x16_max_s, kPmaxsb, kCommutes, 0)                                         \
  X(i8x16_min_u, kPminub, kCommutes, 0) X(i8x16_max_u, kPmaxub, kCommutes, 0)                                         \
  X(i16x8_min_s, kPminsw, kCommutes, 0) X(i16x8_max_s, kPmaxsw, kCommutes, 0)                                         \
  X(i16x8_min_u, kPminuw, kCommutes, 0) X(i16x8_max_u, kPmaxuw, kCommutes, 0)                                         \
  X(i32x4_min_s, kPminsd, kCommutes, 0) X(i32x4_max_s, kPmaxsd, kCommutes, 0)                                         \
  X(i32x4_min_u, kPminud, kCommutes, 0) X(i32x4_max_u, kPmaxud, kCommutes, 0)                                         \
  X(i16x8_mul, kPmullw, kCommutes, 0) X(i32x4_mul, kPmulld, kCommutes, 0)                                             \
  X(i32x4_dot_i16x8_s, kPmaddwd, kCommutes, 0)                                                                        \
  X(v128_and, kPand, kCommutes, 0) X(v128_or, kPor, kCommutes, 0) X(v128_xor, kPxor, kCommutes, 0)                    \
  X(v128_andnot, kPandn, kSwapped, 0)                                                                                 \
  X(i8x16_eq, kPcmpeqb, kCommutes, 0) X(i16x8_eq, kPcmpeqw, kCommutes, 0) X(i32x4_eq, kPcmpeqd, kCommutes, 0)         \
  X(i64x2_eq, kPcmpeqq, kCommutes, 0)                                                                                 \
  X(i8x16_gt_s, kPcmpgtb, kKept, 0) X(i16x8_gt_s, kPcmpgtw, kKept, 0) X(i32x4_gt_s, kPcmpgtd, kKept, 0)               \
  X(i64x2_gt_s, kPcmpgtq, kKept, 0)                                                                                   \
  X(i8x16_lt_s, kPcmpgtb, kSwapped, 0) X(i16x8_lt_s, kPcmpgtw, kSwapped, 0) X(i32x4_lt_s, kPcmpgtd, kSwapped, 0)      \
  X(i64x2_lt_s, kPcmpgtq, kSwapped, 0)                                                                                \
  X(i8x16_narrow_i16x8_s, kPacksswb, kKept, 0) X(i8x16_narrow_i16x8_u, kPackuswb, kKept, 0)                           \
  X(i16x8_narrow_i32x4_s, kPackssdw, kKept, 0) X(i16x8_narrow_i32x4_u, kPackusdw, kKept, 0)                           \
  X(i8x16_abs, kPabsb, kKept, 0) X(i16x8_abs, kPabsw, kKept, 0) X(i32x4_abs, kPabsd, kKept, 0)                        \
  X(i16x8_extend_low_i8x16_s, kPmovsxbw, kKept, 0) X(i16x8_extend_low_i8x16_u, kPmovzxbw, kKept, 0)                   \
  X(i32x4_extend_low_i16x8_s, kPmovsxwd, kKept, 0) X(i32x4_extend_low_i16x8_u, kPmovzxwd, kKept, 0)                   \
  X(i64x2_extend_low_i32x4_s, kPmovsxdq, kKept, 0) X(i64x2_extend_low_i32x4_u, kPmovzxdq, kKept, 0)                   \
  X(f32x4_add, kAddps, kKept, 0) X(f64x2_add, kAddpd, kKept, 0) X(f32x4_sub, kSubps, kKept, 0)                        \
  X(f64x2_sub, kSubpd, kKept, 0) X(f32x4_mul, kMulps, kKept, 0) X(f64x2_mul, kMulpd, kKept, 0)                        \
  X(f32x4_div, kDivps, kKept, 0) X(f64x2_div, kDivpd, kKept, 0)                                                       \
  X(f32x4_sqrt, kSqrtps, kKept, 0) X(f64x2_sqrt, kSqrtpd, kKept, 0)                                                   \
  X(f32x4_pmin, kMinps, kSwapped, 0) X(f64x2_pmin, kMinpd, kSwapped, 0)                                               \
  X(f32x4_pmax, kMaxps, kSwapped, 0) X(f64x2_pmax, kMaxpd, kSwapped, 0)                                               \
  X(f32x4_eq, kCmpps, kKept, 0) X(f64x2_eq, kCmppd, kKept, 0) X(f32x4_ne, kCmpps, kKept, 4)                           \
  X(f64x2_ne, kCmppd, kKept, 4) X(f32x4_lt, kCmpps, kKept, 1) X(f64x2_lt, kCmppd, kKept, 1)                           \
  X(f32x4_le, kCmpps, kKept, 2) X(f64x2_le, kCmppd, kKept, 2) X(f32x4_gt, kCmpps, kSwapped, 1)                        \
  X(f64x2_gt, kCmppd, kSwapped, 1) X(f32x4_ge, kCmpps, kSwapped, 2) X(f64x2_ge, kCmppd, kSwapped, 2)                  \
  X(f32x4_ceil, kRoundps, kKept, 10) X(f64x2_ceil, kRoundpd, kKept, 10)                                               \
  X(f32x4_floor, kRoundps, kKept, 9) X(f64x2_floor, kRoundpd, kKept, 9)                                               \
  X(f32x4_trunc, kRoundps, kKept, 11) X(f64x2_trunc, kRoundpd, kKept, 11)                                             \
  X(f32x4_nearest, kRoundps, kKept, 8) X(f64x2_nearest, kRoundpd, kKept, 8)                                           \
  X(f32x4_convert_i32x4_s, kCvtdq2ps, kKept, 0) X(f64x2_convert_low_i32x4_s, kCvtdq2pd, kKept, 0)                     \
  X(f32x4_demote_f64x2_zero, kCvtpd2ps, kKept, 0) X(f64x2_promote_low_f32x4, kCvtps2pd, kKept, 0)
// clang-format on

constexpr auto kRules = [] {
  std::array<Rule, ir::kVecOpCount> rules{};
#define WJIT_X(id, op, order, imm) rules[static_cast<size_t>(VecOp::id)] = {true, Vec::op, order, imm};
  WJIT_RULES(WJIT_X)
#undef WJIT_X
  return rules;
}();

// The strict instruction that computes what docs/relaxed-simd.md fixes for a relaxed one.
constexpr VecOp strict(VecOp op) {
  switch (op) {
    case VecOp::i8x16_relaxed_swizzle: return VecOp::i8x16_swizzle;
    case VecOp::i32x4_relaxed_trunc_f32x4_s: return VecOp::i32x4_trunc_sat_f32x4_s;
    case VecOp::i32x4_relaxed_trunc_f32x4_u: return VecOp::i32x4_trunc_sat_f32x4_u;
    case VecOp::i32x4_relaxed_trunc_f64x2_s_zero: return VecOp::i32x4_trunc_sat_f64x2_s_zero;
    case VecOp::i32x4_relaxed_trunc_f64x2_u_zero: return VecOp::i32x4_trunc_sat_f64x2_u_zero;
    case VecOp::i8x16_relaxed_laneselect: case VecOp::i16x8_relaxed_laneselect: case VecOp::i32x4_relaxed_laneselect:
    case VecOp::i64x2_relaxed_laneselect:
      return VecOp::v128_bitselect;
    case VecOp::f32x4_relaxed_min: return VecOp::f32x4_min;
    case VecOp::f32x4_relaxed_max: return VecOp::f32x4_max;
    case VecOp::f64x2_relaxed_min: return VecOp::f64x2_min;
    case VecOp::f64x2_relaxed_max: return VecOp::f64x2_max;
    case VecOp::i16x8_relaxed_q15mulr_s: return VecOp::i16x8_q15mulr_sat_s;
    default: return op;
  }
}

}  // namespace

// ---- making vregs ---------------------------------------------------------------------------------------------

VReg Lower::v2(Vec op, VReg a, VReg b, uint8_t imm) {
  const VReg d = temp(ir::Type::kV128);
  // A slot of 16 bytes is aligned; a float's slot is not one, and merges have no form with memory.
  const bool any = code_.types[b.n] == ir::Type::kV128 && row(op).shape != VecShape::kMerge;
  MInst& i = make(MOp::kVec2, {mach::use(a), any ? mach::use_any(b) : mach::use(b),
                               over(d)});
  i.x = uint8_t(op);
  i.imm = imm;
  return d;
}

VReg Lower::v2(Vec op, VReg a, VecConst b, uint8_t imm) {
  // These two are made without memory.
  if (b == VecConst{} || b == VecConst::q(~uint64_t{0})) return v2(op, a, vconst(b), imm);
  const VReg d = temp(ir::Type::kV128);
  MInst& i = make(MOp::kVec2Const, {mach::use(a), over(d)});
  i.x = uint8_t(op);
  i.imm = imm;
  i.target = static_cast<uint32_t>(x64_.vectors.size());
  x64_.vectors.push_back(b);
  return d;
}

VReg Lower::v1(Vec op, VReg a, uint8_t imm) {
  const VReg d = temp(ir::Type::kV128);
  const bool any = code_.types[a.n] == ir::Type::kV128;
  MInst& i = make(MOp::kVec1, {mach::def(d), any ? mach::use_any(a) : mach::use(a)});
  i.x = uint8_t(op);
  i.imm = imm;
  return d;
}

VReg Lower::vshift(Vec op, VReg a, unsigned count) {
  if (count == 0) return a;
  const VReg d = temp(ir::Type::kV128);
  MInst& i = make(MOp::kVecShift, {mach::use(a), over(d)});
  i.x = uint8_t(op);
  i.imm = count;
  return d;
}

VReg Lower::vinsert(Vec op, VReg a, VReg b, unsigned lane) {
  const VReg d = temp(ir::Type::kV128);
  MInst& i = make(MOp::kVecInsert, {mach::use(a), mach::use(b), over(d)});
  i.x = uint8_t(op);
  i.imm = lane;
  return d;
}

VReg Lower::vextract(Vec op, VReg a, unsigned lane) {
  const VReg d = temp(op == Vec::kPextrq ? ir::Type::kI64 : ir::Type::kI32);
  MInst& i = make(MOp::kVecExtract, {mach::def(d), mach::use(a)});
  i.x = uint8_t(op);
  i.imm = lane;
  return d;
}

VReg Lower::vmask(Vec op, VReg a) {
  const VReg d = temp(ir::Type::kI32);
  make(MOp::kVecMask, {mach::def(d), mach::use(a)}).x = uint8_t(op);
  return d;
}

VReg Lower::vconst(VecConst c) {
  const VReg d = temp(ir::Type::kV128);
  make(MOp::kVecConst, {mach::def(d)}).target = static_cast<uint32_t>(x64_.vectors.size());
  x64_.vectors.push_back(c);
  return d;
}

VReg Lower::vbits(VReg integer, uint8_t size) {
  const VReg d = temp(ir::Type::kV128);
  make(MOp::kMovToXmm, {mach::def(d), mach::use(integer)}, size);
  return d;
}

VReg Lower::vselect(VReg mask, VReg a, VReg b) {
  return v2(Vec::kPor, v2(Vec::kPand, a, mask), v2(Vec::kPandn, mask, b));
}

VReg Lower::alu_imm(Alu op, VReg a, int32_t value) {
  const VReg d = temp(ir::Type::kI32);
  MInst& i = make(MOp::kAluImm, {mach::use(a), mach::def_reuse(d, 0)}, 4);
  i.x = uint8_t(op);
  i.imm = static_cast<uint64_t>(int64_t{value});
  return d;
}

VReg Lower::shift_imm(Shift op, VReg a, unsigned count) {
  const VReg d = temp(ir::Type::kI32);
  MInst& i = make(MOp::kShiftImm, {mach::use(a), mach::def_reuse(d, 0)}, 4);
  i.x = uint8_t(op);
  i.imm = count;
  return d;
}

// Its vreg gets the result's name, wherever what was made for this instruction speaks of it.
void Lower::give(Inst i, VReg v) {
  const VReg to = result(i);
  bool made = false;
  for (const MInst& m : made_)
    for (uint32_t k = 0; k < m.operands; ++k) {
      const Operand& o = code_.operands[m.first_operand + k];
      made |= o.kind == Operand::Kind::kDef && o.vreg == v;
    }
  if (!made) {
    if (code_.types[to.n] == code_.types[v.n]) return move(to, v);
    make(MOp::kVecMove, {mach::def(to), mach::use(v)});
    return;
  }
  for (const MInst& m : made_)
    for (uint32_t k = 0; k < m.operands; ++k)
      if (Operand& o = code_.operands[m.first_operand + k]; o.vreg == v) o.vreg = to;
}

std::optional<VecConst> Lower::vec_constant(Value v) const {
  const InstData* d = def_data(v);
  if (!d || d->op != Op::vconst) return std::nullopt;
  const auto& bytes = f_.vector_constant(d->c);
  VecConst c;
  for (unsigned k = 8; k-- > 0;) c.low = c.low << 8 | bytes[k], c.high = c.high << 8 | bytes[k + 8];
  return c;
}

// ---- operations -----------------------------------------------------------------------------------------------

bool Lower::lower_vector(Inst i, const InstData& d) {
  switch (d.op) {
    case Op::vunary: case Op::vbinary: case Op::vternary: return vec_operation(i, d, strict(d.vec_op()));
    case Op::vshift: vec_shift(i, d); return true;
    case Op::vtest:
      if (is_vec_condition(d)) {
        const Cond cc = vec_condition(d);
        make(MOp::kSetcc, {mach::def(result(i))}).cc = uint8_t(cc);
      } else {
        vec_bitmask(i, d);
      }
      return true;
    case Op::vsplat: vec_splat(i, d); return true;
    case Op::vextract: vec_extract(i, d); return true;
    case Op::vreplace: vec_replace(i, d); return true;
    case Op::vshuffle: vec_shuffle(i, d); return true;
    case Op::vzext: vec_zext(i, d); return true;
    default: return false;
  }
}

bool Lower::vec_operation(Inst i, const InstData& d, VecOp op) {
  if (d.op == Op::vunary && extend_of_load(i, d, op)) return true;
  const Rule& rule = kRules[static_cast<size_t>(op)];
  if (rule.exists && has(rule.op)) {
    if (d.op == Op::vunary) {
      vec_unary(i, rule.op, d.va(), rule.imm);
    } else {
      Value a = d.va(), b = d.vb();
      if (rule.order == kSwapped) std::swap(a, b);
      vec_binary(i, rule.op, a, b, rule.imm, rule.order == kCommutes);
    }
    return true;
  }
  const VReg a = reg(d.va());
  VReg r;
  if (d.op == Op::vunary) {
    r = vec_int1(op, a);
    if (!r.valid()) r = vec_float1(op, a);
  } else if (d.op == Op::vbinary) {
    const VReg b = reg(d.vb());
    if (op == VecOp::i8x16_swizzle) {
      if (!has(Vec::kPshufb)) {
        r = swizzle_slow(a, b);
      } else {  // what is above 15 gets its highest bit
        r = v2(Vec::kPshufb, a, v2(Vec::kPaddusb, b, VecConst::b(0x70)));
      }
    }
    if (!r.valid()) r = vec_compare(op, a, b);
    if (!r.valid()) r = vec_int2(op, a, b);
    if (!r.valid()) r = vec_float2(op, a, b);
  } else {
    const VReg b = reg(d.vb()), c = reg(d.vc());
    switch (op) {
      case VecOp::v128_bitselect: r = vselect(c, a, b); break;
      case VecOp::f32x4_relaxed_madd: r = multiply_add(a, b, c, false, false); break;
      case VecOp::f32x4_relaxed_nmadd: r = multiply_add(a, b, c, false, true); break;
      case VecOp::f64x2_relaxed_madd: r = multiply_add(a, b, c, true, false); break;
      case VecOp::f64x2_relaxed_nmadd: r = multiply_add(a, b, c, true, true); break;
      case VecOp::i32x4_relaxed_dot_i8x16_i7x16_add_s:
        r = v2(Vec::kPaddd, add_pairs(dot_bytes(a, b), 2, true), c);
        break;
      default: break;
    }
  }
  if (!r.valid()) return false;
  give(i, r);
  return true;
}

// Does it read 8 of its operand's 16 bytes? Then it is not folded with a load of all of them, which might trap.
static bool reads_half(Vec op) {
  return (op >= Vec::kPmovsxbw && op <= Vec::kPmovzxdq) || op == Vec::kCvtdq2pd || op == Vec::kCvtps2pd;
}

void Lower::vec_unary(Inst i, Vec op, Value a, uint8_t imm) {
  Inst l;
  if (x64_.avx && !reads_half(op)) {
    if (const auto m = sink(a, Op::load, l)) {
      MInst& x = make(MOp::kVec1Mem, {mach::def(result(i))});
      x.x = uint8_t(op);
      x.imm = imm;
      add_mem(x, *m);
      note_access(x, l);
      return;
    }
  }
  const VReg ra = reg(a);
  give(i, v1(op, ra, imm));
}

void Lower::vec_binary(Inst i, Vec op, Value a, Value b, uint8_t imm, bool commutes) {
  if (commutes && is_op(a, Op::vconst)) std::swap(a, b);
  if (const auto c = vec_constant(b)) {
    const VReg ra = reg(a);
    return give(i, v2(op, ra, *c, imm));
  }
  if (x64_.avx) {  // memory may be anywhere
    if (commutes && sinkable(a, Op::load) && !sinkable(b, Op::load)) std::swap(a, b);
    Inst l;
    if (const auto m = sink(b, Op::load, l)) {
      const VReg ra = reg(a);
      MInst& x = make(MOp::kVec2Mem, {mach::use(ra), mach::def(result(i))});
      x.x = uint8_t(op);
      x.imm = imm;
      add_mem(x, *m);
      note_access(x, l);
      return;
    }
  } else if (commutes && !used_once(a) && used_once(b)) {
    std::swap(a, b);  // the operand that ends here is the one to be overwritten
  }
  const VReg ra = reg(a), rb = reg(b);
  give(i, v2(op, ra, rb, imm));
}

// ---- tests ----------------------------------------------------------------------------------------------------

bool Lower::is_vec_condition(const InstData& d) {
  return d.op == Op::vtest &&
         (d.vec_op() == VecOp::v128_any_true || ir::info(d.vec_op()).text.ends_with("all_true"));
}

Cond Lower::vec_condition(const InstData& d) {
  const VecOp op = d.vec_op();
  const VReg a = reg(d.va());
  if (op == VecOp::v128_any_true) {
    if (has(Vec::kPtest)) {
      make(MOp::kVecTest, {mach::use(a), mach::use(a)});
    } else {
      const VReg mask = vmask(Vec::kPmovmskb, v2(Vec::kPcmpeqb, a, VecConst{}));
      make(MOp::kCmpImm, {mach::use_any(mask)}, 4).imm = 0xffff;
    }
    return Cond::ne;
  }
  // Lanes that are 0: none.
  VReg zeros;
  switch (op) {
    case VecOp::i8x16_all_true: zeros = v2(Vec::kPcmpeqb, a, VecConst{}); break;
    case VecOp::i16x8_all_true: zeros = v2(Vec::kPcmpeqw, a, VecConst{}); break;
    case VecOp::i32x4_all_true: zeros = v2(Vec::kPcmpeqd, a, VecConst{}); break;
    default: zeros = equal64(a, vconst({})); break;
  }
  if (has(Vec::kPtest)) {
    make(MOp::kVecTest, {mach::use(zeros), mach::use(zeros)});
  } else {
    const VReg mask = vmask(Vec::kPmovmskb, zeros);
    make(MOp::kTest, {mach::use(mask), mach::use(mask)}, 4);
  }
  return Cond::e;
}

void Lower::vec_bitmask(Inst i, const InstData& d) {
  const VReg a = reg(d.va());
  switch (d.vec_op()) {
    case VecOp::i8x16_bitmask: return give(i, vmask(Vec::kPmovmskb, a));
    case VecOp::i16x8_bitmask: return give(i, vmask(Vec::kPmovmskb, v2(Vec::kPacksswb, a, VecConst{})));
    case VecOp::i32x4_bitmask: return give(i, vmask(Vec::kMovmskps, a));
    default: return give(i, vmask(Vec::kMovmskpd, a));
  }
}

// ---- shifts ---------------------------------------------------------------------------------------------------

void Lower::vec_shift(Inst i, const InstData& d) {
  struct Kind {
    uint8_t bits;
    Vec by_register, by_constant;
    bool right_signed;
  };
  const Kind k = [&]() -> Kind {
    switch (d.vec_op()) {
      case VecOp::i8x16_shl: return {8, Vec::kPsllw, Vec::kPsllwImm, false};
      case VecOp::i8x16_shr_u: return {8, Vec::kPsrlw, Vec::kPsrlwImm, false};
      case VecOp::i8x16_shr_s: return {8, Vec::kPsraw, Vec::kPsrawImm, true};
      case VecOp::i16x8_shl: return {16, Vec::kPsllw, Vec::kPsllwImm, false};
      case VecOp::i16x8_shr_u: return {16, Vec::kPsrlw, Vec::kPsrlwImm, false};
      case VecOp::i16x8_shr_s: return {16, Vec::kPsraw, Vec::kPsrawImm, true};
      case VecOp::i32x4_shl: return {32, Vec::kPslld, Vec::kPslldImm, false};
      case VecOp::i32x4_shr_u: return {32, Vec::kPsrld, Vec::kPsrldImm, false};
      case VecOp::i32x4_shr_s: return {32, Vec::kPsrad, Vec::kPsradImm, true};
      case VecOp::i64x2_shl: return {64, Vec::kPsllq, Vec::kPsllqImm, false};
      case VecOp::i64x2_shr_u: return {64, Vec::kPsrlq, Vec::kPsrlqImm, false};
      default: return {64, Vec::kPsrlq, Vec::kPsrlqImm, true};
    }
  }();
  const bool left = k.by_register == Vec::kPsllw;
  const VReg a = reg(d.va());
  if (const auto c = constant(d.vb())) {
    const unsigned n = static_cast<unsigned>(*c) & (k.bits - 1u);
    if (n == 0) return give(i, a);
    // The logical shift of wider lanes, without what came over from the neighbour; the sign's place, xored and taken
    // away, extends it.
    if (k.bits == 8) {
      if (left) return give(i, v2(Vec::kPand, vshift(Vec::kPsllwImm, a, n), VecConst::b(uint8_t(0xff << n))));
      const VReg r = v2(Vec::kPand, vshift(Vec::kPsrlwImm, a, n), VecConst::b(uint8_t(0xff >> n)));
      if (!k.right_signed) return give(i, r);
      const VecConst sign = VecConst::b(uint8_t(0x80 >> n));
      return give(i, v2(Vec::kPsubb, v2(Vec::kPxor, r, sign), sign));
    }
    const VReg r = vshift(k.by_constant, a, n);
    if (k.bits != 64 || !k.right_signed) return give(i, r);
    const VecConst sign = VecConst::q((uint64_t{1} << 63) >> n);
    return give(i, v2(Vec::kPsubq, v2(Vec::kPxor, r, sign), sign));
  }
  const VReg count = alu_imm(Alu::kAnd, reg(d.vb()), k.bits - 1);
  if (k.bits == 8 && k.right_signed) {  // in the upper halves of words
    const VReg more = vbits(alu_imm(Alu::kAdd, count, 8), 4);
    const VReg low = v2(Vec::kPsraw, v2(Vec::kPunpcklbw, a, a), more);
    const VReg high = v2(Vec::kPsraw, v2(Vec::kPunpckhbw, a, a), more);
    return give(i, v2(Vec::kPacksswb, low, high));
  }
  const VReg by = vbits(count, 4);
  if (k.bits == 8) return give(i, shift_bytes(a, by, left));
  const VReg r = v2(k.by_register, a, by);
  if (k.bits != 64 || !k.right_signed) return give(i, r);
  const VReg sign = v2(Vec::kPsrlq, vconst(VecConst::q(uint64_t{1} << 63)), by);
  give(i, v2(Vec::kPsubq, v2(Vec::kPxor, r, sign), sign));
}

VReg Lower::shift_bytes(VReg a, VReg count, bool left) {
  const VecConst low_bytes = VecConst::w(0xff);
  VReg mask = v2(left ? Vec::kPsllw : Vec::kPsrlw, vconst(low_bytes), count);
  if (left) mask = v2(Vec::kPand, mask, low_bytes);
  mask = v2(Vec::kPackuswb, mask, mask);
  return v2(Vec::kPand, v2(left ? Vec::kPsllw : Vec::kPsrlw, a, count), mask);
}

}  // namespace wjit::x64
