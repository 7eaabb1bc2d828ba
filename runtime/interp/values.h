// Between the interpreter's 64-bit cells and the array convention.
#pragma once
#include <cstdint>
#include <cstring>
#include <span>

#include "compiler/wasm/types.h"
#include "vmcontext/vm_types.h"

namespace wjit::rt {

// Returns the cell behind the last. All 16 bytes of each value are written.
inline uint64_t* cells_to_raw(const wasm::ValType* types, size_t n, uint64_t* cells, vm::ValRaw* raw) {
  for (size_t i = 0; i < n; ++i) {
    const uint64_t low = *cells++, high = types[i].kind() == wasm::ValKind::kV128 ? *cells++ : 0;
    std::memcpy(static_cast<void*>(&raw[i]), &low, 8);
    std::memcpy(reinterpret_cast<char*>(&raw[i]) + 8, &high, 8);
  }
  return cells;
}

// Likewise. What is above 32 bits of an i32 or f32 is cleared.
inline uint64_t* raw_to_cells(const wasm::ValType* types, size_t n, const vm::ValRaw* raw, uint64_t* cells) {
  for (size_t i = 0; i < n; ++i) {
    std::memcpy(cells, &raw[i], 8);
    const wasm::ValKind k = types[i].kind();
    if (k == wasm::ValKind::kI32 || k == wasm::ValKind::kF32) *cells = uint32_t(*cells);
    ++cells;
    if (k == wasm::ValKind::kV128) std::memcpy(cells++, reinterpret_cast<const char*>(&raw[i]) + 8, 8);
  }
  return cells;
}

inline uint32_t cell_count(std::span<const wasm::ValType> types) {
  uint32_t n = 0;
  for (wasm::ValType t : types) n += t.cells();
  return n;
}

}  // namespace wjit::rt
