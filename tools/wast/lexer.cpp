#include "tools/wast/lexer.h"

#include <fmt/format.h>

#include <vector>

namespace wjit::wast {
namespace {

bool ends_atom(char c) {
  return c == '(' || c == ')' || c == '"' || c == ';' || static_cast<unsigned char>(c) <= ' ';
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

template <class Bytes>
void append_utf8(uint32_t c, Bytes& out) {
  auto put = [&](uint32_t byte) { out.push_back(static_cast<typename Bytes::value_type>(byte)); };
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

// The scalar value of "{hex}" at text[i]; leaves i at the closing brace. False when it is none.
bool unicode_escape(std::string_view text, size_t& i, uint32_t& value) {
  if (i >= text.size() || text[i] != '{') return false;
  value = 0;
  size_t digits = 0;
  for (++i; i < text.size() && text[i] != '}'; ++i) {
    if (text[i] == '_' && digits) continue;
    int d = hex_digit(text[i]);
    if (d < 0) return false;
    value = value << 4 | static_cast<uint32_t>(d);
    ++digits;
    if (value > 0x10ffff) return false;
  }
  return i < text.size() && digits && !(value >= 0xd800 && value < 0xe000);
}

}  // namespace

std::string describe(const Token& token) {
  // Long strings (modules) are cut: the message is about the place, not the bytes.
  std::string_view text = token.text.substr(0, 40);
  const char* cut = token.text.size() > 40 ? "…" : "";
  switch (token.kind) {
    case Token::Kind::kOpen:
      return "an opening parenthesis";
    case Token::Kind::kClose:
      return "a closing parenthesis";
    case Token::Kind::kAtom:
      return fmt::format("'{}{}'", text, cut);
    case Token::Kind::kString:
      return fmt::format("the string \"{}{}\"", text, cut);
    case Token::Kind::kEnd:
      break;
  }
  return "the end of the script";
}

Lexer::Lexer(std::string_view text, std::string path) : text_(text), path_(std::move(path)) {}

tl::unexpected<Error> Lexer::error_at(Position at, const std::string& message) const {
  return fail(ErrorKind::kMalformed, fmt::format("{}:{}:{}: {}", path_, at.line, at.column, message));
}

tl::unexpected<Error> Lexer::expected(const std::string& what) const {
  return error_at(token_.at, fmt::format("found {}, expected {}", describe(token_), what));
}

void Lexer::bump() {
  if (text_[pos_++] == '\n') {
    ++at_.line;
    at_.column = 1;
  } else {
    ++at_.column;
  }
}

Result<void> Lexer::skip_block_comment() {
  Position begin = at_;
  unsigned depth = 0;
  do {
    std::string_view two = text_.substr(pos_, 2);
    if (two.size() < 2) return error_at(begin, "found a comment without an end, expected \";)\"");
    if (two == "(;") {
      ++depth;
      bump();
    } else if (two == ";)") {
      --depth;
      bump();
    }
    bump();
  } while (depth);
  return {};
}

Result<void> Lexer::skip_space() {
  while (pos_ < text_.size()) {
    std::string_view two = text_.substr(pos_, 2);
    if (two == ";;") {
      while (pos_ < text_.size() && text_[pos_] != '\n') bump();
    } else if (two == "(;") {
      WJIT_CHECK(skip_block_comment());
    } else if (char c = text_[pos_]; c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      bump();
    } else {
      break;
    }
  }
  return {};
}

Result<void> Lexer::lex_string() {
  Position begin = at_;
  bump();
  size_t first = pos_;
  while (pos_ < text_.size() && text_[pos_] != '"') {
    if (text_[pos_] == '\n') break;
    if (text_[pos_] == '\\') bump();
    if (pos_ < text_.size()) bump();
  }
  if (pos_ >= text_.size() || text_[pos_] != '"') {
    return error_at(begin, "found a string without an end, expected a closing quote on its line");
  }
  token_ = {Token::Kind::kString, begin, text_.substr(first, pos_ - first)};
  bump();
  return {};
}

Result<void> Lexer::advance() {
  WJIT_CHECK(skip_space());
  if (pos_ >= text_.size()) {
    token_ = {Token::Kind::kEnd, at_, {}};
    return {};
  }
  char c = text_[pos_];
  if (c == '"') return lex_string();
  token_ = {c == '('   ? Token::Kind::kOpen
            : c == ')' ? Token::Kind::kClose
                       : Token::Kind::kAtom,
            at_, text_.substr(pos_, 1)};
  if (token_.kind != Token::Kind::kAtom) {
    bump();
    return {};
  }
  if (ends_atom(c)) {
    return error_at(at_, fmt::format("found the byte 0x{:02x}, expected a parenthesis, a string or a word",
                                     static_cast<unsigned char>(c)));
  }
  size_t first = pos_;
  while (pos_ < text_.size() && !ends_atom(text_[pos_])) bump();
  token_.text = text_.substr(first, pos_ - first);
  return {};
}

template <class Bytes>
Result<void> Lexer::append_string(const Token& token, Bytes& out) const {
  std::string_view text = token.text;
  for (size_t i = 0; i < text.size(); ++i) {
    auto put = [&](int byte) { out.push_back(static_cast<typename Bytes::value_type>(byte)); };
    if (text[i] != '\\') {
      put(text[i]);
      continue;
    }
    size_t escape = i++;
    char c = i < text.size() ? text[i] : '\0';
    uint32_t scalar = 0;
    if (i + 1 < text.size() && hex_digit(c) >= 0 && hex_digit(text[i + 1]) >= 0) {
      put(hex_digit(c) << 4 | hex_digit(text[i + 1]));
      ++i;
    } else if (c == 't' || c == 'n' || c == 'r') {
      put(c == 't' ? '\t' : c == 'n' ? '\n' : '\r');
    } else if (c == '"' || c == '\'' || c == '\\') {
      put(c);
    } else if (c == 'u' && unicode_escape(text, ++i, scalar)) {
      append_utf8(scalar, out);
    } else {
      // A string never spans lines, so its bytes are its columns; 1 for the quote.
      Position at{token.at.line, token.at.column + 1 + static_cast<uint32_t>(escape)};
      return error_at(at,
                      fmt::format("found the escape \"{}\", expected \\hh, \\t, \\n, \\r, \\\", \\', \\\\ or "
                                  "\\u{{hex scalar value}}",
                                  text.substr(escape, 4)));
    }
  }
  return {};
}

template Result<void> Lexer::append_string(const Token&, std::string&) const;
template Result<void> Lexer::append_string(const Token&, std::vector<uint8_t>&) const;

}  // namespace wjit::wast
