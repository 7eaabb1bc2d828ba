// The IR's interpreter on the instances of a store: real VMContexts, memories, tables, globals, libcalls and fuel. What
// has no IR (host functions, functions that are not translated) is called in the runtime, and calls whatever it calls
// there. For tests and fuzzing.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "compiler/ireval/eval.h"
#include "compiler/translate/func_to_ir.h"
#include "runtime/instance.h"
#include "runtime/store.h"

namespace wjit::irhost {

class InstanceHost : public ireval::Host {
 public:
  // The store's engine has native code enabled (rt::Engine::enable_native_code): only there have functions addresses of
  // their own. Translations are verified, and kept with the host.
  explicit InstanceHost(rt::Store& store, translate::Options options = {}) : store_(store), options_(options) {}

  // As Func::call, in IR where the function has some. A mistake (the IR is not well-formed, or does what no translation
  // may do) is an Error that begins with "IR: ". The trap's trace has functions and offsets only.
  TrapResult<std::vector<Val>> call_function(vm::VMFuncRef* ref, std::span<const Val> args,
                                             const ireval::Limits& limits = {});
  // Of the last call_function, if it trapped and IR made the trap: where, innermost first.
  std::vector<ireval::Outcome::Frame> trap_frames;

  // A defined function of a module in IR. Null where there is none; *why says so.
  const ir::Function* translation(const rt::CompiledModule& module, uint32_t defined, std::string* why = nullptr);
  size_t translated = 0, refused = 0, calls = 0;

  ireval::Signal access(uint64_t& address, uint32_t bytes, ir::Access access, bool write) override;
  ireval::Callee direct(uint32_t defined, uint64_t vmctx) override;
  ireval::Callee indirect(uint64_t code, uint64_t callee_vmctx) override;
  ireval::Signal call(const ireval::NativeCall& call) override;
  ireval::Signal libcall(vm::Libcall call, std::span<const ireval::Bits> arguments, ireval::Bits& result) override;
  ireval::Signal fuel(uint64_t vmctx, uint64_t cost) override;
  ireval::Signal epoch(uint64_t vmctx) override;
  vm::TrapCode pending_trap(uint64_t vmctx) override;

 protected:
  rt::Store& store_;

 private:
  struct Translation {
    std::unique_ptr<ir::Function> function;
    std::string why;  // there is none
  };
  // By the addresses of an instance's defined functions.
  const std::map<uint64_t, uint32_t>& functions_by_code(rt::Instance& instance);
  ireval::Signal note(wjit::Trap trap);

  const translate::Options options_;
  translate::Buffers buffers_;
  // Modules and instances live as long as the store.
  std::map<const rt::CompiledModule*, std::vector<Translation>> translations_;
  std::map<rt::Instance*, std::map<uint64_t, uint32_t>> code_;
  std::string mistake_;              // the first translation that went wrong
  std::optional<wjit::Trap> trap_;   // what ends the run, where the runtime made it
  bool trap_elsewhere_ = false;      // not even by a libcall of ours
};

// How a module's memories are reached in its engine.
std::vector<translate::MemoryInfo> memory_infos(const rt::CompiledModule& module);

}  // namespace wjit::irhost
