#include "tools/wjit/native_report.h"

#include <fmt/format.h>

#include <cstdio>
#include <map>

#include "runtime/compiled_module.h"
#include "runtime/jit/native_module.h"

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
  return out;
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
