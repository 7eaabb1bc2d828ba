// Where a generated program's decisions come from: a small generator of pseudo-random numbers that writes down what it
// gave, or such a record played back. Past the end of a record every decision is 0, which everywhere means the simplest
// thing; so a record with parts taken out is a smaller program, and that is all the minimiser needs to know.
//
// The record is a tree: what belongs together (a function, a statement) has a node of its own, so that taking one
// statement out leaves the decisions of the others what they were.
#pragma once
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <utility>
#include <vector>

namespace wjit::fuzz {

struct Decisions {
  std::vector<uint32_t> draws;
  std::vector<Decisions> parts;
};

class Choices {
 public:
  explicit Choices(uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15 ^ 0xd1b54a32d192ed03) {
    if (!state_) state_ = 1;
    for (int i = 0; i < 4; ++i) next();
    at_.push_back({&root_});
  }
  explicit Choices(Decisions record) : root_(std::move(record)), replay_(true) { at_.push_back({&root_}); }
  Choices(const Choices&) = delete;

  // While one of these lives, decisions belong to a part.
  class Part {
   public:
    explicit Part(Choices& c) : c_(c) { c.enter(); }
    ~Part() { c_.at_.pop_back(); }
    Part(const Part&) = delete;

   private:
    Choices& c_;
  };

  uint32_t draw() {
    Place& p = at_.back();
    if (replay_) return p.node && p.draw < p.node->draws.size() ? p.node->draws[p.draw++] : 0;
    const uint32_t v = uint32_t(next() >> 32);
    p.node->draws.push_back(v);
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
  const Decisions& record() const { return root_; }

 private:
  struct Place {
    Decisions* node;  // null: a part that the record does not have
    size_t draw = 0, part = 0;
  };
  // Nodes stay where they are while they are in use: only the innermost one gets new parts.
  void enter() {
    Place& p = at_.back();
    Decisions* part = nullptr;
    if (!replay_) part = &p.node->parts.emplace_back();
    else if (p.node && p.part < p.node->parts.size()) part = &p.node->parts[p.part++];
    at_.push_back({part});
  }
  uint64_t next() {  // xorshift64*
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545f4914f6cdd1d;
  }
  uint64_t state_ = 0;
  Decisions root_;
  std::vector<Place> at_;
  bool replay_ = false;
};

}  // namespace wjit::fuzz
