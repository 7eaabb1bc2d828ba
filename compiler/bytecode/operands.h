// The translator's picture of wasm's operand stack: where each value is while code is being made. A value is in its
// home (the temporary cell that belongs to its place on the stack), still in the local it was read from, or a constant.
// Reading a local or pushing a constant therefore makes no code; what must be in its home is put there on demand.
//
// Invariants
//  * An entry at stack position p (in cells) has the home temp_base + p, and no other entry shares it.
//  * While a local has readers on the stack it is not written: preserve_local first moves them home.
//  * When a block begins no entry reads a local (flush_locals): code inside may write the local on one path only.
//    Entries below first_unflushed_ never read locals, which keeps flushing linear overall.
#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

namespace wjit::bc {

struct Operand {
  enum Kind : uint8_t { kTemp, kLocal, kConst } kind;
  uint8_t cells;         // 1, or 2 for v128
  uint32_t cell;         // position in cells
  uint32_t local = 0;    // kLocal
  uint32_t next = 0;     // kLocal: 1 + index of the next lower reader of the same local
  uint64_t value = 0;    // kConst, zero-extended
};

class OperandStack {
 public:
  void reset(size_t locals) {
    entries_.clear();
    readers_.assign(locals, 0);
    cells_ = max_cells_ = first_unflushed_ = 0;
  }
  uint32_t size() const { return uint32_t(entries_.size()); }
  uint32_t cells() const { return cells_; }
  uint32_t max_cells() const { return max_cells_; }
  const Operand& operator[](uint32_t i) const { return entries_[i]; }
  const Operand& top(uint32_t depth = 0) const { return entries_[entries_.size() - 1 - depth]; }

  void reserve(uint32_t cells) { max_cells_ = std::max(max_cells_, cells_ + cells); }  // room above the top
  void push_again(const Operand& e) {  // what pop just returned
    if (e.kind == Operand::kLocal) return push_local(e.local, e.cells);
    push(e);
  }
  void push_temp(uint32_t cells) { push({Operand::kTemp, uint8_t(cells), cells_}); }
  void push_const(uint64_t value) { push({.kind = Operand::kConst, .cells = 1, .cell = cells_, .value = value}); }
  void push_local(uint32_t local, uint32_t cells) {
    push({.kind = Operand::kLocal, .cells = uint8_t(cells), .cell = cells_, .local = local, .next = readers_[local]});
    readers_[local] = size();
  }
  Operand pop() {
    Operand e = entries_.back();
    if (e.kind == Operand::kLocal) readers_[e.local] = e.next;
    entries_.pop_back();
    cells_ = e.cell;
    if (first_unflushed_ > size()) first_unflushed_ = size();
    return e;
  }
  void truncate(uint32_t entries) {
    while (size() > entries) pop();
  }
  bool has_readers(uint32_t local) const { return readers_[local] != 0; }
  // Calls move(entry) for every reader of `local`, which is then at home.
  template <class Move>
  void preserve_local(uint32_t local, Move&& move) {
    for (uint32_t i = readers_[local]; i != 0;) {
      Operand& e = entries_[i - 1];
      i = e.next;
      move(e);
      e.kind = Operand::kTemp;
    }
    readers_[local] = 0;
  }
  // Calls move(entry) for every entry that reads a local, bottom up.
  template <class Move>
  void flush_locals(Move&& move) {
    for (uint32_t i = first_unflushed_; i < size(); ++i) {
      Operand& e = entries_[i];
      if (e.kind != Operand::kLocal) continue;
      readers_[e.local] = 0;
      move(e);
      e.kind = Operand::kTemp;
    }
    first_unflushed_ = size();
  }
  // Calls move(entry) for each of the top `n` that is not at home, bottom up.
  template <class Move>
  void send_home(uint32_t n, Move&& move) {
    for (uint32_t i = size(); i-- > size() - n;)
      if (entries_[i].kind == Operand::kLocal) readers_[entries_[i].local] = entries_[i].next;
    for (uint32_t i = size() - n; i < size(); ++i) {
      if (entries_[i].kind == Operand::kTemp) continue;
      move(entries_[i]);
      entries_[i].kind = Operand::kTemp;
    }
  }

 private:
  void push(Operand e) {
    entries_.push_back(e);
    cells_ += e.cells;
    if (cells_ > max_cells_) max_cells_ = cells_;
  }
  std::vector<Operand> entries_;
  std::vector<uint32_t> readers_;  // per local: 1 + index of its topmost reader, or 0
  uint32_t cells_ = 0, max_cells_ = 0, first_unflushed_ = 0;
};

}  // namespace wjit::bc
