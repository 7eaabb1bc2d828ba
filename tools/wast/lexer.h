// The text format's lexer as the script reader uses it: errors as Results, with the script's path in front.
#pragma once
#include <string>
#include <string_view>

#include "compiler/wasm/text/lexer.h"

namespace wjit::wast {

using wasm::text::Position;
using wasm::text::Token;
using wasm::text::TokenKind;

class Lexer {
 public:
  // `text` must outlive the lexer and every token; `path` only names the script in errors.
  Lexer(std::string_view text, std::string path) : lex_(text), path_(std::move(path)) {}

  const Token& peek() const { return lex_.peek(); }
  const Token& peek2() const { return lex_.peek2(); }
  Result<void> advance() {
    lex_.advance();
    return status();
  }
  // The error that reading the text met up to here.
  Result<void> status() const;
  void seek(const Token& token) { lex_.seek(token); }

  // An error at `at`: "FILE:LINE:COLUMN: message".
  tl::unexpected<Error> error_at(Position at, const std::string& message) const;
  // The same at the current token: "found …, expected …".
  tl::unexpected<Error> expected(const std::string& what);

 private:
  wasm::text::Lexer lex_;
  std::string path_;
};

}  // namespace wjit::wast
