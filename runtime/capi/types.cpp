// Types: values, functions, globals, tables, memories, tags, imports and exports.
#include "runtime/capi/objects.h"

using namespace wjit;
using namespace wjit::capi;

wasm_externtype_t::~wasm_externtype_t() {
  wasm_valtype_vec_delete(&params);
  wasm_valtype_vec_delete(&results);
}
wasm_importtype_t::~wasm_importtype_t() {
  wasm_name_delete(&module);
  wasm_name_delete(&name);
}
wasm_exporttype_t::~wasm_exporttype_t() { wasm_name_delete(&name); }

namespace wjit::capi {

namespace {

void set_limits(wasm_externtype_t& t, uint64_t min, std::optional<uint64_t> max) {
  auto fits = [](uint64_t v) { return uint32_t(std::min<uint64_t>(v, wasm_limits_max_default)); };
  t.limits = {min, max.value_or(UINT64_MAX)};
  t.limits32 = {fits(t.limits.min), fits(t.limits.max)};
}

void set_types(wasm_valtype_vec_t* out, const std::vector<ValType>& types, const Engine& engine) {
  wasm_valtype_vec_new_uninitialized(out, types.size());
  if (out->size != types.size()) throw std::bad_alloc();
  for (size_t i = 0; i < types.size(); ++i) out->data[i] = to_c(types[i], engine).release();
}

struct ToC {
  const Engine& engine;
  std::unique_ptr<wasm_externtype_t> operator()(const FuncType& type, int kind = WASM_EXTERN_FUNC) const {
    auto t = std::make_unique<wasm_externtype_t>(kind);
    set_types(&t->params, type.params, engine);
    set_types(&t->results, type.results, engine);
    return t;
  }
  std::unique_ptr<wasm_externtype_t> operator()(const TagType& type) const {
    return (*this)(type.type, WJIT_EXTERN_TAG);
  }
  std::unique_ptr<wasm_externtype_t> operator()(const GlobalType& type) const {
    auto t = std::make_unique<wasm_externtype_t>(WASM_EXTERN_GLOBAL);
    t->content = *to_c(type.content, engine);
    t->is_mutable = type.is_mutable;
    return t;
  }
  std::unique_ptr<wasm_externtype_t> operator()(const TableType& type) const {
    auto t = std::make_unique<wasm_externtype_t>(WASM_EXTERN_TABLE);
    t->content = *to_c(type.element, engine);
    set_limits(*t, type.min, type.max);
    t->is64 = type.is64;
    return t;
  }
  std::unique_ptr<wasm_externtype_t> operator()(const MemoryType& type) const {
    auto t = std::make_unique<wasm_externtype_t>(WASM_EXTERN_MEMORY);
    set_limits(*t, type.min, type.max);
    t->is64 = type.is64;
    t->is_shared = type.shared;
    t->page_size_log2 = type.page_size_log2;
    return t;
  }
};

constexpr struct {
  ValKind ours;
  int theirs;
} kKinds[] = {{ValKind::kI32, WASM_I32},
              {ValKind::kI64, WASM_I64},
              {ValKind::kF32, WASM_F32},
              {ValKind::kF64, WASM_F64},
              {ValKind::kV128, WJIT_V128},
              {ValKind::kExternRef, WASM_EXTERNREF},
              {ValKind::kFuncRef, WASM_FUNCREF},
              {ValKind::kAnyRef, WJIT_ANYREF},
              {ValKind::kExnRef, WJIT_EXNREF}};

std::unique_ptr<wasm_externtype_t> copy_of(const wasm_externtype_t& from) {
  auto t = std::make_unique<wasm_externtype_t>(from.kind);
  wasm_valtype_vec_copy(&t->params, &from.params);
  wasm_valtype_vec_copy(&t->results, &from.results);
  if (t->params.size != from.params.size || t->results.size != from.results.size) throw std::bad_alloc();
  t->content = from.content;
  t->is_mutable = from.is_mutable;
  t->limits = from.limits;
  t->limits32 = from.limits32;
  t->is64 = from.is64;
  t->is_shared = from.is_shared;
  t->page_size_log2 = from.page_size_log2;
  return t;
}

wasm_externtype_t* copy_extern_type(const wasm_externtype_t* type) {
  return border<wasm_externtype_t*>(nullptr, [&] { return copy_of(not_null(type, "type")).release(); });
}

// Takes what a vector owns; its owner has an empty one left.
template <class V>
V take(V* from) {
  if (!from) return V WASM_EMPTY_VEC;
  return std::exchange(*from, V WASM_EMPTY_VEC);
}

bool has_null(const wasm_valtype_vec_t& types) {
  return std::find(types.data, types.data + types.size, nullptr) != types.data + types.size;
}

wjit_limits_t widen_limits(const wasm_limits_t& l) {
  return {l.min, l.max == wasm_limits_max_default ? UINT64_MAX : l.max};
}

std::optional<uint64_t> max_of(const wjit_limits_t& l) {
  return l.max == UINT64_MAX ? std::nullopt : std::optional<uint64_t>(l.max);
}

wasm_memorytype_t* new_memory_type(const wjit_limits_t& limits, bool is64, bool shared, uint8_t page_size_log2) {
  auto t = std::make_unique<wasm_externtype_t>(WASM_EXTERN_MEMORY);
  set_limits(*t, limits.min, max_of(limits));
  t->is64 = is64;
  t->is_shared = shared;
  t->page_size_log2 = page_size_log2;
  return as<wasm_memorytype_t>(t.release());
}

wasm_tabletype_t* new_table_type(wasm_valtype_t* element, const wjit_limits_t& limits, bool is64) {
  auto t = std::make_unique<wasm_externtype_t>(WASM_EXTERN_TABLE);
  t->content = *element;
  set_limits(*t, limits.min, max_of(limits));
  t->is64 = is64;
  return as<wasm_tabletype_t>(t.release());
}

wasm_externtype_t* if_kind(wasm_externtype_t* t, int kind) { return t && t->kind == kind ? t : nullptr; }
const wasm_externtype_t* if_kind(const wasm_externtype_t* t, int kind) { return t && t->kind == kind ? t : nullptr; }

}  // namespace

wasm_valkind_t kind_to_c(ValKind kind) {
  for (auto& k : kKinds)
    if (k.ours == kind) return wasm_valkind_t(k.theirs);
  WJIT_ASSERT(!"a kind without a name in C");
}

std::unique_ptr<wasm_valtype_t> to_c(const ValType& type, const Engine& engine) {
  auto t = std::make_unique<wasm_valtype_t>(wasm_valtype_t{type, nullptr});
  if (type.bits && wasm::ValType::from_bits(type.bits).is_ref() && wasm::ValType::from_bits(type.bits).concrete())
    t->registry = engine.impl().registry;
  return t;
}
std::unique_ptr<wasm_externtype_t> to_c(const ExternType& type, const Engine& engine) {
  return std::visit(ToC{engine}, type);
}

ValType from_c(const wasm_valtype_t& type, const Engine& engine) {
  if (type.registry && type.registry != engine.impl().registry)
    refuse("the type " + type.type.to_string() + " is one of another engine");
  return type.type;
}
FuncType func_type_from_c(const wasm_externtype_t& type, const Engine& engine) {
  FuncType t;
  for (size_t i = 0; i < type.params.size; ++i) t.params.push_back(from_c(*type.params.data[i], engine));
  for (size_t i = 0; i < type.results.size; ++i) t.results.push_back(from_c(*type.results.data[i], engine));
  return t;
}
MemoryType memory_type_from_c(const wasm_externtype_t& t) {
  return {t.limits.min, max_of(t.limits), t.is64, t.is_shared, t.page_size_log2};
}

void set_name(wasm_name_t* out, std::string_view text) {
  wasm_byte_vec_new(out, text.size(), text.data());
  if (out->size != text.size()) throw std::bad_alloc();
}

std::string_view string_of(const char* text, size_t size, const char* what) {
  if (!text && size) refuse(std::string(what) + " is NULL");
  return {text, size};
}

}  // namespace wjit::capi

