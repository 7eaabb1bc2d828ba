#include <algorithm>

#include "runtime/instance.h"
#include "runtime/instantiate.h"
#include "runtime/libcalls.h"
#include "runtime/polled.h"

namespace wjit::rt {

namespace {

using vm::TrapCode;

bool in_bounds(uint64_t at, uint64_t length, uint64_t size) { return at <= size && length <= size - at; }

// A table as its owner has it: the owner's index is the one its initialisers go by.
struct Place {
  Instance* owner;
  uint32_t index;
  Table& table() const { return owner->defined_table(index); }
};
Place place(vm::VMContext* vmctx, uint32_t table) {
  auto [owner, index] = Instance::from_vmctx(vmctx)->table_owner(table);
  return {owner, index};
}

}  // namespace

uint64_t table_size(vm::VMContext* vmctx, uint32_t table) {
  return Instance::from_vmctx(vmctx)->table(table)->current_elements;
}

TrapCode table_get(vm::VMContext* vmctx, uint32_t table, uint64_t index, uint64_t* out) {
  const Place p = place(vmctx, table);
  if (index >= p.table().size()) return TrapCode::kTableOutOfBounds;
  *out = p.owner->table_slot(p.index, index);
  return TrapCode::kNone;
}

TrapCode table_set(vm::VMContext* vmctx, uint32_t table, uint64_t index, uint64_t ref) {
  Table& t = place(vmctx, table).table();
  if (index >= t.size()) return TrapCode::kTableOutOfBounds;
  t.words()[index] = t.encode(ref);
  return TrapCode::kNone;
}

vm::VMFuncRef* table_get_lazy(vm::VMContext* vmctx, uint32_t table, uint64_t index) {
  const Place p = place(vmctx, table);
  return reinterpret_cast<vm::VMFuncRef*>(p.owner->table_slot(p.index, index));
}

uint64_t table_grow(vm::VMContext* vmctx, uint32_t table, uint64_t delta, uint64_t init_ref) {
  const Place p = place(vmctx, table);
  return polled_growth(*p.owner->store, [&] { return p.owner->grow_table(p.index, delta, init_ref); });
}

TrapCode table_fill(vm::VMContext* vmctx, uint32_t table, uint64_t dst, uint64_t ref, uint64_t length) {
  return polled(*Instance::from_vmctx(vmctx)->store, [&] {
    Table& t = place(vmctx, table).table();
    if (!in_bounds(dst, length, t.size())) return TrapCode::kTableOutOfBounds;
    std::fill_n(t.words() + dst, length, t.encode(ref));
    return TrapCode::kNone;
  });
}

TrapCode table_copy(vm::VMContext* vmctx, uint32_t dst_table, uint32_t src_table, uint64_t dst, uint64_t src,
                    uint64_t length) {
  return polled(*Instance::from_vmctx(vmctx)->store, [&] {
    const Place to = place(vmctx, dst_table), from = place(vmctx, src_table);
    Table& t = to.table();
    if (!in_bounds(dst, length, t.size()) || !in_bounds(src, length, from.table().size()))
      return TrapCode::kTableOutOfBounds;
    auto copy_one = [&](uint64_t i) { t.words()[dst + i] = t.encode(from.owner->table_slot(from.index, src + i)); };
    if (dst <= src) {
      for (uint64_t i = 0; i < length; ++i) copy_one(i);
    } else {
      for (uint64_t i = length; i-- > 0;) copy_one(i);
    }
    return TrapCode::kNone;
  });
}

TrapCode table_init(vm::VMContext* vmctx, uint32_t table, uint32_t segment, uint64_t dst, uint32_t src,
                    uint32_t length) {
  Instance* instance = Instance::from_vmctx(vmctx);
  return polled(*instance->store, [&] {
    Table& t = place(vmctx, table).table();
    const wasm::ElementSegment& elements = instance->wasm().elements[segment];
    const uint64_t size = instance->elem_dropped(segment) ? 0 : elements.size();
    if (!in_bounds(dst, length, t.size()) || !in_bounds(src, length, size)) return TrapCode::kTableOutOfBounds;
    for (uint32_t i = 0; i < length; ++i) t.words()[dst + i] = t.encode(element_value(*instance, elements, src + i));
    return TrapCode::kNone;
  });
}

void elem_drop(vm::VMContext* vmctx, uint32_t segment) {
  Instance::from_vmctx(vmctx)->dropped_elems[segment] = true;
}

vm::VMFuncRef* ref_func(vm::VMContext* vmctx, uint32_t func_index) {
  return Instance::from_vmctx(vmctx)->func_ref(func_index);
}

}  // namespace wjit::rt
