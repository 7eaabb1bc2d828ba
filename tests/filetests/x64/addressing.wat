;; What an address is folded from: constants, shifted indices, widened indices; and what may not be folded.
;; test vcode -O0
;; test vcode -O0 checks
(module (memory 1)
  (func $offset (param i32) (result i32) (i32.load offset=12 (local.get 0)))
  (func $large_offset (param i32) (result i32) (i32.load offset=0xfffffff0 (local.get 0)))
  ;; The sum wraps around at 32 bits: the constant is no displacement.
  (func $sum_wraps (param i32) (result i32) (i32.load (i32.add (local.get 0) (i32.const 8))))
  (func $scaled (param i32 i32) (result i64)
    (i64.load (i32.add (local.get 0) (i32.shl (local.get 1) (i32.const 3)))))
  (func $widened (param i64) (result i32) (i32.load8_s (i32.wrap_i64 (local.get 0))))
  (func $constant (result i32) (i32.load16_u (i32.const 100)))
  (func $stores (param i32 i32 i64 f32 f64)
    (i32.store8 offset=1 (local.get 0) (local.get 1))
    (i32.store16 offset=2 (local.get 0) (i32.const 7))
    (i64.store32 offset=4 (local.get 0) (local.get 2))
    (f32.store offset=8 (local.get 0) (local.get 3))
    (f64.store offset=16 (local.get 0) (local.get 4))))
