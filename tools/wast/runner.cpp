#include "tools/wast/runner.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>

#include "tools/wast/script_run.h"

namespace wjit::wast {
namespace {

// Where the run is, for report_crashes(): prepared before each command, because a signal handler can only
// write.
char g_where[512];
std::atomic<size_t> g_where_size{0};
struct sigaction g_before[NSIG];

void note_command(const std::string& path, const Command& c) {
  const char* what = c.is_assertion() ? keyword(c.kind) : "command";
  auto end = fmt::format_to_n(g_where, sizeof g_where - 1, "wjit wast: crashed in {}:{}:{} ({})\n", path,
                              c.at.line, c.at.column, what);
  g_where_size = end.out - g_where;
}

// Says where, then hands the signal to whoever had it before: the default action, or a sanitizer's report.
void on_crash(int signal) {
  size_t size = g_where_size.exchange(0);
  if (size) [[maybe_unused]]
    auto ignored = write(STDERR_FILENO, g_where, size);
  sigaction(signal, &g_before[signal], nullptr);
  if (signal == SIGABRT) raise(signal);
}

}  // namespace

void report_crashes() {
  // A stack of its own, so that running out of stack is told too; sanitizers bring theirs.
  static char stack[64 << 10];
  stack_t current{};
  if (sigaltstack(nullptr, &current) == 0 && (current.ss_flags & SS_DISABLE)) {
    stack_t own{};
    own.ss_sp = stack;
    own.ss_size = sizeof stack;
    sigaltstack(&own, nullptr);
  }
  struct sigaction action {};
  action.sa_handler = on_crash;
  action.sa_flags = SA_ONSTACK | SA_NODEFER;
  for (int signal : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT}) sigaction(signal, &action, &g_before[signal]);
}

Runner::Runner(RunOptions options) : options_(std::move(options)) {
  if (!options_.say)
    options_.say = [](std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); };
  report_.has_native = options_.config.tier != Tier::kInterp;
}

Engine Runner::engine_for(FeatureSet features) {
  for (const auto& [set, engine] : engines_) {
    if (set == features) return engine;
  }
  Config config = options_.config;
  config.features = features;
  Engine& engine = engines_.emplace_back(features, Engine(config)).second;
  if (options_.prepare) options_.prepare(engine);
  return engine;
}

void Runner::run_file(const std::string& path) {
  auto script = read_script(path);
  if (script) return run(*script);
  Counts& counts = report_.by_feature[names_.row_of(path)];
  ++counts.files;
  ++counts.failed;
  options_.say(script.error().message() + "\n");
}

void Runner::note_native(const std::string& path, const NativeReport& made) {
  report_.native += made.native;
  for (const NativeReport::Stayed& f : made.stayed) {
    ++report_.stayed_by_reason[f.reason];
    if (may_stay_in_tier_0(f.reason)) continue;
    ++report_.unexpectedly_stayed;
    options_.say(fmt::format("{}: function {} stayed in tier 0, and tools/wast/tier0.def does not expect that: {}\n",
                             path, f.func_index, f.error.to_string()));
  }
}

void Runner::run(const Script& script) {
  ScriptPolicy policy = policy_for(script.path, options_.config.features);
  for (auto [feature, on] : options_.feature_changes) {
    policy.features.set(feature, on);
    policy.features_removed |= !on;
  }
  Counts& counts = report_.by_feature[names_.row_of(script.path)];
  ++counts.files;
  const bool tiered = options_.config.tier == Tier::kTiered;
  std::vector<Module> modules;  // where functions change tier, what became of them shows at the end
  ScriptRun run(engine_for(policy.features), policy, options_.call, [&](const Module& module) {
    tiered ? modules.push_back(module) : note_native(script.path, module.native_report());
  });
  for (const Command& c : script.commands) {
    counts.assertions += c.is_assertion();
    note_command(script.path, c);
    Verdict v = policy.skip_script ? Verdict::skip(policy.skip_script) : run.run(c);
    switch (v.kind) {
      case Verdict::Kind::kPassed:
        ++counts.passed;
        break;
      case Verdict::Kind::kSkipped:
        ++counts.skipped;
        ++report_.skips_by_reason[v.reason];
        break;
      case Verdict::Kind::kFailed:
        ++counts.failed;
        options_.say(fmt::format("{}:{}:{}: {}\n  expected {}\n  found    {}\n", script.path, c.at.line,
                                 c.at.column, to_string(c), v.expected, v.found));
    }
  }
  for (const Module& module : modules) {
    note_native(script.path, module.native_report());
    for (const TierReport::Function& f : module.tier_report().functions) {
      report_.loops_entered += f.loops_entered;
      report_.loops_refused += f.loops_refused;
      if (f.loops_refused) ++report_.loop_refusals[f.loop_refused];
    }
  }
  g_where_size = 0;
}

}  // namespace wjit::wast
