// Host functions and the conversions between Val and ValRaw.
#pragma once
#include <functional>
#include <memory>
#include <span>

#include "compiler/support/result.h"
#include "compiler/wasm/types.h"
#include "vmcontext/traps.h"
#include "vmcontext/vm_types.h"
#include "wjit/wjit.hpp"

namespace wjit::rt {

class Store;
class Instance;

// A function of the embedder's: the context its func ref points at. Owned by the store, never moved.
struct HostFunc {
  // Arguments in, results out, in the same cells (max(params, results) of them). False: store.pending_trap is
  // set.
  using Callback = std::function<bool(HostCall&)>;
  // A func ref's vmctx is the address of one of them, by the convention in which the function is written.
  vm::VMArrayCallHostFuncContext context;
  vm::VMNativeCallHostFuncContext native_context;
  Store* store;
  wasm::TypeId type;
  Callback callback;
};

// The entry of every host function (VMArrayCallFunction). Catches what the callback throws.
bool call_host_func(vm::VMOpaqueContext* callee, vm::VMOpaqueContext* caller, vm::ValRaw* values,
                    uint64_t capacity);

// Entries of functions that only the interpreter can run; calling one is our own bug and says so.
void fill_stub_entries(vm::VMFuncRef& ref);

inline bool is_host_func(const vm::VMFuncRef* ref) { return ref->code_index == vm::kNoCodeIndex; }

// The host function behind a host's func ref.
inline HostFunc* host_func_of(const vm::VMFuncRef* ref) {
  using vm::off::VMArrayCallHostFuncContext, vm::off::VMNativeCallHostFuncContext;
  static_assert(uint32_t(VMArrayCallHostFuncContext::host_state) == uint32_t(VMNativeCallHostFuncContext::host_state));
  return *reinterpret_cast<HostFunc**>(reinterpret_cast<char*>(ref->vmctx) + VMArrayCallHostFuncContext::host_state);
}

// A host's func ref by what it has as its vmctx.
vm::VMFuncRef* host_func_ref(vm::VMOpaqueContext* context);

// The store a function belongs to.
Store* store_of(const vm::VMFuncRef* ref);

// Of a trap that ends a call; message and code from traps.def.
wjit::Trap make_trap(vm::TrapCode code);

// Public types from canonical ones and back.
wjit::ValType to_api(wasm::ValType type, const wasm::TypeRegistry& registry);
wjit::FuncType to_api(const wasm::FuncType& type, const wasm::TypeRegistry& registry);
wjit::TableType to_api(const wasm::TableType& type, const wasm::TypeRegistry& registry);
wjit::MemoryType to_api(const wasm::MemoryType& type);
wjit::GlobalType to_api(const wasm::GlobalType& type, const wasm::TypeRegistry& registry);
wasm::ValType from_api(wjit::ValType type);
// Whether a type can be had in this engine: not a concrete one of another.
support::Result<void> check_type(wjit::ValType type, const wasm::TypeRegistry& registry);
support::Result<wasm::TypeId> from_api(const wjit::FuncType& type, wasm::TypeRegistry& registry);
support::Result<wasm::MemoryType> from_api(const wjit::MemoryType& type);

// Values. to_raw checks kind and, for references, the type; `what` begins the message ("argument 1").
support::Result<void> to_raw(Store& store, const wjit::Val& val, wasm::ValType type, const std::string& what,
                             vm::ValRaw* out);
wjit::Val from_raw(Store& store, const vm::ValRaw& raw, wasm::ValType type);

}  // namespace wjit::rt
