// The state of emission; see emit.h. Private to emit*.cpp.
#pragma once
#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <unordered_map>

#include "compiler/isa/x64/emit.h"
#include "vmcontext/abi.h"

namespace wjit::x64 {

class Emitter {
 public:
  Emitter(const MachFunc& f, const mach::Allocation& al, uint32_t wasm_offset, isa::Listing* listing)
      : f_(f), c_(f.code), al_(al), own_offset_(wasm_offset), listing_(listing), a_(f.avx) {}
  support::Result<isa::CompiledFunc> run();

 private:
  using MInst = mach::MInst;

  // ---- places of operands of the current instruction
  const mach::Alloc& at(uint32_t k) const { return al_.operands[now_->first_operand + k]; }
  bool in_reg(uint32_t k) const { return at(k).is_reg(); }
  Gp gp(uint32_t k) const { return Gp(at(k).preg().hw()); }
  Xmm xmm(uint32_t k) const { return Xmm(at(k).preg().hw()); }
  Mem place(const mach::Alloc& a, uint32_t bytes) const;
  Mem place(uint32_t k, uint32_t bytes = 8) const { return place(at(k), bytes); }
  Mem mem() const;  // the memory operand
  W w() const { return W(now_->size); }
  F f() const { return F(now_->size); }

  // ---- the frame and the order of blocks
  bool needs_frame(const MInst& i) const;
  bool calls_out() const;
  bool framed() const { return frame_ && (frame_block_ == 0 || framed_in_[now_block_]); }
  void find_preserved();  // emit_preserved.cpp
  bool find_frame(std::vector<uint8_t>& needs, const std::vector<uint8_t>& stores);
  bool stores_wait(uint32_t b, const std::vector<uint8_t>& behind, const std::vector<uint8_t>& stores);
  uint32_t late_block(const std::vector<uint8_t>& uses, std::vector<uint8_t>& behind);
  bool vmctx_stays(const std::vector<uint8_t>& but) const;
  void reach(uint32_t from, std::vector<uint8_t>& reached);
  void save_preserved();
  void restore_preserved();
  void prologue();
  uint32_t tail_bytes() const;
  uint32_t passed_bytes() const;
  void leave_frame();
  void drop_frame();
  void frame(isa::FrameState state);
  void find_empty_blocks();
  uint32_t next_block();  // the one that is emitted after this one
  void block(uint32_t b);
  void note_line(bool moves);
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
  Label vec_constant() { return constant(f_.vectors[now_->target].low, f_.vectors[now_->target].high, 16); }

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
  Label trap_label(vm::TrapCode code) { return trap_label(code, now_->wasm_offset); }
  Label trap_label(vm::TrapCode code, uint32_t wasm_offset);
  void site(vm::TrapCode code = vm::TrapCode::kNone) { sites_.push_back({a_.offset(), code, now_->wasm_offset}); }
  void fault_site() {
    if (now_->y & Shape::kTraps) site(vm::TrapCode::kMemoryOutOfBounds);
  }
  void cold_code();

  const MachFunc& f_;
  const mach::VCode& c_;
  const mach::Allocation& al_;
  const uint32_t own_offset_;
  isa::Listing* const listing_;
  uint32_t data_ = 0;  // where it begins
  Masm a_;
  const MInst* now_ = nullptr;
  uint32_t now_block_ = 0;
  size_t next_edit_ = 0;
  bool frame_ = false;
  uint32_t frame_bytes_ = 0, spill_moves_ = 0;
  uint64_t steps_ = 0;  // CompiledFunc::steps
  uint32_t slots_at_ = 8;           // below the frame pointer: 16 bytes of slots are at multiples of 16
  std::vector<Gp> preserved_;       // of those, what is used here
  uint32_t frame_block_ = 0;        // where the frame begins
  std::vector<uint8_t> framed_in_;  // by block, if that is not the first: there is a frame
  std::vector<mach::Edit> waiting_;  // from blocks before it: done where the frame is there
  uint32_t save_block_ = 0;         // where they are saved
  std::vector<uint8_t> saved_in_;   // by block, if that is not the first: they are saved there
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
  std::vector<Label> labels_;
  std::vector<uint32_t> forward_;  // by block: where a jump to it really goes
  std::vector<isa::Reloc> relocs_;
  std::vector<isa::Site> sites_;
  std::vector<isa::FrameEdge> frames_;
  struct ColdTrap {
    Label label;
    vm::TrapCode code;
    uint32_t wasm_offset;
  };
  std::vector<ColdTrap> traps_;
  std::unordered_map<uint64_t, uint32_t> trap_index_;
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
