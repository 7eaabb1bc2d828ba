// SAFETY: an address of a linear memory is let pass where it is in a memory of the store; those of other regions are
// made of the VMContext by offsets of its layout, and are trusted as native code trusts them.
#include "tools/irhost/instance_host.h"

#include <cstring>

#include "compiler/ir/print.h"
#include "compiler/ir/verify.h"
#include "runtime/call.h"
#include "runtime/func.h"
#include "runtime/interp/activation.h"
#include "runtime/trap_access.h"

namespace wjit::irhost {

using ireval::Bits, ireval::Signal;
using vm::TrapCode;

namespace {

vm::VMContext* context(uint64_t vmctx) { return reinterpret_cast<vm::VMContext*>(vmctx); }
// Null when it is a host function's.
rt::Instance* instance_of(uint64_t vmctx) {
  return context(vmctx)->magic == vm::kVMContextMagic ? rt::Instance::from_vmctx(context(vmctx)) : nullptr;
}

vm::ValRaw to_raw(ir::Type t, const Bits& b) {
  vm::ValRaw raw{};
  std::memcpy(static_cast<void*>(&raw), &b, ir::bytes_of(t));
  return raw;
}
Bits from_raw(const vm::ValRaw& raw) {
  Bits b;
  std::memcpy(static_cast<void*>(&b), static_cast<const void*>(&raw), sizeof b);
  return b;
}

// Values to a libcall's arguments and back, by the C++ types.
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

}  // namespace

std::vector<translate::MemoryInfo> memory_infos(const rt::CompiledModule& module) {
  constexpr uint64_t kReach = uint64_t{4} << 30;  // of an index of 32 bits
  std::vector<translate::MemoryInfo> infos;
  const rt::MemoryTunables& tunables = module.engine().memory;
  for (const wasm::MemoryType& type : module.wasm().memories) {
    const bool guard = tunables.style_for(type) == MemoryStyle::kGuard && tunables.reservation >= kReach;
    infos.push_back({guard, guard ? tunables.reservation - kReach + tunables.guard_size : 0, !guard});
  }
  return infos;
}

// ---- functions ----------------------------------------------------------------------------------------------------

const ir::Function* InstanceHost::translation(const rt::CompiledModule& module, uint32_t defined, std::string* why) {
  auto& all = translations_[&module];
  if (all.empty()) all.resize(module.counts.defined_functions);
  Translation& t = all[defined];
  if (!t.function && t.why.empty()) {
    const auto memories = memory_infos(module);
    auto f = translate::func_to_ir({module.wasm(), module.offsets, options_, memories}, defined, buffers_);
    if (!f) {
      ++refused;
      t.why = f.error().to_string();
      if (f.error().kind() != ErrorKind::kUnsupported && f.error().kind() != ErrorKind::kLimit) mistake_ = t.why;
    } else if (const auto ok = optimised(*f); !ok) {
      t.why = mistake_ = ok.error().message() + "\n" + ir::print(*f);
    } else {
      ++translated;
      t.function = std::make_unique<ir::Function>(std::move(*f));
    }
  }
  if (why) *why = t.why;
  return t.function.get();
}

support::Result<void> InstanceHost::optimised(ir::Function& f) {
  WJIT_CHECK(ir::verify(f));
  if (opt_level_ == 0) return {};
  optimiser_.run(f, opt_level_);
  return ir::verify(f);
}

const std::map<uint64_t, uint32_t>& InstanceHost::functions_by_code(rt::Instance& instance) {
  auto& map = code_[&instance];
  if (map.empty()) {
    const uint32_t imported = instance.wasm().imported_funcs;
    for (uint32_t i = 0; i < instance.module->counts.defined_functions; ++i)
      map.emplace(reinterpret_cast<uint64_t>(instance.make_func_ref(imported + i).wasm_call), i);
  }
  return map;
}

ireval::Callee InstanceHost::direct(uint32_t defined, uint64_t vmctx) {
  return {translation(*instance_of(vmctx)->module, defined), vmctx};
}

ireval::Callee InstanceHost::indirect(uint64_t code, uint64_t callee_vmctx) {
  rt::Instance* instance = instance_of(callee_vmctx);
  if (!instance) return {};
  const auto& functions = functions_by_code(*instance);
  const auto found = functions.find(code);
  if (found == functions.end()) return {};
  return {translation(*instance->module, found->second), callee_vmctx};
}

// ---- calls --------------------------------------------------------------------------------------------------------

TrapResult<std::vector<Val>> InstanceHost::call_function(vm::VMFuncRef* ref, std::span<const Val> args,
                                                         const ireval::Limits& limits) {
  trap_.reset();
  trap_frames.clear();
  trap_elsewhere_ = false;
  const uint64_t vmctx = reinterpret_cast<uint64_t>(ref->vmctx);
  const ireval::Callee callee = indirect(reinterpret_cast<uint64_t>(ref->wasm_call), vmctx);
  if (!callee.function) return Func::from_raw(ref).call(Store::Context(&store_), args);
  const wasm::FuncType type = (*store_.engine().registry)[ref->type_index.bits()].func();
  std::vector<Bits> arguments;
  for (size_t i = 0; i < args.size(); ++i) {
    vm::ValRaw raw{};
    if (auto ok = rt::to_raw(store_, args[i], type.params[i], "argument", &raw); !ok) return TrapError(ok.error());
    arguments.push_back(from_raw(raw));
  }
  ++calls;
  ++store_.pins;
  const ireval::Outcome o = run(*this, *callee.function, vmctx, arguments, limits);
  --store_.pins;
  if (!mistake_.empty()) return TrapError(Error(ErrorKind::kInvalid, "IR: " + mistake_));
  if (o.kind == ireval::Outcome::Kind::kMistake) return TrapError(Error(ErrorKind::kInvalid, "IR: " + o.mistake));
  if (o.kind == ireval::Outcome::Kind::kTrapped) {
    if (!trap_elsewhere_) trap_frames = o.frames;
    wjit::Trap trap = trap_ ? std::move(*trap_) : rt::make_trap(o.trap);
    for (const auto& f : o.frames) {
      TrapAccess::trace(trap).push_back({});
      TrapAccess::trace(trap).back().func_index = f.function;
      TrapAccess::trace(trap).back().module_offset = f.wasm_offset;
    }
    return TrapError(std::move(trap));
  }
  std::vector<Val> results;
  for (size_t i = 0; i < o.results.size(); ++i) {
    const vm::ValRaw raw = to_raw(callee.function->signature.results[i], o.results[i]);
    results.push_back(rt::from_raw(store_, raw, type.results[i]));
  }
  return results;
}

Signal InstanceHost::call(const ireval::NativeCall& c) {
  if (!mistake_.empty()) return {.mistake = mistake_.c_str()};
  vm::VMFuncRef ref;
  if (rt::Instance* instance = instance_of(c.callee_vmctx)) {
    uint32_t defined = static_cast<uint32_t>(c.code);
    if (!c.direct) {
      const auto found = functions_by_code(*instance).find(c.code);
      if (found == functions_by_code(*instance).end()) return {.mistake = "a call of an address that is no function's"};
      defined = found->second;
    }
    ref = instance->make_func_ref(instance->wasm().imported_funcs + defined);
  } else if (context(c.callee_vmctx)->magic == vm::kVMArrayCallHostFuncMagic) {
    ref = reinterpret_cast<vm::VMArrayCallHostFuncContext*>(c.callee_vmctx)->func_ref;
  } else {
    return {.mistake = "a call of a host function of another convention"};
  }
  std::vector<vm::ValRaw> values(std::max<size_t>({1, c.arguments.size(), c.results.size()}));
  for (size_t i = 0; i < c.arguments.size(); ++i) values[i] = to_raw(c.signature.params[i], c.arguments[i]);
  if (rt::call_func(store_, &ref, values.data(), values.size()) != rt::CallEnd::kReturned) {
    trap_elsewhere_ = true;
    return note(store_.take_pending());
  }
  for (size_t i = 0; i < c.results.size(); ++i) c.results[i] = from_raw(values[i]);
  return {};
}

// The runtime's own trap is what the caller gets; its code ends the run.
Signal InstanceHost::note(wjit::Trap trap) {
  trap_ = std::move(trap);
  const auto code = static_cast<TrapCode>(trap_->code());
  return {code == TrapCode::kNone ? TrapCode::kHostError : code};
}

// ---- what the IR asks -----------------------------------------------------------------------------------------------

Signal InstanceHost::access(uint64_t& address, uint32_t bytes, ir::Access access, bool) {
  if (access.region != ir::Region::kHeap) return {};
  bool reserved = false;
  for (const rt::InstancePtr& instance : store_.instances()) {
    for (const rt::DefinedMemory& defined : instance->memories) {
      const rt::Memory& m = defined.memory();
      const uint64_t at = address - reinterpret_cast<uint64_t>(m.base());
      if (at <= m.length() && bytes <= m.length() - at) return {};
      reserved |= m.owns(address) && m.owns(address + bytes - 1);
    }
  }
  if (access.traps && reserved) return {TrapCode::kMemoryOutOfBounds};
  return {.mistake = "an access outside of every memory"};
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
  if (cost > left) return note(rt::out_of_fuel(cost));
  consumed += static_cast<int64_t>(cost);
  return {};
}

Signal InstanceHost::epoch(uint64_t vmctx) {
  const vm::VMContext& c = *context(vmctx);
  return *c.epoch_ptr >= c.runtime_limits->epoch_deadline ? Signal{TrapCode::kEpochDeadline} : Signal();
}

// Takes it: the store is ready for the next call.
TrapCode InstanceHost::pending_trap(uint64_t) {
  return store_.pending_trap ? note(store_.take_pending()).trap : TrapCode::kNone;
}

}  // namespace wjit::irhost
