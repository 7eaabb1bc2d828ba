// The command line's parser, with CLI11 behind it: its header costs seconds to compile, so one file includes
// it.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wjit/wjit.hpp"

namespace wjit::cli {

using Args = std::vector<std::string>;

// name, status, when. The guest's own status is no row: it may be any of these.
#define WJIT_EXIT_STATUSES(S)                                                                           \
  S(kExitOk, 0, "It worked; with run: the guest ended with 0 or returned")                              \
  S(kExitBadInput, 1,                                                                                   \
    "A file cannot be read, a module is malformed, invalid, unsupported or past a limit, an import or " \
    "export is not there, the system refused something, or output could not be written")                \
  S(kExitUsage, 2, "The command line is wrong: an option, an argument's value or their number")         \
  S(kExitInternal, 70, "wjit found a mistake of its own, as with --verify: please report it")             \
  S(kExitTrap, 134, "The guest trapped, ran out of fuel or time, or a host function failed")
enum ExitStatus : int {
#define WJIT_S(name, status, when) name = status,
  WJIT_EXIT_STATUSES(WJIT_S)
#undef WJIT_S
};

// An option or argument as help, completions, manual and docs/cli.md show it.
struct OptionInfo {
  std::vector<std::string> names;  // "--verbose", "-v"; of an argument its one name, "FILE"
  std::string meta;                // what the value is; empty: it takes none
  std::string help;
  Args choices;  // the values there are, where they can be listed
  bool repeated = false;
  bool is_argument = false;
};
struct CommandInfo {
  std::string name, summary, footer;
  std::vector<OptionInfo> options;
};

// Declares the options of one command, then parses them into the variables they were declared with.
class Options {
 public:
  Options(std::string command, const char* summary);
  ~Options();

  void flag(const char* names, bool& out, const char* help);
  // --name gives `plain`, --name=VALUE one of the others.
  void flag_or_choice(const char* name, std::string& out, const char* plain, Args choices, const char* help);
  void value(const char* names, std::string& out, const char* meta, const char* help);
  void value(const char* names, std::optional<std::string>& out, const char* meta, const char* help);
  void value(const char* names, std::optional<uint64_t>& out, const char* meta, const char* help);
  // May be given several times.
  void values(const char* names, Args& out, const char* meta, const char* help);
  void positional(const char* name, std::string& out, const char* help, Args choices = {});
  void optional(const char* name, std::string& out, const char* help);  // a positional that may be missing
  void positionals(const char* name, Args& out, const char* help);      // one or more
  // What follows the positional goes to `out` as it stands, options too.
  void guest_args(const char* name, Args& out, const char* help);
  // One of `choices`, or several separated by commas; whether it is one is for the caller to say.
  void choice(const char* names, std::string& out, const char* meta, Args choices, const char* help);
  // --json: from here on mistakes are reported as JSON, those of the command line too.
  void json(bool& out, const char* help);
  // Text behind the list of options.
  void footer(const char* text);

  // None: go on. Else the status to exit with; help went to stdout, a mistake was named on stderr.
  std::optional<int> parse(Args args);

  // The next parse() on this thread hands out what was declared, and ends its command with kExitOk.
  static void describe_next(CommandInfo* info);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The options every command has that makes an Engine.
struct EngineOptions {
  std::string features, tier, osr, opt_level, cpu, regalloc, jit_functions, opt_passes, mode, dispatch, memory;
  std::optional<uint64_t> regalloc_seed, tier_calls, tier_loops, tier_seed, compile_threads;
  Config config{.tier = Tier::kInterp};
  std::vector<std::pair<Feature, bool>> feature_changes;

  void declare(Options& options);
  // Turns the strings into `config` and `feature_changes`; the latter are in config.features too. Else the
  // status.
  std::optional<int> resolve(const char* command);
};

// "+simd,-gc" as changes; the error lists the known names.
Result<std::vector<std::pair<Feature, bool>>> parse_features(const std::string& text);

// "wjit: MESSAGE" on stderr, or with --json {"error": {"kind": …, "message": …}}; gives the status of the
// kind.
int report(const std::string& message, ErrorKind kind = ErrorKind::kIo);
// With the path in front, unless the message begins with it, and the offset behind.
int report(const std::string& path, const Error& error);
// A trap, with its backtrace; gives kExitTrap.
int report_trap(const std::string& path, const Trap& trap);
// The same for a mistake of the caller's, pointing at --help; gives kExitUsage.
int report_usage(const std::string& command, const std::string& message);

// `text` as a JSON string. What is not UTF-8 becomes U+FFFD.
std::string json_string(std::string_view text);
// The object behind "error".
std::string json_error(ErrorKind kind, const std::string& message, uint64_t offset = kNoOffset);

}  // namespace wjit::cli
