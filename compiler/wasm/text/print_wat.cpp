#include "compiler/wasm/text/print_wat.h"

#include <fmt/format.h>

#include "compiler/support/byte_cursor.h"
#include "compiler/wasm/read_module.h"
#include "compiler/wasm/text/heap_names.h"
#include "compiler/wasm/text/printer.h"

namespace wjit::wasm::text {
namespace {

struct ExternRow {
  const char* keyword;
  NameKind names;
};
// By ExternKind.
constexpr ExternRow kExterns[] = {{"func", NameKind::kFunc},
                                  {"table", NameKind::kTable},
                                  {"memory", NameKind::kMemory},
                                  {"global", NameKind::kGlobal},
                                  {"tag", NameKind::kTag}};

bool is_id_text(std::string_view name) {
  for (char c : name)
    if (c <= 0x20 || c >= 0x7f || std::string_view("\"(),;[]{}").find(c) != std::string_view::npos)
      return false;
  return !name.empty();
}

// Names are UTF-8 and stay readable; of data, only ASCII does.
std::string quoted(std::string_view bytes, bool is_name) {
  std::string out = "\"";
  for (char c : bytes) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if ((c >= 0x20 && c < 0x7f) || (is_name && (c & 0x80))) {
      out += c;
    } else {
      constexpr char kHex[] = "0123456789abcdef";
      out += '\\';
      out += kHex[static_cast<unsigned char>(c) >> 4];
      out += kHex[c & 15];
    }
  }
  return out + '"';
}

}  // namespace

Identifiers make_identifiers(const std::vector<IndexedName>& names) {
  Identifiers ids;
  std::unordered_set<std::string> used;
  for (const IndexedName& n : names) {
    std::string id(n.name);
    bool taken = id.empty() || !used.insert(id).second;
    for (unsigned i = 0; taken; ++i) {
      id = fmt::format("{}#{}{}", n.name, n.index, i ? fmt::format(".{}", i) : "");
      taken = !used.insert(id).second;
    }
    Identifiers::Entry& entry = ids.by_index[n.index];
    entry.id = '$' + (is_id_text(id) ? id : quoted(id, true));
    if (id != n.name) entry.annotation = fmt::format(" (@name {})", quoted(n.name, true));
  }
  return ids;
}

Printer::Printer(const Module& module, const PrintOptions& options, const TextSink& sink)
    : m_(module), options_(options), sink_(sink) {
  if (options.names) {
    names_ = read_names(module);
    for (size_t i = 0; i < size_t(NameKind::kCount); ++i) ids_[i] = make_identifiers(names_.direct[i]);
  }
  for (uint32_t i = 0; i < m_.types.size(); ++i) type_index_.emplace(m_.types[i], i);
}

Result<void> Printer::run() {
  put("(module");
  if (names_.module) {
    Identifiers id = make_identifiers({{0, *names_.module}});
    put(" "), put(id.by_index[0].id), put(id.by_index[0].annotation);
  }
  types();
  imports();
  tables();
  memories();
  tags();
  globals();
  exports();
  if (m_.start) line(1), put("(start "), ref(NameKind::kFunc, *m_.start), put(")");
  elements();
  WJIT_CHECK(functions());
  data();
  if (options_.customs) customs();
  put(")\n");
  flush(true);
  return {};
}

// --- pieces

void Printer::flush(bool all) {
  constexpr size_t kPiece = size_t{1} << 16;
  if (!all && out_.size() < kPiece) return;
  sink_(out_);
  out_.clear();
}

// Deep nesting is not shown past some depth: the text would grow with its square.
void Printer::line(unsigned depth) {
  flush(false);
  out_ += '\n';
  out_.append(2 * std::min(depth, 40u), ' ');
}

void Printer::quote_name(std::string_view name) { put(quoted(name, true)); }
void Printer::quote_data(std::string_view bytes) { put(quoted(bytes, false)); }

uint32_t Printer::type_index(TypeId id) const {
  if (id - group_first_ < group_size_) return group_index_ + (id - group_first_);
  auto it = type_index_.find(id);
  WJIT_ASSERT(it != type_index_.end());
  return it->second;
}

