#include "runtime/table.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "compiler/wasm/limits.h"

namespace wjit::rt {

bool is_func_heap(wasm::ValType type, const wasm::TypeRegistry& registry) {
  if (type.concrete()) return registry[type.type_id()].composite == wasm::Composite::kFunc;
  return type.heap() == wasm::Heap::kFunc || type.heap() == wasm::Heap::kNoFunc;
}

support::Result<Table> Table::create(const wasm::TableType& type, bool lazy) {
  if (type.limits.min > wasm::kMaxTableSize)
    return fail(ErrorKind::kLimit, "table of " + std::to_string(type.limits.min) + " elements: at most " +
                                       std::to_string(wasm::kMaxTableSize));
  Table t(type, lazy);
  if (type.limits.min) {
    // calloc: a large table costs nothing until it is touched.
    t.words_ = static_cast<uint64_t*>(std::calloc(type.limits.min, sizeof(uint64_t)));
    if (!t.words_)
      return fail(ErrorKind::kResource,
                  "no room for a table of " + std::to_string(type.limits.min) + " elements");
    t.size_ = t.capacity_ = type.limits.min;
  }
  return t;
}

Table::Table(Table&& other) noexcept
    : type_(other.type_),
      lazy_(other.lazy_),
      words_(std::exchange(other.words_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      capacity_(std::exchange(other.capacity_, 0)) {}

Table::~Table() { std::free(words_); }

wasm::TableType Table::current_type() const {
  wasm::TableType t = type_;
  t.limits.min = size_;
  return t;
}

std::optional<uint64_t> Table::grow(uint64_t delta, uint64_t init_ref, uint64_t max_by_store) {
  const uint64_t before = size_;
  const uint64_t most = std::min({type_.limits.max, wasm::kMaxTableSize, max_by_store});
  if (delta == 0) return before;
  if (before > most || delta > most - before) return std::nullopt;
  const uint64_t after = before + delta;
  if (after > capacity_) {
    const uint64_t capacity = std::min(std::max(after, capacity_ * 2), wasm::kMaxTableSize);
    void* p = std::realloc(words_, capacity * sizeof(uint64_t));
    if (!p) return std::nullopt;
    words_ = static_cast<uint64_t*>(p);
    capacity_ = capacity;
  }
  std::fill(words_ + before, words_ + after, encode(init_ref));
  size_ = after;
  return before;
}

}  // namespace wjit::rt
