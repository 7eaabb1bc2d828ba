// Appends what the binary format is made of to a byte vector.
#pragma once
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "compiler/wasm/instr.h"

namespace wjit::wasm::text {

class Writer {
 public:
  std::vector<uint8_t> bytes;

  size_t size() const { return bytes.size(); }
  void u8(uint8_t b) { bytes.push_back(b); }
  void u64(uint64_t v) {  // LEB128; a u32 is written the same way
    for (; v >= 0x80; v >>= 7) bytes.push_back(uint8_t(v | 0x80));
    bytes.push_back(uint8_t(v));
  }
  void s64(int64_t v) {
    while (v < -64 || v > 63) {
      bytes.push_back(uint8_t(v | 0x80));
      v >>= 7;
    }
    bytes.push_back(uint8_t(v & 0x7f));
  }
  void fixed(uint64_t v, unsigned size) {
    for (unsigned i = 0; i < size; ++i) bytes.push_back(uint8_t(v >> 8 * i));
  }
  void raw(std::span<const uint8_t> from) { bytes.insert(bytes.end(), from.begin(), from.end()); }
  void raw(std::string_view from) { bytes.insert(bytes.end(), from.begin(), from.end()); }
  void name(std::string_view s) {
    u64(s.size());
    raw(s);
  }
  void opcode(Op op) {
    const OpInfo& row = info(op);
    if (row.prefix) u8(row.prefix);
    row.prefix ? u64(row.code) : u8(uint8_t(row.code));
  }
};

}  // namespace wjit::wasm::text
