;; test run: store(0, 0x0123456789abcdef) == 239, -17, 52719
;; test run: store(65528, 1) == 1, 1, 1
;; test run: store(65529, 1) traps memory-out-of-bounds
;; test run: store(-1, 1) traps memory-out-of-bounds
;; test run: grow(1) == 1, 2
;; test run: grow(100) == -1, 1
;; test run: fill(10, 255, 4) == -1
;; test run: fill(65535, 1, 2) traps memory-out-of-bounds
;; test run: count() == 6
;; test print
;; test print checks
;; test print fuel epoch
(module
  (memory 1 3)
  (global $n (mut i32) (i32.const 5))
  (data (i32.const 100) "data")
  (func (export "store") (param i32 i64) (result i32 i32 i64)
    (i64.store offset=0 (local.get 0) (local.get 1))
    (i32.load8_u (local.get 0))
    (i32.load8_s (local.get 0))
    (i64.load16_u (local.get 0)))
  (func (export "grow") (param i32) (result i32 i32)
    (memory.grow (local.get 0)) (memory.size))
  (func (export "fill") (param i32 i32 i32) (result i32)
    (memory.fill (local.get 0) (local.get 1) (local.get 2))
    (i32.load (local.get 0)))
  (func (export "count") (result i32)
    (global.set $n (i32.add (global.get $n) (i32.const 1)))
    (global.get $n)))
