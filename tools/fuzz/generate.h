// Random programs: one or two valid modules that import from each other and from a host, and calls of what they export.
// The same seed and options give the same bytes for ever, or until this folder changes.
//
// Every program ends: global 0 of each module (shared between them) is a budget that function entries and loop headers
// charge and that ends the function when it is spent. The embedder sets it before each call.
// Every program is deterministic: a float's bits are only looked at (stored, reinterpreted, copied the sign of) after
// its NaNs were made canonical, and those that leave through results and globals are made canonical by who compares.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "tools/fuzz/choices.h"

namespace wjit::fuzz {

using Bytes = std::vector<uint8_t>;

// A value type as the binary has it. `index`: of the function type behind kRefNull.
struct Type {
  uint8_t code = 0x7f;
  uint32_t index = 0;
  bool operator==(const Type&) const = default;
};
constexpr Type kI32{0x7f}, kI64{0x7e}, kF32{0x7d}, kF64{0x7c}, kV128{0x7b}, kFuncRef{0x70}, kExternRef{0x6f},
    kExnRef{0x69};
constexpr uint8_t kRefNull = 0x63;  // (ref null $index)
inline bool is_ref(Type t) { return t.code == kRefNull || t == kFuncRef || t == kExternRef || t == kExnRef; }

struct FuncType {
  std::vector<Type> params, results;
  bool operator==(const FuncType&) const = default;
};

// What generated programs may use. The names are those of wjit-fuzz --without=...
#define WJIT_FUZZ_FEATURES(F) \
  F(multi_memory)             \
  F(memory64)                 \
  F(tail_call)                \
  F(typed_refs)               \
  F(v128)                     \
  F(externref)                \
  F(two_modules)              \
  F(host_reenters)            \
  F(far_frames)               \
  F(wide_arithmetic)          \
  F(threads)                  \
  F(exceptions)               \
  F(simd)                     \
  F(relaxed_simd)
struct Options {
  unsigned size = 60;     // statements of a function, about
  unsigned calls = 8;      // at most
  unsigned hazard = 80;   // one operation in so many may trap without being asked to
  uint8_t bug_opcode = 0, bug_instead = 0;  // for the tests: a program in which one operation was mistaken for another
#define F(name) bool name = true;
  WJIT_FUZZ_FEATURES(F)
#undef F
  Options() { wide_arithmetic = threads = exceptions = false; }
};

struct Value {
  Type type;
  uint64_t low = 0, high = 0;  // references: 0 null; externref: a number of ours; funcref: 1 + function of the module
};
struct Call {
  uint32_t module, func;
  std::vector<Value> args;
};
struct HostFunc {
  std::string name;
  FuncType type;
};
struct GeneratedModule {
  Bytes bytes;
  std::vector<HostFunc> hosts;   // imports of module "h"
  bool operator==(const GeneratedModule& o) const { return bytes == o.bytes; }
  std::vector<FuncType> funcs;  // imports included; function i is exported as f<i>
  uint32_t imported_funcs = 0;
  std::vector<Type> globals;
};
struct Program {
  std::vector<GeneratedModule> modules;
  std::vector<Call> calls;
  int32_t budget = 0;
  bool host_reenters = false;
};

// Imports are of module "h" (see run.h for what those functions do) or "m0", the first module's instance.
// Exports: functions f<i>, memories m<i>, tables t<i>, globals g<i>, tags e<i>, by index.
Program generate(Choices& choices, const Options& options);

}  // namespace wjit::fuzz
