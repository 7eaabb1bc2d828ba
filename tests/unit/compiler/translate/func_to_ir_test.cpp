// What instructions become. That it means the same is the suite's business (suite_run_test.cpp); here is what a reader
// of the IR, and who makes code from it, may count on.
#include "compiler/translate/func_to_ir.h"

#include "catch.h"
#include "compiler/ir/print.h"
#include "compiler/ir/verify.h"
#include "unit/compiler/translate/translate.h"

using namespace wjit;
using test::ir_of;

namespace {

size_t count(const std::string& text, const std::string& what) {
  size_t n = 0;
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += what.size()) ++n;
  return n;
}

}  // namespace

TEST_CASE("translation of locals and loops", "[translate]") {
  // Only what the loop changes is its parameter.
  CHECK(ir_of("(module (func (param $n i32) (param $k i32) (result i32) (local $sum i32)"
              "  (loop $l (local.set $sum (i32.add (local.get $sum) (local.get $k)))"
              "    (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))"
              "  (local.get $sum)))") ==
        "function 0 \"\" (i32, i32) -> (i32) {\n"
        "block0(v0: i64, v1: i64, v2: i32, v3: i32):\n"
        "  v10 = iconst.i32 0\n"
        "  jump block1(v10, v2)\n"
        "\n"
        "block1(v4: i32, v7: i32):\n"
        "  v6 = add.i32 v4, v3\n"
        "  v8 = iconst.i32 1\n"
        "  v9 = sub.i32 v7, v8\n"
        "  brif v9, block1(v6, v9), block2\n"
        "\n"
        "block2:\n"
        "  return v6\n"
        "}\n");
}

TEST_CASE("translation of blocks", "[translate]") {
  SECTION("a label that nobody branches to is no block") {
    const std::string ir = ir_of("(module (func (result i32) (block (result i32) (block (result i32) (i32.const 1)))))");
    CHECK(count(ir, "block") == 1);
  }
  SECTION("values at a label of one way are just values") {
    const std::string ir = ir_of("(module (func (param i32) (result i32)"
                                 "  (block $l (result i32) (br $l (i32.add (local.get 0) (i32.const 1))))))");
    CHECK(count(ir, "jump block1\n") == 1);
    CHECK(count(ir, "block1:") == 1);
  }
  SECTION("nothing is made of what control does not reach") {
    CHECK(ir_of("(module (func (result i32) (block $l (loop (br $l)) (drop (i64.const 7))) "
                "  (block unreachable) (block (loop (br 1)) (if (i32.const 0) (then nop))) (i32.const 5)))") ==
          "function 0 \"\" () -> (i32) {\n"
          "block0(v0: i64, v1: i64):\n"
          "  jump block1\n"
          "\n"
          "block1:\n"
          "  jump block2\n"
          "\n"
          "block2 cold:\n"
          "  trap unreachable\n"
          "}\n");
  }
  SECTION("returns from the middle share one return where they are conditional") {
    const std::string ir = ir_of("(module (func (param i32) (result i32) (br_if 0 (i32.const 1) (local.get 0))"
                                 "  (drop) (br_if 0 (i32.const 2) (local.get 0)) (drop) (i32.const 3)))");
    CHECK(count(ir, "return") == 1);
  }
  SECTION("entries of a br_table for one label are one edge") {
    const auto t = test::from_wat("(module (func (param i32) (block $a (block $b (br_table $a $b $a $a $b $a $b (local.get 0))))))");
    const auto f = t.func(0);
    REQUIRE(f);
    const auto entries = f->table(ir::Table(0));
    REQUIRE(entries.size() == 7);
    CHECK(entries[0] == entries[2]);
    CHECK(entries[0] == entries[3]);
    CHECK(entries[1] == entries[4]);
    CHECK(entries[0] != entries[1]);
  }
}

