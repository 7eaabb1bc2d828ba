// Modules, shared modules, and modules as bytes.
#include "compiler/wasm/text/parse_wat.h"
#include "runtime/capi/objects.h"
#include "runtime/compiled_module.h"
#include "runtime/jit/native_module.h"
#include "runtime/jit/tiered_module.h"
#include "runtime/version.h"
#include "vmcontext/abi.h"

using namespace wjit;
using namespace wjit::capi;

namespace {

const Module& module_of(const wasm_module_t* m) { return get<std::shared_ptr<ModuleState>>(m, "module")->module; }
// Without its store: imports, exports and bytes can be asked for whenever the handle lives.
const Module& module_only(const wasm_module_t* m) {
  not_null(m, "module");
  return std::get<std::shared_ptr<ModuleState>>(ref(m)->payload)->module;
}

wasm_module_t* new_module(wasm_store_t* store, Module module) {
  return new_ref<wasm_module_t>(store, std::make_shared<ModuleState>(ModuleState{std::move(module), {}}));
}

std::span<const uint8_t> bytes_of(const void* data, size_t size) {
  if (!data && size) refuse("the module's bytes are NULL");
  return {static_cast<const uint8_t*>(data), size};
}
std::span<const uint8_t> bytes_of(const wasm_byte_vec_t* v) {
  not_null(v, "binary");
  return bytes_of(v->data, v->size);
}

wasm_module_t* compile(wasm_store_t* store, std::span<const uint8_t> bytes) {
  return new_module(store, value_or_refuse(Module::compile(live(store).engine, bytes)));
}

// ---- the serialised form: a line of text that says who wrote it, then the module's bytes ----
//
// "wjit module\n" "engine 0.1.0\n" "layout 2 0123456789abcdef\n" and a NUL.

constexpr std::string_view kMagic = "wjit module\n";

std::string engine_line() { return std::string("engine ") + rt::version() + "\n"; }
std::string layout_line() {
  char line[64];
  std::snprintf(line, sizeof line, "layout %u %016llx\n", unsigned(vm::kLayoutVersion),
                static_cast<unsigned long long>(vm::layout_fingerprint()));
  return line;
}

// The next line, its end included; refuses when there is none.
std::string_view next_line(std::string_view* rest) {
  const size_t end = rest->substr(0, 128).find('\n');
  if (end == std::string_view::npos) refuse(Error(ErrorKind::kMalformed, "serialised module: it ends within its header"));
  const std::string_view line = rest->substr(0, end + 1);
  rest->remove_prefix(end + 1);
  return line;
}

void expect_line(std::string_view* rest, const std::string& expected) {
  const std::string_view found = next_line(rest);
  if (found == expected) return;
  auto bare = [](std::string_view s) { return std::string(s.substr(0, s.size() - 1)); };
  refuse(Error(ErrorKind::kUnsupported,
               "serialised module: found " + bare(found) + ", expected " + bare(expected) + ": compile it anew"));
}

std::span<const uint8_t> read_header(std::span<const uint8_t> bytes) {
  std::string_view rest(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!rest.starts_with(kMagic))
    refuse(Error(ErrorKind::kMalformed, "these bytes are no serialised module: they do not begin with \"wjit module\""));
  rest.remove_prefix(kMagic.size());
  expect_line(&rest, engine_line());
  expect_line(&rest, layout_line());
  if (rest.empty() || rest[0] != '\0') refuse(Error(ErrorKind::kMalformed, "serialised module: its header has no end"));
  return bytes.subspan(bytes.size() - rest.size() + 1);
}

std::unique_ptr<wasm_importtype_t> to_c(const ImportType& import, const Engine& engine) {
  auto t = std::make_unique<wasm_importtype_t>();
  set_name(&t->module, import.module);
  set_name(&t->name, import.name);
  t->type = capi::to_c(import.type, engine);
  return t;
}
std::unique_ptr<wasm_exporttype_t> to_c(const ExportType& item, const Engine& engine) {
  auto t = std::make_unique<wasm_exporttype_t>();
  set_name(&t->name, item.name);
  t->type = capi::to_c(item.type, engine);
  return t;
}

// Fills a vector of pointers, or leaves it empty.
template <class V, class T>
void fill(V* out, const std::vector<T>& items, const Engine& engine, void (*uninitialized)(V*, size_t),
          void (*destroy)(V*)) {
  uninitialized(out, items.size());
  if (out->size != items.size()) throw std::bad_alloc();
  const bool done = border_void([&] {
    for (size_t i = 0; i < items.size(); ++i) out->data[i] = to_c(items[i], engine).release();
  });
  if (!done) destroy(out);
}

const Engine& engine_of(const wasm_module_t* m) { return not_null(ref(m), "module").store.get()->engine; }

}  // namespace

