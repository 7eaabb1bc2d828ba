// The trap handlers' question (signals.h), answered by stores.
#pragma once
#include <cstdint>

#include "vmcontext/vm_types.h"

namespace wjit::rt {

// Whether the address lies in the reservation or guard of a guard-page memory of any instance of the store
// that `running` belongs to. Async-signal-safe on the thread that runs the store: it is then in generated
// code, and not in the middle of changing what is read here.
bool store_owns_address(vm::VMContext* running, uintptr_t address);

}  // namespace wjit::rt
