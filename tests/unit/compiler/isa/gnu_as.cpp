#include "gnu_as.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "catch.h"

namespace wjit::test {
namespace {

namespace fs = std::filesystem;

struct Tools {
  const char* triple;
  const char* prologue;
};
constexpr Tools kTools[] = {
    {"x86_64-linux-gnu", ".intel_syntax noprefix\n"},
    {"aarch64-linux-gnu", ".arch armv8.1-a\n"},
};

// A folder of its own, gone at the end.
struct Room {
  Room() {
    std::string pattern = (fs::temp_directory_path() / "wjit-as-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()));
    path = pattern;
  }
  ~Room() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  std::string file(const char* name) const { return (path / name).string(); }
  fs::path path;
};

std::string contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string hex(const uint8_t* bytes, size_t size) {
  std::string out;
  for (size_t i = 0; i < size; ++i) out += fmt::format("{:02x} ", bytes[i]);
  return out;
}

// Every case begins a slot, so that one difference does not move what follows.
void write_source(const std::string& path, const Tools& tools, const std::vector<EncoderCase>& cases) {
  std::ofstream out(path);
  out << tools.prologue << ".text\n";
  for (size_t i = 0; i < cases.size(); ++i) out << ".org " << i * kSlot << "\n" << cases[i].text << "\n";
  out << ".org " << cases.size() * kSlot << "\n";
}

}  // namespace

void compare_with_gnu_as(Machine machine, const std::vector<EncoderCase>& cases) {
  const Tools& tools = kTools[static_cast<size_t>(machine)];
  const std::string triple = tools.triple;
  if (std::system((triple + "-as --version > /dev/null 2>&1").c_str()) != 0) {
    WARN("SKIPPED: no " << triple << "-as to compare with (Debian: binutils-" << triple << ")");
    CHECK_FALSE(std::getenv("WJIT_TEST_FULL"));
    return;
  }
  REQUIRE_FALSE(cases.empty());
  Room room;
  write_source(room.file("source.s"), tools, cases);
  const std::string source = room.file("source.s"), object = room.file("object.o"),
                    binary = room.file("binary"), log = room.file("log");
  if (std::system(fmt::format("{}-as -o {} {} > {} 2>&1", triple, object, source, log).c_str()) != 0)
    FAIL("the assembler refused:\n" << contents(log).substr(0, 2000));
  REQUIRE(std::system(fmt::format("{}-objcopy -O binary -j .text {} {}", triple, object, binary).c_str()) ==
          0);
  const std::string theirs = contents(binary);
  REQUIRE(theirs.size() == cases.size() * kSlot);
  size_t different = 0;
  std::string differences;
  for (size_t i = 0; i < cases.size(); ++i) {
    const EncoderCase& c = cases[i];
    REQUIRE(c.bytes.size() <= kSlot);
    std::vector<uint8_t> ours = c.bytes;
    ours.resize(kSlot, 0);
    auto* slot = reinterpret_cast<const uint8_t*>(theirs.data()) + i * kSlot;
    if (std::equal(ours.begin(), ours.end(), slot)) continue;
    if (++different > 20) continue;
    differences += fmt::format("{}\n  ours {}\n  as   {}\n", c.text, hex(c.bytes.data(), c.bytes.size()),
                               hex(slot, std::max<size_t>(c.bytes.size(), 16)));
  }
  INFO(different << " of " << cases.size() << " differ:\n" << differences);
  CHECK(different == 0);
}

}  // namespace wjit::test
