// Work that is not interrupted in the middle, between two polls (libcalls.h says what that means for its caller).
#pragma once
#include "runtime/fiber_call.h"
#include "runtime/libcalls.h"
#include "runtime/store.h"

namespace wjit::rt {

template <class F>
vm::TrapCode polled(Store& store, F&& work) {
  if (const vm::TrapCode stop = store.poll(); stop != vm::TrapCode::kNone) return stop;
  if (const vm::TrapCode trap = work(); trap != vm::TrapCode::kNone) return trap;
  return store.poll();
}

// Of what grows and gives the old size, or nothing. It may run the embedder's code (MemoryCreator), so not on a fiber.
template <class F>
uint64_t polled_growth(Store& store, F&& grow) {
  uint64_t before = kGrowRefused;
  const vm::TrapCode stop = polled(store, [&] {
    on_resumer(store, [&] { before = grow().value_or(kGrowRefused); });
    return vm::TrapCode::kNone;
  });
  if (stop == vm::TrapCode::kNone) return before;
  store.raise(stop);
  return kGrowTrapped;
}

}  // namespace wjit::rt
