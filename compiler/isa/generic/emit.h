// Emission, as far as it is the same on every processor: where the frame is, which blocks are empty, what is noted for
// traps and unwinders. x64::Emitter and a64::Emitter write the bytes.
//
// The frame, downwards from the frame pointer: the VMContext (8), the preserved registers that are used, the slots, room
// for results that calls leave in memory; below it the stack arguments of a call that is being prepared. A function that
// neither calls nor traps nor keeps anything has none.
#pragma once
#include <unordered_map>
#include <vector>

#include "compiler/isa/common/label.h"
#include "compiler/isa/generic/lower.h"

namespace wjit::isa {

class EmitBase {
 protected:
  using MInst = mach::MInst;
  using Alloc = mach::Alloc;

  EmitBase(const MachFunc& f, const mach::Allocation& al, uint32_t wasm_offset, Listing* listing, const TargetRegs& regs)
      : f_(f), c_(f.code), al_(al), own_offset_(wasm_offset), listing_(listing), regs_(regs) {}
  ~EmitBase() = default;

  virtual Label new_label() = 0;
  virtual uint32_t here() const = 0;
  // Instructions of the processor's own that want a frame.
  virtual bool needs_frame(const MInst& i) const = 0;
  virtual bool calls_out(const MInst& i) const { return shared_calls_out(i); }
  // Before a place is noted: nothing may come between it and the next instruction.
  virtual void hold_together() {}

  // ---- places of operands of the current instruction
  const Alloc& at(uint32_t k) const { return al_.operands[now_->first_operand + k]; }
  bool in_reg(uint32_t k) const { return at(k).is_reg(); }

  // ---- the frame and the order of blocks
  bool shared_needs_frame(const MInst& i) const;
  static bool shared_calls_out(const MInst& i);
  bool calls_out() const;
  bool framed() const { return frame_ && (frame_block_ == 0 || framed_in_[now_block_]); }
  void find_preserved();  // emit_frame.cpp
  bool saved_here() const { return save_block_ == 0 || saved_in_[now_block_]; }
  uint32_t passed_bytes() const;
  void frame(FrameState state);
  void find_empty_blocks();
  uint32_t next_block();  // the one that is emitted after this one
  uint32_t successor(uint32_t k) const { return forward_[c_.succs[c_.blocks[now_block_].succs + k]]; }
  void note_line(bool moves);
  // F(k): operands of the current instruction that are to have noise above their 32 bits.
  template <class F>
  void for_each_poisoned(F&& f) const {
    for (uint32_t k = 0; k < now_->operands; ++k) {
      const mach::Operand& o = c_.operands[now_->first_operand + k];
      if (o.kind == mach::Operand::Kind::kDef && o.vreg.n < f_.poison.size() && f_.poison[o.vreg.n] && in_reg(k)) f(k);
    }
  }

  // ---- what stands behind the code
  Label trap_label(vm::TrapCode code) { return trap_label(code, now_->wasm_offset); }
  Label trap_label(vm::TrapCode code, uint32_t wasm_offset);
  void site(vm::TrapCode code = vm::TrapCode::kNone) {
    hold_together();
    sites_.push_back({here(), code, now_->wasm_offset});
  }
  void fault_site() {
    if (now_->y & Shape::kTraps) site(vm::TrapCode::kMemoryOutOfBounds);
  }
  CompiledFunc finish(std::vector<uint8_t> bytes);

  const MachFunc& f_;
  const mach::VCode& c_;
  const mach::Allocation& al_;
  const uint32_t own_offset_;
  Listing* const listing_;
  const TargetRegs& regs_;
  const MInst* now_ = nullptr;
  uint32_t now_block_ = 0;
  size_t next_edit_ = 0;
  bool frame_ = false;
  uint32_t frame_bytes_ = 0, spill_moves_ = 0;
  uint64_t steps_ = 0;  // CompiledFunc::steps
  uint32_t slots_at_ = 8;           // below the frame pointer: 16 bytes of slots are at multiples of 16
  std::vector<PReg> preserved_;     // of those, what is used here
  uint32_t frame_block_ = 0;        // where the frame begins
  std::vector<mach::Edit> waiting_;  // from blocks before it: done where the frame is there
  uint32_t save_block_ = 0;         // where preserved registers are saved
  std::vector<Label> labels_;
  std::vector<uint32_t> forward_;  // by block: where a jump to it really goes
  std::vector<Reloc> relocs_;
  std::vector<Site> sites_;
  struct ColdTrap {
    Label label;
    vm::TrapCode code;
    uint32_t wasm_offset;
  };
  std::vector<ColdTrap> traps_;

 private:
  bool find_frame(std::vector<uint8_t>& needs, const std::vector<uint8_t>& stores);
  bool stores_wait(uint32_t b, const std::vector<uint8_t>& behind, const std::vector<uint8_t>& stores);
  uint32_t late_block(const std::vector<uint8_t>& uses, std::vector<uint8_t>& behind);
  bool vmctx_stays(const std::vector<uint8_t>& but) const;
  void reach(uint32_t from, std::vector<uint8_t>& reached);

  std::vector<uint8_t> framed_in_;  // by block, if that is not the first: there is a frame
  std::vector<uint8_t> saved_in_;   // by block, if that is not the first: they are saved there
  std::vector<FrameEdge> frames_;
  std::unordered_map<uint64_t, uint32_t> trap_index_;
};

// The stubs of a module, one after the other.
struct StubCode {
  std::vector<uint8_t> bytes;
  uint32_t raise[256] = {};  // by TrapCode; 0 where there is none
  uint32_t land = 0, fuel = 0, epoch = 0, copy = 0, fill = 0;
  uint32_t redirected = 0;   // where a fault goes on
  std::vector<FrameEdge> frames;
  uint32_t of(Stub stub, uint32_t target) const {
    switch (stub) {
      case Stub::kRaise: return raise[target & 0xff];
      case Stub::kLand: return land;
      case Stub::kFuel: return fuel;
      case Stub::kEpoch: return epoch;
      case Stub::kCopy: return copy;
      case Stub::kFill: return fill;
    }
    return 0;
  }
};

}  // namespace wjit::isa
