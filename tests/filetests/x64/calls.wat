;; Calls in this module, of imports, through tables and references; tail calls; arguments and results beyond the registers.
;; test vcode -O0
(module
  (type $unary (func (param i32) (result i32)))
  (import "m" "f" (func $imported (type $unary)))
  (table 4 funcref)
  (elem declare func $direct)
  (func $direct (type $unary) (call $direct (i32.const 1)))
  (func $of_import (type $unary) (call $imported (local.get 0)))
  (func $indirect (type $unary) (call_indirect (type $unary) (i32.const 7) (local.get 0)))
  (func $by_reference (param (ref null $unary)) (result i32) (call_ref $unary (i32.const 7) (local.get 0)))
  (func $tail (type $unary) (return_call $direct (i32.add (local.get 0) (i32.const 1))))
  (func $tail_of_import (type $unary) (return_call $imported (local.get 0)))
  (func $many (param i64 i64 i64 i64 i64 i64 i64 i64 f64) (result i64 i64 i64 i64 f64)
    (call $many (local.get 7) (local.get 6) (local.get 5) (local.get 4) (local.get 3) (local.get 2) (local.get 1)
      (local.get 0) (local.get 8))))
;; ---- vcode -O0
;; function 1
;; ; v1 is at [rbp-8]
;; b0:
;;        0  args v1:rdi
;;        1  imm.4 v2 1  ; @4e
;;        2  callfunc v0:rax ← v1:rdi, v2:rdx defined 0  ; @4e
;;        3  ret ← v0:rax  ; @50
;;
;; function 2
;; ; v3 is at [rbp-8]
;; b0:
;;        0  args v3:rdi, v4:rdx
;;        1  load.plain.8 v1 [v3+80]  ; @55
;;        2  load.plain.8 v2 [v3+104]  ; @55
;;        3  callreg v0:rax ← v1, v2:rdi, v3:rsi, v4:rdx  ; @55
;;        4  ret ← v0:rax  ; @57
;;
;; function 3
;; ; v3 is at [rbp-8]
;; b0:
;;        0  args v3:rdi, v14:rdx
;;        1  extend.zero32 v10 ← v14?
;;        2  cmpmem.8 ← v10 [v3+72]  ; @5e
;;        3  trapcc.ae undefined-element  ; @5e
;;        4  load.plain.8 v13 [v3+64]  ; @5e
;;        5  load.plain.8 v12 [v13+v10*8]  ; @5e
;;        6  aluimm.and.8 v11=v12 ← v12 0xfffffffffffffffe  ; @5e
;;        7  test.8 ← v11, v11  ; @5e
;;        8  jcc.e → b3, b1  ; @5e
;; b1:
;;        9  jmp → b2 (v11)  ; @5e
;; b2 (v5):
;;       10  load.plain.4 v7 [v5+24]  ; @5e
;;       11  load.plain.8 v6 [v3+40]  ; @5e
;;       12  cmpmem.4 ← v7 [v6]  ; @5e
;;       13  trapcc.ne indirect-call-type  ; @5e
;;       14  load.plain.8 v1 [v5+16]  ; @5e
;;       15  load.plain.8 v2 [v5+32]  ; @5e
;;       16  imm.4 v4 7  ; @5e
;;       17  callreg v0:rax ← v1, v2:rdi, v3:rsi, v4:rdx  ; @5e
;;       18  ret ← v0:rax  ; @61
;; b3 cold:
;;       19  imm.4 v9 0  ; @5e
;;       20  libcall v8:rax ← v3:rdi, v9:rsi, v10:rdx table_get_lazy  ; @5e
;;       21  test.8 ← v8, v8  ; @5e
;;       22  trapcc.e uninitialized-element  ; @5e
;;       23  jmp → b2 (v8)  ; @5e
;;
;; function 4
;; ; v3 is at [rbp-8]
;; b0:
;;        0  args v3:rdi, v5:rdx
;;        1  test.8 ← v5, v5  ; @68
;;        2  trapcc.e null-function-reference  ; @68
;;        3  load.plain.8 v1 [v5+16]  ; @68
;;        4  load.plain.8 v2 [v5+32]  ; @68
;;        5  imm.4 v4 7  ; @68
;;        6  callreg v0:rax ← v1, v2:rdi, v3:rsi, v4:rdx  ; @68
;;        7  ret ← v0:rax  ; @6a
;;
;; function 5
;; ; v0 is at [rbp-8]
;; b0:
;;        0  args v0:rdi, v2:rdx
;;        1  aluimm.add.4 v1=v2 ← v2 1  ; @71
;;        2  tailfunc ← v0:rdi, v1:rdx defined 0  ; @72
;;
;; function 6
;; ; v2 is at [rbp-8]
;; b0:
;;        0  args v2:rdi, v3:rdx
;;        1  load.plain.8 v0 [v2+80]  ; @79
;;        2  load.plain.8 v1 [v2+104]  ; @79
;;        3  tailreg ← v0:r10, v1:rdi, v2:rsi, v3:rdx  ; @79
;;
;; function 7
;; ; v5 is at [rbp-8]
;; ; v8 is at [rbp+16]
;; ; v7 is at [rbp+24]
;; ; v6 is at [rbp+32]
;; b0:
;;        0  args v5:rdi, v14:rdx, v13:rcx, v12:r8, v10:r9, v9:rax, v11:xmm0
;;        1  load.plain.8 v8 [rbp+16]
;;        2  load.plain.8 v7 [rbp+24]
;;        3  load.plain.8 v6 [rbp+32]
;;        4  reserve 0x20  ; @90
;;        5  storearg.8 ← v12 [rsp+0]  ; @90
;;        6  storearg.8 ← v13 [rsp+8]  ; @90
;;        7  storearg.8 ← v14 [rsp+16]  ; @90
;;        8  callfunc v0:rax, v1:rdx, v2:rcx, v3:r8, v4:xmm0 ← v5:rdi, v6:rdx, v7:rcx, v8:r8, v9:r9, v10:rax, v11:xmm0 defined 6  ; @90
;;        9  ret ← v0:rax, v1:rdx, v2:rcx, v3:r8, v4:xmm0  ; @92
