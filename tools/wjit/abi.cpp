#include "tools/wjit/commands.h"

namespace wjit::cli {

int abi_main(Args args) {
  bool json = false;
  Options options("abi", "Print the layout that generated code, interpreter and runtime share");
  options.flag("--json", json, "As JSON");
  if (auto status = options.parse(std::move(args))) return *status;
  return report("abi: not built in yet");
}

}  // namespace wjit::cli
