#include <fmt/format.h>
#include <unistd.h>

#include "tools/wjit/commands.h"
#include "tools/wjit/load.h"

namespace wjit::cli {
namespace {

// On a terminal, how far it is. It is drawn over itself and is gone in the end.
class Progress {
 public:
  explicit Progress(size_t total) : total_(total), shown_(total > 1 && isatty(STDERR_FILENO)) {}
  ~Progress() { clear(); }
  void show(size_t done, const std::string& what) {
    if (!shown_) return;
    constexpr size_t kWidth = 24;
    const size_t full = done * kWidth / total_;
    // A long name is cut in front: its end tells more.
    const std::string name = what.size() > 40 ? "…" + what.substr(what.size() - 39) : what;
    std::fputs(fmt::format("\r\x1b[K[{}{}] {}/{} {}", std::string(full, '#'), std::string(kWidth - full, '.'),
                           done, total_, name)
                   .c_str(),
               stderr);
  }
  void clear() {
    if (shown_) std::fputs("\r\x1b[K", stderr);
  }

 private:
  size_t total_;
  bool shown_;
};

}  // namespace

int validate_main(Args args) {
  EngineOptions engine_options;
  Args files;
  bool json = false;
  Options options("validate", "Read and validate modules whole; says nothing of those that are valid");
  engine_options.declare(options);
  options.json(json, "Print a line of JSON for every file, valid or not");
  options.positionals("FILE", files, "Modules; - is standard input");
  options.footer("Exits 0 when all are valid, 1 when one is not. On a terminal it shows how far it is.");
  if (auto status = options.parse(std::move(args))) return *status;
  if (auto status = engine_options.resolve("validate")) return *status;
  // Every body is validated when the module is made, none is translated.
  engine_options.config.mode = CompilationMode::kLazyTranslation;
  Engine engine(engine_options.config);
  Progress progress(files.size());
  int status = kExitOk;
  for (size_t i = 0; i < files.size(); ++i) {
    const std::string& file = files[i];
    progress.show(i, file);
    auto module = load_module(engine, file);
    if (!module) status = kExitBadInput;
    if (json) {
      const std::string error =
          module ? ""
                 : ", \"error\": " +
                       json_error(module.err().kind(), module.err().message(), module.err().offset());
      std::fputs(
          fmt::format("{{\"file\": {}, \"valid\": {}{}}}\n", json_string(file), bool(module), error).c_str(),
          stdout);
    } else if (!module) {
      progress.clear();
      report(file, module.err());
    }
  }
  return status;
}

// For the benchmark of loading: makes the module and nothing else.
int load_main(Args args) {
  EngineOptions engine_options;
  std::string file;
  bool lazy = false;
  Options options("load", "Load a module and do nothing with it");
  engine_options.declare(options);
  options.flag("--lazy", lazy, "Leave every function body alone (--mode=lazy)");
  options.positional("FILE", file, "The module");
  if (auto status = options.parse(std::move(args))) return *status;
  if (auto status = engine_options.resolve("load")) return *status;
  if (lazy) engine_options.config.mode = CompilationMode::kLazy;
  auto module = load_module(Engine(engine_options.config), file);
  return module ? static_cast<int>(kExitOk) : report(file, module.err());
}

}  // namespace wjit::cli
