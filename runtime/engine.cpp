#include "runtime/engine.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "compiler/support/result.h"
#include "runtime/code/code_map.h"
#include "runtime/code/debugger.h"
#include "runtime/code/eh_frame.h"
#include "runtime/code/native_entries.h"
#include "runtime/fiber/fiber.h"
#include "runtime/interp/dispatch.h"
#include "runtime/jit/tier_up.h"
#include "runtime/trap/owns_address.h"
#include "runtime/trap/signals.h"

namespace wjit::rt {

namespace {

constexpr uint64_t kLeastReservation = uint64_t{1} << 32;  // every index of a 32-bit memory

std::string size_text(uint64_t bytes) {
  for (auto [shift, unit] : {std::pair{40, " TiB"}, {30, " GiB"}, {20, " MiB"}, {10, " KiB"}})
    if (bytes >> shift && bytes % (uint64_t{1} << shift) == 0) return std::to_string(bytes >> shift) + unit;
  return std::to_string(bytes) + " bytes";
}

// Empty when this much address space can be reserved, else why not.
std::string probe_reservation(uint64_t bytes) {
  void* p = mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (p == MAP_FAILED) return std::strerror(errno);
  munmap(p, bytes);
  return {};
}

}  // namespace

bc::TranslateOptions bytecode_options(const Engine& engine) {
  return {.fuel = engine.config.consume_fuel,
          .epoch = engine.config.epoch_interruption,
          .accumulators = uses_tail_dispatch(engine.config)};
}

uint64_t host_page_size() {
  static const uint64_t size = uint64_t(sysconf(_SC_PAGESIZE));
  return size;
}

MemoryTunables choose_memory_tunables(const Config& config) {
  MemoryTunables t;
  t.style = MemoryStyle::kChecks;
  t.description = "explicit checks";
  if (config.memory_style == MemoryStyle::kChecks) {
    t.description += " (as configured)";
    return t;
  }
  if (config.memory_creator && config.memory_style == MemoryStyle::kAuto) {
    t.description += " (memories are the embedder's, who promised no guard pages)";
    return t;
  }
  std::string raised;
  uint64_t reservation = config.memory_reservation;
  if (reservation < kLeastReservation) {
    if (config.memory_style == MemoryStyle::kAuto) {
      t.description +=
          " (memory_reservation of " + size_text(reservation) + " is less than a 32-bit index can reach)";
      return t;
    }
    raised = ", raised from " + size_text(reservation) + " to what a 32-bit index can reach";
    reservation = kLeastReservation;
  }
  const uint64_t most = ~uint64_t{0} >> 2;
  t.reservation = round_up_to_host_page(std::min(reservation, most));
  t.guard_size = round_up_to_host_page(std::min(config.memory_guard_size, most));
  const std::string sizes =
      size_text(t.reservation) + " reservation, " + size_text(t.guard_size) + " guard" + raised;
  const std::string refused = probe_reservation(t.reservation + t.guard_size);
  if (!refused.empty() && config.memory_style == MemoryStyle::kAuto) {
    t.description += " (the host refused a " + sizes + ": " + refused + ")";
    t.reservation = t.guard_size = 0;
    return t;
  }
  t.style = MemoryStyle::kGuard;
  t.description =
      "guard pages (" + sizes + (refused.empty() ? "" : "; the host refused to try one: " + refused) + ")";
  return t;
}

Engine::Engine(const Config& c)
    : config(c),
      registry(std::make_shared<wasm::TypeRegistry>()),
      memory(choose_memory_tunables(c)),
      code_map(std::make_shared<CodeMap>()) {
  if (c.unwind_info || c.native_frames) enable_unwind_info();
  if (c.debugger_info) enable_debugger_info();
  if (config.tier == Tier::kInterp) return;
  if (auto enabled = enable_native_code(); !enabled)
    native_refused = std::move(enabled).error();
  else if (config.tier == Tier::kTiered)
    tier_up = std::make_unique<TierUp>(config);
}
Engine::~Engine() = default;

support::Result<void> Engine::enable_native_code() {
  WJIT_CHECK(install_trap_handlers(&store_owns_address));
  WJIT_TRY(native, NativeEntries::create(registry));
  fibers = std::make_unique<FiberPool>(FiberPool::Options{});
  return {};
}

}  // namespace wjit::rt
