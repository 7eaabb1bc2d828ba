#include "tools/wjit/listing.h"

#include <fmt/format.h>

#include <array>
#include <iterator>
#include <cstring>
#include <set>

#include "tools/wjit/disassemble.h"
#include "vmcontext/abi.h"
#include "vmcontext/traps.h"

namespace wjit::cli {
namespace {

constexpr uint8_t kRbp = 5, kRdi = 7;

// "const VMBuiltinFunctionsArray*" is a pointer to a structure of the list.
std::string pointed_at(std::string_view type) {
  if (!type.ends_with('*')) return {};
  type.remove_suffix(1);
  if (type.starts_with("const ")) type.remove_prefix(6);
  for (const vm::StructLayout& s : vm::kStructs)
    if (type == s.name) return std::string(type);
  return {};
}

std::string plain_field(std::string_view structure, uint64_t offset, std::string& pointee) {
  for (const vm::FieldLayout& f : vm::kFields) {
    if (structure != f.structure || offset < f.offset || offset >= uint64_t{f.offset} + f.size) continue;
    if (offset == f.offset) pointee = pointed_at(f.type);
    return offset == f.offset ? f.field : fmt::format("{}+{}", f.field, offset - f.offset);
  }
  return {};
}

class Lister {
 public:
  Lister(const isa::CompiledFunc& f, const isa::Listing& listing, const ListingNames& names)
      : f_(f), listing_(listing), names_(names) {}

  std::string run() {
    find_targets();
    known_[kRdi] = "VMContext";
    size_t next_line = 0;
    for (uint64_t at = 0; at < f_.data;) {
      const bool target = targets_.contains(at);
      if (target) {
        known_ = {};
        put("{:x}:\n", at);
      }
      for (; next_line < listing_.lines.size() && listing_.lines[next_line].offset <= at; ++next_line)
        begin_line(listing_.lines[next_line]);
      const auto d = disassemble(f_.bytes, at);
      if (!d) {
        put("  {:5x}  (no instruction: {:02x})\n", at, f_.bytes[at]);
        ++at;
        continue;
      }
      instruction(at, *d);
      at += d->length;
    }
    data();
    return std::move(out_);
  }

 private:
  template <class... Args>
  void put(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
  }

  void find_targets() {
    for (uint64_t at = 0; at < f_.data;) {
      const auto d = disassemble(f_.bytes, at);
      if (!d) break;
      if (d->target && !reloc_in(at, d->length) && *d->target < f_.data) targets_.insert(*d->target);
      at += d->length;
    }
    for (const isa::JumpTable& t : listing_.tables)
      for (uint32_t k = 0; k < t.entries; ++k) targets_.insert(table_entry(t, k));
  }

  uint64_t table_entry(const isa::JumpTable& t, uint32_t k) const {
    int32_t distance = 0;
    if (uint64_t{t.table} + 4 * k + 4 <= f_.bytes.size()) std::memcpy(&distance, &f_.bytes[t.table + 4 * k], 4);
    return t.table + static_cast<int64_t>(distance);
  }

  const isa::Reloc* reloc_in(uint64_t at, uint32_t length) const {
    for (const isa::Reloc& r : f_.relocs)
      if (r.offset >= at && r.offset < at + length) return &r;
    return nullptr;
  }

  void begin_line(const isa::Line& line) {
    if (line.wasm_offset && line.wasm_offset != wasm_offset_) put("@{:x}\n", line.wasm_offset);
    if (line.wasm_offset) wasm_offset_ = line.wasm_offset;
    for (uint8_t r = 0; r < 16; ++r)
      if (line.vmctx >> r & 1) known_[r] = "VMContext";
  }

