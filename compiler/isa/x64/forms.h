// Registers, operands and the instruction families of x64::Masm. A family is one table: the masm's
// methods, its printer in tests/unit/compiler/isa and the comparison with GNU as all walk it, so that a row
// added here is tested without another line.
#pragma once
#include <cstdint>

#include "compiler/isa/common/label.h"

namespace wjit::x64 {

using isa::Label;

// Numbered as the hardware does.
enum class Gp : uint8_t { rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15 };
enum class Xmm : uint8_t {
  xmm0,
  xmm1,
  xmm2,
  xmm3,
  xmm4,
  xmm5,
  xmm6,
  xmm7,
  xmm8,
  xmm9,
  xmm10,
  xmm11,
  xmm12,
  xmm13,
  xmm14,
  xmm15,
};

// Widths in bytes: of an integer operation, of a scalar float.
enum class W : uint8_t { k8 = 1, k16 = 2, k32 = 4, k64 = 8 };
enum class F : uint8_t { k32 = 4, k64 = 8 };

// [base + index * 2^shift + displacement], any of base and index missing, or [rip + label + displacement].
struct Mem {
  static Mem at(Gp base, int32_t displacement = 0) {
    return {.base = base, .has_base = true, .displacement = displacement};
  }
  // rsp cannot be an index.
  static Mem at(Gp base, Gp index, uint8_t shift, int32_t displacement = 0) {
    return {.base = base,
            .index = index,
            .has_base = true,
            .has_index = true,
            .shift = shift,
            .displacement = displacement};
  }
  static Mem scaled(Gp index, uint8_t shift, int32_t displacement) {
    return {.index = index, .has_index = true, .shift = shift, .displacement = displacement};
  }
  static Mem at(Label label, int32_t displacement = 0) {
    return {.displacement = displacement, .label = label};
  }

