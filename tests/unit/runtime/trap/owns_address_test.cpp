#include "runtime/trap/owns_address.h"

#include "catch.h"
#include "runtime/instance.h"
#include "unit/runtime/fixture.h"
#include "unit/runtime/trap/fake_guest.h"

namespace wjit::test {

namespace {

Config with(MemoryStyle style) {
  Config c;
  c.memory_style = style;
  c.memory_reservation = uint64_t{4} << 30;
  c.memory_guard_size = 64 << 10;
  return c;
}

ModuleBuilder with_memory() {
  ModuleBuilder b;
  b.exports("m", Kind::kMemory, b.memory(1));
  return b;
}

}  // namespace

TEST_CASE("A store owns the reservations and guards of all its memories, and nothing else", "[signals]") {
  World w(with(MemoryStyle::kGuard)), stranger(with(MemoryStyle::kGuard));
  ModuleBuilder importer;
  importer.import_memory("", "m", 1);
  const Instance a = w.instantiate(with_memory());
  w.instantiate(importer, {w.item(a, "m")});
  stranger.instantiate(with_memory());
  rt::Instance& owner = *w.impl().instances().at(0);
  rt::Instance& user = *w.impl().instances().at(1);
  rt::Instance& other = *stranger.impl().instances().at(0);
  REQUIRE((owner.memories.size() == 1 && user.memories.empty()));

  const auto base = reinterpret_cast<uintptr_t>(owner.memory0->base);
  const uintptr_t end = base + (uintptr_t{4} << 30) + (64 << 10);
  for (rt::Instance* running : {&owner, &user}) {
    for (uintptr_t address : {base, base + 65535, base + 65536, end - 1})
      CHECK(rt::store_owns_address(running->vmctx(), address));
    CHECK_FALSE(rt::store_owns_address(running->vmctx(), base - 1));
    CHECK_FALSE(rt::store_owns_address(running->vmctx(), end));
    CHECK_FALSE(rt::store_owns_address(running->vmctx(), reinterpret_cast<uintptr_t>(other.memory0->base)));
    CHECK_FALSE(rt::store_owns_address(running->vmctx(), 0));
    CHECK_FALSE(rt::store_owns_address(running->vmctx(), reinterpret_cast<uintptr_t>(running)));
  }
  CHECK_FALSE(rt::store_owns_address(other.vmctx(), base));
}

TEST_CASE("A fault in an instance's memory is the store's pending trap", "[signals]") {
  NoTrapHandlers none;
  REQUIRE(rt::install_trap_handlers(&rt::store_owns_address));
  REQUIRE(rt::ThreadTraps::ensure());
  FakeGuest guest;
  World w(with(MemoryStyle::kGuard));
  ModuleBuilder importer;
  importer.import_memory("", "m", 1);
  const Instance a = w.instantiate(with_memory());
  w.instantiate(importer, {w.item(a, "m")});
  for (size_t i : {0, 1}) {
    rt::Instance& running = *w.impl().instances().at(i);
    const auto base = reinterpret_cast<uintptr_t>(running.memory0->base);
    CHECK(guest.call(running.vmctx(), FakeGuest::kLoad, base) == 0);
    REQUIRE(!w.impl().pending_trap);
    REQUIRE(guest.call(running.vmctx(), FakeGuest::kLoad, base + 65536) == FakeGuest::kTrapped);
    REQUIRE(w.impl().pending_trap);
    CHECK(w.impl().take_pending().message() == "out of bounds memory access");
    CHECK(w.impl().limits.last_wasm_exit_pc == guest.load_site());
  }
  w.impl().limits = {};
  rt::uninstall_trap_handlers();
}

TEST_CASE("A fault in a memory with explicit checks is nobody's trap", "[signals]") {
  World w(with(MemoryStyle::kChecks));
  w.instantiate(with_memory());
  rt::Instance& owner = *w.impl().instances().at(0);
  const auto base = reinterpret_cast<uintptr_t>(owner.memory0->base);
  CHECK_FALSE(rt::store_owns_address(owner.vmctx(), base));
  CHECK_FALSE(rt::store_owns_address(owner.vmctx(), base + 65536));
}

TEST_CASE("A memory of the embedder's is owned as far as was promised", "[signals]") {
  struct Creator : MemoryCreator {
    struct Fake : LinearMemory {
      uint8_t* base() const override { return const_cast<uint8_t*>(bytes); }
      bool grow_to(uint64_t) override { return false; }
      alignas(16) uint8_t bytes[65536]{};
    };
    std::unique_ptr<LinearMemory> create(const MemoryRequest&) override { return std::make_unique<Fake>(); }
  };
  Config config = with(MemoryStyle::kGuard);
  config.memory_creator = std::make_shared<Creator>();
  World w(config);
  w.instantiate(with_memory());
  rt::Instance& owner = *w.impl().instances().at(0);
  const auto base = reinterpret_cast<uintptr_t>(owner.memory0->base);
  const uintptr_t end = base + (uintptr_t{4} << 30) + (64 << 10);
  CHECK(rt::store_owns_address(owner.vmctx(), base));
  CHECK(rt::store_owns_address(owner.vmctx(), end - 1));
  CHECK_FALSE(rt::store_owns_address(owner.vmctx(), end));
}

}  // namespace wjit::test
