;; Comparisons that end in a branch leave no value behind; those with 0 and of one bit need no flags.
;; test vcode a64 -O0
;; test ra a64 -O0
(module
  (func $signed (param i32 i32) (if (i32.lt_s (local.get 0) (local.get 1)) (then (unreachable))))
  (func $constant (param i64) (if (i64.gt_u (local.get 0) (i64.const 4095)) (then (unreachable))))
  (func $negative_constant (param i32) (if (i32.gt_s (local.get 0) (i32.const -16)) (then (unreachable))))
  (func $zero (param i32) (if (i32.eqz (local.get 0)) (then (unreachable))))
  (func $bit (param i32) (if (i32.and (local.get 0) (i32.const 4)) (then (unreachable))))
  (func $mask (param i32) (if (i32.and (local.get 0) (i32.const 12)) (then (unreachable))))
  (func $sign (param i64) (if (i64.lt_s (local.get 0) (i64.const 0)) (then (unreachable))))
  (func $float (param f64 f64) (if (f64.le (local.get 0) (local.get 1)) (then (unreachable))))
  (func $float_zero (param f32) (if (f32.ne (local.get 0) (f32.const 0)) (then (unreachable))))
  (func $value (param i32 i32) (result i32) (i32.gt_u (local.get 0) (local.get 1)))
  (func $select (param i64 i64 i32) (result i64) (select (local.get 0) (i64.const 0) (local.get 2)))
  (func $loop (param i32)
    (loop $l (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))
;; ---- vcode a64 -O0
;; function 0
;; b0:
;;        0  args v0:x2, v1:x3
;;        1  cmp.4 ← v0, v1  ; @48
;;        2  jcc.lt → b2, b1  ; @48
;; b1:
;;        3  ret  ; @4c
;; b2 cold:
;;        4  trap unreachable  ; @4a
;;
;; function 1
;; b0:
;;        0  args v0:x2
;;        1  cmpimm.8 ← v0 0xfff  ; @55
;;        2  jcc.hi → b2, b1  ; @55
;; b1:
;;        3  ret  ; @59
;; b2 cold:
;;        4  trap unreachable  ; @57
;;
;; function 2
;; b0:
;;        0  args v0:x2
;;        1  cmpimm.4 ← v0 negated 0x10  ; @61
;;        2  jcc.gt → b2, b1  ; @61
;; b1:
;;        3  ret  ; @65
;; b2 cold:
;;        4  trap unreachable  ; @63
;;
;; function 3
;; b0:
;;        0  args v0:x2
;;        1  branchzero.4 ← v0 0 → b2, b1  ; @6b
;; b1:
;;        2  ret  ; @6f
;; b2 cold:
;;        3  trap unreachable  ; @6d
;;
;; function 4
;; b0:
;;        0  args v0:x2
;;        1  branchbit.4 ← v0 set 2 → b2, b1  ; @77
;; b1:
;;        2  ret  ; @7b
;; b2 cold:
;;        3  trap unreachable  ; @79
;;
;; function 5
;; b0:
;;        0  args v0:x2
;;        1  testimm.4 ← v0 0xc  ; @83
;;        2  jcc.ne → b2, b1  ; @83
;; b1:
;;        3  ret  ; @87
;; b2 cold:
;;        4  trap unreachable  ; @85
;;
;; function 6
;; b0:
;;        0  args v0:x2
;;        1  branchbit.8 ← v0 set 0x3f → b2, b1  ; @8f
;; b1:
;;        2  ret  ; @93
;; b2 cold:
;;        3  trap unreachable  ; @91
;;
;; function 7
;; b0:
;;        0  args v0:v0, v1:v1
;;        1  fcmp.8 ← v0, v1  ; @9b
;;        2  jcc.ls → b2, b1  ; @9b
;; b1:
;;        3  ret  ; @9f
;; b2 cold:
;;        4  trap unreachable  ; @9d
;;
;; function 8
;; b0:
;;        0  args v0:v0
;;        1  fcmpzero.4 ← v0  ; @aa
;;        2  jcc.ne → b2, b1  ; @aa
;; b1:
;;        3  ret  ; @ae
;; b2 cold:
;;        4  trap unreachable  ; @ac
;;
;; function 9
;; b0:
;;        0  args v1:x2, v2:x3
;;        1  cmp.4 ← v1, v2  ; @b5
;;        2  cset.hi v0  ; @b5
;;        3  ret ← v0:x0  ; @b6
;;
;; function 10
;; b0:
;;        0  args v1:x2, v2:x4
;;        1  cmpimm.4 ← v2 0  ; @bf
;;        2  csel.ne.8 v0 ← v1 zero if not  ; @bf
;;        3  ret ← v0:x0  ; @c0
;;
;; function 11
;; b0:
;;        0  args v2:x2
;;        1  jmp → b1 (v2)  ; @c3
;; b1 (v1) loop 1:
;;        2  addimm.sub.4 v0 ← v1 1  ; @c9
;;        3  branchzero.4 ← v0 not 0 → b2, b3  ; @cc
;; b2 loop 1:
;;        4  jmp → b1 (v0)  ; @cc
;; b3:
;;        5  ret  ; @cf
;; ---- ra a64 -O0
;; function 0
;; ; 0 slots of 8 bytes, 0 moves
;; b0:
;;        0  args v0@x2, v1@x3
;;        1  cmp.4 ← v0@x2, v1@x3  ; @48
;;        2  jcc.lt → b2, b1  ; @48
;; b1:
;;        3  ret  ; @4c
;; b2 cold:
;;        4  trap unreachable  ; @4a
;;
;; function 1
;; ; 0 slots of 8 bytes, 0 moves
;; b0:
;;        0  args v0@x2
;;        1  cmpimm.8 ← v0@x2 0xfff  ; @55
;;        2  jcc.hi → b2, b1  ; @55
;; b1:
;;        3  ret  ; @59
;; b2 cold:
;;        4  trap unreachable  ; @57
;;
;; function 2
;; ; 0 slots of 8 bytes, 0 moves
;; b0:
;;        0  args v0@x2
;;        1  cmpimm.4 ← v0@x2 negated 0x10  ; @61
;;        2  jcc.gt → b2, b1  ; @61
;; b1:
;;        3  ret  ; @65
;; b2 cold:
;;        4  trap unreachable  ; @63
;;
;; function 3
;; ; 0 slots of 8 bytes, 0 moves
;; b0:
;;        0  args v0@x2
;;        1  branchzero.4 ← v0@x2 0 → b2, b1  ; @6b
;; b1:
;;        2  ret  ; @6f
;; b2 cold:
;;        3  trap unreachable  ; @6d
;;
;; function 4
;; ; 0 slots of 8 bytes, 0 moves
;; b0:
;;        0  args v0@x2
;;        1  branchbit.4 ← v0@x2 set 2 → b2, b1  ; @77
;; b1:
;;        2  ret  ; @7b
;; b2 cold:
;;        3  trap unreachable  ; @79
;;
;; function 5
;; ; 0 slots of 8 bytes, 0 moves
;; b0:
;;        0  args v0@x2
;;        1  testimm.4 ← v0@x2 0xc  ; @83
;;        2  jcc.ne → b2, b1  ; @83
;; b1:
;;        3  ret  ; @87
;; b2 cold:
;;        4  trap unreachable  ; @85
;;
;; function 6
;; ; 0 slots of 8 bytes, 0 moves
;; b0:
;;        0  args v0@x2
;;        1  branchbit.8 ← v0@x2 set 0x3f → b2, b1  ; @8f
;; b1:
;;        2  ret  ; @93
;; b2 cold:
;;        3  trap unreachable  ; @91
;;
;; function 7
;; ; 0 slots of 8 bytes, 0 moves
;; b0:
;;        0  args v0@v0, v1@v1
;;        1  fcmp.8 ← v0@v0, v1@v1  ; @9b
;;        2  jcc.ls → b2, b1  ; @9b
;; b1:
;;        3  ret  ; @9f
;; b2 cold:
;;        4  trap unreachable  ; @9d
;;
;; function 8
;; ; 0 slots of 8 bytes, 0 moves
;; b0:
;;        0  args v0@v0
;;        1  fcmpzero.4 ← v0@v0  ; @aa
;;        2  jcc.ne → b2, b1  ; @aa
;; b1:
;;        3  ret  ; @ae
;; b2 cold:
;;        4  trap unreachable  ; @ac
;;
;; function 9
;; ; 0 slots of 8 bytes, 0 moves
;; b0:
;;        0  args v1@x2, v2@x3
;;        1  cmp.4 ← v1@x2, v2@x3  ; @b5
;;        2  cset.hi v0@x0  ; @b5
;;        3  ret ← v0@x0  ; @b6
;;
;; function 10
;; ; 0 slots of 8 bytes, 0 moves
;; b0:
;;        0  args v1@x2, v2@x4
;;        1  cmpimm.4 ← v2@x4 0  ; @bf
;;        2  csel.ne.8 v0@x0 ← v1@x2 zero if not  ; @bf
;;        3  ret ← v0@x0  ; @c0
;;
;; function 11
;; ; 0 slots of 8 bytes, 0 moves
;; b0:
;;        0  args v2@x2
;;        1  jmp → b1 (v2)  ; @c3
;; b1 (v1) loop 1:
;;        2  addimm.sub.4 v0@x2 ← v1@x2 1  ; @c9
;;        3  branchzero.4 ← v0@x2 not 0 → b2, b3  ; @cc
;; b2 loop 1:
;;        4  jmp → b1 (v0)  ; @cc
;; b3:
;;        5  ret  ; @cf
