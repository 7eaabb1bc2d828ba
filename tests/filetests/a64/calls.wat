;; Calls, tail calls with more arguments than the caller has, tables, and what is kept over a call.
;; test ra a64
(module
  (type $t (func (param i32) (result i32)))
  (table 4 funcref)
  (func $id (import "" "f") (param i32) (result i32))
  (func $twice (param i32) (result i32) (i32.add (call $id (local.get 0)) (call $id (local.get 0))))
  (func $many (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) (local.get 9))
  (func $tail (param i32) (result i32)
    (return_call $many (local.get 0) (local.get 0) (local.get 0) (local.get 0) (local.get 0) (local.get 0) (local.get 0)
                 (local.get 0) (local.get 0) (local.get 0)))
  (func $indirect (param i32 i32) (result i32) (call_indirect (type $t) (local.get 0) (local.get 1)))
  (func $table (param i32) (result i32)
    (block $a (block $b (br_table $a $b (local.get 0))) (return (i32.const 1))) (i32.const 2)))
