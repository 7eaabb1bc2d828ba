#include "compiler/wasm/text/parse_wat.h"

#include "compiler/wasm/validate.h"
#include "text_helpers.h"
#include "unit/mutate.h"

using namespace wjit;
using namespace wjit::test;
namespace text = wjit::wasm::text;

namespace {

// The bytes of the one function's body behind the locals, without the end.
std::string body_of(std::string_view source) {
  auto m = read_binary(parse(source), std::make_shared<wasm::TypeRegistry>());
  std::string out;
  auto body = m->body(0);
  for (size_t i = 1; i + 1 < body.size(); ++i) {
    char hex[4];
    std::snprintf(hex, sizeof hex, "%02x", body[i]);
    out += hex;
  }
  return out;
}

std::string repeat(std::string_view piece, size_t n) {
  std::string out;
  out.reserve(piece.size() * n);
  for (size_t i = 0; i < n; ++i) out += piece;
  return out;
}

std::optional<std::string> validate(std::span<const uint8_t> binary) {
  auto m = read_binary(binary, std::make_shared<wasm::TypeRegistry>());
  auto valid = wasm::validate_module_bodies(*m, 1);
  if (valid) return {};
  return valid.error().message();
}

}  // namespace

TEST_CASE("text: folded instructions come out in the order they run", "[text]") {
  CHECK(body_of("(func (drop (i32.add (i32.const 1) (i32.mul (i32.const 2) (i32.const 3)))))") ==
        body_of("(func i32.const 1 i32.const 2 i32.const 3 i32.mul i32.add drop)"));
  CHECK(body_of("(func (if (i32.eqz (i32.const 1)) (then (nop)) (else (unreachable))))") ==
        body_of("(func i32.const 1 i32.eqz if nop else unreachable end)"));
  CHECK(body_of("(func (block $a (loop $b (br $a) (br $b) (br 2))))") ==
        "02400340"
        "0c010c000c02"
        "0b0b");
  CHECK(body_of("(func (block $l (if $l (br $l) (then (br $l)))))") ==
        "0240"
        "0c00"
        "0440"
        "0c00"
        "0b0b");
  CHECK(body_of("(func (local i32 i32) (local $x i32) (local f32) (local.set $x (i32.const -1)))")
            .starts_with("03"));
}

TEST_CASE("text: immediates that may be left out", "[text]") {
  std::string head = "(memory $a 1) (memory $b 1) (data $d \"\") (table $t 1 funcref) (elem $e func) (func ";
  CHECK(body_of(head + "(v128.load8_lane 3))") == body_of(head + "(v128.load8_lane $a 3))"));
  CHECK(body_of(head + "(v128.load8_lane 1 3))") ==
        body_of(head + "(v128.load8_lane $b offset=0 align=1 3))"));
  CHECK(body_of(head + "memory.init 0 memory.init 1 0)") == "fc080000fc080001");
  CHECK(body_of(head + "table.init $e memory.size table.size)") == "fc0c00003f00fc1000");
  CHECK(body_of(head + "memory.copy memory.copy 0 1 memory.fill $b)") == "fc0a0000fc0a0001fc0b01");
  CHECK(body_of("(func i32.load offset=0x10 align=1)") == "280010");
  CHECK(body_of("(func select select (result i32) select (result))") == "1b1c017f1c00");
}

TEST_CASE("text: types without a name are found or added", "[text]") {
  auto m = read_binary(parse("(type $s (sub (func))) (rec (type (func)) (type (func)))"
                             "(func (param i32)) (func (param i32)) (func) (type (func (result i32)))"
                             "(func (block (param i32) (result i32 i32) unreachable) unreachable)"),
                       std::make_shared<wasm::TypeRegistry>());
  CHECK(m->types.size() == 7);  // 4 written, (param i32), (), and the block's
  CHECK(m->funcs[0] == m->funcs[1]);
  CHECK(m->funcs[2] != m->types[0]);
}

