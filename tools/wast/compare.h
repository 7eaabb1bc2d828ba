// Between what a script writes and what a call takes and gives.
#pragma once
#include <optional>
#include <string>

#include "tools/wast/script.h"
#include "wjit/wjit.hpp"

namespace wjit::wast {

// None: this tier has no such value (a host reference as anyref).
std::optional<Val> to_val(const Value& v);
// Is `found` what the script expects? Floats are compared by bits, or by the NaN pattern.
bool matches(const Value& expected, const Val& found);
// As a script would write it.
std::string to_string(const Val& v);

}  // namespace wjit::wast
