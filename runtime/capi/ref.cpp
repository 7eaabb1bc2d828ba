// References: identity, host info, conversions between names; foreign objects; values that hold references.
#include "runtime/capi/objects.h"
#include "runtime/val_access.h"

using namespace wjit;
using namespace wjit::capi;

namespace wjit::capi {

namespace {

constexpr const char* kNames[] = {"function", "global", "table", "memory", "tag", "instance", "trap", "module",
                                  "foreign object", "exception"};
static_assert(std::size(kNames) == std::variant_size_v<Payload>);

struct Identity {
  const void* operator()(const Func& f) const { return f.raw(); }
  const void* operator()(const Global& g) const { return ExternAccess::refs(g).def; }
  const void* operator()(const Table& t) const { return ExternAccess::refs(t).def; }
  const void* operator()(const Memory& m) const { return ExternAccess::refs(m).def; }
  const void* operator()(const Tag& t) const { return std::get<rt::ExternTag>(ExternAccess::refs(Extern(t))).def; }
  const void* operator()(const Instance& i) const { return i.raw(); }
  const void* operator()(const ExternRef& e) const { return e.data(); }
  const void* operator()(const ExnRef& e) const { return ValAccess::exception(e); }
  template <class T>
  const void* operator()(const std::shared_ptr<T>& p) const {
    return p.get();
  }
};

// The host info of an object, made if need be; null: none, and not to be made.
HostInfo* info_of(const wasm_ref_t& r, bool make) {
  if (is_immortal(&r)) return nullptr;
  if (auto* trap = std::get_if<std::shared_ptr<TrapState>>(&r.payload)) return &(*trap)->info;
  if (auto* module = std::get_if<std::shared_ptr<ModuleState>>(&r.payload)) return &(*module)->info;
  if (auto* foreign = std::get_if<ExternRef>(&r.payload)) {
    auto* info = std::any_cast<std::shared_ptr<HostInfo>>(foreign->data());
    return info ? info->get() : nullptr;
  }
  if (std::holds_alternative<ExnRef>(r.payload)) return nullptr;  // it may end before its store
  wasm_store_t* store = r.store.get();
  if (!store->store) return nullptr;
  if (make) return &store->infos[identity(r.payload)];
  auto it = store->infos.find(identity(r.payload));
  return it == store->infos.end() ? nullptr : &it->second;
}

wasm_ref_t* copy_ref(const wasm_ref_t* r) {
  return border<wasm_ref_t*>(nullptr, [&] {
    if (is_immortal(r)) return const_cast<wasm_ref_t*>(r);
    return new wasm_ref_t(not_null(r, "reference"));
  });
}
void delete_ref(wasm_ref_t* r) {
  if (!is_immortal(r)) delete r;
}
bool same(const wasm_ref_t* a, const wasm_ref_t* b) {
  if (!a || !b) return a == b;
  return a->payload.index() == b->payload.index() && identity(a->payload) == identity(b->payload);
}
void* host_info(const wasm_ref_t* r) {
  if (!r) return set_last_null("reference"), nullptr;
  HostInfo* info = info_of(*r, false);
  return info ? info->data() : nullptr;
}
void set_host_info(wasm_ref_t* r, void* data, void (*finalizer)(void*)) {
  border_void([&] {
    HostInfo* info = info_of(not_null(r, "reference"), true);
    if (!info) refuse(std::string("host info of a ") + name_of(r->payload) + " that has none to set");
    *info = HostInfo(data, finalizer);
  });
}

template <class T>
wasm_ref_t* if_is(wasm_ref_t* r) {
  return r && std::holds_alternative<T>(r->payload) ? r : nullptr;
}
template <class T>
const wasm_ref_t* if_is(const wasm_ref_t* r) {
  return r && std::holds_alternative<T>(r->payload) ? r : nullptr;
}
struct AnyExtern {};
template <>
wasm_ref_t* if_is<AnyExtern>(wasm_ref_t* r) {
  return r && r->payload.index() <= Payload(Tag()).index() ? r : nullptr;
}
template <>
const wasm_ref_t* if_is<AnyExtern>(const wasm_ref_t* r) {
  return if_is<AnyExtern>(const_cast<wasm_ref_t*>(r));
}

Payload from_extern_ref(const ExternRef& value) {
  // A handle that was given where an externref is expected comes back as what it was.
  if (auto* wrapped = std::any_cast<Payload>(value.data())) return *wrapped;
  return value;
}

bool is_ref_kind(wasm_valkind_t kind) { return kind >= WASM_EXTERNREF; }

}  // namespace

wasm_store_t& live(const wasm_ref_t* handle, const char* what) {
  if (!handle) refuse(std::string(what) + " is NULL");
  if (!handle->store.get() || !handle->store.get()->store) refuse(std::string(what) + " belongs to a deleted store");
  return *handle->store.get();
}

const void* identity(const Payload& payload) { return std::visit(Identity(), payload); }
const char* name_of(const Payload& payload) { return kNames[payload.index()]; }

std::optional<Extern> to_extern(const Payload& payload) {
  return std::visit(
      [](const auto& p) -> std::optional<Extern> {
        if constexpr (std::is_constructible_v<Extern, decltype(p)>)
          return Extern(p);
        else
          return std::nullopt;
      },
      payload);
}
Payload from_extern(const Extern& item) {
  return std::visit([](const auto& e) { return Payload(e); }, item);
}

// ---- values ----

Val ref_to_val(wasm_store_t& store, const wasm_ref_t* handle, const ValType& expected, const char* what) {
  if (!handle) return Val::null(expected.kind < ValKind::kFuncRef ? ValKind::kExternRef : expected.kind);
  if (&live(handle, what) != &store) refuse(std::string(what) + ": a reference of another store");
  if (expected.kind == ValKind::kFuncRef) {
    if (auto* f = std::get_if<Func>(&handle->payload)) return Val(*f);
    refuse(std::string(what) + ": found a " + name_of(handle->payload) + ", expected " + expected.to_string());
  }
  if (expected.kind == ValKind::kExnRef) {
    if (auto* e = std::get_if<ExnRef>(&handle->payload)) return Val(*e);
    refuse(std::string(what) + ": found a " + name_of(handle->payload) + ", expected " + expected.to_string());
  }
  if (expected.kind == ValKind::kAnyRef)
    refuse(std::string(what) + ": found a " + name_of(handle->payload) + ", expected " + expected.to_string() +
           ", of which C knows only null");
  if (auto* foreign = std::get_if<ExternRef>(&handle->payload)) return Val(*foreign);
  return Val(ExternRef(std::any(handle->payload)));
}

Val to_val(wasm_store_t& store, const wjit_val_t& value, const ValType& expected, const char* what) {
  switch (value.kind) {
    case WASM_I32:
      return Val(value.of.i32);
    case WASM_I64:
      return Val(value.of.i64);
    case WASM_F32: {
      uint32_t bits;
      std::memcpy(&bits, &value.of, sizeof bits);
      return Val::f32_bits(bits);
    }
    case WASM_F64: {
      uint64_t bits;
      std::memcpy(&bits, &value.of, sizeof bits);
      return Val::f64_bits(bits);
    }
    case WJIT_V128: {
      V128 v;
      std::memcpy(v.bytes.data(), value.of.v128, 16);
      return Val(v);
    }
    case WASM_EXTERNREF:
    case WASM_FUNCREF:
    case WJIT_ANYREF:
    case WJIT_EXNREF:
      return ref_to_val(store, value.of.ref, expected, what);
  }
  refuse(std::string(what) + ": " + std::to_string(value.kind) + " is no kind of value");
}

wjit_val_t from_val(wasm_store_t& store, const Val& value) {
  wjit_val_t v{kind_to_c(value.kind()), {}};
  switch (value.kind()) {
    case ValKind::kI32:
      v.of.i32 = value.i32();
      break;
    case ValKind::kI64:
      v.of.i64 = value.i64();
      break;
    case ValKind::kF32: {
      const uint32_t bits = value.f32_bits();
      std::memcpy(&v.of, &bits, sizeof bits);
      break;
    }
    case ValKind::kF64: {
      const uint64_t bits = value.f64_bits();
      std::memcpy(&v.of, &bits, sizeof bits);
      break;
    }
    case ValKind::kV128:
      std::memcpy(v.of.v128, value.v128().bytes.data(), 16);
      break;
    case ValKind::kFuncRef:
      if (auto f = value.funcref()) v.of.ref = new_ref<wasm_ref_t>(&store, *f);
      break;
    case ValKind::kExternRef:
      if (!value.is_null_ref()) v.of.ref = new_ref<wasm_ref_t>(&store, from_extern_ref(value.externref()));
      break;
    case ValKind::kExnRef:
      if (!value.is_null_ref()) v.of.ref = new_ref<wasm_ref_t>(&store, value.exnref());
      break;
    case ValKind::kAnyRef:
      if (!value.is_null_ref()) refuse(std::string("a value of type ") + to_string(value.kind()) + ", of which C knows only null");
      break;
  }
  return v;
}

static_assert(offsetof(wasm_val_t, of) == offsetof(wjit_val_t, of), "one is the beginning of the other");

wjit_val_t widen(const wasm_val_t& value) {
  if (value.kind == WJIT_V128) refuse("wasm_val_t has no room for a v128: wjit_val_t has, with wjit_func_call");
  wjit_val_t v{value.kind, {}};
  std::memcpy(&v.of, &value.of, sizeof value.of);
  return v;
}
wasm_val_t narrow(const wjit_val_t& value) {
  if (value.kind == WJIT_V128) refuse("wasm_val_t has no room for a v128: wjit_val_t has, with wjit_func_call");
  wasm_val_t v{value.kind, {}};
  std::memcpy(&v.of, &value.of, sizeof v.of);
  return v;
}

bool copy_val(wasm_val_t* out, const wasm_val_t& value) {
  wasm_val_t copy = value;
  if (is_ref_kind(copy.kind) && copy.of.ref && !(copy.of.ref = copy_ref(copy.of.ref))) {
    *out = WASM_INIT_VAL;
    return false;
  }
  *out = copy;
  return true;
}

std::span<const wjit_val_t> vals(const wjit_val_t* data, size_t count, const char* what) {
  if (!data && count) refuse(std::string(what) + " is NULL");
  return {data, count};
}

}  // namespace wjit::capi

