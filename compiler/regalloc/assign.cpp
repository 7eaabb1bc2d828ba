// Linear scan over the intervals in which values are resident.
//
// Problem. Where a value is in a register is decided (residency.cpp), and there are enough registers at each
// instruction. Which ones decides how many moves are left: a value should be made where it will be wanted (a
// fixed register, a block parameter's, the operand that a def reuses), and stay where it is as long as it is
// resident.
//
// Strategy. An interval is all segments of a vreg that edges connect, holes included; it wants one register.
// Intervals are taken in the order of their starts. Of the registers that are free for all of an interval,
// the one it wishes for most is taken: what its fixed operands want, and what its neighbours have (those that
// a move, a reuse or a block parameter connects it with) or wish for themselves, weighted by frequency. If
// none is free for all of it, the interval is split, at the place of least frequency, before the register
// that is free longest is taken away; the rest waits for its turn. If none is free at all where it starts
// (fixed constraints took what the count of values did not know), somebody that the instruction does not want
// in a register leaves for memory, the one with the farthest use. If nobody can, the instruction is isolated:
// all its operands get fixed registers, chosen for it alone, and everything is done again; an instruction
// with fixed operands only has no needs of its own, so this ends.
//
// Invariants.
// - Two intervals with one register never overlap, and none overlaps a fixed range of its register, but one
// that stands
//   for a use of its own vreg there (a shift's count stays in rcx).
// - Splits are in gaps (or, where a value leaves for memory after its last use in an instruction, late).
// - Who is spilled here is stored at its definition, so that memory holds it wherever it is spilled.
//
// Cost. Each register has its future in order, and what is past is never looked at again; a query is a binary
// search per range. So n log n in ranges, with the number of registers as a factor.
#include "compiler/regalloc/assign.h"

#include <algorithm>

