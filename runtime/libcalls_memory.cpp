#include <cstring>

#include "runtime/instance.h"
#include "runtime/libcalls.h"

namespace wjit::rt {

namespace {

using vm::TrapCode;

bool in_bounds(uint64_t at, uint64_t length, uint64_t size) { return at <= size && length <= size - at; }

}  // namespace

uint64_t memory_grow(vm::VMContext* vmctx, uint32_t memory, uint64_t delta) {
  auto [owner, index] = Instance::from_vmctx(vmctx)->memory_owner(memory);
  return owner->grow_memory(index, delta).value_or(kGrowRefused);
}

uint64_t memory_size(vm::VMContext* vmctx, uint32_t memory) {
  Instance* instance = Instance::from_vmctx(vmctx);
  return instance->memory(memory)->length() >> instance->wasm().memories[memory].page_size_log2;
}

TrapCode memory_copy(vm::VMContext* vmctx, uint32_t dst_memory, uint32_t src_memory, uint64_t dst,
                     uint64_t src, uint64_t length) {
  Instance* instance = Instance::from_vmctx(vmctx);
  vm::VMMemoryDefinition* to = instance->memory(dst_memory);
  vm::VMMemoryDefinition* from = instance->memory(src_memory);
  if (!in_bounds(dst, length, to->length()) || !in_bounds(src, length, from->length()))
    return TrapCode::kMemoryOutOfBounds;
  std::memmove(to->base + dst, from->base + src, length);
  return TrapCode::kNone;
}

TrapCode memory_fill(vm::VMContext* vmctx, uint32_t memory, uint64_t dst, uint32_t byte, uint64_t length) {
  vm::VMMemoryDefinition* to = Instance::from_vmctx(vmctx)->memory(memory);
  if (!in_bounds(dst, length, to->length())) return TrapCode::kMemoryOutOfBounds;
  std::memset(to->base + dst, int(byte & 0xff), length);
  return TrapCode::kNone;
}

TrapCode memory_init(vm::VMContext* vmctx, uint32_t memory, uint32_t segment, uint64_t dst, uint32_t src,
                     uint32_t length) {
  Instance* instance = Instance::from_vmctx(vmctx);
  vm::VMMemoryDefinition* to = instance->memory(memory);
  std::span<const uint8_t> bytes;
  if (!instance->data_dropped(segment)) bytes = instance->wasm().data[segment].bytes;
  if (!in_bounds(dst, length, to->length()) || !in_bounds(src, length, bytes.size()))
    return TrapCode::kMemoryOutOfBounds;
  if (length) std::memcpy(to->base + dst, bytes.data() + src, length);
  return TrapCode::kNone;
}

void data_drop(vm::VMContext* vmctx, uint32_t segment) {
  Instance::from_vmctx(vmctx)->dropped_data[segment] = true;
}

}  // namespace wjit::rt
