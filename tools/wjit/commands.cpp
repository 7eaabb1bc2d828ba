#include "tools/wjit/commands.h"

#include <algorithm>

namespace wjit::cli {
namespace {

constexpr Command kCommands[] = {
    {"run", "Run a module (the word \"run\" may be left out)", run_main},
    {"validate", "Check modules without running them", validate_main},
    {"parse", "Translate a module's text to its binary", parse_main},
    {"print", "Show a module as text", print_main},
    {"wast", "Run scripts of the official test suite", wast_main},
    {"dump", "Show a module's sections, or a function's bytecode or native code", dump_main},
    {"compile", "Make native code of a module and say what that took", compile_main},
    {"abi", "Print the layout that code and runtime share", abi_main},
    {"completion", "Print a completion script for bash, zsh or fish", completion_main},
    {"help", "Explain a command", help_main},
    {"load", nullptr, load_main},
    {"reference", nullptr, reference_main},
};

}  // namespace

std::span<const Command> commands() { return kCommands; }

const Command* find_command(const std::string& name) {
  for (const Command& c : kCommands)
    if (name == c.name) return &c;
  return nullptr;
}

namespace {

bool takes_value(const std::string& name) {
  for (const Command& c : kCommands) {
    const CommandInfo info = describe(c);
    for (const OptionInfo& o : info.options)
      if (!o.meta.empty() && std::find(o.names.begin(), o.names.end(), name) != o.names.end()) return true;
  }
  return false;
}

}  // namespace

size_t find_command_behind_options(const Args& args) {
  // Most command lines name none: they need not know which options there are.
  if (std::none_of(args.begin(), args.end(), [](const std::string& a) { return find_command(a); })) return 0;
  size_t i = 0;
  while (i < args.size() && args[i].size() > 1 && args[i][0] == '-') {
    if (args[i] == "--" || args[i] == "--help" || args[i] == "-h" || args[i] == "--version") return 0;
    i += args[i].find('=') == std::string::npos && takes_value(args[i]) ? 2 : 1;
  }
  return i < args.size() && find_command(args[i]) ? i : 0;
}

CommandInfo describe(const Command& command) {
  CommandInfo info;
  Options::describe_next(&info);
  command.main({});
  Options::describe_next(nullptr);
  return info;
}

}  // namespace wjit::cli
