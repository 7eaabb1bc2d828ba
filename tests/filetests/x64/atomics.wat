;; What is locked, what is not, and what no access may move over. Lengths that were known before an atomic are read again.
;; test opt
;; test vcode
(module
  (memory 1 1) (memory $wide i64 1 2 shared)
  (func $load (param i32) (result i32) (i32.atomic.load offset=4 (local.get 0)))
  (func $store (param i32 i64) (i64.atomic.store16 (local.get 0) (local.get 1)))
  (func $add (param i32 i32) (result i32) (i32.atomic.rmw8.add_u (local.get 0) (local.get 1)))
  (func $sub (param i32 i64) (result i64) (i64.atomic.rmw.sub (local.get 0) (local.get 1)))
  (func $and (param i32 i64) (result i64) (i64.atomic.rmw32.and_u (local.get 0) (local.get 1)))
  (func $cmpxchg (param i32 i32 i32) (result i32) (i32.atomic.rmw16.cmpxchg_u (local.get 0) (local.get 1) (local.get 2)))
  (func $same (param i64) (result i64) (i64.atomic.rmw.sub $wide (local.get 0) (local.get 0)))
  (func $around (param i32) (result i32)
    (i32.store (i32.const 8) (local.get 0))
    (i32.atomic.store (i32.const 0) (i32.const 1))
    (i32.add (i32.load (i32.const 8)) (i32.add (i32.atomic.load (i32.const 0)) (i32.load (i32.const 8)))))
  (func $fence (result i32) (i32.store (i32.const 8) (i32.const 5)) atomic.fence (i32.load (i32.const 8)))
  (func $size (result i64) (i64.add (memory.size $wide) (memory.size $wide)))
  (func $wait (param i64) (result i32) (memory.atomic.wait64 $wide offset=8 (local.get 0) (i64.const 3) (i64.const -1)))
  (func $notify (param i32) (result i32) (memory.atomic.notify offset=8 (local.get 0) (i32.const 3))))
