#include "unit/runtime/trap/fake_guest.h"

#include <sys/mman.h>

#include "compiler/isa/common/trampolines.h"
#include "unit/runtime/code/fake_code.h"

namespace wjit::test {

namespace {

using limits = vm::off::VMRuntimeLimits;
using rt::CodeTrapSite;

constexpr int32_t kCtxLimits = int32_t(vm::off::VMContext::runtime_limits);
constexpr int32_t kCtxBuiltins = int32_t(vm::off::VMContext::builtin_functions);
constexpr int32_t kRaiseTrap = int32_t(vm::off::VMBuiltinFunctionsArray::raise_trap);

// Frames here: [fp] the frame record, [fp - 8] vmctx; in the entry, [fp - 16] the landing's address, and at
// [fp - kSavedLimits] that nothing was entered before.
#if defined(__x86_64__)

constexpr Gp kCalleeSaved[] = {Gp::rbx, Gp::r12, Gp::r13, Gp::r14, Gp::r15};

// uint64_t enter(vmctx, function, argument), in the platform's C convention.
void emit_entry(Masm& m) {
  auto landing = m.new_label(), out = m.new_label();
  m.push(Gp::rbp);
  m.mov(W::k64, Gp::rbp, Gp::rsp);
  m.sub(W::k64, Gp::rsp, 96);
  m.mov(W::k64, Mem::at(Gp::rbp, -8), Gp::rdi);
  for (int i = 0; i < 4; ++i) m.mov(W::k64, Mem::at(Gp::rbp, 8 * i - isa::kSavedLimits), 0);
  m.lea(W::k64, Gp::rax, Mem::at(landing));
  m.mov(W::k64, Mem::at(Gp::rbp, -16), Gp::rax);
  for (int i = 0; i < 5; ++i) m.mov(W::k64, Mem::at(Gp::rbp, -24 - 8 * i), kCalleeSaved[i]);
  m.mov(W::k64, Gp::rax, Mem::at(Gp::rdi, kCtxLimits));
  m.mov(W::k64, Mem::at(Gp::rax, limits::last_wasm_entry_fp), Gp::rbp);
  m.mov(W::k64, Mem::at(Gp::rax, limits::last_wasm_entry_sp), Gp::rsp);
  m.mov(W::k64, Gp::rax, Gp::rsi);
  m.mov(W::k64, Gp::rsi, Gp::rdx);
  m.call(Gp::rax);
  m.jmp(out);
  m.bind(landing);
  m.mov(Gp::rax, FakeGuest::kTrapped);
  m.bind(out);
  for (int i = 0; i < 5; ++i) m.mov(W::k64, kCalleeSaved[i], Mem::at(Gp::rbp, -24 - 8 * i));
  m.mov(W::k64, Gp::rsp, Gp::rbp);
  m.pop(Gp::rbp);
  m.ret();
}

void emit_raise(Masm& m) {
  m.and_(W::k64, Gp::rsp, -16);
  m.mov(W::k64, Gp::rbx, Gp::rdi);
  m.mov(W::k64, Gp::rax, Mem::at(Gp::rdi, kCtxBuiltins));
  m.call(Mem::at(Gp::rax, kRaiseTrap));
  m.mov(W::k64, Gp::rax, Mem::at(Gp::rbx, kCtxLimits));
  m.mov(W::k64, Gp::rbp, Mem::at(Gp::rax, limits::last_wasm_entry_fp));
  m.mov(W::k64, Gp::rsp, Mem::at(Gp::rax, limits::last_wasm_entry_sp));
  m.jmp(Mem::at(Gp::rbp, -16));
}

void emit_frame(Masm& m, bool with_vmctx) {
  m.push(Gp::rbp);
  m.mov(W::k64, Gp::rbp, Gp::rsp);
  m.sub(W::k64, Gp::rsp, 16);
  m.mov(W::k64, Mem::at(Gp::rbp, -8), with_vmctx ? Gp::rdi : Gp::rsp);
  for (Gp r : kCalleeSaved) m.mov(W::k64, r, Gp::rbp);  // what traps leave behind is restored by the entry
}
void emit_leave(Masm& m) {
  m.mov(W::k64, Gp::rsp, Gp::rbp);
  m.pop(Gp::rbp);
  m.ret();
}
void emit_load_instruction(Masm& m) { m.mov(W::k32, Gp::rax, Mem::at(Gp::rsi)); }
void emit_call_with_own_stack(Masm& m, isa::Label callee) {
  m.sub(W::k64, Gp::rsp, 8 * 37);  // of no alignment
  m.call(callee);
}
void emit_illegal(Masm& m) { m.ud2(); }

#else

using a64::Access;
using a64::Add;

void emit_entry(Masm& m) {
  auto landing = m.new_label(), out = m.new_label();
  m.add(Add::kSub, W::k64, Gp::sp, Gp::sp, 208u);
  m.stp(W::k64, Gp::x29, Gp::x30, Mem::at(Gp::sp, 192));
  m.add(Add::kAdd, W::k64, Gp::x29, Gp::sp, 192u);
  for (int i = 0; i < 4; ++i) m.access(Access::kStrX, Gp::zr, Mem::at(Gp::x29, 8 * i - isa::kSavedLimits));
  m.access(Access::kStrX, Gp::x0, Mem::at(Gp::x29, -8));
  m.adr(Gp::x9, landing);
  m.access(Access::kStrX, Gp::x9, Mem::at(Gp::x29, -16));
  for (int i = 0; i < 5; ++i)
    m.stp(W::k64, Gp(int(Gp::x19) + 2 * i), Gp(int(Gp::x20) + 2 * i), Mem::at(Gp::sp, 16 * i));
  m.access(Access::kLdrX, Gp::x9, Mem::at(Gp::x0, kCtxLimits));
  m.access(Access::kStrX, Gp::x29, Mem::at(Gp::x9, limits::last_wasm_entry_fp));
  m.mov(W::k64, Gp::x10, Gp::sp);
  m.access(Access::kStrX, Gp::x10, Mem::at(Gp::x9, limits::last_wasm_entry_sp));
  m.mov(W::k64, Gp::x9, Gp::x1);
  m.mov(W::k64, Gp::x1, Gp::x2);
  m.blr(Gp::x9);
  m.b(out);
  m.bind(landing);
  m.mov(Gp::x0, FakeGuest::kTrapped);
  m.bind(out);
  for (int i = 0; i < 5; ++i)
    m.ldp(W::k64, Gp(int(Gp::x19) + 2 * i), Gp(int(Gp::x20) + 2 * i), Mem::at(Gp::sp, 16 * i));
  m.ldp(W::k64, Gp::x29, Gp::x30, Mem::at(Gp::sp, 192));
  m.add(Add::kAdd, W::k64, Gp::sp, Gp::sp, 208u);
  m.ret();
}

void emit_raise(Masm& m) {
  m.mov(W::k64, Gp::x9, Gp::sp);
  m.logic(a64::Logic::kAnd, W::k64, Gp::sp, Gp::x9, ~uint64_t{15});
  m.mov(W::k64, Gp::x19, Gp::x0);
  m.access(Access::kLdrX, Gp::x9, Mem::at(Gp::x0, kCtxBuiltins));
  m.access(Access::kLdrX, Gp::x9, Mem::at(Gp::x9, kRaiseTrap));
  m.blr(Gp::x9);
  m.access(Access::kLdrX, Gp::x9, Mem::at(Gp::x19, kCtxLimits));
  m.access(Access::kLdrX, Gp::x29, Mem::at(Gp::x9, limits::last_wasm_entry_fp));
  m.access(Access::kLdrX, Gp::x10, Mem::at(Gp::x9, limits::last_wasm_entry_sp));
  m.mov(W::k64, Gp::sp, Gp::x10);
  m.access(Access::kLdrX, Gp::x9, Mem::at(Gp::x29, -16));
  m.br(Gp::x9);
}

void emit_frame(Masm& m, bool with_vmctx) {
  m.add(Add::kSub, W::k64, Gp::sp, Gp::sp, 32u);
  m.stp(W::k64, Gp::x29, Gp::x30, Mem::at(Gp::sp, 16));
  m.add(Add::kAdd, W::k64, Gp::x29, Gp::sp, 16u);
  m.access(Access::kStrX, with_vmctx ? Gp::x0 : Gp::x29, Mem::at(Gp::x29, -8));
  for (int r = int(Gp::x19); r <= int(Gp::x28); ++r) m.mov(W::k64, Gp(r), Gp::x29);
}
void emit_leave(Masm& m) {
  m.mov(W::k64, Gp::sp, Gp::x29);
  m.ldp(W::k64, Gp::x29, Gp::x30, Mem::post(Gp::sp, 16));
  m.ret();
}
void emit_load_instruction(Masm& m) { m.access(Access::kLdrW, Gp::x0, Mem::at(Gp::x1)); }
void emit_call_with_own_stack(Masm& m, isa::Label callee) {
  m.add(Add::kSub, W::k64, Gp::sp, Gp::sp, 304u);
  m.bl(callee);
}
void emit_illegal(Masm& m) { m.udf(0); }

#endif

rt::CodeHandle publish(std::vector<uint8_t> bytes, rt::CodeTables tables) {
  auto handle = rt::CodeMemory::process().publish(bytes, std::move(tables));
  WJIT_ASSERT(handle.has_value());
  return std::move(*handle);
}

}  // namespace

FakeContext::FakeContext() {
  vmctx.magic = vm::kVMContextMagic;
  vmctx.runtime_limits = &limits;
  vmctx.builtin_functions = &builtins;
  builtins.raise_trap = [](vm::VMContext* c, uint32_t code) { of(c)->traps.push_back(vm::TrapCode(code)); };
  void* p = mmap(nullptr, kReserved, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  WJIT_ASSERT(p != MAP_FAILED && mprotect(p, kAccessible, PROT_READ | PROT_WRITE) == 0);
  memory = static_cast<uint8_t*>(p);
}

FakeContext::~FakeContext() { munmap(memory, kReserved); }

FakeGuest::FakeGuest() {
  Masm t;
  emit_entry(t);
  const uint32_t raise = t.offset();
  emit_raise(t);
  trampolines_ = publish(finish(t), {.kind = rt::CodeKind::kTrampolines});

  Masm m;
  rt::CodeTables tables{.owner = this, .raise = trampolines_->begin() + raise};
  auto load = m.new_label();
  for (uint32_t f = 0; f < kFunctions; ++f) {
    starts_[f] = m.offset();
    if (f == kLoad) m.bind(load);
    emit_frame(m, f != kLoadWrongFrame);
    const uint32_t at = m.offset();
    if (f == kLoad || f == kLoadWrongFrame)
      tables.traps.push_back({at, vm::TrapCode::kMemoryOutOfBounds, 1000 + f});
    if (f == kLoad) load_site_ = at;
    if (f == kLoadInCallee)
      emit_call_with_own_stack(m, load);
    else if (f == kIllegal)
      emit_illegal(m);
    else
      emit_load_instruction(m);
    emit_leave(m);
    tables.functions.push_back({starts_[f], m.offset(), f});
  }
  module_ = publish(finish(m), std::move(tables));
}

uint64_t FakeGuest::call(vm::VMContext* vmctx, Function f, uintptr_t argument) {
  auto* enter = reinterpret_cast<uint64_t (*)(vm::VMContext*, uintptr_t, uintptr_t)>(trampolines_->begin());
  return enter(vmctx, function(f), argument);
}

}  // namespace wjit::test
