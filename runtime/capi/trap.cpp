// Traps and their frames.
#include "runtime/capi/objects.h"
#include "vmcontext/traps.h"

using namespace wjit;
using namespace wjit::capi;

wasm_frame_t::wasm_frame_t(wasm_store_t* s, Frame f) : store(s), frame(std::move(f)) {
  if (frame.instance) instance.emplace(wasm_ref_t{StorePtr(s), Instance::from_raw(frame.instance)});
  func_name = {frame.func_name.size(), frame.func_name.data()};
  module_name = {frame.module_name.size(), frame.module_name.data()};
}

namespace {

// In what may be asked of NULL only after it was looked at.
TrapState& state_of(const wasm_trap_t* trap) {
  return *std::get<std::shared_ptr<TrapState>>(not_null(ref(trap), "trap").payload);
}

wjit_trap_kind_t kind_of(const TrapState& state) {
  if (state.error) return WJIT_TRAP_ERROR;
  return wjit_trap_kind_t(state.trap.kind());
}

wasm_frame_t* new_frame(const wasm_trap_t* trap, const Frame& frame) {
  return new wasm_frame_t(ref(trap)->store.get(), frame);
}

wasm_trap_t* new_trap(wasm_store_t* store, Trap trap) {
  return border_trap(store, [&] {
    live(store);
    return new_ref<wasm_trap_t>(store, std::make_shared<TrapState>(std::move(trap)));
  });
}

}  // namespace

extern "C" {

// Never null: a callback that returns it must trap even when memory is out.
wasm_trap_t* wasm_trap_new(wasm_store_t* store, const wasm_message_t* message) {
  return border_trap(store, [&] {
    std::string text;
    if (message && message->size) text.assign(message->data, message->size);
    if (!text.empty() && text.back() == '\0') text.pop_back();
    return new_trap(store, Trap(std::move(text)));
  });
}
wasm_trap_t* wjit_trap_new_exit(wasm_store_t* store, int32_t status) {
  return border_trap(store, [&] { return new_trap(store, Trap::exit(status)); });
}

void wasm_trap_message(const wasm_trap_t* trap, wasm_message_t* out) {
  *out = WASM_EMPTY_VEC;
  border_void([&] {
    const std::string& text = state_of(trap).trap.message();
    wasm_byte_vec_new(out, text.size() + 1, text.c_str());
  });
}

wasm_frame_t* wasm_trap_origin(const wasm_trap_t* trap) {
  return border<wasm_frame_t*>(nullptr, [&]() -> wasm_frame_t* {
    for (const Frame& f : state_of(trap).trap.trace())
      if (!f.host) return new_frame(trap, f);
    return nullptr;
  });
}

void wasm_trap_trace(const wasm_trap_t* trap, wasm_frame_vec_t* out) {
  *out = WASM_EMPTY_VEC;
  const bool done = border_void([&] {
    std::vector<const Frame*> wasm;
    for (const Frame& f : state_of(trap).trap.trace())
      if (!f.host) wasm.push_back(&f);
    wasm_frame_vec_new_uninitialized(out, wasm.size());
    if (out->size == 0) return;
    for (size_t i = 0; i < wasm.size(); ++i) out->data[i] = new_frame(trap, *wasm[i]);
  });
  if (!done) wasm_frame_vec_delete(out);
}

wjit_trap_kind_t wjit_trap_kind(const wasm_trap_t* trap) {
  return ask(trap, "trap", [&] { return kind_of(state_of(trap)); });
}
uint8_t wjit_trap_code(const wasm_trap_t* trap) {
  return ask(trap, "trap", [&] {
    return uint8_t(wjit_trap_kind(trap) == WJIT_TRAP_WASM ? state_of(trap).trap.code() : 0);
  });
}
const char* wjit_trap_code_name(uint8_t code) {
  switch (vm::TrapCode(code)) {
#define WJIT_TRAP(id, name, message, number) \
  case vm::TrapCode::id:                     \
    return name;
#include "vmcontext/traps.def"
    default:
      return nullptr;
  }
}
bool wjit_trap_exit_status(const wasm_trap_t* trap, int32_t* out) {
  if (!trap || wjit_trap_kind(trap) != WJIT_TRAP_EXIT) return false;
  *out = state_of(trap).trap.exit_status();
  return true;
}
bool wjit_trap_required_fuel(const wasm_trap_t* trap, uint64_t* out) {
  if (!trap || wjit_trap_kind(trap) != WJIT_TRAP_OUT_OF_FUEL) return false;
  *out = state_of(trap).trap.required_fuel();
  return true;
}
wjit_error_t* wjit_trap_error(const wasm_trap_t* trap) {
  return border_error([&] {
    if (state_of(trap).error) refuse(*state_of(trap).error);
  });
}
void wjit_trap_to_string(const wasm_trap_t* trap, wasm_name_t* out) {
  *out = WASM_EMPTY_VEC;
  border_void([&] { set_name(out, state_of(trap).trap.to_string()); });
}

void wasm_frame_delete(wasm_frame_t* frame) { delete frame; }
wasm_frame_t* wasm_frame_copy(const wasm_frame_t* frame) {
  return border<wasm_frame_t*>(nullptr, [&] {
    not_null(frame, "frame");
    return new wasm_frame_t(frame->store.get(), frame->frame);
  });
}
struct wasm_instance_t* wasm_frame_instance(const wasm_frame_t* frame) {
  if (!frame || !frame->instance) return nullptr;
  return as<wasm_instance_t>(const_cast<wasm_ref_t*>(&*frame->instance));
}
uint32_t wasm_frame_func_index(const wasm_frame_t* frame) {
  return ask(frame, "frame", [&] { return frame->frame.func_index; });
}
size_t wasm_frame_func_offset(const wasm_frame_t* frame) {
  return ask(frame, "frame", [&] { return size_t(frame->frame.func_offset); });
}
size_t wasm_frame_module_offset(const wasm_frame_t* frame) {
  return ask(frame, "frame", [&] { return size_t(frame->frame.module_offset); });
}
const wasm_name_t* wjit_frame_func_name(const wasm_frame_t* frame) {
  return ask(frame, "frame", [&] { return &frame->func_name; });
}
const wasm_name_t* wjit_frame_module_name(const wasm_frame_t* frame) {
  return ask(frame, "frame", [&] { return &frame->module_name; });
}

}  // extern "C"

static_assert(WJIT_TRAP_WASM == int(Trap::Kind::kWasm) && WJIT_TRAP_HOST == int(Trap::Kind::kHost) &&
              WJIT_TRAP_EXIT == int(Trap::Kind::kExit) && WJIT_TRAP_OUT_OF_FUEL == int(Trap::Kind::kOutOfFuel) &&
              WJIT_TRAP_INTERRUPT == int(Trap::Kind::kInterrupt) &&
              WJIT_TRAP_EXCEPTION == int(Trap::Kind::kException));
