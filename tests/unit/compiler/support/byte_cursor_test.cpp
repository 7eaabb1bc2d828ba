#include "compiler/support/byte_cursor.h"

#include <vector>

#include "catch.h"

using namespace wjit;

namespace {

struct Read {
  int64_t value;
  std::string error;  // "" when fine
  uint64_t offset;    // of the error, else past the number
};
template <class F>
Read read(std::vector<uint8_t> bytes, F f) {
  ByteCursor c(bytes, 100);
  const int64_t value = int64_t(f(c));
  if (!c.ok()) return {0, c.error().message(), c.error().offset()};
  return {value, "", c.offset()};
}
constexpr auto kU32 = [](ByteCursor& c) { return c.u32(); };
constexpr auto kS32 = [](ByteCursor& c) { return c.s32(); };
constexpr auto kS33 = [](ByteCursor& c) { return c.s33(); };
constexpr auto kU64 = [](ByteCursor& c) { return c.u64(); };
constexpr auto kS64 = [](ByteCursor& c) { return c.s64(); };

}  // namespace

TEST_CASE("LEB128 integers have their value") {
  CHECK(read({0x7F}, kU32).value == 127);
  CHECK(read({0x80, 0x01}, kU32).value == 128);
  CHECK(read({0xFF, 0xFF, 0xFF, 0xFF, 0x0F}, kU32).value == 0xFFFF'FFFF);
  CHECK(read({0x80, 0x80, 0x80, 0x80, 0x00}, kU32).offset == 105);
  CHECK(read({0x7F}, kS32).value == -1);
  CHECK(read({0x40}, kS32).value == -64);
  CHECK(read({0x80, 0x80, 0x80, 0x80, 0x78}, kS32).value == INT32_MIN);
  CHECK(read({0xFF, 0xFF, 0xFF, 0xFF, 0x07}, kS32).value == INT32_MAX);
  CHECK(read({0xFF, 0xFF, 0xFF, 0xFF, 0x0F}, kS33).value == 0xFFFF'FFFF);
  CHECK(read({0x80, 0x80, 0x80, 0x80, 0x70}, kS33).value == -(int64_t{1} << 32));
  CHECK(uint64_t(read({0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01}, kU64).value) ==
        UINT64_MAX);
  CHECK(read({0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7F}, kS64).value == INT64_MIN);
}

TEST_CASE("LEB128 integers that are too long or too large are refused where it shows") {
  const Read too_long = read({0x80, 0x80, 0x80, 0x80, 0x80, 0x00}, kU32);
  CHECK(too_long.error == "integer representation too long");
  CHECK(too_long.offset == 105);
  CHECK(read({0xFF, 0xFF, 0xFF, 0xFF, 0x1F}, kU32).error == "integer too large");
  CHECK(read({0xFF, 0xFF, 0xFF, 0xFF, 0x08}, kS32).error == "integer too large");
  CHECK(read({0x80, 0x80, 0x80, 0x80, 0x70}, kS32).error == "integer too large");
  CHECK(read({0x80, 0x80, 0x80, 0x80, 0x10}, kS33).error == "integer too large");
  CHECK(read({0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02}, kU64).error ==
        "integer too large");
  CHECK(read({0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01}, kS64).error ==
        "integer too large");
  CHECK(read({0x80, 0x80}, kU32).error == "unexpected end");
  CHECK(read({0x80, 0x80}, kU32).offset == 102);
  CHECK(read({}, kS64).error == "unexpected end");
}

TEST_CASE("the first error sticks and ends all reading") {
  const std::vector<uint8_t> bytes = {1, 2, 3};
  ByteCursor c(bytes, 10);
  CHECK(c.u8() == 1);
  CHECK(c.bytes(3).empty());
  CHECK(c.error().offset() == 11);
  CHECK(c.at_end());
  CHECK(c.u32() == 0);
  CHECK(c.fixed_u64() == 0);
  c.fail(ErrorKind::kInvalid, "later", 5);
  CHECK(c.error().message() == "unexpected end");
}

TEST_CASE("a sub-cursor keeps the module's offsets") {
  const std::vector<uint8_t> bytes = {1, 2, 3, 4, 5, 6};
  ByteCursor c(bytes, 10);
  c.u8();
  ByteCursor inner = c.sub(4);
  CHECK(inner.offset() == 11);
  CHECK(inner.fixed_u32() == 0x05040302);
  CHECK(inner.at_end());
  CHECK(c.u8() == 6);
}
