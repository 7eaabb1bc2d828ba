// Loads and stores.
#include "compiler/isa/x64/lower.h"
#include "compiler/support/plant.h"

namespace wjit::x64 {

using ir::Inst;
using ir::InstData;
using ir::Op;
using mach::MInst;

bool Lower::lower_memory(Inst i, const InstData& d) {
  switch (d.op) {
    case Op::load: case Op::load8_s: case Op::load8_u: case Op::load16_s: case Op::load16_u: case Op::load32_s:
    case Op::load32_u:
      load(i, d);
      return true;
    case Op::store: case Op::store8: case Op::store16: case Op::store32: store(i, d); return true;
    default: return false;
  }
}

struct Width {
  uint8_t bytes;
  LoadKind kind;
};
static Width load_width(const InstData& d) {
  const bool wide = d.type == ir::Type::kI64;
  switch (d.op) {
    case Op::load8_s: return {1, wide ? LoadKind::kSign8To64 : LoadKind::kSign8To32};
    case Op::load8_u: return {1, LoadKind::kZero8};
    case Op::load16_s: return {2, wide ? LoadKind::kSign16To64 : LoadKind::kSign16To32};
    case Op::load16_u: return {2, LoadKind::kZero16};
    case Op::load32_s: return {4, LoadKind::kSign32To64};
    case Op::load32_u: return {4, LoadKind::kZero32};
    default: return {static_cast<uint8_t>(ir::bytes_of(d.type)), LoadKind::kPlain};
  }
}

void Lower::load(Inst i, const InstData& d) {
  const Amode m = amode(d.va(), d.displacement());
  const Width w = load_width(d);
  if (ir::is_int(d.type)) {
    MInst& x = make(MOp::kLoad, {mach::def(result(i))}, w.bytes);
    x.x = uint8_t(w.kind);
    add_mem(x, m);
    note_access(x, now_);
    return;
  }
  MInst& x = make(MOp::kFLoad, {mach::def(result(i))}, w.bytes);
  add_mem(x, m);
  note_access(x, now_);
}

void Lower::store(Inst, const InstData& d) {
  if (store_of_operation(d) || store_of_lane(d)) return;
  const uint8_t bytes = d.op == Op::store8    ? 1
                        : d.op == Op::store16 ? 2
                        : d.op == Op::store32 ? 4
                                              : static_cast<uint8_t>(ir::bytes_of(d.type));
  if (ir::is_int(d.type)) {
    if (const auto c = small(d.vb())) {
      const Amode m = amode(d.va(), d.displacement());
      MInst& x = make(MOp::kStoreImm, {}, bytes);
      x.imm = static_cast<uint64_t>(int64_t{*c});
      add_mem(x, m);
      note_access(x, now_);
      return;
    }
    // What is narrowed is stored from where it was.
    Value v = d.vb();
    for (unsigned steps = 0; steps < kMostSteps; ++steps, ++out_.steps) {
      const InstData* n = def_data(v);
      if (!n || !(n->op == Op::wrap || (n->op == Op::extend_u && bytes <= 4) || (n->op == Op::extend_s && bytes <= 4)))
        break;
      v = n->va();
    }
    const VReg r = reg(v);
    const Amode m = amode(d.va(), d.displacement());
    MInst& x = make(MOp::kStore, {mach::use(r)}, bytes);
    add_mem(x, m);
    note_access(x, now_);
    return;
  }
  const VReg r = reg(d.vb());
  const Amode m = amode(d.va(), d.displacement());
  MInst& x = make(MOp::kFStore, {mach::use(r)}, bytes);
  add_mem(x, m);
  note_access(x, now_);
}

// store p, op(load p, x): one instruction on memory, if the load is nobody else's and of the same address.
bool Lower::store_of_operation(const InstData& d) {
  if (d.op != Op::store || !ir::is_int(d.type) || uses_[d.vb().n] != 1) return false;
  const InstData* o = def_data(d.vb());
  if (!o || wanted_[d.vb().n]) return false;
  Alu op;
  bool commutes = true;
  switch (o->op) {
    case Op::add: op = Alu::kAdd; break;
    case Op::sub: op = WJIT_PLANTED(swapped_operands) ? Alu::kAdd : Alu::kSub, commutes = false; break;
    case Op::and_: op = Alu::kAnd; break;
    case Op::or_: op = Alu::kOr; break;
    case Op::xor_: op = Alu::kXor; break;
    default: return false;
  }
  Value old = o->va(), other = o->vb();
  const auto same_place = [&](Value v) {
    const InstData* l = sinkable(v, Op::load);
    return l && l->type == d.type && f_.resolve(l->va()) == f_.resolve(d.va()) && l->displacement() == d.displacement();
  };
  if (!same_place(old)) {
    if (!commutes || !same_place(other)) return false;
    std::swap(old, other);
  }
  folded_[old.n] = 1;
  const Inst load = f_.def(old);  // comes first: a trap is its
  const uint8_t size = static_cast<uint8_t>(ir::bytes_of(d.type));
  if (const auto c = small(other)) {
    const Amode m = amode(d.va(), d.displacement());
    MInst& x = make(MOp::kMemAluImm, {}, size);
    x.x = uint8_t(op);
    x.imm = static_cast<uint64_t>(int64_t{*c});
    add_mem(x, m);
    note_access(x, load);
    return true;
  }
  const VReg r = reg(other);
  const Amode m = amode(d.va(), d.displacement());
  MInst& x = make(MOp::kMemAlu, {mach::use(r)}, size);
  x.x = uint8_t(op);
  add_mem(x, m);
  note_access(x, load);
  return true;
}

}  // namespace wjit::x64
