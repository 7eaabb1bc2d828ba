#include "runtime/libcalls.h"

#include <cstring>

#include "unit/runtime/fixture.h"

using namespace wjit;
using namespace wjit::test;
using vm::TrapCode;

namespace {

// Two memories of one page, a table of 4 functions and one of 4 host references, one segment of each kind.
struct Fixture {
  World w;
  Instance i;
  vm::VMContext* c;
  Fixture() {
    ModuleBuilder b;
    const uint32_t f = b.func(b.type({}, {}), {});
    b.memory(1), b.memory(1);
    b.table(funcref, 4), b.table(externref, 4);
    b.passive_elem({f, f, f});
    b.passive_data({1, 2, 3});
    i = w.instantiate(b);
    c = i.raw()->vmctx();
  }
  uint8_t* memory(uint32_t index) { return i.raw()->memory(index)->base; }
};

constexpr uint64_t kPage = 65536, kHuge = ~uint64_t{0};

}  // namespace

TEST_CASE("memory operations check whole ranges before the first byte, in 64 bits [row12]") {
  Fixture f;
  std::memset(f.memory(0), 1, kPage);
  const TrapCode out = TrapCode::kMemoryOutOfBounds, fine = TrapCode::kNone;
  struct Range {
    uint64_t at, length;
    bool in;
  };
  for (Range r : {Range{0, kPage, true},
                  {kPage, 0, true},
                  {kPage + 1, 0, false},
                  {1, kPage, false},
                  {kHuge, 2, false},
                  {2, kHuge, false},
                  {kHuge, kHuge, false},
                  {kPage - 1, 2, false}}) {
    CAPTURE(r.at, r.length);
    CHECK(rt::memory_fill(f.c, 1, r.at, 1, r.length) == (r.in ? fine : out));
    CHECK(rt::memory_copy(f.c, 1, 0, r.at, 0, r.length) == (r.in ? fine : out));
    CHECK(rt::memory_copy(f.c, 1, 0, 0, r.at, r.length) == (r.in ? fine : out));
    if (!r.in)
      for (uint64_t k = 0; k < kPage; ++k) REQUIRE(f.memory(1)[k] == 0);
    std::memset(f.memory(1), 0, kPage);
  }
  CHECK(rt::memory_init(f.c, 1, 0, kPage - 2, 0, 3) == out);
  CHECK(rt::memory_init(f.c, 1, 0, 0, 1, 3) == out);
  CHECK(rt::memory_init(f.c, 1, 0, kHuge, 0, 1) == out);
  CHECK(f.memory(1)[kPage - 2] == 0);
  CHECK(rt::memory_init(f.c, 1, 0, kPage - 3, 0, 3) == fine);
  CHECK(f.memory(1)[kPage - 1] == 3);
  CHECK(rt::memory_fill(f.c, 1, 0, 0x1ff, 1) == fine);
  CHECK(f.memory(1)[0] == 0xff);
}

TEST_CASE("copies overlap correctly in one memory") {
  Fixture f;
  for (int k = 0; k < 8; ++k) f.memory(0)[k] = uint8_t(k);
  CHECK(rt::memory_copy(f.c, 0, 0, 2, 0, 6) == TrapCode::kNone);
  CHECK(f.memory(0)[7] == 5);
  CHECK(rt::memory_copy(f.c, 0, 0, 0, 2, 6) == TrapCode::kNone);
  CHECK(f.memory(0)[5] == 5);
}

