// SAFETY: addresses that the IR makes are let pass where they are in a memory of the store; those of other regions are
// made of the VMContext by offsets of its layout, and are trusted as native code trusts them.
#include "tools/filetest/instance_host.h"

#include <cstring>

#include "compiler/ir/verify.h"
#include "runtime/call.h"
#include "runtime/store.h"

namespace wjit::filetest {

using ireval::Bits, ireval::Signal;

namespace {

vm::VMContext* context(uint64_t vmctx) { return reinterpret_cast<vm::VMContext*>(vmctx); }

// A value to a libcall's argument and back, by the C++ type.
template <class T>
T from_bits(const Bits& b) {
  if constexpr (std::is_pointer_v<T>)
    return reinterpret_cast<T>(b.lo);
  else
    return static_cast<T>(b.lo);
}
template <class R, class... As, size_t... I>
void invoke(R (*function)(As...), std::span<const Bits> arguments, Bits& result, std::index_sequence<I...>) {
  if constexpr (std::is_void_v<R>)
    function(from_bits<As>(arguments[I])...);
  else if constexpr (std::is_pointer_v<R>)
    result.lo = reinterpret_cast<uint64_t>(function(from_bits<As>(arguments[I])...));
  else
    result.lo = static_cast<uint64_t>(function(from_bits<As>(arguments[I])...));
}
template <class R, class... As>
void invoke(R (*function)(As...), std::span<const Bits> arguments, Bits& result) {
  invoke(function, arguments, result, std::index_sequence_for<As...>());
}

vm::TrapCode code_of(const wjit::Trap& t) {
  switch (t.kind()) {
    case wjit::Trap::Kind::kWasm: return static_cast<vm::TrapCode>(t.code());
    case wjit::Trap::Kind::kOutOfFuel: return vm::TrapCode::kOutOfFuel;
    case wjit::Trap::Kind::kInterrupt: return vm::TrapCode::kInterrupt;
    default: return vm::TrapCode::kHostError;
  }
}

}  // namespace

void to_raw(ir::Type t, const Bits& b, vm::ValRaw& raw) { std::memcpy(static_cast<void*>(&raw), &b, ir::bytes_of(t)); }
Bits from_raw(ir::Type t, const vm::ValRaw& raw) {
  Bits b;
  std::memcpy(static_cast<void*>(&b), static_cast<const void*>(&raw), ir::bytes_of(t));
  return b;
}

std::vector<translate::MemoryInfo> memory_infos(const rt::CompiledModule& module) {
  std::vector<translate::MemoryInfo> infos;
  const rt::MemoryTunables& tunables = module.engine().memory;
  for (const wasm::MemoryType& type : module.wasm().memories) {
    const bool guard = tunables.style_for(type) == MemoryStyle::kGuard && tunables.reservation >= uint64_t{1} << 32;
    infos.push_back({.guard = guard, .guard_bytes = guard ? tunables.guard_size : 0, .base_moves = !guard});
  }
  return infos;
}

InstanceHost::InstanceHost(rt::Store& store, translate::Options options) : store_(store), options_(options) {}

const InstanceHost::Translation& InstanceHost::translation(const rt::CompiledModule& module, uint32_t defined) {
  auto& all = translations_[&module];
  if (all.empty()) all.resize(module.counts.defined_functions);
  Translation& t = all[defined];
  if (t.function || !t.why.empty()) return t;
  const auto memories = memory_infos(module);
  auto f = translate::func_to_ir({module.wasm(), module.offsets, options_, memories}, defined, buffers_);
  if (!f) {
    t.why = f.error().to_string();
  } else if (const auto ok = ir::verify(*f); !ok) {
    t.why = malformed_ = "not well-formed: " + ok.error().message();
  } else {
    t.function = std::make_unique<ir::Function>(std::move(*f));
  }
  return t;
}

ireval::Outcome InstanceHost::call(rt::Instance& instance, uint32_t func_index, std::span<const Bits> arguments,
                                   const ireval::Limits& limits) {
  const auto& t = translation(*instance.module, func_index - instance.wasm().imported_funcs);
  if (t.function) return run(*this, *t.function, reinterpret_cast<uint64_t>(instance.vmctx()), arguments, limits);
  ireval::Outcome o;
  o.kind = ireval::Outcome::Kind::kMistake;
  o.mistake = "not translated: " + t.why;
  return o;
}

Signal InstanceHost::access(uint64_t& address, uint32_t bytes, ir::Access access, bool) {
  if (access.region != ir::Region::kHeap) return {};
  for (const auto& instance : store_.instances()) {
    for (const rt::Memory& m : instance->memories) {
      const uint64_t at = address - reinterpret_cast<uint64_t>(m.base());
      if (at < m.length() && bytes <= m.length() - at) return {};
    }
  }
  if (access.traps) return {vm::TrapCode::kMemoryOutOfBounds};
  return {.mistake = "an access outside of all memories, without a check"};
}

ireval::Callee InstanceHost::direct(uint32_t defined, uint64_t vmctx) {
  rt::Instance& instance = *rt::Instance::from_vmctx(context(vmctx));
  return {translation(*instance.module, defined).function.get(), vmctx};
}

uint32_t InstanceHost::function_at(rt::Instance& instance, uint64_t code) {
  auto& map = code_[&instance];
  if (map.empty()) {
    const wasm::Module& w = instance.wasm();
    for (uint32_t i = w.imported_funcs; i < w.funcs.size(); ++i)
      map.emplace(reinterpret_cast<uint64_t>(instance.make_func_ref(i).wasm_call), i);
  }
  const auto at = map.find(code);
  return at == map.end() ? ~0u : at->second;
}

ireval::Callee InstanceHost::indirect(uint64_t code, uint64_t callee_vmctx) {
  if (context(callee_vmctx)->magic != vm::kVMContextMagic) return {};
  rt::Instance& instance = *rt::Instance::from_vmctx(context(callee_vmctx));
  const uint32_t index = function_at(instance, code);
  if (index == ~0u) return {};
  return {translation(*instance.module, index - instance.wasm().imported_funcs).function.get(), callee_vmctx};
}

Signal InstanceHost::call(const ireval::NativeCall& c) {
  if (!malformed_.empty()) return {.mistake = malformed_.c_str()};
  auto* callee = context(c.callee_vmctx);
  if (callee->magic == vm::kVMArrayCallHostFuncMagic) {
    auto* host = reinterpret_cast<vm::VMArrayCallHostFuncContext*>(callee);
    return call_runtime(&host->func_ref, c.signature, c.arguments, c.results);
  }
  if (callee->magic != vm::kVMContextMagic) return {.mistake = "a call of a host function of another convention"};
  rt::Instance& instance = *rt::Instance::from_vmctx(callee);
  const uint32_t index =
      c.direct ? instance.wasm().imported_funcs + static_cast<uint32_t>(c.code) : function_at(instance, c.code);
  if (index == ~0u) return {.mistake = "a call of an address that is no function's"};
  vm::VMFuncRef ref = instance.make_func_ref(index);
  return call_runtime(&ref, c.signature, c.arguments, c.results);
}

Signal InstanceHost::call_runtime(vm::VMFuncRef* ref, const ir::Signature& signature, std::span<const Bits> arguments,
                                  std::span<Bits> results) {
  std::vector<vm::ValRaw> values(std::max<size_t>({1, arguments.size(), results.size()}));
  for (size_t i = 0; i < arguments.size(); ++i) to_raw(signature.params[i], arguments[i], values[i]);
  if (rt::call_func(store_, ref, values.data(), values.size()) != rt::CallEnd::kReturned)
    return {pending_trap(0)};
  for (size_t i = 0; i < results.size(); ++i) results[i] = from_raw(signature.results[i], values[i]);
  return {};
}

Signal InstanceHost::libcall(vm::Libcall call, std::span<const Bits> arguments, Bits& result) {
  const vm::VMBuiltinFunctionsArray& functions = *context(arguments[0].lo)->builtin_functions;
  switch (call) {
#define WJIT_L(X, name, signature, what) \
  case vm::Libcall::name: invoke(functions.name, arguments, result); break;
    WJIT_LIBCALLS(WJIT_L, )
#undef WJIT_L
  }
  return {};
}

Signal InstanceHost::fuel(uint64_t vmctx, uint64_t cost) {
  int64_t& consumed = context(vmctx)->runtime_limits->fuel_consumed;
  const uint64_t left = consumed < 0 ? 0 - static_cast<uint64_t>(consumed) : 0;
  if (cost > left) return {vm::TrapCode::kOutOfFuel};
  consumed += static_cast<int64_t>(cost);
  return {};
}

Signal InstanceHost::epoch(uint64_t vmctx) {
  const vm::VMContext& c = *context(vmctx);
  return *c.epoch_ptr >= c.runtime_limits->epoch_deadline ? Signal{vm::TrapCode::kEpochDeadline} : Signal();
}

// Takes it: the store is ready for the next call.
vm::TrapCode InstanceHost::pending_trap(uint64_t) {
  return store_.pending_trap ? code_of(store_.take_pending()) : vm::TrapCode::kNone;
}

}  // namespace wjit::filetest
