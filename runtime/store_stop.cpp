// How a store's guest is stopped: the epoch's deadline, its callback, interrupts from other threads.
//
// An interrupter sets its flag, then the deadline that code sees (limits.epoch_deadline) to 0. Whoever else writes that
// looks at the flag afterwards. Both in sequentially consistent order: so a flag that is set is never without a deadline
// of 0 for long, and a 0 that comes late, when the flag has been taken, is only a check that finds nothing and puts the
// deadline back.
#include <exception>
#include <limits>
#include <new>

#include "runtime/fiber_call.h"
#include "runtime/store.h"
#include "runtime/trap_access.h"

namespace wjit::rt {

void Store::arm() noexcept {
  __atomic_store_n(&limits.epoch_deadline, yield_due_ ? 0 : deadline_, __ATOMIC_SEQ_CST);
  if (interrupted_.load(std::memory_order_seq_cst)) __atomic_store_n(&limits.epoch_deadline, 0, __ATOMIC_SEQ_CST);
}

void Store::interrupt() noexcept {
  interrupted_.store(true, std::memory_order_seq_cst);
  __atomic_store_n(&limits.epoch_deadline, 0, __ATOMIC_SEQ_CST);
  sleeper.wake();
}

void Store::set_epoch_deadline(uint64_t ticks) noexcept {
  constexpr uint64_t kNone = std::numeric_limits<uint64_t>::max();
  const uint64_t now = engine_->epoch.load(std::memory_order_relaxed);
  deadline_ = ticks > kNone - now ? kNone : now + ticks;
  arm();
}

const std::shared_ptr<InterruptTarget>& Store::interrupt_target() {
  if (!interrupt_target_) {
    interrupt_target_ = std::make_shared<InterruptTarget>();
    interrupt_target_->store = this;
  }
  return interrupt_target_;
}

bool Store::raise(vm::TrapCode code) {
  if (code != kTrapPending) set_pending(make_trap(code));
  return false;
}

vm::TrapCode Store::poll_slowly() {
  if (in_epoch_callback) return vm::TrapCode::kNone;
  if (interrupted_.exchange(false, std::memory_order_seq_cst)) {
    arm();
    return vm::TrapCode::kInterrupt;
  }
  if (!yield_due_ && engine_->epoch.load(std::memory_order_relaxed) >= deadline_) {
    if (!epoch_callback) return vm::TrapCode::kEpochDeadline;
    if (const vm::TrapCode stop = ask_epoch_callback(); stop != vm::TrapCode::kNone) return stop;
  }
  arm();
  vm::TrapCode answer = vm::TrapCode::kNone;
  if (poll_hook) on_resumer(*this, [&] { answer = poll_hook(); });
  return answer;
}

vm::TrapCode Store::poll_waiting() {
  if (!due()) return vm::TrapCode::kNone;
  if (interrupted_.exchange(false, std::memory_order_seq_cst)) {
    arm();
    return vm::TrapCode::kInterrupt;
  }
  const bool reached = !epoch_callback && engine_->epoch.load(std::memory_order_relaxed) >= deadline_;
  return reached ? vm::TrapCode::kEpochDeadline : vm::TrapCode::kNone;
}

vm::Crossing Store::epoch_reached(bool resumable) {
  const vm::TrapCode stop = poll_slowly();
  if (stop != vm::TrapCode::kNone) return raise(stop), vm::Crossing::kTrapped;
  if (!yield_due_) return vm::Crossing::kReturned;
  yield_due_ = false;
  arm();
  if (resumable) return vm::Crossing::kSuspend;
  set_pending(TrapAccess::make(wjit::Trap::Kind::kInterrupt, vm::TrapCode::kEpochDeadline,
                               "the epoch deadline's callback wants the call to yield, which is not resumable"));
  return vm::Crossing::kTrapped;
}

// Nothing is thrown through frames of wasm.
vm::TrapCode Store::ask_epoch_callback() noexcept {
  vm::TrapCode stop = kTrapPending;
  try {
    on_resumer(*this, [&] { stop = answer_of_epoch_callback(); });
  } catch (...) {  // no memory
    set_pending_out_of_memory();
  }
  return stop;
}

vm::TrapCode Store::answer_of_epoch_callback() {
  struct Asking {
    bool& flag;
    explicit Asking(bool& f) : flag(f) { flag = true; }
    ~Asking() { flag = false; }
  };
  const auto callback = epoch_callback;  // it may replace itself
  try {
    const Asking asking(in_epoch_callback);
    auto answer = callback(wjit::Store::Context(this));
    if (!answer) return set_pending(TrapAccess::ending(std::move(answer).err())), kTrapPending;
    const UpdateDeadline update = answer.ok();
    if (update.kind == UpdateDeadline::Kind::kYield) {
      yield_due_ = true;
      yield_ticks = update.ticks;
    } else {
      set_epoch_deadline(update.ticks);
    }
    return vm::TrapCode::kNone;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (...) {
    wjit::Trap trap("the epoch deadline's callback threw an exception");
    trap.payload() = std::current_exception();
    return set_pending(std::move(trap)), kTrapPending;
  }
}

}  // namespace wjit::rt
