#include "compiler/opt/memory.h"

#include <algorithm>
#include <bit>

#include "vmcontext/abi.h"

namespace wjit::opt {

using ir::Block;
using ir::Effects;
using ir::Format;
using ir::Inst;
using ir::InstData;
using ir::Loop;
using ir::Op;
using ir::Region;
using ir::Value;

namespace {
constexpr uint16_t kEverything = 0xffff;
constexpr uint8_t kNoClass = 0xff;
}  // namespace

void MemoryPass::number_classes(const ir::Function& f) {
  classes_.assign(size_t{16} << 7, kNoClass);
  std::fill(std::begin(of_region_), std::end(of_region_), uint16_t{0});
  uint8_t next = 0;
  for (Block b = f.entry(); b.valid(); b = f.block(b).next) {
    for (Inst i = f.block(b).first; i.valid(); i = f.next(i)) {
      const InstData& d = f.inst(i);
      if (d.format() != Format::kLoad && d.format() != Format::kStore) continue;
      uint8_t& c = classes_[index(d.access())];
      if (c == kNoClass) c = next < kClasses - 1 ? next++ : next;
      of_region_[static_cast<size_t>(d.access().region)] |= static_cast<uint16_t>(1u << c);
    }
  }
}

// The classes that an instruction may write to, as bits.
uint16_t MemoryPass::writes(const InstData& d) const {
  switch (ir::info(d.op).effects) {
    case Effects::kWrite:
      if (d.format() == Format::kStore) return static_cast<uint16_t>(1u << classes_[index(d.access())]);
      if (d.format() == Format::kBulk) return of_region_[static_cast<size_t>(Region::kHeap)];
      // Fuel and epochs may let somebody else in.
      return (d.format() == Format::kCheck && d.op != Op::fuel_by) || d.op == Op::epoch_trap ? 0 : kEverything;
    case Effects::kCall:
      if (d.op != Op::libcall) return kEverything;
      switch (static_cast<vm::Libcall>(d.c)) {
        // (Not those on whole memories: they poll, and who answers may grow a memory, which may move.)
        case vm::Libcall::table_get_lazy: return of_region_[static_cast<size_t>(Region::kTable)];
        case vm::Libcall::ref_func: return 0;
        default: return kEverything;
      }
    default: return ir::calls(d.op) ? kEverything : 0;
  }
}

void MemoryPass::find_loop_writes(const ir::Function& f, const Analyses& a) {
  block_writes_.assign(f.block_count(), 0);
  loop_writes_.assign(a.loops.count(), 0);
  for (Block b : a.cfg.rpo()) {
    uint16_t bits = 0;
    for (Inst i = f.block(b).first; i.valid() && bits != kEverything; i = f.next(i)) bits |= writes(f.inst(i));
    block_writes_[b.n] = bits;
    if (const Loop l = a.loops.loop_of(b); l.valid()) loop_writes_[l.n] |= bits;
  }
  for (uint32_t l = a.loops.count(); l-- > 0;)
    if (const Loop p = a.loops.parent(Loop(l)); p.valid()) loop_writes_[p.n] |= loop_writes_[l];
}

// The versions at the beginning of a block.
void MemoryPass::enter(const Analyses& a, Block b) {
  const uint32_t place = a.cfg.rpo_index(b);
  bool first = true;
  uint16_t fresh = place == 0 ? kEverything : 0;
  for (const ir::Cfg::Pred& p : a.cfg.preds(b)) {
    const uint32_t from = a.cfg.rpo_index(p.block);
    if (from == ir::Cfg::kUnreachable) continue;
    if (from >= place) {
      fresh |= a.loops.is_header(b) && a.dom.dominates(b, p.block) ? loop_writes_[a.loops.loop_of(b).n] : kEverything;
      continue;
    }
    const uint32_t* out = &out_[size_t{p.block.n} * kClasses];
    for (unsigned c = 0; c < kClasses; ++c) {
      if (first)
        now_[c] = out[c];
      else if (now_[c] != out[c])
        fresh |= static_cast<uint16_t>(1u << c);
    }
    first = false;
  }
  for (unsigned c = 0; c < kClasses; ++c)
    if ((fresh >> c & 1) != 0) now_[c] = next_version_++;
}

MemoryPass::Known* MemoryPass::find(const InstData& k) {
  uint64_t h = uint64_t{static_cast<uint8_t>(k.op)} << 24 | uint64_t{static_cast<uint8_t>(k.type)} << 16 | k.aux;
  h = (h ^ k.a) * 0x9e3779b97f4a7c15;
  h = (h ^ (h >> 29) ^ k.b) * 0x9e3779b97f4a7c15;
  h = (h ^ (h >> 29) ^ k.c) * 0x9e3779b97f4a7c15;
  const size_t mask = mask_;  // of what this function needs: smaller ones stay in the cache
  for (size_t at = (h ^ (h >> 32)) & mask;; at = (at + 1) & mask) {
    Known& e = known_[at];
    if (e.when != time_) {
      e = {k, Value(), Block(), time_};
      return &e;
    }
    if (e.load.op == k.op && e.load.type == k.type && e.load.aux == k.aux && e.load.a == k.a && e.load.b == k.b &&
        e.load.c == k.c)
      return &e;
  }
}

InstData MemoryPass::key(const InstData& access, Op op, Value address) const {
  return {.op = op, .type = access.type, .aux = access.aux, .a = address.n, .b = now_[classes_[index(access.access())]],
          .c = access.c};
}

bool MemoryPass::is_there(const ir::Function& f, const Analyses& a, Block b, const InstData& store) {
  if (store.op != Op::store || store.access().traps) return false;  // what may trap is seldom written for nothing
  const Known* k = find(key(store, Op::load, f.resolve(store.va())));
  return k->value.valid() && a.dom.dominates(k->block, b) && f.resolve(k->value) == f.resolve(store.vb());
}

// What an instruction means for the stores before it in its block.
void MemoryPass::end_stores(ir::Function& f, Inst i) {
  const InstData& d = f.inst(i);
  const bool access = d.format() == Format::kLoad || d.format() == Format::kStore;
  if (access && !d.access().traps) {
    Inst& last = unseen_[classes_[index(d.access())]];
    if (d.format() == Format::kStore) {
      if (last.valid()) {
        const InstData& s = f.inst(last);
        if (s.op == d.op && s.type == d.type && s.aux == d.aux && s.c == d.c && f.resolve(s.va()) == f.resolve(d.va()))
          f.remove(last);
      }
      last = i;
      any_unseen_ = true;
    } else if (!d.access().constant()) {
      last = Inst();
    }
    return;
  }
  if (any_unseen_ && (access || ir::info(d.op).effects != Effects::kPure)) {
    std::fill(std::begin(unseen_), std::end(unseen_), Inst());
    any_unseen_ = false;
  }
}

void MemoryPass::visit(ir::Function& f, const Analyses& a, Block b, Inst i) {
  const InstData& d = f.inst(i);
  if (is_load(d)) {
    Known* k = find(key(d, d.op, f.resolve(d.va())));
    if (k->value.valid() && a.dom.dominates(k->block, b)) {
      const Value known = f.resolve(k->value);
      f.make_alias(f.result(i), known);
      f.remove(i);
      return;
    }
    k->value = f.result(i);
    k->block = b;
    return;
  }
  const uint16_t written = writes(d);
  if (written == 0) return;
  if (is_there(f, a, b, d)) return f.remove(i);
  for (unsigned c = 0; c < kClasses; ++c)
    if ((written >> c & 1) != 0) now_[c] = next_version_++;
  if (d.op == Op::store) {
    Known* k = find(key(d, Op::load, f.resolve(d.va())));
    k->value = f.resolve(d.vb());
    k->block = b;
  }
}

void MemoryPass::run(ir::Function& f, const Analyses& a) {
  number_classes(f);
  find_loop_writes(f, a);
  const size_t wanted = std::bit_ceil(size_t{f.inst_count()} + 16);
  if (known_.size() < wanted * 2) known_.assign(wanted * 2, {}), time_ = 0;
  mask_ = wanted * 2 - 1;
  ++time_;
  next_version_ = 0;
  if (out_.size() < size_t{f.block_count()} * kClasses) out_.resize(size_t{f.block_count()} * kClasses);
  bool changed = false;
  for (Block b : a.cfg.rpo()) {
    enter(a, b);
    if (any_unseen_) std::fill(std::begin(unseen_), std::end(unseen_), Inst());
    any_unseen_ = false;
    for (Inst i = f.block(b).first; i.valid();) {
      const Inst next = f.next(i);
      visit(f, a, b, i);
      if (!f.block_of(i).valid())
        changed = true;
      else if (any_unseen_ || f.inst(i).format() == Format::kStore)
        end_stores(f, i);
      i = next;
    }
    std::copy(now_, now_ + kClasses, &out_[size_t{b.n} * kClasses]);
  }
  if (changed) f.resolve_aliases();
}

}  // namespace wjit::opt
