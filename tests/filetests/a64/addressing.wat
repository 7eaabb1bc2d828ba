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
;; ---- vcode a64
;; function 0
;; ; v3 is at [x29-8]
;; b0:
;;        0  args v3:x0, v4:x2
;;        1  extend.zero32 v2 ← v4?
;;        2  load.plain.8 v1 [v3+72]  ; @44
;;        3  load.plain.4 v0 [v1+v2] !trap  ; @44
;;        4  ret ← v0:x0  ; @47
;;
;; function 1
;; ; v4 is at [x29-8]
;; b0:
;;        0  args v4:x0, v5:x2
;;        1  extend.zero32 v3 ← v5?
;;        2  load.plain.8 v2 [v4+72]  ; @4c
;;        3  add.add.8 v1 ← v2, v3  ; @4c
;;        4  load.plain.8 v0 [v1+16] !trap  ; @4c
;;        5  ret ← v0:x0  ; @4f
;;
;; function 2
;; ; v5 is at [x29-8]
;; b0:
;;        0  args v5:x0, v6:x2
;;        1  extend.zero32 v3 ← v6?
;;        2  load.plain.8 v2 [v5+72]  ; @54
;;        3  add.add.8 v1 ← v2, v3  ; @54
;;        4  imm.8 v4 0x12345  ; @54
;;        5  load.zero8.1 v0 [v1+v4] !trap  ; @54
;;        6  ret ← v0:x0  ; @59
;;
;; function 3
;; ; v3 is at [x29-8]
;; b0:
;;        0  args v3:x0, v4:x2, v5:x3
;;        1  add.add.4 v2 ← v4, v5 lsl 2  ; @63
;;        2  load.plain.8 v1 [v3+72]  ; @64
;;        3  load.plain.4 v0 [v1+v2] !trap  ; @64
;;        4  ret ← v0:x0  ; @67
;;
;; function 4
;; ; v2 is at [x29-8]
;; b0:
;;        0  args v2:x0
;;        1  load.plain.8 v1 [v2+72]  ; @6d
;;        2  load.sign16to32.2 v0 [v1+100]  ; @6d
;;        3  ret ← v0:x0  ; @70
;;
;; function 5
;; ; v2 is at [x29-8]
;; b0:
;;        0  args v2:x0, v3:x2
;;        1  extend.zero32 v1 ← v3?
;;        2  load.plain.8 v0 [v2+72]  ; @77
;;        3  storezero.8 [v0+v1] !trap  ; @77
;;        4  ret  ; @7a
;;
;; function 6
;; ; v3 is at [x29-8]
;; b0:
;;        0  args v3:x0, v4:x2, v0:x3
;;        1  extend.zero32 v2 ← v4?
;;        2  load.plain.8 v1 [v3+72]  ; @81
;;        3  store.1 ← v0 [v1+v2] !trap  ; @81
;;        4  ret  ; @84
;;
;; function 7
;; ; v4 is at [x29-8]
;; b0:
;;        0  args v4:x0, v5:x2, v0:v0
;;        1  extend.zero32 v3 ← v5?
;;        2  load.plain.8 v2 [v4+72]  ; @8b
;;        3  add.add.8 v1 ← v2, v3  ; @8b
;;        4  fstore.8 ← v0 [v1+8] !trap  ; @8b
;;        5  ret  ; @8e
;; ---- vcode a64 checks
;; function 0
;; ; v3 is at [x29-8]
;; b0:
;;        0  args v3:x0, v6:x2
;;        1  extend.zero32 v2 ← v6?
;;        2  load.plain.8 v5 [v3+80]  ; @44
;;        3  addimm.sub.8 v4 ← v5 4  ; @44
;;        4  cmp.8 ← v2, v4  ; @44
;;        5  trapcc.hi memory-out-of-bounds  ; @44
;;        6  load.plain.8 v1 [v3+72]  ; @44
;;        7  load.plain.4 v0 [v1+v2]  ; @44
;;        8  ret ← v0:x0  ; @47
;;
;; function 1
;; ; v4 is at [x29-8]
;; b0:
;;        0  args v4:x0, v7:x2
;;        1  extend.zero32 v3 ← v7?
;;        2  load.plain.8 v6 [v4+80]  ; @4c
;;        3  addimm.sub.8 v5 ← v6 0x18  ; @4c
;;        4  cmp.8 ← v3, v5  ; @4c
;;        5  trapcc.hi memory-out-of-bounds  ; @4c
;;        6  load.plain.8 v2 [v4+72]  ; @4c
;;        7  add.add.8 v1 ← v2, v3  ; @4c
;;        8  load.plain.8 v0 [v1+16]  ; @4c
;;        9  ret ← v0:x0  ; @4f
;;
;; function 2
;; ; v5 is at [x29-8]
;; b0:
;;        0  args v5:x0, v9:x2
;;        1  extend.zero32 v3 ← v9?
;;        2  load.plain.8 v7 [v5+80]  ; @54
;;        3  imm.8 v8 0x12346  ; @54
;;        4  add.add.8 v6 ← v3, v8  ; @54
;;        5  cmp.8 ← v6, v7  ; @54
;;        6  trapcc.hi memory-out-of-bounds  ; @54
;;        7  load.plain.8 v2 [v5+72]  ; @54
;;        8  add.add.8 v1 ← v2, v3  ; @54
;;        9  imm.8 v4 0x12345  ; @54
;;       10  load.zero8.1 v0 [v1+v4]  ; @54
;;       11  ret ← v0:x0  ; @59
;;
;; function 3
;; ; v3 is at [x29-8]
;; b0:
;;        0  args v3:x0, v6:x2, v7:x3
;;        1  add.add.4 v2 ← v6, v7 lsl 2  ; @63
;;        2  load.plain.8 v5 [v3+80]  ; @64
;;        3  addimm.sub.8 v4 ← v5 4  ; @64
;;        4  cmp.8 ← v2, v4  ; @64
;;        5  trapcc.hi memory-out-of-bounds  ; @64
;;        6  load.plain.8 v1 [v3+72]  ; @64
;;        7  load.plain.4 v0 [v1+v2]  ; @64
;;        8  ret ← v0:x0  ; @67
;;
;; function 4
;; ; v2 is at [x29-8]
;; b0:
;;        0  args v2:x0
;;        1  load.plain.8 v1 [v2+72]  ; @6d
;;        2  load.sign16to32.2 v0 [v1+100]  ; @6d
;;        3  ret ← v0:x0  ; @70
;;
;; function 5
;; ; v2 is at [x29-8]
;; b0:
;;        0  args v2:x0, v5:x2
;;        1  extend.zero32 v1 ← v5?
;;        2  load.plain.8 v4 [v2+80]  ; @77
;;        3  addimm.sub.8 v3 ← v4 8  ; @77
;;        4  cmp.8 ← v1, v3  ; @77
;;        5  trapcc.hi memory-out-of-bounds  ; @77
;;        6  load.plain.8 v0 [v2+72]  ; @77
;;        7  storezero.8 [v0+v1]  ; @77
;;        8  ret  ; @7a
;;
;; function 6
;; ; v3 is at [x29-8]
;; b0:
;;        0  args v3:x0, v6:x2, v0:x3
;;        1  extend.zero32 v2 ← v6?
;;        2  load.plain.8 v5 [v3+80]  ; @81
;;        3  addimm.sub.8 v4 ← v5 1  ; @81
;;        4  cmp.8 ← v2, v4  ; @81
;;        5  trapcc.hi memory-out-of-bounds  ; @81
;;        6  load.plain.8 v1 [v3+72]  ; @81
;;        7  store.1 ← v0 [v1+v2]  ; @81
;;        8  ret  ; @84
;;
;; function 7
;; ; v4 is at [x29-8]
;; b0:
;;        0  args v4:x0, v7:x2, v0:v0
;;        1  extend.zero32 v3 ← v7?
;;        2  load.plain.8 v6 [v4+80]  ; @8b
;;        3  addimm.sub.8 v5 ← v6 0x10  ; @8b
;;        4  cmp.8 ← v3, v5  ; @8b
;;        5  trapcc.hi memory-out-of-bounds  ; @8b
;;        6  load.plain.8 v2 [v4+72]  ; @8b
;;        7  add.add.8 v1 ← v2, v3  ; @8b
;;        8  fstore.8 ← v0 [v1+8]  ; @8b
;;        9  ret  ; @8e
