// What follows an opcode, by its kind in the opcode table.
#include <fmt/format.h>

#include "compiler/wasm/text/module_parser.h"
#include "compiler/wasm/text/number.h"
#include "compiler/wasm/text/shapes.h"

namespace wjit::wasm::text {

// Writes the opcode and what follows it: both, because of the opcodes that the immediates choose (select,
// ref.test).
bool ModuleParser::immediates(Op& op, Writer& out) {
  const Imm imm = info(op).imm;
  if (imm == Imm::kHeapType) return heap_immediate(op, out);
  if (op == Op::select) return select_types(op, out);
  out.opcode(op);
  uint32_t a = 0;
  uint64_t value = 0;
  // One index of a space, which must be there.
  auto one = [&](Space space) { return index(space, a) && (out.u64(a), true); };
  switch (imm) {
    case Imm::kNone:
      return lex_.ok();
    case Imm::kLabel:
      return label_index(a) && (out.u64(a), true);
    case Imm::kBrTable: {
      std::vector<uint32_t> labels;
      do {
        if (!label_index(labels.emplace_back())) return false;
      } while (at_index());
      out.u64(labels.size() - 1);
      for (uint32_t label : labels) out.u64(label);
      return true;
    }
    case Imm::kFunc:
      return one(Space::kFunc);
    case Imm::kType:
      return one(Space::kType);
    case Imm::kGlobal:
      return one(Space::kGlobal);
    case Imm::kTag:
      return one(Space::kTag);
    case Imm::kData:
      needs_data_count_ = true;
      return one(Space::kData);
    case Imm::kElem:
      return one(Space::kElem);
    case Imm::kLocal: {
      if (!lex_.at(TokenKind::kId)) return u32(a, "a local index or a name") && (out.u64(a), true);
      auto it = locals_.find(id_name(lex_.peek()));
      if (it == locals_.end() || !in_func_)
        return lex_.expected("the name of a parameter or local (unknown local)");
      out.u64(it->second);
      lex_.advance();
      return lex_.ok();
    }
    case Imm::kTable:
    case Imm::kMemory: {
      Space space = imm == Imm::kTable ? Space::kTable : Space::kMemory;
      if (at_index() && !index(space, a)) return false;
      out.u64(a);
      return true;
    }
    case Imm::kTypeTable:
      return call_indirect(out);
    case Imm::kTypeField:
      return type_and_field(out);
    case Imm::kTypeCount:
      return one(Space::kType) && u32(a, "a number of operands") && (out.u64(a), true);
    case Imm::kTypeData:
      needs_data_count_ = true;
      return one(Space::kType) && one(Space::kData);
    case Imm::kTypeElem:
      return one(Space::kType) && one(Space::kElem);
    case Imm::kTypeType:
      return one(Space::kType) && one(Space::kType);
    case Imm::kTableTable:
      return optional_pair(out, Space::kTable);
    case Imm::kMemoryMemory:
      return optional_pair(out, Space::kMemory);
    case Imm::kElemTable:
      return segment_and(out, Space::kElem, Space::kTable);
    case Imm::kDataMemory:
      needs_data_count_ = true;
      return segment_and(out, Space::kData, Space::kMemory);
    case Imm::kMemArg:
      return mem_arg(op, out, false);
    case Imm::kMemArgLane:
      return mem_arg(op, out, true);
    case Imm::kLane:
      return lane(out);
    case Imm::kShuffle:
      return shuffle(out);
    case Imm::kI32:
      if (!number(32, true, value, "an integer of 32 bits (constant out of range)")) return false;
      out.s64(int32_t(uint32_t(value)));
      return true;
    case Imm::kI64:
      if (!number(64, true, value, "an integer of 64 bits (constant out of range)")) return false;
      out.s64(int64_t(value));
      return true;
    case Imm::kF32:
    case Imm::kF64: {
      unsigned bits = imm == Imm::kF32 ? 32 : 64;
      auto literal = lex_.peek().is_word() ? parse_float(lex_.peek().text, bits, false) : std::nullopt;
      if (!literal) return lex_.expected(fmt::format("a float of {} bits (constant out of range)", bits));
      out.fixed(literal->bits, bits / 8);
      lex_.advance();
      return lex_.ok();
    }
    case Imm::kV128:
      return vector_const(out);
    case Imm::kBrCast:
      return br_cast(out);
    case Imm::kFence:
      out.u8(0);
      return lex_.ok();
    case Imm::kHeapType:
    case Imm::kSelectT:
    case Imm::kBlockType:
    case Imm::kTryTable:
      break;
  }
  WJIT_ASSERT(false && "an immediate that is parsed elsewhere");
}

// Two indices or none: table.copy, memory.copy.
bool ModuleParser::optional_pair(Writer& out, Space space) {
  uint32_t a = 0, b = 0;
  if (at_index() && !(index(space, a) && index(space, b))) return false;
  out.u64(a);
  out.u64(b);
  return true;
}

// table.init TABLE? ELEM, memory.init MEMORY? DATA; the segment comes first in the binary.
bool ModuleParser::segment_and(Writer& out, Space segment, Space other) {
  uint32_t a = 0, b = 0;
  bool both = lex_.peek2().kind == TokenKind::kId || lex_.peek2().kind == TokenKind::kNumber;
  if ((both && !index(other, b)) || !index(segment, a)) return false;
  out.u64(a);
  out.u64(b);
  return true;
}

// call_indirect TABLE? TYPEUSE; the type comes first in the binary.
bool ModuleParser::call_indirect(Writer& out) {
  uint32_t table = 0, type = 0;
  if (at_index() && !index(Space::kTable, table)) return false;
  if (!type_use(type, ParamNames::kNone)) return false;
  out.u64(type);
  out.u64(table);
  return true;
}

bool ModuleParser::type_and_field(Writer& out) {
  uint32_t type = 0, field = 0;
  if (!index(Space::kType, type)) return false;
  if (lex_.at(TokenKind::kId)) {
    std::string_view name = id_name(lex_.peek());
    const auto* fields = type < types_.size() ? &types_[type].fields : nullptr;
    auto it = fields ? fields->find(name) : decltype(fields->find(name)){};
    if (!fields || it == fields->end())
      return lex_.expected("the name of a field of the type (unknown field)");
    field = it->second;
    lex_.advance();
  } else if (!u32(field, "a field index or name")) {
    return false;
  }
  out.u64(type);
  out.u64(field);
  return lex_.ok();
}

// MEMORY? offset=N? align=N? LANE?. A number before the end may be the memory or the lane: the last one is
// the lane.
bool ModuleParser::mem_arg(Op op, Writer& out, bool with_lane) {
  uint32_t memory = 0;
  const Token& next = lex_.peek2();
  bool goes_on = next.kind == TokenKind::kNumber ||
                 (next.kind == TokenKind::kKeyword &&
                  (next.text.starts_with("offset=") || next.text.starts_with("align=")));
  if (lex_.at(TokenKind::kId) || (lex_.at(TokenKind::kNumber) && (!with_lane || goes_on))) {
    if (!index(Space::kMemory, memory)) return false;
  }
  // "NAME=N", one token.
  auto option = [&](std::string_view name, uint64_t& value) {
    const Token& token = lex_.peek();
    if (token.kind != TokenKind::kKeyword || !token.text.starts_with(name)) return true;
    auto number =
        parse_int(token.text.substr(name.size()), options_.features.has(Feature::kMemory64) ? 64 : 32);
    char first = token.text.size() > name.size() ? token.text[name.size()] : '+';
    if (!number || first == '+' || first == '-') return lex_.expected(fmt::format("'{}' and a number", name));
    value = *number;
    lex_.advance();
    return lex_.ok();
  };
  uint64_t offset = 0, align = info(op).bytes;
  Token align_token;
  if (!option("offset=", offset)) return false;
  align_token = lex_.peek();
  if (!option("align=", align)) return false;
  if (align == 0 || (align & (align - 1)))
    return lex_.fail(align_token.at, fmt::format("found {}, expected an alignment that is a power of two",
                                                 describe(align_token)));
  constexpr uint32_t kHasMemory = 0x40;
  out.u64(uint32_t(__builtin_ctzll(align)) | (memory ? kHasMemory : 0));
  if (memory) out.u64(memory);
  out.u64(offset);
  return !with_lane || lane(out);
}

bool ModuleParser::lane(Writer& out) {
  uint64_t value = 0;
  if (!number(8, false, value, "a lane index")) return false;
  out.u8(uint8_t(value));
  return true;
}

bool ModuleParser::shuffle(Writer& out) {
  for (int i = 0; i < 16; ++i) {
    uint64_t value = 0;
    if (!number(8, false, value, "16 lane indices")) return false;
    out.u8(uint8_t(value));
  }
  return true;
}

bool ModuleParser::vector_const(Writer& out) {
  const ShapeName* shape = nullptr;
  for (const ShapeName& s : kShapeNames)
    if (lex_.peek().is(s.name)) shape = &s;
  if (!shape) return lex_.expected("a shape: i8x16, i16x8, i32x4, i64x2, f32x4 or f64x2");
  lex_.advance();
  for (unsigned i = 0; i < shape->lanes; ++i) {
    uint64_t value = 0;
    if (shape->is_float) {
      auto literal = lex_.peek().is_word() ? parse_float(lex_.peek().text, shape->bits, false) : std::nullopt;
      if (!literal)
        return lex_.expected(
            fmt::format("{} floats of {} bits (wrong number of lane literals)", shape->lanes, shape->bits));
      value = literal->bits;
      lex_.advance();
    } else if (!number(shape->bits, true, value,
                       fmt::format("{} integers of {} bits (wrong number of lane literals)", shape->lanes,
                                   shape->bits)
                           .c_str())) {
      return false;
    }
    out.fixed(value, shape->bits / 8);
  }
  return lex_.ok();
}

// ref.null HEAP; ref.test and ref.cast REF, where null chooses between two opcodes.
bool ModuleParser::heap_immediate(Op& op, Writer& out) {
  if (op == Op::ref_null) {
    out.opcode(op);
    return heap_type(out);
  }
  Writer heap;
  bool nullable = false;
  if (!ref_parts(heap, nullable)) return false;
  if (nullable) op = op == Op::ref_test ? Op::ref_test_null : Op::ref_cast_null;
  out.opcode(op);
  out.raw(heap.bytes);
  return true;
}

bool ModuleParser::br_cast(Writer& out) {
  uint32_t label = 0;
  Writer heaps;
  bool from_null = false, to_null = false;
  if (!label_index(label) || !ref_parts(heaps, from_null) || !ref_parts(heaps, to_null)) return false;
  out.u8(uint8_t((from_null ? 1 : 0) | (to_null ? 2 : 0)));
  out.u64(label);
  out.raw(heaps.bytes);
  return true;
}

bool ModuleParser::select_types(Op& op, Writer& out) {
  Writer types;
  uint32_t count = 0;
  bool typed = lex_.at_form("result");
  while (lex_.at_form("result")) {
    lex_.advance();
    lex_.advance();
    if (!value_list(types, count)) return false;
  }
  if (typed) op = Op::select_t;
  out.opcode(op);
  if (typed) out.u64(count), out.raw(types.bytes);
  return lex_.ok();
}

}  // namespace wjit::wasm::text
