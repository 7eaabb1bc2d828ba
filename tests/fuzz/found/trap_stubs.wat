;; The place of a trap is that of the stub that raised it, not of the stub behind it.
(module
  (type (func))
  (memory (export "m0") 1 1)
  (global (export "g0") (mut i32) (i32.const 100))
  (table 4 4 funcref)
  (func (export "f0") (param i32)
    ref.null 0
    call_ref 0
    local.get 0
    table.get 0
    drop))
