#include "tools/bench/engines.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <sstream>

namespace wjit::bench {
namespace {

std::string peers_folder() { return std::string(WJIT_SOURCE_DIR) + "/build/cache/peers/"; }

std::vector<Engine> all_engines() {
  std::string wjit = beside_this_program("wjit"), wasmi = peers_folder() + "wasmi/bin/wasmi";
  std::string wasmtime = peer_script("wasmtime_peer.py"), wasm3 = peer_script("wasm3_peer.py");
  std::string node = peer_script("node_peer.mjs"), python = peer_python();
  auto tier = [&](const std::string& name, Kind kind) {
    return Engine{"wjit-" + name, "wjit run --tier=" + name, kind, "wasm",
                  wjit_run(name), {wjit, "--version"}};
  };
  return {
      {"clang", "native, clang -O2", Kind::kNative, "clang", {}, {"clang", "--version"}},
      {"scalar", "native, clang -O2 without vectors", Kind::kNative, "scalar", {}, {"clang", "--version"}},
      {"gcc", "native, gcc -O2", Kind::kNative, "gcc", {}, {"gcc", "--version"}},
      {"wasmtime", "", Kind::kCompiler, "wasm", {python, wasmtime, "run"}, {python, wasmtime, "version"}},
      {"node", "its default: Liftoff, then TurboFan", Kind::kCompiler, "wasm",
       node_command({}, {node, "run"}), node_command({}, {node, "version"})},
      {"turbofan", "node with TurboFan alone", Kind::kCompiler, "wasm",
       node_command(kTurboFanOnly, {node, "run"}), node_command({}, {node, "version"})},
      tier("jit", Kind::kCompiler),
      tier("tiered", Kind::kCompiler),
      tier("interp", Kind::kInterpreter),
      {"wasm3",
       "interpreter",
       Kind::kInterpreter,
       "wasm",
       {python, wasm3, "run"},
       {python, wasm3, "version"}},
      {"wasmi", "interpreter", Kind::kInterpreter, "wasm", {wasmi}, {wasmi, "--version"}},
  };
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

std::string last_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

void probe(Engine& engine) {
  const Kernel& kernel = all_kernels()[0];
  const bool ours = engine.name.starts_with("wjit-"), native = engine.kind == Kind::kNative;
  const bool node = engine.name == "node" || engine.name == "turbofan";
  Command command = engine.run(kernel, Size::kTiny);
  if (::access(kernel_file(kernel, engine.folder).c_str(), R_OK) != 0) {
    engine.missing = "the kernels were not built for it";
    return;
  }
  if (!can_start(command)) {
    engine.missing = node ? "no node on this machine (apt-get install nodejs)" : kHowToInstall;
    return;
  }
  auto cost = run_program(command, Stderr::kWithStdout);
  if (!cost || cost->exit_code != 0 || !number_behind("checksum", cost->output, 16)) {
    std::string why = !cost ? "cannot start" : ours ? first_line(cost->output) : last_line(cost->output);
    engine.missing = ours || native || node ? why : kHowToInstall + (" (" + why + ")");
    return;
  }
  engine.version_line = first_line_of(engine.version);
}

}  // namespace

const char* const kHowToInstall = "not installed: tools/dev bench peers";

bool can_start(const Command& command) {
  const std::string& program = command[0];
  if (program.find('/') == std::string::npos) return !find_program(program).empty();
  return ::access(program.c_str(), X_OK) == 0;
}

// V8 without its first compiler and without laziness: everything compiled once, by TurboFan, before it runs.
const Command kTurboFanOnly = {"--no-liftoff", "--no-wasm-tier-up", "--no-wasm-lazy-compilation"};

Command Engine::run(const Kernel& kernel, Size size) const {
  Command command = before;
  command.push_back(kernel_file(kernel, folder));
  command.push_back(kernel.size(size));
  return command;
}

std::string peer_python() { return peers_folder() + "python/bin/python"; }

std::string peer_script(const std::string& name) {
  return std::string(WJIT_SOURCE_DIR) + "/tools/bench/peers/" + name;
}

Command node_command(const Command& options, const Command& arguments) {
  Command command = {"node", "--no-warnings"};
  command.insert(command.end(), options.begin(), options.end());
  command.insert(command.end(), arguments.begin(), arguments.end());
  return command;
}

Command wjit_run(const std::string& tier) { return {beside_this_program("wjit"), "run", "--tier=" + tier}; }

Command wjit_compile(const std::string& file) {
  return {beside_this_program("wjit"), "compile", "--threads=1", file};
}

Command wjit_assembly(const std::string& file) {
  return {beside_this_program("wjit"), "dump", "--asm=json", file};
}

std::optional<std::vector<Engine>> engines_named(const std::vector<std::string>& names) {
  auto engines = all_engines();
  const bool all = names == std::vector<std::string>{"all"};
  for (const auto& name : names) {
    if (all || find_engine(engines, name)) continue;
    std::fprintf(stderr, "wjit-bench: no engine named '%s'; there are:", name.c_str());
    for (const auto& e : engines) std::fprintf(stderr, " %s", e.name.c_str());
    std::fprintf(stderr, ", and all\n");
    return std::nullopt;
  }
  std::erase_if(engines, [&](const Engine& e) {
    if (names.empty()) return e.kind == Kind::kInterpreter;
    return !all && std::find(names.begin(), names.end(), e.name) == names.end();
  });
  for (auto& e : engines) probe(e);
  return engines;
}

const Engine* find_engine(const std::vector<Engine>& engines, const std::string& name) {
  auto at = std::find_if(engines.begin(), engines.end(), [&](auto& e) { return e.name == name; });
  return at == engines.end() ? nullptr : &*at;
}

std::optional<uint64_t> number_behind(const std::string& word, const std::string& output, int base) {
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(word + " ")) continue;
    const char* start = line.c_str() + word.size() + 1;
    char* end = nullptr;
    uint64_t value = std::strtoull(start, &end, base);
    if (end != start && *end == 0) return value;
  }
  return std::nullopt;
}

}  // namespace wjit::bench
