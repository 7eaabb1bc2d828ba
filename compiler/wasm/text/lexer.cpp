#include "compiler/wasm/text/lexer.h"

#include <fmt/format.h>

#include <array>

#include "compiler/support/utf8.h"

namespace wjit::wasm::text {
namespace {

consteval std::array<bool, 256> make_id_chars() {
  std::array<bool, 256> table{};
  for (unsigned c = 0x21; c < 0x7f; ++c)
    table[c] = std::string_view("\"(),;[]{}").find(char(c)) == std::string_view::npos;
  return table;
}
constexpr std::array<bool, 256> kIdChars = make_id_chars();
bool is_id_char(char c) { return kIdChars[static_cast<unsigned char>(c)]; }

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void append_utf8(uint32_t c, std::string& out) {
  auto put = [&](uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0 | c >> 6), put(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    put(0xe0 | c >> 12), put(0x80 | (c >> 6 & 0x3f)), put(0x80 | (c & 0x3f));
  } else {
    put(0xf0 | c >> 18), put(0x80 | (c >> 12 & 0x3f)), put(0x80 | (c >> 6 & 0x3f)), put(0x80 | (c & 0x3f));
  }
}

// The scalar value of "{hex}" at text[i]; leaves i behind the closing brace. None when it is no such thing.
std::optional<uint32_t> unicode_escape(std::string_view text, size_t& i) {
  if (i >= text.size() || text[i] != '{') return {};
  uint32_t value = 0;
  bool after_digit = false;
  for (++i; i < text.size() && text[i] != '}'; ++i) {
    if (text[i] == '_' && after_digit) {
      after_digit = false;
      continue;
    }
    int digit = hex_digit(text[i]);
    if (digit < 0) return {};
    value = value << 4 | static_cast<uint32_t>(digit);
    after_digit = true;
    if (value > 0x10ffff) return {};
  }
  if (i >= text.size() || !after_digit || (value >= 0xd800 && value < 0xe000)) return {};
  ++i;
  return value;
}

std::span<const uint8_t> as_bytes(std::string_view s) {
  return {reinterpret_cast<const uint8_t*>(s.data()), s.size()};
}

// Where the first character begins that is no UTF-8.
size_t first_malformed(std::string_view text) {
  size_t i = 0;
  while (i < text.size()) {
    size_t length = 1;
    while (length <= 4 && !(i + length <= text.size() && is_utf8(as_bytes(text.substr(i, length))))) ++length;
    if (length > 4) break;
    i += length;
  }
  return i;
}

// The annotations a parser sees.
bool is_known_annotation(std::string_view name) {
  return name == "custom" || name == "name" || name == "metadata.code.branch_hint";
}

}  // namespace

std::string describe(const Token& token) {
  // Long strings (modules) are cut: the message is about the place, not the bytes. Not inside a character.
  size_t size = std::min<size_t>(token.text.size(), 40);
  while (size < token.text.size() && (token.text[size] & 0xc0) == 0x80) ++size;
  std::string_view text = token.text.substr(0, size);
  const char* cut = token.text.size() > size ? "…" : "";
  switch (token.kind) {
    case TokenKind::kOpen:
      return "an opening parenthesis";
    case TokenKind::kClose:
      return "a closing parenthesis";
    case TokenKind::kString:
      return fmt::format("the string \"{}{}\"", text, cut);
    case TokenKind::kAnnotation:
      return fmt::format("a misplaced @{} annotation", text);
    case TokenKind::kEnd:
      return "the end of the text";
    default:
      return fmt::format("'{}{}'", text, cut);
  }
}

void append_string(std::string_view text, std::string& out) {
  for (size_t i = 0; i < text.size();) {
    if (text[i] != '\\') {
      size_t end = std::min(text.find('\\', i), text.size());
      out.append(text.substr(i, end - i));
      i = end;
      continue;
    }
    char c = text[i + 1];
    i += 2;
    switch (c) {
      case 't':
        out += '\t';
        break;
      case 'n':
        out += '\n';
        break;
      case 'r':
        out += '\r';
        break;
      case 'u':
        append_utf8(unicode_escape(text, i).value_or(0), out);
        break;
      case '"':
      case '\'':
      case '\\':
        out += c;
        break;
      default:
        out += static_cast<char>(hex_digit(c) << 4 | hex_digit(text[i++]));
    }
  }
}

Lexer::Lexer(std::string_view text, Position start)
    : text_(text), line_start_(size_t{1} - start.column), line_(start.line) {
  if (!is_utf8(as_bytes(text))) {
    size_t bad = first_malformed(text);
    for (; pos_ < bad; ++pos_)
      if (text_[pos_] == '\n') line_start_ = pos_ + 1, ++line_;
    fail(here(), fmt::format("found the byte 0x{:02x}, expected UTF-8 (malformed UTF-8 encoding)",
                             static_cast<unsigned char>(text[bad])));
    return;
  }
  token_ = lex();
  if (pending_) {
    advance();
  } else {
    ahead_ = lex();
  }
}

bool Lexer::fail(Position at, std::string message) {
  // What the lexer stopped at comes before what a parser says of the end it sees there.
  if (!error_)
    error_ = token_.kind == TokenKind::kEnd && pending_ ? *pending_ : TextError{at, std::move(message)};
  token_ = ahead_ = {TokenKind::kEnd, at, {}};
  return false;
}

bool Lexer::expected(const std::string& what) {
  return fail(token_.at, fmt::format("found {}, expected {}", describe(token_), what));
}

Token Lexer::stop(Position at, std::string message) {
  pending_ = TextError{at, std::move(message)};
  return {TokenKind::kEnd, at, {}};
}

void Lexer::advance() {
  token_ = ahead_;
  if (token_.kind == TokenKind::kEnd) {
    if (pending_ && !error_) error_ = pending_;
    return;
  }
  ahead_ = lex();
}

void Lexer::seek(const Token& token) {
  if (error_) return;
  pending_.reset();
  pos_ = size_t(token.text.data() - text_.data());
  if (token.kind == TokenKind::kString) --pos_;
  if (token.kind == TokenKind::kAnnotation)
    while (text_[pos_] != '(') --pos_;
  line_ = token.at.line;
  line_start_ = pos_ + 1 - token.at.column;
  token_ = lex();
  ahead_ = lex();
}

void Lexer::newline(size_t length) {
  pos_ += length;
  line_start_ = pos_;
  ++line_;
}

bool Lexer::skip_block_comment() {
  Position begin = here();
  pos_ += 2;
  for (size_t depth = 1; depth;) {
    if (pos_ + 1 >= text_.size()) {
      stop(begin, "found a comment without an end, expected \";)\"");
      return false;
    }
    char c = text_[pos_], next = text_[pos_ + 1];
    if (c == '(' && next == ';') {
      ++depth;
      pos_ += 2;
    } else if (c == ';' && next == ')') {
      --depth;
      pos_ += 2;
    } else if (c == '\n' || (c == '\r' && next != '\n')) {
      newline(1);
    } else {
      ++pos_;
    }
  }
  return true;
}

bool Lexer::skip_space() {
  while (pos_ < text_.size()) {
    char c = text_[pos_];
    char next = pos_ + 1 < text_.size() ? text_[pos_ + 1] : '\0';
    if (c == ' ' || c == '\t') {
      ++pos_;
    } else if (c == '\n') {
      newline(1);
    } else if (c == '\r') {
      newline(next == '\n' ? 2 : 1);
    } else if (c == ';' && next == ';') {
      while (pos_ < text_.size() && text_[pos_] != '\n' && text_[pos_] != '\r') ++pos_;
    } else if (c == '(' && next == ';') {
      if (!skip_block_comment()) return false;
    } else {
      break;
    }
  }
  return true;
}

Token Lexer::lex() {
  while (true) {
    Token token = lex_any(false);
    if (token.kind != TokenKind::kAnnotation) return token;
    if (token.text[0] == '"') {
      token.text = token.text.substr(1, token.text.size() - 2);
      std::string name;
      append_string(token.text, name);
      if (name.empty() || !is_utf8(as_bytes(name)))
        return stop(token.at, "found an annotation whose name is empty or malformed UTF-8, expected a name");
    }
    if (is_known_annotation(token.text)) return token;
    if (!skip_annotation(token.at)) return {TokenKind::kEnd, token.at, {}};
  }
}

bool Lexer::skip_annotation(Position begin) {
  for (size_t depth = 1; depth;) {
    switch (lex_any(true).kind) {
      case TokenKind::kOpen:
      case TokenKind::kAnnotation:
        ++depth;
        break;
      case TokenKind::kClose:
        --depth;
        break;
      case TokenKind::kEnd:
        if (!pending_) stop(begin, "found an unclosed annotation, expected its closing parenthesis");
        return false;
      default:
        break;
    }
  }
  return true;
}

Token Lexer::lex_any(bool in_annotation) {
  if (!skip_space()) return {};
  Position at = here();
  if (pos_ >= text_.size()) return {TokenKind::kEnd, at, text_.substr(text_.size())};
  size_t first = pos_;
  char c = text_[pos_];
  switch (c) {
    case '(':
      if (pos_ + 1 < text_.size() && text_[pos_ + 1] == '@') return lex_annotation(in_annotation);
      ++pos_;
      return {TokenKind::kOpen, at, text_.substr(first, 1)};
    case ')':
      ++pos_;
      return {TokenKind::kClose, at, text_.substr(first, 1)};
    case ',':
    case ';':
    case '[':
    case ']':
    case '{':
    case '}':
      ++pos_;
      return {TokenKind::kReserved, at, text_.substr(first, 1)};
    default:
      if (c == '"' || is_id_char(c)) return lex_word();
      return stop(
          at, fmt::format("found the illegal character 0x{:02x}, expected a parenthesis, a string or a word",
                          static_cast<unsigned char>(c)));
  }
}

// "(@name" or "(@\"name\"": nothing may stand between. Inside an annotation, where anything goes, "(@ …)" is
// an ordinary form.
Token Lexer::lex_annotation(bool in_annotation) {
  Position at = here();
  pos_ += 2;
  size_t first = pos_;
  if (pos_ < text_.size() && text_[pos_] == '"') {
    if (!scan_string()) return {};
  } else {
    while (pos_ < text_.size() && is_id_char(text_[pos_])) ++pos_;
  }
  if (pos_ == first && in_annotation) {
    pos_ = first - 1;
    return {TokenKind::kOpen, at, text_.substr(first - 2, 1)};
  }
  if (pos_ == first) return stop(at, "found an empty annotation id, expected a name right after \"(@\"");
  return {TokenKind::kAnnotation, at, text_.substr(first, pos_ - first)};
}

// Words and strings that touch each other are one token, which is no good to anybody unless it is one string
// or a quoted identifier.
Token Lexer::lex_word() {
  Position at = here();
  size_t first = pos_;
  size_t strings = 0;
  while (pos_ < text_.size() && (text_[pos_] == '"' || is_id_char(text_[pos_]))) {
    if (text_[pos_] != '"') {
      ++pos_;
      continue;
    }
    ++strings;
    if (!scan_string()) return {};
  }
  std::string_view text = text_.substr(first, pos_ - first);
  char c = text[0];
  if (strings == 0) {
    if (c >= 'a' && c <= 'z') return {TokenKind::kKeyword, at, text};
    if ((c >= '0' && c <= '9') || c == '+' || c == '-') return {TokenKind::kNumber, at, text};
    if (c == '$' && text.size() > 1) return {TokenKind::kId, at, text};
    if (c == '$') return stop(at, "found an empty identifier, expected a name right after '$'");
    return {TokenKind::kReserved, at, text};
  }
  if (strings == 1 && c == '"' && text.back() == '"')
    return {TokenKind::kString, at, text.substr(1, text.size() - 2)};
  if (strings != 1 || text.substr(0, 2) != "$\"" || text.back() != '"')
    return {TokenKind::kReserved, at, text};
  std::string name;
  append_string(text.substr(2, text.size() - 3), name);
  if (name.empty()) return stop(at, "found an empty identifier, expected a name between the quotes");
  if (!is_utf8(as_bytes(name)))
    return stop(at, "found an identifier with malformed UTF-8 encoding, expected UTF-8");
  return {TokenKind::kId, at, text};
}

// At the opening quote; leaves pos_ behind the closing one.
bool Lexer::scan_string() {
  Position begin = here();
  ++pos_;
  while (pos_ < text_.size() && text_[pos_] != '"') {
    unsigned char c = static_cast<unsigned char>(text_[pos_]);
    if (c == '\\') {
      if (!check_escape()) return false;
    } else if (c == '\n' || c == '\r') {
      break;
    } else if (c < 0x20 || c == 0x7f) {
      stop(here(), fmt::format("found the illegal character 0x{:02x} in a string, expected an escape", c));
      return false;
    } else {
      ++pos_;
    }
  }
  if (pos_ >= text_.size() || text_[pos_] != '"') {
    stop(begin, "found an unclosed string, expected a closing quote on its line");
    return false;
  }
  ++pos_;
  return true;
}

bool Lexer::check_escape() {
  size_t escape = pos_;
  char c = pos_ + 1 < text_.size() ? text_[pos_ + 1] : '\0';
  char next = pos_ + 2 < text_.size() ? text_[pos_ + 2] : '\0';
  if (std::string_view("tnr\"'\\").find(c) != std::string_view::npos && c != '\0') {
    pos_ += 2;
    return true;
  }
  if (hex_digit(c) >= 0 && hex_digit(next) >= 0) {
    pos_ += 3;
    return true;
  }
  Position at = here();
  size_t i = pos_ + 2;
  if (c == 'u' && unicode_escape(text_, i)) {
    pos_ = i;
    return true;
  }
  size_t shown = escape + 1;
  while (shown < text_.size() && shown < escape + 4 && is_id_char(text_[shown])) ++shown;
  stop(
      at,
      fmt::format(
          "found the escape \"{}\", expected \\hh, \\t, \\n, \\r, \\\", \\', \\\\ or \\u{{hex scalar value}}",
          text_.substr(escape, shown - escape)));
  return false;
}

}  // namespace wjit::wasm::text
