#include "tools/wjit/invoke.h"

#include <fmt/format.h>

#include <cmath>

#include "tools/wast/number.h"

namespace wjit::cli {
namespace {

struct Shape {
  const char* name;
  unsigned lanes;
  bool is_float;
  unsigned bits() const { return 128 / lanes; }
};
constexpr Shape kShapes[] = {{"i8x16", 16, false}, {"i16x8", 8, false}, {"i32x4", 4, false},
                             {"i64x2", 2, false},  {"f32x4", 4, true},  {"f64x2", 2, true}};

Error wrong(const std::string& text, const std::string& expected) {
  return Error(ErrorKind::kUsage, fmt::format("found '{}', expected {}", text, expected));
}

// 0x and digits, from the lowest: byte 0 is the least significant.
std::optional<V128> parse_digits(const std::string& text) {
  if (text.size() < 3 || text.size() > 34) return {};
  V128 v;
  for (size_t i = 0; i < text.size() - 2; ++i) {
    auto digit = wast::parse_int("0x" + text.substr(text.size() - 1 - i, 1), 8);
    if (!digit) return {};
    v.bytes[i / 2] |= static_cast<uint8_t>(*digit << (i % 2 * 4));
  }
  return v;
}

std::optional<uint64_t> parse_lane(const Shape& shape, const std::string& text) {
  if (!shape.is_float) return wast::parse_int(text, shape.bits());
  auto f = wast::parse_float(text, shape.bits(), false);
  return f ? std::optional<uint64_t>(f->bits) : std::nullopt;
}

Result<V128> parse_lanes(const Shape& shape, const std::string& text, const std::string& whole) {
  V128 v;
  size_t begin = 0;
  for (unsigned lane = 0; lane < shape.lanes; ++lane) {
    size_t end = text.find(',', begin);
    const bool is_last = lane + 1 == shape.lanes;
    if ((end == std::string::npos) != is_last) {
      const size_t found = 1 + static_cast<size_t>(std::count(text.begin(), text.end(), ','));
      return wrong(whole, fmt::format("{} lanes, found {}", shape.lanes, found));
    }
    const std::string item = text.substr(begin, end - begin);
    auto bits = parse_lane(shape, item);
    if (!bits)
      return wrong(whole, fmt::format("for lane {} a value of type {}{}, found '{}'", lane,
                                      shape.is_float ? 'f' : 'i', shape.bits(), item));
    for (unsigned i = 0; i < shape.bits() / 8; ++i)
      v.bytes[lane * shape.bits() / 8 + i] = static_cast<uint8_t>(*bits >> (8 * i));
    begin = end + 1;
  }
  return v;
}

Result<V128> parse_vector(const std::string& text) {
  if (text.starts_with("0x")) {
    if (auto v = parse_digits(text)) return *v;
  }
  const std::string shaped = text.starts_with("v128:") ? text.substr(5) : text;
  for (const Shape& shape : kShapes) {
    const std::string front = std::string(shape.name) + ":";
    if (shaped.starts_with(front)) return parse_lanes(shape, shaped.substr(front.size()), text);
  }
  return wrong(text,
               "a value of type v128: SHAPE:LANE,LANE… with a SHAPE of i8x16, i16x8, i32x4, i64x2, f32x4, "
               "f64x2, or 0x and up to 32 digits");
}

Result<Val> parse_reference(const ValType& type, const std::string& text, const FuncNames& funcs) {
  if (text == "null") return Val::null(type.kind);
  if (type.kind == ValKind::kExternRef) {
    auto n = text.starts_with("extern:") ? wast::parse_int(text.substr(7), 64) : std::nullopt;
    if (n) return Val(ExternRef(std::any(*n)));
    return wrong(text, fmt::format("a value of type {}: 'null' or extern:N", type.to_string()));
  }
  if (type.kind == ValKind::kFuncRef) {
    auto f = text.starts_with("func:") ? funcs.find(text.substr(5)) : std::nullopt;
    if (f) return Val(*f);
    return wrong(text,
                 fmt::format("a value of type {}: 'null' or func:NAME with the name of an exported function",
                             type.to_string()));
  }
  return wrong(text, fmt::format("'null': no other value of type {} can be written here", type.to_string()));
}

std::string print_float(double d, bool negative, uint64_t fraction, std::string digits) {
  if (std::isnan(d)) return fmt::format("{}nan:0x{:x}", negative ? "-" : "", fraction);
  return digits;
}

std::string print_reference(const Val& v, const FuncNames& funcs) {
  if (v.is_null_ref()) return "null";
  if (v.kind() == ValKind::kExternRef) {
    auto* n = std::any_cast<uint64_t>(v.externref().data());
    return n ? fmt::format("extern:{}", *n) : "extern:?";
  }
  if (v.kind() == ValKind::kFuncRef) {
    const std::string name = funcs.name(*v.funcref());
    return "func:" + (name.empty() ? "?" : name);
  }
  return wjit::to_string(v.kind());
}

}  // namespace

Result<Val> parse_value(const ValType& type, const std::string& text, const FuncNames& funcs) {
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
    case ValKind::kV128: {
      auto v = parse_vector(text);
      if (!v) return std::move(v).err();
      return Val(v.ok());
    }
    default:
      return parse_reference(type, text, funcs);
  }
  return wrong(text, fmt::format("a value of type {}", type.to_string()));
}

std::string print_value(const Val& v, const FuncNames& funcs) {
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
      std::string out = "v128:i32x4:";
      const V128 vector = v.v128();
      for (size_t lane = 0; lane < 4; ++lane) {
        uint32_t bits = 0;
        for (size_t i = 4; i-- > 0;) bits = bits << 8 | vector.bytes[lane * 4 + i];
        out += fmt::format("{}0x{:08x}", lane ? "," : "", bits);
      }
      return out;
    }
    default:
      return print_reference(v, funcs);
  }
}

}  // namespace wjit::cli
