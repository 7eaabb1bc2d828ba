#include <elf.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>

#include "tools/bench/spills/code.h"

namespace wjit::bench {
namespace {

// ---- ELF ----

// A T at `offset`, or nothing if the file ends before.
template <class T>
std::optional<T> read_at(const std::string& file, uint64_t offset) {
  if (offset > file.size() || file.size() - offset < sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, file.data() + offset, sizeof value);
  return value;
}

bool lies_in(const std::string& file, const Elf64_Shdr& section) {
  return section.sh_offset <= file.size() && file.size() - section.sh_offset >= section.sh_size;
}

// "wasm[0]::function[7]::name": index and name. The name is missing if the module has none.
bool parse_symbol(const std::string& symbol, FunctionCode& function) {
  constexpr const char* kMark = "::function[";
  size_t at = symbol.find(kMark);
  if (symbol.compare(0, 5, "wasm[") != 0 || at == std::string::npos) return false;
  char* end = nullptr;
  function.index = uint32_t(std::strtoul(symbol.c_str() + at + std::strlen(kMark), &end, 10));
  if (*end != ']') return false;
  function.name = std::strncmp(end, "]::", 3) == 0 ? end + 3 : "";
  return true;
}

Code read_elf(const std::string& file) {
  auto fail = [](const char* what) { return Code{{}, what}; };
  auto header = read_at<Elf64_Ehdr>(file, 0);
  if (!header || header->e_ident[EI_CLASS] != ELFCLASS64) return fail("not a 64-bit ELF file");
  // Wasmtime's files have their own number for the machine's ABI, but the machine's own e_machine.
  if (header->e_machine != EM_X86_64) return fail("not x86-64 code");
  std::vector<Elf64_Shdr> sections;
  for (unsigned i = 0; i < header->e_shnum; i++) {
    auto section = read_at<Elf64_Shdr>(file, header->e_shoff + i * sizeof(Elf64_Shdr));
    if (!section) return fail("the section table lies beyond the end of the file");
    sections.push_back(*section);
  }
  Code code;
  for (const auto& table : sections) {
    if (table.sh_type != SHT_SYMTAB) continue;
    if (table.sh_link >= sections.size()) return fail("a symbol table without strings");
    const Elf64_Shdr& strings = sections[table.sh_link];
    if (!lies_in(file, strings) || !lies_in(file, table)) return fail("symbols beyond the end of the file");
    for (uint64_t at = 0; at + sizeof(Elf64_Sym) <= table.sh_size; at += sizeof(Elf64_Sym)) {
      auto symbol = *read_at<Elf64_Sym>(file, table.sh_offset + at);
      if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_shndx >= sections.size()) continue;
      if (symbol.st_name >= strings.sh_size) return fail("a symbol's name lies beyond its strings");
      const char* name = file.data() + strings.sh_offset + symbol.st_name;
      FunctionCode function;
      if (!parse_symbol(std::string(name, ::strnlen(name, strings.sh_size - symbol.st_name)), function))
        continue;
      const Elf64_Shdr& text = sections[symbol.st_shndx];
      if (!lies_in(file, text) || symbol.st_value > text.sh_size ||
          text.sh_size - symbol.st_value < symbol.st_size) {
        return fail("a function's code lies beyond its section");
      }
      const char* bytes = file.data() + text.sh_offset + symbol.st_value;
      function.offset = symbol.st_value;
      function.bytes.assign(bytes, bytes + symbol.st_size);
      code.functions.push_back(std::move(function));
    }
  }
  if (code.functions.empty()) return fail("no symbols of wasm functions");
  return code;
}

// ---- lines of JSON ----

// Reads one line's object: as much JSON as dumps have, and a message for what is none.
class LineReader {
 public:
  explicit LineReader(const std::string& line) : line_(line) {}

  bool read(FunctionCode& function) {
    if (!take('{')) return false;
    do {
      std::string key;
      if (!string(key) || !take(':') || !value_of(key, function)) return false;
    } while (skip(','));
    if (!take('}')) return false;
    space();
    return at_ == line_.size() || fail("the end of the line");
  }

