#include "wast_modules.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "tools/wast/script.h"

namespace wjit::test {

namespace fs = std::filesystem;

namespace {

WastModule::Expect expectation(const wast::Command& c) {
  if (c.kind == wast::Command::Kind::kAssertInvalid) return WastModule::kInvalid;
  if (c.kind == wast::Command::Kind::kAssertMalformed) return WastModule::kMalformed;
  return WastModule::kValid;
}

void add_modules(const std::string& path, const std::string& file, std::vector<WastModule>& out) {
  auto script = wast::read_script(path);
  if (!script) throw std::runtime_error(script.error().message());
  for (wast::Command& c : script->commands) {
    auto* m = std::get_if<wast::ModuleDefinition>(&c.subject);
    if (!m) continue;
    auto& bytes = std::get<wast::BinaryModule>(m->source).bytes;
    out.push_back({expectation(c), c.message, file, static_cast<int>(m->at.line), std::move(bytes)});
  }
}

}  // namespace

std::optional<std::string> spec_testsuite() {
  const char* root = std::getenv("WJIT_SPEC_TESTSUITE");
  if (!root || !fs::exists(fs::path(root) / "bin")) return std::nullopt;
  return root;
}

std::vector<WastModule> wast_modules(const std::string& prefix) {
  std::vector<WastModule> out;
  auto root = spec_testsuite();
  if (!root) return out;
  fs::path bin = fs::path(*root) / "bin";
  std::vector<fs::path> files;
  for (auto& entry : fs::recursive_directory_iterator(bin))
    if (entry.path().extension() == ".wast" &&
        entry.path().lexically_relative(bin).string().starts_with(prefix))
      files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (auto& path : files) add_modules(path.string(), path.lexically_relative(bin).string(), out);
  return out;
}

}  // namespace wjit::test
