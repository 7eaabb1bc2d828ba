#include "compiler/opt/widen.h"

#include <fmt/format.h>

#include "catch.h"
#include "compiler/ir/parse.h"
#include "compiler/ir/print.h"
#include "compiler/ir/verify.h"

using namespace wjit;

namespace {

std::string widened(const std::string& text) {
  auto f = ir::parse(text);
  REQUIRE(f);
  opt::Analyses analyses;
  analyses.compute(*f);
  opt::WidenPass pass;
  pass.run(*f, analyses);
  f->resolve_aliases();
  REQUIRE(ir::verify(*f));
  return ir::print(*f);
}

// A counter from `start` in steps, as long as its next value compares so with `limit`; and the counter plus `offset`.
bool takes_offset(uint32_t start, uint32_t step, const char* cc, uint32_t limit, uint32_t offset) {
  const std::string text = widened(fmt::format(R"(function 0 "f" () -> () {{
block0(v0: i64, v1: i64):
  v2 = iconst.i32 {}
  jump block1(v2)

block1(v3: i32):
  v4 = iconst.i32 {}
  v5 = add.i32 v3, v4
  v6 = extend_u v5
  v7 = iconst.i32 {}
  v8 = add.i32 v3, v7
  v9 = iconst.i32 {}
  v10 = icmp.i32 {} v8, v9
  brif v10, block1(v8), block2

block2:
  return
}}
)",
                                               start, offset, step, limit, cc));
  INFO(text);
  return text.find("add.i64") != std::string::npos;
}

}  // namespace

TEST_CASE("A counter that cannot wrap takes its offset into 64 bits", "[opt]") {
  CHECK(takes_offset(0, 4, "ne", 8192, 0x420));
  CHECK(takes_offset(0, 1, "lt_u", 100, 0x7fffffff));
  CHECK(takes_offset(0xfffff000, 1, "lt_u", 0xfffff100, 0xeff));
  CHECK(takes_offset(0, 3, "le_u", 0xffffff00, 0x0f));
}

TEST_CASE("A counter that may wrap does not", "[opt]") {
  CHECK_FALSE(takes_offset(1, 4, "ne", 8192, 0x420));               // passes its limit, and comes round
  CHECK_FALSE(takes_offset(0xffffff00, 0x10, "ne", 0, 0x100));      // reaches 0xfffffff0
  CHECK_FALSE(takes_offset(0xfffff000, 1, "lt_u", 0xfffff100, 0xf01));
  CHECK_FALSE(takes_offset(0, 1, "le_u", 0xfffffffe, 2));
  CHECK_FALSE(takes_offset(0, 1, "lt_s", 100, 4));                  // says nothing of where it began
  CHECK_FALSE(takes_offset(0, 4, "ne", 8192, 0xfffffff0));          // that is a subtraction
  CHECK_FALSE(takes_offset(0xfffffff0, 0x20, "lt_u", 0x40, 0xf8000000));
}

TEST_CASE("What a branch has said of a value bounds it behind the branch only", "[opt]") {
  const auto guarded = [](const char* use) {
    return widened(fmt::format(R"(function 0 "f" (i32) -> (i64) {{
block0(v0: i64, v1: i64, v2: i32):
  v3 = iconst.i32 1000
  v4 = icmp.i32 lt_u v2, v3
  v5 = iconst.i32 5000
  v6 = add.i32 v2, v5
  brif v4, block1, block2

block1:
  v7 = extend_u v6
  return v7

block2:
  {}
}}
)",
                               use));
  };
  CHECK(guarded("v8 = iconst.i64 3\n  return v8").find("add.i64") != std::string::npos);
  const std::string both = guarded("v8 = extend_u v6\n  return v8");
  INFO(both);
  CHECK(both.find("add.i64") == both.rfind("add.i64"));
}

TEST_CASE("What is widened takes shifts along, one inside the other", "[opt]") {
  const std::string text = widened(R"(function 0 "f" (i32) -> (i64) {
block0(v0: i64, v1: i64, v2: i32):
  v3 = iconst.i32 255
  v4 = and.i32 v2, v3
  v5 = iconst.i32 2
  v6 = shl.i32 v4, v5
  v7 = iconst.i32 1056
  v8 = add.i32 v6, v7
  v9 = extend_u v8
  return v9
}
)");
  INFO(text);
  CHECK(text.find("shl.i64") != std::string::npos);
  CHECK(text.find("add.i64") != std::string::npos);
}
