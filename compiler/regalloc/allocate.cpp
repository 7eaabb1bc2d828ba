#include "compiler/regalloc/allocate.h"

#include "compiler/regalloc/resolve.h"
#include "compiler/regalloc/spill_all.h"

namespace wjit::ra {

struct Allocator::Buffers {
  Flow flow;
  Residency residency;
  Assignment assignment;
  Resolver resolver;
  ParallelMoves moves;
  std::vector<uint32_t> isolated;

  support::Result<void> scan(const mach::VCode& code, const mach::RegEnv& env, const Options& options,
                             mach::Allocation& out);
};

Allocator::Allocator() : buffers_(std::make_unique<Buffers>()) {}
Allocator::~Allocator() = default;

support::Result<void> Allocator::run(const mach::VCode& code, const mach::RegEnv& env, const Options& options,
                                     mach::Allocation& out) {
  if (options.mode == Mode::kSpill) {
    WJIT_CHECK(spill_all(code, env, buffers_->moves, out));
  } else {
    WJIT_CHECK(buffers_->scan(code, env, options, out));
  }
  if (options.check) return check(code, env, out);
  return {};
}

support::Result<void> Allocator::Buffers::scan(const mach::VCode& code, const mach::RegEnv& env,
                                               const Options& options, mach::Allocation& out) {
  const uint64_t shuffle = options.mode == Mode::kShuffle ? options.seed * 2 + 1 : 0;
  isolated.clear();
  for (int round = 0; round < 8; ++round) {
    WJIT_CHECK(flow.analyze(code, env, isolated));
    WJIT_CHECK(residency.decide(code, env, flow, shuffle));
    if (!assignment.run(code, env, flow, residency, shuffle, isolated)) continue;
    resolver.run(code, env, flow, residency, assignment, moves, out);
    return {};
  }
  return spill_all(code, env, moves, out);  // never seen outside of tests with few registers
}

}  // namespace wjit::ra
