// Every function of every module of an engine, by a dense index that never moves: the place where lazily compiled code
// is published and found.
//
// Storage (Buckets). Bucket n holds 32·2^n elements, so an index finds its element with one count of leading zeros and
// one load, elements never move, and growth copies nothing. Writers hold a lock, store a bucket's pointer, then
// release-store the length; a reader that acquire-loads a length may read every element below it plainly.
//
// States of an entry. uninit -> uncompiled -> compiling -> compiled | failed. The hot path is one acquire load of
// `code`, which is set before the state becomes compiled and never changes afterwards. One thread wins the step to
// compiling; the others spin for a bounded time and then sleep on the state. Every way out of compiling, an exception
// included, leaves it: to uncompiled when the fuel does not suffice (to be tried again), to failed with the entry's own
// error, or to compiled. Where functions change tier, `code` changes more often: from bytecode to the same that keeps a
// profile, back, and from either to the bridge to native code; frames of each may be under way, so all of them stay as long
// as the entry.
#pragma once
#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

#include "compiler/bytecode/code.h"
#include "compiler/support/result.h"
#include "compiler/wasm/types.h"

namespace wjit::rt {

class CompiledModule;

template <class T>
class Buckets {
 public:
  static constexpr unsigned kBuckets = 22;
  static constexpr uint32_t kMaxLength = 100'000'000;

  Buckets() = default;
  Buckets(const Buckets&) = delete;
  ~Buckets() {
    for (auto& b : buckets_) delete[] b.load(std::memory_order_relaxed);
  }
  static unsigned bucket_of(uint32_t index) { return unsigned(std::bit_width(index + 32)) - 6; }
  static uint32_t slot_of(uint32_t index) { return index + 32 - (uint32_t{32} << bucket_of(index)); }

  uint32_t length() const { return uint32_t(length_.load(std::memory_order_acquire)); }
  T* find(uint32_t index) const { return index < length() ? &at(index) : nullptr; }
  T& at(uint32_t index) const {
    return buckets_[bucket_of(index)].load(std::memory_order_relaxed)[slot_of(index)];
  }
  // Under the writers' lock. False: past the maximum, or no memory; nothing changed then.
  bool grow(uint32_t count) {
    const uint32_t old = length();
    if (count > kMaxLength - old) return false;
    if (count == 0) return true;
    for (unsigned b = 0; b <= bucket_of(old + count - 1); ++b) {
      if (buckets_[b].load(std::memory_order_relaxed)) continue;
      T* p = new (std::nothrow) T[size_t{32} << b]();
      if (!p) return false;
      buckets_[b].store(p, std::memory_order_relaxed);
    }
    length_.store(old + count, std::memory_order_release);
    return true;
  }

 private:
  std::array<std::atomic<T*>, kBuckets> buckets_{};
  std::atomic<uint64_t> length_{0};
};

struct CodeEntry {
  enum class State : uint32_t { kUninit, kUncompiled, kCompiling, kCompiled, kFailed };

  std::atomic<const bc::Code*> code{nullptr};  // set exactly while compiled
  std::atomic<State> state{State::kUninit};
  std::atomic<uint32_t> calls{0};              // by the interpreter; relaxed, may lose counts between threads
  CompiledModule* module = nullptr;
  uint32_t defined_index = 0;
  const wasm::SubType* type = nullptr;         // the function's, of the engine's registry
  // The rest is of engines with Tier::kTiered (runtime/jit/tiered_module.h).
  enum class Heat : uint8_t { kCold, kProfiled, kWaiting, kNative, kRefused };
  std::atomic<Heat> heat{Heat::kCold};
  std::atomic<uint32_t> loops{0};              // times a loop header was reached, counted as `calls` is
  std::atomic<uint32_t> hot_calls{~0u}, hot_loops{~0u};  // counts from which on the interpreter asks what to do
  std::atomic<uint64_t> translate_nanoseconds{0};
  std::unique_ptr<const bc::Code> bytecode;    // that `code` was first, from its first change on
  std::unique_ptr<const bc::Code> profiling;   // the same with counters, if there ever was any
  std::unique_ptr<const Error> error;          // failed
};
const char* to_string(CodeEntry::State state);

// How a store pays for lazy compilation: 7 a byte of body, 2 more where it is validated too. Taken whole before the
// work, by the thread that does it; nothing is taken when it does not suffice.
struct CompileFuel {
  int64_t* consumed = nullptr;  // VMRuntimeLimits::fuel_consumed; null: not metered
  uint64_t* compile_fuel = nullptr;  // counted apart: it depends on the engine's history
};
constexpr uint64_t kTranslateFuelPerByte = 7, kValidateFuelPerByte = 2;

// Exactly one is set.
struct CodeOrWhy {
  const bc::Code* code = nullptr;
  const Error* error = nullptr;  // of the entry; lives as long as it
  uint64_t required_fuel = 0;
};

class CodeMap {
 public:
  ~CodeMap();
  // A span for the module's defined functions, all uncompiled. Spans of dropped modules are used again.
  Result<uint32_t> add_module(CompiledModule& module, uint32_t count);
  // Waits for compilations under way, frees code. Nothing may run it any more.
  void remove_module(uint32_t base, uint32_t count);

  CodeEntry* find(uint32_t index) const { return entries_.find(index); }  // null: not found
  CodeEntry& at(uint32_t index) const { return entries_.at(index); }
  uint32_t length() const { return entries_.length(); }

  // The entry's code, compiling it first if need be. Any thread.
  static CodeOrWhy get(CodeEntry& entry, CompileFuel fuel = {});
  // Code made elsewhere, for an entry that has none. Errors: kUsage, when it has or failed.
  static Result<void> publish(CodeEntry& entry, std::unique_ptr<const bc::Code> code);
  // For entries that are compiled, under the lock of their TieredModule. The same in place of bytecode, once and for good;
  static void supersede(CodeEntry& entry, std::unique_ptr<const bc::Code> code);
  // before it, once, bytecode that keeps a profile in place of the one that does not;
  static void profile(CodeEntry& entry, std::unique_ptr<const bc::Code> code);
  // and that one again, whatever there is.
  static void end_profile(CodeEntry& entry);

 private:
  using Spans = std::multimap<uint32_t, uint32_t>;  // size -> base

  Buckets<CodeEntry> entries_;
  std::mutex lock_;
  Spans free_;
  Spans spare_;  // a node for each span in use: giving it back needs no memory
};

}  // namespace wjit::rt
