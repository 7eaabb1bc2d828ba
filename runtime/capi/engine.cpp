// Config, engine, store; and their options in wjit.h.
#include <algorithm>

#include "runtime/capi/objects.h"
#include "runtime/version.h"

using namespace wjit;
using namespace wjit::capi;

namespace wjit::capi {

void release_store(wasm_store_t* store) noexcept {
  if (store->holders.fetch_sub(1, std::memory_order_acq_rel) == 1) delete store;
}

wasm_store_t& live(const wasm_store_t* store) {
  if (!store) refuse("store is NULL");
  if (!store->store) refuse("the store has been deleted");
  return *const_cast<wasm_store_t*>(store);
}

}  // namespace wjit::capi

wasm_store_t* wasm_store_t::of(rt::Store& s) { return *std::any_cast<wasm_store_t*>(&s.data); }

// Finalizers run here; what they see is a store that has ended.
void wasm_store_t::end() {
  doomed = true;
  if (depth || !store) return;
  while (resumables) {
    wjit_resumable_t& r = *resumables;
    resumables = r.next;
    if (resumables) resumables->link = &resumables;
    r.next = nullptr, r.link = nullptr;
    r.call.reset();
  }
  std::unique_ptr<Store> ending = std::move(store);
  auto ending_infos = std::exchange(infos, {});
  ending.reset();
  ending_infos.clear();
  data = HostInfo();
}

extern "C" {

wasm_config_t* wasm_config_new(void) {
  return border<wasm_config_t*>(nullptr, [] { return new wasm_config_t; });
}
void wasm_config_delete(wasm_config_t* config) { delete config; }

wasm_engine_t* wasm_engine_new(void) { return wasm_engine_new_with_config(nullptr); }
wasm_engine_t* wasm_engine_new_with_config(wasm_config_t* config) {
  std::unique_ptr<wasm_config_t> owned(config);
  return border<wasm_engine_t*>(nullptr,
                                [&] { return new wasm_engine_t{Engine(config ? config->config : Config())}; });
}
void wasm_engine_delete(wasm_engine_t* engine) { delete engine; }

wasm_store_t* wasm_store_new(wasm_engine_t* engine) {
  return border<wasm_store_t*>(nullptr, [&] { return new wasm_store_t(not_null(engine, "engine").engine); });
}
void wasm_store_delete(wasm_store_t* store) {
  if (!store) return;
  store->end();
  release_store(store);
}

const char* wjit_version(void) { return rt::version(); }

// ---- options ----

wjit_error_t* wjit_config_set_feature(wasm_config_t* config, const char* name, size_t size, bool on) {
  return border_error([&] {
    not_null(config, "config");
    const std::string_view asked = string_of(name, size, "name");
#define WJIT_F(id, text, by_default) \
  if (asked == text) return config->config.features.set(Feature::id, on);
    WJIT_FEATURES(WJIT_F)
#undef WJIT_F
    std::string known;
#define WJIT_F(id, text, by_default) known += std::string(known.empty() ? "" : ", ") + text;
    WJIT_FEATURES(WJIT_F)
#undef WJIT_F
    refuse("no feature has the name \"" + std::string(asked) + "\"; there are " + known);
  });
}

#define WJIT_ENUM_OPTION(option, field, Type, last)                                                            \
  wjit_error_t* wjit_config_set_##option(wasm_config_t* config, uint8_t value) {                               \
    return border_error([&] {                                                                                  \
      if (value > uint8_t(last))                                                                               \
        refuse("wjit_config_set_" #option ": found " + std::to_string(value) + ", expected at most " +         \
               std::to_string(uint8_t(last)));                                                                 \
      not_null(config, "config");                                                                              \
      config->config.field = Type(value);                                                                      \
    });                                                                                                        \
  }
