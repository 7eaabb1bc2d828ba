// The pieces of code that a module's functions share (isa::Stub). All are reached with the function's frame pointer in
// x29, and its VMContext at [x29 - 8].
#include "compiler/isa/a64/emit.h"
#include "compiler/isa/common/trampolines.h"
#include "vmcontext/abi.h"

namespace wjit::a64 {

namespace {

using Limits = vm::off::VMRuntimeLimits;
using Builtins = vm::off::VMBuiltinFunctionsArray;
using isa::FrameState;
constexpr W kX = W::k64;

class Stubs {
 public:
  support::Result<isa::StubCode> run() {
    WJIT_TRY(auto raise, kTarget.raise());
    isa::StubCode out;
    a_.data(raise.bytes);
    out.redirected = raise.redirected;
    frames_ = std::move(raise.frames);
    frame(FrameState::kNone);  // each is called by the function that failed
#define WJIT_TRAP(id, name, message, code) out.raise[code] = raise_stub(code);
#include "vmcontext/traps.def"
    a_.align(16);
    out.land = a_.offset();
    a_.bind(land_);
    frame(FrameState::kWhole);  // jumped to, and in the end of whom, changes
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
  void load(Gp to, Gp from, int32_t at) { a_.access(Access::kLdrX, to, Mem::at(from, at)); }
  void store(Gp from, Gp to, int32_t at) { a_.access(Access::kStrX, from, Mem::at(to, at)); }

  uint32_t raise_stub(uint32_t code) {
    const uint32_t at = a_.offset();
    load(Gp::x0, Gp::x29, -vm::kFrameVmctx);
    a_.mov(Gp::x1, uint64_t{code});
    const auto back = -static_cast<int32_t>(a_.offset());  // to the first byte of all
    a_.data32(0x14000000 | (static_cast<uint32_t>(back / 4) & 0x03ffffff));
    return at;
  }

  void land() {
    load(Gp::x0, Gp::x29, -vm::kFrameVmctx);
    load(Gp::x0, Gp::x0, vm::off::VMContext::runtime_limits);
    load(Gp::x29, Gp::x0, Limits::last_wasm_entry_fp);  // first: see TrampMasm::land
    load(Gp::x16, Gp::x0, Limits::last_wasm_entry_sp);
    a_.mov(kX, Gp::sp, Gp::x16);
    load(Gp::x16, Gp::x29, -vm::kFrameLanding);
    a_.br(Gp::x16);
  }

  // Called where a check failed; keeps every register but the emitter's, of which kScratch holds the cost of what wants fuel. C keeps x19 to
  // x28. Its own frame is linked as any, and the one noted as the exit is the function's.
  uint32_t check(uint32_t libcall) {
    a_.align(16);
    const uint32_t at = a_.offset();
    constexpr int32_t kInts = 0, kVectors = 8 * 16, kBytes = kVectors + 16 * 32;
    frame(FrameState::kNone);
    a_.stp(kX, Gp::x29, Gp::x30, Mem::pre(Gp::sp, -16));
    frame(FrameState::kSaved);
    a_.mov(kX, Gp::x29, Gp::sp);
    frame(FrameState::kWhole);
    a_.add(Add::kSub, kX, Gp::sp, Gp::sp, uint32_t{kBytes});
    for (int n = 0; n < 16; n += 2) a_.stp(kX, Gp(n), Gp(n + 1), Mem::at(Gp::sp, kInts + 8 * n));
    for (int n = 0; n < 32; n += 2) a_.stp(16, Vec(n), Vec(n + 1), Mem::at(Gp::sp, kVectors + 16 * n));
    const Label trapped = a_.new_label(), on = a_.new_label();
    own_limits(Gp::x9, Gp::x0, Gp::x10);
    load(Gp::x11, Gp::x29, 8);
    store(Gp::x9, Gp::x10, Limits::last_wasm_exit_fp);
    store(Gp::x11, Gp::x10, Limits::last_wasm_exit_pc);
    a_.mov(kX, Gp::x1, reg::kScratch);
    call(Gp::x0, libcall);
    a_.logic(Logic::kAnd, W::k32, Gp::x0, Gp::x0, uint64_t{0xff});
    static_assert(int(vm::Crossing::kTrapped) == 0);
    a_.cbz(W::k32, Gp::x0, trapped);
    a_.cmp(W::k32, Gp::x0, uint32_t(vm::Crossing::kSuspend));
    a_.b(Cc::ne, on);
    own_limits(Gp::x9, Gp::x11, Gp::x10);
    load(Gp::x0, Gp::x10, Limits::fiber);
    call(Gp::x11, Builtins::fiber_suspend);
    own_limits(Gp::x9, Gp::x11, Gp::x10);
    load(Gp::x0, Gp::x10, Limits::fiber);
    a_.access(Access::kLdrb, Gp::x0, Mem::at(Gp::x0, int32_t(vm::kFiberCancelled)));
    a_.cbnz(W::k32, Gp::x0, trapped);
    a_.bind(on);
    own_limits(Gp::x9, Gp::x11, Gp::x10);
    store(Gp::zr, Gp::x10, Limits::last_wasm_exit_fp);
    store(Gp::zr, Gp::x10, Limits::last_wasm_exit_pc);
    for (int n = 0; n < 16; n += 2) a_.ldp(kX, Gp(n), Gp(n + 1), Mem::at(Gp::sp, kInts + 8 * n));
    for (int n = 0; n < 32; n += 2) a_.ldp(16, Vec(n), Vec(n + 1), Mem::at(Gp::sp, kVectors + 16 * n));
    a_.mov(kX, Gp::sp, Gp::x29);
    a_.ldp(kX, Gp::x29, Gp::x30, Mem::post(Gp::sp, 16));
    frame(FrameState::kNone);
    a_.ret();
    frame(FrameState::kWhole);
    a_.bind(trapped);
    load(Gp::x29, Gp::x29, 0);  // the function's frame: what landing begins with
    a_.b(land_);
    return at;
  }

  // The function's frame pointer, its VMContext and limits.
  void own_limits(Gp fp, Gp vmctx, Gp limits) {
    load(fp, Gp::x29, 0);
    load(vmctx, fp, -vm::kFrameVmctx);
    load(limits, vmctx, vm::off::VMContext::runtime_limits);
  }
  void call(Gp vmctx, uint32_t libcall) {
    load(Gp::x16, vmctx, vm::off::VMContext::builtin_functions);
    load(Gp::x16, Gp::x16, int32_t(libcall));
    a_.blr(Gp::x16);
  }

  // From here on.
  void frame(FrameState state) { frames_.push_back({a_.offset(), state}); }

  Masm a_;
  std::vector<isa::FrameEdge> frames_;
  Label land_ = a_.new_label();
};

}  // namespace

support::Result<isa::StubCode> emit_stubs() { return Stubs().run(); }

}  // namespace wjit::a64
