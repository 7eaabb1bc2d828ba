// `wjit COMMAND …`. Nothing heavy happens here: loading a module lazily takes a few milliseconds in all.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>

#include "runtime/version.h"
#include "tools/wjit/commands.h"

namespace {

using wjit::cli::Args;

struct Command {
  const char* name;
  const char* summary;  // null: not shown
  int (*main)(Args);
};
constexpr Command kCommands[] = {
    {"run", "Run a module (the word \"run\" may be left out)", wjit::cli::run_main},
    {"validate", "Check modules without running them", wjit::cli::validate_main},
    {"parse", "Translate a module's text to its binary", wjit::cli::parse_main},
    {"print", "Show a module as text", wjit::cli::print_main},
    {"wast", "Run scripts of the official test suite", wjit::cli::wast_main},
    {"dump", "Show a module's sections or a function's bytecode", wjit::cli::dump_main},
    {"abi", "Print the layout that code and runtime share", wjit::cli::abi_main},
    {"load", nullptr, wjit::cli::load_main},
};

void print_help(std::FILE* out) {
  std::fputs(
      "wjit runs WebAssembly\nUsage: wjit [run] [OPTIONS] FILE [ARGS…]\n       wjit COMMAND [OPTIONS] …\n\n"
      "Commands:\n",
      out);
  for (const Command& c : kCommands) {
    if (c.summary) std::fprintf(out, "  %-10s %s\n", c.name, c.summary);
  }
  std::fputs(
      "\nOptions:\n  -h, --help   Print this, or with a command its options\n"
      "  --version    Print the version\n",
      out);
}

int dispatch(Args args) {
  if (args.empty()) {
    print_help(stderr);
    return wjit::cli::kExitUsage;
  }
  const std::string& first = args[0];
  if (first == "--help" || first == "-h") {
    print_help(stdout);
    return 0;
  }
  if (first == "--version") {
    std::printf("wjit %s\n", wjit::rt::version());
    return 0;
  }
  for (const Command& c : kCommands) {
    if (first != c.name) continue;
    args.erase(args.begin());
    return c.main(std::move(args));
  }
  return wjit::cli::run_main(std::move(args));
}

// A full disk is noticed here, where it can still be told.
int finish_stdout(int status) {
  errno = 0;
  bool failed = std::ferror(stdout);
  failed |= std::fflush(stdout) != 0;
  if (!failed) return status;
  wjit::cli::report(std::string("cannot write to standard output") +
                    (errno ? std::string(": ") + std::strerror(errno) : std::string()));
  return status ? status : static_cast<int>(wjit::cli::kExitBadInput);
}

}  // namespace

int main(int argc, char** argv) {
  // Nothing of ours throws on purpose; what the standard library throws still ends in a message.
  try {
    return finish_stdout(dispatch(Args(argv + (argc > 0), argv + argc)));
  } catch (const std::bad_alloc&) {
    return wjit::cli::report("out of memory");
  } catch (const std::exception& e) {
    return wjit::cli::report(std::string("internal error: ") + e.what());
  }
}
