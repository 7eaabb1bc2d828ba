// Every function of the official suite's modules, and of a large program, becomes a function that the verifier accepts,
// or is refused for a reason that is expected by name.
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>

#include "catch.h"
#include "compiler/ir/print.h"
#include "compiler/ir/verify.h"
#include "compiler/wasm/read_module.h"
#include "runtime/compiled_module.h"
#include "unit/compiler/translate/translate.h"
#include "unit/wast_modules.h"

using namespace wjit;

namespace {

struct Counts {
  size_t functions = 0, insts = 0;
  std::map<std::string, size_t> refused;
};

// The instruction that a message is about, and why, without numbers.
std::string reason(const std::string& message) {
  const size_t at = message.find(" is valid");
  if (at == std::string::npos) return message;
  const size_t from = message.rfind(' ', at - 1);
  std::string name = message.substr(from == std::string::npos ? 0 : from + 1, at - (from == std::string::npos ? 0 : from + 1));
  const size_t why = message.find("yet: ");
  return why == std::string::npos ? name : name + message.substr(why + 3);
}

// Whether a refusal is one of those that docs and issues name.
bool expected(const std::string& r) {
  if (r.find("legacy exception-handling") != std::string::npos) return true;  // refused by every tier
  for (const char* prefix : {"throw", "try_table", "struct.", "array.", "any.convert_extern", "extern.convert_any"})
    if (r.starts_with(prefix)) return true;
  return r.find(": the type") != std::string::npos || r.find("holds an exnref") != std::string::npos;
}

void translate_all(const wasm::Module& m, translate::Options options, bool guard, Counts& counts) {
  const vm::VMOffsets offsets(rt::module_counts(m));
  const auto memories = test::memory_infos(m, guard, 1 << 20);
  translate::Buffers buffers;
  for (uint32_t i = 0; i < m.bodies.size(); ++i) {
    const auto f = translate::func_to_ir({m, offsets, options, memories}, i, buffers);
    ++counts.functions;
    if (!f) {
      CHECK(f.error().kind() == ErrorKind::kUnsupported);
      ++counts.refused[reason(f.error().message())];
      continue;
    }
    counts.insts += f->inst_count();
    if (const auto ok = ir::verify(*f); !ok) FAIL("function " << i << ": " << ok.error().message() << "\n" << ir::print(*f));
  }
}

void check_refused(const Counts& counts) {
  for (const auto& [why, n] : counts.refused) {
    INFO(why << " (" << n << ")");
    CHECK(expected(why));
  }
}

void print_if_asked(const char* what, const Counts& counts) {
  if (!std::getenv("WJIT_TEST_PRINT")) return;
  std::printf("%s: %zu functions, %zu instructions\n", what, counts.functions, counts.insts);
  for (const auto& [why, n] : counts.refused) std::printf("  stays in tier 0: %6zu %s\n", n, why.c_str());
}

}  // namespace

TEST_CASE("every function of the official suite is translated or refused by name", "[translate]") {
  if (!test::spec_testsuite()) return;
  const auto modules = test::wast_modules("");
  REQUIRE(modules.size() > 1000);
  for (const bool guard : {true, false}) {
    Counts counts;
    for (const test::WastModule& w : modules) {
      if (w.expect != test::WastModule::kValid) continue;
      const auto m = wasm::read_module(wasm::copy_bytes(w.bytes), FeatureSet::all(), std::make_shared<wasm::TypeRegistry>());
      if (!m) continue;
      INFO(w.file << ":" << w.line);
      translate_all(**m, {.fuel = !guard, .epoch = !guard}, guard, counts);
    }
    print_if_asked(guard ? "suite, guard pages" : "suite, checks, fuel, epochs", counts);
    check_refused(counts);
    CHECK(counts.functions > 8'000);
  }
}

// A body that is not valid is refused with the validator's error, whatever was made of it before.
TEST_CASE("invalid bodies are refused", "[translate]") {
  if (!test::spec_testsuite()) return;
  size_t refused = 0;
  for (const test::WastModule& w : test::wast_modules("")) {
    // With all features on, some of what one proposal forbids is another's.
    if (w.expect != test::WastModule::kInvalid || w.file.starts_with("proposals/")) continue;
    const auto m = wasm::read_module(wasm::copy_bytes(w.bytes), FeatureSet::all(), std::make_shared<wasm::TypeRegistry>());
    if (!m) continue;
    const vm::VMOffsets offsets(rt::module_counts(**m));
    translate::Buffers buffers;
    bool ok = true;
    for (uint32_t i = 0; i < (*m)->bodies.size(); ++i)
      ok &= translate::func_to_ir({**m, offsets, {}, {}}, i, buffers).has_value();
    INFO(w.file << ":" << w.line);
    CHECK_FALSE(ok);
    ++refused;
  }
  CHECK(refused > 1000);
}

// WJIT_TEST_WASM: a large program, for those who have one.
TEST_CASE("every function of a large program is translated", "[translate][large]") {
  const char* path = std::getenv("WJIT_TEST_WASM");
  if (!path) return;
  std::ifstream file(path, std::ios::binary);
  const std::vector<uint8_t> bytes{std::istreambuf_iterator<char>(file), {}};
  const auto m = wasm::read_module(wasm::copy_bytes(bytes), FeatureSet::all(), std::make_shared<wasm::TypeRegistry>());
  REQUIRE(m);
  for (const bool guard : {true, false}) {
    Counts counts;
    translate_all(**m, {.fuel = !guard, .epoch = !guard}, guard, counts);
    print_if_asked("program", counts);
    CHECK(counts.refused.empty());
  }
}