  Gp base = Gp::rax, index = Gp::rax;
  bool has_base = false, has_index = false;
  uint8_t shift = 0;
  int32_t displacement = 0;
  Label label;
};

// X(name, mnemonic): in the order of the hardware's condition codes; ^1 negates.
#define WJIT_X64_CONDITIONS(X)                                                                        \
  X(o, "o")                                                                                           \
  X(no, "no") X(b, "b") X(ae, "ae") X(e, "e") X(ne, "ne") X(be, "be") X(a, "a") X(s, "s") X(ns, "ns") \
      X(p, "p") X(np, "np") X(l, "l") X(ge, "ge") X(le, "le") X(g, "g")

// X(name, mnemonic, the library's name). Two operands, every width, also with memory on either side.
#define WJIT_X64_ALU(X)                                                                            \
  X(kAdd, "add", Add)                                                                              \
  X(kOr, "or", Or) X(kAdc, "adc", Adc) X(kSbb, "sbb", Sbb) X(kAnd, "and", And) X(kSub, "sub", Sub) \
      X(kXor, "xor", Xor) X(kCmp, "cmp", Cmp)
// One operand; mul and div mean rdx:rax.
#define WJIT_X64_UNARY(X)                                                                                   \
  X(kNot, "not", Not)                                                                                       \
  X(kNeg, "neg", Neg) X(kMul, "mul", Mul) X(kIMul, "imul", Imul) X(kDiv, "div", Div) X(kIDiv, "idiv", Idiv) \
      X(kInc, "inc", Inc) X(kDec, "dec", Dec)
#define WJIT_X64_SHIFTS(X) \
  X(kRol, "rol", Rol) X(kRor, "ror", Ror) X(kShl, "shl", Shl) X(kShr, "shr", Shr) X(kSar, "sar", Sar)
// 32 and 64 bits. lzcnt, tzcnt and popcnt are extensions: who emits them has asked the processor.
#define WJIT_X64_BITS(X) \
  X(kBsf, "bsf", Bsf)    \
  X(kBsr, "bsr", Bsr) X(kLzcnt, "lzcnt", Lzcnt) X(kTzcnt, "tzcnt", Tzcnt) X(kPopcnt, "popcnt", Popcnt)
// BMI2: shifts by a register, with a destination of their own; flags are kept.
#define WJIT_X64_SHIFT3(X) X(kShlx, "shlx", Shlx) X(kShrx, "shrx", Shrx) X(kSarx, "sarx", Sarx)
// Read, modify and write at once; the mnemonic is preceded by lock.
#define WJIT_X64_LOCKED(X)                                                                            \
  X(kAdd, "add", Add)                                                                                 \
  X(kOr, "or", Or) X(kAnd, "and", And) X(kSub, "sub", Sub) X(kXor, "xor", Xor) X(kXadd, "xadd", Xadd) \
      X(kCmpxchg, "cmpxchg", Cmpxchg)
// X(name, mnemonic without ss/sd, the library's names for 32 and 64 bits, and those with VEX): scalar floats.
#define WJIT_X64_FLOAT(X)                                                                               \
  X(kAdd, "add", Addss, Addsd, Vaddss, Vaddsd)                                                          \
  X(kMul, "mul", Mulss, Mulsd, Vmulss, Vmulsd) X(kSub, "sub", Subss, Subsd, Vsubss, Vsubsd)             \
      X(kMin, "min", Minss, Minsd, Vminss, Vminsd) X(kDiv, "div", Divss, Divsd, Vdivss, Vdivsd)         \
          X(kMax, "max", Maxss, Maxsd, Vmaxss, Vmaxsd) X(kSqrt, "sqrt", Sqrtss, Sqrtsd, Vsqrtss, Vsqrtsd) \
              X(kUcomi, "ucomi", Ucomiss, Ucomisd, Vucomiss, Vucomisd)
// X(name, mnemonic without ps/pd, …): on whole registers, memory operands are 16 bytes and aligned.
#define WJIT_X64_FLOAT_LOGIC(X)                                                                           \
  X(kAnd, "and", Andps, Andpd, Vandps, Vandpd)                                                            \
  X(kAndn, "andn", Andnps, Andnpd, Vandnps, Vandnpd) X(kOr, "or", Orps, Orpd, Vorps, Vorpd)               \
      X(kXor, "xor", Xorps, Xorpd, Vxorps, Vxorpd)
// X(method, mnemonic, the library's name): no operands.
#define WJIT_X64_PLAIN(X)                                                              \
  X(cdq, "cdq", Cdq)                                                                   \
  X(cqo, "cqo", Cqo) X(ud2, "ud2", Ud2) X(int3, "int3", Int3) X(pause, "pause", Pause) \
      X(mfence, "mfence", Mfence)

#define WJIT_X(name, ...) name,
enum class Cc : uint8_t { WJIT_X64_CONDITIONS(WJIT_X) };
enum class Alu : uint8_t { WJIT_X64_ALU(WJIT_X) };
enum class Unary : uint8_t { WJIT_X64_UNARY(WJIT_X) };
enum class Shift : uint8_t { WJIT_X64_SHIFTS(WJIT_X) };
enum class Bits : uint8_t { WJIT_X64_BITS(WJIT_X) };
enum class Shift3 : uint8_t { WJIT_X64_SHIFT3(WJIT_X) };
enum class Locked : uint8_t { WJIT_X64_LOCKED(WJIT_X) };
enum class Float : uint8_t { WJIT_X64_FLOAT(WJIT_X) };
enum class FloatLogic : uint8_t { WJIT_X64_FLOAT_LOGIC(WJIT_X) };
#undef WJIT_X

constexpr Cc negate(Cc c) { return static_cast<Cc>(static_cast<uint8_t>(c) ^ 1); }

// What cmpss and cmpsd compare for; the first operand becomes all ones or all zeros.
enum class FloatPredicate : uint8_t { kEq, kLt, kLe, kUnord, kNeq, kNlt, kNle, kOrd };
// What roundss and roundsd (SSE4.1) round to; without the inexact exception.
enum class Rounding : uint8_t { kNearest = 8, kDown = 9, kUp = 10, kTruncate = 11 };

}  // namespace wjit::x64
