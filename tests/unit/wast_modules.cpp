#include "wast_modules.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>

namespace wjit::test {

namespace fs = std::filesystem;

namespace {

// Walks one script: finds "(module … binary "…"*)", remembering whether an assertion stands around it.
class Scanner {
 public:
  Scanner(std::string_view text, std::string file) : text_(text), file_(std::move(file)) {}

  void run(std::vector<WastModule>& out) {
    while (skip_space(), pos_ < text_.size()) form(out, WastModule::kValid);
  }

 private:
  void skip_space() {
    while (pos_ < text_.size() && std::string_view(" \t\r\n").find(text_[pos_]) != std::string_view::npos) {
      if (text_[pos_] == '\n') line_++;
      pos_++;
    }
  }
  std::string_view word() {
    size_t start = pos_;
    while (pos_ < text_.size() && std::string_view(" \t\r\n()\"").find(text_[pos_]) == std::string_view::npos)
      pos_++;
    return text_.substr(start, pos_ - start);
  }
  static int digit(char c) { return c <= '9' ? c - '0' : (c | 32) - 'a' + 10; }
  void string(std::vector<uint8_t>& out) {
    for (pos_++; text_[pos_] != '"'; pos_++) {
      if (text_[pos_] != '\\') {
        out.push_back(uint8_t(text_[pos_]));
        continue;
      }
      char c = text_[++pos_];
      switch (c) {
        case 't':
          out.push_back('\t');
          break;
        case 'n':
          out.push_back('\n');
          break;
        case 'r':
          out.push_back('\r');
          break;
        case '"':
        case '\'':
        case '\\':
          out.push_back(uint8_t(c));
          break;
        case 'u':
          pos_ = text_.find('}', pos_);
          break;  // only in names, never in a module
        default:
          out.push_back(uint8_t(digit(c) << 4 | digit(text_[++pos_])));
      }
    }
    pos_++;
  }
  // One parenthesised form, or a word, or a string.
  void form(std::vector<WastModule>& out, WastModule::Expect expect) {
    if (text_[pos_] == '"') {
      std::vector<uint8_t> bytes;
      string(bytes);
      last_string_.assign(bytes.begin(), bytes.end());
      return;
    }
    if (text_[pos_] != '(') {
      if (word().empty()) pos_++;
      return;
    }
    pos_++;
    skip_space();
    int line = line_;
    std::string_view head = word();
    if (head == "assert_invalid") expect = WastModule::kInvalid;
    if (head == "assert_malformed") expect = WastModule::kMalformed;
    size_t first = out.size();
    bool binary = false;
    std::vector<uint8_t> bytes;
    while (skip_space(), pos_ < text_.size() && text_[pos_] != ')') {
      if (head == "module" && text_[pos_] == '"') {
        string(bytes);
      } else if (head == "module" && text_[pos_] != '(') {
        binary |= word() == "binary";
      } else {
        form(out, expect);
      }
    }
    pos_++;
    if (binary) out.push_back({expect, "", file_, line, std::move(bytes)});
    if (head.starts_with("assert_"))
      for (size_t i = first; i < out.size(); i++) out[i].message = last_string_;
  }

  std::string_view text_;
  std::string file_, last_string_;
  size_t pos_ = 0;
  int line_ = 1;
};

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
  for (auto& path : files) {
    std::ifstream in(path, std::ios::binary);
    std::string text((std::istreambuf_iterator<char>(in)), {});
    Scanner(text, path.lexically_relative(bin).string()).run(out);
  }
  return out;
}

}  // namespace wjit::test
