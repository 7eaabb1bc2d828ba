// wjit-fuzz: random programs against what must agree with them. See docs/testing.md.
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "compiler/wasm/text/print_wat.h"
#include "runtime/compiled_module.h"
#include "tools/fuzz/minimise.h"
#include "tools/fuzz/oracle.h"
#include "tools/fuzz/run.h"

using namespace wjit;
using namespace wjit::fuzz;

namespace {

volatile uint64_t current_seed;
volatile sig_atomic_t enough;  // asked to end: with the sums so far

void on_death(int signal) {
  char text[80];
  const int n = std::snprintf(text, sizeof text, "signal %d at seed %llu\n", signal,
                              static_cast<unsigned long long>(current_seed));
  (void)!write(2, text, size_t(n));
  ::signal(signal, SIG_DFL);
  raise(signal);
}

// A program that does not end shows itself: a signal after so many seconds of work (not of waiting for a core).
void watch(int seconds) {
  itimerval t{};
  t.it_value.tv_sec = seconds;
  setitimer(ITIMER_PROF, &t, nullptr);
}

struct Settings {
  std::string command;  // what was given, seeds and folder apart
  uint64_t from = 0, to = 1000;
  Options options;
  std::string oracle, folder = ".", write, modes = "all";
  unsigned batch = 200;
  bool minimise = true, stop = false;
};

bool parse_seeds(const std::string& text, Settings& s) {
  unsigned long long a = 0, b = 0;
  if (std::sscanf(text.c_str(), "%llu..%llu", &a, &b) == 2) s.from = a, s.to = b;
  else if (std::sscanf(text.c_str(), "%llu", &a) == 1) s.from = a, s.to = a + 1;
  else return false;
  return true;
}

std::string switch_off(Options& o, const std::string& names) {
  size_t at = 0;
  while (at < names.size()) {
    const size_t end = std::min(names.find(',', at), names.size());
    std::string name = names.substr(at, end - at);
    for (char& c : name) c = c == '-' ? '_' : c;
    bool known = false;
#define F(id) \
  if (name == #id) o.id = false, known = true;
    WJIT_FUZZ_FEATURES(F)
#undef F
    if (!known) return name;
    at = end + 1;
  }
  return "";
}

// `head`: lines in front of the text.
void write_text(const Bytes& bytes, const std::string& head, const std::string& file) {
  Config config;
  config.features = FeatureSet::all();
  Engine engine(config);
  auto module = Module::compile(engine, bytes);
  if (!module) return;
  auto text = wasm::text::print_wat(module.ok().impl().wasm());
  if (text) std::ofstream(file) << head << *text;
}

void write_files(const Program& p, const std::string& stem, const std::string& head = "") {
  for (size_t i = 0; i < p.modules.size(); ++i)
    write_text(p.modules[i].bytes, head, stem + ".m" + std::to_string(i) + ".wat");
  for (size_t i = 0; i < p.modules.size(); ++i) {
    std::ofstream f(stem + ".m" + std::to_string(i) + ".wasm", std::ios::binary);
    f.write(reinterpret_cast<const char*>(p.modules[i].bytes.data()), std::streamsize(p.modules[i].bytes.size()));
  }
  std::ofstream(stem + ".json") << to_json(p, 0) << "\n";
}

void report(const Settings& s, uint64_t seed, const std::string& what, const std::function<std::string(const Program&)>& differs) {
  std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), what.c_str());
  std::fflush(stdout);
  Choices choices(seed);
  Program p = generate(choices, s.options);
  const std::string stem = s.folder + "/fuzz-" + std::to_string(seed);
  const std::string repeat = "wjit-fuzz --seeds " + std::to_string(seed) + s.command;
  std::string head = ";; " + repeat + "\n;; " + what + "\n";
  if (s.minimise && what.substr(0, 7) != "invalid") {
    const Minimised m = minimise(choices.record(), s.options, differs);
    if (!m.what.empty()) {
      p = m.program;
      head = ";; " + repeat + "\n;; " + m.what + "\n;; made smaller; again: wjit-fuzz --replay " + stem + ".record" +
             s.command + "\n";
      std::ofstream(stem + ".record") << seed << ' ' << to_text(m.record) << "\n";
      std::printf("  smallest: %zu bytes: %s\n", p.modules[0].bytes.size(), m.what.c_str());
    }
  }
  write_files(p, stem, head);
  std::printf("  written: %s.m0.wat; again: %s\n", stem.c_str(), repeat.c_str());
  std::fflush(stdout);
}

