// Calls into wasm, whatever kind of function and tier, and calls that can stop and go on.
#pragma once
#include <memory>
#include <span>

#include "runtime/store.h"
#include "vmcontext/vm_types.h"

namespace wjit::rt {

enum class CallEnd : uint8_t { kReturned, kTrapped, kSuspended };

struct Suspended;

// Calls `callee` with ValRaw arguments, which the results replace; capacity >= max(params, results), types
// are the caller's to check. kTrapped: the trap, with its backtrace, is in store.pending_trap. With
// `suspended` the call is resumable: a host error, the want of fuel or a yield ends it as kSuspended with the call in
// *suspended. A host function called as root is never suspended. The want of memory is a trap, too.
CallEnd call_func(Store& store, vm::VMFuncRef* callee, vm::ValRaw* values, size_t capacity,
                  std::unique_ptr<Suspended>* suspended = nullptr);
// Goes on. `inputs` stand for the results of the host function whose error stopped the call (the caller has checked
// their number and types); none after the other stops. Consumes `call`; a call that stops again is put back there.
CallEnd resume(Store& store, std::unique_ptr<Suspended>& call, std::span<const vm::ValRaw> inputs, vm::ValRaw* results,
               size_t capacity);

class FiberCall;
class Stack;
struct Vm;

// A call that waits. Owns its stack; destroying it drops the call.
struct Suspended {
  enum class Kind : uint8_t { kHostTrap, kOutOfFuel, kYielded };
  Kind kind;
  Store* store;
  std::shared_ptr<Engine> engine;  // a handle keeps its engine alive
  vm::VMFuncRef* root;
  uint64_t required_fuel = 0;            // kOutOfFuel
  uint64_t yield_ticks = 0;              // kYielded: the deadline when it goes on, beyond the epoch then
  vm::VMFuncRef* host_func = nullptr;    // kHostTrap
  std::unique_ptr<wjit::Trap> host_error;

  std::vector<std::shared_ptr<Exception>> held;  // arguments, which may not be in the interpreter's cells yet
  std::unique_ptr<FiberCall> fiber;  // in engines with native code; in others what follows
  std::vector<vm::ValRaw> root_args;  // of a call that has not begun
  std::unique_ptr<Stack> stack;
  std::unique_ptr<Vm> vm;
  Suspended();
  ~Suspended();
};

}  // namespace wjit::rt
