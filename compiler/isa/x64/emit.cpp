#include "compiler/isa/x64/emit.h"

#include <algorithm>

#include "compiler/isa/x64/emitter.h"
#include "compiler/support/plant.h"

namespace wjit::x64 {

using isa::FrameState;
using isa::Reloc;
using isa::Stub;
using Limits = vm::off::VMRuntimeLimits;

static constexpr W kQ = W::k64;

support::Result<isa::CompiledFunc> emit(const MachFunc& f, const mach::Allocation& allocation, uint32_t wasm_offset,
                                        isa::Listing* listing) {
  return Emitter(f, allocation, wasm_offset, listing).run();
}

support::Result<isa::CompiledFunc> Emitter::run() {
  if (std::find(c_.types.begin(), c_.types.end(), ir::Type::kV128) != c_.types.end()) slots_at_ = 16;
  steps_ = al_.operands.size() + al_.edits.size() + 3 * c_.insts.size() + c_.types.size();  // looks at all of them
  find_empty_blocks();
  find_preserved();
  slots_at_ += 8 * ((static_cast<uint32_t>(preserved_.size()) + 1) & ~1u);
  frame_bytes_ = frame_ ? slots_at_ + 8 * al_.slots + f_.area_bytes + tail_bytes() : 0;
  if (frame_bytes_ > 8 || calls_out()) frame_bytes_ = (frame_bytes_ + 15) & ~15u;  // a leaf needs not be aligned
  labels_.reserve(c_.blocks.size());
  for (size_t b = 0; b < c_.blocks.size(); ++b) labels_.push_back(a_.new_label());
  frame(FrameState::kNone);
  if (frame_block_ == 0) prologue();
  for (uint32_t b = 0; b < c_.blocks.size(); ++b) block(b);
  if (frame_) frame(FrameState::kWhole);
  cold_code();
  WJIT_TRY(auto bytes, a_.finish());
  isa::CompiledFunc out = finish(std::move(bytes));
  out.data = data_;
  out.alignment = alignment_;
  return out;
}

// ---- the frame ------------------------------------------------------------------------------------------------

bool Emitter::needs_frame(const MInst& i) const {
  return shared_needs_frame(i) || MOp(i.op) == MOp::kDiv || MOp(i.op) == MOp::kFloatToInt;
}

void Emitter::prologue() {
  if (!frame_) return;
  a_.push(Gp::rbp);
  frame(FrameState::kSaved);
  a_.mov(kQ, Gp::rbp, Gp::rsp);
  frame(FrameState::kWhole);
  a_.push(Gp::rdi);  // [rbp - kFrameVmctx]
  const uint32_t wanted = frame_bytes_ + passed_bytes();
  if (f_.calls || wanted > 1024) {
    // Less than a page below the limit is anybody's; more is asked for.
    const Gp t = reg::kScratch;
    a_.mov(kQ, t, Mem::at(Gp::rdi, vm::off::VMContext::runtime_limits));
    const Label overflow = trap_label(vm::TrapCode::kStackOverflow, own_offset_);
    if (wanted > 2048) {
      a_.mov(kQ, t, Mem::at(t, Limits::stack_limit));
      a_.add(kQ, t, static_cast<int32_t>(wanted));
      a_.cmp(kQ, Gp::rsp, t);
    } else {
      a_.cmp(kQ, Gp::rsp, Mem::at(t, Limits::stack_limit));
    }
    a_.jcc(Cc::b, overflow);
  }
  if (save_block_ == 0)
    for (const mach::PReg r : preserved_) a_.push(Gp(r.hw()));
  const uint32_t pushed = save_block_ != 0 ? 8 : 8 + 8 * static_cast<uint32_t>(preserved_.size());
  if (frame_bytes_ > pushed) a_.sub(kQ, Gp::rsp, static_cast<int32_t>(frame_bytes_ - pushed));
}

void Emitter::leave_frame() {
  if (!framed()) return;
  restore_preserved();
  drop_frame();
}

void Emitter::drop_frame() {
  if (!framed()) return;
  a_.mov(kQ, Gp::rsp, Gp::rbp);
  a_.pop(Gp::rbp);
  frame(FrameState::kNone);
}

void Emitter::save_preserved() {
  for (size_t k = 0; k < preserved_.size(); ++k)
    a_.mov(W::k64, Mem::at(Gp::rbp, -16 - 8 * static_cast<int32_t>(k)), Gp(preserved_[k].hw()));
}

void Emitter::restore_preserved() {
  if (!saved_here()) return;
  for (size_t k = 0; k < preserved_.size(); ++k)
    a_.mov(W::k64, Gp(preserved_[k].hw()), Mem::at(Gp::rbp, -16 - 8 * static_cast<int32_t>(k)));
}

Mem Emitter::place(const Alloc& a, uint32_t bytes) const {
  if (a.kind == Alloc::Kind::kHome) return Mem::at(Gp::rbp, c_.homes[a.index].fp_offset);
  WJIT_DASSERT(a.kind == Alloc::Kind::kSlot);
  const int32_t n = static_cast<int32_t>(a.index) + (bytes == 16 ? 1 : 0);
  return Mem::at(Gp::rbp, -8 - static_cast<int32_t>(slots_at_) - 8 * n);
}

Mem Emitter::mem() const {
  uint32_t k = now_->operands;
  const bool has_index = now_->y & Shape::kIndex, has_base = now_->y & Shape::kBase;
  const uint32_t index = has_index ? --k : 0, base = has_base ? --k : 0;
  const uint8_t shift = now_->y >> Shape::kShiftBit & 3;
  if (has_base && has_index) return Mem::at(gp(base), gp(index), shift, now_->disp);
  if (has_base) return Mem::at(gp(base), now_->disp);
  return Mem::scaled(gp(index), shift, now_->disp);
}

// ---- blocks ---------------------------------------------------------------------------------------------------

void Emitter::block(uint32_t b) {
  if (starts_hot_loop(b)) {
    // An interpreter's dispatch is best in one line of the cache.
    const bool dispatch = MOp(c_.insts[c_.blocks[b].end - 1].op) == MOp::kBrTable;
    alignment_ = std::max(alignment_, dispatch ? 2 * kLoopAlignment : kLoopAlignment);
    a_.align(dispatch ? 2 * kLoopAlignment : kLoopAlignment);
  }
  a_.bind(labels_[b]);
  now_block_ = b;
  flags_ = {};
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
    size_t end = next_edit_;
    while (end < al_.edits.size() && al_.edits[end].before == n) ++end;
    const mach::Edit* copy = end > next_edit_ && takes_copy(al_.edits[end - 1]) ? &al_.edits[--end] : nullptr;
    if (listing_ && next_edit_ < end) note_line(true);
    for (; next_edit_ < end; ++next_edit_) edit(al_.edits[next_edit_]);
    if (listing_) note_line(false);
    if (copy)
      ++next_edit_, inst_of_copy(*copy);
    else
      inst();
    note_flags(copy != nullptr);
    if (!f_.poison.empty()) poison();
  }
}

