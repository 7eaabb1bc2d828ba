// The machine instructions that lowering makes for x86-64, as mach::MInst holds them.
//
// See generic/insts.h, with whose rows the table begins. `d=a` is so of floats and vectors only where there is no AVX.
// Conditions: flags are set by one instruction and read by the very next; what the allocator puts between them are moves,
// which leave flags alone.
#pragma once
#include "compiler/isa/generic/insts.h"
#include "compiler/isa/x64/forms.h"
#include "compiler/isa/x64/vector_forms.h"
#include "compiler/mach/vcode.h"

namespace wjit::x64 {

#define WJIT_X64_INSTS(INST)                                                                                      \
  WJIT_SHARED_INSTS(INST)                                                                                          \
  INST(kLea, "d m", "size 4 or 8")                                                                                \
  INST(kStoreImm, "m", "imm (sign-extended from 32 bits), size; traps")                                           \
  INST(kAlu, "d=a b", "x: Alu")                                                                                   \
  INST(kAluImm, "d=a", "x: Alu, imm")                                                                             \
  INST(kAluMem, "d=a m", "x: Alu; traps")                                                                         \
  INST(kMemAlu, "a m", "x: Alu, on memory; traps")                                                                \
  INST(kMemAluImm, "m", "x: Alu, imm, on memory; traps")                                                          \
  INST(kUnary, "d=a", "x: Unary (not, neg)")                                                                      \
  INST(kShift, "d=a c", "x: Shift; c in rcx")                                                                     \
  INST(kShift3, "d a c", "x: Shift3; BMI2")                                                                       \
  INST(kAndn, "d a b", "not a, and b; BMI1")                                                                      \
  INST(kShiftImm, "d=a", "x: Shift, imm")                                                                         \
  INST(kMul, "d=a b", "")                                                                                         \
  INST(kMulMem, "d=a m", "traps")                                                                                 \
  INST(kMulImm, "d a", "imm")                                                                                     \
  INST(kMulHi, "d(rdx) t(rax) a(rax) b", "x: 1 when signed")                                                      \
  INST(kDiv, "d t a(rax) b", "x: DivKind; cc: what of its checks is not needed (DivSkip)")                        \
  INST(kBits, "d a", "x: Bits (lzcnt, tzcnt, popcnt; bsr, bsf: 0 gives what lzcnt and tzcnt would)")              \
  INST(kCmp, "a b", "")                                                                                           \
  INST(kCmpImm, "a", "imm")                                                                                       \
  INST(kCmpMem, "a m", "traps")                                                                                   \
  INST(kCmpMemImm, "m", "imm; traps")                                                                             \
  INST(kTest, "a b", "")                                                                                          \
  INST(kTestImm, "a", "imm")                                                                                      \
  INST(kFCmp, "a b", "ucomis")                                                                                    \
  INST(kSetcc, "d", "cc: Cond")                                                                                   \
  INST(kCmov, "d=a b", "cc: Cond: d := b, else a")                                                                \
  INST(kFSelect, "d=a b", "cc: Cond: d := b, else a; by a branch")                                                \
  INST(kXadd, "d=a m", "locked; x: 1 exchanges; size 1, 2, 4, 8")                                                 \
  INST(kCmpxchg, "d(rax) a(rax) b m", "locked; size 1, 2, 4, 8")                                                  \
  INST(kRmwLoop, "d(rax) t b m", "x: Alu; until nobody came between; size 1, 2, 4, 8; d is extended with zeros")   \
  INST(kFence, "", "")                                                                                            \
  INST(kMovToXmm, "d a", "size 4, 8")                                                                             \
  INST(kMovFromXmm, "d a", "size 4, 8")                                                                           \
  INST(kFp, "d=a b", "x: Float")                                                                                  \
  INST(kFpMem, "d=a m", "x: Float; traps")                                                                        \
  INST(kFpConst, "d=a", "x: Float, imm: bits of b")                                                               \
  INST(kFpLogicConst, "d=a", "x: FloatLogic, imm: bits in every lane")                                            \
  INST(kFpLogic, "d=a b", "x: FloatLogic")                                                                        \
  INST(kFSqrt, "d a", "")                                                                                         \
  INST(kFRound, "d a", "x: Rounding; SSE4.1")                                                                     \
  INST(kFRoundSlow, "d t a", "x: Rounding; SSE2")                                                                 \
  INST(kFMinMax, "d=a b", "x: 0 min, 1 max")                                                                      \
  INST(kFConvert, "d a", "size: of a; to the other width")                                                        \
  INST(kIntToFloat, "d a", "size: of the float; x: of the integer (signed)")                                      \
  INST(kUintToFloat, "d t a", "size: of the float; 64 bits")                                                      \
  INST(kFloatToInt, "d t u a", "size: of the float; x: TruncKind")                                                 \
  INST(kVecConst, "d", "target: of MachFunc::vectors")                                                             \
  INST(kVecMove, "d a", "the whole register, whatever the types")                                                  \
  INST(kVec2, "a b d=a", "x: Vec, imm")                                                                            \
  INST(kVec2Mem, "a d=a m", "x: Vec, imm; traps")                                                                  \
  INST(kVec2Const, "a d=a", "x: Vec, imm; target: of MachFunc::vectors")                                           \
  INST(kVec1, "d a", "x: Vec, imm")                                                                                \
  INST(kVec1Mem, "d m", "x: Vec, imm; traps")                                                                      \
  INST(kVecShift, "a d=a", "x: Vec, imm")                                                                          \
  INST(kVecInsert, "a b d=a", "x: Vec, imm: the lane; b an integer")                                               \
  INST(kVecInsertMem, "a d=a m", "x: Vec, imm: the lane; traps")                                                   \
  INST(kVecExtract, "d a", "x: Vec, imm: the lane")                                                                \
  INST(kVecExtractMem, "a m", "x: Vec, imm: the lane; traps")                                                      \
  INST(kVecMask, "d a", "x: Vec")                                                                                  \
  INST(kVecTest, "a b", "ptest")

using isa::DivKind;
using isa::DivSkip;
using isa::LoadKind;
using isa::Shape;
using isa::TruncKind;

enum class MOp : uint16_t {
#define WJIT_X(id, operands, fields) id,
  WJIT_X64_INSTS(WJIT_X)
#undef WJIT_X
};

// A condition: the hardware's, or one that takes two (floats).
enum class Cond : uint8_t {
  o, no, b, ae, e, ne, be, a, s, ns, p, np, l, ge, le, g,
  kFEqual,     // e and np
  kFNotEqual,  // ne or p
};
static_assert(uint8_t(Cond::g) == uint8_t(Cc::g));
constexpr Cond negate(Cond c) { return Cond(uint8_t(c) ^ 1); }
constexpr bool is_plain(Cond c) { return c < Cond::kFEqual; }
constexpr Cc to_cc(Cond c) { return Cc(c); }

// Registers and their uses: docs/calling.md.
namespace reg {
constexpr mach::PReg gp(Gp r) { return mach::int_reg(static_cast<unsigned>(r)); }
constexpr mach::PReg xmm(unsigned n) { return mach::vector_reg(n); }
constexpr Gp kScratch = Gp::r11;
constexpr Xmm kFScratch = Xmm::xmm15;
// Of the stubs that copy and fill: to, from (or the byte), length; and what they need for themselves.
constexpr Gp kBulk[] = {Gp::rdx, Gp::rcx, Gp::r8};
constexpr Gp kBulkInts[] = {Gp::rax, Gp::r10};
constexpr Xmm kBulkVectors[] = {Xmm::xmm12, Xmm::xmm13, Xmm::xmm14};
constexpr mach::PReg kVmctx = gp(Gp::rdi), kCaller = gp(Gp::rsi), kEntry = gp(Gp::r10);
}  // namespace reg
const mach::RegEnv& reg_env();

}  // namespace wjit::x64
