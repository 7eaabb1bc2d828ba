// A module as text that parses back to the same module.
#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "compiler/support/result.h"
#include "compiler/wasm/module.h"

namespace wjit::wasm::text {

struct PrintOptions {
  bool names = true;    // identifiers and @name annotations from the name section
  bool customs = true;  // custom sections as @custom annotations
};

using TextSink = std::function<void(std::string_view)>;

// Hands the text to `sink` piece by piece. Function bodies are decoded here, so a malformed one (read_module
// leaves them alone) is an error; what went to the sink before stands. Time and text are linear in the
// module's size.
Result<void> print_wat(const Module& module, const PrintOptions& options, const TextSink& sink);
Result<std::string> print_wat(const Module& module, const PrintOptions& options = {});

}  // namespace wjit::wasm::text
