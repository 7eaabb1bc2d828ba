// The sections put together, the name section, and what parse_wat.h promises about errors.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/wasm/text/module_parser.h"

namespace wjit::wasm::text {
namespace {

constexpr uint8_t kSectionNumbers[] = {
#define WJIT_S(id, number, text) number,
    WJIT_TEXT_SECTIONS(WJIT_S)
#undef WJIT_S
};

// Moves the bytes to the end of the module.
void append(TextModule& m, uint8_t number, std::span<const uint8_t> prefix, std::span<const uint8_t> bytes) {
  Writer header;
  header.u8(number);
  header.u64(prefix.size() + bytes.size());
  m.binary.insert(m.binary.end(), header.bytes.begin(), header.bytes.end());
  m.binary.insert(m.binary.end(), prefix.begin(), prefix.end());
  m.binary.insert(m.binary.end(), bytes.begin(), bytes.end());
}

void write_names(Writer& out, uint8_t id, const std::vector<NamedIndex>& names) {
  if (names.empty()) return;
  Writer map;
  map.u64(names.size());
  for (const NamedIndex& n : names) map.u64(n.index), map.name(n.name);
  out.u8(id);
  out.name(std::string_view(reinterpret_cast<const char*>(map.bytes.data()), map.size()));
}

void write_indirect_names(Writer& out, uint8_t id, const std::vector<FuncNames>& all) {
  if (all.empty()) return;
  Writer map;
  map.u64(all.size());
  for (const FuncNames& f : all) {
    map.u64(f.func);
    map.u64(f.names.size());
    for (const NamedIndex& n : f.names) map.u64(n.index), map.name(n.name);
  }
  out.u8(id);
  out.name(std::string_view(reinterpret_cast<const char*>(map.bytes.data()), map.size()));
}

}  // namespace

TextModule ModuleParser::encode() {
  TextModule m;
  constexpr uint8_t kHeader[] = {0, 'a', 's', 'm', 1, 0, 0, 0};
  m.binary.assign(std::begin(kHeader), std::end(kHeader));
  section(Section::kStart).count = has_start_;
  SectionBuffer& data_count = section(Section::kDataCount);
  data_count.count = needs_data_count_;
  data_count.out.u64(section(Section::kData).count);
  encode_customs(m, kFirstSlot);
  for (size_t i = 0; i < size_t(Section::kCount); ++i) {
    encode_customs(m, slot_before(Section(i)));
    if (Section(i) == Section::kCode) encode_hints(m);
    encode_section(m, Section(i));
    encode_customs(m, slot_after(Section(i)));
  }
  if (options_.names) encode_names(m);
  encode_customs(m, kLastSlot);
  return m;
}

void ModuleParser::encode_section(TextModule& m, Section id) {
  SectionBuffer& s = section(id);
  if (s.count == 0) return;
  Writer count;
  if (id != Section::kStart && id != Section::kDataCount) count.u64(s.count);
  append(m, kSectionNumbers[size_t(id)], count.bytes, s.out.bytes);
  uint32_t base = uint32_t(m.binary.size() - s.out.size());
  for (const TextModule::Line& l : s.lines) m.lines.push_back({base + l.offset, l.line, l.column});
  s = {};
}

void ModuleParser::encode_customs(TextModule& m, unsigned slot) {
  for (const CustomText& c : customs_) {
    if (c.slot != slot) continue;
    Writer name;
    name.name(c.name);
    append(m, 0, name.bytes, {reinterpret_cast<const uint8_t*>(c.bytes.data()), c.bytes.size()});
  }
}

void ModuleParser::encode_hints(TextModule& m) {
  if (!hinted_funcs_) return;
  Writer prefix;
  prefix.name("metadata.code.branch_hint");
  prefix.u64(hinted_funcs_);
  append(m, 0, prefix.bytes, all_hints_.bytes);
}

void ModuleParser::encode_names(TextModule& m) {
  // Somebody wrote the section by hand.
  for (const CustomText& c : customs_)
    if (c.name == "name") return;
  Writer out;
  if (module_name_.data()) {
    Writer name;
    name.name(module_name_);
    out.u8(0);
    out.name(std::string_view(reinterpret_cast<const char*>(name.bytes.data()), name.size()));
  }
  write_names(out, 1, space(Space::kFunc).names);
  write_indirect_names(out, 2, all_local_names_);
  write_indirect_names(out, 3, all_label_names_);
  write_names(out, 4, space(Space::kType).names);
  write_names(out, 5, space(Space::kTable).names);
  write_names(out, 6, space(Space::kMemory).names);
  write_names(out, 7, space(Space::kGlobal).names);
  write_names(out, 8, space(Space::kElem).names);
  write_names(out, 9, space(Space::kData).names);
  write_indirect_names(out, 10, all_field_names_);
  write_names(out, 11, space(Space::kTag).names);
  if (out.bytes.empty()) return;
  Writer name;
  name.name("name");
  append(m, 0, name.bytes, out.bytes);
}

// --- parse_wat.h

Result<TextModule> parse_wat(std::string_view source, const ParseOptions& options, Position* at) {
  return ModuleParser(source, options).run(at);
}

bool looks_like_text(std::span<const uint8_t> bytes) {
  size_t i = 0;
  while (i < bytes.size() && (bytes[i] == ' ' || bytes[i] == '\t' || bytes[i] == '\n' || bytes[i] == '\r'))
    i++;
  if (i == bytes.size()) return false;
  // A byte order mark, which text may not have, is for the lexer to complain of.
  if (bytes.size() >= 3 && bytes[0] == 0xef && bytes[1] == 0xbb && bytes[2] == 0xbf) return true;
  return bytes[i] == '(' || (bytes[i] == ';' && i + 1 < bytes.size() && bytes[i + 1] == ';');
}

Position TextModule::find(uint64_t offset) const {
  auto it = std::upper_bound(lines.begin(), lines.end(), offset,
                             [](uint64_t o, const Line& l) { return o < l.offset; });
  if (it == lines.begin()) return {};
  --it;
  return {it->line, it->column};
}

std::string excerpt(std::string_view source, Position at) {
  size_t begin = 0;
  for (uint32_t line = 1; line < at.line; ++line) {
    begin = source.find_first_of("\r\n", begin);
    if (begin == std::string_view::npos) return {};
    begin += source.substr(begin, 2) == "\r\n" ? 2 : 1;
  }
  std::string_view line = source.substr(begin, source.find_first_of("\r\n", begin) - begin);
  // A window of the line around the place; one column for each character before it.
  constexpr size_t kBefore = 60, kWidth = 100;
  size_t column = std::min<size_t>(at.column - 1, line.size());
  size_t first = column > kBefore ? column - kBefore : 0;
  auto inside_character = [&](size_t i) { return i < line.size() && (line[i] & 0xc0) == 0x80; };
  while (inside_character(first)) ++first;
  size_t last = std::min(first + kWidth, line.size());
  while (inside_character(last)) --last;
  std::string shown, caret;
  for (size_t i = first; i < last; ++i) shown += static_cast<unsigned char>(line[i]) < 0x20 ? ' ' : line[i];
  for (size_t i = first; i < column; ++i)
    if (!inside_character(i)) caret += ' ';
  return fmt::format("\n  {}\n  {}^", shown, caret);
}

Error locate(const TextModule& module, std::string_view source, const Error& error) {
  if (error.offset() == kNoOffset) return error;
  Position at = module.find(error.offset());
  return Error(error.kind(),
               fmt::format("{}:{}: {}{}", at.line, at.column, error.message(), excerpt(source, at)));
}

Result<TextModule> parse_wat_for_load(std::string_view source, FeatureSet features) {
  Position at;
  ParseOptions options;
  options.features = features;
  auto module = parse_wat(source, options, &at);
  if (!module) return fail(module.error().kind(), module.error().message() + excerpt(source, at));
  return module;
}

}  // namespace wjit::wasm::text
