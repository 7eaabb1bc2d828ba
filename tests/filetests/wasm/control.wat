;; test run: sum(100) == 5050
;; test run: fib(15) == 610
;; test run: pick(0) == 10
;; test run: pick(1) == 11
;; test run: pick(7) == 12
;; test run: collatz(27) == 111
;; test run: swap(4) == 1, 2
;; test run: swap(3) == 2, 1
;; test run: swap(2) == 2, 1
;; test print
;; test cfg
(module
  (func $sum (export "sum") (param $n i32) (result i64)
    (local $s i64)
    (block $out
      (loop $again
        (br_if $out (i32.eqz (local.get $n)))
        (local.set $s (i64.add (local.get $s) (i64.extend_i32_u (local.get $n))))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $again)))
    (local.get $s))
  (func $fib (export "fib") (param i32) (result i32)
    (if (result i32) (i32.lt_s (local.get 0) (i32.const 2))
      (then (local.get 0))
      (else
        (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                 (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
  (func (export "pick") (param i32) (result i32)
    (block (block (block (br_table 0 1 2 (local.get 0)))
      (return (i32.const 10)))
      (return (i32.const 11)))
    (i32.const 12))
  (func (export "collatz") (param $n i64) (result i32)
    (local $steps i32)
    (loop $again
      (if (i64.ne (local.get $n) (i64.const 1))
        (then
          (local.set $n
            (if (result i64) (i64.eqz (i64.and (local.get $n) (i64.const 1)))
              (then (i64.shr_u (local.get $n) (i64.const 1)))
              (else (i64.add (i64.mul (local.get $n) (i64.const 3)) (i64.const 1)))))
          (local.set $steps (i32.add (local.get $steps) (i32.const 1)))
          (br $again))))
    (local.get $steps))
  (func (export "swap") (param $n i32) (result i32 i32)
    (i32.const 1) (i32.const 2)
    (loop $again (param i32 i32) (result i32 i32)
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (if (param i32 i32) (result i32 i32) (i32.and (local.get $n) (i32.const 1))
        (then (call $exchange))
        (else))
      (br_if $again (i32.gt_s (local.get $n) (i32.const 1)))))
  (func $exchange (param i32 i32) (result i32 i32) (local.get 1) (local.get 0)))
;; ---- print
;; function 0 "sum" (i32) -> (i64) {
;; block0(v0: i64, v1: i64, v2: i32):
;;   v11 = iconst.i64 0
;;   jump block1(v2, v11)                                  ; @61
;;
;; block1(v3: i32, v6: i64):
;;   v4 = iconst.i32 0                                     ; @65
;;   v5 = icmp.i32 eq v3, v4                               ; @65
;;   brif v5, block2, block3                               ; @66
;;
;; block3:
;;   v7 = extend_u v3                                      ; @6c
;;   v8 = add.i64 v6, v7                                   ; @6d
;;   v9 = iconst.i32 1                                     ; @72
;;   v10 = sub.i32 v3, v9                                  ; @74
;;   jump block1(v10, v8)                                  ; @77
;;
;; block2:
;;   return v6                                             ; @7d
;; }
;;
;; function 1 "fib" (i32) -> (i32) {
;;   sig0 = (i32) -> (i32)
;;
;; block0(v0: i64, v1: i64, v2: i32):
;;   v3 = iconst.i32 2                                     ; @82
;;   v4 = icmp.i32 lt_s v2, v3                             ; @84
;;   brif v4, block1, block3                               ; @85
;;
;; block1:
;;   jump block2(v2)                                       ; @89
;;
;; block3:
;;   v5 = iconst.i32 1                                     ; @8c
;;   v6 = sub.i32 v2, v5                                   ; @8e
;;   v7 = call fn1 sig0(v6)                                ; @8f
;;   v8 = iconst.i32 2                                     ; @93
;;   v9 = sub.i32 v2, v8                                   ; @95
;;   v10 = call fn1 sig0(v9)                               ; @96
;;   v11 = add.i32 v7, v10                                 ; @98
;;   jump block2(v11)                                      ; @99
;;
;; block2(v12: i32):
;;   return v12                                            ; @9a
;; }
;;
;; function 2 "" (i32) -> (i32) {
;; block0(v0: i64, v1: i64, v2: i32):
;;   v3 = iconst.i32 0                                     ; @a5
;;   v4 = icmp.i32 eq v2, v3                               ; @a5
;;   brif v4, block1, block2                               ; @a5
;;
;; block2:
;;   v5 = iconst.i32 1                                     ; @a5
;;   v6 = icmp.i32 eq v2, v5                               ; @a5
;;   brif v6, block3, block4                               ; @a5
;;
;; block4:
;;   jump block5                                           ; @a5
;;
;; block1:
;;   v7 = iconst.i32 10                                    ; @ab
;;   return v7                                             ; @ad
;;
;; block3:
;;   v8 = iconst.i32 11                                    ; @af
;;   return v8                                             ; @b1
;;
;; block5:
;;   v9 = iconst.i32 12                                    ; @b3
;;   return v9                                             ; @b5
;; }
;;
;; function 3 "" (i64) -> (i32) {
;; block0(v0: i64, v1: i64, v2: i64):
;;   v20 = iconst.i32 0
;;   jump block1(v2, v20)                                  ; @ba
;;
;; block1(v3: i64, v17: i32):
;;   v4 = iconst.i64 1                                     ; @be
;;   v5 = icmp.i64 ne v3, v4                               ; @c0
;;   brif v5, block2, block6                               ; @c1
;;
;; block2:
;;   v6 = iconst.i64 1                                     ; @c5
;;   v7 = and.i64 v3, v6                                   ; @c7
;;   v8 = iconst.i64 0                                     ; @c8
;;   v9 = icmp.i64 eq v7, v8                               ; @c8
;;   brif v9, block3, block5                               ; @c9
;;
;; block3:
;;   v10 = iconst.i64 1                                    ; @cd
;;   v11 = shr_u.i64 v3, v10                               ; @cf
;;   jump block4(v11)                                      ; @d0
;;
;; block5:
;;   v12 = iconst.i64 3                                    ; @d3
;;   v13 = mul.i64 v3, v12                                 ; @d5
;;   v14 = iconst.i64 1                                    ; @d6
;;   v15 = add.i64 v13, v14                                ; @d8
;;   jump block4(v15)                                      ; @d9
;;
;; block4(v16: i64):
;;   v18 = iconst.i32 1                                    ; @de
;;   v19 = add.i32 v17, v18                                ; @e0
;;   jump block1(v16, v19)                                 ; @e3
;;
;; block6:
;;   return v17                                            ; @e9
;; }
;;
;; function 4 "" (i32) -> (i32, i32) {
;;   sig0 = (i32, i32) -> (i32, i32)
;;
;; block0(v0: i64, v1: i64, v2: i32):
;;   v3 = iconst.i32 1                                     ; @ec
;;   v4 = iconst.i32 2                                     ; @ee
;;   jump block1(v3, v4, v2)                               ; @f0
;;
;; block1(v5: i32, v6: i32, v7: i32):
;;   v8 = iconst.i32 1                                     ; @f4
;;   v9 = sub.i32 v7, v8                                   ; @f6
;;   v10 = iconst.i32 1                                    ; @fb
;;   v11 = and.i32 v9, v10                                 ; @fd
;;   brif v11, block2, block4                              ; @fe
;;
;; block2:
;;   v12, v13 = call fn5 sig0(v5, v6)                      ; @100
;;   jump block3(v12, v13)                                 ; @102
;;
;; block4:
;;   jump block3(v5, v6)                                   ; @103
;;
;; block3(v14: i32, v15: i32):
;;   v16 = iconst.i32 1                                    ; @106
;;   v17 = icmp.i32 gt_s v9, v16                           ; @108
;;   brif v17, block1(v14, v15, v9), block5                ; @109
;;
;; block5:
;;   return v14, v15                                       ; @10c
;; }
;;
;; function 5 "exchange" (i32, i32) -> (i32, i32) {
;; block0(v0: i64, v1: i64, v2: i32, v3: i32):
;;   return v3, v2                                         ; @113
;; }
;; ---- cfg
;; function 0
;;   block0: rpo 0, from nowhere
;;   block1: rpo 1, dominated by block0, in the loop of block1, depth 1, from block0 block3
;;   block3: rpo 3, dominated by block1, in the loop of block1, depth 1, from block1
;;   block2: rpo 2, dominated by block1, from block1
;; function 1
;;   block0: rpo 0, from nowhere
;;   block1: rpo 1, dominated by block0, from block0
;;   block3: rpo 2, dominated by block0, from block0
;;   block2: rpo 3, dominated by block0, from block1 block3
;; function 2
;;   block0: rpo 0, from nowhere
;;   block2: rpo 2, dominated by block0, from block0
;;   block4: rpo 4, dominated by block2, from block2
;;   block1: rpo 1, dominated by block0, from block0
;;   block3: rpo 3, dominated by block2, from block2
;;   block5: rpo 5, dominated by block4, from block4
;; function 3
;;   block0: rpo 0, from nowhere
;;   block1: rpo 1, dominated by block0, in the loop of block1, depth 1, from block0 block4
;;   block2: rpo 2, dominated by block1, in the loop of block1, depth 1, from block1
;;   block3: rpo 3, dominated by block2, in the loop of block1, depth 1, from block2
;;   block5: rpo 4, dominated by block2, in the loop of block1, depth 1, from block2
;;   block4: rpo 5, dominated by block2, in the loop of block1, depth 1, from block3 block5
;;   block6: rpo 6, dominated by block1, from block1
;; function 4
;;   block0: rpo 0, from nowhere
;;   block1: rpo 1, dominated by block0, in the loop of block1, depth 1, from block0 block3
;;   block2: rpo 2, dominated by block1, in the loop of block1, depth 1, from block1
;;   block4: rpo 3, dominated by block1, in the loop of block1, depth 1, from block1
;;   block3: rpo 4, dominated by block1, in the loop of block1, depth 1, from block2 block4
;;   block5: rpo 5, dominated by block3, from block3
;; function 5
;;   block0: rpo 0, from nowhere
