;; Sums into another register, and small multiples, are one lea.
;; test vcode -O0
(module
  (func $sum (param i32 i32) (result i32 i32) (i32.add (local.get 0) (local.get 1)) (local.get 0))
  (func $constant (param i64) (result i64 i64) (i64.add (local.get 0) (i64.const 40)) (local.get 0))
  (func $scaled (param i64 i64) (result i64 i64)
    (i64.add (local.get 0) (i64.shl (local.get 1) (i64.const 2))) (local.get 1))
  (func $all (param i32 i32) (result i32 i32)
    (i32.add (i32.add (local.get 0) (i32.shl (local.get 1) (i32.const 3))) (i32.const -16)) (local.get 0))
  (func $times_3 (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))
  (func $times_9 (param i64) (result i64) (i64.mul (local.get 0) (i64.const 9))))
;; ---- vcode -O0
;; function 0
;; b0:
;;        0  args v1:rdx, v2:rcx
;;        1  alu.add.4 v0=v2 ← v2, v1?  ; @3b
;;        2  ret ← v0:rax, v1:rdx  ; @3e
;;
;; function 1
;; b0:
;;        0  args v1:rdx
;;        1  lea.8 v0 [v1+40]  ; @45
;;        2  ret ← v0:rax, v1:rdx  ; @48
;;
;; function 2
;; b0:
;;        0  args v2:rdx, v1:rcx
;;        1  lea.8 v0 [v2+v1*4]  ; @52
;;        2  ret ← v0:rax, v1:rdx  ; @55
;;
;; function 3
;; b0:
;;        0  args v1:rdx, v3:rcx
;;        1  lea.4 v2 [v1+v3*8]  ; @5f
;;        2  aluimm.add.4 v0=v2 ← v2 0xfffffffffffffff0  ; @62
;;        3  ret ← v0:rax, v1:rdx  ; @65
;;
;; function 4
;; b0:
;;        0  args v1:rdx
;;        1  lea.4 v0 [v1+v1*2]  ; @6c
;;        2  ret ← v0:rax  ; @6d
;;
;; function 5
;; b0:
;;        0  args v1:rdx
;;        1  lea.8 v0 [v1+v1*8]  ; @74
;;        2  ret ← v0:rax  ; @75
