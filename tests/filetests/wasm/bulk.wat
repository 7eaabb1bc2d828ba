;; A few bytes are loads and stores, other short stretches bulk_copy and bulk_fill, long ones a libcall; what is known to be
;; in the memory is not compared.
;; test opt
(module
  (memory 1) (memory $wide i64 1)
  (func $copy (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
  (func $copy_few (param i32 i32) (memory.copy (local.get 0) (local.get 1) (i32.const 21)))
  (func $copy_three (param i32) (memory.copy (i32.const 8) (local.get 0) (i32.const 3)))
  (func $copy_known (memory.copy (i32.const 8) (i32.const 100) (i32.const 8)))
  (func $copy_more (param i32) (memory.copy (i32.const 8) (local.get 0) (i32.const 100)))
  (func $copy_much (param i32) (memory.copy (i32.const 8) (local.get 0) (i32.const 5000)))
  (func $fill (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2)))
  (func $fill_few (param i32 i32) (memory.fill (local.get 0) (local.get 1) (i32.const 12)))
  (func $clear (param i32) (memory.fill (local.get 0) (i32.const 0) (i32.const 48)))
  (func $fill_wide (param i64 i64) (memory.fill $wide (local.get 0) (i32.const 1) (local.get 1))))
;; ---- opt
;; function 0 "copy" (i32, i32, i32) {
;;   sig0 = (i64, i32, i32, i64, i64, i64) -> (i32)
;;
;; block0(v0: i64, v1: i64, v2: i32, v3: i32, v4: i32):
;;   v5 = extend_u v4                                      ; @42
;;   v6 = extend_u v2                                      ; @42
;;   v7 = extend_u v3                                      ; @42
;;   v8 = load.i64 memdef0 [v0 + 88]                       ; @42
;;   v9 = add.i64 v6, v5                                   ; @42
;;   v10 = icmp.i64 gt_u v9, v8                            ; @42
;;   trap_if v10, memory-out-of-bounds                     ; @42
;;   v11 = add.i64 v7, v5                                  ; @42
;;   v12 = icmp.i64 gt_u v11, v8                           ; @42
;;   trap_if v12, memory-out-of-bounds                     ; @42
;;   v13 = load.i64 vmctx [v0 + 80]                        ; @42
;;   v14 = add.i64 v13, v6                                 ; @42
;;   v15 = add.i64 v13, v7                                 ; @42
;;   v16 = iconst.i64 512                                  ; @42
;;   v17 = icmp.i64 gt_u v5, v16                           ; @42
;;   brif v17, block1, block2                              ; @42
;;
;; block1 cold:
;;   v18 = iconst.i32 0                                    ; @42
;;   v20 = libcall memory_copy sig0(v0, v18, v18, v6, v7, v5)  ; @42
;;   v21 = iconst.i32 255                                  ; @42
;;   v22 = and.i32 v20, v21                                ; @42
;;   leave_unless v22                                      ; @42
;;   return                                                ; @46
;;
;; block2:
;;   bulk_copy v14, v15, v5                                ; @42
;;   return                                                ; @46
;;
;; block3:
;;   return                                                ; @46
;; }
;;
;; function 1 "copy_few" (i32, i32) {
;; block0(v0: i64, v1: i64, v2: i32, v3: i32):
;;   v4 = iconst.i32 21                                    ; @4d
;;   v5 = iconst.i64 21                                    ; @4f
;;   v6 = extend_u v2                                      ; @4f
;;   v7 = extend_u v3                                      ; @4f
;;   v8 = load.i64 memdef0 [v0 + 88]                       ; @4f
;;   v20 = iconst.i64 -21                                  ; @4f
;;   v10 = add.i64 v8, v20                                 ; @4f
;;   v11 = icmp.i64 gt_u v6, v10                           ; @4f
;;   trap_if v11, memory-out-of-bounds                     ; @4f
;;   v14 = icmp.i64 gt_u v7, v10                           ; @4f
;;   trap_if v14, memory-out-of-bounds                     ; @4f
;;   v15 = load.i64 vmctx [v0 + 80]                        ; @4f
;;   v16 = add.i64 v15, v6                                 ; @4f
;;   v17 = add.i64 v15, v7                                 ; @4f
;;   v18 = load.v128 heap0 [v17]                           ; @4f
;;   v19 = load.v128 heap0 [v17 + 5]                       ; @4f
;;   store.v128 heap0 [v16], v18                           ; @4f
;;   store.v128 heap0 [v16 + 5], v19                       ; @4f
;;   return                                                ; @53
;; }
;;
;; function 2 "copy_three" (i32) {
;; block0(v0: i64, v1: i64, v2: i32):
;;   v3 = iconst.i32 8                                     ; @56
;;   v4 = iconst.i32 3                                     ; @5a
;;   v5 = iconst.i64 3                                     ; @5c
;;   v6 = iconst.i64 8                                     ; @5c
;;   v7 = extend_u v2                                      ; @5c
;;   v8 = load.i64 memdef0 [v0 + 88]                       ; @5c
;;   v17 = iconst.i64 -3                                   ; @5c
;;   v10 = add.i64 v8, v17                                 ; @5c
;;   v11 = icmp.i64 gt_u v7, v10                           ; @5c
;;   trap_if v11, memory-out-of-bounds                     ; @5c
;;   v12 = load.i64 vmctx [v0 + 80]                        ; @5c
;;   v13 = add.i64 v12, v6                                 ; @5c
;;   v14 = add.i64 v12, v7                                 ; @5c
;;   v15 = load16_u.i32 heap0 [v14]                        ; @5c
;;   v16 = load16_u.i32 heap0 [v14 + 1]                    ; @5c
;;   store16.i32 heap0 [v12 + 8], v15                      ; @5c
;;   store16.i32 heap0 [v12 + 9], v16                      ; @5c
;;   return                                                ; @60
;; }
;;
;; function 3 "copy_known" () {
;; block0(v0: i64, v1: i64):
;;   v2 = iconst.i32 8                                     ; @63
;;   v3 = iconst.i32 100                                   ; @65
;;   v5 = iconst.i64 8                                     ; @6a
;;   v7 = iconst.i64 100                                   ; @6a
;;   v8 = load.i64 vmctx [v0 + 80]                         ; @6a
;;   v9 = add.i64 v8, v5                                   ; @6a
;;   v10 = add.i64 v8, v7                                  ; @6a
;;   v11 = load.i64 heap0 [v8 + 100]                       ; @6a
;;   store.i64 heap0 [v8 + 8], v11                         ; @6a
;;   return                                                ; @6e
;; }
;;
;; function 4 "copy_more" (i32) {
;; block0(v0: i64, v1: i64, v2: i32):
;;   v3 = iconst.i32 8                                     ; @71
;;   v4 = iconst.i32 100                                   ; @75
;;   v5 = iconst.i64 100                                   ; @78
;;   v6 = iconst.i64 8                                     ; @78
;;   v7 = extend_u v2                                      ; @78
;;   v8 = load.i64 memdef0 [v0 + 88]                       ; @78
;;   v15 = iconst.i64 -100                                 ; @78
;;   v10 = add.i64 v8, v15                                 ; @78
;;   v11 = icmp.i64 gt_u v7, v10                           ; @78
;;   trap_if v11, memory-out-of-bounds                     ; @78
;;   v12 = load.i64 vmctx [v0 + 80]                        ; @78
;;   v13 = add.i64 v12, v6                                 ; @78
;;   v14 = add.i64 v12, v7                                 ; @78
;;   bulk_copy v13, v14, v5                                ; @78
;;   return                                                ; @7c
;; }
;;
;; function 5 "copy_much" (i32) {
;;   sig0 = (i64, i32, i32, i64, i64, i64) -> (i32)
;;
;; block0(v0: i64, v1: i64, v2: i32):
;;   v3 = iconst.i32 8                                     ; @7f
;;   v4 = iconst.i32 5000                                  ; @83
;;   v5 = iconst.i64 5000                                  ; @86
;;   v6 = iconst.i64 8                                     ; @86
;;   v7 = extend_u v2                                      ; @86
;;   v8 = iconst.i32 0                                     ; @86
;;   v10 = libcall memory_copy sig0(v0, v8, v8, v6, v7, v5)  ; @86
;;   v11 = iconst.i32 255                                  ; @86
;;   v12 = and.i32 v10, v11                                ; @86
;;   leave_unless v12                                      ; @86
;;   return                                                ; @8a
;; }
;;
;; function 6 "fill" (i32, i32, i32) {
;;   sig0 = (i64, i32, i64, i32, i64) -> (i32)
;;
;; block0(v0: i64, v1: i64, v2: i32, v3: i32, v4: i32):
;;   v5 = extend_u v4                                      ; @93
;;   v6 = extend_u v2                                      ; @93
;;   v7 = load.i64 memdef0 [v0 + 88]                       ; @93
;;   v8 = add.i64 v6, v5                                   ; @93
;;   v9 = icmp.i64 gt_u v8, v7                             ; @93
;;   trap_if v9, memory-out-of-bounds                      ; @93
;;   v10 = load.i64 vmctx [v0 + 80]                        ; @93
;;   v11 = add.i64 v10, v6                                 ; @93
;;   v12 = iconst.i64 512                                  ; @93
;;   v13 = icmp.i64 gt_u v5, v12                           ; @93
;;   brif v13, block1, block2                              ; @93
;;
;; block1 cold:
;;   v14 = iconst.i32 0                                    ; @93
;;   v15 = libcall memory_fill sig0(v0, v14, v6, v3, v5)   ; @93
;;   v16 = iconst.i32 255                                  ; @93
;;   v17 = and.i32 v15, v16                                ; @93
;;   leave_unless v17                                      ; @93
;;   return                                                ; @96
;;
;; block2:
;;   bulk_fill v11, v3, v5                                 ; @93
;;   return                                                ; @96
;;
;; block3:
;;   return                                                ; @96
;; }
;;
;; function 7 "fill_few" (i32, i32) {
;; block0(v0: i64, v1: i64, v2: i32, v3: i32):
;;   v4 = iconst.i32 12                                    ; @9d
;;   v5 = iconst.i64 12                                    ; @9f
;;   v6 = extend_u v2                                      ; @9f
;;   v7 = load.i64 memdef0 [v0 + 88]                       ; @9f
;;   v18 = iconst.i64 -12                                  ; @9f
;;   v9 = add.i64 v7, v18                                  ; @9f
;;   v10 = icmp.i64 gt_u v6, v9                            ; @9f
;;   trap_if v10, memory-out-of-bounds                     ; @9f
;;   v11 = load.i64 vmctx [v0 + 80]                        ; @9f
;;   v12 = add.i64 v11, v6                                 ; @9f
;;   v13 = iconst.i32 255                                  ; @9f
;;   v14 = and.i32 v3, v13                                 ; @9f
;;   v15 = extend_u v14                                    ; @9f
;;   v16 = iconst.i64 0x101010101010101                    ; @9f
;;   v17 = mul.i64 v15, v16                                ; @9f
;;   store.i64 heap0 [v12], v17                            ; @9f
;;   store.i64 heap0 [v12 + 4], v17                        ; @9f
;;   return                                                ; @a2
;; }
;;
;; function 8 "clear" (i32) {
;; block0(v0: i64, v1: i64, v2: i32):
;;   v3 = iconst.i32 0                                     ; @a7
;;   v4 = iconst.i32 48                                    ; @a9
;;   v5 = iconst.i64 48                                    ; @ab
;;   v6 = extend_u v2                                      ; @ab
;;   v7 = load.i64 memdef0 [v0 + 88]                       ; @ab
;;   v14 = iconst.i64 -48                                  ; @ab
;;   v9 = add.i64 v7, v14                                  ; @ab
;;   v10 = icmp.i64 gt_u v6, v9                            ; @ab
;;   trap_if v10, memory-out-of-bounds                     ; @ab
;;   v11 = load.i64 vmctx [v0 + 80]                        ; @ab
;;   v12 = add.i64 v11, v6                                 ; @ab
;;   v13 = vconst 0x00000000000000000000000000000000       ; @ab
;;   store.v128 heap0 [v12], v13                           ; @ab
;;   store.v128 heap0 [v12 + 16], v13                      ; @ab
;;   store.v128 heap0 [v12 + 32], v13                      ; @ab
;;   return                                                ; @ae
;; }
;;
;; function 9 "fill_wide" (i64, i64) {
;;   sig0 = (i64, i32, i64, i32, i64) -> (i32)
;;
;; block0(v0: i64, v1: i64, v2: i64, v3: i64):
;;   v4 = iconst.i32 1                                     ; @b3
;;   v5 = load.i64 memdef1 [v0 + 104]                      ; @b7
;;   v6 = icmp.i64 gt_u v3, v5                             ; @b7
;;   trap_if v6, memory-out-of-bounds                      ; @b7
;;   v7 = sub.i64 v5, v3                                   ; @b7
;;   v8 = icmp.i64 gt_u v2, v7                             ; @b7
;;   trap_if v8, memory-out-of-bounds                      ; @b7
;;   v9 = load.i64 memdef1 [v0 + 96]                       ; @b7
;;   v10 = add.i64 v9, v2                                  ; @b7
;;   v11 = iconst.i64 512                                  ; @b7
;;   v12 = icmp.i64 gt_u v3, v11                           ; @b7
;;   brif v12, block1, block2                              ; @b7
;;
;; block1 cold:
;;   v14 = libcall memory_fill sig0(v0, v4, v2, v4, v3)    ; @b7
;;   v15 = iconst.i32 255                                  ; @b7
;;   v16 = and.i32 v14, v15                                ; @b7
;;   leave_unless v16                                      ; @b7
;;   return                                                ; @ba
;;
;; block2:
;;   bulk_fill v10, v4, v3                                 ; @b7
;;   return                                                ; @ba
;;
;; block3:
;;   return                                                ; @ba
;; }
