// Calls, libcalls and tail calls, checks of fuel and epoch, and the ways to traps that stand behind the code; see emit.h
// and docs/calling.md.
#include "compiler/isa/a64/emitter.h"

namespace wjit::a64 {

using isa::FrameState;
using isa::Reloc;
using isa::Stub;
using Limits = vm::off::VMRuntimeLimits;

static constexpr W kX = W::k64;

void Emitter::call_rel(Reloc::Kind kind, Stub stub, uint32_t target, bool jump) {
  hold_together();
  relocs_.push_back({a_.offset(), kind, stub, target});
  a_.data32(jump ? 0x14000000 : 0x94000000);  // b, bl
}

void Emitter::entry_address() { add(Gp::x9, Gp::x0, now_->disp); }

void Emitter::call(MOp op) {
  if (op == MOp::kCallEntry) {
    entry_address();
    a_.access(Access::kLdrX, reg::kScratch, Mem::at(Gp::x9, vm::off::VMCodeEntry::code));
  }
  site();
  if (op == MOp::kCallFunc)
    call_rel(Reloc::Kind::kFunction, {}, static_cast<uint32_t>(now_->imm));
  else
    a_.blr(op == MOp::kCallEntry ? reg::kScratch : gp(0));
  reserved_ = 0;  // the callee has popped them
}

// Notes the exit, calls, and takes the note back.
void Emitter::libcall() {
  const Gp t = reg::kScratch2, pc = reg::kScratch;  // of which C wants neither
  const Label back = a_.new_label();
  a_.access(Access::kLdrX, t, Mem::at(Gp::x0, vm::off::VMContext::runtime_limits));
  a_.reserve(64);
  a_.adr(pc, back);
  a_.access(Access::kStrX, Gp::x29, Mem::at(t, Limits::last_wasm_exit_fp));
  a_.access(Access::kStrX, pc, Mem::at(t, Limits::last_wasm_exit_pc));
  a_.access(Access::kLdrX, t, Mem::at(Gp::x0, vm::off::VMContext::builtin_functions));
  a_.access(Access::kLdrX, t, at(t, vm::kLibcalls[now_->imm].offset, 8));
  site();
  a_.blr(t);
  a_.bind(back);
  a_.access(Access::kLdrX, t, Mem::at(Gp::x29, -vm::kFrameVmctx));
  a_.access(Access::kLdrX, t, Mem::at(t, vm::off::VMContext::runtime_limits));
  a_.access(Access::kStrX, Gp::zr, Mem::at(t, Limits::last_wasm_exit_fp));
  a_.access(Access::kStrX, Gp::zr, Mem::at(t, Limits::last_wasm_exit_pc));
}

// The frame gives way. Stack arguments lie at [sp]; they move up to where they end as this function's own did, from the
// last word on, over the frame record if there are more of them: it is in its registers by then.
void Emitter::tail(MOp op) {
  const int64_t out = now_->target, in = f_.param_bytes;
  if (op == MOp::kTailEntry) entry_address();
  if (out == 0 && in == 0) {
    leave_frame();
  } else {
    const Gp to = reg::kScratch2, word = reg::kScratch;
    restore_preserved();
    a_.mov(kX, to, Gp::x29);
    a_.ldp(kX, Gp::x29, Gp::x30, Mem::at(Gp::x29, 0));
    frame(FrameState::kNone);
    add(to, to, 16 + in - out);
    for (int64_t k = out - 8; k >= 0; k -= 8) {
      a_.access(Access::kLdrX, word, at(Gp::sp, k, 8));
      a_.access(Access::kStrX, word, at(to, k, 8));
    }
    a_.mov(kX, Gp::sp, to);
  }
  reserved_ = 0;
  if (op == MOp::kTailFunc) {
    call_rel(Reloc::Kind::kFunction, {}, static_cast<uint32_t>(now_->imm), true);
  } else if (op == MOp::kTailEntry) {
    a_.access(Access::kLdrX, reg::kScratch, Mem::at(Gp::x9, vm::off::VMCodeEntry::code));
    a_.br(reg::kScratch);
  } else {
    a_.br(Gp::x9);
  }
  if (frame_) frame(FrameState::kWhole);
}

// ---- checks ---------------------------------------------------------------------------------------------------------

void Emitter::fuel(bool by_register) {
  Check c{a_.new_label(), a_.new_label(), now_->imm, now_->wasm_offset, true, {}};
  const Gp limits = reg::kScratch2, consumed = reg::kScratch;
  a_.bind(c.again);
  a_.access(Access::kLdrX, limits, Mem::at(gp(0), vm::off::VMContext::runtime_limits));
  a_.access(Access::kLdrX, consumed, Mem::at(limits, Limits::fuel_consumed));
  if (by_register) {
    c.cost_in = gp(1);
    a_.add(Add::kAdds, kX, consumed, consumed, gp(1));
  } else if (Masm::is_add_immediate(c.cost)) {
    a_.add(Add::kAdds, kX, consumed, consumed, static_cast<uint32_t>(c.cost));
  } else {
    a_.mov(reg::kAddress, c.cost);
    a_.add(Add::kAdds, kX, consumed, consumed, reg::kAddress);
  }
  a_.b(Cc::gt, c.stub);  // nothing has been written: the block is not entered, and not paid
  a_.access(Access::kStrX, consumed, Mem::at(limits, Limits::fuel_consumed));
  checks_.push_back(c);
}

void Emitter::epoch() {
  Check c{a_.new_label(), a_.new_label(), 0, now_->wasm_offset, false, {}};
  const Gp t = gp(0), v = gp(1), deadline = reg::kScratch;
  a_.access(Access::kLdrX, t, Mem::at(v, vm::off::VMContext::epoch_ptr));
  a_.access(Access::kLdrX, deadline, Mem::at(v, vm::off::VMContext::runtime_limits));
  a_.access(Access::kLdrX, t, Mem::at(t, 0));
  a_.access(Access::kLdrX, deadline, Mem::at(deadline, Limits::epoch_deadline));
  a_.cmp(kX, t, deadline);
  a_.b(Cc::hs, c.stub);
  a_.bind(c.again);  // behind it: a callback may have the next check fail as well, but not this one for ever
  checks_.push_back(c);
}

// ---- behind the code ------------------------------------------------------------------------------------------------

void Emitter::cold_code() {
  steps_ += traps_.size() + checks_.size();
  const auto line = [&](uint32_t wasm_offset) {
    if (listing_) listing_->lines.push_back({a_.offset(), wasm_offset, 0, false});
  };
  const auto note = [&](uint32_t wasm_offset) {
    hold_together();
    sites_.push_back({a_.offset(), vm::TrapCode::kNone, wasm_offset});
  };
  for (const ColdTrap& t : traps_) {
    a_.bind(t.label);
    line(t.wasm_offset);
    note(t.wasm_offset);
    call_rel(Reloc::Kind::kStub, Stub::kRaise, static_cast<uint32_t>(t.code));
  }
  for (const Check& c : checks_) {
    a_.bind(c.stub);
    line(c.wasm_offset);
    if (c.cost_in)
      a_.mov(kX, reg::kScratch, *c.cost_in);
    else if (c.is_fuel)
      a_.mov(reg::kScratch, c.cost);
    note(c.wasm_offset);
    call_rel(Reloc::Kind::kStub, c.is_fuel ? Stub::kFuel : Stub::kEpoch, 0);
    a_.b(c.again);
  }
  if (leave_) {
    a_.bind(*leave_);
    line(0);
    call_rel(Reloc::Kind::kStub, Stub::kLand, 0, true);
  }
  if (!traps_.empty()) a_.udf(0);  // the last return address is this function's, too
}

}  // namespace wjit::a64
