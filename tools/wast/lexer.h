// Tokens of the S-expressions spec scripts are written in, with the line and column where each begins.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "compiler/support/result.h"

namespace wjit::wast {

struct Position {
  uint32_t line = 1, column = 1;  // both from 1; a column counts bytes
  bool operator==(const Position&) const = default;
};

struct Token {
  enum class Kind : uint8_t { kOpen, kClose, kAtom, kString, kEnd };
  Kind kind = Kind::kEnd;
  Position at;
  std::string_view text;  // as it stands in the script; of a string, without its quotes and with its escapes
};

// "an opening parenthesis", "'f32.const'", "the string \"run\"", "the end of the script": for error messages.
std::string describe(const Token& token);

class Lexer {
 public:
  // `text` must outlive the lexer and every token; `path` only names the script in errors.
  Lexer(std::string_view text, std::string path);

  // The next token, which peek() then shows; errors are those of next().
  const Token& peek() const { return token_; }
  Result<void> advance();
  const std::string& path() const { return path_; }

  // An error at `at`: "FILE:LINE:COLUMN: message".
  tl::unexpected<Error> error_at(Position at, const std::string& message) const;
  // The same at the current token: "found …, expected …".
  tl::unexpected<Error> expected(const std::string& what) const;
  // Appends the bytes a string token stands for.
  template <class Bytes>
  Result<void> append_string(const Token& token, Bytes& out) const;

 private:
  Result<void> skip_space();
  Result<void> skip_block_comment();
  Result<void> lex_string();
  void bump();

  std::string_view text_;
  std::string path_;
  size_t pos_ = 0;
  Position at_;
  Token token_;
};

}  // namespace wjit::wast
