// Where a call enters wasm and what becomes of it when the interpreter stops. See runtime/interp/vm.h for the stacks.
//
// Plain calls run on the store's current stack, above whatever activation called the host; out of fuel, host errors and
// yields end them as traps. A resumable call has a stack of its own, which moves into the Suspended when it stops: the
// interpreter's, or in engines with native code a fiber (runtime/fiber_call.h), which has both kinds. Native recursion through host functions is bounded by
// limits.stack_limit, set where the outermost call of a thread enters.
#include "runtime/call.h"

#include <pthread.h>

#include "runtime/fiber_call.h"
#include "runtime/interp/activation.h"
#include "runtime/interp/backtrace.h"
#include "runtime/interp/values.h"
#include "runtime/out_of_memory.h"
#include "runtime/trap/signals.h"
#include "runtime/trap_access.h"

namespace wjit::rt {

Suspended::Suspended() = default;
Suspended::~Suspended() {
  if (stack) {
    --store->pins;
    store->activations->give_back(std::move(stack));
  }
}

// Sets the native limit for the outermost call of a thread and takes it back. A host function may lend the store to
// another thread, whose stack has nothing to do with the limit of the first; when that one lends it back, what the first
// has left is what it had when it was entered first, less what it has used since.
class NativeLimit {
 public:
  explicit NativeLimit(Store& store)
      : store_(store), outer_(store.native_limit), thread_(uintptr_t(pthread_self())), before_(store.limits.stack_limit) {
    if (before_ == kNone) {
      set(here() - store.limits.stack_size, true);
      return;
    }
    if (!outer_ || outer_->thread_ == thread_) return;
    const NativeLimit* mine = outer_;
    while (mine && mine->thread_ != thread_) mine = mine->outer_;
    mine ? set(mine->limit_, false) : set(here() - store.limits.stack_size, true);
  }
  ~NativeLimit() {
    if (limit_ == kNone) return;
    store_.limits.stack_limit = before_;
    store_.native_limit = outer_;
  }
  NativeLimit(const NativeLimit&) = delete;
  bool is_outermost() const { return before_ == kNone; }
  bool exceeded() const { return !fresh_ && here() < store_.limits.stack_limit; }

