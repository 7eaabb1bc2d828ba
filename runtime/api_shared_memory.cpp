// SharedMemory of the public API.
#include "runtime/extern_access.h"
#include "runtime/shared_memory.h"

namespace wjit {

namespace {

// What is wrong with waiting or waking there; nothing: it is a place.
std::optional<Error> wrong_place(const rt::SharedMemory& memory, uint64_t address, unsigned bytes) {
  if (address % bytes != 0)
    return Error(ErrorKind::kUsage,
                 "address " + std::to_string(address) + " is not a multiple of " + std::to_string(bytes));
  const uint64_t length = memory.memory().length();
  if (address > length || length - address < bytes)
    return Error(ErrorKind::kUsage, "address " + std::to_string(address) + " in a memory of " +
                                        std::to_string(length) + " bytes");
  return std::nullopt;
}

}  // namespace

Result<SharedMemory> SharedMemory::create(const Engine& engine, const MemoryType& type) {
  auto t = rt::from_api(type);
  if (!t) return std::move(t).error();
  if (!t->shared) return Error(ErrorKind::kUsage, "memory type: it is not shared");
  auto memory = rt::SharedMemory::create(engine.shared(), *t);
  if (!memory) return std::move(memory).error();
  return SharedMemory(std::move(*memory));
}

MemoryType SharedMemory::type() const { return rt::to_api(impl_->memory().current_type()); }
std::span<uint8_t> SharedMemory::data() const { return {impl_->memory().base(), impl_->memory().length()}; }
uint64_t SharedMemory::size() const { return impl_->memory().pages(); }

Result<uint64_t> SharedMemory::grow(uint64_t delta) const {
  if (auto before = impl_->grow(delta, ~uint64_t{0})) return *before;
  return Error(ErrorKind::kLimit,
               "memory of " + std::to_string(size()) + " pages cannot grow by " + std::to_string(delta));
}

Result<uint32_t> SharedMemory::atomic_notify(uint64_t address, uint32_t count) const {
  if (auto wrong = wrong_place(*impl_, address, 4)) return std::move(*wrong);
  return impl_->lot.notify(address, count);
}

Result<SharedMemory::Wait> SharedMemory::wait(uint64_t address, unsigned bytes, uint64_t expected,
                                              int64_t timeout) const {
  if (auto wrong = wrong_place(*impl_, address, bytes)) return std::move(*wrong);
  const auto keep = impl_;  // whoever else lets go of it meanwhile
  rt::Sleeper sleeper;
  return Wait(keep->lot
                  .wait(sleeper, nullptr, address, keep->memory().base() + address, bytes, expected,
                        rt::wait_deadline(timeout))
                  .outcome);
}
Result<SharedMemory::Wait> SharedMemory::atomic_wait32(uint64_t address, uint32_t expected,
                                                       int64_t timeout) const {
  return wait(address, 4, expected, timeout);
}
Result<SharedMemory::Wait> SharedMemory::atomic_wait64(uint64_t address, uint64_t expected,
                                                       int64_t timeout) const {
  return wait(address, 8, expected, timeout);
}

Result<Memory> SharedMemory::attach(Store::Context cx) const {
  if (impl_->engine().get() != &cx.impl().engine())
    return Error(ErrorKind::kUsage, "the shared memory and the store belong to different engines");
  auto instance = cx.impl().attach(impl_);
  if (!instance) return std::move(instance).error();
  return std::get<Memory>(ExternAccess::to_handle((*instance)->extern_at(wasm::ExternKind::kMemory, 0)));
}

}  // namespace wjit
