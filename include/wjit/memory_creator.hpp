// Linear memories from the embedder: in a pool, in shared memory, counted, in an enclave. Standard library only.
#pragma once
#include <cstdint>
#include <memory>

namespace wjit {

// What a memory has to be. All in bytes.
struct MemoryRequest {
  uint64_t minimum;  // what it holds at first, all zero
  uint64_t maximum;  // grow_to is never asked for more
  // Engines of guard pages (MemoryStyle::kGuard) leave out bounds checks: from base() on, `reservation + guard_size`
  // bytes of address space must belong to the memory, and those beyond its current size must be inaccessible.
  // Otherwise both are 0, and code checks every access.
  uint64_t reservation, guard_size;
  bool may_move;  // base() may change when it grows; never with a reservation, nor for shared memories (MemoryType::shared)
};

// One memory, owned by the engine's instance; destroyed with its Store. Used by the thread that uses the Store. One of a
// shared memory is asked to grow by any thread, by one at a time, and destroyed by the last who holds it.
class LinearMemory {
 public:
  virtual ~LinearMemory() = default;
  // Never null, a multiple of 16; readable and writable for as many bytes as the memory has. Changes in grow_to only, and only if
  // may_move.
  virtual uint8_t* base() const = 0;
  // Makes it `bytes` long, which is more than it was; the new bytes are zero. False: refused, and nothing changed.
  virtual bool grow_to(uint64_t bytes) = 0;
};

// Config::memory_creator, which shares it with its engines. Called by the threads that make instances and memories,
// several at a time if several stores do. What it throws leaves the function that asked for the memory.
class MemoryCreator {
 public:
  virtual ~MemoryCreator() = default;
  // Null: refused; the instantiation fails with kResource.
  virtual std::unique_ptr<LinearMemory> create(const MemoryRequest& request) = 0;
};

}  // namespace wjit
