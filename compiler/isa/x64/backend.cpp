#include "compiler/isa/x64/backend.h"

namespace wjit::x64 {

static constexpr uint8_t kCallerIsSelf[] = {0x48, 0x89, 0xfe};  // mov rsi, rdi

const isa::Machine kMachine = {
    .target = kTarget,
    .backend = [](const LowerEnv& env, const ra::Options& options) -> std::unique_ptr<isa::Backend> {
      return std::make_unique<Backend>(env, options);
    },
    .stubs = &emit_stubs,
    .caller_is_self = kCallerIsSelf,
    .filler = 0xcc,
    .most_bytes = 1u << 30,
};

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
