// What the compiler makes of a profile: where blocks go, and which calls are replaced by bodies.
#include "catch.h"
#include "compiler/compile.h"
#include "compiler/ir/print.h"
#include "runtime/compiled_module.h"
#include "runtime/jit/native_module.h"
#include "wjit/wjit.hpp"

using namespace wjit;

namespace {

struct Subject {
  Engine engine;
  Module module;
  explicit Subject(std::string_view wat) : module(Module::from_text(engine, wat).ok()) {}
  // Where the n-th instruction of this name is, by the offsets in the IR.
  struct Seen {
    std::string translated, optimised, lowered;
  };
  Seen compile(uint32_t defined, const std::function<const translate::Profile*(uint32_t)>& profile = nullptr) {
    auto options = rt::compile_options(module.impl(), 1);
    REQUIRE(options.has_value());
    options->profile = profile;
    options->verify = true;
    Seen seen;
    Stages stages;
    stages.translated = [&](const ir::Function& f) { seen.translated = ir::print(f); };
    stages.optimised = [&](const ir::Function& f) { seen.optimised = ir::print(f); };
    stages.lowered = [&](const std::string& text) { seen.lowered = text; };
    const auto code = compile_func(module.impl().wasm(), module.impl().offsets, *options, defined, stages);
    if (!code) FAIL(code.error().message());
    return seen;
  }
};

// Offsets of all branches of a function, in order: `; @1a2` behind each brif.
std::vector<uint32_t> branches(const std::string& text) {
  std::vector<uint32_t> out;
  for (size_t at = 0; (at = text.find("  brif ", at)) != std::string::npos; ++at)
    out.push_back(static_cast<uint32_t>(std::stoul(text.substr(text.find("; @", at) + 3), nullptr, 16)));
  return out;
}
size_t count(const std::string& text, std::string_view what) {
  size_t n = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

}  // namespace

#if defined(__x86_64__)

TEST_CASE("profile: a block that was never reached goes behind the others", "[profile]") {
  Subject s(R"((module (memory 1) (func (export "f") (param i32) (result i32)
    (if (i32.and (local.get 0) (i32.const 1)) (then (i32.store (i32.const 0) (local.get 0))))
    (if (i32.and (local.get 0) (i32.const 2)) (then (i32.store (i32.const 4) (local.get 0))))
    (i32.const 7))))");
  const auto plain = s.compile(0);
  CHECK(count(plain.lowered, "cold") == 0);
  const auto at = branches(plain.translated);
  REQUIRE(at.size() == 2);
  CHECK(plain.translated.find("likely") == std::string::npos);
  translate::Profile p;
  p.calls = 500;
  p.branches = {{at[0], 0, 500}, {at[1], 250, 250}};
  const auto seen = s.compile(0, [&](uint32_t) { return &p; });
  CHECK(seen.translated.find(" likely 66 ") != std::string::npos);
  CHECK(seen.translated.find(" likely 32768 ") != std::string::npos);
  CHECK(count(seen.lowered, " cold") == 1);
  const size_t cold = seen.lowered.find(" cold");
  CHECK(seen.lowered.rfind("store") > cold);               // the one in it
  CHECK(seen.lowered.find("ret") < cold);
  // Too little to know.
  p.branches = {{at[0], 0, 10}, {at[1], 3, 3}};
  CHECK(s.compile(0, [&](uint32_t) { return &p; }).lowered == plain.lowered);
}

TEST_CASE("profile: calls are replaced where they are hot, and not where they are never made", "[profile]") {
  // A body too large for a call that nobody knows to be hot.
  std::string body;
  for (int i = 0; i < 30; ++i) body += "(i32.store (i32.const " + std::to_string(i * 4) + ") (local.get 0))";
  Subject s("(module (memory 1) (func $g (param i32)" + body + R"()
    (func $small (param i32) (i32.store (i32.const 0) (local.get 0)))
    (func (export "f") (param i32)
      (if (local.get 0) (then (call $g (i32.const 1))) (else (call $small (i32.const 2)))))))");
  const auto plain = s.compile(2);
  CHECK(count(plain.optimised, "call fn0") == 1);
  CHECK(count(plain.optimised, "call fn1") == 0);
  translate::Profile p;
  p.calls = 1000;
  p.branches = {{branches(plain.translated).at(0), 500, 0}};
  const auto seen = s.compile(2, [&](uint32_t defined) { return defined == 2 ? &p : nullptr; });
  CHECK(count(seen.optimised, "call fn0") == 0);
  CHECK(count(seen.optimised, "call fn1") == 1);
}

#endif
