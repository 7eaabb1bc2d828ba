// tools/dev bench execute: the kernels on every engine. Every measurement is a fresh process, and the engines
// take turns kernel by kernel, so that a noisy machine is equally noisy for all.
//
// Two times are kept apart: what the kernel itself took, by a clock that it reads inside the guest, and what
// the whole process took, with the engine's start and what it compiled beforehand.
#include "tools/bench/execute.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "tools/bench/stats.h"

namespace wjit::bench {
namespace {

struct Cell {
  std::vector<double> kernel_ms{}, process_ms{}, process_cpu_ms{}, peak_mib{};
  std::string failure{};
};

struct Row {
  Kernel kernel;
  std::vector<Cell> cells{};  // by engine
  std::optional<uint64_t> checksum{};
  std::string checksum_of{};  // the engine that said it first
};

using Summary = double (*)(std::vector<double>);

struct Table {
  std::vector<Engine> engines;  // those that take part
  std::vector<Row> rows{};
  std::vector<std::string> failures{};

  std::optional<size_t> column(const std::string& name) const {
    const Engine* e = find_engine(engines, name);
    return e ? std::optional<size_t>(e - engines.data()) : std::nullopt;
  }
  double time(const Row& row, size_t engine) const { return median(row.cells[engine].kernel_ms); }

