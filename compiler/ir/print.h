// A function as text, which parse.h reads back.
#pragma once
#include <string>

#include "compiler/ir/function.h"

namespace wjit::ir {

struct PrintOptions {
  bool offsets = true;  // `; @1a2` behind an instruction: the offset in the module of the wasm it comes from
};

// Values by their numbers, aliases by what they are other names of. Takes functions that are not well-formed, too.
std::string print(const Function& f, const PrintOptions& options = {});
// One instruction, without its offset: `v5 = add.i32 v2, v3`.
std::string print_inst(const Function& f, Inst i);

// Names of regions of memory, as they are written; whether a number always follows.
struct RegionName {
  std::string_view text;
  bool numbered;
};
inline constexpr RegionName kRegionNames[] = {
    {"heap", true},  {"vmctx", false}, {"memdef", true},   {"tabledef", true},
    {"table", true}, {"global", true}, {"funcref", false}, {"other", false},
};

}  // namespace wjit::ir
