// wjit-filetest [--bless] PATH...: runs the files, or all below folders; exit code 1 if a test failed.
#include <fmt/format.h>

#include <cstdio>
#include <string_view>

#include "tools/filetest/filetest.h"

int main(int argc, char** argv) {
  using namespace wjit::filetest;
  bool bless = false;
  std::vector<std::string> files;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--bless") {
      bless = true;
    } else if (argument.starts_with('-')) {
      fmt::print(stderr, "usage: wjit-filetest [--bless] PATH...\ncommands of files:");
      for (const Command& c : commands()) fmt::print(stderr, " {}", c.name);
      fmt::print(stderr, "\n");
      return 2;
    } else {
      for (std::string& file : find_files(argv[i])) files.push_back(std::move(file));
    }
  }
  Report report;
  for (const std::string& file : files) run_file(file, bless, report);
  for (const std::string& message : report.messages) fmt::print("{}\n", message);
  fmt::print("{} files: {} passed, {} failed", files.size(), report.passed, report.failed);
  if (bless) fmt::print(", {} files written", report.rewritten);
  fmt::print("\n");
  return report.failed != 0 || files.empty();
}
