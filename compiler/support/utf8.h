#pragma once
#include <cstdint>
#include <span>
#include <string_view>

namespace wjit {

// Whether the bytes are UTF-8 as the Unicode standard has it: shortest forms, no surrogates, at most
// U+10FFFF.
bool is_utf8(std::span<const uint8_t> bytes);

inline std::string_view as_text(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace wjit
