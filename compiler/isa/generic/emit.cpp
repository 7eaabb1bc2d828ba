#include "compiler/isa/generic/emit.h"

#include <algorithm>

#include "vmcontext/abi.h"

namespace wjit::isa {

CompiledFunc EmitBase::finish(std::vector<uint8_t> bytes) {
  CompiledFunc out;
  out.bytes = std::move(bytes);
  out.relocs = std::move(relocs_);
  out.sites = std::move(sites_);
  std::stable_sort(out.sites.begin(), out.sites.end(), [](auto& x, auto& y) { return x.offset < y.offset; });
  while (frames_.back().offset >= out.bytes.size() && frames_.size() > 1) frames_.pop_back();
  out.frames = std::move(frames_);
  out.frame_bytes = frame_bytes_;
  out.steps = steps_ + out.sites.size() + out.bytes.size() / 8;
  out.spill_moves = spill_moves_;
  return out;
}

bool EmitBase::shared_needs_frame(const MInst& i) const {
  if (i.y & Shape::kTraps) return true;
  switch (SharedOp(i.op)) {
    case SharedOp::kTrapCc: case SharedOp::kTrap: case SharedOp::kCallFunc: case SharedOp::kCallEntry: case SharedOp::kCallReg:
    case SharedOp::kLibcall: case SharedOp::kLeave: case SharedOp::kFuel: case SharedOp::kFuelBy: case SharedOp::kEpoch:
    case SharedOp::kArea: case SharedOp::kLoadArea: case SharedOp::kReserve:
      return true;
    case SharedOp::kTailFunc: case SharedOp::kTailEntry: case SharedOp::kTailReg: return i.target != 0 || f_.param_bytes != 0;
    case SharedOp::kLoad: case SharedOp::kFLoad: return i.target == 1;
    default: return false;
  }
}

bool EmitBase::shared_calls_out(const MInst& i) {
  switch (SharedOp(i.op)) {
    case SharedOp::kCallFunc: case SharedOp::kCallEntry: case SharedOp::kCallReg: case SharedOp::kLibcall: case SharedOp::kFuel:
    case SharedOp::kFuelBy: case SharedOp::kEpoch: case SharedOp::kReserve:
      return true;
    default: return false;
  }
}

// Whether there is anything that wants the stack pointer where a call wants it. The raise stub does not.
bool EmitBase::calls_out() const {
  return std::any_of(c_.insts.begin(), c_.insts.end(), [&](const MInst& i) { return calls_out(i); });
}

// From here on, for unwinders.
void EmitBase::frame(FrameState state) {
  if (!frames_.empty() && frames_.back().offset == here()) frames_.pop_back();
  if (frames_.empty() || frames_.back().state != state) frames_.push_back({here(), state});
}

// Stack arguments of its calls, at most: they lie below the frame.
uint32_t EmitBase::passed_bytes() const {
  uint64_t most = 0;
  for (const MInst& i : c_.insts)
    if (SharedOp(i.op) == SharedOp::kReserve) most = std::max(most, i.imm);
  return static_cast<uint32_t>(most);
}

// A block that is nothing but a jump is where it jumps to.
void EmitBase::find_empty_blocks() {
  forward_.resize(c_.blocks.size());
  for (uint32_t b = 0; b < c_.blocks.size(); ++b) forward_[b] = b;
  for (uint32_t b = 1; b < c_.blocks.size(); ++b) {
    const mach::VBlock& v = c_.blocks[b];
    if (v.end - v.first != 1 || SharedOp(c_.insts[v.first].op) != SharedOp::kJmp) continue;
    const auto e = std::lower_bound(al_.edits.begin(), al_.edits.end(), v.first,
                                    [](const mach::Edit& x, uint32_t n) { return x.before < n; });
    if (e != al_.edits.end() && e->before == v.first) continue;
    forward_[b] = c_.succs[v.succs];
  }
  // Chains, of which a circle is left alone.
  for (uint32_t b = 0; b < c_.blocks.size(); ++b) {
    uint32_t to = b;
    ++steps_;
    for (uint32_t steps = 0; forward_[to] != to; to = forward_[to], ++steps_)
      if (++steps > 8 || forward_[to] == b) {
        to = b;
        break;
      }
    forward_[b] = to;
  }
}

uint32_t EmitBase::next_block() {
  uint32_t next = now_block_ + 1;
  for (; next < c_.blocks.size() && forward_[next] != next; ++next) ++steps_;
  return next;
}

void EmitBase::note_line(bool moves) {
  Line line{here(), now_->wasm_offset, 0, moves};
  for (uint32_t k = 0; !moves && k < now_->operands; ++k) {
    const VReg v = c_.operands[now_->first_operand + k].vreg;
    for (const mach::Home& h : c_.homes)
      if (h.vreg == v && h.fp_offset == -vm::kFrameVmctx && in_reg(k)) line.vmctx |= 1u << at(k).preg().hw();
  }
  listing_->lines.push_back(line);
}

Label EmitBase::trap_label(vm::TrapCode code, uint32_t wasm_offset) {
  const auto [at, is_new] = trap_index_.try_emplace(uint64_t{wasm_offset} << 8 | static_cast<uint8_t>(code),
                                                    static_cast<uint32_t>(traps_.size()));
  if (is_new) traps_.push_back({new_label(), code, wasm_offset});
  return traps_[at->second].label;
}

}  // namespace wjit::isa
