// Where a call enters wasm and what becomes of it when the interpreter stops. See runtime/interp/vm.h for the stacks.
//
// Plain calls run on the store's current stack, above whatever activation called the host; out of fuel and host errors
// end them as traps. A resumable call has a stack of its own, which moves into the Suspended when it stops. Native
// recursion through host functions is bounded by limits.stack_limit, set where the outermost call enters.
#include "runtime/call.h"

#include <fmt/format.h>

#include "runtime/interp/backtrace.h"
#include "runtime/interp/vm.h"
#include "runtime/native_calls.h"
#include "runtime/out_of_memory.h"
#include "runtime/trap/signals.h"
#include "runtime/trap_access.h"

namespace wjit::rt {

// Native stack that wasm and the host functions it calls may use, below the outermost call.
constexpr uintptr_t kNativeStackBytes = 512 << 10;

Suspended::Suspended() = default;
Suspended::~Suspended() {
  if (stack) {
    --store->pins;
    store->activations->give_back(std::move(stack));
  }
}

namespace {

// Sets the native limit for the outermost call and takes it back.
class NativeLimit {
 public:
  explicit NativeLimit(Store& store) : store_(store), outermost_(store.limits.stack_limit == ~uintptr_t{0}) {
    if (outermost_) store.limits.stack_limit = reinterpret_cast<uintptr_t>(__builtin_frame_address(0)) - kNativeStackBytes;
  }
  ~NativeLimit() {
    if (outermost_) store_.limits.stack_limit = ~uintptr_t{0};
  }
  bool exceeded() const {
    return !outermost_ && reinterpret_cast<uintptr_t>(__builtin_frame_address(0)) < store_.limits.stack_limit;
  }

 private:
  Store& store_;
  bool outermost_;
};

// Makes `stack` the one that nested calls use.
class CurrentStack {
 public:
  CurrentStack(Activations& a, Stack* stack) : a_(a), before_(std::exchange(a.current, stack)) {}
  ~CurrentStack() { a_.current = before_; }

 private:
  Activations& a_;
  Stack* before_;
};

const wasm::SubType& type_of(Store& store, const vm::VMFuncRef* ref) {
  return (*store.engine().registry)[ref->type_index.bits()];
}

CallEnd trapped(Store& store, vm::TrapCode code) {
  store.set_pending(TrapAccess::make(wjit::Trap::Kind::kWasm, code, vm::message(code)));
  return CallEnd::kTrapped;
}

wjit::Trap out_of_fuel(uint64_t required) {
  wjit::Trap t = TrapAccess::make(wjit::Trap::Kind::kOutOfFuel, vm::TrapCode::kOutOfFuel,
                                  fmt::format("{}: the next block needs {}", vm::message(vm::TrapCode::kOutOfFuel), required));
  TrapAccess::set_required_fuel(t, required);
  return t;
}

// The pending trap gets the backtrace, unless it already has one from further in. Where memory is out, the
// trap matters more than the way to it.
void add_trace(Store& store, const Vm& vm) {
  auto& trace = TrapAccess::trace(*store.pending_trap);
  if (!trace.empty()) return;
  try {
    trace = interp_backtrace(vm.frame, vm.inst);
  } catch (const std::bad_alloc&) {
  }
}

// What a finished, stopped or trapped run means for its caller. `bottom` is the activation's bottom frame.
CallEnd conclude(Store& store, Vm& vm, const vm::VMFuncRef* root, vm::ValRaw* values, std::unique_ptr<Suspended>* suspended) {
  switch (vm.take_reason()) {
    case DoneReason::kReturn: {
      const wasm::FuncType type = type_of(store, root).func();
      cells_to_raw(type.results.data(), type.results.size(), vm.frame->sp, values);
      return CallEnd::kReturned;
    }
    case DoneReason::kTrap:
      trapped(store, vm.trap);
      add_trace(store, vm);
      return CallEnd::kTrapped;
    case DoneReason::kPending:
      add_trace(store, vm);
      return CallEnd::kTrapped;
    case DoneReason::kOutOfFuel:
      if (!suspended) {
        store.set_pending(out_of_fuel(vm.required_fuel));
        add_trace(store, vm);
        return CallEnd::kTrapped;
      }
      break;
    case DoneReason::kHostTrap:
    case DoneReason::kTailCall:
    case DoneReason::kNone: break;
  }
  return CallEnd::kSuspended;
}

// While the interpreter runs, native frames below it are its activation record's: what it calls sees none.
class NativeFramesBelow {
 public:
  NativeFramesBelow(Store& store, const Vm& vm)
      : limits_(store.limits), record_(*reinterpret_cast<ActivationRecord*>(const_cast<uint64_t*>(vm.bottom->ip))) {
    record_.exit_fp = std::exchange(limits_.last_wasm_exit_fp, 0);
    record_.exit_pc = std::exchange(limits_.last_wasm_exit_pc, 0);
    record_.entry_fp = limits_.last_wasm_entry_fp;
  }
  ~NativeFramesBelow() {
    limits_.last_wasm_exit_fp = record_.exit_fp;
    limits_.last_wasm_exit_pc = record_.exit_pc;
  }

