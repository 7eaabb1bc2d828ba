// Features, tiers and limits an embedder chooses when it makes an Engine. No dependencies.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

// What the shared library exports; all else in it is hidden.
#define WJIT_API __attribute__((visibility("default")))

namespace wjit {

// id, name as --features spells it, on by default. WebAssembly 3.0 is on; proposals are off. The names are those of the
// proposals that brought them (github.com/WebAssembly/proposals). What is off is refused with kUnsupported.
#define WJIT_FEATURES(F)                                   \
  F(kMvp, "mvp", true)                                     \
  F(kMutableGlobals, "mutable-globals", true)              \
  F(kSaturatingFloatToInt, "saturating-float-to-int", true) \
  F(kSignExtension, "sign-extension", true)                \
  F(kMultiValue, "multi-value", true)                      \
  F(kBulkMemory, "bulk-memory", true)                      \
  F(kReferenceTypes, "reference-types", true)              \
  F(kSimd, "simd", true)                                   \
  F(kRelaxedSimd, "relaxed-simd", true)                    \
  F(kTailCall, "tail-call", true)                          \
  F(kExtendedConst, "extended-const", true)                \
  F(kFunctionReferences, "function-references", true)      \
  F(kGc, "gc", true)                                       \
  F(kExceptions, "exceptions", true)                       \
  F(kMultiMemory, "multi-memory", true)                    \
  F(kMemory64, "memory64", true)                           \
  F(kThreads, "threads", false)                            \
  F(kCustomPageSizes, "custom-page-sizes", false)          \
  F(kWideArithmetic, "wide-arithmetic", false)

// One of the above.
enum class Feature : uint8_t {
#define WJIT_F(id, name, on) id,
  WJIT_FEATURES(WJIT_F)
#undef WJIT_F
};

// A set of features: one bit each.
class FeatureSet {
 public:
  static constexpr FeatureSet defaults() {
    FeatureSet s;
#define WJIT_F(id, name, on) s.set(Feature::id, on);
    WJIT_FEATURES(WJIT_F)
#undef WJIT_F
    return s;
  }
  static constexpr FeatureSet all() {
    FeatureSet s;
#define WJIT_F(id, name, on) s.set(Feature::id, true);
    WJIT_FEATURES(WJIT_F)
#undef WJIT_F
    return s;
  }
  constexpr bool has(Feature f) const { return bits_ >> unsigned(f) & 1; }
  constexpr void set(Feature f, bool on) {
    bits_ = on ? bits_ | uint64_t{1} << unsigned(f) : bits_ & ~(uint64_t{1} << unsigned(f));
  }
  constexpr bool operator==(const FeatureSet&) const = default;

