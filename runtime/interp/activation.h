// Around a run of the interpreter: its bottom frame, the native frames that wait below it, and what its end means.
// runtime/call.cpp enters from the host, enter.cpp from native code.
#pragma once
#include "runtime/call.h"
#include "runtime/interp/vm.h"
#include "runtime/store.h"
#include "wjit/wjit.hpp"

namespace wjit::rt {

// Makes `stack` the one that nested calls use.
class CurrentStack {
 public:
  CurrentStack(Activations& a, Stack* stack) : a_(a), before_(std::exchange(a.current, stack)) {
    if (before_ != stack) stack->resumer = before_;
  }
  ~CurrentStack() { a_.current = before_; }

 private:
  Activations& a_;
  Stack* before_;
};

// The stack that plain calls go on with; null: out of system memory.
Stack* new_plain_stack(Store& store);
inline Stack* plain_stack(Store& store) {
  return store.activations && store.activations->current ? store.activations->current : new_plain_stack(store);
}

CallEnd trapped(Store& store, vm::TrapCode code);
wjit::Trap out_of_fuel(uint64_t required);

inline Vm make_vm(Store& store, Stack* stack, bool resumable) {
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

// Bottom frame and callee frame of a new activation at the top of vm.stack. The native frames below it are its record's
// from now on: what the interpreter calls sees none. False: trap pending, and nothing has changed.
bool begin_activation(Store& store, Vm& vm, Instance* callee, const wasm::SubType& type, const bc::Code* code,
                      const vm::ValRaw* values);
// Gives them back, on the way out of a scope that began an activation.
class ActivationEnd {
 public:
  ActivationEnd(Store& store, const Vm& vm)
      : limits_(store.limits), record_(*reinterpret_cast<const ActivationRecord*>(vm.bottom->ip)) {}
  ~ActivationEnd() {
    limits_.last_wasm_exit_fp = record_.exit_fp;
    limits_.last_wasm_exit_pc = record_.exit_pc;
  }

 private:
  vm::VMRuntimeLimits& limits_;
  const ActivationRecord& record_;
};

// Until vm.reason is set.
void run(Store& store, Vm& vm);

// From vm.frame outwards, through everything that waits below it.
std::vector<wjit::Frame> whole_backtrace(Store& store, const Vm& vm);

// What a run that has returned or failed means for its caller: kReturned with the results in `values`, else kTrapped.
// `type` is the root's.
CallEnd conclude(Store& store, Vm& vm, const wasm::SubType& type, vm::ValRaw* values);

}  // namespace wjit::rt
