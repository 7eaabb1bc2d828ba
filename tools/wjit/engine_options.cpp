#include <fmt/format.h>

#include <charconv>
#include <cstdlib>

#include "compiler/compile.h"
#include "compiler/opt/optimise.h"
#include "tools/wjit/options.h"

namespace wjit::cli {
namespace {

template <class E>
struct Choice {
  const char* name;
  E value;
};
constexpr Choice<Tier> kTiers[] = {
    {"interp", Tier::kInterp}, {"jit", Tier::kJit}, {"tiered", Tier::kTiered}};
constexpr Choice<TierConfig::Osr> kOsrs[] = {
    {"auto", TierConfig::Osr::kAuto}, {"off", TierConfig::Osr::kOff}, {"always", TierConfig::Osr::kAlways}};
constexpr Choice<CompilerConfig::Regalloc> kRegallocs[] = {{"scan", CompilerConfig::Regalloc::kScan},
                                                           {"spill", CompilerConfig::Regalloc::kSpill},
                                                           {"shuffle", CompilerConfig::Regalloc::kShuffle}};
constexpr Choice<unsigned> kOptLevels[] = {{"0", 0}, {"1", 1}};
constexpr Choice<CompilationMode> kModes[] = {{"eager", CompilationMode::kEager},
                                              {"lazy-translation", CompilationMode::kLazyTranslation},
                                              {"lazy", CompilationMode::kLazy}};
constexpr Choice<Dispatch> kDispatches[] = {
    {"auto", Dispatch::kAuto}, {"loop", Dispatch::kLoop}, {"tail", Dispatch::kTail}};
constexpr Choice<MemoryStyle> kMemoryStyles[] = {
    {"auto", MemoryStyle::kAuto}, {"guard", MemoryStyle::kGuard}, {"checks", MemoryStyle::kChecks}};

// Sets `out` to what `text` names; an empty one changes nothing. Else the message.
template <class E, size_t N>
std::optional<std::string> choose(const char* option, const std::string& text, const Choice<E> (&choices)[N],
                                  E& out) {
  if (text.empty()) return {};
  std::string known;
  for (const auto& c : choices) {
    if (text == c.name) {
      out = c.value;
      return {};
    }
    known += (known.empty() ? "" : ", ") + std::string(c.name);
  }
  return fmt::format("{}: found '{}', expected one of: {}", option, text, known);
}

constexpr Feature kFeatures[] = {
#define WJIT_F(id, name, on) Feature::id,
    WJIT_FEATURES(WJIT_F)
#undef WJIT_F
};

std::optional<Feature> find_feature(std::string_view name) {
  for (Feature f : kFeatures) {
    if (name == feature_name(f)) return f;
  }
  return {};
}

}  // namespace

Result<std::vector<std::pair<Feature, bool>>> parse_features(const std::string& text) {
  std::vector<std::pair<Feature, bool>> changes;
  for (size_t begin = 0; begin <= text.size();) {
    size_t end = std::min(text.find(',', begin), text.size());
    std::string item = text.substr(begin, end - begin);
    begin = end + 1;
    bool sign = !item.empty() && (item[0] == '+' || item[0] == '-');
    auto feature = sign ? find_feature(std::string_view(item).substr(1)) : std::nullopt;
    if (!feature) {
      std::string known;
      for (Feature f : kFeatures) known += (known.empty() ? "" : ", ") + std::string(feature_name(f));
      return Error(ErrorKind::kUsage,
                   fmt::format("--features: found '{}', expected '+' or '-' and one of: {}", item, known));
    }
    changes.emplace_back(*feature, item[0] == '+');
  }
  return changes;
}

namespace {
template <class E, size_t N>
Args names(const Choice<E> (&choices)[N]) {
  Args all;
  for (const auto& c : choices) all.push_back(c.name);
  return all;
}
}  // namespace

namespace {

// "3-7", "3-", "3": the functions that get native code. Tools that cannot reach a command line use the environment.
std::optional<std::string> choose_functions(const std::string& option, CompilerConfig& out) {
  const char* environment = std::getenv("WJIT_JIT_FUNCTIONS");
  const std::string text = !option.empty() ? option : environment ? environment : "";
  if (text.empty()) return {};
  const auto number = [](std::string_view digits, uint32_t& n) {
    const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), n);
    return end.ec == std::errc() && end.ptr == digits.data() + digits.size();
  };
  const size_t dash = text.find('-');
  const std::string_view first = std::string_view(text).substr(0, dash);
  const std::string_view last = dash == std::string::npos ? first : std::string_view(text).substr(dash + 1);
  if (number(first, out.first_function) && (last.empty() || number(last, out.last_function)) &&
      out.first_function <= out.last_function)
    return {};
  return fmt::format("--jit-functions: found '{}', expected FIRST-LAST, FIRST- or one index", text);
}

