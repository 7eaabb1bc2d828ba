// The native code of one module: compiled, published, and known to the interpreter as bridges.
#pragma once
#include <memory>
#include <vector>

#include "compiler/support/result.h"
#include "runtime/code/code_memory.h"

namespace wjit::rt {

class CompiledModule;

class NativeModule {
 public:
  // Compiles what can be; the rest stays with the interpreter (refusals()). Before the module has instances. Errors: a
  // configuration that cannot be had (kUsage, kResource), a function that failed its proof (kCompiler … as verify says).
  static support::Result<std::unique_ptr<NativeModule>> create(CompiledModule& module, unsigned threads);

  // Of a defined function; null: it has none.
  const uint8_t* code_of(uint32_t defined) const {
    return entries_[defined] == kNoCode ? nullptr : code_->bytes.data() + entries_[defined];
  }
  struct Refusal {
    uint32_t func_index;
    Error error;
  };
  const std::vector<Refusal>& refusals() const { return refusals_; }
  size_t code_bytes() const { return code_ ? code_->bytes.size() : 0; }

 private:
  static constexpr uint32_t kNoCode = ~uint32_t{0};
  std::vector<uint32_t> entries_;
  std::vector<Refusal> refusals_;
  CodeHandle code_;
};

}  // namespace wjit::rt