 private:
  static constexpr uintptr_t kNone = ~uintptr_t{0};
  __attribute__((always_inline)) static uintptr_t here() { return reinterpret_cast<uintptr_t>(__builtin_frame_address(0)); }
  void set(uintptr_t limit, bool fresh) {
    limit_ = store_.limits.stack_limit = limit;
    fresh_ = fresh;
    store_.native_limit = this;
  }
  Store& store_;
  const NativeLimit* const outer_;  // the next that has set one: of another thread
  const uintptr_t thread_, before_;
  uintptr_t limit_ = kNone;  // that this one has set
  bool fresh_ = false;
};

namespace {

const wasm::SubType& type_of(Store& store, const vm::VMFuncRef* ref) {
  return (*store.engine().registry)[ref->type_index.bits()];
}

void hold_exceptions(Suspended& s, const wasm::SubType& type, const vm::ValRaw* args) {
  for (size_t i = 0; i < type.param_count; ++i)
    if (type.values[i].is_ref() && type.values[i].heap() == wasm::Heap::kExn && args[i].get_u64())
      s.held.push_back(reinterpret_cast<Exception*>(args[i].get_u64())->shared_from_this());
}

// Moves a stopped run into a handle.
std::unique_ptr<Suspended> suspend(Store& store, Vm&& vm, DoneReason why, vm::VMFuncRef* root,
                                   std::unique_ptr<Stack> stack) {
  auto s = std::make_unique<Suspended>();
  s->kind = why == DoneReason::kOutOfFuel ? Suspended::Kind::kOutOfFuel
            : why == DoneReason::kYield   ? Suspended::Kind::kYielded
                                          : Suspended::Kind::kHostTrap;
  s->store = &store;
  s->engine = store.shared_engine();
  s->root = root;
  s->required_fuel = why == DoneReason::kOutOfFuel ? vm.required_fuel : 0;
  s->yield_ticks = store.yield_ticks;
  if (why == DoneReason::kHostTrap) {
    s->host_func = vm.host_func;
    s->host_error = store.take_pending_box();
    auto& trace = TrapAccess::trace(*s->host_error);
    if (trace.empty()) trace = whole_backtrace(store, vm);
  }
  if (vm.frame) stack->note_in_use(vm.frame);
  s->vm = std::make_unique<Vm>(std::move(vm));
  s->stack = std::move(stack);  // last: with it comes what the destructor undoes
  ++store.pins;
  return s;
}

CallEnd run_resumable(Store& store, Vm& vm, std::unique_ptr<Stack> stack, vm::VMFuncRef* root, vm::ValRaw* values,
                      std::unique_ptr<Suspended>* out) {
  {
    CurrentStack current(*store.activations, stack.get());
    run(store, vm);
  }
  const DoneReason why = vm.reason;
  if (why == DoneReason::kOutOfFuel || why == DoneReason::kHostTrap || why == DoneReason::kYield) {
    *out = suspend(store, std::move(vm), why, root, std::move(stack));
    return CallEnd::kSuspended;
  }
  const CallEnd end = conclude(store, vm, type_of(store, root), values);
  store.activations->give_back(std::move(stack));
  return end;
}

// The root's code, compiled before anything is set up. Out of fuel here suspends at nothing: the call is begun when it
// is resumed.
CallEnd call_wasm(Store& store, vm::VMFuncRef* callee, vm::ValRaw* values, std::unique_ptr<Suspended>* out) {
  std::unique_ptr<Stack> own;
  Stack* stack = plain_stack(store);
  if (out) {
    own = store.activations->take(store.engine().config);
    stack = own.get();
  }
  if (!stack) return trapped(store, vm::TrapCode::kOutOfSystemMemory);
  Vm vm = make_vm(store, stack, out != nullptr);
  CodeEntry& entry = vm.code_map->at(callee->code_index);
  const CodeOrWhy code = CodeMap::get(entry, {vm.fuel, &store.compile_fuel});
  if (code.error) {
    store.set_pending(trap_from_error(*code.error));
    return CallEnd::kTrapped;
  }
  if (!code.code) {
    if (!out) {
      store.set_pending(out_of_fuel(code.required_fuel));
      return CallEnd::kTrapped;
    }
    vm.required_fuel = code.required_fuel;
    const size_t n = type_of(store, callee).param_count;
    auto begun = suspend(store, std::move(vm), DoneReason::kOutOfFuel, callee, std::move(own));
    begun->root_args.assign(values, values + n);
    hold_exceptions(*begun, type_of(store, callee), values);
    *out = std::move(begun);
    return CallEnd::kSuspended;
  }
  entry.calls.fetch_add(1, std::memory_order_relaxed);
  Instance* instance = Instance::from_vmctx(vm::VMContext::from_opaque(callee->vmctx));
  const wasm::SubType& type = type_of(store, callee);
  if (!begin_activation(store, vm, instance, type, code.code, values)) return CallEnd::kTrapped;
  if (out) return run_resumable(store, vm, std::move(own), callee, values, out);
  const ActivationEnd ends(store, vm);
  const CurrentStack current(*store.activations, stack);
  run(store, vm);
  return conclude(store, vm, type, values);
}

// Puts what stopped into *out, or says how it ended.
CallEnd conclude_fiber(std::unique_ptr<Suspended> s, FiberCall::Stop stop, vm::ValRaw* values,
                       std::unique_ptr<Suspended>* out) {
  FiberCall& call = *s->fiber;
  switch (stop) {
    case FiberCall::Stop::kReturned:
      std::copy(call.values().begin(), call.values().end(), values);
      return CallEnd::kReturned;
    case FiberCall::Stop::kTrapped: return CallEnd::kTrapped;
    case FiberCall::Stop::kHostTrap:
      s->kind = Suspended::Kind::kHostTrap;
      s->host_func = call.host_func();
      s->host_error = call.take_host_error();
      s->required_fuel = 0;
      break;
    case FiberCall::Stop::kOutOfFuel:
      s->kind = Suspended::Kind::kOutOfFuel;
      s->host_func = nullptr;
      s->host_error.reset();
      s->required_fuel = call.required_fuel();
      break;
    case FiberCall::Stop::kYielded:
      s->kind = Suspended::Kind::kYielded;
      s->host_func = nullptr;
      s->host_error.reset();
      s->required_fuel = 0;
      s->yield_ticks = s->store->yield_ticks;
      break;
  }
  *out = std::move(s);
  return CallEnd::kSuspended;
}

// A resumable call where there is native code: any frames may wait in it, so it has a native stack of its own.
CallEnd call_on_fiber(Store& store, vm::VMFuncRef* callee, vm::ValRaw* values, size_t capacity,
                      std::unique_ptr<Suspended>* out) {
  auto s = std::make_unique<Suspended>();
  s->store = &store;
  s->engine = store.shared_engine();
  s->root = callee;
  hold_exceptions(*s, type_of(store, callee), values);
  s->fiber = FiberCall::create(store, *store.engine().fibers, callee, {values, type_of(store, callee).param_count}, capacity);
  if (!s->fiber) return trapped(store, vm::TrapCode::kOutOfSystemMemory);
  const FiberCall::Stop stop = s->fiber->resume();
  return conclude_fiber(std::move(s), stop, values, out);
}

CallEnd call_defined(Store& store, vm::VMFuncRef* callee, vm::ValRaw* values, size_t capacity,
                     std::unique_ptr<Suspended>* out) {
  // Native already: no way through the interpreter's bridge to it.
  if (!out && store.engine().native) {
    const bc::Code* code = store.engine().code_map->at(callee->code_index).code.load(std::memory_order_acquire);
    if (code && code->is_bridge)
      return callee->array_call(callee->vmctx, nullptr, values, capacity) ? CallEnd::kReturned : CallEnd::kTrapped;
  }
  return out && store.engine().native ? call_on_fiber(store, callee, values, capacity, out)
                                      : call_wasm(store, callee, values, out);
}

// What the store's hook has to say about a call that was let in and has ended.
CallEnd leave(Store& store, CallEnd end, std::unique_ptr<Suspended>* suspended, const vm::VMFuncRef* root,
              const vm::ValRaw* values) {
  const Exceptions::Held held(
      store.exceptions, {values, end == CallEnd::kReturned ? type_of(store, root).func().results.size() : 0});
  if (store.run_call_hook(CallHook::kReturningFromWasm)) return end;
  if (end == CallEnd::kSuspended) suspended->reset();
  return CallEnd::kTrapped;
}

// False: trap pending.
bool may_enter(Store& store) {
  if (store.in_epoch_callback)
    return store.set_pending(wjit::Trap("the callback of an epoch deadline calls a function of the same store"));
  // Native code's faults come to this thread as signals.
  if (!store.engine().native) return true;
  auto ready = ThreadTraps::ensure();
  return ready || store.set_pending(trap_from_error(ready.error()));
}

CallEnd enter(Store& store, vm::VMFuncRef* callee, vm::ValRaw* values, size_t capacity,
              std::unique_ptr<Suspended>* suspended) {
  if (!may_enter(store)) return CallEnd::kTrapped;
  NativeLimit limit(store);
  if (limit.is_outermost()) store.forget_yield();
  if (limit.exceeded()) return trapped(store, vm::TrapCode::kStackOverflow);
  if (callee->code_index != vm::kNoCodeIndex) {
    if (!store.call_hook) return call_defined(store, callee, values, capacity, suspended);
    if (!store.run_call_hook(CallHook::kCallingWasm)) return CallEnd::kTrapped;
    return leave(store, call_defined(store, callee, values, capacity, suspended), suspended, callee, values);
  }
  return callee->array_call(callee->vmctx, nullptr, values, capacity) ? CallEnd::kReturned : CallEnd::kTrapped;
}

CallEnd go_on(Store& store, std::unique_ptr<Suspended>& call, std::span<const vm::ValRaw> inputs,
              vm::ValRaw* results) {
  std::unique_ptr<Suspended> s = std::move(call);
  if (s->kind == Suspended::Kind::kYielded) store.set_epoch_deadline(s->yield_ticks);
  if (s->fiber) {
    const FiberCall::Stop stop = s->fiber->resume(inputs);
    return conclude_fiber(std::move(s), stop, results, &call);
  }
  --store.pins;
  std::unique_ptr<Stack> stack = std::move(s->stack);
  Vm vm = std::move(*s->vm);
  if (!vm.frame) {  // stopped before it began: the root's compilation wanted fuel
    store.activations->give_back(std::move(stack));
    std::copy(s->root_args.begin(), s->root_args.end(), results);
    return call_wasm(store, s->root, results, &call);
  }
  if (s->kind == Suspended::Kind::kHostTrap)
    raw_to_cells(type_of(store, s->host_func).func().results.data(), inputs.size(), inputs.data(), vm.host_cells);
  vm.reason = DoneReason::kNone;
  return run_resumable(store, vm, std::move(stack), s->root, results, &call);
}

CallEnd enter_again(Store& store, std::unique_ptr<Suspended>& call, std::span<const vm::ValRaw> inputs,
                    vm::ValRaw* results) {
  if (!may_enter(store)) return CallEnd::kTrapped;
  NativeLimit limit(store);
  if (limit.is_outermost()) store.forget_yield();
  if (limit.exceeded()) return trapped(store, vm::TrapCode::kStackOverflow);
  const bool hooked = bool(store.call_hook);
  if (hooked && !store.run_call_hook(CallHook::kCallingWasm)) return CallEnd::kTrapped;
  const vm::VMFuncRef* const root = call->root;
  const CallEnd end = go_on(store, call, inputs, results);
  return hooked ? leave(store, end, &call, root, results) : end;
}

}  // namespace

CallEnd call_func(Store& store, vm::VMFuncRef* callee, vm::ValRaw* values, size_t capacity,
                  std::unique_ptr<Suspended>* suspended) {
  return or_out_of_memory(store, CallEnd::kTrapped, [&] { return enter(store, callee, values, capacity, suspended); });
}

CallEnd resume(Store& store, std::unique_ptr<Suspended>& call, std::span<const vm::ValRaw> inputs,
               vm::ValRaw* results, size_t) {
  return or_out_of_memory(store, CallEnd::kTrapped, [&] { return enter_again(store, call, inputs, results); });
}

}  // namespace wjit::rt
