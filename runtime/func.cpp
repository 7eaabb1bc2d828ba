#include "runtime/func.h"

#include <cstdio>
#include <cstdlib>
#include <exception>

#include "compiler/wasm/limits.h"
#include "runtime/native_calls.h"
#include "runtime/store.h"
#include "runtime/val_access.h"
#include "runtime/trap_access.h"

namespace wjit::rt {

namespace {

[[noreturn]] void called_stub(const char* convention) {
  std::fprintf(
      stderr,
      "wjit: internal error: a function was called by the %s convention, which only native code has\n",
      convention);
  std::abort();
}
// What wasm_call and native_call point at as long as nothing is compiled to native code.
[[noreturn]] void wasm_call_stub() { called_stub("wasm"); }
[[noreturn]] void native_call_stub() { called_stub("native"); }
// An array call has only the context to go by, from which the interpreter cannot tell which function is
// meant.
bool array_call_stub(vm::VMOpaqueContext*, vm::VMOpaqueContext*, vm::ValRaw*, uint64_t) {
  called_stub("array");
}

}  // namespace

void fill_stub_entries(vm::VMFuncRef& ref) {
  ref.wasm_call = reinterpret_cast<vm::VMWasmCallFunction*>(&wasm_call_stub);
  ref.native_call = reinterpret_cast<vm::VMNativeCallFunction*>(&native_call_stub);
  ref.array_call = &array_call_stub;
}

namespace {

// Nothing may be thrown through frames of wasm: what a callback throws becomes the trap's cause.
bool run_callback(HostFunc& f, HostCall& call) {
  try {
    try {
      return f.callback(call);
    } catch (const std::bad_alloc&) {
      return f.store->set_pending_out_of_memory();
    } catch (const std::exception& e) {
      wjit::Trap trap(std::string("host function threw an exception: ") + e.what());
      trap.payload() = std::current_exception();
      return f.store->set_pending(std::move(trap));
    } catch (...) {
      wjit::Trap trap("host function threw an exception");
      trap.payload() = std::current_exception();
      return f.store->set_pending(std::move(trap));
    }
  } catch (...) {  // no memory to say so
    return f.store->set_pending_out_of_memory();
  }
}

}  // namespace

bool call_host_func(vm::VMOpaqueContext* callee, vm::VMOpaqueContext* caller, vm::ValRaw* values, uint64_t) {
  auto* f = static_cast<HostFunc*>(vm::VMArrayCallHostFuncContext::from_opaque(callee)->host_state);
  HostCall call;
  call.store = f->store;
  call.caller = caller ? Instance::from_vmctx(vm::VMContext::from_opaque(caller)) : nullptr;
  call.cells = reinterpret_cast<unsigned char*>(values);
  Store& store = *f->store;
  // Native code leaves at once when this fails: its frames are walked now.
  const auto ended = [&](bool ok) {
    if (ok || store.limits.last_wasm_exit_fp == 0) return ok;
    try {
      auto& trace = TrapAccess::trace(*store.pending_trap);
      if (trace.empty()) trace = current_backtrace(store);
    } catch (const std::bad_alloc&) {  // a trap without its frames
    }
    return false;
  };
  // A call by the host itself crosses no border.
  if (!store.call_hook || !call.caller) return ended(run_callback(*f, call));
  if (!store.run_call_hook(CallHook::kCallingHost)) return ended(false);
  const bool ok = run_callback(*f, call);
  const Exceptions::Held held(store.exceptions,
                              {values, ok ? (*store.engine().registry)[f->type].func().results.size() : 0});
  return ended(store.run_call_hook(CallHook::kReturningFromHost) && ok);
}

vm::VMFuncRef* host_func_ref(vm::VMOpaqueContext* context) {
  const auto state = vm::off::VMArrayCallHostFuncContext::host_state;  // the same in both
  auto* f = *reinterpret_cast<HostFunc**>(reinterpret_cast<char*>(context) + state);
  return context == vm::VMOpaqueContext::from(&f->context) ? &f->context.func_ref : &f->native_context.func_ref;
}

Store* store_of(const vm::VMFuncRef* ref) {
  if (is_host_func(ref))
    return host_func_of(ref)->store;
  return Instance::from_vmctx(vm::VMContext::from_opaque(ref->vmctx))->store;
}

wjit::Trap make_trap(vm::TrapCode code) {
  auto kind = wjit::Trap::Kind::kWasm;
  if (code == vm::TrapCode::kOutOfFuel) kind = wjit::Trap::Kind::kOutOfFuel;
  if (code == vm::TrapCode::kInterrupt || code == vm::TrapCode::kEpochDeadline)
    kind = wjit::Trap::Kind::kInterrupt;
  return TrapAccess::make(kind, code, vm::message(code));
}

wjit::ValType to_api(wasm::ValType type, const wasm::TypeRegistry& registry) {
  switch (type.kind()) {
    case wasm::ValKind::kI32:
      return {wjit::ValKind::kI32};
    case wasm::ValKind::kI64:
      return {wjit::ValKind::kI64};
    case wasm::ValKind::kF32:
      return {wjit::ValKind::kF32};
    case wasm::ValKind::kF64:
      return {wjit::ValKind::kF64};
    case wasm::ValKind::kV128:
      return {wjit::ValKind::kV128};
    default:
      break;
  }
  wjit::ValType t{wjit::ValKind::kAnyRef};
  if (is_func_heap(type, registry))
    t.kind = wjit::ValKind::kFuncRef;
  else if (type.heap() == wasm::Heap::kExtern || type.heap() == wasm::Heap::kNoExtern)
    t.kind = wjit::ValKind::kExternRef;
  else if (type.heap() == wasm::Heap::kExn || type.heap() == wasm::Heap::kNoExn)
    t.kind = wjit::ValKind::kExnRef;
  if (from_api(t) != type) t.bits = type.bits();
  return t;
}

wasm::ValType from_api(wjit::ValType type) {
  if (type.bits) return wasm::ValType::from_bits(type.bits);
  switch (type.kind) {
    case wjit::ValKind::kI32:
      return wasm::kI32;
    case wjit::ValKind::kI64:
      return wasm::kI64;
    case wjit::ValKind::kF32:
      return wasm::kF32;
    case wjit::ValKind::kF64:
      return wasm::kF64;
    case wjit::ValKind::kV128:
      return wasm::kV128;
    case wjit::ValKind::kFuncRef:
      return wasm::kFuncRef;
    case wjit::ValKind::kExternRef:
      return wasm::kExternRef;
    case wjit::ValKind::kAnyRef:
      return wasm::ValType::ref(true, wasm::Heap::kAny);
    case wjit::ValKind::kExnRef:
      return wasm::kExnRef;
  }
  __builtin_unreachable();
}

wjit::FuncType to_api(const wasm::FuncType& type, const wasm::TypeRegistry& registry) {
  wjit::FuncType t;
  for (wasm::ValType v : type.params) t.params.push_back(to_api(v, registry));
  for (wasm::ValType v : type.results) t.results.push_back(to_api(v, registry));
  return t;
}

namespace {
std::optional<uint64_t> max_of(const wasm::Limits& l) {
  return l.has_max() ? std::optional<uint64_t>(l.max) : std::nullopt;
}
}  // namespace

wjit::TableType to_api(const wasm::TableType& type, const wasm::TypeRegistry& registry) {
  return {to_api(type.element, registry), type.limits.min, max_of(type.limits), type.is64};
}
wjit::MemoryType to_api(const wasm::MemoryType& type) {
  return {type.limits.min, max_of(type.limits), type.is64, type.shared, type.page_size_log2};
}
wjit::GlobalType to_api(const wasm::GlobalType& type, const wasm::TypeRegistry& registry) {
  return {to_api(type.type, registry), type.is_mutable};
}

support::Result<void> check_type(wjit::ValType type, const wasm::TypeRegistry& registry) {
  const wasm::ValType t = wasm::ValType::from_bits(type.bits);
  if (type.bits && t.concrete() && t.type_id() >= registry.size())
    return fail(ErrorKind::kUsage, "the type " + type.to_string() + " is one of another engine");
  return {};
}

support::Result<wasm::MemoryType> from_api(const wjit::MemoryType& type) {
  if (type.page_size_log2 != 16 && type.page_size_log2 != 0)
    return fail(ErrorKind::kUsage, "memory type: pages are of 65536 bytes or of one");
  if (type.max && *type.max < type.min)
    return fail(ErrorKind::kUsage, "memory type: the maximum is below the minimum");
  if (type.shared && !type.max) return fail(ErrorKind::kUsage, "memory type: a shared memory needs a maximum");
  return wasm::MemoryType{
      {type.min, type.max.value_or(wasm::Limits::kNoMax)}, type.is64, type.shared, type.page_size_log2};
}

support::Result<wasm::TypeId> from_api(const wjit::FuncType& type, wasm::TypeRegistry& registry) {
  if (type.params.size() > wasm::kMaxParams || type.results.size() > wasm::kMaxResults)
    return fail(ErrorKind::kLimit, "a function type of " + std::to_string(type.params.size()) + " parameters and " +
                                       std::to_string(type.results.size()) + " results: at most " +
                                       std::to_string(wasm::kMaxParams) + " and " + std::to_string(wasm::kMaxResults));
  for (wjit::ValType t : type.params) WJIT_CHECK(check_type(t, registry));
  for (wjit::ValType t : type.results) WJIT_CHECK(check_type(t, registry));
  std::vector<wasm::ValType> params, results;
  for (wjit::ValType t : type.params) params.push_back(from_api(t));
  for (wjit::ValType t : type.results) results.push_back(from_api(t));
  return registry.intern_func(params, results);
}

}  // namespace wjit::rt

