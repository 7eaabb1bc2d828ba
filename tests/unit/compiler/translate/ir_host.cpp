#include "unit/compiler/translate/ir_host.h"

#include <cstring>

#include "catch.h"
#include "compiler/ir/print.h"
#include "compiler/ir/verify.h"
#include "runtime/call.h"
#include "runtime/func.h"
#include "runtime/libcalls.h"

namespace wjit::test {

using ireval::Bits;
using ireval::Signal;
using vm::TrapCode;

namespace {

vm::VMContext* context(uint64_t vmctx) { return reinterpret_cast<vm::VMContext*>(vmctx); }
// Null when it is a host function's.
rt::Instance* instance_of(uint64_t vmctx) {
  return context(vmctx)->magic == vm::kVMContextMagic ? rt::Instance::from_vmctx(context(vmctx)) : nullptr;
}
vm::ValRaw raw(const Bits& b, ir::Type t) {
  vm::ValRaw r{};
  const uint64_t words[2] = {ir::bytes_of(t) == 4 ? b.u32() : b.lo, t == ir::Type::kV128 ? b.hi : 0};
  std::memcpy(static_cast<void*>(&r), words, sizeof words);
  return r;
}
Bits bits(const vm::ValRaw& r) {
  Bits b;
  std::memcpy(static_cast<void*>(&b), &r, sizeof b);
  return b;
}

}  // namespace

IrHost::Functions& IrHost::functions_of(rt::Instance& instance) {
  Functions& f = modules_[&instance];
  if (f.module != instance.module) {
    f = {};
    f.module = instance.module;
    const uint32_t imported = instance.wasm().imported_funcs;
    f.tried.resize(instance.wasm().bodies.size());
    f.made.resize(instance.wasm().bodies.size());
    for (uint32_t i = 0; i < f.tried.size(); ++i)
      f.by_code[reinterpret_cast<uint64_t>(instance.make_func_ref(imported + i).wasm_call)] = i;
  }
  return f;
}

const ir::Function* IrHost::function(rt::Instance& instance, uint32_t defined) {
  Functions& f = functions_of(instance);
  if (!f.tried[defined]) {
    f.tried[defined] = true;
    const rt::MemoryTunables& tunables = store_.engine().memory;
    std::vector<translate::MemoryInfo> memories;
    for (const wasm::MemoryType& t : instance.wasm().memories) {
      const bool guard = tunables.style_for(t) == MemoryStyle::kGuard;
      memories.push_back({guard, guard ? tunables.reservation - (uint64_t{4} << 30) + tunables.guard_size : 0, !guard});
    }
    auto made = translate::func_to_ir({instance.wasm(), instance.module->offsets, options_, memories}, defined, buffers_);
    if (made) {
      ++functions;
      if (const auto ok = ir::verify(*made); !ok) FAIL(ok.error().message() << "\n" << ir::print(*made));
      f.made[defined] = std::make_unique<ir::Function>(std::move(*made));
    } else {
      ++refused;
      if (made.error().kind() != ErrorKind::kUnsupported) FAIL(made.error().message());
    }
  }
  return f.made[defined].get();
}

Signal IrHost::note(wjit::Trap trap) {
  trap_ = std::move(trap);
  const auto code = static_cast<TrapCode>(trap_->code());
  return {code == TrapCode::kNone ? TrapCode::kHostError : code};
}

TrapResult<std::vector<Val>> IrHost::call_function(vm::VMFuncRef* ref, const std::vector<Val>& args) {
  const wasm::FuncType type = (*store_.engine().registry)[ref->type_index.bits()].func();
  trap_.reset();
  trap_frames.clear();
  trap_elsewhere_ = false;
  std::vector<Bits> arguments;
  for (size_t i = 0; i < args.size(); ++i) {
    vm::ValRaw r{};
    REQUIRE(rt::to_raw(store_, args[i], type.params[i], "argument", &r));
    arguments.push_back(bits(r));
  }
  const uint64_t vmctx = reinterpret_cast<uint64_t>(ref->vmctx);
  const ireval::Callee callee = indirect(reinterpret_cast<uint64_t>(ref->wasm_call), vmctx);
  if (!callee.function) return Func::from_raw(ref).call(Store::Context(&store_), args);
  ++calls;
  ++store_.pins;
  const ireval::Outcome o = run(*this, *callee.function, vmctx, arguments, {.steps = 200'000'000, .depth = 5'000});
  --store_.pins;
  if (o.kind == ireval::Outcome::Kind::kMistake) FAIL(o.mistake << " in\n" << ir::print(*callee.function));
  if (o.kind == ireval::Outcome::Kind::kTrapped && !trap_elsewhere_) trap_frames = o.frames;
  if (o.kind == ireval::Outcome::Kind::kTrapped) return TrapError(trap_ ? std::move(*trap_) : rt::make_trap(o.trap));
  std::vector<Val> results;
  for (size_t i = 0; i < o.results.size(); ++i)
    results.push_back(rt::from_raw(store_, raw(o.results[i], callee.function->signature.results[i]), type.results[i]));
  return results;
}

// ---- what the IR asks -----------------------------------------------------------------------------------------------

Signal IrHost::access(uint64_t& address, uint32_t bytes, ir::Access access, bool) {
  if (access.region != ir::Region::kHeap) return {};
  bool reserved = false;
  for (const rt::InstancePtr& instance : store_.instances())
    for (const rt::Memory& m : instance->memories) {
      const uint64_t at = address - reinterpret_cast<uint64_t>(m.base());
      if (at <= m.length() && bytes <= m.length() - at) return {};
      reserved |= m.owns(address) && m.owns(address + bytes - 1);
    }
  if (access.traps && reserved) return {TrapCode::kMemoryOutOfBounds};
  return {.mistake = "an access outside of every memory"};
}

ireval::Callee IrHost::direct(uint32_t defined, uint64_t vmctx) {
  rt::Instance& instance = *instance_of(vmctx);
  return {function(instance, defined), vmctx};
}

ireval::Callee IrHost::indirect(uint64_t code, uint64_t callee_vmctx) {
  rt::Instance* instance = instance_of(callee_vmctx);
  if (!instance) return {};
  Functions& f = functions_of(*instance);
  const auto found = f.by_code.find(code);
  if (found == f.by_code.end()) FAIL("a code address that no function of its instance has");
  return {function(*instance, found->second), callee_vmctx};
}

Signal IrHost::call(const ireval::NativeCall& c) {
  vm::VMFuncRef ref;
  if (rt::Instance* instance = instance_of(c.callee_vmctx)) {
    const uint32_t defined =
        c.direct ? static_cast<uint32_t>(c.code) : functions_of(*instance).by_code.at(c.code);
    ref = instance->make_func_ref(instance->wasm().imported_funcs + defined);
  } else {
    ref = reinterpret_cast<vm::VMArrayCallHostFuncContext*>(c.callee_vmctx)->func_ref;
  }
  std::vector<vm::ValRaw> values(std::max({c.arguments.size(), c.results.size(), size_t{1}}));
  for (size_t i = 0; i < c.arguments.size(); ++i) values[i] = raw(c.arguments[i], c.signature.params[i]);
  if (rt::call_func(store_, &ref, values.data(), values.size()) != rt::CallEnd::kReturned) {
    trap_elsewhere_ = true;
    return note(store_.take_pending());
  }
  for (size_t i = 0; i < c.results.size(); ++i) c.results[i] = bits(values[i]);
  return {};
}

Signal IrHost::libcall(vm::Libcall call, std::span<const Bits> arguments, Bits& result) {
  // SAFETY: all libcalls take at most six integers, which both platforms' conventions pass in registers, whatever
  // their width.
  using Any = uint64_t (*)(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t);
  uint64_t a[6] = {};
  REQUIRE(arguments.size() <= 6);
  const std::string_view letters = vm::kLibcalls[size_t(call)].signature;
  for (size_t i = 0; i < arguments.size(); ++i) a[i] = letters[2 + i] == 'i' ? arguments[i].u32() : arguments[i].lo;
  Any function;
  std::memcpy(&function,
              reinterpret_cast<const char*>(&rt::builtin_functions()) + vm::kLibcalls[size_t(call)].offset, sizeof function);
  result = {function(a[0], a[1], a[2], a[3], a[4], a[5])};
  return {};
}

Signal IrHost::fuel(uint64_t, uint64_t cost) {
  fuel_used += cost;
  return {};
}

TrapCode IrHost::pending_trap(uint64_t) { return note(store_.take_pending()).trap; }

}  // namespace wjit::test
