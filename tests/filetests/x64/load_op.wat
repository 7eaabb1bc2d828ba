;; A load becomes an operand of its only user, if nothing in between could change what it reads and it is as wide.
;; test vcode -O0
(module (memory 1)
  (func $add (param i32 i32) (result i32) (i32.add (local.get 0) (i32.load (local.get 1))))
  (func $add_i64 (param i64 i32) (result i64) (i64.add (local.get 0) (i64.load offset=8 (local.get 1))))
  (func $compare (param i32 i32) (result i32) (i32.lt_s (local.get 0) (i32.load (local.get 1))))
  (func $float (param f64 i32) (result f64) (f64.mul (local.get 0) (f64.load (local.get 1))))
  (func $narrow (param i32 i32) (result i32) (i32.add (local.get 0) (i32.load8_u (local.get 1))))
  (func $to_memory (param i32 i32) (i32.store (local.get 0) (i32.xor (i32.load (local.get 0)) (local.get 1))))
  (func $behind_a_store (param i32 i32) (result i32) (local $x i32)
    (local.set $x (i32.load (local.get 1)))
    (i32.store (local.get 0) (i32.const 1))
    (i32.add (local.get 0) (local.get $x)))
  (func $used_twice (param i32) (result i32) (local $x i32)
    (local.set $x (i32.load (local.get 0)))
    (i32.add (local.get $x) (i32.mul (local.get 0) (local.get $x)))))
;; ---- vcode -O0
;; function 0
;; ; v4 is at [rbp-8]
;; b0:
;;        0  args v4:rdi, v3:rdx, v5:rcx
;;        1  extend.zero32 v2 ← v5?
;;        2  load.plain.8 v1 [v4+72]  ; @40
;;        3  alumem.add.4 v0=v3 ← v3 [v1+v2] !trap  ; @40
;;        4  ret ← v0:rax  ; @44
;;
;; function 1
;; ; v4 is at [rbp-8]
;; b0:
;;        0  args v4:rdi, v3:rdx, v5:rcx
;;        1  extend.zero32 v2 ← v5?
;;        2  load.plain.8 v1 [v4+72]  ; @4b
;;        3  alumem.add.8 v0=v3 ← v3 [v1+v2+8] !trap  ; @4b
;;        4  ret ← v0:rax  ; @4f
;;
;; function 2
;; ; v4 is at [rbp-8]
;; b0:
;;        0  args v4:rdi, v3:rdx, v5:rcx
;;        1  extend.zero32 v2 ← v5?
;;        2  load.plain.8 v1 [v4+72]  ; @56
;;        3  cmpmem.4 ← v3 [v1+v2] !trap  ; @56
;;        4  setcc.l v0  ; @59
;;        5  ret ← v0:rax  ; @5a
;;
;; function 3
;; ; v4 is at [rbp-8]
;; b0:
;;        0  args v4:rdi, v3:xmm0, v5:rdx
;;        1  extend.zero32 v2 ← v5?
;;        2  load.plain.8 v1 [v4+72]  ; @61
;;        3  fpmem.mul.8 v0=v3 ← v3 [v1+v2] !trap  ; @61
;;        4  ret ← v0:xmm0  ; @65
;;
;; function 4
;; ; v5 is at [rbp-8]
;; b0:
;;        0  args v5:rdi, v1:rdx, v6:rcx
;;        1  extend.zero32 v4 ← v6?
;;        2  load.plain.8 v3 [v5+72]  ; @6c
;;        3  load.zero8.1 v2 [v3+v4] !trap  ; @6c
;;        4  alu.add.4 v0=v1 ← v1, v2?  ; @6f
;;        5  ret ← v0:rax  ; @70
;;
;; function 5
;; ; v4 is at [rbp-8]
;; b0:
;;        0  args v4:rdi, v5:rdx, v3:rcx
;;        1  extend.zero32 v2 ← v5?
;;        2  load.plain.8 v1 [v4+72]  ; @77
;;        3  alumem.xor.4 v0=v3 ← v3 [v1+v2] !trap  ; @77
;;        4  store.4 ← v0 [v1+v2] !trap  ; @7d
;;        5  ret  ; @80
;;
;; function 6
;; ; v5 is at [rbp-8]
;; b0:
;;        0  args v5:rdi, v6:rdx, v7:rcx
;;        1  extend.zero32 v1 ← v6?
;;        2  extend.zero32 v4 ← v7?
;;        3  load.plain.8 v3 [v5+72]  ; @87
;;        4  load.plain.4 v2 [v3+v4] !trap  ; @87
;;        5  storeimm.4 [v3+v1] 1 !trap  ; @90
;;        6  alu.add.4 v0=v1 ← v1, v2?  ; @97
;;        7  ret ← v0:rax  ; @98
;;
;; function 7
;; ; v5 is at [rbp-8]
;; b0:
;;        0  args v5:rdi, v6:rdx
;;        1  extend.zero32 v3 ← v6?
;;        2  load.plain.8 v4 [v5+72]  ; @9f
;;        3  load.plain.4 v1 [v4+v3] !trap  ; @9f
;;        4  mul.4 v2=v3 ← v3, v1?  ; @aa
;;        5  alu.add.4 v0=v1 ← v1, v2?  ; @ab
;;        6  ret ← v0:rax  ; @ac