// Without touching the flags.
void Emitter::poison() {
  for_each_poisoned([&](uint32_t k) {
    a_.mov(reg::kScratch, 0xdeadbeef00000000);
    a_.lea(kQ, gp(k), Mem::at(gp(k), reg::kScratch, 0));
  });
}

void Emitter::edit(const mach::Edit& e) {
  ++steps_;
  if (!e.from.is_reg() || !e.to.is_reg()) ++spill_moves_;
  if (e.to.kind == Alloc::Kind::kSlot && !framed()) return;  // of waiting_
  copy(e.type, e.to, e.from);
}

// Integers are moved whole: what is known of an i32's upper half stays so.
void Emitter::copy(ir::Type t, const Alloc& to, const Alloc& from) {
  if (to == from) return;
  const uint32_t bytes = ir::is_int(t) ? 8 : ir::bytes_of(t);
  if (!to.is_reg() && !from.is_reg()) {
    // By the stack: no register is free for certain.
    for (uint32_t i = 0; i < bytes; i += 8) {
      Mem m = place(from, bytes);
      m.displacement += static_cast<int32_t>(i);
      a_.push(m);
      m = place(to, bytes);
      m.displacement += static_cast<int32_t>(i);
      a_.pop(m);
    }
    return;
  }
  if (ir::is_int(t)) {
    if (to.is_reg() && from.is_reg())
      a_.mov(kQ, Gp(to.preg().hw()), Gp(from.preg().hw()));
    else if (to.is_reg())
      a_.mov(WJIT_PLANTED(narrow_reload) ? W::k32 : kQ, Gp(to.preg().hw()), place(from, 8));
    else
      a_.mov(kQ, place(to, 8), Gp(from.preg().hw()));
    return;
  }
  if (to.is_reg() && from.is_reg()) return a_.mov(Xmm(to.preg().hw()), Xmm(from.preg().hw()));
  const F width = bytes == 4 ? F::k32 : F::k64;
  if (to.is_reg()) {
    const Mem m = place(from, bytes);
    bytes == 16 ? a_.mov128(Xmm(to.preg().hw()), m) : a_.mov(width, Xmm(to.preg().hw()), m);
  } else {
    const Mem m = place(to, bytes);
    bytes == 16 ? a_.mov128(m, Xmm(from.preg().hw())) : a_.mov(width, m, Xmm(from.preg().hw()));
  }
}

