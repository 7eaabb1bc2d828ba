// Atomic accesses, waiting and waking (threads proposal).
//
// The checks are in the order of the proposal, all of them in front of the access, whatever guards the memory: none of
// them faults. Each may be what the guest learns from that another thread has grown a memory, so no length that was known
// before is believed afterwards.
#include "compiler/ir/libcall.h"
#include "compiler/translate/translator.h"
#include "compiler/wasm/op_table.h"

namespace wjit::translate {

// Traps unless it is a multiple of `bytes`.
void Translator::check_aligned(Value effective, uint32_t bytes) {
  if (bytes == 1) return;
  const Value rest = b_.binary(Op::and_, Type::kI64, effective, i64(bytes - 1));
  trap_if(b_.icmp(ir::IntCc::ne, Type::kI64, rest, i64(0)), TrapCode::kUnalignedAtomic);
}

bool Translator::atomic_place(const wasm::MemArg& mem, Value index, uint32_t bytes, Value& at) {
  const Value wide_index = wide(index);
  const Value effective = mem.offset == 0 ? wide_index : b_.binary(Op::add, Type::kI64, wide_index, i64(mem.offset));
  check_aligned(effective, bytes);
  const uint64_t end = mem.offset + bytes;
  if (end < bytes) {
    trap(TrapCode::kMemoryOutOfBounds);
    return false;
  }
  check_bounds(mem.memory, wide_index, end);
  at = b_.binary(Op::add, Type::kI64, memory_base(mem.memory), effective);
  return true;
}

void Translator::atomic(const Form& form, const wasm::Instr& in) {
  const uint32_t bytes = wasm::kOpTable[size_t(in.op)].bytes;
  Value replacement = form.op == Op::atomic_cmpxchg ? pop() : Value();
  const Value operand = form.op == Op::atomic_load ? Value() : pop();
  Value at;
  if (!atomic_place(in.mem, pop(), bytes, at)) return;
  ir::InstData d{.op = form.op, .type = form.type, .aux = static_cast<uint16_t>(bytes), .a = at.n};
  if (operand.valid()) d.b = operand.n;
  if (replacement.valid()) {
    // Wasm compares all of the operand with what was there, the IR the bytes there are. Where the rest is not 0 nothing
    // may change, and nothing does that puts there what was found.
    if (bytes != ir::bytes_of(form.type)) {
      const Value rest = b_.binary(Op::shr_u, form.type, operand, b_.iconst(form.type, bytes * 8));
      const Value fits = b_.icmp(ir::IntCc::eq, form.type, rest, b_.iconst(form.type, 0));
      replacement = b_.select(form.type, fits, replacement, operand);
    }
    d.c = replacement.n;
  }
  if (form.op == Op::atomic_store)
    b_.put(d, {});
  else
    push(f_.result(b_.put(d, {&form.type, 1})));
  forget_moving();
}

// wasm::effective_address.
Translator::Value Translator::effective_address(const wasm::MemArg& mem, Value index) {
  const Value wide_index = wide(index);
  if (mem.offset == 0) return wide_index;
  const Value offset = i64(mem.offset), sum = b_.binary(Op::add, Type::kI64, wide_index, offset);
  if (!module_.memories[mem.memory].is64) return sum;
  const Value wraps = b_.icmp(ir::IntCc::lt_u, Type::kI64, sum, offset);
  return b_.select(Type::kI64, wraps, b_.binary(Op::or_, Type::kI64, sum, i64(~uint64_t{15})), sum);
}

Result<void> Translator::wait_or_notify(const wasm::Instr& in) {
  using W = wasm::Op;
  using vm::Libcall;
  if (in.op == W::atomic_fence) {
    b_.put({.op = Op::atomic_fence}, {});
    forget_moving();
    return {};
  }
  const Value memory = i32(in.mem.memory);
  Value answer;
  if (in.op == W::memory_atomic_notify) {
    const Value count = pop(), at = effective_address(in.mem, pop());
    answer = growing_libcall(Libcall::memory_atomic_notify, {memory, at, count});
  } else {
    const Value timeout = pop(), expected = pop(), at = effective_address(in.mem, pop());
    answer = growing_libcall(
        in.op == W::memory_atomic_wait32 ? Libcall::memory_atomic_wait32 : Libcall::memory_atomic_wait64,
        {memory, at, expected, timeout});
  }
  push(b_.wrap(answer));
  return {};
}

}  // namespace wjit::translate
