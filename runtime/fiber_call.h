// A resumable call where there is native code: it runs on a fiber, and stops where a host function fails, fuel runs out or
// an epoch deadline's callback wants it to.
//
// Invariants.
//  - Between the fiber's root and a suspension lie emitted frames only, so the call may go on in any thread that holds
//    the store. The interpreter keeps this by leaving its loop (runtime/interp/enter.cpp).
//  - While the fiber runs, VMRuntimeLimits describe it; resume exchanges them with the resumer's and back. A host function
//    called from the fiber runs on the resumer's stack and sees the resumer's stack limit, but the fiber's last exit.
#pragma once
#include <exception>
#include <memory>
#include <span>
#include <vector>

#include "runtime/fiber/fiber.h"
#include "runtime/store.h"
#include "vmcontext/abi.h"

namespace wjit::rt {

class Stack;
struct InterpFrame;

class FiberCall {
 public:
  enum class Stop : uint8_t { kReturned, kTrapped, kHostTrap, kOutOfFuel, kYielded };

  // Null: no memory for a stack. `capacity` >= max(params, results). Nothing runs yet.
  static std::unique_ptr<FiberCall> create(Store& store, FiberPool& pool, vm::VMFuncRef* callee,
                                           std::span<const vm::ValRaw> args, size_t capacity);
  // Ends what is suspended with a trap (kCancelled), which nobody sees.
  ~FiberCall();
  FiberCall(const FiberCall&) = delete;

  // Runs until the next stop. After kHostTrap, `inputs` are the results of the host function that failed; the caller has
  // checked their types. kTrapped: the trap is the store's pending one.
  Stop resume(std::span<const vm::ValRaw> inputs = {});
  bool finished() const { return fiber_->finished(); }
  std::span<const vm::ValRaw> values() const { return values_; }  // results, after kReturned
  uint64_t required_fuel() const { return required_fuel_; }
  vm::VMFuncRef* host_func() const { return host_func_; }  // after kHostTrap, and its error
  const wjit::Trap& host_error() const { return *host_error_; }
  std::unique_ptr<wjit::Trap> take_host_error() { return std::move(host_error_); }

  // What waits below: the frames of whoever resumed this.
  void add_resumer_frames(std::vector<wjit::Frame>& trace) const;

  // Behind the libcalls of these names, on the fiber.
  vm::Crossing host_call(vm::VMArrayCallFunction function, vm::VMOpaqueContext* callee, vm::VMOpaqueContext* caller,
                         vm::ValRaw* values, uint64_t capacity);
  vm::Crossing out_of_fuel(uint64_t cost);
  vm::Crossing yields() { return stop_ = Stop::kYielded, vm::Crossing::kSuspend; }
  // From the fiber: runs fn(arg), which does not throw, as the host sees the store.
  void call_on_resumer(void (*fn)(void*), void* arg);

 private:
  FiberCall(Store& store, vm::VMFuncRef* callee, std::span<const vm::ValRaw> args, size_t capacity);
  static void body(Fiber* fiber, void* self);
  void exchange_limits();
  Stop run();

  Store& store_;
  const std::shared_ptr<Engine> engine_;
  vm::VMFuncRef* const callee_;
  std::vector<vm::ValRaw> values_;
  std::unique_ptr<Fiber> fiber_;
  std::unique_ptr<Stack> stack_;  // the interpreter's, for what it runs of this call
  vm::VMRuntimeLimits other_;     // of the side that does not run: only what exchange_limits exchanges
  bool ok_ = false;
  Stop stop_ = Stop::kReturned;
  uint64_t required_fuel_ = 0;
  std::unique_ptr<wjit::Trap> host_error_;
  vm::VMFuncRef* host_func_ = nullptr;
  vm::ValRaw* host_values_ = nullptr;
  FiberCall* outer_ = nullptr;
  Stack* resumer_stack_ = nullptr;
};

// Runs `body` where there is stack enough: from a fiber, on the resumer's.
template <class F>
void on_resumer(Store& store, F&& body) {
  if (!store.limits.fiber) return body();
  struct Call {
    F& body;
    std::exception_ptr thrown;
  } call{body, nullptr};
  store.fiber_call->call_on_resumer(
      [](void* arg) {
        auto& c = *static_cast<Call*>(arg);
        try {
          c.body();
        } catch (...) {
          c.thrown = std::current_exception();
        }
      },
      &call);
  if (call.thrown) std::rethrow_exception(call.thrown);
}

}  // namespace wjit::rt