;; ---- opt
;; function 0 "load" (i32) -> (i32) {
;; block0(v0: i64, v1: i64, v2: i32):
;;   v3 = extend_u v2                                      ; @5a
;;   v4 = iconst.i64 4                                     ; @5a
;;   v5 = add.i64 v3, v4                                   ; @5a
;;   v6 = iconst.i64 3                                     ; @5a
;;   v7 = and.i64 v5, v6                                   ; @5a
;;   v8 = iconst.i64 0                                     ; @5a
;;   v9 = icmp.i64 ne v7, v8                               ; @5a
;;   trap_if v9, unaligned-atomic                          ; @5a
;;   v10 = load.i64 vmctx [v0 + 64]                        ; @5a
;;   v11 = load.i64 memdef0 [v10 + 8]                      ; @5a
;;   v12 = iconst.i64 8                                    ; @5a
;;   v19 = iconst.i64 -8                                   ; @5a
;;   v13 = add.i64 v11, v19                                ; @5a
;;   v14 = icmp.i64 gt_u v3, v13                           ; @5a
;;   trap_if v14, memory-out-of-bounds                     ; @5a
;;   v16 = load.i64 vmctx [v10]                            ; @5a
;;   v17 = add.i64 v16, v5                                 ; @5a
;;   v18 = atomic_load.i32 4 [v17]                         ; @5a
;;   return v18                                            ; @5e
;; }
;;
;; function 1 "store" (i32, i64) {
;; block0(v0: i64, v1: i64, v2: i32, v3: i64):
;;   v4 = extend_u v2                                      ; @65
;;   v5 = iconst.i64 1                                     ; @65
;;   v6 = and.i64 v4, v5                                   ; @65
;;   v7 = iconst.i64 0                                     ; @65
;;   v8 = icmp.i64 ne v6, v7                               ; @65
;;   trap_if v8, unaligned-atomic                          ; @65
;;   v9 = load.i64 vmctx [v0 + 64]                         ; @65
;;   v10 = load.i64 memdef0 [v9 + 8]                       ; @65
;;   v11 = iconst.i64 2                                    ; @65
;;   v17 = iconst.i64 -2                                   ; @65
;;   v12 = add.i64 v10, v17                                ; @65
;;   v13 = icmp.i64 gt_u v4, v12                           ; @65
;;   trap_if v13, memory-out-of-bounds                     ; @65
;;   v15 = load.i64 vmctx [v9]                             ; @65
;;   v16 = add.i64 v15, v4                                 ; @65
;;   atomic_store.i64 2 [v16], v3                          ; @65
;;   return                                                ; @69
;; }
;;
;; function 2 "add" (i32, i32) -> (i32) {
;; block0(v0: i64, v1: i64, v2: i32, v3: i32):
;;   v4 = extend_u v2                                      ; @70
;;   v5 = load.i64 vmctx [v0 + 64]                         ; @70
;;   v6 = load.i64 memdef0 [v5 + 8]                        ; @70
;;   v7 = iconst.i64 1                                     ; @70
;;   v14 = iconst.i64 -1                                   ; @70
;;   v8 = add.i64 v6, v14                                  ; @70
;;   v9 = icmp.i64 gt_u v4, v8                             ; @70
;;   trap_if v9, memory-out-of-bounds                      ; @70
;;   v11 = load.i64 vmctx [v5]                             ; @70
;;   v12 = add.i64 v11, v4                                 ; @70
;;   v13 = atomic_add.i32 1 [v12], v3                      ; @70
;;   return v13                                            ; @74
;; }
;;
;; function 3 "sub" (i32, i64) -> (i64) {
;; block0(v0: i64, v1: i64, v2: i32, v3: i64):
;;   v4 = extend_u v2                                      ; @7b
;;   v5 = iconst.i64 7                                     ; @7b
;;   v6 = and.i64 v4, v5                                   ; @7b
;;   v7 = iconst.i64 0                                     ; @7b
;;   v8 = icmp.i64 ne v6, v7                               ; @7b
;;   trap_if v8, unaligned-atomic                          ; @7b
;;   v9 = load.i64 vmctx [v0 + 64]                         ; @7b
;;   v10 = load.i64 memdef0 [v9 + 8]                       ; @7b
;;   v11 = iconst.i64 8                                    ; @7b
;;   v18 = iconst.i64 -8                                   ; @7b
;;   v12 = add.i64 v10, v18                                ; @7b
;;   v13 = icmp.i64 gt_u v4, v12                           ; @7b
;;   trap_if v13, memory-out-of-bounds                     ; @7b
;;   v15 = load.i64 vmctx [v9]                             ; @7b
;;   v16 = add.i64 v15, v4                                 ; @7b
;;   v17 = atomic_sub.i64 8 [v16], v3                      ; @7b
;;   return v17                                            ; @7f
;; }
;;
;; function 4 "and" (i32, i64) -> (i64) {
;; block0(v0: i64, v1: i64, v2: i32, v3: i64):
;;   v4 = extend_u v2                                      ; @86
;;   v5 = iconst.i64 3                                     ; @86
;;   v6 = and.i64 v4, v5                                   ; @86
;;   v7 = iconst.i64 0                                     ; @86
;;   v8 = icmp.i64 ne v6, v7                               ; @86
;;   trap_if v8, unaligned-atomic                          ; @86
;;   v9 = load.i64 vmctx [v0 + 64]                         ; @86
;;   v10 = load.i64 memdef0 [v9 + 8]                       ; @86
;;   v11 = iconst.i64 4                                    ; @86
;;   v18 = iconst.i64 -4                                   ; @86
;;   v12 = add.i64 v10, v18                                ; @86
;;   v13 = icmp.i64 gt_u v4, v12                           ; @86
;;   trap_if v13, memory-out-of-bounds                     ; @86
;;   v15 = load.i64 vmctx [v9]                             ; @86
;;   v16 = add.i64 v15, v4                                 ; @86
;;   v17 = atomic_and.i64 4 [v16], v3                      ; @86
;;   return v17                                            ; @8a
;; }
;;
;; function 5 "cmpxchg" (i32, i32, i32) -> (i32) {
;; block0(v0: i64, v1: i64, v2: i32, v3: i32, v4: i32):
;;   v5 = extend_u v2                                      ; @93
;;   v6 = iconst.i64 1                                     ; @93
;;   v7 = and.i64 v5, v6                                   ; @93
;;   v8 = iconst.i64 0                                     ; @93
;;   v9 = icmp.i64 ne v7, v8                               ; @93
;;   trap_if v9, unaligned-atomic                          ; @93
;;   v10 = load.i64 vmctx [v0 + 64]                        ; @93
;;   v11 = load.i64 memdef0 [v10 + 8]                      ; @93
;;   v12 = iconst.i64 2                                    ; @93
;;   v24 = iconst.i64 -2                                   ; @93
;;   v13 = add.i64 v11, v24                                ; @93
;;   v14 = icmp.i64 gt_u v5, v13                           ; @93
;;   trap_if v14, memory-out-of-bounds                     ; @93
;;   v16 = load.i64 vmctx [v10]                            ; @93
;;   v17 = add.i64 v16, v5                                 ; @93
;;   v18 = iconst.i32 16                                   ; @93
;;   v19 = shr_u.i32 v3, v18                               ; @93
;;   v20 = iconst.i32 0                                    ; @93
;;   v21 = icmp.i32 eq v19, v20                            ; @93
;;   v22 = select.i32 v21, v4, v3                          ; @93
;;   v23 = atomic_cmpxchg.i32 2 [v17], v3, v22             ; @93
;;   return v23                                            ; @97
;; }
;;
;; function 6 "same" (i64) -> (i64) {
;; block0(v0: i64, v1: i64, v2: i64):
;;   v3 = iconst.i64 7                                     ; @9e
;;   v4 = and.i64 v2, v3                                   ; @9e
;;   v5 = iconst.i64 0                                     ; @9e
;;   v6 = icmp.i64 ne v4, v5                               ; @9e
;;   trap_if v6, unaligned-atomic                          ; @9e
;;   v7 = load.i64 vmctx [v0 + 72]                         ; @9e
;;   v8 = load.i64 memdef1 [v7 + 8]                        ; @9e
;;   v9 = iconst.i64 8                                     ; @9e
;;   v16 = iconst.i64 -8                                   ; @9e
;;   v10 = add.i64 v8, v16                                 ; @9e
;;   v11 = icmp.i64 gt_u v2, v10                           ; @9e
;;   trap_if v11, memory-out-of-bounds                     ; @9e
;;   v13 = load.i64 memdef1 [v7]                           ; @9e
;;   v14 = add.i64 v13, v2                                 ; @9e
;;   v15 = atomic_sub.i64 8 [v14], v2                      ; @9e
;;   return v15                                            ; @a3
;; }
;;
;; function 7 "around" (i32) -> (i32) {
;; block0(v0: i64, v1: i64, v2: i32):
;;   v3 = iconst.i32 8                                     ; @a6
;;   v4 = load.i64 vmctx [v0 + 64]                         ; @aa
;;   v5 = load.i64 vmctx [v4]                              ; @aa
;;   store.i32 heap0 [v5 + 8], v2                          ; @aa
;;   v6 = iconst.i32 0                                     ; @ad
;;   v7 = iconst.i32 1                                     ; @af
;;   v8 = iconst.i64 0                                     ; @b1
;;   v9 = iconst.i64 3                                     ; @b1
;;   v14 = load.i64 memdef0 [v4 + 8]                       ; @b1
;;   v15 = iconst.i64 4                                    ; @b1
;;   v38 = iconst.i64 -4                                   ; @b1
;;   v16 = add.i64 v14, v38                                ; @b1
;;   atomic_store.i32 4 [v5], v7                           ; @b1
;;   v20 = load.i32 heap0 [v5 + 8]                         ; @b7
;;   v28 = load.i64 memdef0 [v4 + 8]                       ; @bc
;;   v30 = add.i64 v28, v38                                ; @bc
;;   v33 = atomic_load.i32 4 [v5]                          ; @bc
;;   v35 = load.i32 heap0 [v5 + 8]                         ; @c2
;;   v36 = add.i32 v33, v35                                ; @c5
;;   v37 = add.i32 v20, v36                                ; @c6
;;   return v37                                            ; @c7
;; }
;;
;; function 8 "fence" () -> (i32) {
;; block0(v0: i64, v1: i64):
;;   v2 = iconst.i32 8                                     ; @ca
;;   v3 = iconst.i32 5                                     ; @cc
;;   v4 = load.i64 vmctx [v0 + 64]                         ; @ce
;;   v5 = load.i64 vmctx [v4]                              ; @ce
;;   store.i32 heap0 [v5 + 8], v3                          ; @ce
;;   atomic_fence                                          ; @d1
;;   v7 = load.i32 heap0 [v5 + 8]                          ; @d6
;;   return v7                                             ; @d9
;; }
;;
;; function 9 "size" () -> (i64) {
;; block0(v0: i64, v1: i64):
;;   atomic_fence                                          ; @dc
;;   v2 = load.i64 vmctx [v0 + 72]                         ; @dc
;;   v3 = load.i64 memdef1 [v2 + 8]                        ; @dc
;;   v4 = iconst.i64 16                                    ; @dc
;;   v5 = shr_u.i64 v3, v4                                 ; @dc
;;   atomic_fence                                          ; @de
;;   v7 = load.i64 memdef1 [v2 + 8]                        ; @de
;;   v9 = shr_u.i64 v7, v4                                 ; @de
;;   v10 = add.i64 v5, v9                                  ; @e0
;;   return v10                                            ; @e1
;; }
;;
;; function 10 "wait" (i64) -> (i32) {
;;   sig0 = (i64, i32, i64, i64, i64) -> (i64)
;;
;; block0(v0: i64, v1: i64, v2: i64):
;;   v3 = iconst.i64 3                                     ; @e6
;;   v4 = iconst.i64 -1                                    ; @e8
;;   v5 = iconst.i32 1                                     ; @ea
;;   v6 = iconst.i64 8                                     ; @ea
;;   v7 = add.i64 v2, v6                                   ; @ea
;;   v8 = icmp.i64 lt_u v7, v6                             ; @ea
;;   v9 = iconst.i64 -16                                   ; @ea
;;   v10 = or.i64 v7, v9                                   ; @ea
;;   v11 = select.i64 v8, v10, v7                          ; @ea
;;   v12 = libcall memory_atomic_wait64 sig0(v0, v5, v11, v3, v4)  ; @ea
;;   v13 = iconst.i64 -2                                   ; @ea
;;   v14 = icmp.i64 eq v12, v13                            ; @ea
;;   leave_if v14                                          ; @ea
;;   v15 = wrap v12                                        ; @ea
;;   return v15                                            ; @ef
;; }
;;
;; function 11 "notify" (i32) -> (i32) {
;;   sig0 = (i64, i32, i64, i32) -> (i64)
;;
;; block0(v0: i64, v1: i64, v2: i32):
;;   v3 = iconst.i32 3                                     ; @f4
;;   v4 = iconst.i32 0                                     ; @f6
;;   v5 = extend_u v2                                      ; @f6
;;   v6 = iconst.i64 8                                     ; @f6
;;   v7 = add.i64 v5, v6                                   ; @f6
;;   v8 = libcall memory_atomic_notify sig0(v0, v4, v7, v3)  ; @f6
;;   v9 = iconst.i64 -2                                    ; @f6
;;   v10 = icmp.i64 eq v8, v9                              ; @f6
;;   leave_if v10                                          ; @f6
;;   v11 = wrap v8                                         ; @f6
;;   return v11                                            ; @fa
;; }
;; ---- vcode
;; function 0
;; ; v6 is at [rbp-8]
;; b0:
;;        0  args v6:rdi, v8:rdx
;;        1  extend.zero32 v2 ← v8?
;;        2  lea.8 v7 [v2+4]  ; @5a
;;        3  testimm.1 ← v7 3  ; @5a
;;        4  trapcc.ne unaligned-atomic  ; @5a
;;        5  load.plain.8 v3 [v6+64]  ; @5a
;;        6  load.plain.8 v5 [v3+8]  ; @5a
;;        7  aluimm.add.8 v4=v5 ← v5 0xfffffffffffffff8  ; @5a
;;        8  cmp.8 ← v2, v4?  ; @5a
;;        9  trapcc.a memory-out-of-bounds  ; @5a
;;       10  load.plain.8 v1 [v3]  ; @5a
;;       11  load.plain.4 v0 [v1+v2+4]  ; @5a
;;       12  ret ← v0:rax  ; @5e
;;
;; function 1
;; ; v7 is at [rbp-8]
;; b0:
;;        0  args v7:rdi, v8:rdx, v0:rcx
;;        1  extend.zero32 v2 ← v8?
;;        2  testimm.1 ← v2 1  ; @65
;;        3  trapcc.ne unaligned-atomic  ; @65
;;        4  load.plain.8 v4 [v7+64]  ; @65
;;        5  load.plain.8 v6 [v4+8]  ; @65
;;        6  aluimm.add.8 v5=v6 ← v6 0xfffffffffffffffe  ; @65
;;        7  cmp.8 ← v2, v5?  ; @65
;;        8  trapcc.a memory-out-of-bounds  ; @65
;;        9  load.plain.8 v1 [v4]  ; @65
;;       10  xadd.2 v3=v0 ← v0 [v1+v2]  ; @65
;;       11  ret  ; @69
;;
;; function 2
;; ; v8 is at [rbp-8]
;; b0:
;;        0  args v8:rdi, v9:rdx, v1:rcx
;;        1  extend.zero32 v3 ← v9?
;;        2  load.plain.8 v5 [v8+64]  ; @70
;;        3  load.plain.8 v7 [v5+8]  ; @70
;;        4  aluimm.add.8 v6=v7 ← v7 0xffffffffffffffff  ; @70
;;        5  cmp.8 ← v3, v6?  ; @70
;;        6  trapcc.a memory-out-of-bounds  ; @70
;;        7  load.plain.8 v2 [v5]  ; @70
;;        8  xadd.1 v4=v1 ← v1 [v2+v3]  ; @70
;;        9  extend.zero8 v0 ← v4?  ; @70
;;       10  ret ← v0:rax  ; @74
;;
;; function 3
;; ; v9 is at [rbp-8]
;; b0:
;;        0  args v9:rdi, v10:rdx, v1:rcx
;;        1  extend.zero32 v3 ← v10?
;;        2  testimm.1 ← v3 7  ; @7b
;;        3  trapcc.ne unaligned-atomic  ; @7b
;;        4  load.plain.8 v6 [v9+64]  ; @7b
;;        5  load.plain.8 v8 [v6+8]  ; @7b
;;        6  aluimm.add.8 v7=v8 ← v8 0xfffffffffffffff8  ; @7b
;;        7  cmp.8 ← v3, v7?  ; @7b
;;        8  trapcc.a memory-out-of-bounds  ; @7b
;;        9  load.plain.8 v2 [v6]  ; @7b
;;       10  unary.neg.8 v5=v1 ← v1  ; @7b
;;       11  xadd.8 v4=v5 ← v5 [v2+v3]  ; @7b
;;       12  mov v0 ← v4?  ; @7b
;;       13  ret ← v0:rax  ; @7f
;;
;; function 4
;; ; v9 is at [rbp-8]
;; b0:
;;        0  args v9:rdi, v10:rdx, v1:rcx
;;        1  extend.zero32 v3 ← v10?
;;        2  testimm.1 ← v3 3  ; @86
;;        3  trapcc.ne unaligned-atomic  ; @86
;;        4  load.plain.8 v6 [v9+64]  ; @86
;;        5  load.plain.8 v8 [v6+8]  ; @86
;;        6  aluimm.add.8 v7=v8 ← v8 0xfffffffffffffffc  ; @86
;;        7  cmp.8 ← v3, v7?  ; @86
;;        8  trapcc.a memory-out-of-bounds  ; @86
;;        9  load.plain.8 v2 [v6]  ; @86
;;       10  rmwloop.and.4 v4:rax, v5 early ← v1 late [v2+v3]  ; @86
;;       11  extend.zero32 v0 ← v4?  ; @86
;;       12  ret ← v0:rax  ; @8a
;;
;; function 5
;; ; v11 is at [rbp-8]
;; b0:
;;        0  args v11:rdi, v12:rdx, v1:rcx, v6:r8
;;        1  extend.zero32 v4 ← v12?
;;        2  testimm.1 ← v4 1  ; @93
;;        3  trapcc.ne unaligned-atomic  ; @93
;;        4  load.plain.8 v8 [v11+64]  ; @93
;;        5  load.plain.8 v10 [v8+8]  ; @93
;;        6  aluimm.add.8 v9=v10 ← v10 0xfffffffffffffffe  ; @93
;;        7  cmp.8 ← v4, v9?  ; @93
;;        8  trapcc.a memory-out-of-bounds  ; @93
;;        9  load.plain.8 v3 [v8]  ; @93
;;       10  shiftimm.shr.4 v7=v1 ← v1 0x10  ; @93
;;       11  test.4 ← v7, v7  ; @93
;;       12  cmov.e.4 v2=v1 ← v1, v6?  ; @93
;;       13  cmpxchg.2 v5:rax ← v1:rax, v2 [v3+v4]  ; @93
;;       14  extend.zero16 v0 ← v5?  ; @93
;;       15  ret ← v0:rax  ; @97
;;
;; function 6
;; ; v8 is at [rbp-8]
;; b0:
;;        0  args v8:rdi, v1:rdx
;;        1  testimm.1 ← v1 7  ; @9e
;;        2  trapcc.ne unaligned-atomic  ; @9e
;;        3  load.plain.8 v5 [v8+72]  ; @9e
;;        4  load.plain.8 v7 [v5+8]  ; @9e
;;        5  aluimm.add.8 v6=v7 ← v7 0xfffffffffffffff8  ; @9e
;;        6  cmp.8 ← v1, v6?  ; @9e
;;        7  trapcc.a memory-out-of-bounds  ; @9e
;;        8  load.plain.8 v2 [v5]  ; @9e
;;        9  unary.neg.8 v4=v1 ← v1  ; @9e
;;       10  xadd.8 v3=v4 ← v4 [v2+v1]  ; @9e
;;       11  mov v0 ← v3?  ; @9e
;;       12  ret ← v0:rax  ; @a3
;;
;; function 7
;; ; v9 is at [rbp-8]
;; b0:
;;        0  args v9:rdi, v7:rdx
;;        1  load.plain.8 v8 [v9+64]  ; @aa
;;        2  load.plain.8 v3 [v8]  ; @aa
;;        3  store.4 ← v7 [v3+8]  ; @aa
;;        4  imm.4 v5 1  ; @b1
;;        5  xadd.4 v6=v5 ← v5 [v3]  ; @b1
;;        6  load.plain.4 v1 [v3+8]  ; @b7
;;        7  load.plain.4 v4 [v3]  ; @bc
;;        8  alumem.add.4 v2=v4 ← v4 [v3+8]  ; @c5
;;        9  alu.add.4 v0=v1 ← v1, v2?  ; @c6
;;       10  ret ← v0:rax  ; @c7
;;
;; function 8
;; ; v3 is at [rbp-8]
;; b0:
;;        0  args v3:rdi
;;        1  load.plain.8 v2 [v3+64]  ; @ce
;;        2  load.plain.8 v1 [v2]  ; @ce
;;        3  storeimm.4 [v1+8] 5  ; @ce
;;        4  fence  ; @d1
;;        5  load.plain.4 v0 [v1+8]  ; @d6
;;        6  ret ← v0:rax  ; @d9
;;
;; function 9
;; ; v6 is at [rbp-8]
;; b0:
;;        0  args v6:rdi
;;        1  fence  ; @dc
;;        2  load.plain.8 v4 [v6+72]  ; @dc
;;        3  load.plain.8 v5 [v4+8]  ; @dc
;;        4  shiftimm.shr.8 v1=v5 ← v5 0x10  ; @dc
;;        5  fence  ; @de
;;        6  load.plain.8 v3 [v4+8]  ; @de
;;        7  shiftimm.shr.8 v2=v3 ← v3 0x10  ; @de
;;        8  alu.add.8 v0=v1 ← v1, v2?  ; @e0
;;        9  ret ← v0:rax  ; @e1
;;
;; function 10
;; ; v1 is at [rbp-8]
;; b0:
;;        0  args v1:rdi, v8:rdx
;;        1  aluimm.add.8 v7=v8 ← v8 8  ; @ea
;;        2  aluimm.or.8 v6=v7 ← v7 0xfffffffffffffff0  ; @ea
;;        3  cmpimm.8 ← v7? 8  ; @ea
;;        4  cmov.b.8 v3=v7 ← v7, v6?  ; @ea
;;        5  imm.4 v2 1  ; @ea
;;        6  imm.8 v4 3  ; @ea
;;        7  imm.8 v5 0xffffffffffffffff  ; @ea
;;        8  libcall v0:rax ← v1:rdi, v2:rsi, v3:rdx, v4:rcx, v5:r8 memory_atomic_wait64  ; @ea
;;        9  cmpimm.8 ← v0? 0xfffffffffffffffe  ; @ea
;;       10  leave.e  ; @ea
;;       11  ret ← v0:rax  ; @ef
;;
;; function 11
;; ; v1 is at [rbp-8]
;; b0:
;;        0  args v1:rdi, v6:rdx
;;        1  extend.zero32 v5 ← v6?
;;        2  aluimm.add.8 v3=v5 ← v5 8  ; @f6
;;        3  imm.4 v2 0  ; @f6
;;        4  imm.4 v4 3  ; @f6
;;        5  libcall v0:rax ← v1:rdi, v2:rsi, v3:rdx, v4:rcx memory_atomic_notify  ; @f6
;;        6  cmpimm.8 ← v0? 0xfffffffffffffffe  ; @f6
;;        7  leave.e  ; @f6
;;        8  ret ← v0:rax  ; @fa
