// Types: definitions, uses, limits.
#include <fmt/format.h>

#include "compiler/wasm/text/heap_names.h"
#include "compiler/wasm/text/module_parser.h"

namespace wjit::wasm::text {
namespace {

constexpr uint8_t kArrayForm = 0x5e, kStructForm = 0x5f, kFuncForm = 0x60;
constexpr uint8_t kRecForm = 0x4e, kSubFinalForm = 0x4f, kSubForm = 0x50;
constexpr uint8_t kRefNullForm = 0x63, kRefForm = 0x64;
enum LimitFlags : uint8_t { kHasMax = 1, kShared = 2, kIs64 = 4, kPageSize = 8 };

struct NumType {
  const char* name;
  uint8_t code;
};
constexpr NumType kNumTypes[] = {{"i32", 0x7f}, {"i64", 0x7e}, {"f32", 0x7d}, {"f64", 0x7c}, {"v128", 0x7b}};

const NumType* find_num_type(const Token& t) {
  for (const NumType& n : kNumTypes)
    if (t.is(n.name)) return &n;
  return nullptr;
}
const HeapName* find_heap(const Token& t, std::string_view HeapName::*text) {
  if (t.kind != TokenKind::kKeyword) return nullptr;
  for (const HeapName& h : kHeapNames)
    if (t.text == h.*text) return &h;
  return nullptr;
}

}  // namespace

std::string Signature::bytes() const {
  Writer out;
  out.u64(param_count);
  out.raw(params.bytes);
  out.u64(result_count);
  out.raw(results.bytes);
  return std::string(out.bytes.begin(), out.bytes.end());
}

// --- value types

bool ModuleParser::at_val_type() const {
  return find_num_type(lex_.peek()) || find_heap(lex_.peek(), &HeapName::reference) || lex_.at_form("ref");
}

bool ModuleParser::val_type(Writer& out) {
  if (const NumType* n = find_num_type(lex_.peek())) {
    out.u8(n->code);
    lex_.advance();
    return lex_.ok();
  }
  if (!at_val_type()) return lex_.expected("a value type: i32, i64, f32, f64, v128 or a reference type");
  return ref_type(out);
}

bool ModuleParser::ref_parts(Writer& out, bool& nullable) {
  if (const HeapName* h = find_heap(lex_.peek(), &HeapName::reference)) {
    nullable = true;
    out.u8(h->code);
    lex_.advance();
    return lex_.ok();
  }
  if (!lex_.at_form("ref")) return lex_.expected("a reference type: funcref, externref, (ref null func) …");
  lex_.advance();
  lex_.advance();
  nullable = lex_.peek().is("null");
  if (nullable) lex_.advance();
  return heap_type(out) && close();
}

bool ModuleParser::ref_type(Writer& out) {
  Writer heap;
  bool nullable = false;
  if (!ref_parts(heap, nullable)) return false;
  // Nullable abstract references have a short form of one byte, which older engines read too.
  bool is_abstract = heap.size() == 1 && (heap.bytes[0] & 0xc0) == 0x40;
  if (!(nullable && is_abstract)) out.u8(nullable ? kRefNullForm : kRefForm);
  out.raw(heap.bytes);
  return true;
}

bool ModuleParser::heap_type(Writer& out) {
  if (const HeapName* h = find_heap(lex_.peek(), &HeapName::heap)) {
    out.u8(h->code);
    lex_.advance();
    return lex_.ok();
  }
  if (!at_index()) return lex_.expected("a heap type: func, extern, any … or a type index or name");
  uint32_t type = 0;
  if (!index(Space::kType, type)) return false;
  out.s64(type);
  return true;
}

// --- signatures

bool ModuleParser::value_list(Writer& out, uint32_t& count) {
  while (lex_.more()) {
    if (!val_type(out)) return false;
    ++count;
  }
  return close("a value type or a closing parenthesis");
}

// Binds the identifier, if there is one, to the next local; `name` is what the name section says.
bool ModuleParser::bind_local(std::string_view id, std::string_view name, Position at) {
  if (name.data()) local_names_.names.push_back({local_count_, name});
  if (id.empty() || locals_.emplace(id, local_count_).second) return true;
  return lex_.fail(at, fmt::format("found a duplicate local ${}, expected a name that is not taken", id));
}

// (param $name? …), at its keyword.
bool ModuleParser::param(Signature& s, ParamNames names) {
  lex_.advance();
  Position at = lex_.peek().at;
  if (!lex_.at(TokenKind::kId) && !lex_.at(TokenKind::kAnnotation)) {
    uint32_t before = s.param_count;
    if (!value_list(s.params, s.param_count)) return false;
    if (names == ParamNames::kBound) local_count_ += s.param_count - before;
    return true;
  }
  if (names == ParamNames::kNone) return lex_.expected("a value type (parameters have no names here)");
  std::string_view id = optional_id(), name = id;
  if (!optional_name(name, "parameter")) return false;
  if (names == ParamNames::kBound) {
    if (!bind_local(id, name, at)) return false;
    ++local_count_;
  }
  ++s.param_count;
  return val_type(s.params) && close();
}

bool ModuleParser::signature(Signature& s, ParamNames names) {
  while (lex_.at_form("param")) {
    lex_.advance();
    if (!param(s, names)) return false;
  }
  while (lex_.at_form("result")) {
    lex_.advance();
    lex_.advance();
    if (!value_list(s.results, s.result_count)) return false;
  }
  return lex_.ok();
}

uint32_t ModuleParser::type_of_signature(const Signature& s) {
  std::string bytes = s.bytes();
  auto [it, is_new] = func_types_.emplace(bytes, uint32_t(types_.size()));
  if (!is_new) return it->second;
  SectionBuffer& types = section(Section::kType);
  mark(Section::kType, lex_.peek().at);
  types.out.u8(kFuncForm);
  types.out.raw(bytes);
  ++types.count;
  types_.push_back({std::move(bytes), s.param_count, {}});
  return it->second;
}

bool ModuleParser::check_inline_type(uint32_t index, const Signature& s, Position at) {
  if (s.empty()) return true;
  if (index >= types_.size())
    return lex_.fail(
        at, fmt::format("found the unknown type {}, expected one of the {} that the module has so far", index,
                        types_.size()));
  if (types_[index].signature == s.bytes()) return true;
  return lex_.fail(at,
                   fmt::format("found an inline function type that differs from type {}, expected the same "
                               "parameters and results, or none",
                               index));
}

bool ModuleParser::type_use_parts(std::optional<uint32_t>& index, Signature& s, ParamNames names) {
  Position at = lex_.peek().at;
  if (lex_.at_form("type")) {
    lex_.advance();
    lex_.advance();
    if (!this->index(Space::kType, index.emplace()) || !close()) return false;
  }
  if (!signature(s, names)) return false;
  return !index || check_inline_type(*index, s, at);
}

bool ModuleParser::type_use(uint32_t& index, ParamNames names) {
  std::optional<uint32_t> given;
  Signature s;
  if (!type_use_parts(given, s, names)) return false;
  index = given ? *given : type_of_signature(s);
  if (names == ParamNames::kBound && s.empty() && index < types_.size()) local_count_ += types_[index].params;
  return true;
}

// --- definitions

bool ModuleParser::write_types() {
  SectionBuffer& s = section(Section::kType);
  for (const Field& f : type_fields_) {
    lex_.seek(f.token);
    mark(Section::kType, f.token.at);
    ++s.count;
    lex_.advance();
    if (!lex_.peek().is("rec")) {
      if (!type_def(s.out, false)) return false;
      continue;
    }
    lex_.advance();
    Writer group;
    uint32_t before = space(Space::kType).next;
    while (lex_.more()) {
      if (!open("a type: (type …)") || !type_def(group, true)) return false;
    }
    uint32_t count = space(Space::kType).next - before;
    if (count != 1) s.out.u8(kRecForm), s.out.u64(count);
    if (count == 1 && group.bytes[0] == kFuncForm) func_types_.emplace(types_[before].signature, before);
    s.out.raw(group.bytes);
  }
  return lex_.ok();
}

// (type $name? DEFINITION), at its keyword.
bool ModuleParser::type_def(Writer& out, bool in_group) {
  lex_.advance();
  uint32_t index = 0;
  if (!declare(Space::kType, index)) return false;
  TypeInfo& type = types_.emplace_back();
  size_t begin = out.size();
  if (lex_.at_form("sub") ? !sub_type(out, type) : !composite(out, type)) return false;
  // One of a group is a type of its own, even if it looks like a plain one.
  if (!in_group && out.bytes[begin] == kFuncForm) func_types_.emplace(type.signature, index);
  return close();
}

// (sub final? SUPER* COMPOSITE)
bool ModuleParser::sub_type(Writer& out, TypeInfo& type) {
  lex_.advance();
  lex_.advance();
  bool is_final = lex_.peek().is("final");
  if (is_final) lex_.advance();
  Writer supers;
  uint32_t count = 0;
  while (at_index()) {
    uint32_t super = 0;
    if (!index(Space::kType, super)) return false;
    supers.u64(super);
    ++count;
  }
  if (!is_final || count) {
    out.u8(is_final ? kSubFinalForm : kSubForm);
    out.u64(count);
    out.raw(supers.bytes);
  }
  return composite(out, type) && close();
}

bool ModuleParser::composite(Writer& out, TypeInfo& type) {
  if (!open("a type: (func …), (struct …), (array …) or (sub …)")) return false;
  Token form = lex_.peek();
  lex_.advance();
  if (form.is("func")) {
    Signature s;
    if (!signature(s, ParamNames::kIgnored)) return false;
    type.signature = s.bytes();
    type.params = s.param_count;
    out.u8(kFuncForm);
    out.raw(type.signature);
  } else if (form.is("struct")) {
    out.u8(kStructForm);
    if (!struct_fields(out, type, uint32_t(types_.size() - 1))) return false;
  } else if (form.is("array")) {
    out.u8(kArrayForm);
    if (!field_type(out)) return false;
  } else {
    return lex_.fail(form.at,
                     fmt::format("found {}, expected a type: func, struct, array or sub", describe(form)));
  }
  return close();
}

bool ModuleParser::struct_fields(Writer& out, TypeInfo& type, uint32_t index) {
  Writer fields;
  uint32_t count = 0;
  FuncNames names{index, {}};
  while (lex_.at_form("field")) {
    lex_.advance();
    lex_.advance();
    Position at = lex_.peek().at;
    std::string_view name = optional_id();
    if (!name.empty()) {
      if (!type.fields.emplace(name, count).second)
        return lex_.fail(at,
                         fmt::format("found a duplicate field ${}, expected a name that is not taken", name));
      if (!optional_name(name, "field")) return false;
      names.names.push_back({count++, name});
      if (!field_type(fields) || !close()) return false;
      continue;
    }
    for (; lex_.more(); ++count) {
      if (!field_type(fields)) return false;
    }
    if (!close()) return false;
  }
  if (!names.names.empty()) all_field_names_.push_back(std::move(names));
  out.u64(count);
  out.raw(fields.bytes);
  return lex_.ok();
}

// STORAGE or (mut STORAGE)
bool ModuleParser::field_type(Writer& out) {
  constexpr uint8_t kI8 = 0x78, kI16 = 0x77;
  bool is_mutable = lex_.at_form("mut");
  if (is_mutable) lex_.advance(), lex_.advance();
  if (lex_.peek().is("i8") || lex_.peek().is("i16")) {
    out.u8(lex_.peek().is("i8") ? kI8 : kI16);
    lex_.advance();
  } else if (!val_type(out)) {
    return false;
  }
  out.u8(is_mutable);
  return !is_mutable || close();
}

bool ModuleParser::global_type(Writer& out) {
  bool is_mutable = lex_.at_form("mut");
  if (is_mutable) lex_.advance(), lex_.advance();
  if (!val_type(out)) return false;
  out.u8(is_mutable);
  return !is_mutable || close();
}

// --- limits

// The address type of a table or memory, i32 when left out: whether it is i64.
bool ModuleParser::address_type() {
  bool is64 = lex_.peek().is("i64");
  if (is64 || lex_.peek().is("i32")) lex_.advance();
  return is64;
}

bool ModuleParser::limits(Writer& out, uint8_t flags, bool is_memory) {
  uint64_t min = 0, max = 0;
  const char* what = is_memory ? "the size of the memory in pages" : "the size of the table";
  // A size past 32 bits is for the validator to refuse, but before there were 64-bit memories it was no
  // number at all.
  unsigned bits = options_.features.has(Feature::kMemory64) ? 64 : 32;
  if (!number(bits, false, min, what)) return false;
  if (lex_.at(TokenKind::kNumber)) {
    if (!number(bits, false, max, what)) return false;
    flags |= kHasMax;
  }
  if (is_memory && lex_.peek().is("shared")) {
    flags |= kShared;
    lex_.advance();
  }
  std::optional<uint8_t> page_log2;
  if (is_memory && !page_size(page_log2)) return false;
  if (page_log2) flags |= kPageSize;
  out.u8(flags);
  out.u64(min);
  if (flags & kHasMax) out.u64(max);
  if (page_log2) out.u64(*page_log2);
  return true;
}

// (pagesize N) if it stands here.
bool ModuleParser::page_size(std::optional<uint8_t>& log2) {
  if (!lex_.at_form("pagesize")) return lex_.ok();
  lex_.advance();
  lex_.advance();
  Position at = lex_.peek().at;
  uint64_t size = 0;
  if (!number(64, false, size, "the size of a page in bytes")) return false;
  if (size == 0 || (size & (size - 1)))
    return lex_.fail(at, fmt::format("found an invalid custom page size {}, expected a power of two", size));
  log2 = uint8_t(__builtin_ctzll(size));
  return close();
}

}  // namespace wjit::wasm::text
