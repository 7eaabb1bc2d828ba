#include "compiler/wasm/const_expr.h"

#include "compiler/wasm/limits.h"
#include "compiler/wasm/op_table.h"
#include "compiler/wasm/read_types.h"

namespace wjit::wasm {

ConstExpr::ConstExpr(std::span<const Step> steps, ValType result)
    : type(result), count_(uint32_t(steps.size())) {
  if (count_ == 1) {
    first_ = steps[0];
  } else if (count_ > 1) {
    more_ = std::make_unique<Step[]>(count_);
    std::copy(steps.begin(), steps.end(), more_.get());
  }
}

ConstExpr ConstExprReader::read(ByteCursor& c, ValType expected) {
  uint64_t at = c.offset();
  stack_.clear();
  steps_.clear();
  constexpr uint8_t kEnd = 0x0b;
  // The offsets of data segments: one i32.const, tens of thousands of times.
  if (c.peek() == kOpTable[size_t(Op::i32_const)].code && expected == kI32) {
    c.skip_peeked();
    ConstExpr::Step s{.op = Op::i32_const, .offset = uint32_t(at), .lo = uint32_t(c.s32())};
    if (c.peek() == kEnd) {
      c.skip_peeked();
      return ConstExpr(std::span(&s, 1), kI32);
    }
    stack_.push_back(kI32);
    steps_.push_back(s);
  }
  while (c.peek() != kEnd) {
    if (c.at_end()) c.malformed("unexpected end of section or function: a constant expression has no end");
    if (!c.ok()) return {};
    step(c);
  }
  c.skip_peeked();
  if (!c.ok()) return {};
  if (stack_.size() != 1 || !module_.registry->matches(stack_[0], expected)) {
    std::string found;
    for (ValType t : stack_) found += (found.empty() ? "" : " ") + to_string(t);
    c.fail(
        ErrorKind::kInvalid,
        "type mismatch: constant expression requires [" + to_string(expected) + "] but has [" + found + "]",
        at);
    return {};
  }
  return ConstExpr(steps_, stack_[0]);
}

ValType ConstExprReader::pop(ByteCursor& c, ValType expected, uint64_t at) {
  if (stack_.empty() || !module_.registry->matches(stack_.back(), expected)) {
    c.fail(ErrorKind::kInvalid,
           "type mismatch: constant expression needs a " + to_string(expected) + " operand" +
               (stack_.empty() ? "" : " but has " + to_string(stack_.back())),
           at);
    return {};
  }
  ValType t = stack_.back();
  stack_.pop_back();
  return t;
}

void ConstExprReader::step(ByteCursor& c) {
  uint64_t at = c.offset();
  uint8_t byte = c.u8();
  bool prefixed = byte != 0 && prefix_row(byte) < kPrefixRows;
  uint32_t code = prefixed ? c.u32() : byte;
  Op op = find_op_inline(prefixed ? byte : 0, code);
  if (!c.ok()) return;
  if (op == Op::kCount) {
    char text[40];
    std::snprintf(text, sizeof text, prefixed ? "illegal opcode %02x %02x" : "illegal opcode %02x", byte,
                  code);
    c.fail(ErrorKind::kMalformed, std::string(text) + " in a constant expression", at);
    return;
  }
  const OpInfo& row = kOpTable[size_t(op)];
  if (!need_feature(c, module_.features, row.feature, row.text.data(), at)) return;
  ConstExpr::Step s{.op = op, .offset = uint32_t(at)};
  switch (op) {
    case Op::i32_const:
    case Op::i64_const:
    case Op::f32_const:
    case Op::f64_const:
    case Op::v128_const:
      step_constant(c, s);
      break;
    case Op::i32_add:
    case Op::i32_sub:
    case Op::i32_mul:
    case Op::i64_add:
    case Op::i64_sub:
    case Op::i64_mul: {
      need_feature(c, module_.features, Feature::kExtendedConst, "constant expression required: arithmetic",
                   at);
      ValType t = row.sig.back() == 'I' ? kI64 : kI32;
      pop(c, t, at), pop(c, t, at), push(t);
      break;
    }
    case Op::global_get:
      step_global(c, s);
      break;
    case Op::ref_func:
      step_func(c, s);
      break;
    case Op::ref_null:
      s.type = read_heap_type(c, {module_.types, 0, module_.features}, true);
      push(s.type);
      break;
    case Op::ref_i31:
      pop(c, kI32, at), push(ValType::ref(false, Heap::kI31));
      break;
    case Op::struct_new:
    case Op::struct_new_default:
      step_struct(c, s);
      break;
    case Op::array_new:
    case Op::array_new_default:
    case Op::array_new_fixed:
      step_array(c, s);
      break;
    case Op::any_convert_extern:
      step_convert(c, Heap::kExtern, Heap::kAny, at);
      break;
    case Op::extern_convert_any:
      step_convert(c, Heap::kAny, Heap::kExtern, at);
      break;
    default:
      c.fail(ErrorKind::kInvalid,
             "constant expression required: " + std::string(row.text) + " is not constant", at);
      return;
  }
  steps_.push_back(s);
}

void ConstExprReader::step_constant(ByteCursor& c, ConstExpr::Step& s) {
  switch (s.op) {
    case Op::i32_const:
      s.lo = uint32_t(c.s32()), push(kI32);
      break;
    case Op::i64_const:
      s.lo = uint64_t(c.s64()), push(kI64);
      break;
    case Op::f32_const:
      s.lo = c.fixed_u32(), push(kF32);
      break;
    case Op::f64_const:
      s.lo = c.fixed_u64(), push(kF64);
      break;
    default:
      s.lo = c.fixed_u64(), s.hi = c.fixed_u64(), push(kV128);
      break;
  }
}

void ConstExprReader::step_global(ByteCursor& c, ConstExpr::Step& s) {
  s.a = c.u32();
  if (s.a >= module_.globals.size()) {
    c.fail(ErrorKind::kInvalid,
           "unknown global " + std::to_string(s.a) + ": a constant expression sees the " +
               std::to_string(module_.globals.size()) + " before it",
           s.offset);
    return;
  }
  if (s.a >= module_.imported_globals)
    need_feature(c, module_.features, Feature::kGc,
                 "unknown global: a constant expression that reads a defined global", s.offset);
  const GlobalType& g = module_.globals[s.a].type;
  if (g.is_mutable)
    c.fail(ErrorKind::kInvalid, "constant expression required: global " + std::to_string(s.a) + " is mutable",
           s.offset);
  push(g.type);
}

void ConstExprReader::step_func(ByteCursor& c, ConstExpr::Step& s) {
  s.a = c.u32();
  if (!c.ok()) return;
  if (s.a >= module_.funcs.size()) {
    c.fail(ErrorKind::kInvalid,
           "unknown function " + std::to_string(s.a) + ": there are " + std::to_string(module_.funcs.size()),
           s.offset);
    return;
  }
  escaping_[s.a] = true;
  push(ValType::ref(false, module_.funcs[s.a]));
}

const SubType* ConstExprReader::composite(ByteCursor& c, const ConstExpr::Step& s, Composite kind) {
  TypeId id = resolve_type(c, s.a, {module_.types, 0, module_.features}, s.offset);
  if (!c.ok()) return nullptr;
  const SubType& t = (*module_.registry)[id];
  if (t.composite == kind) return &t;
  c.fail(ErrorKind::kInvalid,
         "type mismatch: type " + std::to_string(s.a) + " is not " +
             (kind == Composite::kStruct ? "a struct type" : "an array type"),
         s.offset);
  return nullptr;
}

void ConstExprReader::step_struct(ByteCursor& c, ConstExpr::Step& s) {
  s.a = c.u32();
  const SubType* t = composite(c, s, Composite::kStruct);
  if (!t) return;
  for (size_t i = t->fields.size(); i-- && c.ok();) {
    if (s.op == Op::struct_new) {
      pop(c, t->fields[i].type, s.offset);
    } else if (!t->fields[i].type.defaultable()) {
      c.fail(ErrorKind::kInvalid,
             "type mismatch: field " + std::to_string(i) + " of type " + std::to_string(s.a) +
                 " has no default value",
             s.offset);
    }
  }
  push(ValType::ref(false, module_.types[s.a]));
}

void ConstExprReader::step_array(ByteCursor& c, ConstExpr::Step& s) {
  s.a = c.u32();
  if (s.op == Op::array_new_fixed) {
    uint64_t at = c.offset();
    s.b = c.u32();
    within_limit(c, s.b, kMaxArrayNewFixed, "operands of array.new_fixed", at);
  }
  const SubType* t = composite(c, s, Composite::kArray);
  if (!t) return;
  ValType element = t->fields[0].type;
  if (s.op == Op::array_new_fixed) {
    for (uint32_t i = 0; i < s.b && c.ok(); i++) pop(c, element, s.offset);
  } else {
    pop(c, kI32, s.offset);
    if (s.op == Op::array_new)
      pop(c, element, s.offset);
    else if (!element.defaultable())
      c.fail(ErrorKind::kInvalid,
             "type mismatch: the elements of type " + std::to_string(s.a) + " have no default value",
             s.offset);
  }
  push(ValType::ref(false, module_.types[s.a]));
}

void ConstExprReader::step_convert(ByteCursor& c, Heap from, Heap to, uint64_t at) {
  ValType t = pop(c, ValType::ref(true, from), at);
  push(ValType::ref(t.nullable(), to));
}

}  // namespace wjit::wasm
