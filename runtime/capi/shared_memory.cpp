// Shared memories in C.
#include "runtime/capi/objects.h"

struct wjit_sharedmemory_t {
  wjit::Engine engine;
  wjit::SharedMemory memory;
};

namespace wjit::capi {
namespace {

const SharedMemory& of(const wjit_sharedmemory_t* m) { return not_null(m, "shared memory").memory; }

wjit_wait_t wait_to_c(SharedMemory::Wait w) {
  switch (w) {
    case SharedMemory::Wait::kWoken:
      return WJIT_WAIT_WOKEN;
    case SharedMemory::Wait::kNotEqual:
      return WJIT_WAIT_NOT_EQUAL;
    case SharedMemory::Wait::kTimedOut:
      break;
  }
  return WJIT_WAIT_TIMED_OUT;
}

}  // namespace
}  // namespace wjit::capi

using namespace wjit;
using namespace wjit::capi;

extern "C" {

void wjit_sharedmemory_delete(wjit_sharedmemory_t* m) { delete m; }
wjit_error_t* wjit_sharedmemory_new(wasm_engine_t* engine, const wasm_memorytype_t* type,
                                    wjit_sharedmemory_t** out) {
  *out = nullptr;
  return border_error([&] {
    const wasm_externtype_t& t = not_null(extern_type(type), "type");
    const Engine& e = not_null(engine, "engine").engine;
    *out = new wjit_sharedmemory_t{e, value_or_refuse(SharedMemory::create(e, memory_type_from_c(t)))};
  });
}
wjit_sharedmemory_t* wjit_sharedmemory_clone(const wjit_sharedmemory_t* m) {
  return border<wjit_sharedmemory_t*>(nullptr,
                                      [&] { return new wjit_sharedmemory_t(not_null(m, "shared memory")); });
}
wasm_memorytype_t* wjit_sharedmemory_type(const wjit_sharedmemory_t* m) {
  return border<wasm_memorytype_t*>(nullptr, [&] {
    const SharedMemory& memory = of(m);  // first: there may be none
    return as<wasm_memorytype_t>(to_c(ExternType(memory.type()), m->engine).release());
  });
}
uint8_t* wjit_sharedmemory_data(const wjit_sharedmemory_t* m) {
  return border<uint8_t*>(nullptr, [&] { return of(m).data().data(); });
}
size_t wjit_sharedmemory_data_size(const wjit_sharedmemory_t* m) {
  return border<size_t>(0, [&] { return of(m).data().size(); });
}
uint64_t wjit_sharedmemory_size(const wjit_sharedmemory_t* m) {
  return border<uint64_t>(0, [&] { return of(m).size(); });
}
wjit_error_t* wjit_sharedmemory_grow(wjit_sharedmemory_t* m, uint64_t delta, uint64_t* before) {
  return border_error([&] {
    const uint64_t pages = value_or_refuse(of(m).grow(delta));
    if (before) *before = pages;
  });
}
wjit_error_t* wjit_sharedmemory_notify(wjit_sharedmemory_t* m, uint64_t address, uint32_t count,
                                       uint32_t* woken) {
  return border_error([&] {
    const uint32_t n = value_or_refuse(of(m).atomic_notify(address, count));
    if (woken) *woken = n;
  });
}
wjit_error_t* wjit_sharedmemory_wait32(wjit_sharedmemory_t* m, uint64_t address, uint32_t expected,
                                       int64_t timeout, wjit_wait_t* out) {
  return border_error([&] {
    const auto end = wait_to_c(value_or_refuse(of(m).atomic_wait32(address, expected, timeout)));
    if (out) *out = end;
  });
}
wjit_error_t* wjit_sharedmemory_wait64(wjit_sharedmemory_t* m, uint64_t address, uint64_t expected,
                                       int64_t timeout, wjit_wait_t* out) {
  return border_error([&] {
    const auto end = wait_to_c(value_or_refuse(of(m).atomic_wait64(address, expected, timeout)));
    if (out) *out = end;
  });
}
wjit_error_t* wjit_sharedmemory_attach(const wjit_sharedmemory_t* m, wasm_store_t* store,
                                       wasm_memory_t** out) {
  *out = nullptr;
  return border_error([&] {
    wasm_store_t& owner = live(store);
    *out = new_ref<wasm_memory_t>(store, value_or_refuse(of(m).attach(context(owner))));
  });
}
wjit_sharedmemory_t* wjit_memory_shared(const wasm_memory_t* m) {
  return border<wjit_sharedmemory_t*>(nullptr, [&] {
    const Memory& memory = get<Memory>(m, "memory");
    wasm_store_t& store = *ref(m)->store.get();
    auto shared = memory.shared(context(store));
    if (!shared) refuse("the memory is not shared");
    return new wjit_sharedmemory_t{store.engine, std::move(*shared)};
  });
}

}  // extern "C"
