// Element and data segments, of their own and inside tables and memories.
#include <fmt/format.h>

#include "compiler/wasm/text/module_parser.h"

namespace wjit::wasm::text {
namespace {

// Bits of an element segment's flags (spec §5.5.12).
enum ElementFlags : uint8_t { kNotActive = 1, kExplicitIndex = 2, kExpressions = 4 };

// i32.const 0 or i64.const 0, and end.
void zero_offset(Writer& out, bool is64) {
  out.opcode(is64 ? Op::i64_const : Op::i32_const);
  out.u8(0);
  out.opcode(Op::end);
}

}  // namespace

// (offset INSTR*) or one folded instruction; with the end.
bool ModuleParser::offset_expr(Writer& out) {
  if (lex_.at_form("offset")) {
    lex_.advance();
    lex_.advance();
    if (!instructions(out, nullptr) || !close()) return false;
  } else if (!folded_instruction(out)) {
    return false;
  }
  out.opcode(Op::end);
  return true;
}

bool ModuleParser::elem_field() {
  Position at = lex_.peek().at;
  uint32_t index = 0;
  if (!declare(Space::kElem, index)) return false;
  bool declared = lex_.peek().is("declare");
  bool active = false;
  std::optional<uint32_t> table;
  Writer offset;
  if (declared) {
    lex_.advance();
  } else if (lex_.at(TokenKind::kNumber)) {
    // As version 1 wrote "(table 0)". A name here is the segment's.
    if (!u32(table.emplace(), "a table index")) return false;
    if (table == 0u) table.reset();
    active = true;
  } else if (lex_.at_form("table")) {
    lex_.advance();
    lex_.advance();
    if (!this->index(Space::kTable, table.emplace()) || !close()) return false;
    active = true;
  } else if (lex_.at(TokenKind::kOpen) && !lex_.at_form("ref")) {
    active = true;
  }
  if (active && !offset_expr(offset)) return false;
  return elem_list(at, table, active, declared, offset);
}

// func INDEX*, REFTYPE EXPR*, or, when no table is named, INDEX*.
bool ModuleParser::elem_list(Position at, std::optional<uint32_t> table, bool active, bool declared,
                             const Writer& offset) {
  Writer entries, type;
  uint32_t count = 0;
  bool is_funcref = lex_.peek().is("funcref");
  bool by_index = lex_.peek().is("func") || (active && !table && (at_index() || lex_.at(TokenKind::kClose)));
  if (by_index) {
    if (lex_.peek().is("func")) lex_.advance();
    while (at_index()) {
      uint32_t func = 0;
      if (!index(Space::kFunc, func)) return false;
      entries.u64(func);
      ++count;
    }
  } else if (!ref_type(type) || !elem_exprs(entries, count)) {
    return false;
  }
  uint8_t flags = by_index ? 0 : kExpressions;
  if (declared) flags |= kNotActive | kExplicitIndex;
  if (!declared && !active) flags |= kNotActive;
  if (active && (table.value_or(0) != 0 || (!by_index && !is_funcref))) flags |= kExplicitIndex;

  mark(Section::kElem, at);
  SectionBuffer& s = section(Section::kElem);
  ++s.count;
  s.out.u64(flags);
  if (active && (flags & kExplicitIndex)) s.out.u64(table.value_or(0));
  s.out.raw(offset.bytes);
  if (flags & (kNotActive | kExplicitIndex)) by_index ? s.out.u8(0) : s.out.raw(type.bytes);
  s.out.u64(count);
  s.out.raw(entries.bytes);
  return lex_.ok();
}

// (item INSTR*) or one folded instruction each.
bool ModuleParser::elem_exprs(Writer& out, uint32_t& count) {
  while (lex_.more()) {
    if (lex_.at_form("item")) {
      lex_.advance();
      lex_.advance();
      if (!instructions(out, nullptr) || !close()) return false;
    } else if (!folded_instruction(out)) {
      return false;
    }
    out.opcode(Op::end);
    ++count;
  }
  return lex_.ok();
}

// (elem …) behind a table's element type. Functions of another type than funcref are written as expressions
// of the table's type.
bool ModuleParser::inline_elem(uint32_t table, const Writer& type, bool is_funcref, bool is64,
                               uint64_t& size) {
  Position at = lex_.peek().at;
  if (!lex_.at_form("elem")) return lex_.expected("the size of the table or (elem …)");
  lex_.advance();
  lex_.advance();
  ++space(Space::kElem).next;
  Writer entries;
  uint32_t count = 0;
  bool by_index = at_index() || (is_funcref && lex_.at(TokenKind::kClose));
  if (!by_index && !elem_exprs(entries, count)) return false;
  while (by_index && at_index()) {
    uint32_t func = 0;
    if (!index(Space::kFunc, func)) return false;
    if (!is_funcref) entries.opcode(Op::ref_func);
    entries.u64(func);
    if (!is_funcref) entries.opcode(Op::end);
    ++count;
  }
  size = count;
  by_index &= is_funcref;
  uint8_t flags = by_index ? 0 : kExpressions;
  if (table != 0 || (!by_index && !is_funcref)) flags |= kExplicitIndex;
  mark(Section::kElem, at);
  SectionBuffer& s = section(Section::kElem);
  ++s.count;
  s.out.u64(flags);
  if (flags & kExplicitIndex) s.out.u64(table);
  zero_offset(s.out, is64);
  if (flags & kExplicitIndex) by_index ? s.out.u8(0) : s.out.raw(type.bytes);
  s.out.u64(count);
  s.out.raw(entries.bytes);
  return close();
}

bool ModuleParser::data_strings(std::string& out) {
  while (lex_.more()) {
    if (!string(out, "a string of the segment's bytes or a closing parenthesis")) return false;
  }
  return lex_.ok();
}

bool ModuleParser::data_field() {
  mark(Section::kData, lex_.peek().at);
  SectionBuffer& s = section(Section::kData);
  ++s.count;
  uint32_t index = 0, memory = 0;
  if (!declare(Space::kData, index)) return false;
  // Version 1 wrote "0" for "(memory 0)".
  bool active = lex_.at(TokenKind::kOpen) || lex_.at(TokenKind::kNumber);
  if (lex_.at(TokenKind::kNumber) && !u32(memory, "a memory index")) return false;
  if (lex_.at_form("memory")) {
    lex_.advance();
    lex_.advance();
    if (!this->index(Space::kMemory, memory) || !close()) return false;
  }
  constexpr uint8_t kPassive = 1, kWithMemory = 2;
  s.out.u64(!active ? kPassive : memory ? kWithMemory : 0);
  if (active && memory) s.out.u64(memory);
  if (active && !offset_expr(s.out)) return false;
  std::string bytes;
  if (!data_strings(bytes)) return false;
  s.out.name(bytes);
  return true;
}

bool ModuleParser::inline_data(uint32_t memory, bool is64, uint64_t& size) {
  if (!lex_.at_form("data")) return lex_.expected("the size of the memory or (data …)");
  mark(Section::kData, lex_.peek().at);
  lex_.advance();
  lex_.advance();
  ++space(Space::kData).next;
  SectionBuffer& s = section(Section::kData);
  ++s.count;
  s.out.u64(memory ? 2 : 0);
  if (memory) s.out.u64(memory);
  zero_offset(s.out, is64);
  std::string bytes;
  if (!data_strings(bytes)) return false;
  size = bytes.size();
  s.out.name(bytes);
  return close();
}

}  // namespace wjit::wasm::text
