// From decisions to an Allocation.
//
// What happens in the gap before an instruction, in this order, each group at once (ParallelMoves):
//   E  what the edge into a block wants, where the predecessor has several successors;
//   A  what the instruction before has defined in fixed registers goes to its places; stores at definitions;
//   values change
//      places (splits, loads, stores);
//   B  uses are copied where the instruction wants them; values that are read by a call and live on are
//   stored;
//      before the branch of a block with one successor: what the edge wants, arguments included.
// A and E read the places that were right before the gap; B those of the gap itself.
//
// Stores. A value that is somewhere in memory only is stored either once, at its definition, or wherever it
// leaves its register (in a cold block, say, before a call): what costs less by frequency. Segments that
// began with a load have it in memory already and store nothing.
#include "compiler/regalloc/resolve.h"

#include <algorithm>

#include "compiler/support/plant.h"

namespace wjit::ra {

using namespace mach;
using Kind = Operand::Kind;
using Policy = Operand::Policy;
using Pos = Operand::Pos;

void Resolver::run(const VCode& code, const RegEnv& env, const Flow& flow, Residency& residency,
                   Assignment& assignment, ParallelMoves& parallel, Allocation& out) {
  code_ = &code, env_ = &env, flow_ = &flow, residency_ = &residency, assignment_ = &assignment,
  parallel_ = &parallel;
  out_ = &out;
  out.operands.assign(code.operands.size(), {});
  out.edits.clear();
  choose_stores();
  give_slots();
  changes_.resize(residency.changes.size() + assignment.changes.size());
  auto order = [](const Change& a, const Change& b) {
    return a.pos != b.pos ? a.pos < b.pos : a.vreg < b.vreg;
  };
  std::merge(residency.changes.begin(), residency.changes.end(), assignment.changes.begin(),
             assignment.changes.end(), changes_.begin(),
             [](const Change& a, const Change& b) { return a.pos < b.pos; });
  if (!std::is_sorted(changes_.begin(), changes_.end(), order))
    std::stable_sort(changes_.begin(), changes_.end(), order);
  change_ = 0;
  for (uint32_t b = 0; b < code.blocks.size(); ++b) run_block(b);
  move_before_branches();
}

// ---- memory

void Resolver::choose_stores() {
  auto& segments = residency_->segments;
  dirty_.assign(segments.size(), 0);
  end_cost_.assign(code_->vreg_count(), 0);
  for (uint32_t s = 0; s < segments.size(); ++s) {
    const Segment& g = segments[s];
    const uint32_t def = flow_->def_pos[g.vreg.n];
    if (g.start < g.end && g.block == flow_->def_block[g.vreg.n] && g.start >= gap_at_or_before(def) &&
        g.start < def + 4)
      dirty_[residency_->root(s)] = 1;
  }
  for (const Change& c : residency_->changes)
    if (c.segment != kNone && dirty(c.segment))
      end_cost_[c.vreg.n] += flow_->frequency[flow_->block_of[inst_at(c.pos)]];
  for (uint32_t p = 0; p < code_->blocks.size(); ++p)
    for (uint32_t s : code_->succs_of(code_->blocks[p]))
      for (uint32_t x : residency_->exit(p)) {
        const VReg v = segments[x].vreg;
        if (!residency_->spilled[v.n] || stored_before(v) || !dirty(x) || !flow_->live_in(s, v)) continue;
        if (!assignment_->at(v, gap(code_->blocks[s].first)).valid())
          end_cost_[v.n] += std::min(flow_->frequency[p], flow_->frequency[s]);
      }
  for (uint32_t v = 0; v < code_->vreg_count(); ++v)
    if (end_cost_[v] > 0 && end_cost_[v] > flow_->frequency[flow_->def_block[v]])
      assignment_->store_at_def[v] = 1;
}

void Resolver::give_slots() {
  for (uint32_t v = 0; v < code_->vreg_count(); ++v) residency_->spilled[v] |= assignment_->store_at_def[v];
  out_->slots = share_slots(*code_, *flow_, residency_->spilled, slot_);
}

Alloc Resolver::memory(VReg v) const {
  if (flow_->home[v.n] != kNone) return Alloc::home(flow_->home[v.n]);
  WJIT_ASSERT(slot_[v.n] != kNone);
  if (WJIT_PLANTED(swapped_slots) && v.n % 8 == 3) return Alloc::slot(slot_[v.n] ^ 1);
  return Alloc::slot(slot_[v.n]);
}

// ---- moves

void Resolver::move(Alloc from, Alloc to, VReg v) {
  if (from != to) moves_.push_back({from, to, code_->types[v.n]});
}

void Resolver::flush(uint32_t before) {
  if (moves_.empty()) return;
  parallel_->resolve(moves_, before, *env_, out_->edits);
  moves_.clear();
}

void Resolver::run_block(uint32_t b) {
  const VBlock& block = code_->blocks[b];
  const auto preds = code_->preds_of(block);
  if (preds.size() == 1 && code_->blocks[preds[0]].succ_count > 1) cross_edge(preds[0], b);
  flush(block.first);
  for (VReg v : code_->params_of(block))
    if (assignment_->store_at_def[v.n] && assignment_->at(v, gap(block.first)).valid())
      move(Alloc::reg(assignment_->at(v, gap(block.first))), memory(v), v);
  for (uint32_t i = block.first; i < block.end; ++i) {
    if (i != block.first) store_defs(i - 1);
    before_inst(b, i);
    give_operands(i);
  }
}

void Resolver::before_inst(uint32_t b, uint32_t i) {
  auto change = [&](const Change& c, uint32_t before) {
    const PReg from = assignment_->at(c.vreg, before), to = assignment_->at(c.vreg, c.pos);
    if (from == to || (!from.valid() && !to.valid())) return;
    if (!to.valid()) {
      if (stored_before(c.vreg) || (c.segment != kNone && !dirty(c.segment))) return;
      return move(Alloc::reg(from), memory(c.vreg), c.vreg);
    }
    move(from.valid() ? Alloc::reg(from) : memory(c.vreg), Alloc::reg(to), c.vreg);
  };
  auto is_new = [&] {
    return change_ == 0 || changes_[change_ - 1].pos != changes_[change_].pos ||
           changes_[change_ - 1].vreg != changes_[change_].vreg;
  };
  for (; change_ < changes_.size() && changes_[change_].pos == gap(i); ++change_)
    if (is_new()) change(changes_[change_], gap(i) - 1);
  flush(i);
  for (; change_ < changes_.size() && changes_[change_].pos < gap(i + 1); ++change_)
    if (is_new()) change(changes_[change_], gap(i));
  copy_uses(i);
  const VBlock& block = code_->blocks[b];
  if (i + 1 == block.end && block.succ_count == 1) cross_edge(b, code_->succs_of(block)[0]);
  flush(i);
}

void Resolver::copy_uses(uint32_t i) {
  const MInst& inst = code_->insts[i];
  const auto operands = flow_->operands_of(inst);
  for (uint32_t k = 0; k < operands.size(); ++k) {
    const Operand& o = operands[k];
    if (o.kind != Kind::kUse || flow_->service[inst.first_operand + k] != Service::kCopy) continue;
    const Alloc to = Alloc::reg(o.policy == Policy::kFixed ? PReg{o.arg} : reused_register(inst, i, k));
    bool known = false;
    for (const Move& m : moves_) known |= m.to == to;
    if (!known) move(place(o.vreg, gap(i)), to, o.vreg);
  }
}

// The register of the definition that reuses operand `use`, or at least one with the same vreg.
PReg Resolver::reused_register(const MInst& inst, uint32_t i, uint32_t use) const {
  const auto operands = flow_->operands_of(inst);
  PReg r;
  for (const Operand& d : operands) {
    if (d.policy != Policy::kReuse || operands[d.arg].vreg != operands[use].vreg) continue;
    if (!r.valid() || d.arg == use) r = assignment_->at(d.vreg, early(i));
  }
  return r;
}

// After instruction i, in the gap behind it.
void Resolver::store_defs(uint32_t i) {
  for (const Operand& o : flow_->operands_of(code_->insts[i])) {
    if (o.kind != Kind::kDef || flow_->uses(o.vreg).empty()) continue;
    const VReg v = o.vreg;
    if (o.policy == Policy::kFixed) {
      const Alloc from = Alloc::reg(PReg{o.arg});
      const PReg to = assignment_->at(v, gap(i + 1));
      if (to.valid()) move(from, Alloc::reg(to), v);
      if (flow_->home[v.n] == kNone && (!to.valid() || assignment_->store_at_def[v.n]))
        move(from, memory(v), v);
    } else if (assignment_->store_at_def[v.n] && flow_->home[v.n] == kNone) {
      if (const PReg from = assignment_->at(v, late(i)); from.valid()) move(Alloc::reg(from), memory(v), v);
    }
  }
}

void Resolver::cross_edge(uint32_t p, uint32_t s) {
  const VBlock &from = code_->blocks[p], &to = code_->blocks[s];
  const uint32_t end = gap(from.end) - 1, start = gap(to.first);
  auto& segments = residency_->segments;
  for (uint32_t e : residency_->entry(s)) {
    const VReg v = segments[e].vreg;
    const PReg reg = assignment_->at(v, start);
    if (!reg.valid() || (flow_->is_param[v.n] && flow_->def_block[v.n] == s)) continue;
    move(place(v, end), Alloc::reg(reg), v);
  }
  for (uint32_t x : residency_->exit(p)) {
    const VReg v = segments[x].vreg;
    const PReg reg = assignment_->at(v, end);
    if (!reg.valid() || stored_before(v) || !dirty(x) || !flow_->live_in(s, v)) continue;
    if (!assignment_->at(v, start).valid()) move(Alloc::reg(reg), memory(v), v);
  }
  for (uint32_t a = 0; a < from.arg_count; ++a) {
    const VReg arg = code_->args_of(from)[a], param = code_->params_of(to)[a];
    if (!flow_->uses(param).empty()) move(place(arg, gap(from.end - 1)), place(param, start), param);
  }
}

// ---- loops' ends

// Moves of an edge back to a loop's header, in a block that has nothing else, happen before the branch where the way out
// of the loop does not care: the branch then leads back itself. On the way out they were for nothing, once.
void Resolver::move_before_branches() {
  std::vector<Edit>& edits = out_->edits;
  bool moved = false;
  for (uint32_t b = 0; b < code_->blocks.size(); ++b) {
    const VBlock& from = code_->blocks[b];
    // A jump through a table writes to a register itself.
    if (from.succ_count != 2 || code_->insts[from.end - 1].operands != 0) continue;
    for (unsigned k = 0; k < 2; ++k) {
      const uint32_t n = code_->succs_of(from)[k], out = code_->succs_of(from)[1 - k];
      const VBlock& edge = code_->blocks[n];
      if (edge.end - edge.first != 1 || edge.succ_count != 1 || edge.pred_count != 1) continue;
      const VBlock& header = code_->blocks[code_->succs_of(edge)[0]];
      if (code_->succs_of(edge)[0] > b || code_->blocks[out].loop_depth >= header.loop_depth) continue;
      auto less = [](const Edit& e, uint32_t before) { return e.before < before; };
      const auto first = std::lower_bound(edits.begin(), edits.end(), edge.first, less);
      const auto end = std::find_if(first, edits.end(), [&](const Edit& e) { return e.before != edge.first; });
      if (first == end || wanted_on_way_out(b, out, {&*first, static_cast<size_t>(end - first)})) continue;
      const uint32_t before = place_before_branch(b, {&*first, static_cast<size_t>(end - first)});
      // What is kept sorted is needed until the end.
      for (auto e = first; e != end; ++e) moved_.push_back({static_cast<uint32_t>(e - edits.begin()), before});
      moved = true;
      break;
    }
  }
  if (!moved) return;
  for (auto [edit, before] : moved_) edits[edit].before = before;
  moved_.clear();
  std::stable_sort(edits.begin(), edits.end(), [](const Edit& x, const Edit& y) { return x.before < y.before; });
}

// Whether one of the moves would write to what is read when block `b` is left for `out`.
bool Resolver::wanted_on_way_out(uint32_t b, uint32_t out, std::span<const Edit> moves) const {
  const uint32_t end = gap(code_->blocks[b].end) - 1;
  RegSet read;
  for (uint32_t x : residency_->exit(b)) {
    const VReg v = residency_->segments[x].vreg;
    const PReg r = assignment_->at(v, end);
    if (r.valid() && flow_->live_in(out, v)) read.add(r);
  }
  for (const Edit& e : moves) {
    if (e.to.kind == Alloc::Kind::kReg) {
      if (read.has(e.to.preg())) return true;
    } else {
      for (VReg v : flow_->live_in(out))
        if (slot_[v.n] != kNone && shares_slot(e.to, v)) return true;
    }
  }
  return false;
}

bool Resolver::shares_slot(Alloc a, VReg v) const {
  if (a.kind != Alloc::Kind::kSlot) return true;
  const uint32_t first = slot_[v.n], words = code_->types[v.n] == ir::Type::kV128 ? 2 : 1;
  return a.index + 1 >= first && a.index <= first + words;
}

// In front of what sets the flags for the branch, if that stays as it is: a comparison and its branch are best together.
uint32_t Resolver::place_before_branch(uint32_t b, std::span<const Edit> moves) const {
  const VBlock& block = code_->blocks[b];
  const uint32_t branch = block.end - 1;
  if (block.end - block.first < 2) return branch;
  const auto edits = std::lower_bound(out_->edits.begin(), out_->edits.end(), branch,
                                      [](const Edit& e, uint32_t before) { return e.before < before; });
  if (edits != out_->edits.end() && edits->before == branch) return branch;
  const MInst& compare = code_->insts[branch - 1];
  if (compare.flags != 0) return branch;
  for (uint32_t k = 0; k < compare.operands; ++k) {
    if (code_->operands[compare.first_operand + k].kind == Kind::kDef) return branch;
    for (const Edit& e : moves)
      if (e.to == out_->operands[compare.first_operand + k]) return branch;
  }
  return branch - 1;
}

void Resolver::give_operands(uint32_t i) {
  const MInst& inst = code_->insts[i];
  const auto operands = flow_->operands_of(inst);
  for (uint32_t k = 0; k < operands.size(); ++k) {
    const Operand& o = operands[k];
    Alloc& a = out_->operands[inst.first_operand + k];
    const uint32_t pos = o.pos == Pos::kEarly ? early(i) : late(i);
    if (o.policy == Policy::kFixed) {
      a = Alloc::reg(PReg{o.arg});
    } else if (o.kind == Kind::kDef) {
      a = place(o.vreg, o.policy == Policy::kReuse ? early(i) : pos);
    } else if (const Service s = flow_->service[inst.first_operand + k];
               s == Service::kCopy || s == Service::kShared) {
      a = Alloc::reg(reused_register(inst, i, k));
    } else {
      a = place(o.vreg, pos);
    }
  }
}

}  // namespace wjit::ra