extern "C" {

// ---- value types ----

wasm_valtype_t* wasm_valtype_new(wasm_valkind_t kind) {
  return border<wasm_valtype_t*>(nullptr, [&] {
    for (auto& k : kKinds)
      if (k.theirs == kind) return new wasm_valtype_t{ValType{k.ours}, nullptr};
    refuse("wasm_valtype_new: " + std::to_string(kind) + " is no kind of value");
  });
}
void wasm_valtype_delete(wasm_valtype_t* t) { delete t; }
wasm_valtype_t* wasm_valtype_copy(const wasm_valtype_t* t) {
  return border<wasm_valtype_t*>(nullptr, [&] { return new wasm_valtype_t(not_null(t, "type")); });
}
wasm_valkind_t wasm_valtype_kind(const wasm_valtype_t* t) {
  return ask(t, "type", [&] { return kind_to_c(t->type.kind); });
}
void wjit_valtype_to_string(const wasm_valtype_t* t, wasm_name_t* out) {
  *out = WASM_EMPTY_VEC;
  border_void([&] { set_name(out, not_null(t, "type").type.to_string()); });
}

// ---- what all extern types share ----

#define WJIT_TYPE(name)                                                                                             \
  void wasm_##name##_delete(wasm_##name##_t* t) { delete as<wasm_externtype_t>(t); }                                \
  wasm_##name##_t* wasm_##name##_copy(const wasm_##name##_t* t) {                                                   \
    return as<wasm_##name##_t>(copy_extern_type(extern_type(t)));                                                   \
  }
