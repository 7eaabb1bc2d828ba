#include "compiler/wasm/match.h"

namespace wjit::wasm {

namespace {

Error mismatch(const std::string& found, const std::string& expected) {
  return Error(ErrorKind::kLink, "incompatible import type: expected " + expected + ", found " + found);
}

bool limits_match(const Limits& found, const Limits& expected) {
  return found.min >= expected.min && (!expected.has_max() || (found.has_max() && found.max <= expected.max));
}

bool same_type(const TypeRegistry& registry, ValType a, ValType b) {
  return registry.matches(a, b) && registry.matches(b, a);
}

std::string to_string(const Limits& limits) {
  return std::to_string(limits.min) + ".." + (limits.has_max() ? std::to_string(limits.max) : "");
}

}  // namespace

Result<void> match_func(const TypeRegistry& registry, TypeId found, TypeId expected) {
  if (registry.is_subtype(found, expected)) return {};
  std::string a = to_string(registry, found), b = to_string(registry, expected);
  // Structure alone does not make types equal.
  if (a == b) a += " of another recursion group";
  return tl::unexpected(mismatch(a, b));
}

Result<void> match_table(const TypeRegistry& registry, const TableType& found, const TableType& expected) {
  if (found.is64 == expected.is64 && same_type(registry, found.element, expected.element) &&
      limits_match(found.limits, expected.limits))
    return {};
  return tl::unexpected(mismatch(to_string(found), to_string(expected)));
}

Result<void> match_memory(const MemoryType& found, const MemoryType& expected) {
  if (found.is64 == expected.is64 && found.shared == expected.shared &&
      found.page_size_log2 == expected.page_size_log2 && limits_match(found.limits, expected.limits))
    return {};
  return tl::unexpected(mismatch(to_string(found), to_string(expected)));
}

Result<void> match_global(const TypeRegistry& registry, const GlobalType& found, const GlobalType& expected) {
  if (found.is_mutable == expected.is_mutable &&
      (found.is_mutable ? same_type(registry, found.type, expected.type)
                        : registry.matches(found.type, expected.type)))
    return {};
  return tl::unexpected(mismatch(to_string(found), to_string(expected)));
}

Result<void> match_tag(const TypeRegistry& registry, TypeId found, TypeId expected) {
  if (found == expected) return {};
  return tl::unexpected(
      mismatch("tag " + to_string(registry, found), "tag " + to_string(registry, expected)));
}

Error kind_mismatch(ExternKind found, ExternKind expected) {
  return mismatch(to_string(found), to_string(expected));
}

std::string to_string(const TableType& t) {
  return std::string("table ") + (t.is64 ? "i64 " : "") + to_string(t.limits) + " " + to_string(t.element);
}

std::string to_string(const MemoryType& m) {
  std::string out = std::string("memory ") + (m.is64 ? "i64 " : "") + to_string(m.limits);
  if (m.shared) out += " shared";
  if (m.page_size_log2 != 16) out += " (pagesize " + std::to_string(uint64_t{1} << m.page_size_log2) + ")";
  return out;
}

std::string to_string(const GlobalType& g) {
  return (g.is_mutable ? "global mut " : "global ") + to_string(g.type);
}

namespace {

void append_values(std::string& out, const char* what, std::span<const ValType> types) {
  if (types.empty()) return;
  out += std::string(" (") + what;
  for (ValType t : types) out += " " + to_string(t);
  out += ")";
}

std::string field_text(const FieldType& f) {
  constexpr const char* kPackedNames[] = {"", "i8", "i16"};
  std::string type = f.packed == Packed::kNone ? to_string(f.type) : kPackedNames[size_t(f.packed)];
  return f.is_mutable ? "(mut " + type + ")" : type;
}

}  // namespace

std::string to_string(const TypeRegistry& registry, TypeId id) {
  const SubType& t = registry[id];
  std::string out;
  if (t.composite == Composite::kFunc) {
    out = "(func";
    append_values(out, "param", t.func().params);
    append_values(out, "result", t.func().results);
  } else {
    out = t.composite == Composite::kStruct ? "(struct" : "(array";
    for (const FieldType& f : t.fields)
      out += t.composite == Composite::kStruct ? " (field " + field_text(f) + ")" : " " + field_text(f);
  }
  out += ")";
  if (t.is_final && t.super == kNoType) return out;
  std::string super = t.super == kNoType ? "" : std::to_string(t.super) + " ";
  return (t.is_final ? "(sub final " : "(sub ") + super + out + ")";
}

}  // namespace wjit::wasm
