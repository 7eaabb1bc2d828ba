// The smallest pieces: parentheses, strings, numbers, identifiers and the index spaces they are names in.
#include <fmt/format.h>

#include "compiler/support/utf8.h"
#include "compiler/wasm/text/module_parser.h"
#include "compiler/wasm/text/number.h"

namespace wjit::wasm::text {
namespace {

// By Space.
constexpr const char* kSpaceNames[] = {"function",        "type",         "table", "memory", "global",
                                       "element segment", "data segment", "tag"};
static_assert(std::size(kSpaceNames) == size_t(Space::kCount));

bool is_utf8_text(std::string_view s) {
  return is_utf8({reinterpret_cast<const uint8_t*>(s.data()), s.size()});
}

}  // namespace

bool ModuleParser::open(const char* what) {
  if (!lex_.at(TokenKind::kOpen)) return lex_.expected(what);
  lex_.advance();
  return lex_.ok();
}

bool ModuleParser::close(const char* what) {
  if (!lex_.at(TokenKind::kClose)) return lex_.expected(what);
  lex_.advance();
  return lex_.ok();
}

bool ModuleParser::keyword(std::string_view word) {
  if (!lex_.peek().is(word)) return lex_.expected(fmt::format("'{}'", word));
  lex_.advance();
  return lex_.ok();
}

bool ModuleParser::string(std::string& out, const char* what) {
  if (!lex_.at(TokenKind::kString)) return lex_.expected(what);
  append_string(lex_.peek().text, out);
  lex_.advance();
  return lex_.ok();
}

bool ModuleParser::name_string(Writer& out, const char* what) {
  Token token = lex_.peek();
  std::string name;
  if (!string(name, what)) return false;
  if (!is_utf8_text(name))
    return lex_.fail(token.at, fmt::format("found {} with malformed UTF-8 encoding, expected {} in UTF-8",
                                           describe(token), what));
  out.name(name);
  return true;
}

bool ModuleParser::number(unsigned bits, bool is_signed, uint64_t& out, const char* what) {
  const Token& token = lex_.peek();
  std::optional<uint64_t> value;
  bool has_sign = !token.text.empty() && (token.text[0] == '+' || token.text[0] == '-');
  if (token.kind == TokenKind::kNumber && (is_signed || !has_sign)) value = parse_int(token.text, bits);
  if (!value) return lex_.expected(what);
  out = *value;
  lex_.advance();
  return lex_.ok();
}

bool ModuleParser::u32(uint32_t& out, const char* what) {
  uint64_t value = 0;
  if (!number(32, false, value, what)) return false;
  out = uint32_t(value);
  return true;
}

// --- identifiers

std::string_view ModuleParser::id_name(const Token& id) {
  std::string_view text = id.text.substr(1);
  if (text[0] != '"') return text;
  text = text.substr(1, text.size() - 2);
  if (text.find('\\') == std::string_view::npos) return text;
  std::string& name = unescaped_.emplace_back();
  append_string(text, name);
  return name;
}

std::string_view ModuleParser::optional_id() {
  if (!lex_.at(TokenKind::kId)) return {};
  std::string_view name = id_name(lex_.peek());
  lex_.advance();
  return name;
}

bool ModuleParser::bind(Space space, std::string_view name, uint32_t index, Position at) {
  if (name.empty() || this->space(space).by_name.emplace(name, index).second) return true;
  return lex_.fail(at, fmt::format("found a duplicate {} ${}, expected a name that is not taken",
                                   kSpaceNames[size_t(space)], name));
}

bool ModuleParser::at_index() const { return lex_.at(TokenKind::kNumber) || lex_.at(TokenKind::kId); }

bool ModuleParser::index(Space space, uint32_t& out) {
  const char* what = kSpaceNames[size_t(space)];
  if (!lex_.at(TokenKind::kId)) return u32(out, fmt::format("a {} index or a name", what).c_str());
  Token id = lex_.peek();
  const auto& names = this->space(space).by_name;
  auto it = names.find(id_name(id));
  if (it == names.end())
    return lex_.fail(
        id.at, fmt::format("found the unknown {} {}, expected a name that the module binds", what, id.text));
  out = it->second;
  lex_.advance();
  return lex_.ok();
}

bool ModuleParser::optional_name(std::string_view& name, const char* of) {
  for (unsigned count = 0; lex_.at(TokenKind::kAnnotation) && lex_.peek().text == "name"; ++count) {
    Position at = lex_.peek().at;
    if (count)
      return lex_.fail(at, fmt::format("found multiple names of one {}, expected one @name annotation", of));
    lex_.advance();
    std::string text;
    if (!string(text, "a name as a string")) return false;
    if (!is_utf8_text(text))
      return lex_.fail(at, "found a @name annotation with malformed UTF-8 encoding, expected UTF-8");
    name = unescaped_.emplace_back(std::move(text));
    if (!close()) return false;
  }
  return true;
}

bool ModuleParser::declare(Space s, uint32_t& index) {
  index = space(s).next++;
  std::string_view name = optional_id();
  if (!optional_name(name, kSpaceNames[size_t(s)])) return false;
  // An empty name that an annotation gives is a name; none has no bytes at all.
  if (name.data()) space(s).names.push_back({index, name});
  return lex_.ok();
}

void ModuleParser::mark(Section s, Position at) {
  if (options_.lines) section(s).lines.push_back({uint32_t(section(s).out.size()), at.line, at.column});
}

}  // namespace wjit::wasm::text
