;; A small function is put in place of its calls to itself, once: the calls of the copies stay.
;; test opt
(module
  (func $fib (param i32) (result i32)
    (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
      (then (local.get 0))
      (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2))))))))
;; ---- opt
;; function 0 "fib" (i32) -> (i32) {
;;   sig0 = (i32) -> (i32)
;;
;; block0(v0: i64, v1: i64, v2: i32):
;;   v3 = iconst.i32 2                                     ; @1b
;;   v4 = icmp.i32 lt_u v2, v3                             ; @1d
;;   brif v4, block4, block3                               ; @1e
;;
;; block4:
;;   return v2                                             ; @33
;;
;; block3:
;;   v5 = iconst.i32 1                                     ; @25
;;   v13 = iconst.i32 -1                                   ; @27
;;   v6 = add.i32 v2, v13                                  ; @27
;;   v7 = call fn0 sig0(v6)                                ; @28
;;   v14 = iconst.i32 -2                                   ; @2e
;;   v9 = add.i32 v2, v14                                  ; @2e
;;   v10 = call fn0 sig0(v9)                               ; @2f
;;   v11 = add.i32 v7, v10                                 ; @31
;;   return v11                                            ; @33
;;
;; block2(v12: i32):
;;   return v12                                            ; @33
;; }