int hunt(const Settings& s) {
  Runner runner(modes_called(s.modes));
  std::unique_ptr<Oracle> oracle = s.oracle.empty() ? nullptr : make_oracle(s.oracle);
  uint64_t programs = 0, calls = 0, traps = 0, bad = 0, skipped = 0;
  std::vector<Program> batch;
  std::vector<Outcome> outcomes;
  std::vector<uint64_t> seeds;
  auto check_batch = [&] {
    if (!oracle || batch.empty()) return;
    watch(0);
    const std::vector<std::string> differences = oracle->compare(batch, outcomes);
    for (size_t i = 0; i < batch.size(); ++i) {
      if (differences[i].substr(0, 4) == "skip") {
        if (!skipped++) std::printf("seed %llu %s\n", static_cast<unsigned long long>(seeds[i]), differences[i].c_str());
        continue;
      }
      if (differences[i].empty()) continue;
      ++bad;
      report(s, seeds[i], differences[i], [&](const Program& p) {
        Outcome o = runner.run(p, 1, true);
        if (!o.error.empty()) return std::string();
        const std::string d = oracle->compare({p}, {o})[0];
        return d.substr(0, 4) == "skip" ? std::string() : d;
      });
    }
    batch.clear(), outcomes.clear(), seeds.clear();
  };
  for (uint64_t seed = s.from; seed < s.to && !(s.stop && bad) && !enough; ++seed) {
    current_seed = seed;
    watch(60);
    runner.set_seed(seed);
    Choices choices(seed);
    Program p = generate(choices, s.options);
    if (oracle) drop_vector_calls(p);
    Outcome reference;
    const std::string what = runner.disagreement(p, &reference, oracle != nullptr);
    if (!what.empty()) {
      ++bad;
      report(s, seed, what, [&](const Program& q) {
        const std::string d = runner.disagreement(q);
        return d.substr(0, 7) == "invalid" ? std::string() : d;
      });
      continue;
    }
    ++programs;
    calls += reference.records.size();
    for (const Record& r : reference.records) traps += r.result.substr(0, 4) == "trap";
    if (oracle && !reference.overflow) {
      batch.push_back(std::move(p)), outcomes.push_back(std::move(reference)), seeds.push_back(seed);
      if (batch.size() >= s.batch) check_batch();
    }
  }
  check_batch();
  std::printf("%llu programs, %llu calls, %llu of them trapped, %llu disagreements, %llu the oracle did not take\n",
              static_cast<unsigned long long>(programs), static_cast<unsigned long long>(calls),
              static_cast<unsigned long long>(traps), static_cast<unsigned long long>(bad),
              static_cast<unsigned long long>(skipped));
  const NativeCount& native = runner.native_count();
  uint64_t refused = 0;
  for (const auto& [why, n] : native.refused) refused += n;
  if (native.compiled + refused)
    std::printf("%llu calls and %llu functions in native code, %llu functions stayed in tier 0\n",
                static_cast<unsigned long long>(native.calls), static_cast<unsigned long long>(native.compiled),
                static_cast<unsigned long long>(refused));
  if (native.loops + native.loops_refused)
    std::printf("%llu loops were entered %llu times, %llu loops were refused\n",
                static_cast<unsigned long long>(native.loops), static_cast<unsigned long long>(native.loops_entered),
                static_cast<unsigned long long>(native.loops_refused));
  for (const auto& [why, n] : native.loop_refusals)
    std::printf("  loops, %llu: %s\n", static_cast<unsigned long long>(n), why.c_str());
  for (const auto& [why, n] : native.refused)
    std::printf("  %llu: %s\n", static_cast<unsigned long long>(n), why.c_str());
  return bad ? 1 : 0;
}

