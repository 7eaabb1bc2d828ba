// What every module and store of one embedder shares: configuration, canonical types, compiled code, the
// memory style. Thread-safe; immutable but for the CodeMap, the type registry and the epoch.
#pragma once
#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "compiler/bytecode/translate.h"
#include "compiler/support/result.h"
#include "compiler/wasm/types.h"
#include "wjit/config.hpp"

namespace wjit::rt {

class CodeMap;
class FiberPool;
class NativeEntries;
class TierUp;

// How linear memories are laid out. Chosen once, when the engine is made, because code compiled without
// bounds checks must never meet a memory without guard pages.
struct MemoryTunables {
  MemoryStyle style = MemoryStyle::kChecks;  // never kAuto
  uint64_t reservation = 0;                  // bytes of address space of a guard-page memory, page-aligned
  uint64_t guard_size = 0;                   // bytes after it that are never accessible, page-aligned
  std::string description;                   // what was chosen, and why

  // The style of one memory: 64-bit memories and those with small pages are always checked, because no
  // reservation makes every index they can form fall on a guard page.
  MemoryStyle style_for(const wasm::MemoryType& type) const {
    return !type.is64 && type.page_size_log2 == 16 ? style : MemoryStyle::kChecks;
  }
};

class Engine {
 public:
  explicit Engine(const Config& config);
  ~Engine();
  Engine(const Engine&) = delete;

  const Config config;
  const std::shared_ptr<wasm::TypeRegistry> registry;
  const MemoryTunables memory;
  const std::shared_ptr<CodeMap> code_map;  // shared_ptr: whole here without CodeMap's definition
  std::atomic<uint64_t> epoch{0};
  // What crosses between native code and the rest; null in engines that only interpret.
  std::unique_ptr<NativeEntries> native;
  std::unique_ptr<FiberPool> fibers;  // there with it: for resumable calls
  std::unique_ptr<TierUp> tier_up;    // there where functions change tier
  // Why there is none although the configuration asks for it; with Tier::kJit modules are refused with it.
  std::optional<Error> native_refused;
  // Before there is any module or store. Errors: kResource, where the host gives no executable memory.
  support::Result<void> enable_native_code();
};

// What of the configuration bytecode depends on.
bc::TranslateOptions bytecode_options(const Engine& engine);

// Probes the address space with one reservation and gives it back.
MemoryTunables choose_memory_tunables(const Config& config);

// The size of the host's pages.
uint64_t host_page_size();
inline uint64_t round_up_to_host_page(uint64_t bytes) {
  return (bytes + host_page_size() - 1) & ~(host_page_size() - 1);
}

}  // namespace wjit::rt
