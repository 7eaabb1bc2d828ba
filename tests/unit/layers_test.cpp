// Holds the tree to docs/architecture.md: reads "The arrows" there, then every #include, and names each one that
// no line of the page allows.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "catch.h"

namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

struct Rules {
  Words folders;                        // top-level folders: those the page's table names first in a row
  std::map<std::string, Words> arrows;  // folder -> what it may include
  std::map<std::string, Words> walls;   // library -> where its headers may be named
};

bool within(const std::string& path, const std::string& folder) {
  return path.compare(0, folder.size(), folder) == 0 && (path.size() == folder.size() || path[folder.size()] == '/');
}

// The blocks ```arrows and ```walls of the page: "LEFT ->|in RIGHT...".
Rules read_rules(std::istream& page) {
  Rules rules;
  std::string line, block;
  while (std::getline(page, line)) {
    if (line.compare(0, 3, "```") == 0) {
      block = block.empty() ? line.substr(3) : "";
      continue;
    }
    if (block.empty() && line.compare(0, 3, "| `") == 0) {
      std::string cell = line.substr(0, line.find('|', 1));
      for (size_t at = 0, end; (at = cell.find('`', at)) != std::string::npos; at = end + 1) {
        end = cell.find("/`", at);
        if (end == std::string::npos) break;
        rules.folders.push_back(cell.substr(at + 1, end - at - 1));
        end++;
      }
    }
    if (block != "arrows" && block != "walls") continue;
    std::istringstream words(line);
    std::string left, sign, right;
    words >> left >> sign;
    Words& targets = (block == "arrows" ? rules.arrows : rules.walls)[left];
    while (words >> right) targets.push_back(right);
  }
  return rules;
}

// The header named by an #include line, or nothing.
std::string included(const std::string& line) {
  size_t at = line.find_first_not_of(" \t");
  if (at == std::string::npos || line[at] != '#') return "";
  at = line.find_first_not_of(" \t", at + 1);
  if (at == std::string::npos || line.compare(at, 7, "include") != 0) return "";
  size_t open = line.find_first_of("\"<", at);
  if (open == std::string::npos) return "";
  size_t close = line.find_first_of("\">", open + 1);
  return close == std::string::npos ? "" : line.substr(open + 1, close - open - 1);
}

// What is wrong with `file` (relative to `root`) including `header`; empty if nothing is.
std::string complaint(const Rules& rules, const fs::path& root, const std::string& file, const std::string& header) {
  for (const auto& [library, places] : rules.walls) {
    if (header.find(library) == std::string::npos) continue;
    bool allowed = std::any_of(places.begin(), places.end(), [&](auto& p) { return within(file, p); });
    return allowed ? "" : library + " stays behind its wall";
  }
  std::string target;  // the header as a path in the tree; a header that is not ours has no arrow
  for (std::string candidate : {header, "include/" + header, file.substr(0, file.rfind('/') + 1) + header}) {
    candidate = fs::path(candidate).lexically_normal().string();
    if (target.empty() && fs::is_regular_file(root / candidate)) target = candidate;
  }
  if (target.empty()) return "";
  const Words* allowed = nullptr;
  std::string folder;
  for (const auto& [left, right] : rules.arrows) {
    if (within(file, left) && left.size() >= folder.size()) folder = left, allowed = &right;
  }
  if (!allowed) return "no arrow starts here";
  if (within(target, folder)) return "";
  bool ok = std::any_of(allowed->begin(), allowed->end(), [&](auto& r) { return within(target, r); });
  return ok ? "" : "no arrow from " + folder + " to it";
}

bool is_source(const fs::path& path) {
  static const Words kEndings = {".h", ".hpp", ".cpp", ".c", ".cc", ".def", ".inc"};
  return std::find(kEndings.begin(), kEndings.end(), path.extension().string()) != kEndings.end();
}

Words check_tree(const fs::path& root, const Rules& rules) {
  Words complaints;
  for (const auto& top : fs::directory_iterator(root)) {
    if (!top.is_directory() || top.path().filename().string()[0] == '.' || top.path().filename() == "build") continue;
    for (const auto& entry : fs::recursive_directory_iterator(top.path())) {
      if (!entry.is_regular_file() || !is_source(entry.path())) continue;
      std::string file = fs::relative(entry.path(), root).generic_string();
      std::ifstream in(entry.path());
      std::string line;
      for (int number = 1; std::getline(in, line); number++) {
        std::string header = included(line);
        std::string what = header.empty() ? "" : complaint(rules, root, file, header);
        if (!what.empty()) complaints.push_back(file + ":" + std::to_string(number) + ": " + header + ": " + what);
      }
    }
  }
  return complaints;
}