TEST_CASE("table operations check whole ranges before the first element [row12]") {
  Fixture f;
  const TrapCode out = TrapCode::kTableOutOfBounds, fine = TrapCode::kNone;
  auto ref = reinterpret_cast<uint64_t>(rt::ref_func(f.c, 0));
  CHECK(rt::table_fill(f.c, 0, 2, ref, 3) == out);
  CHECK(rt::table_fill(f.c, 0, kHuge, ref, 2) == out);
  CHECK(rt::table_init(f.c, 0, 0, 2, 0, 3) == out);
  CHECK(rt::table_init(f.c, 0, 0, 0, 1, 3) == out);
  CHECK(rt::table_copy(f.c, 0, 0, 1, 0, 4) == out);
  for (int k = 0; k < 4; ++k) CHECK(rt::table_get_lazy(f.c, 0, k) == nullptr);
  CHECK(rt::table_init(f.c, 0, 0, 1, 0, 3) == fine);
  CHECK(rt::table_get_lazy(f.c, 0, 0) == nullptr);
  CHECK(reinterpret_cast<uint64_t>(rt::table_get_lazy(f.c, 0, 3)) == ref);
  uint64_t word = 0;
  CHECK(rt::table_get(f.c, 0, 3, &word) == fine);
  CHECK(word == ref);
  CHECK(rt::table_get(f.c, 0, 4, &word) == out);
  CHECK(rt::table_set(f.c, 0, 3, 0) == fine);
  CHECK(rt::table_set(f.c, 0, kHuge, 0) == out);
  CHECK(rt::table_get_lazy(f.c, 0, 3) == nullptr);
  CHECK(rt::table_size(f.c, 0) == 4);
  CHECK(rt::table_grow(f.c, 0, kHuge, 0) == vm::kGrowRefused);
  CHECK(rt::table_grow(f.c, 0, 10'000'000, 0) == vm::kGrowRefused);
  CHECK(rt::table_size(f.c, 0) == 4);
  // Tables of other references hold them as they are.
  CHECK(rt::table_fill(f.c, 1, 0, 0x1000, 4) == fine);
  CHECK(f.i.raw()->defined_table(1).words()[3] == 0x1000);
  CHECK(rt::table_fill(f.c, 1, 0, 0, 4) == fine);
}

TEST_CASE("refused growth changes neither size nor definition") {
  Fixture f;
  CHECK(rt::memory_grow(f.c, 0, 65536) == vm::kGrowRefused);
  CHECK(rt::memory_grow(f.c, 0, kHuge) == vm::kGrowRefused);
  CHECK(rt::memory_size(f.c, 0) == 1);
  CHECK(f.i.raw()->memory(0)->length() == kPage);
  CHECK(rt::memory_grow(f.c, 0, 1) == 1);
  CHECK(f.i.raw()->memory(0)->length() == 2 * kPage);
  CHECK(rt::memory_size(f.c, 1) == 1);
}

TEST_CASE("libcalls as native code calls them: false, and the trap is with the store") {
  Fixture f;
  const vm::VMBuiltinFunctionsArray& b = *f.c->builtin_functions;
  CHECK(b.memory_fill(f.c, 0, 0, 7, 1));
  CHECK(f.memory(0)[0] == 7);
  CHECK_FALSE(b.memory_fill(f.c, 0, kPage, 7, 1));
  CHECK(f.w.impl().take_pending().message() == "out of bounds memory access");
  b.raise_trap(f.c, uint32_t(TrapCode::kCastFailure));
  CHECK(f.w.impl().take_pending().code() == uint8_t(TrapCode::kCastFailure));
  CHECK(b.memory_grow(f.c, 0, 1) == 1);
  CHECK(b.ref_func(f.c, 0) == rt::ref_func(f.c, 0));
}

TEST_CASE("a VMContext is where its instance says, written whole") {
  Fixture f;
  CHECK(reinterpret_cast<uintptr_t>(f.c) % 16 == 0);
  CHECK(rt::Instance::from_vmctx(f.c) == f.i.raw());
  CHECK(f.c->magic == vm::kVMContextMagic);
  CHECK(f.c->store == &f.w.impl());
  CHECK(f.c->runtime_limits == &f.w.impl().limits);
  CHECK(f.c->epoch_ptr == &f.w.engine.impl().epoch);
  CHECK(f.c->type_ids[0].bits() == f.i.raw()->wasm().types[0]);
  CHECK(f.i.raw()->table_index(f.i.raw()->table(1)) == 1);
  CHECK(f.i.raw()->memory0 == f.i.raw()->memory(0));
  Instance empty = f.w.instantiate(ModuleBuilder());
  CHECK(empty.raw()->memory0->length() == 0);
}
