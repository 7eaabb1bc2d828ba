// Code that the runtime emits itself, for engines that run native code: trampolines per canonical type (engine-wide),
// thunks per function (module-wide), and the stub that ends wasm with a trap. All of it is made when it is first asked
// for and stays as long as its engine or module.
#pragma once
#include <array>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "compiler/isa/common/trampolines.h"
#include "compiler/wasm/types.h"
#include "runtime/code/code_memory.h"
#include "vmcontext/vm_types.h"

namespace wjit::rt {

// Addresses of one type's trampolines, by isa::Trampoline.
struct TypeTrampolines {
  std::array<const uint8_t*, isa::kTrampolines> at;
  const uint8_t* operator[](isa::Trampoline t) const { return at[size_t(t)]; }
};

class NativeEntries {
 public:
  // Errors: kResource, where the host gives no executable memory or no signal handlers.
  static support::Result<std::unique_ptr<NativeEntries>> create(std::shared_ptr<wasm::TypeRegistry> registry);

  // Any thread. The reference stays good. Errors: kResource.
  support::Result<const TypeTrampolines*> of(wasm::TypeId type);
  uintptr_t raise() const { return raise_; }             // for calls from cold stubs
  uintptr_t raise_redirected() const { return redirected_; }  // CodeTables::raise

 private:
  explicit NativeEntries(std::shared_ptr<wasm::TypeRegistry> registry) : registry_(std::move(registry)) {}
  struct Entry {
    TypeTrampolines trampolines;
    CodeHandle code;
  };
  std::shared_ptr<wasm::TypeRegistry> registry_;
  std::mutex lock_;
  std::unordered_map<wasm::TypeId, std::unique_ptr<Entry>> types_;
  CodeHandle raise_code_;
  uintptr_t raise_ = 0, redirected_ = 0;
};

// What the func refs of a module's functions point at: wasm_call jumps through the function's VMCodeEntry, the others
// tell their type's trampoline which entry is meant.
class FunctionThunks {
 public:
  struct Calls {
    vm::VMWasmCallFunction* wasm;
    vm::VMNativeCallFunction* native;
    vm::VMArrayCallFunction array;
  };
  // Of defined function i of a module; types and entry offsets are the module's. The same answer each time. Any thread.
  support::Result<Calls> of(uint32_t i, NativeEntries& entries, std::span<const wasm::TypeId> types,
                            uint32_t first_entry_offset);

 private:
  static constexpr uint32_t kChunk = 32;
  std::mutex lock_;
  std::vector<CodeHandle> chunks_;
};

isa::Type to_isa(wasm::ValType t);
std::vector<isa::Type> to_isa(std::span<const wasm::ValType> types);

}  // namespace wjit::rt
