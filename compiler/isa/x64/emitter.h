// The state of emission; see emit.h. Private to emit*.cpp.
#pragma once
#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "compiler/isa/generic/emit.h"
#include "compiler/isa/x64/emit.h"
#include "vmcontext/abi.h"

namespace wjit::x64 {

class Emitter final : private isa::EmitBase {
 public:
  Emitter(const MachFunc& f, const mach::Allocation& al, uint32_t wasm_offset, isa::Listing* listing)
      : EmitBase(f, al, wasm_offset, listing, target_regs()), x64_(f), a_(f.avx) {}
  support::Result<isa::CompiledFunc> run();

 private:
  Label new_label() override { return a_.new_label(); }
  uint32_t here() const override { return a_.offset(); }
  bool needs_frame(const MInst& i) const override;

  // ---- places of operands of the current instruction
  Gp gp(uint32_t k) const { return Gp(at(k).preg().hw()); }
  Xmm xmm(uint32_t k) const { return Xmm(at(k).preg().hw()); }
  Mem place(const mach::Alloc& a, uint32_t bytes) const;
  Mem place(uint32_t k, uint32_t bytes = 8) const { return place(at(k), bytes); }
  Mem mem() const;  // the memory operand
  W w() const { return W(now_->size); }
  F f() const { return F(now_->size); }

  // ---- the frame and the order of blocks
  void save_preserved();
  void restore_preserved();
  void prologue();
  uint32_t tail_bytes() const;
  void leave_frame();
  void drop_frame();
  void block(uint32_t b);
  void edit(const mach::Edit& e);
  void poison();

  // ---- what emission makes of what was allocated (emit_forms.cpp)
  bool takes_copy(const mach::Edit& e) const;
  void inst_of_copy(const mach::Edit& e);
  void lea();
  bool lea_is_add() const;
  void note_flags(bool of_copy);
  bool flags_are_of_operand() const;
  bool starts_hot_loop(uint32_t b) const;
  void copy(ir::Type t, const mach::Alloc& to, const mach::Alloc& from);

  // ---- instructions, by family
  void inst();
  void move();
  void load();
  void store();
  void fload_store(bool is_store);
  void divide();
  void bits();
  void extend();
  void rmw_loop();
  void setcc();
  void cmov();
  void fselect();
  void jcc();
  void br_table();
  void call_rel(isa::Reloc::Kind kind, isa::Stub stub, uint32_t target, bool jump = false);
  void call(MOp op);
  void libcall();
  void tail(MOp op);
  void fuel(bool by_register);
  void epoch();

  bool vector_inst(MOp op);  // emit_vector.cpp
  Vec vec() const { return Vec(now_->x); }
  Label vec_constant() { return constant(x64_.vectors[now_->target].low, x64_.vectors[now_->target].high, 16); }

  bool float_inst(MOp op);  // emit_float.cpp
  void fp();
  void min_max();
  void round_slow();
  void uint_to_float();
  void float_to_int();
  void float_to_int_signed(bool wide, bool saturate);
  void float_to_int_unsigned(bool wide, bool saturate);
  void clear_for(uint32_t d, uint32_t a) {
    if (!a_.has_avx() && xmm(d) != xmm(a)) clear(xmm(d));
  }
  void clear(Xmm x) { a_.fp(FloatLogic::kXor, F::k32, x, x); }

  // ---- what stands behind the code
  Label constant(uint64_t bits, uint32_t size) { return constant(bits, bits, size); }  // 4, 8; 16: the bits twice
  Label constant(uint64_t low, uint64_t high, uint32_t size);
  Label lanes(uint64_t bits, uint32_t lane_size);    // 16 bytes of them
  Mem constant_mem(uint64_t bits, uint32_t size) { return Mem::at(constant(bits, size)); }
  void cold_code();

  const MachFunc& x64_;
  uint32_t data_ = 0;  // where it begins
  Masm a_;
  static constexpr uint32_t kLoopAlignment = 32;
  uint32_t alignment_ = 16;
  // What the flags say after the instruction before: of which value, and whether all that a test would (the sign and
  // whether it is 0, they say in any case).
  struct Flags {
    const MInst* behind = nullptr;
    VReg of;
    uint8_t size = 0;
    bool all = false;
  };
  Flags flags_;
  struct Check {  // of fuel, of the epoch
    Label stub, again;
    uint64_t cost;
    uint32_t wasm_offset;
    bool is_fuel;
    std::optional<Gp> cost_in;  // a register that holds the cost
  };
  std::vector<Check> checks_;
  struct Constant {
    Label label;
    uint64_t low, high;
    uint32_t size;
  };
  std::vector<Constant> constants_;
  std::map<std::array<uint64_t, 3>, Label> constant_index_;
  struct Jumps {
    Label label;
    const std::vector<uint32_t>* entries;
    uint32_t block;
  };
  std::vector<Jumps> jumps_;
  Label leave_;
};

}  // namespace wjit::x64
