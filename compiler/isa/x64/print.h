// Machine instructions as text: generic/print.h.
#pragma once
#include <string>

#include "compiler/isa/x64/lower.h"

namespace wjit::x64 {

std::string print(const MachFunc& f, const mach::Allocation* allocation = nullptr);
std::string reg_name(mach::PReg r);

}  // namespace wjit::x64
