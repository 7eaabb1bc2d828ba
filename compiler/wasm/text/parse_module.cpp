// The fields of a module, in two passes.
#include <fmt/format.h>

#include <utility>

#include "compiler/support/utf8.h"
#include "compiler/wasm/text/module_parser.h"

namespace wjit::wasm::text {
namespace {

struct KindRow {
  const char* keyword;
  Space space;
  ExternKind kind;
  Section section;
};
// What can be imported and exported.
constexpr KindRow kKinds[] = {
    {"func", Space::kFunc, ExternKind::kFunc, Section::kFunction},
    {"table", Space::kTable, ExternKind::kTable, Section::kTable},
    {"memory", Space::kMemory, ExternKind::kMemory, Section::kMemory},
    {"global", Space::kGlobal, ExternKind::kGlobal, Section::kGlobal},
    {"tag", Space::kTag, ExternKind::kTag, Section::kTag},
};
constexpr const char* kKindList = "one of: func, table, memory, global, tag";
constexpr const char* kFieldList =
    "a module field: type, rec, import, func, table, memory, global, tag, export, start, elem or data";

const KindRow* find_kind(const Token& token) {
  for (const KindRow& row : kKinds)
    if (token.is(row.keyword)) return &row;
  return nullptr;
}
const KindRow& row_of(Space space) {
  for (const KindRow& row : kKinds)
    if (row.space == space) return row;
  WJIT_ASSERT(false && "no external kind");
}

}  // namespace

Result<TextModule> ModuleParser::run(Position* at) {
  if (module()) return encode();
  const TextError& error = lex_.error();
  if (at) *at = error.at;
  return wjit::fail(error_kind_, fmt::format("{}:{}: {}", error.at.line, error.at.column, error.message));
}

bool ModuleParser::module() {
  bare_ = !lex_.at_form("module");
  if (!bare_) {
    lex_.advance();
    lex_.advance();
    module_name_ = optional_id();
  }
  if (!optional_name(module_name_, "module")) return false;
  if (!scan_fields()) return false;
  if (!bare_ && !close()) return false;
  if (!lex_.at(TokenKind::kEnd))
    return lex_.expected(bare_ ? kFieldList : "the end of the text after the module");
  if (!lex_.ok()) return false;
  lex_.advance();  // an error behind the last token
  return lex_.ok() && write_types() && write_fields();
}

// --- the first pass: names to indices

bool ModuleParser::scan_fields() {
  while (lex_.more()) {
    if (!scan_field()) return false;
  }
  return lex_.ok();
}

bool ModuleParser::scan_field() {
  Token start = lex_.peek();
  if (start.kind == TokenKind::kAnnotation) {
    fields_.push_back({start});
    return skip_form();
  }
  if (!open(kFieldList)) return false;
  Token word = lex_.peek();
  if (word.is("type") || word.is("rec")) {
    type_fields_.push_back({start});
    if (word.is("type")) return scan_types(false);
    lex_.advance();
    while (lex_.more()) {
      if (!open("a type: (type …)") || !scan_types(true)) return false;
    }
    return close();
  }
  fields_.push_back({start});
  const KindRow* kind = find_kind(word);
  if (word.is("import")) {
    for (int i = 0; i < 3 && lex_.more(); ++i) lex_.advance();  // import "module" "name"
    if (lex_.at(TokenKind::kOpen)) {
      lex_.advance();
      kind = find_kind(lex_.peek());
    }
    // A wrong import is reported by the second pass.
  } else if (!kind && !word.is("elem") && !word.is("data") && !word.is("export") && !word.is("start")) {
    return lex_.expected(kFieldList);
  }
  std::optional<Space> space;
  if (kind) space = kind->space;
  if (word.is("elem")) space = Space::kElem;
  if (word.is("data")) space = Space::kData;
  if (space) {
    if (lex_.more()) lex_.advance();
    Position at = lex_.peek().at;
    if (!bind(*space, optional_id(), this->space(*space).count++, at)) return false;
  }
  scan_inline(word);
  if (word.is("import") && kind) {
    if (!close()) return false;
    return close();
  }
  return close();
}

// At "type", its parenthesis read.
bool ModuleParser::scan_types(bool in_group) {
  if (!keyword("type")) return false;
  (void)in_group;
  Position at = lex_.peek().at;
  if (!bind(Space::kType, optional_id(), space(Space::kType).count++, at)) return false;
  scan_inline({});
  return close();
}

// Goes to the end of the form it is in. A table's (elem …) and a memory's (data …) are segments too.
void ModuleParser::scan_inline(const Token& word) {
  for (size_t depth = 0; lex_.ok();) {
    switch (lex_.peek().kind) {
      case TokenKind::kOpen:
        if (depth == 0 && word.is("table") && lex_.peek2().is("elem")) ++space(Space::kElem).count;
        if (depth == 0 && word.is("memory") && lex_.peek2().is("data")) ++space(Space::kData).count;
        ++depth;
        break;
      case TokenKind::kAnnotation:
        ++depth;
        break;
      case TokenKind::kClose:
        if (depth-- == 0) return;
        break;
      case TokenKind::kEnd:
        return;
      default:
        break;
    }
    lex_.advance();
  }
}

bool ModuleParser::skip_form() {
  lex_.advance();
  scan_inline({});
  return close();
}

// --- the second pass

bool ModuleParser::write_fields() {
  for (const Field& f : fields_) {
    lex_.seek(f.token);
    if (!field()) return false;
  }
  return true;
}

bool ModuleParser::field() {
  if (lex_.at(TokenKind::kAnnotation)) return custom_field();
  lex_.advance();
  Token word = lex_.peek();
  lex_.advance();
  bool done = word.is("func")     ? func_field()
              : word.is("import") ? import_field()
              : word.is("global") ? global_field()
              : word.is("export") ? export_field()
              : word.is("data")   ? data_field()
              : word.is("elem")   ? elem_field()
              : word.is("table")  ? table_field()
              : word.is("memory") ? memory_field()
              : word.is("tag")    ? tag_field()
                                  : start_field();
  return done && close();
}

// Imports must come first: indices are given in the order of the text.
bool ModuleParser::begin_import() {
  if (!first_definition_) return true;
  return lex_.fail(
      lex_.peek().at,
      fmt::format("found an import after a {}, expected imports before all definitions", first_definition_));
}

bool ModuleParser::defined(Space kind) {
  if (!first_definition_) first_definition_ = row_of(kind).keyword;
  return true;
}

// The type of an import behind its kind (and name), for the import section.
bool ModuleParser::import_type(Space kind, uint32_t index) {
  Writer& out = section(Section::kImport).out;
  out.u8(uint8_t(row_of(kind).kind));
  switch (kind) {
    case Space::kFunc:
    case Space::kTag: {
      uint32_t type = 0;
      locals_.clear();
      local_count_ = 0;
      local_names_ = {index, {}};
      if (kind == Space::kTag) out.u8(0);
      if (!type_use(type, kind == Space::kFunc ? ParamNames::kBound : ParamNames::kIgnored)) return false;
      if (!local_names_.names.empty()) all_local_names_.push_back(std::exchange(local_names_, {}));
      out.u64(type);
      return true;
    }
    case Space::kTable: {
      bool is64 = address_type();
      Writer limits_part;
      if (!limits(limits_part, is64 ? 4 : 0, false) || !ref_type(out)) return false;
      out.raw(limits_part.bytes);
      return true;
    }
    case Space::kMemory: {
      bool is64 = address_type();
      return limits(out, is64 ? 4 : 0, true);
    }
    default:
      return global_type(out);
  }
}

bool ModuleParser::import_field() {
  mark(Section::kImport, lex_.peek().at);
  if (!begin_import()) return false;
  SectionBuffer& s = section(Section::kImport);
  if (!name_string(s.out, "the name of a module as a string") ||
      !name_string(s.out, "the name of an import as a string"))
    return false;
  if (!open("what is imported: (func …), (table …), (memory …), (global …) or (tag …)")) return false;
  const KindRow* kind = find_kind(lex_.peek());
  if (!kind) return lex_.expected(kKindList);
  lex_.advance();
  uint32_t index = 0;
  if (!declare(kind->space, index) || !import_type(kind->space, index)) return false;
  ++s.count;
  return close();
}

bool ModuleParser::inline_exports(Space kind, uint32_t index) {
  SectionBuffer& s = section(Section::kExport);
  while (lex_.at_form("export")) {
    mark(Section::kExport, lex_.peek().at);
    lex_.advance();
    lex_.advance();
    if (!name_string(s.out, "the name of an export as a string") || !close()) return false;
    s.out.u8(uint8_t(row_of(kind).kind));
    s.out.u64(index);
    ++s.count;
  }
  return lex_.ok();
}

bool ModuleParser::inline_import(bool& found) {
  found = lex_.at_form("import");
  if (!found) return lex_.ok();
  mark(Section::kImport, lex_.peek().at);
  if (!begin_import()) return false;
  lex_.advance();
  lex_.advance();
  SectionBuffer& s = section(Section::kImport);
  ++s.count;
  return name_string(s.out, "the name of a module as a string") &&
         name_string(s.out, "the name of an import as a string") && close();
}

bool ModuleParser::func_field() {
  Position at = lex_.peek().at;
  uint32_t index = 0, type = 0;
  bool imported = false;
  if (!declare(Space::kFunc, index) || !inline_exports(Space::kFunc, index) || !inline_import(imported))
    return false;
  if (imported) return import_type(Space::kFunc, index);
  locals_.clear();
  local_count_ = 0;
  local_names_ = {index, {}};
  label_names_ = {index, {}};
  label_count_ = 0;
  defined(Space::kFunc);
  mark(Section::kFunction, at);
  if (!type_use(type, ParamNames::kBound)) return false;
  SectionBuffer& funcs = section(Section::kFunction);
  funcs.out.u64(type);
  ++funcs.count;

  SectionBuffer body;
  in_func_ = true;
  hints_.clear();
  if (options_.lines) body.lines.push_back({0, at.line, at.column});
  if (!local_decls(body.out) || !instructions(body.out, &body)) return false;
  in_func_ = false;
  if (options_.lines)
    body.lines.push_back({uint32_t(body.out.size()), lex_.peek().at.line, lex_.peek().at.column});
  body.out.opcode(Op::end);
  SectionBuffer& code = section(Section::kCode);
  code.out.u64(body.out.size());
  for (const TextModule::Line& l : body.lines)
    code.lines.push_back({uint32_t(l.offset + code.out.size()), l.line, l.column});
  code.out.raw(body.out.bytes);
  ++code.count;
  if (!local_names_.names.empty()) all_local_names_.push_back(std::move(local_names_));
  if (!label_names_.names.empty()) all_label_names_.push_back(std::move(label_names_));
  if (!hints_.empty()) {
    ++hinted_funcs_;
    all_hints_.u64(index);
    all_hints_.u64(hints_.size());
    for (const Hint& h : hints_) all_hints_.u64(h.offset), all_hints_.u64(1), all_hints_.u8(h.value);
  }
  return true;
}

bool ModuleParser::table_field() {
  Position at = lex_.peek().at;
  uint32_t index = 0;
  bool imported = false;
  if (!declare(Space::kTable, index) || !inline_exports(Space::kTable, index) || !inline_import(imported))
    return false;
  if (imported) return import_type(Space::kTable, index);
  defined(Space::kTable);
  mark(Section::kTable, at);
  SectionBuffer& s = section(Section::kTable);
  ++s.count;
  bool is64 = address_type();
  Writer element;
  if (!lex_.at(TokenKind::kNumber)) {
    bool is_funcref = lex_.peek().is("funcref");
    uint64_t size = 0;
    if (!ref_type(element) || !inline_elem(index, element, is_funcref, is64, size)) return false;
    s.out.raw(element.bytes);
    s.out.u8(is64 ? 5 : 1);
    s.out.u64(size);
    s.out.u64(size);
    return true;
  }
  Writer limits_part;
  if (!limits(limits_part, is64 ? 4 : 0, false) || !ref_type(element)) return false;
  bool has_init = lex_.more();
  if (has_init) s.out.raw(std::string_view("\x40\0", 2));
  s.out.raw(element.bytes);
  s.out.raw(limits_part.bytes);
  if (!has_init) return true;
  if (!instructions(s.out, &s)) return false;
  s.out.opcode(Op::end);
  return true;
}

bool ModuleParser::memory_field() {
  Position at = lex_.peek().at;
  uint32_t index = 0;
  bool imported = false;
  if (!declare(Space::kMemory, index) || !inline_exports(Space::kMemory, index) || !inline_import(imported))
    return false;
  if (imported) return import_type(Space::kMemory, index);
  defined(Space::kMemory);
  mark(Section::kMemory, at);
  SectionBuffer& s = section(Section::kMemory);
  ++s.count;
  bool is64 = address_type();
  if (!lex_.at(TokenKind::kOpen)) return limits(s.out, is64 ? 4 : 0, true);
  std::optional<uint8_t> page_log2;
  uint64_t size = 0;
  if (!page_size(page_log2) || !inline_data(index, is64, size)) return false;
  uint8_t log2 = page_log2.value_or(16);
  uint64_t pages =
      log2 >= 64 ? (size ? 1 : 0) : (size >> log2) + ((size & ((uint64_t{1} << log2) - 1)) ? 1 : 0);
  s.out.u8(uint8_t(1 | (is64 ? 4 : 0) | (page_log2 ? 8 : 0)));
  s.out.u64(pages);
  s.out.u64(pages);
  if (page_log2) s.out.u64(*page_log2);
  return true;
}

bool ModuleParser::global_field() {
  Position at = lex_.peek().at;
  uint32_t index = 0;
  bool imported = false;
  if (!declare(Space::kGlobal, index) || !inline_exports(Space::kGlobal, index) || !inline_import(imported))
    return false;
  if (imported) return import_type(Space::kGlobal, index);
  defined(Space::kGlobal);
  mark(Section::kGlobal, at);
  SectionBuffer& s = section(Section::kGlobal);
  ++s.count;
  if (!global_type(s.out) || !instructions(s.out, &s)) return false;
  s.out.opcode(Op::end);
  return true;
}

bool ModuleParser::tag_field() {
  Position at = lex_.peek().at;
  uint32_t index = 0, type = 0;
  bool imported = false;
  if (!declare(Space::kTag, index) || !inline_exports(Space::kTag, index) || !inline_import(imported))
    return false;
  if (imported) return import_type(Space::kTag, index);
  defined(Space::kTag);
  mark(Section::kTag, at);
  if (!type_use(type, ParamNames::kIgnored)) return false;
  SectionBuffer& s = section(Section::kTag);
  ++s.count;
  s.out.u8(0);
  s.out.u64(type);
  return true;
}

bool ModuleParser::export_field() {
  mark(Section::kExport, lex_.peek().at);
  SectionBuffer& s = section(Section::kExport);
  if (!name_string(s.out, "the name of an export as a string") ||
      !open("what is exported: (func …) or another kind"))
    return false;
  const KindRow* kind = find_kind(lex_.peek());
  if (!kind) return lex_.expected(kKindList);
  lex_.advance();
  uint32_t index = 0;
  if (!this->index(kind->space, index)) return false;
  s.out.u8(uint8_t(kind->kind));
  s.out.u64(index);
  ++s.count;
  return close();
}

bool ModuleParser::start_field() {
  if (has_start_) return lex_.fail(lex_.peek().at, "found multiple start sections, expected one (start …)");
  has_start_ = true;
  mark(Section::kStart, lex_.peek().at);
  uint32_t index = 0;
  if (!this->index(Space::kFunc, index)) return false;
  section(Section::kStart).out.u64(index);
  return true;
}

// --- (@custom "name" placement? "bytes"*)

std::optional<Section> ModuleParser::section_keyword() {
  constexpr const char* kNames[] = {
#define WJIT_S(id, number, text) text,
      WJIT_TEXT_SECTIONS(WJIT_S)
#undef WJIT_S
  };
  for (size_t i = 0; i < std::size(kNames); ++i)
    if (lex_.peek().is(kNames[i])) return Section(i);
  return {};
}

bool ModuleParser::custom_placement(CustomText& custom) {
  lex_.advance();
  bool before = lex_.peek().is("before");
  if (!before && !lex_.peek().is("after"))
    return lex_.expected("a placement: (before SECTION) or (after SECTION)");
  lex_.advance();
  if (lex_.peek().is(before ? "first" : "last")) {
    custom.slot = before ? kFirstSlot : kLastSlot;
  } else if (auto s = section_keyword()) {
    custom.slot = before ? slot_before(*s) : slot_after(*s);
  } else {
    return lex_.expected(
        std::string("a section: type, import, func, table, memory, tag, global, export, start, elem, "
                    "datacount, code, data or ") +
        (before ? "first" : "last"));
  }
  lex_.advance();
  return close();
}

bool ModuleParser::custom_field() {
  Token start = lex_.peek();
  if (start.text != "custom")
    return lex_.expected(bare_ ? kFieldList : "a module field or a closing parenthesis");
  lex_.advance();
  CustomText custom{{}, {}, kLastSlot};
  Position at = lex_.peek().at;
  if (!string(custom.name, "the name of a custom section as a string")) return false;
  if (!is_utf8({reinterpret_cast<const uint8_t*>(custom.name.data()), custom.name.size()}))
    return lex_.fail(at, "found the name of a custom section with malformed UTF-8 encoding, expected UTF-8");
  if (lex_.at(TokenKind::kOpen) && !custom_placement(custom)) return false;
  while (lex_.at(TokenKind::kString)) {
    if (!string(custom.bytes, "")) return false;
  }
  if (!close("a string of the section's bytes or a closing parenthesis")) return false;
  customs_.push_back(std::move(custom));
  return true;
}

}  // namespace wjit::wasm::text
