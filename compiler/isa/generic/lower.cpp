#include "compiler/isa/generic/lower.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/support/plant.h"
#include "vmcontext/abi.h"

namespace wjit::isa {

using ir::Block;
using ir::Edge;
using ir::Effects;
using ir::Inst;
using ir::InstData;
using ir::Op;
using mach::MInst;

void MachFunc::clear() {
  code.clear();
  tables.clear();
  poison.clear();
  area_bytes = param_bytes = 0;
  calls = false;
  steps = 0;
}

std::vector<Type> to_isa(std::span<const ir::Type> types) {
  std::vector<Type> out;
  out.reserve(types.size());
  for (ir::Type t : types) out.push_back(to_isa(t));
  return out;
}

// ---- what is known beforehand ---------------------------------------------------------------------------------

static bool has_effect(const InstData& d) {
  const Effects e = ir::info(d.op).effects;
  return e == Effects::kWrite || e == Effects::kCall || e == Effects::kEnd || e == Effects::kTrap;
}

// An instruction that must be made even when nobody wants its result.
static bool must_stay(const InstData& d) {
  return has_effect(d) || (ir::info(d.op).effects == Effects::kRead && d.access().traps);
}

// What a profile says of blocks, as it has come through the mid-end with the branches.
void LowerBase::find_frequencies() {
  ir::Cfg cfg;
  bool known = false;
  for (Block b = f_.entry(); b.valid(); b = f_.block(b).next) {
    const InstData& d = f_.inst(f_.terminator(b));
    known = known || (d.op == Op::brif && d.aux != 0);
  }
  if (!known) return;
  ir::DomTree dom;
  ir::Loops loops;
  cfg.compute(f_);
  dom.compute(f_, cfg);
  loops.compute(f_, cfg, dom);
  profiled_ = frequencies_.compute(f_, cfg, dom, loops);
}

// The edges that branch() and br_table() make: what a constant decides has one.
template <class F>
void LowerBase::for_each_taken_edge(Block b, F&& f) const {
  const Inst t = f_.terminator(b);
  const InstData& d = f_.inst(t);
  if (d.op == Op::brif) {
    if (const auto c = constant(d.va())) return f(Edge(*c != 0 ? d.b : d.c));
  }
  f_.for_each_edge(t, f);
}

// Which blocks are reached, how often edges lead to each, how often each value is used by what stays; and how many
// effects and possible traps lie before each instruction's end.
void LowerBase::count_uses() {
  reached_.assign(f_.block_count(), 0);
  predecessors_.assign(f_.block_count(), 0);
  uses_.assign(f_.value_count(), 0);
  effects_.assign(f_.inst_count(), 0);
  traps_.assign(f_.inst_count(), 0);
  std::vector<Block> work = {f_.entry()};
  reached_[f_.entry().n] = 1;
  while (!work.empty()) {
    const Block b = work.back();
    work.pop_back();
    for_each_taken_edge(b, [&](Edge e) {
      const Block to = f_.edge(e).to;
      ++out_.steps;
      ++predecessors_[to.n];
      if (reached_[to.n]) return;
      reached_[to.n] = 1;
      work.push_back(to);
    });
  }
  for (Block b = f_.last_block(); b.valid(); b = f_.block(b).prev) {
    if (!reached_[b.n]) continue;
    for (Inst i = f_.block(b).last; i.valid(); i = f_.prev(i)) {
      const InstData& d = f_.inst(i);
      out_.steps += 2;  // it is looked at once more below
      bool live = must_stay(d);
      for (uint32_t k = 0; !live && k < f_.result_count(i); ++k) live = uses_[f_.result(i, k).n] != 0;
      if (!live) continue;
      f_.for_each_use(i, [&](Value v) {
        ++out_.steps;
        uint8_t& n = uses_[v.n];
        n = static_cast<uint8_t>(std::min(n + 1, 2));
      });
    }
    uint32_t effects = 0, traps = 0;
    for (Inst i = f_.block(b).first; i.valid(); i = f_.next(i)) {
      const InstData& d = f_.inst(i);
      effects += has_effect(d);
      traps += must_stay(d);
      effects_[i.n] = effects;
      traps_[i.n] = traps;
    }
  }
}

// A loop is what lies between a block and the last of the blocks that branch back to it, as the layout has them.
void LowerBase::find_loops() {
  std::vector<uint32_t> position(f_.block_count());
  std::vector<Block> order;
  for (Block b = f_.entry(); b.valid(); b = f_.block(b).next) {
    position[b.n] = static_cast<uint32_t>(order.size());
    order.push_back(b);
  }
  std::vector<uint32_t> last(order.size(), 0);
  for (Block b : order) {
    if (!reached_[b.n]) continue;
    for_each_taken_edge(b, [&](Edge e) {
      ++out_.steps;
      const uint32_t to = position[f_.edge(e).to.n];
      if (to <= position[b.n]) last[to] = std::max(last[to], position[b.n] + 1);
    });
  }
  std::vector<int32_t> change(order.size() + 1, 0);
  for (size_t i = 0; i < order.size(); ++i)
    if (last[i] != 0) ++change[i], --change[last[i]];
  depth_.assign(f_.block_count(), 0);
  int32_t depth = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    depth += change[i];
    depth_[order[i].n] = static_cast<uint8_t>(std::min(depth, 255));
  }
}

