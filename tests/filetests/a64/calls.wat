;; Calls, tail calls with more arguments than the caller has, tables, and what is kept over a call.
;; test ra a64
(module
  (type $t (func (param i32) (result i32)))
  (func $id (import "" "f") (param i32) (result i32))
  (table 4 funcref)
  (func $twice (param i32) (result i32) (i32.add (call $id (local.get 0)) (call $id (local.get 0))))
  (func $many (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) (local.get 9))
  (func $tail (param i32) (result i32)
    (return_call $many (local.get 0) (local.get 0) (local.get 0) (local.get 0) (local.get 0) (local.get 0) (local.get 0)
                 (local.get 0) (local.get 0) (local.get 0)))
  (func $indirect (param i32 i32) (result i32) (call_indirect (type $t) (local.get 0) (local.get 1)))
  (func $table (param i32) (result i32)
    (block $a (block $b (br_table $a $b (local.get 0))) (return (i32.const 1))) (i32.const 2)))
;; ---- ra a64
;; function 1
;; ; 4 slots of 8 bytes, 12 moves
;; ; v5 is at [x29-8]
;; b0:
;;        0  args v5@x0, v6@x2
;;        1  load.plain.8 v3@x3 [v5@x0+80]  ; @41
;;        2  load.plain.8 v4@x1 [v5@x0+104]  ; @41
;;           slot2 ⇐ x1
;;           slot0 ⇐ x2
;;           slot1 ⇐ x3
;;           x16 ⇐ x1
;;           x1 ⇐ x0
;;           x0 ⇐ x16
;;        3  callreg v1@x0 ← v3@x3, v4@x0, v5@x1, v6@x2  ; @41
;;           slot3 ⇐ x0
;;           x3 ⇐ slot1
;;           x0 ⇐ slot2
;;           x1 ⇐ [x29-8]
;;           x2 ⇐ slot0
;;        4  callreg v2@x0 ← v3@x3, v4@x0, v5@x1, v6@x2  ; @45
;;           x1 ⇐ slot3
;;        5  add.add.4 v0@x0 ← v1@x1, v2@x0  ; @47
;;        6  ret ← v0@x0  ; @48
;;
;; function 2
;; ; 0 slots of 8 bytes, 0 moves
;; b0:
;;        0  args
;;        1  load.plain.4 v0@x0 [x29+24]
;;        2  ret ← v0@x0  ; @4d
;;
;; function 3
;; ; 0 slots of 8 bytes, 7 moves
;; ; v0 is at [x29-8]
;; b0:
;;        0  args v0@x0, v1@x2
;;        1  reserve 0x10  ; @64
;;        2  storearg.8 ← v1@x2 [sp+0]  ; @64
;;        3  storearg.8 ← v1@x2 [sp+8]  ; @64
;;           x3 ⇐ x2
;;           x4 ⇐ x2
;;           x5 ⇐ x2
;;           x6 ⇐ x2
;;           x7 ⇐ x2
;;           x8 ⇐ x2
;;           x10 ⇐ x2
;;        4  tailfunc ← v0@x0, v1@x2, v1@x3, v1@x4, v1@x5, v1@x6, v1@x7, v1@x8, v1@x10 defined 1 16 bytes of arguments  ; @64
;;
;; function 4
;; ; 1 slots of 8 bytes, 9 moves
;; ; v3 is at [x29-8]
;; b0:
;;        0  args v3@x0, v4@x2, v16@x3
;;        1  extend.zero32 v11@x1 ← v16@x3
;;        2  load.plain.8 v15@x3 [v3@x0+72]  ; @6d
;;        3  cmp.8 ← v11@x1, v15@x3  ; @6d
;;        4  trapcc.hs undefined-element  ; @6d
;;        5  load.plain.8 v14@x3 [v3@x0+64]  ; @6d
;;        6  load.plain.8 v13@x3 [v14@x3+v11@x1*8]  ; @6d
;;        7  logicimm.and.8 v12@x3 ← v13@x3 0xfffffffffffffffe  ; @6d
;;        8  branchzero.8 ← v12@x3 0 → b3, b1  ; @6d
;; b1:
;;        9  jmp → b2 (v12)  ; @6d
;; b2 (v5):
;;       10  load.plain.4 v6@x1 [v5@x3+24]  ; @6d
;;       11  load.plain.8 v8@x4 [v3@x0+40]  ; @6d
;;       12  load.plain.4 v7@x4 [v8@x4]  ; @6d
;;       13  cmp.4 ← v6@x1, v7@x4  ; @6d
;;       14  trapcc.ne indirect-call-type  ; @6d
;;       15  load.plain.8 v1@x4 [v5@x3+16]  ; @6d
;;       16  load.plain.8 v2@x1 [v5@x3+32]  ; @6d
;;           x16 ⇐ x1
;;           x1 ⇐ x0
;;           x0 ⇐ x16
;;       17  callreg v0@x0 ← v1@x4, v2@x0, v3@x1, v4@x2  ; @6d
;;       18  ret ← v0@x0  ; @70
;; b3 cold:
;;       19  imm.4 v10@x3 0  ; @6d
;;           slot0 ⇐ x2
;;           x2 ⇐ x1
;;           x1 ⇐ x3
;;       20  libcall v9@x0 ← v3@x0, v10@x1, v11@x2 table_get_lazy  ; @6d
;;       21  trapzero.8 ← v9@x0 0 8  ; @6d
;;           x2 ⇐ slot0
;;           x3 ⇐ x0
;;           x0 ⇐ [x29-8]
;;       22  jmp → b2 (v9)  ; @6d
;;
;; function 5
;; ; 0 slots of 8 bytes, 0 moves
;; b0:
;;        0  args v2@x2
;;        1  branchzero.4 ← v2@x2 0 → b2, b1  ; @79
;; b1:
;;        2  imm.4 v1@x0 1  ; @80
;;        3  ret ← v1@x0  ; @80
;; b2:
;;        4  imm.4 v0@x0 2  ; @84
;;        5  ret ← v0@x0  ; @84
