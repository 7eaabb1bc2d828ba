// The commands of `wjit`, one file each. Each parses its own arguments and returns the exit status.
#pragma once
#include "tools/wjit/options.h"

namespace wjit::cli {

int run_main(Args args);
int validate_main(Args args);
int wast_main(Args args);
int dump_main(Args args);
int parse_main(Args args);
int print_main(Args args);
int abi_main(Args args);
int load_main(Args args);

}  // namespace wjit::cli
