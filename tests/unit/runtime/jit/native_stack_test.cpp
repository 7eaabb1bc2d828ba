// How deep native code may go is the configuration's to say.
#if defined(__x86_64__)
#include <algorithm>

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

// Row 15. On a fiber's stack, with a guard of one page below it: arguments and frames of many pages are counted before
// they are there, whoever calls whom. Beside it wait others, which must not notice.
TEST_CASE("row 15: calls with many pages of arguments at the end of a resumable call's stack", "[failure-classes][native]") {
  const auto many = [](const std::string& what, int n) {
    std::string all;
    for (int i = 0; i < n; ++i) all += what;
    return all;
  };
  // $down goes down, then $wide calls: with nearly as much frame as is not looked at, and with many arguments.
  const auto program = [&](int locals, int arguments, const std::string& callees) {
    std::string wide, l, at;
    for (int i = 0; i < locals; ++i) {
      l = "$l" + std::to_string(i), at = " offset=" + std::to_string(8 * i) + " (i32.const 0)";
      wide = "(local " + l + " i64)" + wide + "(local.set " + l + " (i64.load" + at + "))";
    }
    wide += "(call $callee" + many(" (local.get $v)", arguments) + ")";
    for (int i = 0; i < locals; ++i)
      wide += "(i64.store offset=" + std::to_string(8 * i) + " (i32.const 0) (local.get $l" + std::to_string(i) + "))";
    return "(module (import \"\" \"stop\" (func $stop)) " + callees + " (memory 1) (func $wide (param $v v128) " + wide + ")" +
           R"((func $down (export "down") (param i32) (result i32)
             (if (i32.eqz (local.get 0)) (then (call $wide (v128.const i64x2 1 2)) (return (i32.const 1))))
             (i32.add (i32.const 1) (call $down (i32.sub (local.get 0) (i32.const 1)))))
           (func (export "stop") (call $stop))))";
  };
  struct Case {
    const char* what;
    std::string wat;
    uint32_t first_function;  // with native code
  };
  const std::string v1000 = many(" v128", 1000), v500 = many(" v128", 500);
  const Case cases[] = {
      {"a host function", program(230, 1000, "(import \"\" \"many\" (func $callee (param" + v1000 + ")))"), 0},
      {"the interpreter, and native code from there",
       program(230, 500, "(func $callee (param" + v500 + ") (call $back" + many(" (local.get 0)", 1000) + ")" + many(" drop", 1000) +
                             ") (func $back (param" + v1000 + ") (result" + v1000 + ")" + many(" (local.get 0)", 1000) + ")"),
       2}};
  for (const Case& c : cases) {
    INFO(c.what);
    Config config;
    config.tier = Tier::kJit;
    config.compiler.first_function = c.first_function;
    Engine engine(config);
    auto module = Module::from_text(engine, c.wat);
    if (!module) FAIL(module.err().to_string().substr(0, 300));
    Linker linker(engine);
    bool stops = true;
    int calls = 0;
    const auto stop = [&](Caller, std::span<const Val>, std::span<Val>) -> Result<Ok, Trap> {
      if (stops) return Trap("stop");
      return Ok{};
    };
    const auto host = [&](Caller, std::span<const Val> in, std::span<Val>) -> Result<Ok, Trap> {
      calls += in[999].v128() == in[0].v128();
      return Ok{};
    };
    REQUIRE(linker.func_new("", "stop", FuncType{}, stop));
    REQUIRE(linker.func_new("", "many", FuncType{std::vector<ValType>(1000, {ValKind::kV128}), {}}, host));
    Store store(engine);
    auto instance = linker.instantiate(store, module.ok());
    REQUIRE(instance);
    const auto call = [&](const char* name, std::span<const Val> args) {
      return std::get<Func>(*instance.ok().get(store, name)).call_resumable(store, args);
    };
    std::vector<ResumableCall> beside;
    for (int i = 0; i < 4; ++i) {
      auto began = call("stop", {});
      REQUIRE(began);
      beside.push_back(std::get<ResumableCall>(std::move(began).ok()));
    }
    stops = false;
    // Down to everywhere near the end.
    uint32_t returned = 0, overflown = 0, left = 0, right = 20'000;
    const auto reaches = [&](uint32_t depth) {
      const Val n(depth);
      auto r = call("down", {&n, 1});
      if (r) return ++returned, true;
      const auto* trap = std::get_if<Trap>(&r.err());
      REQUIRE(trap);
      CHECK(trap->message() == "call stack exhausted");
      return ++overflown, false;
    };
    while (left + 1 < right) {
      const uint32_t middle = (left + right) / 2;
      (reaches(middle) ? left : right) = middle;
    }
    for (uint32_t depth = left - std::min(left, 300u); depth < left + 2000; depth += 3) (void)reaches(depth);
    CHECK(returned > 50);
    CHECK(overflown > 50);
    if (c.first_function == 0) CHECK(calls == int(returned));
    for (ResumableCall& b : beside) CHECK(b.resume(store));
  }
}
#endif
