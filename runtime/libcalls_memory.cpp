#include <algorithm>
#include <cstring>

#include "runtime/instance.h"
#include "runtime/libcalls.h"
#include "runtime/polled.h"

namespace wjit::rt {

namespace {

using vm::TrapCode;

bool in_bounds(uint64_t at, uint64_t length, uint64_t size) { return at <= size && length <= size - at; }

// Does `length` bytes by piece(offset, bytes), from the end if `backward`, polling between. Memories do not shrink: what
// was in bounds stays there, though its base may move.
template <class F>
TrapCode in_pieces(Store& store, uint64_t length, bool backward, F&& piece) {
  for (uint64_t done = 0;;) {
    const uint64_t n = std::min(kPollBytes, length - done);
    piece(backward ? length - done - n : done, n);
    done += n;
    if (done == length) return TrapCode::kNone;
    if (const TrapCode stop = store.poll(); stop != TrapCode::kNone) return stop;
  }
}

}  // namespace

uint64_t memory_grow(vm::VMContext* vmctx, uint32_t memory, uint64_t delta) {
  const Instance::Owned m = Instance::from_vmctx(vmctx)->memory_owner(memory);
  return polled_growth(*m.owner->store, [&] { return m.owner->grow_memory(m.defined_index, delta); });
}

uint64_t memory_size(vm::VMContext* vmctx, uint32_t memory) {
  Instance* instance = Instance::from_vmctx(vmctx);
  return instance->memory(memory)->length_now() >> instance->wasm().memories[memory].page_size_log2;
}

TrapCode memory_copy(vm::VMContext* vmctx, uint32_t dst_memory, uint32_t src_memory, uint64_t dst,
                     uint64_t src, uint64_t length) {
  Instance* instance = Instance::from_vmctx(vmctx);
  vm::VMMemoryDefinition* to = instance->memory(dst_memory);
  vm::VMMemoryDefinition* from = instance->memory(src_memory);
  if (!in_bounds(dst, length, to->length()) || !in_bounds(src, length, from->length()))
    return TrapCode::kMemoryOutOfBounds;
  return in_pieces(*instance->store, length, to == from && dst > src, [&](uint64_t at, uint64_t n) {
    std::memmove(to->base + dst + at, from->base + src + at, n);
  });
}

TrapCode memory_fill(vm::VMContext* vmctx, uint32_t memory, uint64_t dst, uint32_t byte, uint64_t length) {
  Instance* instance = Instance::from_vmctx(vmctx);
  vm::VMMemoryDefinition* to = instance->memory(memory);
  if (!in_bounds(dst, length, to->length())) return TrapCode::kMemoryOutOfBounds;
  return in_pieces(*instance->store, length, false,
                   [&](uint64_t at, uint64_t n) { std::memset(to->base + dst + at, int(byte & 0xff), n); });
}

TrapCode memory_init(vm::VMContext* vmctx, uint32_t memory, uint32_t segment, uint64_t dst, uint32_t src,
                     uint32_t length) {
  Instance* instance = Instance::from_vmctx(vmctx);
  vm::VMMemoryDefinition* to = instance->memory(memory);
  std::span<const uint8_t> bytes;
  if (!instance->data_dropped(segment)) bytes = instance->wasm().data[segment].bytes;
  if (!in_bounds(dst, length, to->length()) || !in_bounds(src, length, bytes.size()))
    return TrapCode::kMemoryOutOfBounds;
  if (!length) return TrapCode::kNone;
  return in_pieces(*instance->store, length, false, [&](uint64_t at, uint64_t n) {
    std::memcpy(to->base + dst + at, bytes.data() + src + at, n);
  });
}

void data_drop(vm::VMContext* vmctx, uint32_t segment) {
  Instance::from_vmctx(vmctx)->dropped_data[segment] = true;
}

}  // namespace wjit::rt
