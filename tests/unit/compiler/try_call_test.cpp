// Calls that may throw have no native code yet: a function that has some stays in tier 0.
#include "catch.h"
#include "compiler/ir/parse.h"
#include "compiler/ir/verify.h"
#include "compiler/isa/x64/backend.h"

using namespace wjit;

TEST_CASE("lowering: a call that may throw is refused, with its place", "[compile]") {
  for (const char* call : {"try_call fn1 sig0(v2)", "try_call_indirect sig0(v0, v1, v2)"}) {
    const auto f = ir::parse(std::string(R"(function 0 "" (i32) -> (i32) {
  sig0 = (i32) -> (i32)
block0(v0: i64, v1: i64, v2: i32):
  v3, v4 = )") + call + R"(, block1(v3), [any block1(v2)] ; @1b
block1(v5: i32):
  return v5
})");
    REQUIRE(f);
    REQUIRE(ir::verify(*f));
    support::PassClock clock(nullptr);
    const auto code = x64::Backend({.entries_begin = 0, .direct_calls = true, .features = {}}, {}).compile(*f, 0, clock);
    REQUIRE_FALSE(code);
    CHECK(code.error().kind() == ErrorKind::kUnsupported);
    const std::string name(call, std::string_view(call).find(' '));
    CHECK(code.error().message() == "exceptions: " + name + " has no native code yet");
    CHECK(code.error().offset() == 0x1b);
  }
}
