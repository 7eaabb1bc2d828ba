#include "runtime/code/code_map.h"

#include <thread>

#include "catch.h"

using namespace wjit;
using namespace wjit::rt;

TEST_CASE("CodeMap: an index finds its bucket and slot") {
  using B = Buckets<int>;
  CHECK(B::bucket_of(0) == 0);
  CHECK(B::slot_of(0) == 0);
  CHECK(B::bucket_of(31) == 0);
  CHECK(B::slot_of(31) == 31);
  CHECK(B::bucket_of(32) == 1);
  CHECK(B::slot_of(32) == 0);
  CHECK(B::bucket_of(95) == 1);
  CHECK(B::slot_of(95) == 63);
  CHECK(B::bucket_of(96) == 2);
  CHECK(B::bucket_of(B::kMaxLength - 1) == B::kBuckets - 1);
  // Neighbours are neighbours, across bucket borders too.
  for (uint32_t i = 1; i < 100'000; ++i) {
    const bool same = B::bucket_of(i) == B::bucket_of(i - 1);
    if (same ? B::slot_of(i) != B::slot_of(i - 1) + 1 : B::slot_of(i) != 0) FAIL("at " << i);
  }
}

TEST_CASE("CodeMap: storage is 22 pointers and a length, and elements stay where they are") {
  static_assert(sizeof(Buckets<CodeEntry>) == 23 * 8);
  Buckets<int> b;
  CHECK(b.find(0) == nullptr);
  REQUIRE(b.grow(0));
  CHECK(b.length() == 0);
  REQUIRE(b.grow(40));
  int* first = b.find(0);
  int* last = b.find(39);
  *first = 1;
  *last = 40;
  CHECK(b.find(40) == nullptr);
  REQUIRE(b.grow(100'000));
  CHECK(b.find(0) == first);
  CHECK(b.find(39) == last);
  CHECK(*last == 40);
  CHECK(b.length() == 100'040);
  CHECK_FALSE(b.grow(Buckets<int>::kMaxLength));
  CHECK(b.length() == 100'040);
}

TEST_CASE("CodeMap: readers see what was published while writers append [row21]") {
  Buckets<std::atomic<uint32_t>> b;
  std::atomic<bool> stop{false};
  std::atomic<uint64_t> wrong{0};
  std::vector<std::thread> readers;
  for (int t = 0; t < 3; ++t)
    readers.emplace_back([&] {
      while (!stop.load(std::memory_order_relaxed)) {
        const uint32_t n = b.length();
        for (uint32_t i = n > 64 ? n - 64 : 0; i < n; ++i)
          if (b.at(i).load(std::memory_order_relaxed) > i + 1) ++wrong;
      }
    });
  for (uint32_t i = 0; i < 20'000; ++i) {
    REQUIRE(b.grow(1));
    b.at(i).store(i + 1, std::memory_order_relaxed);
  }
  stop = true;
  for (auto& t : readers) t.join();
  CHECK(wrong == 0);
  CHECK(b.at(19'999) == 20'000);
}

TEST_CASE("CodeMap: states have names") {
  CHECK(std::string(to_string(CodeEntry::State::kUncompiled)) == "uncompiled");
  CHECK(std::string(to_string(CodeEntry::State::kFailed)) == "failed");
}