// A record that report() wrote.
int replay(const Settings& s, const std::string& file) {
  std::ifstream in(file);
  uint64_t seed = 0;
  std::string text;
  Decisions record;
  if (!(in >> seed) || !std::getline(in, text) || !from_text(text, record)) {
    std::fprintf(stderr, "%s is no record\n", file.c_str());
    return 2;
  }
  Runner runner(modes_called(s.modes));
  runner.set_seed(seed);
  Choices choices(std::move(record));
  const Program p = generate(choices, s.options);
  if (!s.write.empty()) write_files(p, s.write);
  const std::string what = runner.disagreement(p);
  std::printf("%s\n", what.empty() ? "no disagreement" : what.c_str());
  return what.empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Settings s;
  std::string seeds = "0..1000", without, with, record;
  CLI::App app("Random WebAssembly programs, run in every way that must not matter");
  app.add_option("--seeds", seeds, "A..B (without B), or one seed");
  app.add_option("--calls", s.options.calls, "Calls of each program");
  app.add_option("--size", s.options.size, "Statements of a function, about");
  app.add_option("--hazard", s.options.hazard, "One in so many operations may trap");
  app.add_option("--oracle", s.oracle, "node or wasmtime: compare with another engine as well");
  app.add_option("--modes", s.modes, "all, interp, native, tiered, epochs, or one mode's name");
  app.add_option("--batch", s.batch, "Programs given to the oracle at once");
  app.add_option("--without", without, "Features not to use, by comma");
  app.add_option("--with", with, "Features to use that are off otherwise: wide-arithmetic, threads, exceptions");
  app.add_option("--out", s.folder, "Folder for programs that disagree");
  app.add_option("--write", s.write, "Write the first seed's program to files of this stem, and run nothing");
  app.add_option("--replay", record, "Run the program of a record that was written, and no other");
  app.add_flag("!--no-minimise", s.minimise, "Write what disagrees as it is");
  app.add_flag("--stop", s.stop, "End at the first disagreement");
  CLI11_PARSE(app, argc, argv);
  if (!parse_seeds(seeds, s)) {
    std::fprintf(stderr, "--seeds wants A..B\n");
    return 2;
  }
  if (modes_called(s.modes).empty()) {
    std::fprintf(stderr, "--modes: there is no mode \"%s\"\n", s.modes.c_str());
    for (const Mode& m : modes()) std::fprintf(stderr, "  %s\n", m.name);
    return 2;
  }
  if (s.oracle == "node") restrict_to_node(s.options);
  if (with.find("wide") != std::string::npos) s.options.wide_arithmetic = true;
  if (with.find("threads") != std::string::npos) s.options.threads = true;
  if (with.find("exceptions") != std::string::npos) s.options.exceptions = true;
  // Which of its choices another engine makes is its own.
  if (!s.oracle.empty()) s.options.relaxed_simd = false;
  if (const std::string bad = switch_off(s.options, without); !bad.empty()) {
    std::fprintf(stderr, "--without: there is no feature \"%s\"\n", bad.c_str());
    return 2;
  }
  for (int i = 1; i < argc; ++i) {
    const std::string_view a = argv[i];
    const bool ours = a == "--seeds" || a == "--out" || a == "--replay" || a == "--write";
    if (ours) ++i;
    else if (a.substr(0, 8) != "--seeds=" && a.substr(0, 6) != "--out=") s.command += " '" + std::string(a) + "'";
  }
  if (!record.empty()) return replay(s, record);
  if (!s.write.empty()) {
    Choices choices(s.from);
    write_files(generate(choices, s.options), s.write);
    return 0;
  }
  for (int signal : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGPROF}) ::signal(signal, on_death);
  for (int signal : {SIGINT, SIGTERM}) ::signal(signal, [](int) { enough = 1; });
  return hunt(s);
}
