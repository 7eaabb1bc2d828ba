// The interpreter as native code enters it: behind libcall enter_interpreter, whose caller is an emitted stub
// (kWasmToInterpreter).
//
// On a stack of the host's, a run calls what it has to call by itself, and recursion between the tiers is C++ recursion.
// On a fiber it must not be found below a suspension. There a run lives on the interpreter's own stack, and leaves its
// loop for every call of native code or of the host, when fuel runs out and to yield: the stub does what the VMInterpreterExit asks
// for, or waits, and enters again. A fiber that is cancelled or trapped is landed by the stubs alone; the runs on its
// interpreter stack are forgotten with the stack. So they own nothing.
#include "runtime/fiber_call.h"
#include "runtime/interp/activation.h"
#include "runtime/interp/backtrace.h"
#include "runtime/native_calls.h"
#include "runtime/trap_access.h"

namespace wjit::rt {

namespace {

// A run on a fiber's interpreter stack: below its activation's record.
struct FiberRun {
  Vm vm;
  const wasm::SubType* type;
  uint64_t* top;  // of the stack, below this
  InterpFrame* top_frame;
  Instance* top_instance;
};
static_assert(std::is_trivially_destructible_v<FiberRun> && alignof(FiberRun) <= 8);
constexpr uint64_t kRunCells = (sizeof(FiberRun) + 7) / 8;

// Trap pending, before there is a frame of the function.
vm::Crossing failed(Store& store) {
  auto& trace = TrapAccess::trace(*store.pending_trap);
  if (trace.empty()) trace = current_backtrace(store);
  return vm::Crossing::kTrapped;
}

vm::Crossing to_crossing(CallEnd end) {
  return end == CallEnd::kReturned ? vm::Crossing::kReturned : vm::Crossing::kTrapped;
}

vm::Crossing run_on_fiber(Store& store, FiberRun& r, vm::ValRaw* values) {
  Vm& vm = r.vm;
  run(store, vm);
  switch (vm.reason) {
    case DoneReason::kCall: vm.take_reason(); return vm::Crossing::kCall;
    case DoneReason::kHostCall: vm.take_reason(); return vm::Crossing::kHostCall;
    case DoneReason::kOutOfFuel:
      vm.take_reason();
      vm.stack->note_in_use(vm.frame);
      return store.fiber_call->out_of_fuel(vm.required_fuel);
    case DoneReason::kYield:
      vm.take_reason();
      vm.stack->note_in_use(vm.frame);
      return store.fiber_call->yields();
    default: break;
  }
  Stack& stack = *vm.stack;
  stack.top = r.top, stack.top_frame = r.top_frame, stack.top_instance = r.top_instance;
  // Nothing has been written over the record and the frames yet.
  const ActivationEnd ends(store, vm);
  return vm.reason == DoneReason::kTailCall ? vm::Crossing::kTailCall
                                            : to_crossing(conclude(store, vm, *r.type, values));
}

// After what was asked for has been done, or has failed. Then the run is forgotten, unless it is an exception that one of
// its frames catches: not while the fiber is cancelled, for what is pending is not what ended the call.
vm::Crossing go_on(Store& store, FiberRun& r, vm::ValRaw* values) {
  Vm& vm = r.vm;
  if (vm.out_type && vm.exit->capacity == 0) {
    if (static_cast<Fiber*>(store.limits.fiber)->cancelled() || !catch_pending(&vm)) return vm::Crossing::kTrapped;
    vm.out_type = nullptr;
  } else if (vm.out_type) {
    take_call_results(&vm);
  }
  return run_on_fiber(store, r, values);
}

vm::Crossing begin_on_fiber(Store& store, Stack& stack, Instance& instance, const wasm::SubType& type,
                            const bc::Code* code, vm::ValRaw* values, vm::VMInterpreterExit* exit) {
  if (stack.top + kRunCells > stack.values_end()) return trapped(store, vm::TrapCode::kStackOverflow), failed(store);
  auto* r = new (stack.top)
      FiberRun{make_vm(store, &stack, true), &type, stack.top, stack.top_frame, stack.top_instance};
  r->vm.exit = exit;
  r->vm.leaves = true;
  stack.top += kRunCells;
  if (!begin_activation(store, r->vm, &instance, type, code, values)) return stack.top = r->top, failed(store);
  exit->run = r;
  return run_on_fiber(store, *r, values);
}

}  // namespace

vm::Crossing enter_interpreter(Instance& instance, uint32_t defined, vm::ValRaw* values, vm::VMInterpreterExit* exit) {
  Store& store = *instance.store;
  if (exit->run) return go_on(store, *static_cast<FiberRun*>(exit->run), values);
  // This recursion is the tiers': neither of the interpreter's own bounds sees it.
  if (reinterpret_cast<uintptr_t>(__builtin_frame_address(0)) < store.limits.stack_limit)
    return trapped(store, vm::TrapCode::kStackOverflow), failed(store);
  Stack* stack = plain_stack(store);
  if (!stack) return trapped(store, vm::TrapCode::kOutOfSystemMemory), failed(store);
  CodeEntry& entry = *instance.code_entries[defined];
  const bool on_fiber = store.limits.fiber != nullptr;
  const bc::Code* compiled = entry.code.load(std::memory_order_acquire);
  if (!compiled) {
    const CodeOrWhy code = compile_on_resumer(store, entry);
    if (code.error) return store.set_pending(trap_from_error(*code.error)), failed(store);
    if (!code.code) {
      if (on_fiber) return store.fiber_call->out_of_fuel(code.required_fuel);
      return store.set_pending(out_of_fuel(code.required_fuel)), failed(store);
    }
    compiled = code.code;
  }
  entry.calls.store(entry.calls.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  const wasm::SubType& type = *entry.type;
  if (on_fiber) return begin_on_fiber(store, *stack, instance, type, compiled, values, exit);
  Vm vm = make_vm(store, stack, false);
  vm.exit = exit;
  if (!begin_activation(store, vm, &instance, type, compiled, values)) return failed(store);
  const ActivationEnd ends(store, vm);
  const CurrentStack current(*store.activations, stack);
  run(store, vm);
  return vm.reason == DoneReason::kTailCall ? vm::Crossing::kTailCall : to_crossing(conclude(store, vm, type, values));
}

}  // namespace wjit::rt
