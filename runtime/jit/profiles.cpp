#include "runtime/jit/profiles.h"

#include "runtime/compiled_module.h"

namespace wjit::rt {

namespace {
// A call through a reference goes nearly always to one function: it was seen so often, and others a tiny part of that.
constexpr uint32_t kLeastCalls = 8, kMostOthers = 32;
}  // namespace

translate::Profile read_profile(const bc::Code& code, uint32_t calls, uint32_t imported_funcs) {
  translate::Profile p;
  p.calls = calls;
  for (const bc::ProfilePlace& place : code.places) {
    const auto count = [&](uint32_t k) { return code.counters[place.first + k].load(std::memory_order_relaxed); };
    if (place.counters == bc::ProfilePlace::kWays) {
      const uint32_t taken = count(0), not_taken = count(1);
      if (taken != 0 || not_taken != 0) p.branches.push_back({place.wasm_offset, taken, not_taken});
    } else if (const uint32_t name = count(0), n = count(1); n >= kLeastCalls && count(2) <= n / kMostOthers) {
      p.targets.push_back({place.wasm_offset, imported_funcs + name - 1});
    }
  }
  return p;
}

const translate::Profile* Profiles::of(uint32_t defined) {
  const auto [at, is_new] = read_.try_emplace(defined);
  if (!is_new) return at->second.get();
  const CodeEntry& e = *module_.code_entries[defined];
  const bc::Code* code;
  {
    const std::lock_guard hold(lock_);
    code = e.profiling.get();
  }
  if (!code) return nullptr;
  at->second = std::make_unique<const translate::Profile>(
      read_profile(*code, e.calls.load(std::memory_order_relaxed), module_.wasm().imported_funcs));
  return at->second.get();
}

}  // namespace wjit::rt
