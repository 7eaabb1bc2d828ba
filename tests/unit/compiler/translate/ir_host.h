// Runs a store's wasm functions from their IR: on the real VMContexts, memories and libcalls, in the IR's interpreter.
// What has no IR runs in tier 0, and calls whatever it calls there.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "compiler/ireval/eval.h"
#include "compiler/translate/func_to_ir.h"
#include "runtime/store.h"

namespace wjit::test {

class IrHost : public ireval::Host {
 public:
  IrHost(rt::Store& store, translate::Options options) : store_(store), options_(options) {}

  // As Func::call.
  TrapResult<std::vector<Val>> call_function(vm::VMFuncRef* ref, const std::vector<Val>& args);

  ireval::Signal access(uint64_t& address, uint32_t bytes, ir::Access access, bool write) override;
  ireval::Callee direct(uint32_t defined, uint64_t vmctx) override;
  ireval::Callee indirect(uint64_t code, uint64_t callee_vmctx) override;
  ireval::Signal call(const ireval::NativeCall& c) override;
  ireval::Signal libcall(vm::Libcall call, std::span<const ireval::Bits> arguments, ireval::Bits& result) override;
  ireval::Signal fuel(uint64_t vmctx, uint64_t cost) override;
  vm::TrapCode pending_trap(uint64_t vmctx) override;

  uint64_t fuel_used = 0;
  // Of the last call, if it ended in a trap and that trap was made in IR: where, innermost first.
  std::vector<ireval::Outcome::Frame> trap_frames;
  size_t functions = 0, calls = 0, refused = 0;  // translated, run, not translated

 private:
  // A module's functions, in IR where there is some.
  struct Functions {
    std::shared_ptr<rt::CompiledModule> module;
    std::map<uint64_t, uint32_t> by_code;
    std::vector<std::unique_ptr<ir::Function>> made;
    std::vector<bool> tried;
  };
  Functions& functions_of(rt::Instance& instance);
  const ir::Function* function(rt::Instance& instance, uint32_t defined);
  ireval::Signal note(wjit::Trap trap);

  rt::Store& store_;
  translate::Options options_;
  std::map<rt::Instance*, Functions> modules_;
  translate::Buffers buffers_;
  bool trap_elsewhere_ = false;
  std::optional<wjit::Trap> trap_;  // the one that ends the run, if another made it
};

}  // namespace wjit::test
