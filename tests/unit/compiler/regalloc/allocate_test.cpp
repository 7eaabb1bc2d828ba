#include "compiler/regalloc/allocate.h"

#include "catch.h"
#include "random_vcode.h"

using namespace wjit;
using namespace wjit::mach;
using test::Random;
using test::Shape;

namespace {

std::string allocate(ra::Allocator& allocator, const VCode& code, const RegEnv& env, ra::Mode mode,
                     uint64_t seed, Allocation& out) {
  auto result = allocator.run(code, env, {mode, seed, false}, out);
  if (!result) return result.error().message();
  result = ra::check(code, env, out);
  return result ? "" : result.error().message();
}

Shape random_shape(Random& random) {
  static constexpr uint32_t kInts[] = {4, 5, 6, 8, 13};
  Shape s;
  s.ints = kInts[random.below(5)];
  s.vectors = 4 + random.below(12);
  s.statements = 1 + random.below(random.one_in(8) ? 400 : 60);
  s.live = 2 + random.below(30);
  s.call_one_in = random.one_in(3) ? 0 : 4 + random.below(30);
  s.vector_values = !random.one_in(3);
  s.homes = !random.one_in(3);
  s.fixed = !random.one_in(4);
  s.early_defs = !random.one_in(4);
  return s;
}

std::string try_seed(ra::Allocator& allocator, uint64_t seed, ra::Mode mode) {
  Random random{seed};
  const Shape shape = random_shape(random);
  const RegEnv env = test::make_env(shape.ints, shape.vectors);
  const VCode code = test::make_vcode(random.next(), shape);
  Allocation out;
  std::string error = allocate(allocator, code, env, mode, seed, out);
  for (uint64_t s = 0; s < 3 && error.empty(); ++s)
    if (test::run_vcode(code, env, nullptr, s, 3000) != test::run_vcode(code, env, &out, s, 3000))
      error = "runs differ";
  return error.empty() ? "" : "seed " + std::to_string(seed) + ": " + error;
}

}  // namespace

TEST_CASE("row 5: regalloc: random code, every mode: the proof holds and the code does the same", "[regalloc]") {
  ra::Allocator allocator;
  for (ra::Mode mode : {ra::Mode::kSpill, ra::Mode::kScan, ra::Mode::kShuffle})
    for (uint64_t seed = 1; seed <= 400; ++seed) {
      CAPTURE(static_cast<int>(mode));
      REQUIRE(try_seed(allocator, seed, mode) == "");
    }
}
