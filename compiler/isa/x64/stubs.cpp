// The pieces of code that a module's functions share (isa::Stub). All are reached with the function's frame pointer in
// rbp, and its VMContext at [rbp - 8].
#include "compiler/isa/common/trampolines.h"
#include "compiler/isa/x64/emit.h"
#include "vmcontext/abi.h"

namespace wjit::x64 {

namespace {

using Limits = vm::off::VMRuntimeLimits;
using isa::FrameState;
using Builtins = vm::off::VMBuiltinFunctionsArray;
constexpr W kQ = W::k64;
constexpr Mem kOwnVmctx = Mem{.base = Gp::rbp, .has_base = true, .displacement = -vm::kFrameVmctx};

class Stubs {
 public:
  support::Result<StubCode> run() {
    WJIT_TRY(auto raise, kTarget.raise());
    StubCode out;
    a_.data(raise.bytes);
    out.redirected = raise.redirected;
    frames_ = std::move(raise.frames);
    frame();  // each is called by the function that failed
#define WJIT_TRAP(id, name, message, code) out.raise[code] = raise_stub(code);
#include "vmcontext/traps.def"
    a_.align(16);
    out.land = a_.offset();
    a_.bind(land_);
    frames_.push_back({a_.offset(), FrameState::kWhole});  // jumped to, and in the end of whom, changes
    land();
    out.fuel = check(Builtins::out_of_fuel);
    out.epoch = check(Builtins::epoch);
    const BulkCode bulk = emit_bulk(a_);
    out.copy = bulk.copy, out.fill = bulk.fill;
    frames_.push_back({bulk.copy, FrameState::kNone, 0, 0});
    WJIT_TRY(out.bytes, a_.finish());
    out.frames = std::move(frames_);
    return out;
  }

 private:
  uint32_t raise_stub(uint32_t code) {
    const uint32_t at = a_.offset();
    a_.mov(kQ, Gp::rdi, kOwnVmctx);
    a_.mov(Gp::rsi, uint64_t{code});
    const int32_t back = -static_cast<int32_t>(a_.offset() + 5);  // to the first byte of all
    const uint8_t jump[] = {0xe9, uint8_t(back), uint8_t(back >> 8), uint8_t(back >> 16), uint8_t(back >> 24)};
    a_.data(jump);
    return at;
  }

  void land() {
    a_.mov(kQ, Gp::rax, kOwnVmctx);
    a_.mov(kQ, Gp::rax, Mem::at(Gp::rax, vm::off::VMContext::runtime_limits));
    a_.mov(kQ, Gp::rbp, Mem::at(Gp::rax, Limits::last_wasm_entry_fp));  // first: see TrampMasm::land
    a_.mov(kQ, Gp::rsp, Mem::at(Gp::rax, Limits::last_wasm_entry_sp));
    a_.jmp(Mem::at(Gp::rbp, -vm::kFrameLanding));
  }

  static constexpr Gp kKept[] = {Gp::rax, Gp::rcx, Gp::rdx, Gp::rbx, Gp::rsi, Gp::rdi, Gp::r8,
                                 Gp::r9,  Gp::r10, Gp::r12, Gp::r13, Gp::r14, Gp::r15};

  // Called where a check failed, with the stack pointer aligned before the call; keeps every register but the scratch
  // one, which holds the cost of what wants fuel.
  uint32_t check(uint32_t libcall) {
    a_.align(16);
    const uint32_t at = a_.offset();
    constexpr int32_t kVectors = 16 * 16, kReturn = kVectors + 8 * int32_t(std::size(kKept));
    static_assert((kReturn + 8) % 16 == 0);
    frame();
    uint32_t pushed = 0;
    for (Gp r : kKept) a_.push(r), frame(pushed += 8);
    a_.sub(kQ, Gp::rsp, kVectors);
    frame(pushed + kVectors);
    for (unsigned n = 0; n < 16; ++n) a_.mov128(Mem::at(Gp::rsp, int32_t(16 * n)), Xmm(n));
    a_.mov(kQ, Gp::rdi, kOwnVmctx);
    a_.mov(kQ, Gp::rax, Mem::at(Gp::rdi, vm::off::VMContext::runtime_limits));
    a_.mov(kQ, Gp::rcx, Mem::at(Gp::rsp, kReturn));
    a_.mov(kQ, Mem::at(Gp::rax, Limits::last_wasm_exit_fp), Gp::rbp);
    a_.mov(kQ, Mem::at(Gp::rax, Limits::last_wasm_exit_pc), Gp::rcx);
    a_.mov(kQ, Gp::rsi, reg::kScratch);
    a_.mov(kQ, Gp::rax, Mem::at(Gp::rdi, vm::off::VMContext::builtin_functions));
    a_.call(Mem::at(Gp::rax, int32_t(libcall)));
    a_.movzx(W::k8, Gp::rax, Gp::rax);
    const Label on = a_.new_label();
    static_assert(int(vm::Crossing::kTrapped) == 0);
    a_.test(W::k32, Gp::rax, Gp::rax);
    a_.jcc(Cc::e, land_);
    a_.cmp(W::k32, Gp::rax, int32_t(vm::Crossing::kSuspend));
    a_.jcc(Cc::ne, on);
    const auto fiber = [&](Gp to) {
      a_.mov(kQ, Gp::rax, kOwnVmctx);
      a_.mov(kQ, Gp::rcx, Mem::at(Gp::rax, vm::off::VMContext::runtime_limits));
      a_.mov(kQ, to, Mem::at(Gp::rcx, Limits::fiber));
    };
    fiber(Gp::rdi);
    a_.mov(kQ, Gp::rax, Mem::at(Gp::rax, vm::off::VMContext::builtin_functions));
    a_.call(Mem::at(Gp::rax, Builtins::fiber_suspend));
    fiber(Gp::rdx);
    a_.cmp(W::k8, Mem::at(Gp::rdx, int32_t(vm::kFiberCancelled)), int32_t{0});
    a_.jcc(Cc::ne, land_);
    a_.bind(on);
    a_.mov(kQ, Gp::rax, kOwnVmctx);
    a_.mov(kQ, Gp::rax, Mem::at(Gp::rax, vm::off::VMContext::runtime_limits));
    a_.mov(kQ, Mem::at(Gp::rax, Limits::last_wasm_exit_fp), int32_t{0});
    a_.mov(kQ, Mem::at(Gp::rax, Limits::last_wasm_exit_pc), int32_t{0});
    for (unsigned n = 0; n < 16; ++n) a_.mov128(Xmm(n), Mem::at(Gp::rsp, int32_t(16 * n)));
    a_.add(kQ, Gp::rsp, kVectors);
    frame(pushed);
    for (size_t k = std::size(kKept); k-- > 0;) a_.pop(kKept[k]), frame(pushed -= 8);
    a_.ret();
    return at;
  }

  // From here on, with so much on the stack since the call.
  void frame(uint32_t pushed = 0) { frames_.push_back({a_.offset(), FrameState::kNone, 0, pushed}); }

  Masm a_;
  std::vector<isa::FrameEdge> frames_;
  Label land_ = a_.new_label();
};

}  // namespace

support::Result<StubCode> emit_stubs() { return Stubs().run(); }

}  // namespace wjit::x64
