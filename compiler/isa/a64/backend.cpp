// AArch64 as a machine that there is a compiler for: generic/backend.h.
#include "compiler/isa/a64/emit.h"
#include "compiler/isa/a64/print.h"
#include "compiler/isa/generic/backend.h"

namespace wjit::a64 {

namespace {

struct Isa {
  using MachFunc = a64::MachFunc;
  using Lower = a64::Lower;
  static const isa::TargetRegs& regs() { return target_regs(); }
  static support::Result<isa::CompiledFunc> emit(const MachFunc& f, const mach::Allocation& allocation, uint32_t offset,
                                                 isa::Listing* listing) {
    return a64::emit(f, allocation, offset, listing);
  }
  static std::string print(const MachFunc& f, const mach::Allocation* allocation) { return a64::print(f, allocation); }
};

constexpr uint8_t kCallerIsSelf[] = {0xe1, 0x03, 0x00, 0xaa};  // mov x1, x0

}  // namespace

const isa::Machine kMachine = {
    .target = kTarget,
    .backend = [](const LowerEnv& env, const ra::Options& options) -> std::unique_ptr<isa::Backend> {
      return std::make_unique<isa::BackendOf<Isa>>(env, options);
    },
    .stubs = &emit_stubs,
    .caller_is_self = kCallerIsSelf,
    .filler = 0,  // udf
    .most_bytes = 1u << 27,
};

}  // namespace wjit::a64