TEST_CASE("translation of calls", "[translate]") {
  SECTION("an import: its code and its context are loaded, and do not change") {
    CHECK(ir_of("(module (import \"m\" \"f\" (func (param i64) (result i32))) (func (result i32) (call 0 (i64.const 1))))") ==
          "function 1 \"\" () -> (i32) {\n"
          "  sig0 = (i64) -> (i32)\n\n"
          "block0(v0: i64, v1: i64):\n"
          "  v2 = iconst.i64 1\n"
          "  v3 = load.i64 vmctx [v0 + 64]\n"
          "  v4 = load.i64 vmctx [v0 + 88]\n"
          "  v5 = call_indirect sig0(v3, v4, v2)\n"
          "  return v5\n"
          "}\n");
  }
  SECTION("through a table that cannot grow: bounds, made or null, type, in tier 0's order") {
    const std::string ir = ir_of("(module (type $t (func)) (table 5 5 funcref) (func (param i32) (call_indirect (type $t) (local.get 0))))");
    INFO(ir);
    CHECK(ir.find("iconst.i64 5") < ir.find("trap_if"));
    CHECK(count(ir, "tabledef") == 0);
    CHECK(count(ir, "trap_if") == 3);
    CHECK(count(ir, " cold:") == 1);
    CHECK(ir.find("undefined-element") < ir.find("table_get_lazy"));
    CHECK(ir.find("table_get_lazy") < ir.find("uninitialized-element"));
    CHECK(ir.find("uninitialized-element") < ir.find("indirect-call-type"));
    CHECK(count(ir, "indirect-call-type") == 1);
  }
  SECTION("a table whose type says it all needs no comparison") {
    const std::string ir = ir_of("(module (type $t (func)) (table 5 (ref null $t)) (func (param i32) (call_indirect (type $t) (local.get 0))))");
    CHECK(count(ir, "trap_if") == 2);
  }
  SECTION("types that may have subtypes stay in tier 0") {
    CHECK(ir_of("(module (type $t (sub (func))) (table 5 funcref) (func (param i32) (call_indirect (type $t) (local.get 0))))")
              .find("call_indirect is valid") != std::string::npos);
  }
  SECTION("tail calls end the function") {
    const std::string ir = ir_of("(module (type $t (func (param i32))) (import \"m\" \"f\" (func (type $t)))"
                                 "  (func (param i32) (return_call 0 (local.get 0))) (func))");
    CHECK(count(ir, "return_call_indirect") == 1);
    CHECK(count(ir, "\n  return\n") == 0);
  }
}

// Two imports may be one thing, so what is known of one is not kept over a store to the other.
TEST_CASE("translation of vectors", "[translate]") {
  // The body of a function of (i32, v128) with a memory of a page and no checks, from its loads on.
  const auto body = [](const std::string& result, const std::string& text) {
    const std::string ir = ir_of("(module (memory 1) (func (param i32 v128) (result " + result + ") " + text + "))");
    std::string out;
    for (size_t at = ir.find("add.i64 "), end; (end = ir.find('\n', at)) != std::string::npos; at = end + 1) {
      const std::string line = ir.substr(at, end - at);
      const size_t equals = line.find("= ");
      const std::string inst = line.substr(equals == std::string::npos ? line.find_first_not_of(' ') : equals + 2);
      if (line.find("return") != std::string::npos) break;
      if (!inst.starts_with("add.i64")) out += inst + "; ";
    }
    return out;
  };
  const std::string p = "(local.get 0)", v = "(local.get 1)";
  CHECK(body("v128", "(v128.load " + p + ")") == "load.v128 heap0.trap [v6]; ");
  CHECK(body("v128", "(v128.load8x8_u offset=3 " + p + ")") ==
        "load.i64 heap0.trap [v6 + 3]; vzext.i64 v7; vunary i16x8.extend_low_i8x16_u v8; ");
  CHECK(body("v128", "(v128.load16_splat " + p + ")") == "load16_u.i32 heap0.trap [v6]; vsplat.i32 i16x8.splat v7; ");
  CHECK(body("v128", "(v128.load64_splat " + p + ")") == "load.f64 heap0.trap [v6]; vsplat.f64 f64x2.splat v7; ");
  CHECK(body("v128", "(v128.load32_zero " + p + ")") == "load.i32 heap0.trap [v6]; vzext.i32 v7; ");
  CHECK(body("v128", "(v128.load8_lane 13 " + p + v + ")") ==
        "load8_u.i32 heap0.trap [v6]; vreplace.i32 i8x16.replace_lane v3, v7, 13; ");
  CHECK(body("v128", "(v128.store64_lane 1 " + p + v + ")" + v) ==
        "vextract.f64 f64x2.extract_lane v3, 1; store.f64 heap0.trap [v6], v7; ");
  const auto plain = [](const std::string& text) {
    const std::string ir = ir_of("(module (func (param i32 v128) (result v128) " + text + "))");
    const size_t at = ir.rfind("= ", ir.find("  return"));
    return ir.substr(at + 2, ir.find('\n', at) - at - 2);
  };
  CHECK(plain("(i8x16.shuffle 0 1 2 3 31 30 29 28 8 9 10 11 12 13 14 15 " + v + v + ")") ==
        "vshuffle i8x16.shuffle v3, v3, 0x000102031f1e1d1c08090a0b0c0d0e0f");
  CHECK(plain("(f64x2.relaxed_madd " + v + v + v + ")") == "vternary f64x2.relaxed_madd v3, v3, v3");
  CHECK(plain("(i16x8.shl " + v + p + ")") == "vshift i16x8.shl v3, v2");
  CHECK(plain("(i32x4.replace_lane 2 " + v + p + ")") == "vreplace.i32 i32x4.replace_lane v3, v2, 2");
  CHECK(plain("(v128.const i32x4 1 2 3 4)") == "vconst 0x01000000020000000300000004000000");
  // Locals are zero.
  CHECK(ir_of("(module (func (result v128) (local v128) (local.get 0)))").find("vconst 0x00000000000000000000000000000000") !=
        std::string::npos);
}

