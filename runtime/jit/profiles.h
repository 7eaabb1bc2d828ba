// What tier 0 counted of a module's functions, in the shape that the compiler wants it.
#pragma once
#include <memory>
#include <unordered_map>

#include "compiler/compile.h"
#include "runtime/code/code_map.h"

namespace wjit::rt {

// Sorts out one function's counters; they may go on counting meanwhile.
translate::Profile read_profile(const bc::Code& code, uint32_t calls, uint32_t imported_funcs);

// One compilation's: each function's is read once, so that all who ask are told the same.
class Profiles {
 public:
  Profiles(const CompiledModule& module, std::mutex& lock) : module_(module), lock_(lock) {}
  // Null: there is none. Stays as long as this. `lock` is the TieredModule's, and not held.
  const translate::Profile* of(uint32_t defined);

 private:
  const CompiledModule& module_;
  std::mutex& lock_;
  std::unordered_map<uint32_t, std::unique_ptr<const translate::Profile>> read_;
};

}  // namespace wjit::rt
