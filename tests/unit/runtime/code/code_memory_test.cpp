#include "runtime/code/code_memory.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <map>
#include <random>

#include "catch.h"
#include "unit/child.h"
#include "unit/runtime/code/fake_code.h"

namespace wjit::test {

using rt::CodeFunction;
using rt::CodeHandle;
using rt::CodeHit;
using rt::CodeMapping;
using rt::CodeMemory;
using rt::CodeTables;
using rt::CodeTrapSite;
using rt::PcIs;
using vm::TrapCode;

namespace {

CodeHandle publish(CodeMemory& memory, std::span<const uint8_t> bytes, CodeTables tables = {}) {
  auto handle = memory.publish(bytes, std::move(tables));
  if (!handle) FAIL(handle.error().message());
  return std::move(*handle);
}

constexpr size_t kSmall = size_t{16} << 20;
CodeMemory::Options only(CodeMapping mapping) { return {mapping, mapping, kSmall}; }

}  // namespace

#ifndef WJIT_EMULATED
// Else the tests below would look at half of what there is.
TEST_CASE("This host grants the mapping that is tried first", "[code]") { CHECK(has_dual_mapping()); }
#endif

TEST_CASE("Distances to other code are written when code is published, where they fit", "[code]") {
  CodeMemory memory(only(CodeMapping::kPrivate));
  const std::vector<uint8_t> code(32);
  const CodeHandle other = publish(memory, code);
  const uintptr_t far = other->begin() + (uintptr_t{1} << 33);
  const rt::CodePatch patches[] = {{4, other->begin() + 16}, {12, far}, {28, 0}};
  auto h = memory.publish(code, {}, std::span(patches).first(2));
  REQUIRE(h);
  int32_t distance[2];
  std::memcpy(&distance[0], (*h)->bytes.data() + 4, 4);
  std::memcpy(&distance[1], (*h)->bytes.data() + 12, 4);
#if defined(__x86_64__)
  const int64_t led = 8 + distance[0];  // from the end of the 32 bits
#else
  const int64_t led = 4 + ((distance[0] << 6) >> 4);  // 26 bits, of words, from the instruction
#endif
  CHECK(uintptr_t(int64_t((*h)->begin()) + led) == other->begin() + 16);
  CHECK(distance[1] == 0);
  const rt::CodePatch outside[] = {{29, 0}};
  CHECK_FALSE(memory.publish(code, {}, outside));
}

TEST_CASE("Published code runs and is found, unpublished code is not", "[code]") {
  const auto mapping = GENERATE(CodeMapping::kDual, CodeMapping::kPrivate);
  if (mapping == CodeMapping::kDual && !has_dual_mapping()) return;
  CodeMemory memory(only(mapping));
  CHECK(memory.mapping() == mapping);
  int owner;
  auto code = constant_code(0x1234'5678'9abc'def0);
  uintptr_t at;
  CodeHit hit;
  {
    CodeHandle h =
        publish(memory, code, {.owner = &owner, .functions = {{0, uint32_t(code.size()), 7}}, .raise = 99});
    at = h->begin();
    CHECK(call_code(at) == 0x1234'5678'9abc'def0);
    REQUIRE(memory.lookup(at, &hit));
    CHECK((hit.owner == &owner && hit.object == at && hit.offset == 0 && hit.raise == 99));
    CHECK((hit.in_function && hit.func_index == 7 && hit.func_start == 0 && hit.func_end == code.size()));
    CHECK((hit.trap == TrapCode::kNone && hit.wasm_offset == rt::kNoWasmOffset));
    CHECK(memory.lookup(at + code.size() - 1, &hit));
    CHECK_FALSE(memory.lookup(at + code.size(), &hit));  // in the same granule
    CHECK_FALSE(memory.lookup(at - 1, &hit));
    CHECK(memory.lookup(at + code.size(), &hit, PcIs::kReturnAddress));
    CHECK_FALSE(memory.lookup(at, &hit, PcIs::kReturnAddress));
    CHECK_FALSE(memory.lookup(0, &hit, PcIs::kReturnAddress));
    CHECK(memory.objects() == 1);
    CHECK(memory.bytes_in_use() >= code.size());
  }
  CHECK_FALSE(memory.lookup(at, &hit));
  CHECK((memory.objects() == 0 && memory.bytes_in_use() == 0));
}

TEST_CASE("Trap sites are found exactly, calls by their return address", "[code]") {
  CodeMemory memory(only(CodeMapping::kPrivate));
  std::vector<uint8_t> code(100);
  CodeTables tables;
  tables.functions = {{0, 20, 3}, {32, 64, 4}, {64, 100, 5}};
  tables.traps = {{4, TrapCode::kMemoryOutOfBounds, 11},
                  {16, TrapCode::kNone, 12},  // a call, the last instruction of its function
                  {68, TrapCode::kMemoryOutOfBounds, 13}};
  tables.raise_offset = 40;
  CodeHandle h = publish(memory, code, tables);
  CodeHit hit;
  auto find = [&](uint32_t offset, PcIs what) {
    REQUIRE(memory.lookup(h->begin() + offset, &hit, what));
    CHECK(hit.offset == offset);
    CHECK(hit.raise == h->begin() + 40);
    return std::pair(hit.trap, hit.wasm_offset);
  };
  const std::pair none(TrapCode::kNone, rt::kNoWasmOffset);
  CHECK(find(4, PcIs::kInstruction) == std::pair(TrapCode::kMemoryOutOfBounds, 11u));
  CHECK(find(5, PcIs::kInstruction) == none);
  CHECK(find(3, PcIs::kInstruction) == none);
  CHECK(find(16, PcIs::kInstruction) == std::pair(TrapCode::kNone, 12u));
  CHECK(find(20, PcIs::kReturnAddress) == std::pair(TrapCode::kNone, 12u));
  CHECK((hit.in_function && hit.func_index == 3));
  CHECK(find(20, PcIs::kInstruction) == none);
  CHECK_FALSE(hit.in_function);
  CHECK(find(64, PcIs::kReturnAddress) == none);  // nothing before it in its function
  CHECK((hit.in_function && hit.func_index == 4));
  CHECK(find(64, PcIs::kInstruction) == none);
  CHECK((hit.in_function && hit.func_index == 5));
  CHECK(find(72, PcIs::kReturnAddress) == std::pair(TrapCode::kMemoryOutOfBounds, 13u));
  CHECK(find(99, PcIs::kInstruction) == none);
}

TEST_CASE("Tables that cannot be searched are refused", "[code]") {
  CodeMemory memory(only(CodeMapping::kPrivate));
  const std::vector<uint8_t> code(16);
  auto refused = [&](std::span<const uint8_t> bytes, CodeTables tables) {
    auto h = memory.publish(bytes, std::move(tables));
    return !h && h.error().kind() == ErrorKind::kUsage;
  };
  CHECK(refused({}, {}));
  CHECK(refused(code, {.functions = {{0, 17, 0}}}));
  CHECK(refused(code, {.functions = {{4, 2, 0}}}));
  CHECK(refused(code, {.functions = {{0, 8, 0}, {7, 9, 1}}}));
  CHECK(refused(code, {.traps = {{16, TrapCode::kUnreachable, 0}}}));
  CHECK(refused(code, {.traps = {{4, TrapCode::kUnreachable, 0}, {4, TrapCode::kUnreachable, 1}}}));
  CHECK(refused(code, {.raise_offset = 16}));
  CHECK_FALSE(refused(code, {.functions = {{0, 8, 0}, {8, 16, 1}}, .raise_offset = 15}));
}

TEST_CASE("Granules are used again, and never by two at a time", "[code]") {
  const auto mapping = GENERATE(CodeMapping::kDual, CodeMapping::kPrivate);
  if (mapping == CodeMapping::kDual && !has_dual_mapping()) return;
  CodeMemory memory(only(mapping));
  std::mt19937 random(1);
  std::map<uintptr_t, std::pair<CodeHandle, uint64_t>> live;
  uintptr_t lowest = ~uintptr_t{0}, highest = 0;
  for (int i = 0; i < 2000; ++i) {
    if (live.size() > 40 || (!live.empty() && random() % 2)) {
      auto victim = std::next(live.begin(), random() % live.size());
      CodeHit hit;
      const uintptr_t at = victim->first;
      live.erase(victim);
      REQUIRE_FALSE(memory.lookup(at, &hit));
      continue;
    }
    auto code = constant_code(i);
    code.resize(1 + random() % 60'000 + code.size());
    CodeHandle h = publish(memory, code);
    const uintptr_t at = h->begin();
    lowest = std::min(lowest, at);
    highest = std::max(highest, at + code.size());
    auto next = live.lower_bound(at);
    if (next != live.end()) REQUIRE(at + code.size() <= next->first);
    if (next != live.begin())
      REQUIRE(std::prev(next)->second.first->bytes.size() + std::prev(next)->first <= at);
    live.emplace(at, std::pair(std::move(h), i));
  }
  for (auto& [at, h] : live) CHECK(call_code(at) == h.second);
  CHECK(highest - lowest < 8 << 20);
  CHECK(writable_and_executable_mappings() == "");
}

TEST_CASE("Where code was executed before, the new code is executed", "[code]") {
  const auto mapping = GENERATE(CodeMapping::kDual, CodeMapping::kPrivate);
  if (mapping == CodeMapping::kDual && !has_dual_mapping()) return;
  CodeMemory memory(only(mapping));
  uintptr_t before = 0;
  for (uint64_t i = 0; i < 100; ++i) {
    CodeHandle h = publish(memory, constant_code(i));
    REQUIRE((before == 0 || h->begin() == before));
    before = h->begin();
    REQUIRE(call_code(before) == i);
  }
}

TEST_CASE("What was unpublished stops whoever runs into it", "[code]") {
  const auto mapping = GENERATE(CodeMapping::kDual, CodeMapping::kPrivate);
  if (mapping == CodeMapping::kDual && !has_dual_mapping()) return;
  const int status = status_of_child([&] {
    CodeMemory memory(only(mapping));
    auto code = constant_code(1);
    uintptr_t at = (*memory.publish(code, {}))->begin();
    call_code(at);
    return 0;
  });
  CHECK(killed_by(status, mapping == CodeMapping::kDual ? SIGTRAP : SIGSEGV));
}

TEST_CASE("Code that does not fit is an error, and what fits afterwards is published", "[code]") {
  const auto mapping = GENERATE(CodeMapping::kDual, CodeMapping::kPrivate);
  if (mapping == CodeMapping::kDual && !has_dual_mapping()) return;
  CodeMemory memory(only(mapping));
  const std::vector<uint8_t> most(kSmall, 0x90), more(kSmall + 1, 0x90), part(kSmall / 2 + 1, 0x90);
  auto refused = memory.publish(more, {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind() == ErrorKind::kResource);
  CHECK(refused.error().message() == "no room for 16777217 bytes of code: 0 of 16777216 bytes are in use");
  {
    CodeHandle first = publish(memory, part);
    CHECK_FALSE(memory.publish(part, {}));
    CHECK(memory.bytes_in_use() >= part.size());
  }
  CodeHandle all = publish(memory, most);
  CHECK_FALSE(memory.publish(constant_code(1), {}));
  all.reset();
  CodeHandle one = publish(memory, constant_code(5));
  CHECK(call_code(one->begin()) == 5);
}

TEST_CASE("No mapping is writable and executable, at any step", "[code]") {
  const auto mapping = GENERATE(CodeMapping::kDual, CodeMapping::kPrivate);
  if (mapping == CodeMapping::kDual && !has_dual_mapping()) return;
  CodeMemory memory(only(mapping));
  REQUIRE(writable_and_executable_mappings() == "");
  std::vector<CodeHandle> live;
  for (int i = 0; i < 50; ++i) {
    live.push_back(publish(memory, constant_code(i)));
    if (i % 3 == 0) live.erase(live.begin() + i / 3 / 2);
    REQUIRE(writable_and_executable_mappings() == "");
  }
}

TEST_CASE("The next best mapping is taken, or an error says why there is none", "[code]") {
  SECTION("no memory that can be executed after it was written") {
    const int status = status_of_child([] {
      constexpr int kSetMdwe = 65, kRefuseExecGain = 1;
      if (prctl(kSetMdwe, kRefuseExecGain, 0, 0, 0) != 0) return 77;  // kernels before 6.3
      CodeMemory memory(only(CodeMapping::kPrivate));
      auto refused = memory.publish(constant_code(1), {});
      WJIT_CHILD_REQUIRE(!refused);
      WJIT_CHILD_REQUIRE(refused.error().message() ==
                         "the host gives no executable memory (private mapping: Permission denied)");
      WJIT_CHILD_REQUIRE(memory.describe() == "none (private mapping: Permission denied)");
      if (!has_dual_mapping()) return 0;
      CodeMemory any({.region_bytes = kSmall});
      WJIT_CHILD_REQUIRE(any.describe() == "dual mapping, 16 MiB");
      WJIT_CHILD_REQUIRE(call_code((*any.publish(constant_code(3), {}))->begin()) == 3);
      return 0;
    });
    CHECK((exited_with(status, 0) || exited_with(status, 77)));
  }
  SECTION("no anonymous files") {
    const int status = status_of_child([] {
      const rlimit small{1 << 20, 1 << 20};  // the way in which a file can be refused without privileges
      setrlimit(RLIMIT_FSIZE, &small);
      CodeMemory memory({.region_bytes = kSmall});
      CodeHandle h = std::move(*memory.publish(constant_code(4), {}));
      WJIT_CHILD_REQUIRE(call_code(h->begin()) == 4);
      WJIT_CHILD_REQUIRE(memory.describe() == "private mapping, 16 MiB (dual mapping: File too large)");
      return 0;
    });
    CHECK(exited_with(status, 0));
  }
  SECTION("less address space") {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && !defined(WJIT_EMULATED)
    const int status = status_of_child([] {
      size_t pages = 0;  // in use already
      std::ifstream("/proc/self/statm") >> pages;
      const rlim_t some = pages * size_t(sysconf(_SC_PAGESIZE)) + (size_t{700} << 20);
      const rlimit limit{some, some};
      setrlimit(RLIMIT_AS, &limit);
      CodeMemory memory({});
      WJIT_CHILD_REQUIRE(memory.mapping() == CodeMapping::kDual);
      WJIT_CHILD_REQUIRE(memory.describe() == "dual mapping, 256 MiB");
      return 0;
    });
    CHECK(exited_with(status, 0));
#endif
  }
  SECTION("asked for in the environment") {
    for (const auto& [name, described] :
         {std::pair("none", "none (switched off by WJIT_CODE_MEMORY)"),
          std::pair("private", "private mapping, 1024 MiB"), std::pair("dual", "dual mapping, 1024 MiB"),
          std::pair("?", "dual mapping, 1024 MiB")}) {
      if (described[0] == 'd' && !has_dual_mapping()) continue;
      setenv("WJIT_CODE_MEMORY", name, 1);
      CodeMemory memory(CodeMemory::Options::from_environment());
      unsetenv("WJIT_CODE_MEMORY");
      CHECK(memory.describe() == described);
      auto h = memory.publish(constant_code(1), {});
      REQUIRE(h.has_value() == (name[0] != 'n'));
      if (!h)
        CHECK(h.error().message() ==
              "the host gives no executable memory (switched off by WJIT_CODE_MEMORY)");
    }
  }
}

namespace {

void tell(int fd) { WJIT_ASSERT(write(fd, "x", 1) == 1); }
// False: the other has ended.
bool wait_for(int fd) {
  char c;
  return read(fd, &c, 1) == 1;
}

}  // namespace

TEST_CASE("After a fork neither parent nor child writes what the other executes", "[code][fork]") {
  const auto mapping = GENERATE(CodeMapping::kDual, CodeMapping::kPrivate);
  if (mapping == CodeMapping::kDual && !has_dual_mapping()) return;
  CodeMemory memory(only(mapping));
  CodeHandle kept = publish(memory, constant_code(1)), dropped_by_parent = publish(memory, constant_code(2)),
             dropped_by_child = publish(memory, constant_code(3));
  const uintptr_t old = dropped_by_parent->begin();
  int to_child[2], to_parent[2];
  REQUIRE((pipe(to_child) == 0 && pipe(to_parent) == 0));
  std::fflush(nullptr);
  const pid_t pid = fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    close(to_child[1]);
    close(to_parent[0]);
    CodeHit hit;
    WJIT_CHILD_REQUIRE(wait_for(to_child[0]));  // the parent has dropped and published
    WJIT_CHILD_REQUIRE(memory.lookup(old, &hit));
    WJIT_CHILD_REQUIRE(call_code(old) == 2);
    WJIT_CHILD_REQUIRE(call_code(kept->begin()) == 1);
    // Now the child itself: its granules are its own.
    std::vector<CodeHandle> mine;
    const uintptr_t mine_once = dropped_by_child->begin();
    dropped_by_child.reset();
    WJIT_CHILD_REQUIRE(!memory.lookup(mine_once, &hit));
    for (int i = 0; i < 20; ++i) mine.push_back(std::move(*memory.publish(constant_code(200 + i), {})));
    tell(to_parent[1]);
    WJIT_CHILD_REQUIRE(wait_for(to_child[0]));  // the parent has looked at its own
    for (int i = 0; i < 20; ++i) WJIT_CHILD_REQUIRE(call_code(mine[i]->begin()) == uint64_t(200 + i));
    WJIT_CHILD_REQUIRE(call_code(kept->begin()) == 1);
    WJIT_CHILD_REQUIRE(writable_and_executable_mappings() == "");
    mine.clear();
    kept.reset();
    dropped_by_parent.reset();
    WJIT_CHILD_REQUIRE(memory.objects() == 0 && memory.bytes_in_use() == 0);
    _exit(0);
  }
  close(to_child[0]);
  close(to_parent[1]);
  dropped_by_parent.reset();
  std::vector<CodeHandle> mine;
  for (int i = 0; i < 20; ++i) mine.push_back(publish(memory, constant_code(100 + i)));
  tell(to_child[1]);
  const bool child_goes_on = wait_for(to_parent[0]);
  CHECK(child_goes_on);
  for (int i = 0; i < 20; ++i) CHECK(call_code(mine[i]->begin()) == uint64_t(100 + i));
  CHECK(call_code(kept->begin()) == 1);
  CHECK(call_code(dropped_by_child->begin()) == 3);
  if (child_goes_on) tell(to_child[1]);
  int status;
  REQUIRE(waitpid(pid, &status, 0) == pid);
  CHECK(exited_with(status, 0));
  close(to_child[1]);
  close(to_parent[0]);
  CHECK(writable_and_executable_mappings() == "");
  kept.reset();
  dropped_by_child.reset();
  mine.clear();
  // A frozen region that is empty is gone; new code finds its place.
  CodeHandle again = publish(memory, constant_code(9));
  CHECK(call_code(again->begin()) == 9);
}

}  // namespace wjit::test
