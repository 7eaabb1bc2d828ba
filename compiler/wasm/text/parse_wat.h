// Module text (.wat) to binary. What the text says is only checked for its grammar and its names: the rest is
// the business of read_module and validate, as for any binary.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/support/result.h"
#include "compiler/wasm/text/lexer.h"
#include "wjit/config.hpp"

namespace wjit::wasm::text {

struct TextModule {
  std::vector<uint8_t> binary;

  // Where in the text the bytes from `offset` on come from. In the order of offsets.
  struct Line {
    uint32_t offset, line, column;
  };
  std::vector<Line> lines;
  // The place in the text of a byte of the binary.
  Position find(uint64_t offset) const;
};

struct ParseOptions {
  // What numbers may be: the features themselves are checked in the binary.
  FeatureSet features = FeatureSet::all();
  Position start;     // of the source's first byte, when it is part of a larger text
  bool lines = true;  // keep TextModule::lines
  bool names = true;  // write a name section from the identifiers and @name annotations
};

// `source` is "(module …)" or the fields of one. Errors: kMalformed, "LINE:COLUMN: found …, expected …";
// kUnsupported for instructions of the legacy exception-handling proposal; kInvalid for an annotation that is
// well-formed but means nothing where it stands. `at`, if given, receives the place of the error.
Result<TextModule> parse_wat(std::string_view source, const ParseOptions& options = {},
                             Position* at = nullptr);

// Whether somebody handed us text: white space, then "(", or a comment.
bool looks_like_text(std::span<const uint8_t> bytes);

// The line of the source at `at` and a caret under the column, ready to be printed behind a message: begins
// with a newline, does not end with one. Long lines are cut around the place.
std::string excerpt(std::string_view source, Position at);
// An error that was found in the binary, told by its place in the text.
Error locate(const TextModule& module, std::string_view source, const Error& error);
// parse_wat for those who only want to load a module: errors carry the excerpt.
Result<TextModule> parse_wat_for_load(std::string_view source, FeatureSet features);

}  // namespace wjit::wasm::text
