// Makes a program that disagrees smaller, by shortening the tape of decisions it came from while it still disagrees.
#pragma once
#include <functional>
#include <string>

#include "tools/fuzz/generate.h"

namespace wjit::fuzz {

struct Minimised {
  Program program;
  std::string what;  // the disagreement, empty if even the whole tape has none
  std::vector<uint32_t> tape;
};
// `differs` says what is wrong with a program, or nothing. At most `tries` programs are tried.
Minimised minimise(std::vector<uint32_t> tape, const Options& options,
                   const std::function<std::string(const Program&)>& differs, unsigned tries = 1500);

}  // namespace wjit::fuzz