#define WJIT_CONCRETE_TYPE(name, kind)                                                                              \
  WJIT_TYPE(name)                                                                                                   \
  wasm_externtype_t* wasm_##name##_as_externtype(wasm_##name##_t* t) { return as<wasm_externtype_t>(t); }           \
  const wasm_externtype_t* wasm_##name##_as_externtype_const(const wasm_##name##_t* t) { return extern_type(t); }   \
  wasm_##name##_t* wasm_externtype_as_##name(wasm_externtype_t* t) { return as<wasm_##name##_t>(if_kind(t, kind)); } \
  const wasm_##name##_t* wasm_externtype_as_##name##_const(const wasm_externtype_t* t) {                            \
    return as<const wasm_##name##_t>(if_kind(t, kind));                                                             \
  }
WJIT_TYPE(externtype)
WJIT_CONCRETE_TYPE(functype, WASM_EXTERN_FUNC)
WJIT_CONCRETE_TYPE(globaltype, WASM_EXTERN_GLOBAL)
WJIT_CONCRETE_TYPE(tabletype, WASM_EXTERN_TABLE)
WJIT_CONCRETE_TYPE(memorytype, WASM_EXTERN_MEMORY)

wasm_externkind_t wasm_externtype_kind(const wasm_externtype_t* t) {
  return ask(t, "type", [&] { return t->kind; });
}

// ---- functions ----

wasm_functype_t* wasm_functype_new(wasm_valtype_vec_t* params, wasm_valtype_vec_t* results) {
  wasm_valtype_vec_t p = take(params), r = take(results);  // NULL: none
  auto* made = border<wasm_functype_t*>(nullptr, [&] {
    if (has_null(p) || has_null(r)) refuse("wasm_functype_new: a type is NULL");
    auto t = std::make_unique<wasm_externtype_t>(WASM_EXTERN_FUNC);
    t->params = take(&p);
    t->results = take(&r);
    return as<wasm_functype_t>(t.release());
  });
  wasm_valtype_vec_delete(&p);
  wasm_valtype_vec_delete(&r);
  return made;
}
const wasm_valtype_vec_t* wasm_functype_params(const wasm_functype_t* t) {
  return ask(t, "type", [&] { return &extern_type(t)->params; });
}
const wasm_valtype_vec_t* wasm_functype_results(const wasm_functype_t* t) {
  return ask(t, "type", [&] { return &extern_type(t)->results; });
}

// ---- globals ----

wasm_globaltype_t* wasm_globaltype_new(wasm_valtype_t* content, wasm_mutability_t mutability) {
  std::unique_ptr<wasm_valtype_t> owned(content);
  return border<wasm_globaltype_t*>(nullptr, [&] {
    auto t = std::make_unique<wasm_externtype_t>(WASM_EXTERN_GLOBAL);
    t->content = not_null(content, "content");
    t->is_mutable = mutability == WASM_VAR;
    return as<wasm_globaltype_t>(t.release());
  });
}
const wasm_valtype_t* wasm_globaltype_content(const wasm_globaltype_t* t) {
  return ask(t, "type", [&] { return &extern_type(t)->content; });
}
wasm_mutability_t wasm_globaltype_mutability(const wasm_globaltype_t* t) {
  return ask(t, "type", [&] { return wasm_mutability_t(extern_type(t)->is_mutable ? WASM_VAR : WASM_CONST); });
}

// ---- tables and memories ----

wasm_tabletype_t* wasm_tabletype_new(wasm_valtype_t* element, const wasm_limits_t* limits) {
  const wjit_limits_t wide = limits ? widen_limits(*limits) : wjit_limits_t{0, UINT64_MAX};
  return wjit_tabletype_new(element, &wide, false);
}
wasm_tabletype_t* wjit_tabletype_new(wasm_valtype_t* element, const wjit_limits_t* limits, bool is64) {
  std::unique_ptr<wasm_valtype_t> owned(element);
  return border<wasm_tabletype_t*>(nullptr, [&] {
    not_null(element, "element");
    return new_table_type(element, not_null(limits, "limits"), is64);
  });
}
const wasm_valtype_t* wasm_tabletype_element(const wasm_tabletype_t* t) {
  return ask(t, "type", [&] { return &extern_type(t)->content; });
}
const wasm_limits_t* wasm_tabletype_limits(const wasm_tabletype_t* t) {
  return ask(t, "type", [&] { return &extern_type(t)->limits32; });
}
wjit_limits_t wjit_tabletype_limits(const wasm_tabletype_t* t) {
  return ask(t, "type", [&] { return extern_type(t)->limits; });
}
bool wjit_tabletype_is64(const wasm_tabletype_t* t) {
  return ask(t, "type", [&] { return extern_type(t)->is64; });
}

