// What the runner expects of a script because of the folder it lies in: features, skips, refusals.
#pragma once
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "wjit/config.hpp"

namespace wjit::wast {

struct ScriptPolicy {
  FeatureSet features;
  // Features a default engine has are off: a module refused for the want of one is what the script calls
  // invalid.
  bool features_removed = false;
  // Every module that uses the legacy proposal must be refused with an error that names it.
  bool expects_legacy_refusal = false;
  // Reasons from skips.def; null where nothing may be skipped.
  const char* skip_script = nullptr;
  const char* skip_unsupported = nullptr;
};

// `base`: what the user's engine has before the folder changes it.
ScriptPolicy policy_for(const std::string& path, FeatureSet base);

// Does the path match the pattern from the start of one of its components on? Without ".bin.wast" or ".wast".
bool script_matches(std::string_view path, const char* pattern);

// The row of the result table a script counts in: the "primary" column of a MANIFEST.tsv above it that lists
// it, else its folder's name.
class FeatureNames {
 public:
  std::string row_of(const std::string& path);

 private:
  void load(const std::string& manifest);
  std::set<std::string> loaded_;                // manifests looked for
  std::map<std::string, std::string> primary_;  // absolute path of a script without its extension -> column
};

}  // namespace wjit::wast
