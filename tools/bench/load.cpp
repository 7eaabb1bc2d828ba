// tools/dev bench load FILE: what loading a module costs, beside Node. Every measurement is a fresh process,
// and the competitors take turns, so that a noisy machine is equally noisy for all.
#include "tools/bench/load.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "tools/bench/process.h"
#include "tools/bench/stats.h"

namespace wjit::bench {
namespace {

constexpr int kRuns = 11;

// Node says itself how long the module took: its own start is not ours to compare with.
constexpr const char* kNodeScript =
    "const bytes = require('fs').readFileSync(process.argv[1]);"
    "const start = process.hrtime.bigint();"
    "new WebAssembly.Module(bytes);"
    "console.log(Number(process.hrtime.bigint() - start) / 1e6);";

struct Contender {
  std::string name;
  std::vector<std::string> command;
  bool reports_own_time = false;
  std::vector<double> milliseconds{};
  std::vector<double> peak_mib{};
  std::string failure{};
};

// One turn; the first of all is not counted, it only fills the page cache.
void take_turn(Contender& c, bool counted) {
  if (!c.failure.empty()) return;
  auto cost = run_program(c.command);
  if (!cost) {
    c.failure = "cannot start " + c.command[0];
  } else if (cost->exit_code != 0) {
    c.failure = "exit code " + std::to_string(cost->exit_code);
  } else if (counted) {
    c.milliseconds.push_back(c.reports_own_time ? std::atof(cost->output.c_str()) : cost->milliseconds);
    c.peak_mib.push_back(double(cost->peak_kib) / 1024);
  }
}

void print_row(const Contender& c) {
  if (!c.failure.empty()) {
    std::printf("%-34s not measured: %s\n", c.name.c_str(), c.failure.c_str());
    return;
  }
  auto [low, high] = std::minmax_element(c.milliseconds.begin(), c.milliseconds.end());
  std::printf("%-34s %9.1f %9.1f %9.1f %12.1f\n", c.name.c_str(), median(c.milliseconds), *low, *high,
              median(c.peak_mib));
}

}  // namespace

int bench_load(const std::string& file) {
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) {
    std::fprintf(stderr, "wjit-bench: cannot read %s\n", file.c_str());
    return 1;
  }
  double file_mib = double(info.st_size) / (1 << 20);
  std::string wjit = beside_this_program("wjit"), node = find_program("node");
  std::vector<Contender> contenders = {
      {"wjit validate", {wjit, "validate", file}},
      {"wjit load --lazy", {wjit, "load", "--lazy", file}},
      {"node: new WebAssembly.Module", {node, "-e", kNodeScript, file}, true}};
  if (node.empty()) contenders[2].failure = "no node on this machine (apt-get install nodejs)";

  std::printf("%s, %.1f MiB\n%s\n", file.c_str(), file_mib, first_line_of({wjit, "--version"}).c_str());
  if (!node.empty()) {
    std::printf("node %s\n",
                first_line_of({node, "-p", "process.version + ', V8 ' + process.versions.v8"}).c_str());
  }
  for (int run = 0; run <= kRuns; run++) {
    for (auto& c : contenders) take_turn(c, run > 0);
  }
  std::printf("\n%-34s %9s %9s %9s %12s\n", "", "median ms", "least", "most", "peak MiB");
  for (const auto& c : contenders) print_row(c);
  std::printf(
      "(%d fresh processes each, taking turns; wjit: the whole process, node: inside its own process,\n"
      " but its peak memory is the whole process')\n\n",
      kRuns);
  double validate = median(contenders[0].milliseconds), lazy = median(contenders[1].milliseconds);
  double reference = median(contenders[2].milliseconds);
  print_ratio("validate / node", validate, reference, 1.0);
  print_ratio("lazy / node", lazy, reference, 0.25);
  print_ratio("peak memory of validate / file", median(contenders[0].peak_mib), file_mib, 2.5);
  print_ratio("peak memory of lazy / file", median(contenders[1].peak_mib), file_mib, 2.5);
  return contenders[0].failure.empty() && contenders[1].failure.empty() ? 0 : 1;
}

}  // namespace wjit::bench
