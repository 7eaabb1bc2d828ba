// One linear memory: its mapping and how it grows. The VMMemoryDefinition in the owner's VMContext repeats
// base and length for code; whoever changes the memory writes the definition anew. One that is shared between stores is a
// SharedMemory (shared_memory.h), which makes growing it safe; asking it anything is safe at any time.
#pragma once
#include <atomic>
#include <cstdint>
#include <optional>

#include "compiler/support/result.h"
#include "compiler/wasm/types.h"
#include "runtime/engine.h"
#include "runtime/memory_image.h"
#include "wjit/memory_creator.hpp"

namespace wjit::rt {

class Memory {
 public:
  // All zero. Errors: kResource, naming the setting, when the host has no room.
  static support::Result<Memory> create(const Engine& engine, const wasm::MemoryType& type);
  Memory(Memory&& other) noexcept;
  Memory& operator=(Memory&&) = delete;
  ~Memory();

  // Pages before, or nothing when refused. With explicit checks the memory may move.
  std::optional<uint64_t> grow(uint64_t delta_pages, uint64_t max_bytes_by_store);
  // Puts the initial image in place; false: copy the segments instead. Only while all bytes are zero.
  bool map_image(const MemoryImage& image);

  uint8_t* base() const { return base_; }
  uint64_t length() const { return length_.load(); }  // bytes
  uint64_t pages() const { return length() >> type_.page_size_log2; }
  const wasm::MemoryType& type() const { return type_; }  // as declared
  wasm::MemoryType current_type() const;                  // min is the current size
  MemoryStyle style() const { return style_; }
  // Whether code without bounds checks may mean this memory by an address: it lies in the reservation or the guard.
  bool owns(uintptr_t address) const {
    const uint64_t bytes = style_ == MemoryStyle::kGuard ? reservation_ + guard_ : 0;
    return address - reinterpret_cast<uintptr_t>(base_) < bytes;
  }

 private:
  Memory(const wasm::MemoryType& type, MemoryStyle style) : type_(type), style_(style) {}
  bool resize_mapping(uint64_t bytes);
  support::Result<void> create_custom(const Engine& engine, uint64_t bytes, uint64_t reservation, uint64_t guard);

  wasm::MemoryType type_;
  MemoryStyle style_;
  std::unique_ptr<LinearMemory> custom_;  // the embedder's: the mapping is not ours
  bool fixed_ = false;  // the mapping never moves: all of it is reserved
  bool has_image_ = false;
  uint8_t* base_;
  std::atomic<uint64_t> length_ = 0;  // bytes wasm may touch
  uint64_t accessible_ = 0;   // bytes of the mapping that are readable and writable: length_ rounded up
  uint64_t mapped_ = 0;       // bytes of address space held
  uint64_t reservation_ = 0;  // fixed_: how far it can grow
  uint64_t guard_ = 0;        // kGuard: bytes behind the reservation that belong to it
};

// The most bytes a memory of this type may have at run time.
uint64_t max_memory_bytes(const wasm::MemoryType& type);

}  // namespace wjit::rt