void Printer::ref(const Identifiers& ids, uint32_t index) {
  // A long name is written once; a module must not become larger than a multiple of itself.
  constexpr size_t kLongest = 200;
  auto it = ids.by_index.find(index);
  if (it != ids.by_index.end() && it->second.id.size() <= kLongest) return put(it->second.id);
  put(index);
}

void Printer::ref(NameKind kind, uint32_t index) { ref(ids_[size_t(kind)], index); }

void Printer::define(NameKind kind, uint32_t index) {
  const Identifiers& ids = ids_[size_t(kind)];
  auto it = ids.by_index.find(index);
  if (it != ids.by_index.end()) put(" "), put(it->second.id), put(it->second.annotation);
  put(" (;"), put(index), put(";)");
}

void Printer::heap_type(ValType t) {
  if (t.heap() == Heap::kConcrete) return ref(NameKind::kType, type_index(t.type_id()));
  for (const HeapName& h : kHeapNames)
    if (h.type == t.heap()) put(h.heap);
}

void Printer::val_type(ValType t) {
  if (!t.is_ref()) return put(to_string(t));
  if (t.nullable() && t.heap() != Heap::kConcrete) {
    for (const HeapName& h : kHeapNames)
      if (h.type == t.heap()) put(h.reference);
    return;
  }
  put(t.nullable() ? "(ref null " : "(ref ");
  heap_type(t);
  put(")");
}

// --- types

void Printer::types() {
  for (uint32_t i = 0; i < m_.types.size();) {
    const SubType& first = m_.type_at(i);
    group_first_ = m_.types[i];
    group_size_ = first.rec_size;
    group_index_ = i;
    bool grouped = group_size_ != 1;
    if (grouped) line(1), put("(rec");
    for (uint32_t end = i + group_size_; i < end; ++i) {
      line(grouped ? 2 : 1);
      sub_type(i, group_index_);
    }
    if (grouped) put(")");
  }
  group_size_ = 0;
}

void Printer::sub_type(uint32_t index, uint32_t) {
  const SubType& t = m_.type_at(index);
  put("(type");
  define(NameKind::kType, index);
  put(" ");
  bool plain = t.is_final && t.super == kNoType;
  if (!plain) put(t.is_final ? "(sub final " : "(sub ");
  if (t.super != kNoType) ref(NameKind::kType, type_index(t.super)), put(" ");
  if (t.composite == Composite::kFunc) {
    put("(func");
    func_type(t.func(), nullptr);
  } else if (t.composite == Composite::kArray) {
    put("(array ");
    field_type(t.fields[0]);
  } else {
    put("(struct");
    fields(index, t);
  }
  put(plain ? "))" : ")))");
}

const Identifiers& Printer::fields_of(uint32_t type) {
  auto [it, is_new] = fields_.try_emplace(type);
  if (is_new) it->second = make_identifiers(names_.of(NameKind::kField, type));
  return it->second;
}

void Printer::fields(uint32_t index, const SubType& t) {
  const Identifiers& ids = fields_of(index);
  for (uint32_t i = 0; i < t.fields.size(); ++i) {
    put(" (field ");
    if (auto it = ids.by_index.find(i); it != ids.by_index.end())
      put(it->second.id), put(it->second.annotation), put(" ");
    field_type(t.fields[i]);
    put(")");
  }
}

void Printer::field_type(const FieldType& f) {
  if (f.is_mutable) put("(mut ");
  if (f.packed == Packed::kNone)
    val_type(f.type);
  else
    put(f.packed == Packed::kI8 ? "i8" : "i16");
  if (f.is_mutable) put(")");
}

void Printer::limits(const Limits& l) {
  put(l.min);
  if (l.has_max()) put(" "), put(l.max);
}

void Printer::table_type(const TableType& t) {
  put(t.is64 ? " i64 " : " ");
  limits(t.limits);
  put(" ");
  val_type(t.element);
}