// ---- values ---------------------------------------------------------------------------------------------------

VReg LowerBase::vreg_of(Value v) {
  // Of what is extended all of the register is meant.
  if (!vregs_[v.n].valid()) vregs_[v.n] = code_.new_vreg(extended_[v.n] ? ir::Type::kI64 : f_.type(v));
  return vregs_[v.n];
}

std::optional<uint64_t> LowerBase::constant(Value v) const {
  const InstData* d = def_data(v);
  if (!d || d->op != Op::iconst) return std::nullopt;
  return d->imm();
}

// Every 32-bit instruction clears the upper half; parameters, results of calls and wraps do not promise it.
// Extending an i32 costs nothing where its register holds 0 above it. So every value that is extended, and what flows
// into it through block parameters, is made so where it comes from: at the entry, after a call, by a wrap.
void LowerBase::find_extended() {
  extended_.assign(f_.value_count(), 0);
  if (WJIT_PLANTED(lost_extension)) return;
  std::vector<Value> work;
  const auto mark = [&](Value v) {
    if (extended_[v.n]) return;
    extended_[v.n] = 1;
    if (!f_.def(v).valid()) work.push_back(v);
  };
  for (Block b = f_.entry(); b.valid(); b = f_.block(b).next) {
    if (!reached_[b.n]) continue;
    for (Inst i = f_.block(b).first; i.valid(); i = f_.next(i)) {
      const InstData& d = f_.inst(i);
      const bool extends = d.op == Op::extend_u || (d.op == Op::convert_u && d.from() == ir::Type::kI32);
      if (extends && uses_[f_.result(i).n] != 0) mark(d.va());
    }
  }
  if (work.empty()) return;
  // Edges by block, made when they are needed.
  std::vector<std::vector<ir::List>> into(f_.block_count());
  for (Block b = f_.entry(); b.valid(); b = f_.block(b).next)
    if (reached_[b.n])
      f_.for_each_edge(f_.terminator(b), [&](Edge e) {
        ++out_.steps;
        if (f_.edge(e).args.at != 0) into[f_.edge(e).to.n].push_back(f_.edge(e).args);
      });
  while (!work.empty()) {
    const Value v = work.back();
    work.pop_back();
    const ir::ValueData& data = f_.value(v);
    const Block b(data.owner);
    if (b == f_.entry()) continue;
    const auto params = f_.params(b);
    size_t k = data.index;
    if (k >= params.size() || params[k] != v)
      k = static_cast<size_t>(std::find(params.begin(), params.end(), v) - params.begin()), out_.steps += k;
    out_.steps += 1 + into[b.n].size();
    for (ir::List l : into[b.n]) mark(f_.list(l)[k]);
  }
}

VReg LowerBase::reg(Value v) {
  ++out_.steps;
  if (const InstData* d = def_data(v)) {
    switch (d->op) {
      case Op::iconst: {
        const VReg t = temp(extended_[v.n] ? ir::Type::kI64 : d->type);
        make(SharedOp::kImm, {mach::def(t)}, d->type == ir::Type::kI32 ? 4 : 8).imm = d->imm();
        return t;
      }
      case Op::fconst: {
        const VReg t = temp(d->type);
        make(SharedOp::kFImm, {mach::def(t)}, static_cast<uint8_t>(ir::bytes_of(d->type))).imm = d->imm();
        return t;
      }
      case Op::vconst: return vector_constant(v);
      case Op::wrap:
        if (!extended_[v.n]) return reg(d->va());  // the lower half, as it is
        break;
      case Op::extend_u: return reg(d->va());  // find_extended has seen to it
      default: break;
    }
  }
  // Blocks are lowered from the last one on: a definition that has been passed was taken for dead.
  const ir::ValueData& data = f_.value(v);
  const Block home = data.kind == ir::ValueData::Kind::kResult ? f_.block_of(Inst(data.owner)) : Block(data.owner);
  if (passed_[home.n]) out_of_order_ = true;
  wanted_[v.n] = 1;
  return vreg_of(v);
}

