// How deep native code may go is the configuration's to say.
#if defined(__x86_64__)
#include "catch.h"
#include "wjit/wjit.hpp"

using namespace wjit;

namespace {

// Calls itself until the stack ends; gives how often by a global.
int32_t depth_with(uint64_t bytes) {
  Config config;
  config.tier = Tier::kJit;
  config.max_native_stack = bytes;
  Engine engine(config);
  Store store(engine);
  auto module = Module::from_text(engine, R"((module (global $n (export "n") (mut i32) (i32.const 0))
    (func $down (export "down") (result i32)
      (global.set $n (i32.add (global.get $n) (i32.const 1)))
      (i32.add (call $down) (i32.const 1)))))");
  REQUIRE(module);
  auto instance = Instance::create(store, module.ok(), {});
  REQUIRE(instance);
  Instance& i = instance.ok();
  const auto result = std::get<Func>(*i.get(store, "down")).call(store, {});
  REQUIRE_FALSE(result);
  return std::get<Global>(*i.get(store, "n")).get(store).i32();
}

}  // namespace

TEST_CASE("native code goes as deep as max_native_stack says", "[native]") {
  const int32_t shallow = depth_with(64 << 10), deep = depth_with(1 << 20);
  CHECK(shallow > 500);
  CHECK(deep > 10 * shallow);
  CHECK(depth_with(0) < 100);  // less than a page is anybody's
}
#endif
