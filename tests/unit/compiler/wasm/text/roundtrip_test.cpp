// What the printer writes must parse back to the same module.
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "compiler/wasm/validate.h"
#include "text_helpers.h"
#include "tools/wast/script.h"
#include "unit/mutate.h"
#include "unit/wast_modules.h"

using namespace wjit;
using namespace wjit::test;

namespace {

std::shared_ptr<wasm::TypeRegistry> new_registry() { return std::make_shared<wasm::TypeRegistry>(); }

std::string round_trip_text(std::string_view source) {
  return round_trip(*read_binary(parse(source), new_registry()));
}

}  // namespace

TEST_CASE("text: one module of everything makes the round trip", "[text]") {
  std::string text = round_trip_text(R"((module $"all of it"
    (@custom "before" (before first) "\00\01")
    (type $f (sub (func (param i32 (ref null $f)) (result i64))))
    (rec (type $a (struct (field $x (mut i8)) (field i16 v128))) (type $b (array (mut (ref null $a)))))
    (rec (type (struct (field (ref null 4)))) (type (struct)))
    (rec (type (struct (field (ref null 6)))) (type (struct)))
    (type $sub (sub final $f (func (param i32 (ref null $f)) (result i64))))
    (import "m" "f" (func $if (param $p i32) (param f32 f64)))
    (import "m" "t" (table $it i64 1 2 externref))
    (import "m" "m" (memory $im i64 1 2))
    (import "m" "g" (global $ig (mut i32)))
    (import "m" "tag" (tag $itag (param i32)))
    (table $t 3 funcref) (table 1 (ref func) (ref.func $if))
    (memory $m 1 2 shared) (memory (pagesize 1) (data "abc"))
    (tag $e (param i32 i64))
    (global $g i64 (i64.add (i64.const -1) (i64.const 2)))
    (global (ref $a) (struct.new_default $a))
    (export "\"quoted\" é" (func $main)) (export "g" (global $g))
    (start $start) (func $start)
    (elem $el (table $t) (i32.const 0) func $if $main) (elem declare func $main)
    (elem $x externref (ref.null extern)) (elem (table $t) (i32.const 1) funcref (ref.null func) (item ref.func $if))
    (elem (table $it) (offset i64.const 0) externref (ref.null extern))
    (data $d "passive\n\00\ff") (data (memory $m) (i32.const 1) "active")
    (func $main (param $p i32) (param i64) (result i32) (local $l i32) (local f32 f32 v128) (local $r (ref null $a))
      (block $b (result i32) (loop (br_if $b (i32.const 1) (local.get $p)) drop) (i32.const 2))
      (if (param i32) (result i32) (local.get $l) (then (i32.eqz)) (else drop (i32.const 3)))
      (br_table 0 0 0 (i32.const 0))
      (block $h (result i32 exnref) (try_table (catch $itag 0) (catch_ref $itag $h) (catch_all 0) (catch_all_ref 0)))
      drop drop
      (drop (f32.const nan:0x200000)) (drop (f64.const -inf)) (drop (f32.const 1.1)) (drop (f64.const 0x1p-1074))
      (v128.store8_lane $m offset=5 15 (i32.const 0) (v128.const f32x4 1 2 nan -0))
      (drop (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 31 (local.get 6) (local.get 6)))
      (i64.atomic.store32 $m align=4 (i32.const 0) (i64.const 1)) (atomic.fence)
      (memory.copy $m 2 (i32.const 0) (i32.const 0) (i32.const 0)) (memory.init $m $d (i32.const 0) (i32.const 0) (i32.const 0))
      (table.init $it $x (i64.const 0) (i32.const 0) (i32.const 0)) (elem.drop $el)
      (drop (select (result i64) (i64.const 1) (i64.const 2) (i32.const 3)))
      (drop (struct.get_s $a $x (local.get $r))) (drop (array.new_fixed $b 1 (ref.null $a)))
      (block (result (ref $a)) (br_on_cast 0 anyref (ref $a) (ref.null any)) (unreachable))
      (drop (ref.cast (ref null i31))) (drop (ref.test structref (ref.null none)))
      (return_call_indirect $t (type $f) (i32.const 0) (ref.null $f) (i32.const 0)) (call_ref $f)
      (i64.add128 (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4)) unreachable)
    (@custom "after" (after type) "x") (@custom "after" (after data)) (@custom "end" "\"")))");
  for (const char* piece :
       {"(module $\"all of it\"", "(@custom \"before\" (before first) \"\\00\\01\")", "(field $x (mut i8))",
        "(memory $m (;1;) 1 2 shared)", "(pagesize 1)", "(param $p i32)", "f32.const nan:0x200000",
        "f32.const 1.1", "v128.store8_lane $m offset=5 15", "br_on_cast 0 anyref (ref $a)",
        "(@custom \"after\" (after type) \"x\")", "(export \"\\\"quoted\\\" é\" (func $main))"}) {
    INFO(text);
    CHECK(text.find(piece) != std::string::npos);
  }
}

