// The machine instructions that lowering makes for AArch64, as mach::MInst holds them.
//
// See generic/insts.h, with whose rows the table begins. In memory operands the scale is 0 or the logarithm of the size,
// displacements are such that the access has a form (Masm::is_offset), and there is either an index or a displacement.
// A shifted operand: `disp` is the RegShift, `imm` by how much.
// Conditions: flags are set by one instruction and read by the very next; what the allocator puts between them are moves,
// which leave flags alone.
#pragma once
#include "compiler/isa/a64/forms.h"
#include "compiler/isa/generic/insts.h"
#include "compiler/mach/vcode.h"

namespace wjit::a64 {

#define WJIT_A64_INSTS(INST)                                                                                       \
  WJIT_SHARED_INSTS(INST)                                                                                          \
  INST(kStoreZero, "m", "size of access; traps")                                                                   \
  INST(kAdd, "d a b", "x: Add, imm: shift of b")                                                                   \
  INST(kAddExt, "d a b", "x: Add, disp: Extend of b, imm: and shift")                                              \
  INST(kAddImm, "d a", "x: Add, imm: of 12 bits, or so many shifted by 12")                                        \
  INST(kLogic, "d a b", "x: Logic, imm: shift of b")                                                               \
  INST(kLogicImm, "d a", "x: Logic, imm: a bitmask")                                                               \
  INST(kNeg, "d b", "imm: shift of b")                                                                             \
  INST(kNot, "d b", "imm: shift of b")                                                                             \
  INST(kBinary, "d a b", "x: Binary (mul, lsl, lsr, asr, ror)")                                                    \
  INST(kMulAdd, "d a b c", "c + a * b; x: 1: c - a * b")                                                           \
  INST(kMulHi, "d a b", "x: 1 when signed")                                                                        \
  INST(kShiftImm, "d a", "x: Shift, imm")                                                                          \
  INST(kUnary, "d a", "x: Unary (clz, rbit, sxtb, sxth)")                                                          \
  INST(kBitfield, "d a", "x: Bitfield (ubfx, sbfx, ubfiz, sbfiz), imm: lowest bit, disp: width")                   \
  INST(kDiv, "d a b", "x: DivKind; cc: what of its checks is not needed (DivSkip)")                                \
  INST(kPopcnt, "d t a", "t: a vector")                                                                            \
  INST(kCmp, "a b", "imm: shift of b")                                                                             \
  INST(kCmpImm, "a", "imm: as kAddImm's; x: 1: of its negative")                                                   \
  INST(kTest, "a b", "")                                                                                           \
  INST(kTestImm, "a", "imm: a bitmask")                                                                            \
  INST(kFCmp, "a b", "")                                                                                           \
  INST(kFCmpZero, "a", "")                                                                                         \
  INST(kCset, "d", "cc: Cond")                                                                                     \
  INST(kCsel, "d a b", "cc: Cond: d := a, else b; x: Zeros: those are not there")                                  \
  INST(kFCsel, "d a b", "cc: Cond: d := a, else b")                                                                \
  INST(kFCselWide, "a b d=b", "cc: Cond, of 16 bytes; by a branch")                                                \
  INST(kBranchZero, "a", "x: 1: if it is not 0; successors: if so, if not")                                        \
  INST(kBranchBit, "a", "imm: the bit; x: 1: if it is 1; successors: if so, if not")                               \
  INST(kTrapZero, "a", "x: 1: if it is not 0; imm: TrapCode")                                                      \
  INST(kFp2, "d a b", "x: Float2")                                                                                 \
  INST(kFp1, "d a", "x: Float1")                                                                                   \
  INST(kFCopysign, "d a b", "a with b's sign")                                                                     \
  INST(kFConvert, "d a", "size: of a; to the other width")                                                         \
  INST(kIntToFloat, "d a", "size: of the float; x: of the integer; cc: 1 when signed")                             \
  INST(kFloatToInt, "d a", "size: of the float; x: TruncKind")                                                     \
  INST(kMovToVec, "d a", "size 4, 8")                                                                              \
  INST(kMovFromVec, "d a", "size 4, 8")

using isa::DivKind;
using isa::DivSkip;
using isa::LoadKind;
using isa::Shape;
using isa::TruncKind;

enum class MOp : uint16_t {
#define WJIT_X(id, operands, fields) id,
  WJIT_A64_INSTS(WJIT_X)
#undef WJIT_X
};

// Operands of kCsel that are zr.
struct Zeros {
  enum : uint8_t { kFirst = 1, kSecond = 2 };
};

// Registers and their uses: docs/calling.md. x16, x17 and x15 are the emitter's: x16 also the allocator's, for circles of
// moves; in x15 are addresses. So are v31 (the allocator's too) and v30.
namespace reg {
constexpr mach::PReg gp(Gp r) { return mach::int_reg(static_cast<unsigned>(r)); }
constexpr Gp kScratch = Gp::x17, kScratch2 = Gp::x16, kAddress = Gp::x15;
constexpr Vec kFScratch = Vec::v31, kFScratch2 = Vec::v30;
// Of the stubs that copy and fill: to, from (or the byte), length; and what they need for themselves.
constexpr Gp kBulk[] = {Gp::x2, Gp::x3, Gp::x4};
constexpr Gp kBulkInts[] = {Gp::x5, Gp::x6, Gp::x7};
constexpr Vec kBulkVectors[] = {Vec::v16, Vec::v17, Vec::v18, Vec::v19};
constexpr mach::PReg kVmctx = gp(Gp::x0), kCaller = gp(Gp::x1), kEntry = gp(Gp::x9);
}  // namespace reg

}  // namespace wjit::a64
