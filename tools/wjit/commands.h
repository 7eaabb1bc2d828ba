// The commands of `wjit`, one file each. Each parses its own arguments and returns the exit status.
#pragma once
#include <span>

#include "tools/wjit/options.h"

namespace wjit::cli {

struct Command {
  const char* name;
  const char* summary;  // null: not shown
  int (*main)(Args);
};
std::span<const Command> commands();
// Null: there is none.
const Command* find_command(const std::string& name);
// Where the name of a command stands behind options of any command; 0: it does not. An option's value is
// none, nor is what stands behind a file.
size_t find_command_behind_options(const Args& args);
// What the command declares.
CommandInfo describe(const Command& command);

int run_main(Args args);
int validate_main(Args args);
int wast_main(Args args);
int dump_main(Args args);
int compile_main(Args args);
int parse_main(Args args);
int print_main(Args args);
int abi_main(Args args);
int load_main(Args args);
int help_main(Args args);
int completion_main(Args args);
int reference_main(Args args);

}  // namespace wjit::cli
