// The array of libcalls every VMContext points at: libcalls.h behind the signatures of libcalls.def. Native
// code reads it; until there is some, rows that only native code needs end the process and say which one it
// was.
#include <cstdio>
#include <cstdlib>

#include "runtime/libcalls.h"
#include "runtime/fiber_call.h"
#include "runtime/interp/activation.h"
#include "runtime/native_calls.h"
#include "runtime/out_of_memory.h"
#include "runtime/store.h"
#include "runtime/trap_access.h"
#include "vmcontext/abi.h"

namespace wjit::rt {

namespace {

using vm::TrapCode;
using vm::VMContext;

// A libcall that fails leaves the trap with the store, with the place it was called from, and answers false.
bool done(VMContext* c, TrapCode trap) {
  if (trap == TrapCode::kNone) return true;
  Store& store = *Instance::from_vmctx(c)->store;
  return or_out_of_memory(store, false, [&] {
    store.raise(trap);
    if (auto& trace = TrapAccess::trace(*store.pending_trap); trace.empty()) trace = current_backtrace(store);
    return false;
  });
}

// One that grows something: its trap is with the store already.
template <class F>
uint64_t grown(VMContext* c, F&& grow) {
  Store& store = *Instance::from_vmctx(c)->store;
  return or_out_of_memory(store, vm::kGrowTrapped, [&] {
    const uint64_t before = grow();
    if (before == vm::kGrowTrapped && store.pending_trap && TrapAccess::trace(*store.pending_trap).empty())
      TrapAccess::trace(*store.pending_trap) = current_backtrace(store);
    return before;
  });
}

void raise_trap(VMContext* c, uint32_t code) {
  Store& store = *Instance::from_vmctx(c)->store;
  or_out_of_memory(store, false, [&] {
    store.set_pending(make_trap(TrapCode(code)));
    TrapAccess::trace(*store.pending_trap) = current_backtrace(store, true);
    return false;
  });
}

uint32_t out_of_fuel(VMContext* c, uint64_t cost) {
  Store& store = *Instance::from_vmctx(c)->store;
  if (store.limits.fiber) {
    const vm::Crossing crossing = store.fiber_call->out_of_fuel(cost);
    if (crossing != vm::Crossing::kTrapped) return uint32_t(crossing);
  }
  return or_out_of_memory(store, uint32_t(vm::Crossing::kTrapped), [&] {
    store.set_pending(rt::out_of_fuel(cost));
    TrapAccess::trace(*store.pending_trap) = current_backtrace(store);
    return uint32_t(vm::Crossing::kTrapped);
  });
}

uint32_t epoch(VMContext* c) {
  Store& store = *Instance::from_vmctx(c)->store;
  return or_out_of_memory(store, uint32_t(vm::Crossing::kTrapped), [&] {
    const vm::Crossing crossing = store.epoch_reached(store.limits.fiber != nullptr);
    if (crossing == vm::Crossing::kSuspend) store.fiber_call->yields();
    if (crossing == vm::Crossing::kTrapped)
      if (auto& trace = TrapAccess::trace(*store.pending_trap); trace.empty()) trace = current_backtrace(store);
    return uint32_t(crossing);
  });
}

uint32_t host_call(void* function, void* callee, void* caller, void* values, uint64_t capacity) {
  auto* context = static_cast<vm::VMOpaqueContext*>(caller);
  Store& store = *Instance::from_vmctx(vm::VMContext::from_opaque(context))->store;
  return or_out_of_memory(store, uint32_t(vm::Crossing::kTrapped), [&] {
    return uint32_t(store.fiber_call->host_call(reinterpret_cast<vm::VMArrayCallFunction>(function),
                                                static_cast<vm::VMOpaqueContext*>(callee), context,
                                                static_cast<vm::ValRaw*>(values), capacity));
  });
}

uint32_t enter_entry(VMContext* callee, VMContext*, void* entry, void* values, void* exit) {
  Instance& instance = *Instance::from_vmctx(callee);
  const CompiledModule& m = *instance.module;
  const auto* first = vm::vmctx_at<vm::VMCodeEntry>(callee, m.offsets.vmctx_defined_functions_begin());
  const size_t defined = size_t(static_cast<vm::VMCodeEntry*>(entry) - first);
  WJIT_ASSERT(defined < m.counts.defined_functions);
  return or_out_of_memory(*instance.store, uint32_t(vm::Crossing::kTrapped), [&] {
    return uint32_t(enter_interpreter(instance, uint32_t(defined), static_cast<vm::ValRaw*>(values),
                                      static_cast<vm::VMInterpreterExit*>(exit)));
  });
}

template <auto Row, class F>
struct Missing;
template <auto Row, class R, class... As>
struct Missing<Row, R (*)(As...)> {
  static R call(As...) {
    std::fprintf(stderr, "wjit: internal error: libcall %s, which only native code has\n",
                 vm::kLibcalls[size_t(Row)].name);
    std::abort();
  }
};

vm::VMBuiltinFunctionsArray make_builtin_functions() {
  vm::VMBuiltinFunctionsArray b;
#define WJIT_L(X, name, signature, what) \
  b.name = &Missing<vm::Libcall::name, vm::LibcallFunction<signature>>::call;
  WJIT_LIBCALLS(WJIT_L, )
#undef WJIT_L
  b.raise_trap = &raise_trap;
  b.enter_interpreter = &enter_entry;
  b.out_of_fuel = &out_of_fuel;
  b.epoch = &epoch;
  b.host_call = &host_call;
  // The switch itself: a function around it would lie on the fiber while it is suspended.
  b.fiber_suspend = reinterpret_cast<void (*)(void*)>(reinterpret_cast<void (*)()>(&wjit_fiber_suspend));
  b.memory_grow = [](VMContext* c, uint32_t memory, uint64_t delta) {
    return grown(c, [&] { return memory_grow(c, memory, delta); });
  };
  b.memory_atomic_wait32 = [](VMContext* c, uint32_t memory, uint64_t at, uint32_t expected, uint64_t timeout) {
    return grown(c, [&] { return memory_atomic_wait32(c, memory, at, expected, timeout); });
  };
  b.memory_atomic_wait64 = [](VMContext* c, uint32_t memory, uint64_t at, uint64_t expected, uint64_t timeout) {
    return grown(c, [&] { return memory_atomic_wait64(c, memory, at, expected, timeout); });
  };
  b.memory_atomic_notify = [](VMContext* c, uint32_t memory, uint64_t at, uint32_t count) {
    return grown(c, [&] { return memory_atomic_notify(c, memory, at, count); });
  };
  b.memory_copy = [](VMContext* c, uint32_t to, uint32_t from, uint64_t dst, uint64_t src, uint64_t n) {
    return done(c, memory_copy(c, to, from, dst, src, n));
  };
  b.memory_fill = [](VMContext* c, uint32_t memory, uint64_t dst, uint32_t byte, uint64_t n) {
    return done(c, memory_fill(c, memory, dst, byte, n));
  };
  b.memory_init = [](VMContext* c, uint32_t memory, uint32_t segment, uint64_t dst, uint32_t src,
                     uint32_t n) { return done(c, memory_init(c, memory, segment, dst, src, n)); };
  b.data_drop = &data_drop;
  b.table_get_lazy = [](VMContext* c, uint32_t table, uint64_t index) -> void* {
    return table_get_lazy(c, table, index);
  };
  b.table_grow = [](VMContext* c, uint32_t table, uint64_t delta, uintptr_t init) {
    return grown(c, [&] { return table_grow(c, table, delta, init); });
  };
  b.table_copy = [](VMContext* c, uint32_t to, uint32_t from, uint64_t dst, uint64_t src, uint64_t n) {
    return done(c, table_copy(c, to, from, dst, src, n));
  };
  b.table_fill = [](VMContext* c, uint32_t table, uint64_t dst, uintptr_t ref, uint64_t n) {
    return done(c, table_fill(c, table, dst, ref, n));
  };
  b.table_init = [](VMContext* c, uint32_t table, uint32_t segment, uint64_t dst, uint32_t src, uint32_t n) {
    return done(c, table_init(c, table, segment, dst, src, n));
  };
  b.elem_drop = &elem_drop;
  b.ref_func = [](VMContext* c, uint32_t func) -> void* { return ref_func(c, func); };
  return b;
}

}  // namespace

const vm::VMBuiltinFunctionsArray& builtin_functions() {
  static const vm::VMBuiltinFunctionsArray array = make_builtin_functions();
  return array;
}

}  // namespace wjit::rt
