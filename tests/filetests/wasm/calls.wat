;; test run: indirect(0, 7) == 8
;; test run: indirect(1, 7) == 14
;; test run: indirect(2, 7) traps indirect-call-type
;; test run: indirect(3, 7) traps uninitialized-element
;; test run: indirect(4, 7) traps undefined-element
;; test run: even(10001) == 0
;; test run: div(1, 0) traps integer-divide-by-zero
;; test run: by_ref(20) == 21
;; test run: f32s(1.5, 0.25) == 1.75, 1.25
;; test print
(module
  (type $unary (func (param i32) (result i32)))
  (table 4 funcref)
  (elem (i32.const 0) $inc $twice $other)
  (elem declare func $inc)
  (func $inc (type $unary) (i32.add (local.get 0) (i32.const 1)))
  (func $twice (type $unary) (i32.shl (local.get 0) (i32.const 1)))
  (func $other (param i64))
  (func (export "indirect") (param i32 i32) (result i32)
    (call_indirect (type $unary) (local.get 1) (local.get 0)))
  (func $even (export "even") (param i32) (result i32)
    (if (i32.eqz (local.get 0)) (then (return (i32.const 1))))
    (return_call $odd (i32.sub (local.get 0) (i32.const 1))))
  (func $odd (param i32) (result i32)
    (if (i32.eqz (local.get 0)) (then (return (i32.const 0))))
    (return_call $even (i32.sub (local.get 0) (i32.const 1))))
  (func $div (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func (export "div") (param i32 i32) (result i32)
    (i32.add (call $div (local.get 0) (local.get 1)) (i32.const 1)))
  (func (export "by_ref") (param i32) (result i32)
    (call_ref $unary (local.get 0) (ref.func $inc)))
  (func (export "f32s") (param f32 f32) (result f32 f32)
    (f32.add (local.get 0) (local.get 1)) (f32.sub (local.get 0) (local.get 1))))
;; ---- print
;; function 0 "inc" (i32) -> (i32) {
;; block0(v0: i64, v1: i64, v2: i32):
;;   v3 = iconst.i32 1                                     ; @75
;;   v4 = add.i32 v2, v3                                   ; @77
;;   return v4                                             ; @78
;; }
;;
;; function 1 "twice" (i32) -> (i32) {
;; block0(v0: i64, v1: i64, v2: i32):
;;   v3 = iconst.i32 1                                     ; @7d
;;   v4 = shl.i32 v2, v3                                   ; @7f
;;   return v4                                             ; @80
;; }
;;
;; function 2 "other" (i64) {
;; block0(v0: i64, v1: i64, v2: i64):
;;   return                                                ; @83
;; }
;;
;; function 3 "" (i32, i32) -> (i32) {
;;   sig0 = (i64, i32, i64) -> (i64)
;;   sig1 = (i32) -> (i32)
;;
;; block0(v0: i64, v1: i64, v2: i32, v3: i32):
;;   v4 = extend_u v2                                      ; @8a
;;   v5 = load.i64 tabledef0 [v0 + 72]                     ; @8a
;;   v6 = icmp.i64 ge_u v4, v5                             ; @8a
;;   trap_if v6, undefined-element                         ; @8a
;;   v7 = load.i64 tabledef0 [v0 + 64]                     ; @8a
;;   v8 = iconst.i64 3                                     ; @8a
;;   v9 = shl.i64 v4, v8                                   ; @8a
;;   v10 = add.i64 v7, v9                                  ; @8a
;;   v11 = load.i64 table0 [v10]                           ; @8a
;;   v12 = iconst.i64 -2                                   ; @8a
;;   v13 = and.i64 v11, v12                                ; @8a
;;   v14 = iconst.i64 0                                    ; @8a
;;   v15 = icmp.i64 eq v13, v14                            ; @8a
;;   brif v15, block1, block2(v13)                         ; @8a
;;
;; block1 cold:
;;   v16 = iconst.i32 0                                    ; @8a
;;   v17 = libcall table_get_lazy sig0(v0, v16, v4)        ; @8a
;;   v18 = iconst.i64 0                                    ; @8a
;;   v19 = icmp.i64 eq v17, v18                            ; @8a
;;   trap_if v19, uninitialized-element                    ; @8a
;;   jump block2(v17)                                      ; @8a
;;
;; block2(v20: i64):
;;   v21 = load.i32 funcref [v20 + 24]                     ; @8a
;;   v22 = load.i64 vmctx [v0 + 40]                        ; @8a
;;   v23 = load.i32 vmctx [v22]                            ; @8a
;;   v24 = icmp.i32 ne v21, v23                            ; @8a
;;   trap_if v24, indirect-call-type                       ; @8a
;;   v25 = load.i64 funcref [v20 + 16]                     ; @8a
;;   v26 = load.i64 funcref [v20 + 32]                     ; @8a
;;   v27 = call_indirect sig1(v25, v26, v3)                ; @8a
;;   return v27                                            ; @8d
;; }
;;
;; function 4 "even" (i32) -> (i32) {
;;   sig0 = (i32) -> (i32)
;;
;; block0(v0: i64, v1: i64, v2: i32):
;;   v3 = iconst.i32 0                                     ; @92
;;   v4 = icmp.i32 eq v2, v3                               ; @92
;;   brif v4, block1, block2                               ; @93
;;
;; block1:
;;   v5 = iconst.i32 1                                     ; @95
;;   return v5                                             ; @97
;;
;; block2:
;;   v6 = iconst.i32 1                                     ; @9b
;;   v7 = sub.i32 v2, v6                                   ; @9d
;;   return_call fn5 sig0(v7)                              ; @9e
;; }
;;
;; function 5 "odd" (i32) -> (i32) {
;;   sig0 = (i32) -> (i32)
;;
;; block0(v0: i64, v1: i64, v2: i32):
;;   v3 = iconst.i32 0                                     ; @a5
;;   v4 = icmp.i32 eq v2, v3                               ; @a5
;;   brif v4, block1, block2                               ; @a6
;;
;; block1:
;;   v5 = iconst.i32 0                                     ; @a8
;;   return v5                                             ; @aa
;;
;; block2:
;;   v6 = iconst.i32 1                                     ; @ae
;;   v7 = sub.i32 v2, v6                                   ; @b0
;;   return_call fn4 sig0(v7)                              ; @b1
;; }
;;
;; function 6 "div" (i32, i32) -> (i32) {
;; block0(v0: i64, v1: i64, v2: i32, v3: i32):
;;   v4 = div_s.i32 v2, v3                                 ; @ba
;;   return v4                                             ; @bb
;; }
;;
;; function 7 "" (i32, i32) -> (i32) {
;;   sig0 = (i32, i32) -> (i32)
;;
;; block0(v0: i64, v1: i64, v2: i32, v3: i32):
;;   v4 = call fn6 sig0(v2, v3)                            ; @c2
;;   v5 = iconst.i32 1                                     ; @c4
;;   v6 = add.i32 v4, v5                                   ; @c6
;;   return v6                                             ; @c7
;; }
;;
;; function 8 "" (i32) -> (i32) {
;;   sig0 = (i64, i32) -> (i64)
;;   sig1 = (i32) -> (i32)
;;
;; block0(v0: i64, v1: i64, v2: i32):
;;   v3 = iconst.i32 0                                     ; @cc
;;   v4 = libcall ref_func sig0(v0, v3)                    ; @cc
;;   v5 = iconst.i64 0                                     ; @ce
;;   v6 = icmp.i64 eq v4, v5                               ; @ce
;;   trap_if v6, null-function-reference                   ; @ce
;;   v7 = load.i64 funcref [v4 + 16]                       ; @ce
;;   v8 = load.i64 funcref [v4 + 32]                       ; @ce
;;   v9 = call_indirect sig1(v7, v8, v2)                   ; @ce
;;   return v9                                             ; @d0
;; }
;;
;; function 9 "" (f32, f32) -> (f32, f32) {
;; block0(v0: i64, v1: i64, v2: f32, v3: f32):
;;   v4 = fadd.f32 v2, v3                                  ; @d7
;;   v5 = fsub.f32 v2, v3                                  ; @dc
;;   return v4, v5                                         ; @dd
;; }
