// Checks of fuel and epoch, and what stands behind the code: ways to traps, constants, jump tables. See
// emit.h.
#include <algorithm>

#include "compiler/isa/x64/emitter.h"
#include "compiler/support/plant.h"

namespace wjit::x64 {

using isa::Reloc;
using isa::Stub;
using Limits = vm::off::VMRuntimeLimits;

static constexpr W kQ = W::k64;

// ---- checks ---------------------------------------------------------------------------------------------------------

void Emitter::fuel(bool by_register) {
  Check c{a_.new_label(), a_.new_label(), now_->imm, now_->wasm_offset, true, {}};
  a_.bind(c.again);
  a_.mov(kQ, reg::kScratch, Mem::at(gp(0), vm::off::VMContext::runtime_limits));
  const Mem consumed = Mem::at(reg::kScratch, Limits::fuel_consumed);
  if (by_register) {
    c.cost_in = gp(1);
    a_.alu(Alu::kAdd, kQ, consumed, gp(1));
  } else {
    WJIT_ASSERT(now_->imm <= 0x7fffffff);
    a_.add(kQ, consumed, static_cast<int32_t>(now_->imm));
  }
  a_.jcc(Cc::g, c.stub);
  checks_.push_back(c);
}

void Emitter::epoch() {
  Check c{a_.new_label(), a_.new_label(), 0, now_->wasm_offset, false, {}};
  const Gp t = gp(0), v = gp(1);
  a_.mov(kQ, t, Mem::at(v, vm::off::VMContext::epoch_ptr));
  a_.mov(kQ, reg::kScratch, Mem::at(v, vm::off::VMContext::runtime_limits));
  a_.mov(kQ, t, Mem::at(t, 0));
  a_.cmp(kQ, t, Mem::at(reg::kScratch, Limits::epoch_deadline));
  a_.jcc(Cc::ae, c.stub);
  a_.bind(c.again);  // behind it: a callback may have the next check fail as well, but not this one for ever
  checks_.push_back(c);
}

// ---- behind the code ------------------------------------------------------------------------------------------------

Label Emitter::constant(uint64_t low, uint64_t high, uint32_t size) {
  const auto [at, is_new] = constant_index_.try_emplace({size, low, high});
  if (is_new) {
    at->second = a_.new_label();
    constants_.push_back({at->second, low, high, size});
  }
  return at->second;
}

Label Emitter::lanes(uint64_t bits, uint32_t lane_size) {
  return constant(lane_size == 4 ? bits | bits << 32 : bits, 16);
}

void Emitter::cold_code() {
  steps_ += traps_.size() + checks_.size() + constants_.size();
  const auto line = [&](uint32_t wasm_offset) {
    if (listing_) listing_->lines.push_back({a_.offset(), wasm_offset, 0, false});
  };
  for (const ColdTrap& t : traps_) {
    a_.bind(t.label);
    line(t.wasm_offset);
    sites_.push_back(
        {a_.offset(), vm::TrapCode::kNone, WJIT_PLANTED(wrong_place) ? own_offset_ : t.wasm_offset});
    call_rel(Reloc::Kind::kStub, Stub::kRaise, static_cast<uint32_t>(t.code));
  }
  for (const Check& c : checks_) {
    a_.bind(c.stub);
    line(c.wasm_offset);
    if (c.cost_in) {  // the block is not entered, and not paid
      a_.alu(Alu::kSub, kQ, Mem::at(reg::kScratch, Limits::fuel_consumed), *c.cost_in);
      a_.mov(kQ, reg::kScratch, *c.cost_in);
    } else if (c.is_fuel) {
      a_.sub(kQ, Mem::at(reg::kScratch, Limits::fuel_consumed), static_cast<int32_t>(c.cost));
      a_.mov(reg::kScratch, c.cost);
    }
    sites_.push_back({a_.offset(), vm::TrapCode::kNone, c.wasm_offset});
    call_rel(Reloc::Kind::kStub, c.is_fuel ? Stub::kFuel : Stub::kEpoch, 0);
    a_.jmp(c.again);
  }
  if (leave_.valid()) {
    a_.bind(leave_);
    line(0);
    call_rel(Reloc::Kind::kStub, Stub::kLand, 0, true);
  }
  std::stable_sort(constants_.begin(), constants_.end(), [](auto& x, auto& y) { return x.size > y.size; });
  const uint32_t largest = !constants_.empty() ? constants_[0].size : jumps_.empty() ? 1 : 4;
  a_.align(largest);
  data_ = a_.offset();
  for (const Constant& c : constants_) {
    a_.bind(c.label);
    if (c.size == 4) {
      a_.data32(static_cast<uint32_t>(c.low));
    } else {
      a_.data64(c.low);
      if (c.size == 16) a_.data64(c.high);
    }
  }
  if (!jumps_.empty()) a_.align(4);
  for (const Jumps& j : jumps_) {
    a_.bind(j.label);
    if (listing_) listing_->tables[static_cast<size_t>(&j - jumps_.data())].table = a_.offset();
    const mach::VBlock& b = c_.blocks[j.block];
    steps_ += 1 + j.entries->size();
    for (size_t n = 0; n + 1 < j.entries->size(); ++n)
      a_.distance32(j.label, labels_[forward_[c_.succs[b.succs + (*j.entries)[n]]]]);
  }
}

}  // namespace wjit::x64
