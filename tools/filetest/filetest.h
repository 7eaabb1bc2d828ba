// Tests that are files: a function, what to do with it, and what must come out. docs/testing.md, "Filetests".
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/support/result.h"

namespace wjit::filetest {

using support::Result;

// A line ";; test COMMAND ARGUMENT" or ";; test COMMAND: ARGUMENT" at the beginning of a file.
struct Test {
  std::string command, argument;
  size_t line;
  // What its output stands under: ";; ---- COMMAND ARGUMENT".
  std::string title() const { return argument.empty() ? command : command + " " + argument; }
};
struct Section {
  std::string title, text;
};
struct File {
  std::string path;
  std::string head;  // the tests and what they are about, as it stands
  std::vector<Test> tests;
  std::vector<Section> sections;  // expected outputs

  bool is_text_module() const { return path.ends_with(".wat"); }
  const Section* section(std::string_view title) const;
};
Result<File> parse_file(std::string path, std::string_view text);
// The same file with these outputs.
std::string with_sections(const File& file, std::span<const Section> sections);

// What can be asked of a file. Errors are failures of the test.
struct Command {
  std::string_view name;
  bool has_output;  // compared with a section; else there is nothing to compare
  Result<std::string> (*run)(const File& file, std::string_view argument);
};
std::span<const Command> commands();

// Messages about what failed: "PATH:LINE: …".
struct Report {
  size_t passed = 0, failed = 0, rewritten = 0;
  std::vector<std::string> messages;
};
// All tests of a file. With `bless`, outputs that differ are written to it instead.
void run_file(const std::string& path, bool bless, Report& report);
// Those below a folder, or one file. In the order of their names.
std::vector<std::string> find_files(const std::string& path);

}  // namespace wjit::filetest
