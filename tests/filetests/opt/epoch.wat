;; test opt epoch
;; test opt epoch-trap
(module
  ;; What a check tells nobody but the caller about is no barrier: the global is read once, before the loop, and the
  ;; memory's size there, too. Where a callback may be asked, both are read in every round.
  (memory 1 100)
  (global $g (mut i32) (i32.const 0))
  (func (param $n i32) (result i32) (local $s i32)
    (loop $l
      (local.set $s (i32.add (local.get $s) (i32.add (global.get $g) (memory.size))))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $s)))
;; ---- opt epoch
;; function 0 "" (i32) -> (i32) {
;; block0(v0: i64, v1: i64, v2: i32):
;;   v14 = iconst.i32 0
;;   epoch                                                 ; @26
;;   jump block1(v14, v2)                                  ; @29
;;
;; block1(v3: i32, v11: i32):
;;   epoch                                                 ; @29
;;   v4 = load.i32 global0 [v0 + 96]                       ; @2d
;;   v5 = load.i64 memdef0 [v0 + 80]                       ; @2f
;;   v6 = iconst.i64 16                                    ; @2f
;;   v7 = shr_u.i64 v5, v6                                 ; @2f
;;   v8 = wrap v7                                          ; @2f
;;   v9 = add.i32 v4, v8                                   ; @31
;;   v10 = add.i32 v3, v9                                  ; @32
;;   v12 = iconst.i32 1                                    ; @37
;;   v15 = iconst.i32 -1                                   ; @39
;;   v13 = add.i32 v11, v15                                ; @39
;;   brif v13, block1(v10, v13), block2                    ; @3c
;;
;; block2:
;;   return v10                                            ; @41
;; }
;; ---- opt epoch-trap
;; function 0 "" (i32) -> (i32) {
;; block0(v0: i64, v1: i64, v2: i32):
;;   v14 = iconst.i32 0
;;   epoch_trap                                            ; @26
;;   v4 = load.i32 global0 [v0 + 96]                       ; @2d
;;   v5 = load.i64 memdef0 [v0 + 80]                       ; @2f
;;   v6 = iconst.i64 16                                    ; @2f
;;   v7 = shr_u.i64 v5, v6                                 ; @2f
;;   v8 = wrap v7                                          ; @2f
;;   v9 = add.i32 v4, v8                                   ; @31
;;   jump block1(v14, v2)                                  ; @29
;;
;; block1(v3: i32, v11: i32):
;;   epoch_trap                                            ; @29
;;   v10 = add.i32 v3, v9                                  ; @32
;;   v12 = iconst.i32 1                                    ; @37
;;   v15 = iconst.i32 -1                                   ; @39
;;   v13 = add.i32 v11, v15                                ; @39
;;   brif v13, block1(v10, v13), block2                    ; @3c
;;
;; block2:
;;   return v10                                            ; @41
;; }
