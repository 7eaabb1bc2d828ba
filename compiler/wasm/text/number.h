// Number literals of the text format.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace wjit::wasm::text {

// [+-] decimal or 0x hexadecimal, digits may be grouped by single underscores. The result is the value's low
// `bits` bits; both the signed and the unsigned range of that width are accepted. None: no such literal, or
// out of range.
std::optional<uint64_t> parse_int(std::string_view text, unsigned bits);

// What a float result may be besides one exact bit pattern.
enum class NanPattern : uint8_t { kNone, kCanonical, kArithmetic };

struct FloatLiteral {
  uint64_t bits = 0;  // IEEE 754, in the low 32 or 64 bits; 0 for a pattern
  NanPattern nan = NanPattern::kNone;
};

// Decimal and hexadecimal floats, integers, inf, nan, nan:0xPAYLOAD, each with an optional sign, correctly
// rounded; and nan:canonical, nan:arithmetic (without a sign) where `patterns` allows them. `bits` is 32
// or 64. A finite literal that rounds to infinity is out of range.
std::optional<FloatLiteral> parse_float(std::string_view text, unsigned bits, bool patterns);

}  // namespace wjit::wasm::text
