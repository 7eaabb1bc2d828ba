;; The lower half of an i64 is passed to a block as it is; the upper half of an i32 as far as anybody wants it.
(module
  (memory (export "m0") 1 1)
  (global (export "g0") (mut i32) (i32.const 100))
  (memory (export "m1") i64 1 1)
  (func (export "f0") (param i32) (result i32)
    local.get 0
    if (result i32)
      local.get 0
    else
      memory.size
    end
    i32.const -7
    i32.le_s)
  (func (export "f1") (param i32 i64) (result i64)
    local.get 0
    if (result i32)
      local.get 1
      i32.wrap_i64
    else
      i32.const -1
    end
    i64.extend_i32_u
    i64.const 1
    i64.add)
  (func (export "f2") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i64)
    block
      loop
        local.get 9
        i32.const 1
        i32.sub
        local.tee 9
        i32.const 5
        i32.eq
        br_if 0
      end
    end
    local.get 9
    i64.extend_i32_u))
