#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#include "catch.h"
#include "tools/wast/script.h"

using namespace wjit;
using namespace wjit::wast;

namespace {

Script parse(std::string_view text) {
  auto s = parse_script(text, "t.wast");
  INFO((s ? "" : s.error().message()));
  REQUIRE(s);
  return std::move(*s);
}

std::string error_of(std::string_view text) {
  auto s = parse_script(text, "t.wast");
  REQUIRE_FALSE(s);
  return s.error().message();
}

// The one result of (assert_return (invoke "f") RESULT).
Value result(const std::string& text) {
  Script s = parse("(assert_return (invoke \"f\") " + text + ")");
  REQUIRE(s.commands.at(0).results.size() == 1);
  return s.commands[0].results[0];
}

std::string spec_dir() {
  const char* dir = std::getenv("WJIT_SPEC_TESTSUITE");
  return dir ? dir : "";
}

}  // namespace

TEST_CASE("wast: integers in both bases, both ranges", "[wast]") {
  CHECK(parse_int("0xffff_ffff", 32) == 0xffff'ffffu);
  CHECK(parse_int("-1", 32) == 0xffff'ffffu);
  CHECK(parse_int("-0x8000_0000", 32) == 0x8000'0000u);
  CHECK(parse_int("4294967295", 32) == 0xffff'ffffu);
  CHECK(parse_int("18446744073709551615", 64) == ~uint64_t{0});
  CHECK(parse_int("-9223372036854775808", 64) == uint64_t{1} << 63);
  CHECK(parse_int("+7", 8) == 7u);
  CHECK(parse_int("255", 8) == 255u);
  for (const char* bad :
       {"4294967296", "-2147483649", "0x1_0000_0000", "", "-", "0x", "1_", "_1", "1__0", "12a", "1.0"}) {
    INFO(bad);
    CHECK_FALSE(parse_int(bad, 32));
  }
  CHECK_FALSE(parse_int("18446744073709551616", 64));
  CHECK_FALSE(parse_int("-129", 8));
}

TEST_CASE("wast: floats are rounded correctly", "[wast]") {
  auto f32 = [](const char* t) { return parse_float(t, 32, false).value().bits; };
  auto f64 = [](const char* t) { return parse_float(t, 64, false).value().bits; };
  CHECK(f32("-0x1.8p+1") == 0xc040'0000);
  CHECK(f32("5.0") == 0x40a0'0000);
  CHECK(f32("1") == 0x3f80'0000);
  CHECK(f32("-0") == 0x8000'0000);
  CHECK(f32("1_0.2_5e-1") == 0x3f83'3333);
  // Halfway between two floats: to even; one bit above: up. Through double the second would round twice.
  CHECK(f32("0x1.000001p0") == 0x3f80'0000);
  CHECK(f32("0x1.00000100000000000001p0") == 0x3f80'0001);
  CHECK(f32("0x1p-149") == 1);
  CHECK(f32("0x1.fffffep127") == 0x7f7f'ffff);
  CHECK(f64("0x1.fffffffffffffp1023") == 0x7fef'ffff'ffff'ffff);
  CHECK(f64("4.9e-324") == 1);
  CHECK(f64("666.6") == 0x4084'd4cc'cccc'cccd);
  CHECK(f32("inf") == 0x7f80'0000);
  CHECK(f64("-inf") == 0xfff0'0000'0000'0000);
  CHECK(f32("nan") == 0x7fc0'0000);
  CHECK(f32("nan:0x40_0000") == 0x7fc0'0000);
  CHECK(f64("-nan:0x1") == 0xfff0'0000'0000'0001);
  for (const char* bad : {"", "0x", "1e", "0x1p", ".5", "1.5.", "nan:0x0", "nan:0x80_0000", "nan:1",
                          "infinity", "1e39", "0x1p128", "0x1.ffffffp127", "1f", "nan:canonical", " 1"}) {
    INFO(bad);
    CHECK_FALSE(parse_float(bad, 32, false));
  }
  CHECK(parse_float("nan:canonical", 32, true)->nan == NanPattern::kCanonical);
  CHECK_FALSE(parse_float("-nan:canonical", 32, true));
}

TEST_CASE("wast: every form of module, with names and strings", "[wast]") {
  Script s = parse(R"(
    (module definition $D binary "\00asm" "\01\00\t\"\u{20ac}")
    (module instance $I $D) (module instance $I) (module instance)
    (module $M binary) (register "a\nb" $I) (register "")
    (; a (; nested ;) comment ;) (invoke $I "f") ;; bare
    (get $M "g"))");
  REQUIRE(s.commands.size() == 9);
  auto& d = std::get<ModuleDefinition>(s.commands[0].subject);
  CHECK(d.name == "$D");
  CHECK(d.definition_only);
  auto& bytes = std::get<BinaryModule>(d.source).bytes;
  CHECK(std::string(bytes.begin(), bytes.end()) == std::string("\0asm\1\0\t\"\xe2\x82\xac", 11));
  auto& i = std::get<ModuleInstance>(s.commands[1].subject);
  CHECK((i.instance == "$I" && i.definition == "$D"));
  CHECK(std::get<ModuleInstance>(s.commands[2].subject).definition.empty());
  auto& m = std::get<ModuleDefinition>(s.commands[4].subject);
  CHECK((m.name == "$M" && !m.definition_only));
  CHECK(std::get<BinaryModule>(m.source).bytes.empty());
  CHECK(std::get<Registration>(s.commands[5].subject).as == "a\nb");
  CHECK(std::get<Registration>(s.commands[6].subject).instance.empty());
  CHECK(s.commands[7].at == Position{5, 34});
  CHECK(std::get<Action>(s.commands[8].subject).is_get);
}

TEST_CASE("wast: every assertion", "[wast]") {
  Script s = parse(R"(
    (assert_return (invoke $a "f" (i32.const -1) (ref.extern 3) (ref.host 1) (ref.null func)) (i64.const 0x2))
    (assert_return (get "g"))
    (assert_trap (invoke "f") "unreachable") (assert_trap (module instance) "out of bounds")
    (assert_exhaustion (invoke "f") "call stack exhausted") (assert_exception (invoke "f"))
    (assert_invalid (module binary "") "x") (assert_malformed (module binary) "x")
    (assert_unlinkable (module instance $i $d) "x") (assert_unlinkable (module binary "") "x")
    (assert_invalid_custom (module binary "") "x"))");
  REQUIRE(s.commands.size() == 11);
  CHECK(s.commands[0].kind == Command::Kind::kAssertReturn);
  CHECK(to_string(s.commands[0]) ==
        "(assert_return (invoke $a \"f\" (i32.const 0xffffffff) (ref.extern 3) (ref.host 1) (ref.null func)) "
        "(i64.const 0x2))");
  CHECK(s.commands[3].message == "out of bounds");
  CHECK(to_string(s.commands[8]) == "(assert_unlinkable (module instance $i $d) \"x\")");
}

TEST_CASE("wast: results", "[wast]") {
  CHECK(result("(f32.const nan:canonical)").nan == NanPattern::kCanonical);
  CHECK(result("(f64.const nan:arithmetic)").nan == NanPattern::kArithmetic);
  Value v = result("(v128.const f32x4 1 nan:canonical -0x1p+1 nan:0x1)");
  CHECK(v.shape == Shape::kF32x4);
  CHECK(v.lanes[0].bits == 0x3f80'0000);
  CHECK(v.lanes[1].nan == NanPattern::kCanonical);
  CHECK(v.lanes[3].bits == 0x7f80'0001);
  CHECK(result("(v128.const i8x16 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 -1)").lanes[15].bits == 0xff);
  CHECK(result("(ref.null)").heap.empty());
  CHECK(result("(ref.null exn)").heap == "exn");
  CHECK(result("(ref.extern)").kind == Value::Kind::kRefAny);
  CHECK(result("(ref.extern 7)").kind == Value::Kind::kRefExtern);
  CHECK(result("(ref.i31)").heap == "i31");
  CHECK(result("(either (i32.const 1) (i32.const 2))").choices.size() == 2);
  CHECK(to_string(result("(f64.const -0x1.8p+1)")) == "(f64.const -0x1.8p+1)");
  CHECK(to_string(result("(f32.const -nan:0x1)")) == "(f32.const -nan:0x1)");
}

TEST_CASE("wast: an unknown form is an error with its place, what was found and expected", "[wast]") {
  struct Row {
    const char* script;
    const char* error;
  };
  for (const Row& row : std::initializer_list<Row>{
           {"\n  (assert_raturn)",
            "t.wast:2:4: found 'assert_raturn', expected one of module, register, invoke, get, "
            "assert_return, assert_trap, assert_exhaustion, assert_exception, assert_invalid, "
            "assert_malformed, assert_unlinkable, assert_invalid_custom, assert_malformed_custom"},
           {"(module quote (func))",
            "t.wast:1:15: found an opening parenthesis, expected a string of the module or a closing "
            "parenthesis"},
           {"(module (func)", "t.wast:1:15: found the end of the text, expected a closing parenthesis"},
           {"(assert_return (module binary))",
            "t.wast:1:17: found 'module', expected what assert_return is about: (invoke, get)"},
           {"(assert_trap (invoke \"f\"))",
            "t.wast:1:26: found a closing parenthesis, expected the message as a string"},
           {"(invoke \"f\" (i32.const 0x1_0000_0000))",
            "t.wast:1:24: found '0x1_0000_0000', expected an integer of 32 bits"},
           {"(invoke \"f\" (f32.const nan:canonical))",
            "t.wast:1:24: found 'nan:canonical', expected a literal of type f32"},
           {"(invoke \"f\" (ref.func))",
            "t.wast:1:14: found 'ref.func', expected ref.null, ref.extern or ref.host"},
           {"(invoke \"f\" (v128.const i32x4 1 2 3))",
            "t.wast:1:36: found a closing parenthesis, expected an integer of 32 "
            "bits"},
           {"(invoke \"f\" (ref.null what))",
            "t.wast:1:23: found 'what', expected an abstract heap type (func, extern, "
            "any …)"},
           {"(invoke \"a\\q\")",
            "t.wast:1:11: found the escape \"\\q\", expected \\hh, \\t, \\n, \\r, \\\", \\', \\\\ or "
            "\\u{hex scalar value}"},
           {"(invoke \"f", "t.wast:1:9: found an unclosed string, expected a closing quote on its line"},
           {"(invoke \"f\"",
            "t.wast:1:12: found the end of the text, expected an argument: (i32.const …) or another "
            "constant, or a reference"},
           {"(; never ends", "t.wast:1:1: found a comment without an end, expected \";)\""},
           {"x", "t.wast:1:1: found 'x', expected a command in parentheses"},
           {"(assert_return (invoke \"f\") (either (either (i32.const 1))))",
            "t.wast:1:38: found 'either', expected a result: (i32.const …) or another constant, a reference "
            "or "
            "(either …)"},
       }) {
    CHECK(error_of(row.script) == row.error);
  }
}

TEST_CASE("wast: modules as text, quoted and with nothing around them", "[wast]") {
  Script s = parse(R"wast((module $M (func $f) ;; )
    (func)) (module definition $D (@name "x") (func) (memory 1)) (module quote "(func " "\"a\")")
    (assert_malformed_custom (module quote "") "m"))wast");
  REQUIRE(s.commands.size() == 4);
  auto text = [&](size_t i) {
    return std::get<wast::TextModule>(std::get<ModuleDefinition>(s.commands[i].subject).source);
  };
  CHECK(text(0).text == "(module $M (func $f) ;; )\n    (func))");
  CHECK(text(0).start == Position{1, 1});
  CHECK(text(1).text == "(@name \"x\") (func) (memory 1)");
  CHECK(text(1).start == Position{2, 35});
  CHECK(text(2).text == "(func \"a\")");
  CHECK(text(2).quoted);
  CHECK(s.commands[3].kind == Command::Kind::kAssertMalformedCustom);
  CHECK(to_string(s.commands[0]) == "(module $M …)");
  CHECK(to_string(s.commands[3]) == "(assert_malformed_custom (module quote …) \"m\")");
  Script bare = parse(" (func) (memory 0)");
  REQUIRE(bare.commands.size() == 1);
}

TEST_CASE("wast: a script that cannot be read is named", "[wast]") {
  auto s = read_script("/nonexistent/x.wast");
  REQUIRE_FALSE(s);
  CHECK(s.error().kind() == ErrorKind::kIo);
  CHECK(s.error().message() == "/nonexistent/x.wast: No such file or directory");
  CHECK_FALSE(find_scripts("/nonexistent"));
  CHECK(read_script("/").error().message() == "/: Is a directory");
}

// Needs the official suite (WJIT_SPEC_TESTSUITE: the folder with bin/ and MANIFEST.tsv); the list of what was
// not run is the business of the test script.
TEST_CASE("wast: assertions of the official suite, counted per file", "[wast][spec]") {
  if (spec_dir().empty()) {
    WARN("WJIT_SPEC_TESTSUITE is not set: the official suite was not read");
    return;
  }
  std::ifstream manifest(spec_dir() + "/MANIFEST.tsv");
  std::string line;
  size_t files = 0, total = 0;
  while (std::getline(manifest, line)) {
    std::vector<std::string> columns;
    std::stringstream split(line);
    for (std::string c; std::getline(split, c, '\t');) columns.push_back(c);
    std::string file = columns.at(0);
    if (file == "file" || file == "TOTAL") continue;
    INFO(file);
    auto script = read_script(spec_dir() + "/bin/" + file.substr(0, file.size() - 5) + ".bin.wast");
    INFO((script ? "" : script.error().message()));
    REQUIRE(script);
    size_t assertions = 0;
    for (const Command& c : script->commands) assertions += c.is_assertion();
    CHECK(assertions == std::stoul(columns.at(18)));
    auto raw = read_script(spec_dir() + "/raw/" + file);
    INFO((raw ? "" : raw.error().message()));
    REQUIRE(raw);
    size_t in_raw = 0;
    for (const Command& c : raw->commands) in_raw += c.is_assertion();
    CHECK(in_raw == std::stoul(columns.at(17)));
    ++files;
    total += assertions;
  }
  CHECK(files == 275);
  CHECK(total == 62141);
}
