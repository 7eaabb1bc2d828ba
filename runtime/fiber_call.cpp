#include "runtime/fiber_call.h"

#include <algorithm>

#include "runtime/interp/backtrace.h"
#include "runtime/interp/vm.h"
#include "runtime/native_calls.h"
#include "runtime/trap_access.h"

namespace wjit::rt {

static_assert(Fiber::kCancelledOffset == vm::kFiberCancelled);

// Of a fiber's stack, what wasm leaves to libcalls, signal-free trouble, and to the trampolines in front of them: those do
// not look at the limit, and the frame of one may hold 1000 values of 16 bytes.
constexpr size_t kHeadroom = 48 << 10;

FiberCall::FiberCall(Store& store, vm::VMFuncRef* callee, std::span<const vm::ValRaw> args, size_t capacity)
    : store_(store), engine_(store.shared_engine()), callee_(callee), values_(std::max<size_t>(capacity, 1)) {
  std::copy(args.begin(), args.end(), values_.begin());
}

std::unique_ptr<FiberCall> FiberCall::create(Store& store, FiberPool& pool, vm::VMFuncRef* callee,
                                             std::span<const vm::ValRaw> args, size_t capacity) {
  std::unique_ptr<FiberCall> call(new FiberCall(store, callee, args, capacity));
  if (!store.activations) store.activations = std::make_shared<Activations>();
  call->fiber_ = Fiber::create(pool, &body, call.get());
  call->stack_ = store.activations->take(store.engine().config);
  if (!call->fiber_ || !call->stack_) return nullptr;
  call->other_.stack_limit = reinterpret_cast<uintptr_t>(call->fiber_->stack_low()) + kHeadroom;
  call->other_.fiber = call->fiber_.get();
  ++store.pins;
  return call;
}

FiberCall::~FiberCall() {
  if (!fiber_ || !stack_) return;
  if (stop_ != Stop::kReturned && stop_ != Stop::kTrapped && !fiber_->finished()) {
    fiber_->set_cancelled();  // nothing but landings runs: nobody asks for the trap
    run();
  }
  --store_.pins;
  store_.activations->give_back(std::move(stack_));
}

void FiberCall::body(Fiber*, void* self) {
  auto& call = *static_cast<FiberCall*>(self);
  call.ok_ = call.callee_->array_call(call.callee_->vmctx, nullptr, call.values_.data(), call.values_.size());
}

void FiberCall::exchange_limits() {
  vm::VMRuntimeLimits& l = store_.limits;
  std::swap(l.stack_limit, other_.stack_limit);
  std::swap(l.fiber, other_.fiber);
  std::swap(l.last_wasm_exit_fp, other_.last_wasm_exit_fp);
  std::swap(l.last_wasm_exit_pc, other_.last_wasm_exit_pc);
  std::swap(l.last_wasm_entry_sp, other_.last_wasm_entry_sp);
  std::swap(l.last_wasm_entry_fp, other_.last_wasm_entry_fp);
}

FiberCall::Stop FiberCall::run() {
  exchange_limits();
  outer_ = std::exchange(store_.fiber_call, this);
  resumer_stack_ = std::exchange(store_.activations->current, stack_.get());
  stop_ = Stop::kReturned;
  const Fiber::Stop stopped = fiber_->resume();
  store_.activations->current = resumer_stack_;
  store_.fiber_call = outer_;
  exchange_limits();
  if (stopped == Fiber::Stop::kFinished) stop_ = ok_ ? Stop::kReturned : Stop::kTrapped;
  return stop_;
}

FiberCall::Stop FiberCall::resume(std::span<const vm::ValRaw> inputs) {
  WJIT_ASSERT(!fiber_->finished());
  if (stop_ == Stop::kHostTrap) std::copy(inputs.begin(), inputs.end(), host_values_);
  return run();
}

void FiberCall::call_on_resumer(void (*fn)(void*), void* arg) {
  vm::VMRuntimeLimits& l = store_.limits;
  const auto exchange = [&] {
    std::swap(l.stack_limit, other_.stack_limit);
    std::swap(l.fiber, other_.fiber);
  };
  exchange();
  fiber_->call_on_resumer(fn, arg);
  exchange();
}

vm::Crossing FiberCall::host_call(vm::VMArrayCallFunction function, vm::VMOpaqueContext* callee,
                                  vm::VMOpaqueContext* caller, vm::ValRaw* values, uint64_t capacity) {
  bool ok = false;
  auto call = [&] { ok = function(callee, caller, values, capacity); };
  using F = decltype(call);
  call_on_resumer([](void* f) { (*static_cast<F*>(f))(); }, &call);
  if (ok) return vm::Crossing::kReturned;
  auto& trace = TrapAccess::trace(*store_.pending_trap);
  if (trace.empty()) on_resumer(store_, [&] { trace = current_backtrace(store_); });
  if (store_.pending_trap->kind() != wjit::Trap::Kind::kHost) return vm::Crossing::kTrapped;
  host_error_ = store_.take_pending_box();
  stop_ = Stop::kHostTrap;
  host_func_ = host_func_ref(callee);
  host_values_ = values;
  return vm::Crossing::kSuspend;
}

vm::Crossing FiberCall::out_of_fuel(uint64_t cost) {
  stop_ = Stop::kOutOfFuel;
  required_fuel_ = cost;
  return vm::Crossing::kSuspend;
}

void FiberCall::add_resumer_frames(std::vector<wjit::Frame>& trace) const {
  add_native_frames(trace, other_.last_wasm_exit_fp, other_.last_wasm_exit_pc, other_.last_wasm_entry_fp, false);
  if (resumer_stack_ && resumer_stack_->top_instance)
    add_interp_frames(trace, resumer_stack_->top_frame, resumer_stack_->top_instance);
  if (outer_) outer_->add_resumer_frames(trace);
}

}  // namespace wjit::rt
