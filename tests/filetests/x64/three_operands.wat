;; Forms with a destination of their own, where the operand lives on.
;; test asm
;; test asm cpu=bmi1,bmi2
(module
  (func $rotations (param i32 i64) (result i32 i64)
    (i32.xor (i32.xor (i32.rotl (local.get 0) (i32.const 7)) (i32.rotr (local.get 0) (i32.const 9))) (local.get 0))
    (i64.xor (i64.rotl (local.get 1) (i64.const 40)) (local.get 1)))
  (func $shifts (param i32 i32) (result i32)
    (i32.xor (i32.shl (local.get 0) (local.get 1)) (i32.shr_u (local.get 0) (local.get 1))))
  (func $signed (param i64 i64) (result i64)
    (i64.xor (i64.shr_s (local.get 0) (local.get 1)) (i64.rotl (local.get 0) (local.get 1))))
  (func $and_not (param i32 i32) (result i32) (i32.and (local.get 0) (i32.xor (local.get 1) (i32.const -1))))
  (func $sums (param i32 i32) (result i32)
    (i32.mul (i32.add (local.get 0) (local.get 1)) (i32.xor (local.get 0) (local.get 1))))
  (func $three (param i32 i32) (result i32) (i32.add (i32.add (local.get 0) (local.get 1)) (i32.const 9)))
  (func $multiple (param i32) (result i32) (i32.add (i32.mul (local.get 0) (i32.const 3)) (i32.const 1)))
  (func $mask (param i32 i32) (result i32)
    (select (local.get 0) (local.get 1) (i32.and (local.get 0) (i32.const 1))))
  (func $low_bytes (param i32 i64) (result i32 i64)
    (i32.and (local.get 0) (i32.const 0xff)) (i64.and (local.get 1) (i64.const 0xffff))))
;; ---- asm
;; function 0: 33 bytes, frame of 0
;; @39
;;       0  mov rax, rdx
;;       3  rol eax, 0x7
;; @3e
;;       6  mov rsi, rdx
;;       9  ror esi, 0x9
;; @3f
;;       c  xor eax, esi
;; @42
;;       e  xor edx, eax
;; @47
;;      10  mov rax, rcx
;;      13  rol rax, 0x28
;; @4a
;;      17  xor rcx, rax
;; @4b
;;      1a  mov rax, rdx
;;      1d  mov rdx, rcx
;;      20  ret
;;
;; function 1: 10 bytes, frame of 0
;; @52
;;       0  mov rax, rdx
;;       3  shl eax, cl
;; @57
;;       5  shr edx, cl
;; @58
;;       7  xor eax, edx
;; @59
;;       9  ret
;;
;; function 2: 13 bytes, frame of 0
;; @60
;;       0  mov rax, rdx
;;       3  sar rax, cl
;; @65
;;       6  rol rdx, cl
;; @66
;;       9  xor rax, rdx
;; @67
;;       c  ret
;;
;; function 3: 8 bytes, frame of 0
;; @70
;;       0  not ecx
;; @71
;;       2  mov rax, rdx
;;       5  and eax, ecx
;; @72
;;       7  ret
;;
;; function 4: 9 bytes, frame of 0
;; @79
;;       0  lea eax, [rdx+rcx*1]
;; @7e
;;       3  xor edx, ecx
;; @7f
;;       5  imul eax, edx
;; @80
;;       8  ret
;;
;; function 5: 5 bytes, frame of 0
;; @8a
;;       0  lea eax, [rdx+rcx*1+0x9]
;; @8b
;;       4  ret
;;
;; function 6: 5 bytes, frame of 0
;; @95
;;       0  lea eax, [rdx+rdx*2+0x1]
;; @96
;;       4  ret
;;
;; function 7: 10 bytes, frame of 0
;; @a2
;;       0  test dl, 0x1
;;       3  mov rax, rcx
;;       6  cmovnz eax, edx
;; @a3
;;       9  ret
;;
;; function 8: 7 bytes, frame of 0
;; @ab
;;       0  movzx eax, dl
;; @b2
;;       3  movzx edx, cx
;; @b3
;;       6  ret
;; ---- asm cpu=bmi1,bmi2
;; function 0: 32 bytes, frame of 0
;; @39
;;       0  rorx eax, edx, 0x19
;; @3e
;;       6  rorx esi, edx, 0x9
;; @3f
;;       c  xor eax, esi
;; @42
;;       e  xor edx, eax
;; @47
;;      10  rorx rax, rcx, 0x18
;; @4a
;;      16  xor rcx, rax
;; @4b
;;      19  mov rax, rdx
;;      1c  mov rdx, rcx
;;      1f  ret
;;
;; function 1: 13 bytes, frame of 0
;; @52
;;       0  shlx eax, edx, ecx
;; @57
;;       5  shrx ecx, edx, ecx
;; @58
;;       a  xor eax, ecx
;; @59
;;       c  ret
;;
;; function 2: 12 bytes, frame of 0
;; @60
;;       0  sarx rax, rdx, rcx
;; @65
;;       5  rol rdx, cl
;; @66
;;       8  xor rax, rdx
;; @67
;;       b  ret
;;
;; function 3: 6 bytes, frame of 0
;; @71
;;       0  andn eax, ecx, edx
;; @72
;;       5  ret
;;
;; function 4: 9 bytes, frame of 0
;; @79
;;       0  lea eax, [rdx+rcx*1]
;; @7e
;;       3  xor edx, ecx
;; @7f
;;       5  imul eax, edx
;; @80
;;       8  ret
;;
;; function 5: 5 bytes, frame of 0
;; @8a
;;       0  lea eax, [rdx+rcx*1+0x9]
;; @8b
;;       4  ret
;;
;; function 6: 5 bytes, frame of 0
;; @95
;;       0  lea eax, [rdx+rdx*2+0x1]
;; @96
;;       4  ret
;;
;; function 7: 10 bytes, frame of 0
;; @a2
;;       0  test dl, 0x1
;;       3  mov rax, rcx
;;       6  cmovnz eax, edx
;; @a3
;;       9  ret
;;
;; function 8: 7 bytes, frame of 0
;; @ab
;;       0  movzx eax, dl
;; @b2
;;       3  movzx edx, cx
;; @b3
;;       6  ret
