// What a run of scripts came to.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

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
  // Where the tier is native code: functions that have some, and those that stayed in tier 0, by reason.
  bool has_native = false;
  uint64_t native = 0;
  std::map<std::string, uint64_t> stayed_by_reason;
  uint64_t loops_entered = 0, loops_refused = 0;  // on-stack replacement
  std::map<std::string, uint64_t> loop_refusals;
  uint64_t unexpectedly_stayed = 0;  // for reasons that tools/wast/tier0.def does not list

  Counts total() const;
};

// Does tools/wast/tier0.def list this reason?
bool may_stay_in_tier_0(std::string_view reason);

// The table by feature, skips by reason, and the line "N passed, N failed, N skipped".
std::string to_text(const Report& report);
// The same as a page for docs/.
std::string to_markdown(const Report& report);

}  // namespace wjit::wast