wasm_memorytype_t* wasm_memorytype_new(const wasm_limits_t* limits) {
  return border<wasm_memorytype_t*>(
      nullptr, [&] { return new_memory_type(widen_limits(not_null(limits, "limits")), false, false, 16); });
}
wasm_memorytype_t* wjit_memorytype_new(const wjit_limits_t* limits, bool is64, bool shared, uint8_t page_size_log2) {
  return border<wasm_memorytype_t*>(
      nullptr, [&] { return new_memory_type(not_null(limits, "limits"), is64, shared, page_size_log2); });
}
const wasm_limits_t* wasm_memorytype_limits(const wasm_memorytype_t* t) {
  return ask(t, "type", [&] { return &extern_type(t)->limits32; });
}
wjit_limits_t wjit_memorytype_limits(const wasm_memorytype_t* t) {
  return ask(t, "type", [&] { return extern_type(t)->limits; });
}
bool wjit_memorytype_is64(const wasm_memorytype_t* t) {
  return ask(t, "type", [&] { return extern_type(t)->is64; });
}
bool wjit_memorytype_is_shared(const wasm_memorytype_t* t) {
  return ask(t, "type", [&] { return extern_type(t)->is_shared; });
}
uint8_t wjit_memorytype_page_size_log2(const wasm_memorytype_t* t) {
  return ask(t, "type", [&] { return extern_type(t)->page_size_log2; });
}

// ---- imports and exports ----

wasm_importtype_t* wasm_importtype_new(wasm_name_t* module, wasm_name_t* name, wasm_externtype_t* type) {
  wasm_name_t m = take(module), n = take(name);
  std::unique_ptr<wasm_externtype_t> owned(type);
  auto* made = border<wasm_importtype_t*>(nullptr, [&] {
    not_null(type, "type");
    auto* t = new wasm_importtype_t;
    t->module = take(&m);
    t->name = take(&n);
    t->type = std::move(owned);
    return t;
  });
  wasm_name_delete(&m);
  wasm_name_delete(&n);
  return made;
}
void wasm_importtype_delete(wasm_importtype_t* t) { delete t; }
wasm_importtype_t* wasm_importtype_copy(const wasm_importtype_t* t) {
  return border<wasm_importtype_t*>(nullptr, [&] {
    auto copy = std::make_unique<wasm_importtype_t>();
    copy->type = copy_of(*not_null(t, "type").type);
    set_name(&copy->module, {t->module.data, t->module.size});
    set_name(&copy->name, {t->name.data, t->name.size});
    return copy.release();
  });
}
const wasm_name_t* wasm_importtype_module(const wasm_importtype_t* t) {
  return ask(t, "type", [&] { return &t->module; });
}
const wasm_name_t* wasm_importtype_name(const wasm_importtype_t* t) {
  return ask(t, "type", [&] { return &t->name; });
}
const wasm_externtype_t* wasm_importtype_type(const wasm_importtype_t* t) {
  return ask(t, "type", [&] { return t->type.get(); });
}

wasm_exporttype_t* wasm_exporttype_new(wasm_name_t* name, wasm_externtype_t* type) {
  wasm_name_t n = take(name);
  std::unique_ptr<wasm_externtype_t> owned(type);
  auto* made = border<wasm_exporttype_t*>(nullptr, [&] {
    not_null(type, "type");
    auto* t = new wasm_exporttype_t;
    t->name = take(&n);
    t->type = std::move(owned);
    return t;
  });
  wasm_name_delete(&n);
  return made;
}
void wasm_exporttype_delete(wasm_exporttype_t* t) { delete t; }
wasm_exporttype_t* wasm_exporttype_copy(const wasm_exporttype_t* t) {
  return border<wasm_exporttype_t*>(nullptr, [&] {
    auto copy = std::make_unique<wasm_exporttype_t>();
    copy->type = copy_of(*not_null(t, "type").type);
    set_name(&copy->name, {t->name.data, t->name.size});
    return copy.release();
  });
}
const wasm_name_t* wasm_exporttype_name(const wasm_exporttype_t* t) {
  return ask(t, "type", [&] { return &t->name; });
}
const wasm_externtype_t* wasm_exporttype_type(const wasm_exporttype_t* t) {
  return ask(t, "type", [&] { return t->type.get(); });
}

}  // extern "C"
