// A memory that several stores use at once, each on its own thread (threads proposal).
//
// Invariants.
//  - The mapping never moves, and the definition, which code of every store reads, never goes while an
//  instance holds the
//    memory. Of both only the length changes: upwards, under growing_, and after the bytes are there. So what
//    was in bounds stays in bounds, whoever looked and when; a length read earlier is too low at worst.
//  - The bytes are the guest's: any thread may change any of them at any time. Whoever reads something there
//  to check it
//    must check and use the same copy.
#pragma once
#include <memory>
#include <mutex>
#include <variant>

#include "runtime/memory.h"
#include "runtime/parking.h"
#include "vmcontext/vm_types.h"

namespace wjit::rt {

class SharedMemory {
 public:
  // All zero. `type` is shared. Errors as Memory::create.
  static support::Result<std::shared_ptr<SharedMemory>> create(std::shared_ptr<Engine> engine,
                                                               const wasm::MemoryType& type);
  SharedMemory(std::shared_ptr<Engine> engine, Memory memory);
  SharedMemory(const SharedMemory&) = delete;

  const std::shared_ptr<Engine>& engine() const { return engine_; }
  const Memory& memory() const { return memory_; }
  vm::VMMemoryDefinition* definition() { return &definition_; }
  // Any thread. Pages before, or nothing when refused.
  std::optional<uint64_t> grow(uint64_t delta_pages, uint64_t max_bytes);
  ParkingLot lot;

 private:
  friend class DefinedMemory;
  const std::shared_ptr<Engine> engine_;  // an embedder's memory may need its creator
  std::mutex growing_;
  Memory memory_;
  vm::VMMemoryDefinition definition_;
};

// What an instance has for a memory that its module defines: one of its own, or a share in one.
class DefinedMemory {
 public:
  static support::Result<DefinedMemory> create(const std::shared_ptr<Engine>& engine,
                                               const wasm::MemoryType& type);
  explicit DefinedMemory(Memory memory) : place_(std::move(memory)) {}
  explicit DefinedMemory(std::shared_ptr<SharedMemory> memory) : place_(std::move(memory)) {}

  const Memory& memory() const {
    const auto* shared = std::get_if<std::shared_ptr<SharedMemory>>(&place_);
    return shared ? (*shared)->memory() : std::get<Memory>(place_);
  }
  Memory& own() { return std::get<Memory>(place_); }
  SharedMemory* shared() const {
    const auto* shared = std::get_if<std::shared_ptr<SharedMemory>>(&place_);
    return shared ? shared->get() : nullptr;
  }
  std::shared_ptr<SharedMemory> share() const {
    const auto* shared = std::get_if<std::shared_ptr<SharedMemory>>(&place_);
    return shared ? *shared : nullptr;
  }
  // Memory::map_image, while nobody else knows the memory.
  bool map_image(const MemoryImage& image) { return (shared() ? shared()->memory_ : own()).map_image(image); }

 private:
  std::variant<Memory, std::shared_ptr<SharedMemory>> place_;
};

}  // namespace wjit::rt
