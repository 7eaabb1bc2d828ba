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
    (i32.add (local.get 0) (local.get 2))))
;; ---- asm
;; function 0: 41 bytes, frame of 0
;; @28
;;       0  mov rax, rcx
;;       3  nop [rax+rax*1], ax
;;       c  nop [rax+rax*1], ax
;;      15  nop [rax+rax*1], ax
;;      1e  nop
;; 20:
;; @2e
;;      20  imul eax, eax
;; @35
;;      23  add edx, 0xffffffff
;; @38
;;      26  jnz 0x20
;; @3d
;;      28  ret
;;
;; function 1: 61 bytes, frame of 0
;; @42
;;       0  mov rax, rdx
;;       3  nop [rax+rax*1], ax
;;       c  nop [rax+rax*1], ax
;;      15  nop [rax+rax*1], ax
;;      1e  nop
;; 20:
;; @48
;;      20  xor eax, ecx
;; @4b
;;      22  add eax, r8d
;; @5f
;;      25  cmp eax, 0x9
;;      28  jbe 0x3c
;;      2e  mov r11, rcx
;;      31  mov rcx, r8
;;      34  mov r8, rax
;;      37  mov rax, r11
;;      3a  jmp 0x20
;; 3c:
;; @64
;;      3c  ret
;;
;; function 2: 58 bytes, frame of 0
;; @6b
;;       0  mov rax, rdx
;; @71
;;       3  mov rdx, rax
;;       6  imul edx, ecx
;; @78
;;       9  add ecx, 0xfffffffd
;; @7c
;;       c  jnz 0x20
;; @8a
;;      12  add eax, edx
;; @8b
;;      14  ret
;;      15  nop [rax+rax*1], ax
;;      1e  nop
;; 20:
;; @71
;;      20  mov rax, rdx
;;      23  imul eax, ecx
;; @78
;;      26  add ecx, 0xfffffffd
;; @7c
;;      29  jz 0x34
;;      2f  mov rdx, rax
;;      32  jmp 0x20
;; 34:
;; @8a
;;      34  add edx, eax
;; @8b
;;      36  mov rax, rdx
;;      39  ret
