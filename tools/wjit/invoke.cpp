#include "tools/wjit/invoke.h"

#include <fmt/format.h>

#include <cmath>

#include "tools/wast/number.h"

namespace wjit::cli {
namespace {

std::optional<V128> parse_vector(const std::string& text) {
  if (!text.starts_with("0x") || text.size() < 3 || text.size() > 34) return {};
  V128 v;
  // From the lowest digit: byte 0 is the least significant.
  for (size_t i = 0; i < text.size() - 2; ++i) {
    auto digit = wast::parse_int("0x" + text.substr(text.size() - 1 - i, 1), 8);
    if (!digit) return {};
    v.bytes[i / 2] |= static_cast<uint8_t>(*digit << (i % 2 * 4));
  }
  return v;
}

std::string print_float(double d, bool negative, uint64_t fraction, std::string digits) {
  if (std::isnan(d)) return fmt::format("{}nan:0x{:x}", negative ? "-" : "", fraction);
  return digits;
}

}  // namespace

Result<Val> parse_value(const ValType& type, const std::string& text) {
  switch (type.kind) {
    case ValKind::kI32:
      if (auto i = wast::parse_int(text, 32)) return Val(static_cast<uint32_t>(*i));
      break;
    case ValKind::kI64:
      if (auto i = wast::parse_int(text, 64)) return Val(*i);
      break;
    case ValKind::kF32:
      if (auto f = wast::parse_float(text, 32, false)) return Val::f32_bits(static_cast<uint32_t>(f->bits));
      break;
    case ValKind::kF64:
      if (auto f = wast::parse_float(text, 64, false)) return Val::f64_bits(f->bits);
      break;
    case ValKind::kV128:
      if (auto v = parse_vector(text)) return Val(*v);
      break;
    default:
      if (text == "null") return Val::null(type.kind);
      return Error(ErrorKind::kUsage,
                   fmt::format("found '{}', expected 'null': no other value of type {} can be "
                               "written here",
                               text, type.to_string()));
  }
  return Error(ErrorKind::kUsage,
               fmt::format("found '{}', expected a value of type {}", text, type.to_string()));
}

std::string print_value(const Val& v) {
  switch (v.kind()) {
    case ValKind::kI32:
      return std::to_string(v.i32());
    case ValKind::kI64:
      return std::to_string(v.i64());
    case ValKind::kF32:
      return print_float(v.f32(), v.f32_bits() >> 31, v.f32_bits() & 0x7f'ffff, fmt::format("{}", v.f32()));
    case ValKind::kF64:
      return print_float(v.f64(), v.f64_bits() >> 63, v.f64_bits() & 0xf'ffff'ffff'ffff,
                         fmt::format("{}", v.f64()));
    case ValKind::kV128: {
      std::string out = "0x";
      V128 vector = v.v128();
      for (size_t i = 16; i-- > 0;) out += fmt::format("{:02x}", vector.bytes[i]);
      return out;
    }
    default:
      break;
  }
  return v.is_null_ref() ? "null" : wjit::to_string(v.kind());
}

}  // namespace wjit::cli
