// Vectors and scalars: splats, lanes, and the accesses that are fused with them. wasm's own (load8_splat, store16_lane …)
// come as a scalar access and an instruction on lanes.
#include "compiler/isa/x64/lower.h"

namespace wjit::x64 {

using ir::Inst;
using ir::InstData;
using ir::Op;
using ir::VecOp;
using mach::MInst;

static uint8_t size_of(ir::Type t) { return static_cast<uint8_t>(ir::bytes_of(t)); }

// ---- splats ---------------------------------------------------------------------------------------------------

bool Lower::splat_of_load(Inst i, const InstData& d) {
  struct Form {
    VecOp splat;
    Op load;
    Vec op;
  };
  static constexpr Form kForms[] = {
      {VecOp::i8x16_splat, Op::load8_u, Vec::kPbroadcastb},  {VecOp::i8x16_splat, Op::load8_s, Vec::kPbroadcastb},
      {VecOp::i16x8_splat, Op::load16_u, Vec::kPbroadcastw}, {VecOp::i16x8_splat, Op::load16_s, Vec::kPbroadcastw},
      {VecOp::i32x4_splat, Op::load, Vec::kBroadcastss},     {VecOp::f32x4_splat, Op::load, Vec::kBroadcastss},
      {VecOp::i64x2_splat, Op::load, Vec::kMovddup},         {VecOp::f64x2_splat, Op::load, Vec::kMovddup}};
  for (const Form& f : kForms) {
    if (f.splat != d.vec_op() || !has(f.op)) continue;
    Inst l;
    if (const auto m = sink(d.va(), f.load, l)) {
      MInst& x = make(MOp::kVec1Mem, {mach::def(result(i))});
      x.x = uint8_t(f.op);
      add_mem(x, *m);
      note_access(x, l);
      return true;
    }
  }
  return false;
}

void Lower::vec_splat(Inst i, const InstData& d) {
  if (splat_of_load(i, d)) return;
  const VReg a = reg(d.va());
  switch (d.vec_op()) {
    case VecOp::i8x16_splat: {
      const VReg x = vbits(a, 4);
      if (has(Vec::kPbroadcastb)) return give(i, v1(Vec::kPbroadcastb, x));
      if (has(Vec::kPshufb)) return give(i, v2(Vec::kPshufb, x, VecConst{}));
      return give(i, v1(Vec::kPshufd, v1(Vec::kPshuflw, v2(Vec::kPunpcklbw, x, x), 0), 0));
    }
    case VecOp::i16x8_splat: {
      const VReg x = vbits(a, 4);
      if (has(Vec::kPbroadcastw)) return give(i, v1(Vec::kPbroadcastw, x));
      return give(i, v1(Vec::kPshufd, v1(Vec::kPshuflw, x, 0), 0));
    }
    case VecOp::i32x4_splat: return give(i, v1(Vec::kPshufd, vbits(a, 4), 0));
    case VecOp::i64x2_splat: return give(i, v1(Vec::kPshufd, vbits(a, 8), 0x44));
    case VecOp::f32x4_splat: return give(i, v1(Vec::kPshufd, a, 0));
    default: return give(i, v1(Vec::kPshufd, a, 0x44));
  }
}

void Lower::vec_zext(Inst i, const InstData& d) {
  Inst l;
  const uint8_t size = size_of(d.type);
  if (const auto m = sink(d.va(), Op::load, l)) {
    MInst& x = make(MOp::kFLoad, {mach::def(result(i))}, size);
    add_mem(x, *m);
    note_access(x, l);
    return;
  }
  const VReg a = reg(d.va());
  give(i, vbits(a, size));
}

// wasm's loads of 8 bytes that extend.
bool Lower::extend_of_load(Inst i, const InstData& d, VecOp op) {
  Vec extend;
  switch (op) {
    case VecOp::i16x8_extend_low_i8x16_s: extend = Vec::kPmovsxbw; break;
    case VecOp::i16x8_extend_low_i8x16_u: extend = Vec::kPmovzxbw; break;
    case VecOp::i32x4_extend_low_i16x8_s: extend = Vec::kPmovsxwd; break;
    case VecOp::i32x4_extend_low_i16x8_u: extend = Vec::kPmovzxwd; break;
    case VecOp::i64x2_extend_low_i32x4_s: extend = Vec::kPmovsxdq; break;
    case VecOp::i64x2_extend_low_i32x4_u: extend = Vec::kPmovzxdq; break;
    default: return false;
  }
  const InstData* z = def_data(d.va());
  if (!has(extend) || !z || z->op != Op::vzext || z->type != ir::Type::kI64 || !used_once(d.va()) || wanted_[d.va().n])
    return false;
  Inst l;
  const auto m = sink(z->va(), Op::load, l);
  if (!m) return false;
  MInst& x = make(MOp::kVec1Mem, {mach::def(result(i))});
  x.x = uint8_t(extend);
  add_mem(x, *m);
  note_access(x, l);
  return true;
}

// ---- one lane -------------------------------------------------------------------------------------------------

void Lower::vec_extract(Inst i, const InstData& d) {
  const VReg a = reg(d.va());
  const unsigned lane = d.lane();
  const auto sign_extended = [&](VReg v, LoadKind kind) {
    make(MOp::kExtend, {mach::def(result(i)), mach::use_any(v)}).x = uint8_t(kind);
  };
  const auto lowest = [&](VReg v, uint8_t size) {
    make(MOp::kMovFromXmm, {mach::def(result(i)), mach::use(v)}, size);
  };
  switch (d.vec_op()) {
    case VecOp::i8x16_extract_lane_s: case VecOp::i8x16_extract_lane_u: {
      const bool is_signed = d.vec_op() == VecOp::i8x16_extract_lane_s;
      if (has(Vec::kPextrb)) {
        const VReg v = vextract(Vec::kPextrb, a, lane);
        return is_signed ? sign_extended(v, LoadKind::kSign8To32) : give(i, v);
      }
      VReg v = vextract(Vec::kPextrw, a, lane / 2);
      if (lane & 1) v = shift_imm(Shift::kShr, v, 8);
      return sign_extended(v, is_signed ? LoadKind::kSign8To32 : LoadKind::kZero8);
    }
    case VecOp::i16x8_extract_lane_s: return sign_extended(vextract(Vec::kPextrw, a, lane), LoadKind::kSign16To32);
    case VecOp::i16x8_extract_lane_u: return give(i, vextract(Vec::kPextrw, a, lane));
    case VecOp::i32x4_extract_lane:
      if (lane == 0) return lowest(a, 4);
      if (has(Vec::kPextrd)) return give(i, vextract(Vec::kPextrd, a, lane));
      return lowest(v1(Vec::kPshufd, a, static_cast<uint8_t>(lane)), 4);
    case VecOp::i64x2_extract_lane:
      if (lane == 0) return lowest(a, 8);
      if (has(Vec::kPextrq)) return give(i, vextract(Vec::kPextrq, a, lane));
      return lowest(v1(Vec::kPshufd, a, 0xee), 8);
    case VecOp::f32x4_extract_lane:
      return give(i, lane == 0 ? a : v1(Vec::kPshufd, a, static_cast<uint8_t>(lane)));
    default: return give(i, lane == 0 ? a : v1(Vec::kPshufd, a, 0xee));
  }
}

bool Lower::replace_of_load(Inst i, const InstData& d) {
  Vec op;
  Op load = Op::load;
  switch (d.vec_op()) {
    case VecOp::i8x16_replace_lane: op = Vec::kPinsrb, load = Op::load8_u; break;
    case VecOp::i16x8_replace_lane: op = Vec::kPinsrw, load = Op::load16_u; break;
    case VecOp::i32x4_replace_lane: op = Vec::kPinsrd; break;
    case VecOp::i64x2_replace_lane: op = Vec::kPinsrq; break;
    default: return false;
  }
  if (!has(op)) return false;
  Inst l;
  const auto m = sink(d.vb(), load, l);
  if (!m) return false;
  const VReg a = reg(d.va()), to = result(i);
  MInst& x = make(MOp::kVecInsertMem, {mach::use(a), over(to)});
  x.x = uint8_t(op);
  x.imm = d.lane();
  add_mem(x, *m);
  note_access(x, l);
  return true;
}

void Lower::vec_replace(Inst i, const InstData& d) {
  if (replace_of_load(i, d)) return;
  const VReg a = reg(d.va()), b = reg(d.vb());
  const unsigned lane = d.lane();
  switch (d.vec_op()) {
    case VecOp::i8x16_replace_lane: {
      if (has(Vec::kPinsrb)) return give(i, vinsert(Vec::kPinsrb, a, b, lane));
      // With its neighbour: a word.
      const VReg word = vextract(Vec::kPextrw, a, lane / 2), kept = alu_imm(Alu::kAnd, word, lane & 1 ? 0xff : 0xff00);
      const VReg byte = alu_imm(Alu::kAnd, b, 0xff), both = temp(ir::Type::kI32);
      make(MOp::kAlu, {mach::use(kept), mach::use_any(lane & 1 ? shift_imm(Shift::kShl, byte, 8) : byte),
                       mach::def_reuse(both, 0)},
           4)
          .x = uint8_t(Alu::kOr);
      return give(i, vinsert(Vec::kPinsrw, a, both, lane / 2));
    }
    case VecOp::i16x8_replace_lane: return give(i, vinsert(Vec::kPinsrw, a, b, lane));
    case VecOp::i32x4_replace_lane:
      if (has(Vec::kPinsrd)) return give(i, vinsert(Vec::kPinsrd, a, b, lane));
      return give(i, vinsert(Vec::kPinsrw, vinsert(Vec::kPinsrw, a, b, 2 * lane), shift_imm(Shift::kShr, b, 16),
                             2 * lane + 1));
    case VecOp::i64x2_replace_lane:
      if (has(Vec::kPinsrq)) return give(i, vinsert(Vec::kPinsrq, a, b, lane));
      return give(i, v2(lane == 0 ? Vec::kMovsd : Vec::kPunpcklqdq, a, vbits(b, 8)));
    case VecOp::f64x2_replace_lane: return give(i, v2(lane == 0 ? Vec::kMovsd : Vec::kPunpcklqdq, a, b));
    default: break;
  }
  if (lane == 0) return give(i, v2(Vec::kMovss, a, b));
  if (has(Vec::kInsertps)) return give(i, v2(Vec::kInsertps, a, b, static_cast<uint8_t>(lane << 4)));
  // Two shuffles, of which the first puts the new lane beside the old one that stays with it.
  if (lane == 1) return give(i, v2(Vec::kShufps, v2(Vec::kPunpckldq, b, a), a, 0xe1));
  if (lane == 2) return give(i, v2(Vec::kShufps, a, v2(Vec::kShufps, b, a, 0xf0), 0x84));
  give(i, v2(Vec::kShufps, a, v2(Vec::kShufps, b, a, 0xa0), 0x24));
}

// wasm's stores of one lane.
bool Lower::store_of_lane(const InstData& d) {
  const InstData* e = def_data(d.vb());
  if (!e || e->op != Op::vextract || !used_once(d.vb()) || wanted_[d.vb().n]) return false;
  Vec op;
  switch (e->vec_op()) {
    case VecOp::i8x16_extract_lane_s: case VecOp::i8x16_extract_lane_u:
      if (d.op != Op::store8) return false;
      op = Vec::kPextrb;
      break;
    case VecOp::i16x8_extract_lane_s: case VecOp::i16x8_extract_lane_u:
      if (d.op != Op::store16) return false;
      op = Vec::kPextrw;
      break;
    case VecOp::i32x4_extract_lane: case VecOp::f32x4_extract_lane:
      if (d.op != Op::store) return false;
      op = Vec::kPextrd;
      break;
    case VecOp::i64x2_extract_lane: case VecOp::f64x2_extract_lane:
      if (d.op != Op::store) return false;
      op = Vec::kPextrq;
      break;
    default: return false;
  }
  const bool whole = d.op == Op::store;
  if (whole && e->lane() == 0) {
    const VReg v = reg(e->va());
    const Amode m = amode(d.va(), d.displacement());
    MInst& x = make(MOp::kFStore, {mach::use(v)}, op == Vec::kPextrd ? 4 : 8);
    add_mem(x, m);
    note_access(x, now_);
    return true;
  }
  if (!has(VecLevel::kSse41)) return false;
  const VReg v = reg(e->va());
  const Amode m = amode(d.va(), d.displacement());
  MInst& x = make(MOp::kVecExtractMem, {mach::use(v)});
  x.x = uint8_t(op);
  x.imm = e->lane();
  add_mem(x, m);
  note_access(x, now_);
  return true;
}

}  // namespace wjit::x64
