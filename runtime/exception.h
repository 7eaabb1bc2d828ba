// Exceptions of a store, and when one is let go.
//
// A reference to an exception is its address in a cell. Wasm may have one in these places only, for functions that get one
// in their hands stay in the interpreter (compiler/translate refuses them): cells of the interpreter's stacks, globals,
// tables, and the values of other exceptions. The host holds it by a shared_ptr (ExnRef, Val, Trap). So what is alive can be
// found: what the host holds, what globals and tables hold, and what any cell below the end of a stack in use may be taken
// for. That errs on the side of keeping (a number may look like an address, a cell may be one that nothing reads again), by
// no more than one exception for each such cell, and costs those who throw nothing.
//
// It is done where an exception is made, or comes in from the host, when what was made since the last time is as much as
// what was left then, and as the cells that were looked at: so a throw costs constant time on average, and exceptions take at
// most about twice what is needed for those alive, and 256 KiB.
//
// Why not count references: each copy of a cell in the interpreter would have to ask what it copies.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "compiler/wasm/types.h"
#include "vmcontext/vm_types.h"
#include "wjit/wjit.hpp"

namespace wjit::rt {

class Instance;
class Store;

class Exception : public std::enable_shared_from_this<Exception> {
 public:
  // `cells`: the values of the tag's types, as the interpreter has them. Whoever throws: its instance, which knows the tag
  // by this index; null for the host.
  static std::shared_ptr<Exception> make(Store& store, vm::VMTagDefinition* tag, std::span<const uint64_t> cells,
                                         Instance* thrower = nullptr, uint32_t tag_index = 0);

  const uint64_t store_id;  // the tag means something as long as this one is there
  vm::VMTagDefinition* const tag;
  const std::span<const wasm::ValType> types;  // the tag's
  Instance* thrower;  // null when the store has ended
  const uint32_t tag_index;
  std::span<const uint64_t> cells() const { return {more_ ? more_.get() : inline_, count_}; }
  size_t bytes() const { return sizeof *this + 64 + (more_ ? count_ * 8 : 0); }

 private:
  friend class Exceptions;
  const std::shared_ptr<wasm::TypeRegistry> registry_;  // `types` is its
  Exception(Store& store, vm::VMTagDefinition* t, Instance* who, uint32_t index, size_t count);
  size_t count_;
  bool kept_ = false, marked_ = false;
  Exception* next_ = nullptr;  // of those whose values are still to be looked at
  uint64_t inline_[4];
  std::unique_ptr<uint64_t[]> more_;
};

// Those of a store that wasm may hold.
class Exceptions {
 public:
  ~Exceptions();
  void keep(Exception& e);
  bool due() const { return bytes_ > limit_; }
  // The stacks say how far they are in use (Stack::in_use_end).
  void collect(Store& store) noexcept;
  std::span<const std::shared_ptr<Exception>> all() const { return list_; }
  // Values on their way to the host or from it, where wasm may run (the call hook) before anything else holds them.
  class Held {
   public:
    Held(Exceptions& all, std::span<const vm::ValRaw> values) : all_(all), outer_(all.held_), values_(values) { all.held_ = this; }
    ~Held() { all_.held_ = outer_; }
    Held(const Held&) = delete;

   private:
    friend class Exceptions;
    Exceptions& all_;
    const Held* const outer_;
    const std::span<const vm::ValRaw> values_;
  };

 private:
  static constexpr size_t kLeast = 256 << 10;
  Exception* find(uint64_t word) const;
  void mark(Exception* e);
  void mark_roots(Store& store);

  std::vector<std::shared_ptr<Exception>> list_;  // by address while they are collected
  size_t bytes_ = 0, limit_ = kLeast;
  size_t looked_at_ = 0;       // cells, this time
  Exception* marked_ = nullptr;  // list by next_
  const Held* held_ = nullptr;
};

// "uncaught exception …": the trap that an exception is to the host, with the tag and the values in its message.
wjit::Trap exception_trap(Exception& e);

}  // namespace wjit::rt
