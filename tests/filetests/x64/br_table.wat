;; test vcode -O0
;; test asm -O0
(module
  (func $table (param i32) (result i32)
    (block $c (block $b (block $a (br_table $a $b $c $a $b $c (local.get 0)))
      (return (i32.const 10)))
      (return (i32.const 20)))
    (i32.const 30))
  (func $one_way (param i32) (block $a (br_table $a $a $a (local.get 0))))
  (func $values (param i32) (result i32)
    (block $b (result i32)
      (drop (block $a (result i32) (br_table $a $b $a $b (i32.const 7) (local.get 0))))
      (i32.const 8))))
;; ---- vcode -O0
;; function 0
;; b0:
;;        0  args v3:rdx
;;        1  brtable v4 early ← v3 late → b1, b2, b3  ; @27
;; b1:
;;        2  jmp → b4  ; @27
;; b2:
;;        3  jmp → b5  ; @27
;; b3:
;;        4  jmp → b6  ; @27
;; b4:
;;        5  imm.4 v2 0xa  ; @32
;;        6  ret ← v2:rax  ; @32
;; b5:
;;        7  imm.4 v1 0x14  ; @36
;;        8  ret ← v1:rax  ; @36
;; b6:
;;        9  imm.4 v0 0x1e  ; @3a
;;       10  ret ← v0:rax  ; @3a
;;
;; function 1
;; b0:
;;        0  args v0:rdx
;;        1  jmp → b1  ; @41
;; b1:
;;        2  jmp → b2  ; @41
;; b2:
;;        3  ret  ; @47
;;
;; function 2
;; b0:
;;        0  args v2:rdx
;;        1  brtable v5 early ← v2 late → b1, b2, b3  ; @52
;; b1:
;;        2  jmp → b4  ; @52
;; b2:
;;        3  imm.4 v3 7  ; @52
;;        4  jmp → b5 (v3)  ; @52
;; b3:
;;        5  imm.4 v4 7  ; @52
;;        6  jmp → b5 (v4)  ; @52
;; b4:
;;        7  imm.4 v1 8  ; @5c
;;        8  jmp → b5 (v1)  ; @5c
;; b5 (v0):
;;        9  ret ← v0:rax  ; @5d
;; ---- asm -O0
;; function 0: 68 bytes, frame of 0
;; @27
;;       0  mov eax, edx
;;       2  cmp eax, 0x5
;;       5  jnb 0x27
;;       b  lea r11, [0x30]
;;      12  movsxd rax, dword ptr [r11+rax*4]
;;      16  add rax, r11
;;      19  jmp rax
;; 1b:
;; @32
;;      1b  mov eax, 0xa
;;      20  ret
;; 21:
;; @36
;;      21  mov eax, 0x14
;;      26  ret
;; 27:
;; @3a
;;      27  mov eax, 0x1e
;;      2c  ret
;;      2d  nop [rax], eax
;;      30  table of the jump at 19: 1b 21 27 1b 21
;;
;; function 1: 1 bytes, frame of 0
;; @41
;; @47
;;       0  ret
;;
;; function 2: 68 bytes, frame of 0
;; @52
;;       0  mov eax, edx
;;       2  cmp eax, 0x3
;;       5  jnb 0x25
;;       b  lea r11, [0x38]
;;      12  movsxd rax, dword ptr [r11+rax*4]
;;      16  add rax, r11
;;      19  jmp rax
;; 1b:
;;      1b  mov eax, 0x7
;;      20  jmp 0x34
;; 25:
;;      25  mov eax, 0x7
;;      2a  jmp 0x34
;; 2f:
;; @5c
;;      2f  mov eax, 0x8
;; 34:
;; @5d
;;      34  ret
;;      35  nop [rax], eax
;;      38  table of the jump at 19: 2f 1b 2f
