#include "compiler/isa/a64/emit.h"

#include <algorithm>

#include "compiler/isa/a64/emitter.h"

namespace wjit::a64 {

using isa::FrameState;
using isa::Reloc;
using isa::Stub;
using Limits = vm::off::VMRuntimeLimits;

static constexpr W kX = W::k64;

support::Result<isa::CompiledFunc> emit(const MachFunc& f, const mach::Allocation& allocation, uint32_t wasm_offset,
                                        isa::Listing* listing) {
  return Emitter(f, allocation, wasm_offset, listing).run();
}

support::Result<isa::CompiledFunc> Emitter::run() {
  steps_ = al_.operands.size() + al_.edits.size() + 3 * c_.insts.size() + c_.types.size();  // looks at all of them
  find_empty_blocks();
  find_preserved();
  slots_at_ += 8 * static_cast<uint32_t>(preserved_.size());
  frame_bytes_ = frame_ ? (slots_at_ + 8 * al_.slots + f_.area_bytes + 15) & ~15u : 0;
  labels_.reserve(c_.blocks.size());
  for (size_t b = 0; b < c_.blocks.size(); ++b) labels_.push_back(a_.new_label());
  frame(FrameState::kNone);
  if (frame_block_ == 0) prologue();
  for (uint32_t b = 0; b < c_.blocks.size(); ++b) block(b);
  if (frame_) frame(FrameState::kWhole);
  cold_code();
  WJIT_TRY(auto bytes, a_.finish());
  isa::CompiledFunc out = finish(std::move(bytes));
  out.data = static_cast<uint32_t>(out.bytes.size());
  return out;
}

// ---- the frame ------------------------------------------------------------------------------------------------------

bool Emitter::needs_frame(const MInst& i) const {
  if (shared_needs_frame(i)) return true;
  switch (MOp(i.op)) {
    case MOp::kBulk:  // a call: x30 is to be kept
    case MOp::kTrapZero: return true;
    case MOp::kDiv: return i.cc != (DivSkip::kZero | DivSkip::kOverflow);
    case MOp::kFloatToInt: return !(i.x & TruncKind::kSaturating);
    default: return false;
  }
}

void Emitter::add(Gp to, Gp from, int64_t value) {
  const Add op = value < 0 ? Add::kSub : Add::kAdd;
  const uint64_t n = value < 0 ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
  if (n >> 24 != 0) {
    a_.mov(reg::kAddress, n);
    return a_.add(op, kX, to, from, reg::kAddress);
  }
  if (const auto high = static_cast<uint32_t>(n & 0xfff000); high != 0) {
    a_.add(op, kX, to, from, high);
    from = to;
  }
  if (const auto low = static_cast<uint32_t>(n & 0xfff); low != 0 || to != from) a_.add(op, kX, to, from, low);
}

Mem Emitter::at(Gp base, int64_t offset, uint32_t size) {
  if (offset == static_cast<int32_t>(offset) && Masm::is_offset(size, static_cast<int32_t>(offset)))
    return Mem::at(base, static_cast<int32_t>(offset));
  add(reg::kAddress, base, offset);
  return Mem::at(reg::kAddress, 0);
}

Mem Emitter::in_frame(int64_t from_fp, uint32_t size) {
  if (from_fp >= -256 && from_fp < 32768 && Masm::is_offset(size, static_cast<int32_t>(from_fp)))
    return Mem::at(Gp::x29, static_cast<int32_t>(from_fp));
  return at(Gp::sp, from_fp + int64_t{frame_bytes_} + reserved_, size);
}

Mem Emitter::place(const Alloc& a, uint32_t size) {
  if (a.kind == Alloc::Kind::kHome) return in_frame(c_.homes[a.index].fp_offset, size);
  WJIT_DASSERT(a.kind == Alloc::Kind::kSlot);
  const int64_t n = int64_t{a.index} + (size == 16 ? 1 : 0);
  return in_frame(-8 - int64_t{slots_at_} - 8 * n, size);
}

// Less than a page below the limit is anybody's; more is asked for.
void Emitter::check_stack(uint32_t more) {
  const Gp t = reg::kScratch;
  a_.access(Access::kLdrX, t, Mem::at(Gp::x0, vm::off::VMContext::runtime_limits));
  a_.access(Access::kLdrX, t, Mem::at(t, Limits::stack_limit));
  if (more != 0) add(t, t, more);
  a_.cmp(kX, Gp::sp, t);
  a_.b(Cc::lo, trap_label(vm::TrapCode::kStackOverflow, own_offset_));
}

// What lies below the stack pointer is anybody's: it moves first.
void Emitter::prologue() {
  if (!frame_) return;
  a_.stp(kX, Gp::x29, Gp::x30, Mem::pre(Gp::sp, -16));
  frame(FrameState::kSaved);
  a_.mov(kX, Gp::x29, Gp::sp);
  frame(FrameState::kWhole);
  constexpr uint32_t kMuch = 2048;
  const uint32_t wanted = frame_bytes_ + passed_bytes();
  const bool checks = f_.calls || wanted > 1024;
  if (frame_bytes_ <= kMuch) {
    a_.add(Add::kSub, kX, Gp::sp, Gp::sp, frame_bytes_);
    a_.access(Access::kStrX, Gp::x0, Mem::at(Gp::x29, -vm::kFrameVmctx));
  } else {
    a_.access(Access::kStrX, Gp::x0, Mem::pre(Gp::sp, -16));
    a_.access(Access::kStrX, Gp::x0, Mem::at(Gp::x29, -vm::kFrameVmctx));
  }
  if (checks) check_stack(wanted > kMuch ? wanted : 0);
  if (frame_bytes_ > kMuch) add(Gp::sp, Gp::sp, 16 - int64_t{frame_bytes_});
  if (save_block_ == 0) save_preserved();
}

// Preserved registers from the highest address down, at [x29 - 16] and so on; two at a time.
template <class Pair, class One>
void Emitter::for_each_saved(Pair pair, One one) {
  size_t k = 0;
  for (; k + 1 < preserved_.size(); k += 2)
    pair(Gp(preserved_[k + 1].hw()), Gp(preserved_[k].hw()), Mem::at(Gp::x29, -24 - 8 * static_cast<int32_t>(k)));
  if (k < preserved_.size()) one(Gp(preserved_[k].hw()), Mem::at(Gp::x29, -16 - 8 * static_cast<int32_t>(k)));
}

void Emitter::save_preserved() {
  for_each_saved([&](Gp x, Gp y, const Mem& m) { a_.stp(kX, x, y, m); },
                 [&](Gp x, const Mem& m) { a_.access(Access::kStrX, x, m); });
}

void Emitter::restore_preserved() {
  if (!saved_here()) return;
  for_each_saved([&](Gp x, Gp y, const Mem& m) { a_.ldp(kX, x, y, m); },
                 [&](Gp x, const Mem& m) { a_.access(Access::kLdrX, x, m); });
}

void Emitter::leave_frame() {
  if (!framed()) return;
  restore_preserved();
  a_.mov(kX, Gp::sp, Gp::x29);
  a_.ldp(kX, Gp::x29, Gp::x30, Mem::post(Gp::sp, 16));
  frame(FrameState::kNone);
}

Mem Emitter::mem() const {
  uint32_t k = now_->operands;
  const bool has_index = now_->y & Shape::kIndex;
  const uint32_t index = has_index ? --k : 0, base = --k;
  if (has_index) return Mem::at(gp(base), gp(index), now_->y >> Shape::kShiftBit & 3);
  return Mem::at(gp(base), now_->disp);
}

// ---- blocks ---------------------------------------------------------------------------------------------------------

void Emitter::block(uint32_t b) {
  a_.bind(labels_[b]);
  now_block_ = b;
  const mach::VBlock& v = c_.blocks[b];
  if (forward_[b] != b) return;  // nobody comes here
  if (frame_block_ != 0) frame(framed() && b != frame_block_ ? FrameState::kWhole : FrameState::kNone);
  if (b == frame_block_ && b != 0) {
    prologue();
    for (const mach::Edit& e : waiting_) copy(e.type, e.to, e.from);
  }
  if (b == save_block_ && b != 0) save_preserved();
  for (uint32_t n = v.first; n < v.end; ++n) {
    now_ = &c_.insts[n];
    steps_ += 1 + now_->operands;
    if (listing_ && next_edit_ < al_.edits.size() && al_.edits[next_edit_].before == n) note_line(true);
    for (; next_edit_ < al_.edits.size() && al_.edits[next_edit_].before == n; ++next_edit_) edit(al_.edits[next_edit_]);
    if (listing_) note_line(false);
    inst();
    if (!f_.poison.empty()) poison();
  }
}

// Without touching the flags.
void Emitter::poison() {
  for_each_poisoned([&](uint32_t k) {
    a_.mov(reg::kScratch, 0xdeadbeef00000000);
    a_.add(Add::kAdd, kX, gp(k), gp(k), reg::kScratch);
  });
}

void Emitter::edit(const mach::Edit& e) {
  ++steps_;
  if (!e.from.is_reg() || !e.to.is_reg()) ++spill_moves_;
  if (e.to.kind == Alloc::Kind::kSlot && !framed()) return;  // of waiting_
  copy(e.type, e.to, e.from);
}

void Emitter::load(uint32_t size, const Alloc& to, const Mem& from) {
  if (to.preg().cls() == mach::RegClass::kInt)
    a_.access(size == 8 ? Access::kLdrX : Access::kLdrW, Gp(to.preg().hw()), from);
  else
    a_.access(size == 16 ? VecAccess::kLdrQ : size == 8 ? VecAccess::kLdrD : VecAccess::kLdrS, Vec(to.preg().hw()), from);
}

void Emitter::store(uint32_t size, const Alloc& from, const Mem& to) {
  if (from.preg().cls() == mach::RegClass::kInt)
    a_.access(size == 8 ? Access::kStrX : Access::kStrW, Gp(from.preg().hw()), to);
  else
    a_.access(size == 16 ? VecAccess::kStrQ : size == 8 ? VecAccess::kStrD : VecAccess::kStrS, Vec(from.preg().hw()), to);
}

// Integers are moved whole: what is known of an i32's upper half stays so.
void Emitter::copy(ir::Type t, const Alloc& to, const Alloc& from) {
  if (to == from) return;
  const uint32_t bytes = ir::is_int(t) ? 8 : ir::bytes_of(t);
  if (to.is_reg() && from.is_reg()) {
    if (ir::is_int(t)) return a_.mov(kX, Gp(to.preg().hw()), Gp(from.preg().hw()));
    if (bytes == 16) return a_.mov128(Vec(to.preg().hw()), Vec(from.preg().hw()));
    return a_.fp(Float1::kFmov, F::k64, Vec(to.preg().hw()), Vec(from.preg().hw()));
  }
  if (to.is_reg()) return load(bytes, to, place(from, bytes));
  if (from.is_reg()) return store(bytes, from, place(to, bytes));
  // No register of the allocator's is free for certain, and one of its own may be in use.
  const Alloc through = Alloc::reg(bytes == 16 ? mach::vector_reg(static_cast<unsigned>(reg::kFScratch2))
                                               : mach::int_reg(static_cast<unsigned>(reg::kScratch)));
  const uint32_t size = bytes == 16 ? 16 : 8;
  load(size, through, place(from, size));
  store(size, through, place(to, size));
}

// ---- what all functions have ----------------------------------------------------------------------------------------

void Emitter::inst() {
  const MInst& i = *now_;
  switch (const MOp op = MOp(i.op)) {
    case MOp::kArgs: break;
    case MOp::kMov: copy(c_.types[c_.operands[i.first_operand].vreg.n], at(0), at(1)); break;
    case MOp::kJcc: branch(Cc(i.cc)); break;
    case MOp::kBranchZero:
      branch_either(i.x, [&](bool set, Label to) { set ? a_.cbnz(w(), gp(0), to) : a_.cbz(w(), gp(0), to); });
      break;
    case MOp::kBranchBit:
      branch_either(i.x, [&](bool set, Label to) { set ? a_.tbnz(gp(0), imm8(), to) : a_.tbz(gp(0), imm8(), to); });
      break;
    case MOp::kTrapCc: a_.b(Cc(i.cc), trap_label(vm::TrapCode(i.imm))); break;
    case MOp::kTrapZero: {
      const Label trap = trap_label(vm::TrapCode(i.imm));
      i.x ? a_.cbnz(w(), gp(0), trap) : a_.cbz(w(), gp(0), trap);
      break;
    }
    case MOp::kTrap:
      site();
      call_rel(Reloc::Kind::kStub, Stub::kRaise, static_cast<uint32_t>(i.imm));
      a_.udf(0);  // so that the return address is not that of an access
      break;
    case MOp::kJmp:
      if (const uint32_t to = successor(0); to != next_block()) a_.b(labels_[to]);
      break;
    case MOp::kBrTable: br_table(); break;
    case MOp::kRet:
      leave_frame();
      if (f_.param_bytes != 0) add(Gp::sp, Gp::sp, f_.param_bytes);
      a_.ret();
      if (frame_) frame(FrameState::kWhole);  // what follows is of the same function
      break;
    case MOp::kReserve:
      add(Gp::sp, Gp::sp, -static_cast<int64_t>(i.imm));
      reserved_ = static_cast<uint32_t>(i.imm);
      break;
    case MOp::kStoreArg: store(i.size, at(0), at(Gp::sp, i.disp, i.size)); break;
    case MOp::kArea: a_.mov(kX, gp(0), Gp::sp); break;
    case MOp::kLoadArea: load(i.size, at(0), at(Gp::sp, i.disp, i.size)); break;
    case MOp::kCallFunc: case MOp::kCallEntry: case MOp::kCallReg: call(op); break;
    case MOp::kLibcall: libcall(); break;
    case MOp::kBulk: call_rel(Reloc::Kind::kStub, i.cc ? Stub::kFill : Stub::kCopy, 0); break;
    case MOp::kTailFunc: case MOp::kTailEntry: case MOp::kTailReg: tail(op); break;
    case MOp::kLeave:
      if (!leave_) leave_ = a_.new_label();
      a_.b(Cc(i.cc), *leave_);
      break;
    case MOp::kFuel: case MOp::kFuelBy: fuel(op == MOp::kFuelBy); break;
    case MOp::kEpoch: epoch(); break;
    default: WJIT_ASSERT(int_inst(op) || memory_inst(op) || float_inst(op));
  }
}

// B(set, label) branches when the test says so. Successors: if it is as `set`, if not.
template <class Branch>
void Emitter::branch_either(bool set, Branch to) {
  const uint32_t t = successor(0), e = successor(1), next = next_block();
  if (t == next) return to(!set, labels_[e]);
  to(set, labels_[t]);
  if (e != next) a_.b(labels_[e]);
}

void Emitter::branch(Cc cc) {
  branch_either(true, [&](bool set, Label to) { a_.b(set ? cc : negate(cc), to); });
}

// The table stands behind the jump.
void Emitter::br_table() {
  const std::vector<uint32_t>& table = f_.tables[now_->target];
  const Gp t = gp(0), index = gp(1);
  const uint32_t entries = static_cast<uint32_t>(table.size() - 1);
  if (Masm::is_add_immediate(entries)) {
    a_.cmp(W::k32, index, entries);
  } else {
    a_.mov(reg::kScratch, entries);
    a_.cmp(W::k32, index, reg::kScratch);
  }
  a_.b(Cc::hs, labels_[successor(table.back())]);
  const Label begin = a_.new_label();
  a_.reserve(16 + 4 * entries);
  a_.adr(reg::kScratch, begin);
  a_.access(Access::kLdrsw, t, Mem::uxtw(reg::kScratch, index, 2));
  a_.add(Add::kAdd, kX, t, t, reg::kScratch);
  if (listing_) listing_->tables.push_back({a_.offset(), a_.offset() + 4, entries});
  a_.br(t);
  a_.bind(begin);
  steps_ += 1 + entries;
  for (uint32_t n = 0; n < entries; ++n) a_.distance32(begin, labels_[successor(table[n])]);
}

}  // namespace wjit::a64
