// The parser against the official suite: its text modules must become the very bytes that the reference
// interpreter makes of them. Needs WJIT_SPEC_TESTSUITE.
#include <filesystem>
#include <set>

#include "catch.h"
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

}  // namespace

TEST_CASE("text: the suite's modules become the reference interpreter's bytes", "[text][spec]") {
  auto root = test::spec_testsuite();
  if (!root) {
    WARN("WJIT_SPEC_TESTSUITE is not set: the official suite was not read");
    return;
  }
  size_t compared = 0, differ = 0;
  auto scripts = find_scripts(*root + "/raw");
  REQUIRE(scripts);
  for (const std::string& path : *scripts) {
    std::string name = fs::path(path).lexically_relative(*root + "/raw").string();
    auto raw = read_script(path);
    INFO(path);
    REQUIRE(raw);
    auto bin = read_script(*root + "/bin/" + name.substr(0, name.size() - 5) + ".bin.wast");
    if (!bin) continue;
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
      if (parsed->binary != expected) {
        ++differ;
        UNSCOPED_INFO(name << ":" << from_text[i]->at.line);
      }
    }
  }
  INFO(compared << " compared");
  CHECK(differ == 0);
}
