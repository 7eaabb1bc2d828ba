#include "tools/wjit/commands.h"

namespace wjit::cli {

int validate_main(Args args) {
  EngineOptions engine_options;
  Args files;
  Options options("validate", "Read and validate modules whole; says nothing of those that are valid");
  engine_options.declare(options);
  options.positionals("FILE", files, "Modules");
  if (auto status = options.parse(std::move(args))) return *status;
  if (auto status = engine_options.resolve("validate")) return *status;
  // Every body is validated when the module is made, none is translated.
  engine_options.config.mode = CompilationMode::kLazyTranslation;
  Engine engine(engine_options.config);
  int status = kExitOk;
  for (const std::string& file : files) {
    auto module = Module::from_file(engine, file);
    if (!module) status = report(file, module.err());
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
  auto module = Module::from_file(Engine(engine_options.config), file);
  return module ? static_cast<int>(kExitOk) : report(file, module.err());
}

}  // namespace wjit::cli
