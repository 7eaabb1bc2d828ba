// One embedder's world: instances, host functions, host references, limits, fuel, the trap that is on its
// way. Used by one thread at a time, may move between threads.
#pragma once
#include <any>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "compiler/support/result.h"
#include "runtime/exception.h"
#include "runtime/func.h"
#include "runtime/instance.h"
#include "runtime/parking.h"
#include "vmcontext/abi.h"
#include "vmcontext/vm_types.h"
#include "wjit/wjit.hpp"

namespace wjit::rt {

class FiberCall;    // a resumable call of native code (runtime/fiber_call.h)
class Activations;  // the interpreter's stacks (runtime/interp)
class NativeLimit;  // of a thread that entered (runtime/call.cpp)

// What an externref of wasm points at: the embedder's value, alive as long as wasm may hold it.
struct ExternObject {
  std::shared_ptr<std::any> value;
  bool marked = false;
};

// What a poll answers where the trap is pending with the store already.
constexpr vm::TrapCode kTrapPending = vm::TrapCode::kHostError;

// What interrupt handles hold of a store, which they may outlive.
struct InterruptTarget {
  std::mutex lock;
  Store* store;  // null: it has ended
};

class Store {
 public:
  explicit Store(std::shared_ptr<Engine> engine);
  ~Store();
  Store(const Store&) = delete;

  Engine& engine() const { return *engine_; }
  const std::shared_ptr<Engine>& shared_engine() const { return engine_; }
  uint64_t id() const { return id_; }  // never used again, unlike the address

  vm::VMRuntimeLimits limits;
  const NativeLimit* native_limit = nullptr;  // that has set limits.stack_limit, and what it was before (runtime/call.cpp)
  std::unique_ptr<wjit::Trap> pending_trap;
  // Returns false, as array calls do when a trap is pending.
  bool set_pending(wjit::Trap trap) {
    if (!pending_trap) pending_trap = spare_trap_ ? std::move(spare_trap_) : std::make_unique<wjit::Trap>("");
    *pending_trap = std::move(trap);
    return false;
  }
  bool set_pending_out_of_memory() noexcept;
  wjit::Trap take_pending() {
    WJIT_ASSERT(pending_trap);
    wjit::Trap t = std::move(*pending_trap);
    spare_trap_ = std::move(pending_trap);
    return t;
  }
  // Leaves room for the next one.
  std::unique_ptr<wjit::Trap> take_pending_box() {
    if (!spare_trap_) spare_trap_ = std::make_unique<wjit::Trap>("");
    return std::move(pending_trap);
  }
  std::shared_ptr<Activations> activations;  // filled by the interpreter on first use
  FiberCall* fiber_call = nullptr;           // the innermost that runs
  std::any data;                             // the embedder's
  wjit::Store::CallHookCallback call_hook;   // empty: none
  // False: the hook refused, and its trap is pending, unless one was pending before, which stays.
  bool run_call_hook(CallHook what) noexcept;

  // Fuel: limits.fuel_consumed is negative and counts up; what is left is its negation.
  uint64_t fuel() const { return limits.fuel_consumed < 0 ? uint64_t(-(limits.fuel_consumed + 1)) + 1 : 0; }
  void set_fuel(uint64_t fuel);

  // ---- stopping what runs. Code compares limits.epoch_deadline with the engine's epoch (Config::epoch_interruption) and
  // calls epoch_reached. limits.epoch_deadline is `deadline_`, or 0 while somebody wants to be heard at once: an interrupt
  // from outside, or a yield that waits for a place where that can be done. It alone is written by other threads.

  bool due() const {
    return engine_->epoch.load(std::memory_order_relaxed) >=
           __atomic_load_n(&limits.epoch_deadline, __ATOMIC_RELAXED);
  }
  bool has_deadline() const { return deadline_ != ~uint64_t{0}; }
  // For code that found it due: kReturned: goes on. kSuspend: waits, and goes on behind the check. kTrapped: the trap is
  // pending.
  vm::Crossing epoch_reached(bool resumable);
  // Whether what runs is to stop now: kNone, kInterrupt, kEpochDeadline, kTrapPending. Libcalls ask between pieces of
  // long work, callback and hook included; from a fiber these run on the resumer's stack. A callback that wants to yield gets that at the next check of code.
  vm::TrapCode poll();
  // The same for what waits in a host function with the guest's memory in its hands: no callback is asked, a deadline that
  // has one is none.
  vm::TrapCode poll_waiting();
  // What a poll has answered becomes the pending trap. False.
  bool raise(vm::TrapCode code);
  void set_epoch_deadline(uint64_t ticks_beyond_current) noexcept;
  wjit::Store::EpochCallback epoch_callback;  // empty: the deadline is a trap
  bool in_epoch_callback = false;             // then nothing of the store's runs
  // After kSuspend: how many ticks later than when it is resumed the next deadline is.
  uint64_t yield_ticks = 0;
  // No call runs: a yield that none of its checks has met is not for the next.
  void forget_yield() { yield_due_ = false; }
  // Any thread: what runs stops at its next poll, or what runs next.
  void interrupt() noexcept;
  Sleeper sleeper;  // of the thread that uses the store, in memory.atomic.wait: wake it when poll() may answer otherwise
  const std::shared_ptr<InterruptTarget>& interrupt_target();
  // Asked at every poll, in tests. It may change memories, tables and globals, and does not call wasm.
  std::function<vm::TrapCode()> poll_hook;

