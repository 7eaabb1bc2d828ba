// The types of instructions, from the letters of ops.def: read by printer, parser, verifier and tests.
#pragma once
#include <string_view>

#include "compiler/ir/inst.h"

namespace wjit::ir {

// Does the instruction's type stand behind its name? Else its row in ops.def knows it.
constexpr bool has_written_type(Op op) { return info(op).types.find('t') != std::string_view::npos; }

constexpr Type type_of_row_letter(char letter) {
  switch (letter) {
    case 'i': return Type::kI32;
    case 'l': return Type::kI64;
    case 'f': return Type::kF32;
    case 'd': return Type::kF64;
    case 'v': return Type::kV128;
    default: return Type::kNone;
  }
}

// The row's letters, taken apart: "lt:[ilfdv]" → operands "lt", result "", choices "ilfdv".
struct RowTypes {
  std::string_view operands, choices;
  char result = 0;  // or 0
};
constexpr RowTypes row_types(Op op) {
  const std::string_view text = info(op).types;
  if (text == "*") return {};
  RowTypes r;
  const size_t colon = text.find(':'), bracket = text.find('[');
  r.operands = text.substr(0, colon);
  if (bracket != std::string_view::npos) r.choices = text.substr(bracket + 1, text.size() - bracket - 2);
  if (colon + 1 < text.size() && text[colon + 1] != '[') r.result = text[colon + 1];
  return r;
}

// What InstData::type holds where no type is written: the result's, of a store the value's, else none.
constexpr Type unwritten_type(Op op) {
  const RowTypes r = row_types(op);
  if (r.result != 0) return type_of_row_letter(r.result);
  return info(op).format == Format::kStore ? type_of_row_letter(r.operands[1]) : Type::kNone;
}
// The only result of an instruction of this type, or kNone; calls have theirs from the signature.
constexpr Type result_type(Op op, Type type) {
  const char letter = row_types(op).result;
  return letter == 't' ? type : type_of_row_letter(letter);
}

// The instruction that does this, from its operands and result; Op::kCount where it is something else of the IR.
constexpr Op vec_row(VecOp op) {
  const VecOpInfo& v = info(op);
  const bool lane = v.imm == "kLane";
  if (v.imm == "kShuffle") return Op::vshuffle;
  if (v.imm != "kNone" && !lane) return Op::kCount;
  if (lane) return v.sig[1] == ':' ? Op::vextract : Op::vreplace;
  if (v.sig == "v:v") return Op::vunary;
  if (v.sig == "vv:v") return Op::vbinary;
  if (v.sig == "vvv:v") return Op::vternary;
  if (v.sig == "vi:v") return Op::vshift;
  if (v.sig == "v:i") return Op::vtest;
  return Op::vsplat;
}
// What InstData::type is then: the scalar's where the row leaves that open.
constexpr Type vec_type(VecOp op) {
  const Op row = vec_row(op);
  return has_written_type(row) ? type_of_row_letter(vec_scalar(op)) : unwritten_type(row);
}

// Which types the conversions (kConvert, operand "x") take.
constexpr bool converts(Op op, Type to, Type from) {
  switch (op) {
    case Op::convert_s: case Op::convert_u: return is_int(from);
    case Op::bitcast: return is_int(from) != is_int(to) && bytes_of(from) == bytes_of(to) && from != Type::kNone;
    default: return is_float(from);
  }
}

}  // namespace wjit::ir
