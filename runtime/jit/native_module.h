// The native code of one module: compiled, published, and known to the interpreter as bridges.
#pragma once
#include <functional>
#include <memory>
#include <vector>

#include "compiler/support/pass_times.h"
#include "compiler/support/result.h"
#include "runtime/code/code_memory.h"

namespace wjit {
struct CompileOptions;
struct NativeCode;
}
namespace wjit::translate {
struct Profile;
}

namespace wjit::rt {

class CompiledModule;

// What an engine's configuration means for this module's code. Error kUsage: unknown processor features.
support::Result<CompileOptions> compile_options(const CompiledModule& module, unsigned threads);

// For tests, while nothing is compiled: what the compiler is told of the functions of all modules. What it gives stays.
using MadeUpProfile = std::function<const translate::Profile*(const CompiledModule&, uint32_t defined)>;
extern MadeUpProfile made_up_profile;

// What CodeMemory is told of code of this module's.
CodeTables code_tables(CompiledModule& module, const NativeCode& code);

class NativeModule {
 public:
  // Compiles what can be; the rest stays with the interpreter (refusals()). Before the module has instances. Errors: a
  // configuration that cannot be had (kUsage, kResource), a function whose proof failed (kUsage: compile_module).
  static support::Result<std::unique_ptr<NativeModule>> create(CompiledModule& module, unsigned threads);

  // Of a defined function; null: it has none.
  const uint8_t* code_of(uint32_t defined) const {
    return entries_[defined] == kNoCode ? nullptr : code_->bytes.data() + entries_[defined];
  }
  struct Refusal {
    uint32_t func_index;
    std::string reason;
    Error error;
  };
  const std::vector<Refusal>& refusals() const { return refusals_; }
  uint32_t functions() const { return functions_; }  // with code
  size_t code_bytes() const { return code_ ? code_->bytes.size() : 0; }
  size_t metadata_bytes() const;  // tables that stay beside the code
  const support::PassTimes& times() const { return times_; }  // if measure_passes asked for them

 private:
  static constexpr uint32_t kNoCode = ~uint32_t{0};
  std::vector<uint32_t> entries_;
  std::vector<Refusal> refusals_;
  uint32_t functions_ = 0;
  support::PassTimes times_;
  CodeHandle code_;
};

// From now on the passes of every NativeModule are measured; for tools.
void measure_passes();

}  // namespace wjit::rt
