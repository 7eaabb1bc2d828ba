// ExnRef of the public API, and traps that are exceptions.
#include "runtime/exception.h"
#include "runtime/extern_access.h"
#include "runtime/func.h"
#include "runtime/interp/values.h"
#include "runtime/store.h"
#include "runtime/trap_access.h"
#include "wjit/wjit.hpp"

namespace wjit {

namespace {

std::span<const wasm::ValType> field_types(rt::Store& store, const vm::VMTagDefinition* tag) {
  return (*store.engine().registry)[tag->type_index.bits()].func().params;
}

}  // namespace

Result<ExnRef> ExnRef::create(Store::Context cx, const Tag& tag, std::span<const Val> fields) {
  rt::Store& store = cx.impl();
  const auto item = std::get<rt::ExternTag>(ExternAccess::refs(Extern(tag)));
  if (!item.def) return Error(ErrorKind::kUsage, "exception: the tag is an empty handle");
  if (item.store != &store) return Error(ErrorKind::kUsage, "exception: the tag belongs to another store");
  const auto types = field_types(store, item.def);
  if (fields.size() != types.size())
    return Error(ErrorKind::kUsage, "exception: the tag has " + std::to_string(types.size()) + " fields; " +
                                        std::to_string(fields.size()) + " were given");
  store.collect_externs_if_due();
  std::vector<vm::ValRaw> raw(fields.size());
  bool refers = false;
  for (size_t i = 0; i < fields.size(); ++i) {
    auto stored = rt::to_raw(store, fields[i], types[i], "field " + std::to_string(i + 1), &raw[i]);
    if (!stored) return std::move(stored).error();
    refers |= types[i].is_ref();
  }
  std::vector<uint64_t> cells(rt::cell_count(types));
  rt::raw_to_cells(types.data(), types.size(), raw.data(), cells.data());
  ExnRef made;
  made.impl_ = rt::Exception::make(store, item.def, cells);
  // One without references that wasm never sees is its holder's alone. Others keep alive what they refer to.
  if (refers) store.exceptions.keep(*made.impl_);
  return made;
}

Tag ExnRef::tag(Store::Context cx) const {
  if (!impl_ || impl_->store_id != cx.impl().id()) return Tag();
  return std::get<Tag>(ExternAccess::to_handle(rt::ExternTag{impl_->tag, &cx.impl()}));
}

std::vector<Val> ExnRef::fields(Store::Context cx) const {
  std::vector<Val> values;
  rt::Store& store = cx.impl();
  if (!impl_ || impl_->store_id != store.id()) return values;
  const uint64_t* cell = impl_->cells().data();
  for (wasm::ValType t : impl_->types) {
    vm::ValRaw raw;
    cell += rt::cells_to_raw(&t, 1, const_cast<uint64_t*>(cell), &raw) - cell;
    values.push_back(rt::from_raw(store, raw, t));
  }
  return values;
}

Trap Trap::exception(const ExnRef& thrown) {
  if (!thrown.impl_) return rt::make_trap(vm::TrapCode::kNullExceptionReference);
  return rt::exception_trap(*thrown.impl_);
}

ExnRef Trap::thrown() const {
  ExnRef e;
  e.impl_ = exception_;
  return e;
}

}  // namespace wjit
