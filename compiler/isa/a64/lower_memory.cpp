// Loads and stores.
#include "compiler/isa/a64/lower.h"
#include "compiler/isa/a64/masm.h"

namespace wjit::a64 {

using ir::Inst;
using ir::InstData;
using ir::Op;
using mach::MInst;

namespace {

struct Width {
  uint8_t bytes;
  LoadKind kind;
};
Width load_width(const InstData& d) {
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

uint8_t store_width(const InstData& d) {
  switch (d.op) {
    case Op::store8: return 1;
    case Op::store16: return 2;
    case Op::store32: return 4;
    default: return static_cast<uint8_t>(ir::bytes_of(d.type));
  }
}

}  // namespace

// base + displacement, or base + index * 1 or the size. What is more than that is added first.
isa::LowerBase::Amode Lower::amode(Value address, int32_t disp, uint32_t size) {
  int64_t sum = disp;
  const InstData* d = def_data(address);
  for (; d && d->op == Op::add; ++out_.steps) {
    const auto c = constant(d->vb());
    int64_t more;
    if (!c || __builtin_add_overflow(sum, static_cast<int64_t>(*c), &more) || more != static_cast<int32_t>(more)) break;
    sum = more;
    address = d->va();
    d = def_data(address);
  }
  const int32_t offset = static_cast<int32_t>(sum);
  // A sum that is in a register anyway is the base, if there is anything to add to it.
  const bool is_sum = d && d->op == Op::add && !constant(d->vb());
  if (!is_sum || (offset != 0 && (wanted_[address.n] || !used_once(address)))) return at(reg(address), offset, size);
  Value base = d->va(), index = d->vb();
  if (is_op(base, Op::shl) && !is_op(index, Op::shl)) std::swap(base, index);
  uint8_t shift = 0;
  const unsigned scale = static_cast<unsigned>(__builtin_ctz(size));
  if (const InstData* s = def_data(index); s && s->op == Op::shl) {
    const auto c = constant(s->vb());
    if (c && scale != 0 && (*c & 63) == scale && offset == 0) shift = static_cast<uint8_t>(scale), index = s->va();
  }
  if (offset == 0) {
    Amode m;
    m.base = reg(base);
    m.index = reg(index);
    m.shift = shift;
    return m;
  }
  const VReg sum_of = temp(ir::Type::kI64);
  const Shifted s = shifted(index);
  const VReg a = reg(base), b = reg(s.value);
  MInst& x = make(MOp::kAdd, {mach::def(sum_of), mach::use(a), mach::use(b)}, 8);
  x.x = uint8_t(Add::kAdd);
  x.disp = int32_t(s.shift);
  x.imm = s.amount;
  return at(sum_of, offset, size);
}

bool Lower::lower_memory(Inst i, const InstData& d) {
  const bool is_store = d.format() == ir::Format::kStore;
  if (!is_store) {
    const Width w = load_width(d);
    const Amode m = amode(d.va(), d.displacement(), w.bytes);
    MInst& x = make(ir::is_int(d.type) ? MOp::kLoad : MOp::kFLoad, {mach::def(result(i))}, w.bytes);
    x.x = uint8_t(w.kind);
    add_mem(x, m);
    note_access(x, now_);
    return true;
  }
  const uint8_t bytes = store_width(d);
  Value v = d.vb();
  if (ir::is_int(d.type)) {
    // What is narrowed is stored from where it was.
    for (unsigned steps = 0; steps < kMostSteps; ++steps, ++out_.steps) {
      const InstData* n = def_data(v);
      if (!n || !(n->op == Op::wrap || (n->op == Op::extend_u && bytes <= 4) || (n->op == Op::extend_s && bytes <= 4)))
        break;
      v = n->va();
    }
  }
  const InstData* c = def_data(v);
  const bool zero = (c && c->op == Op::fconst && c->imm() == 0) || constant(v) == 0;
  if (zero) {
    const Amode m = amode(d.va(), d.displacement(), bytes);
    MInst& x = make(MOp::kStoreZero, {}, bytes);
    add_mem(x, m);
    note_access(x, now_);
    return true;
  }
  const VReg r = reg(v);
  const Amode m = amode(d.va(), d.displacement(), bytes);
  MInst& x = make(ir::is_int(d.type) ? MOp::kStore : MOp::kFStore, {mach::use(r)}, bytes);
  add_mem(x, m);
  note_access(x, now_);
  return true;
}

}  // namespace wjit::a64