;; ---- vcode -O0
;; function 0
;; ; v3 is at [rbp-8]
;; b0:
;;        0  args v3:rdi, v4:rdx
;;        1  extend.zero32 v2 ← v4?
;;        2  load.plain.8 v1 [v3+72]  ; @3d
;;        3  load.plain.4 v0 [v1+v2+12] !trap  ; @3d
;;        4  ret ← v0:rax  ; @40
;;
;; function 1
;; ; v4 is at [rbp-8]
;; b0:
;;        0  args v4:rdi, v8:rdx
;;        1  extend.zero32 v5 ← v8?
;;        2  imm.8 v7 0xfffffff4  ; @45
;;        3  alu.add.8 v6=v5 ← v5, v7?  ; @45
;;        4  cmpmem.8 ← v6 [v4+80]  ; @45
;;        5  trapcc.a memory-out-of-bounds  ; @45
;;        6  alumem.add.8 v2=v5 ← v5 [v4+72]  ; @45
;;        7  imm.8 v3 0xfffffff0  ; @45
;;        8  alu.add.8 v1=v2 ← v2, v3?  ; @45
;;        9  load.plain.4 v0 [v1]  ; @45
;;       10  ret ← v0:rax  ; @4c
;;
;; function 2
;; ; v3 is at [rbp-8]
;; b0:
;;        0  args v3:rdi, v4:rdx
;;        1  aluimm.add.4 v2=v4 ← v4 8  ; @53
;;        2  load.plain.8 v1 [v3+72]  ; @54
;;        3  load.plain.4 v0 [v1+v2] !trap  ; @54
;;        4  ret ← v0:rax  ; @57
;;
;; function 3
;; ; v3 is at [rbp-8]
;; b0:
;;        0  args v3:rdi, v4:rdx, v5:rcx
;;        1  lea.4 v2 [v4+v5*8]  ; @61
;;        2  load.plain.8 v1 [v3+72]  ; @62
;;        3  load.plain.8 v0 [v1+v2] !trap  ; @62
;;        4  ret ← v0:rax  ; @65
;;
;; function 4
;; ; v3 is at [rbp-8]
;; b0:
;;        0  args v3:rdi, v4:rdx
;;        1  extend.zero32 v2 ← v4?  ; @6a
;;        2  load.plain.8 v1 [v3+72]  ; @6b
;;        3  load.sign8to32.1 v0 [v1+v2] !trap  ; @6b
;;        4  ret ← v0:rax  ; @6e
;;
;; function 5
;; ; v2 is at [rbp-8]
;; b0:
;;        0  args v2:rdi
;;        1  load.plain.8 v1 [v2+72]  ; @74
;;        2  load.zero16.2 v0 [v1+100]  ; @74
;;        3  ret ← v0:rax  ; @77
;;
;; function 6
;; ; v6 is at [rbp-8]
;; b0:
;;        0  args v6:rdi, v7:rdx, v5:rcx, v4:r8, v3:xmm0, v0:xmm1
;;        1  extend.zero32 v2 ← v7?
;;        2  load.plain.8 v1 [v6+72]  ; @7e
;;        3  store.1 ← v5 [v1+v2+1] !trap  ; @7e
;;        4  storeimm.2 [v1+v2+2] 7 !trap  ; @85
;;        5  store.4 ← v4 [v1+v2+4] !trap  ; @8c
;;        6  fstore.4 ← v3 [v1+v2+8] !trap  ; @93
;;        7  fstore.8 ← v0 [v1+v2+16] !trap  ; @9a
;;        8  ret  ; @9d
;; ---- vcode -O0 checks
;; function 0
;; ; v3 is at [rbp-8]
;; b0:
;;        0  args v3:rdi, v6:rdx
;;        1  extend.zero32 v2 ← v6?
;;        2  load.plain.8 v5 [v3+80]  ; @3d
;;        3  aluimm.sub.8 v4=v5 ← v5 0x10  ; @3d
;;        4  cmp.8 ← v2, v4?  ; @3d
;;        5  trapcc.a memory-out-of-bounds  ; @3d
;;        6  load.plain.8 v1 [v3+72]  ; @3d
;;        7  load.plain.4 v0 [v1+v2+12]  ; @3d
;;        8  ret ← v0:rax  ; @40
;;
;; function 1
;; ; v4 is at [rbp-8]
;; b0:
;;        0  args v4:rdi, v8:rdx
;;        1  extend.zero32 v5 ← v8?
;;        2  imm.8 v7 0xfffffff4  ; @45
;;        3  alu.add.8 v6=v5 ← v5, v7?  ; @45
;;        4  cmpmem.8 ← v6 [v4+80]  ; @45
;;        5  trapcc.a memory-out-of-bounds  ; @45
;;        6  alumem.add.8 v2=v5 ← v5 [v4+72]  ; @45
;;        7  imm.8 v3 0xfffffff0  ; @45
;;        8  alu.add.8 v1=v2 ← v2, v3?  ; @45
;;        9  load.plain.4 v0 [v1]  ; @45
;;       10  ret ← v0:rax  ; @4c
;;
;; function 2
;; ; v3 is at [rbp-8]
;; b0:
;;        0  args v3:rdi, v6:rdx
;;        1  aluimm.add.4 v2=v6 ← v6 8  ; @53
;;        2  load.plain.8 v5 [v3+80]  ; @54
;;        3  aluimm.sub.8 v4=v5 ← v5 4  ; @54
;;        4  cmp.8 ← v2, v4?  ; @54
;;        5  trapcc.a memory-out-of-bounds  ; @54
;;        6  load.plain.8 v1 [v3+72]  ; @54
;;        7  load.plain.4 v0 [v1+v2]  ; @54
;;        8  ret ← v0:rax  ; @57
;;
;; function 3
;; ; v3 is at [rbp-8]
;; b0:
;;        0  args v3:rdi, v6:rdx, v7:rcx
;;        1  lea.4 v2 [v6+v7*8]  ; @61
;;        2  load.plain.8 v5 [v3+80]  ; @62
;;        3  aluimm.sub.8 v4=v5 ← v5 8  ; @62
;;        4  cmp.8 ← v2, v4?  ; @62
;;        5  trapcc.a memory-out-of-bounds  ; @62
;;        6  load.plain.8 v1 [v3+72]  ; @62
;;        7  load.plain.8 v0 [v1+v2]  ; @62
;;        8  ret ← v0:rax  ; @65
;;
;; function 4
;; ; v3 is at [rbp-8]
;; b0:
;;        0  args v3:rdi, v6:rdx
;;        1  extend.zero32 v2 ← v6?  ; @6a
;;        2  load.plain.8 v5 [v3+80]  ; @6b
;;        3  aluimm.sub.8 v4=v5 ← v5 1  ; @6b
;;        4  cmp.8 ← v2, v4?  ; @6b
;;        5  trapcc.a memory-out-of-bounds  ; @6b
;;        6  load.plain.8 v1 [v3+72]  ; @6b
;;        7  load.sign8to32.1 v0 [v1+v2]  ; @6b
;;        8  ret ← v0:rax  ; @6e
;;
;; function 5
;; ; v2 is at [rbp-8]
;; b0:
;;        0  args v2:rdi
;;        1  load.plain.8 v1 [v2+72]  ; @74
;;        2  load.zero16.2 v0 [v1+100]  ; @74
;;        3  ret ← v0:rax  ; @77
;;
;; function 6
;; ; v11 is at [rbp-8]
;; b0:
;;        0  args v11:rdi, v13:rdx, v10:rcx, v7:r8, v5:xmm0, v0:xmm1
;;        1  extend.zero32 v2 ← v13?
;;        2  load.plain.8 v4 [v11+80]  ; @7e
;;        3  aluimm.sub.8 v12=v4 ← v4 2  ; @7e
;;        4  cmp.8 ← v2, v12?  ; @7e
;;        5  trapcc.a memory-out-of-bounds  ; @7e
;;        6  load.plain.8 v1 [v11+72]  ; @7e
;;        7  store.1 ← v10 [v1+v2+1]  ; @7e
;;        8  aluimm.sub.8 v9=v4 ← v4 4  ; @85
;;        9  cmp.8 ← v2, v9?  ; @85
;;       10  trapcc.a memory-out-of-bounds  ; @85
;;       11  storeimm.2 [v1+v2+2] 7  ; @85
;;       12  aluimm.sub.8 v8=v4 ← v4 8  ; @8c
;;       13  cmp.8 ← v2, v8?  ; @8c
;;       14  trapcc.a memory-out-of-bounds  ; @8c
;;       15  store.4 ← v7 [v1+v2+4]  ; @8c
;;       16  aluimm.sub.8 v6=v4 ← v4 0xc  ; @93
;;       17  cmp.8 ← v2, v6?  ; @93
;;       18  trapcc.a memory-out-of-bounds  ; @93
;;       19  fstore.4 ← v5 [v1+v2+8]  ; @93
;;       20  aluimm.sub.8 v3=v4 ← v4 0x18  ; @9a
;;       21  cmp.8 ← v2, v3?  ; @9a
;;       22  trapcc.a memory-out-of-bounds  ; @9a
;;       23  fstore.8 ← v0 [v1+v2+16]  ; @9a
;;       24  ret  ; @9d
