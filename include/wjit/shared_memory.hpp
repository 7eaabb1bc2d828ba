// Memories that several stores use at the same time, each on its own thread (threads proposal). Included by
// wjit.hpp.
#pragma once
#include "wjit/wjit.hpp"

namespace wjit {

namespace rt {
class SharedMemory;
}

// A shared memory of an engine: of no Store, and lives as long as a handle or a Store that has it. A handle,
// counted; any number of threads may use it and its copies at once. A handle that was moved from may only be
// destroyed or assigned to. It never moves, and only grows. Its bytes may change at any time while another
// thread runs a guest that has it: read them through std::atomic_ref, or where the guests' own protocol says
// that nobody writes, and believe nothing twice.
class WJIT_API SharedMemory {
 public:
  // All zero. kUsage: a type that is not shared, or cannot be; kLimit: past the implementation's; kResource.
  static Result<SharedMemory> create(const Engine& engine, const MemoryType& type);

  MemoryType type() const;          // min is the size it has now
  std::span<uint8_t> data() const;  // what there is now; good as long as the memory, which may grow meanwhile
  uint64_t size() const;            // pages
  // By `delta` pages, zero; gives the pages before. kLimit: past its maximum; it is as it was. Limits of
  // stores are for what is grown through them.
  Result<uint64_t> grow(uint64_t delta) const;

  // What a guest's memory.atomic.notify and wait do (spec of the threads proposal), guests and hosts waking
  // each other. `address` is in bytes; kUsage where it is not a multiple of 4 (of 8 for atomic_wait64) or
  // outside of the memory. Notify: how many it has woken, those who came first, at most `count`.
  Result<uint32_t> atomic_notify(uint64_t address, uint32_t count) const;
  // Sleeps while the number there is `expected` and nobody notifies, `timeout` nanoseconds at most if that is
  // not negative.
  enum class Wait : uint8_t { kWoken, kNotEqual, kTimedOut };
  Result<Wait> atomic_wait32(uint64_t address, uint32_t expected, int64_t timeout = -1) const;
  Result<Wait> atomic_wait64(uint64_t address, uint64_t expected, int64_t timeout = -1) const;

  // Its handle in a Store, to be imported there: the same for as long as the Store lives, which keeps the
  // memory. Used by the Store's thread. kUsage: a Store of another Engine; kLimit: past the store's.
  Result<Memory> attach(Store::Context cx) const;
  bool operator==(const SharedMemory& o) const { return impl_ == o.impl_; }

 private:
  friend class Memory;
  explicit SharedMemory(std::shared_ptr<rt::SharedMemory> impl) : impl_(std::move(impl)) {}
  Result<Wait> wait(uint64_t address, unsigned bytes, uint64_t expected, int64_t timeout) const;
  std::shared_ptr<rt::SharedMemory> impl_;
};

}  // namespace wjit