Rules page_rules() {
  std::ifstream page(fs::path(WJIT_SOURCE_DIR) / "docs/architecture.md");
  return read_rules(page);
}

std::string joined(const Words& lines) {
  std::string text;
  for (const auto& line : lines) text += "\n  " + line;
  return text;
}

}  // namespace

TEST_CASE("layers: every include follows an arrow of docs/architecture.md") {
  Rules rules = page_rules();
  REQUIRE(rules.arrows.size() > 10);
  REQUIRE(rules.walls.count("asmjit") == 1);
  Words complaints = check_tree(WJIT_SOURCE_DIR, rules);
  INFO("includes against the arrows:" << joined(complaints));
  CHECK(complaints.empty());
}

TEST_CASE("layers: top-level folders are those the architecture names") {
  Words folders = page_rules().folders, strangers;
  REQUIRE(folders.size() == 9);
  for (const auto& top : fs::directory_iterator(WJIT_SOURCE_DIR)) {
    std::string name = top.path().filename().string();
    if (!top.is_directory() || name[0] == '.' || name == "build") continue;
    if (std::find(folders.begin(), folders.end(), name) == folders.end()) strangers.push_back(name);
  }
  INFO("not in docs/architecture.md:" << joined(strangers));
  CHECK(strangers.empty());
}

TEST_CASE("layers: the checker sees wrong arrows") {
  Rules rules = page_rules();
  fs::path root = WJIT_SOURCE_DIR;
  auto wrong = [&](const char* file, const char* header) { return !complaint(rules, root, file, header).empty(); };
  CHECK(wrong("compiler/wasm/x.cpp", "runtime/version.h"));
  CHECK(wrong("vmcontext/x.h", "compiler/support/result.h"));
  CHECK(wrong("compiler/ir/x.cpp", "compiler/wasm/types.h"));
  CHECK(wrong("compiler/support/x.h", "../wasm/types.h"));
  CHECK(wrong("include/wjit/x.hpp", "runtime/version.h"));
  CHECK(wrong("runtime/x.cpp", "asmjit/x86.h"));
  CHECK(wrong("compiler/isa/x64/x.cpp", "libunwind.h"));
  CHECK(wrong("novel/x.cpp", "runtime/version.h"));
  CHECK_FALSE(wrong("runtime/x.cpp", "compiler/wasm/types.h"));
  CHECK_FALSE(wrong("compiler/opt/x.cpp", "compiler/ir/x.h"));
  CHECK_FALSE(wrong("compiler/wasm/x.cpp", "wjit/config.hpp"));
  CHECK_FALSE(wrong("compiler/isa/x64/x.cpp", "asmjit/x86.h"));
  CHECK_FALSE(wrong("runtime/code/eh_frame.cpp", "libunwind.h"));
  CHECK_FALSE(wrong("runtime/x.cpp", "vector"));
  CHECK(included("  #  include \"a/b.h\"  // why") == "a/b.h");
  CHECK(included("// #include <x>").empty());
}

TEST_CASE("layers: every source is compiled, tests and tools too") {
  std::ifstream in(fs::path(WJIT_BINARY_DIR) / "compile_commands.json");
  const std::string commands{std::istreambuf_iterator<char>(in), {}};
  REQUIRE_FALSE(commands.empty());
  Words forgotten;
  for (const char* top : {"compiler", "runtime", "tools", "tests", "examples"}) {
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(WJIT_SOURCE_DIR) / top)) {
      std::string file = fs::relative(entry.path(), WJIT_SOURCE_DIR).generic_string();
      // C programs are built to WebAssembly, the package's by a script; sanitized builds have no shared library.
      if (entry.path().extension() != ".cpp" || within(file, "tests/package") || file == "runtime/shared_library.cpp")
        continue;
      if (commands.find("/" + file + "\"") == std::string::npos) forgotten.push_back(file);
    }
  }
  INFO("in no target:" << joined(forgotten));
  CHECK(forgotten.empty());
}
