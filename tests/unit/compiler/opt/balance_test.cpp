#include "compiler/opt/balance.h"

#include <fmt/format.h>

#include "catch.h"
#include "compiler/ir/parse.h"
#include "compiler/ir/print.h"
#include "compiler/ir/verify.h"

using namespace wjit;

namespace {

// The sum of v5, which a loop carries, and of v2, v3 and v4, which are there from the start; `back` goes to the next round.
std::string balanced(const char* back) {
  auto f = ir::parse(fmt::format(R"(function 0 "f" (i32, i32, i32) -> (i32) {{
block0(v0: i64, v1: i64, v2: i32, v3: i32, v4: i32):
  jump block1(v2)

block1(v5: i32):
  v6 = xor.i32 v5, v4
  v7 = add.i32 v6, v2
  v8 = add.i32 v7, v3
  v9 = add.i32 v8, v4
  v10 = iconst.i32 1
  v11 = add.i32 v5, v10
  brif v9, block1({}), block2

block2:
  return v9
}}
)",
                                 back));
  REQUIRE(f);
  opt::Analyses analyses;
  analyses.compute(*f);
  opt::BalancePass pass;
  pass.run(*f, analyses);
  f->resolve_aliases();
  REQUIRE(ir::verify(*f));
  return ir::print(*f);
}

}  // namespace

TEST_CASE("What a loop waits for is added last", "[opt]") {
  const std::string text = balanced("v9");
  INFO(text);
  const size_t at = text.find("v9 = add.i32 ");
  REQUIRE(at != std::string::npos);
  const std::string sum = text.substr(at, text.find('\n', at) - at);
  CHECK(sum.find("v6") != std::string::npos);
}

TEST_CASE("A counter is nothing that a loop waits for", "[opt]") {
  CHECK(balanced("v11").find("v9 = add.i32 v8, v4") != std::string::npos);
}
