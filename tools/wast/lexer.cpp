#include "tools/wast/lexer.h"

#include <fmt/format.h>

namespace wjit::wast {

tl::unexpected<Error> Lexer::error_at(Position at, const std::string& message) const {
  return fail(ErrorKind::kMalformed, fmt::format("{}:{}:{}: {}", path_, at.line, at.column, message));
}

Result<void> Lexer::status() const {
  if (lex_.ok()) return {};
  return error_at(lex_.error().at, lex_.error().message);
}

tl::unexpected<Error> Lexer::expected(const std::string& what) {
  lex_.expected(what);
  return error_at(lex_.error().at, lex_.error().message);
}

}  // namespace wjit::wast