 private:
  vm::VMRuntimeLimits& limits_;
  ActivationRecord& record_;
};

void run(Store& store, Vm& vm) {
  const NativeFramesBelow below(store, vm);
  const Dispatch d = store.engine().config.dispatch;
  const bool tail = d == Dispatch::kTail || (d == Dispatch::kAuto && tail_dispatch_is_sound());
  tail ? run_tail(&vm) : run_loop(&vm);
}

// Bottom frame and callee frame of a new activation at the top of vm.stack. False: trap pending.
bool begin_activation(Store& store, Vm& vm, const vm::VMFuncRef* callee, const bc::Code* code,
                      const vm::ValRaw* values) {
  Stack& s = *vm.stack;
  const wasm::FuncType type = type_of(store, callee).func();
  if (s.top + kRecordCells + code->frame_cells > s.values_end() || s.top_frame + 2 >= s.frames_end()) {
    trapped(store, vm::TrapCode::kStackOverflow);
    return false;
  }
  auto* record = new (s.top) ActivationRecord{uint64_t(bc::Op::exit), 0, 0, 0};
  uint64_t* cells = s.top + kRecordCells;
  vm.bottom = s.top_frame + 1;
  *vm.bottom = {&record->exit_word, cells, s.top_instance, nullptr};
  vm.frame = vm.bottom + 1;
  *vm.frame = {code->words.data(), cells, nullptr, code};
  vm.inst = Instance::from_vmctx(reinterpret_cast<vm::VMContext*>(callee->vmctx));
  raw_to_cells(type.params.data(), type.params.size(), values, cells);
  std::fill_n(cells + code->param_cells, code->zero_cells, 0);
  return true;
}

Vm make_vm(Store& store, Stack* stack, bool resumable) {
  Vm vm;
  vm.values_end = stack->values_end();
  vm.frames_end = stack->frames_end();
  vm.fuel = store.engine().config.consume_fuel ? &store.limits.fuel_consumed : nullptr;
  vm.store = &store;
  vm.stack = stack;
  vm.code_map = store.engine().code_map.get();
  vm.resumable = resumable;
  return vm;
}

// Moves a stopped run into a handle.
std::unique_ptr<Suspended> suspend(Store& store, Vm&& vm, DoneReason why, vm::VMFuncRef* root,
                                   std::unique_ptr<Stack> stack) {
  auto s = std::make_unique<Suspended>();
  s->kind = why == DoneReason::kOutOfFuel ? Suspended::Kind::kOutOfFuel : Suspended::Kind::kHostTrap;
  s->store = &store;
  s->engine = store.shared_engine();
  s->root = root;
  s->required_fuel = why == DoneReason::kOutOfFuel ? vm.required_fuel : 0;
  if (why == DoneReason::kHostTrap) {
    s->host_func = vm.host_func;
    s->host_error = store.take_pending_box();
    TrapAccess::trace(*s->host_error) = interp_backtrace(vm.frame, vm.inst);
  }
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
  const CallEnd end = conclude(store, vm, root, values, out);
  if (end == CallEnd::kSuspended)
    *out = suspend(store, std::move(vm), why, root, std::move(stack));
  else
    store.activations->give_back(std::move(stack));
  return end;
}

// The stack that plain calls go on with; null: out of system memory.
Stack* plain_stack(Store& store) {
  if (!store.activations) store.activations = std::make_shared<Activations>();
  Activations& a = *store.activations;
  if (a.current) return a.current;
  if (!a.plain) a.plain = a.take(store.engine().config);
  return a.plain.get();
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
    *out = std::move(begun);
    return CallEnd::kSuspended;
  }
  entry.calls.fetch_add(1, std::memory_order_relaxed);
  if (!begin_activation(store, vm, callee, code.code, values)) return CallEnd::kTrapped;
  if (out) return run_resumable(store, vm, std::move(own), callee, values, out);
  CurrentStack current(*store.activations, stack);
  run(store, vm);
  return conclude(store, vm, callee, values, nullptr);
}

// What the store's hook has to say about a call that was let in and has ended.
CallEnd leave(Store& store, CallEnd end, std::unique_ptr<Suspended>* suspended) {
  if (store.run_call_hook(CallHook::kReturningFromWasm)) return end;
  if (end == CallEnd::kSuspended) suspended->reset();
  return CallEnd::kTrapped;
}

CallEnd enter(Store& store, vm::VMFuncRef* callee, vm::ValRaw* values, size_t capacity,
              std::unique_ptr<Suspended>* suspended) {
  if (store.engine().native) {
    if (auto ready = ThreadTraps::ensure(); !ready) {
      store.set_pending(trap_from_error(ready.error()));
      return CallEnd::kTrapped;
    }
  }
  NativeLimit limit(store);
  if (limit.exceeded()) return trapped(store, vm::TrapCode::kStackOverflow);
  if (callee->code_index != vm::kNoCodeIndex) {
    if (!store.call_hook) return call_wasm(store, callee, values, suspended);
    if (!store.run_call_hook(CallHook::kCallingWasm)) return CallEnd::kTrapped;
    return leave(store, call_wasm(store, callee, values, suspended), suspended);
  }
  return callee->array_call(callee->vmctx, nullptr, values, capacity) ? CallEnd::kReturned : CallEnd::kTrapped;
}

CallEnd go_on(Store& store, std::unique_ptr<Suspended>& call, std::span<const vm::ValRaw> inputs,
              vm::ValRaw* results) {
  std::unique_ptr<Suspended> s = std::move(call);
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
  NativeLimit limit(store);
  if (limit.exceeded()) return trapped(store, vm::TrapCode::kStackOverflow);
  const bool hooked = bool(store.call_hook);
  if (hooked && !store.run_call_hook(CallHook::kCallingWasm)) return CallEnd::kTrapped;
  const CallEnd end = go_on(store, call, inputs, results);
  return hooked ? leave(store, end, &call) : end;
}

}  // namespace

