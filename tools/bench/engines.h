// Who takes part: native programs, wjit's tiers, and the peers that `tools/dev bench peers` installed.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "tools/bench/kernels.h"
#include "tools/bench/process.h"

namespace wjit::bench {

enum class Kind {
  kNative,
  kCompiler,
  kInterpreter,  // takes part only where --engines says so: it needs most of the time
};

struct Engine {
  std::string name, note;
  Kind kind;
  std::string folder;     // of the kernels it runs
  Command before;         // what stands before file and size
  Command version;        // prints a line
  std::string missing{};  // why it takes no part; empty if it does
  std::string version_line{};

  Command run(const Kernel& kernel, Size size) const;
};

// The engine that a gate compares with, and without which it fails.
constexpr const char* kReference = "wasmtime";
constexpr const char* kNativeReference = "clang";
// The column of ours that the gate judges.
constexpr const char* kJudged = "wjit-jit";

// Those named ("all" is all of them), or those that compile; each was asked for its version and for one tiny
// kernel. Nothing, and a message, for a name that is none.
std::optional<std::vector<Engine>> engines_named(const std::vector<std::string>& names);

const Engine* find_engine(const std::vector<Engine>& engines, const std::string& name);

// False where a command's program is not there, or not in PATH.
bool can_start(const Command& command);
extern const char* const kHowToInstall;  // what is said of a peer that is not there

// The peers' programs.
std::string peer_python();
std::string peer_script(const std::string& name);
Command node_command(const Command& options, const Command& arguments);
extern const Command kTurboFanOnly;

// ---- the command lines of ours; here and nowhere else ----

Command wjit_run(const std::string& tier);
// Compiles all of the file before it ends. If it says what that took ("nanoseconds N" and "cpu_nanoseconds N", and with
// "code N" how many bytes of machine code it made, a line each), that counts; otherwise the whole process does.
Command wjit_compile(const std::string& file);
// Prints a line of JSON for each function: {"index": 7, "name": "f", "offset": 0, "hex": "554889e5..."}.
Command wjit_assembly(const std::string& file);

// The number behind the word that begins a line, in what a peer or a kernel printed.
std::optional<uint64_t> number_behind(const std::string& word, const std::string& output, int base = 10);

}  // namespace wjit::bench
