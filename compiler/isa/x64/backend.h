// x86-64 as a machine that there is a compiler for: generic/backend.h.
#pragma once
#include "compiler/isa/generic/backend.h"
#include "compiler/isa/x64/emit.h"
#include "compiler/isa/x64/print.h"

namespace wjit::x64 {

struct Isa {
  using MachFunc = x64::MachFunc;
  using Lower = x64::Lower;
  static const isa::TargetRegs& regs() { return target_regs(); }
  static support::Result<isa::CompiledFunc> emit(const MachFunc& f, const mach::Allocation& allocation, uint32_t offset,
                                                 isa::Listing* listing) {
    return x64::emit(f, allocation, offset, listing);
  }
  static std::string print(const MachFunc& f, const mach::Allocation* allocation) { return x64::print(f, allocation); }
};
using Backend = isa::BackendOf<Isa>;

// Of the processor this runs on.
isa::CpuFeatures host_features();

}  // namespace wjit::x64