namespace wjit::rt {

namespace {

// Null matches a nullable type of its hierarchy, a reference the type it has now.
support::Result<void> check_ref(Store& store, const wjit::Val& val, wasm::ValType type,
                                const std::string& what) {
  const wasm::TypeRegistry& registry = *store.engine().registry;
  if (val.is_null_ref()) {
    if (type.nullable()) return {};
    return fail(ErrorKind::kUsage, what + ": null where " + wasm::to_string(type) + " is expected");
  }
  if (val.kind() == wjit::ValKind::kFuncRef) {
    auto* ref = reinterpret_cast<vm::VMFuncRef*>(ValAccess::word(val));
    if (store_of(ref) != &store) return fail(ErrorKind::kUsage, what + ": a function of another store");
    const wasm::ValType found = wasm::ValType::ref(false, wasm::TypeId(ref->type_index.bits()));
    if (!registry.matches(found, type))
      return fail(ErrorKind::kUsage, what + ": found a func " +
                                         wasm::to_string(registry[found.type_id()].func()) + ", expected " +
                                         wasm::to_string(type));
  } else if (rt::Exception* e = ValAccess::exception(val); e && e->store_id != store.id()) {
    return fail(ErrorKind::kUsage, what + ": an exception of another store");
  } else if (type.heap() == wasm::Heap::kNoExtern || type.heap() == wasm::Heap::kNone ||
             type.heap() == wasm::Heap::kNoExn) {
    return fail(ErrorKind::kUsage, what + ": only null has the type " + wasm::to_string(type));
  }
  return {};
}

}  // namespace

support::Result<void> to_raw(Store& store, const wjit::Val& val, wasm::ValType type, const std::string& what,
                             vm::ValRaw* out) {
  const wjit::ValType expected = to_api(type, *store.engine().registry);
  if (val.kind() != expected.kind)
    return fail(ErrorKind::kUsage,
                what + ": found " + wjit::to_string(val.kind()) + ", expected " + expected.to_string());
  if (type.is_ref()) WJIT_CHECK(check_ref(store, val, type, what));
  if (rt::Exception* e = ValAccess::exception(val)) store.exceptions.keep(*e);
  if (val.kind() == wjit::ValKind::kExternRef)
    *out = vm::ValRaw::from_externref(store.extern_object(val.externref()));
  else
    std::memcpy(static_cast<void*>(out), ValAccess::bytes(val), sizeof *out);
  return {};
}

wjit::Val from_raw(Store& store, const vm::ValRaw& raw, wasm::ValType type) {
  const wjit::ValKind kind = to_api(type, *store.engine().registry).kind;
  if (kind == wjit::ValKind::kExternRef)
    return wjit::Val(store.extern_ref(static_cast<ExternObject*>(raw.get_externref())));
  if (kind == wjit::ValKind::kExnRef && raw.get_u64())
    return ValAccess::of(reinterpret_cast<Exception*>(raw.get_u64())->shared_from_this());
  vm::ValRaw clean = kind == wjit::ValKind::kV128 ? raw : vm::ValRaw::from_u64(raw.get_u64());
  return ValAccess::make(kind, &clean);
}

}  // namespace wjit::rt
