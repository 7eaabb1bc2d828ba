// One table: 64-bit words. In tables of functions a word is a lazily initialised slot:
//   0            not made yet: the owner's module knows what belongs here
//   ref | 1      initialised; null is 1
// In all other tables it is the reference itself, null 0. Nobody but SlotWord and the owner's accessor
// (table_slot, instance.h) takes the two apart.
#pragma once
#include <cstdint>
#include <optional>

#include "compiler/support/result.h"
#include "compiler/wasm/types.h"
#include "vmcontext/vm_types.h"

namespace wjit::rt {

struct SlotWord {
  static constexpr uint64_t make(uint64_t ref) { return ref | vm::kTableSlotInitializedBit; }
  static constexpr bool initialised(uint64_t word) { return word & vm::kTableSlotInitializedBit; }
  static constexpr uint64_t ref(uint64_t word) { return word & ~uint64_t{vm::kTableSlotInitializedBit}; }
};

bool is_func_heap(wasm::ValType type, const wasm::TypeRegistry& registry);

class Table {
 public:
  // All slots zero: null, or "not made yet" in a table of functions.
  static support::Result<Table> create(const wasm::TableType& type, bool lazy);
  Table(Table&& other) noexcept;
  Table& operator=(Table&&) = delete;
  ~Table();

  const wasm::TableType& type() const { return type_; }
  wasm::TableType current_type() const;
  uint64_t size() const { return size_; }
  uint64_t* words() { return words_; }
  // Words are SlotWords: the table holds functions.
  bool lazy() const { return lazy_; }

  uint64_t encode(uint64_t ref) const { return lazy_ ? SlotWord::make(ref) : ref; }
  // Elements before, or nothing when refused. New slots are initialised. The words may move.
  std::optional<uint64_t> grow(uint64_t delta, uint64_t init_ref, uint64_t max_by_store);

 private:
  Table(const wasm::TableType& type, bool lazy) : type_(type), lazy_(lazy) {}
  wasm::TableType type_;
  bool lazy_;
  uint64_t* words_ = nullptr;
  uint64_t size_ = 0, capacity_ = 0;
};

}  // namespace wjit::rt
