// Where a generated program's decisions come from: a small generator of pseudo-random numbers that writes down what it
// gave, or such a tape played back. Past the end of a tape every decision is 0, which everywhere means the simplest
// thing; so a shortened tape is a smaller program, and that is all the minimiser needs to know.
#pragma once
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <utility>
#include <vector>

namespace wjit::fuzz {

class Choices {
 public:
  explicit Choices(uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15 ^ 0xd1b54a32d192ed03) {
    if (!state_) state_ = 1;
    for (int i = 0; i < 4; ++i) next();
  }
  explicit Choices(std::vector<uint32_t> tape) : tape_(std::move(tape)), replay_(true) {}

  uint32_t draw() {
    if (replay_) return at_ < tape_.size() ? tape_[at_++] : 0;
    const uint32_t v = uint32_t(next() >> 32);
    tape_.push_back(v);
    return v;
  }
  uint32_t below(uint32_t n) { return n < 2 ? 0 : draw() % n; }
  uint32_t between(uint32_t lo, uint32_t hi) { return lo + below(hi - lo + 1); }
  bool one_in(uint32_t n) { return n < 2 || below(n) == n - 1; }
  bool most() { return below(4) != 0; }  // three in four
  // An index, by weight; an early one is the simple one.
  size_t weighted(std::initializer_list<uint32_t> weights) {
    uint32_t total = 0;
    for (uint32_t w : weights) total += w;
    uint32_t r = below(total);
    size_t i = 0;
    for (uint32_t w : weights) {
      if (r < w) return i;
      r -= w;
      ++i;
    }
    return 0;
  }
  uint64_t draw64() {
    const uint64_t low = draw();
    return low | uint64_t{draw()} << 32;
  }
  const std::vector<uint32_t>& tape() const { return tape_; }

 private:
  uint64_t next() {  // xorshift64*
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545f4914f6cdd1d;
  }
  uint64_t state_ = 0;
  std::vector<uint32_t> tape_;
  size_t at_ = 0;
  bool replay_ = false;
};

}  // namespace wjit::fuzz
