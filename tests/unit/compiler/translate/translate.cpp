#include "unit/compiler/translate/translate.h"

#include "catch.h"
#include "compiler/ir/print.h"
#include "compiler/ir/verify.h"
#include "compiler/wasm/read_module.h"
#include "compiler/wasm/text/parse_wat.h"
#include "runtime/compiled_module.h"

namespace wjit::test {

std::vector<translate::MemoryInfo> memory_infos(const wasm::Module& module, bool guard, uint64_t guard_bytes) {
  std::vector<translate::MemoryInfo> infos;
  for (const wasm::MemoryType& t : module.memories) {
    const bool can = guard && !t.is64 && t.page_size_log2 == 16;
    infos.push_back({.guard = can, .guard_bytes = can ? guard_bytes : 0, .base_moves = !can});
  }
  return infos;
}

support::Result<ir::Function> Translation::func(uint32_t defined_index) const {
  const vm::VMOffsets offsets(rt::module_counts(*module));
  const auto memories = memory_infos(*module, guard, guard_bytes);
  translate::Buffers buffers;
  return translate::func_to_ir({*module, offsets, options, memories}, defined_index, buffers);
}

Translation from_wat(std::string_view text) {
  const auto binary = wasm::text::parse_wat(text);
  if (!binary) FAIL(binary.error().message());
  auto module = wasm::read_module(wasm::copy_bytes(binary->binary), FeatureSet::all(),
                                  std::make_shared<wasm::TypeRegistry>());
  if (!module) FAIL(module.error().message());
  return {.module = *module};
}

std::string ir_of(std::string_view text, const Translation& like) {
  Translation t = like;
  t.module = from_wat(text).module;
  const auto f = t.func(0);
  if (!f) return f.error().message();
  if (const auto ok = ir::verify(*f); !ok) FAIL(ok.error().message() + "\n" + ir::print(*f));
  return ir::print(*f, {.offsets = false});
}

}  // namespace wjit::test
