// The command line's parser, with CLI11 behind it: its header costs seconds to compile, so one file includes
// it.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "wjit/wjit.hpp"

namespace wjit::cli {

using Args = std::vector<std::string>;

enum ExitStatus : int {
  kExitOk = 0,
  kExitBadInput = 1,
  kExitUsage = 2,
  kExitTrap = 134,  // as a process that abort() ended
};

// Declares the options of one command, then parses them into the variables they were declared with.
class Options {
 public:
  Options(std::string command, const char* summary);
  ~Options();

  void flag(const char* names, bool& out, const char* help);
  void value(const char* names, std::string& out, const char* meta, const char* help);
  void value(const char* names, std::optional<std::string>& out, const char* meta, const char* help);
  void value(const char* names, std::optional<uint64_t>& out, const char* meta, const char* help);
  // May be given several times.
  void values(const char* names, Args& out, const char* meta, const char* help);
  void positional(const char* name, std::string& out, const char* help);
  void positionals(const char* name, Args& out, const char* help);  // one or more
  // What follows the positional goes to `out` as it stands, options too.
  void guest_args(const char* name, Args& out, const char* help);
  // Text behind the list of options.
  void footer(const char* text);

  // None: go on. Else the status to exit with; help went to stdout, a mistake was named on stderr.
  std::optional<int> parse(Args args);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The options every command has that makes an Engine.
struct EngineOptions {
  std::string features, tier, mode, dispatch, memory;
  Config config;
  std::vector<std::pair<Feature, bool>> feature_changes;

  void declare(Options& options);
  // Turns the strings into `config` and `feature_changes`; the latter are in config.features too. Else the
  // status.
  std::optional<int> resolve(const char* command);
};

// "+simd,-gc" as changes; the error lists the known names.
Result<std::vector<std::pair<Feature, bool>>> parse_features(const std::string& text);

// "wjit: MESSAGE" on stderr; gives kExitBadInput.
int report(const std::string& message);
// With the path in front, unless the message begins with it, and the offset behind.
int report(const std::string& path, const Error& error);
// The same for a mistake of the caller's, pointing at --help; gives kExitUsage.
int report_usage(const std::string& command, const std::string& message);

}  // namespace wjit::cli
