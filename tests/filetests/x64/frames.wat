;; Where a test comes first that needs no frame, the frame begins behind it.
;; test asm
(module
  (func $work (import "m" "work") (param i32) (result i32))
  (memory 1)
  (func $early (param i32) (result i32)
    (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 7)) (else (i32.add (call $work (local.get 0)) (local.get 0)))))
  (func $twice (param i32 i32) (result i32)
    (if (i32.eqz (local.get 0)) (then (return (i32.const 1))))
    (if (i32.eqz (local.get 1)) (then (return (i32.const 2))))
    (i32.load (local.get 0)))
  ;; The test itself needs one.
  (func $by_memory (param i32) (result i32)
    (if (result i32) (i32.load (local.get 0)) (then (i32.const 7)) (else (i32.add (call $work (local.get 0)) (local.get 0)))))
  ;; What lives across the calls in the stack is put there behind the test.
  (func $tree (param i32)
    (if (local.get 0) (then
      (call $tree (i32.load (local.get 0)))
      (call $tree (i32.load offset=4 (local.get 0)))
      (i32.store (local.get 0) (i32.const 0)))))
  (func $copy (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2))))
;; ---- asm
;; function 1: 66 bytes, frame of 16
;; @41
;;       0  mov rsi, rdi
;;       3  test edx, edx
;;       5  jnz 0x11
;; @4e
;;       b  mov eax, 0x7
;;      10  ret
;; 11:
;;      11  push rbp
;;      12  mov rbp, rsp
;;      15  push rdi
;;      16  mov r11, [rdi+0x8]
;;      1a  cmp rsp, [r11]
;;      1d  jb 0x3d
;;      23  sub rsp, 0x8
;; @48
;;      27  mov rax, [rsi+0x60]                      ; imported_functions[0].wasm_call, function 0
;;      2b  mov rdi, [rsi+0x78]                      ; imported_functions[0].vmctx, function 0
;;      2f  mov [rbp-0x10], rdx
;;      33  call rax
;; @4c
;;      35  add eax, [rbp-0x10]
;; @4e
;;      38  mov rsp, rbp
;;      3b  pop rbp
;;      3c  ret
;; 3d:
;; @3d
;;      3d  call <raise stack-overflow>
;;
;; function 2: 47 bytes, frame of 8
;;       0  mov eax, edx
;; @54
;;       2  test eax, eax
;;       4  jnz 0x10
;; @58
;;       a  mov eax, 0x1
;;       f  ret
;; 10:
;; @5d
;;      10  test ecx, ecx
;;      12  jnz 0x1e
;; @61
;;      18  mov eax, 0x2
;;      1d  ret
;; 1e:
;;      1e  push rbp
;;      1f  mov rbp, rsp
;;      22  push rdi
;; @65
;;      23  mov rcx, [rdi+0x48]                      ; owned_memories[0].base
;;      27  mov eax, [rcx+rax*1]                     ; traps: memory-out-of-bounds
;; @68
;;      2a  mov rsp, rbp
;;      2d  pop rbp
;;      2e  ret
;;
;; function 3: 79 bytes, frame of 16
;;       0  push rbp
;;       1  mov rbp, rsp
;;       4  push rdi
;;       5  mov r11, [rdi+0x8]                       ; runtime_limits
;;       9  cmp rsp, [r11]                           ; VMRuntimeLimits.stack_limit
;;       c  jb 0x4a
;;      12  sub rsp, 0x8
;;      16  mov rsi, rdi
;;      19  mov edx, edx
;; @6d
;;      1b  mov rax, [rsi+0x48]                      ; owned_memories[0].base
;;      1f  mov eax, [rax+rdx*1]                     ; traps: memory-out-of-bounds
;; @70
;;      22  test eax, eax
;;      24  jz 0x34
;; @7d
;;      2a  mov eax, 0x7
;;      2f  mov rsp, rbp
;;      32  pop rbp
;;      33  ret
;; 34:
;; @77
;;      34  mov rax, [rsi+0x60]                      ; imported_functions[0].wasm_call, function 0
;;      38  mov rdi, [rsi+0x78]                      ; imported_functions[0].vmctx, function 0
;;      3c  mov [rbp-0x10], rdx
;;      40  call rax
;; @7b
;;      42  add eax, [rbp-0x10]
;; @7d
;;      45  mov rsp, rbp
;;      48  pop rbp
;;      49  ret
;; 4a:
;; @6a
;;      4a  call <raise stack-overflow>
;;
;; function 4: 199 bytes, frame of 32
;;       0  mov eax, edx
;; @82
;;       2  test eax, eax
;;       4  jnz 0xb
;; @9a
;;       a  ret
;; b:
;;       b  push rbp
;;       c  mov rbp, rsp
;;       f  push rdi
;;      10  mov r11, [rdi+0x8]
;;      14  cmp rsp, [r11]
;;      17  jb 0xc2
;;      1d  sub rsp, 0x18
;;      21  mov [rbp-0x10], rax
;; @86
;;      25  mov rcx, [rdi+0x48]                      ; owned_memories[0].base
;;      29  mov [rbp-0x18], rcx
;;      2d  mov edx, [rcx+rax*1]                     ; traps: memory-out-of-bounds
;; @82
;;      30  test edx, edx
;;      32  jz 0x73
;; @86
;;      38  mov esi, [rcx+rdx*1]                     ; traps: memory-out-of-bounds
;; @89
;;      3b  mov [rbp-0x20], rdx
;;      3f  mov rdx, rsi
;;      42  call function 4
;; @8d
;;      47  mov rax, [rbp-0x18]
;;      4b  mov rcx, [rbp-0x20]
;;      4f  mov edx, [rax+rcx*1+0x4]                 ; traps: memory-out-of-bounds
;; @90
;;      53  mov rdi, [rbp-0x8]                       ; vmctx
;;      57  call function 4
;; @96
;;      5c  mov rcx, [rbp-0x18]
;;      60  mov rax, [rbp-0x20]
;;      64  mov dword ptr [rcx+rax*1], 0x0           ; traps: memory-out-of-bounds
;; @99
;;      6b  mov rdi, [rbp-0x8]                       ; vmctx
;;      6f  mov rax, [rbp-0x10]
;; 73:
;; @8d
;;      73  mov edx, [rcx+rax*1+0x4]                 ; traps: memory-out-of-bounds
;; @82
;;      77  test edx, edx
;;      79  jz 0xb6
;; @86
;;      7f  mov esi, [rcx+rdx*1]                     ; traps: memory-out-of-bounds
;; @89
;;      82  mov [rbp-0x20], rdx
;;      86  mov rdx, rsi
;;      89  call function 4
;; @8d
;;      8e  mov rax, [rbp-0x18]
;;      92  mov rcx, [rbp-0x20]
;;      96  mov edx, [rax+rcx*1+0x4]                 ; traps: memory-out-of-bounds
;; @90
;;      9a  mov rdi, [rbp-0x8]                       ; vmctx
;;      9e  call function 4
;; @96
;;      a3  mov rcx, [rbp-0x18]
;;      a7  mov rax, [rbp-0x20]
;;      ab  mov dword ptr [rcx+rax*1], 0x0           ; traps: memory-out-of-bounds
;; @99
;;      b2  mov rax, [rbp-0x10]
;; b6:
;; @96
;;      b6  mov dword ptr [rcx+rax*1], 0x0           ; traps: memory-out-of-bounds
;; @9a
;;      bd  mov rsp, rbp
;;      c0  pop rbp
;;      c1  ret
;; c2:
;; @7f
;;      c2  call <raise stack-overflow>
;;
;; function 5: 185 bytes, frame of 16
;;       0  push rbp
;;       1  mov rbp, rsp
;;       4  push rdi
;;       5  sub rsp, 0x8
;;       9  mov eax, edx
;;       b  mov ecx, ecx
;;       d  mov r8d, r8d
;; @a3
;;      10  mov rdx, [rdi+0x50]                      ; owned_memories[0].current_length
;;      14  mov rsi, rax
;;      17  add rsi, r8
;;      1a  cmp rsi, rdx
;;      1d  jnbe 0xaf
;;      23  mov rsi, rcx
;;      26  add rsi, r8
;;      29  cmp rsi, rdx
;;      2c  jnbe 0xaf
;;      32  mov rdx, [rdi+0x48]                      ; owned_memories[0].base
;;      36  mov rsi, rdx
;;      39  add rsi, rax
;;      3c  add rdx, rcx
;;      3f  cmp r8, 0x200
;;      46  jnbe 0x5c
;;      4c  mov rcx, rdx
;;      4f  mov rdx, rsi
;;      52  call <copy>
;; @a7
;;      57  mov rsp, rbp
;;      5a  pop rbp
;;      5b  ret
;; 5c:
;; @a3
;;      5c  xor esi, esi
;;      5e  xor edx, edx
;;      60  mov r9, r8
;;      63  mov r8, rcx
;;      66  mov rcx, rax
;;      69  mov r11, [rdi+0x8]                       ; runtime_limits
;;      6d  lea rax, [0x84]
;;      74  mov [r11+0x18], rbp                      ; VMRuntimeLimits.last_wasm_exit_fp
;;      78  mov [r11+0x20], rax                      ; VMRuntimeLimits.last_wasm_exit_pc
;;      7c  mov r11, [rdi+0x10]                      ; builtin_functions
;;      80  call [r11+0x20]                          ; VMBuiltinFunctionsArray.memory_copy
;;      84  mov r11, [rbp-0x8]                       ; vmctx
;;      88  mov r11, [r11+0x8]                       ; runtime_limits
;;      8c  mov qword ptr [r11+0x18], 0x0            ; VMRuntimeLimits.last_wasm_exit_fp
;;      94  mov qword ptr [r11+0x20], 0x0            ; VMRuntimeLimits.last_wasm_exit_pc
;;      9c  movzx eax, al
;;      9f  and eax, 0xff
;;      a4  jz 0xb4
;; @a7
;;      aa  mov rsp, rbp
;;      ad  pop rbp
;;      ae  ret
;; af:
;; @a3
;;      af  call <raise memory-out-of-bounds>
;; b4:
;;      b4  jmp <land>