  void instruction(uint64_t at, const Decoded& d) {
    std::string text = d.text, comment;
    const auto also = [&](const std::string& more) {
      if (!more.empty()) comment += (comment.empty() ? "" : "; ") + more;
    };
    if (const isa::Reloc* r = reloc_in(at, d.length)) {
      // It has no distance yet.
      text = text.substr(0, text.find(' ')) + " " + target_name(*r);
    }
    std::string pointee;
    if (d.has_memory && d.index == kNoReg && d.base < 16) {
      if (d.base == kRbp && d.disp == -vm::kFrameVmctx) {
        also("vmctx");
        pointee = "VMContext";
      } else if (!known_[d.base].empty()) {
        also(field_name(known_[d.base], d.disp, names_, pointee));
      }
    }
    for (const isa::Site& s : f_.sites)
      if (s.offset == at && s.code != vm::TrapCode::kNone) also(fmt::format("traps: {}", vm::name(s.code)));
    if (comment.empty())
      put("  {:5x}  {}\n", at, text);
    else
      put("  {:5x}  {:<40} ; {}\n", at, text, comment);
    if (d.calls) known_ = {};
    for (uint8_t r = 0; r < 16; ++r)
      if (d.writes >> r & 1) known_[r].clear();
    if (d.loads < 16) known_[d.loads] = pointee;
  }

  std::string target_name(const isa::Reloc& r) const {
    if (r.kind == isa::Reloc::Kind::kFunction) return names_.defined(r.target);
    switch (r.stub) {
      case isa::Stub::kRaise: return fmt::format("<raise {}>", vm::name(vm::TrapCode(r.target)));
      case isa::Stub::kLand: return "<land>";
      case isa::Stub::kFuel: return "<fuel>";
      case isa::Stub::kEpoch: return "<epoch>";
      case isa::Stub::kCopy: return "<copy>";
      case isa::Stub::kFill: return "<fill>";
    }
    return {};
  }

  void data() {
    for (uint64_t at = f_.data; at < f_.bytes.size();) {
      const isa::JumpTable* table = nullptr;
      for (const isa::JumpTable& t : listing_.tables)
        if (t.table == at && t.entries) table = &t;
      if (table) {
        put("  {:5x}  table of the jump at {:x}:", at, table->jump);
        for (uint32_t k = 0; k < table->entries; ++k) put(" {:x}", table_entry(*table, k));
        put("\n");
        at += 4 * table->entries;
        continue;
      }
      uint64_t end = std::min<uint64_t>(at + 8, f_.bytes.size());
      for (const isa::JumpTable& t : listing_.tables)
        if (t.table > at) end = std::min<uint64_t>(end, t.table);
      put("  {:5x}  data", at);
      for (; at < end; ++at) put(" {:02x}", f_.bytes[at]);
      put("\n");
    }
  }

  const isa::CompiledFunc& f_;
  const isa::Listing& listing_;
  const ListingNames& names_;
  std::set<uint64_t> targets_;
  std::array<std::string, 16> known_;  // what registers point at, as far as this block says
  uint32_t wasm_offset_ = 0;
  std::string out_;
};

}  // namespace

std::string field_name(std::string_view structure, int64_t offset, const ListingNames& names, std::string& pointee) {
  if (offset < 0) return {};
  const uint64_t at = static_cast<uint64_t>(offset);
  if (std::string field = plain_field(structure, at, pointee); !field.empty())
    return structure == "VMContext" ? field : fmt::format("{}.{}", structure, field);
  if (structure != "VMContext") return {};
  std::string name;
  names.offsets.for_each_array([&](const vm::ArrayInfo& a, uint64_t begin, uint32_t count) {
    if (at < begin || at >= begin + uint64_t{count} * a.element_size) return;
    const uint32_t n = static_cast<uint32_t>((at - begin) / a.element_size);
    const uint64_t within = (at - begin) % a.element_size;
    name = fmt::format("{}[{}]", a.name, n);
    pointee = pointed_at(a.type);
    if (const std::string field = plain_field(a.type, within, pointee); !field.empty())
      name += "." + field;
    else if (within)
      name += fmt::format("+{}", within);
    if (a.element == std::string_view("entry")) name += ", " + names.defined(n);
    if (a.element == std::string_view("imported_function")) name += ", " + names.imported(n);
  });
  return name;
}

std::string list_code(const isa::CompiledFunc& func, const isa::Listing& listing, const ListingNames& names) {
  return Lister(func, listing, names).run();
}

}  // namespace wjit::cli
