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
