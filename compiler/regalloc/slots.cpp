// Stack slots.
//
// Passing an argument to a parameter costs nothing if both are in memory and have one slot. So spilled vregs
// that an edge connects are merged into sets, the most frequent edges first, as long as no two of a set live
// at the same time (exactly: by ranges). Then sets share slots, first fit, if their hulls do not overlap:
// from the first position to the last, holes included.
#include <algorithm>

#include "compiler/regalloc/resolve.h"

namespace wjit::ra {
namespace {

using Ranges = std::vector<std::pair<uint32_t, uint32_t>>;

class Sets {
 public:
  Sets(const mach::VCode& code, const Flow& flow, const std::vector<uint8_t>& spilled)
      : code_(code), flow_(flow), spilled_(spilled), set_(code.vreg_count()), low(flow.low), high(flow.high) {
    for (uint32_t v = 0; v < set_.size(); ++v) set_[v] = v;
    if (find_pairs()) {
      find_ranges();
      merge();
    }
  }
  bool wants(uint32_t v) const { return spilled_[v] != 0 && flow_.home[v] == kNone; }
  uint32_t root(uint32_t v) {
    while (set_[v] != v) v = set_[v] = set_[set_[v]];
    return v;
  }

 private:
  struct Pair {
    uint32_t arg, param;
    float frequency;
  };

  bool find_pairs() {
    number_.assign(set_.size(), kNone);
    for (const mach::VBlock& b : code_.blocks) {
      for (uint32_t a = 0; a < b.arg_count; ++a) {
        const uint32_t arg = code_.args_of(b)[a].n,
                       param = code_.params_of(code_.blocks[code_.succs_of(b)[0]])[a].n;
        if (arg == param || !wants(arg) || !wants(param)) continue;
        if ((code_.types[arg] == ir::Type::kV128) != (code_.types[param] == ir::Type::kV128)) continue;
        pairs_.push_back({arg, param, flow_.frequency[static_cast<size_t>(&b - code_.blocks.data())]});
        for (uint32_t v : {arg, param})
          if (number_[v] == kNone) number_[v] = count_++;
      }
    }
    std::stable_sort(pairs_.begin(), pairs_.end(),
                     [](const Pair& a, const Pair& b) { return a.frequency > b.frequency; });
    return !pairs_.empty();
  }

  void find_ranges() {
    ranges_.resize(count_);
    std::vector<uint32_t> live_out(set_.size(), kNone);
    auto add = [&](uint32_t v, uint32_t b, uint32_t start) {
      uint32_t end = gap(code_.blocks[b].end);
      if (live_out[v] != b) {  // to its last use here
        const auto uses = flow_.uses(VReg(v));
        const uint32_t* last = flow_.first_use_from(VReg(v), end);
        end = last == uses.data() ? start + 1 : std::max(start + 1, gap_at_or_before(last[-1]) + 4);
        // What is passed on is read before parameters are written.
        if (last != uses.data() && last[-1] == gap(code_.blocks[b].end - 1))
          end = std::max(start + 1, last[-1] + 1);
      }
      Ranges& r = ranges_[number_[v]];
      if (!r.empty() && r.back().second == start) {
        r.back().second = end;
      } else {
        r.emplace_back(start, end);
      }
      total_ += 1;
    };
    std::vector<std::vector<uint32_t>> defined(code_.blocks.size());
    for (uint32_t v = 0; v < set_.size(); ++v)
      if (number_[v] != kNone) defined[flow_.def_block[v]].push_back(v);
    for (uint32_t b = 0; b < code_.blocks.size(); ++b) {
      for (uint32_t s : code_.succs_of(code_.blocks[b]))
        for (VReg v : flow_.live_in(s)) live_out[v.n] = b;
      for (VReg v : flow_.live_in(b))
        if (number_[v.n] != kNone) add(v.n, b, gap(code_.blocks[b].first));
      for (uint32_t v : defined[b]) add(v, b, flow_.def_pos[v]);
    }
  }

  // Stops when it has cost much more than there is to gain.
  void merge() {
    uint64_t budget = 200 * total_ + 100000;
    Ranges both;
    for (const Pair& p : pairs_) {
      const uint32_t a = root(p.arg), b = root(p.param);
      if (a == b) continue;
      Ranges &x = ranges_[number_[a]], &y = ranges_[number_[b]];
      if (x.size() + y.size() > budget) return;
      budget -= x.size() + y.size();
      if (overlap(x, y)) continue;
      both.resize(x.size() + y.size());
      std::merge(x.begin(), x.end(), y.begin(), y.end(), both.begin());
      x.clear(), y.swap(both);
      set_[a] = b;
      low[b] = std::min(low[a], low[b]);
      high[b] = std::max(high[a], high[b]);
    }
  }
  static bool overlap(const Ranges& x, const Ranges& y) {
    for (size_t i = 0, j = 0; i < x.size() && j < y.size();) {
      if (x[i].second <= y[j].first) {
        ++i;
      } else if (y[j].second <= x[i].first) {
        ++j;
      } else {
        return true;
      }
    }
    return false;
  }

  const mach::VCode& code_;
  const Flow& flow_;
  const std::vector<uint8_t>& spilled_;
  std::vector<uint32_t> set_;     // union-find over vregs
  std::vector<uint32_t> number_;  // of vregs that pairs name: their ranges
  uint32_t count_ = 0;
  uint64_t total_ = 0;
  std::vector<Pair> pairs_;
  std::vector<Ranges> ranges_;  // of roots: of all of the set

 public:
  std::vector<uint32_t> low, high;  // of roots: the hull
};

}  // namespace

uint32_t share_slots(const mach::VCode& code, const Flow& flow, const std::vector<uint8_t>& spilled,
                     std::vector<uint32_t>& slot_of) {
  const uint32_t n = code.vreg_count();
  slot_of.assign(n, kNone);
  if (std::find(spilled.begin(), spilled.end(), 1) == spilled.end()) return 0;
  Sets sets(code, flow, spilled);
  std::vector<uint32_t> order;
  for (uint32_t v = 0; v < n; ++v)
    if (sets.wants(v) && sets.root(v) == v) order.push_back(v);
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t a, uint32_t b) { return sets.low[a] < sets.low[b]; });
  uint32_t slots = 0;
  for (const bool wide : {true, false}) {             // wide ones first: they are even
    std::vector<std::pair<uint32_t, uint32_t>> busy;  // heap: end, slot
    std::vector<uint32_t> free;                       // heap: the lowest first
    for (uint32_t v : order) {
      if ((code.types[v] == ir::Type::kV128) != wide) continue;
      while (!busy.empty() && busy.front().first <= sets.low[v]) {
        std::pop_heap(busy.begin(), busy.end(), std::greater<>());
        free.push_back(busy.back().second);
        std::push_heap(free.begin(), free.end(), std::greater<>());
        busy.pop_back();
      }
      uint32_t slot = slots;
      if (free.empty()) {
        slots += wide ? 2 : 1;
      } else {
        std::pop_heap(free.begin(), free.end(), std::greater<>());
        slot = free.back();
        free.pop_back();
      }
      slot_of[v] = slot;
      busy.emplace_back(sets.high[v], slot);
      std::push_heap(busy.begin(), busy.end(), std::greater<>());
    }
  }
  for (uint32_t v = 0; v < n; ++v)
    if (sets.wants(v)) slot_of[v] = slot_of[sets.root(v)];
  return slots;
}

}  // namespace wjit::ra
