// Makes a program that disagrees smaller: takes parts out of the record of decisions it came from, and makes decisions
// simpler, as long as it still disagrees.
#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "tools/fuzz/generate.h"

namespace wjit::fuzz {

struct Minimised {
  Program program;
  std::string what;  // the disagreement, empty if even the whole record has none
  Decisions record;
};
// A record as one line of text, and back; false: it is none.
std::string to_text(const Decisions& record);
bool from_text(std::string_view text, Decisions& record);

// `differs` says what is wrong with a program, or nothing. At most `tries` programs are tried.
Minimised minimise(const Decisions& record, const Options& options,
                   const std::function<std::string(const Program&)>& differs, unsigned tries = 4000);

}  // namespace wjit::fuzz
