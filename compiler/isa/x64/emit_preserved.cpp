// The registers that calls preserve, of those that this function uses: where they are saved, and restored.
//
// They lie behind the vmctx, from [rbp - 16] down. Usually they are saved on entry. A function that begins with a test
// whether there is anything to do (recursive ones do) pays for them only where there is: they are saved in the first
// block behind such tests.
//
// Invariants.
// - The block that saves is entered once at most in a call, by one edge, and dominates all that use the registers.
// - Whatever it reaches, it dominates: so a way out either restores always, or never.
#include <algorithm>

#include "compiler/isa/x64/emitter.h"
#include "compiler/support/plant.h"

namespace wjit::x64 {

using mach::Alloc;

namespace {
// How many tests are passed at most: each looks at the whole function.
constexpr int kMaxSteps = 4;
}  // namespace

void Emitter::find_preserved() {
  if (WJIT_PLANTED(lost_register)) return;
  uint64_t ours = 0, used = 0;
  for (const mach::PReg r : reg_env().preserved) ours |= uint64_t{1} << r.n;
  std::vector<uint8_t> uses(c_.blocks.size(), 0);
  const auto see = [&](uint32_t b, const Alloc& a) {
    if (!a.is_reg() || !(ours >> a.preg().n & 1)) return;
    used |= uint64_t{1} << a.preg().n;
    uses[b] = 1;
  };
  size_t e = 0;
  for (uint32_t b = 0; b < c_.blocks.size(); ++b) {
    const mach::VBlock& block = c_.blocks[b];
    for (uint32_t n = block.first; n < block.end; ++n) {
      for (uint32_t k = 0; k < c_.insts[n].operands; ++k) see(b, al_.operands[c_.insts[n].first_operand + k]);
      for (; e < al_.edits.size() && al_.edits[e].before <= n; ++e) see(b, al_.edits[e].from), see(b, al_.edits[e].to);
    }
  }
  if (used == 0) return;
  for (const mach::PReg r : reg_env().preserved)
    if (used >> r.n & 1) preserved_.push_back(Gp(r.hw()));
  find_save_block(uses);
}

void Emitter::reach(uint32_t from, std::vector<uint8_t>& reached) const {
  reached.assign(c_.blocks.size(), 0);
  std::vector<uint32_t> work{from};
  reached[from] = 1;
  while (!work.empty()) {
    const uint32_t b = work.back();
    work.pop_back();
    for (uint32_t s : c_.succs_of(c_.blocks[b]))
      if (!reached[s]) reached[s] = 1, work.push_back(s);
  }
}

void Emitter::find_save_block(const std::vector<uint8_t>& uses) {
  std::vector<uint8_t> reached;
  for (int step = 0; step < kMaxSteps && !uses[save_block_]; ++step) {
    // The one way on from here to a use, if there is one.
    uint32_t next = 0;
    std::vector<uint8_t> found;
    if (c_.blocks[save_block_].succ_count > 2) return;
    for (uint32_t s : c_.succs_of(c_.blocks[save_block_])) {
      reach(s, reached);
      bool needs = false;
      for (uint32_t b = 0; b < reached.size() && !needs; ++b) needs = reached[b] && uses[b];
      if (!needs || s == next) continue;
      if (next != 0) return;
      next = s;
      found = reached;
    }
    if (next == 0 || forward_[next] != next || c_.blocks[next].pred_count != 1) return;
    for (uint32_t b = 0; b < found.size(); ++b)
      for (uint32_t p : c_.preds_of(c_.blocks[b]))
        if (found[b] && b != next && !found[p]) return;
    save_block_ = next;
    saved_in_ = std::move(found);
  }
}

void Emitter::save_preserved() {
  for (size_t k = 0; k < preserved_.size(); ++k)
    a_.mov(W::k64, Mem::at(Gp::rbp, -16 - 8 * static_cast<int32_t>(k)), preserved_[k]);
}

void Emitter::restore_preserved() {
  if (save_block_ != 0 && !saved_in_[now_block_]) return;
  for (size_t k = 0; k < preserved_.size(); ++k)
    a_.mov(W::k64, preserved_[k], Mem::at(Gp::rbp, -16 - 8 * static_cast<int32_t>(k)));
}

}  // namespace wjit::x64
