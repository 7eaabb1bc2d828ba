;; Comparisons that end in a branch leave no value behind; those with 0 and of one bit need no flags.
;; test vcode a64 -O0
;; test ra a64 -O0
(module
  (func $signed (param i32 i32) (if (i32.lt_s (local.get 0) (local.get 1)) (then (unreachable))))
  (func $constant (param i64) (if (i64.gt_u (local.get 0) (i64.const 4095)) (then (unreachable))))
  (func $negative_constant (param i32) (if (i32.gt_s (local.get 0) (i32.const -16)) (then (unreachable))))
  (func $zero (param i32) (if (i32.eqz (local.get 0)) (then (unreachable))))
  (func $bit (param i32) (if (i32.and (local.get 0) (i32.const 4)) (then (unreachable))))
  (func $mask (param i32) (if (i32.and (local.get 0) (i32.const 12)) (then (unreachable))))
  (func $sign (param i64) (if (i64.lt_s (local.get 0) (i64.const 0)) (then (unreachable))))
  (func $float (param f64 f64) (if (f64.le (local.get 0) (local.get 1)) (then (unreachable))))
  (func $float_zero (param f32) (if (f32.ne (local.get 0) (f32.const 0)) (then (unreachable))))
  (func $value (param i32 i32) (result i32) (i32.gt_u (local.get 0) (local.get 1)))
  (func $select (param i64 i64 i32) (result i64) (select (local.get 0) (i64.const 0) (local.get 2)))
  (func $loop (param i32)
    (loop $l (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))
