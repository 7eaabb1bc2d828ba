#include "emitted.h"

#include <cstddef>

namespace wjit::rt::testing {
static_assert(offsetof(EmittedCall, host) == 16 && offsetof(EmittedCall, rounds) == 32);
static_assert(offsetof(EmittedCall, seen_cancelled) == 48 && offsetof(EmittedCall, in) == 64);
static_assert(offsetof(EmittedCall, out) == 64 + 8 * kKept && Fiber::kCancelledOffset == 12);
}  // namespace wjit::rt::testing

#if defined(__x86_64__)
asm(R"(
  .pushsection .text
  .macro keep_load from
  movq (\from), %rbx
  movq 16(\from), %r12
  movq 24(\from), %r13
  movq 32(\from), %r14
  movq 40(\from), %r15
  movq 8(\from), %rbp
  .endm
  .macro keep_store to
  movq %rbx, (\to)
  movq %rbp, 8(\to)
  movq %r12, 16(\to)
  movq %r13, 24(\to)
  movq %r14, 32(\to)
  movq %r15, 40(\to)
  .endm
  .macro keep_push
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  .endm
  .macro keep_pop
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  .endm

  # Its frame: 0(%rsp) the fiber, 8(%rsp) the EmittedCall.
  .globl wjit_test_emitted_body
wjit_test_emitted_body:
  keep_push
  subq $24, %rsp
  movq %rdi, (%rsp)
  movq %rsi, 8(%rsp)
1:
  movq 8(%rsp), %rax
  incq 40(%rax)
  leaq 64(%rax), %rcx
  keep_load %rcx
  movq (%rsp), %rdi
  call *(%rax)
  movq (%rsp), %rdi
  cmpb $0, 12(%rdi)
  jne 3f
  movq 8(%rsp), %rax
  movq 16(%rax), %rsi
  testq %rsi, %rsi
  jz 2f
  movq 24(%rax), %rdx
  call *8(%rax)
2:
  movq 8(%rsp), %rax
  leaq 112(%rax), %rcx
  keep_store %rcx
  decq 32(%rax)
  jnz 1b
  jmp 4f
3:
  movq 8(%rsp), %rax
  incq 48(%rax)
4:
  addq $24, %rsp
  keep_pop
  ret

  .globl wjit_test_call_keeping
wjit_test_call_keeping:
  keep_push
  pushq %rsi
  movq %rdx, %rax
  movq %rdi, %rdx
  movq %rcx, %rdi
  keep_load %rdx
  call *%rax
  popq %rsi
  keep_store %rsi
  keep_pop
  ret
  .popsection
)");
#elif defined(__aarch64__)
asm(R"(
  .pushsection .text
  .macro keep_load from
  ldp x19, x20, [\from]
  ldp x21, x22, [\from, #16]
  ldp x23, x24, [\from, #32]
  ldp x25, x26, [\from, #48]
  ldp x27, x28, [\from, #64]
  ldr x29, [\from, #80]
  ldp d8, d9, [\from, #88]
  ldp d10, d11, [\from, #104]
  ldp d12, d13, [\from, #120]
  ldp d14, d15, [\from, #136]
  .endm
  .macro keep_store to
  stp x19, x20, [\to]
  stp x21, x22, [\to, #16]
  stp x23, x24, [\to, #32]
  stp x25, x26, [\to, #48]
  stp x27, x28, [\to, #64]
  str x29, [\to, #80]
  stp d8, d9, [\to, #88]
  stp d10, d11, [\to, #104]
  stp d12, d13, [\to, #120]
  stp d14, d15, [\to, #136]
  .endm

  // Its frame: record, fiber at 16, EmittedCall at 24, the caller's registers from 32.
  .globl wjit_test_emitted_body
wjit_test_emitted_body:
  stp x29, x30, [sp, #-192]!
  stp x0, x1, [sp, #16]
  add x9, sp, #32
  keep_store x9
1:
  ldr x10, [sp, #24]
  ldr x11, [x10, #40]
  add x11, x11, #1
  str x11, [x10, #40]
  add x9, x10, #64
  keep_load x9
  ldr x0, [sp, #16]
  ldr x9, [x10]
  blr x9
  ldr x0, [sp, #16]
  ldrb w9, [x0, #12]
  cbnz w9, 3f
  ldr x10, [sp, #24]
  ldp x1, x2, [x10, #16]
  cbz x1, 2f
  ldr x9, [x10, #8]
  blr x9
2:
  ldr x10, [sp, #24]
  add x9, x10, #216
  keep_store x9
  ldr x11, [x10, #32]
  sub x11, x11, #1
  str x11, [x10, #32]
  cbnz x11, 1b
  b 4f
3:
  ldr x10, [sp, #24]
  mov x11, #1
  str x11, [x10, #48]
4:
  add x9, sp, #32
  keep_load x9
  ldp x29, x30, [sp], #192
  ret

  .globl wjit_test_call_keeping
wjit_test_call_keeping:
  stp x29, x30, [sp, #-192]!
  str x1, [sp, #16]
  add x9, sp, #32
  keep_store x9
  keep_load x0
  mov x0, x3
  blr x2
  ldr x1, [sp, #16]
  keep_store x1
  add x9, sp, #32
  keep_load x9
  ldp x29, x30, [sp], #192
  ret
  .popsection
)");
#endif
