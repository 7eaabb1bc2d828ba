#include <fmt/format.h>

#include <cstring>

#include "tools/wast/script.h"

namespace wjit::wast {
namespace {

std::string print_float(uint64_t bits, unsigned width, NanPattern nan) {
  if (nan != NanPattern::kNone) return nan == NanPattern::kCanonical ? "nan:canonical" : "nan:arithmetic";
  uint64_t fraction = width == 32 ? 0x7f'ffff : 0xf'ffff'ffff'ffff;
  double d;
  if (width == 32) {
    float f;
    uint32_t low = static_cast<uint32_t>(bits);
    std::memcpy(&f, &low, sizeof f);
    d = f;
  } else {
    std::memcpy(&d, &bits, sizeof d);
  }
  if (d != d) return fmt::format("{}nan:0x{:x}", bits >> (width - 1) ? "-" : "", bits & fraction);
  return fmt::format("{:a}", d);
}

std::string print_vector(const Value& v) {
  const ShapeInfo& shape = shape_info(v.shape);
  std::string out = fmt::format("(v128.const {}", shape.name);
  for (unsigned i = 0; i < shape.lanes; ++i) {
    const FloatLiteral& lane = v.lanes[i];
    out += ' ';
    out += shape.is_float ? print_float(lane.bits, shape.bits, lane.nan) : fmt::format("0x{:x}", lane.bits);
  }
  return out + ')';
}

std::string print_values(const std::vector<Value>& values) {
  std::string out;
  for (const Value& v : values) out += ' ' + to_string(v);
  return out;
}

// " $name" or nothing.
std::string optional(const std::string& name) { return name.empty() ? name : ' ' + name; }

std::string print_subject(const Subject& subject) {
  struct Printer {
    std::string operator()(const ModuleDefinition& m) {
      const auto* text = std::get_if<TextModule>(&m.source);
      const char* form = !text ? " binary" : text->quoted ? " quote" : "";
      return fmt::format("(module{}{}{} …)", m.definition_only ? " definition" : "", optional(m.name), form);
    }
    std::string operator()(const ModuleInstance& m) {
      return fmt::format("(module instance{}{})", optional(m.instance), optional(m.definition));
    }
    std::string operator()(const Registration& r) {
      return fmt::format("(register \"{}\"{})", r.as, optional(r.instance));
    }
    std::string operator()(const Action& a) {
      return fmt::format("({}{} \"{}\"{})", a.is_get ? "get" : "invoke", optional(a.instance), a.name,
                         print_values(a.args));
    }
  };
  return std::visit(Printer{}, subject);
}

}  // namespace

std::string to_string(const Value& v) {
  switch (v.kind) {
    case Value::Kind::kI32:
      return fmt::format("(i32.const 0x{:x})", v.bits);
    case Value::Kind::kI64:
      return fmt::format("(i64.const 0x{:x})", v.bits);
    case Value::Kind::kF32:
      return fmt::format("(f32.const {})", print_float(v.bits, 32, v.nan));
    case Value::Kind::kF64:
      return fmt::format("(f64.const {})", print_float(v.bits, 64, v.nan));
    case Value::Kind::kV128:
      return print_vector(v);
    case Value::Kind::kRefNull:
      return fmt::format("(ref.null{})", optional(v.heap));
    case Value::Kind::kRefExtern:
      return fmt::format("(ref.extern {})", v.bits);
    case Value::Kind::kRefHost:
      return fmt::format("(ref.host {})", v.bits);
    case Value::Kind::kRefAny:
      return fmt::format("(ref.{})", v.heap);
    case Value::Kind::kEither:
      break;
  }
  return fmt::format("(either{})", print_values(v.choices));
}

std::string to_string(const Command& c) {
  std::string subject = print_subject(c.subject);
  if (!c.is_assertion()) return subject;
  std::string message = c.message.empty() ? "" : fmt::format(" \"{}\"", c.message);
  return fmt::format("({} {}{}{})", keyword(c.kind), subject, print_values(c.results), message);
}

}  // namespace wjit::wast
