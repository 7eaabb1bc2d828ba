// What TrampolineBuilder and hand-emitted tests need of x86-64, under names that both ISAs share.
#pragma once
#include <vector>

#include "compiler/isa/common/call_conv.h"
#include "compiler/isa/common/frame_edge.h"
#include "compiler/isa/x64/masm.h"

namespace wjit::x64 {

class TrampMasm : public Masm {
 public:
  using Reg = isa::Reg;
  using Type = isa::Type;
  static constexpr Reg kFp = 5, kSp = 4, kVmctx = 7, kCaller = 6, kEntry = 10, kT0 = 11;
  // Free only where no parameter, result or entry is in a register yet, or any more; and one that a function may use
  // once it has saved it.
  static constexpr Reg kT1 = 9, kT2 = kEntry, kHub = 14;
  static constexpr Reg kCResult0 = 0, kCResult1 = 2;
  static constexpr Reg kWasmInts[] = {2, 1, 8, 9, 0}, kWasmIntResults[] = {0, 2, 1, 8, 9};
  static constexpr Reg kPreserved[] = {3, 12, 13, 14, 15};  // by wasm calls
  static constexpr Reg kVectors[] = {0, 1, 2, 3, 4, 5, 6, 7};
  static constexpr Reg kCInts[] = {7, 6, 2, 1, 8, 9};
  static constexpr isa::WasmRegisters kWasm{{kWasmInts, kVectors}, {kWasmIntResults, kVectors}};
  static constexpr isa::RegisterSet kC{kCInts, kVectors};
  static constexpr uint32_t kReturnAddressBytes = 8;  // at [sp] when a function begins

  void begin_frame(uint32_t bytes, bool) {
    frame(isa::FrameState::kNone);
    push(Gp::rbp);
    frame(isa::FrameState::kSaved);
    mov(W::k64, Gp::rbp, Gp::rsp);
    frame(isa::FrameState::kWhole);
    if (bytes) sub(W::k64, Gp::rsp, int32_t(bytes));
  }
  void end_frame(uint32_t popped) {
    mov(W::k64, Gp::rsp, Gp::rbp);
    pop(Gp::rbp);
    frame(isa::FrameState::kNone);
    popped ? ret(uint16_t(popped)) : ret();
    frame(isa::FrameState::kWhole);  // what follows is of the same function
  }
  static constexpr uint32_t kCalleeSavedBytes = 40;
  void save_callee_saved(int32_t at) {
    saved_ = at;
    for (Gp r : kCalleeSaved) mov(W::k64, Mem::at(Gp::rbp, at), r), at += 8;
    frame(isa::FrameState::kWhole);
  }
  void restore_callee_saved(int32_t at) {
    for (Gp r : kCalleeSaved) mov(W::k64, r, Mem::at(Gp::rbp, at)), at += 8;
  }
  // MXCSR as wasm wants it: nearest, no exceptions, subnormals kept. The host's is kept at [fp + at].
  void set_fp_control(int32_t at) {
    const Label same = new_label();
    stmxcsr(Mem::at(Gp::rbp, at));
    mov(W::k32, g(kT0), Mem::at(Gp::rbp, at));
    and_(W::k32, g(kT0), int32_t(0xffc0));
    cmp(W::k32, g(kT0), int32_t(0x1f80));
    jcc(Cc::e, same);
    mov(W::k32, Mem::at(Gp::rbp, at + 4), int32_t(0x1f80));
    ldmxcsr(Mem::at(Gp::rbp, at + 4));
    bind(same);
  }
  void restore_fp_control(int32_t at) {
    const Label same = new_label();
    mov(W::k32, g(kT1), Mem::at(Gp::rbp, at));
    and_(W::k32, g(kT1), int32_t(0xffc0));
    cmp(W::k32, g(kT1), int32_t(0x1f80));
    jcc(Cc::e, same);
    ldmxcsr(Mem::at(Gp::rbp, at));
    bind(same);
  }