TEST_CASE("text: names that are no identifiers are kept by annotations", "[text]") {
  std::string text = round_trip_text(
      "(module (func $f) (func $g (@name \"f\")) (func $h (@name \"\")) (func (@name \"f\")) (func $\"a "
      "b\\n\")"
      "(func (param $x i32) (param (@name \"x\") i32) (local $y (@name \"x\") i32) (local.set 1 (local.get "
      "$x)))"
      "(type (struct (field $p (@name \"q\") i32) (field $q i32))))");
  CHECK(text.find("(func $f#1 (@name \"f\") (;1;)") != std::string::npos);
  CHECK(text.find("$#2 (@name \"\")") != std::string::npos);
  CHECK(text.find("(param $x i32) (param $x#1 (@name \"x\") i32)") != std::string::npos);
}

TEST_CASE("text: a name section that says more than text can is kept as it is", "[text]") {
  for (const char* bytes :
       {"\\7f\\00", "\\01\\02\\01", "\\01\\03\\01\\09\\00", "\\01\\05\\02\\00\\00\\00\\00", ""}) {
    std::string source = std::string("(module (func) (@custom \"name\" \"") + bytes + "\"))";
    INFO(source);
    round_trip_text(source);
  }
}

TEST_CASE("text: every module of the suite makes the round trip", "[text][spec]") {
  auto modules = wast_modules("");
  if (modules.empty()) {
    WARN("WJIT_SPEC_TESTSUITE is not set: no module was printed");
    return;
  }
  auto registry = new_registry();
  size_t count = 0;
  for (const WastModule& m : modules) {
    auto read = wasm::read_module(wasm::copy_bytes(m.bytes), FeatureSet::all(), registry);
    if (!read || !wasm::validate_module_bodies(**read, 1)) continue;
    INFO(m.file << ":" << m.line);
    round_trip(**read);
    ++count;
  }
  CHECK(count > 1500);
}

TEST_CASE("text: valid mutants make the round trip, all others print or say why not", "[text][mutants]") {
  std::vector<WastModule> modules;
  for (WastModule& m : wast_modules(""))
    if (m.bytes.size() <= 2000 && m.expect == WastModule::kValid) modules.push_back(std::move(m));
  if (modules.empty()) {
    WARN("WJIT_SPEC_TESTSUITE is not set: no module was mutated");
    return;
  }
  auto registry = new_registry();
  size_t valid = 0, printed = 0;
  for (uint32_t seed = 0; seed < 20'000; ++seed) {
    XorShift random(seed);
    std::vector<uint8_t> bytes = seed % 2 ? mutate_anywhere(random, modules) : mutate_bodies(random, modules);
    auto read = wasm::read_module(wasm::copy_bytes(bytes), FeatureSet::all(), registry);
    if (!read) continue;
    INFO("seed " << seed);
    if (wasm::validate_module_bodies(**read, 1)) {
      round_trip(**read);
      ++valid;
    } else if (auto text = wasm::text::print_wat(**read)) {
      ++printed;
    } else {
      CHECK_FALSE(text.error().message().empty());
    }
  }
  CHECK(valid > 100);
  CHECK(printed > 100);
}

// WJIT_PYTHON_WASM: CPython as a module of 26 MB.
TEST_CASE("text: CPython makes the round trip", "[text]") {
  const char* path = std::getenv("WJIT_PYTHON_WASM");
  if (!path) {
    WARN("WJIT_PYTHON_WASM is not set: CPython was not printed");
    return;
  }
  std::ifstream in(path, std::ios::binary);
  std::vector<uint8_t> bytes((std::istreambuf_iterator<char>(in)), {});
  REQUIRE(bytes.size() > 1'000'000);
  round_trip(*read_binary(bytes, new_registry()));
}
