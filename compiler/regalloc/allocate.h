// The register allocator's door.
#pragma once
#include <memory>

#include "compiler/mach/vcode.h"
#include "compiler/regalloc/check.h"
#include "compiler/support/result.h"

namespace wjit::ra {

enum class Mode : uint8_t {
  kScan,     // what makes good code
  kSpill,    // everything in memory, loaded around each instruction: for tests, and simple enough to be
             // believed
  kShuffle,  // kScan with random registers, splits and spills: for tests
};

struct Options {
  Mode mode = Mode::kScan;
  uint64_t seed = 0;   // kShuffle's
  bool check = false;  // prove the answer right, or return an error that says what is wrong
};

// How much work the last run was, in entries of its lists that were looked at: what must not grow faster than
// n log n.
struct Work {
  uint64_t live = 0;      // entries of live-in lists
  uint64_t segments = 0;  // stretches in registers
  uint64_t steps = 0;     // ranges met while looking for registers
  uint32_t rounds = 0;    // 1 + how often it was done again because an instruction had to be isolated
  bool gave_up = false;   // kSpill took over
};

// Reusable buffers: one for each thread that compiles.
class Allocator {
 public:
  Allocator();
  ~Allocator();
  // Fails if some instruction wants more registers than there are, and if the function is too large (kLimit).
  support::Result<void> run(const mach::VCode& code, const mach::RegEnv& env, const Options& options,
                            mach::Allocation& out);
  const Work& work() const;

 private:
  struct Buffers;
  std::unique_ptr<Buffers> buffers_;
};

}  // namespace wjit::ra
