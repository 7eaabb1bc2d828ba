// Registers, operands and the instruction families of a64::Masm; see x64/forms.h for why they are tables.
#pragma once
#include <cstdint>

#include "compiler/isa/common/label.h"

namespace wjit::a64 {

using isa::Label;

// zr and sp have the same number in an instruction, and different meanings; here they differ.
enum class Gp : uint8_t {
  x0,
  x1,
  x2,
  x3,
  x4,
  x5,
  x6,
  x7,
  x8,
  x9,
  x10,
  x11,
  x12,
  x13,
  x14,
  x15,
  x16,
  x17,
  x18,
  x19,
  x20,
  x21,
  x22,
  x23,
  x24,
  x25,
  x26,
  x27,
  x28,
  x29,
  x30,
  zr,
  sp,
};
enum class Vec : uint8_t {
  v0,
  v1,
  v2,
  v3,
  v4,
  v5,
  v6,
  v7,
  v8,
  v9,
  v10,
  v11,
  v12,
  v13,
  v14,
  v15,
  v16,
  v17,
  v18,
  v19,
  v20,
  v21,
  v22,
  v23,
  v24,
  v25,
  v26,
  v27,
  v28,
  v29,
  v30,
  v31,
};

// Widths in bytes.
enum class W : uint8_t { k32 = 4, k64 = 8 };
enum class F : uint8_t { k32 = 4, k64 = 8 };
enum class Size : uint8_t { k8 = 1, k16 = 2, k32 = 4, k64 = 8 };  // of atomics

#define WJIT_A64_EXTENDS(X)                                                                   \
  X(kUxtb, "uxtb", UXTB)                                                                      \
  X(kUxth, "uxth", UXTH)                                                                      \
  X(kUxtw, "uxtw", UXTW)                                                                      \
  X(kUxtx, "uxtx", UXTX) X(kSxtb, "sxtb", SXTB) X(kSxth, "sxth", SXTH) X(kSxtw, "sxtw", SXTW) \
      X(kSxtx, "sxtx", SXTX)
#define WJIT_A64_REG_SHIFTS(X) X(kLsl, "lsl", LSL) X(kLsr, "lsr", LSR) X(kAsr, "asr", ASR) X(kRor, "ror", ROR)

// In the order of the hardware's condition codes; ^1 negates.
#define WJIT_A64_CONDITIONS(X)                                                                        \
  X(eq, EQ)                                                                                           \
  X(ne, NE)                                                                                           \
  X(hs, HS)                                                                                           \
  X(lo, LO) X(mi, MI) X(pl, PL) X(vs, VS) X(vc, VC) X(hi, HI) X(ls, LS) X(ge, GE) X(lt, LT) X(gt, GT) \
      X(le, LE)

// X(name, mnemonic, the library's name).
// Two sources: registers, a shifted one, an extended one, or 12 bits of immediate.
#define WJIT_A64_ADD(X) X(kAdd, "add", Add) X(kAdds, "adds", Adds) X(kSub, "sub", Sub) X(kSubs, "subs", Subs)
// Two sources, the second shifted; the first four also with a bitmask immediate.
#define WJIT_A64_LOGIC(X) \
  X(kAnd, "and", And)     \
  X(kOrr, "orr", Orr)     \
  X(kEor, "eor", Eor)     \
  X(kAnds, "ands", Ands) X(kBic, "bic", Bic) X(kOrn, "orn", Orn) X(kEon, "eon", Eon) X(kBics, "bics", Bics)
#define WJIT_A64_BINARY(X)                                                                            \
  X(kMul, "mul", Mul)                                                                                 \
  X(kSdiv, "sdiv", Sdiv)                                                                              \
  X(kUdiv, "udiv", Udiv)                                                                              \
  X(kLsl, "lsl", Lsl) X(kLsr, "lsr", Lsr) X(kAsr, "asr", Asr) X(kRor, "ror", Ror) X(kAdc, "adc", Adc) \
      X(kAdcs, "adcs", Adcs) X(kSbc, "sbc", Sbc) X(kSbcs, "sbcs", Sbcs)
#define WJIT_A64_SHIFTS(X) X(kLsl, "lsl", Lsl) X(kLsr, "lsr", Lsr) X(kAsr, "asr", Asr) X(kRor, "ror", Ror)
#define WJIT_A64_UNARY(X) \
  X(kClz, "clz", Clz)     \
  X(kCls, "cls", Cls)     \
  X(kRbit, "rbit", Rbit)  \
  X(kRev, "rev", Rev) X(kNeg, "neg", Neg) X(kMvn, "mvn", Mvn) X(kSxtb, "sxtb", Sxtb) X(kSxth, "sxth", Sxth)
#define WJIT_A64_BITFIELD(X) \
  X(kUbfx, "ubfx", Ubfx)     \
  X(kSbfx, "sbfx", Sbfx)     \
  X(kBfi, "bfi", Bfi) X(kBfxil, "bfxil", Bfxil) X(kUbfiz, "ubfiz", Ubfiz) X(kSbfiz, "sbfiz", Sbfiz)
#define WJIT_A64_SELECT(X) \
  X(kCsel, "csel", Csel) X(kCsinc, "csinc", Csinc) X(kCsinv, "csinv", Csinv) X(kCsneg, "csneg", Csneg)
// X(name, mnemonic, the library's name, letter of the register, bytes accessed)
#define WJIT_A64_ACCESS(X)                                                                                \
  X(kLdrb, "ldrb", Ldrb, 'w', 1)                                                                          \
  X(kLdrh, "ldrh", Ldrh, 'w', 2)                                                                          \
  X(kLdrW, "ldr", Ldr, 'w', 4)                                                                            \
  X(kLdrX, "ldr", Ldr, 'x', 8) X(kLdrsbW, "ldrsb", Ldrsb, 'w', 1) X(kLdrsbX, "ldrsb", Ldrsb, 'x', 1)      \
      X(kLdrshW, "ldrsh", Ldrsh, 'w', 2) X(kLdrshX, "ldrsh", Ldrsh, 'x', 2)                               \
          X(kLdrsw, "ldrsw", Ldrsw, 'x', 4) X(kStrb, "strb", Strb, 'w', 1) X(kStrh, "strh", Strh, 'w', 2) \
              X(kStrW, "str", Str, 'w', 4) X(kStrX, "str", Str, 'x', 8)
#define WJIT_A64_VEC_ACCESS(X)    \
  X(kLdrS, "ldr", Ldr_v, 's', 4)  \
  X(kLdrD, "ldr", Ldr_v, 'd', 8)  \
  X(kLdrQ, "ldr", Ldr_v, 'q', 16) \
  X(kStrS, "str", Str_v, 's', 4) X(kStrD, "str", Str_v, 'd', 8) X(kStrQ, "str", Str_v, 'q', 16)
// Each with all four sizes: X(name, mnemonic without b and h, the library's name).
#define WJIT_A64_ORDERED(X) X(kLdar, "ldar", Ldar) X(kStlr, "stlr", Stlr) X(kLdaxr, "ldaxr", Ldaxr)
// ARMv8.1: who emits them has asked the processor. Acquire and release; the old value goes to `result`.
#define WJIT_A64_LSE(X)       \
  X(kAdd, "ldaddal", Ldaddal) \
  X(kClr, "ldclral", Ldclral) X(kEor, "ldeoral", Ldeoral) X(kSet, "ldsetal", Ldsetal) X(kSwp, "swpal", Swpal)
#define WJIT_A64_FLOAT2(X) \
  X(kFadd, "fadd", Fadd_v) \
  X(kFsub, "fsub", Fsub_v) \
  X(kFmul, "fmul", Fmul_v) X(kFdiv, "fdiv", Fdiv_v) X(kFmin, "fmin", Fmin_v) X(kFmax, "fmax", Fmax_v)
#define WJIT_A64_FLOAT1(X)                                                                  \
  X(kFmov, "fmov", Fmov_v)                                                                  \
  X(kFabs, "fabs", Fabs_v)                                                                  \
  X(kFneg, "fneg", Fneg_v)                                                                  \
  X(kFsqrt, "fsqrt", Fsqrt_v) X(kFrintn, "frintn", Frintn_v) X(kFrintm, "frintm", Frintm_v) \
      X(kFrintp, "frintp", Frintp_v) X(kFrintz, "frintz", Frintz_v)
#define WJIT_A64_INT_TO_FLOAT(X) X(kScvtf, "scvtf", Scvtf_v) X(kUcvtf, "ucvtf", Ucvtf_v)
#define WJIT_A64_FLOAT_TO_INT(X) X(kFcvtzs, "fcvtzs", Fcvtzs_v) X(kFcvtzu, "fcvtzu", Fcvtzu_v)
// On 8 bytes.
#define WJIT_A64_VEC_LOGIC(X) \
  X(kAnd, "and", And_v)       \
  X(kOrr, "orr", Orr_v)       \
  X(kEor, "eor", Eor_v)       \
  X(kBic, "bic", Bic_v) X(kBsl, "bsl", Bsl_v) X(kBit, "bit", Bit_v) X(kBif, "bif", Bif_v)

#define WJIT_X(name, ...) name,
enum class Extend : uint8_t { WJIT_A64_EXTENDS(WJIT_X) };
enum class RegShift : uint8_t { WJIT_A64_REG_SHIFTS(WJIT_X) };
enum class Cc : uint8_t { WJIT_A64_CONDITIONS(WJIT_X) };
enum class Add : uint8_t { WJIT_A64_ADD(WJIT_X) };
enum class Logic : uint8_t { WJIT_A64_LOGIC(WJIT_X) };
enum class Binary : uint8_t { WJIT_A64_BINARY(WJIT_X) };
enum class Shift : uint8_t { WJIT_A64_SHIFTS(WJIT_X) };
enum class Unary : uint8_t { WJIT_A64_UNARY(WJIT_X) };
enum class Bitfield : uint8_t { WJIT_A64_BITFIELD(WJIT_X) };
enum class Select : uint8_t { WJIT_A64_SELECT(WJIT_X) };
enum class Access : uint8_t { WJIT_A64_ACCESS(WJIT_X) };
enum class VecAccess : uint8_t { WJIT_A64_VEC_ACCESS(WJIT_X) };
enum class Ordered : uint8_t { WJIT_A64_ORDERED(WJIT_X) };
enum class Lse : uint8_t { WJIT_A64_LSE(WJIT_X) };
enum class Float2 : uint8_t { WJIT_A64_FLOAT2(WJIT_X) };
enum class Float1 : uint8_t { WJIT_A64_FLOAT1(WJIT_X) };
enum class IntToFloat : uint8_t { WJIT_A64_INT_TO_FLOAT(WJIT_X) };
enum class FloatToInt : uint8_t { WJIT_A64_FLOAT_TO_INT(WJIT_X) };
enum class VecLogic : uint8_t { WJIT_A64_VEC_LOGIC(WJIT_X) };
#undef WJIT_X

constexpr Cc negate(Cc c) { return static_cast<Cc>(static_cast<uint8_t>(c) ^ 1); }

struct Mem {
  enum class Mode : uint8_t { kOffset, kPreIndex, kPostIndex, kIndex, kUxtw, kSxtw, kLabel };

