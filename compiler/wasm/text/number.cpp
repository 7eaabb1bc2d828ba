#include "compiler/wasm/text/number.h"

#include <locale.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string>

namespace wjit::wasm::text {
namespace {

// Strips one sign; true when it was a minus.
bool take_sign(std::string_view& text) {
  if (text.empty() || (text[0] != '+' && text[0] != '-')) return false;
  bool negative = text[0] == '-';
  text.remove_prefix(1);
  return negative;
}

int digit_of(char c, unsigned base) {
  int d = c >= '0' && c <= '9'   ? c - '0'
          : c >= 'a' && c <= 'f' ? c - 'a' + 10
          : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                 : 99;
  return d < static_cast<int>(base) ? d : -1;
}

bool take_hex_prefix(std::string_view& text) {
  if (text.size() < 2 || text[0] != '0' || text[1] != 'x') return false;
  text.remove_prefix(2);
  return true;
}

// Digits of `base` with single underscores between them; none on overflow of 64 bits.
std::optional<uint64_t> parse_magnitude(std::string_view text, unsigned base) {
  uint64_t value = 0;
  bool after_digit = false;
  for (char c : text) {
    if (c == '_') {
      if (!after_digit) return {};
      after_digit = false;
      continue;
    }
    int d = digit_of(c, base);
    if (d < 0 || __builtin_mul_overflow(value, uint64_t{base}, &value) ||
        __builtin_add_overflow(value, static_cast<uint64_t>(d), &value)) {
      return {};
    }
    after_digit = true;
  }
  if (!after_digit) return {};
  return value;
}

// Copies digits [_ digits]… of `base` to `out`; false when there is none or an underscore stands wrong.
bool take_digits(std::string_view& text, unsigned base, std::string& out) {
  bool after_digit = false;
  while (!text.empty()) {
    if (text[0] == '_' && after_digit) {
      after_digit = false;
    } else if (digit_of(text[0], base) >= 0) {
      out.push_back(text[0]);
      after_digit = true;
    } else {
      break;
    }
    text.remove_prefix(1);
  }
  return after_digit;
}

// Checks the grammar and gives the number without underscores, as strtod reads it.
std::optional<std::string> plain_number(std::string_view text) {
  std::string out;
  bool hex = take_hex_prefix(text);
  if (hex) out = "0x";
  unsigned base = hex ? 16 : 10;
  if (!take_digits(text, base, out)) return {};
  if (!text.empty() && text[0] == '.') {
    out.push_back('.');
    text.remove_prefix(1);
    if (!text.empty() && digit_of(text[0], base) >= 0 && !take_digits(text, base, out)) return {};
  }
  if (!text.empty() && (hex ? text[0] == 'p' || text[0] == 'P' : text[0] == 'e' || text[0] == 'E')) {
    out.push_back(text[0]);
    text.remove_prefix(1);
    if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
      out.push_back(text[0]);
      text.remove_prefix(1);
    }
    if (!take_digits(text, 10, out)) return {};
  }
  if (!text.empty()) return {};
  return out;
}

// The host program may have set a locale whose decimal point is a comma.
locale_t c_locale() {
  static const locale_t locale = newlocale(LC_ALL_MASK, "C", nullptr);
  return locale;
}

std::optional<uint64_t> finite_bits(const std::string& number, unsigned bits) {
  if (bits == 32) {
    float f = strtof_l(number.c_str(), nullptr, c_locale());
    if (std::isinf(f)) return {};
    uint32_t raw;
    std::memcpy(&raw, &f, sizeof raw);
    return raw;
  }
  double d = strtod_l(number.c_str(), nullptr, c_locale());
  if (std::isinf(d)) return {};
  uint64_t raw;
  std::memcpy(&raw, &d, sizeof raw);
  return raw;
}

}  // namespace

std::optional<uint64_t> parse_int(std::string_view text, unsigned bits) {
  bool negative = take_sign(text);
  unsigned base = take_hex_prefix(text) ? 16 : 10;
  auto magnitude = parse_magnitude(text, base);
  if (!magnitude) return {};
  uint64_t mask = bits == 64 ? ~uint64_t{0} : (uint64_t{1} << bits) - 1;
  if (negative ? *magnitude > uint64_t{1} << (bits - 1) : *magnitude > mask) return {};
  return (negative ? uint64_t{0} - *magnitude : *magnitude) & mask;
}

std::optional<FloatLiteral> parse_float(std::string_view text, unsigned bits, bool patterns) {
  if (patterns && text == "nan:canonical") return FloatLiteral{0, NanPattern::kCanonical};
  if (patterns && text == "nan:arithmetic") return FloatLiteral{0, NanPattern::kArithmetic};
  unsigned fraction = bits == 32 ? 23 : 52;
  uint64_t infinity = bits == 32 ? uint64_t{0xff} << 23 : uint64_t{0x7ff} << 52;
  uint64_t sign = take_sign(text) ? uint64_t{1} << (bits - 1) : 0;
  if (text == "inf") return FloatLiteral{sign | infinity};
  if (text == "nan") return FloatLiteral{sign | infinity | uint64_t{1} << (fraction - 1)};
  if (text.substr(0, 4) == "nan:") {
    text.remove_prefix(4);
    if (!take_hex_prefix(text)) return {};
    auto payload = parse_magnitude(text, 16);
    if (!payload || *payload == 0 || *payload >> fraction) return {};
    return FloatLiteral{sign | infinity | *payload};
  }
  auto number = plain_number(text);
  if (!number) return {};
  auto magnitude = finite_bits(*number, bits);
  if (!magnitude) return {};
  return FloatLiteral{sign | *magnitude};
}

}  // namespace wjit::wasm::text
