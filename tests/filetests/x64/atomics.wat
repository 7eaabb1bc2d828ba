;; What is locked, what is not, and what no access may move over. Lengths that were known before an atomic are read again.
;; test opt
;; test vcode
(module
  (memory 1 1) (memory $wide i64 1 2 shared)
  (func $load (param i32) (result i32) (i32.atomic.load offset=4 (local.get 0)))
  (func $store (param i32 i64) (i64.atomic.store16 (local.get 0) (local.get 1)))
  (func $add (param i32 i32) (result i32) (i32.atomic.rmw8.add_u (local.get 0) (local.get 1)))
  (func $sub (param i32 i64) (result i64) (i64.atomic.rmw.sub (local.get 0) (local.get 1)))
  (func $and (param i32 i64) (result i64) (i64.atomic.rmw32.and_u (local.get 0) (local.get 1)))
  (func $cmpxchg (param i32 i32 i32) (result i32) (i32.atomic.rmw16.cmpxchg_u (local.get 0) (local.get 1) (local.get 2)))
  (func $same (param i64) (result i64) (i64.atomic.rmw.sub $wide (local.get 0) (local.get 0)))
  (func $around (param i32) (result i32)
    (i32.store (i32.const 8) (local.get 0))
    (i32.atomic.store (i32.const 0) (i32.const 1))
    (i32.add (i32.load (i32.const 8)) (i32.add (i32.atomic.load (i32.const 0)) (i32.load (i32.const 8)))))
  (func $fence (result i32) (i32.store (i32.const 8) (i32.const 5)) atomic.fence (i32.load (i32.const 8)))
  (func $size (result i64) (i64.add (memory.size $wide) (memory.size $wide)))
  (func $wait (param i64) (result i32) (memory.atomic.wait64 $wide offset=8 (local.get 0) (i64.const 3) (i64.const -1)))
  (func $notify (param i32) (result i32) (memory.atomic.notify offset=8 (local.get 0) (i32.const 3))))
