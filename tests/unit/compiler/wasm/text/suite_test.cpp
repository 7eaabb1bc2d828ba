// The parser against the official suite: its text modules must become the very bytes that the reference
// interpreter makes of them. Needs WJIT_SPEC_TESTSUITE.
#include <filesystem>
#include <set>

#include "catch.h"
#include "compiler/support/byte_cursor.h"
#include "compiler/support/utf8.h"
#include "compiler/wasm/text/parse_wat.h"
#include "tools/wast/script.h"
#include "unit/wast_modules.h"

using namespace wjit;
using namespace wjit::wast;
namespace text = wjit::wasm::text;
namespace fs = std::filesystem;

namespace {

std::vector<const ModuleDefinition*> modules(const Script& script) {
  std::vector<const ModuleDefinition*> out;
  for (const Command& c : script.commands) {
    const auto* m = std::get_if<ModuleDefinition>(&c.subject);
    if (!m) continue;
    bool is_text = std::holds_alternative<wast::TextModule>(m->source);
    bool about_text = c.kind == Command::Kind::kAssertMalformed ||
                      c.kind == Command::Kind::kAssertMalformedCustom ||
                      c.kind == Command::Kind::kAssertInvalidCustom;
    if (!(is_text && about_text)) out.push_back(m);
  }
  return out;
}

// What must be the same. The reference interpreter pads sizes to five bytes, writes names of its own choice,
// leaves empty else parts and null initialisers of tables out, and turns lists of functions to expressions
// and back.
std::vector<std::vector<uint8_t>> essence(std::span<const uint8_t> module) {
  enum : uint8_t { kCustom = 0, kTable = 4, kElem = 9, kCode = 10 };
  std::vector<std::vector<uint8_t>> out;
  ByteCursor file(module);
  file.bytes(8);
  while (file.ok() && !file.at_end()) {
    uint8_t id = file.u8();
    ByteCursor section = file.sub(file.u32());
    if (id == kCustom && as_text(ByteCursor(section).bytes(5)).ends_with("name")) continue;
    out.push_back({id});
    if (id == kTable || id == kElem) continue;
    uint32_t count = id == kCode ? section.u32() : 0;
    for (uint32_t i = 0; i < count && section.ok(); ++i) {
      std::vector<uint8_t>& body = out.emplace_back();
      for (uint8_t byte : section.bytes(section.u32())) {
        if (byte == 0x0b && !body.empty() && body.back() == 0x05) body.pop_back();
        body.push_back(byte);
      }
    }
    auto rest = section.bytes(section.remaining());
    out.emplace_back(rest.begin(), rest.end());
  }
  return out;
}

}  // namespace

TEST_CASE("text: the suite's modules become the reference interpreter's bytes", "[text][spec]") {
  auto root = test::spec_testsuite();
  if (!root) {
    WARN("WJIT_SPEC_TESTSUITE is not set: the official suite was not read");
    return;
  }
  size_t compared = 0;
  std::vector<std::string> differ;
  auto scripts = find_scripts(*root + "/raw");
  REQUIRE(scripts);
  for (const std::string& path : *scripts) {
    std::string name = fs::path(path).lexically_relative(*root + "/raw").string();
    auto raw = read_script(path);
    INFO(path);
    REQUIRE(raw);
    auto bin = read_script(*root + "/bin/" + name.substr(0, name.size() - 5) + ".bin.wast");
    // The reference interpreter fails branch_hint, and writes lane 255 as two bytes; other tools encoded the
    // proposals.
    if (!bin || name == "custom/branch_hint.wast" || name == "core/simd/simd_lane.wast" ||
        !(name.starts_with("core/") || name.starts_with("custom/")))
      continue;
    auto from_text = modules(*raw), from_bin = modules(*bin);
    CHECK(from_text.size() == from_bin.size());
    for (size_t i = 0; i < std::min(from_text.size(), from_bin.size()); ++i) {
      const auto* source = std::get_if<wast::TextModule>(&from_text[i]->source);
      if (!source) continue;
      text::ParseOptions options;
      options.names = false;
      auto parsed = text::parse_wat(source->text, options);
      if (!parsed) continue;  // legacy exceptions
      const auto& expected = std::get<BinaryModule>(from_bin[i]->source).bytes;
      ++compared;
      if (essence(parsed->binary) != essence(expected)) {
        differ.push_back(name + ":" + std::to_string(from_text[i]->at.line));
      }
    }
  }
  INFO(compared << " compared");
  // The types that the blocks of one body imply: in the order of the text here, in another one there.
  CHECK(differ == std::vector<std::string>{"core/call_indirect.wast:3", "core/gc/br_on_cast.wast:3",
                                           "core/gc/br_on_cast_fail.wast:3",
                                           "core/return_call_indirect.wast:3", "core/stack.wast:156"});
  CHECK(compared > 5000);
}
