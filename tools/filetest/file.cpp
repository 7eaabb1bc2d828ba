#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tools/filetest/filetest.h"

namespace wjit::filetest {
namespace {

constexpr std::string_view kTest = ";; test ", kTitle = ";; ---- ";

// The first difference of two texts, as lines.
std::string difference(std::string_view expected, std::string_view found) {
  size_t line = 1;
  const auto next = [](std::string_view& text) {
    const std::string_view first = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), first.size() + 1));
    return first;
  };
  for (; !expected.empty() || !found.empty(); ++line) {
    const bool no_more = expected.empty(), none_expected = found.empty();
    const std::string_view e = next(expected), f = next(found);
    if (e != f || no_more || none_expected)
      return fmt::format("line {} of the output:\n    expected: {}\n    found:    {}", line, no_more ? "(the end)" : e,
                         none_expected ? "(the end)" : f);
  }
  return "";
}

}  // namespace

const Section* File::section(std::string_view title) const {
  for (const Section& s : sections)
    if (s.title == title) return &s;
  return nullptr;
}

Result<File> parse_file(std::string path, std::string_view text) {
  File file;
  file.path = std::move(path);
  size_t number = 0;
  bool in_head = true, before_input = true;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    ++number;
    if (line.starts_with(kTitle)) {
      in_head = false;
      file.sections.push_back({std::string(line.substr(kTitle.size())), ""});
    } else if (in_head) {
      file.head += std::string(line) + "\n";
      if (!line.empty() && !line.starts_with(";;")) before_input = false;
      if (!line.starts_with(kTest) || !before_input) continue;
      line.remove_prefix(kTest.size());
      const size_t space = std::min(line.find_first_of(" :"), line.size());
      Test t{std::string(line.substr(0, space)), "", number};
      const size_t argument = line.find_first_not_of(" :", space);
      if (argument != line.npos) t.argument = line.substr(argument);
      file.tests.push_back(std::move(t));
    } else if (line == ";;" || line.starts_with(";; ")) {
      file.sections.back().text += std::string(line.substr(std::min<size_t>(3, line.size()))) + "\n";
    } else {
      return fail(ErrorKind::kMalformed, fmt::format("{}: expected a line of output, beginning with `;; `", number));
    }
  }
  if (file.tests.empty()) return fail(ErrorKind::kMalformed, "1: expected a line `;; test COMMAND` before the input");
  return file;
}

std::string with_sections(const File& file, std::span<const Section> sections) {
  std::string out = file.head;
  for (const Section& s : sections) {
    out += std::string(kTitle) + s.title + "\n";
    for (std::string_view text = s.text; !text.empty();) {
      const std::string_view line = text.substr(0, text.find('\n'));
      out += line.empty() ? ";;\n" : fmt::format(";; {}\n", line);
      text.remove_prefix(std::min(text.size(), line.size() + 1));
    }
  }
  return out;
}

void run_file(const std::string& path, bool bless, Report& report) {
  const auto complain = [&](size_t line, std::string_view message) {
    ++report.failed;
    report.messages.push_back(fmt::format("{}:{}: {}", path, line, message));
  };
  std::ifstream in(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in) return complain(0, "cannot be read");
  const auto file = parse_file(path, text);
  if (!file) {
    ++report.failed;
    return report.messages.push_back(path + ":" + file.error().message());
  }
  std::vector<Section> outputs;
  for (const Test& t : file->tests) {
    const auto all = commands();
    const auto command = std::find_if(all.begin(), all.end(), [&](const Command& c) { return c.name == t.command; });
    if (command == all.end()) {
      complain(t.line, fmt::format("no such command: {}", t.command));
      continue;
    }
    auto output = command->run(*file, t.argument);
    if (!output) {
      complain(t.line, fmt::format("{}: {}", t.title(), output.error().message()));
      if (const Section* s = file->section(t.title())) outputs.push_back(*s);
      continue;
    }
    if (!command->has_output) {
      ++report.passed;
      continue;
    }
    if (!output->empty() && output->back() != '\n') *output += '\n';
    const Section* expected = file->section(t.title());
    if (!bless && !expected)
      complain(t.line, fmt::format("{}: no output is written down: bless it", t.title()));
    else if (!bless && expected->text != *output)
      complain(t.line, fmt::format("{}: {}", t.title(), difference(expected->text, *output)));
    else
      ++report.passed;
    outputs.push_back({t.title(), std::move(*output)});
  }
  const std::string blessed = with_sections(*file, outputs);
  if (!bless || blessed == text) return;
  std::ofstream out(path, std::ios::binary);
  out << blessed;
  out.close();
  if (!out) return complain(0, "cannot be written");
  ++report.rewritten;
}

std::vector<std::string> find_files(const std::string& path) {
  namespace fs = std::filesystem;
  if (!fs::is_directory(path)) return {path};
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    const std::string ending = entry.path().extension().string();
    if (entry.is_regular_file() && (ending == ".ir" || ending == ".wat")) files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace wjit::filetest
