// The machine instructions that lowering makes for x86-64, as mach::MInst holds them.
//
// INST(id, operands, fields): in the order of the MInst's operands; names in small letters are vregs: d defines, others
// are used. `d=a`: in a's register; of floats and vectors that is so only where there is no AVX. `m` stands for a memory
// operand: the last one or two operands are its base and index, as `y` says (Shape), and disp its displacement.
// Conditions: flags are set by one instruction and read by the very next; what the allocator puts between them are moves,
// which leave flags alone.
#pragma once
#include "compiler/isa/x64/forms.h"
#include "compiler/isa/x64/vector_forms.h"
#include "compiler/mach/vcode.h"

namespace wjit::x64 {

#define WJIT_X64_INSTS(INST)                                                                                      \
  INST(kArgs, "d…", "what comes in registers")                                                                    \
  INST(kMov, "d a", "by the type of d")                                                                           \
  INST(kImm, "d", "imm; size 4 (upper half 0) or 8")                                                              \
  INST(kFImm, "d", "imm: bits; size 4 or 8")                                                                      \
  INST(kLea, "d m", "size 4 or 8")                                                                                \
  INST(kLoad, "d m", "size of access; x: LoadKind; traps")                                                        \
  INST(kStore, "a m", "size of access; traps")                                                                    \
  INST(kStoreImm, "m", "imm (sign-extended from 32 bits), size; traps")                                           \
  INST(kFLoad, "d m", "size 4, 8, 16; traps")                                                                     \
  INST(kFStore, "a m", "size 4, 8, 16; traps")                                                                    \
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
  INST(kExtend, "d a", "x: LoadKind, from a register or a stack slot")                                            \
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
  INST(kJcc, "", "cc: Cond; successors: if true, if false")                                                       \
  INST(kTrapCc, "", "cc: Cond, imm: TrapCode")                                                                    \
  INST(kTrap, "", "imm: TrapCode")                                                                                \
  INST(kJmp, "", "")                                                                                              \
  INST(kBrTable, "t a", "successors: one per entry, the default last; a is clobbered into t")                      \
  INST(kRet, "a…", "results in registers")                                                                        \
  INST(kReserve, "", "imm bytes of stack arguments for the call that follows")                                    \
  INST(kStoreArg, "a", "disp from the stack pointer; size: 4, 8, 16")                                             \
  INST(kArea, "d", "address of the result area")                                                                  \
  INST(kLoadArea, "d", "disp in the result area; size")                                                           \
  INST(kCallFunc, "d… a…", "imm: defined function of this module; direct")                                        \
  INST(kCallEntry, "d… a…", "disp: of its VMCodeEntry in the VMContext in rdi")                                   \
  INST(kCallReg, "c d… a…", "c: the code")                                                                        \
  INST(kLibcall, "d… a…", "imm: vm::Libcall")                                                                     \
  INST(kBulk, "a b c", "x: 1 (clobbers); cc: 1 fills: b is the byte; the registers of reg::kBulk")                  \
  INST(kXadd, "d=a m", "locked; x: 1 exchanges; size 1, 2, 4, 8")                                                 \
  INST(kCmpxchg, "d(rax) a(rax) b m", "locked; size 1, 2, 4, 8")                                                  \
  INST(kRmwLoop, "d(rax) t b m", "x: Alu; until nobody came between; size 1, 2, 4, 8; d is extended with zeros")   \
  INST(kFence, "", "")                                                                                            \
  INST(kTailFunc, "a…", "imm; target: bytes of stack arguments, disp as above")                                   \
  INST(kTailEntry, "a…", "so")                                                                                    \
  INST(kTailReg, "c a…", "so; c in the entry register")                                                           \
  INST(kLeave, "", "cc: Cond: a trap is pending")                                                                 \
  INST(kFuel, "v", "imm: cost; v the VMContext")                                                                  \
  INST(kFuelBy, "v a", "a: cost, 64 bits")                                                                         \
  INST(kEpoch, "t v", "")                                                                                         \
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

enum class MOp : uint16_t {
#define WJIT_X(id, operands, fields) id,
  WJIT_X64_INSTS(WJIT_X)
#undef WJIT_X
};

enum class LoadKind : uint8_t { kPlain, kZero8, kZero16, kZero32, kSign8To32, kSign8To64, kSign16To32, kSign16To64, kSign32To64 };

// Memory operand of an MInst.
struct Shape {
  enum : uint8_t { kBase = 1, kIndex = 2, kShiftBit = 2 /* two bits */, kTraps = 16 };
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

enum class DivKind : uint8_t { kDivS, kDivU, kRemS, kRemU };
struct DivSkip {
  enum : uint8_t { kZero = 1, kOverflow = 2 };
};
// signed, 64 bits wide, saturating
struct TruncKind {
  enum : uint8_t { kSigned = 1, k64 = 2, kSaturating = 4 };
};

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
