// Grace periods: a writer that took something out of sight waits until nobody who may have seen it before
// still reads.
//
// Two counters of readers, of which new readers take the one the parity names. A writer that waited for one
// counter to become zero could wait for ever while readers come and go; this one waits for the counter that
// is not named to run empty, names it, and waits for the other: a reader who comes late cannot hold it up.
//
// Why both waits are needed. A reader loads the parity and then counts itself, and may sleep between: it ends
// up in a counter that is no longer named. It is harmless to the grace period then under way (it began after
// the change was made), but it may hold what a *later* change takes away, and that later writer finds it with
// its first wait.
//
// Why it is sound. A reader that may hold the old value counted itself before it loaded that value; the
// writer stored the new one before it loads the counters; all four are sequentially consistent, so one of the
// two waits sees it.
//
// Writers that queue share: whoever finds, when its turn comes, that a whole grace period has begun and ended
// since its change need not wait again.
//
// Readers never wait and need no thread-local state, so a signal handler may read, also one that interrupted
// a reader or a waiting writer. A handler must not wait.
#pragma once
#include <time.h>

#include <atomic>
#include <cstdint>
#include <mutex>

namespace wjit::rt {

class ReaderGate {
 public:
  // enter() before the first load of what a writer may take away; leave() with what it returned, after the
  // last use.
  unsigned enter() noexcept {
    const unsigned parity = parity_.load(std::memory_order_seq_cst);
    readers_[parity].count.fetch_add(1, std::memory_order_seq_cst);
    return parity;
  }
  void leave(unsigned parity) noexcept { readers_[parity].count.fetch_sub(1, std::memory_order_release); }

  // After the change is made, with sequentially consistent stores.
  void wait_for_readers() {
    const uint64_t begun_before = begun_.load(std::memory_order_seq_cst);
    std::lock_guard lock(writers);
    if (ended_ > begun_before) return;
    begun_.fetch_add(1, std::memory_order_seq_cst);
    const unsigned parity = parity_.load(std::memory_order_relaxed);
    wait_until_empty(parity ^ 1);
    parity_.store(parity ^ 1, std::memory_order_seq_cst);
    wait_until_empty(parity);
    ended_ = begun_.load(std::memory_order_relaxed);
  }

  // In the child after a fork: readers in other threads have not come along.
  void forget_readers() noexcept {
    for (Counter& c : readers_) c.count.store(0, std::memory_order_relaxed);
  }
  std::mutex writers;  // public for the fork handlers: no writer may be under way then

 private:
  void wait_until_empty(unsigned parity) {
    // A reader that lost its processor needs it back more than this thread does.
    for (unsigned turn = 0; readers_[parity].count.load(std::memory_order_seq_cst) != 0; ++turn) {
      if (turn < 64) continue;
      const timespec pause{0, turn < 128 ? 1'000 : 50'000};
      nanosleep(&pause, nullptr);
    }
  }

  struct alignas(64) Counter {
    std::atomic<uint64_t> count{0};
  };
  Counter readers_[2];
  std::atomic<unsigned> parity_{0};
  std::atomic<uint64_t> begun_{0};  // grace periods
  uint64_t ended_ = 0;              // number of the last one that has ended, under `writers`
};

}  // namespace wjit::rt
