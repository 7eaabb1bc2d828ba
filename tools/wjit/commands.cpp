#include "tools/wjit/commands.h"

namespace wjit::cli {
namespace {

constexpr Command kCommands[] = {
    {"run", "Run a module (the word \"run\" may be left out)", run_main},
    {"validate", "Check modules without running them", validate_main},
    {"parse", "Translate a module's text to its binary", parse_main},
    {"print", "Show a module as text", print_main},
    {"wast", "Run scripts of the official test suite", wast_main},
    {"dump", "Show a module's sections or a function's bytecode", dump_main},
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

CommandInfo describe(const Command& command) {
  CommandInfo info;
  Options::describe_next(&info);
  command.main({});
  Options::describe_next(nullptr);
  return info;
}

}  // namespace wjit::cli
