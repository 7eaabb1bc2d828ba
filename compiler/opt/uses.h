// Uses of values, changed. Private to the folder.
#pragma once
#include "compiler/ir/function.h"

namespace wjit::opt {

// Wherever the instruction uses `from`, its edges' arguments too, it uses `to` from now on.
void replace_use(ir::Function& f, ir::Inst i, ir::Value from, ir::Value to);

// Whether its operands are its fields alone, so that a copy of them and new numbers in them make another one.
bool has_plain_operands(ir::Format format);

// `map` of each operand of an instruction of such a format. F: Value(Value).
template <class F>
void map_operands(ir::InstData& d, F&& map) {
  using ir::Format;
  const auto fix = [&](uint32_t& n) { n = map(ir::Value(n)).n; };
  switch (d.format()) {
    case Format::kSelect: case Format::kVec3: case Format::kBulk: case Format::kAtomic3:
      fix(d.c);
      [[fallthrough]];
    case Format::kBinary: case Format::kCompare: case Format::kStore: case Format::kVec2: case Format::kVecLane2:
    case Format::kVecShuffle: case Format::kAtomic2:
      fix(d.b);
      [[fallthrough]];
    case Format::kUnary: case Format::kConvert: case Format::kLoad: case Format::kCheck: case Format::kVec1:
    case Format::kVecLane: case Format::kAtomic1: case Format::kBranch: case Format::kBrTable:
      fix(d.a);
      break;
    default: break;
  }
}

}  // namespace wjit::opt