// "simplify,licm", "none": the passes of the mid-end that run.
std::optional<std::string> choose_passes(const std::string& option, CompilerConfig& out) {
  const char* environment = std::getenv("WJIT_OPT_PASSES");
  const std::string text = !option.empty() ? option : environment ? environment : "";
  if (text.empty()) return {};
  const auto passes = opt::parse_passes(text);
  if (!passes) return "--opt-passes: " + passes.error().message();
  out.opt_passes = *passes;
  return {};
}

}  // namespace

void EngineOptions::declare(Options& options) {
  options.value("--features", features, "+NAME,-NAME…", "Switch features on and off");
  options.choice("--tier", tier, "TIER", names(kTiers), "Which tier runs functions; wjit run: tiered if nothing is said");
  options.value("--tier-calls", tier_calls, "N", "With --tier=tiered: calls after which a function is hot");
  options.value("--tier-loops", tier_loops, "N", "Rounds of its loops after which a function is hot, likewise");
  options.choice("--osr", osr, "WHEN", names(kOsrs), "Whether a hot loop goes on in native code at once");
  options.value("--tier-seed", tier_seed, "N", "Choose those numbers at random for each function, up to the ones given");
  options.value("--compile-threads", compile_threads, "N",
                "How many threads compile; 0: with --tier=tiered, whoever runs what is hot does");
  options.value("--cpu", cpu, "FEATURES", "What native code may use: native, or sse2 and others with commas");
  options.choice("-O", opt_level, "LEVEL", names(kOptLevels), "How much native code is optimised");
  options.choice("--regalloc", regalloc, "KIND", names(kRegallocs), "How registers are given out");
  options.value("--regalloc-seed", regalloc_seed, "N", "What --regalloc=shuffle begins with");
  options.value("--jit-functions", jit_functions, "A-B",
                "Make native code of these functions alone, by index (also: the environment's WJIT_JIT_FUNCTIONS)");
  options.value("--opt-passes", opt_passes, "A,B",
                "Run these passes of the mid-end alone, or none (also: the environment's WJIT_OPT_PASSES)");
  options.flag("--poison", config.compiler.poison, "Noise above the 32 bits of every i32");
  options.flag("--verify", config.compiler.verify, "Prove each step of the compiler");
  options.choice("--mode", mode, "MODE", names(kModes), "When functions are validated and translated");
  options.choice("--dispatch", dispatch, "KIND", names(kDispatches), "The interpreter's dispatch");
  options.choice("--memory", memory, "STYLE", names(kMemoryStyles), "How memories are laid out");
}

std::optional<int> EngineOptions::resolve(const char* command) {
  std::string full = std::string("wjit ") + command;
  auto problem = choose("--tier", tier, kTiers, config.tier);
  if (!problem) problem = choose("--osr", osr, kOsrs, config.tiering.osr);
  const auto limited = [](std::optional<uint64_t> n, uint32_t& out) {
    if (n) out = static_cast<uint32_t>(std::min<uint64_t>(*n, ~uint32_t{0}));
  };
  limited(tier_calls, config.tiering.call_threshold);
  limited(tier_loops, config.tiering.loop_threshold);
  if (compile_threads) config.compile_threads = static_cast<unsigned>(std::min<uint64_t>(*compile_threads, 1024));
  if (tier_seed) config.tiering.seed = *tier_seed;
  if (!problem) problem = choose("--regalloc", regalloc, kRegallocs, config.compiler.regalloc);
  if (!problem) problem = choose("-O", opt_level, kOptLevels, config.compiler.opt_level);
  if (!problem) problem = choose_functions(jit_functions, config.compiler);
  if (!problem) problem = choose_passes(opt_passes, config.compiler);
  if (regalloc_seed) config.compiler.seed = *regalloc_seed;
  if (!cpu.empty()) {
    config.compiler.cpu = cpu;
    if (const auto known = parse_cpu_features(cpu); !known && !problem) problem = "--cpu: " + known.error().message();
  }
  if (!problem) problem = choose("--mode", mode, kModes, config.mode);
  if (!problem) problem = choose("--dispatch", dispatch, kDispatches, config.dispatch);
  if (!problem) problem = choose("--memory", memory, kMemoryStyles, config.memory_style);
  if (!problem && !features.empty()) {
    auto changes = parse_features(features);
    if (changes) {
      feature_changes = std::move(changes).ok();
    } else {
      problem = changes.err().message();
    }
  }
  if (problem) return report_usage(full, *problem);
  for (auto [feature, on] : feature_changes) config.features.set(feature, on);
  return {};
}

}  // namespace wjit::cli
