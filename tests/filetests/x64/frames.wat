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
;; function 1: 72 bytes, frame of 16
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
;;      1d  jb 0x43
;;      23  sub rsp, 0x8
;; @48
;;      27  mov rax, [rsi+0x60]                      ; imported_functions[0].wasm_call, function 0
;;      2b  mov rdi, [rsi+0x78]                      ; imported_functions[0].vmctx, function 0
;;      2f  mov [rbp-0x10], rdx
;;      33  call rax
;; @4c
;;      35  mov rcx, [rbp-0x10]
;;      39  add ecx, eax
;; @4e
;;      3b  mov rax, rcx
;;      3e  mov rsp, rbp
;;      41  pop rbp
;;      42  ret
;; 43:
;; @3d
;;      43  call <raise stack-overflow>
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
;; function 3: 85 bytes, frame of 16
;;       0  push rbp
;;       1  mov rbp, rsp
;;       4  push rdi
;;       5  mov r11, [rdi+0x8]                       ; runtime_limits
;;       9  cmp rsp, [r11]                           ; VMRuntimeLimits.stack_limit
;;       c  jb 0x50
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
;;      42  mov rcx, [rbp-0x10]
;;      46  add ecx, eax
;; @7d
;;      48  mov rax, rcx
;;      4b  mov rsp, rbp
;;      4e  pop rbp
;;      4f  ret
;; 50:
;; @6a
;;      50  call <raise stack-overflow>
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
;; function 5: 182 bytes, frame of 16
;;       0  push rbp
;;       1  mov rbp, rsp
;;       4  push rdi
;;       5  sub rsp, 0x8
;;       9  mov edx, edx
;;       b  mov eax, ecx
;;       d  mov r8d, r8d
;; @a3
;;      10  mov rcx, [rdi+0x50]                      ; owned_memories[0].current_length
;;      14  lea rsi, [rdx+r8*1]
;;      18  cmp rsi, rcx
;;      1b  jnbe 0xac
;;      21  lea rsi, [rax+r8*1]
;;      25  cmp rsi, rcx
;;      28  jnbe 0xac
;;      2e  mov rcx, [rdi+0x48]                      ; owned_memories[0].base
;;      32  lea rsi, [rdx+rcx*1]
;;      36  add rcx, rax
;;      39  cmp r8, 0x200
;;      40  jnbe 0x53
;;      46  mov rdx, rsi
;;      49  call <copy>
;; @a7
;;      4e  mov rsp, rbp
;;      51  pop rbp
;;      52  ret
;; 53:
;; @a3
;;      53  xor esi, esi
;;      55  xor ecx, ecx
;;      57  mov r9, r8
;;      5a  mov r8, rax
;;      5d  mov r11, rcx
;;      60  mov rcx, rdx
;;      63  mov rdx, r11
;;      66  mov r11, [rdi+0x8]                       ; runtime_limits
;;      6a  lea rax, [0x81]
;;      71  mov [r11+0x18], rbp                      ; VMRuntimeLimits.last_wasm_exit_fp
;;      75  mov [r11+0x20], rax                      ; VMRuntimeLimits.last_wasm_exit_pc
;;      79  mov r11, [rdi+0x10]                      ; builtin_functions
;;      7d  call [r11+0x20]                          ; VMBuiltinFunctionsArray.memory_copy
;;      81  mov r11, [rbp-0x8]                       ; vmctx
;;      85  mov r11, [r11+0x8]                       ; runtime_limits
;;      89  mov qword ptr [r11+0x18], 0x0            ; VMRuntimeLimits.last_wasm_exit_fp
;;      91  mov qword ptr [r11+0x20], 0x0            ; VMRuntimeLimits.last_wasm_exit_pc
;;      99  movzx eax, al
;;      9c  test eax, 0xff
;;      a1  jz 0xb1
;; @a7
;;      a7  mov rsp, rbp
;;      aa  pop rbp
;;      ab  ret
;; ac:
;; @a3
;;      ac  call <raise memory-out-of-bounds>
;; b1:
;;      b1  jmp <land>