// ---- instructions ---------------------------------------------------------------------------------------------

void Emitter::inst() {
  const MInst& i = *now_;
  const int32_t imm = static_cast<int32_t>(i.imm);
  switch (const MOp op = MOp(i.op)) {
    case MOp::kArgs: break;
    case MOp::kMov: move(); break;
    case MOp::kImm:
      if (i.imm == 0)
        a_.xor_(W::k32, gp(0), gp(0));
      else
        a_.mov(gp(0), i.imm);
      break;
    case MOp::kLea: lea(); break;
    case MOp::kLoad: load(); break;
    case MOp::kStore: fault_site(), a_.mov(w(), mem(), gp(0)); break;
    case MOp::kStoreImm: fault_site(), a_.mov(w(), mem(), imm); break;
    case MOp::kFLoad: fload_store(false); break;
    case MOp::kFStore: fload_store(true); break;
    case MOp::kAlu:
      in_reg(1) ? a_.alu(Alu(i.x), w(), gp(2), gp(1)) : a_.alu(Alu(i.x), w(), gp(2), place(1));
      break;
    case MOp::kAluImm: a_.alu(Alu(i.x), w(), gp(1), imm); break;
    case MOp::kAluMem: fault_site(), a_.alu(Alu(i.x), w(), gp(1), mem()); break;
    case MOp::kMemAlu: fault_site(), a_.alu(Alu(i.x), w(), mem(), gp(0)); break;
    case MOp::kMemAluImm: fault_site(), a_.alu(Alu(i.x), w(), mem(), imm); break;
    case MOp::kUnary: a_.unary(Unary(i.x), w(), gp(1)); break;
    case MOp::kShift: a_.shift(Shift(i.x), w(), gp(2)); break;
    case MOp::kShiftImm: a_.shift(Shift(i.x), w(), gp(1), static_cast<uint8_t>(i.imm)); break;
    case MOp::kShift3: a_.shift3(Shift3(i.x), w(), gp(0), gp(1), gp(2)); break;
    case MOp::kAndn: a_.andn(w(), gp(0), gp(1), gp(2)); break;
    case MOp::kMul: in_reg(1) ? a_.imul(w(), gp(2), gp(1)) : a_.imul(w(), gp(2), place(1)); break;
    case MOp::kMulMem: fault_site(), a_.imul(w(), gp(1), mem()); break;
    case MOp::kMulImm:
      in_reg(1) ? a_.imul(w(), gp(0), gp(1), imm) : (a_.mov(w(), gp(0), place(1)), a_.imul(w(), gp(0), gp(0), imm));
      break;
    case MOp::kMulHi: a_.unary(i.x ? Unary::kIMul : Unary::kMul, w(), gp(3)); break;
    case MOp::kDiv: divide(); break;
    case MOp::kBits: bits(); break;
    case MOp::kExtend: extend(); break;
    case MOp::kCmp: in_reg(1) ? a_.cmp(w(), gp(0), gp(1)) : a_.cmp(w(), gp(0), place(1)); break;
    case MOp::kCmpImm: in_reg(0) ? a_.cmp(w(), gp(0), imm) : a_.cmp(w(), place(0), imm); break;
    case MOp::kCmpMem: fault_site(), a_.cmp(w(), gp(0), mem()); break;
    case MOp::kCmpMemImm: fault_site(), a_.cmp(w(), mem(), imm); break;
    case MOp::kTest:
      if (!flags_are_of_operand()) a_.test(w(), gp(0), gp(1));
      break;
    case MOp::kTestImm: a_.test(w(), gp(0), imm); break;
    case MOp::kSetcc: setcc(); break;
    case MOp::kCmov: cmov(); break;
    case MOp::kFSelect: fselect(); break;
    case MOp::kJcc: jcc(); break;
    case MOp::kTrapCc: {
      const Label trap = trap_label(vm::TrapCode(i.imm));
      if (is_plain(Cond(i.cc))) {
        a_.jcc(to_cc(Cond(i.cc)), trap);
      } else if (Cond(i.cc) == Cond::kFNotEqual) {
        a_.jcc(Cc::ne, trap), a_.jcc(Cc::p, trap);
      } else {
        const Label on = a_.new_label();
        a_.jcc(Cc::p, on), a_.jcc(Cc::e, trap), a_.bind(on);
      }
      break;
    }
    case MOp::kTrap:
      site();
      call_rel(Reloc::Kind::kStub, Stub::kRaise, static_cast<uint32_t>(i.imm));
      a_.data(std::array<uint8_t, 1>{0xcc});  // so that the return address is not that of an access
      break;
    case MOp::kJmp: {
      const uint32_t to = forward_[c_.succs[c_.blocks[now_block_].succs]];
      if (to != next_block()) a_.jmp(labels_[to]);
      break;
    }
    case MOp::kBrTable: br_table(); break;
    case MOp::kRet:
      leave_frame();
      f_.param_bytes ? a_.ret(static_cast<uint16_t>(f_.param_bytes)) : a_.ret();
      if (frame_) frame(FrameState::kWhole);  // what follows is of the same function
      break;
    case MOp::kReserve: a_.sub(kQ, Gp::rsp, imm); break;
    case MOp::kStoreArg: {
      const Mem m = Mem::at(Gp::rsp, i.disp);
      if (at(0).preg().cls() == mach::RegClass::kInt)
        a_.mov(kQ, m, gp(0));
      else
        i.size == 16 ? a_.mov128(m, xmm(0)) : a_.mov(f(), m, xmm(0));
      break;
    }
    case MOp::kArea: a_.lea(kQ, gp(0), Mem::at(Gp::rsp, 0)); break;
    case MOp::kLoadArea: {
      const Mem m = Mem::at(Gp::rsp, i.disp);
      if (at(0).preg().cls() == mach::RegClass::kInt)
        a_.mov(w(), gp(0), m);
      else
        i.size == 16 ? a_.mov128(xmm(0), m) : a_.mov(f(), xmm(0), m);
      break;
    }
    case MOp::kCallFunc: case MOp::kCallEntry: case MOp::kCallReg: call(op); break;
    case MOp::kLibcall: libcall(); break;
    case MOp::kBulk: call_rel(Reloc::Kind::kStub, i.cc ? Stub::kFill : Stub::kCopy, 0); break;
    case MOp::kXadd: i.x ? a_.xchg(w(), mem(), gp(1)) : a_.locked(Locked::kXadd, w(), mem(), gp(1)); break;
    case MOp::kCmpxchg: a_.locked(Locked::kCmpxchg, w(), mem(), gp(2)); break;
    case MOp::kRmwLoop: rmw_loop(); break;
    case MOp::kFence: a_.mfence(); break;
    case MOp::kTailFunc: case MOp::kTailEntry: case MOp::kTailReg: tail(op); break;
    case MOp::kLeave:
      if (!leave_.valid()) leave_ = a_.new_label();
      WJIT_ASSERT(is_plain(Cond(i.cc)));
      a_.jcc(to_cc(Cond(i.cc)), leave_);
      break;
    case MOp::kFuel: case MOp::kFuelBy: fuel(op == MOp::kFuelBy); break;
    case MOp::kEpoch: epoch(); break;
    default: WJIT_ASSERT(float_inst(op) || vector_inst(op));
  }
}

