// `wjit COMMAND …`. Nothing heavy happens here: loading a module lazily takes a few milliseconds in all.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>

#include "runtime/version.h"
#include "tools/wjit/commands.h"
#include "tools/wjit/help.h"

namespace {

using wjit::cli::Args;

void print_help(std::FILE* out) {
  const std::string text = wjit::cli::general_help();
  std::fwrite(text.data(), 1, text.size(), out);
}

// A word that is no command is a file. If it looks like a command and there is no such file, it was meant as
// one.
bool is_unknown_command(const std::string& word) {
  return !word.starts_with('-') && word.find_first_of("./") == std::string::npos &&
         access(word.c_str(), F_OK) != 0;
}

int dispatch(Args args) {
  if (args.empty()) {
    print_help(stderr);
    return wjit::cli::kExitUsage;
  }
  // `wjit --json validate FILE` is `wjit validate --json FILE`.
  if (args[0].starts_with('-')) {
    if (const size_t at = wjit::cli::find_command_behind_options(args))
      std::rotate(args.begin(), args.begin() + at, args.begin() + at + 1);
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
  if (const wjit::cli::Command* c = wjit::cli::find_command(first)) {
    args.erase(args.begin());
    return c->main(std::move(args));
  }
  if (is_unknown_command(first)) {
    return wjit::cli::report_usage(
        "wjit", "'" + first + "' is neither a file nor a command; commands: " + wjit::cli::list_commands());
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