 private:
  uint64_t bits_ = 0;
};

// Its name, a literal.
WJIT_API const char* feature_name(Feature f);

// Which tiers run a function.
enum class Tier : uint8_t {
  kInterp,  // the interpreter
  kJit,     // native code, made when the module is; what the compiler refuses stays with the interpreter
  kTiered,  // the interpreter, and native code of what turns out to be hot (TierConfig)
};

// Where there is a compiler, what is hot becomes native.
#if defined(__x86_64__)
inline constexpr Tier kDefaultTier = Tier::kTiered;
#else
inline constexpr Tier kDefaultTier = Tier::kInterp;
#endif

// When Tier::kTiered makes native code. Results are the same whatever is chosen here.
struct TierConfig {
  // Entering native code in the middle of a loop that the interpreter runs (on-stack replacement).
  enum class Osr : uint8_t {
    kAuto,    // where a loop is hot
    kOff,     // never: from the next call on
    kAlways,  // at the first loop header that is reached, or, with a seed, at one of the function's chosen by it
  };
  uint32_t call_threshold = 1'000;     // calls of a function by or from the interpreter; from then on it is hot
  uint32_t loop_threshold = 20'000;    // times that loop headers of a function were reached, likewise
  Osr osr = Osr::kAuto;
  // Not 0: thresholds are chosen at random, function by function, from 1 to the ones above. The same each time.
  uint64_t seed = 0;
};

// How the compiler of native code works. Results are the same but for speed; all but `cpu` and `opt_level` is for tests.
struct CompilerConfig {
  enum class Regalloc : uint8_t {
    kScan,
    kSpill,    // everything in memory
    kShuffle,  // registers at random, from `seed`; so, with Tier::kJit, whom indirect calls are taken to reach
  };
  // Features of the processor that code may use: "native", or "sse2" and names with commas ("ssse3,sse4.1,sse4.2,popcnt,
  // lzcnt,bmi1,bmi2,avx,avx2,fma"); of ssse3, sse4.1, sse4.2, avx, avx2 each means those before it, too. A feature the processor has not ends the process when it is met.
  std::string cpu = "native";
  unsigned opt_level = 1;  // 0: no optimisation
  Regalloc regalloc = Regalloc::kScan;
  uint64_t seed = 0;
  bool poison = false;     // noise in the upper half of every register that holds an i32
  bool verify = false;     // prove each step: a function that fails is an error of the module (kInternal)
  // Only functions from `first_function` to `last_function` (indices in the module) get native code: to find the one
  // that matters.
  uint32_t first_function = 0, last_function = ~uint32_t{0};
  // Which passes of the mid-end run where `opt_level` asks for them, a bit each in their order, likewise.
  uint32_t opt_passes = ~uint32_t{0};
};

// When function bodies are validated and translated.
enum class CompilationMode : uint8_t {
  kEager,            // validate and translate everything when the module is made
  kLazyTranslation,  // validate when the module is made, translate a function on its first call
  kLazy,             // validate on the first call too: an invalid body traps nothing until it is called
};

// Handler dispatch of the interpreter; results are the same. kAuto takes tail calls where the build can promise them,
// else the loop.
enum class Dispatch : uint8_t { kAuto, kLoop, kTail };

// How linear memories are laid out (fixed per Engine). Accesses out of bounds trap either way.
enum class MemoryStyle : uint8_t {
  kAuto,    // guard pages when the address space allows the reservation, else explicit checks
  kGuard,   // inaccessible pages behind each memory of 32-bit addresses; one that cannot be had is an error (kResource)
  kChecks,  // every access is compared with the size
};

class MemoryCreator;  // wjit/memory_creator.hpp

// Options of an Engine, which copies them. Plain data; copy freely. Sizes are bytes, and rounded up to host pages. No
// value is refused here: what cannot be had shows as kResource, or as a trap, where it is wanted.
struct Config {
  FeatureSet features = FeatureSet::defaults();
  // With kTiered, a host that gives no executable memory, or no threads, gets the same results from the interpreter alone:
  // Module::native_report and tier_report tell. With kJit, modules are refused then.
  Tier tier = kDefaultTier;
  CompilationMode mode = CompilationMode::kLazyTranslation;
  Dispatch dispatch = Dispatch::kAuto;
  CompilerConfig compiler;
  TierConfig tiering;
  MemoryStyle memory_style = MemoryStyle::kAuto;
  bool consume_fuel = false;                   // meter wasm (Store::set_fuel); a new Store has no fuel
  // Wasm looks at every function's entry and in every loop whether the engine's epoch (Engine::increment_epoch) has reached
  // its store's deadline (Store::set_epoch_deadline), and whether it was interrupted (Store::interrupt_handle). Code is larger
  // and slower for it.
  bool epoch_interruption = false;
  // With it: Store::epoch_deadline_callback may be used. Code reads anew what a callback may change, and so is slower again.
  bool epoch_callbacks = false;
  bool eager_tables = false;                   // fill func-ref tables at instantiation instead of on first read
  // For whole modules. With Tier::kTiered: how many compile in the background (kThreadPerCore: fewer, so that the guest has a
  // core); 0: none, hot functions are compiled where they run, as are small ones that have waited for long.
  static constexpr unsigned kThreadPerCore = ~0u;
  unsigned compile_threads = kThreadPerCore;
  uint64_t max_wasm_stack = 16u << 20;         // bytes of interpreter value stack of one activation; past it wasm traps
  // Bytes of the calling thread's stack that native code, and host functions it calls, may use below the outermost call;
  // past it wasm traps. The thread must have them. Resumable calls have stacks of their own, of 256 KiB.
  uint64_t max_native_stack = 512u << 10;
  uint32_t max_call_depth = 100'000;           // frames of one activation chain; past it wasm traps
  uint64_t memory_reservation = uint64_t{1} << 33;  // bytes of address space reserved by a guard-page memory
  uint64_t memory_guard_size = uint64_t{1} << 31;   // bytes of guard after it
  // Frames of the host's own code in the backtraces of traps (Frame::host), by libunwind where it is installed. Costs
  // some microseconds for each frame of a trap.
  bool native_frames = false;
  // For debuggers and profilers of the host: native code is made known to libunwind and to the C++ unwinder, or to gdb,
  // from the first engine on that asks for it, for the whole process. native_frames includes unwind_info.
  bool unwind_info = false;
  bool debugger_info = false;
  // Where linear memories come from; null: from the engine. With one, kAuto is kChecks: guard pages are the creator's
  // promise, which kGuard asks for.
  std::shared_ptr<MemoryCreator> memory_creator = nullptr;
};

}  // namespace wjit
