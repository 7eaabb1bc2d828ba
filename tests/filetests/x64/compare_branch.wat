;; Comparisons that end in a branch leave no value behind; others become setcc.
;; test vcode -O0
(module
  (func $signed (param i32 i32) (if (i32.lt_s (local.get 0) (local.get 1)) (then (unreachable))))
  (func $unsigned (param i64 i64) (if (i64.ge_u (local.get 0) (local.get 1)) (then (unreachable))))
  (func $zero (param i32) (if (i32.eqz (local.get 0)) (then (unreachable))))
  (func $not_zero (param i32) (if (local.get 0) (then (unreachable))))
  (func $bit (param i32) (if (i32.and (local.get 0) (i32.const 4)) (then (unreachable))))
  (func $float (param f64 f64) (if (f64.lt (local.get 0) (local.get 1)) (then (unreachable))))
  (func $float_equal (param f32 f32) (if (f32.eq (local.get 0) (local.get 1)) (then (unreachable))))
  (func $float_not_equal (param f32 f32) (if (f32.ne (local.get 0) (local.get 1)) (then (unreachable))))
  (func $value (param i32 i32) (result i32) (i32.gt_u (local.get 0) (local.get 1)))
  (func $negated (param i32 i32) (result i32) (i32.eqz (i32.gt_u (local.get 0) (local.get 1))))
  (func $loop (param i32)
    (loop $l (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))
;; ---- vcode -O0
;; function 0
;; b0:
;;        0  args v0:rdx, v1:rcx
;;        1  cmp.4 ← v0, v1?  ; @41
;;        2  jcc.l → b2, b1  ; @41
;; b1:
;;        3  ret  ; @45
;; b2 cold:
;;        4  trap unreachable  ; @43
;;
;; function 1
;; b0:
;;        0  args v0:rdx, v1:rcx
;;        1  cmp.8 ← v0, v1?  ; @4d
;;        2  jcc.ae → b2, b1  ; @4d
;; b1:
;;        3  ret  ; @51
;; b2 cold:
;;        4  trap unreachable  ; @4f
;;
;; function 2
;; b0:
;;        0  args v0:rdx
;;        1  test.4 ← v0, v0  ; @57
;;        2  jcc.e → b2, b1  ; @57
;; b1:
;;        3  ret  ; @5b
;; b2 cold:
;;        4  trap unreachable  ; @59
;;
;; function 3
;; b0:
;;        0  args v0:rdx
;;        1  test.4 ← v0, v0  ; @60
;;        2  jcc.ne → b2, b1  ; @60
;; b1:
;;        3  ret  ; @64
;; b2 cold:
;;        4  trap unreachable  ; @62
;;
;; function 4
;; b0:
;;        0  args v0:rdx
;;        1  testimm.1 ← v0 4  ; @6c
;;        2  jcc.ne → b2, b1  ; @6c
;; b1:
;;        3  ret  ; @70
;; b2 cold:
;;        4  trap unreachable  ; @6e
;;
;; function 5
;; b0:
;;        0  args v1:xmm0, v0:xmm1
;;        1  fcmp.8 ← v0, v1?  ; @78
;;        2  jcc.a → b2, b1  ; @78
;; b1:
;;        3  ret  ; @7c
;; b2 cold:
;;        4  trap unreachable  ; @7a
;;
;; function 6
;; b0:
;;        0  args v0:xmm0, v1:xmm1
;;        1  fcmp.4 ← v0, v1?  ; @84
;;        2  jcc.fequal → b2, b1  ; @84
;; b1:
;;        3  ret  ; @88
;; b2 cold:
;;        4  trap unreachable  ; @86
;;
;; function 7
;; b0:
;;        0  args v0:xmm0, v1:xmm1
;;        1  fcmp.4 ← v0, v1?  ; @90
;;        2  jcc.fnotequal → b2, b1  ; @90
;; b1:
;;        3  ret  ; @94
;; b2 cold:
;;        4  trap unreachable  ; @92
;;
;; function 8
;; b0:
;;        0  args v1:rdx, v2:rcx
;;        1  cmp.4 ← v1, v2?  ; @9b
;;        2  setcc.a v0  ; @9b
;;        3  ret ← v0:rax  ; @9c
;;
;; function 9
;; b0:
;;        0  args v1:rdx, v2:rcx
;;        1  cmp.4 ← v1, v2?  ; @a4
;;        2  setcc.be v0  ; @a4
;;        3  ret ← v0:rax  ; @a5
;;
;; function 10
;; b0:
;;        0  args v2:rdx
;;        1  jmp → b1 (v2)  ; @a8
;; b1 (v1) loop 1:
;;        2  aluimm.sub.4 v0=v1 ← v1 1  ; @ae
;;        3  test.4 ← v0, v0  ; @b1
;;        4  jcc.ne → b2, b3  ; @b1
;; b2 loop 1:
;;        5  jmp → b1 (v0)  ; @b1
;; b3:
;;        6  ret  ; @b4
