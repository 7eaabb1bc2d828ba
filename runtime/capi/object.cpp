// Globals, tables, memories, externs and instances.
#include "runtime/capi/objects.h"

using namespace wjit;
using namespace wjit::capi;

namespace {

// A handle and the store it works in.
template <class T>
struct Handle {
  template <class C>
  Handle(const C* handle, const char* what) : item(get<T>(handle, what)), store(*ref(handle)->store.get()) {}
  const T& item;
  wasm_store_t& store;
  Store::Context cx() const { return context(store); }
};

template <class C>
C* type_handle(const ExternType& type, const Engine& engine) {
  return as<C>(to_c(type, engine).release());
}

struct TypeOf {
  Store::Context cx;
  ExternType operator()(const auto& item) const { return item.type(cx); }
};

uint32_t fits32(uint64_t v) { return uint32_t(std::min<uint64_t>(v, UINT32_MAX)); }

void check_page_size(const wasm_externtype_t& t) {
  if (t.page_size_log2 != 16 && t.page_size_log2 != 0)
    refuse("memory type: found pages of 2^" + std::to_string(t.page_size_log2) + " bytes, expected 2^16 or 2^0");
}

// The outcome of making an instance: the handle, or null with the reason in *trap.
template <class F>
wasm_instance_t* instantiate(wasm_store_t* store, wasm_trap_t** trap, F&& make) {
  wasm_instance_t* made = nullptr;
  wasm_trap_t* why = border_trap(store, [&]() -> wasm_trap_t* {
    wasm_store_t& owner = live(store);
    auto handle = std::make_unique<wasm_ref_t>(wasm_ref_t{StorePtr(store), Instance()});
    CallScope scope(owner);
    TrapResult<Instance> result = make(owner);
    if (!result) return make_trap(store, std::move(result).err());
    handle->payload = result.ok();
    made = as<wasm_instance_t>(handle.release());
    return nullptr;
  });
  if (why)  // for who did not ask for the trap
    border_void([&] {
      const TrapState& state = *std::get<std::shared_ptr<TrapState>>(ref(why)->payload);
      refuse(state.error ? *state.error : Error(ErrorKind::kTrap, state.trap.to_string()));
    });
  if (trap)
    *trap = why;
  else
    wasm_trap_delete(why);
  return made;
}

}  // namespace

