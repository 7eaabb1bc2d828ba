// Rows of modules nobody would write: whatever they are, they are read and validated or refused with a
// reason.
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

#include "../../mutate.h"
#include "binary.h"
#include "catch.h"
#include "compiler/wasm/limits.h"
#include "compiler/wasm/validate.h"

using namespace wjit;
using namespace wjit::wasm;
using namespace wjit::test;

namespace {

// Small modules of the suite that are valid: a mutant of a large one is seldom a new case and always slow.
std::vector<WastModule> corpus(const FeatureSet& features, std::initializer_list<const char*> prefixes) {
  constexpr size_t kLargest = 4000;
  std::vector<WastModule> out;
  for (const char* prefix : prefixes)
    for (WastModule& m : wast_modules(prefix))
      if (m.expect == WastModule::kValid && m.bytes.size() <= kLargest && read(m.bytes, features))
        out.push_back(std::move(m));
  return out;
}

Result<void> judge(const Blob& bytes, FeatureSet features, std::shared_ptr<TypeRegistry> registry) {
  auto m = read(bytes, features, registry);
  if (!m) return tl::unexpected(m.error());
  return validate_module_bodies(**m, 1);
}

std::string hex(const Blob& bytes) {
  std::string out;
  char digits[4];
  for (uint8_t b : bytes) out += (std::snprintf(digits, sizeof digits, "%02x", b), digits);
  return out;
}

}  // namespace

TEST_CASE("100,000 mutants of the suite's modules are accepted or refused with a reason", "[mutants]") {
  auto modules = corpus(FeatureSet::all(), {"core/", "proposals/"});
  if (modules.empty()) {
    WARN("WJIT_SPEC_TESTSUITE is not set or not found: no module was mutated");
    return;
  }
  constexpr uint32_t kMutants = 100'000;
  auto registry = std::make_shared<TypeRegistry>();
  uint32_t accepted = 0, refused = 0;
  for (uint32_t seed = 0; seed < kMutants; seed++) {
    XorShift random(seed);
    Blob bytes = seed % 3 ? mutate_anywhere(random, modules) : mutate_bodies(random, modules);
    auto verdict = judge(bytes, seed % 2 ? FeatureSet::all() : FeatureSet::defaults(), registry);
    if (verdict) {
      accepted++;
      continue;
    }
    refused++;
    const Error& e = verdict.error();
    bool of_the_input = e.kind() == ErrorKind::kMalformed || e.kind() == ErrorKind::kInvalid ||
                        e.kind() == ErrorKind::kUnsupported || e.kind() == ErrorKind::kLimit;
    if (of_the_input && !e.message().empty() && e.offset() <= bytes.size()) continue;
    FAIL_CHECK("seed " << seed << ": " << e.to_string() << "\n" << hex(bytes));
  }
  INFO(modules.size() << " modules, " << accepted << " mutants accepted, " << refused << " refused");
  // Both must happen a lot, or the mutants are no test.
  CHECK(accepted > kMutants / 100);
  CHECK(refused > kMutants / 2);
}

namespace {

// What tests/spec/record_verdicts.py writes: a line of text about the oracle, the number of mutants, a
// checksum of their bytes, and one bit each (1: valid) in hexadecimal.
struct Verdicts {
  std::string oracle;
  uint32_t count = 0;
  uint64_t checksum = 0;
  std::string bits;
  bool valid(uint32_t i) const {
    char c = bits[i / 4];
    int digit = c <= '9' ? c - '0' : c - 'a' + 10;
    return digit >> (i % 4) & 1;
  }
};
Verdicts load_verdicts() {
  Verdicts v;
  std::ifstream in(WJIT_SOURCE_DIR "/tests/spec/verdicts.txt");
  std::string line;
  std::getline(in, v.oracle);
  in >> v.count >> v.checksum;
  while (in >> line) v.bits += line;
  return v;
}

Blob verdict_mutant(uint32_t seed, const std::vector<WastModule>& modules) {
  XorShift random(0x18'0000'0000 + seed);
  return seed % 8 ? mutate_bodies(random, modules) : mutate_anywhere(random, modules);
}

uint64_t add_to_checksum(uint64_t sum, const Blob& bytes) {
  for (uint8_t b : bytes) sum = (sum ^ b) * 0x100000001b3;
  return (sum ^ bytes.size()) * 0x100000001b3;
}

}  // namespace

TEST_CASE("verdicts on mutants are those of a second validator [row18]", "[mutants][row18]") {
  auto modules = corpus(FeatureSet::all(), {"core/", "proposals/"});
  Verdicts verdicts = load_verdicts();
  if (modules.empty()) {
    WARN("WJIT_SPEC_TESTSUITE is not set or not found: no verdict was compared");
    return;
  }
  REQUIRE(verdicts.count > 0);
  REQUIRE(verdicts.bits.size() * 4 >= verdicts.count);
  auto registry = std::make_shared<TypeRegistry>();
  uint64_t checksum = 0xcbf29ce484222325;
  uint32_t valid = 0;
  for (uint32_t seed = 0; seed < verdicts.count; seed++) {
    Blob bytes = verdict_mutant(seed, modules);
    checksum = add_to_checksum(checksum, bytes);
    auto ours = judge(bytes, FeatureSet::all(), registry);
    valid += verdicts.valid(seed);
    if (ours.has_value() != verdicts.valid(seed))
      FAIL_CHECK("mutant " << seed << " is " << (verdicts.valid(seed) ? "valid" : "not valid") << " to "
                           << verdicts.oracle << ", but here: " << (ours ? "valid" : ours.error().to_string())
                           << "\n"
                           << hex(bytes));
  }
  INFO("the suite's modules are not those the verdicts were recorded for: run tests/spec/record_verdicts.py");
  CHECK(checksum == verdicts.checksum);
  CHECK(valid > verdicts.count / 20);
}

// Not a test: writes the mutants for record_verdicts.py, each with its length in front.
TEST_CASE("write mutants", "[.write-mutants]") {
  const char* path = std::getenv("WJIT_WRITE_MUTANTS");
  const char* count = std::getenv("WJIT_MUTANT_COUNT");
  REQUIRE(path);
  REQUIRE(count);
  auto modules = corpus(FeatureSet::all(), {"core/", "proposals/"});
  REQUIRE_FALSE(modules.empty());
  std::ofstream out(path, std::ios::binary);
  uint64_t checksum = 0xcbf29ce484222325;
  for (uint32_t seed = 0; seed < uint32_t(std::atoi(count)); seed++) {
    Blob bytes = verdict_mutant(seed, modules);
    checksum = add_to_checksum(checksum, bytes);
    uint32_t size = uint32_t(bytes.size());
    out.write(reinterpret_cast<const char*>(&size), 4);
    out.write(reinterpret_cast<const char*>(bytes.data()), size);
  }
  REQUIRE(out.flush());
  std::ofstream(std::string(path) + ".sum") << checksum << "\n";
}
