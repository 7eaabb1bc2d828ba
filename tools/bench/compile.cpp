// tools/dev bench compile FILE: how fast compilers are, one thread each, in bytes of the module's code
// section, and how much machine code they make of it. Every measurement is a fresh process; the compilers
// take turns.
#include "tools/bench/compile.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "tools/bench/engines.h"
#include "tools/bench/stats.h"

namespace wjit::bench {
namespace {

struct Contender {
  std::string name;
  Command command;  // prints "nanoseconds N", "cpu_nanoseconds N" and, if it knows, "code N"
  Command version;
  bool whole_process = false;  // counts where the program does not tell
  std::vector<double> milliseconds{}, cpu_milliseconds{}, peak_mib{};
  uint64_t code = 0;
  std::string failure{}, version_line{};
};

constexpr const char* kOurs = "wjit jit";
constexpr const char* kBest = "wasmtime, opt level speed";

std::vector<Contender> contenders(const std::string& file) {
  Command python = {peer_python(), peer_script("wasmtime_peer.py")};
  auto wasmtime = [&](const Command& more) {
    Command command = python;
    command.insert(command.end(), more.begin(), more.end());
    return command;
  };
  std::string node = peer_script("node_peer.mjs");
  auto v8 = [&](Command options) {
    // Also what V8 would leave to other threads is done, and counted, by the one.
    options.push_back("--single-threaded");
    return node_command(options, {node, "compile", file});
  };
  Command versions[] = {wasmtime({"version"}), node_command({}, {node, "version"})};
  return {{kBest, wasmtime({"compile", file, "speed"}), versions[0]},
          {"wasmtime, opt level none", wasmtime({"compile", file, "none"}), versions[0]},
          {"node, TurboFan", v8(kTurboFanOnly), versions[1]},
          {"node, Liftoff", v8({"--liftoff-only", "--no-wasm-lazy-compilation"}), versions[1]},
          {kOurs, wjit_compile(file), {beside_this_program("wjit"), "--version"}, true}};
}

// The content of the code section; 0 if there is none.
uint64_t code_section_bytes(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!bytes.starts_with(std::string("\0asm", 4))) return 0;
  for (size_t at = 8; at < bytes.size();) {
    int id = bytes[at++];
    uint64_t size = 0;
    for (int shift = 0; at < bytes.size() && shift < 35; shift += 7) {
      auto byte = static_cast<unsigned char>(bytes[at++]);
      size |= uint64_t(byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    if (id == 10) return size;
    at += size;
  }
  return 0;
}

void take_turn(Contender& c) {
  if (!c.failure.empty()) return;
  if (!can_start(c.command)) {
    c.failure = kHowToInstall;
    return;
  }
  auto cost = run_program(c.command, Stderr::kWithStdout);
  auto took = cost ? number_behind("nanoseconds", cost->output) : std::nullopt;
  auto cpu = cost ? number_behind("cpu_nanoseconds", cost->output) : std::nullopt;
  if (!cost || (cost->exit_code != 0 && cost->output.empty())) {
    c.failure = "cannot start " + c.command[0];
  } else if (cost->exit_code != 0 || (!c.whole_process && (!took || !cpu))) {
    c.failure = cost->output.substr(0, cost->output.find('\n'));
  } else {
    c.milliseconds.push_back(took ? double(*took) / 1e6 : cost->milliseconds);
    c.cpu_milliseconds.push_back(cpu ? double(*cpu) / 1e6 : cost->cpu_milliseconds);
    c.whole_process &= !cpu;
    c.peak_mib.push_back(double(cost->peak_kib) / 1024);
    c.code = number_behind("code", cost->output).value_or(0);
  }
}

double speed(const Contender& c, uint64_t code_bytes) {  // MB of code section a second of CPU time
  double ms = median(c.cpu_milliseconds);
  return ms > 0 ? double(code_bytes) / 1e3 / ms : 0;
}

void print_text(const std::vector<Contender>& all, uint64_t code_bytes, const CompileOptions& options) {
  std::printf("%s: code section of %.2f MB; %d rounds, a fresh process each, in turns; medians\n\n",
              options.file.c_str(), double(code_bytes) / 1e6, options.rounds);
  std::printf("%-26s %9s %8s %9s %9s %9s %9s\n", "", "cpu ms", "MB/s", "ms", "code MB", "code/wasm",
              "peak MiB");
  for (const auto& c : all) {
    if (!c.failure.empty()) {
      std::printf("%-26s MISSING: %s\n", c.name.c_str(), c.failure.c_str());
      continue;
    }
    std::printf("%-26s %9.0f %8.2f %9.0f", c.name.c_str(), median(c.cpu_milliseconds), speed(c, code_bytes),
                median(c.milliseconds));
    if (c.code) {
      std::printf(" %9.2f %9.2f", double(c.code) / 1e6, double(c.code) / double(code_bytes));
    } else {
      std::printf(" %9s %9s", "-", "-");
    }
    std::printf(" %9.0f  %s%s\n", median(c.peak_mib), c.version_line.c_str(),
                c.whole_process ? "; the whole process, all its threads" : "");
  }
  std::printf("(compiling alone, not the process; MB/s: code section over CPU time; code: machine code)\n");
}

void print_json(const std::vector<Contender>& all, uint64_t code_bytes, const CompileOptions& options) {
  std::printf("{\"file\": %s, \"code_section\": %llu, \"compilers\": [", json_string(options.file).c_str(),
              static_cast<unsigned long long>(code_bytes));
  for (size_t i = 0; i < all.size(); i++) {
    const Contender& c = all[i];
    std::printf("%s\n  {\"name\": %s, ", i ? "," : "", json_string(c.name).c_str());
    if (!c.failure.empty()) {
      std::printf("\"missing\": %s}", json_string(c.failure).c_str());
      continue;
    }
    std::printf("\"version\": %s, ", json_string(c.version_line).c_str());
    print_json_values("cpu_ms", c.cpu_milliseconds);
    std::printf(", ");
    print_json_values("ms", c.milliseconds);
    std::printf(", \"mb_per_s\": %.4f, \"peak_mib\": %.1f", speed(c, code_bytes), median(c.peak_mib));
    if (c.code) std::printf(", \"code\": %llu", static_cast<unsigned long long>(c.code));
    std::printf("}");
  }
  std::printf("]}\n");
}

std::optional<std::vector<Contender>> measure(const CompileOptions& options, uint64_t code_bytes) {
  if (code_bytes == 0) {
    std::fprintf(stderr, "wjit-bench: %s cannot be read, is no module, or has no code\n",
                 options.file.c_str());
    return std::nullopt;
  }
  auto all = contenders(options.file);
  for (int round = 0; round < options.rounds; round++) {
    for (auto& c : all) take_turn(c);
  }
  for (auto& c : all) {
    if (c.failure.empty()) c.version_line = first_line_of(c.version);
  }
  return all;
}

}  // namespace

int bench_compile(const CompileOptions& options) {
  uint64_t code_bytes = code_section_bytes(options.file);
  auto all = measure(options, code_bytes);
  if (!all) return 1;
  (options.json ? print_json : print_text)(*all, code_bytes, options);
  return 0;
}

CompileVerdict compile_for_gate(const CompileOptions& options) {
  CompileVerdict verdict;
  uint64_t code_bytes = code_section_bytes(options.file);
  auto all = measure(options, code_bytes);
  if (!all) return {0, "the file cannot be read"};
  print_text(*all, code_bytes, options);
  double ours = 0, reference = 0;
  for (const auto& c : *all) {
    if (c.name == kOurs) ours = speed(c, code_bytes);
    if (c.name == kBest) reference = speed(c, code_bytes);
    if (c.failure.empty() || (c.name != kOurs && c.name != kBest)) continue;
    verdict.failure += (verdict.failure.empty() ? "" : "; ") + c.name + " is missing: " + c.failure;
  }
  if (reference > 0) verdict.of_reference = ours / reference;
  return verdict;
}

}  // namespace wjit::bench
