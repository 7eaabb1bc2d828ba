// What a file is about: functions of the IR, written as such or translated from a module's text.
#pragma once
#include <functional>
#include <memory>
#include <optional>

#include "compiler/ir/function.h"
#include "compiler/isa/common/compiled_func.h"
#include "compiler/regalloc/allocate.h"
#include "compiler/translate/func_to_ir.h"
#include "runtime/compiled_module.h"
#include "tools/filetest/filetest.h"

namespace wjit::filetest {

// Words of a command's argument: `fuel`, `epoch`, `epoch-trap`, `checks` (memories without guard pages), `likely=N` (of each call through
// a reference the profile says that function N is the only one it was seen to reach); and on the way to native code
// `-O0`, `passes=A,B` (of the mid-end), `cpu=FEATURES` (else the baseline's), `spill` (values live in memory), `a64` (for AArch64; else for x86-64, on whatever machine
// this runs).
struct Settings {
  translate::Options options;
  bool checks = false;
  std::optional<uint32_t> likely;
  unsigned opt_level = 1;
  uint32_t opt_passes = ~uint32_t{0};
  isa::Arch arch = isa::Arch::kX64;
  isa::CpuFeatures features;
  ra::Mode regalloc = ra::Mode::kScan;
};
Result<Settings> parse_settings(std::string_view words);

Config engine_config();  // the interpreter's, with every feature
Result<std::shared_ptr<rt::CompiledModule>> load_module(std::shared_ptr<rt::Engine> engine, const File& file);
// Memories of 4 GiB and guard, whatever this machine's are: outputs are the same everywhere.
Result<std::vector<ir::Function>> functions_of(const File& file, const Settings& settings);

// What the settings say of a module's functions; nothing, if they say nothing.
std::function<const translate::Profile*(uint32_t defined)> profile_of(const rt::CompiledModule& module,
                                                                       const Settings& settings);

// Memories of 4 GiB and guard, unless the settings say otherwise.
std::vector<translate::MemoryInfo> memories_of(const rt::CompiledModule& module, const Settings& settings);

// The IR behind the mid-end; machine instructions before and after registers were given out; bytes, disassembled.
Result<std::string> optimised(const File& file, std::string_view argument);
Result<std::string> machine_code(const File& file, std::string_view argument);
Result<std::string> allocated(const File& file, std::string_view argument);
Result<std::string> assembly(const File& file, std::string_view argument);

// f(ARGUMENTS) == RESULTS, f(ARGUMENTS) traps NAME @OFFSET.
Result<std::string> run_call(const File& file, std::string_view argument);

}  // namespace wjit::filetest
