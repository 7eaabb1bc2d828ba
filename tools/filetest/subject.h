// What a file is about: functions of the IR, written as such or translated from a module's text.
#pragma once
#include <memory>

#include "compiler/ir/function.h"
#include "compiler/translate/func_to_ir.h"
#include "runtime/compiled_module.h"
#include "tools/filetest/filetest.h"

namespace wjit::filetest {

// Words of a command's argument: `fuel`, `epoch`, `checks` (memories without guard pages).
struct Settings {
  translate::Options options;
  bool checks = false;
};
Result<Settings> parse_settings(std::string_view words);

Result<std::shared_ptr<rt::CompiledModule>> load_module(std::shared_ptr<rt::Engine> engine, const File& file);
// Memories of 4 GiB and guard, whatever this machine's are: outputs are the same everywhere.
Result<std::vector<ir::Function>> functions_of(const File& file, const Settings& settings);

// f(ARGUMENTS) == RESULTS, f(ARGUMENTS) traps NAME @OFFSET.
Result<std::string> run_call(const File& file, std::string_view argument);

}  // namespace wjit::filetest
