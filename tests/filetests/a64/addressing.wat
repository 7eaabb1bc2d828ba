;; Addresses: base and displacement, or base and index, whichever there is; a store of zero has no value.
;; test vcode a64
;; test vcode a64 checks
(module
  (memory 1)
  (func $plain (param i32) (result i32) (i32.load (local.get 0)))
  (func $displacement (param i32) (result i64) (i64.load offset=16 (local.get 0)))
  (func $far (param i32) (result i32) (i32.load8_u offset=0x12345 (local.get 0)))
  (func $array (param i32 i32) (result i32) (i32.load (i32.add (local.get 0) (i32.shl (local.get 1) (i32.const 2)))))
  (func $constant (result i32) (i32.load16_s (i32.const 100)))
  (func $zero (param i32) (i64.store (local.get 0) (i64.const 0)))
  (func $narrow (param i32 i64) (i64.store8 (local.get 0) (local.get 1)))
  (func $float (param i32 f64) (f64.store offset=8 (local.get 0) (local.get 1))))