  // The instance through which the store has a shared memory from outside. Made once for each.
  support::Result<Instance*> attach(const std::shared_ptr<SharedMemory>& memory);

  // Limits for what the store may hold.
  StoreLimits limiter;
  support::Result<void> reserve_instance();
  support::Result<void> reserve_memory(const wasm::MemoryType& type);
  support::Result<void> reserve_table(const wasm::TableType& type);
  uint64_t instance_count = 0, memory_count = 0, table_count = 0;

  Instance* add_instance(InstancePtr instance);
  // For an instance that nothing can refer to.
  void remove_instance(Instance* instance);
  const std::vector<InstancePtr>& instances() const { return instances_; }
  // Lives as long as the store.
  vm::VMFuncRef* add_host_func(wasm::TypeId type, HostFunc::Callback callback);
  // A C function in the native convention (vmcontext/abi.h), which wasm calls without a detour; a trap it returns is
  // pending then. Only in engines with native code.
  vm::VMFuncRef* add_native_host_func(wasm::TypeId type, vm::VMNativeCallFunction* function);
  size_t host_func_count() const { return host_funcs_.size(); }
  // Takes back what was added last, as long as nothing can refer to it.
  void drop_host_funcs_from(size_t count) { host_funcs_.resize(count); }

  // References of the embedder's on their way into wasm and out. The same value is the same reference.
  ExternObject* extern_object(const wjit::ExternRef& ref);
  wjit::ExternRef extern_ref(ExternObject* object);
  size_t extern_count() const { return externs_.size(); }
  // Frees what no global and no table holds. Only while nothing runs and nothing is suspended (pins == 0).
  void collect_externs();
  // At the start of what may make references: never between making one and storing it.
  void collect_externs_if_due();
  uint32_t pins = 0;  // see Pin
  Exceptions exceptions;
  std::vector<vm::ValRaw> tail_values;  // arguments of a tail call on its way from the interpreter to native code
  uint64_t compile_fuel = 0;  // spent on lazy compilation; part of what is consumed

 private:
  std::vector<std::pair<const SharedMemory*, Instance*>> attached_;
  bool ask_call_hook(CallHook what) noexcept;
  vm::TrapCode poll_slowly();
  vm::TrapCode ask_epoch_callback() noexcept;
  vm::TrapCode answer_of_epoch_callback();
  void arm() noexcept;

  uint64_t deadline_ = ~uint64_t{0};  // none
  bool yield_due_ = false;
  std::shared_ptr<InterruptTarget> interrupt_target_;
  std::atomic<bool> interrupted_{false};
  std::shared_ptr<Engine> engine_;
  uint64_t id_;
  std::vector<InstancePtr> instances_;
  std::vector<std::unique_ptr<HostFunc>> host_funcs_;
  std::unordered_map<std::any*, std::unique_ptr<ExternObject>> externs_;
  size_t next_collection_ = 1024;
  // There whenever nothing is pending, so that a trap can be set when memory is out.
  std::unique_ptr<wjit::Trap> spare_trap_ = std::make_unique<wjit::Trap>("");
};

static_assert(!std::is_copy_constructible_v<Store>);

// While a call runs, references of the host's that only its stacks hold must live.
class Pin {
 public:
  explicit Pin(Store& store) : store_(store) { ++store_.pins; }
  ~Pin() { --store_.pins; }
  Pin(const Pin&) = delete;

 private:
  Store& store_;
};

inline vm::TrapCode Store::poll() {
  if (!due() && !poll_hook) return vm::TrapCode::kNone;
  return poll_slowly();
}

}  // namespace wjit::rt
