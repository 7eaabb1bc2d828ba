// How the IR is written: what printer and parser share.
#pragma once
#include <string_view>

#include "compiler/ir/inst.h"

namespace wjit::ir {

// Of the checks, those that say which trap.
constexpr bool takes_trap_code(Op op) { return op == Op::trap_if || op == Op::trap_unless || op == Op::trap; }

// What stands behind an instruction's name. Letters are fields, all else stands for itself:
//   a b c   values in these fields          1 2 3   edges in fields a, b, c        J   the edges of a br_table
//   W       how likely a condition is: " likely 65535", or nothing
//   C       condition                       I       immediate                      V   vector constant
//   M       access: heap0.trap              +       displacement: " + 16", or nothing
//   T       trap code                       F       cost of a fuel check           R   list of returned values
//   L       callee, signature and arguments         O   VecOp                      N   number of a lane
//   B       how many bytes an atomic access has
//   H       where a call that may throw goes on: block1(v5), [tag0 block2(v6), any block3(v6)]
constexpr std::string_view shape(Op op) {
  switch (info(op).format) {
    case Format::kNullary: return "";
    case Format::kUnary: case Format::kConvert: return "a";
    case Format::kBinary: return "a, b";
    case Format::kCompare: return "C a, b";
    case Format::kSelect: case Format::kBulk: return "a, b, c";
    case Format::kConst: return "I";
    case Format::kVConst: return "V";
    case Format::kVec1: return "O a";
    case Format::kVec2: return "O a, b";
    case Format::kVec3: return "O a, b, c";
    case Format::kVecLane: return "O a, N";
    case Format::kVecLane2: return "O a, b, N";
    case Format::kVecShuffle: return "O a, b, V";
    case Format::kAtomic1: return "B [a]";
    case Format::kAtomic2: return "B [a], b";
    case Format::kAtomic3: return "B [a], b, c";
    case Format::kLoad: return "M [a+]";
    case Format::kStore: return "M [a+], b";
    case Format::kCheck: return takes_trap_code(op) ? "a, T" : "a";
    case Format::kFuel: return "F";
    case Format::kCall: return "L";
    case Format::kTryCall: return "L, H";
    case Format::kJump: return "1";
    case Format::kBranch: return "a, 2, 3W";
    case Format::kBrTable: return "a, J";
    case Format::kReturn: return "R";
    case Format::kTrapNow: return "T";
  }
  return "";
}

}  // namespace wjit::ir
