;; What a constant condition leaves unreached is not there for the allocator either.
(module
  (memory (export "m0") 1 1)
  (global (export "g0") (mut i32) (i32.const 100))
  (func (export "f0") (param i32) (result i32)
    i32.const 0
    if (result i32)
      local.get 0
      i32.const 3
      i32.add
    else
      local.get 0
    end
    block
      i32.const 1
      br_if 0
      loop
        local.get 0
        i32.const 1
        i32.sub
        local.tee 0
        br_if 0
      end
    end
    local.get 0
    i32.xor))
