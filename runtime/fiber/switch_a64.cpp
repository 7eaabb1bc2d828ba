// The switch on AArch64 (AAPCS64). Argument x0: the Fiber, whose first words are fiber.h's: sp at 0, why at
// 8, call at 16 and 24. The unwind rules hold at every instruction: after the exchange the stack is another
// one, but what lies on it has the same shape (SwitchFrame).
#if defined(__aarch64__)
asm(R"(
  .pushsection .text
  .balign 16
  .globl wjit_fiber_call_on_resumer
  .hidden wjit_fiber_call_on_resumer
  .type wjit_fiber_call_on_resumer, %function
wjit_fiber_call_on_resumer:
  .cfi_startproc
  mov w9, #2
  str w9, [x0, #8]
  stp x1, x2, [x0, #16]
  b wjit_fiber_switch
  .cfi_endproc
  .size wjit_fiber_call_on_resumer, .-wjit_fiber_call_on_resumer

  .balign 16
  .globl wjit_fiber_suspend
  .hidden wjit_fiber_suspend
  .type wjit_fiber_suspend, %function
  .globl wjit_fiber_switch
  .hidden wjit_fiber_switch
  .type wjit_fiber_switch, %function
wjit_fiber_suspend:
wjit_fiber_switch:
  .cfi_startproc
  stp x29, x30, [sp, #-176]!
  .cfi_def_cfa_offset 176
  .cfi_offset x29, -176
  .cfi_offset x30, -168
  stp x19, x20, [sp, #16]
  .cfi_offset x19, -160
  .cfi_offset x20, -152
  stp x21, x22, [sp, #32]
  .cfi_offset x21, -144
  .cfi_offset x22, -136
  stp x23, x24, [sp, #48]
  .cfi_offset x23, -128
  .cfi_offset x24, -120
  stp x25, x26, [sp, #64]
  .cfi_offset x25, -112
  .cfi_offset x26, -104
  stp x27, x28, [sp, #80]
  .cfi_offset x27, -96
  .cfi_offset x28, -88
  stp d8, d9, [sp, #96]
  .cfi_offset d8, -80
  .cfi_offset d9, -72
  stp d10, d11, [sp, #112]
  .cfi_offset d10, -64
  .cfi_offset d11, -56
  stp d12, d13, [sp, #128]
  .cfi_offset d12, -48
  .cfi_offset d13, -40
  stp d14, d15, [sp, #144]
  .cfi_offset d14, -32
  .cfi_offset d15, -24
  mrs x9, fpcr
  str x9, [sp, #160]

  ldr x10, [x0]
  mov x11, sp
  str x11, [x0]
  mov sp, x10

  ldr x10, [sp, #160]
  cmp x9, x10
  b.eq 1f
  msr fpcr, x10
1:
  ldp d14, d15, [sp, #144]
  .cfi_restore d14
  .cfi_restore d15
  ldp d12, d13, [sp, #128]
  .cfi_restore d12
  .cfi_restore d13
  ldp d10, d11, [sp, #112]
  .cfi_restore d10
  .cfi_restore d11
  ldp d8, d9, [sp, #96]
  .cfi_restore d8
  .cfi_restore d9
  ldp x27, x28, [sp, #80]
  .cfi_restore x27
  .cfi_restore x28
  ldp x25, x26, [sp, #64]
  .cfi_restore x25
  .cfi_restore x26
  ldp x23, x24, [sp, #48]
  .cfi_restore x23
  .cfi_restore x24
  ldp x21, x22, [sp, #32]
  .cfi_restore x21
  .cfi_restore x22
  ldp x19, x20, [sp, #16]
  .cfi_restore x19
  .cfi_restore x20
  ldp x29, x30, [sp], #176
  .cfi_restore x29
  .cfi_restore x30
  .cfi_def_cfa_offset 0
  ret
  .cfi_endproc
  .size wjit_fiber_suspend, .-wjit_fiber_suspend
  .size wjit_fiber_switch, .-wjit_fiber_switch

  // Entered by the first switch's ret: x19 fiber, x20 argument, x21 body, x29 0. An unwinder looks up the address
  // before the one it returns to, so the first instruction is there for the switch's return address.
  .balign 16
  .globl wjit_fiber_root
  .hidden wjit_fiber_root
  .type wjit_fiber_root, %function
wjit_fiber_root:
  .cfi_startproc
  .cfi_undefined x30
  nop
  .globl wjit_fiber_start
  .hidden wjit_fiber_start
wjit_fiber_start:
  mov x0, x19
  mov x1, x20
  blr x21
  mov w9, #1
  str w9, [x19, #8]
  mov x0, x19
  bl wjit_fiber_switch
  brk #1
  .cfi_endproc
  .size wjit_fiber_root, .-wjit_fiber_root
  .popsection
)");
#endif
