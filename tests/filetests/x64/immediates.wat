;; Constants of 32 bits are in the instruction, wider ones in a register, those of floats in the pool.
;; test vcode -O0
;; test asm -O0
(module
  (func $small (param i64) (result i64) (i64.and (local.get 0) (i64.const -2)))
  (func $edge (param i64) (result i64) (i64.xor (local.get 0) (i64.const 0x7fffffff)))
  (func $wide (param i64) (result i64) (i64.xor (local.get 0) (i64.const 0x80000000)))
  (func $zero (result i32) (i32.const 0))
  (func $minus_one (result i64) (i64.const -1))
  (func $wide_value (result i64) (i64.const 0x123456789abcdef0))
  (func $shift (param i32) (result i32) (i32.shr_u (local.get 0) (i32.const 35)))
  (func $multiply (param i32) (result i32) (i32.mul (local.get 0) (i32.const 100)))
  (func $f64 (param f64) (result f64) (f64.add (local.get 0) (f64.const 1.5)))
  (func $f32_zero (result f32) (f32.const 0))
  (func $f32_minus_zero (result f32) (f32.const -0)))
;; ---- vcode -O0
;; function 0
;; b0:
;;        0  args v1:rdx
;;        1  aluimm.and.8 v0=v1 ← v1 0xfffffffffffffffe  ; @3d
;;        2  ret ← v0:rax  ; @3e
;;
;; function 1
;; b0:
;;        0  args v1:rdx
;;        1  aluimm.xor.8 v0=v1 ← v1 0x7fffffff  ; @49
;;        2  ret ← v0:rax  ; @4a
;;
;; function 2
;; b0:
;;        0  args v1:rdx
;;        1  imm.8 v2 0x80000000  ; @55
;;        2  alu.xor.8 v0=v1 ← v1, v2?  ; @55
;;        3  ret ← v0:rax  ; @56
;;
;; function 3
;; b0:
;;        0  args
;;        1  imm.4 v0 0  ; @5b
;;        2  ret ← v0:rax  ; @5b
;;
;; function 4
;; b0:
;;        0  args
;;        1  imm.8 v0 0xffffffffffffffff  ; @60
;;        2  ret ← v0:rax  ; @60
;;
;; function 5
;; b0:
;;        0  args
;;        1  imm.8 v0 0x123456789abcdef0  ; @6d
;;        2  ret ← v0:rax  ; @6d
;;
;; function 6
;; b0:
;;        0  args v1:rdx
;;        1  shiftimm.shr.4 v0=v1 ← v1 3  ; @74
;;        2  ret ← v0:rax  ; @75
;;
;; function 7
;; b0:
;;        0  args v1:rdx
;;        1  mulimm.4 v0 ← v1? 0x64  ; @7d
;;        2  ret ← v0:rax  ; @7e
;;
;; function 8
;; b0:
;;        0  args v1:xmm0
;;        1  fpconst.add.8 v0=v1 ← v1 0x3ff8000000000000  ; @8c
;;        2  ret ← v0:xmm0  ; @8d
;;
;; function 9
;; b0:
;;        0  args
;;        1  fimm.4 v0 0  ; @95
;;        2  ret ← v0:xmm0  ; @95
;;
;; function 10
;; b0:
;;        0  args
;;        1  fimm.4 v0 0x80000000  ; @9d
;;        2  ret ← v0:xmm0  ; @9d
;; ---- asm -O0
;; function 0: 8 bytes, frame of 0
;; @3d
;;       0  mov rax, rdx
;;       3  and rax, 0xfffffffffffffffe
;; @3e
;;       7  ret
;;
;; function 1: 10 bytes, frame of 0
;; @49
;;       0  mov rax, rdx
;;       3  xor rax, 0x7fffffff
;; @4a
;;       9  ret
;;
;; function 2: 12 bytes, frame of 0
;; @55
;;       0  mov eax, 0x80000000
;;       5  xor rdx, rax
;; @56
;;       8  mov rax, rdx
;;       b  ret
;;
;; function 3: 3 bytes, frame of 0
;; @5b
;;       0  xor eax, eax
;;       2  ret
;;
;; function 4: 8 bytes, frame of 0
;; @60
;;       0  mov rax, 0xffffffffffffffff
;;       7  ret
;;
;; function 5: 11 bytes, frame of 0
;; @6d
;;       0  mov rax, 0x123456789abcdef0
;;       a  ret
;;
;; function 6: 7 bytes, frame of 0
;; @74
;;       0  mov rax, rdx
;;       3  shr eax, 0x3
;; @75
;;       6  ret
;;
;; function 7: 4 bytes, frame of 0
;; @7d
;;       0  imul eax, edx, 0x64
;; @7e
;;       3  ret
;;
;; function 8: 24 bytes, frame of 0
;; @8c
;;       0  addsd xmm0, [0x10]
;; @8d
;;       8  ret
;;       9  nop [rax], eax
;;      10  data 00 00 00 00 00 00 f8 3f
;;
;; function 9: 4 bytes, frame of 0
;; @95
;;       0  xorps xmm0, xmm0
;;       3  ret
;;
;; function 10: 16 bytes, frame of 0
;; @9d
;;       0  movss xmm0, dword ptr [0xc]
;;       8  ret
;;       9  nop [rax], eax
;;       c  data 00 00 00 80
