// Modules from text and their functions in IR, for tests.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "compiler/translate/func_to_ir.h"

namespace wjit::test {

struct Translation {
  std::shared_ptr<const wasm::Module> module;
  translate::Options options;
  bool guard = true;
  uint64_t guard_bytes = 1 << 20;

  support::Result<ir::Function> func(uint32_t defined_index) const;
};
// The module must be valid but for its bodies.
Translation from_wat(std::string_view text);
// The verified function without offsets. `@0x40` in front of `text` would be one.
std::string ir_of(std::string_view text, const Translation& like = {});
std::vector<translate::MemoryInfo> memory_infos(const wasm::Module& module, bool guard, uint64_t guard_bytes);

}  // namespace wjit::test