void Emitter::move() {
  const ir::Type t = c_.types[c_.operands[now_->first_operand].vreg.n];
  copy(t, at(0), at(1));
}

void Emitter::load() {
  const Mem m = now_->target == 1 ? Mem::at(Gp::rbp, now_->disp) : mem();
  fault_site();
  const Gp d = gp(0);
  switch (LoadKind(now_->x)) {
    case LoadKind::kPlain: a_.mov(w(), d, m); break;
    case LoadKind::kZero8: a_.movzx(W::k8, d, m); break;
    case LoadKind::kZero16: a_.movzx(W::k16, d, m); break;
    case LoadKind::kZero32: a_.mov(W::k32, d, m); break;
    case LoadKind::kSign8To32: a_.movsx(W::k32, W::k8, d, m); break;
    case LoadKind::kSign8To64: a_.movsx(kQ, W::k8, d, m); break;
    case LoadKind::kSign16To32: a_.movsx(W::k32, W::k16, d, m); break;
    case LoadKind::kSign16To64: a_.movsx(kQ, W::k16, d, m); break;
    case LoadKind::kSign32To64: a_.movsx(kQ, W::k32, d, m); break;
  }
}

void Emitter::fload_store(bool is_store) {
  const Mem m = now_->target == 1 ? Mem::at(Gp::rbp, now_->disp) : mem();
  fault_site();
  if (is_store)
    now_->size == 16 ? a_.mov128(m, xmm(0)) : a_.mov(f(), m, xmm(0));
  else
    now_->size == 16 ? a_.mov128(xmm(0), m) : a_.mov(f(), xmm(0), m);
}