  // Offsets: a multiple of the size up to 4095 times it, or anything in -256..255.
  static Mem at(Gp base, int32_t offset = 0) { return {.base = base, .offset = offset}; }
  static Mem pre(Gp base, int32_t offset) { return {Mode::kPreIndex, base, Gp::zr, 0, offset, {}}; }
  static Mem post(Gp base, int32_t offset) { return {Mode::kPostIndex, base, Gp::zr, 0, offset, {}}; }
  // shift: 0, or the logarithm of the size. The W forms take the index's low 32 bits, extended.
  static Mem at(Gp base, Gp index, uint8_t shift = 0) { return {Mode::kIndex, base, index, shift, 0, {}}; }
  static Mem uxtw(Gp base, Gp index, uint8_t shift = 0) { return {Mode::kUxtw, base, index, shift, 0, {}}; }
  static Mem sxtw(Gp base, Gp index, uint8_t shift = 0) { return {Mode::kSxtw, base, index, shift, 0, {}}; }
  static Mem at(Label label) { return {Mode::kLabel, Gp::zr, Gp::zr, 0, 0, label}; }  // within 1 MB

  Mode mode = Mode::kOffset;
  Gp base = Gp::zr, index = Gp::zr;
  uint8_t shift = 0;
  int32_t offset = 0;
  Label label;
};

}  // namespace wjit::a64