TEST_CASE("text: errors say what was found, what was expected and where", "[text]") {
  struct Row {
    const char* source;
    const char* error;
  };
  for (const Row& row : std::initializer_list<Row>{
           {"(module\n  (func $f (result i32)\n    (i32.cost 1)))",
            "3:6: found 'i32.cost', expected an instruction (unknown operator)"},
           {"(func (i32.const 4294967296))",
            "1:18: found '4294967296', expected an integer of 32 bits (constant out of range)"},
           {"(func (local.get $x))",
            "1:18: found '$x', expected the name of a parameter or local (unknown local)"},
           {"(func (call $g))", "1:13: found the unknown function $g, expected a name that the module binds"},
           {"(func $f) (func $f)", "1:17: found a duplicate function $f, expected a name that is not taken"},
           {"(func (param $x i32) (local $x i32))",
            "1:29: found a duplicate local $x, expected a name that is not taken"},
           {"(func (br $l))", "1:11: found the unknown label $l, expected one of a block around"},
           {"(func block $a end $b)", "1:20: found the mismatching label $b, expected $a"},
           {"(func block)", "1:12: found a closing parenthesis, expected 'end' for the block of 1:7"},
           {"(func end)", "1:7: found 'end', expected an instruction: no block is open here"},
           {"(func (if (i32.const 1)))",
            "1:24: found a closing parenthesis, expected (then …) behind the condition"},
           {"(func (i32.add i32.const 1))",
            "1:16: found 'i32.const', expected an instruction in parentheses or a closing parenthesis"},
           {"(func) (import \"a\" \"b\" (func))",
            "1:16: found an import after a func, expected imports before all definitions"},
           {"(start 0) (start 0)", "1:18: found multiple start sections, expected one (start …)"},
           {"(func (i32.load align=3))",
            "1:17: found 'align=3', expected an alignment that is a power of two"},
           {"(type $t (func)) (func (type $t) (param i32))",
            "1:24: found an inline function type that differs from type 0, expected the same parameters and "
            "results, "
            "or none"},
           {"(module (func)", "1:15: found the end of the text, expected a closing parenthesis"},
           {"(module) x", "1:10: found 'x', expected the end of the text after the module"},
           {"(modul)",
            "1:2: found 'modul', expected a module field: type, rec, import, func, table, memory, global, "
            "tag, export, "
            "start, elem or data"},
           {"(data \"a\" x)",
            "1:11: found 'x', expected a string of the segment's bytes or a closing parenthesis"},
           {"(memory 1 (pagesize 3))", "1:21: found an invalid custom page size 3, expected a power of two"},
           {"(export \"\\ff\" (func 0))",
            "1:9: found the string \"\\ff\" with malformed UTF-8 encoding, expected the name of an export as "
            "a string "
            "in UTF-8"},
           {"(func \xff)", "1:7: found the byte 0xff, expected UTF-8 (malformed UTF-8 encoding)"},
           {"\n (func (; x", "2:8: found a comment without an end, expected \";)\""},
           {"(func $)", "1:7: found an empty identifier, expected a name right after '$'"},
           {"(func \"a\nb\")", "1:7: found an unclosed string, expected a closing quote on its line"},
           {"(func \"\\q\")",
            "1:8: found the escape \"\\q\", expected \\hh, \\t, \\n, \\r, \\\", \\', \\\\ or \\u{hex scalar "
            "value}"},
           {"(func (@custom \"x\"))", "1:7: found a misplaced @custom annotation, expected an instruction"},
       }) {
    CHECK(error_of(row.source) == row.error);
  }
}

TEST_CASE("text: legacy exceptions are named for what they are", "[text]") {
  auto m = text::parse_wat("(func (try (do)))");
  REQUIRE_FALSE(m);
  CHECK(m.error().kind() == ErrorKind::kUnsupported);
  CHECK(m.error().message().find("legacy exception-handling") != std::string::npos);
}

TEST_CASE("text: branch hints become their section", "[text]") {
  auto m =
      read_binary(parse("(func (param i32) (@metadata.code.branch_hint \"\\01\") (if (local.get 0) (then)))"
                        "(func local.get 0 (@metadata.code.branch_hint \"\\00\") br_if 0)"),
                  std::make_shared<wasm::TypeRegistry>());
  REQUIRE(m->customs.size() == 1);
  CHECK(m->customs[0].name == "metadata.code.branch_hint");
  CHECK(std::string(m->customs[0].bytes.begin(), m->customs[0].bytes.end()) ==
        std::string("\2\0\1\3\1\1\1\1\3\1\0", 11));
  auto misplaced = text::parse_wat("(func (@metadata.code.branch_hint \"\\01\") nop)");
  REQUIRE_FALSE(misplaced);
  CHECK(misplaced.error().kind() == ErrorKind::kInvalid);
}

TEST_CASE("text: errors of the binary are told by their place in the text", "[text]") {
  std::string source = "(module\n  (func)\n  (func (result i32)\n\ti32.const 1\n\tf32.neg))";
  auto m = text::parse_wat(source);
  REQUIRE(m);
  auto read = read_binary(m->binary, std::make_shared<wasm::TypeRegistry>());
  auto valid = wasm::validate_module_bodies(*read, 1);
  REQUIRE_FALSE(valid);
  Error error = text::locate(*m, source, valid.error());
  CHECK(error.message().starts_with("5:2: "));
  CHECK(error.message().ends_with("\n   f32.neg))\n   ^"));
  CHECK(text::excerpt("a\r\nb\rcd", {3, 2}) == "\n  cd\n   ^");
  CHECK(text::excerpt("é x", {1, 4}) == "\n  é x\n    ^");
  CHECK(text::excerpt(repeat("x", 1000), {1, 500}).size() < 300);
  CHECK(text::excerpt("x", {7, 1}).empty());
}