bool LowerBase::demanded(Inst i) const {
  for (uint32_t k = 0; k < f_.result_count(i); ++k)
    if (wanted_[f_.result(i, k).n]) return true;
  return false;
}

const InstData* LowerBase::sinkable(Value v, Op op) const {
  const Inst i = f_.def(v);
  if (!i.valid() || uses_[v.n] != 1 || wanted_[v.n] || folded_[v.n]) return nullptr;
  const InstData& d = f_.inst(i);
  if (d.op != op || f_.block_of(i) != f_.block_of(now_)) return nullptr;
  // `now_` counts itself; what lies strictly between must be nothing.
  const InstData& user = f_.inst(now_);
  const uint32_t effects = effects_[now_.n] - has_effect(user), traps = traps_[now_.n] - must_stay(user);
  if (WJIT_PLANTED(sunk_past_store)) return &d;
  if (d.access().traps ? traps != traps_[i.n] : !d.access().constant() && effects != effects_[i.n]) return nullptr;
  return &d;
}

// ---- making instructions --------------------------------------------------------------------------------------

MInst& LowerBase::make(uint16_t op, std::span<const Operand> operands, uint8_t size) {
  out_.steps += 1 + operands.size();
  MInst i;
  i.op = op;
  i.size = size;
  i.operands = static_cast<uint8_t>(operands.size());
  i.first_operand = static_cast<uint32_t>(code_.operands.size());
  i.wasm_offset = place_;
  code_.operands.insert(code_.operands.end(), operands.begin(), operands.end());
  made_.push_back(i);
  return made_.back();
}

// To the instruction made last.
void LowerBase::add_mem(MInst& i, const Amode& m) {
  if (m.base.valid()) code_.operands.push_back(mach::use(m.base)), ++i.operands, i.y |= Shape::kBase;
  if (m.index.valid()) code_.operands.push_back(mach::use(m.index)), ++i.operands, i.y |= Shape::kIndex;
  i.y |= static_cast<uint8_t>(m.shift << Shape::kShiftBit);
  i.disp = m.disp;
}

void LowerBase::note_access(MInst& i, Inst access) {
  if (!f_.inst(access).access().traps) return;
  i.y |= Shape::kTraps;
  i.wasm_offset = f_.wasm_offset(access);  // also where it was folded into another
}

VReg LowerBase::imm(ir::Type t, uint64_t value) {
  const VReg v = temp(t);
  make(SharedOp::kImm, {mach::def(v)}, t == ir::Type::kI32 ? 4 : 8).imm = value;
  return v;
}

void LowerBase::zero_extend(VReg to, VReg from, LoadKind kind) {
  make(SharedOp::kExtend, {mach::def(to), mach::use_any(from)}).x = uint8_t(kind);
}

void LowerBase::move(VReg to, VReg from) {
  make(SharedOp::kMov, {mach::def(to), mach::use_any(from)}).flags = MInst::kMove;
}

// ---- the function ---------------------------------------------------------------------------------------------

void LowerBase::finish_inst() {
  reversed_.insert(reversed_.end(), made_.rbegin(), made_.rend());
  made_.clear();
}

void LowerBase::lower_block(Block b) {
  piece_ = piece_of_[b.n];
  reversed_.clear();
  for (Inst i = f_.block(b).last; i.valid(); i = f_.prev(i)) {
    const InstData& d = f_.inst(i);
    out_.steps += 1 + f_.result_count(i);
    if (!has_effect(d) && !demanded(i) && (!must_stay(d) || folded_[f_.result(i).n])) continue;
    now_ = i;
    place_ = f_.wasm_offset(i);
    if (!lower_inst(i) || unsupported_) {
      if (!error_at_) error_at_ = i.n + 1;
      return;
    }
    finish_inst();
  }
  if (b == f_.entry()) {
    entry_args();
    finish_inst();
  }
  Piece& p = pieces_[piece_];
  p.insts.assign(reversed_.rbegin(), reversed_.rend());
  out_.steps += p.insts.size() + f_.params(b).size();
  if (b != f_.entry())
    for (Value v : f_.params(b)) p.params.push_back(vreg_of(v));
}

