// What a run of scripts came to.
#pragma once
#include <cstdint>
#include <map>
#include <string>

namespace wjit::wast {

struct Counts {
  uint64_t files = 0;
  uint64_t assertions =
      0;  // commands assert_…; modules, instances, registrations and bare actions come on top
  uint64_t passed = 0, failed = 0, skipped = 0;

  Counts& operator+=(const Counts& o);
};

struct Report {
  std::map<std::string, Counts> by_feature;
  std::map<std::string, uint64_t> skips_by_reason;

  Counts total() const;
};

// The table by feature, skips by reason, and the line "N passed, N failed, N skipped".
std::string to_text(const Report& report);
// The same as a page for docs/.
std::string to_markdown(const Report& report);

}  // namespace wjit::wast