TEST_CASE("text: nesting costs no native stack", "[text]") {
  constexpr size_t kDepth = 100'000;
  auto check = [](const std::string& source) {
    auto binary = parse(source);
    CHECK(validate(binary) == std::nullopt);
    round_trip(*read_binary(binary, std::make_shared<wasm::TypeRegistry>()));
  };
  check("(func " + repeat("(block ", kDepth) + repeat(")", kDepth) + ")");
  check("(func " + repeat("block ", kDepth) + repeat("end ", kDepth) + ")");
  check("(func " + repeat("(if (i32.const 1) (then ", kDepth) + repeat("))", kDepth) + ")");
  check("(func (drop " + repeat("(i32.eqz ", kDepth) + "(i32.const 1)" + repeat(")", kDepth) + "))");
  check("(func (block $out " + repeat("(block $l (br $out)", kDepth) + repeat(")", kDepth) + "))");
  check(repeat("(; ", kDepth) + repeat(";)", kDepth));
  check("(@x " + repeat("(@y (", kDepth) + repeat("))", kDepth) + ")");
  CHECK(error_of(repeat("(", kDepth)).starts_with("1:2: found an opening parenthesis"));
  CHECK(error_of("(func " + repeat("(block ", kDepth)).find("the end of the text") != std::string::npos);
}

TEST_CASE("text: what looks like text", "[text]") {
  auto looks = [](std::string_view s) {
    return text::looks_like_text({reinterpret_cast<const uint8_t*>(s.data()), s.size()});
  };
  CHECK(looks("(module)"));
  CHECK(looks(" \r\n\t(func)"));
  CHECK(looks(";; comment\n"));
  CHECK_FALSE(looks(std::string_view("\0asm\1\0\0\0", 8)));
  CHECK_FALSE(looks(""));
  CHECK_FALSE(looks("; x"));
}

// Characters and pieces of text put in, taken out and swapped: whatever comes of it is parsed or refused with
// a place.
TEST_CASE("text: mutants of texts are parsed or refused with a place", "[text][mutants]") {
  const std::string corpus[] = {
      "(module $m (type $t (func (param i32) (result i32))) (import \"a\" \"b\" (func $i (type $t)))\n"
      "(memory (export \"m\") 1 2) (data (i32.const 0) \"a\\00\\u{7f}\") (table $x funcref (elem $f $i))\n"
      "(func $f (param $p i32) (result i32) (local $l i64) (block $b (result i32) (br_if $b (i32.const 0x1f) "
      "(local.get "
      "$p))))\n (export \"f\" (func $f)) (global $g (mut f64) (f64.const -0x1.8p+3)) (start $s) (func $s))",
      "(rec (type $a (struct (field $x i8))) (type $b (sub final $a (struct (field i8)))))\n(tag $e (param "
      "i32))"
      "(func (try_table (catch $e 0) (catch_all_ref 0)) if $l else $l end $l (v128.const i32x4 1 2 3 4) "
      "drop\n"
      "(i32.atomic.rmw.add offset=4 align=4 (i32.const 0) (i32.const nan:0x1)) (struct.get $a $x (ref.null "
      "none)))",
      "(@custom \"n\" (after func) \"x\") (elem declare func 0) (elem (ref null func) (item (ref.null func)))"
      "(; c (; d ;) ;) ;; e\n(func (@name \"q\") (@metadata.code.branch_hint \"\\01\") (if (i32.const 1) "
      "(then)))",
  };
  const char* pieces[] = {
      "(",     ")",     "\"",     "$",      "\\", "(;",      ";)",     "(@a ",  "block ",        "end ",
      "else ", "(then", "(param", "(type ", "0x", "nan:0x1", "\x80",   "\n",    "(@custom ",     "$f ",
      "(if ",  "i32 ",  "(ref ",  "9e99 ",  "_",  "-",       "(data ", "(rec ", "\"\\u{d800}\"", "func "};
  auto registry = std::make_shared<wasm::TypeRegistry>();
  size_t parsed = 0, refused = 0;
  for (uint32_t seed = 0; seed < 30'000; ++seed) {
    XorShift random(seed);
    std::string source = corpus[random.below(std::size(corpus))];
    for (uint32_t n = 1 + random.below(4); n; --n) {
      size_t at = random.below(uint32_t(source.size()) + 1);
      size_t length = std::min<size_t>(random.below(8), source.size() - at);
      switch (random.below(4)) {
        case 0:
          source.erase(at, length);
          break;
        case 1:
          source.insert(at, pieces[random.below(std::size(pieces))]);
          break;
        case 2:
          source.insert(at, source.substr(random.below(uint32_t(source.size()) + 1), random.below(40)));
          break;
        default:
          if (at < source.size()) source[at] = char(random.below(256));
      }
    }
    auto m = text::parse_wat(source);
    if (!m) {
      ++refused;
      INFO(source);
      CHECK((m.error().message().find(": found ") != std::string::npos ||
             m.error().kind() == ErrorKind::kUnsupported));
      continue;
    }
    ++parsed;
    auto read = wasm::read_module(wasm::copy_bytes(m->binary), FeatureSet::all(), registry);
    if (read) (void)text::print_wat(**read);
    if (!read && read.error().kind() == ErrorKind::kMalformed) {
      // Text that parses is never a malformed binary.
      INFO(source);
      INFO(read.error().to_string());
      CHECK(false);
    }
  }
  CHECK(parsed > 500);
  CHECK(refused > 1000);
}
