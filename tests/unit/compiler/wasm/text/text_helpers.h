// What the tests of the text format share.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "catch.h"
#include "compiler/wasm/read_module.h"
#include "compiler/wasm/text/parse_wat.h"
#include "compiler/wasm/text/print_wat.h"

namespace wjit::test {

using ModulePtr = std::shared_ptr<const wasm::Module>;

inline ModulePtr read_binary(std::span<const uint8_t> bytes,
                             const std::shared_ptr<wasm::TypeRegistry>& registry) {
  auto m = wasm::read_module(wasm::copy_bytes(bytes), FeatureSet::all(), registry);
  INFO((m ? "" : m.error().to_string()));
  REQUIRE(m);
  return *m;
}

inline std::vector<uint8_t> parse(std::string_view source) {
  auto m = wasm::text::parse_wat(source);
  INFO(source.substr(0, 2000));
  INFO((m ? "" : m.error().message()));
  REQUIRE(m);
  return std::move(m->binary);
}

// "LINE:COLUMN: …" of a text that must be refused.
inline std::string error_of(std::string_view source) {
  auto m = wasm::text::parse_wat(source);
  INFO(source.substr(0, 2000));
  REQUIRE_FALSE(m);
  return m.error().message();
}

inline std::string print(const wasm::Module& m, wasm::text::PrintOptions options = {}) {
  auto text = wasm::text::print_wat(m, options);
  INFO((text ? "" : text.error().to_string()));
  REQUIRE(text);
  return std::move(*text);
}

// Prints the module, parses that, and wants the same module and the same text of it. Returns the text.
std::string round_trip(const wasm::Module& m);

}  // namespace wjit::test
