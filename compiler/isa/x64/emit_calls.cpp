// Calls, libcalls and tail calls; see emit.h and docs/calling.md.
#include <algorithm>

#include "compiler/isa/x64/emitter.h"

namespace wjit::x64 {

using isa::FrameState;
using isa::Reloc;
using isa::Stub;
using Limits = vm::off::VMRuntimeLimits;

static constexpr W kQ = W::k64;

void Emitter::call_rel(Reloc::Kind kind, Stub stub, uint32_t target, bool jump) {
  const uint8_t bytes[] = {static_cast<uint8_t>(jump ? 0xe9 : 0xe8), 0, 0, 0, 0};
  relocs_.push_back({a_.offset() + 1, kind, stub, target});
  a_.data(bytes);
}

void Emitter::call(MOp op) {
  if (op == MOp::kCallEntry) {
    a_.lea(kQ, Gp::r10, Mem::at(Gp::rdi, now_->disp));
    site();
    return a_.call(Mem::at(Gp::r10, vm::off::VMCodeEntry::code));
  }
  site();
  if (op == MOp::kCallFunc)
    call_rel(Reloc::Kind::kFunction, {}, static_cast<uint32_t>(now_->imm));
  else
    a_.call(gp(0));
}

// Notes the exit, calls, and takes the note back.
void Emitter::libcall() {
  const Gp t = reg::kScratch, pc = Gp::rax;  // of which C wants neither
  const Label back = a_.new_label();
  a_.mov(kQ, t, Mem::at(Gp::rdi, vm::off::VMContext::runtime_limits));
  a_.lea(kQ, pc, Mem::at(back));
  a_.mov(kQ, Mem::at(t, Limits::last_wasm_exit_fp), Gp::rbp);
  a_.mov(kQ, Mem::at(t, Limits::last_wasm_exit_pc), pc);
  a_.mov(kQ, t, Mem::at(Gp::rdi, vm::off::VMContext::builtin_functions));
  site();
  a_.call(Mem::at(t, static_cast<int32_t>(vm::kLibcalls[now_->imm].offset)));
  a_.bind(back);
  a_.mov(kQ, t, Mem::at(Gp::rbp, -vm::kFrameVmctx));
  a_.mov(kQ, t, Mem::at(t, vm::off::VMContext::runtime_limits));
  a_.mov(kQ, Mem::at(t, Limits::last_wasm_exit_fp), 0);
  a_.mov(kQ, Mem::at(t, Limits::last_wasm_exit_pc), 0);
}

// How far a tail call moves the frame record down, at most.
uint32_t Emitter::tail_bytes() const {
  uint32_t most = 0;
  for (const MInst& i : c_.insts) {
    const MOp op = MOp(i.op);
    if (op == MOp::kTailFunc || op == MOp::kTailEntry || op == MOp::kTailReg) most = std::max(most, i.target);
  }
  return most - std::min(most, f_.param_bytes);
}

// The frame gives way. Stack arguments lie at [rsp]; they move up to where they end as this function's own
// did. If there are more of them the frame record moves down first (run() has made room for it), if there are
// fewer it follows them up: so at each instruction it is whole, and rbp points at it. Of the integer
// registers only the scratch one carries no argument.
void Emitter::tail(MOp op) {
  const int32_t out = static_cast<int32_t>(now_->target), in = static_cast<int32_t>(f_.param_bytes);
  if (op == MOp::kTailEntry) a_.lea(kQ, Gp::r10, Mem::at(Gp::rdi, now_->disp));
  const auto copy = [&](Gp base, int32_t from, int32_t to) {
    a_.mov(kQ, reg::kScratch, Mem::at(base, from));
    a_.mov(kQ, Mem::at(Gp::rbp, to), reg::kScratch);
  };
  const auto move_record = [&] {
    copy(Gp::rbp, 0, in - out);
    copy(Gp::rbp, 8, in - out + 8);
    a_.lea(kQ, Gp::rbp, Mem::at(Gp::rbp, in - out));
  };
  if (framed()) restore_preserved();
  if (out > in) move_record();
  const int32_t begin = 16 + std::max(in - out, 0);  // of the arguments, from rbp
  for (int32_t at = out - 8; at >= 0; at -= 8)
    copy(Gp::rsp, at, begin + at);  // upwards, so from the last word on
  if (out < in) move_record();
  drop_frame();
  if (op == MOp::kTailFunc)
    call_rel(Reloc::Kind::kFunction, {}, static_cast<uint32_t>(now_->imm), true);
  else if (op == MOp::kTailEntry)
    a_.jmp(Mem::at(Gp::r10, vm::off::VMCodeEntry::code));
  else
    a_.jmp(Gp::r10);
  if (frame_) frame(FrameState::kWhole);
}

}  // namespace wjit::x64
