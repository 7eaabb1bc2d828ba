// Code that obeys the contract of frames and traps (runtime/trap/signals.cpp) without a compiler or a store:
// an entry, a raise stub that lands, and functions that fault.
#pragma once
#include <cstdint>
#include <vector>

#include "runtime/code/code_memory.h"
#include "runtime/trap/signals.h"
#include "vmcontext/vm_types.h"

namespace wjit::test {

// One activation's world. The VMContext comes first: hooks find the rest by it.
struct FakeContext {
  vm::VMContext vmctx;
  vm::VMRuntimeLimits limits;
  vm::VMBuiltinFunctionsArray builtins;
  uint8_t* memory;  // kAccessible bytes, and behind them a guard
  std::vector<vm::TrapCode> traps;

  static constexpr uintptr_t kAccessible = 64 << 10, kReserved = 4 << 20;
  FakeContext();
  ~FakeContext();
  FakeContext(const FakeContext&) = delete;
  uintptr_t at(uintptr_t offset) const { return reinterpret_cast<uintptr_t>(memory) + offset; }

  static FakeContext* of(vm::VMContext* vmctx) { return reinterpret_cast<FakeContext*>(vmctx); }
  static bool owns_address(vm::VMContext* vmctx, uintptr_t address) {
    return address - of(vmctx)->at(0) < kReserved;
  }
};

class FakeGuest {
 public:
  enum Function {
    kLoad,            // loads 4 bytes from the address it is given; a trap site
    kLoadUnlisted,    // the same, but the tables do not name it
    kLoadInCallee,    // calls kLoad from a frame with its own stack
    kLoadWrongFrame,  // a trap site in a frame whose word below fp is no VMContext
    kIllegal,         // an undefined instruction
    kFunctions
  };
  FakeGuest();
  // The bits loaded, or kTrapped, and then context.traps has one more.
  uint64_t call(FakeContext& context, Function f, uintptr_t argument) { return call(&context.vmctx, f, argument); }
  uint64_t call(vm::VMContext* vmctx, Function f, uintptr_t argument);
  static constexpr uint64_t kTrapped = ~uint64_t{0};

  uintptr_t function(Function f) const { return module_->begin() + starts_[f]; }
  // The instruction of kLoad that faults.
  uintptr_t load_site() const { return module_->begin() + load_site_; }

 private:
  rt::CodeHandle trampolines_, module_;
  uint32_t starts_[kFunctions], load_site_;
};

// No trap handlers, in the parent of a child process that installs its own.
class NoTrapHandlers {
 public:
  NoTrapHandlers() : before_(rt::uninstall_trap_handlers()) {}
  ~NoTrapHandlers() {
    if (before_) (void)rt::install_trap_handlers(before_);
  }

 private:
  rt::OwnsAddress before_;
};
// The handlers, for fake guests.
class FakeTrapHandlers : NoTrapHandlers {
 public:
  FakeTrapHandlers() { WJIT_ASSERT(rt::install_trap_handlers(&FakeContext::owns_address)); }
  ~FakeTrapHandlers() { rt::uninstall_trap_handlers(); }
};

}  // namespace wjit::test
