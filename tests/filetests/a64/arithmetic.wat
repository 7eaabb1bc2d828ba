;; What an instruction of AArch64 takes in: constants as far as they have a form, shifts, products, inversions, bit fields.
;; test vcode a64
(module
  (func $add_constant (param i32) (result i32) (i32.add (local.get 0) (i32.const 4095)))
  (func $add_high_constant (param i64) (result i64) (i64.add (local.get 0) (i64.const 0xfff000)))
  (func $add_negative (param i32) (result i32) (i32.add (local.get 0) (i32.const -7)))
  (func $add_no_form (param i32) (result i32) (i32.add (local.get 0) (i32.const 4097)))
  (func $and_mask (param i64) (result i64) (i64.and (local.get 0) (i64.const 0x00ff00ff00ff00ff)))
  (func $or_no_form (param i32) (result i32) (i32.or (local.get 0) (i32.const 5)))
  (func $add_shifted (param i64 i64) (result i64) (i64.add (local.get 0) (i64.shl (local.get 1) (i64.const 3))))
  (func $sub_shifted (param i32 i32) (result i32) (i32.sub (local.get 0) (i32.shr_u (local.get 1) (i32.const 9))))
  (func $multiply_add (param i32 i32 i32) (result i32) (i32.add (i32.mul (local.get 0) (local.get 1)) (local.get 2)))
  (func $multiply_subtract (param i64 i64 i64) (result i64) (i64.sub (local.get 2) (i64.mul (local.get 0) (local.get 1))))
  (func $and_not (param i32 i32) (result i32) (i32.and (local.get 0) (i32.xor (local.get 1) (i32.const -1))))
  (func $field (param i32) (result i32) (i32.and (i32.shr_u (local.get 0) (i32.const 5)) (i32.const 0x3ff)))
  (func $signed_field (param i64) (result i64) (i64.shr_s (i64.shl (local.get 0) (i64.const 40)) (i64.const 50)))
  (func $field_put (param i32) (result i32) (i32.shl (i32.and (local.get 0) (i32.const 7)) (i32.const 4)))
  (func $rotate_left (param i32 i32) (result i32) (i32.rotl (local.get 0) (local.get 1)))
  (func $add_signed (param i64 i32) (result i64) (i64.add (local.get 0) (i64.extend_i32_s (local.get 1))))
  (func $count (param i64) (result i64) (i64.add (i64.ctz (local.get 0)) (i64.popcnt (local.get 0))))
  (func $divide (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func $remainder_no_checks (param i32) (result i32) (i32.rem_u (local.get 0) (i32.const 1000))))
;; ---- vcode a64
;; function 0
;; b0:
;;        0  args v1:x2
;;        1  addimm.add.4 v0 ← v1 0xfff  ; @56
;;        2  ret ← v0:x0  ; @57
;;
;; function 1
;; b0:
;;        0  args v1:x2
;;        1  addimm.add.8 v0 ← v1 0xfff000  ; @61
;;        2  ret ← v0:x0  ; @62
;;
;; function 2
;; b0:
;;        0  args v1:x2
;;        1  addimm.sub.4 v0 ← v1 7  ; @69
;;        2  ret ← v0:x0  ; @6a
;;
;; function 3
;; b0:
;;        0  args v1:x2
;;        1  imm.4 v2 0x1001  ; @72
;;        2  add.add.4 v0 ← v1, v2  ; @72
;;        3  ret ← v0:x0  ; @73
;;
;; function 4
;; b0:
;;        0  args v1:x2
;;        1  logicimm.and.8 v0 ← v1 0xff00ff00ff00ff  ; @82
;;        2  ret ← v0:x0  ; @83
;;
;; function 5
;; b0:
;;        0  args v1:x2
;;        1  imm.4 v2 5  ; @8a
;;        2  logic.orr.4 v0 ← v1, v2  ; @8a
;;        3  ret ← v0:x0  ; @8b
;;
;; function 6
;; b0:
;;        0  args v1:x2, v2:x3
;;        1  add.add.8 v0 ← v1, v2 lsl 3  ; @95
;;        2  ret ← v0:x0  ; @96
;;
;; function 7
;; b0:
;;        0  args v1:x2, v2:x3
;;        1  add.sub.4 v0 ← v1, v2 lsr 9  ; @a0
;;        2  ret ← v0:x0  ; @a1
;;
;; function 8
;; b0:
;;        0  args v1:x2, v2:x3, v3:x4
;;        1  muladd.4 v0 ← v1, v2, v3  ; @ab
;;        2  ret ← v0:x0  ; @ac
;;
;; function 9
;; b0:
;;        0  args v1:x2, v2:x3, v3:x4
;;        1  muladd.8 v0 ← v1, v2, v3 minus  ; @b6
;;        2  ret ← v0:x0  ; @b7
;;
;; function 10
;; b0:
;;        0  args v1:x2, v2:x3
;;        1  logic.bic.4 v0 ← v1, v2  ; @c1
;;        2  ret ← v0:x0  ; @c2
;;
;; function 11
;; b0:
;;        0  args v1:x2
;;        1  bitfield.ubfx.4 v0 ← v1 5 10  ; @cd
;;        2  ret ← v0:x0  ; @ce
;;
;; function 12
;; b0:
;;        0  args v1:x2
;;        1  bitfield.sbfx.8 v0 ← v1 10 14  ; @d8
;;        2  ret ← v0:x0  ; @d9
;;
;; function 13
;; b0:
;;        0  args v1:x2
;;        1  bitfield.ubfiz.4 v0 ← v1 4 3  ; @e3
;;        2  ret ← v0:x0  ; @e4
;;
;; function 14
;; b0:
;;        0  args v1:x2, v2:x3
;;        1  neg.4 v3 ← v2  ; @eb
;;        2  binary.ror.4 v0 ← v1, v3  ; @eb
;;        3  ret ← v0:x0  ; @ec
;;
;; function 15
;; b0:
;;        0  args v1:x2, v2:x3
;;        1  addext.add.8 v0 ← v1, v2 sxtw 0  ; @f4
;;        2  ret ← v0:x0  ; @f5
;;
;; function 16
;; b0:
;;        0  args v3:x2
;;        1  unary.rbit.8 v5 ← v3  ; @fa
;;        2  unary.clz.8 v1 ← v5  ; @fa
;;        3  popcnt.8 v2, v4 early ← v3 late  ; @fd
;;        4  add.add.8 v0 ← v1, v2  ; @fe
;;        5  ret ← v0:x0  ; @ff
;;
;; function 17
;; b0:
;;        0  args v1:x2, v2:x3
;;        1  div.div_s.4 v0 ← v1, v2  ; @106
;;        2  ret ← v0:x0  ; @107
;;
;; function 18
;; b0:
;;        0  args v6:x2
;;        1  extend.zero32 v3 ← v6?
;;        2  imm.8 v5 0x10624dd3  ; @10f
;;        3  binary.mul.8 v4 ← v3, v5  ; @10f
;;        4  shiftimm.lsr.8 v1 ← v4 0x26  ; @10f
;;        5  imm.4 v2 0x3e8  ; @10f
;;        6  muladd.4 v0 ← v1, v2, v3 minus  ; @10f
;;        7  ret ← v0:x0  ; @110