void Emitter::rmw_loop() {
  const Gp old = gp(0), changed = gp(1);
  const W whole = now_->size == 8 ? kQ : W::k32;
  now_->size >= 4 ? a_.mov(whole, old, mem()) : a_.movzx(w(), old, mem());
  const Label again = a_.new_label();
  a_.bind(again);
  a_.mov(whole, changed, old);
  a_.alu(Alu(now_->x), whole, changed, gp(2));
  a_.locked(Locked::kCmpxchg, w(), mem(), changed);  // which leaves in `old` what it found
  a_.jcc(Cc::ne, again);
}

void Emitter::extend() {
  const Gp d = gp(0);
  const bool r = in_reg(1);
  const auto sign = [&](W to, W from) { r ? a_.movsx(to, from, d, gp(1)) : a_.movsx(to, from, d, place(1)); };
  const auto zero = [&](W from) { r ? a_.movzx(from, d, gp(1)) : a_.movzx(from, d, place(1)); };
  switch (LoadKind(now_->x)) {
    case LoadKind::kPlain: break;
    case LoadKind::kZero8: zero(W::k8); break;
    case LoadKind::kZero16: zero(W::k16); break;
    case LoadKind::kZero32: zero(W::k32); break;
    case LoadKind::kSign8To32: sign(W::k32, W::k8); break;
    case LoadKind::kSign8To64: sign(kQ, W::k8); break;
    case LoadKind::kSign16To32: sign(W::k32, W::k16); break;
    case LoadKind::kSign16To64: sign(kQ, W::k16); break;
    case LoadKind::kSign32To64: sign(kQ, W::k32); break;
  }
}

// rax: the dividend; rdx is free.
void Emitter::divide() {
  const Gp b = gp(3);
  const DivKind kind = DivKind(now_->x);
  const bool is_signed = kind == DivKind::kDivS || kind == DivKind::kRemS;
  if (!(now_->cc & DivSkip::kZero)) {
    a_.test(w(), b, b);
    a_.jcc(Cc::e, trap_label(WJIT_PLANTED(wrong_trap) ? vm::TrapCode::kIntegerOverflow
                                                      : vm::TrapCode::kIntegerDivideByZero));
  }
  if (!is_signed) {
    a_.xor_(W::k32, Gp::rdx, Gp::rdx);
    a_.unary(Unary::kDiv, w(), b);
    return;
  }
  const auto divide_now = [&] {
    now_->size == 4 ? a_.cdq() : a_.cqo();
    a_.unary(Unary::kIDiv, w(), b);
  };
  if (now_->cc & DivSkip::kOverflow) return divide_now();
  const Label ordinary = a_.new_label(), done = a_.new_label();
  a_.cmp(w(), b, -1);
  a_.jcc(Cc::ne, ordinary, Masm::Reach::kShort);
  if (kind == DivKind::kDivS) {
    a_.cmp(w(), Gp::rax, 1);  // overflows for the least number alone
    a_.jcc(Cc::o, trap_label(vm::TrapCode::kIntegerOverflow));
    a_.bind(ordinary);
    divide_now();
  } else {
    a_.xor_(W::k32, Gp::rdx, Gp::rdx);
    a_.jmp(done, Masm::Reach::kShort);
    a_.bind(ordinary);
    divide_now();
    a_.bind(done);
  }
}

