#include "compiler/ir/parse.h"

#include "catch.h"
#include "compiler/ir/print.h"
#include "compiler/ir/verify.h"
#include "unit/compiler/ir/random_function.h"

using namespace wjit;
using namespace wjit::ir;

TEST_CASE("ir parse: random functions come back as they were", "[ir]") {
  std::mt19937 random(20261121);
  for (int round = 0; round < 1000; ++round) {
    const Function f = random_function(random);
    const std::string text = print(f);
    const auto back = parse(text);
    if (!back) FAIL(round << ": " << back.error().message() << "\n" << text);
    if (print(*back) != text) FAIL(round << ":\n" << text << "\n----\n" << print(*back));
    const auto ok = verify(*back);
    if (!ok) FAIL(round << ": " << ok.error().message());
    CHECK(back->name == f.name);
    CHECK(back->number == f.number);
    CHECK(back->signature == f.signature);
  }
}

TEST_CASE("ir parse: several functions, comments, and spaces where one likes", "[ir]") {
  const auto functions = parse_functions(R"(
;; two functions
function 1 "a" () -> (i64) { ; a comment
  block0 ( v0 : i64,v1:i64 ) cold :   ; another
    v7=iconst.i64 -0x10 ; @ff and more
    return v7}
function 2 "" () {
block5:
  return
}
)");
  REQUIRE(functions);
  REQUIRE(functions->size() == 2);
  CHECK(print((*functions)[0]) == R"(function 1 "a" () -> (i64) {
block0(v0: i64, v1: i64) cold:
  v7 = iconst.i64 -16                                   ; @ff
  return v7
}
)");
  CHECK((*functions)[1].entry() == Block(5));
  CHECK_FALSE(parse("function 1 \"\" () {}\nfunction 2 \"\" () {}"));
  CHECK(parse_functions("")->empty());
}

