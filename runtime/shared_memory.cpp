#include "runtime/shared_memory.h"

namespace wjit::rt {

support::Result<std::shared_ptr<SharedMemory>> SharedMemory::create(std::shared_ptr<Engine> engine,
                                                                    const wasm::MemoryType& type) {
  WJIT_ASSERT(type.shared);
  WJIT_TRY(Memory memory, Memory::create(*engine, type));
  return std::make_shared<SharedMemory>(std::move(engine), std::move(memory));
}

SharedMemory::SharedMemory(std::shared_ptr<Engine> engine, Memory memory)
    : engine_(std::move(engine)), memory_(std::move(memory)), definition_{memory_.base(), memory_.length()} {}

std::optional<uint64_t> SharedMemory::grow(uint64_t delta_pages, uint64_t max_bytes) {
  std::lock_guard lock(growing_);
  const auto before = memory_.grow(delta_pages, max_bytes);
  if (before && delta_pages) definition_.publish_length(memory_.length());
  return before;
}

support::Result<DefinedMemory> DefinedMemory::create(const std::shared_ptr<Engine>& engine,
                                                     const wasm::MemoryType& type) {
  if (type.shared) {
    WJIT_TRY(auto shared, SharedMemory::create(engine, type));
    return DefinedMemory(std::move(shared));
  }
  WJIT_TRY(Memory memory, Memory::create(*engine, type));
  return DefinedMemory(std::move(memory));
}

}  // namespace wjit::rt
