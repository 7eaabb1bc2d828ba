// What TrampolineBuilder and hand-emitted tests need of AArch64, under names that both ISAs share.
#pragma once
#include <vector>

#include "compiler/isa/a64/masm.h"
#include "compiler/isa/common/call_conv.h"
#include "compiler/isa/common/frame_edge.h"

namespace wjit::a64 {

class TrampMasm : public Masm {
 public:
  using Reg = isa::Reg;
  using Type = isa::Type;
  // 31 stands for sp here; zr never is an operand. x15 is scratch for addresses.
  static constexpr Reg kFp = 29, kSp = 31, kVmctx = 0, kCaller = 1, kEntry = 9, kT0 = 16, kT1 = 17, kT2 = 11,
                       kHub = kT1;
  static constexpr Reg kCResult0 = 0, kCResult1 = 1;
  static constexpr Reg kWasmInts[] = {2, 3, 4, 5, 6, 7, 8, 10}, kWasmIntResults[] = {0, 1, 2, 3, 4, 5, 6, 7};
  static constexpr Reg kPreserved[] = {19, 20, 21, 22, 23, 24, 25, 26, 27, 28};  // by wasm calls
  static constexpr Reg kVectors[] = {0, 1, 2, 3, 4, 5, 6, 7};
  static constexpr Reg kCInts[] = {0, 1, 2, 3, 4, 5, 6, 7};
  static constexpr isa::WasmRegisters kWasm{{kWasmInts, kVectors}, {kWasmIntResults, kVectors}};
  static constexpr isa::RegisterSet kC{kCInts, kVectors};
  static constexpr uint32_t kReturnAddressBytes = 0;  // it is in x30

  void begin_frame(uint32_t bytes, bool) {
    frame(isa::FrameState::kNone);
    stp(W::k64, Gp::x29, Gp::x30, Mem::pre(Gp::sp, -16));
    frame(isa::FrameState::kSaved);
    add(Add::kAdd, W::k64, Gp::x29, Gp::sp, 0);
    frame(isa::FrameState::kWhole);
    adjust(Add::kSub, Gp::sp, Gp::sp, bytes);
  }
  void end_frame(uint32_t popped) {
    add(Add::kAdd, W::k64, Gp::sp, Gp::x29, 0);
    ldp(W::k64, Gp::x29, Gp::x30, Mem::post(Gp::sp, 16));
    frame(isa::FrameState::kNone);
    adjust(Add::kAdd, Gp::sp, Gp::sp, popped);
    ret();
    frame(isa::FrameState::kWhole);  // what follows is of the same function
  }
  static constexpr uint32_t kCalleeSavedBytes = 18 * 8;  // x19 to x28, d8 to d15
  void save_callee_saved(int32_t at) {
    saved_ = at;
    for (Reg r = 19; r <= 28; ++r, at += 8) store(kFp, at, r);
    for (Reg r = 8; r <= 15; ++r, at += 8) store_vector(8, kFp, at, r);
    frame(isa::FrameState::kWhole);
  }
  void restore_callee_saved(int32_t at) {
    for (Reg r = 19; r <= 28; ++r, at += 8) load(r, kFp, at);
    for (Reg r = 8; r <= 15; ++r, at += 8) load_vector(8, r, kFp, at);
  }
  // FPCR as wasm wants it, which is 0. The host's is kept at [fp + at].
  void set_fp_control(int32_t at) {
    const Label same = new_label();
    read_fpcr(g(kT0));
    store(kFp, at, kT0);
    cbz(W::k64, g(kT0), same);
    write_fpcr(Gp::zr);
    bind(same);
  }
  void restore_fp_control(int32_t at) {
    const Label same = new_label();
    load(kT1, kFp, at);
    cbz(W::k64, g(kT1), same);
    write_fpcr(g(kT1));
    bind(same);
  }

