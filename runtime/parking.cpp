#include "runtime/parking.h"

#include <algorithm>
#include <utility>

#include "compiler/wasm/eval_atomic.h"
#include "runtime/store.h"

namespace wjit::rt {

namespace {

// How long a sleeper that nobody would wake for an epoch sleeps at most.
constexpr auto kGlance = std::chrono::milliseconds(10);

bool must_glance(const Store& store) {
  return store.has_deadline() || store.poll_hook;
}

}  // namespace

WaitDeadline wait_deadline(int64_t nanoseconds) {
  if (nanoseconds < 0) return std::nullopt;
  const auto now = WaitClock::now();
  const auto time = std::chrono::nanoseconds(nanoseconds);
  if (time > WaitClock::time_point::max() - now) return std::nullopt;
  return now + std::chrono::duration_cast<WaitClock::duration>(time);
}

void Sleeper::wake() {
  std::lock_guard lock(mutex_);
  woken_ = true;
  condition_.notify_one();  // under the lock: the sleeper may be gone after it
}

bool Sleeper::sleep(WaitDeadline until) {
  std::unique_lock lock(mutex_);
  const auto woken = [&] { return woken_; };
  if (until)
    condition_.wait_until(lock, *until, woken);
  else
    condition_.wait(lock, woken);
  return std::exchange(woken_, false);
}

ParkingLot::~ParkingLot() { WJIT_ASSERT(!first_); }

void ParkingLot::append(Waiter& waiter) {
  waiter.before = last_;
  (last_ ? last_->behind : first_) = &waiter;
  last_ = &waiter;
}

void ParkingLot::remove(Waiter& waiter) {
  (waiter.before ? waiter.before->behind : first_) = waiter.behind;
  (waiter.behind ? waiter.behind->before : last_) = waiter.before;
}

bool ParkingLot::leave(Waiter& waiter) {
  std::lock_guard lock(mutex_);
  if (!waiter.notified) remove(waiter);
  return waiter.notified;
}

ParkingLot::End ParkingLot::wait(Sleeper& sleeper, Store* store, uint64_t address, const uint8_t* place,
                                 unsigned bytes, uint64_t expected, WaitDeadline until) {
  Waiter waiter{address, &sleeper};
  {
    std::lock_guard lock(mutex_);
    const uint64_t found =
        bytes == 8 ? wasm::atomic_load<uint64_t>(place) : wasm::atomic_load<uint32_t>(place);
    if (found != expected) return {kNotEqual};
    append(waiter);
  }
  try {
    return sleep(waiter, store, until);
  } catch (...) {  // the poll hook
    leave(waiter);
    throw;
  }
}

ParkingLot::End ParkingLot::sleep(Waiter& waiter, Store* store, WaitDeadline until) {
  for (;;) {
    if (const vm::TrapCode stop = store ? store->poll() : vm::TrapCode::kNone; stop != vm::TrapCode::kNone) {
      leave(waiter);
      return {kStopped, stop};
    }
    WaitDeadline next = until;
    if (store && must_glance(*store)) {
      const auto glance = WaitClock::now() + kGlance;
      next = until ? std::min(*until, glance) : glance;
    }
    waiter.sleeper->sleep(next);
    {
      std::lock_guard lock(mutex_);
      if (waiter.notified) return {kWoken};
    }
    if (until && WaitClock::now() >= *until) return {leave(waiter) ? kWoken : kTimedOut};
  }
}

uint32_t ParkingLot::notify(uint64_t address, uint32_t count) {
  std::lock_guard lock(mutex_);
  uint32_t woken = 0;
  for (Waiter* waiter = first_; waiter && woken < count;) {
    Waiter* const behind = waiter->behind;
    if (waiter->address == address) {
      remove(*waiter);
      waiter->notified = true;
      waiter->sleeper->wake();
      ++woken;
    }
    waiter = behind;
  }
  return woken;
}

}  // namespace wjit::rt
