// Machine instructions as text: generic/print.h.
#pragma once
#include <string>

#include "compiler/isa/a64/lower.h"

namespace wjit::a64 {

std::string print(const MachFunc& f, const mach::Allocation* allocation = nullptr);

}  // namespace wjit::a64