  // One column in multiples of another, where both have a time; the rounds' times summed up by `of`.
  std::vector<double> ratios(size_t engine, size_t base, Summary of = median) const {
    std::vector<double> all;
    for (const auto& row : rows) {
      double time = of(row.cells[engine].kernel_ms), base_time = of(row.cells[base].kernel_ms);
      if (time > 0 && base_time > 0) all.push_back(time / base_time);
    }
    return all;
  }
};

void take_turn(Table& table, Row& row, size_t column, Size size) {
  const Engine& engine = table.engines[column];
  Cell& cell = row.cells[column];
  if (!cell.failure.empty()) return;
  auto cost = run_program(engine.run(row.kernel, size));
  auto sum = cost ? number_behind("checksum", cost->output, 16) : std::nullopt;
  auto took = cost ? number_behind("nanoseconds", cost->output) : std::nullopt;
  if (!cost || cost->exit_code != 0 || !sum || !took) {
    cell.failure = !cost ? "cannot start" : "exit code " + std::to_string(cost->exit_code);
  } else if (row.checksum && *row.checksum != *sum) {
    char text[80];
    std::snprintf(text, sizeof text, "checksum %llx instead of %llx as ",
                  static_cast<unsigned long long>(*sum), static_cast<unsigned long long>(*row.checksum));
    cell.failure = text + row.checksum_of;
  } else {
    if (!row.checksum) row.checksum = sum, row.checksum_of = engine.name;
    cell.kernel_ms.push_back(double(*took) / 1e6);
    cell.process_ms.push_back(cost->milliseconds);
    cell.process_cpu_ms.push_back(cost->cpu_milliseconds);
    cell.peak_mib.push_back(double(cost->peak_kib) / 1024);
    return;
  }
  // No time stands for a run that went wrong.
  cell.kernel_ms.clear();
  table.failures.push_back(engine.name + ", kernel " + row.kernel.name + ": " + cell.failure);
}

Table measure(const std::vector<Kernel>& kernels, std::vector<Engine> engines, int rounds, Size size) {
  std::erase_if(engines, [](const Engine& e) { return !e.missing.empty(); });
  Table table{std::move(engines)};
  for (const auto& kernel : kernels) table.rows.push_back({kernel, std::vector<Cell>(table.engines.size())});
  for (int round = 0; round < rounds; round++) {
    for (auto& row : table.rows) {
      for (size_t i = 0; i < table.engines.size(); i++) take_turn(table, row, i, size);
      if (::isatty(2))
        std::fprintf(stderr, "\rround %d of %d: %-20s", round + 1, rounds, row.kernel.name.c_str());
    }
  }
  if (::isatty(2)) std::fprintf(stderr, "\r%40s\r", "");
  return table;
}

// ---- telling ----

void print_engines(const std::vector<Engine>& engines) {
  for (const auto& e : engines) {
    if (!e.missing.empty()) {
      std::printf("%-12s MISSING: %s\n", e.name.c_str(), e.missing.c_str());
    } else {
      std::printf("%-12s %s%s%s\n", e.name.c_str(), e.version_line.c_str(), e.note.empty() ? "" : "; ",
                  e.note.c_str());
    }
  }
}

void print_heading(const Table& table, const char* first) {
  std::printf("\n%-12s", first);
  for (const auto& e : table.engines) std::printf(" %11s", e.name.c_str());
  std::printf("\n");
}

void print_times(const Table& table, std::vector<double> Cell::*what) {
  print_heading(table, "kernel");
  for (const auto& row : table.rows) {
    std::printf("%-12s", row.kernel.name.c_str());
    for (const auto& cell : row.cells) {
      if (!cell.failure.empty()) {
        std::printf(" %11s", "FAILED");
      } else {
        std::printf(" %11.1f", median(cell.*what));
      }
    }
    std::printf("\n");
  }
}

void print_ratios(const Table& table, size_t base) {
  std::printf("\nTime in the kernel, in multiples of %s's:\n", table.engines[base].name.c_str());
  print_heading(table, "kernel");
  for (const auto& row : table.rows) {
    std::printf("%-12s", row.kernel.name.c_str());
    for (size_t i = 0; i < row.cells.size(); i++) {
      double time = table.time(row, i), of = table.time(row, base);
      if (time > 0 && of > 0) {
        std::printf(" %11.2f", time / of);
      } else {
        std::printf(" %11s", row.cells[i].failure.empty() ? "-" : "FAILED");
      }
    }
    std::printf("  %s\n", row.kernel.character.c_str());
  }
  auto print_geomeans = [&](const char* what, Summary of) {
    std::printf("%-12s", what);
    for (size_t i = 0; i < table.engines.size(); i++) {
      std::printf(" %11.2f", geometric_mean(table.ratios(i, base, of)));
    }
    std::printf("\n");
  };
  print_geomeans("geomean", median);
  // Where the two differ, the machine was not quiet enough for this many rounds.
  print_geomeans("fastest", least);
}

// How much to believe of all this.
void print_noise(const Table& table) {
  std::vector<double> spreads;
  for (const auto& row : table.rows) {
    for (const auto& cell : row.cells) {
      if (cell.kernel_ms.size() < 2) continue;
      auto [least, most] = std::minmax_element(cell.kernel_ms.begin(), cell.kernel_ms.end());
      if (*least > 0) spreads.push_back(*most / *least);
    }
  }
  if (spreads.empty()) return;
  double spread = geometric_mean(spreads);
  std::printf("\nSlowest round over fastest, geomean of all cells: %.2f%s\n", spread,
              spread > 1.1 ? " (this machine has other things to do)" : "");
}

void print_text(const Table& table, const std::vector<Engine>& asked, const ExecuteOptions& options) {
  print_engines(asked);
  std::printf("%zu kernels, %d rounds, engines in turns, each run a fresh process; medians.\n",
              table.rows.size(), options.rounds);
  if (table.engines.empty()) return;
  std::printf("\nTime in the kernel by its own clock, ms:\n");
  print_times(table, &Cell::kernel_ms);
  auto base = table.column(kReference);
  if (!base) {
    base = table.column(kNativeReference).value_or(0);
    std::printf("\n!!! %s takes no part: what follows is no comparison with it\n", kReference);
  }
  print_ratios(table, *base);
  std::printf("\nThe whole process, its start and what is compiled beforehand included, ms:\n");
  print_times(table, &Cell::process_ms);
  print_noise(table);
}

void print_json(const Table& table, const std::vector<Engine>& asked, const ExecuteOptions& options) {
  std::printf("{\"rounds\": %d, \"size\": \"%s\",\n \"engines\": [", options.rounds,
              options.size == Size::kFull ? "full" : "quick");
  for (size_t i = 0; i < asked.size(); i++) {
    const Engine& e = asked[i];
    std::printf("%s\n  {\"name\": %s, ", i ? "," : "", json_string(e.name).c_str());
    if (e.missing.empty()) {
      std::printf("\"version\": %s, \"note\": %s}", json_string(e.version_line).c_str(),
                  json_string(e.note).c_str());
    } else {
      std::printf("\"missing\": %s}", json_string(e.missing).c_str());
    }
  }
  std::printf("],\n \"kernels\": [");
  for (size_t r = 0; r < table.rows.size(); r++) {
    const Row& row = table.rows[r];
    std::printf("%s\n  {\"name\": %s, \"n\": %s, \"checksum\": \"%llx\", \"results\": {", r ? "," : "",
                json_string(row.kernel.name).c_str(), row.kernel.size(options.size).c_str(),
                static_cast<unsigned long long>(row.checksum.value_or(0)));
    for (size_t i = 0; i < row.cells.size(); i++) {
      const Cell& cell = row.cells[i];
      std::printf("%s\n    %s: {", i ? "," : "", json_string(table.engines[i].name).c_str());
      if (!cell.failure.empty()) std::printf("\"failure\": %s, ", json_string(cell.failure).c_str());
      print_json_values("kernel_ms", cell.kernel_ms);
      std::printf(", ");
      print_json_values("process_ms", cell.process_ms);
      std::printf(", ");
      print_json_values("process_cpu_ms", cell.process_cpu_ms);
      std::printf(", ");
      print_json_values("peak_mib", cell.peak_mib);
      std::printf("}");
    }
    std::printf("}}");
  }
  std::printf("],\n \"geomeans\": {");
  auto base = table.column(kReference);
  for (size_t i = 0; base && i < table.engines.size(); i++) {
    std::printf("%s%s: %.4f", i ? ", " : "", json_string(table.engines[i].name).c_str(),
                geometric_mean(table.ratios(i, *base)));
  }
  std::printf("},\n \"failures\": [");
  for (size_t i = 0; i < table.failures.size(); i++) {
    std::printf("%s%s", i ? ", " : "", json_string(table.failures[i]).c_str());
  }
  std::printf("]}\n");
}

int tell_failures(const Table& table) {
  for (const auto& failure : table.failures) std::fprintf(stderr, "FAILED %s\n", failure.c_str());
  return table.failures.empty() ? 0 : 1;
}

void judge(const Table& table, ExecuteVerdict& verdict) {
  auto ours = table.column(kJudged), reference = table.column(kReference),
       native = table.column(kNativeReference);
  if (ours && native) verdict.of_native = geometric_mean(table.ratios(*ours, *native));
  if (!ours || !reference) return;
  verdict.of_reference = geometric_mean(table.ratios(*ours, *reference));
  for (const auto& row : table.rows) {
    double of = table.time(row, *reference), ratio = of > 0 ? table.time(row, *ours) / of : 0;
    if (ratio > verdict.worst) verdict.worst = ratio, verdict.worst_kernel = row.kernel.name;
  }
}

}  // namespace

int bench_execute(const ExecuteOptions& options) {
  auto kernels = kernels_named(options.kernels);
  if (!kernels) return 2;
  auto engines = engines_named(options.engines);
  if (!engines) return 2;
  Table table = measure(*kernels, *engines, options.rounds, options.size);
  (options.json ? print_json : print_text)(table, *engines, options);
  std::fflush(stdout);
  return tell_failures(table);
}

ExecuteVerdict execute_for_gate(const ExecuteOptions& options) {
  ExecuteVerdict verdict;
  auto kernels = kernels_named(options.kernels);
  auto engines = engines_named({kNativeReference, kReference, kJudged});
  if (!kernels || !engines) return verdict;
  Table table = measure(*kernels, *engines, options.rounds, options.size);
  print_text(table, *engines, options);
  judge(table, verdict);
  verdict.ran = table.failures.empty();
  for (const auto& e : *engines) {
    if (e.missing.empty() || e.name == kNativeReference) continue;
    verdict.ran = false;
    verdict.failure = e.name + " is missing: " + e.missing;
    if (e.name == kReference) break;
  }
  if (verdict.failure.empty() && !table.failures.empty()) verdict.failure = table.failures[0];
  return verdict;
}

int check_kernels() {
  auto engines = engines_named({"clang", "scalar", "gcc", "wjit-jit", "wjit-interp"});
  int native = 0;
  bool ours = false, built = false;
  for (const auto& e : *engines) {
    built |= ::access(kernel_file(all_kernels()[0], e.folder).c_str(), R_OK) == 0;
    if (!e.missing.empty()) {
      std::printf("%s takes no part: %s\n", e.name.c_str(), e.missing.c_str());
    } else if (e.kind == Kind::kNative) {
      native++;
    } else {
      ours |= e.name == "wjit-interp";
    }
  }
  if (!built) return 77;
  Table table = measure(all_kernels(), *engines, 1, Size::kTiny);
  int result = tell_failures(table);
  if (native == 0 || !ours) {
    std::fprintf(stderr, "FAILED there is nothing to compare with\n");
    return 1;
  }
  std::printf("%zu kernels, %d native programs of each: %s\n", all_kernels().size(), native,
              result == 0 ? "the checksums are wjit's" : "FAILED");
  return result;
}

}  // namespace wjit::bench
