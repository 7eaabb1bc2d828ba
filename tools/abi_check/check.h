// The ABI harness: emitted code and C++ write and read the same memory, and must agree on every field.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/support/result.h"

namespace wjit::abi_check {

using support::Result;

struct Options {
  uint32_t shapes = 10'000;  // random module shapes after the structures
  uint64_t seed = 1;
  std::string break_field;  // moves this field on the emitted side; must then be found
};

enum class Found : uint8_t {
  kEmittedRead,   // C++ wrote, emitted code read something else
  kEmittedWrite,  // emitted code wrote, C++ read something else
  kLayout,        // the numbers contradict each other (alignment, order, overlap, size)
};

struct Mismatch {
  Found how;
  std::string field;  // as field_names() spells it
  std::string text;   // one line: where, expected, found
};

struct Report {
  uint32_t fields = 0;    // distinct fields compared
  uint64_t compared = 0;  // values compared, both ways
  std::optional<Mismatch> mismatch;
};

// "VMFuncRef.type_index", "VMFuncRef.sizeof" (the stride in arrays), "VMContext.defined_globals" (an array's
// begin).
std::vector<std::string> field_names();

// Error: an unknown break_field (kUsage), or a machine that cannot run the probe.
Result<Report> check(const Options& options);

}  // namespace wjit::abi_check
