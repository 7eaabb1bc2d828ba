// A module while it is being generated, and the bytes of its pieces.
#pragma once
#include <string_view>

#include "tools/fuzz/generate.h"

namespace wjit::fuzz {

inline void put_leb(Bytes& b, uint64_t v) {
  do {
    b.push_back(uint8_t((v & 0x7f) | (v > 0x7f ? 0x80 : 0)));
    v >>= 7;
  } while (v);
}
inline void put_sleb(Bytes& b, int64_t v) {
  for (;;) {
    const uint8_t low = v & 0x7f;
    v >>= 7;
    const bool last = (v == 0 && !(low & 0x40)) || (v == -1 && (low & 0x40));
    b.push_back(last ? low : low | 0x80);
    if (last) return;
  }
}
inline void put_bytes(Bytes& b, const Bytes& more) { b.insert(b.end(), more.begin(), more.end()); }
inline void put_fixed(Bytes& b, uint64_t v, unsigned bytes) {
  for (unsigned i = 0; i < bytes; ++i) b.push_back(uint8_t(v >> 8 * i));
}
inline void put_name(Bytes& b, std::string_view s) {
  put_leb(b, s.size());
  b.insert(b.end(), s.begin(), s.end());
}
inline void put_type(Bytes& b, Type t) {
  b.push_back(t.code);
  if (t.code == kRefNull) put_sleb(b, t.index);
}

struct MemoryState {
  bool is64;
  uint32_t min, max;
  bool shared = false;
};
struct TableState {
  Type element;
  bool is64;
  uint32_t min, max;
};
struct GlobalState {
  Type type;
  bool is_mutable;
};
struct ElemState {
  Type element;
  uint32_t size;
};
struct FuncState {
  uint32_t type;
};
struct Slot {  // what a table holds at first, as far as we know
  uint32_t table, index, func;
};

struct ModuleState {
  std::vector<FuncType> types;
  std::vector<FuncState> funcs;
  std::vector<MemoryState> memories;
  std::vector<TableState> tables;
  std::vector<GlobalState> globals;
  std::vector<uint32_t> tags;  // types
  std::vector<uint32_t> data;  // sizes
  std::vector<ElemState> elems;
  std::vector<Slot> slots;
  uint32_t imported_funcs = 0, imported_memories = 0, imported_tables = 0, imported_globals = 0;

  uint32_t type_index(const FuncType& t) {
    for (uint32_t i = 0; i < types.size(); ++i)
      if (types[i] == t) return i;
    types.push_back(t);
    return uint32_t(types.size() - 1);
  }
  const FuncType& type_of(uint32_t func) const { return types[funcs[func].type]; }
};

// The body of one function, with size and locals: an entry of the code section.
Bytes generate_body(Choices& choices, const Options& options, ModuleState& module, uint32_t func);
// A constant of type t, as an instruction. References are null.
void put_const(Bytes& b, Choices& choices, Type t);

}  // namespace wjit::fuzz
