// Native code of a module's functions: the whole way from a body to bytes. Needs bytes and a configuration alone; what
// comes out is the same on any number of threads.
#pragma once
#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "compiler/ir/function.h"
#include "compiler/isa/common/compiled_func.h"
#include "compiler/regalloc/allocate.h"
#include "compiler/support/pass_times.h"
#include "compiler/translate/func_to_ir.h"
#include "compiler/translate/profile.h"

namespace wjit {

struct CompileOptions {
  translate::Options translate;
  std::vector<translate::MemoryInfo> memories;  // one per memory of the module
  ra::Options regalloc;
  isa::Arch arch = isa::kHostArch;
  isa::CpuFeatures features;
  unsigned opt_level = 1;  // 0: no mid-end
  uint32_t opt_passes = ~uint32_t{0};  // those of the level, by bit in the order of opt/passes.def
  bool verify = false;     // the IR, and what each pass makes of it
  bool poison = false;     // i32 values get noise in the upper half of their registers
  bool times = false;      // measure passes
  unsigned threads = 1;
  // What is known of a defined function, or null; it stays until the compilation is over. Called by any of the threads.
  std::function<const translate::Profile*(uint32_t defined)> profile;
  // Set when nobody wants the result any more: what is not done then is refused.
  const std::atomic<bool>* given_up = nullptr;
  uint32_t first_function = 0, last_function = ~uint32_t{0};  // by index in the module: the others are refused
};

// For tests, which want the same of code whatever it was told: random ones (translate::Guesses).
std::function<const translate::Profile*(uint32_t defined)> guessed_profiles(const wasm::Module& module, uint64_t seed);

struct NativeCode {
  static constexpr uint32_t kNone = ~uint32_t{0};
  struct Func {
    uint32_t start, end;  // in bytes
    uint32_t func_index;
    uint64_t nanoseconds = 0;  // that its thread worked on it; compile_functions and compile_loop only
  };
  // A function that stays in tier 0, and why.
  struct Refusal {
    uint32_t func_index;
    std::string reason;  // one word (refusal_reason)
    Error error;
  };
  std::vector<uint8_t> bytes;
  std::vector<Func> functions;       // sorted
  std::vector<isa::Site> sites;      // sorted; offsets in bytes
  std::vector<isa::FrameEdge> frames;  // so
  std::vector<isa::InlinedPlace> inlined;  // what sites say by number
  // Calls and jumps of functions that are not among these: where the 32 bits of the distance are, which leads to a detour
  // through the function's entry. Who publishes may write another distance.
  struct Outside {
    uint32_t offset;
    uint32_t defined;
  };
  std::vector<Outside> outside;
  std::vector<uint32_t> entries;     // by defined function: where its code begins, or kNone
  std::vector<Refusal> refused;      // in the order of functions
  uint32_t raise_offset = kNone;     // where a fault goes on
  support::PassTimes times;          // if asked for
};

// Why a function was refused, for counting: the name of a feature, "limit", "memory", "invalid", "not asked for", else
// "other".
// An error of kind kUnsupported whose message begins with a feature's name and a colon is about that feature.
std::string refusal_reason(const Error& error);

// The features of the processor this runs on.
isa::CpuFeatures host_cpu_features();
// The features of this list, as --cpu spells it: "native", or names of the baseline (sse2) and WJIT_X64_FEATURES, with
// commas. Error kUsage: which name is none.
support::Result<isa::CpuFeatures> parse_cpu_features(std::string_view text);

// Every function of the module that has native code; of an invalid body there is a refusal. Errors: kUnsupported on
// machines that this emits nothing for; kInternal, with CompileOptions::verify, where a proof failed: our bug.
support::Result<NativeCode> compile_module(const wasm::Module& module, const vm::VMOffsets& offsets,
                                           const CompileOptions& options);

// The same of some functions, sorted, on this thread. They call each other directly, and all others through their entries.
support::Result<NativeCode> compile_functions(const wasm::Module& module, const vm::VMOffsets& offsets,
                                              const CompileOptions& options, std::span<const uint32_t> defined);
// What goes on in the interpreter's place at a loop header: the only function of the result (NativeCode::entries has none,
// as nobody calls it), of type [i64] -> the function's results. If it is refused, that is the result's only refusal.
support::Result<NativeCode> compile_loop(const wasm::Module& module, const vm::VMOffsets& offsets,
                                         const CompileOptions& options, uint32_t defined,
                                         const translate::LoopPoint& loop);

// One function, and what became of it on the way; for tools. A part that nobody asked for is null.
struct Stages {
  std::function<void(const ir::Function&)> translated, optimised;
  std::function<void(const std::string&)> lowered, allocated;  // machine instructions as text, before and after allocation
  isa::Listing* listing = nullptr;
  support::PassTimes* times = nullptr;  // what passes took is added, if CompileOptions::times says so
};
support::Result<isa::CompiledFunc> compile_func(const wasm::Module& module, const vm::VMOffsets& offsets,
                                                const CompileOptions& options, uint32_t defined_index,
                                                const Stages& stages = {});

}  // namespace wjit
