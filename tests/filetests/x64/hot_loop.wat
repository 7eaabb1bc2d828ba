;; The end of a loop: flags that an addition leaves are not asked for again, what goes back to the header is moved before
;; the branch, which leads there itself; the loop begins at a multiple of 32 bytes.
;; test asm
(module (memory 1)
  (func $countdown (param i32 i32) (result i32)
    (loop $l
      (local.set 1 (i32.mul (local.get 1) (local.get 1)))
      (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get 1))
  ;; Each goes to the place of the next: two moves, and nothing that the way out wants.
  (func $rotate (param i32 i32 i32) (result i32) (local i32)
    (loop $l
      (local.set 3 (i32.add (i32.xor (local.get 0) (local.get 1)) (local.get 2)))
      (local.set 0 (local.get 1))
      (local.set 1 (local.get 2))
      (local.set 2 (local.get 3))
      (br_if $l (i32.gt_u (local.get 3) (i32.const 9))))
    (local.get 3))
  ;; What goes back would destroy what the way out returns.
  (func $wanted_outside (param i32 i32) (result i32) (local i32)
    (block $out
      (loop $l
        (local.set 2 (i32.mul (local.get 0) (local.get 1)))
        (br_if $out (i32.eqz (local.tee 1 (i32.sub (local.get 1) (i32.const 3)))))
        (local.set 0 (local.get 2))
        (br $l)))
    (i32.add (local.get 0) (local.get 2)))
  ;; A dispatch: in one line of the cache.
  (func $dispatch (param i32) (result i32) (local i32)
    (loop $l
      (block $d (block $c (block $b (block $a
        (br_table $a $b $c $a $b $c $d (i32.load8_u (local.get 0))))
        (local.set 0 (i32.add (local.get 0) (i32.const 1))) (br $l))
        (local.set 1 (i32.mul (local.get 1) (i32.const 7))) (local.set 0 (i32.add (local.get 0) (i32.const 2))) (br $l))
        (local.set 1 (i32.xor (local.get 1) (i32.const 5))) (local.set 0 (i32.add (local.get 0) (i32.const 3))) (br $l)))
    (local.get 1))
  ;; The branch back reads a register that the moves would destroy: they stay behind it.
  (func $table_of_two_ways (param i32 i32) (result i32) (local i32 i32)
    (local.set 3 (i32.and (local.get 0) (i32.const 7)))
    (block $out
      (loop $l
        (local.set 2 (i32.add (i32.mul (local.get 0) (local.get 1)) (local.get 2)))
        (local.set 0 (local.get 1))
        (local.set 1 (local.get 2))
        (br_table $l $l $l $out $l $l $l $l (local.get 3))))
    (local.get 2)))
;; ---- asm
;; function 0: 41 bytes, frame of 0
;; @30
;;       0  mov rax, rcx
;;       3  nop [rax+rax*1], ax
;;       c  nop [rax+rax*1], ax
;;      15  nop [rax+rax*1], ax
;;      1e  nop
;; 20:
;; @36
;;      20  imul eax, eax
;; @3d
;;      23  add edx, 0xffffffff
;; @40
;;      26  jnz 0x20
;; @45
;;      28  ret
;;
;; function 1: 61 bytes, frame of 0
;; @4a
;;       0  mov rax, rdx
;;       3  nop [rax+rax*1], ax
;;       c  nop [rax+rax*1], ax
;;      15  nop [rax+rax*1], ax
;;      1e  nop
;; 20:
;; @50
;;      20  xor eax, ecx
;; @53
;;      22  add eax, r8d
;; @67
;;      25  cmp eax, 0x9
;;      28  jbe 0x3c
;;      2e  mov r11, rcx
;;      31  mov rcx, r8
;;      34  mov r8, rax
;;      37  mov rax, r11
;;      3a  jmp 0x20
;; 3c:
;; @6c
;;      3c  ret
;;
;; function 2: 58 bytes, frame of 0
;; @73
;;       0  mov rax, rdx
;; @79
;;       3  mov rdx, rax
;;       6  imul edx, ecx
;; @80
;;       9  add ecx, 0xfffffffd
;; @84
;;       c  jnz 0x20
;; @92
;;      12  add eax, edx
;; @93
;;      14  ret
;;      15  nop [rax+rax*1], ax
;;      1e  nop
;; 20:
;; @79
;;      20  mov rax, rdx
;;      23  imul eax, ecx
;; @80
;;      26  add ecx, 0xfffffffd
;; @84
;;      29  jz 0x34
;;      2f  mov rdx, rax
;;      32  jmp 0x20
;; 34:
;; @92
;;      34  add edx, eax
;; @93
;;      36  mov rax, rdx
;;      39  ret
;;
;; function 3: 148 bytes, frame of 8
;;       0  push rbp
;;       1  mov rbp, rsp
;;       4  push rdi
;;       5  mov eax, edx
;; @a4
;;       7  mov rcx, [rdi+0x48]                      ; owned_memories[0].base
;; @98
;;       b  xor edx, edx
;;       d  nop [rax+rax*1], ax
;;      16  nop [rax+rax*1], ax
;;      1f  nop [rax+rax*1], ax
;;      28  nop [rax+rax*1], ax
;;      31  nop [rax+rax*1], ax
;;      3a  nop [rax+rax*1], ax
;; 40:
;; @a4
;;      40  movzx esi, byte ptr [rcx+rax*1]          ; traps: memory-out-of-bounds
;; @a7
;;      44  mov edi, esi
;;      46  cmp edi, 0x6
;;      49  jnb 0x74
;;      4f  lea r11, [0x7c]
;;      56  movsxd rdi, dword ptr [r11+rdi*4]
;;      5a  add rdi, r11
;;      5d  jmp rdi
;; 5f:
;; @b5
;;      5f  add eax, 0x1
;; @b8
;;      62  jmp 0x40
;; 64:
;; @bf
;;      64  imul edx, edx, 0x7
;; @c6
;;      67  add eax, 0x2
;; @c9
;;      6a  jmp 0x40
;; 6c:
;; @d0
;;      6c  xor edx, 0x5
;; @d7
;;      6f  add eax, 0x3
;; @da
;;      72  jmp 0x40
;; 74:
;; @e0
;;      74  mov rax, rdx
;;      77  mov rsp, rbp
;;      7a  pop rbp
;;      7b  ret
;;      7c  table of the jump at 5d: 5f 64 6c 5f 64 6c
;;
;; function 4: 184 bytes, frame of 0
;; @e9
;;       0  mov rax, rdx
;;       3  mov rdx, rax
;;       6  and edx, 0x7
;; @ee
;;       9  xor esi, esi
;;       b  mov r11, rax
;;       e  mov rax, rcx
;;      11  mov rcx, rsi
;;      14  mov rsi, r11
;;      17  nop [rax+rax*1], ax
;;      20  nop [rax+rax*1], ax
;;      29  nop [rax+rax*1], ax
;;      32  nop [rax+rax*1], ax
;;      3b  nop [rax+rax*1], eax
;; 40:
;; @f4
;;      40  imul esi, eax
;; @f7
;;      43  add ecx, esi
;; @104
;;      45  mov esi, edx
;;      47  cmp esi, 0x7
;;      4a  jnb 0x90
;;      50  lea r11, [0x9c]
;;      57  movsxd rsi, dword ptr [r11+rsi*4]
;;      5b  add rsi, r11
;;      5e  jmp rsi
;; 60:
;;      60  mov rsi, rax
;;      63  mov rax, rcx
;;      66  jmp 0x40
;; 68:
;;      68  mov rsi, rax
;;      6b  mov rax, rcx
;;      6e  jmp 0x40
;; 70:
;;      70  mov rsi, rax
;;      73  mov rax, rcx
;;      76  jmp 0x40
;; 78:
;;      78  mov rsi, rax
;;      7b  mov rax, rcx
;;      7e  jmp 0x40
;; 80:
;;      80  mov rsi, rax
;;      83  mov rax, rcx
;;      86  jmp 0x40
;; 88:
;;      88  mov rsi, rax
;;      8b  mov rax, rcx
;;      8e  jmp 0x40
;; 90:
;;      90  mov rsi, rax
;;      93  mov rax, rcx
;;      96  jmp 0x40
;; 98:
;; @112
;;      98  mov rax, rcx
;;      9b  ret
;;      9c  table of the jump at 5e: 60 68 70 98 78 80 88
