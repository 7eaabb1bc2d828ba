// Which values are in registers, where.
//
// Problem. With more live values than registers, and with calls that leave no register alone, somebody has to
// be in memory. Loads and stores cost what the blocks cost in which they happen: hardly anything in a cold
// block, everything in an inner loop.
//
// Strategy (after Braun and Hack, "Register Spilling and Live-Range Splitting for SSA-Form Programs", 2009).
// Blocks are run through in their order with the set of values that are in registers, at most as many as
// there are registers. A use that wants a register loads what is not in the set; when there are too many, the
// one whose next use is farthest leaves. "Far" counts control flow: each loop that has to be left first adds
// more than any distance within one; behind a call is farther than that (nothing is won by keeping a value up
// to a call); only in cold blocks is farthest. What is used earlier in a loop is used next in its next round.
// What is in registers on entry to a block:
// - after one predecessor, what it leaves there and is still wanted;
// - at a join, what most of the predecessors (by frequency) leave there: the others load, which is how a
// value stays
//   in its register over a loop whose cold blocks contain calls;
// - at a loop's header, what the loop uses, the nearest first, whether it is in a register before or not: so
// loads move
//   out of loops. What only lives through the loop stays if the loop's pressure leaves room; else it is
//   stored and loaded outside. What the loop uses only behind a call is not loaded for the way up to it.
// Where the sets of two blocks differ, the edge between loads and stores (resolve.cpp).
//
// Invariants.
// - A vreg is resident in disjoint segments, each of one block. Where it lives and has none, its slot (or
// home) holds
//   it: whatever path leads there has passed the end of a segment (a change, or an edge), where it is stored
//   if it was not stored before.
// - For every instruction the needs of each class at the gap, early and late are at most the registers, where
//   operands leave a choice. So the assignment of registers seldom has to spill, and then only for want of a
//   register that fixed constraints take.
// - Segments that start at a block's first gap are entered through its edges; nothing is loaded in that gap
// otherwise.
#include "compiler/regalloc/residency.h"

#include <algorithm>

