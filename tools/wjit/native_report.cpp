#include "tools/wjit/native_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <map>

#include "runtime/compiled_module.h"
#include "runtime/jit/native_module.h"
#include "tools/wjit/options.h"

namespace wjit::cli {

std::string pass_table(const support::PassTimes& times) {
  uint64_t sum = 0;
  for (uint64_t n : times.nanoseconds) sum += n;
  std::string out = fmt::format("{:<12} {:>12} {:>8}\n", "pass", "ms", "%");
  const auto row = [&](const char* name, uint64_t n) {
    out += fmt::format("{:<12} {:>12.3f} {:>8.1f}\n", name, static_cast<double>(n) / 1e6,
                       sum ? 100.0 * static_cast<double>(n) / static_cast<double>(sum) : 0.0);
  };
  for (size_t i = 0; i < support::kPassCount; ++i) row(support::kPassNames[i], times.nanoseconds[i]);
  row("all", sum);
  return out;
}

namespace {

std::vector<TierReport::Function> by_heat(const Module& module) {
  std::vector<TierReport::Function> all = module.tier_report().functions;
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return uint64_t{a.calls} + a.loops > uint64_t{b.calls} + b.loops;
  });
  return all;
}

std::string tiered_table(const Module& module) {
  const auto all = by_heat(module);
  if (all.empty()) return "";
  std::string out = fmt::format("{:>9} {:>9} {:>9} {:>10} {:>10} {:>8} {:>7} {:>7}  {}\n", "tier", "calls", "rounds",
                                "translate", "compile", "code", "entered", "refused", "function");
  for (const auto& f : all) {
    const std::string_view name = module.impl().func_name(f.func_index);
    out += fmt::format("{:>9} {:>9} {:>9} {:>8.1f}us {:>8.1f}us {:>8} {:>7} {:>7}  {}{}\n",
                       f.native            ? "native"
                       : f.refused.empty() ? "interp"
                                           : "refused",
                       f.calls, f.loops, static_cast<double>(f.translate_nanoseconds) / 1e3,
                       static_cast<double>(f.compile_nanoseconds) / 1e3, f.code_bytes, f.loops_entered,
                       f.loops_refused, f.func_index, name.empty() ? "" : fmt::format(" '{}'", name));
    if (!f.loop_refused.empty()) out += fmt::format("          a loop was refused: {}\n", f.loop_refused);
  }
  return out;
}

}  // namespace

std::string tier_report_json(const Module& module) {
  std::string out = "[";
  for (const auto& f : by_heat(module)) {
    out += fmt::format(
        "{}\n  {{\"function\": {}, \"name\": {}, \"native\": {}, \"calls\": {}, \"rounds\": {}, "
        "\"translate_nanoseconds\": {}, \"compile_nanoseconds\": {}, \"code_bytes\": {}, \"refused\": {}, "
        "\"loops_compiled\": {}, \"loops_entered\": {}, \"loops_refused\": {}, \"loop_refused\": {}}}",
        out.size() > 1 ? "," : "", f.func_index, json_string(module.impl().func_name(f.func_index)), f.native, f.calls,
        f.loops, f.translate_nanoseconds, f.compile_nanoseconds, f.code_bytes, json_string(f.refused), f.loops_compiled,
        f.loops_entered, f.loops_refused, json_string(f.loop_refused));
  }
  return out + "\n]\n";
}

std::string tier_report(const Module& module) {
  const NativeReport report = module.native_report();
  std::string out = fmt::format("{} functions have native code, {} functions stayed in tier 0\n", report.native,
                                report.stayed.size());
  std::map<std::string, size_t> by_reason;
  for (const auto& f : report.stayed) ++by_reason[f.reason];
  for (const auto& [reason, n] : by_reason) out += fmt::format("stayed, {}: {}\n", reason, n);
  for (const auto& f : report.stayed) {
    const std::string_view name = module.impl().func_name(f.func_index);
    const std::string said = fmt::format("function {}: ", f.func_index);  // by some errors themselves
    std::string why = f.error.to_string();
    if (why.starts_with(said)) why.erase(0, said.size());
    out += fmt::format("function {}{}: {}\n", f.func_index, name.empty() ? "" : fmt::format(" '{}'", name), why);
  }
  return out + tiered_table(module);
}

void measure_times(bool wanted) {
  if (wanted) rt::measure_passes();
}

void print_times(const Module& module) {
  const rt::NativeModule* native = module.impl().native.get();
  std::fflush(stdout);
  std::fputs(pass_table(native ? native->times() : support::PassTimes{}).c_str(), stderr);
}

}  // namespace wjit::cli