TEST_CASE("imports that may be the same share a number", "[translate]") {
  const std::string ir = ir_of("(module (import \"m\" \"a\" (global $a (mut i32))) (import \"m\" \"b\" (global $b (mut i32)))"
                               "  (import \"m\" \"c\" (global $c i32)) (global $d (mut i32) (i32.const 0)) (global $e (mut i32) (i32.const 0))"
                               "  (func (result i32) (global.set $a (i32.const 1)) (global.set $b (i32.const 2))"
                               "    (global.set $d (i32.const 3)) (global.set $e (i32.const 4)) (global.get $c)))");
  INFO(ir);
  CHECK(count(ir, "global127") == 2);
  CHECK(count(ir, "global0") == 1);
  CHECK(count(ir, "global1 ") == 1);
  CHECK(count(ir, "load.i32 vmctx") == 1);
}

TEST_CASE("fuel and epochs in IR", "[translate]") {
  test::Translation t;
  t.options = {.fuel = true, .epoch = true};
  const std::string ir = ir_of("(module (memory 1) (func (param i32)"
                               "  (loop (br_if 0 (local.get 0))) (memory.fill (local.get 0) (local.get 0) (local.get 0))))", t);
  INFO(ir);
  CHECK(count(ir, "  epoch\n") == 2);
  CHECK(count(ir, "  fuel ") == 3);
  CHECK(count(ir, "  fuel_by ") == 1);
}

TEST_CASE("what has no IR is refused with the instruction's name and offset", "[translate]") {
  const auto t = test::from_wat("(module (type $s (struct)) (func (drop (struct.new $s))))");
  const auto f = t.func(0);
  REQUIRE_FALSE(f);
  CHECK(f.error().kind() == ErrorKind::kUnsupported);
  CHECK(f.error().message().find("struct.new") != std::string::npos);
  CHECK(f.error().offset() == t.module->bodies[0].offset + 1);
}

// Buffers carry nothing from one function to the next.
TEST_CASE("the same body is the same IR, whatever was translated before", "[translate]") {
  const auto t = test::from_wat("(module (memory 1) (func (param i32) (result i32) (loop (br_if 0 (local.get 0))) (i32.load (local.get 0)))"
                                "  (func (param i32 i64) (local f64) (loop (br_if 0 (local.get 0))) (block (br_if 0 (local.get 0)) unreachable))"
                                "  (type $s (struct)) (func (drop (struct.new $s))))");
  const vm::VMOffsets offsets({.defined_memories = 1, .owned_memories = 1, .defined_functions = 3});
  translate::Buffers buffers;
  std::string first;
  for (uint32_t i : {0, 1, 2, 0, 2, 1, 0}) {
    const auto f = translate::func_to_ir({*t.module, offsets, {}, {}}, i, buffers);
    CHECK(f.has_value() == (i != 2));
    if (i != 0) continue;
    const std::string text = ir::print(*f);
    if (first.empty()) first = text;
    CHECK(text == first);
  }
}