namespace wjit::ra {

using namespace mach;
using Kind = Operand::Kind;
using Policy = Operand::Policy;
using Pos = Operand::Pos;

namespace {

constexpr uint32_t kMaxRanges = 128;

uint64_t next_random(uint64_t& state) {  // xorshift64*
  state ^= state >> 12, state ^= state << 25, state ^= state >> 27;
  return state * 0x2545f4914f6cdd1du >> 16;
}

}  // namespace

bool Assignment::run(const VCode& code, const RegEnv& env, const Flow& flow, Residency& residency,
                     uint64_t shuffle, std::vector<uint32_t>& isolate) {
  code_ = &code, env_ = &env, flow_ = &flow, residency_ = &residency, shuffle_ = shuffle, isolate_ = &isolate;
  changes.clear();
  steps_ = 0;
  store_at_def.assign(code.vreg_count(), 0);
  const size_t isolated = isolate.size();
  build_intervals();
  build_fixed();
  gather_hints();
  gather_neighbours();
  heap_.clear();
  for (size_t next = 0; next < order_.size() || !heap_.empty();) {
    auto later = [&](uint32_t a, uint32_t b) {
      return intervals_[a].start != intervals_[b].start ? intervals_[a].start > intervals_[b].start : a > b;
    };
    uint32_t i;
    if (!heap_.empty() && (next == order_.size() || later(order_[next], heap_[0]))) {
      i = heap_[0];
      std::pop_heap(heap_.begin(), heap_.end(), later);
      heap_.pop_back();
    } else {
      // Of those that start together (block parameters), whoever can have what it wishes comes first.
      if (shuffle_ == 0 &&
          (next == 0 || intervals_[order_[next - 1]].start != intervals_[order_[next]].start))
        for (size_t k = next;
             k < order_.size() && intervals_[order_[k]].start == intervals_[order_[next]].start; ++k)
          if (k != next ||
              (k + 1 < order_.size() && intervals_[order_[k + 1]].start == intervals_[order_[k]].start))
            place(order_[k], true);
      i = order_[next++];
    }
    place(i);
  }
  if (isolate.size() != isolated) return false;
  locate();
  std::stable_sort(changes.begin(), changes.end(),
                   [](const Change& a, const Change& b) { return a.pos < b.pos; });
  return true;
}

// ---- preparation

void Assignment::build_intervals() {
  auto& segments = residency_->segments;
  intervals_.clear();
  ranges_.clear();
  interval_of_.assign(segments.size(), kNone);
  scratch_.clear();  // of intervals: how many segments
  for (uint32_t s = 0; s < segments.size(); ++s) {
    if (segments[s].start >= segments[s].end) continue;
    uint32_t& i = interval_of_[residency_->root(s)];
    if (i == kNone) {
      i = static_cast<uint32_t>(intervals_.size());
      intervals_.push_back({segments[s].vreg, segments[s].start, 0, 0, 0, 0, 0, 0, 0, {}});
      scratch_.push_back(0);
    }
    ++scratch_[i];
  }
  uint32_t at = 0;
  for (uint32_t i = 0; i < intervals_.size(); ++i) {
    intervals_[i].first_range = at;
    intervals_[i].last_range = at;  // where the next goes, for now
    at += scratch_[i];
  }
  ranges_.resize(at);
  for (uint32_t s = 0; s < segments.size(); ++s) {
    if (segments[s].start >= segments[s].end) continue;
    Interval& i = intervals_[interval_of_[residency_->root(s)]];
    if (i.last_range != i.first_range && ranges_[i.last_range - 1].end == segments[s].start) {
      ranges_[i.last_range - 1].end = segments[s].end;
    } else {
      ranges_[i.last_range++] = {segments[s].start, segments[s].end};
    }
  }
  order_.resize(intervals_.size());
  for (uint32_t i = 0; i < intervals_.size(); ++i) {
    --intervals_[i].last_range;
    intervals_[i].end = ranges_[intervals_[i].last_range].end;
    order_[i] = i;
  }
  std::stable_sort(order_.begin(), order_.end(),
                   [&](uint32_t a, uint32_t b) { return intervals_[a].start < intervals_[b].start; });
}

// What fixed operands and clobbers take. Calls that leave no register of a class alone need no ranges:
// nothing is resident then.
void Assignment::build_fixed() {
  for (Line& l : lines_) {
    for (int k = 0; k < 2; ++k) l.list[k].clear(), l.head[k] = 0;
    l.fixed.clear(), l.fixed_head = 0;
  }
  auto block = [&](uint32_t r, uint32_t start, uint32_t end, uint32_t who) {
    auto& list = lines_[r].fixed;
    if (!list.empty() && list.back().end > start) {
      Busy& b = list.back();
      if (b.who != who) b.who = kNone;
      b.end = std::max(b.end, end);
    } else {
      list.push_back({start, end, who});
    }
  };
  for (uint32_t i = 0; i < code_->insts.size(); ++i) {
    const MInst& inst = code_->insts[i];
    const auto operands = flow_->operands_of(inst);
    for (const Operand& o : operands)
      if (o.policy == Policy::kFixed && o.kind == Kind::kUse)
        block(o.arg, early(i), o.pos == Pos::kLate ? late(i) + 1 : late(i),
              o.pos == Pos::kLate ? kNone : o.vreg.n);
    for (const Operand& o : operands)
      if (o.policy == Policy::kFixed && o.kind == Kind::kDef && o.pos == Pos::kEarly)
        block(o.arg, early(i), gap(i + 1), kNone);
    if (inst.flags & (MInst::kCall | MInst::kClobbers)) {
      for (uint64_t bits = flow_->clobbers_of(inst).bits; bits != 0; bits &= bits - 1) {
        const PReg r{static_cast<uint8_t>(__builtin_ctzll(bits))};
        if (!flow_->is_call_for(i, r.cls())) block(r.n, late(i), late(i) + 1, kNone);
      }
    }
    for (const Operand& o : operands)
      if (o.policy == Policy::kFixed && o.kind == Kind::kDef && o.pos == Pos::kLate)
        block(o.arg, late(i), gap(i + 1), kNone);
  }
}

// Sorted by interval (counting).
void Assignment::gather_hints() {
  const auto& given = residency_->hints;
  auto interval = [&](const Hint& h) { return interval_of_[residency_->root(h.segment)]; };
  for (const Hint& h : given)
    if (interval(h) != kNone) ++intervals_[interval(h)].hint_count;
  uint32_t at = 0;
  for (Interval& i : intervals_) {
    i.hints = at;
    at += i.hint_count;
    i.hint_count = 0;
  }
  hints_.resize(at);
  for (const Hint& h : given) {
    if (interval(h) == kNone) continue;
    Interval& i = intervals_[interval(h)];
    hints_[i.hints + i.hint_count++] = h;
  }
}

void Assignment::gather_neighbours() {
  const auto& given = residency_->affinities;
  auto each = [&](auto&& what) {
    for (const Affinity& k : given) {
      const uint32_t a = interval_of_[residency_->root(k.a)], b = interval_of_[residency_->root(k.b)];
      if (a != kNone && b != kNone && a != b &&
          code_->cls(intervals_[a].vreg) == code_->cls(intervals_[b].vreg))
        what(a, b, k.weight);
    }
  };
  each([&](uint32_t a, uint32_t b, float) {
    ++intervals_[a].neighbour_count, ++intervals_[b].neighbour_count;
  });
  uint32_t at = 0;
  for (Interval& i : intervals_) {
    i.neighbours = at;
    at += i.neighbour_count;
    i.neighbour_count = 0;
  }
  neighbours_.resize(at);
  each([&](uint32_t a, uint32_t b, float weight) {
    neighbours_[intervals_[a].neighbours + intervals_[a].neighbour_count++] = {b, weight};
    neighbours_[intervals_[b].neighbours + intervals_[b].neighbour_count++] = {a, weight};
  });
}

// Adds to wishes_ what the interval would like, and, somewhat less, what its neighbours without registers
// would.
void Assignment::wish(uint32_t n, uint32_t from, float most, int depth) {
  const Interval& i = intervals_[n];
  for (uint32_t h = i.hints; h < i.hints + std::min(i.hint_count, 8u); ++h)
    wishes_[hints_[h].reg.n] += std::min(most, hints_[h].weight);
  for (uint32_t k = i.neighbours; k < i.neighbours + std::min(i.neighbour_count, 8u); ++k) {
    const Neighbour& next = neighbours_[k];
    const PReg r = intervals_[next.interval].reg;
    if (next.interval == from) continue;
    if (r.valid()) {
      wishes_[r.n] += std::min(most, next.weight);
    } else if (depth < 3) {
      wish(next.interval, n, std::min(most, next.weight) * 0.7f, depth + 1);
    }
  }
}

// ---- the scan

template <class Skip>
uint32_t Assignment::conflict_with(const Interval& i, const std::vector<Busy>& list, size_t from,
                                   Skip skip) const {
  for (uint32_t k = i.first_range; k <= i.last_range && from < list.size(); ++k) {
    const uint32_t start = std::max(ranges_[k].start, i.start), end = std::min(ranges_[k].end, i.end);
    size_t steps = 0;
    ++steps_;
    while (from < list.size() && list[from].end <= start && steps < 8) ++from, ++steps;
    if (steps == 8)
      from = static_cast<size_t>(std::partition_point(list.begin() + static_cast<ptrdiff_t>(from), list.end(),
                                                      [&](const Busy& b) { return b.end <= start; }) -
                                 list.begin());
    for (size_t j = from; j < list.size() && list[j].start < end; ++j, ++steps_)
      if (!skip(list[j])) return std::max(list[j].start, start);
  }
  return kNone;
}

// Where the interval first meets what has the register.
uint32_t Assignment::conflict(const Interval& i, PReg r) {
  Line& line = lines_[r.n];
  uint32_t first = kNone;
  for (int k = 0; k < 2; ++k) {
    while (line.head[k] < line.list[k].size() && line.list[k][line.head[k]].end <= i.start) ++line.head[k];
    first = std::min(first, conflict_with(i, line.list[k], line.head[k], [](const Busy&) { return false; }));
    if (first <= i.start) return first;
  }
  while (line.fixed_head < line.fixed.size() && line.fixed[line.fixed_head].end <= i.start) ++line.fixed_head;
  return std::min(
      first, conflict_with(i, line.fixed, line.fixed_head, [&](const Busy& b) { return b.who == i.vreg.n; }));
}

bool Assignment::place(uint32_t n, bool wished) {
  if (intervals_[n].start >= intervals_[n].end || intervals_[n].reg.valid()) return true;
  if (shuffle_ != 0 && next_random(shuffle_) % 4 == 0) {
    const Interval& i = intervals_[n];
    const uint32_t insts = inst_at(i.end - 1) - inst_at(i.start);
    if (insts > 0) split(n, gap(inst_at(i.start) + 1 + static_cast<uint32_t>(next_random(shuffle_) % insts)));
  }
  // What is far ahead would only be in the way of all that comes between.
  if (intervals_[n].last_range - intervals_[n].first_range > kMaxRanges)
    split(n, gap_at_or_before(ranges_[intervals_[n].first_range + kMaxRanges].start));
  const Interval i = intervals_[n];
  const auto& regs = regs_for(i.vreg);
  std::fill(std::begin(wishes_), std::end(wishes_), 0.0f);
  if (shuffle_ == 0) wish(n, n, 1e9f, 0);
  const size_t turn = shuffle_ != 0 ? next_random(shuffle_) % regs.size() : 0;
  PReg best, longest;
  float best_wish = -1, longest_wish = 0;
  uint32_t best_free = gap(inst_at(i.start) + 1) - 1;  // a split has to be behind the instruction
  for (size_t k = 0; k < regs.size(); ++k) {
    const PReg r = regs[(k + turn) % regs.size()];
    const float w = wishes_[r.n];
    if ((wished && w == 0) || (best.valid() && w <= best_wish)) continue;
    const uint32_t free = conflict(i, r);
    if (free == kNone) {
      best = r, best_wish = w;
    } else if (!best.valid()) {
      const uint32_t whole = gap_at_or_before(free);
      if ((whole > i.start && whole > best_free) || (whole == best_free && w > longest_wish))
        longest = r, best_free = whole, longest_wish = w;
    }
  }
  if (best.valid()) {
    // A function that begins with a test need not save a register for what it only wants behind that.
    const VBlock& first = code_->blocks[0];
    if (i.start < gap(first.end) && i.end > gap(first.end) && first.succ_count == 2 && shuffle_ == 0 &&
        std::find(env_->preserved.begin(), env_->preserved.end(), best) != env_->preserved.end()) {
      split(n, gap(first.end));
      return place(n, wished);
    }
    assign(n, best);
    return true;
  }
  if (wished) return false;
  if (longest.valid()) {
    split(n, best_split(i, best_free));
    assign(n, longest);
  } else if (make_place(n)) {
    place(n);
  }
  return true;
}

void Assignment::assign(uint32_t n, PReg r) {
  Interval& i = intervals_[n];
  i.reg = r;
  take(n);
}

// The place of least frequency not behind `limit`, a gap: the last of several. Looks at a bounded number of
// blocks.
uint32_t Assignment::best_split(const Interval& i, uint32_t limit) const {
  uint32_t b = flow_->block_of[inst_at(limit)];
  uint32_t best = limit;
  float least = flow_->frequency[b];
  for (int steps = 0; steps < 64; ++steps) {
    const uint32_t start = gap(code_->blocks[b].first);
    if (start < gap(inst_at(i.start) + 1)) break;
    const float f = b == 0 ? flow_->frequency[b] : std::min(flow_->frequency[b], flow_->frequency[b - 1]);
    if (start <= limit && f < least) best = start, least = f;
    if (b-- == 0) break;
  }
  return best;
}

// The interval keeps what is before `pos`; the rest is an interval of its own, and waits.
void Assignment::split(uint32_t n, uint32_t pos) {
  Interval rest = intervals_[n];
  uint32_t k = rest.first_range;
  while (ranges_[k].end <= pos) ++k;
  const bool within = ranges_[k].start < pos;
  rest.first_range = k;
  rest.start = within ? pos : ranges_[k].start;
  Interval& kept = intervals_[n];
  kept.last_range = within ? k : k - 1;
  kept.end = within ? pos : ranges_[k - 1].end;
  if (within) note_change(pos, rest.vreg);
  intervals_.push_back(rest);
  enqueue(static_cast<uint32_t>(intervals_.size() - 1));
}

void Assignment::note_change(uint32_t pos, VReg v) {
  const uint32_t i = inst_at(pos);
  if (i < code_->insts.size() && pos == gap(code_->blocks[flow_->block_of[i]].first))
    return;  // the edges see to it
  changes.push_back({pos, v, kNone});
}

void Assignment::enqueue(uint32_t n) {
  heap_.push_back(n);
  std::push_heap(heap_.begin(), heap_.end(), [&](uint32_t a, uint32_t b) {
    return intervals_[a].start != intervals_[b].start ? intervals_[a].start > intervals_[b].start : a > b;
  });
}

void Assignment::take(uint32_t n) {
  const Interval& i = intervals_[n];
  Line& line = lines_[i.reg.n];
  for (uint32_t k = i.first_range; k <= i.last_range; ++k) {
    const Busy b{std::max(ranges_[k].start, i.start), std::min(ranges_[k].end, i.end), n};
    auto& list = line.list[b.start >= flow_->hot_end];
    auto at = list.end();
    while (at != list.begin() && (at - 1)->start > b.start) {
      if (list.end() - at > 16) {
        at = std::partition_point(list.begin(), at, [&](const Busy& x) { return x.start <= b.start; });
        break;
      }
      --at;
    }
    steps_ += static_cast<uint64_t>(list.end() - at);
    list.insert(at, b);
  }
}

void Assignment::release_from(uint32_t n, uint32_t pos) {
  Line& line = lines_[intervals_[n].reg.n];
  for (int k = 0; k < 2; ++k) {
    auto& list = line.list[k];
    const auto from = list.begin() + static_cast<ptrdiff_t>(line.head[k]);
    list.erase(std::remove_if(from, list.end(), [&](const Busy& b) { return b.who == n && b.start >= pos; }),
               list.end());
    for (auto b = from; b != list.end(); ++b)
      if (b->who == n) b->end = std::min(b->end, pos);
  }
}

// ---- when there is no register

uint32_t Assignment::next_register_use(VReg v, uint32_t pos) const {
  auto uses = flow_->uses(v);
  const uint32_t* const last = uses.data() + uses.size();
  for (const uint32_t* use = flow_->first_use_from(v, pos); use != last; ++use)
    if (*use & 1) return gap_at_or_before(*use);
  return kNone;
}

bool Assignment::wants_register(VReg v, uint32_t inst, bool late_only) const {
  const MInst& m = code_->insts[inst];
  const auto operands = flow_->operands_of(m);
  for (uint32_t k = 0; k < operands.size(); ++k) {
    const Operand& o = operands[k];
    if (o.vreg != v) continue;
    if (o.kind == Kind::kDef) return true;
    if (flow_->service[m.first_operand + k] == Service::kRegister && (!late_only || o.pos == Pos::kLate))
      return true;
    // A kAny that found it in a register may not lose it before it was read.
    if (late_only && flow_->service[m.first_operand + k] == Service::kAny && o.pos == Pos::kLate) return true;
  }
  return false;
}

// Could the interval give up its register for something that starts at `pos`, and from where?
bool Assignment::can_leave(uint32_t n, uint32_t pos, uint32_t& from, uint32_t& next_use) const {
  const Interval& j = intervals_[n];
  const uint32_t inst = inst_at(pos);
  from = gap(inst);
  if (wants_register(j.vreg, inst, false)) {
    if (pos < late(inst) || wants_register(j.vreg, inst, true)) return false;
    from = late(inst);
  }
  if (j.start > from) return false;
  next_use = next_register_use(j.vreg, gap(inst + 1));
  return true;
}

// No register is free where the interval starts. Makes one free, or puts the interval itself into memory
// until a register is wanted. False if nothing more is to be done for it.
bool Assignment::make_place(uint32_t n) {
  const Interval i = intervals_[n];
  const uint32_t inst = inst_at(i.start);
  const uint32_t window = std::min(i.end, gap(inst + 1));
  uint32_t victim = kNone, victim_from = 0, farthest = 0;
  uint32_t from = 0, next_use = 0;
  if (i.start == gap(inst) && !wants_register(i.vreg, inst, false)) {
    victim = n, victim_from = i.start;
    farthest = next_register_use(i.vreg, i.start);
  }
  Interval near = i;
  near.end = window;
  near.last_range = near.first_range;
  for (PReg r : regs_for(i.vreg)) {
    Line& line = lines_[r.n];
    if (conflict_with(near, line.fixed, line.fixed_head, [&](const Busy& b) { return b.who == i.vreg.n; }) !=
        kNone)
      continue;
    uint32_t occupant = kNone;
    bool several = false;
    for (int k = 0; k < 2; ++k)
      for (size_t b = line.head[k]; b < line.list[k].size() && line.list[k][b].start < window; ++b) {
        if (line.list[k][b].end <= i.start) continue;
        several |= occupant != kNone && occupant != line.list[k][b].who;
        occupant = line.list[k][b].who;
      }
    if (occupant == kNone || several || !can_leave(occupant, i.start, from, next_use)) continue;
    if (victim == kNone || next_use > farthest) victim = occupant, victim_from = from, farthest = next_use;
  }
  if (victim == kNone) {
    isolate_->push_back(inst);
    return false;
  }
  spill_from(victim, victim_from, farthest);
  return victim != n;
}

void Assignment::spill_from(uint32_t n, uint32_t pos, uint32_t next_use) {
  Interval rest = intervals_[n];
  store_at_def[rest.vreg.n] = 1;
  if (rest.reg.valid()) release_from(n, pos);
  Interval& kept = intervals_[n];
  kept.end = std::min(kept.end, pos);
  while (kept.last_range > kept.first_range && ranges_[kept.last_range].start >= pos) --kept.last_range;
  if (next_use >= rest.end) return;  // also kNone
  uint32_t k = rest.first_range;
  while (ranges_[k].end <= next_use) ++k;
  rest.first_range = k;
  rest.start = std::max(next_use, ranges_[k].start);
  rest.reg = {};
  if (ranges_[k].start < next_use) note_change(next_use, rest.vreg);
  intervals_.push_back(rest);
  enqueue(static_cast<uint32_t>(intervals_.size() - 1));
}

// ---- the answer

void Assignment::locate() {
  const uint32_t n = code_->vreg_count();
  located_start_.assign(n + 2, 0);
  auto each = [&](auto&& what) {
    for (const Interval& i : intervals_) {
      if (!i.reg.valid() || i.start >= i.end) continue;
      for (uint32_t k = i.first_range; k <= i.last_range; ++k) {
        const uint32_t start = std::max(ranges_[k].start, i.start), end = std::min(ranges_[k].end, i.end);
        if (start < end) what(i, start, end);
      }
    }
  };
  each([&](const Interval& i, uint32_t, uint32_t) { ++located_start_[i.vreg.n + 2]; });
  for (uint32_t v = 0; v <= n; ++v) located_start_[v + 1] += located_start_[v];
  located_.resize(located_start_[n + 1]);
  each([&](const Interval& i, uint32_t start, uint32_t end) {
    located_[located_start_[i.vreg.n + 1]++] = {start, end, i.reg};
  });
  located_start_.pop_back();
  for (uint32_t v = 0; v < n; ++v) {
    auto first = located_.begin() + located_start_[v], last = located_.begin() + located_start_[v + 1];
    auto by_start = [](const Located& a, const Located& b) { return a.start < b.start; };
    if (!std::is_sorted(first, last, by_start)) std::sort(first, last, by_start);
  }
}

PReg Assignment::at(VReg v, uint32_t pos) const {
  const Located *first = located_.data() + located_start_[v.n],
                *last = located_.data() + located_start_[v.n + 1];
  if (last - first > 8) {
    first = std::partition_point(first, last, [&](const Located& l) { return l.end <= pos; });
  } else {
    while (first != last && first->end <= pos) ++first;
  }
  return first != last && first->start <= pos ? first->reg : PReg{};
}

}  // namespace wjit::ra
