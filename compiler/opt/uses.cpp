#include "compiler/opt/uses.h"

namespace wjit::opt {

using ir::Format;
using ir::Value;

void replace_use(ir::Function& f, ir::Inst i, Value from, Value to) {
  const auto fix_list = [&](ir::List list) {
    const uint32_t count = static_cast<uint32_t>(f.list(list).size());
    for (uint32_t k = 0; k < count; ++k)
      if (f.resolve(f.list(list)[k]) == from) f.set(list, k, to);
  };
  ir::InstData& d = f.inst(i);
  map_operands(d, [&](Value v) { return f.resolve(v) == from ? to : v; });
  if (d.format() == Format::kCall || d.format() == Format::kTryCall || d.format() == Format::kReturn) fix_list({d.a});
  if (ir::is_terminator(d.op)) f.for_each_edge(i, [&](ir::Edge e) { fix_list(f.edge(e).args); });
}

bool has_plain_operands(Format format) {
  switch (format) {
    case Format::kConst: case Format::kVConst: case Format::kUnary: case Format::kConvert: case Format::kBinary:
    case Format::kCompare: case Format::kSelect: case Format::kLoad: case Format::kStore: case Format::kCheck:
    case Format::kFuel: case Format::kNullary: case Format::kVec1: case Format::kVec2: case Format::kVec3:
    case Format::kVecLane: case Format::kVecLane2: case Format::kVecShuffle: case Format::kAtomic1: case Format::kAtomic2:
    case Format::kAtomic3:
      return true;
    default: return false;
  }
}

}  // namespace wjit::opt
