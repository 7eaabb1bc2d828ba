#include "compiler/regalloc/flow.h"

#include <algorithm>

#include "compiler/regalloc/inst_registers.h"

namespace wjit::ra {

using namespace mach;
using support::Result;
using Kind = Operand::Kind;
using Policy = Operand::Policy;

namespace {
// 32 million entries are 256 MB while they are sorted: far beyond what people write. Who gets there stays in the
// interpreter.
constexpr size_t kMaxLive = size_t{32} << 20;
}  // namespace

Result<void> Flow::analyze(const VCode& code, const RegEnv& env, const std::vector<uint32_t>& isolated) {
  code_ = &code;
  operands = code.operands;
  std::vector<Alloc> allocs;
  for (uint32_t i : isolated) {
    const MInst& inst = code.insts[i];
    allocs.assign(inst.operands, {});
    WJIT_CHECK(choose_registers(code, env, i, allocs.data()));
    for (uint32_t k = 0; k < inst.operands; ++k) {
      Operand& o = operands[inst.first_operand + k];
      if (o.policy != Policy::kAny) o.policy = Policy::kFixed, o.arg = allocs[k].preg().n;
    }
  }
  find_loops(code);
  find_uses(code, env);
  WJIT_CHECK(find_life(code));
  choose_kept(code, env, find_pressure(code));
  return {};
}

bool Flow::live_in(uint32_t b, VReg v) const {
  auto list = live_in(b);
  return std::binary_search(list.begin(), list.end(), v);
}

const uint32_t* Flow::first_use_from(VReg v, uint32_t pos) const {
  const uint32_t *begin = uses_.data() + use_start_[v.n], *end = uses_.data() + use_start_[v.n + 1];
  if (end - begin < 8) {
    while (begin != end && *begin < pos) ++begin;
    return begin;
  }
  return std::lower_bound(begin, end, pos);
}

uint32_t Flow::next_use(VReg v, uint32_t pos, uint32_t end, uint8_t depth) const {
  const uint32_t *use = first_use_from(v, pos), *last = uses_.data() + use_start_[v.n + 1];
  for (int tries = 0; use != last && *use < end && tries < 32; ++use, ++tries)
    if (code_->blocks[block_of[inst_at(*use)]].loop_depth >= depth) return *use;
  return kNone;
}

uint32_t Flow::next_call(RegClass c, uint32_t pos, uint32_t end, uint8_t depth, bool cold) const {
  const auto& list = call_list_[static_cast<int>(c)][cold];
  auto it = std::lower_bound(list.begin(), list.end(), pos);
  for (int tries = 0; it != list.end() && *it < end && tries < 32; ++it, ++tries)
    if (code_->blocks[block_of[inst_at(*it)]].loop_depth >= depth) return *it;
  return kNone;
}

// A loop is what lies between a block and the last block, not cold, that goes back to it. Cold blocks that
// lie apart belong to none. This needs no dominators, and where it is wrong (no reducible code is written so)
// only quality suffers.
void Flow::find_loops(const VCode& code) {
  const uint32_t blocks = static_cast<uint32_t>(code.blocks.size());
  loops.clear();
  loop_of.assign(blocks, kNone);
  loop_at.assign(blocks, kNone);
  frequency.resize(blocks);
  block_of.resize(code.insts.size());
  hot_end = 0;
  std::vector<uint32_t>& open = work_;
  open.clear();
  for (uint32_t b = 0; b < blocks; ++b) {
    const VBlock& block = code.blocks[b];
    static constexpr float kPowers[] = {1, 10, 100, 1000, 1e4, 1e5, 1e6};
    frequency[b] = block.frequency != 0 ? block.frequency
                                        : kPowers[std::min<int>(block.loop_depth, 6)] * (block.cold ? 0.001f : 1.0f);
    for (uint32_t i = block.first; i < block.end; ++i) block_of[i] = b;
    if (!block.cold) hot_end = gap(block.end);
    uint32_t last = kNone;
    for (uint32_t p : code.preds_of(block))
      if (p >= b && (!code.blocks[p].cold || block.cold)) last = last == kNone ? p : std::max(last, p);
    while (!open.empty() && loops[open.back()].last < b) open.pop_back();
    if (last != kNone) {
      while (!open.empty() && loops[open.back()].depth >= block.loop_depth) open.pop_back();
      if (!open.empty()) last = std::min(last, loops[open.back()].last);
      loop_at[b] = static_cast<uint32_t>(loops.size());
      loops.push_back({b,
                       last,
                       gap(block.first),
                       gap(code.blocks[last].end),
                       open.empty() ? kNone : open.back(),
                       block.loop_depth,
                       {0, 0}});
      open.push_back(loop_at[b]);
    }
    uint32_t l = open.empty() ? kNone : open.back();
    while (l != kNone && loops[l].depth > block.loop_depth) l = loops[l].parent;
    loop_of[b] = l;
  }
}

void Flow::find_uses(const VCode& code, const RegEnv& env) {
  const uint32_t n = code.vreg_count();
  use_start_.assign(n + 2, 0);
  def_block.assign(n, kNone);
  def_pos.assign(n, 0);
  is_param.assign(n, 0);
  home.assign(n, kNone);
  service.assign(code.operands.size(), Service::kAny);
  calls_.assign(code.insts.size(), 0);
  for (auto& by_class : call_list_)
    for (auto& list : by_class) list.clear();
  for (uint32_t h = 0; h < code.homes.size(); ++h) home[code.homes[h].vreg.n] = h;
  uint64_t all[2] = {0, 0};
  for (PReg r : env.ints) all[0] |= uint64_t{1} << r.n;
  for (PReg r : env.vectors) all[1] |= uint64_t{1} << r.n;
  for (uint32_t b = 0; b < code.blocks.size(); ++b) {
    const VBlock& block = code.blocks[b];
    for (VReg v : code.params_of(block))
      def_block[v.n] = b, def_pos[v.n] = gap(block.first), is_param[v.n] = 1;
    for (uint32_t i = block.first; i < block.end; ++i) {
      const MInst& inst = code.insts[i];
      const auto operands = operands_of(inst);
      if (inst.flags & (MInst::kCall | MInst::kClobbers)) {
        for (int c = 0; c < 2; ++c) {
          const bool whole = (all[c] & ~code.clobbers[inst.x].bits) == 0 && all[c] != 0;
          if (whole) calls_[i] |= static_cast<uint8_t>(1 << c);
          if (!whole && !(inst.flags & MInst::kCall)) continue;
          if (!block.cold) call_list_[c][0].push_back(gap(i));
          call_list_[c][1].push_back(gap(i));
        }
      }
      for (uint32_t k = 0; k < operands.size(); ++k) {
        const Operand& o = operands[k];
        if (o.kind == Kind::kDef) {
          const bool at_once = o.pos == Operand::Pos::kEarly || o.policy == Policy::kReuse;
          def_block[o.vreg.n] = b, def_pos[o.vreg.n] = at_once ? early(i) : late(i);
          continue;
        }
        ++use_start_[o.vreg.n + 2];
        Service& s = service[inst.first_operand + k];
        s = o.policy == Policy::kFixed ? Service::kCopy
            : o.policy == Policy::kReg ? Service::kRegister
                                       : Service::kAny;
        for (const Operand& d : operands)
          if (d.policy == Policy::kReuse && d.kind == Kind::kDef && d.arg == k) s = Service::kCopy;
      }
      for (uint32_t k = 0; k < operands.size(); ++k) {
        const Operand& d = operands[k];
        if (d.kind != Kind::kDef || d.policy != Policy::kReuse) continue;
        for (uint32_t m = 0; m < operands.size(); ++m)
          if (m != d.arg && operands[m].kind == Kind::kUse && operands[m].vreg == operands[d.arg].vreg &&
              operands[m].pos == Operand::Pos::kEarly && service[inst.first_operand + m] != Service::kCopy)
            service[inst.first_operand + m] = Service::kShared;
      }
    }
    for (VReg v : code.args_of(block)) ++use_start_[v.n + 2];
  }
  for (uint32_t v = 0; v <= n; ++v) use_start_[v + 1] += use_start_[v];
  uses_.resize(use_start_[n + 1]);
  // use_start_[v + 1] is where v's next goes; at the end it is where v + 1's begin.
  for (uint32_t b = 0; b < code.blocks.size(); ++b) {
    const VBlock& block = code.blocks[b];
    for (uint32_t i = block.first; i < block.end; ++i) {
      const MInst& inst = code.insts[i];
      for (uint32_t k = 0; k < inst.operands; ++k) {
        const uint32_t o = inst.first_operand + k;
        if (operands[o].kind != Kind::kUse) continue;
        uses_[use_start_[operands[o].vreg.n + 1]++] = gap(i) + (service[o] == Service::kRegister);
      }
    }
    for (VReg v : code.args_of(block)) uses_[use_start_[v.n + 1]++] = gap(block.end - 1);
  }
  use_start_.pop_back();
}

// Where a vreg is live on entry to a block: found from each use backwards to the definition. The work is the
// size of the answer.
Result<void> Flow::find_life(const VCode& code) {
  const uint32_t n = code.vreg_count(), blocks = static_cast<uint32_t>(code.blocks.size());
  low.resize(n);
  high.resize(n);
  mark_.assign(blocks, kNone);
  blocks_.clear();
  ends_.resize(n);
  live_start_.assign(blocks + 1, 0);
  for (uint32_t v = 0; v < n; ++v) {
    low[v] = gap_at_or_before(def_pos[v]);
    high[v] = low[v] + 4;
    work_.clear();
    for (uint32_t use : uses(VReg(v))) {
      high[v] = std::max(high[v], gap(inst_at(use) + 1));
      const uint32_t b = block_of[inst_at(use)];
      if (b != def_block[v] && mark_[b] != v) mark_[b] = v, work_.push_back(b);
    }
    while (!work_.empty()) {
      const uint32_t b = work_.back();
      work_.pop_back();
      blocks_.put(b);
      ++live_start_[b + 1];
      low[v] = std::min(low[v], gap(code.blocks[b].first));
      for (uint32_t p : code.preds_of(code.blocks[b])) {
        high[v] = std::max(high[v], gap(code.blocks[p].end));  // live at its end
        if (p != def_block[v] && mark_[p] != v) mark_[p] = v, work_.push_back(p);
      }
    }
    ends_[v] = static_cast<uint32_t>(blocks_.size());
    if (blocks_.size() > kMaxLive)
      return blocks_.clear(), fail(ErrorKind::kLimit, "register allocation: too many values live in too many blocks");
  }
  for (uint32_t b = 0; b < blocks; ++b) live_start_[b + 1] += live_start_[b];
  live_.resize(blocks_.size());
  fill_.assign(live_start_.begin(), live_start_.end());
  uint32_t v = 0, taken = 0;
  blocks_.take_all([&](uint32_t b) {
    for (; ends_[v] == taken; ++v) {
    }
    live_[fill_[b]++] = VReg(v);
    ++taken;
  });
  return {};
}

uint32_t Flow::find_pressure(const VCode& code) {
  mark_.assign(code.vreg_count(), kNone);
  std::vector<uint32_t>& idle = work_;  // by loop: integers that only live through it
  idle.assign(loops.size(), kNone);
  uint32_t crossing = 0;
  for (uint32_t b = 0; b < code.blocks.size(); ++b) {
    const VBlock& block = code.blocks[b];
    if (loop_of[b] == kNone || block.cold) continue;
    uint32_t live[2] = {0, 0};
    uint32_t(&most)[2] = loops[loop_of[b]].pressure;
    auto add = [&](VReg v) {
      if (mark_[v.n] != b) mark_[v.n] = b, ++live[static_cast<int>(code.cls(v))];
    };
    auto note = [&](uint32_t ints, uint32_t vectors) {
      most[0] = std::max(most[0], live[0] + ints), most[1] = std::max(most[1], live[1] + vectors);
    };
    for (uint32_t s : code.succs_of(block))
      for (VReg v : live_in(s)) add(v);
    for (VReg v : code.args_of(block)) add(v);
    for (uint32_t i = block.end; i-- > block.first;) {
      const MInst& inst = code.insts[i];
      uint32_t dead[2] = {0, 0};
      if (inst.flags & MInst::kClobbers) {
        if (!is_call_for(i, RegClass::kInt))
          dead[0] += __builtin_popcount(static_cast<uint32_t>(code.clobbers[inst.x].bits));
        if (!is_call_for(i, RegClass::kVector))
          dead[1] += __builtin_popcountll(code.clobbers[inst.x].bits >> 32);
      }
      for (const Operand& o : operands_of(inst))
        if (o.kind == Kind::kDef && mark_[o.vreg.n] != b) ++dead[static_cast<int>(code.cls(o.vreg))];
      note(dead[0], dead[1]);
      for (const Operand& o : operands_of(inst))
        if (o.kind == Kind::kDef && mark_[o.vreg.n] == b)
          mark_[o.vreg.n] = kNone, --live[static_cast<int>(code.cls(o.vreg))];
      if (inst.flags & MInst::kCall) {
        const Loop& loop = loops[loop_of[b]];
        uint32_t& through = idle[loop_of[b]];
        if (through == kNone) {
          through = 0;
          for (VReg v : live_in(loop.first))
            through += code.cls(v) == RegClass::kInt && next_use(v, loop.start, loop.end, loop.depth) == kNone;
        }
        crossing = std::max(crossing, live[0] - std::min(live[0], through));
      }
      for (const Operand& o : operands_of(inst))
        if (o.kind == Kind::kUse) add(o.vreg);
      note(0, 0);
    }
  }
  for (size_t l = loops.size(); l-- > 0;) {
    if (loops[l].parent == kNone) continue;
    for (int c = 0; c < 2; ++c)
      loops[loops[l].parent].pressure[c] = std::max(loops[loops[l].parent].pressure[c], loops[l].pressure[c]);
  }
  return crossing;
}

// A register that calls preserve has to be saved and restored by this function, whatever way it takes. It pays when a loop
// calls, for each value that the loop wants on both sides of the call. Elsewhere a value is stored and loaded once, which
// costs no more, and only where it is wanted.
void Flow::choose_kept(const VCode& code, const RegEnv& env, uint32_t wanted) {
  kept_ = std::min(wanted, static_cast<uint32_t>(env.preserved.size()));
  withheld_ = {};
  for (size_t k = kept_; k < env.preserved.size(); ++k) withheld_.add(env.preserved[k]);
  if (kept_ != 0) return;
  for (uint32_t i = 0; i < code.insts.size(); ++i)
    if (code.insts[i].flags & MInst::kCall) calls_[i] |= 1;
}

}  // namespace wjit::ra
