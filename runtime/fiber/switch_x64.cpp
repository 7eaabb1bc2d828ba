// The switch on x86-64 (System V). Argument rdi: the Fiber, whose first words are fiber.h's: sp at 0, why at
// 8, call at 16 and 24. The unwind rules hold at every instruction: after the exchange the stack is another
// one, but what lies on it has the same shape (SwitchFrame).
#if defined(__x86_64__)
asm(R"(
  .pushsection .text
  .balign 16
  .globl wjit_fiber_call_on_resumer
  .hidden wjit_fiber_call_on_resumer
  .type wjit_fiber_call_on_resumer, @function
wjit_fiber_call_on_resumer:
  .cfi_startproc
  movl $2, 8(%rdi)
  movq %rsi, 16(%rdi)
  movq %rdx, 24(%rdi)
  jmp wjit_fiber_switch
  .cfi_endproc
  .size wjit_fiber_call_on_resumer, .-wjit_fiber_call_on_resumer

  .balign 16
  .globl wjit_fiber_suspend
  .hidden wjit_fiber_suspend
  .type wjit_fiber_suspend, @function
  .globl wjit_fiber_switch
  .hidden wjit_fiber_switch
  .type wjit_fiber_switch, @function
wjit_fiber_suspend:
wjit_fiber_switch:
  .cfi_startproc
  pushq %rbp
  .cfi_def_cfa_offset 16
  .cfi_offset %rbp, -16
  pushq %rbx
  .cfi_def_cfa_offset 24
  .cfi_offset %rbx, -24
  pushq %r12
  .cfi_def_cfa_offset 32
  .cfi_offset %r12, -32
  pushq %r13
  .cfi_def_cfa_offset 40
  .cfi_offset %r13, -40
  pushq %r14
  .cfi_def_cfa_offset 48
  .cfi_offset %r14, -48
  pushq %r15
  .cfi_def_cfa_offset 56
  .cfi_offset %r15, -56
  subq $8, %rsp
  .cfi_def_cfa_offset 64
  stmxcsr (%rsp)
  fnstcw 4(%rsp)

  movq (%rdi), %rax
  movq %rsp, (%rdi)
  movq %rax, %rsp

  ldmxcsr (%rsp)
  fldcw 4(%rsp)
  addq $8, %rsp
  .cfi_def_cfa_offset 56
  popq %r15
  .cfi_def_cfa_offset 48
  .cfi_restore %r15
  popq %r14
  .cfi_def_cfa_offset 40
  .cfi_restore %r14
  popq %r13
  .cfi_def_cfa_offset 32
  .cfi_restore %r13
  popq %r12
  .cfi_def_cfa_offset 24
  .cfi_restore %r12
  popq %rbx
  .cfi_def_cfa_offset 16
  .cfi_restore %rbx
  popq %rbp
  .cfi_def_cfa_offset 8
  .cfi_restore %rbp
  ret
  .cfi_endproc
  .size wjit_fiber_suspend, .-wjit_fiber_suspend
  .size wjit_fiber_switch, .-wjit_fiber_switch

  # Entered by the first switch's ret: r12 fiber, r13 argument, r14 body, rbp 0. An unwinder looks up the address
  # before the one it returns to, so the first instruction is there for the switch's return address.
  .balign 16
  .globl wjit_fiber_root
  .hidden wjit_fiber_root
  .type wjit_fiber_root, @function
wjit_fiber_root:
  .cfi_startproc
  .cfi_undefined %rip
  nop
  .globl wjit_fiber_start
  .hidden wjit_fiber_start
wjit_fiber_start:
  movq %r12, %rdi
  movq %r13, %rsi
  call *%r14
  movl $1, 8(%r12)
  movq %r12, %rdi
  call wjit_fiber_switch
  ud2
  .cfi_endproc
  .size wjit_fiber_root, .-wjit_fiber_root
  .popsection
)");
#endif