void Emitter::bits() {
  const Bits op = Bits(now_->x);
  const Gp d = gp(0), s = gp(1);
  const int32_t width = 8 * now_->size;
  if (op == Bits::kBsr || op == Bits::kBsf) {
    a_.mov(reg::kScratch, static_cast<uint64_t>(op == Bits::kBsr ? 2 * width - 1 : width));
    a_.bits(op, w(), d, s);
    a_.cmov(Cc::e, w(), d, reg::kScratch);
    if (op == Bits::kBsr) a_.xor_(w(), d, width - 1);
    return;
  }
  if (d != s) a_.xor_(W::k32, d, d);  // some processors wait for what was in it
  a_.bits(op, w(), d, s);
}

// ---- conditions -----------------------------------------------------------------------------------------------

void Emitter::setcc() {
  const Gp d = gp(0);
  const Cond cc = Cond(now_->cc);
  if (is_plain(cc)) {
    a_.setcc(to_cc(cc), d);
  } else {
    const bool equal = cc == Cond::kFEqual;
    a_.setcc(equal ? Cc::np : Cc::p, reg::kScratch);
    a_.setcc(equal ? Cc::e : Cc::ne, d);
    a_.alu(equal ? Alu::kAnd : Alu::kOr, W::k8, d, reg::kScratch);
  }
  a_.movzx(W::k8, d, d);
}

void Emitter::cmov() {
  const Gp d = gp(2);
  const auto take = [&](Cc cc) { in_reg(1) ? a_.cmov(cc, w(), d, gp(1)) : a_.cmov(cc, w(), d, place(1)); };
  const Cond cc = Cond(now_->cc);
  if (is_plain(cc)) return take(to_cc(cc));
  if (cc == Cond::kFNotEqual) return take(Cc::ne), take(Cc::p);
  // All of d is written on every way: of an i32 it is promised that the upper half is 0 then (find_extended).
  a_.mov(kQ, reg::kScratch, d);
  take(Cc::e);
  a_.cmov(Cc::p, w(), d, reg::kScratch);
}

void Emitter::fselect() {
  const Cond cc = Cond(now_->cc);
  const Label skip = a_.new_label(), yes = a_.new_label();
  if (is_plain(cc)) {
    a_.jcc(to_cc(negate(cc)), skip, Masm::Reach::kShort);
  } else if (cc == Cond::kFEqual) {
    a_.jcc(Cc::ne, skip, Masm::Reach::kShort);
    a_.jcc(Cc::p, skip, Masm::Reach::kShort);
  } else {
    a_.jcc(Cc::ne, yes, Masm::Reach::kShort);
    a_.jcc(Cc::np, skip, Masm::Reach::kShort);
  }
  a_.bind(yes);
  a_.mov(xmm(2), xmm(1));
  a_.bind(skip);
}

void Emitter::jcc() {
  const mach::VBlock& b = c_.blocks[now_block_];
  const uint32_t t = forward_[c_.succs[b.succs]], e = forward_[c_.succs[b.succs + 1]];
  const uint32_t next = next_block();
  const Cond cc = Cond(now_->cc);
  if (is_plain(cc)) {
    if (t == next) return a_.jcc(to_cc(negate(cc)), labels_[e]);
    a_.jcc(to_cc(cc), labels_[t]);
  } else if (cc == Cond::kFEqual) {
    a_.jcc(Cc::ne, labels_[e]);
    if (t == next) return a_.jcc(Cc::p, labels_[e]);
    a_.jcc(Cc::np, labels_[t]);
  } else {
    a_.jcc(Cc::ne, labels_[t]);
    if (t == next) return a_.jcc(Cc::np, labels_[e]);
    a_.jcc(Cc::p, labels_[t]);
  }
  if (e != next) a_.jmp(labels_[e]);
}

void Emitter::br_table() {
  const std::vector<uint32_t>& table = f_.tables[now_->target];
  const mach::VBlock& b = c_.blocks[now_block_];
  const Gp t = gp(0);
  a_.mov(W::k32, t, gp(1));
  a_.cmp(W::k32, t, static_cast<int32_t>(table.size() - 1));
  a_.jcc(Cc::ae, labels_[forward_[c_.succs[b.succs + table.back()]]]);
  const Label at = a_.new_label();
  a_.lea(kQ, reg::kScratch, Mem::at(at));
  a_.movsx(kQ, W::k32, t, Mem::at(reg::kScratch, t, 2));
  a_.add(kQ, t, reg::kScratch);
  if (listing_) listing_->tables.push_back({a_.offset(), 0, static_cast<uint32_t>(table.size() - 1)});
  a_.jmp(t);
  jumps_.push_back({at, &table, now_block_});
}

}  // namespace wjit::x64
