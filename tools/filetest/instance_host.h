// The IR's interpreter on an instance of the runtime: its VMContext, memories, tables, globals, libcalls and fuel. What
// the IR does not have (host functions, functions that are not translated) is called by the runtime.
#pragma once
#include <map>
#include <memory>

#include "compiler/ireval/eval.h"
#include "compiler/translate/func_to_ir.h"
#include "runtime/instance.h"

namespace wjit::filetest {

class InstanceHost : public ireval::Host {
 public:
  // The store's engine has native code enabled (rt::Engine::enable_native_code): only there have functions addresses of
  // their own. Translations are verified, and kept with the host.
  explicit InstanceHost(rt::Store& store, translate::Options options = {});

  struct Translation {
    std::unique_ptr<ir::Function> function;  // or why there is none
    std::string why;
  };
  const Translation& translation(const rt::CompiledModule& module, uint32_t defined);
  // Calls a function of an instance that this module defines; arguments by its type. What was not translated is called
  // in the runtime.
  ireval::Outcome call(rt::Instance& instance, uint32_t func_index, std::span<const ireval::Bits> arguments,
                       const ireval::Limits& limits = {});
  using ireval::Host::call;

  ireval::Signal access(uint64_t& address, uint32_t bytes, ir::Access access, bool write) override;
  ireval::Callee direct(uint32_t defined, uint64_t vmctx) override;
  ireval::Callee indirect(uint64_t code, uint64_t callee_vmctx) override;
  ireval::Signal call(const ireval::NativeCall& call) override;
  ireval::Signal libcall(vm::Libcall call, std::span<const ireval::Bits> arguments, ireval::Bits& result) override;
  ireval::Signal fuel(uint64_t vmctx, uint64_t cost) override;
  ireval::Signal epoch(uint64_t vmctx) override;
  vm::TrapCode pending_trap(uint64_t vmctx) override;

 private:
  // Which of an instance's functions has this code; imports first, none: ~0.
  uint32_t function_at(rt::Instance& instance, uint64_t code);
  ireval::Signal call_runtime(vm::VMFuncRef* ref, const ir::Signature& signature,
                              std::span<const ireval::Bits> arguments, std::span<ireval::Bits> results);

  rt::Store& store_;
  const translate::Options options_;
  translate::Buffers buffers_;
  std::map<const rt::CompiledModule*, std::vector<Translation>> translations_;
  std::map<rt::Instance*, std::map<uint64_t, uint32_t>> code_;
  std::string malformed_;  // why a translation is
};

// Values of the IR as the runtime passes them.
void to_raw(ir::Type t, const ireval::Bits& b, vm::ValRaw& raw);
ireval::Bits from_raw(ir::Type t, const vm::ValRaw& raw);
// How an instance's memories are reached in this engine.
std::vector<translate::MemoryInfo> memory_infos(const rt::CompiledModule& module);

}  // namespace wjit::filetest
