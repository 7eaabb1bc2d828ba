;; A libcall that fails tells where it was called.
(module
  (memory (export "m0") 1 1)
  (global (export "g0") (mut i32) (i32.const 100))
  (table (export "t0") 4 4 funcref)
  (func (export "f0") (param i32)
    i32.const 65000
    i32.const 1
    i32.const 1000
    memory.fill)
  (func (export "f1") (param i32)
    local.get 0
    call 0
    local.get 0
    call 0)
  (func (export "f2") (param i32)
    i32.const 4
    ref.null func
    local.get 0
    table.fill 0))
