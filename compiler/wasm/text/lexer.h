// Tokens of the text format (spec §6.3), each with the line and column where it begins. Comments and
// annotations are passed over, but for the annotations that mean something to us: those begin a token kind of
// their own and end with an ordinary closing parenthesis.
//
// The first error sticks: from then on every token is the end of the text, so that a parser's loops stop.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "compiler/support/result.h"

namespace wjit::wasm::text {

struct Position {
  uint32_t line = 1, column = 1;  // both from 1; a column counts bytes
  bool operator==(const Position&) const = default;
};

enum class TokenKind : uint8_t {
  kEnd,
  kOpen,
  kClose,
  kAnnotation,  // "(@name": text is the name
  kString,      // text: what stands between the quotes, escapes and all
  kId,          // $name or $"name"
  kNumber,      // begins with a digit or a sign; whether it is a number is for whoever reads it
  kKeyword,     // begins with a lower-case letter
  kReserved,    // any other word
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  Position at;
  std::string_view text;  // of the source

  bool is(std::string_view keyword) const { return kind == TokenKind::kKeyword && text == keyword; }
  bool is_word() const { return kind >= TokenKind::kId; }
};

// "an opening parenthesis", "'f32.const'", "the string \"run\"", "the end of the text": for messages.
std::string describe(const Token& token);
// The bytes a string token (or what stands between the quotes of a quoted identifier) stands for. The lexer
// has checked the escapes.
void append_string(std::string_view escaped, std::string& out);

// A wrong place in a text, and why.
struct TextError {
  Position at;
  std::string message;  // "found …, expected …"
};

class Lexer {
 public:
  // `text` must outlive the lexer and every token. It begins at `start`, in case it is part of a larger one.
  explicit Lexer(std::string_view text, Position start = {});

  const Token& peek() const { return token_; }
  const Token& peek2() const { return ahead_; }
  void advance();
  // Goes on at a token that this lexer gave before.
  void seek(const Token& token);

  bool at(TokenKind kind) const { return token_.kind == kind; }
  // "(keyword"
  bool at_form(std::string_view keyword) const { return at(TokenKind::kOpen) && ahead_.is(keyword); }
  // Whether a list goes on: neither its closing parenthesis nor the end of the text is here.
  bool more() const { return token_.kind != TokenKind::kClose && token_.kind != TokenKind::kEnd; }

  bool ok() const { return !error_; }
  const TextError& error() const { return *error_; }
  // Keeps the first error only. Always false, so that a caller can return it.
  bool fail(Position at, std::string message);
  // "found …, expected WHAT", at the current token. Always false.
  bool expected(const std::string& what);

 private:
  Token lex();  // annotations of no interest passed over
  Token lex_any(bool in_annotation);
  bool skip_space();
  bool skip_block_comment();
  void newline(size_t length);
  bool skip_annotation(Position begin);
  Token lex_annotation(bool in_annotation);
  Token lex_word();
  bool scan_string();
  bool check_escape();
  Position here() const { return {line_, uint32_t(pos_ - line_start_) + 1}; }
  Token stop(Position at, std::string message);

  std::string_view text_;
  size_t pos_ = 0;
  size_t line_start_ = 0;  // wraps below 0 when the text begins in the middle of a line
  uint32_t line_ = 1;
  Token token_, ahead_;
  // An error in the token ahead is none before that token is reached.
  std::optional<TextError> error_, pending_;
};

}  // namespace wjit::wasm::text
