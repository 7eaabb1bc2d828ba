#include "compiler/wasm/eval_atomic.h"
#include "runtime/fiber_call.h"
#include "runtime/instance.h"
#include "runtime/libcalls.h"
#include "runtime/store.h"

namespace wjit::rt {

namespace {

using vm::TrapCode;

uint64_t trapped(Store& store, TrapCode code) {
  store.raise(code);
  return kGrowTrapped;
}

bool in_bounds(uint64_t address, uint64_t bytes, uint64_t size) {
  return address <= size && bytes <= size - address;
}

uint64_t wait(vm::VMContext* vmctx, uint32_t memory, uint64_t address, uint64_t expected, unsigned bytes,
              uint64_t timeout) {
  Instance* instance = Instance::from_vmctx(vmctx);
  Store& store = *instance->store;
  if (address % bytes != 0) return trapped(store, TrapCode::kUnalignedAtomic);
  SharedMemory* shared = instance->shared_memory(memory);
  if (!shared) return trapped(store, TrapCode::kExpectedSharedMemory);
  if (!in_bounds(address, bytes, shared->definition()->length()))
    return trapped(store, TrapCode::kMemoryOutOfBounds);
  ParkingLot::End end{};
  on_resumer(store, [&] {
    end = shared->lot.wait(store.sleeper, &store, address, shared->definition()->base + address, bytes,
                           expected, wait_deadline(int64_t(timeout)));
  });
  return end.outcome == ParkingLot::kStopped ? trapped(store, end.stop) : uint64_t(end.outcome);
}

}  // namespace

uint64_t memory_atomic_wait32(vm::VMContext* vmctx, uint32_t memory, uint64_t address, uint32_t expected,
                              uint64_t timeout) {
  return wait(vmctx, memory, address, expected, 4, timeout);
}

uint64_t memory_atomic_wait64(vm::VMContext* vmctx, uint32_t memory, uint64_t address, uint64_t expected,
                              uint64_t timeout) {
  return wait(vmctx, memory, address, expected, 8, timeout);
}

uint64_t memory_atomic_notify(vm::VMContext* vmctx, uint32_t memory, uint64_t address, uint32_t count) {
  Instance* instance = Instance::from_vmctx(vmctx);
  if (address % 4 != 0) return trapped(*instance->store, TrapCode::kUnalignedAtomic);
  if (!in_bounds(address, 4, instance->memory(memory)->length()))
    return trapped(*instance->store, TrapCode::kMemoryOutOfBounds);
  SharedMemory* shared = instance->shared_memory(memory);
  return shared ? shared->lot.notify(address, count) : 0;  // nobody can wait in one that is not shared
}

}  // namespace wjit::rt