;; ---- print
;; function 0 "" (i32, i64) -> (i32, i32, i64) {
;; block0(v0: i64, v1: i64, v2: i32, v3: i64):
;;   v4 = extend_u v2                                      ; @63
;;   v5 = load.i64 vmctx [v0 + 72]                         ; @63
;;   v6 = add.i64 v5, v4                                   ; @63
;;   store.i64 heap0.trap [v6], v3                         ; @63
;;   v7 = extend_u v2                                      ; @68
;;   v8 = add.i64 v5, v7                                   ; @68
;;   v9 = load8_u.i32 heap0.trap [v8]                      ; @68
;;   v10 = extend_u v2                                     ; @6d
;;   v11 = add.i64 v5, v10                                 ; @6d
;;   v12 = load8_s.i32 heap0.trap [v11]                    ; @6d
;;   v13 = extend_u v2                                     ; @72
;;   v14 = add.i64 v5, v13                                 ; @72
;;   v15 = load16_u.i64 heap0.trap [v14]                   ; @72
;;   return v9, v12, v15                                   ; @75
;; }
;;
;; function 1 "" (i32) -> (i32, i32) {
;;   sig0 = (i64, i32, i64) -> (i64)
;;
;; block0(v0: i64, v1: i64, v2: i32):
;;   v3 = extend_u v2                                      ; @7a
;;   v4 = iconst.i32 0                                     ; @7a
;;   v5 = libcall memory_grow sig0(v0, v4, v3)             ; @7a
;;   v6 = iconst.i64 -2                                    ; @7a
;;   v7 = icmp.i64 eq v5, v6                               ; @7a
;;   leave_if v7                                           ; @7a
;;   v8 = wrap v5                                          ; @7a
;;   v9 = load.i64 memdef0 [v0 + 80]                       ; @7c
;;   v10 = iconst.i64 16                                   ; @7c
;;   v11 = shr_u.i64 v9, v10                               ; @7c
;;   v12 = wrap v11                                        ; @7c
;;   return v8, v12                                        ; @7e
;; }
;;
;; function 2 "" (i32, i32, i32) -> (i32) {
;;   sig0 = (i64, i32, i64, i32, i64) -> (i32)
;;
;; block0(v0: i64, v1: i64, v2: i32, v3: i32, v4: i32):
;;   v5 = extend_u v4                                      ; @87
;;   v6 = extend_u v2                                      ; @87
;;   v7 = load.i64 memdef0 [v0 + 80]                       ; @87
;;   v8 = add.i64 v6, v5                                   ; @87
;;   v9 = icmp.i64 gt_u v8, v7                             ; @87
;;   trap_if v9, memory-out-of-bounds                      ; @87
;;   v10 = load.i64 vmctx [v0 + 72]                        ; @87
;;   v11 = add.i64 v10, v6                                 ; @87
;;   v12 = iconst.i64 512                                  ; @87
;;   v13 = icmp.i64 gt_u v5, v12                           ; @87
;;   brif v13, block1, block2                              ; @87
;;
;; block1 cold:
;;   v14 = iconst.i32 0                                    ; @87
;;   v15 = libcall memory_fill sig0(v0, v14, v6, v3, v5)   ; @87
;;   v16 = iconst.i32 255                                  ; @87
;;   v17 = and.i32 v15, v16                                ; @87
;;   leave_unless v17                                      ; @87
;;   jump block3                                           ; @87
;;
;; block2:
;;   bulk_fill v11, v3, v5                                 ; @87
;;   jump block3                                           ; @87
;;
;; block3:
;;   v18 = extend_u v2                                     ; @8c
;;   v19 = add.i64 v10, v18                                ; @8c
;;   v20 = load.i32 heap0.trap [v19]                       ; @8c
;;   return v20                                            ; @8f
;; }
;;
;; function 3 "" () -> (i32) {
;; block0(v0: i64, v1: i64):
;;   v2 = load.i32 global0 [v0 + 96]                       ; @92
;;   v3 = iconst.i32 1                                     ; @94
;;   v4 = add.i32 v2, v3                                   ; @96
;;   store.i32 global0 [v0 + 96], v4                       ; @97
;;   v5 = load.i32 global0 [v0 + 96]                       ; @99
;;   return v5                                             ; @9b
;; }
;; ---- print checks
;; function 0 "" (i32, i64) -> (i32, i32, i64) {
;; block0(v0: i64, v1: i64, v2: i32, v3: i64):
;;   v4 = extend_u v2                                      ; @63
;;   v5 = load.i64 memdef0 [v0 + 80]                       ; @63
;;   v6 = iconst.i64 8                                     ; @63
;;   v7 = sub.i64 v5, v6                                   ; @63
;;   v8 = icmp.i64 gt_u v4, v7                             ; @63
;;   trap_if v8, memory-out-of-bounds                      ; @63
;;   v9 = load.i64 memdef0 [v0 + 72]                       ; @63
;;   v10 = add.i64 v9, v4                                  ; @63
;;   store.i64 heap0 [v10], v3                             ; @63
;;   v11 = extend_u v2                                     ; @68
;;   v12 = iconst.i64 1                                    ; @68
;;   v13 = sub.i64 v5, v12                                 ; @68
;;   v14 = icmp.i64 gt_u v11, v13                          ; @68
;;   trap_if v14, memory-out-of-bounds                     ; @68
;;   v15 = add.i64 v9, v11                                 ; @68
;;   v16 = load8_u.i32 heap0 [v15]                         ; @68
;;   v17 = extend_u v2                                     ; @6d
;;   v18 = iconst.i64 1                                    ; @6d
;;   v19 = sub.i64 v5, v18                                 ; @6d
;;   v20 = icmp.i64 gt_u v17, v19                          ; @6d
;;   trap_if v20, memory-out-of-bounds                     ; @6d
;;   v21 = add.i64 v9, v17                                 ; @6d
;;   v22 = load8_s.i32 heap0 [v21]                         ; @6d
;;   v23 = extend_u v2                                     ; @72
;;   v24 = iconst.i64 2                                    ; @72
;;   v25 = sub.i64 v5, v24                                 ; @72
;;   v26 = icmp.i64 gt_u v23, v25                          ; @72
;;   trap_if v26, memory-out-of-bounds                     ; @72
;;   v27 = add.i64 v9, v23                                 ; @72
;;   v28 = load16_u.i64 heap0 [v27]                        ; @72
;;   return v16, v22, v28                                  ; @75
;; }
;;
;; function 1 "" (i32) -> (i32, i32) {
;;   sig0 = (i64, i32, i64) -> (i64)
;;
;; block0(v0: i64, v1: i64, v2: i32):
;;   v3 = extend_u v2                                      ; @7a
;;   v4 = iconst.i32 0                                     ; @7a
;;   v5 = libcall memory_grow sig0(v0, v4, v3)             ; @7a
;;   v6 = iconst.i64 -2                                    ; @7a
;;   v7 = icmp.i64 eq v5, v6                               ; @7a
;;   leave_if v7                                           ; @7a
;;   v8 = wrap v5                                          ; @7a
;;   v9 = load.i64 memdef0 [v0 + 80]                       ; @7c
;;   v10 = iconst.i64 16                                   ; @7c
;;   v11 = shr_u.i64 v9, v10                               ; @7c
;;   v12 = wrap v11                                        ; @7c
;;   return v8, v12                                        ; @7e
;; }
;;
;; function 2 "" (i32, i32, i32) -> (i32) {
;;   sig0 = (i64, i32, i64, i32, i64) -> (i32)
;;
;; block0(v0: i64, v1: i64, v2: i32, v3: i32, v4: i32):
;;   v5 = extend_u v4                                      ; @87
;;   v6 = extend_u v2                                      ; @87
;;   v7 = load.i64 memdef0 [v0 + 80]                       ; @87
;;   v8 = add.i64 v6, v5                                   ; @87
;;   v9 = icmp.i64 gt_u v8, v7                             ; @87
;;   trap_if v9, memory-out-of-bounds                      ; @87
;;   v10 = load.i64 memdef0 [v0 + 72]                      ; @87
;;   v11 = add.i64 v10, v6                                 ; @87
;;   v12 = iconst.i64 512                                  ; @87
;;   v13 = icmp.i64 gt_u v5, v12                           ; @87
;;   brif v13, block1, block2                              ; @87
;;
;; block1 cold:
;;   v14 = iconst.i32 0                                    ; @87
;;   v15 = libcall memory_fill sig0(v0, v14, v6, v3, v5)   ; @87
;;   v16 = iconst.i32 255                                  ; @87
;;   v17 = and.i32 v15, v16                                ; @87
;;   leave_unless v17                                      ; @87
;;   jump block3                                           ; @87
;;
;; block2:
;;   bulk_fill v11, v3, v5                                 ; @87
;;   jump block3                                           ; @87
;;
;; block3:
;;   v18 = extend_u v2                                     ; @8c
;;   v19 = load.i64 memdef0 [v0 + 80]                      ; @8c
;;   v20 = iconst.i64 4                                    ; @8c
;;   v21 = sub.i64 v19, v20                                ; @8c
;;   v22 = icmp.i64 gt_u v18, v21                          ; @8c
;;   trap_if v22, memory-out-of-bounds                     ; @8c
;;   v23 = load.i64 memdef0 [v0 + 72]                      ; @8c
;;   v24 = add.i64 v23, v18                                ; @8c
;;   v25 = load.i32 heap0 [v24]                            ; @8c
;;   return v25                                            ; @8f
;; }
;;
;; function 3 "" () -> (i32) {
;; block0(v0: i64, v1: i64):
;;   v2 = load.i32 global0 [v0 + 96]                       ; @92
;;   v3 = iconst.i32 1                                     ; @94
;;   v4 = add.i32 v2, v3                                   ; @96
;;   store.i32 global0 [v0 + 96], v4                       ; @97
;;   v5 = load.i32 global0 [v0 + 96]                       ; @99
;;   return v5                                             ; @9b
;; }
;; ---- print fuel epoch
;; function 0 "" (i32, i64) -> (i32, i32, i64) {
;; block0(v0: i64, v1: i64, v2: i32, v3: i64):
;;   epoch                                                 ; @5e
;;   fuel 9                                                ; @5f
;;   v4 = extend_u v2                                      ; @63
;;   v5 = load.i64 vmctx [v0 + 72]                         ; @63
;;   v6 = add.i64 v5, v4                                   ; @63
;;   store.i64 heap0.trap [v6], v3                         ; @63
;;   v7 = extend_u v2                                      ; @68
;;   v8 = add.i64 v5, v7                                   ; @68
;;   v9 = load8_u.i32 heap0.trap [v8]                      ; @68
;;   v10 = extend_u v2                                     ; @6d
;;   v11 = add.i64 v5, v10                                 ; @6d
;;   v12 = load8_s.i32 heap0.trap [v11]                    ; @6d
;;   v13 = extend_u v2                                     ; @72
;;   v14 = add.i64 v5, v13                                 ; @72
;;   v15 = load16_u.i64 heap0.trap [v14]                   ; @72
;;   return v9, v12, v15                                   ; @75
;; }
;;
;; function 1 "" (i32) -> (i32, i32) {
;;   sig0 = (i64, i32, i64) -> (i64)
;;
;; block0(v0: i64, v1: i64, v2: i32):
;;   epoch                                                 ; @77
;;   fuel 3                                                ; @78
;;   v3 = extend_u v2                                      ; @7a
;;   v4 = iconst.i32 0                                     ; @7a
;;   v5 = libcall memory_grow sig0(v0, v4, v3)             ; @7a
;;   v6 = iconst.i64 -2                                    ; @7a
;;   v7 = icmp.i64 eq v5, v6                               ; @7a
;;   leave_if v7                                           ; @7a
;;   v8 = wrap v5                                          ; @7a
;;   v9 = load.i64 memdef0 [v0 + 80]                       ; @7c
;;   v10 = iconst.i64 16                                   ; @7c
;;   v11 = shr_u.i64 v9, v10                               ; @7c
;;   v12 = wrap v11                                        ; @7c
;;   return v8, v12                                        ; @7e
;; }
;;
;; function 2 "" (i32, i32, i32) -> (i32) {
;;   sig0 = (i64, i32, i64, i32, i64) -> (i32)
;;
;; block0(v0: i64, v1: i64, v2: i32, v3: i32, v4: i32):
;;   epoch                                                 ; @80
;;   fuel 6                                                ; @81
;;   v5 = extend_u v4                                      ; @87
;;   v6 = extend_u v2                                      ; @87
;;   v7 = load.i64 memdef0 [v0 + 80]                       ; @87
;;   v8 = iconst.i64 6                                     ; @87
;;   v9 = shr_u.i64 v5, v8                                 ; @87
;;   v10 = icmp.i64 le_u v5, v7                            ; @87
;;   v11 = iconst.i64 0                                    ; @87
;;   v12 = select.i64 v10, v9, v11                         ; @87
;;   fuel_by v12                                           ; @87
;;   v13 = load.i64 memdef0 [v0 + 80]                      ; @87
;;   v14 = add.i64 v6, v5                                  ; @87
;;   v15 = icmp.i64 gt_u v14, v13                          ; @87
;;   trap_if v15, memory-out-of-bounds                     ; @87
;;   v16 = load.i64 vmctx [v0 + 72]                        ; @87
;;   v17 = add.i64 v16, v6                                 ; @87
;;   v18 = iconst.i64 512                                  ; @87
;;   v19 = icmp.i64 gt_u v5, v18                           ; @87
;;   brif v19, block1, block2                              ; @87
;;
;; block1 cold:
;;   v20 = iconst.i32 0                                    ; @87
;;   v21 = libcall memory_fill sig0(v0, v20, v6, v3, v5)   ; @87
;;   v22 = iconst.i32 255                                  ; @87
;;   v23 = and.i32 v21, v22                                ; @87
;;   leave_unless v23                                      ; @87
;;   jump block3                                           ; @87
;;
;; block2:
;;   bulk_fill v17, v3, v5                                 ; @87
;;   jump block3                                           ; @87
;;
;; block3:
;;   v24 = extend_u v2                                     ; @8c
;;   v25 = add.i64 v16, v24                                ; @8c
;;   v26 = load.i32 heap0.trap [v25]                       ; @8c
;;   return v26                                            ; @8f
;; }
;;
;; function 3 "" () -> (i32) {
;; block0(v0: i64, v1: i64):
;;   epoch                                                 ; @91
;;   fuel 5                                                ; @92
;;   v2 = load.i32 global0 [v0 + 96]                       ; @92
;;   v3 = iconst.i32 1                                     ; @94
;;   v4 = add.i32 v2, v3                                   ; @96
;;   store.i32 global0 [v0 + 96], v4                       ; @97
;;   v5 = load.i32 global0 [v0 + 96]                       ; @99
;;   return v5                                             ; @9b
;; }
