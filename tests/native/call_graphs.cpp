// wjit-call-graphs [--seed N] [--graphs N]: see graph.h. Prints the seed of a graph that fails, by which it is made
// again with --graphs 1.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <random>

#include "native/graph.h"

int main(int argc, char** argv) {
  uint64_t seed = std::random_device()(), graphs = std::getenv("WJIT_TEST_FULL") ? 1'000'000 : 1000;
  bool print = false;
  CLI::App app("Random call graphs over bytecode, native code and host functions");
  app.add_option("--seed", seed, "of the first graph; the next has the next (default: random, printed)");
  app.add_option("--graphs", graphs, "how many")->capture_default_str();
  app.add_flag("--print", print, "print each graph before it runs");
  CLI11_PARSE(app, argc, argv);
  fmt::print("seeds {} to {}\n", seed, seed + graphs - 1);
  std::fflush(stdout);
  uint64_t failed = 0, calls = 0;
  for (uint64_t i = 0; i < graphs; ++i) {
    std::mt19937_64 random(seed + i);
    const wjit::graph::Graph g = wjit::graph::generate(random);
    if (print) {
      fmt::print("{}", wjit::graph::describe(g));
      std::fflush(stdout);
    }
    calls += g.events.size();
    if (const std::string what = wjit::graph::run(g, seed + i); !what.empty()) {
      ++failed;
      fmt::print("seed {}: {}\n{}", seed + i, what, wjit::graph::describe(g));
      if (failed == 5) break;
    }
  }
  fmt::print("{} host calls with backtraces\n{} passed, {} failed\n", calls, graphs - failed, failed);
  return failed != 0;
}
