#include "compiler/opt/returns.h"

#include "catch.h"
#include "compiler/ir/parse.h"
#include "compiler/ir/print.h"
#include "compiler/ir/verify.h"

using namespace wjit;

TEST_CASE("Small blocks that return are copied to where the ways to them begin", "[opt]") {
  auto f = ir::parse(R"(function 0 "f" (i32) -> (i32) {
block0(v0: i64, v1: i64, v2: i32):
  v3 = iconst.i32 7
  brif v2, block1, block3(v3)

block1:
  v4 = iconst.i32 9
  jump block2(v4)

block2(v5: i32):
  v6 = add.i32 v5, v2
  brif v6, block2(v6), block3(v6)

block3(v7: i32):
  v8 = add.i32 v7, v2
  return v8
}
)");
  REQUIRE(f);
  opt::returns_in_place(*f);
  f->resolve_aliases();
  REQUIRE(ir::verify(*f));
  const std::string text = ir::print(*f);
  INFO(text);
  CHECK(text.find("block3(v3)") == std::string::npos);
  CHECK(text.find("block3(v6)") == std::string::npos);
  size_t returns = 0;
  for (size_t at = 0; (at = text.find("return v", at)) != std::string::npos; ++at) ++returns;
  CHECK(returns == 3);  // the two, and the block that nobody reaches any more
}