  void load(Reg to, Reg base, int32_t at) { mov(W::k64, g(to), Mem::at(g(base), at)); }
  void load32(Reg to, Reg base, int32_t at) { mov(W::k32, g(to), Mem::at(g(base), at)); }
  void store(Reg base, int32_t at, Reg from) { mov(W::k64, Mem::at(g(base), at), g(from)); }
  void store32(Reg base, int32_t at, Reg from) { mov(W::k32, Mem::at(g(base), at), g(from)); }
  void store_zero(Reg base, int32_t at) { mov(W::k64, Mem::at(g(base), at), 0); }
  void load_vector(uint32_t size, Reg to, Reg base, int32_t at) {
    const Mem m = Mem::at(g(base), at);
    size == 16 ? mov128(Xmm(to), m) : mov(size == 4 ? F::k32 : F::k64, Xmm(to), m);
  }
  void store_vector(uint32_t size, Reg base, int32_t at, Reg from) {
    const Mem m = Mem::at(g(base), at);
    size == 16 ? mov128(m, Xmm(from)) : mov(size == 4 ? F::k32 : F::k64, m, Xmm(from));
  }
  void move(Reg to, Reg from) { mov(W::k64, g(to), g(from)); }
  void imm(Reg to, uint64_t value) { mov(g(to), value); }
  void lea(Reg to, Reg base, int32_t at) { Masm::lea(W::k64, g(to), Mem::at(g(base), at)); }
  void load_address(Reg to, Label label) { Masm::lea(W::k64, g(to), Mem::at(label)); }
  void add_immediate(Reg to, Reg a, int32_t value) { lea(to, a, value); }
  void add3(Reg to, Reg a, Reg b) { Masm::lea(W::k64, g(to), Mem::at(g(a), g(b), 0)); }
  void subtract(Reg to, Reg a, Reg b) {  // to == a
    (void)a;
    sub(W::k64, g(to), g(b));
  }
  void zero_extend32(Reg r) { mov(W::k32, g(r), g(r)); }
  void zero_extend8(Reg r) { movzx(W::k8, g(r), g(r)); }

  void call(Reg to) { Masm::call(g(to)); }
  void jump(Label to) { jmp(to); }
  void jump_to(Reg to) {
    jmp(g(to));
    if (gave_way_) frame(isa::FrameState::kWhole);
    gave_way_ = false;
  }
  void branch_if_zero(Reg r, Label to) { test(W::k64, g(r), g(r)), jcc(Cc::e, to); }
  void branch_if_nonzero(Reg r, Label to) { test(W::k64, g(r), g(r)), jcc(Cc::ne, to); }
  void branch_if_below(Reg a, Reg b, Label to) { cmp(W::k64, g(a), g(b)), jcc(Cc::b, to); }

  void take_return_address(Reg to) {  // to == kT1
    pop(g(to));
    frame(isa::FrameState::kPopped);
  }
  void align_stack_and_reserve(uint32_t bytes) {
    and_(W::k64, Gp::rsp, -16);
    sub(W::k64, Gp::rsp, int32_t(bytes));
  }
  void land(Reg fp, Reg sp, int32_t at) {
    // Of whom, changes. The frame pointer first: below the stack pointer no frame is to be found, a signal writes there.
    frame(isa::FrameState::kWhole);
    mov(W::k64, Gp::rbp, g(fp));
    mov(W::k64, Gp::rsp, g(sp));
    jmp(Mem::at(Gp::rbp, at));
  }
  void landing_pad() {}
  // The frame gives way to a call with `bytes` of stack arguments that end where `end` says. Takes the second parameter's
  // register: what goes to registers is loaded afterwards, but for a result area's address, which is the first.
  void replace_frame(Reg end, uint32_t bytes) {
    const Gp pc = g(kWasmInts[1]);
    mov(W::k64, pc, Mem::at(Gp::rbp, 8));
    mov(W::k64, Gp::rbp, Mem::at(Gp::rbp, 0));
    frame(isa::FrameState::kMoved);
    Masm::lea(W::k64, Gp::rsp, Mem::at(g(end), -int32_t(bytes) - 8));
    mov(W::k64, Mem::at(Gp::rsp, 0), pc);
    frame(isa::FrameState::kNone);
    gave_way_ = true;
  }
  static constexpr Gp g(Reg r) { return Gp(r); }

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
  static constexpr Gp kCalleeSaved[] = {Gp::rbx, Gp::r12, Gp::r13, Gp::r14, Gp::r15};
};

}  // namespace wjit::x64
