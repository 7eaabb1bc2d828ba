#include "tools/wjit/commands.h"
#include "vmcontext/print_abi.h"

namespace wjit::cli {

int abi_main(Args args) {
  bool json = false;
  Options options("abi", "Print the layout that generated code, interpreter and runtime share");
  options.flag("--json", json, "As JSON");
  if (auto status = options.parse(std::move(args))) return *status;
  std::string text = vm::print_abi(json);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return kExitOk;
}

}  // namespace wjit::cli
