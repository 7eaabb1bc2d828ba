#include "compiler/wasm/text/module_names.h"

#include <algorithm>

#include "compiler/support/byte_cursor.h"
#include "compiler/support/utf8.h"

namespace wjit::wasm::text {
namespace {

bool is_indirect(NameKind kind) {
  return kind == NameKind::kLocal || kind == NameKind::kLabel || kind == NameKind::kField;
}

class NameReader {
 public:
  explicit NameReader(ModuleNames& out) : out_(out) {}

  void run(ByteCursor c) {
    unsigned last = 0;
    bool first = true;
    while (c.ok() && !c.at_end()) {
      uint8_t id = c.u8();
      ByteCursor part = c.sub(c.u32());
      if (!c.ok()) break;
      if (id >= uint8_t(NameKind::kCount) || (!first && id <= last)) {
        out_.exact = false;
        continue;
      }
      first = false;
      last = id;
      subsection(part, NameKind{id});
      // What was read of a broken one is used, but the section is kept too.
      if (!part.ok() || !part.at_end()) out_.exact = false;
    }
    if (!c.ok()) out_.exact = false;
  }

 private:
  void subsection(ByteCursor& c, NameKind kind) {
    if (kind == NameKind::kModule) {
      if (std::string_view name; read_name(c, name)) out_.module = name;
    } else if (is_indirect(kind)) {
      uint32_t count = c.u32();
      auto& list = out_.indirect[size_t(kind)];
      for (uint32_t i = 0; i < count && c.ok(); ++i) {
        IndexedNames entry{c.u32(), {}};
        read_map(c, entry.names);
        if (entry.names.empty() || !(list.empty() || list.back().index < entry.index)) {
          out_.exact = false;
        } else {
          list.push_back(std::move(entry));
        }
      }
      if (count == 0) out_.exact = false;  // an empty one is not written again
    } else {
      read_map(c, out_.direct[size_t(kind)]);
      if (out_.direct[size_t(kind)].empty()) out_.exact = false;
    }
  }
  bool read_name(ByteCursor& c, std::string_view& name) {
    std::span<const uint8_t> bytes = c.bytes(c.u32());
    if (!c.ok()) return false;
    if (!is_utf8(bytes)) return out_.exact = false;
    // An empty name has bytes to point to, too: none and empty are told apart by that.
    name = bytes.empty() ? std::string_view("") : as_text(bytes);
    return true;
  }
  void read_map(ByteCursor& c, std::vector<IndexedName>& names) {
    uint32_t count = c.u32();
    for (uint32_t i = 0; i < count && c.ok(); ++i) {
      uint32_t index = c.u32();
      std::string_view name;
      if (!read_name(c, name)) continue;
      if (!names.empty() && names.back().index >= index) {
        out_.exact = false;
        continue;
      }
      names.push_back({index, name});
    }
  }

  ModuleNames& out_;
};

// How many locals a defined function declares; none when its body is malformed.
uint64_t declared_locals(const Module& m, uint32_t defined) {
  ByteCursor c(m.body(defined));
  uint32_t groups = c.u32();
  uint64_t count = 0;
  for (uint32_t i = 0; i < groups && c.ok(); ++i) {
    count += c.u32();
    constexpr uint8_t kRefNullForm = 0x63, kRefForm = 0x64;
    uint8_t type = c.u8();
    if (type == kRefNullForm || type == kRefForm) c.s33();
  }
  return c.ok() ? count : 0;
}

// Whether every name is one of something that is there, and so will be printed. (But for labels: how many
// blocks there are shows when the body is decoded.)
bool names_exist(const Module& m, const ModuleNames& names) {
  const std::pair<NameKind, size_t> kCounts[] = {
      {NameKind::kFunc, m.funcs.size()},     {NameKind::kType, m.types.size()},
      {NameKind::kTable, m.tables.size()},   {NameKind::kMemory, m.memories.size()},
      {NameKind::kGlobal, m.globals.size()}, {NameKind::kElem, m.elements.size()},
      {NameKind::kData, m.data.size()},      {NameKind::kTag, m.tags.size()}};
  for (auto [kind, count] : kCounts)
    if (!names.of(kind).empty() && names.of(kind).back().index >= count) return false;
  for (const IndexedNames& n : names.indirect[size_t(NameKind::kLocal)]) {
    if (n.index >= m.funcs.size()) return false;
    uint64_t count = m.func_type(n.index).params.size();
    if (n.index >= m.imported_funcs && n.index - m.imported_funcs < m.bodies.size())
      count += declared_locals(m, n.index - m.imported_funcs);
    if (n.names.back().index >= count) return false;
  }
  for (const IndexedNames& n : names.indirect[size_t(NameKind::kLabel)])
    if (n.index < m.imported_funcs || n.index >= m.funcs.size()) return false;
  for (const IndexedNames& n : names.indirect[size_t(NameKind::kField)]) {
    if (n.index >= m.types.size() || m.type_at(n.index).composite != Composite::kStruct) return false;
    if (n.names.back().index >= m.type_at(n.index).fields.size()) return false;
  }
  return true;
}

}  // namespace

ModuleNames read_names(const Module& module) {
  ModuleNames names;
  for (const CustomSection& custom : module.customs) {
    if (custom.name != "name") continue;
    if (names.section) {
      names.exact = false;
      continue;
    }
    names.section = &custom;
    NameReader(names).run(ByteCursor(custom.bytes));
    if (custom.bytes.empty()) names.exact = false;
  }
  if (!names_exist(module, names)) names.exact = false;
  return names;
}

const std::vector<IndexedName>& ModuleNames::of(NameKind kind, uint32_t index) const {
  static const std::vector<IndexedName> kNone;
  const auto& list = indirect[size_t(kind)];
  auto it = std::lower_bound(list.begin(), list.end(), index,
                             [](const IndexedNames& n, uint32_t i) { return n.index < i; });
  return it != list.end() && it->index == index ? it->names : kNone;
}

const std::string_view* find_name(const std::vector<IndexedName>& names, uint32_t index) {
  auto it = std::lower_bound(names.begin(), names.end(), index,
                             [](const IndexedName& n, uint32_t i) { return n.index < i; });
  return it != names.end() && it->index == index ? &it->name : nullptr;
}

}  // namespace wjit::wasm::text
