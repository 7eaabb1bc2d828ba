;; test vcode -O0
;; test asm -O0
(module
  (func $table (param i32) (result i32)
    (block $c (block $b (block $a (br_table $a $b $c $a $b $c (local.get 0)))
      (return (i32.const 10)))
      (return (i32.const 20)))
    (i32.const 30))
  (func $few (param i32) (result i32)
    (block $c (block $b (block $a (br_table $a $b $c $c (local.get 0)))
      (return (i32.const 10)))
      (return (i32.const 20)))
    (i32.const 30))
  (func $one_way (param i32) (block $a (br_table $a $a $a (local.get 0))))
  (func $values (param i32) (result i32)
    (block $b (result i32)
      (drop (block $a (result i32) (br_table $a $b $a $b $a $b (i32.const 7) (local.get 0))))
      (i32.const 8))))
;; ---- vcode -O0
;; function 0
;; b0:
;;        0  args v3:rdx
;;        1  brtable v4 early ← v3 late → b1, b2, b3  ; @28
;; b1:
;;        2  jmp → b4  ; @28
;; b2:
;;        3  jmp → b5  ; @28
;; b3:
;;        4  jmp → b6  ; @28
;; b4:
;;        5  imm.4 v2 0xa  ; @33
;;        6  ret ← v2:rax  ; @33
;; b5:
;;        7  imm.4 v1 0x14  ; @37
;;        8  ret ← v1:rax  ; @37
;; b6:
;;        9  imm.4 v0 0x1e  ; @3b
;;       10  ret ← v0:rax  ; @3b
;;
;; function 1
;; b0:
;;        0  args v3:rdx
;;        1  test.4 ← v3, v3  ; @46
;;        2  jcc.e → b3, b1  ; @46
;; b1:
;;        3  cmpimm.4 ← v3? 1  ; @46
;;        4  jcc.e → b4, b2  ; @46
;; b2:
;;        5  jmp → b5  ; @46
;; b3:
;;        6  imm.4 v2 0xa  ; @4f
;;        7  ret ← v2:rax  ; @4f
;; b4:
;;        8  imm.4 v1 0x14  ; @53
;;        9  ret ← v1:rax  ; @53
;; b5:
;;       10  imm.4 v0 0x1e  ; @57
;;       11  ret ← v0:rax  ; @57
;;
;; function 2
;; b0:
;;        0  args
;;        1  jmp → b1  ; @5e
;; b1:
;;        2  ret  ; @64
;;
;; function 3
;; b0:
;;        0  args v2:rdx
;;        1  brtable v6 early ← v2 late → b1, b2, b3, b4  ; @6f
;; b1:
;;        2  jmp → b5  ; @6f
;; b2:
;;        3  imm.4 v3 7  ; @6f
;;        4  jmp → b6 (v3)  ; @6f
;; b3:
;;        5  imm.4 v4 7  ; @6f
;;        6  jmp → b6 (v4)  ; @6f
;; b4:
;;        7  imm.4 v5 7  ; @6f
;;        8  jmp → b6 (v5)  ; @6f
;; b5:
;;        9  imm.4 v1 8  ; @7b
;;       10  jmp → b6 (v1)  ; @7b
;; b6 (v0):
;;       11  ret ← v0:rax  ; @7c
;; ---- asm -O0
;; function 0: 68 bytes, frame of 0
;; @28
;;       0  mov eax, edx
;;       2  cmp eax, 0x5
;;       5  jnb 0x27
;;       b  lea r11, [0x30]
;;      12  movsxd rax, dword ptr [r11+rax*4]
;;      16  add rax, r11
;;      19  jmp rax
;; 1b:
;; @33
;;      1b  mov eax, 0xa
;;      20  ret
;; 21:
;; @37
;;      21  mov eax, 0x14
;;      26  ret
;; 27:
;; @3b
;;      27  mov eax, 0x1e
;;      2c  ret
;;      2d  nop [rax], eax
;;      30  table of the jump at 19: 1b 21 27 1b 21
;;
;; function 1: 40 bytes, frame of 0
;; @46
;;       0  test edx, edx
;;       2  jz 0x16
;;       8  cmp edx, 0x1
;;       b  jz 0x1c
;;      11  jmp 0x22
;; 16:
;; @4f
;;      16  mov eax, 0xa
;;      1b  ret
;; 1c:
;; @53
;;      1c  mov eax, 0x14
;;      21  ret
;; 22:
;; @57
;;      22  mov eax, 0x1e
;;      27  ret
;;
;; function 2: 1 bytes, frame of 0
;; @5e
;; @64
;;       0  ret
;;
;; function 3: 84 bytes, frame of 0
;; @6f
;;       0  mov eax, edx
;;       2  cmp eax, 0x5
;;       5  jnb 0x2f
;;       b  lea r11, [0x40]
;;      12  movsxd rax, dword ptr [r11+rax*4]
;;      16  add rax, r11
;;      19  jmp rax
;; 1b:
;;      1b  mov eax, 0x7
;;      20  jmp 0x3e
;; 25:
;;      25  mov eax, 0x7
;;      2a  jmp 0x3e
;; 2f:
;;      2f  mov eax, 0x7
;;      34  jmp 0x3e
;; 39:
;; @7b
;;      39  mov eax, 0x8
;; 3e:
;; @7c
;;      3e  ret
;;      3f  nop
;;      40  table of the jump at 19: 39 1b 39 25 39
