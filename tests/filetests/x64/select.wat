;; Selections of integers are cmov, of floats a jump or a mask.
;; test vcode -O0
(module
  (func $i32 (param i32 i32 i32) (result i32) (select (local.get 0) (local.get 1) (local.get 2)))
  (func $compared (param i64 i64) (result i64)
    (select (local.get 0) (local.get 1) (i64.lt_s (local.get 0) (local.get 1))))
  (func $float (param f64 f64 i32) (result f64) (select (local.get 0) (local.get 1) (local.get 2)))
  (func $by_float (param i32 i32 f32 f32) (result i32)
    (select (local.get 0) (local.get 1) (f32.eq (local.get 2) (local.get 3)))))
;; ---- vcode -O0
;; function 0
;; b0:
;;        0  args v1:rdx, v2:rcx, v3:r8
;;        1  test.4 ← v3, v3  ; @39
;;        2  cmov.ne.4 v0=v2 ← v2, v1?  ; @39
;;        3  ret ← v0:rax  ; @3a
;;
;; function 1
;; b0:
;;        0  args v1:rdx, v2:rcx
;;        1  cmp.8 ← v1, v2?  ; @46
;;        2  cmov.l.8 v0=v2 ← v2, v1?  ; @46
;;        3  ret ← v0:rax  ; @47
;;
;; function 2
;; b0:
;;        0  args v1:xmm0, v2:xmm1, v3:rdx
;;        1  test.4 ← v3, v3  ; @50
;;        2  fselect.ne.8 v0=v2 ← v2, v1 late  ; @50
;;        3  ret ← v0:xmm0  ; @51
;;
;; function 3
;; b0:
;;        0  args v1:rdx, v2:rcx, v3:xmm0, v4:xmm1
;;        1  fcmp.4 ← v3, v4?  ; @5d
;;        2  cmov.fequal.4 v0=v2 ← v2, v1?  ; @5d
;;        3  ret ← v0:rax  ; @5e
