// tools/dev bench load FILE: what loading a module costs, beside Node. Every measurement is a fresh process, and the
// competitors take turns, so that a noisy machine is equally noisy for all.
#include "tools/bench/load.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdio>
#include <cstdlib>

#include "tools/bench/process.h"

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

std::string beside_this_program(const char* name) {
  char path[PATH_MAX];
  ssize_t n = ::readlink("/proc/self/exe", path, sizeof path);
  std::string self(path, n > 0 ? size_t(n) : 0);
  return self.substr(0, self.rfind('/') + 1) + name;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  size_t n = values.size();
  return n == 0 ? 0 : (values[(n - 1) / 2] + values[n / 2]) / 2;
}

std::string first_line_of(const std::vector<std::string>& command) {
  auto cost = run_program(command);
  if (!cost || cost->exit_code != 0) return "unknown version";
  return cost->output.substr(0, cost->output.find('\n'));
}

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

void print_ratio(const char* what, double value, double base, double wanted) {
  if (value <= 0 || base <= 0) {
    std::printf("%-34s %9s   (wanted: at most %.2f)\n", what, "unknown", wanted);
    return;
  }
  double ratio = value / base;
  std::printf("%-34s %9.2f   (wanted: at most %.2f)%s\n", what, ratio, wanted, ratio <= wanted ? "" : "  MISSED");
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
  std::vector<Contender> contenders = {{"wjit validate", {wjit, "validate", file}},
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
  std::printf("(%d fresh processes each, taking turns; wjit: the whole process, node: inside its own process,\n"
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
