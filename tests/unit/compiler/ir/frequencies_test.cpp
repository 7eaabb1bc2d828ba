#include "compiler/ir/frequencies.h"

#include "catch.h"
#include "compiler/ir/parse.h"
#include "compiler/ir/print.h"
#include "unit/compiler/ir/random_function.h"

using namespace wjit;
using namespace wjit::ir;
using Catch::Matchers::WithinRel;

namespace {

struct Known {
  Function f;
  Cfg cfg;
  DomTree dom;
  Loops loops;
  Frequencies frequencies;
  bool any;
  explicit Known(Function function) : f(std::move(function)) {
    cfg.compute(f);
    dom.compute(f, cfg);
    loops.compute(f, cfg, dom);
    any = frequencies.compute(f, cfg, dom, loops);
  }
  explicit Known(std::string_view text) : Known(*parse(text)) {}
  double of(uint32_t block) const { return frequencies.of(Block(block)); }
  bool cold(uint32_t block) const { return frequencies.is_cold(Block(block)); }
};

// A loop with an if in it, and a way out of its middle.
constexpr const char* kLoop = R"(function 0 "" (i32) {
block0(v0: i64, v1: i64, v2: i32):
  jump block1
block1:
  brif v2, block2, block3 likely 6554
block2:
  jump block3
block3:
  brif v2, block5, block4 likely 2
block4:
  brif v2, block1, block6 likely 65000
block5:
  return
block6:
  return
})";

}  // namespace

TEST_CASE("frequencies: rounds of loops, and the parts of branches", "[ir]") {
  const Known k(kLoop);
  REQUIRE(k.any);
  CHECK(k.of(0) == 1);
  // Out of a hundred rounds or so it stays in all but one, but for the way that is hardly taken.
  const double rounds = 1 / (1 - (65000 - 0.5) / 65535 * (1 - 1.5 / 65535));
  CHECK_THAT(k.of(1), WithinRel(rounds, 1e-6));
  CHECK_THAT(k.of(2), WithinRel(rounds * 6553.5 / 65535, 1e-6));
  CHECK_THAT(k.of(3), WithinRel(rounds, 1e-6));
  CHECK_THAT(k.of(5) + k.of(6), WithinRel(1.0, 1e-6));
  CHECK(k.cold(5));
  for (uint32_t b : {0, 1, 2, 3, 4, 6}) CHECK_FALSE(k.cold(b));
}

TEST_CASE("frequencies: nothing is cold that nobody has seen to be", "[ir]") {
  CHECK_FALSE(Known(R"(function 0 "" (i32) {
block0(v0: i64, v1: i64, v2: i32):
  brif v2, block1, block2
block1:
  return
block2:
  return
})").any);
  // The table's ways are as frequent as it is, and where they meet so is that.
  const Known table(R"(function 0 "" (i32) {
block0(v0: i64, v1: i64, v2: i32):
  brif v2, block1, block5 likely 65535
block1:
  br_table v2, [block2, block3], block4
block2:
  jump block4
block3:
  jump block4
block4:
  return
block5:
  br_table v2, [block6], block7
block6:
  return
block7:
  return
})");
  REQUIRE(table.any);
  for (uint32_t b : {1, 2, 3, 4}) CHECK(table.of(b) > 0.99);
  for (uint32_t b : {5, 6, 7}) CHECK(table.cold(b));
}

TEST_CASE("frequencies: what leads to a loop with many rounds is not cold", "[ir]") {
  const Known k(R"(function 0 "" (i32) {
block0(v0: i64, v1: i64, v2: i32):
  brif v2, block1, block4 likely 60
block1:
  jump block2
block2:
  brif v2, block2, block3 likely 65530
block3:
  jump block4
block4:
  return
})");
  CHECK(k.of(2) > 1);
  for (uint32_t b : {0, 1, 2, 4}) CHECK_FALSE(k.cold(b));
  CHECK(k.cold(3));
}

TEST_CASE("frequencies: of random graphs, where nothing hot is behind what is cold", "[ir]") {
  std::mt19937 random(11);
  unsigned cold = 0;
  for (int round = 0; round < 10000; ++round) {
    const Known k(random_function(random, 14));
    if (!k.any) continue;
    for (Block b : k.cfg.rpo()) {
      cold += k.frequencies.is_cold(b);
      if (!(k.frequencies.of(b) >= 0 && k.frequencies.of(b) <= 1e15)) FAIL(print(k.f));
      const Block before = k.dom.idom(b);
      if (before.valid() && k.frequencies.is_cold(before) && !k.frequencies.is_cold(b)) FAIL(print(k.f));
    }
  }
  CHECK(cold > 0);
}

TEST_CASE("likelihood: of what was seen often enough", "[ir]") {
  CHECK(likelihood(0, 0) == 0);
  CHECK(likelihood(15, 0) == 0);
  CHECK(likelihood(8, 8) == 32768);
  CHECK(likelihood(0, 1'000'000'000) == 1);
  CHECK(likelihood(~uint32_t{0}, 0) == 65534);
  CHECK(likelihood(~uint32_t{0}, ~uint32_t{0}) == 32768);
  CHECK((likelihood(0, 512) - 0.5) / 65535 < Frequencies::kCold);
}
