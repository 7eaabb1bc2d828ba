// The state of emission; see emit.h. Private to emit*.cpp.
#pragma once
#include <optional>

#include "compiler/isa/a64/emit.h"
#include "vmcontext/abi.h"

namespace wjit::a64 {

class Emitter final : private isa::EmitBase {
 public:
  Emitter(const MachFunc& f, const mach::Allocation& al, uint32_t wasm_offset, isa::Listing* listing)
      : EmitBase(f, al, wasm_offset, listing, target_regs()) {}
  support::Result<isa::CompiledFunc> run();

 private:
  Label new_label() override { return a_.new_label(); }
  uint32_t here() const override { return a_.offset(); }
  bool needs_frame(const MInst& i) const override;
  void hold_together() override { a_.reserve(8); }

  // ---- places of operands of the current instruction
  Gp gp(uint32_t k) const { return Gp(at(k).preg().hw()); }
  Vec vec(uint32_t k) const { return Vec(at(k).preg().hw()); }
  Mem mem() const;  // the memory operand
  W w() const { return W(now_->size); }
  F f() const { return F(now_->size); }
  RegShift shift_kind() const { return RegShift(now_->disp); }
  uint8_t imm8() const { return static_cast<uint8_t>(now_->imm); }

  // ---- memory of the frame: x15 may become the address
  Mem at(Gp base, int64_t offset, uint32_t size);
  Mem in_frame(int64_t from_fp, uint32_t size);
  Mem place(const Alloc& a, uint32_t size);
  using EmitBase::at;
  void add(Gp to, Gp from, int64_t value);  // to may be from, or sp; without flags
  void load(uint32_t size, const Alloc& to, const Mem& from);
  void store(uint32_t size, const Alloc& from, const Mem& to);

  // ---- the frame and the order of blocks
  void prologue();
  void check_stack(uint32_t more);
  template <class Pair, class One>
  void for_each_saved(Pair pair, One one);
  void save_preserved();
  void restore_preserved();
  void leave_frame();
  void block(uint32_t b);
  void edit(const mach::Edit& e);
  void poison();
  void copy(ir::Type t, const Alloc& to, const Alloc& from);

  // ---- instructions, by family
  void inst();
  bool int_inst(MOp op);
  bool float_inst(MOp op);
  bool memory_inst(MOp op);
  void load_int();
  void store_int();
  void extend();
  void divide();
  void multiply_high();
  void select();
  void wide_select();
  void branch(Cc cc);
  template <class Branch>
  void branch_either(bool set, Branch to);
  void br_table();
  void float_to_int();
  void float_constant(F f, Vec to, uint64_t bits);
  void call_rel(isa::Reloc::Kind kind, isa::Stub stub, uint32_t target, bool jump = false);
  void call(MOp op);
  void entry_address();
  void libcall();
  void tail(MOp op);
  void fuel(bool by_register);
  void epoch();
  void cold_code();

  Masm a_;
  uint32_t reserved_ = 0;  // stack arguments below the frame
  struct Check {  // of fuel, of the epoch
    Label stub, again;
    uint64_t cost;
    uint32_t wasm_offset;
    bool is_fuel;
    std::optional<Gp> cost_in;  // a register that holds the cost
  };
  std::vector<Check> checks_;
  std::optional<Label> leave_;
};

}  // namespace wjit::a64