extern "C" {

wasm_module_t* wasm_module_new(wasm_store_t* store, const wasm_byte_vec_t* binary) {
  return border<wasm_module_t*>(nullptr, [&] { return compile(store, bytes_of(binary)); });
}
wjit_error_t* wjit_module_new(wasm_store_t* store, const void* bytes, size_t size, wasm_module_t** out) {
  *out = nullptr;
  return border_error([&] { *out = compile(store, bytes_of(bytes, size)); });
}
wjit_error_t* wjit_module_from_file(wasm_store_t* store, const char* path, wasm_module_t** out) {
  *out = nullptr;
  return border_error([&] {
    *out = new_module(store, value_or_refuse(Module::from_file(live(store).engine, &not_null(path, "path"))));
  });
}

wjit_error_t* wjit_wat2wasm(const char* text, size_t size, wasm_byte_vec_t* out) {
  *out = WASM_EMPTY_VEC;
  return border_error([&] {
    auto made = wasm::text::parse_wat_for_load(string_of(text, size, "text"), FeatureSet::all());
    if (!made) refuse(std::move(made).error());
    wasm_byte_vec_new(out, made->binary.size(), reinterpret_cast<const char*>(made->binary.data()));
    if (!out->data) throw std::bad_alloc();
  });
}

bool wasm_module_validate(wasm_store_t* store, const wasm_byte_vec_t* binary) {
  return border_void([&] { value_or_refuse(Module::validate(live(store).engine, bytes_of(binary))); });
}
wjit_error_t* wjit_module_validate(wasm_store_t* store, const void* bytes, size_t size) {
  return border_error([&] { value_or_refuse(Module::validate(live(store).engine, bytes_of(bytes, size))); });
}

void wasm_module_imports(const wasm_module_t* m, wasm_importtype_vec_t* out) {
  *out = WASM_EMPTY_VEC;
  border_void([&] {
    fill(out, module_only(m).imports(), engine_of(m), wasm_importtype_vec_new_uninitialized, wasm_importtype_vec_delete);
  });
}
void wasm_module_exports(const wasm_module_t* m, wasm_exporttype_vec_t* out) {
  *out = WASM_EMPTY_VEC;
  border_void([&] {
    fill(out, module_only(m).exports(), engine_of(m), wasm_exporttype_vec_new_uninitialized, wasm_exporttype_vec_delete);
  });
}

void wasm_module_serialize(const wasm_module_t* m, wasm_byte_vec_t* out) {
  *out = WASM_EMPTY_VEC;
  border_void([&] {
    const std::span<const uint8_t> bytes = module_only(m).impl().wasm().bytes->span;
    std::string header = std::string(kMagic) + engine_line() + layout_line();
    header.push_back('\0');
    wasm_byte_vec_new_uninitialized(out, header.size() + bytes.size());
    if (!out->data) throw std::bad_alloc();
    std::memcpy(out->data, header.data(), header.size());
    std::memcpy(out->data + header.size(), bytes.data(), bytes.size());
  });
}
wasm_module_t* wasm_module_deserialize(wasm_store_t* store, const wasm_byte_vec_t* serialised) {
  return border<wasm_module_t*>(nullptr, [&] { return compile(store, read_header(bytes_of(serialised))); });
}

wasm_shared_module_t* wasm_module_share(const wasm_module_t* m) {
  return border<wasm_shared_module_t*>(nullptr, [&] { return new wasm_shared_module_t{module_only(m)}; });
}
void wasm_shared_module_delete(wasm_shared_module_t* shared) { delete shared; }
wasm_module_t* wasm_module_obtain(wasm_store_t* store, const wasm_shared_module_t* shared) {
  return border<wasm_module_t*>(nullptr, [&] {
    const Module& module = not_null(shared, "shared").module;
    if (module.impl().shared_engine() != live(store).engine.shared())
      refuse("wasm_module_obtain: the module and the store belong to different engines");
    return new_module(store, module);
  });
}

void wjit_module_name(const wasm_module_t* m, wasm_name_t* out) {
  *out = WASM_EMPTY_VEC;
  border_void([&] { set_name(out, module_only(m).name()); });
}
void wjit_module_set_name(wasm_module_t* m, const char* name, size_t size) {
  border_void([&] {
    Module module = module_of(m);
    module.set_name(std::string(string_of(name, size, "name")));
  });
}

void wjit_module_native_report(const wasm_module_t* m, wjit_native_report_t* out) {
  *out = {};
  border_void([&] {
    const rt::CompiledModule& module = module_only(m).impl();
    if (module.tiered) {
      const rt::TieredModule::Report r = module.tiered->report();
      *out = {r.native, uint32_t(r.refused.size()), r.code_bytes};
    }
    if (const rt::NativeModule* native = module.native.get())
      *out = {native->functions(), uint32_t(native->refusals().size()), native->code_bytes()};
  });
}
bool wjit_module_native_stayed(const wasm_module_t* m, uint32_t n, uint32_t* func_index, const char** reason,
                               const char** message) {
  return border(false, [&] {
    const auto say = [&](const auto& r) {
      *func_index = r.func_index;
      *reason = r.reason.c_str();
      *message = r.error.message().c_str();
      return true;
    };
    const rt::CompiledModule& module = module_only(m).impl();
    if (module.tiered) {
      const rt::TieredModule::Refusal* r = module.tiered->refusal(n);
      return r && say(*r);
    }
    const rt::NativeModule* native = module.native.get();
    if (!native || n >= native->refusals().size()) return false;
    return say(native->refusals()[n]);
  });
}

}  // extern "C"
