// All that a name section says, as the printer needs it.
#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "compiler/wasm/module.h"

namespace wjit::wasm::text {

struct IndexedName {
  uint32_t index;
  std::string_view name;
};
struct IndexedNames {  // of the locals or labels of a function, or of the fields of a type
  uint32_t index;
  std::vector<IndexedName> names;
};

// The subsections of the name section, by their numbers.
enum class NameKind : uint8_t {
  kModule,
  kFunc,
  kLocal,
  kLabel,
  kType,
  kTable,
  kMemory,
  kGlobal,
  kElem,
  kData,
  kField,
  kTag,
  kCount
};

struct ModuleNames {
  std::optional<std::string_view> module;
  std::vector<IndexedName> direct[size_t(NameKind::kCount)];     // indices ascend
  std::vector<IndexedNames> indirect[size_t(NameKind::kCount)];  // the same, on both levels
  // Whether this is all there is: one name section, well-formed, of these subsections in their order. Else
  // the section must be kept as it is.
  bool exact = true;
  const CustomSection* section = nullptr;  // the one that was read

  const std::vector<IndexedName>& of(NameKind kind) const { return direct[size_t(kind)]; }
  // Those of one function or type; empty when there are none.
  const std::vector<IndexedName>& of(NameKind kind, uint32_t index) const;
};

ModuleNames read_names(const Module& module);
// The name of an index; null when it has none.
const std::string_view* find_name(const std::vector<IndexedName>& names, uint32_t index);

}  // namespace wjit::wasm::text
