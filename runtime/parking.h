// Where memory.atomic.wait sleeps and memory.atomic.notify wakes.
//
// A ParkingLot belongs to one shared memory; its waiters stand in it in the order they came, each with the
// address that it waits at. A waiter lies on the stack of the thread that waits, so that waiting takes no
// memory: there are never more of them than threads that embedders have sent into wasm. A Sleeper is what a
// thread sleeps on, one for a Store.
//
// Invariants.
//  - Who compares and stands in line does both under the lot's lock, and so does who takes out of the line:
//  no notify
//    falls between them.
//  - A waiter leaves its frame only after it has taken the lot's lock and is in line no more, so whoever
//  finds one there
//    under the lock may touch it and its Sleeper.
//  - Locks are taken in the order lot, sleeper. Nobody sleeps, polls or runs the embedder's code with the
//  lot's.
#pragma once
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>

#include "vmcontext/traps.h"

namespace wjit::rt {

class Store;

using WaitClock = std::chrono::steady_clock;
using WaitDeadline = std::optional<WaitClock::time_point>;  // none: for ever
// Of wasm's timeout in nanoseconds, where what is negative is for ever; so is what the clock cannot say.
WaitDeadline wait_deadline(int64_t nanoseconds);

class Sleeper {
 public:
  // Any thread. The sleeper looks around at once, or instead of its next sleep.
  void wake();
  // Until somebody wakes it (true) or the time has come.
  bool sleep(WaitDeadline until);

 private:
  std::mutex mutex_;
  std::condition_variable condition_;
  bool woken_ = false;
};

class ParkingLot {
 public:
  // The first three are wasm's answers. kStopped: the store's poll gave `stop`.
  enum Outcome : uint8_t { kWoken, kNotEqual, kTimedOut, kStopped };
  struct End {
    Outcome outcome;
    vm::TrapCode stop = vm::TrapCode::kNone;
  };
  ParkingLot() = default;
  ParkingLot(const ParkingLot&) = delete;
  ~ParkingLot();  // nobody waits

  // Sleeps at `address` if the `bytes` (4 or 8) at `place`, which is where that is, are `expected`. `store`:
  // whose poll may end it; null: nothing but a notify and time does. It polls when its Sleeper is woken, and
  // now and then where nobody is there to wake it: where the store has an epoch deadline or a poll hook.
  End wait(Sleeper& sleeper, Store* store, uint64_t address, const uint8_t* place, unsigned bytes,
           uint64_t expected, WaitDeadline until);
  // Wakes those who came first, at most `count`: how many.
  uint32_t notify(uint64_t address, uint32_t count);

 private:
  struct Waiter {
    uint64_t address;
    Sleeper* sleeper;
    bool notified = false;  // and out of the line
    Waiter *before = nullptr, *behind = nullptr;
  };
  void append(Waiter& waiter);
  void remove(Waiter& waiter);
  End sleep(Waiter& waiter, Store* store, WaitDeadline until);
  bool leave(Waiter& waiter);  // true: it had been notified

  std::mutex mutex_;
  Waiter *first_ = nullptr, *last_ = nullptr;
};

}  // namespace wjit::rt