namespace wjit::ra {

using namespace mach;
using support::Result;
using Kind = Operand::Kind;
using Policy = Operand::Policy;
using Pos = Operand::Pos;

namespace {

// Distances: positions up to here, and what is added.
constexpr uint32_t kOutOfLoop = 1u << 24, kMaxOut = 7u << 24, kBehindCall = 1u << 28, kCold = 1u << 29,
                   kNever = 1u << 30;
// What is not nearer is not worth a register for its own sake.
constexpr uint32_t kNear = kOutOfLoop;

uint64_t next_random(uint64_t& state) {  // xorshift64*
  state ^= state >> 12, state ^= state << 25, state ^= state >> 27;
  return state * 0x2545f4914f6cdd1du >> 16;
}

}  // namespace

Result<void> Residency::decide(const VCode& code, const RegEnv& env, const Flow& flow, uint64_t shuffle) {
  code_ = &code;
  flow_ = &flow;
  shuffle_ = shuffle;
  regs_[0] = static_cast<uint32_t>(env.ints.size());
  regs_[1] = static_cast<uint32_t>(env.vectors.size());
  handed_out_ = {};
  for (PReg r : env.ints) handed_out_.add(r);
  for (PReg r : env.vectors) handed_out_.add(r);
  const uint32_t n = code.vreg_count(), blocks = static_cast<uint32_t>(code.blocks.size());
  segments.clear(), changes.clear(), hints.clear(), affinities.clear();
  spilled.assign(n, 0);
  current_.assign(n, kNone);
  live_out_.assign(n, kNone);
  pinned_.assign(n, kNone);
  clean_.assign(n, 0);
  weight_.assign(n, 0);
  arg_segment_.assign(code.vregs.size(), kNone);
  done_.assign(blocks, 0);
  entries_.clear(), exits_.clear();
  entry_start_.assign(1, 0), exit_start_.assign(1, 0);
  here_[0].clear(), here_[1].clear();
  for (uint32_t b = 0; b < blocks; ++b) {
    const VBlock& block = code.blocks[b];
    for (uint32_t s : code.succs_of(block))
      for (VReg v : flow.live_in(s)) live_out_[v.n] = b;
    enter_block(b);
    for (uint32_t i = block.first; i < block.end; ++i) WJIT_CHECK(run_inst(b, i));
    leave_block(b);
  }
  join_segments();
  std::stable_sort(changes.begin(), changes.end(),
                   [](const Change& a, const Change& b) { return a.pos < b.pos; });
  return {};
}

uint32_t Residency::root(uint32_t s) {
  while (segments[s].parent != s) s = segments[s].parent = segments[segments[s].parent].parent;
  return s;
}

// ---- small things

bool Residency::alive_after(VReg v, uint32_t b, uint32_t i) const {
  if (live_out_[v.n] == b) return true;
  const uint32_t* use = flow_->first_use_from(v, gap(i + 1));
  auto uses = flow_->uses(v);
  return use != uses.data() + uses.size() && *use < gap(code_->blocks[b].end);
}

uint32_t Residency::distance(VReg v, uint32_t pos, uint32_t b) const {
  const Flow& f = *flow_;
  const RegClass c = code_->cls(v);
  auto call_before = [&](uint32_t from, uint32_t use, uint8_t depth, bool cold) {
    return f.next_call(c, from, gap_at_or_before(use), depth, cold) != kNone ? kBehindCall : 0;
  };
  if (code_->blocks[b].cold) {
    const uint32_t next = f.next_use(v, pos, gap(code_->blocks[b].end), 0);
    return next == kNone ? kCold : next - pos + call_before(pos, next, 0, true);
  }
  uint32_t out = 0;
  for (uint32_t l = f.loop_of[b];; l = f.loops[l].parent, out = std::min(out + kOutOfLoop, kMaxOut)) {
    const uint32_t end = l == kNone ? f.hot_end : f.loops[l].end;
    const uint8_t depth = l == kNone ? 0 : f.loops[l].depth;
    if (const uint32_t next = f.next_use(v, pos, end, depth); next != kNone)
      return std::min(next - pos, kNear - 1) + out + call_before(pos, next, depth, false);
    if (l == kNone) break;
    const Loop& loop = f.loops[l];
    if (!f.live_in(loop.first, v)) continue;
    const uint32_t again = f.next_use(v, loop.start, loop.end, depth);
    if (again == kNone) continue;
    const uint32_t call =
        call_before(pos, loop.end, depth, false) | call_before(loop.start, again, depth, false);
    return std::min(loop.end - pos + again - loop.start, kNear - 1) + out + call;
  }
  const auto uses = f.uses(v);
  const uint32_t* const next = f.first_use_from(v, pos);
  return next != uses.data() + uses.size() ? kCold + std::min(*next - pos, kCold - 1) : kNever;
}

bool Residency::home_or_clean(VReg v) const { return flow_->home[v.n] != kNone || clean_[v.n] != 0; }

uint32_t Residency::begin(VReg v, uint32_t pos, uint32_t b) {
  const uint32_t s = static_cast<uint32_t>(segments.size());
  segments.push_back({v, pos, kNone, b, s});
  current_[v.n] = s;
  here_[cls(v)].push_back(v);
  clean_[v.n] = 0;
  return s;
}

void Residency::finish(VReg v, uint32_t end) {
  Segment& s = segments[current_[v.n]];
  s.end = std::max(end, s.start);
  current_[v.n] = kNone;
  auto& list = here_[cls(v)];
  auto it = std::find(list.begin(), list.end(), v);
  *it = list.back();
  list.pop_back();
}

void Residency::evict(VReg v, uint32_t pos) {
  const uint32_t current = current_[v.n];
  const Segment s = segments[current];
  finish(v, pos);
  spilled[v.n] = 1;
  if (s.start < pos) changes.push_back({pos, v, current});
}

// ---- entry to a block

void Residency::enter_block(uint32_t b) {
  const VBlock& block = code_->blocks[b];
  const auto preds = code_->preds_of(block);
  candidates_[0].clear(), candidates_[1].clear();
  if (preds.size() == 1 && block.param_count == 0) {
    if (done_[preds[0]]) enter_from_one(b, preds[0]);
  } else if (!preds.empty()) {
    if (flow_->loop_at[b] != kNone) {
      collect_for_loop(b);
    } else {
      collect_for_join(b);
    }
  }
  choose_entries(b);
  for (VReg p : code_->params_of(block))
    if (!resident(p) && !flow_->uses(p).empty()) spilled[p.n] = 1;
  for (const auto& list : here_)
    for (VReg v : list) entries_.push_back(current_[v.n]);
}

void Residency::enter_from_one(uint32_t b, uint32_t pred) {
  for (uint32_t s : exit(pred)) {
    const VReg v = segments[s].vreg;
    if (flow_->live_in(b, v)) candidates_[cls(v)].push_back({v, 0});
  }
}

void Residency::collect_for_loop(uint32_t b) {
  const VBlock& block = code_->blocks[b];
  const Loop& loop = flow_->loops[flow_->loop_at[b]];
  for (uint32_t p : code_->preds_of(block))
    if (done_[p])
      for (uint32_t s : exit(p)) weight_[segments[s].vreg.n] = 1;
  // Who only lives through takes part when the loop has registers to spare, and was in one before.
  std::vector<Candidate> used, idle, behind;
  uint32_t live_through[2] = {0, 0};
  int kept = static_cast<int>(flow_->kept(RegClass::kInt));
  for (VReg v : flow_->live_in(b)) {
    const uint32_t d = distance(v, gap(block.first), b);
    if (d < kNear) {
      used.push_back({v, d});
      continue;
    }
    if (d >= kBehindCall && d < kBehindCall + kNear && flow_->kept(code_->cls(v)) != 0) {
      behind.push_back({v, d});
      continue;
    }
    ++live_through[cls(v)];
    if (weight_[v.n] != 0 &&
        flow_->next_call(code_->cls(v), loop.start, loop.end, loop.depth, false) == kNone)
      idle.push_back({v, d});
  }
  for (VReg v : code_->params_of(block))
    // In memory a parameter would be stored in every round, so it goes before those that only live through.
    if (!flow_->uses(v).empty()) {
      const uint32_t d = distance(v, gap(block.first), b);
      used.push_back({v, std::min(d, kNear)});
      kept -= d >= kBehindCall && code_->cls(v) == RegClass::kInt;
    }
  auto nearer = [](const Candidate& x, const Candidate& y) { return x.distance < y.distance; };
  std::stable_sort(idle.begin(), idle.end(), nearer);
  std::stable_sort(behind.begin(), behind.end(), nearer);
  for (const Candidate& c : behind)  // (integers)
    if (kept-- > 0) used.push_back(c);
  for (const Candidate& c : used) candidates_[cls(c.vreg)].push_back(c);
  for (int c = 0; c < 2; ++c) {
    const uint32_t busy = loop.pressure[c] - std::min(loop.pressure[c], live_through[c]);
    uint32_t room = regs_[c] - std::min(regs_[c], busy);
    for (const Candidate& i : idle) {
      if (cls(i.vreg) != c) continue;
      if (room-- == 0) break;
      candidates_[c].push_back(i);
    }
  }
  for (uint32_t p : code_->preds_of(block))
    if (done_[p])
      for (uint32_t s : exit(p)) weight_[segments[s].vreg.n] = 0;
}

void Residency::collect_for_join(uint32_t b) {
  const VBlock& block = code_->blocks[b];
  float total = 0;
  for (uint32_t p : code_->preds_of(block)) {
    if (!done_[p]) continue;
    total += flow_->frequency[p];
    for (uint32_t s : exit(p)) weight_[segments[s].vreg.n] += flow_->frequency[p];
  }
  for (uint32_t p : code_->preds_of(block)) {
    if (!done_[p]) continue;
    for (uint32_t s : exit(p)) {
      const VReg v = segments[s].vreg;
      if (weight_[v.n] * 2 >= total && flow_->live_in(b, v))
        candidates_[cls(v)].push_back({v, distance(v, gap(block.first), b)});
      weight_[v.n] = 0;
    }
  }
  for (uint32_t k = 0; k < block.param_count; ++k) {
    const VReg v = code_->params_of(block)[k];
    if (flow_->uses(v).empty()) continue;
    float in_registers = 0;
    for (uint32_t p : code_->preds_of(block))
      if (done_[p] && arg_segment_[code_->blocks[p].args + k] != kNone) in_registers += flow_->frequency[p];
    const uint32_t d = distance(v, gap(block.first), b);
    if (d < kBehindCall || in_registers * 2 > total) candidates_[cls(v)].push_back({v, d});
  }
}

// The nearest of the candidates get a register.
void Residency::choose_entries(uint32_t b) {
  for (int c = 0; c < 2; ++c) {
    auto& list = candidates_[c];
    if (shuffle_ != 0) std::erase_if(list, [&](const Candidate&) { return next_random(shuffle_) % 8 == 0; });
    if (list.size() > regs_[c]) {
      std::stable_sort(list.begin(), list.end(),
                       [](const Candidate& x, const Candidate& y) { return x.distance < y.distance; });
      list.resize(regs_[c]);
    }
    for (const Candidate& k : list) begin(k.vreg, gap(code_->blocks[b].first), b);
  }
}

// ---- one instruction

Result<void> Residency::run_inst(uint32_t b, uint32_t i) {
  load_uses(b, i);
  WJIT_CHECK(make_room(b, i));
  const MInst& inst = code_->insts[i];
  const VBlock& block = code_->blocks[b];
  const float weight = flow_->frequency[b];
  for (uint32_t k = 0; k < inst.operands; ++k) {
    const Operand& o = flow_->operands[inst.first_operand + k];
    if (o.policy == Policy::kFixed && o.kind == Kind::kUse && resident(o.vreg))
      hints.push_back({current_[o.vreg.n], PReg{o.arg}, weight});
  }
  moved_.clear();
  for (uint32_t k = 0; k < inst.operands; ++k)
    moved_.push_back(current_[flow_->operands[inst.first_operand + k].vreg.n]);
  if (i + 1 == block.end)
    for (uint32_t a = 0; a < block.arg_count; ++a)
      arg_segment_[block.args + a] = current_[code_->args_of(block)[a].n];
  end_uses(b, i);
  for (int c = 0; c < 2; ++c)
    if (flow_->is_call_for(i, static_cast<RegClass>(c))) leave_for_call(i, c);
  start_defs(b, i);
  if (i == block.first) {  // what has begun or ended in the first gap is known now
    entry_start_.push_back(static_cast<uint32_t>(entries_.size()));
  }
  return {};
}

void Residency::load_uses(uint32_t b, uint32_t i) {
  const MInst& inst = code_->insts[i];
  auto load = [&](VReg v) {
    const uint32_t s = begin(v, gap(i), b);
    spilled[v.n] = 1;
    clean_[v.n] = 1;
    if (i == code_->blocks[b].first) {
      entries_.push_back(s);
    } else {
      changes.push_back({gap(i), v, kNone});
    }
  };
  for (uint32_t k = 0; k < inst.operands; ++k) {
    const Operand& o = flow_->operands[inst.first_operand + k];
    if (o.kind != Kind::kUse || flow_->service[inst.first_operand + k] != Service::kRegister) continue;
    if (!resident(o.vreg)) load(o.vreg);
    pinned_[o.vreg.n] = i;
  }
  // What could be read from memory is loaded if it will be used once more, soon, and there is room.
  for (uint32_t k = 0; k < inst.operands; ++k) {
    const Operand& o = flow_->operands[inst.first_operand + k];
    if (o.kind != Kind::kUse || resident(o.vreg)) continue;
    const int c = cls(o.vreg);
    if (flow_->is_call_for(i, code_->cls(o.vreg)) || !alive_after(o.vreg, b, i)) continue;
    if (distance(o.vreg, gap(i + 1), b) >= kNear) continue;
    const Needs n = count_needs(i, c);
    if (n.at_gap < regs_[c] && n.early < regs_[c] && n.late < regs_[c]) load(o.vreg);
  }
}

// How many registers of the class are taken at this instruction, if nobody leaves.
Residency::Needs Residency::count_needs(uint32_t i, int c) const {
  const MInst& inst = code_->insts[i];
  const uint32_t b = flow_->block_of[i];
  RegSet fixed_early, fixed_late;
  Needs n{static_cast<uint32_t>(here_[c].size()), 0, 0};
  n.early = n.late = n.at_gap;
  const bool call = flow_->is_call_for(i, static_cast<RegClass>(c));
  if (!call && (inst.flags & (MInst::kCall | MInst::kClobbers))) fixed_late = flow_->clobbers_of(inst);
  if (call) n.early = n.late = 0;
  for (uint32_t k = 0; k < inst.operands; ++k) {
    const Operand& o = flow_->operands[inst.first_operand + k];
    if (o.policy == Policy::kFixed) {
      if (o.kind == Kind::kUse || o.pos == Pos::kEarly) fixed_early.add(PReg{o.arg});
      if (o.kind == Kind::kDef || o.pos == Pos::kLate) fixed_late.add(PReg{o.arg});
    }
    if (cls(o.vreg) != c) continue;
    if (o.kind == Kind::kDef) {
      if (o.policy == Policy::kFixed || o.policy == Policy::kAny) continue;
      ++n.late;
      if (o.pos == Pos::kEarly || o.policy == Policy::kReuse) ++n.early;
      continue;
    }
    if (!resident(o.vreg)) continue;
    bool first = true, in_register = false, in_register_late = false;
    for (uint32_t m = 0; m < inst.operands; ++m) {
      const Operand& p = flow_->operands[inst.first_operand + m];
      if (p.kind != Kind::kUse || p.vreg != o.vreg) continue;
      if (m < k) first = false;
      const Service s = flow_->service[inst.first_operand + m];
      if (s == Service::kRegister || s == Service::kAny)
        in_register = true, in_register_late |= p.pos == Pos::kLate;
    }
    if (!first) continue;
    if (call) {
      n.early += in_register, n.late += in_register_late;
    } else if (!alive_after(o.vreg, b, i)) {
      n.early -= !in_register, n.late -= !in_register_late;
    }
  }
  const uint64_t mine = handed_out_.bits & (c == 0 ? 0xffffffffu : 0xffffffff00000000u);
  n.early += __builtin_popcountll(fixed_early.bits & mine);
  n.late += __builtin_popcountll(fixed_late.bits & mine);
  return n;
}

Result<void> Residency::make_room(uint32_t b, uint32_t i) {
  for (int c = 0; c < 2; ++c) {
    if (here_[c].size() + code_->insts[i].operands + 8 < regs_[c] && shuffle_ == 0 &&
        !(code_->insts[i].flags & (MInst::kCall | MInst::kClobbers)))
      continue;  // there is room whatever it wants
    if (shuffle_ != 0 && !here_[c].empty() && next_random(shuffle_) % 16 == 0) {
      const VReg v = here_[c][next_random(shuffle_) % here_[c].size()];
      if (pinned_[v.n] != i) evict(v, gap(i));
    }
    for (;;) {
      const Needs n = count_needs(i, c);
      const bool gap_full = n.at_gap > regs_[c], full = gap_full || n.early > regs_[c] || n.late > regs_[c];
      if (!full) break;
      // Those that this instruction does not want in a register, and that take one where there are too many.
      VReg worst;
      uint32_t worst_distance = 0;
      const bool call = flow_->is_call_for(i, static_cast<RegClass>(c));
      for (VReg v : here_[c]) {
        if (pinned_[v.n] == i || (call && !gap_full)) continue;
        uint32_t d = distance(v, gap(i), b);
        if (d < kNear && !gap_full && !alive_after(v, b, i)) continue;  // gone by then anyway
        if (home_or_clean(v)) d += std::min(d / 2, kNear / 2);
        if (!worst.valid() || d > worst_distance || (d == worst_distance && v.n < worst.n))
          worst = v, worst_distance = d;
      }
      if (!worst.valid()) break;  // the assignment will see how fixed constraints and others meet
      evict(worst, gap(i));
    }
  }
  return {};
}

// Values whose last use this is leave their registers when it has been read.
void Residency::end_uses(uint32_t b, uint32_t i) {
  const MInst& inst = code_->insts[i];
  auto last_moment = [&](VReg v) {
    uint32_t end = early(i);
    for (uint32_t k = 0; k < inst.operands; ++k) {
      const Operand& o = flow_->operands[inst.first_operand + k];
      if (o.kind != Kind::kUse || o.vreg != v) continue;
      const Service s = flow_->service[inst.first_operand + k];
      if (s == Service::kRegister || s == Service::kAny)
        end = std::max(end, o.pos == Pos::kLate ? late(i) + 1 : late(i));
    }
    return end;
  };
  for (uint32_t k = 0; k < inst.operands; ++k) {
    const Operand& o = flow_->operands[inst.first_operand + k];
    if (o.kind == Kind::kUse && resident(o.vreg) && !alive_after(o.vreg, b, i))
      finish(o.vreg, last_moment(o.vreg));
  }
  const VBlock& block = code_->blocks[b];
  if (i + 1 == block.end)
    for (VReg v : code_->args_of(block))
      if (resident(v) && live_out_[v.n] != b) finish(v, early(i));
  if (!(inst.flags & (MInst::kCall | MInst::kClobbers))) return;
  // Uses of a call's that live on have to leave after they are read, and still before the call.
  for (uint32_t k = 0; k < inst.operands; ++k) {
    const Operand& o = flow_->operands[inst.first_operand + k];
    if (o.kind == Kind::kUse && resident(o.vreg) && flow_->is_call_for(i, code_->cls(o.vreg)))
      evict(o.vreg, std::min(last_moment(o.vreg), late(i)));
  }
}

void Residency::leave_for_call(uint32_t i, int c) {
  while (!here_[c].empty()) evict(here_[c].back(), gap(i));
}

void Residency::start_defs(uint32_t b, uint32_t i) {
  const MInst& inst = code_->insts[i];
  const float weight = flow_->frequency[b];
  for (uint32_t k = 0; k < inst.operands; ++k) {
    const Operand& o = flow_->operands[inst.first_operand + k];
    if (o.kind != Kind::kDef) continue;
    const VReg v = o.vreg;
    const bool dead = !alive_after(v, b, i);
    if (o.policy == Policy::kFixed) {
      if (dead) continue;
      hints.push_back({begin(v, gap(i + 1), b), PReg{o.arg}, weight});
      continue;
    }
    if (o.policy == Policy::kAny) {
      const int c = cls(v);
      if (flow_->home[v.n] != kNone || dead || here_[c].size() >= regs_[c] ||
          distance(v, gap(i + 1), b) >= kBehindCall ||
          ((inst.flags & (MInst::kCall | MInst::kClobbers)) != 0)) {
        spilled[v.n] = 1;
        continue;
      }
      const Needs n = count_needs(i, c);
      if (n.late + inst.operands > regs_[c]) {
        spilled[v.n] = 1;
        continue;
      }
    }
    const uint32_t s = begin(v, o.pos == Pos::kEarly || o.policy == Policy::kReuse ? early(i) : late(i), b);
    const uint32_t from = o.policy == Policy::kReuse         ? moved_[o.arg]
                          : (inst.flags & MInst::kMove) != 0 ? moved_[1]
                                                             : kNone;
    if (from != kNone) affinities.push_back({from, s, weight});
    if (dead) finish(v, late(i) + 1);
  }
}

void Residency::leave_block(uint32_t b) {
  for (auto& list : here_) {
    for (VReg v : list) {
      segments[current_[v.n]].end = gap(code_->blocks[b].end);
      exits_.push_back(current_[v.n]);
      current_[v.n] = kNone;
    }
    list.clear();
  }
  exit_start_.push_back(static_cast<uint32_t>(exits_.size()));
  done_[b] = 1;
}

// Segments of one vreg on both sides of an edge are one; who lives on without one on the other side is
// spilled there.
void Residency::join_segments() {
  const uint32_t blocks = static_cast<uint32_t>(code_->blocks.size());
  for (uint32_t s = 0; s < blocks; ++s) {
    for (uint32_t e : entry(s)) current_[segments[e].vreg.n] = e;
    const VBlock& block = code_->blocks[s];
    for (uint32_t p : code_->preds_of(block)) {
      for (uint32_t k = 0; k < block.param_count; ++k) {
        const uint32_t arg = arg_segment_[code_->blocks[p].args + k],
                       param = current_[code_->params_of(block)[k].n];
        if (arg != kNone && param != kNone)
          affinities.push_back({arg, param, std::min(flow_->frequency[p], flow_->frequency[s])});
      }
      for (uint32_t x : exit(p)) {
        const uint32_t e = current_[segments[x].vreg.n];
        if (e != kNone && segments[e].start < segments[e].end && segments[x].start < segments[x].end) {
          unite(x, e);
        } else if (flow_->live_in(s, segments[x].vreg)) {
          spilled[segments[x].vreg.n] = 1;
        }
      }
    }
    for (uint32_t e : entry(s)) current_[segments[e].vreg.n] = kNone;
  }
}

}  // namespace wjit::ra
