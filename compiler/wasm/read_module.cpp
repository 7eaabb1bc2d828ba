#include "compiler/wasm/read_module.h"

#include <algorithm>
#include <numeric>

#include "compiler/support/utf8.h"
#include "compiler/wasm/limits.h"
#include "compiler/wasm/module_reader.h"

namespace wjit::wasm {

namespace {

struct SectionRow {
  const char* name;
  unsigned rank;  // order in the module; custom sections stand anywhere
};
// By SectionId.
constexpr SectionRow kSections[] = {
    {"custom", 0}, {"type", 1},   {"import", 2},      {"function", 3}, {"table", 4},
    {"memory", 5}, {"global", 7}, {"export", 8},      {"start", 9},    {"element", 10},
    {"code", 12},  {"data", 13},  {"data count", 11}, {"tag", 6},
};
static_assert(std::size(kSections) == size_t(SectionId::kCount));

constexpr uint8_t kMagic[] = {0, 'a', 's', 'm'};

// "(module" or a comment, after white space: somebody handed us the text format.
bool looks_like_text(std::span<const uint8_t> bytes) {
  size_t i = 0;
  while (i < bytes.size() && (bytes[i] == ' ' || bytes[i] == '\t' || bytes[i] == '\n' || bytes[i] == '\r'))
    i++;
  std::string_view rest = as_text(bytes.subspan(i));
  return rest.starts_with("(") || rest.starts_with(";;");
}

}  // namespace

const char* section_name(uint8_t id) { return id < std::size(kSections) ? kSections[id].name : "unknown"; }

void ModuleReader::header(ByteCursor& c) {
  std::span<const uint8_t> all = m.bytes->span;
  size_t there = std::min(all.size(), sizeof kMagic);
  if (!std::equal(all.begin(), all.begin() + there, kMagic)) {
    if (looks_like_text(all))
      c.fail(ErrorKind::kUnsupported,
             "this is WebAssembly text, not a binary: translate it first (for example with wjit parse)", 0);
    else
      c.fail(
          ErrorKind::kMalformed,
          "magic header not detected: this is no WebAssembly binary, which begins with the bytes 00 61 73 6d",
          0);
    return;
  }
  if (all.size() < 8) {
    c.fail(ErrorKind::kMalformed,
           "unexpected end: a WebAssembly binary has a header of 8 bytes, this one ends after " +
               std::to_string(all.size()),
           all.size());
    return;
  }
  c.fixed_u32();
  uint32_t version = c.fixed_u32();
  if (version == 1) return;
  constexpr uint32_t kComponentLayer = 1, kFirstComponentVersion = 0x0a;
  if (version >> 16 == kComponentLayer && (version & 0xffff) >= kFirstComponentVersion)
    c.fail(ErrorKind::kUnsupported,
           "this is a WebAssembly component, not a core module; expected version 1 of a core module", 4);
  else
    c.fail(ErrorKind::kMalformed, "unknown binary version " + std::to_string(version) + ": expected 1", 4);
}

Result<void> ModuleReader::run() {
  ByteCursor file(m.bytes->span);
  if (m.bytes->span.size() > kMaxModuleSize)
    file.fail(
        ErrorKind::kLimit,
        "module size " + std::to_string(m.bytes->span.size()) + ": at most " + std::to_string(kMaxModuleSize),
        0);
  else
    header(file);
  while (file.ok() && !file.at_end()) section(file);
  if (file.ok()) finish(file);
  if (!file.ok()) return tl::unexpected<Error>(file.take_error());
  return {};
}

bool ModuleReader::check_order(ByteCursor& file, SectionId id, uint64_t at) {
  unsigned rank = kSections[size_t(id)].rank;
  if (rank > last_rank_) {
    last_rank_ = rank;
    return true;
  }
  const SectionRow* last = std::find_if(std::begin(kSections), std::end(kSections),
                                        [&](auto& row) { return row.rank == last_rank_; });
  return file.fail(ErrorKind::kMalformed,
                   std::string("unexpected content after last section: ") +
                       (rank == last_rank_ ? std::string("a second ") + last->name + " section"
                                           : std::string("the ") + kSections[size_t(id)].name +
                                                 " section must come before the " + last->name + " section"),
                   at);
}

bool ModuleReader::section(ByteCursor& file) {
  uint64_t at = file.offset();
  uint8_t byte = file.u8();
  if (byte >= uint8_t(SectionId::kCount))
    return file.fail(ErrorKind::kMalformed, "malformed section id " + std::to_string(byte), at);
  SectionId id{byte};
  const char* name = kSections[byte].name;
  uint64_t size_at = file.offset();
  uint32_t size = file.u32();
  if (!file.ok()) return false;
  if (size > file.remaining())
    return file.fail(ErrorKind::kMalformed,
                     std::string("length out of bounds (unexpected end): the ") + name + " section has " +
                         std::to_string(size) + " bytes, but only " + std::to_string(file.remaining()) +
                         " follow",
                     size_at);
  if (id != SectionId::kCustom && !check_order(file, id, at)) return false;
  ByteCursor c = file.sub(size);
  section_body(c, id);
  if (c.ok() && !c.at_end()) c.malformed("section size mismatch: bytes are left over after the last entry");
  if (c.ok()) return true;
  Error error = c.take_error();
  return file.fail(error.kind(), error.message() + " (in the " + name + " section)", error.offset());
}

void ModuleReader::section_body(ByteCursor& c, SectionId id) {
  switch (id) {
    case SectionId::kCustom:
      return custom_section(c);
    case SectionId::kType:
      return type_section(c);
    case SectionId::kImport:
      return import_section(c);
    case SectionId::kFunction:
      return function_section(c);
    case SectionId::kTable:
      return table_section(c);
    case SectionId::kMemory:
      return memory_section(c);
    case SectionId::kGlobal:
      return global_section(c);
    case SectionId::kExport:
      return export_section(c);
    case SectionId::kStart:
      return start_section(c);
    case SectionId::kElement:
      return element_section(c);
    case SectionId::kCode:
      return code_section(c);
    case SectionId::kData:
      return data_section(c);
    case SectionId::kDataCount:
      return data_count_section(c);
    case SectionId::kTag:
      return tag_section(c);
    case SectionId::kCount:
      break;
  }
}

// ---- parts that several sections share

std::string_view ModuleReader::name(ByteCursor& c) {
  uint32_t size = read_count(c, kMaxModuleSize, "bytes of a name");
  uint64_t at = c.offset();
  std::span<const uint8_t> bytes = c.bytes(size);
  if (!is_utf8(bytes)) c.fail(ErrorKind::kMalformed, "malformed UTF-8 encoding of a name", at);
  return as_text(bytes);
}

bool ModuleReader::known(ByteCursor& c, const char* what, uint64_t index, size_t count, uint64_t at) {
  if (!c.ok()) return false;
  if (index < count) return true;
  return c.fail(
      ErrorKind::kInvalid,
      std::string("unknown ") + what + " " + std::to_string(index) + ": there are " + std::to_string(count),
      at);
}

bool ModuleReader::escape(ByteCursor& c, uint32_t func, uint64_t at) {
  if (!known(c, "function", func, m.funcs.size(), at)) return false;
  escaping_[func] = true;
  return true;
}

TypeId ModuleReader::func_type_index(ByteCursor& c) {
  uint64_t at = c.offset();
  uint32_t index = c.u32();
  TypeId id = resolve_type(c, index, scope(), at);
  if (!c.ok()) return kNoType;
  if ((*m.registry)[id].composite != Composite::kFunc)
    c.fail(ErrorKind::kInvalid, "type mismatch: type " + std::to_string(index) + " is not a function type",
           at);
  return id;
}

TypeId ModuleReader::tag_type(ByteCursor& c) {
  uint64_t at = c.offset();
  if (c.u8() != 0) c.fail(ErrorKind::kMalformed, "malformed tag attribute: expected 0 (exception)", at);
  TypeId id = func_type_index(c);
  if (c.ok() && !(*m.registry)[id].func().results.empty())
    c.fail(ErrorKind::kInvalid, "non-empty tag result type: " + to_string((*m.registry)[id].func()), at);
  return id;
}

void ModuleReader::add_table(ByteCursor& c, TableType type, uint64_t at) {
  if (m.tables.size() == 1) need_feature(c, m.features, Feature::kReferenceTypes, "multiple tables", at);
  within_limit(c, m.tables.size() + 1, kMaxTables, "tables", at);
  m.tables.push_back({type, std::nullopt});
}

void ModuleReader::add_memory(ByteCursor& c, MemoryType type, uint64_t at) {
  if (m.memories.size() == 1) need_feature(c, m.features, Feature::kMultiMemory, "multiple memories", at);
  within_limit(c, m.memories.size() + 1, kMaxMemories, "memories", at);
  m.memories.push_back(type);
}

// ---- sections

void ModuleReader::custom_section(ByteCursor& c) {
  uint64_t at = c.offset();
  CustomSection custom{};
  custom.name = name(c);
  if (!c.ok()) return;
  custom.offset = uint32_t(at);
  custom.bytes = c.bytes(c.remaining());
  m.customs.push_back(custom);
}

void ModuleReader::type_section(ByteCursor& c) {
  uint32_t count = read_count(c, kMaxRecGroups, "recursion groups");
  m.types.reserve(count);
  for (uint32_t i = 0; i < count; i++)
    if (!read_rec_group(c, m.features, *m.registry, m.types)) return;
}

void ModuleReader::import_one(ByteCursor& c) {
  Import import{};
  import.offset = uint32_t(c.offset());
  import.module = name(c);
  import.name = name(c);
  uint64_t at = c.offset();
  uint8_t kind = c.u8();
  if (!c.ok()) return;
  import.kind = ExternKind{kind};
  auto next = [](uint32_t& imported) { return imported++; };
  switch (import.kind) {
    case ExternKind::kFunc:
      import.index = next(m.imported_funcs);
      m.funcs.push_back(func_type_index(c));
      break;
    case ExternKind::kTable:
      import.index = next(m.imported_tables);
      add_table(c, read_table_type(c, scope()), at);
      break;
    case ExternKind::kMemory:
      import.index = next(m.imported_memories);
      add_memory(c, read_memory_type(c, m.features), at);
      break;
    case ExternKind::kGlobal:
      import.index = next(m.imported_globals);
      m.globals.push_back({read_global_type(c, scope()), {}});
      if (m.globals.back().type.is_mutable)
        need_feature(c, m.features, Feature::kMutableGlobals, "importing a mutable global", at);
      break;
    case ExternKind::kTag:
      import.index = next(m.imported_tags);
      need_feature(c, m.features, Feature::kExceptions, "malformed import kind: a tag", at);
      m.tags.push_back(tag_type(c));
      break;
    default:
      c.fail(ErrorKind::kMalformed,
             "malformed import kind " + std::to_string(kind) + ": expected 0 (function) to 4 (tag)", at);
  }
  m.imports.push_back(import);
}

void ModuleReader::import_section(ByteCursor& c) {
  uint32_t count = read_count(c, kMaxImports, "imports");
  for (uint32_t i = 0; i < count && c.ok(); i++) import_one(c);
  escaping_.resize(m.funcs.size());
}

void ModuleReader::function_section(ByteCursor& c) {
  uint64_t at = c.offset();
  defined_funcs_ = read_count(c, kMaxFuncs, "functions");
  within_limit(c, m.funcs.size() + defined_funcs_, kMaxFuncs, "functions", at);
  m.funcs.reserve(m.funcs.size() + defined_funcs_);
  for (uint32_t i = 0; i < defined_funcs_ && c.ok(); i++) m.funcs.push_back(func_type_index(c));
  escaping_.resize(m.funcs.size());
}

void ModuleReader::table_section(ByteCursor& c) {
  uint32_t count = read_count(c, kMaxTables, "tables");
  for (uint32_t i = 0; i < count && c.ok(); i++) {
    uint64_t at = c.offset();
    constexpr uint8_t kWithInit = 0x40;
    bool with_init = c.peek() == kWithInit;
    if (with_init) {
      c.u8();
      if (c.u8() != 0) c.fail(ErrorKind::kMalformed, "malformed table: expected 0x40 0x00", at);
      need_feature(c, m.features, Feature::kFunctionReferences, "a table with an initialiser", at);
    }
    TableType type = read_table_type(c, scope());
    add_table(c, type, at);
    if (!c.ok()) return;
    if (with_init)
      m.tables.back().init = const_exprs_.read(c, type.element);
    else if (!type.element.nullable())
      c.fail(ErrorKind::kInvalid,
             "type mismatch: a table of " + to_string(type.element) +
                 ", which has no default, needs an initialiser",
             at);
  }
}

void ModuleReader::memory_section(ByteCursor& c) {
  uint64_t at = c.offset();
  uint32_t count = read_count(c, kMaxMemories, "memories");
  for (uint32_t i = 0; i < count && c.ok(); i++) {
    add_memory(c, read_memory_type(c, m.features), at);
    at = c.offset();
  }
}

void ModuleReader::tag_section(ByteCursor& c) {
  need_feature(c, m.features, Feature::kExceptions, "malformed section id: tags", c.offset());
  uint64_t at = c.offset();
  uint32_t count = read_count(c, kMaxTags, "tags");
  within_limit(c, m.tags.size() + count, kMaxTags, "tags", at);
  for (uint32_t i = 0; i < count && c.ok(); i++) m.tags.push_back(tag_type(c));
}

void ModuleReader::global_section(ByteCursor& c) {
  uint64_t at = c.offset();
  uint32_t count = read_count(c, kMaxGlobals, "globals");
  within_limit(c, m.globals.size() + count, kMaxGlobals, "globals", at);
  for (uint32_t i = 0; i < count && c.ok(); i++) {
    Global g;
    g.type = read_global_type(c, scope());
    g.init = const_exprs_.read(c, g.type.type);
    m.globals.push_back(std::move(g));
  }
}

void ModuleReader::export_section(ByteCursor& c) {
  uint32_t count = read_count(c, kMaxExports, "exports");
  m.exports.reserve(std::min<size_t>(count, c.remaining() / 3));
  for (uint32_t i = 0; i < count && c.ok(); i++) {
    Export e{};
    e.name = name(c);
    uint64_t at = c.offset();
    uint8_t kind = c.u8();
    e.kind = ExternKind{kind};
    uint64_t index_at = c.offset();
    e.index = c.u32();
    if (!c.ok()) return;
    switch (e.kind) {
      case ExternKind::kFunc:
        escape(c, e.index, index_at);
        break;
      case ExternKind::kTable:
        known(c, "table", e.index, m.tables.size(), index_at);
        break;
      case ExternKind::kMemory:
        known(c, "memory", e.index, m.memories.size(), index_at);
        break;
      case ExternKind::kGlobal:
        if (known(c, "global", e.index, m.globals.size(), index_at) && m.globals[e.index].type.is_mutable)
          need_feature(c, m.features, Feature::kMutableGlobals, "exporting a mutable global", at);
        break;
      case ExternKind::kTag:
        known(c, "tag", e.index, m.tags.size(), index_at);
        break;
      default:
        c.fail(ErrorKind::kMalformed,
               "malformed export kind " + std::to_string(kind) + ": expected 0 (function) to 4 (tag)", at);
    }
    m.exports.push_back(e);
  }
  // Sorting finds duplicates and serves find_export; no choice of names makes it slow, as it might a hash
  // table.
  m.exports_by_name.resize(m.exports.size());
  std::iota(m.exports_by_name.begin(), m.exports_by_name.end(), 0u);
  auto less = [&](uint32_t a, uint32_t b) { return m.exports[a].name < m.exports[b].name; };
  std::sort(m.exports_by_name.begin(), m.exports_by_name.end(), less);
  for (size_t i = 1; i < m.exports_by_name.size(); i++) {
    const Export &a = m.exports[m.exports_by_name[i - 1]], &b = m.exports[m.exports_by_name[i]];
    if (a.name != b.name) continue;
    const char* second = std::max(a.name.data(), b.name.data());
    c.fail(ErrorKind::kInvalid, "duplicate export name \"" + std::string(a.name) + "\"",
           uint64_t(second - reinterpret_cast<const char*>(m.bytes->span.data())));
    return;
  }
}

void ModuleReader::start_section(ByteCursor& c) {
  uint64_t at = c.offset();
  uint32_t index = c.u32();
  if (!known(c, "function", index, m.funcs.size(), at)) return;
  FuncType t = m.func_type(index);
  if (!t.params.empty() || !t.results.empty())
    c.fail(ErrorKind::kInvalid, "start function: expected type [] -> [], found " + to_string(t), at);
  m.start = index;
}

void ModuleReader::code_section(ByteCursor& c) {
  uint64_t at = c.offset();
  uint32_t count = c.u32();
  if (!c.ok()) return;
  if (count != defined_funcs_) {
    c.fail(ErrorKind::kMalformed,
           "function and code section have inconsistent lengths: " + std::to_string(defined_funcs_) +
               " and " + std::to_string(count),
           at);
    return;
  }
  m.bodies.reserve(count);  // as many as the function section has bytes for
  for (uint32_t i = 0; i < count; i++) {
    uint64_t size_at = c.offset();
    uint32_t size = c.u32();
    FuncBody body{uint32_t(c.offset()), size};
    if (size > kMaxBodySize) [[unlikely]] {
      within_limit(c, size, kMaxBodySize, "bytes in a function body", size_at);
      return;
    }
    c.bytes(size);
    if (!c.ok()) return;
    m.bodies.push_back(body);
  }
}

void ModuleReader::finish(ByteCursor& file) {
  uint64_t end = file.offset();
  if (m.bodies.size() != defined_funcs_)
    file.fail(ErrorKind::kMalformed,
              "function and code section have inconsistent lengths: " + std::to_string(defined_funcs_) +
                  " and " + std::to_string(m.bodies.size()),
              end);
  if (m.data_count && *m.data_count != m.data.size())
    file.fail(ErrorKind::kMalformed,
              "data count and data section have inconsistent lengths: " + std::to_string(*m.data_count) +
                  " and " + std::to_string(m.data.size()),
              end);
  if (file.ok()) number_escaping();
}

// In function-index order, so that the numbering depends on the module alone.
void ModuleReader::number_escaping() {
  m.escape_index.assign(m.funcs.size(), Module::kNotEscaping);
  for (uint32_t f = 0; f < m.funcs.size(); f++) {
    if (!escaping_[f]) continue;
    m.escape_index[f] = uint32_t(m.escaping.size());
    m.escaping.push_back(f);
  }
}

Result<std::shared_ptr<const Module>> read_module(std::shared_ptr<const Bytes> bytes, FeatureSet features,
                                                  std::shared_ptr<TypeRegistry> registry) {
  auto module = std::make_shared<Module>();
  module->bytes = std::move(bytes);
  module->registry = std::move(registry);
  module->features = features;
  WJIT_CHECK(ModuleReader(*module).run());
  return module;
}

const Export* Module::find_export(std::string_view name) const {
  auto it = std::lower_bound(exports_by_name.begin(), exports_by_name.end(), name,
                             [&](uint32_t i, std::string_view n) { return exports[i].name < n; });
  return it != exports_by_name.end() && exports[*it].name == name ? &exports[*it] : nullptr;
}

}  // namespace wjit::wasm