vm::Crossing enter_interpreter(Instance& instance, uint32_t func_index, vm::ValRaw* values, vm::VMTailCall* tail_call) {
  Store& store = *instance.store;
  const vm::VMFuncRef callee = instance.make_func_ref(func_index);
  const auto failed = [&] {  // before there is a frame of this function
    auto& trace = TrapAccess::trace(*store.pending_trap);
    if (trace.empty()) trace = current_backtrace(store);
    return vm::Crossing::kTrapped;
  };
  // This recursion is the tiers': neither of the interpreter's own bounds sees it.
  if (reinterpret_cast<uintptr_t>(__builtin_frame_address(0)) < store.limits.stack_limit)
    return trapped(store, vm::TrapCode::kStackOverflow), failed();
  Stack* stack = plain_stack(store);
  if (!stack) return trapped(store, vm::TrapCode::kOutOfSystemMemory), failed();
  Vm vm = make_vm(store, stack, false);
  vm.tail_call = tail_call;
  CodeEntry& entry = vm.code_map->at(callee.code_index);
  const CodeOrWhy code = CodeMap::get(entry, {vm.fuel, &store.compile_fuel});
  if (code.error) return store.set_pending(trap_from_error(*code.error)), failed();
  if (!code.code) return store.set_pending(out_of_fuel(code.required_fuel)), failed();
  entry.calls.fetch_add(1, std::memory_order_relaxed);
  if (!begin_activation(store, vm, &callee, code.code, values)) return failed();
  CurrentStack current(*store.activations, stack);
  run(store, vm);
  if (vm.reason == DoneReason::kTailCall) return vm::Crossing::kTailCall;
  return conclude(store, vm, &callee, values, nullptr) == CallEnd::kReturned ? vm::Crossing::kReturned
                                                                             : vm::Crossing::kTrapped;
}

CallEnd call_func(Store& store, vm::VMFuncRef* callee, vm::ValRaw* values, size_t capacity,
                  std::unique_ptr<Suspended>* suspended) {
  return or_out_of_memory(store, CallEnd::kTrapped, [&] { return enter(store, callee, values, capacity, suspended); });
}

CallEnd resume(Store& store, std::unique_ptr<Suspended>& call, std::span<const vm::ValRaw> inputs,
               vm::ValRaw* results, size_t) {
  return or_out_of_memory(store, CallEnd::kTrapped, [&] { return enter_again(store, call, inputs, results); });
}

}  // namespace wjit::rt
