#include "compiler/regalloc/allocate.h"

#include "compiler/regalloc/spill_all.h"

namespace wjit::ra {

struct Allocator::Buffers {
  ParallelMoves moves;
};

Allocator::Allocator() : buffers_(std::make_unique<Buffers>()) {}
Allocator::~Allocator() = default;

support::Result<void> Allocator::run(const mach::VCode& code, const mach::RegEnv& env, const Options& options,
                                     mach::Allocation& out) {
  WJIT_CHECK(spill_all(code, env, buffers_->moves, out));
  if (options.check) return check(code, env, out);
  return {};
}

}  // namespace wjit::ra
