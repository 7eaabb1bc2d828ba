// Where a function makes its frame, and saves the registers that calls preserve, of those that it uses.
//
// They lie behind the vmctx, from [fp - 16] down. Usually all of that is done on entry. A function that begins
// with a test whether there is anything to do (recursive ones do) pays only where there is: the frame begins in
// the first block behind such tests; where a test itself wants a frame, the registers at least are saved there.
//
// Invariants.
// - The block that begins is entered once at most in a call, by one edge, and dominates all that use the frame
//   or the registers.
// - Whatever it reaches, it dominates: so a way out either restores always, or never.
// - Up to a late frame the VMContext is still in its register, and nothing traps, calls or looks at the stack
//   limit.
#include <algorithm>

#include "compiler/isa/generic/emit.h"
#include "compiler/support/plant.h"

namespace wjit::isa {

using mach::Alloc;

namespace {
// How many tests are passed at most: each looks at the whole function.
constexpr int kMaxSteps = 4;

bool is_store(const mach::Edit& e) { return e.from.is_reg() && e.to.kind == Alloc::Kind::kSlot; }
}  // namespace

void EmitBase::find_preserved() {
  uint64_t ours = 0, used = 0;
  if (!WJIT_PLANTED(lost_register))
    for (const mach::PReg r : regs_.env.preserved) ours |= uint64_t{1} << r.n;
  std::vector<uint8_t> uses(c_.blocks.size(), 0), needs(c_.blocks.size(), 0), stores(c_.blocks.size(), 0);
  const auto see = [&](uint32_t b, const Alloc& a) {
    if (a.kind == Alloc::Kind::kHome || a.kind == Alloc::Kind::kSlot) needs[b] = 1;
    if (!a.is_reg() || !(ours >> a.preg().n & 1)) return;
    used |= uint64_t{1} << a.preg().n;
    uses[b] = needs[b] = 1;
  };
  size_t e = 0;
  for (uint32_t b = 0; b < c_.blocks.size(); ++b) {
    const mach::VBlock& block = c_.blocks[b];
    for (uint32_t n = block.first; n < block.end; ++n) {
      if (needs_frame(c_.insts[n])) needs[b] = 1;
      for (uint32_t k = 0; k < c_.insts[n].operands; ++k) see(b, al_.operands[c_.insts[n].first_operand + k]);
      for (; e < al_.edits.size() && al_.edits[e].before <= n; ++e) {
        see(b, al_.edits[e].from);
        is_store(al_.edits[e]) ? void(stores[b] = 1) : see(b, al_.edits[e].to);
      }
    }
  }
  for (const mach::PReg r : regs_.env.preserved)
    if (used >> r.n & 1) preserved_.push_back(r);
  if (find_frame(needs, stores) || used == 0) return;
  save_block_ = late_block(uses, saved_in_);
}

// Whether a frame that begins late was found. `stores`: where a value is put into a slot, which may wait for the frame.
bool EmitBase::find_frame(std::vector<uint8_t>& needs, const std::vector<uint8_t>& stores) {
  frame_ = al_.slots != 0 || f_.area_bytes != 0 || std::find(needs.begin(), needs.end(), 1) != needs.end();
  if (!frame_) return false;
  for (const bool wait : {true, false}) {
    std::vector<uint8_t> behind;
    const uint32_t b = late_block(needs, behind);
    if (b != 0 && vmctx_stays(behind) && (!wait || stores_wait(b, behind, stores))) {
      frame_block_ = b;
      framed_in_ = std::move(behind);
      return true;
    }
    waiting_.clear();
    for (size_t k = 0; k < needs.size(); ++k) needs[k] |= stores[k];
  }
  return false;
}

// What is put into slots in front of block `b` lies in its registers until there: then it is put there.
bool EmitBase::stores_wait(uint32_t b, const std::vector<uint8_t>& behind, const std::vector<uint8_t>& stores) {
  std::vector<uint32_t> way;  // from b back to the entry
  for (uint32_t at = b; at != 0;) way.push_back(at = c_.preds_of(c_.blocks[at])[0]);
  for (uint32_t n = 0; n < c_.blocks.size(); ++n)
    if (stores[n] && !behind[n] && std::find(way.begin(), way.end(), n) == way.end()) return false;
  waiting_.clear();
  const auto written = [&](const Alloc& to) {
    return std::any_of(waiting_.begin(), waiting_.end(), [&](const mach::Edit& w) { return w.from == to || w.to == to; });
  };
  for (size_t k = way.size(); k-- > 0;) {
    const mach::VBlock& block = c_.blocks[way[k]];
    auto e = std::lower_bound(al_.edits.begin(), al_.edits.end(), block.first,
                              [](const mach::Edit& x, uint32_t n) { return x.before < n; });
    for (uint32_t n = block.first; n < block.end; ++n) {
      for (; e != al_.edits.end() && e->before == n; ++e) {
        if (written(e->to)) return false;
        if (is_store(*e)) waiting_.push_back(*e);
      }
      const mach::MInst& i = c_.insts[n];
      if ((i.flags & mach::MInst::kClobbers) != 0 && !waiting_.empty()) return false;
      for (uint32_t o = i.first_operand; o < i.first_operand + i.operands; ++o)
        if (c_.operands[o].kind == mach::Operand::Kind::kDef && written(al_.operands[o])) return false;
    }
  }
  return true;
}

// Nothing is written to the register that holds it on entry, in blocks other than these.
bool EmitBase::vmctx_stays(const std::vector<uint8_t>& but) const {
  const Alloc own = Alloc::reg(regs_.vmctx);
  size_t e = 0;
  for (uint32_t b = 0; b < c_.blocks.size(); ++b) {
    const mach::VBlock& block = c_.blocks[b];
    for (uint32_t n = block.first; n < block.end; ++n) {
      const mach::MInst& i = c_.insts[n];
      for (; e < al_.edits.size() && al_.edits[e].before <= n; ++e)
        if (!but[b] && al_.edits[e].to == own) return false;
      if (but[b] || SharedOp(i.op) == SharedOp::kArgs) continue;
      for (uint32_t k = i.first_operand; k < i.first_operand + i.operands; ++k)
        if (c_.operands[k].kind == mach::Operand::Kind::kDef && al_.operands[k] == own) return false;
    }
  }
  return true;
}

void EmitBase::reach(uint32_t from, std::vector<uint8_t>& reached) {
  reached.assign(c_.blocks.size(), 0);
  std::vector<uint32_t> work{from};
  reached[from] = 1;
  while (!work.empty()) {
    const uint32_t b = work.back();
    work.pop_back();
    steps_ += 1 + c_.blocks[b].succ_count;
    for (uint32_t s : c_.succs_of(c_.blocks[b]))
      if (!reached[s]) reached[s] = 1, work.push_back(s);
  }
}

// The first block behind tests that do without what these blocks use; 0: there are no such tests. `behind`:
// what it reaches.
uint32_t EmitBase::late_block(const std::vector<uint8_t>& uses, std::vector<uint8_t>& behind) {
  std::vector<uint8_t> reached;
  uint32_t at = 0;
  for (int step = 0; step < kMaxSteps && !uses[at]; ++step) {
    // The one way on from here to a use, if there is one.
    uint32_t next = 0;
    std::vector<uint8_t> found;
    if (c_.blocks[at].succ_count > 2) return at;
    for (uint32_t s : c_.succs_of(c_.blocks[at])) {
      reach(s, reached);
      steps_ += reached.size();
      bool needs = false;
      for (uint32_t b = 0; b < reached.size() && !needs; ++b) needs = reached[b] && uses[b];
      if (!needs || s == next) continue;
      if (next != 0) return at;
      next = s;
      found = reached;
    }
    if (next == 0 || forward_[next] != next || c_.blocks[next].pred_count != 1) return at;
    steps_ += found.size() + c_.succs.size();
    for (uint32_t b = 0; b < found.size(); ++b)
      for (uint32_t p : c_.preds_of(c_.blocks[b]))
        if (found[b] && b != next && !found[p]) return at;
    at = next;
    behind = std::move(found);
  }
  return at;
}

}  // namespace wjit::isa