WJIT_ENUM_OPTION(tier, tier, Tier, Tier::kTiered)
WJIT_ENUM_OPTION(compilation_mode, mode, CompilationMode, CompilationMode::kLazy)
WJIT_ENUM_OPTION(memory_style, memory_style, MemoryStyle, MemoryStyle::kChecks)
WJIT_ENUM_OPTION(dispatch, dispatch, Dispatch, Dispatch::kTail)

WJIT_ENUM_OPTION(osr, tiering.osr, TierConfig::Osr, TierConfig::Osr::kAlways)

#define WJIT_NAMED_OPTION(option, field, Type)                                 \
  void wjit_config_set_##option(wasm_config_t* config, Type value) {           \
    ask(config, "config", [&] { return config->config.field = value, true; }); \
  }
WJIT_NAMED_OPTION(call_threshold, tiering.call_threshold, uint32_t)
WJIT_NAMED_OPTION(loop_threshold, tiering.loop_threshold, uint32_t)
WJIT_NAMED_OPTION(tier_seed, tiering.seed, uint64_t)
#define WJIT_OPTION(option, Type) WJIT_NAMED_OPTION(option, option, Type)
WJIT_OPTION(consume_fuel, bool)
WJIT_OPTION(epoch_interruption, bool)
WJIT_OPTION(epoch_callbacks, bool)
WJIT_OPTION(eager_tables, bool)
WJIT_OPTION(compile_threads, unsigned)
WJIT_OPTION(max_wasm_stack, uint64_t)
WJIT_OPTION(max_native_stack, uint64_t)
WJIT_OPTION(max_call_depth, uint32_t)
WJIT_OPTION(memory_reservation, uint64_t)
WJIT_OPTION(memory_guard_size, uint64_t)

// ---- stores ----

wjit_error_t* wjit_store_get_fuel(const wasm_store_t* store, uint64_t* out) {
  return border_error([&] { *out = value_or_refuse(live(store).store->get_fuel()); });
}
wjit_error_t* wjit_store_set_fuel(wasm_store_t* store, uint64_t fuel) {
  return border_error([&] { value_or_refuse(live(store).store->set_fuel(fuel)); });
}
void wjit_store_limiter(wasm_store_t* store, const wjit_store_limits_t* limits) {
  border_void([&] {
    StoreLimits l;
    if (limits)
      l = {limits->memory_bytes, limits->table_elements, limits->instances, limits->tables, limits->memories};
    live(store).store->limiter(l);
  });
}
void* wjit_store_get_data(const wasm_store_t* store) {
  return ask(store, "store", [&] { return store->data.data(); });
}
void wjit_store_set_data(wasm_store_t* store, void* data, void (*finalizer)(void*)) {
  border_void([&] { live(store).data = HostInfo(data, finalizer); });
}

}  // extern "C"

static_assert(WJIT_COMPILE_EAGER == int(CompilationMode::kEager) && WJIT_COMPILE_LAZY == int(CompilationMode::kLazy) &&
              WJIT_COMPILE_LAZY_TRANSLATION == int(CompilationMode::kLazyTranslation) &&
              WJIT_MEMORY_AUTO == int(MemoryStyle::kAuto) && WJIT_MEMORY_GUARD == int(MemoryStyle::kGuard) &&
              WJIT_MEMORY_CHECKS == int(MemoryStyle::kChecks) && WJIT_DISPATCH_AUTO == int(Dispatch::kAuto) &&
              WJIT_DISPATCH_LOOP == int(Dispatch::kLoop) && WJIT_DISPATCH_TAIL == int(Dispatch::kTail) &&
              WJIT_TIER_INTERP == int(Tier::kInterp) && WJIT_TIER_JIT == int(Tier::kJit) &&
              WJIT_TIER_TIERED == int(Tier::kTiered) && WJIT_OSR_AUTO == int(TierConfig::Osr::kAuto) &&
              WJIT_OSR_OFF == int(TierConfig::Osr::kOff) && WJIT_OSR_ALWAYS == int(TierConfig::Osr::kAlways));
