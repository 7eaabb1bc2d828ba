#include "tools/wjit/help.h"

#include <fmt/format.h>

#include "tools/wjit/commands.h"

namespace wjit::cli {

std::string general_help() {
  std::string text =
      "wjit runs WebAssembly\nUsage: wjit [run] [OPTIONS] FILE [ARGS…]\n       wjit COMMAND [OPTIONS] …\n\n"
      "Commands:\n";
  for (const Command& c : commands()) {
    if (c.summary) text += fmt::format("  {:<10} {}\n", c.name, c.summary);
  }
  text +=
      "\nOptions:\n  -h, --help   Print this, or with a command its options\n"
      "  --version    Print the version\n"
      "\nFor example:\n"
      "  wjit program.wasm an argument             runs a program\n"
      "  wjit --dir . program.wasm                 gives it this directory\n"
      "  wjit --invoke add library.wasm 1 2        calls a function\n"
      "  wjit help run                             explains the options of run\n";
  return text;
}

std::string list_commands() {
  std::string names;
  for (const Command& c : commands()) {
    if (c.summary) names += (names.empty() ? "" : ", ") + std::string(c.name);
  }
  return names;
}

int help_main(Args args) {
  std::string command;
  Options options("help", "Explain a command");
  options.optional("COMMAND", command, "Which one; without it, all are listed");
  if (auto status = options.parse(std::move(args))) return *status;
  if (command.empty()) {
    const std::string text = general_help();
    std::fwrite(text.data(), 1, text.size(), stdout);
    return kExitOk;
  }
  if (const Command* c = find_command(command)) return c->main({"--help"});
  return report_usage("wjit", fmt::format("no command '{}': expected one of: {}", command, list_commands()));
}

}  // namespace wjit::cli
