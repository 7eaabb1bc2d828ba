#include "catch.h"
#include "wjit/config.hpp"

TEST_CASE("3.0 is on by default, proposals are off") {
  auto s = wjit::FeatureSet::defaults();
  CHECK(s.has(wjit::Feature::kGc));
  CHECK_FALSE(s.has(wjit::Feature::kThreads));
  CHECK(std::string(wjit::feature_name(wjit::Feature::kWideArithmetic)) == "wide-arithmetic");
}
