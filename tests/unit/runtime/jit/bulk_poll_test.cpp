// Row 13 of the failure classes for native code: what it keeps of memories and tables while libcalls poll.
#if defined(__x86_64__)
#include "runtime/instance.h"
#include "runtime/libcalls.h"
#include "runtime/store.h"
#include "unit/runtime/jit/guest.h"

using namespace wjit;
using namespace wjit::test;

TEST_CASE("row 13: code reads a memory's base and length anew after an operation on it that polled", "[failure-classes][native]") {
  const std::string wat = R"((module (memory (export "memory") 64) (memory 64) (global $g (export "g") (mut i32) (i32.const 1))
    (data $d "x")
    (func $fill (param $n i32) (memory.fill (i32.const 0) (i32.const 1) (local.get $n)))
    (func $copy (param $n i32) (memory.copy (i32.const 0) (i32.const 100) (local.get $n)))
    (func $across (param $n i32) (memory.copy 1 0 (i32.const 0) (i32.const 100) (local.get $n)))
    (func (export "fill") (param $n i32) (result i32 i32 i32 i32)
      (memory.size) (i32.store8 (i32.const 5) (i32.const 9)) (global.get $g)
      (call $fill (local.get $n))
      (i32.store8 (i32.const 6) (i32.const 7))
      (memory.size) (global.get $g))
    (func (export "copy") (param $n i32) (result i32 i32 i32 i32)
      (memory.size) (i32.store8 (i32.const 5) (i32.const 9)) (global.get $g)
      (call $copy (local.get $n))
      (i32.store8 (i32.const 6) (i32.const 7))
      (memory.size) (global.get $g))
    (func (export "across") (param $n i32) (result i32 i32 i32 i32)
      (memory.size) (i32.store8 (i32.const 5) (i32.const 9)) (global.get $g)
      (call $across (local.get $n))
      (i32.store8 (i32.const 6) (i32.const 7))
      (memory.size) (global.get $g))
    (func (export "loop") (param $n i32) (result i32 i32 i32 i32) (local $i i32) (local $sum i32)
      (loop $l
        (i32.store8 (i32.const 6) (i32.const 7))
        (local.set $sum (i32.add (local.get $sum) (memory.size)))
        (memory.fill (i32.const 0) (i32.const 1) (local.get $n))
        (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 3))))
      (i32.store8 (i32.const 6) (i32.const 7))
      (local.get $sum) (memory.size) (global.get $g) (i32.const 0))))";
  for (MemoryStyle style : {MemoryStyle::kChecks, MemoryStyle::kAuto}) {
    const auto run = [&](const Mode& m, const char* name) {
      Config config;
      config.memory_style = style;
      Guest guest(wat, m, config);
      rt::Instance* raw = guest.instance.raw();
      guest.store.impl().poll_hook = [&] {
        REQUIRE(raw->grow_memory(0, 100));
        REQUIRE(guest.get<Global>("g").set(guest.store, Val(42)));
        return vm::TrapCode::kNone;
      };
      std::string text = guest.run(name, {Val(uint32_t{2 * rt::kPollBytes})});
      guest.store.impl().poll_hook = nullptr;
      return text + " " + std::to_string(guest.get<Memory>("memory").data(guest.store)[6]);
    };
    for (const Mode& m : native_modes())
      for (const char* name : {"fill", "copy", "across", "loop"}) {
        INFO(m.name << ", " << name);
        CHECK(run(m, name) == run(interpreter(), name));
      }
  }
}
#endif
