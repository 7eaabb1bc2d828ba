// Machine instructions that every processor's table begins with: what is the business of wasm's calls, blocks and traps
// and not of the processor. What is common to lowering and emission makes and reads these alone.
//
// INST(id, operands, fields): in the order of the MInst's operands; names in small letters are vregs: d defines, others
// are used. `d=a`: in a's register. `m` stands for a memory operand: the last one or two operands are its base and index,
// as `y` says (Shape), and disp its displacement.
#pragma once
#include <cstdint>

#include "compiler/mach/vcode.h"

namespace wjit::isa {

#define WJIT_SHARED_INSTS(INST)                                                                                    \
  INST(kArgs, "d…", "what comes in registers")                                                                    \
  INST(kMov, "d a", "by the type of d")                                                                           \
  INST(kImm, "d", "imm; size 4 (upper half 0) or 8")                                                              \
  INST(kFImm, "d", "imm: bits; size 4 or 8")                                                                      \
  INST(kLoad, "d m", "size of access; x: LoadKind; traps; target 1: from the frame pointer")                      \
  INST(kStore, "a m", "size of access; traps")                                                                    \
  INST(kFLoad, "d m", "size 4, 8, 16; traps; target as above")                                                    \
  INST(kFStore, "a m", "size 4, 8, 16; traps")                                                                    \
  INST(kExtend, "d a", "x: LoadKind, from a register or a stack slot")                                            \
  INST(kJcc, "", "cc: Cond; successors: if true, if false")                                                       \
  INST(kTrapCc, "", "cc: Cond, imm: TrapCode")                                                                    \
  INST(kTrap, "", "imm: TrapCode")                                                                                \
  INST(kJmp, "", "")                                                                                              \
  INST(kBrTable, "t a", "successors: one per entry, the default last; a is clobbered into t")                     \
  INST(kRet, "a…", "results in registers")                                                                        \
  INST(kReserve, "", "imm bytes of stack arguments for the call that follows")                                    \
  INST(kStoreArg, "a", "disp from the stack pointer; size: 4, 8, 16")                                             \
  INST(kArea, "d", "address of the result area")                                                                  \
  INST(kLoadArea, "d", "disp in the result area; size")                                                           \
  INST(kCallFunc, "d… a…", "imm: defined function of this module; direct")                                        \
  INST(kCallEntry, "d… a…", "disp: of its VMCodeEntry in the VMContext, which is in its register")                \
  INST(kCallReg, "c d… a…", "c: the code")                                                                        \
  INST(kLibcall, "d… a…", "imm: vm::Libcall")                                                                     \
  INST(kBulk, "a b c", "x: 1 (clobbers); cc: 1 fills: b is the byte; in TargetRegs::bulk")                        \
  INST(kTailFunc, "a…", "imm; target: bytes of stack arguments, disp as above")                                   \
  INST(kTailEntry, "a…", "so")                                                                                    \
  INST(kTailReg, "c a…", "so; c in the entry register")                                                           \
  INST(kLeave, "", "cc: Cond: a trap is pending")                                                                 \
  INST(kFuel, "v", "imm: cost; v the VMContext")                                                                  \
  INST(kFuelBy, "v a", "a: cost, 64 bits")                                                                        \
  INST(kEpoch, "t v", "")

enum class SharedOp : uint16_t {
#define WJIT_X(id, operands, fields) id,
  WJIT_SHARED_INSTS(WJIT_X)
#undef WJIT_X
};

enum class LoadKind : uint8_t { kPlain, kZero8, kZero16, kZero32, kSign8To32, kSign8To64, kSign16To32, kSign16To64, kSign32To64 };

// Memory operand of an MInst.
struct Shape {
  enum : uint8_t { kBase = 1, kIndex = 2, kShiftBit = 2 /* two bits */, kTraps = 16 };
};

enum class DivKind : uint8_t { kDivS, kDivU, kRemS, kRemU };
struct DivSkip {
  enum : uint8_t { kZero = 1, kOverflow = 2 };
};
// signed, 64 bits wide, saturating
struct TruncKind {
  enum : uint8_t { kSigned = 1, k64 = 2, kSaturating = 4 };
};

}  // namespace wjit::isa
