#include "runtime/trap/owns_address.h"

#include <algorithm>

#include "runtime/instance.h"
#include "runtime/store.h"

namespace wjit::rt {

namespace {

bool instance_owns(const Instance& instance, uintptr_t address) {
  return std::any_of(instance.memories.begin(), instance.memories.end(),
                     [&](const DefinedMemory& m) { return m.memory().owns(address); });
}

}  // namespace

bool store_owns_address(vm::VMContext* running, uintptr_t address) {
  const Instance* instance = Instance::from_vmctx(running);
  if (instance_owns(*instance, address)) return true;
  if (!instance->store) return false;
  // Imported memories are other instances' of the same store, also those the host made.
  const auto& all = instance->store->instances();
  return std::any_of(all.begin(), all.end(),
                     [&](const InstancePtr& i) { return instance_owns(*i, address); });
}

}  // namespace wjit::rt