  const std::string& failure() const { return failure_; }

 private:
  bool value_of(const std::string& key, FunctionCode& function) {
    uint64_t n = 0;
    if (key == "index") return number(n) && (function.index = uint32_t(n), true);
    if (key == "name") return string(function.name);
    if (key == "offset") return number(function.offset);
    if (key == "hex") return bytes(function.bytes);
    if (key == "jumps") return jumps(function);
    if (key == "ends") return ends(function);
    return ignored();
  }

  bool ignored() {
    std::string text;
    uint64_t n = 0;
    space();
    if (at_ < line_.size() && line_[at_] == '"') return string(text);
    if (!skip('[')) return number(n);
    if (skip(']')) return true;
    do {
      if (!ignored()) return false;
    } while (skip(','));
    return take(']');
  }

  bool bytes(std::vector<uint8_t>& out) {
    std::string text;
    if (!string(text)) return false;
    if (text.size() % 2 != 0 || text.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) {
      return fail("pairs of hexadecimal digits before");
    }
    for (size_t i = 0; i < text.size(); i += 2) {
      out.push_back(uint8_t(std::strtoul(text.substr(i, 2).c_str(), nullptr, 16)));
    }
    return true;
  }

  bool jumps(FunctionCode& function) {
    if (!take('[')) return false;
    if (skip(']')) return true;
    do {
      uint64_t from = 0, to = 0;
      if (!take('[') || !number(from)) return false;
      auto& targets = function.jumps[uint32_t(from)];
      while (skip(',')) {
        if (!number(to)) return false;
        targets.push_back(uint32_t(to));
      }
      if (!take(']')) return false;
    } while (skip(','));
    return take(']');
  }

  bool ends(FunctionCode& function) {
    if (!take('[')) return false;
    if (skip(']')) return true;
    do {
      uint64_t at = 0;
      if (!number(at)) return false;
      function.ends.insert(uint32_t(at));
    } while (skip(','));
    return take(']');
  }

  bool string(std::string& out) {
    if (!take('"')) return false;
    out.clear();
    for (; at_ < line_.size() && line_[at_] != '"'; at_++) {
      if (line_[at_] == '\\') at_++;  // what is escaped in names need not be told apart
      if (at_ < line_.size()) out += line_[at_];
    }
    return take('"');
  }

  bool number(uint64_t& out) {
    space();
    const char* start = line_.c_str() + at_;
    char* end = nullptr;
    out = std::strtoull(start, &end, 10);
    if (end == start) return fail("a number");
    at_ += size_t(end - start);
    return true;
  }

  void space() {
    while (at_ < line_.size() && (line_[at_] == ' ' || line_[at_] == '\t' || line_[at_] == '\r')) at_++;
  }
  bool skip(char c) {
    space();
    return at_ < line_.size() && line_[at_] == c && (at_++, true);
  }
  bool take(char c) { return skip(c) || fail(std::string("'") + c + "'"); }
  bool fail(const std::string& expected) {
    failure_ = "column " + std::to_string(at_ + 1) + ": expected " + expected;
    return false;
  }

  const std::string& line_;
  size_t at_ = 0;
  std::string failure_{};
};

}  // namespace

Code read_dump(const std::string& text) {
  Code code;
  std::istringstream lines(text);
  std::string line;
  for (int number = 1; std::getline(lines, line); number++) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    LineReader reader(line);
    FunctionCode function;
    if (!reader.read(function)) return {{}, "line " + std::to_string(number) + ", " + reader.failure()};
    code.functions.push_back(std::move(function));
  }
  if (code.functions.empty()) return {{}, "no functions"};
  return code;
}

Code read_code(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return {{}, "cannot be read"};
  std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  return bytes.compare(0, SELFMAG, ELFMAG) == 0 ? read_elf(bytes) : read_dump(bytes);
}

}  // namespace wjit::bench
