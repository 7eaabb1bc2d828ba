// Deterministic mutants of module binaries: the same seed and corpus give the same bytes on every machine.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "wast_modules.h"

namespace wjit::test {

class XorShift {
 public:
  explicit XorShift(uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15u + 0x632BE59BD9B4E019u) {
    if (state_ == 0) state_ = 1;
    for (int i = 0; i < 4; i++) next();
  }
  uint64_t next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_;
  }
  uint32_t below(uint32_t n) { return uint32_t((next() >> 32) * n >> 32); }
  bool one_in(uint32_t n) { return below(n) == 0; }

 private:
  uint64_t state_;
};

// Truncated, with bytes changed, put in or taken out anywhere, with bytes of another module, or plain random.
std::vector<uint8_t> mutate_anywhere(XorShift& random, const std::vector<WastModule>& corpus);

// Changes a few bytes inside function bodies (or now and then the type section) and mends the sizes around
// them, so that what is tried is the validator rather than the reader.
std::vector<uint8_t> mutate_bodies(XorShift& random, const std::vector<WastModule>& corpus);

}  // namespace wjit::test
