;; What a reference leads to is not read in front of the loop that looks whether it is null.
(module
  (type (func))
  (memory (export "m0") 1 1)
  (global (export "g0") (mut i32) (i32.const 100))
  (func (export "f0"))
  (func (export "f1") (param (ref null 0)) (local i32)
    i32.const 3
    local.set 1
    loop
      local.get 0
      ref.is_null
      i32.eqz
      if
        local.get 0
        call_ref 0
      end
      local.get 1
      i32.const 1
      i32.sub
      local.tee 1
      br_if 0
    end))
