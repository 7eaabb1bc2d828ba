#include "compiler/support/built_once.h"

#include <stdexcept>
#include <thread>
#include <vector>

#include "catch.h"

using wjit::support::BuiltOnce;

TEST_CASE("built once: what throws is tried again, what was built stays") {
  BuiltOnce<int> value;
  CHECK_THROWS_AS(value.get([]() -> int { throw std::runtime_error("not yet"); }), std::runtime_error);
  CHECK(value.get([] { return 1; }) == 1);
  CHECK(value.get([] { return 2; }) == 1);
}

TEST_CASE("built once: threads that come at the same time get the same") {
  BuiltOnce<int> value;
  std::atomic<int> built{0};
  std::vector<const int*> seen(8);
  std::vector<std::thread> threads;
  for (const int*& s : seen) threads.emplace_back([&] { s = &value.get([&] { return ++built; }); });
  for (std::thread& t : threads) t.join();
  CHECK(built == 1);
  for (const int* s : seen) CHECK(s == seen[0]);
}