extern "C" {

void wasm_val_delete(wasm_val_t* v) {
  if (!v || !is_ref_kind(v->kind)) return;
  delete_ref(v->of.ref);
  v->of.ref = nullptr;
}
void wasm_val_copy(wasm_val_t* out, const wasm_val_t* v) {
  if (!v) {
    *out = WASM_INIT_VAL;
    return set_last_null("value");
  }
  copy_val(out, *v);
}
void wjit_val_delete(wjit_val_t* v) {
  if (!v || !is_ref_kind(v->kind)) return;
  delete_ref(v->of.ref);
  v->of.ref = nullptr;
}

#define WJIT_REF_BASE(name)                                                                                          \
  void wasm_##name##_delete(wasm_##name##_t* r) { delete_ref(as<wasm_ref_t>(r)); }                                   \
  wasm_##name##_t* wasm_##name##_copy(const wasm_##name##_t* r) { return as<wasm_##name##_t>(copy_ref(ref(r))); }    \
  bool wasm_##name##_same(const wasm_##name##_t* a, const wasm_##name##_t* b) { return same(ref(a), ref(b)); }       \
  void* wasm_##name##_get_host_info(const wasm_##name##_t* r) { return host_info(ref(r)); }                          \
  void wasm_##name##_set_host_info(wasm_##name##_t* r, void* info) {                                                 \
    set_host_info(as<wasm_ref_t>(r), info, nullptr);                                                                 \
  }                                                                                                                  \
  void wasm_##name##_set_host_info_with_finalizer(wasm_##name##_t* r, void* info, void (*finalizer)(void*)) {        \
    set_host_info(as<wasm_ref_t>(r), info, finalizer);                                                               \
  }
