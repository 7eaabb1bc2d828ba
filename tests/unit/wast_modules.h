// The modules of the official scripts in binary form, without running the scripts: tests that mutate or
// re-judge them need no more. The scripts are found by the environment variable WJIT_SPEC_TESTSUITE.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace wjit::test {

struct WastModule {
  enum Expect : uint8_t { kValid, kInvalid, kMalformed } expect;
  std::string message;  // of the assertion, when it is one
  std::string file;     // relative to the suite's bin/
  int line;
  std::vector<uint8_t> bytes;
};

// The root of the suite, or nothing when it is not there.
std::optional<std::string> spec_testsuite();
// All modules of the .wast files whose path below bin/ begins with `prefix`, in the order of paths and
// places.
std::vector<WastModule> wast_modules(const std::string& prefix);

}  // namespace wjit::test
