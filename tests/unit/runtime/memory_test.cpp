#include "runtime/memory.h"

#include <fcntl.h>
#include <unistd.h>

#include "catch.h"
#include "memory_style.h"

using namespace wjit;
using rt::Memory;
using test::config_with;

namespace {

// Can the host read this byte? Asks the kernel, which answers EFAULT instead of faulting.
bool readable(const uint8_t* p) {
  int fds[2];
  REQUIRE(pipe(fds) == 0);
  const bool yes = write(fds[1], p, 1) == 1;
  close(fds[0]), close(fds[1]);
  return yes;
}

wasm::MemoryType type(uint64_t min, uint64_t max = wasm::Limits::kNoMax) {
  wasm::MemoryType t;
  t.limits = {min, max};
  return t;
}

}  // namespace

TEST_CASE("memories of both styles grow by zeroed pages up to their maximum") {
  for (MemoryStyle style : {MemoryStyle::kGuard, MemoryStyle::kChecks}) {
    CAPTURE(int(style));
    rt::Engine engine(config_with(style));
    REQUIRE(engine.memory.style == style);
    auto m = Memory::create(engine, type(1, 3));
    REQUIRE(m);
    CHECK(m->length() == 65536);
    CHECK(m->base()[65535] == 0);
    m->base()[0] = 7;
    CHECK(m->grow(0, ~0ull) == 1u);
    CHECK(m->grow(2, ~0ull) == 1u);
    CHECK(m->pages() == 3);
    CHECK(m->base()[0] == 7);
    CHECK(m->base()[3 * 65536 - 1] == 0);
    CHECK_FALSE(m->grow(1, ~0ull));
    CHECK_FALSE(m->grow(~0ull, ~0ull));
    CHECK(m->pages() == 3);
  }
}

TEST_CASE("a guard-page memory never moves and what is behind it is out of reach") {
  rt::Engine engine(config_with(MemoryStyle::kGuard));
  auto m = Memory::create(engine, type(1));
  REQUIRE(m);
  uint8_t* base = m->base();
  CHECK(readable(base + 65535));
  CHECK_FALSE(readable(base + 65536));
  CHECK_FALSE(readable(base + engine.memory.reservation));
  CHECK_FALSE(readable(base + engine.memory.reservation + engine.memory.guard_size - 1));
  CHECK(m->grow(100, ~0ull) == 1u);
  CHECK(m->base() == base);
  CHECK(readable(base + 101 * 65536 - 1));
  CHECK_FALSE(readable(base + 101 * 65536));
}

TEST_CASE("an explicit-check memory holds no more than it has") {
  rt::Engine engine(config_with(MemoryStyle::kChecks));
  auto m = Memory::create(engine, type(0));
  REQUIRE(m);
  CHECK(m->length() == 0);
  CHECK(m->base() != nullptr);
  CHECK(m->grow(1, ~0ull) == 0u);
  m->base()[65535] = 1;
  CHECK(m->grow(4096, ~0ull) == 1u);
  CHECK(m->base()[65535] == 1);
}

TEST_CASE("the store's limit is a limit of growth") {
  rt::Engine engine(config_with(MemoryStyle::kChecks));
  auto m = Memory::create(engine, type(1));
  CHECK_FALSE(m->grow(2, 2 * 65536 + 1));
  CHECK(m->grow(1, 2 * 65536 + 1) == 1u);
}

TEST_CASE("64-bit memories and small pages are checked; small pages may end anywhere") {
  rt::Engine engine(config_with(MemoryStyle::kGuard));
  wasm::MemoryType t = type(1, 10);
  t.is64 = true;
  auto m = Memory::create(engine, t);
  CHECK(m->style() == MemoryStyle::kChecks);
  t = type(1);
  t.page_size_log2 = 0;
  auto bytes = Memory::create(engine, t);
  CHECK(bytes->style() == MemoryStyle::kChecks);
  CHECK(bytes->length() == 1);
  CHECK(bytes->grow(5000, ~0ull) == 1u);
  CHECK(bytes->length() == 5001);
  CHECK(bytes->pages() == 5001);
}

TEST_CASE("run-time limits of the two address types") {
  CHECK(rt::max_memory_bytes(type(0)) == uint64_t{1} << 32);
  wasm::MemoryType t = type(0);
  t.page_size_log2 = 0;
  CHECK(rt::max_memory_bytes(t) == 0xffff'ffff);
  t = type(0);
  t.is64 = true;
  CHECK(rt::max_memory_bytes(t) == uint64_t{262'144} << 16);
  t.limits.min = 262'145;
  rt::Engine engine(config_with(MemoryStyle::kChecks));
  auto m = Memory::create(engine, t);
  REQUIRE_FALSE(m);
  CHECK(m.error().kind() == ErrorKind::kLimit);
}

TEST_CASE("an engine says which style it chose and why; what cannot be reserved names its setting") {
#ifndef WJIT_EMULATED
  CHECK(rt::Engine(Config{}).memory.description == "guard pages (8 GiB reservation, 2 GiB guard)");
#else  // beyond the emulator's limit
  CHECK(rt::Engine(Config{}).memory.style == MemoryStyle::kChecks);
#endif
  CHECK(rt::Engine(config_with(MemoryStyle::kChecks)).memory.description == "explicit checks (as configured)");
  Config c;
  c.memory_reservation = uint64_t{1} << 60;
  rt::Engine automatic(c);
  CHECK(automatic.memory.style == MemoryStyle::kChecks);
  CHECK(automatic.memory.description.find("refused") != std::string::npos);
  c.memory_style = MemoryStyle::kGuard;
  rt::Engine forced(c);
  auto m = Memory::create(forced, type(1));
  REQUIRE_FALSE(m);
  CHECK(m.error().kind() == ErrorKind::kResource);
  CHECK(m.error().message().find("memory_reservation") != std::string::npos);
  // A reservation that a 32-bit index could leave is no guard.
  c = config_with(MemoryStyle::kGuard);
  c.memory_reservation = 1 << 20;
  CHECK(rt::Engine(c).memory.reservation == uint64_t{1} << 32);
}

TEST_CASE("images: private copies that survive growth") {
  std::vector<uint8_t> bytes(100'000, 0xab);
  std::vector<rt::MemoryImage::Piece> pieces = {{5000, bytes}};
  auto image = rt::MemoryImage::create(pieces);
  REQUIRE(image);
  for (MemoryStyle style : {MemoryStyle::kGuard, MemoryStyle::kChecks}) {
    CAPTURE(int(style));
    rt::Engine engine(config_with(style));
    auto a = Memory::create(engine, type(2));
    auto b = Memory::create(engine, type(2));
    REQUIRE(a->map_image(*image));
    REQUIRE(b->map_image(*image));
    CHECK(a->base()[4999] == 0);
    CHECK(a->base()[5000] == 0xab);
    CHECK(a->base()[104'999] == 0xab);
    CHECK(a->base()[105'000] == 0);
    a->base()[5000] = 1;
    CHECK(b->base()[5000] == 0xab);
    CHECK(a->grow(1, ~0ull) == 2u);
    CHECK(a->grow(1000, ~0ull) == 3u);
    CHECK(a->base()[5000] == 1);
    CHECK(a->base()[5001] == 0xab);
    CHECK(a->base()[1003 * 65536 - 1] == 0);
  }
  rt::Engine engine(config_with(MemoryStyle::kChecks));
  auto small = Memory::create(engine, type(1));
  CHECK_FALSE(small->map_image(*image));
}
