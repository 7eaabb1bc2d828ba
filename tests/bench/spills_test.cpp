#include <elf.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "catch.h"
#include "tools/bench/spills/code.h"
#include "tools/bench/spills/count.h"
#include "tools/bench/spills/flow.h"

namespace wjit::bench {
namespace {

FunctionCode code(const std::string& hex) {
  FunctionCode function;
  std::istringstream words(hex);
  for (std::string word; words >> word;) function.bytes.push_back(uint8_t(std::stoul(word, nullptr, 16)));
  return function;
}

bool no_disassembler() {
  if (!can_count()) WARN("built without Zydis");
  return !can_count();
}

std::vector<FlowLoop> loops_of(const std::vector<std::vector<uint32_t>>& successors) {
  std::vector<FlowBlock> blocks;
  for (const auto& s : successors) blocks.push_back({s});
  return find_loops(blocks);
}

TEST_CASE("bench spills: loops of a graph") {
  CHECK(loops_of({}).empty());
  CHECK(loops_of({{1, 2}, {3}, {3}, {}}).empty());
  SECTION("a block that jumps to itself") {
    auto loops = loops_of({{1}, {1, 2}, {}});
    REQUIRE(loops.size() == 1);
    CHECK(loops[0].header == 1);
    CHECK(loops[0].body == std::vector<bool>{false, true, false});
  }
  SECTION("two jumps back to one header are one loop") {
    auto loops = loops_of({{1}, {2, 3}, {1}, {1, 4}, {}});
    REQUIRE(loops.size() == 1);
    CHECK(loops[0].body == std::vector<bool>{false, true, true, true, false});
  }
  SECTION("a loop in a loop") {
    auto loops = loops_of({{1}, {2}, {2, 3}, {1, 4}, {}});
    REQUIRE(loops.size() == 2);
    CHECK(loops[0].header == 1);
    CHECK(!loops[0].innermost);
    CHECK(loops[1].header == 2);
    CHECK(loops[1].innermost);
  }
  SECTION("one loop behind another, and blocks that nothing reaches") {
    auto loops = loops_of({{1}, {1, 2}, {2, 3}, {}, {2, 4}});
    REQUIRE(loops.size() == 2);
    CHECK((loops[0].innermost && loops[1].innermost));
    CHECK(!loops[1].body[4]);
  }
  SECTION("a cycle with two entries is no natural loop") {
    CHECK(loops_of({{1, 2}, {2}, {1, 3}, {}}).empty());
  }
}

//  0: push rbp; mov rbp, rsp; sub rsp, 32
//  8: mov rax, [rsp+8]; add [rsp+16], rax; mov [rdi], rax; mov rcx, [rbp-8]; lea rdx, [rsp+4]; dec rsi; jnz 8
const char* const kLoop =
    "55 48 89 e5 48 83 ec 20  48 8b 44 24 08 48 01 44 24 10 48 89 07 48 8b 4d f8 48 8d 54 24 04 48 ff ce 75 "
    "e5  c9 c3";

TEST_CASE("bench spills: stack slots in a loop") {
  if (no_disassembler()) return;
  auto count = count_stack_accesses(code(kLoop));
  CHECK(count.failure.empty());
  REQUIRE(count.loops.size() == 1);
  CHECK(count.loops[0].header == 8);
  CHECK(count.loops[0].instructions == 7);
  CHECK(count.loads == 3);  // of rax, for the addition, of rcx; the store by rdi and the lea are none
  CHECK(count.stores == 1);
  REQUIRE(count.loops[0].accesses.size() == 3);
  CHECK(count.loops[0].accesses[0].at == 8);
  CHECK(count.loops[0].accesses[0].text == "mov rax, [rsp+0x08]");
}

TEST_CASE("bench spills: rbp is a register like others where no frame is kept in it") {
  if (no_disassembler()) return;
  auto function = code(kLoop);
  function.bytes[3] = 0xe7;  // mov rdi, rsp
  CHECK(count_stack_accesses(function).loads == 2);
}

TEST_CASE("bench spills: outer loops do not count") {
  if (no_disassembler()) return;
  // 0: mov [rsp], rax; 4: dec rcx; jnz 4; 9: dec rdx; jnz 0; ret
  auto count = count_stack_accesses(code("48 89 04 24  48 ff c9 75 fb  48 ff ca 75 f2  c3"));
  CHECK(count.all_loops == 2);
  REQUIRE(count.loops.size() == 1);
  CHECK(count.loops[0].header == 4);
  CHECK(count.stores == 0);
  CHECK(count.loop_instructions == 2);
}

TEST_CASE("bench spills: push and pop count, calls do not") {
  if (no_disassembler()) return;
  // 0: push rax; call +0; pop rax; dec rcx; jnz 0; ret
  auto count = count_stack_accesses(code("50 e8 00 00 00 00 58 48 ff c9 75 f4 c3"));
  REQUIRE(count.loops.size() == 1);
  CHECK(count.loads == 1);
  CHECK(count.stores == 1);
  CHECK(count.loop_instructions == 5);
}

TEST_CASE(
    "bench spills: code that is never reached is not decoded; bytes that are no instruction are an error") {
  if (no_disassembler()) return;
  CHECK(count_stack_accesses(code("c3 06 06")).failure.empty());
  CHECK(count_stack_accesses(code("0f 0b 06")).failure.empty());
  CHECK(count_stack_accesses(code("90 06")).failure == "no instruction at offset 1");
  CHECK(count_stack_accesses(code("48 8b")).failure == "no instruction at offset 0");
  CHECK(count_stack_accesses(code("")).failure.empty());
}

//  0: lea rcx, [rip+9] (16); movsxd rax, [rcx+rax*4]; add rcx, rax; jmp rcx
// 16: the table: 24 - 16, 30 - 16
// 24: mov [rsp], rax; jmp 0;  30: ret
const char* const kTable =
    "48 8d 0d 09 00 00 00  48 63 04 81  48 01 c1  ff e1  08 00 00 00 0e 00 00 00  48 89 04 24 eb e2  c3";

TEST_CASE("bench spills: jumps through a table") {
  if (no_disassembler()) return;
  auto count = count_stack_accesses(code(kTable));
  CHECK(count.failure.empty());
  CHECK(count.unfollowed == 0);
  REQUIRE(count.loops.size() == 1);
  CHECK(count.stores == 1);
  CHECK(count.instructions == 7);
}

//  0: jz 22;  2: lea rcx, [rip+9] (18); movsxd rax, [rcx+rax*4]; add rcx, rax; jmp rcx;  18: the table: 2 -
//  18
// 22: add [rax], eax; add [rax], al; ret: which would be one entry more, and lead into the table
TEST_CASE("bench spills: a table ends where code begins") {
  if (no_disassembler()) return;
  auto count = count_stack_accesses(
      code("74 14 48 8d 0d 09 00 00 00 48 63 04 81 48 01 c1 ff e1 f0 ff ff ff 01 00 00 00 c3"));
  CHECK(count.failure.empty());
  CHECK(count.instructions == 8);
  CHECK(count.loops.size() == 1);
}

TEST_CASE("bench spills: jumps whose targets only the dump knows") {
  if (no_disassembler()) return;
  // 0: mov [rsp], rax; jmp rcx; ret
  auto function = code("48 89 04 24 ff e1 c3");
  CHECK(count_stack_accesses(function).unfollowed == 1);
  function.jumps[4] = {0, 6, 1000};
  auto count = count_stack_accesses(function);
  CHECK(count.unfollowed == 0);
  REQUIRE(count.loops.size() == 1);
  CHECK(count.stores == 1);
}

TEST_CASE("bench spills: what follows a call that never comes back need not be code") {
  if (no_disassembler()) return;
  // 0: dec rsi; jz 13; jmp 0; 7: (nothing); 8: call raise; 13: constants
  auto function = code("48 ff ce 74 03 eb f9 90 e8 00 00 00 00 06 06");
  CHECK(count_stack_accesses(function).failure == "no instruction at offset 13");
  function.bytes.resize(13);
  CHECK(count_stack_accesses(function).failure == "the code goes on behind its end");
  function.ends = {8};
  auto count = count_stack_accesses(function);
  CHECK(count.failure.empty());
  CHECK(count.loops.size() == 1);
}

TEST_CASE("bench spills: nor does the next piece of cold code belong to the loop") {
  if (no_disassembler()) return;
  // 0: dec rsi; jz 13; dec rdi; jz 18; jmp 0; -- 13: call raise; 18: mov [rsp], rax; jmp 0
  auto function = code("48 ff ce 74 08 48 ff cf 74 08 eb f4 90 e8 00 00 00 00 48 89 04 24 eb e8");
  CHECK(count_stack_accesses(function).loop_instructions == 8);
  function.ends = {13};
  CHECK(count_stack_accesses(function).loop_instructions == 7);
}

TEST_CASE("bench spills: dumps") {
  auto dump = read_dump(
      "{\"index\": 7, \"name\": \"a\\\"b\", \"offset\": 4096, \"hex\": \"90C3\", \"size\": 2, \"x\": [[1], "
      "\"y\"]}\n\n"
      "{\"hex\":\"ffe1\",\"index\":8,\"jumps\":[[0,1,2],[9]],\"ends\":[3, 5]}\n{\"ends\": []}\n");
  REQUIRE(dump.failure.empty());
  REQUIRE(dump.functions.size() == 3);
  CHECK(dump.functions[0].index == 7);
  CHECK(dump.functions[0].name == "a\"b");
  CHECK(dump.functions[0].offset == 4096);
  CHECK(dump.functions[0].bytes == std::vector<uint8_t>{0x90, 0xc3});
  CHECK(dump.functions[1].jumps.at(0) == std::vector<uint32_t>{1, 2});
  CHECK(dump.functions[1].jumps.at(9).empty());
  CHECK(dump.functions[1].ends == std::set<uint32_t>{3, 5});
  CHECK(dump.functions[2].ends.empty());

  CHECK(read_dump("").failure == "no functions");
  CHECK(read_dump("{\"index\": 1, \"hex\": \"9\"}").failure ==
        "line 1, column 24: expected pairs of hexadecimal digits before");
  CHECK(read_dump("{\"index\": 1}\n{\"index\" 1}").failure == "line 2, column 10: expected ':'");
  CHECK(read_dump("{\"index\": 1} x").failure == "line 1, column 14: expected the end of the line");
  CHECK(read_dump("{\"name\": \"abc").failure == "line 1, column 14: expected '\"'");
}

// ---- files of Wasmtime's kind ----

template <class T>
void put(std::string& file, size_t at, const T& value) {
  if (file.size() < at + sizeof value) file.resize(at + sizeof value);
  std::memcpy(file.data() + at, &value, sizeof value);
}

// Two symbols, one of them of a function; its code is nop, ret.
std::string elf_file() {
  const std::string strings =
      std::string(1, '\0') + "wasm[0]::function[7]::name" + '\0' + "trampoline" + '\0';
  std::string file = "----";
  constexpr size_t kText = 64, kStrings = 72, kSymbols = 128, kSections = 256;
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_machine = EM_X86_64;
  header.e_shoff = kSections;
  header.e_shnum = 4;
  put(file, 0, header);
  file.resize(kSections);
  file.replace(kText, 3, "\x06\x90\xc3");
  file.replace(kStrings, strings.size(), strings);
  Elf64_Sym symbol{};
  symbol.st_name = 1;
  symbol.st_info = ELF64_ST_INFO(STB_LOCAL, STT_FUNC);
  symbol.st_shndx = 1;
  symbol.st_value = 1;
  symbol.st_size = 2;
  put(file, kSymbols, symbol);
  symbol.st_name = uint32_t(1 + std::strlen("wasm[0]::function[7]::name") + 1);
  put(file, kSymbols + sizeof symbol, symbol);
  auto section = [&](int number, uint32_t type, size_t at, size_t size, uint32_t link) {
    Elf64_Shdr s{};
    s.sh_type = type;
    s.sh_offset = at;
    s.sh_size = size;
    s.sh_link = link;
    put(file, kSections + size_t(number) * sizeof s, s);
  };
  section(0, SHT_NULL, 0, 0, 0);
  section(1, SHT_PROGBITS, kText, 3, 0);
  section(2, SHT_STRTAB, kStrings, strings.size(), 0);
  section(3, SHT_SYMTAB, kSymbols, 2 * sizeof symbol, 2);
  return file;
}

class FileOf {
 public:
  explicit FileOf(const std::string& bytes)
      : path_((std::filesystem::temp_directory_path() / ("wjit-bench-test-" + std::to_string(::getpid())))
                  .string()) {
    std::ofstream(path_, std::ios::binary) << bytes;
  }
  ~FileOf() { std::filesystem::remove(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

TEST_CASE("bench spills: functions of an ELF file") {
  auto found = read_code(FileOf(elf_file()).path());
  REQUIRE(found.failure.empty());
  REQUIRE(found.functions.size() == 1);
  CHECK(found.functions[0].index == 7);
  CHECK(found.functions[0].name == "name");
  CHECK(found.functions[0].offset == 1);
  CHECK(found.functions[0].bytes == std::vector<uint8_t>{0x90, 0xc3});
}

TEST_CASE("bench spills: every beginning of an ELF file is an error") {
  const std::string whole = elf_file();
  for (size_t length = 0; length < whole.size(); length++) {
    INFO(length);
    CHECK(!read_code(FileOf(whole.substr(0, length)).path()).failure.empty());
  }
  CHECK(read_code("/no such file").failure == "cannot be read");
}

}  // namespace
}  // namespace wjit::bench