void Printer::memory_type(const MemoryType& t) {
  put(t.is64 ? " i64 " : " ");
  limits(t.limits);
  if (t.shared) put(" shared");
  if (t.page_size_log2 != 16) put(" (pagesize "), put(uint64_t{1} << t.page_size_log2), put(")");
}

void Printer::global_type(const GlobalType& t) {
  put(t.is_mutable ? " (mut " : " ");
  val_type(t.type);
  if (t.is_mutable) put(")");
}

// --- fields

void Printer::imports() {
  for (const Import& i : m_.imports) {
    line(1);
    put("(import "), quote_name(i.module), put(" "), quote_name(i.name);
    const ExternRow& row = kExterns[size_t(i.kind)];
    put(" ("), put(row.keyword);
    define(row.names, i.index);
    switch (i.kind) {
      case ExternKind::kFunc: {
        put(" (type "), ref(NameKind::kType, type_index(m_.funcs[i.index])), put(")");
        Identifiers params = make_identifiers(names_.of(NameKind::kLocal, i.index));
        func_type(m_.func_type(i.index), &params);
        break;
      }
      case ExternKind::kTable:
        table_type(m_.tables[i.index].type);
        break;
      case ExternKind::kMemory:
        memory_type(m_.memories[i.index]);
        break;
      case ExternKind::kGlobal:
        global_type(m_.globals[i.index].type);
        break;
      case ExternKind::kTag:
        put(" (type "), ref(NameKind::kType, type_index(m_.tags[i.index])), put(")");
    }
    put("))");
  }
}

void Printer::tables() {
  for (uint32_t i = m_.imported_tables; i < m_.tables.size(); ++i) {
    line(1);
    put("(table");
    define(NameKind::kTable, i);
    table_type(m_.tables[i].type);
    if (m_.tables[i].init) put(" "), const_expr(*m_.tables[i].init);
    put(")");
  }
}

void Printer::memories() {
  for (uint32_t i = m_.imported_memories; i < m_.memories.size(); ++i) {
    line(1);
    put("(memory");
    define(NameKind::kMemory, i);
    memory_type(m_.memories[i]);
    put(")");
  }
}

void Printer::tags() {
  for (uint32_t i = m_.imported_tags; i < m_.tags.size(); ++i) {
    line(1);
    put("(tag");
    define(NameKind::kTag, i);
    put(" (type "), ref(NameKind::kType, type_index(m_.tags[i])), put("))");
  }
}

void Printer::globals() {
  for (uint32_t i = m_.imported_globals; i < m_.globals.size(); ++i) {
    line(1);
    put("(global");
    define(NameKind::kGlobal, i);
    global_type(m_.globals[i].type);
    put(" "), const_expr(m_.globals[i].init), put(")");
  }
}

void Printer::exports() {
  for (const Export& e : m_.exports) {
    line(1);
    put("(export "), quote_name(e.name);
    const ExternRow& row = kExterns[size_t(e.kind)];
    put(" ("), put(row.keyword), put(" "), ref(row.names, e.index), put("))");
  }
}

// One form for each step: operators without operands inside, which come before them.
void Printer::const_expr(const ConstExpr& e) {
  static const Identifiers kNoLocals;
  bool first = true;
  for (const ConstExpr::Step& s : e.steps()) {
    Instr in{};
    in.op = s.op;
    in.a = s.a;
    in.b = s.b;
    in.type = s.type;
    if (s.op == Op::v128_const) {
      std::memcpy(in.bytes, &s.lo, 8), std::memcpy(in.bytes + 8, &s.hi, 8);
    } else {
      in.value = s.lo;
    }
    put(first ? "(" : " (");
    first = false;
    instruction(in, kNoLocals);
    put(")");
  }
}

void Printer::offset(const ConstExpr& e) { put(" (offset "), const_expr(e), put(")"); }