// The piece that an edge leads to: the block's, or, where several successors make one necessary, one of its own that
// passes the arguments.
// `part` of the times that this piece runs it goes there.
uint32_t LowerBase::edge_target(Edge e, bool several, double part) {
  const ir::EdgeData& edge = f_.edge(e);
  const uint32_t to = piece_of_[edge.to.n];
  if (!several || (predecessors_[edge.to.n] == 1 && f_.params(edge.to).empty())) return to;
  const uint32_t n = static_cast<uint32_t>(pieces_.size());
  Piece& p = pieces_.emplace_back();
  p.succs = {to};
  p.loop_depth = std::min(pieces_[piece_].loop_depth, pieces_[to].loop_depth);
  p.cold = pieces_[piece_].cold || pieces_[to].cold;
  if (profiled_) {
    p.frequency = pieces_[piece_].frequency * static_cast<float>(part);
    p.cold = p.cold || (part < ir::Frequencies::kCold && predecessors_[edge.to.n] > 1);
  }
  after_.resize(pieces_.size());
  after_[piece_].push_back(n);
  // Constants are made in the piece, before its jump.
  std::vector<MInst> kept;
  kept.swap(made_);
  for (Value v : f_.list(edge.args)) {
    const VReg r = reg(v);
    pieces_[n].args.push_back(r);
  }
  make(SharedOp::kJmp, {}).flags = MInst::kBranch;
  pieces_[n].insts.swap(made_);
  made_.swap(kept);
  return n;
}

void LowerBase::entry_args() {
  std::vector<Operand> defs;
  const auto params = f_.params(f_.entry());
  place_ = 0;
  // The VMContext is in its slot of the frame from the prologue on.
  if (wanted_[params[0].n]) {
    defs.push_back(mach::def_fixed(vreg_of(params[0]), regs_.vmctx));
    code_.homes.push_back({vreg_of(params[0]), -vm::kFrameVmctx});
  }
  std::vector<std::pair<VReg, VReg>> extensions;
  if (wanted_[params[1].n]) defs.push_back(mach::def_fixed(vreg_of(params[1]), regs_.caller));
  if (area_.valid()) defs.push_back(mach::def_fixed(area_, mach::int_reg(regs_.wasm.params.ints[0])));
  std::vector<std::pair<Value, Loc>> loads;
  for (size_t k = 0; k < f_.signature.params.size(); ++k) {
    const Value v = params[k + 2];
    if (!wanted_[v.n]) continue;
    const Loc& l = own_.params.locs[k];
    if (l.kind == Loc::Kind::kInt) {
      VReg raw = vreg_of(v);
      if (extended_[v.n]) {
        raw = temp(ir::Type::kI32);
        extensions.push_back({vreg_of(v), raw});
      }
      defs.push_back(mach::def_fixed(raw, mach::int_reg(l.reg)));
    }
    if (l.kind == Loc::Kind::kVector) defs.push_back(mach::def_fixed(vreg_of(v), mach::vector_reg(l.reg)));
    if (l.kind == Loc::Kind::kStack) loads.push_back({v, l});
  }
  make(SharedOp::kArgs, defs);
  for (auto& [v, raw] : extensions)
    zero_extend(v, raw);
  for (auto& [value, l] : loads) {
    const VReg v = vreg_of(value);
    const uint32_t size = ir::bytes_of(f_.type(value));
    const bool integer = ir::is_int(f_.type(value));
    // An i32's upper half is anything in memory; spilled integers are moved whole.
    const bool narrow = integer && size == 4;
    MInst& i = make(integer ? SharedOp::kLoad : SharedOp::kFLoad, {mach::def(v)}, static_cast<uint8_t>(size));
    i.target = 1;  // from the frame pointer
    i.disp = static_cast<int32_t>(16 + l.offset);
    if (!narrow) code_.homes.push_back({v, i.disp});
  }
}

