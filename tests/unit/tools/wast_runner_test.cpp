#include "catch.h"
#include "tools/wast/compare.h"
#include "tools/wast/policy.h"
#include "tools/wast/runner.h"

using namespace wjit;
using namespace wjit::wast;

namespace {

// What a run of one script came to, and all it said.
struct Outcome {
  Counts counts;
  std::map<std::string, uint64_t> skips;
  std::string said;
};

Outcome run(std::string_view text, const std::string& path = "t.wast") {
  Outcome out;
  auto script = parse_script(text, path);
  INFO((script ? "" : script.error().message()));
  REQUIRE(script);
  Runner runner({Config{.tier = Tier::kInterp}, {}, [&](std::string_view said) { out.said += said; }});
  runner.run(*script);
  out.counts = runner.report().total();
  out.skips = runner.report().skips_by_reason;
  return out;
}

bool contains(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

Value value(const std::string& text) {
  auto script = parse_script("(assert_return (invoke \"f\") " + text + ")", "t.wast");
  REQUIRE(script);
  return script->commands[0].results[0];
}

// (module (func (export "f") (result i32) i32.const 42) (func (export "t") unreachable)
//         (func (export "n") (result f32) f32.const nan:0x200000))
#define MODULE                                                                                              \
  "(module binary "                                                                                         \
  "\"\\00asm\\01\\00\\00\\00\\01\\0c\\03\\60\\00\\01\\7f\\60\\00\\00\\60\\00\\01\\7d\\03\\04\\03"           \
  "\\00\\01\\02\\07\\0d\\03\\01f\\00\\00\\01t\\00\\01\\01n\\00\\02\\0a\\12\\03\\04\\00\\41\\2a\\0b\\03\\00" \
  "\\00\\0b\\07\\00\\43\\00\\00\\a0\\7f\\0b\")"
// (module (func (export "v") (drop (any.convert_extern (ref.null extern)))))
#define GC_MODULE                                                                                  \
  "(module binary "                                                                                \
  "\"\\00asm\\01\\00\\00\\00\\01\\04\\01\\60\\00\\00\\03\\02\\01\\00"                               \
  "\\07\\05\\01\\01v\\00\\00\\0a\\09\\01\\07\\00\\d0\\6f\\fb\\1a\\1a\\0b\")"

}  // namespace

TEST_CASE("wast runner: results are compared, and a difference is a failure with its place", "[wast]") {
  CHECK(run(MODULE "(assert_return (invoke \"f\") (i32.const 42))").counts.passed == 2);
  Outcome wrong = run(MODULE "\n (assert_return (invoke \"f\") (i32.const 43))");
  CHECK(wrong.counts.failed == 1);
  CHECK(wrong.said ==
        "t.wast:2:2: (assert_return (invoke \"f\") (i32.const 0x2b))\n  expected (i32.const 0x2b)\n"
        "  found    (i32.const 0x2a)\n");
  CHECK(run(MODULE "(assert_return (invoke \"f\") (i64.const 42))").counts.failed == 1);
  CHECK(run(MODULE "(assert_return (invoke \"f\"))").counts.failed == 1);
  CHECK(run(MODULE "(assert_return (invoke \"f\") (i32.const 42) (i32.const 42))").counts.failed == 1);
  CHECK(run(MODULE "(assert_return (invoke \"n\") (f32.const nan:0x200000))").counts.failed == 0);
  CHECK(run(MODULE "(assert_return (invoke \"n\") (f32.const nan:arithmetic))").counts.failed == 1);
  CHECK(run(MODULE "(assert_return (invoke \"t\"))").counts.failed == 1);
  CHECK(run(MODULE "(invoke \"t\")").counts.failed == 1);
  CHECK(run(MODULE "(assert_return (invoke \"none\"))").counts.failed == 1);
  CHECK(run(MODULE "(assert_return (get \"f\"))").counts.failed == 1);
}

TEST_CASE("wast runner: the kind of a trap counts", "[wast]") {
  CHECK(run(MODULE "(assert_trap (invoke \"t\") \"unreachable\")").counts.failed == 0);
  CHECK(run(MODULE "(assert_trap (invoke \"t\") \"integer overflow\")").counts.failed == 1);
  CHECK(run(MODULE "(assert_trap (invoke \"f\") \"unreachable\")").counts.failed == 1);
  CHECK(run(MODULE "(assert_exhaustion (invoke \"t\") \"call stack exhausted\")").counts.failed == 1);
  CHECK(run(MODULE "(assert_exception (invoke \"t\"))").counts.failed == 1);
}

TEST_CASE("wast runner: malformed, invalid and unlinkable are told apart", "[wast]") {
  const char* malformed = "(module binary \"\\00asm\\09\\00\\00\\00\") \"\")";
  // (func (result i32) i32.add)
  const char* invalid =
      "(module binary "
      "\"\\00asm\\01\\00\\00\\00\\01\\05\\01\\60\\00\\01\\7f\\03\\02\\01\\00\\0a\\05\\01\\03\\00\\6a\\0b"
      "\") \"\")";
  // (import "e" "n" (func (param i32)))
  const char* unlinkable =
      "(module binary \"\\00asm\\01\\00\\00\\00\\01\\05\\01\\60\\01\\7f\\00\\02\\07\\01\\01e\\01n\\00\\00\") "
      "\"\")";
  auto failures = [](const char* assertion, const char* module) {
    return run(std::string("(") + assertion + " " + module).counts.failed;
  };
  for (const char* assertion : {"assert_malformed", "assert_invalid", "assert_unlinkable"}) {
    INFO(assertion);
    bool about_malformed = std::string_view(assertion) == "assert_malformed";
    bool about_invalid = std::string_view(assertion) == "assert_invalid";
    CHECK(failures(assertion, malformed) == (about_malformed ? 0 : 1));
    CHECK(failures(assertion, invalid) == (about_invalid ? 0 : 1));
    CHECK(failures(assertion, unlinkable) == (about_malformed || about_invalid ? 1 : 0));
    CHECK(failures(assertion, "(module binary \"\\00asm\\01\\00\\00\\00\") \"\")") == 1);
  }
}

TEST_CASE("wast runner: definitions and instances have names of their own", "[wast]") {
  std::string definition = std::string(MODULE).insert(7, " definition $M");
  CHECK(run(definition +
            "(module instance $M $M) (module instance $N) (assert_return (invoke $M \"f\") (i32.const 42))"
            "(register \"M\" $N)")
            .counts.failed == 0);
  CHECK(run(definition + "(invoke \"f\")").counts.failed == 1);           // defined, not instantiated
  CHECK(run(definition + "(module instance $N $X)").counts.failed == 1);  // no such definition
  CHECK(run("(register \"x\" $N)").counts.failed == 1);
}

TEST_CASE("wast runner: what this tier does not run is a skip only where the table says so", "[wast]") {
  std::string script =
      GC_MODULE "(assert_return (invoke \"v\")) (assert_return (invoke \"w\"))";
  Outcome elsewhere = run(script, "core/x.wast");
  CHECK(elsewhere.counts.skipped == 0);
  CHECK(elsewhere.counts.failed == 2);
  Outcome listed = run(script, "/a/core/gc/x.bin.wast");
  CHECK(listed.counts.skipped == 1);
  CHECK(listed.counts.failed == 1);  // no such export: never a skip
  CHECK(listed.skips == std::map<std::string, uint64_t>{{"GC objects are not executed yet", 1}});
}

TEST_CASE("wast runner: after a skipped setup call an instance's results count for nothing", "[wast]") {
  // As GC_MODULE, with (func (export "i") (result i32) i32.const 1) beside it
  const char* script =
      "(module binary "
      "\"\\00asm\\01\\00\\00\\00\\01\\08\\02\\60\\00\\00\\60\\00\\01\\7f\\03\\03\\02\\00\\01"
      "\\07\\09\\02\\01v\\00\\00\\01i\\00\\01\\0a\\0e\\02\\07\\00\\d0\\6f\\fb\\1a\\1a\\0b\\04\\00\\41\\01\\0b\")"
      "(assert_return (invoke \"i\") (i32.const 1)) (assert_return (invoke \"v\")) (assert_return (invoke "
      "\"i\") "
      "(i32.const 1)) (invoke \"v\") (assert_return (invoke \"i\") (i32.const 1)) (assert_return (invoke "
      "\"i\") "
      "(i32.const 2))";
  Counts counts = run(script, "core/gc/x.wast").counts;
  CHECK((counts.passed == 3 && counts.skipped == 4 && counts.failed == 0));
  CHECK(run(script, "core/x.wast").counts.skipped == 0);
}

TEST_CASE("wast runner: what depends on a module that failed fails too", "[wast]") {
  Outcome o = run(
      "(module $m binary \"\") (invoke $m \"f\") (register \"m\" $m)"
      // (import "m" "f" (func))
      "(module binary \"\\00asm\\01\\00\\00\\00\\01\\04\\01\\60\\00\\00\\02\\07\\01\\01m\\01f\\00\\00\")");
  CHECK(o.counts.failed == 4);
  CHECK(contains(o.said, "no instance \"m\""));
}

TEST_CASE("wast runner: what depends on a refused legacy module is skipped, the refusal passes", "[wast]") {
  // (func try end) with the legacy opcode, exported as "f"
  const char* legacy =
      "(module binary "
      "\"\\00asm\\01\\00\\00\\00\\01\\04\\01\\60\\00\\00\\03\\02\\01\\00\\07\\05\\01\\01f\\00\\00"
      "\\0a\\07\\01\\05\\00\\06\\40\\0b\\0b\") (assert_return (invoke \"f\"))";
  Outcome o = run(legacy, "legacy-exceptions/x.wast");
  CHECK((o.counts.passed == 1 && o.counts.skipped == 1 && o.counts.failed == 0));
  CHECK(run(legacy, "core/x.wast").counts.failed == 2);
}

TEST_CASE("wast runner: modules as text", "[wast]") {
  CHECK(run("(module $m (func (export \"f\") (result i32) (i32.const 1)))"
            "(module quote \"(func $f (result i32) (i32.const 2)) (export \\22f\\22 (func $f))\")"
            "(assert_return (invoke \"f\") (i32.const 2)) (assert_return (invoke $m \"f\") (i32.const 1))"
            "(module definition $d (func)) (module instance $i $d)"
            "(assert_malformed (module quote \"(func\") \"\") (assert_invalid (module (func i32.add)) \"\")"
            "(assert_malformed_custom (module quote \"(func (@custom \\22x\\22))\") \"\")"
            "(assert_invalid_custom (module (func (@metadata.code.branch_hint \"\\00\") nop)) \"\")")
            .counts.failed == 0);
  Outcome wrong = run("\n(module (func (i32.cost 1)))");
  CHECK(wrong.counts.failed == 1);
  CHECK(contains(wrong.said, "2:16: found 'i32.cost'"));
  CHECK(run("(assert_malformed (module quote \"(func)\") \"\")").counts.failed == 1);
  CHECK(run("(assert_malformed_custom (module quote \"(func)\") \"\")").counts.failed == 1);
  CHECK(run("(func (export \"f\"))").counts.passed == 1);
}

TEST_CASE("wast runner: spectest", "[wast]") {
  // (import "spectest" "global_i32" (global i32)) (export "g" (global 0))
  CHECK(run("(module binary "
            "\"\\00asm\\01\\00\\00\\00\\02\\18\\01\\08spectest\\0aglobal_i32\\03\\7f\\00\\07\\05\\01\\01g"
            "\\03\\00\") (assert_return (get \"g\") (i32.const 666))")
            .counts.failed == 0);
}

TEST_CASE("wast runner: folders choose features", "[wast]") {
  FeatureSet base = FeatureSet::defaults();
  CHECK(policy_for("core/memory.wast", base).features == base);
  CHECK(policy_for("/x/proposals/wide-arithmetic/wide-arithmetic.bin.wast", base)
            .features.has(Feature::kWideArithmetic));
  CHECK(policy_for("proposals/custom-page-sizes/binary.wast", base).features.has(Feature::kCustomPageSizes));
  ScriptPolicy threads = policy_for("proposals/threads/imports.bin.wast", base);
  CHECK(threads.features.has(Feature::kThreads));
  CHECK_FALSE(threads.features.has(Feature::kMultiMemory));
  CHECK(threads.features_removed);
  CHECK(policy_for("proposals/threads/atomic.wast", base).features.has(Feature::kMultiMemory));
  CHECK(policy_for("bin/custom/branch_hint.bin.wast", base).skip_script != nullptr);
  CHECK(policy_for("raw/custom/branch_hint.wast", base).skip_script == nullptr);
  CHECK(policy_for("custom/name_annot.wast", base).skip_script == nullptr);
  CHECK(script_matches("/a/core/simd/b.bin.wast", "core/simd/*"));
  CHECK_FALSE(script_matches("/a/score/simd/b.wast", "core/simd/*"));
  CHECK_FALSE(script_matches("core/instance2.wast", "core/instance"));
}

TEST_CASE("wast runner: values against patterns", "[wast]") {
  auto f32 = [](uint32_t bits) { return Val::f32_bits(bits); };
  CHECK(matches(value("(f32.const nan:canonical)"), f32(0xffc0'0000)));
  CHECK_FALSE(matches(value("(f32.const nan:canonical)"), f32(0x7fc0'0001)));
  CHECK(matches(value("(f32.const nan:arithmetic)"), f32(0x7fc0'0001)));
  CHECK_FALSE(matches(value("(f32.const nan:arithmetic)"), f32(0x7fa0'0000)));
  CHECK_FALSE(matches(value("(f32.const nan:arithmetic)"), f32(0x7f80'0000)));
  CHECK_FALSE(matches(value("(f32.const 0)"), f32(0x8000'0000)));
  CHECK(matches(value("(f64.const nan:canonical)"), Val::f64_bits(0x7ff8'0000'0000'0000)));
  CHECK_FALSE(matches(value("(f64.const nan:canonical)"), f32(0x7fc0'0000)));
  CHECK(matches(value("(either (i32.const 1) (i32.const 2))"), Val(int32_t{2})));
  CHECK_FALSE(matches(value("(either (i32.const 1) (i32.const 2))"), Val(int32_t{3})));
  V128 v;
  v.bytes[0] = 1;
  v.bytes[15] = 0x80;
  CHECK(matches(value("(v128.const i8x16 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 -128)"), Val(v)));
  CHECK(matches(value("(v128.const i64x2 1 0x8000000000000000)"), Val(v)));
  CHECK_FALSE(matches(value("(v128.const i64x2 1 0)"), Val(v)));
  CHECK(matches(value("(v128.const f64x2 0x1p-1074 -0)"), Val(v)));
  CHECK(matches(value("(ref.null)"), Val::null(ValKind::kAnyRef)));
  CHECK(matches(value("(ref.null func)"), Val::null(ValKind::kFuncRef)));
  CHECK_FALSE(matches(value("(ref.func)"), Val::null(ValKind::kFuncRef)));
  CHECK_FALSE(matches(value("(ref.null)"), Val(int32_t{0})));
  Val host(ExternRef(std::any(uint32_t{7})));
  CHECK(matches(value("(ref.extern 7)"), host));
  CHECK(matches(value("(ref.extern)"), host));
  CHECK_FALSE(matches(value("(ref.extern 8)"), host));
  CHECK_FALSE(matches(value("(ref.null extern)"), host));
}

#if defined(__x86_64__)
TEST_CASE("wast runner: what stays in tier 0 is counted, and fails the run where it is not expected", "[wast]") {
  const auto script = parse_script(
      "(module (func (result i32) (i32.const 1)) (func (drop (struct.new $s))) (func) (func) (type $s (struct)))", "t.wast");
  REQUIRE(script);
  Config config{.tier = Tier::kInterp};
  std::string said;
  const auto report_for = [&] {
    said.clear();
    Runner runner({config, {}, [&](std::string_view text) { said += text; }});
    runner.run(*script);
    return runner.report();
  };
  CHECK_FALSE(contains(to_text(report_for()), "tier 0"));
  config.tier = Tier::kJit;
  Report report = report_for();
  CHECK(contains(to_text(report), "stayed, gc: 1\n3 functions had native code, 1 functions stayed in tier 0\n1 passed, 0 failed"));
  CHECK(report.unexpectedly_stayed == 0);
  CHECK(said.empty());
  config.compiler.first_function = 2;  // no reason that the table lists
  report = report_for();
  CHECK(report.unexpectedly_stayed == 2);
  CHECK(contains(to_text(report), "stayed, not asked for: 2 (NOT EXPECTED)\n"));
  CHECK(contains(to_text(report), "1 passed, 2 failed"));
  CHECK(contains(said, "t.wast: function 0 stayed in tier 0, and tools/wast/tier0.def does not expect that"));
  CHECK(may_stay_in_tier_0("gc"));
  CHECK_FALSE(may_stay_in_tier_0("simd"));
  CHECK_FALSE(may_stay_in_tier_0("other"));
}
#endif
