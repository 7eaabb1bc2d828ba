;; A load that is folded into its user traps where the load is.
(module
  (memory (export "m0") 1 1)
  (global (export "g0") (mut i32) (i32.const 100))
  (func (export "f0") (param i32) (result i32)
    local.get 0
    local.get 0
    i32.load offset=65536
    i32.add)
  (func (export "f1") (param i32)
    i32.const 8
    local.get 0
    i32.load offset=65536
    local.get 0
    i32.xor
    i32.store)
  (func (export "f2") (param i32 f64) (result f64)
    local.get 1
    local.get 0
    f64.load offset=65536
    f64.mul)
  (func (export "f3") (param i32) (result i32)
    local.get 0
    i32.load offset=65536
    local.get 0
    i32.lt_u)
  (func (export "f4") (param i32)
    local.get 0
    local.get 0
    i32.load offset=65536
    i32.const 3
    i32.add
    i32.store offset=65536))
