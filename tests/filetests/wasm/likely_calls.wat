;; Calls through references of which a profile says that function 0 is the only one they were seen to reach.
;; test print likely=0
;; test opt likely=0
;; test opt fuel likely=2
(module
  (type $unary (func (param i32) (result i32)))
  (table 4 4 funcref)
  (elem (i32.const 0) $inc $other)
  (func $inc (type $unary) (i32.add (local.get 0) (i32.const 1)))
  (func $other (param i64))
  (func $by_table (export "by_table") (param i32 i32) (result i32)
    (call_indirect (type $unary) (local.get 1) (local.get 0)))
  (func $by_ref (param i32 (ref null $unary)) (result i32) (call_ref $unary (local.get 0) (local.get 1)))
  (func $tail (param i32 i32) (result i32)
    (return_call_indirect (type $unary) (local.get 1) (local.get 0))))
;; ---- print likely=0
;; function 0 "inc" (i32) -> (i32) {
;; block0(v0: i64, v1: i64, v2: i32):
;;   v3 = iconst.i32 1                                     ; @4f
;;   v4 = add.i32 v2, v3                                   ; @51
;;   return v4                                             ; @52
;; }
;;
;; function 1 "other" (i64) {
;; block0(v0: i64, v1: i64, v2: i64):
;;   return                                                ; @55
;; }
;;
;; function 2 "by_table" (i32, i32) -> (i32) {
;;   sig0 = (i32) -> (i32)
;;   sig1 = (i64, i32, i64) -> (i64)
;;
;; block0(v0: i64, v1: i64, v2: i32, v3: i32):
;;   v4 = extend_u v2                                      ; @5c
;;   v5 = iconst.i64 4                                     ; @5c
;;   v6 = icmp.i64 ge_u v4, v5                             ; @5c
;;   trap_if v6, undefined-element                         ; @5c
;;   v7 = load.i64 vmctx [v0 + 64]                         ; @5c
;;   v8 = iconst.i64 3                                     ; @5c
;;   v9 = shl.i64 v4, v8                                   ; @5c
;;   v10 = add.i64 v7, v9                                  ; @5c
;;   v11 = load.i64 table0 [v10]                           ; @5c
;;   v12 = sub.i64 v11, v0                                 ; @5c
;;   v13 = iconst.i64 81                                   ; @5c
;;   v14 = icmp.i64 ne v12, v13                            ; @5c
;;   brif v14, block3, block1                              ; @5c
;;
;; block1:
;;   v15 = call fn0 sig0(v3)                               ; @5c
;;   jump block2(v15)                                      ; @5c
;;
;; block3 cold:
;;   v16 = iconst.i64 -2                                   ; @5c
;;   v17 = and.i64 v11, v16                                ; @5c
;;   v18 = iconst.i64 0                                    ; @5c
;;   v19 = icmp.i64 eq v17, v18                            ; @5c
;;   brif v19, block4, block5(v17)                         ; @5c
;;
;; block4 cold:
;;   v20 = iconst.i32 0                                    ; @5c
;;   v21 = libcall table_get_lazy sig1(v0, v20, v4)        ; @5c
;;   v22 = iconst.i64 0                                    ; @5c
;;   v23 = icmp.i64 eq v21, v22                            ; @5c
;;   trap_if v23, uninitialized-element                    ; @5c
;;   jump block5(v21)                                      ; @5c
;;
;; block5(v24: i64) cold:
;;   v25 = load.i32 funcref [v24 + 24]                     ; @5c
;;   v26 = load.i64 vmctx [v0 + 40]                        ; @5c
;;   v27 = load.i32 vmctx [v26]                            ; @5c
;;   v28 = icmp.i32 ne v25, v27                            ; @5c
;;   trap_if v28, indirect-call-type                       ; @5c
;;   v29 = load.i64 funcref [v24 + 16]                     ; @5c
;;   v30 = load.i64 funcref [v24 + 32]                     ; @5c
;;   v31 = call_indirect sig0(v29, v30, v3)                ; @5c
;;   jump block2(v31)                                      ; @5c
;;
;; block2(v32: i32):
;;   return v32                                            ; @5f
;; }
;;
;; function 3 "by_ref" (i32, i64) -> (i32) {
;;   sig0 = (i32) -> (i32)
;;
;; block0(v0: i64, v1: i64, v2: i32, v3: i64):
;;   v4 = sub.i64 v3, v0                                   ; @66
;;   v5 = iconst.i64 80                                    ; @66
;;   v6 = icmp.i64 ne v4, v5                               ; @66
;;   brif v6, block3, block1                               ; @66
;;
;; block1:
;;   v7 = call fn0 sig0(v2)                                ; @66
;;   jump block2(v7)                                       ; @66
;;
;; block3 cold:
;;   v8 = iconst.i64 0                                     ; @66
;;   v9 = icmp.i64 eq v3, v8                               ; @66
;;   trap_if v9, null-function-reference                   ; @66
;;   v10 = load.i64 funcref [v3 + 16]                      ; @66
;;   v11 = load.i64 funcref [v3 + 32]                      ; @66
;;   v12 = call_indirect sig0(v10, v11, v2)                ; @66
;;   jump block2(v12)                                      ; @66
;;
;; block2(v13: i32):
;;   return v13                                            ; @68
;; }
;;
;; function 4 "tail" (i32, i32) -> (i32) {
;;   sig0 = (i32) -> (i32)
;;   sig1 = (i64, i32, i64) -> (i64)
;;
;; block0(v0: i64, v1: i64, v2: i32, v3: i32):
;;   v4 = extend_u v2                                      ; @6f
;;   v5 = iconst.i64 4                                     ; @6f
;;   v6 = icmp.i64 ge_u v4, v5                             ; @6f
;;   trap_if v6, undefined-element                         ; @6f
;;   v7 = load.i64 vmctx [v0 + 64]                         ; @6f
;;   v8 = iconst.i64 3                                     ; @6f
;;   v9 = shl.i64 v4, v8                                   ; @6f
;;   v10 = add.i64 v7, v9                                  ; @6f
;;   v11 = load.i64 table0 [v10]                           ; @6f
;;   v12 = sub.i64 v11, v0                                 ; @6f
;;   v13 = iconst.i64 81                                   ; @6f
;;   v14 = icmp.i64 ne v12, v13                            ; @6f
;;   brif v14, block2, block1                              ; @6f
;;
;; block1:
;;   return_call fn0 sig0(v3)                              ; @6f
;;
;; block2 cold:
;;   v15 = iconst.i64 -2                                   ; @6f
;;   v16 = and.i64 v11, v15                                ; @6f
;;   v17 = iconst.i64 0                                    ; @6f
;;   v18 = icmp.i64 eq v16, v17                            ; @6f
;;   brif v18, block3, block4(v16)                         ; @6f
;;
;; block3 cold:
;;   v19 = iconst.i32 0                                    ; @6f
;;   v20 = libcall table_get_lazy sig1(v0, v19, v4)        ; @6f
;;   v21 = iconst.i64 0                                    ; @6f
;;   v22 = icmp.i64 eq v20, v21                            ; @6f
;;   trap_if v22, uninitialized-element                    ; @6f
;;   jump block4(v20)                                      ; @6f
;;
;; block4(v23: i64) cold:
;;   v24 = load.i32 funcref [v23 + 24]                     ; @6f
;;   v25 = load.i64 vmctx [v0 + 40]                        ; @6f
;;   v26 = load.i32 vmctx [v25]                            ; @6f
;;   v27 = icmp.i32 ne v24, v26                            ; @6f
;;   trap_if v27, indirect-call-type                       ; @6f
;;   v28 = load.i64 funcref [v23 + 16]                     ; @6f
;;   v29 = load.i64 funcref [v23 + 32]                     ; @6f
;;   return_call_indirect sig0(v28, v29, v3)               ; @6f
;; }
;; ---- opt likely=0
;; function 0 "inc" (i32) -> (i32) {
;; block0(v0: i64, v1: i64, v2: i32):
;;   v3 = iconst.i32 1                                     ; @4f
;;   v4 = add.i32 v2, v3                                   ; @51
;;   return v4                                             ; @52
;; }
;;
;; function 1 "other" (i64) {
;; block0(v0: i64, v1: i64, v2: i64):
;;   return                                                ; @55
;; }
;;
;; function 2 "by_table" (i32, i32) -> (i32) {
;;   sig0 = (i32) -> (i32)
;;   sig1 = (i64, i32, i64) -> (i64)
;;
;; block0(v0: i64, v1: i64, v2: i32, v3: i32):
;;   v4 = extend_u v2                                      ; @5c
;;   v5 = iconst.i64 4                                     ; @5c
;;   v6 = icmp.i64 ge_u v4, v5                             ; @5c
;;   trap_if v6, undefined-element                         ; @5c
;;   v7 = load.i64 vmctx [v0 + 64]                         ; @5c
;;   v8 = iconst.i64 3                                     ; @5c
;;   v9 = shl.i64 v4, v8                                   ; @5c
;;   v10 = add.i64 v7, v9                                  ; @5c
;;   v11 = load.i64 table0 [v10]                           ; @5c
;;   v12 = sub.i64 v11, v0                                 ; @5c
;;   v13 = iconst.i64 81                                   ; @5c
;;   v14 = icmp.i64 ne v12, v13                            ; @5c
;;   brif v14, block3, block1                              ; @5c
;;
;; block1:
;;   v15 = call fn0 sig0(v3)                               ; @5c
;;   return v15                                            ; @5f
;;
;; block3 cold:
;;   v16 = iconst.i64 -2                                   ; @5c
;;   v17 = and.i64 v11, v16                                ; @5c
;;   v18 = iconst.i64 0                                    ; @5c
;;   v19 = icmp.i64 eq v17, v18                            ; @5c
;;   brif v19, block4, block5(v17)                         ; @5c
;;
;; block4 cold:
;;   v20 = iconst.i32 0                                    ; @5c
;;   v21 = libcall table_get_lazy sig1(v0, v20, v4)        ; @5c
;;   v23 = icmp.i64 eq v21, v18                            ; @5c
;;   trap_if v23, uninitialized-element                    ; @5c
;;   jump block5(v21)                                      ; @5c
;;
;; block5(v24: i64) cold:
;;   v25 = load.i32 funcref [v24 + 24]                     ; @5c
;;   v26 = load.i64 vmctx [v0 + 40]                        ; @5c
;;   v27 = load.i32 vmctx [v26]                            ; @5c
;;   v28 = icmp.i32 ne v25, v27                            ; @5c
;;   trap_if v28, indirect-call-type                       ; @5c
;;   v29 = load.i64 funcref [v24 + 16]                     ; @5c
;;   v30 = load.i64 funcref [v24 + 32]                     ; @5c
;;   v31 = call_indirect sig0(v29, v30, v3)                ; @5c
;;   return v31                                            ; @5f
;;
;; block2(v32: i32):
;;   return v32                                            ; @5f
;; }
;;
;; function 3 "by_ref" (i32, i64) -> (i32) {
;;   sig0 = (i32) -> (i32)
;;
;; block0(v0: i64, v1: i64, v2: i32, v3: i64):
;;   v4 = sub.i64 v3, v0                                   ; @66
;;   v5 = iconst.i64 80                                    ; @66
;;   v6 = icmp.i64 ne v4, v5                               ; @66
;;   brif v6, block3, block1                               ; @66
;;
;; block1:
;;   v7 = call fn0 sig0(v2)                                ; @66
;;   return v7                                             ; @68
;;
;; block3 cold:
;;   v8 = iconst.i64 0                                     ; @66
;;   v9 = icmp.i64 eq v3, v8                               ; @66
;;   trap_if v9, null-function-reference                   ; @66
;;   v10 = load.i64 funcref [v3 + 16]                      ; @66
;;   v11 = load.i64 funcref [v3 + 32]                      ; @66
;;   v12 = call_indirect sig0(v10, v11, v2)                ; @66
;;   return v12                                            ; @68
;;
;; block2(v13: i32):
;;   return v13                                            ; @68
;; }
;;
;; function 4 "tail" (i32, i32) -> (i32) {
;;   sig0 = (i32) -> (i32)
;;   sig1 = (i64, i32, i64) -> (i64)
;;
;; block0(v0: i64, v1: i64, v2: i32, v3: i32):
;;   v4 = extend_u v2                                      ; @6f
;;   v5 = iconst.i64 4                                     ; @6f
;;   v6 = icmp.i64 ge_u v4, v5                             ; @6f
;;   trap_if v6, undefined-element                         ; @6f
;;   v7 = load.i64 vmctx [v0 + 64]                         ; @6f
;;   v8 = iconst.i64 3                                     ; @6f
;;   v9 = shl.i64 v4, v8                                   ; @6f
;;   v10 = add.i64 v7, v9                                  ; @6f
;;   v11 = load.i64 table0 [v10]                           ; @6f
;;   v12 = sub.i64 v11, v0                                 ; @6f
;;   v13 = iconst.i64 81                                   ; @6f
;;   v14 = icmp.i64 ne v12, v13                            ; @6f
;;   brif v14, block2, block1                              ; @6f
;;
;; block1:
;;   return_call fn0 sig0(v3)                              ; @6f
;;
;; block2 cold:
;;   v15 = iconst.i64 -2                                   ; @6f
;;   v16 = and.i64 v11, v15                                ; @6f
;;   v17 = iconst.i64 0                                    ; @6f
;;   v18 = icmp.i64 eq v16, v17                            ; @6f
;;   brif v18, block3, block4(v16)                         ; @6f
;;
;; block3 cold:
;;   v19 = iconst.i32 0                                    ; @6f
;;   v20 = libcall table_get_lazy sig1(v0, v19, v4)        ; @6f
;;   v22 = icmp.i64 eq v20, v17                            ; @6f
;;   trap_if v22, uninitialized-element                    ; @6f
;;   jump block4(v20)                                      ; @6f
;;
;; block4(v23: i64) cold:
;;   v24 = load.i32 funcref [v23 + 24]                     ; @6f
;;   v25 = load.i64 vmctx [v0 + 40]                        ; @6f
;;   v26 = load.i32 vmctx [v25]                            ; @6f
;;   v27 = icmp.i32 ne v24, v26                            ; @6f
;;   trap_if v27, indirect-call-type                       ; @6f
;;   v28 = load.i64 funcref [v23 + 16]                     ; @6f
;;   v29 = load.i64 funcref [v23 + 32]                     ; @6f
;;   return_call_indirect sig0(v28, v29, v3)               ; @6f
;; }
;; ---- opt fuel likely=2
;; function 0 "inc" (i32) -> (i32) {
;; block0(v0: i64, v1: i64, v2: i32):
;;   fuel 3                                                ; @4d
;;   v3 = iconst.i32 1                                     ; @4f
;;   v4 = add.i32 v2, v3                                   ; @51
;;   return v4                                             ; @52
;; }
;;
;; function 1 "other" (i64) {
;; block0(v0: i64, v1: i64, v2: i64):
;;   fuel 0                                                ; @55
;;   return                                                ; @55
;; }
;;
;; function 2 "by_table" (i32, i32) -> (i32) {
;;   sig0 = (i64, i32, i64) -> (i64)
;;   sig1 = (i32) -> (i32)
;;
;; block0(v0: i64, v1: i64, v2: i32, v3: i32):
;;   fuel 3                                                ; @58
;;   v4 = extend_u v2                                      ; @5c
;;   v5 = iconst.i64 4                                     ; @5c
;;   v6 = icmp.i64 ge_u v4, v5                             ; @5c
;;   trap_if v6, undefined-element                         ; @5c
;;   v7 = load.i64 vmctx [v0 + 64]                         ; @5c
;;   v8 = iconst.i64 3                                     ; @5c
;;   v9 = shl.i64 v4, v8                                   ; @5c
;;   v10 = add.i64 v7, v9                                  ; @5c
;;   v11 = load.i64 table0 [v10]                           ; @5c
;;   v12 = iconst.i64 -2                                   ; @5c
;;   v13 = and.i64 v11, v12                                ; @5c
;;   v14 = iconst.i64 0                                    ; @5c
;;   v15 = icmp.i64 eq v13, v14                            ; @5c
;;   brif v15, block1, block2(v13)                         ; @5c
;;
;; block1 cold:
;;   v16 = iconst.i32 0                                    ; @5c
;;   v17 = libcall table_get_lazy sig0(v0, v16, v4)        ; @5c
;;   v19 = icmp.i64 eq v17, v14                            ; @5c
;;   trap_if v19, uninitialized-element                    ; @5c
;;   jump block2(v17)                                      ; @5c
;;
;; block2(v20: i64):
;;   v21 = load.i32 funcref [v20 + 24]                     ; @5c
;;   v22 = load.i64 vmctx [v0 + 40]                        ; @5c
;;   v23 = load.i32 vmctx [v22]                            ; @5c
;;   v24 = icmp.i32 ne v21, v23                            ; @5c
;;   trap_if v24, indirect-call-type                       ; @5c
;;   v25 = load.i64 funcref [v20 + 16]                     ; @5c
;;   v26 = load.i64 funcref [v20 + 32]                     ; @5c
;;   v27 = call_indirect sig1(v25, v26, v3)                ; @5c
;;   return v27                                            ; @5f
;; }
;;
;; function 3 "by_ref" (i32, i64) -> (i32) {
;;   sig0 = (i32) -> (i32)
;;
;; block0(v0: i64, v1: i64, v2: i32, v3: i64):
;;   fuel 3                                                ; @62
;;   v4 = iconst.i64 0                                     ; @66
;;   v5 = icmp.i64 eq v3, v4                               ; @66
;;   trap_if v5, null-function-reference                   ; @66
;;   v6 = load.i64 funcref [v3 + 16]                       ; @66
;;   v7 = load.i64 funcref [v3 + 32]                       ; @66
;;   v8 = call_indirect sig0(v6, v7, v2)                   ; @66
;;   return v8                                             ; @68
;; }
;;
;; function 4 "tail" (i32, i32) -> (i32) {
;;   sig0 = (i64, i32, i64) -> (i64)
;;   sig1 = (i32) -> (i32)
;;
;; block0(v0: i64, v1: i64, v2: i32, v3: i32):
;;   fuel 3                                                ; @6b
;;   v4 = extend_u v2                                      ; @6f
;;   v5 = iconst.i64 4                                     ; @6f
;;   v6 = icmp.i64 ge_u v4, v5                             ; @6f
;;   trap_if v6, undefined-element                         ; @6f
;;   v7 = load.i64 vmctx [v0 + 64]                         ; @6f
;;   v8 = iconst.i64 3                                     ; @6f
;;   v9 = shl.i64 v4, v8                                   ; @6f
;;   v10 = add.i64 v7, v9                                  ; @6f
;;   v11 = load.i64 table0 [v10]                           ; @6f
;;   v12 = iconst.i64 -2                                   ; @6f
;;   v13 = and.i64 v11, v12                                ; @6f
;;   v14 = iconst.i64 0                                    ; @6f
;;   v15 = icmp.i64 eq v13, v14                            ; @6f
;;   brif v15, block1, block2(v13)                         ; @6f
;;
;; block1 cold:
;;   v16 = iconst.i32 0                                    ; @6f
;;   v17 = libcall table_get_lazy sig0(v0, v16, v4)        ; @6f
;;   v19 = icmp.i64 eq v17, v14                            ; @6f
;;   trap_if v19, uninitialized-element                    ; @6f
;;   jump block2(v17)                                      ; @6f
;;
;; block2(v20: i64):
;;   v21 = load.i32 funcref [v20 + 24]                     ; @6f
;;   v22 = load.i64 vmctx [v0 + 40]                        ; @6f
;;   v23 = load.i32 vmctx [v22]                            ; @6f
;;   v24 = icmp.i32 ne v21, v23                            ; @6f
;;   trap_if v24, indirect-call-type                       ; @6f
;;   v25 = load.i64 funcref [v20 + 16]                     ; @6f
;;   v26 = load.i64 funcref [v20 + 32]                     ; @6f
;;   return_call_indirect sig1(v25, v26, v3)               ; @6f
;; }
