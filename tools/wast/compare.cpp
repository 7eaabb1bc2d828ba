#include "tools/wast/compare.h"

#include <algorithm>
#include <any>

namespace wjit::wast {
namespace {

// Which of the engine's kinds a heap type belongs to.
ValKind kind_of_heap(const std::string& heap) {
  if (heap == "func" || heap == "nofunc") return ValKind::kFuncRef;
  if (heap == "extern" || heap == "noextern") return ValKind::kExternRef;
  if (heap == "exn" || heap == "noexn") return ValKind::kExnRef;
  return ValKind::kAnyRef;
}

bool is_reference(ValKind k) {
  return k == ValKind::kFuncRef || k == ValKind::kExternRef || k == ValKind::kAnyRef || k == ValKind::kExnRef;
}

uint64_t get_lane(const V128& v, unsigned bits, unsigned index) {
  uint64_t lane = 0;
  std::memcpy(&lane, v.bytes.data() + index * bits / 8, bits / 8);
  return lane;
}

V128 to_v128(const Value& v) {
  const ShapeInfo& shape = shape_info(v.shape);
  V128 out;
  for (unsigned i = 0; i < shape.lanes; ++i) {
    std::memcpy(out.bytes.data() + i * shape.bits / 8, &v.lanes[i].bits, shape.bits / 8);
  }
  return out;
}

bool float_matches(uint64_t bits, NanPattern nan, unsigned width, uint64_t found) {
  if (nan == NanPattern::kNone) return bits == found;
  // Exponent all ones and the fraction's highest bit: every arithmetic NaN has these, the canonical one no
  // more.
  uint64_t quiet = width == 32 ? 0x7fc0'0000 : 0x7ff8'0000'0000'0000;
  uint64_t magnitude = found & ~(uint64_t{1} << (width - 1));
  return nan == NanPattern::kCanonical ? magnitude == quiet : (magnitude & quiet) == quiet;
}

bool vector_matches(const Value& expected, const V128& found) {
  const ShapeInfo& shape = shape_info(expected.shape);
  for (unsigned i = 0; i < shape.lanes; ++i) {
    const FloatLiteral& lane = expected.lanes[i];
    if (!float_matches(lane.bits, lane.nan, shape.bits, get_lane(found, shape.bits, i))) return false;
  }
  return true;
}

bool is_host_reference(const Val& found, uint64_t n) {
  if (found.is_null_ref()) return false;
  const std::any* data = found.externref().data();
  const uint32_t* number = data ? std::any_cast<uint32_t>(data) : nullptr;
  return number && *number == n;
}

Value number(Value::Kind kind, uint64_t bits) {
  Value v;
  v.kind = kind;
  v.bits = bits;
  return v;
}

}  // namespace

std::optional<Val> to_val(const Value& v) {
  switch (v.kind) {
    case Value::Kind::kI32:
      return Val(static_cast<uint32_t>(v.bits));
    case Value::Kind::kI64:
      return Val(v.bits);
    case Value::Kind::kF32:
      return Val::f32_bits(static_cast<uint32_t>(v.bits));
    case Value::Kind::kF64:
      return Val::f64_bits(v.bits);
    case Value::Kind::kV128:
      return Val(to_v128(v));
    case Value::Kind::kRefNull:
      return Val::null(kind_of_heap(v.heap));
    case Value::Kind::kRefExtern:
      return Val(ExternRef(std::any(static_cast<uint32_t>(v.bits))));
    case Value::Kind::kRefHost:
    case Value::Kind::kRefAny:
    case Value::Kind::kEither:
      break;
  }
  return {};
}

bool matches(const Value& expected, const Val& found) {
  switch (expected.kind) {
    case Value::Kind::kI32:
      return found.kind() == ValKind::kI32 && static_cast<uint32_t>(found.i32()) == expected.bits;
    case Value::Kind::kI64:
      return found.kind() == ValKind::kI64 && static_cast<uint64_t>(found.i64()) == expected.bits;
    case Value::Kind::kF32:
      return found.kind() == ValKind::kF32 &&
             float_matches(expected.bits, expected.nan, 32, found.f32_bits());
    case Value::Kind::kF64:
      return found.kind() == ValKind::kF64 &&
             float_matches(expected.bits, expected.nan, 64, found.f64_bits());
    case Value::Kind::kV128:
      return found.kind() == ValKind::kV128 && vector_matches(expected, found.v128());
    case Value::Kind::kRefNull:
      return is_reference(found.kind()) && found.is_null_ref();
    case Value::Kind::kRefExtern:
      return found.kind() == ValKind::kExternRef && is_host_reference(found, expected.bits);
    case Value::Kind::kRefHost:
      return found.kind() == ValKind::kAnyRef && is_host_reference(found, expected.bits);
    case Value::Kind::kRefAny:
      return found.kind() == kind_of_heap(expected.heap) && !found.is_null_ref();
    case Value::Kind::kEither:
      break;
  }
  return std::any_of(expected.choices.begin(), expected.choices.end(),
                     [&](const Value& choice) { return matches(choice, found); });
}

std::string to_string(const Val& v) {
  switch (v.kind()) {
    case ValKind::kI32:
      return to_string(number(Value::Kind::kI32, static_cast<uint32_t>(v.i32())));
    case ValKind::kI64:
      return to_string(number(Value::Kind::kI64, static_cast<uint64_t>(v.i64())));
    case ValKind::kF32:
      return to_string(number(Value::Kind::kF32, v.f32_bits()));
    case ValKind::kF64:
      return to_string(number(Value::Kind::kF64, v.f64_bits()));
    case ValKind::kV128: {
      Value vector = number(Value::Kind::kV128, 0);
      for (unsigned i = 0; i < 4; ++i) vector.lanes[i].bits = get_lane(v.v128(), 32, i);
      return to_string(vector);
    }
    default:
      break;
  }
  if (v.is_null_ref()) return std::string("(ref.null ") + wjit::to_string(v.kind()) + ")";
  if (v.kind() != ValKind::kExternRef) return std::string("(a ") + wjit::to_string(v.kind()) + ")";
  const std::any* data = v.externref().data();
  const uint32_t* n = data ? std::any_cast<uint32_t>(data) : nullptr;
  return n ? "(ref.extern " + std::to_string(*n) + ")" : "(ref.extern)";
}

}  // namespace wjit::wast