extern "C" {

// ---- globals ----

wasm_global_t* wasm_global_new(wasm_store_t* store, const wasm_globaltype_t* type, const wasm_val_t* init) {
  return border<wasm_global_t*>(nullptr, [&] {
    wasm_store_t& owner = live(store);
    const wasm_externtype_t& t = not_null(extern_type(type), "type");
    const GlobalType global{from_c(t.content, owner.engine), t.is_mutable};
    const Val v = to_val(owner, widen(not_null(init, "initial value")), global.content, "initial value");
    return new_ref<wasm_global_t>(store, value_or_refuse(Global::create(context(owner), global, v)));
  });
}
wasm_globaltype_t* wasm_global_type(const wasm_global_t* g) {
  return border<wasm_globaltype_t*>(nullptr, [&] {
    Handle<Global> h(g, "global");
    return type_handle<wasm_globaltype_t>(h.item.type(h.cx()), h.store.engine);
  });
}
void wasm_global_get(const wasm_global_t* g, wasm_val_t* out) {
  *out = WASM_INIT_VAL;
  border_void([&] {
    Handle<Global> h(g, "global");
    *out = narrow(from_val(h.store, h.item.get(h.cx())));
  });
}
void wasm_global_set(wasm_global_t* g, const wasm_val_t* value) {
  border_void([&] {
    Handle<Global> h(g, "global");
    const ValType content = h.item.type(h.cx()).content;
    value_or_refuse(h.item.set(h.cx(), to_val(h.store, widen(not_null(value, "value")), content, "value")));
  });
}

// ---- tables ----

wasm_table_t* wasm_table_new(wasm_store_t* store, const wasm_tabletype_t* type, wasm_ref_t* init) {
  return border<wasm_table_t*>(nullptr, [&] {
    wasm_store_t& owner = live(store);
    const wasm_externtype_t& t = not_null(extern_type(type), "type");
    TableType table{from_c(t.content, owner.engine), t.limits.min, std::nullopt, t.is64};
    if (t.limits.max != UINT64_MAX) table.max = t.limits.max;
    const Val v = ref_to_val(owner, init, table.element, "initial element");
    return new_ref<wasm_table_t>(store, value_or_refuse(Table::create(context(owner), table, v)));
  });
}
wasm_tabletype_t* wasm_table_type(const wasm_table_t* t) {
  return border<wasm_tabletype_t*>(nullptr, [&] {
    Handle<Table> h(t, "table");
    return type_handle<wasm_tabletype_t>(h.item.type(h.cx()), h.store.engine);
  });
}
wasm_ref_t* wasm_table_get(const wasm_table_t* t, wasm_table_size_t index) {
  return border<wasm_ref_t*>(nullptr, [&] {
    Handle<Table> h(t, "table");
    const auto value = h.item.get(h.cx(), index);
    if (!value)
      refuse("table index " + std::to_string(index) + " in a table of " + std::to_string(h.item.size(h.cx())));
    return from_val(h.store, *value).of.ref;
  });
}
bool wasm_table_set(wasm_table_t* t, wasm_table_size_t index, wasm_ref_t* value) {
  return border_void([&] {
    Handle<Table> h(t, "table");
    const ValType element = h.item.type(h.cx()).element;
    value_or_refuse(h.item.set(h.cx(), index, ref_to_val(h.store, value, element, "table element")));
  });
}
wasm_table_size_t wasm_table_size(const wasm_table_t* t) {
  return border<wasm_table_size_t>(0, [&] {
    Handle<Table> h(t, "table");
    return fits32(h.item.size(h.cx()));
  });
}
bool wasm_table_grow(wasm_table_t* t, wasm_table_size_t delta, wasm_ref_t* init) {
  return border_void([&] {
    Handle<Table> h(t, "table");
    const ValType element = h.item.type(h.cx()).element;
    value_or_refuse(h.item.grow(h.cx(), delta, ref_to_val(h.store, init, element, "table element")));
  });
}

// ---- memories ----

wasm_memory_t* wasm_memory_new(wasm_store_t* store, const wasm_memorytype_t* type) {
  return border<wasm_memory_t*>(nullptr, [&] {
    wasm_store_t& owner = live(store);
    const wasm_externtype_t& t = not_null(extern_type(type), "type");
    check_page_size(t);
    return new_ref<wasm_memory_t>(store, value_or_refuse(Memory::create(context(owner), memory_type_from_c(t))));
  });
}
wasm_memorytype_t* wasm_memory_type(const wasm_memory_t* m) {
  return border<wasm_memorytype_t*>(nullptr, [&] {
    Handle<Memory> h(m, "memory");
    return type_handle<wasm_memorytype_t>(h.item.type(h.cx()), h.store.engine);
  });
}
byte_t* wasm_memory_data(wasm_memory_t* m) {
  return border<byte_t*>(nullptr, [&] {
    Handle<Memory> h(m, "memory");
    return reinterpret_cast<byte_t*>(h.item.data(h.cx()).data());
  });
}
size_t wasm_memory_data_size(const wasm_memory_t* m) {
  return border<size_t>(0, [&] {
    Handle<Memory> h(m, "memory");
    return h.item.data(h.cx()).size();
  });
}
uint64_t wjit_memory_size(const wasm_memory_t* m) {
  return border<uint64_t>(0, [&] {
    Handle<Memory> h(m, "memory");
    return h.item.size(h.cx());
  });
}
wasm_memory_pages_t wasm_memory_size(const wasm_memory_t* m) { return fits32(wjit_memory_size(m)); }
bool wasm_memory_grow(wasm_memory_t* m, wasm_memory_pages_t delta) {
  return border_void([&] {
    Handle<Memory> h(m, "memory");
    value_or_refuse(h.item.grow(h.cx(), delta));
  });
}
wjit_error_t* wjit_memory_grow(wasm_memory_t* m, uint64_t delta, uint64_t* before) {
  return border_error([&] {
    Handle<Memory> h(m, "memory");
    const uint64_t pages = value_or_refuse(h.item.grow(h.cx(), delta));
    if (before) *before = pages;
  });
}

// ---- externs ----

wasm_externkind_t wasm_extern_kind(const wasm_extern_t* e) {
  constexpr int kKinds[] = {WASM_EXTERN_FUNC, WASM_EXTERN_GLOBAL, WASM_EXTERN_TABLE, WASM_EXTERN_MEMORY,
                            WJIT_EXTERN_TAG};  // as Payload
  return ask(e, "extern", [&] { return wasm_externkind_t(kKinds[ref(e)->payload.index()]); });
}
wasm_externtype_t* wasm_extern_type(const wasm_extern_t* e) {
  return border<wasm_externtype_t*>(nullptr, [&] {
    wasm_store_t& store = live(ref(e), "extern");
    const std::optional<Extern> item = to_extern(ref(e)->payload);
    return to_c(std::visit(TypeOf{context(store)}, *item), store.engine).release();
  });
}

// ---- instances ----

wasm_instance_t* wasm_instance_new(wasm_store_t* store, const wasm_module_t* module, const wasm_extern_vec_t* imports,
                                   wasm_trap_t** trap) {
  return instantiate(store, trap, [&](wasm_store_t& owner) {
    const Module& m = get<std::shared_ptr<ModuleState>>(module, "module")->module;
    std::vector<Extern> items;
    for (size_t i = 0; imports && i < imports->size; ++i) {
      const std::string what = "import " + std::to_string(i);
      if (&live(ref(imports->data[i]), what.c_str()) != &owner) refuse(what + " belongs to another store");
      const std::optional<Extern> item = to_extern(ref(imports->data[i])->payload);
      if (!item) refuse(what + " is a handle of a " + name_of(ref(imports->data[i])->payload));
      items.push_back(*item);
    }
    return Instance::create(context(owner), m, items);
  });
}

void wasm_instance_exports(const wasm_instance_t* instance, wasm_extern_vec_t* out) {
  *out = WASM_EMPTY_VEC;
  const bool done = border_void([&] {
    Handle<Instance> h(instance, "instance");
    const auto items = h.item.exports(h.cx());
    wasm_extern_vec_new_uninitialized(out, items.size());
    if (out->size != items.size()) throw std::bad_alloc();
    for (size_t i = 0; i < items.size(); ++i) out->data[i] = new_ref<wasm_extern_t>(&h.store, from_extern(items[i].second));
  });
  if (!done) wasm_extern_vec_delete(out);
}
wasm_extern_t* wjit_instance_get(const wasm_instance_t* instance, const char* name, size_t size) {
  return border<wasm_extern_t*>(nullptr, [&]() -> wasm_extern_t* {
    Handle<Instance> h(instance, "instance");
    const auto item = h.item.get(h.cx(), string_of(name, size, "name"));
    return item ? new_ref<wasm_extern_t>(&h.store, from_extern(*item)) : nullptr;
  });
}

wasm_instance_t* wjit_linker_instantiate(wjit_linker_t* linker, wasm_store_t* store, const wasm_module_t* module,
                                         wasm_trap_t** trap) {
  return instantiate(store, trap, [&](wasm_store_t& owner) {
    const Module& m = get<std::shared_ptr<ModuleState>>(module, "module")->module;
    return linker_of(linker).instantiate(context(owner), m);
  });
}

}  // extern "C"
