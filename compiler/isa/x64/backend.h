// IR in, machine code out: lowering, register allocation, emission, with room that is used again from function to
// function. One per thread.
#pragma once
#include <functional>

#include "compiler/isa/x64/emit.h"
#include "compiler/regalloc/allocate.h"
#include "compiler/support/pass_times.h"

namespace wjit::x64 {

class Backend {
 public:
  Backend(const LowerEnv& env, const ra::Options& options) : env_(env), options_(options) {}
  // `f` has no aliases left. Time is booked on `clock`. Errors: kUnsupported, what has no rule here; kResource, too large.
  support::Result<isa::CompiledFunc> compile(const ir::Function& f, uint32_t wasm_offset, support::PassClock& clock,
                                             isa::Listing* listing = nullptr);
  // Called when lowering and when the allocator has done its work; for those who look at what they made.
  std::function<void()> lowered, allocated;
  bool unproved = false;  // the error is that the allocator's answer was found wrong
  // Of the last function compiled.
  const MachFunc& machine_code() const { return func_; }
  const mach::Allocation& allocation() const { return allocation_; }

 private:
  const LowerEnv env_;
  const ra::Options options_;
  MachFunc func_;
  mach::Allocation allocation_;
  ra::Allocator allocator_;
};

// Of the processor this runs on.
isa::CpuFeatures host_features();

}  // namespace wjit::x64
