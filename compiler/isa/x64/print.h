// Machine instructions as text, for people.
//
//   b2 (v7, v9) loop 1:
//      14  alu.add.8 v12=v7 ← v7, v9        ; @1a2
//      15  load.sign8to32.4 v13 ← [v12+v3*4+16] !trap
//      16  jcc.ne → b2, b3
//
// v12=v7 must have v7's register, v3:rax that one; v5? may be in memory. With an allocation the places stand behind:
// v12@rbx, v5@slot3, v0@[rbp-8]; and the allocator's moves before the instruction they are for.
#pragma once
#include <string>

#include "compiler/isa/x64/lower.h"

namespace wjit::x64 {

std::string print(const MachFunc& f, const mach::Allocation* allocation = nullptr);
std::string reg_name(mach::PReg r);

}  // namespace wjit::x64
