;; A loop with its test at the top, which goes to its bottom, and what goes round: the sum of a list of bytes that ends
;; with 0; a counter whose old value is compared.
;; test opt
(module
  (memory 1)
  (func $sum (param $at i32) (result i32) (local $sum i32) (local $byte i32)
    (block $end
      (loop $more
        (br_if $end (i32.eqz (local.tee $byte (i32.load8_u (local.get $at)))))
        (local.set $sum (i32.add (local.get $sum) (local.get $byte)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $more)))
    (local.get $sum))
  (func $last (param $n i32) (result i32) (local $i i32) (local $old i32)
    (loop $more
      (local.set $old (local.get $i))
      (local.set $i (i32.add (local.get $i) (i32.const 4)))
      (br_if $more (i32.ne (local.get $old) (i32.const 400))))
    (i32.add (local.get $old) (local.get $n))))
;; ---- opt
;; function 0 "sum" (i32) -> (i32) {
;; block0(v0: i64, v1: i64, v2: i32):
;;   v14 = iconst.i32 0
;;   v5 = load.i64 vmctx [v0 + 72]                         ; @27
;;   jump block1(v2, v14)                                  ; @23
;;
;; block1(v3: i32, v10: i32):
;;   v4 = extend_u v3                                      ; @27
;;   v6 = add.i64 v5, v4                                   ; @27
;;   v7 = load8_u.i32 heap0.trap [v6]                      ; @27
;;   v9 = icmp.i32 eq v7, v14                              ; @2c
;;   brif v9, block4, block3(v3, v10, v7)                  ; @2d
;;
;; block4:
;;   return v10                                            ; @43
;;
;; block3(v15: i32, v16: i32, v17: i32):
;;   v11 = add.i32 v16, v17                                ; @33
;;   v12 = iconst.i32 1                                    ; @38
;;   v13 = add.i32 v15, v12                                ; @3a
;;   v19 = extend_u v13                                    ; @27
;;   v20 = add.i64 v5, v19                                 ; @27
;;   v21 = load8_u.i32 heap0.trap [v20]                    ; @27
;;   v22 = icmp.i32 eq v21, v14                            ; @2c
;;   brif v22, block5, block3(v13, v11, v21)               ; @2d
;;
;; block5:
;;   return v11                                            ; @43
;;
;; block2(v18: i32):
;;   return v18                                            ; @43
;; }
;;
;; function 1 "last" (i32) -> (i32) {
;; block0(v0: i64, v1: i64, v2: i32):
;;   v8 = iconst.i32 0
;;   jump block1(v8)                                       ; @48
;;
;; block1(v3: i32):
;;   v4 = iconst.i32 4                                     ; @50
;;   v5 = add.i32 v3, v4                                   ; @52
;;   v6 = iconst.i32 400                                   ; @57
;;   v10 = iconst.i32 404                                  ; @5a
;;   v7 = icmp.i32 ne v5, v10                              ; @5a
;;   brif v7, block1(v5), block2                           ; @5b
;;
;; block2:
;;   v11 = iconst.i32 -4                                   ; @62
;;   v12 = add.i32 v5, v11                                 ; @62
;;   v9 = add.i32 v12, v2                                  ; @62
;;   return v9                                             ; @63
;; }
