// What a module's way to native code takes, by pass. One list: what is measured, summed and shown comes from it.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <ctime>

namespace wjit::support {

// X(id, name): in the order in which a function meets them; the last two are the module's.
#define WJIT_PASSES(X)                                                                                              \
  X(kTranslate, "translate") X(kVerify, "verify") X(kOptimise, "optimise") X(kLower, "lower")                   \
  X(kRegalloc, "regalloc") X(kCheck, "check") X(kEmit, "emit") X(kLink, "link") X(kPublish, "publish")

#define WJIT_X(id, name) id,
enum class Pass : uint8_t { WJIT_PASSES(WJIT_X) };
#undef WJIT_X
#define WJIT_X(id, name) name,
inline constexpr const char* kPassNames[] = {WJIT_PASSES(WJIT_X)};
#undef WJIT_X
inline constexpr size_t kPassCount = sizeof kPassNames / sizeof *kPassNames;

struct PassTimes {
  std::array<uint64_t, kPassCount> nanoseconds{};  // summed over functions, and over threads
  // How often the inner loops of passes that count went round: what must not grow faster than the input, where time says
  // nothing that can be relied on.
  std::array<uint64_t, kPassCount> steps{};
  PassTimes& operator+=(const PassTimes& o) {
    for (size_t i = 0; i < kPassCount; ++i) nanoseconds[i] += o.nanoseconds[i], steps[i] += o.steps[i];
    return *this;
  }
};

// Books what goes by, from one lap to the next. With null, nothing is measured.
class PassClock {
 public:
  explicit PassClock(PassTimes* times) : times_(times) { start(); }
  // What follows is measured from here.
  void start() {
    if (times_) last_ = now();
  }
  // What went by since start() or the last lap was this pass.
  void lap(Pass pass, uint64_t steps = 0) {
    if (!times_) return;
    times_->steps[static_cast<size_t>(pass)] += steps;
    const uint64_t at = now();
    times_->nanoseconds[static_cast<size_t>(pass)] += at - last_;
    last_ = at;
  }

 private:
  // What this thread computed: others may want the processor, too.
  static uint64_t now() {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<uint64_t>(t.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(t.tv_nsec);
  }
  PassTimes* times_;
  uint64_t last_ = 0;
};

}  // namespace wjit::support
