// Row 13 of the failure classes: what the embedder does at the points where a bulk operation stops.
#include "unit/runtime/fixture.h"

using namespace wjit;
using namespace wjit::test;

namespace {

constexpr uint32_t kPage = 65536;
// Every bulk operation, each of them large enough to be paid for apart, and after each what it left is read by an
// ordinary access.
constexpr const char* kAllOperations = R"((module
  (memory (export "memory") 2 1000) (table $t (export "table") 2000 9000000 funcref) (table $u 2000 funcref)
  (data $d "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")
  (elem $e func $f $f $f $f $f $f $f $f $f $f $f $f $f $f $f $f $f $f $f $f)
  (func $f (result i32) (i32.const 77))
  (func (export "run") (result i32) (local $sum i32)
    (memory.fill (i32.const 0) (i32.const 5) (i32.const 131072))
    (local.set $sum (i32.load8_u (i32.const 131071)))
    (memory.init $d (i32.const 1000) (i32.const 0) (i32.const 96))
    (local.set $sum (i32.add (local.get $sum) (i32.load8_u (i32.const 1095))))
    (memory.copy (i32.const 65536) (i32.const 936) (i32.const 60000))
    (local.set $sum (i32.add (local.get $sum) (i32.load8_u (i32.const 65600))))
    (table.init $t $e (i32.const 10) (i32.const 0) (i32.const 20))
    (local.set $sum (i32.add (local.get $sum) (call_indirect $t (result i32) (i32.const 29))))
    (table.copy $u $t (i32.const 1) (i32.const 10) (i32.const 1900))
    (local.set $sum (i32.add (local.get $sum) (call_indirect $u (result i32) (i32.const 20))))
    (table.fill $t (i32.const 100) (ref.func $f) (i32.const 1000))
    (local.set $sum (i32.add (local.get $sum) (call_indirect $t (result i32) (i32.const 1099))))
    (drop (table.grow $t (ref.func $f) (i32.const 500)))
    (local.set $sum (i32.add (local.get $sum)
      (call_indirect $t (result i32) (i32.sub (table.size $t) (i32.const 1)))))
    (drop (memory.grow (i32.const 1)))
    (i32.store8 (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 1)) (i32.const 9))
    (local.get $sum))))";
constexpr int32_t kSum = 5 + 'f' + '0' + 4 * 77;
constexpr int kOperations = 7;  // growing a memory costs nothing

}  // namespace

TEST_CASE("bulk operations stop for fuel, and the embedder grows what they work on meanwhile [row13]") {
  for (Dispatch d : {Dispatch::kLoop, Dispatch::kTail})
    for (MemoryStyle style : {MemoryStyle::kChecks, MemoryStyle::kGuard}) {
      Config config = config_with(style);
      config.consume_fuel = true;
      config.dispatch = d;
      World w(config);
      auto module = Module::from_text(w.engine, kAllOperations);
      REQUIRE(module);
      auto made = Instance::create(w.store, module.ok(), {});
      REQUIRE(made);
      const Instance i = made.ok();
      const auto memory = w.get<Memory>(i, "memory");
      const auto table = w.get<Table>(i, "table");
      auto stopped = w.get<Func>(i, "run").call_resumable(w.store, {});
      REQUIRE(stopped);
      int stops = 0;
      while (auto* call = std::get_if<ResumableCall>(&stopped.ok())) {
        REQUIRE(call->kind() == ResumableCall::Kind::kOutOfFuel);
        REQUIRE(++stops < 100);
        // Large steps, so that both move.
        REQUIRE(memory.grow(w.store, 9).unwrap() > 0);
        REQUIRE(table.grow(w.store, 300'000, Val(Func())).unwrap() >= 2000);
        memory.data(w.store)[memory.size(w.store) * kPage - 1] = uint8_t(stops);
        REQUIRE(w.store.set_fuel(call->required_fuel()));
        auto next = call->resume(w.store);
        REQUIRE(next);
        stopped = std::move(next);
      }
      CHECK(std::get<std::vector<Val>>(stopped.ok()).at(0).i32() == kSum);
      CHECK(stops >= kOperations + 1 + 4);  // and the blocks of both functions
      CHECK(memory.size(w.store) == uint64_t(2 + 9 * stops + 1));
      CHECK(table.size(w.store) == uint64_t(2000 + 300'000 * stops + 500));
      const auto bytes = memory.data(w.store);
      for (int k = 1; k <= stops; ++k) CHECK(bytes[(2 + 9 * k) * kPage - 1] == k);
      CHECK(bytes[(2 + 9 * stops + 1) * kPage - 1] == 9);
      CHECK(bytes[0] == 5);
    }
}
