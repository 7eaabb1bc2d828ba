// The opcode table as constants, for the readers that must be fast. All others ask info() and find_op().
#pragma once
#include <array>

#include "compiler/wasm/instr.h"

namespace wjit::wasm {

inline constexpr std::array<OpInfo, kOpCount> kOpTable = {{
#define WJIT_OP(id, text, prefix, code, imm, sig, bytes, feature, fuel) \
  OpInfo{text, prefix, code, Imm::imm, sig, bytes, Feature::feature, fuel},
#include "compiler/wasm/opcodes.def"
#undef WJIT_OP
}};

// One row per prefix: kNoPrefix, 0xFB … 0xFE. Codes past the row's size are unknown.
constexpr uint32_t kCodesPerPrefix = 0x120;
constexpr unsigned kPrefixRows = 5;
constexpr unsigned prefix_row(uint8_t prefix) {  // kPrefixRows when it is no prefix
  return prefix == 0 ? 0 : prefix >= 0xFB && prefix <= 0xFE ? prefix - 0xFAu : kPrefixRows;
}

using OpsByCode = std::array<std::array<Op, kCodesPerPrefix>, kPrefixRows>;
consteval OpsByCode make_ops_by_code() {
  OpsByCode table;
  for (auto& row : table) row.fill(Op::kCount);
  for (size_t i = 0; i < kOpCount; ++i) {
    Op& place = table[prefix_row(kOpTable[i].prefix)][kOpTable[i].code];
    if (place != Op::kCount) throw "two rows of opcodes.def have the same code";
    place = Op(i);
  }
  return table;
}
inline constexpr OpsByCode kOpsByCode = make_ops_by_code();

constexpr Op find_op_inline(uint8_t prefix, uint32_t code) {
  const unsigned row = prefix_row(prefix);
  return row < kPrefixRows && code < kCodesPerPrefix ? kOpsByCode[row][code] : Op::kCount;
}

}  // namespace wjit::wasm
