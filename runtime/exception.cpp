#include "runtime/exception.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "runtime/interp/vm.h"
#include "runtime/store.h"
#include "runtime/trap_access.h"

namespace wjit::rt {

Exception::Exception(Store& store, vm::VMTagDefinition* t, Instance* who, uint32_t index, size_t count)
    : store_id(store.id()), tag(t), types((*store.engine().registry)[t->type_index.bits()].func().params), thrower(who),
      tag_index(index), registry_(store.engine().registry), count_(count) {}

// What the host still has is of no store any more.
Exceptions::~Exceptions() {
  for (const auto& e : list_) e->thrower = nullptr;
}

std::shared_ptr<Exception> Exception::make(Store& store, vm::VMTagDefinition* tag, std::span<const uint64_t> cells,
                                           Instance* thrower, uint32_t tag_index) {
  std::shared_ptr<Exception> e(new Exception(store, tag, thrower, tag_index, cells.size()));
  if (cells.size() > std::size(e->inline_)) e->more_ = std::make_unique<uint64_t[]>(cells.size());
  std::copy(cells.begin(), cells.end(), e->more_ ? e->more_.get() : e->inline_);
  return e;
}

void Exceptions::keep(Exception& e) {
  if (e.kept_) return;
  list_.push_back(e.shared_from_this());
  e.kept_ = true;
  bytes_ += e.bytes();
}

static const Exception* address(const std::shared_ptr<Exception>& e) { return e.get(); }

Exception* Exceptions::find(uint64_t word) const {
  auto* const e = reinterpret_cast<Exception*>(word);
  if (e < list_.front().get() || e > list_.back().get()) return nullptr;
  const auto it = std::ranges::lower_bound(list_, e, {}, address);
  return it != list_.end() && it->get() == e ? e : nullptr;
}

void Exceptions::mark(Exception* e) {
  if (!e || e->marked_) return;
  e->marked_ = true;
  e->next_ = std::exchange(marked_, e);
}

void Exceptions::mark_roots(Store& store) {
  const auto look_at = [&](const uint64_t* from, const uint64_t* to) {
    for (; from < to; ++from, ++looked_at_) mark(find(*from));
  };
  for (const auto& e : list_)
    if (e.use_count() > 1) mark(e.get());  // the host's
  for (const Held* h = held_; h; h = h->outer_)
    for (const vm::ValRaw& v : h->values_) mark(find(v.get_u64()));
  if (store.activations)
    for (const Stack* s = store.activations->all(); s; s = s->next()) look_at(s->values_begin(), s->in_use_end());
  const auto holds_exceptions = [](wasm::ValType t) {
    return t.is_ref() && (t.heap() == wasm::Heap::kExn || t.heap() == wasm::Heap::kNoExn);
  };
  for (const InstancePtr& instance : store.instances()) {
    const wasm::Module& m = instance->wasm();
    for (uint32_t i = m.imported_globals; i < m.globals.size(); ++i)
      if (holds_exceptions(m.globals[i].type.type)) mark(find(instance->global(i)->as_u64()));
    looked_at_ += m.globals.size() + 8;
    for (Table& t : instance->tables)
      if (holds_exceptions(t.type().element)) look_at(t.words(), t.words() + t.size());
  }
}

// Nothing here wants memory.
void Exceptions::collect(Store& store) noexcept {
  looked_at_ = 0;
  if (!list_.empty()) {
    std::ranges::sort(list_, {}, address);
    mark_roots(store);
    while (Exception* e = marked_) {
      marked_ = e->next_;
      for (uint64_t word : e->cells()) mark(find(word));
    }
    std::erase_if(list_, [](const std::shared_ptr<Exception>& e) { return !std::exchange(e->marked_, false); });
  }
  bytes_ = 0;
  for (const auto& e : list_) bytes_ += e->bytes();
  limit_ = bytes_ + std::max({kLeast, bytes_, looked_at_});
}

// ---- to the host ----------------------------------------------------------------------------------------------

// By the name that the module of whoever threw it exports or imports it under.
static std::string tag_name(const Exception& e) {
  if (!e.thrower) return "";
  const wasm::Module& m = e.thrower->wasm();
  for (const auto& x : m.exports)
    if (x.kind == wasm::ExternKind::kTag && x.index == e.tag_index) return " " + std::string(x.name);
  for (const auto& x : m.imports)
    if (x.kind == wasm::ExternKind::kTag && x.index == e.tag_index)
      return " " + std::string(x.module) + "." + std::string(x.name);
  return " " + std::to_string(e.tag_index);
}

static std::string value_text(wasm::ValType type, const uint64_t* cell) {
  char text[64] = "";
  float f;
  double d;
  switch (type.kind()) {
    case wasm::ValKind::kI32: return std::to_string(int32_t(uint32_t(*cell)));
    case wasm::ValKind::kI64: return std::to_string(int64_t(*cell));
    case wasm::ValKind::kF32:
      std::memcpy(&f, cell, sizeof f);
      if (f != f) return "nan";
      std::snprintf(text, sizeof text, "%.9g", double(f));
      return text;
    case wasm::ValKind::kF64:
      std::memcpy(&d, cell, sizeof d);
      if (d != d) return "nan";
      std::snprintf(text, sizeof text, "%.17g", d);
      return text;
    case wasm::ValKind::kV128:
      std::snprintf(text, sizeof text, "0x%016llx%016llx", static_cast<unsigned long long>(cell[1]),
                    static_cast<unsigned long long>(cell[0]));
      return text;
    default: return *cell ? "a reference" : "null";
  }
}

wjit::Trap exception_trap(Exception& e) {
  constexpr size_t kMostValues = 16;
  std::string message = std::string(vm::message(vm::TrapCode::kUncaughtException)) + ": tag" + tag_name(e);
  const std::span<const wasm::ValType> types = e.types;
  const uint64_t* cell = e.cells().data();
  for (size_t i = 0; i < types.size(); cell += types[i++].cells()) {
    message += i == 0 ? " (" : ", ";
    if (i == kMostValues) {
      message += "…";
      break;
    }
    message += value_text(types[i], cell);
  }
  if (!types.empty()) message += ")";
  wjit::Trap trap = TrapAccess::make(wjit::Trap::Kind::kException, vm::TrapCode::kUncaughtException, std::move(message));
  TrapAccess::exception(trap) = e.shared_from_this();
  return trap;
}

}  // namespace wjit::rt