  void load(Reg to, Reg base, int32_t at) { access(Access::kLdrX, g(to), mem(base, at, 8)); }
  void load32(Reg to, Reg base, int32_t at) { access(Access::kLdrW, g(to), mem(base, at, 4)); }
  void store(Reg base, int32_t at, Reg from) { access(Access::kStrX, g(from), mem(base, at, 8)); }
  void store32(Reg base, int32_t at, Reg from) { access(Access::kStrW, g(from), mem(base, at, 4)); }
  void store_zero(Reg base, int32_t at) { access(Access::kStrX, Gp::zr, mem(base, at, 8)); }
  void load_vector(uint32_t size, Reg to, Reg base, int32_t at) {
    access(size == 16 ? VecAccess::kLdrQ : size == 8 ? VecAccess::kLdrD : VecAccess::kLdrS, Vec(to), mem(base, at, size));
  }
  void store_vector(uint32_t size, Reg base, int32_t at, Reg from) {
    access(size == 16 ? VecAccess::kStrQ : size == 8 ? VecAccess::kStrD : VecAccess::kStrS, Vec(from),
           mem(base, at, size));
  }
  void move(Reg to, Reg from) {
    to == kSp || from == kSp ? add(Add::kAdd, W::k64, g(to), g(from), 0u) : mov(W::k64, g(to), g(from));
  }
  void imm(Reg to, uint64_t value) { mov(g(to), value); }
  void lea(Reg to, Reg base, int32_t at) {
    adjust(at < 0 ? Add::kSub : Add::kAdd, g(to), g(base), uint32_t(at < 0 ? -at : at), true);
  }
  void load_address(Reg to, Label label) { adr(g(to), label); }
  void add_immediate(Reg to, Reg a, int32_t value) { lea(to, a, value); }
  void add3(Reg to, Reg a, Reg b) { add(Add::kAdd, W::k64, g(to), g(a), g(b)); }
  void subtract(Reg to, Reg a, Reg b) { add(Add::kSub, W::k64, g(to), g(a), g(b)); }
  void zero_extend32(Reg r) { mov(W::k32, g(r), g(r)); }
  void zero_extend8(Reg r) { logic(Logic::kAnd, W::k64, g(r), g(r), uint64_t{0xff}); }

  void call(Reg to) { blr(g(to)); }
  void jump(Label to) { b(to); }
  void jump_to(Reg to) {
    br(g(to));
    if (gave_way_) frame(isa::FrameState::kWhole);
    gave_way_ = false;
  }
  void branch_if_zero(Reg r, Label to) { cbz(W::k64, g(r), to); }
  void branch_if_nonzero(Reg r, Label to) { cbnz(W::k64, g(r), to); }
  void branch_if_below(Reg a, Reg c, Label to) { cmp(W::k64, g(a), g(c)), b(Cc::lo, to); }

  void take_return_address(Reg to) { mov(W::k64, g(to), Gp::x30); }
  void align_stack_and_reserve(uint32_t bytes) { adjust(Add::kSub, Gp::sp, Gp::sp, bytes); }  // the hardware aligns it
  void land(Reg fp, Reg sp, int32_t at) {
    // Of whom, changes. The frame pointer first: below the stack pointer no frame is to be found, a signal writes there.
    frame(isa::FrameState::kWhole);
    mov(W::k64, Gp::x29, g(fp));
    add(Add::kAdd, W::k64, Gp::sp, g(sp), 0u);
    load(kT0, kFp, at);
    br(g(kT0));
  }
  void landing_pad() {}
  void replace_frame(Reg end, uint32_t bytes) {
    ldp(W::k64, Gp::x29, Gp::x30, Mem::at(Gp::x29, 0));
    frame(isa::FrameState::kNone);
    gave_way_ = true;
    if (bytes == 0) {
      add(Add::kAdd, W::k64, Gp::sp, g(end), 0u);
      return;
    }
    adjust(Add::kSub, g(kEntry), g(end), bytes);
    add(Add::kAdd, W::k64, Gp::sp, g(kEntry), 0u);
  }
  static constexpr Gp g(Reg r) { return r == kSp ? Gp::sp : Gp(r); }

  // ---- what unwinders are told
  const std::vector<isa::FrameEdge>& frame_edges() const { return edges_; }
  void frame(isa::FrameState state) {
    const int32_t saved = state == isa::FrameState::kWhole ? saved_ : 0;
    if (!edges_.empty() && edges_.back().offset == offset()) edges_.pop_back();
    edges_.push_back({offset(), state, saved});
  }

 private:
  std::vector<isa::FrameEdge> edges_;
  int32_t saved_ = 0;
  bool gave_way_ = false;
  static constexpr Gp kScratch = Gp::x15;
  // In one or two instructions, for anything below 16 MB.
  void adjust(Add op, Gp to, Gp from, uint32_t value, bool always = false) {
    if (value & 0xfffff000) {
      add(op, W::k64, to, from, value & 0xfffff000);
      from = to;
    }
    if (value & 0xfff || (always && value == 0)) add(op, W::k64, to, from, value & 0xfff);
  }
  Mem mem(Reg base, int32_t at, uint32_t size) {
    if (is_offset(size, at)) return Mem::at(g(base), at);
    adjust(at < 0 ? Add::kSub : Add::kAdd, kScratch, g(base), uint32_t(at < 0 ? -at : at));
    return Mem::at(kScratch, 0);
  }
};

}  // namespace wjit::a64
