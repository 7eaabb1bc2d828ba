#include <algorithm>
#include <cmath>
#include <filesystem>

#include "catch.h"
#include "tools/bench/engines.h"
#include "tools/bench/kernels.h"
#include "tools/bench/stats.h"

namespace wjit::bench {
namespace {

TEST_CASE("bench: every kernel's source is in the table, and the other way round") {
  std::vector<std::string> sources, names;
  for (const auto& entry : std::filesystem::directory_iterator(WJIT_SOURCE_DIR "/tools/bench/kernels")) {
    if (entry.path().extension() == ".c" && entry.path().stem() != "main")
      sources.push_back(entry.path().stem());
  }
  for (const auto& kernel : all_kernels()) names.push_back(kernel.name);
  std::sort(sources.begin(), sources.end());
  std::sort(names.begin(), names.end());
  CHECK(names == sources);
  CHECK(names.size() >= 16);
}

TEST_CASE("bench: sizes grow") {
  for (const auto& kernel : all_kernels()) {
    INFO(kernel.name);
    CHECK(kernel.sizes[size_t(Size::kTiny)] < kernel.sizes[size_t(Size::kQuick)]);
    CHECK(kernel.sizes[size_t(Size::kQuick)] < kernel.sizes[size_t(Size::kFull)]);
  }
}

TEST_CASE("bench: kernels by name") {
  auto two = kernels_named({"sort", "fib"});
  REQUIRE(two);
  REQUIRE(two->size() == 2);
  CHECK((*two)[0].name == "fib");  // the table's order
  CHECK(kernels_named({})->size() == all_kernels().size());
  CHECK(!kernels_named({"fib", "no such"}));
}

TEST_CASE("bench: medians and means") {
  CHECK(median({}) == 0);
  CHECK(median({3, 1, 2}) == 2);
  CHECK(median({4, 1, 2, 3}) == 2.5);
  CHECK(least({}) == 0);
  CHECK(least({3, 1, 2}) == 1);
  CHECK(geometric_mean({}) == 0);
  CHECK(std::abs(geometric_mean({0.5, 2, 1}) - 1) < 1e-12);
  CHECK(std::abs(geometric_mean({1, 100}) - 10) < 1e-12);
}

TEST_CASE("bench: numbers in what a program printed") {
  const std::string output = "checksum ff\nnanoseconds 12\nnanoseconds_more 13\nbad 1x\n";
  CHECK(number_behind("checksum", output, 16) == 255u);
  CHECK(number_behind("nanoseconds", output) == 12u);
  CHECK(!number_behind("bad", output));
  CHECK(!number_behind("more", output));
  CHECK(!number_behind("checksum", "", 16));
}

TEST_CASE("bench: JSON strings") { CHECK(json_string("a\"b\\c\n") == "\"a\\\"b\\\\c\\u000a\""); }

}  // namespace
}  // namespace wjit::bench
