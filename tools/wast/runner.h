// Runs spec scripts and keeps the score.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/wast/policy.h"
#include "tools/wast/report.h"
#include "tools/wast/script.h"
#include "tools/wast/script_run.h"
#include "wjit/wjit.hpp"

namespace wjit::wast {

struct RunOptions {
  Config config;
  std::vector<std::pair<Feature, bool>> feature_changes;  // the user's; they win over the folder's
  // Gets each failure as lines of text. Nothing is said of what passes.
  std::function<void(std::string_view)> say;
  // For who runs scripts another way: what is done with an engine that was just made, and a script's calls.
  std::function<void(Engine&)> prepare;
  CallFunction call;
};

class Runner {
 public:
  explicit Runner(RunOptions options);

  // One script. A script that cannot be read or parsed is one failure.
  void run_file(const std::string& path);
  void run(const Script& script);
  const Report& report() const { return report_; }

 private:
  Engine engine_for(FeatureSet features);
  void note_native(const std::string& path, const NativeReport& made);

  RunOptions options_;
  Report report_;
  FeatureNames names_;
  // An engine has its features for good, so there is one for each set that folders ask for.
  std::vector<std::pair<FeatureSet, Engine>> engines_;
};

// From now on a crash of this process says on stderr which command of which script it was in, then takes its
// course.
void report_crashes();

}  // namespace wjit::wast
