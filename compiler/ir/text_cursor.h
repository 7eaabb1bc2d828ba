// A place in a text of the IR: for its parser alone.
#pragma once
#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "compiler/support/result.h"

namespace wjit::ir {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
constexpr bool is_word(char c) { return is_letter(c) || is_digit(c); }

// Characters, and errors about them.
class TextCursor {
 public:
  explicit TextCursor(std::string_view text) : text_(text) {}

  template <class... Args>
  tl::unexpected<Error> wrong_at(size_t at, fmt::format_string<Args...> format, Args&&... args) const {
    const std::string_view before = text_.substr(0, at);
    const size_t line = static_cast<size_t>(std::count(before.begin(), before.end(), '\n')) + 1;
    const size_t column = at - (before.rfind('\n') + 1) + 1;  // npos + 1 is 0
    return fail(ErrorKind::kMalformed,
                fmt::format("{}:{}: ", line, column) + fmt::format(format, std::forward<Args>(args)...));
  }
  // Here: what was found is added.
  tl::unexpected<Error> expected(std::string_view what) const { return expected_at(at_, what); }
  tl::unexpected<Error> expected_at(size_t at, std::string_view what) const {
    size_t end = at;
    while (end < text_.size() && (is_word(text_[end]) || text_[end] == '.' || text_[end] == '-')) ++end;
    if (end == at && end < text_.size()) ++end;
    if (at == text_.size()) return wrong_at(at, "expected {}, found the end", what);
    if (text_[at] == '\n') return wrong_at(at, "expected {}, found the end of the line", what);
    return wrong_at(at, "expected {}, found `{}`", what, text_.substr(at, std::min(end - at, size_t{40})));
  }

  size_t at() const { return at_; }
  size_t size() const { return text_.size(); }
  bool done() const { return at_ == text_.size(); }
  char peek() const { return done() ? '\0' : text_[at_]; }

  void skip_blanks() {
    while (!done() && (peek() == ' ' || peek() == '\t' || peek() == '\r')) ++at_;
  }
  // Line ends and comments, too.
  void skip() {
    for (skip_blanks(); peek() == '\n' || peek() == ';'; skip_blanks()) {
      if (peek() == '\n')
        ++at_;
      else
        while (!done() && peek() != '\n') ++at_;
    }
  }
  bool accept(std::string_view s) {
    if (text_.substr(at_, s.size()) != s) return false;
    at_ += s.size();
    return true;
  }
  // A whole word.
  bool accept_word(std::string_view s) {
    const size_t end = at_ + s.size();
    return (end >= text_.size() || !is_word(text_[end])) && accept(s);
  }
  template <class F>
  std::string_view while_(F&& f) {
    const size_t from = at_;
    while (!done() && f(peek())) ++at_;
    return text_.substr(from, at_ - from);
  }
  // A prefix with a number behind it: v12.
  bool at_numbered(std::string_view prefix) const {
    const size_t end = at_ + prefix.size();
    return text_.substr(at_, prefix.size()) == prefix && end < text_.size() && is_digit(text_[end]);
  }
  void back_to(size_t at) { at_ = at; }

 private:
  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace wjit::ir
