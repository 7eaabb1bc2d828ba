// Features, tiers and limits an embedder chooses when it makes an Engine. No dependencies.
#pragma once
#include <cstddef>
#include <cstdint>

namespace wjit {

// id, name as --features spells it, on by default. WebAssembly 3.0 is on; proposals are off.
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

const char* feature_name(Feature f);

}  // namespace wjit
