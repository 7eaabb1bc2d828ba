#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "tools/wast/runner.h"
#include "tools/wjit/commands.h"

namespace wjit::cli {
namespace {

int write_markdown(const std::string& path, const wast::Report& report_of_run) {
  std::string page = wast::to_markdown(report_of_run);
  errno = 0;
  std::FILE* file = std::fopen(path.c_str(), "wb");
  bool written = file && std::fwrite(page.data(), 1, page.size(), file) == page.size();
  int error = written ? 0 : errno;
  if (file && std::fclose(file) != 0 && !error) error = errno;
  return error ? report(path + ": " + std::strerror(error)) : static_cast<int>(kExitOk);
}

}  // namespace

int wast_main(Args args) {
  EngineOptions engine_options;
  std::string markdown;
  bool verbose = false;
  Args paths;
  Options options("wast", "Run spec scripts");
  engine_options.declare(options);
  options.value("--markdown", markdown, "FILE", "Write the table by feature there as well");
  options.flag("--verbose,-v", verbose, "Name each script before it is run");
  options.positionals("FILE|DIR", paths, "Scripts, and directories to search for *.wast");
  options.footer(
      "Features that a script's folder asks for are on by default; --features wins over them.\n"
      "Exits 0 when nothing failed; what may be skipped is listed in tools/wast/skips.def.");
  if (auto status = options.parse(std::move(args))) return *status;
  if (auto status = engine_options.resolve("wast")) return *status;
  const CompilerConfig& compiler = engine_options.config.compiler;
  if (compiler.regalloc == CompilerConfig::Regalloc::kShuffle)
    std::printf("--regalloc=shuffle --regalloc-seed=%llu\n", static_cast<unsigned long long>(compiler.seed));
  // The folder decides first, the user after it.
  engine_options.config.features = FeatureSet::defaults();
  wast::report_crashes();
  auto say = [](std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);  // what was found before a crash stays on the screen
  };
  wast::Runner runner({engine_options.config, engine_options.feature_changes, say});
  for (const std::string& path : paths) {
    auto scripts = wast::find_scripts(path);
    if (!scripts) return report(scripts.error().to_string());
    for (const std::string& script : *scripts) {
      if (verbose) say(script + "\n");
      runner.run_file(script);
    }
  }
  std::fputs(wast::to_text(runner.report()).c_str(), stdout);
  int status = markdown.empty() ? static_cast<int>(kExitOk) : write_markdown(markdown, runner.report());
  return runner.report().total().failed || runner.report().unexpectedly_stayed ? static_cast<int>(kExitBadInput) : status;
}

}  // namespace wjit::cli
