#pragma once
#include "compiler/wasm/module.h"

namespace wjit::wasm {

// Decodes and validates everything but function bodies. Errors: kMalformed, kInvalid, kUnsupported (a feature that
// is off; a component; the text format; legacy exceptions), kLimit — each with the byte offset and what was expected.
Result<std::shared_ptr<const Module>> read_module(std::shared_ptr<const Bytes> bytes, FeatureSet features,
                                                  std::shared_ptr<TypeRegistry> registry);

// Function, local … names of the custom "name" section, parsed when first asked for (a malformed one is ignored).
class NameSection {
 public:
  explicit NameSection(const Module& module);
  std::string_view module_name() const { return module_name_; }
  // Empty when there is none.
  std::string_view func(uint32_t index) const;

 private:
  std::string_view module_name_;
  std::vector<std::pair<uint32_t, std::string_view>> funcs_;  // sorted
};

// "type", "code" …; "unknown" for a number that names no section.
const char* section_name(uint8_t id);

std::shared_ptr<const Bytes> copy_bytes(std::span<const uint8_t> bytes);

}  // namespace wjit::wasm
