// IR in, machine code out: lowering, register allocation, emission, with room that is used again from function to
// function. One per thread.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "compiler/isa/common/trampolines.h"
#include "compiler/isa/generic/emit.h"
#include "compiler/regalloc/allocate.h"
#include "compiler/support/pass_times.h"

namespace wjit::isa {

class Backend {
 public:
  virtual ~Backend() = default;
  // `f` has no aliases left. Time is booked on `clock`. Errors: kUnsupported, what has no rule here; kResource, too large.
  virtual support::Result<CompiledFunc> compile(const ir::Function& f, uint32_t wasm_offset, support::PassClock& clock,
                                                Listing* listing = nullptr) = 0;
  // The last function compiled, as text; with what the allocator said of it.
  virtual std::string text(bool allocated) const = 0;
  // Called when lowering and when the allocator has done its work; for those who look at what they made.
  std::function<void()> lowered, allocated;
  bool unproved = false;  // the error is that the allocator's answer was found wrong
};

// I: what a processor has: MachFunc, Lower, regs, emit, print.
template <class I>
class BackendOf : public Backend {
 public:
  BackendOf(const LowerEnv& env, const ra::Options& options) : env_(env), options_(options) {}

  support::Result<CompiledFunc> compile(const ir::Function& f, uint32_t wasm_offset, support::PassClock& clock,
                                        Listing* listing = nullptr) override {
    using support::Pass;
    WJIT_CHECK(typename I::Lower(f, env_, func_).run());
    clock.lap(Pass::kLower, func_.steps);
    if (lowered) lowered(), clock.start();
    ra::Options unchecked = options_;
    unchecked.check = false;  // that is done, and measured, here
    const mach::RegEnv& registers = I::regs().env;
    WJIT_CHECK(allocator_.run(func_.code, registers, unchecked, allocation_));
    clock.lap(Pass::kRegalloc, allocator_.work().live + allocator_.work().segments + allocator_.work().steps);
    if (allocated) allocated(), clock.start();
    if (options_.check) {
      auto right = ra::check(func_.code, registers, allocation_);
      unproved = !right;
      WJIT_CHECK(std::move(right));
      clock.lap(Pass::kCheck);
    }
    auto out = I::emit(func_, allocation_, wasm_offset, listing);
    clock.lap(Pass::kEmit, out ? out->steps : 0);
    return out;
  }
  std::string text(bool with_registers) const override { return I::print(func_, with_registers ? &allocation_ : nullptr); }

 private:
  const LowerEnv env_;
  const ra::Options options_;
  typename I::MachFunc func_;
  mach::Allocation allocation_;
  ra::Allocator allocator_;
};

// A processor that there is a compiler for.
struct Machine {
  const Target& target;
  std::unique_ptr<Backend> (*backend)(const LowerEnv& env, const ra::Options& options);
  support::Result<StubCode> (*stubs)();
  std::span<const uint8_t> caller_is_self;  // code: the caller's context becomes the callee's
  uint8_t filler;                           // between functions
  uint32_t most_bytes;                      // of a module's code: what a call reaches
};

}  // namespace wjit::isa

namespace wjit::x64 {
extern const isa::Machine kMachine;
}
namespace wjit::a64 {
extern const isa::Machine kMachine;
}

namespace wjit::isa {
inline const Machine& machine(Arch arch) { return arch == Arch::kX64 ? x64::kMachine : a64::kMachine; }
}  // namespace wjit::isa