// Pieces in the layout's order, each followed by those of its edges; the cold ones last.
void LowerBase::put_blocks_in_order() {
  std::vector<uint32_t> order;
  order.reserve(pieces_.size());
  after_.resize(pieces_.size());
  for (Block b = f_.entry(); b.valid(); b = f_.block(b).next) {
    if (!reached_[b.n]) continue;
    order.push_back(piece_of_[b.n]);
    for (uint32_t e : after_[piece_of_[b.n]]) order.push_back(e);
  }
  std::stable_partition(order.begin() + 1, order.end(), [&](uint32_t p) { return !pieces_[p].cold; });
  std::vector<uint32_t> number(pieces_.size());
  for (uint32_t i = 0; i < order.size(); ++i) number[order[i]] = i;
  for (uint32_t n : order) {
    Piece& p = pieces_[n];
    out_.steps += 1 + p.insts.size() + p.params.size() + p.args.size() + p.succs.size();
    mach::VBlock b;
    b.first = static_cast<uint32_t>(code_.insts.size());
    code_.insts.insert(code_.insts.end(), p.insts.begin(), p.insts.end());
    b.end = static_cast<uint32_t>(code_.insts.size());
    b.params = static_cast<uint32_t>(code_.vregs.size());
    b.param_count = static_cast<uint32_t>(p.params.size());
    code_.vregs.insert(code_.vregs.end(), p.params.begin(), p.params.end());
    b.args = static_cast<uint32_t>(code_.vregs.size());
    b.arg_count = static_cast<uint32_t>(p.args.size());
    code_.vregs.insert(code_.vregs.end(), p.args.begin(), p.args.end());
    b.succs = static_cast<uint32_t>(code_.succs.size());
    b.succ_count = static_cast<uint32_t>(p.succs.size());
    for (uint32_t s : p.succs) code_.succs.push_back(number[s]);
    b.loop_depth = p.loop_depth;
    b.cold = p.cold;
    b.frequency = p.frequency;
    code_.blocks.push_back(b);
  }
  code_.finish();
}

// For refusal_reason: what an instruction that has no rule belongs to.
static std::string_view feature_of(const InstData& d) {
  const ir::Format f = ir::info(d.op).format;
  if (f == ir::Format::kAtomic1 || f == ir::Format::kAtomic2 || f == ir::Format::kAtomic3 || d.op == Op::atomic_fence)
    return "threads: ";
  return ir::takes_vec_op(d.op) || d.op == Op::vzext || d.type == ir::Type::kV128 ? "simd: " : "";
}

support::Result<void> LowerBase::run() {
  out_.clear();
  vregs_.assign(f_.value_count(), VReg());
  wanted_.assign(f_.value_count(), 0);
  passed_.assign(f_.block_count(), 0);
  folded_.assign(f_.value_count(), 0);
  count_uses();
  find_loops();
  find_frequencies();
  find_extended();
  const std::vector<Type> params = to_isa(f_.signature.params), results = to_isa(f_.signature.results);
  own_ = wasm_call({params, results}, regs_.wasm);
  out_.param_bytes = own_.params.stack_bytes;
  mach::RegSet all;
  for (PReg r : regs_.env.ints) all.add(r);
  for (PReg r : regs_.env.vectors) all.add(r);
  for (PReg r : regs_.env.preserved) all.remove(r);
  code_.clobbers = {all, regs_.bulk_clobbers};  // C's calls as wasm's; of the stubs that copy and fill
  if (own_.has_area()) area_ = temp(ir::Type::kI64);

  piece_of_.assign(f_.block_count(), 0);
  for (Block b = f_.entry(); b.valid(); b = f_.block(b).next) {
    if (!reached_[b.n]) continue;
    piece_of_[b.n] = static_cast<uint32_t>(pieces_.size());
    Piece& p = pieces_.emplace_back();
    p.loop_depth = depth_[b.n];
    p.cold = f_.block(b).cold;
    if (profiled_) {
      p.cold = p.cold || frequencies_.is_cold(b);
      p.frequency = static_cast<float>(std::max(frequencies_.of(b), 1e-6) * (f_.block(b).cold ? 1e-3 : 1));
    }
  }
  after_.resize(pieces_.size());
  for (Block b = f_.last_block(); b.valid(); b = f_.block(b).prev) {
    if (!reached_[b.n]) continue;
    if (const Inst t = f_.terminator(b); f_.inst(t).format() == ir::Format::kTryCall)
      return fail(ErrorKind::kUnsupported,
                  fmt::format("exceptions: {} has no native code yet", ir::info(f_.inst(t).op).text), f_.wasm_offset(t));
    lower_block(b);
    passed_[b.n] = 1;
    if (out_of_order_)
      return fail(ErrorKind::kUnsupported, "a block stands before one that dominates it (a mistake of the compiler)",
                  f_.wasm_offset(f_.terminator(b)));
    if (error_at_)
      return fail(ErrorKind::kUnsupported,
                  fmt::format("{}{} has no rule for this processor yet",
                              unsupported_ ? "simd: " : feature_of(f_.inst(Inst(error_at_ - 1))),
                              ir::info(f_.inst(Inst(error_at_ - 1)).op).text),
                  f_.wasm_offset(Inst(error_at_ - 1)));
  }
  put_blocks_in_order();
  if (env_.poison)
    for (ir::Type t : code_.types) out_.poison.push_back(t == ir::Type::kI32);  // extended ones are i64s
  return {};
}

}  // namespace wjit::isa
