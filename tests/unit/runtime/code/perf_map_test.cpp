#include "runtime/code/perf_map.h"

#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <sstream>

#include "catch.h"
#include "unit/runtime/code/fake_code.h"

namespace wjit::test {

namespace {

struct TemporaryName {
  TemporaryName() {
    const int fd = mkstemp(text);
    WJIT_ASSERT(fd >= 0);
    close(fd);
    unlink(text);
  }
  ~TemporaryName() { unlink(text); }
  char text[32] = "/tmp/wjit-perf-XXXXXX";
};

std::string contents(const char* path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("perf is told every function, and what is between them", "[code]") {
  rt::CodeMemory memory({.first = rt::CodeMapping::kPrivate, .region_bytes = 16 << 20});
  const std::vector<uint8_t> code(0x60);
  auto h = memory.publish(code, {.functions = {{0, 0x20, 7}, {0x30, 0x50, 8}}});
  auto thunks = memory.publish(code, {.kind = rt::CodeKind::kThunks});
  REQUIRE((h && thunks));
  TemporaryName path;
  REQUIRE(rt::append_perf_map(path.text, **h));
  REQUIRE(rt::append_perf_map(path.text, **thunks));
  auto line = [](uintptr_t at, const char* rest) {
    char text[100];
    std::snprintf(text, sizeof text, "%lx %s\n", static_cast<unsigned long>(at), rest);
    return std::string(text);
  };
  const uintptr_t at = (*h)->begin();
  CHECK(contents(path.text) ==
        line(at, "20 wjit module [(nil)] function 7") + line(at + 0x20, "10 wjit module [(nil)]") +
            line(at + 0x30, "20 wjit module [(nil)] function 8") + line(at + 0x50, "10 wjit module [(nil)]") +
            line((*thunks)->begin(), "60 wjit thunks [(nil)]"));
}

TEST_CASE("perf's file is not written through a link", "[code]") {
  rt::CodeMemory memory({.first = rt::CodeMapping::kPrivate, .region_bytes = 16 << 20});
  auto h = memory.publish(constant_code(1), {});
  REQUIRE(h);
  TemporaryName link, target;
  std::ofstream(target.text) << "mine";
  REQUIRE(symlink(target.text, link.text) == 0);
  CHECK_FALSE(rt::append_perf_map(link.text, **h));
  CHECK(contents(target.text) == "mine");
}

}  // namespace wjit::test
