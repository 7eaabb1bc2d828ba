// What `wjit dump` shows of a function's way to native code.
#pragma once
#include <optional>
#include <string>

#include "runtime/compiled_module.h"

namespace wjit::cli {

// What the command line asks for.
struct DumpNative {
  bool ir = false, opt = false, vcode = false, ra = false, times = false;
  std::string assembly;  // "text", "json"
  bool any() const { return ir || opt || vcode || ra || !assembly.empty(); }
};

// The stages asked for of one function, or with --asm=json and none of all. The exit status.
int dump_native(const std::string& file, const rt::CompiledModule& module, std::optional<uint32_t> func,
                const DumpNative& what);

}  // namespace wjit::cli
