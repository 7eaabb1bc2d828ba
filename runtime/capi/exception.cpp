// Tags and exceptions.
#include "runtime/capi/objects.h"

using namespace wjit;
using namespace wjit::capi;

namespace {

const ExnRef& exn_of(const wjit_exn_t* e) { return get<ExnRef>(e, "exception"); }
wasm_store_t& store_of(const wjit_exn_t* e) { return *ref(e)->store.get(); }

}  // namespace

extern "C" {

wasm_extern_t* wjit_tag_new(wasm_store_t* store, const wasm_functype_t* type) {
  return border<wasm_extern_t*>(nullptr, [&] {
    wasm_store_t& owner = live(store);
    auto tag = Tag::create(context(owner), func_type_from_c(not_null(extern_type(type), "type"), owner.engine));
    if (!tag) refuse(std::move(tag).err());
    return new_ref<wasm_extern_t>(store, tag.ok());
  });
}

void wjit_exn_delete(wjit_exn_t* e) { wasm_ref_delete(as<wasm_ref_t>(e)); }
wjit_exn_t* wjit_exn_copy(const wjit_exn_t* e) { return as<wjit_exn_t>(wasm_ref_copy(ref(e))); }

wjit_error_t* wjit_exn_new(wasm_store_t* store, const wasm_extern_t* tag, const wjit_val_t* fields, size_t field_count,
                           wjit_exn_t** out) {
  *out = nullptr;
  return border_error([&] {
    wasm_store_t& owner = live(store);
    const Tag& t = get<Tag>(tag, "tag");
    const std::vector<ValType> types = t.type(context(owner)).type.params;
    std::vector<Val> values;
    for (const wjit_val_t& v : vals(fields, field_count, "fields"))
      values.push_back(to_val(owner, v, values.size() < types.size() ? types[values.size()] : ValType{ValKind::kExternRef},
                              ("field " + std::to_string(values.size() + 1)).c_str()));
    auto made = ExnRef::create(context(owner), t, values);
    if (!made) refuse(std::move(made).err());
    *out = new_ref<wjit_exn_t>(store, made.ok());
  });
}

wasm_extern_t* wjit_exn_tag(const wjit_exn_t* e) {
  return border<wasm_extern_t*>(nullptr, [&] {
    const ExnRef& exn = exn_of(e);
    return new_ref<wasm_extern_t>(&store_of(e), exn.tag(context(store_of(e))));
  });
}
size_t wjit_exn_field_count(const wjit_exn_t* e) {
  return border<size_t>(0, [&] {
    const ExnRef& exn = exn_of(e);
    return exn.tag(context(store_of(e))).type(context(store_of(e))).type.params.size();
  });
}
bool wjit_exn_field(const wjit_exn_t* e, size_t index, wjit_val_t* out) {
  *out = {};
  return border_void([&] {
    const ExnRef& exn = exn_of(e);
    const std::vector<Val> fields = exn.fields(context(store_of(e)));
    if (index >= fields.size())
      refuse("the exception has " + std::to_string(fields.size()) + " fields; " + std::to_string(index) +
             " was asked for");
    *out = from_val(store_of(e), fields[index]);
  });
}

wasm_ref_t* wjit_exn_as_ref(wjit_exn_t* e) { return as<wasm_ref_t>(e); }
wjit_exn_t* wjit_ref_as_exn(wasm_ref_t* r) {
  return r && std::holds_alternative<ExnRef>(r->payload) ? as<wjit_exn_t>(r) : nullptr;
}

wasm_trap_t* wjit_trap_new_exception(const wjit_exn_t* e) {
  wasm_store_t* store = e ? ref(e)->store.get() : nullptr;
  return border_trap(store, [&] {
    return new_ref<wasm_trap_t>(store, std::make_shared<TrapState>(Trap::exception(exn_of(e))));
  });
}
wjit_exn_t* wjit_trap_exception(const wasm_trap_t* trap) {
  return border<wjit_exn_t*>(nullptr, [&]() -> wjit_exn_t* {
    const auto& state = get<std::shared_ptr<TrapState>>(trap, "trap");
    const ExnRef thrown = state->trap.thrown();
    return thrown.is_null() ? nullptr : new_ref<wjit_exn_t>(ref(trap)->store.get(), thrown);
  });
}

}  // extern "C"
