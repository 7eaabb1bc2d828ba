// Epochs and interrupts in wjit.h.
#include "runtime/capi/objects.h"

using namespace wjit;
using namespace wjit::capi;

struct wjit_interrupt_handle_t {
  InterruptHandle handle;
};

namespace {

struct EpochCallback {
  wjit_epoch_callback_t function;
  HostInfo env;
};

Result<UpdateDeadline, Trap> ask_c(EpochCallback& callback, wasm_store_t& store) {
  uint64_t ticks = 1;
  wjit_update_deadline_kind_t kind = WJIT_UPDATE_DEADLINE_CONTINUE;
  try {
    if (wasm_trap_t* trap = callback.function(callback.env.data(), &store, &ticks, &kind)) return take_trap(trap);
  } catch (Failure& failure) {
    return Trap(failure.error.message());
  }
  if (kind > WJIT_UPDATE_DEADLINE_YIELD)
    return Trap("the callback of an epoch deadline: found kind " + std::to_string(kind) + ", expected at most " +
                std::to_string(WJIT_UPDATE_DEADLINE_YIELD));
  return UpdateDeadline{UpdateDeadline::Kind(kind), ticks};
}

}  // namespace

extern "C" {

void wjit_engine_increment_epoch(wasm_engine_t* engine) {
  ask(engine, "engine", [&] { return engine->engine.increment_epoch(), true; });
}

wjit_error_t* wjit_store_set_epoch_deadline(wasm_store_t* store, uint64_t ticks) {
  return border_error([&] { value_or_refuse(live(store).store->set_epoch_deadline(ticks)); });
}

wjit_error_t* wjit_store_epoch_deadline_callback(wasm_store_t* store, wjit_epoch_callback_t function, void* env,
                                                 void (*finalizer)(void*)) {
  return border_error([&] {
    wasm_store_t& s = live(store);
    if (!function) {
      if (finalizer) refuse("callback is NULL, but there is a finalizer");
      return s.store->epoch_deadline_trap();
    }
    auto callback = std::make_shared<EpochCallback>(EpochCallback{function, HostInfo(env, nullptr)});
    value_or_refuse(s.store->epoch_deadline_callback([callback, &s](Store::Context) { return ask_c(*callback, s); }));
    callback->env = HostInfo(env, finalizer);
  });
}

void wjit_interrupt_handle_delete(wjit_interrupt_handle_t* handle) { delete handle; }
wjit_error_t* wjit_store_interrupt_handle(wasm_store_t* store, wjit_interrupt_handle_t** out) {
  if (out) *out = nullptr;
  return border_error([&] {
    if (!out) refuse("out is NULL");
    *out = new wjit_interrupt_handle_t{value_or_refuse(live(store).store->interrupt_handle())};
  });
}
void wjit_interrupt_handle_interrupt(const wjit_interrupt_handle_t* handle) {
  ask(handle, "handle", [&] { return handle->handle.interrupt(), true; });
}

}  // extern "C"

static_assert(WJIT_UPDATE_DEADLINE_CONTINUE == int(UpdateDeadline::Kind::kContinue) &&
              WJIT_UPDATE_DEADLINE_YIELD == int(UpdateDeadline::Kind::kYield));
