// Atomic accesses, waiting and waking.
#include "compiler/bytecode/translator.h"

namespace wjit::bc {

Result<void> Translator::atomic(const Form& f, const wasm::Instr& in) {
  const Operand third = f.kind == Form::kAtomicCmpxchg ? stack_.pop() : Operand{};
  const Operand value = f.kind == Form::kAtomicLoad ? Operand{} : stack_.pop();
  const uint32_t p = pop_use();
  const uint32_t v = f.kind == Form::kAtomicLoad ? 0 : use(value);
  const uint64_t w = f.kind == Form::kAtomicCmpxchg ? use(third) : 0;
  const uint64_t memory = memory_pointer(in.mem.memory) | w << 32;
  may_trap();
  if (f.kind != Form::kAtomicStore) {
    emit_def(f.first, p, v, {in.mem.offset, memory});
    return {};
  }
  emit(f.first, v, p);
  word(in.mem.offset);
  word(memory);
  return {};
}

void Translator::wait_or_notify(Op op, const wasm::Instr& in, bool wait) {
  const Operand timeout = wait ? stack_.pop() : Operand{};
  const Operand value = stack_.pop();
  const uint32_t p = pop_use(), v = use(value);
  const uint64_t t = wait ? use(timeout) : 0;
  may_trap();
  emit_def(op, p, v, {in.mem.offset, in.mem.memory | t << 32});
}

}  // namespace wjit::bc
