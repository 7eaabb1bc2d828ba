// Memory, Table, Global, Tag, Instance and Caller of the public API.
#include "runtime/extern_access.h"
#include "runtime/instantiate.h"

namespace wjit {

namespace {

rt::Instance* owner_of(vm::VMContext* owner) { return rt::Instance::from_vmctx(owner); }

template <class H>
Result<H> handle(support::Result<rt::Instance*> made, wasm::ExternKind kind) {
  if (!made) return std::move(made).error();
  return std::get<H>(ExternAccess::to_handle((*made)->extern_at(kind, 0)));
}

// What is wrong with using a handle in this store; nothing: it may be used.
std::optional<Error> wrong_handle(const char* what, const void* def, const rt::Store* owner,
                                  const rt::Store& store) {
  if (!def) return Error(ErrorKind::kUsage, std::string("the handle of the ") + what + " is empty");
  if (owner != &store)
    return Error(ErrorKind::kUsage, std::string("the ") + what + " belongs to another store");
  return std::nullopt;
}
const rt::Store* store_of(vm::VMContext* owner) { return owner ? owner_of(owner)->store : nullptr; }

wasm::Limits limits(uint64_t min, std::optional<uint64_t> max) {
  return {min, max.value_or(wasm::Limits::kNoMax)};
}

}  // namespace

Result<Memory> Memory::create(Store::Context cx, const MemoryType& type) {
  auto t = rt::from_api(type);
  if (!t) return std::move(t).error();
  return handle<Memory>(rt::make_host_memory(cx.impl(), *t), wasm::ExternKind::kMemory);
}
MemoryType Memory::type(Store::Context) const {
  if (!def_) return {};
  return rt::to_api(owner_of(owner_)->defined_memory(index_).current_type());
}
std::span<uint8_t> Memory::data(Store::Context) const {
  if (!def_) return {};
  return {def_->base, def_->length()};
}
uint64_t Memory::size(Store::Context) const {
  return def_ ? owner_of(owner_)->defined_memory(index_).pages() : 0;
}
Result<uint64_t> Memory::grow(Store::Context cx, uint64_t delta) const {
  if (auto wrong = wrong_handle("memory", def_, store_of(owner_), cx.impl())) return std::move(*wrong);
  const uint64_t before = owner_of(owner_)->defined_memory(index_).pages();
  if (auto old = owner_of(owner_)->grow_memory(index_, delta)) return *old;
  return Error(ErrorKind::kLimit,
               "memory of " + std::to_string(before) + " pages cannot grow by " + std::to_string(delta));
}

std::optional<SharedMemory> Memory::shared(Store::Context) const {
  if (!def_) return std::nullopt;
  auto shared = owner_of(owner_)->memories[index_].share();
  if (!shared) return std::nullopt;
  return SharedMemory(std::move(shared));
}

Result<Table> Table::create(Store::Context cx, const TableType& type, const Val& init) {
  if (auto known = rt::check_type(type.element, *cx.impl().engine().registry); !known)
    return std::move(known).error();
  wasm::TableType t{rt::from_api(type.element), limits(type.min, type.max), type.is64};
  if (!t.element.is_ref())
    return Error(ErrorKind::kUsage, "table type: " + type.element.to_string() + " is no reference");
  if (type.max && *type.max < type.min)
    return Error(ErrorKind::kUsage, "table type: the maximum is below the minimum");
  vm::ValRaw raw;
  if (auto ok = rt::to_raw(cx.impl(), init, t.element, "initial element", &raw); !ok)
    return std::move(ok).error();
  return handle<Table>(rt::make_host_table(cx.impl(), t, raw.get_u64()), wasm::ExternKind::kTable);
}
TableType Table::type(Store::Context) const {
  if (!def_) return {};
  return rt::to_api(owner_of(owner_)->defined_table(index_).current_type(),
                    *store_of(owner_)->engine().registry);
}
uint64_t Table::size(Store::Context) const { return def_ ? def_->current_elements : 0; }
std::optional<Val> Table::get(Store::Context, uint64_t index) const {
  if (!def_ || index >= def_->current_elements) return std::nullopt;
  const wasm::ValType element = owner_of(owner_)->defined_table(index_).type().element;
  rt::Store& store = *owner_of(owner_)->store;
  return rt::from_raw(store, vm::ValRaw::from_u64(owner_of(owner_)->table_slot(index_, index)), element);
}
Result<Ok> Table::set(Store::Context cx, uint64_t index, const Val& v) const {
  if (auto wrong = wrong_handle("table", def_, store_of(owner_), cx.impl())) return std::move(*wrong);
  rt::Table& t = owner_of(owner_)->defined_table(index_);
  vm::ValRaw raw;
  cx.impl().collect_externs_if_due();
  if (auto ok = rt::to_raw(cx.impl(), v, t.type().element, "table element", &raw); !ok)
    return std::move(ok).error();
  if (index >= t.size())
    return Error(ErrorKind::kUsage,
                 "table index " + std::to_string(index) + " in a table of " + std::to_string(t.size()));
  t.words()[index] = t.encode(raw.get_u64());
  return Ok{};
}
Result<uint64_t> Table::grow(Store::Context cx, uint64_t delta, const Val& init) const {
  if (auto wrong = wrong_handle("table", def_, store_of(owner_), cx.impl())) return std::move(*wrong);
  rt::Instance* owner = owner_of(owner_);
  const rt::Table& t = owner->defined_table(index_);
  vm::ValRaw raw;
  if (auto ok = rt::to_raw(cx.impl(), init, t.type().element, "table element", &raw); !ok)
    return std::move(ok).error();
  const uint64_t before = t.size();
  if (auto old = owner->grow_table(index_, delta, raw.get_u64())) return *old;
  return Error(ErrorKind::kLimit,
               "table of " + std::to_string(before) + " elements cannot grow by " + std::to_string(delta));
}

Result<Global> Global::create(Store::Context cx, const GlobalType& type, const Val& init) {
  if (auto known = rt::check_type(type.content, *cx.impl().engine().registry); !known)
    return std::move(known).error();
  wasm::GlobalType t{rt::from_api(type.content), type.is_mutable};
  vm::ValRaw raw;
  if (auto ok = rt::to_raw(cx.impl(), init, t.type, "initial value", &raw); !ok) return std::move(ok).error();
  return handle<Global>(rt::make_host_global(cx.impl(), t, raw), wasm::ExternKind::kGlobal);
}
GlobalType Global::type(Store::Context) const {
  if (!def_) return {};
  return rt::to_api(ExternAccess::refs(*this).type, *store_->engine().registry);
}
Val Global::get(Store::Context) const {
  if (!def_) return Val();
  return rt::from_raw(*store_, vm::ValRaw::from_v128(def_->as_v128()), wasm::ValType::from_bits(type_bits_));
}
Result<Ok> Global::set(Store::Context cx, const Val& v) const {
  if (auto wrong = wrong_handle("global", def_, store_, cx.impl())) return std::move(*wrong);
  if (!mutable_) return Error(ErrorKind::kUsage, "the global is immutable");
  vm::ValRaw raw;
  cx.impl().collect_externs_if_due();
  if (auto ok = rt::to_raw(cx.impl(), v, wasm::ValType::from_bits(type_bits_), "value of the global", &raw);
      !ok)
    return std::move(ok).error();
  def_->as_v128() = raw.get_v128();
  return Ok{};
}

Result<Tag> Tag::create(Store::Context cx, const FuncType& type) {
  if (!type.results.empty()) return Error(ErrorKind::kUsage, "tag type: a tag has no results");
  auto id = rt::from_api(type, *cx.impl().engine().registry);
  if (!id) return std::move(id).error();
  return handle<Tag>(rt::make_host_tag(cx.impl(), *id), wasm::ExternKind::kTag);
}
TagType Tag::type(Store::Context) const {
  if (!def_) return {};
  const wasm::TypeRegistry& r = *store_->engine().registry;
  return {rt::to_api(r[type_id_].func(), r)};
}

TrapResult<Instance> Instance::create(Store::Context cx, const Module& module,
                                      std::span<const Extern> imports) {
  std::vector<rt::ExternRefs> items;
  for (const Extern& e : imports) {
    if (ExternAccess::is_empty(e))
      return TrapError(
          Error(ErrorKind::kUsage, "import " + std::to_string(items.size()) + " is an empty handle"));
    items.push_back(ExternAccess::refs(e));
  }
  auto made = rt::instantiate(cx.impl(), module.shared(), items);
  if (!made) return std::move(made).err();
  return from_raw(made.ok());
}
std::optional<Extern> Instance::get(Store::Context, std::string_view name) const {
  if (!impl_) return std::nullopt;
  auto item = impl_->find_export(name);
  if (!item) return std::nullopt;
  return ExternAccess::to_handle(*item);
}
std::vector<std::pair<std::string, Extern>> Instance::exports(Store::Context) const {
  std::vector<std::pair<std::string, Extern>> all;
  if (!impl_) return all;
  for (const wasm::Export& e : impl_->wasm().exports)
    all.emplace_back(std::string(e.name), ExternAccess::to_handle(impl_->extern_at(e.kind, e.index)));
  return all;
}

std::optional<Extern> Caller::get_export(std::string_view name) const {
  if (!instance_) return std::nullopt;
  return Instance::from_raw(instance_).get(context(), name);
}
std::any& Caller::data() const { return store_->data; }

}  // namespace wjit