void Printer::elements() {
  for (uint32_t i = 0; i < m_.elements.size(); ++i) {
    const ElementSegment& e = m_.elements[i];
    line(1);
    put("(elem");
    define(NameKind::kElem, i);
    if (e.mode == SegmentMode::kActive)
      put(" (table "), ref(NameKind::kTable, e.table), put(")"), offset(e.offset);
    if (e.mode == SegmentMode::kDeclared) put(" declare");
    // Only indices have this type without being written so.
    bool by_index = e.exprs.empty() && e.type == ValType::ref(false, Heap::kFunc);
    put(" ");
    by_index ? put("func") : val_type(e.type);
    for (size_t k = 0; k < e.size(); ++k) {
      k % 8 == 7 ? line(2) : put(" ");
      if (by_index) {
        ref(NameKind::kFunc, e.funcs[k]);
      } else if (!e.exprs.empty()) {
        put("(item "), const_expr(e.exprs[k]), put(")");
      } else if (e.funcs[k] == ElementSegment::kNullFunc) {
        put("(ref.null "), heap_type(e.type), put(")");
      } else {
        put("(ref.func "), ref(NameKind::kFunc, e.funcs[k]), put(")");
      }
    }
    put(")");
  }
}

void Printer::data() {
  constexpr size_t kPerLine = 64;
  for (uint32_t i = 0; i < m_.data.size(); ++i) {
    const DataSegment& d = m_.data[i];
    line(1);
    put("(data");
    define(NameKind::kData, i);
    if (d.mode == SegmentMode::kActive) {
      if (d.memory) put(" (memory "), ref(NameKind::kMemory, d.memory), put(")");
      offset(d.offset);
    }
    std::string_view bytes(reinterpret_cast<const char*>(d.bytes.data()), d.bytes.size());
    if (bytes.size() <= kPerLine) put(" "), quote_data(bytes);
    for (size_t at = 0; bytes.size() > kPerLine && at < bytes.size(); at += kPerLine) {
      line(2);
      quote_data(bytes.substr(at, kPerLine));
    }
    put(")");
  }
}

// --- custom sections

void Printer::custom(const CustomSection& section, const std::string& placement) {
  line(1);
  put("(@custom "), quote_name(section.name), put(placement);
  std::string_view bytes(reinterpret_cast<const char*>(section.bytes.data()), section.bytes.size());
  constexpr size_t kPerLine = 64;
  for (size_t at = 0; at < bytes.size(); at += kPerLine) {
    bytes.size() <= kPerLine ? put(" ") : line(2);
    quote_data(bytes.substr(at, kPerLine));
  }
  put(")");
}

// Each at its place between the other sections, which is only in the bytes.
void Printer::customs() {
  auto keyword = [](uint8_t id) {
    constexpr const char* kKeywords[] = {"",       "type",  "import", "func", "table", "memory",    "global",
                                         "export", "start", "elem",   "code", "data",  "datacount", "tag"};
    return kKeywords[id];
  };
  ByteCursor file(m_.bytes->span);
  file.bytes(8);
  std::vector<uint8_t> ids;
  size_t others = 0;
  while (file.ok() && !file.at_end()) {
    ids.push_back(file.u8());
    others += ids.back() != 0;
    file.bytes(file.u32());
  }
  size_t next = 0, seen = 0;
  uint8_t last = 0;
  bool behind_names = false;
  for (uint8_t id : ids) {
    if (id != 0) {
      last = id;
      ++seen;
      continue;
    }
    const CustomSection& section = m_.customs[next++];
    if (options_.names && names_.exact && names_.section == &section) {
      behind_names = seen == others;
      continue;
    }
    if (behind_names)
      custom(section, "");
    else
      custom(section, last ? fmt::format(" (after {})", keyword(last)) : " (before first)");
  }
}

// --- the interface

Result<void> print_wat(const Module& module, const PrintOptions& options, const TextSink& sink) {
  return Printer(module, options, sink).run();
}

Result<std::string> print_wat(const Module& module, const PrintOptions& options) {
  std::string text;
  TextSink sink = [&](std::string_view piece) { text.append(piece); };
  WJIT_CHECK(print_wat(module, options, sink));
  return text;
}

}  // namespace wjit::wasm::text