TEST_CASE("ir parse: what is wrong is told with its place", "[ir]") {
  const auto message = [](std::string_view text) {
    const auto result = parse(text);
    return result ? std::string("none") : result.error().message();
  };
  // Into a function that has two values and a signature.
  const auto in_block = [&](std::string_view line) {
    return message("function 1 \"\" () {\n  sig0 = (i32) -> (i32, i64)\nblock0(v0: i64, v1: i32):\n  " + std::string(line) + "\n}");
  };
  CHECK(message("") == "1:1: expected `function`, found the end");
  CHECK(message("fun") == "1:1: expected `function`, found `fun`");
  CHECK(message("function x") == "1:10: expected the function's number, found `x`");
  CHECK(message("function 1 \"a\n") == "1:14: expected `\"` at the end of the name, found the end of the line");
  CHECK(message("function 1 \"\\g\"") == "1:14: expected a hexadecimal digit, found `g`");
  CHECK(message("function 1 \"\" (i33)") == "1:16: expected a type: i32, i64, f32, f64 or v128, found `i33`");
  CHECK(message("function 1 \"\" (i32 i64)") == "1:20: expected `)`, found `i64`");
  CHECK(message("function 1 \"\" () {\n sig1 = ()") == "2:2: expected sig0: signatures are numbered in a row, found `sig1`");
  CHECK(message("function 1 \"\" () {\nsig0 = ()\nsig1 = ()}") == "none");
  CHECK(message("function 1 \"\" () {\n return\n}") == "2:2: expected a block, a signature or `}`, found `return`");
  CHECK(message("function 1 \"\" () {} x") == "1:21: expected nothing more, found `x`");
  CHECK(message("function 1 \"\" () {block0: return block0: return}") == "1:34: block0 is defined twice");
  CHECK(message("function 1 \"\" () {block0(v1: i32, v0: i32): return}") ==
        "1:35: expected parameters in the order of their numbers");
  CHECK(in_block("return") == "none");
  CHECK(in_block("brif v1, block1, block1 likely 0") == "4:34: expected a number from 1 to 65535, found `0`");
  CHECK(in_block("brif v1, block1, block1 likely x") == "4:34: expected how likely, found `x`");
  CHECK(in_block("v2 = flub.i32 v1") == "4:8: expected an instruction, found `flub.i32`");
  CHECK(in_block("v2 = add v1, v1") == "4:12: expected `.`, found `v1`");
  CHECK(in_block("v2 = add.i32 v1") == "4:18: expected `,`, found the end of the line");
  CHECK(in_block("v2 = add.i32 v1, 5") == "4:20: expected a value such as v0, found `5`");
  CHECK(in_block("v2 = add.i32 v1, v9") == "4:20: v9 is not defined");
  CHECK(in_block("v1 = add.i32 v1, v1") == "4:3: v1 is defined twice");
  CHECK(in_block("add.i32 v1, v1") == "4:3: 0 results, expected 1 of `add`");
  CHECK(in_block("v2, v3 = clz.i32 v1") == "4:3: 2 results, expected 1 of `clz`");
  CHECK(in_block("v2, v4 = call fn1 sig0(v1)") == "4:7: expected v3: results are numbered in a row, found `v4`");
  CHECK(in_block("v2, v3 = call fn1 sig2(v1)") == "4:21: sig2 is not defined");
  CHECK(in_block("v2, v3 = call sig0(v1)") == "4:17: expected a function such as fn0, found `sig0`");
  CHECK(in_block("v2, v3 = libcall memory_grew sig0(v1)") == "4:20: expected the name of a libcall, found `memory_grew`");
  CHECK(in_block("v2 = icmp.i32 lt v1, v1") == "4:17: expected a condition, found `lt`");
  CHECK(in_block("v2 = fcmp.f32 lt_s v1, v1") == "4:17: expected a condition, found `lt_s`");
  CHECK(in_block("v2 = iconst.i32 4294967296") == "4:19: expected an integer of at most 32 bits, found `4294967296`");
  CHECK(in_block("v2 = iconst.i32 -2147483649") == "4:19: expected an integer of at most 32 bits, found `-2147483649`");
  CHECK(in_block("v2 = iconst.i64 0x10000000000000000") ==
        "4:19: expected an integer of at most 64 bits, found `0x10000000000000000`");
  CHECK(in_block("v2 = fconst.f32 1.5x") == "4:19: expected a number, inf, -inf or nan:0x…, found `1.5x`");
  CHECK(in_block("v2 = fconst.f32 nan") == "4:19: expected a number, inf, -inf or nan:0x…, found `nan`");
  CHECK(in_block("v2 = fconst.f32 nan:0x3f800000") == "4:19: expected the bits of a NaN, found `nan`");
  CHECK(in_block("v2 = vconst 0x01") == "4:19: expected a hexadecimal digit, found the end of the line");
  CHECK(in_block("v2 = vconst 0x000102030405060708090a0b0c0d0e0f\n  v3 = vunary v128.not v2") == "none");
  CHECK(in_block("v2 = vunary v128.nut v1") == "4:15: expected a vector operation, as wasm calls it, found `v128.nut`");
  CHECK(in_block("v2 = vextract.i32 i8x16.extract_lane_s v1, 16") == "4:46: expected a lane below 16, found `16`");
  CHECK(in_block("v2 = vshuffle i8x16.shuffle v1, v1") == "4:37: expected `,`, found the end of the line");
  CHECK(in_block("v2 = load.i32 heap [v0]") ==
        "4:17: expected a region of memory: heap0, memdef0, tabledef0, table0, global0, vmctx, funcref or other, found `heap`");
  CHECK(in_block("v2 = load.i32 heap128 [v0]").find("expected a region") != std::string::npos);
  CHECK(in_block("v2 = load.i32 vmctx [v0 + 2147483648]") ==
        "4:29: expected a displacement of 32 bits, signed, found `2147483648`");
  CHECK(in_block("v2 = load.i32 vmctx [v0 - 2147483648]") == "none");
  CHECK(in_block("trap_if v1, unreached") == "4:15: expected the name of a trap, found `unreached`");
  CHECK(in_block("jump block3") == "4:8: block3 is not defined");
  CHECK(in_block("jump v1") == "4:8: expected a block such as block0, found `v1`");
  CHECK(in_block("br_table v1, block0") == "4:16: expected `[`, found `block0`");
  CHECK(in_block("epoch ; @xyz") == "4:9: expected an offset of 32 bits, in hexadecimal digits, found `;`");
  CHECK(in_block("v2000000 = clz.i32 v1") == "4:3: v2000000 is too high a number, expected less than 1000099");
  CHECK(in_block("v40000000000 = clz.i32 v1") == "4:3: expected a value such as v0, found `v40000000000`");
}

// Nothing that is not text of a function may do more than fail.
TEST_CASE("ir parse: mutants of texts are read or refused", "[ir]") {
  std::mt19937 random(20261121);
  int read = 0, well_formed = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string text = print(random_function(random, 5));
    for (uint32_t i = 1 + static_cast<uint32_t>(random() % 3); i > 0; --i) {
      const size_t at = random() % text.size();
      if (random() % 2)
        text[at] = static_cast<char>(random() % 2 ? "v0123456789bl,()[]"[random() % 18] : random() % 256);
      else
        text.erase(at, 1 + random() % 3);
    }
    const auto f = parse(text);
    if (!f) continue;
    ++read;
    well_formed += verify(*f).has_value();
    const auto again = parse(print(*f));
    REQUIRE(again);
    CHECK(print(*again) == print(*f));
  }
  CHECK(read > 300);
  CHECK(well_formed > 100);
}
