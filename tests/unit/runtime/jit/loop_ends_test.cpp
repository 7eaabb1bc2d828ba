// Ends of loops whose branch takes registers itself.
#if defined(__x86_64__)
#include "unit/runtime/jit/guest.h"

using namespace wjit;
using namespace wjit::test;

// What goes back to the loop's header may not be moved in front of the jump, which clobbers its own register.
TEST_CASE("a jump through a table with two ways out, at the end of a loop", "[native]") {
  constexpr const char* kProgram = R"((module
    (global $left (mut i32) (i32.const 10))
    (func $f (export "f") (param f32 i32) (result i32 i32)
      (global.set $left (i32.sub (global.get $left) (i32.const 1)))
      (if (i32.lt_s (global.get $left) (i32.const 0)) (then (return (i32.const 0) (i32.const 0))))
      (block $done
        (loop $l
          (global.set $left (i32.sub (global.get $left) (i32.const 1)))
          (if (i32.lt_s (global.get $left) (i32.const 0)) (then (return (i32.const 1) (i32.const 0))))
          (br_table $l $l $l $l $l $l $done (local.get 1))))
      (call $f (local.get 0) (i32.const -7)))))";
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    for (const uint8_t level : {0, 1}) {
      const Mode m = mode("shuffle " + std::to_string(seed), [&](CompilerConfig& c) {
        c.regalloc = CompilerConfig::Regalloc::kShuffle, c.seed = seed, c.opt_level = level;
      });
      CHECK(Guest(kProgram, m).run("f", {Val(1.5f), Val(int32_t{1})}) == "i32:1 i32:0 ");
      CHECK(Guest(kProgram, m).run("f", {Val(1.5f), Val(int32_t{9})}) == "i32:0 i32:0 ");
    }
  }
}
#endif