#define WJIT_REF(name, Type)                                                                                         \
  WJIT_REF_BASE(name)                                                                                                \
  wasm_ref_t* wasm_##name##_as_ref(wasm_##name##_t* r) { return as<wasm_ref_t>(r); }                                 \
  const wasm_ref_t* wasm_##name##_as_ref_const(const wasm_##name##_t* r) { return ref(r); }                          \
  wasm_##name##_t* wasm_ref_as_##name(wasm_ref_t* r) { return as<wasm_##name##_t>(if_is<Type>(r)); }                 \
  const wasm_##name##_t* wasm_ref_as_##name##_const(const wasm_ref_t* r) {                                           \
    return as<const wasm_##name##_t>(if_is<Type>(r));                                                                \
  }
#define WJIT_EXTERN(name, Type)                                                                                      \
  WJIT_REF(name, Type)                                                                                               \
  wasm_extern_t* wasm_##name##_as_extern(wasm_##name##_t* r) { return as<wasm_extern_t>(r); }                        \
  const wasm_extern_t* wasm_##name##_as_extern_const(const wasm_##name##_t* r) { return as<const wasm_extern_t>(r); } \
  wasm_##name##_t* wasm_extern_as_##name(wasm_extern_t* r) { return wasm_ref_as_##name(as<wasm_ref_t>(r)); }         \
  const wasm_##name##_t* wasm_extern_as_##name##_const(const wasm_extern_t* r) {                                     \
    return wasm_ref_as_##name##_const(ref(r));                                                                       \
  }

WJIT_REF_BASE(ref)
WJIT_REF(trap, std::shared_ptr<TrapState>)
WJIT_REF(foreign, ExternRef)
WJIT_REF(module, std::shared_ptr<ModuleState>)
WJIT_REF(instance, Instance)
WJIT_REF(extern, AnyExtern)
WJIT_EXTERN(func, Func)
WJIT_EXTERN(global, Global)
WJIT_EXTERN(table, Table)
WJIT_EXTERN(memory, Memory)

wasm_foreign_t* wasm_foreign_new(wasm_store_t* store) {
  return border<wasm_foreign_t*>(nullptr, [&] {
    live(store);
    return new_ref<wasm_foreign_t>(store, ExternRef(std::any(std::make_shared<HostInfo>())));
  });
}

}  // extern "C"
