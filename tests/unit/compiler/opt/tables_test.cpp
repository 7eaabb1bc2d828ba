#include "compiler/opt/tables.h"

#include <fmt/format.h>

#include "catch.h"
#include "compiler/ir/parse.h"
#include "compiler/ir/print.h"
#include "compiler/ir/verify.h"

using namespace wjit;

namespace {

std::string without_tables(const std::string& table) {
  auto f = ir::parse(fmt::format(R"(function 0 "f" (i32) -> (i32) {{
block0(v0: i64, v1: i64, v2: i32):
  br_table v2, {}

block1:
  v3 = iconst.i32 11
  return v3

block2:
  v4 = iconst.i32 22
  return v4

block3(v5: i32):
  return v5
}}
)",
                                 table));
  REQUIRE(f);
  opt::small_tables(*f);
  f->resolve_aliases();
  REQUIRE(ir::verify(*f));
  return ir::print(*f);
}

size_t count(const std::string& text, const std::string& what) {
  size_t n = 0;
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; ++at) ++n;
  return n;
}

}  // namespace

TEST_CASE("Tables with two entries besides the rest are comparisons", "[opt]") {
  const std::string text = without_tables("[block1, block3(v2), block2], block3(v2)");
  INFO(text);
  CHECK(count(text, "br_table") == 0);
  CHECK(count(text, "icmp.i32 eq") == 2);
  CHECK(count(text, "brif") == 2);
}

TEST_CASE("Tables with more stay", "[opt]") {
  CHECK(count(without_tables("[block1, block2, block1], block3(v2)"), "br_table") == 1);
}
