;; What traps jumps to cold code that says which and where, or is an access that the trap table knows.
;; test vcode -O0
;; test asm -O0
(module (memory 1) (table 2 funcref)
  (func $divide (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func $remainder (param i64 i64) (result i64) (i64.rem_s (local.get 0) (local.get 1)))
  (func $divide_unsigned (param i32 i32) (result i32) (i32.div_u (local.get 0) (local.get 1)))
  (func $truncate (param f64) (result i32) (i32.trunc_f64_s (local.get 0)))
  (func $unreachable (unreachable))
  (func $access (param i32) (result i32) (i32.load (local.get 0)))
  (func $table (param i32) (result funcref) (table.get (local.get 0))))
;; ---- vcode -O0
;; function 0
;; b0:
;;        0  args v1:rdx, v2:rcx
;;        1  div.div_s.4 v3:rdx early, v0:rax ← v1:rax, v2 late  ; @47
;;        2  ret ← v0:rax  ; @48
;;
;; function 1
;; b0:
;;        0  args v1:rdx, v2:rcx
;;        1  div.rem_s.8 v0:rdx early, v3:rax ← v1:rax, v2 late  ; @4f
;;        2  ret ← v0:rax  ; @50
;;
;; function 2
;; b0:
;;        0  args v1:rdx, v2:rcx
;;        1  div.div_u.4 v3:rdx early, v0:rax ← v1:rax, v2 late  ; @57
;;        2  ret ← v0:rax  ; @58
;;
;; function 3
;; b0:
;;        0  args v1:xmm0
;;        1  floattoint.8 v0 early, v2 early, v3 early ← v1 late  ; @5d
;;        2  ret ← v0:rax  ; @5e
;;
;; function 4
;; b0:
;;        0  args
;;        1  trap unreachable  ; @61
;;
;; function 5
;; ; v3 is at [rbp-8]
;; b0:
;;        0  args v3:rdi, v4:rdx
;;        1  extend.zero32 v2 ← v4?
;;        2  load.plain.8 v1 [v3+72]  ; @67
;;        3  load.plain.4 v0 [v1+v2] !trap  ; @67
;;        4  ret ← v0:rax  ; @6a
;;
;; function 6
;; ; v2 is at [rbp-8]
;; b0:
;;        0  args v2:rdi, v8:rdx
;;        1  extend.zero32 v4 ← v8?
;;        2  cmpmem.8 ← v4 [v2+96]  ; @6f
;;        3  trapcc.ae table-out-of-bounds  ; @6f
;;        4  load.plain.8 v7 [v2+88]  ; @6f
;;        5  load.plain.8 v5 [v7+v4*8]  ; @6f
;;        6  aluimm.and.8 v6=v5 ← v5 0xfffffffffffffffe  ; @6f
;;        7  test.8 ← v5, v5  ; @6f
;;        8  jcc.e → b3, b1  ; @6f
;; b1:
;;        9  jmp → b2 (v6)  ; @6f
;; b2 (v0):
;;       10  ret ← v0:rax  ; @71
;; b3 cold:
;;       11  imm.4 v3 0  ; @6f
;;       12  libcall v1:rax ← v2:rdi, v3:rsi, v4:rdx table_get_lazy  ; @6f
;;       13  jmp → b2 (v1)  ; @6f
;; ---- asm -O0
;; function 0: 48 bytes, frame of 8
;;       0  push rbp
;;       1  mov rbp, rsp
;;       4  push rdi
;; @47
;;       5  mov rax, rdx
;;       8  test ecx, ecx
;;       a  jz 0x26
;;      10  cmp ecx, 0xffffffff
;;      13  jnz 0x1e
;;      15  cmp eax, 0x1
;;      18  jo 0x2b
;; 1e:
;;      1e  cdq
;;      1f  idiv ecx
;; @48
;;      21  mov rsp, rbp
;;      24  pop rbp
;;      25  ret
;; 26:
;; @47
;;      26  call <raise integer-divide-by-zero>
;; 2b:
;;      2b  call <raise integer-overflow>
;;
;; function 1: 45 bytes, frame of 8
;;       0  push rbp
;;       1  mov rbp, rsp
;;       4  push rdi
;; @4f
;;       5  mov rax, rdx
;;       8  test rcx, rcx
;;       b  jz 0x28
;;      11  cmp rcx, 0xffffffffffffffff
;;      15  jnz 0x1b
;;      17  xor edx, edx
;;      19  jmp 0x20
;; 1b:
;;      1b  cqo
;;      1d  idiv rcx
;; 20:
;; @50
;;      20  mov rax, rdx
;;      23  mov rsp, rbp
;;      26  pop rbp
;;      27  ret
;; 28:
;; @4f
;;      28  call <raise integer-divide-by-zero>
;;
;; function 2: 30 bytes, frame of 8
;;       0  push rbp
;;       1  mov rbp, rsp
;;       4  push rdi
;; @57
;;       5  mov rax, rdx
;;       8  test ecx, ecx
;;       a  jz 0x19
;;      10  xor edx, edx
;;      12  div ecx
;; @58
;;      14  mov rsp, rbp
;;      17  pop rbp
;;      18  ret
;; 19:
;; @57
;;      19  call <raise integer-divide-by-zero>
;;
;; function 3: 80 bytes, frame of 8
;;       0  push rbp
;;       1  mov rbp, rsp
;;       4  push rdi
;; @5d
;;       5  cvttsd2si eax, xmm0
;;       9  cmp eax, 0x1
;;       c  jno 0x37
;;      12  ucomisd xmm0, xmm0
;;      16  jp 0x41
;;      1c  ucomisd xmm0, [0x48]
;;      24  jbe 0x3c
;;      2a  xorps xmm1, xmm1
;;      2d  ucomisd xmm0, xmm1
;;      31  jnbe 0x3c
;; 37:
;; @5e
;;      37  mov rsp, rbp
;;      3a  pop rbp
;;      3b  ret
;; 3c:
;; @5d
;;      3c  call <raise integer-overflow>
;; 41:
;;      41  call <raise invalid-conversion>
;;      46  nop
;;      48  data 00 00 20 00 00 00 e0 c1
;;
;; function 4: 11 bytes, frame of 8
;;       0  push rbp
;;       1  mov rbp, rsp
;;       4  push rdi
;; @61
;;       5  call <raise unreachable>
;;       a  int3
;;
;; function 5: 19 bytes, frame of 8
;;       0  push rbp
;;       1  mov rbp, rsp
;;       4  push rdi
;;       5  mov eax, edx
;; @67
;;       7  mov rcx, [rdi+0x48]                      ; owned_memories[0].base
;;       b  mov eax, [rcx+rax*1]                     ; traps: memory-out-of-bounds
;; @6a
;;       e  mov rsp, rbp
;;      11  pop rbp
;;      12  ret
;;
;; function 6: 113 bytes, frame of 16
;;       0  push rbp
;;       1  mov rbp, rsp
;;       4  push rdi
;;       5  sub rsp, 0x8
;;       9  mov edx, edx
;; @6f
;;       b  cmp rdx, [rdi+0x60]                      ; defined_tables[0].current_elements
;;       f  jnb 0x6c
;;      15  mov rax, [rdi+0x58]                      ; defined_tables[0].base
;;      19  mov rax, [rax+rdx*8]
;;      1d  mov rcx, rax
;;      20  and rcx, 0xfffffffffffffffe
;;      24  test rax, rax
;;      27  jz 0x35
;;      2d  mov rax, rcx
;; 30:
;; @71
;;      30  mov rsp, rbp
;;      33  pop rbp
;;      34  ret
;; 35:
;; @6f
;;      35  xor esi, esi
;;      37  mov r11, [rdi+0x8]                       ; runtime_limits
;;      3b  lea rax, [0x52]
;;      42  mov [r11+0x18], rbp                      ; VMRuntimeLimits.last_wasm_exit_fp
;;      46  mov [r11+0x20], rax                      ; VMRuntimeLimits.last_wasm_exit_pc
;;      4a  mov r11, [rdi+0x10]                      ; builtin_functions
;;      4e  call [r11+0x40]                          ; VMBuiltinFunctionsArray.table_get_lazy
;;      52  mov r11, [rbp-0x8]                       ; vmctx
;;      56  mov r11, [r11+0x8]                       ; runtime_limits
;;      5a  mov qword ptr [r11+0x18], 0x0            ; VMRuntimeLimits.last_wasm_exit_fp
;;      62  mov qword ptr [r11+0x20], 0x0            ; VMRuntimeLimits.last_wasm_exit_pc
;;      6a  jmp 0x30
;; 6c:
;;      6c  call <raise table-out-of-bounds>
