// Linking by name, and WASI.
#include "runtime/capi/objects.h"

using namespace wjit;
using namespace wjit::capi;

struct wjit_wasi_config_t {
  WasiConfig config;
};
struct wjit_linker_t {
  explicit wjit_linker_t(const Engine& e) : engine(e), linker(e) {}
  const Engine engine;
  Linker linker;
};

wjit::Linker& wjit::capi::linker_of(wjit_linker_t* linker) {
  if (!linker) refuse("linker is NULL");
  return linker->linker;
}

extern "C" {

wjit_wasi_config_t* wjit_wasi_config_new(void) {
  return border<wjit_wasi_config_t*>(nullptr, [] { return new wjit_wasi_config_t; });
}
void wjit_wasi_config_delete(wjit_wasi_config_t* config) { delete config; }
bool wjit_wasi_config_set_args(wjit_wasi_config_t* config, size_t count, const char* const args[]) {
  return border_void([&] {
    std::vector<std::string> list;
    for (size_t i = 0; i < count; ++i) list.emplace_back(&not_null(args[i], "argument"));
    not_null(config, "config");
    config->config.args = std::move(list);
  });
}
bool wjit_wasi_config_add_env(wjit_wasi_config_t* config, const char* name, const char* value) {
  return border_void([&] {
    not_null(config, "config");
    config->config.env.emplace_back(&not_null(name, "name"), &not_null(value, "value"));
  });
}
bool wjit_wasi_config_preopen_dir(wjit_wasi_config_t* config, const char* host_path, const char* guest_path) {
  return border_void([&] {
    not_null(config, "config");
    config->config.preopens.emplace_back(&not_null(host_path, "host_path"), &not_null(guest_path, "guest_path"));
  });
}
void wjit_wasi_config_inherit_stdio(wjit_wasi_config_t* config, bool on) {
  ask(config, "config", [&] { return config->config.inherit_stdio = on, true; });
}

wjit_linker_t* wjit_linker_new(wasm_engine_t* engine) {
  return border<wjit_linker_t*>(nullptr, [&] { return new wjit_linker_t(not_null(engine, "engine").engine); });
}
void wjit_linker_delete(wjit_linker_t* linker) { delete linker; }
void wjit_linker_allow_shadowing(wjit_linker_t* linker, bool on) {
  border_void([&] { linker_of(linker).allow_shadowing(on); });
}

wjit_error_t* wjit_linker_define(wjit_linker_t* linker, const char* module, size_t module_size, const char* name,
                                 size_t name_size, const wasm_extern_t* item) {
  return border_error([&] {
    wasm_store_t& store = live(ref(item), "item");
    const std::optional<Extern> e = to_extern(ref(item)->payload);
    if (!e) refuse(std::string("item is a handle of a ") + name_of(ref(item)->payload));
    value_or_refuse(linker_of(linker).define(context(store), string_of(module, module_size, "module"),
                                             string_of(name, name_size, "name"), *e));
  });
}
wjit_error_t* wjit_linker_define_instance(wjit_linker_t* linker, const char* module, size_t module_size,
                                          const wasm_instance_t* instance) {
  return border_error([&] {
    const Instance& i = get<Instance>(instance, "instance");
    value_or_refuse(linker_of(linker).define_instance(context(*ref(instance)->store.get()),
                                                      string_of(module, module_size, "module"), i));
  });
}
wjit_error_t* wjit_linker_define_func(wjit_linker_t* linker, const char* module, size_t module_size, const char* name,
                                      size_t name_size, const wasm_functype_t* type, wjit_func_callback_t callback,
                                      void* env, void (*finalizer)(void*)) {
  std::shared_ptr<HostCallback> owned;
  wjit_error_t* error = border_error([&] {
    if (!callback) refuse("callback is NULL");
    HostCallback f;
    f.with_caller = callback;
    owned = std::make_shared<HostCallback>(std::move(f));
    Linker& l = linker_of(linker);
    const FuncType t = func_type_from_c(not_null(extern_type(type), "type"), linker->engine);
    value_or_refuse(LinkerAccess::func_raw(l, string_of(module, module_size, "module"),
                                           string_of(name, name_size, "name"), t, make_callback(t, owned)));
    owned->env = HostInfo(env, finalizer);
  });
  return error;
}
wjit_error_t* wjit_linker_define_wasi(wjit_linker_t* linker, wasm_store_t* store, wjit_wasi_config_t* config) {
  std::unique_ptr<wjit_wasi_config_t> owned(config);
  return border_error([&] {
    not_null(config, "config");
    value_or_refuse(linker_of(linker).define_wasi(context(live(store)), std::move(config->config)));
  });
}
wasm_extern_t* wjit_linker_get(wjit_linker_t* linker, wasm_store_t* store, const char* module, size_t module_size,
                               const char* name, size_t name_size) {
  return border<wasm_extern_t*>(nullptr, [&]() -> wasm_extern_t* {
    const auto item = linker_of(linker).get(context(live(store)), string_of(module, module_size, "module"),
                                            string_of(name, name_size, "name"));
    return item ? new_ref<wasm_extern_t>(store, from_extern(*item)) : nullptr;
  });
}

}  // extern "C"
