;; Floats: minimum, rounding and conversions are instructions; truncations look at the bounds; vectors have no rules yet.
;; test vcode a64
(module
  (func $min (param f64 f64) (result f64) (f64.min (local.get 0) (local.get 1)))
  (func $floor (param f32) (result f32) (f32.floor (local.get 0)))
  (func $copysign (param f32 f32) (result f32) (f32.copysign (local.get 0) (local.get 1)))
  (func $trunc (param f64) (result i32) (i32.trunc_f64_s (local.get 0)))
  (func $trunc_sat (param f32) (result i64) (i64.trunc_sat_f32_u (local.get 0)))
  (func $convert (param i32) (result f64) (f64.convert_i32_u (local.get 0)))
  (func $constants (result f64 f64 f32) (f64.const 1.5) (f64.const 0) (f32.const 3.14))
  (func $bits (param f64) (result i64) (i64.reinterpret_f64 (local.get 0)))
  (func $select (param f64 f64 i32) (result f64) (select (local.get 0) (local.get 1) (local.get 2)))
  (func $vector (param i32) (result v128) (i32x4.splat (local.get 0))))
;; ---- vcode a64
;; function 0
;; b0:
;;        0  args v1:v0, v2:v1
;;        1  fp2.fmin.8 v0 ← v1, v2  ; @58
;;        2  ret ← v0:v0  ; @59
;;
;; function 1
;; b0:
;;        0  args v1:v0
;;        1  fp1.frintm.4 v0 ← v1  ; @5e
;;        2  ret ← v0:v0  ; @5f
;;
;; function 2
;; b0:
;;        0  args v1:v0, v2:v1
;;        1  fcopysign.4 v0 ← v1, v2  ; @66
;;        2  ret ← v0:v0  ; @67
;;
;; function 3
;; b0:
;;        0  args v1:v0
;;        1  floattoint.8 v0 ← v1 signed  ; @6c
;;        2  ret ← v0:x0  ; @6d
;;
;; function 4
;; b0:
;;        0  args v1:v0
;;        1  floattoint.4 v0 ← v1 unsigned 64 saturating  ; @72
;;        2  ret ← v0:x0  ; @74
;;
;; function 5
;; b0:
;;        0  args v2:x2
;;        1  extend.zero32 v1 ← v2?
;;        2  inttofloat.8 v0 ← v1 unsigned  ; @79
;;        3  ret ← v0:v0  ; @7a
;;
;; function 6
;; b0:
;;        0  args
;;        1  fimm.8 v0 0x3ff8000000000000  ; @94
;;        2  fimm.8 v1 0  ; @94
;;        3  fimm.4 v2 0x4048f5c3  ; @94
;;        4  ret ← v0:v0, v1:v1, v2:v2  ; @94
;;
;; function 7
;; b0:
;;        0  args v1:v0
;;        1  movfromvec.8 v0 ← v1  ; @99
;;        2  ret ← v0:x0  ; @9a
;;
;; function 8
;; b0:
;;        0  args v1:v0, v2:v1, v3:x2
;;        1  cmpimm.4 ← v3 0  ; @a3
;;        2  fcsel.ne.8 v0 ← v1, v2  ; @a3
;;        3  ret ← v0:v0  ; @a4
;;
;; function 9 is refused: simd: vsplat has no rule for this processor yet
