#include "compiler/isa/x64/backend.h"

namespace wjit::x64 {

support::Result<isa::CompiledFunc> Backend::compile(const ir::Function& f, uint32_t wasm_offset,
                                                    support::PassClock& clock, isa::Listing* listing) {
  using support::Pass;
  WJIT_CHECK(Lower(f, env_, func_).run());
  clock.lap(Pass::kLower, func_.steps);
  if (lowered) lowered(), clock.start();
  ra::Options unchecked = options_;
  unchecked.check = false;  // that is done, and measured, here
  WJIT_CHECK(allocator_.run(func_.code, reg_env(), unchecked, allocation_));
  clock.lap(Pass::kRegalloc, allocator_.work().live + allocator_.work().segments + allocator_.work().steps);
  if (allocated) allocated(), clock.start();
  if (options_.check) {
    auto right = ra::check(func_.code, reg_env(), allocation_);
    unproved = !right;
    WJIT_CHECK(std::move(right));
    clock.lap(Pass::kCheck);
  }
  auto out = emit(func_, allocation_, wasm_offset, listing);
  clock.lap(Pass::kEmit, out ? out->steps : 0);
  return out;
}

isa::CpuFeatures host_features() {
  isa::CpuFeatures f;
#if defined(__x86_64__)
  __builtin_cpu_init();
  f.ssse3 = __builtin_cpu_supports("ssse3");
  f.sse42 = __builtin_cpu_supports("sse4.2");
  f.sse41 = __builtin_cpu_supports("sse4.1");
  f.popcnt = __builtin_cpu_supports("popcnt");
  f.bmi1 = __builtin_cpu_supports("bmi");
  f.bmi2 = __builtin_cpu_supports("bmi2");
  f.avx = __builtin_cpu_supports("avx");
  f.avx2 = __builtin_cpu_supports("avx2");
  f.fma = __builtin_cpu_supports("fma");
  f.lzcnt = __builtin_cpu_supports("lzcnt");
#endif
  return f;
}

}  // namespace wjit::x64
