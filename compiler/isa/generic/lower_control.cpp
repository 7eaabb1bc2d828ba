// Calls, checks, branches and returns.
#include "compiler/isa/generic/lower.h"
#include "vmcontext/abi.h"

namespace wjit::isa {

using ir::Inst;
using ir::InstData;
using ir::Op;
using mach::MInst;

bool LowerBase::lower_control(Inst i, const InstData& d) {
  switch (d.op) {
    case Op::trap_if: case Op::trap_unless: {
      trap_on(d.va(), d.op == Op::trap_unless, d.aux);
      return true;
    }
    case Op::leave_if: case Op::leave_unless: {
      leave_on(d.va(), d.op == Op::leave_unless);
      return true;
    }
    case Op::fuel: {
      const VReg v = reg(f_.params(f_.entry())[0]);
      make(SharedOp::kFuel, {mach::use(v)}).imm = d.imm();
      return true;
    }
    case Op::fuel_by: {
      const VReg v = reg(f_.params(f_.entry())[0]), cost = reg(d.va());
      make(SharedOp::kFuelBy, {mach::use(v), mach::use(cost)});
      return true;
    }
    case Op::epoch: case Op::epoch_trap: {
      const VReg v = reg(f_.params(f_.entry())[0]);
      make(SharedOp::kEpoch, {mach::def_early(temp(ir::Type::kI64)), mach::use_late(v)});
      return true;
    }
    case Op::call: case Op::call_indirect: call(i, d, false); return true;
    case Op::return_call: case Op::return_call_indirect: call(i, d, true); return true;
    case Op::libcall: libcall(i, d); return true;
    case Op::bulk_copy: case Op::bulk_fill: {
      std::vector<Operand> operands;
      size_t k = 0;
      for (Value v : {d.va(), d.vb(), d.vc()}) operands.push_back(mach::use_fixed(reg(v), regs_.bulk[k++]));
      MInst& m = make(SharedOp::kBulk, operands);
      m.flags = MInst::kClobbers;
      m.x = 1;
      m.cc = d.op == Op::bulk_fill;
      return true;
    }
    case Op::return_: return_(d); return true;
    case Op::trap: {
      MInst& m = make(SharedOp::kTrap, {});
      m.flags = MInst::kBranch;
      m.imm = d.aux;
      return true;
    }
    case Op::jump: jump_edge(ir::Edge(d.a)); return true;
    case Op::brif: branch(d); return true;
    case Op::br_table: br_table(d); return true;
    default: return false;
  }
}

static PReg to_preg(const Loc& l) {
  return l.kind == Loc::Kind::kVector ? mach::vector_reg(l.reg) : mach::int_reg(l.reg);
}

// Stack arguments are pushed below the frame, and popped by the callee; in a tail call the emitter moves them to where
// they belong.
void LowerBase::call(Inst i, const InstData& d, bool tail) {
  const ir::Signature& sig = f_.sig(ir::Sig(d.b));
  const std::vector<Type> params = to_isa(sig.params), results = to_isa(sig.results);
  const WasmCall c = wasm_call({params, results}, regs_.wasm);
  const bool indirect = d.op == Op::call_indirect || d.op == Op::return_call_indirect;
  std::span<const Value> args = f_.args(i);
  std::vector<Operand> operands;
  if (indirect) {
    const VReg code = reg(args[0]);
    operands.push_back(tail ? mach::use_fixed(code, regs_.entry) : mach::use(code));
    operands.push_back(mach::use_fixed(reg(args[1]), regs_.vmctx));
    args = args.subspan(2);
  } else {
    operands.push_back(mach::use_fixed(reg(f_.params(f_.entry())[0]), regs_.vmctx));
  }
  // No function of ours asks who called it; one that has no code here is told by the way to its entry.
  if (indirect || !env_.direct_calls)
    operands.push_back(mach::use_fixed(reg(f_.params(f_.entry())[0]), regs_.caller));
  if (c.has_area()) {
    VReg area = area_;
    if (!tail) {
      area = temp(ir::Type::kI64);
      make(SharedOp::kArea, {mach::def(area)});
      out_.area_bytes = std::max(out_.area_bytes, c.results.stack_bytes);
    }
    operands.push_back(mach::use_fixed(area, mach::int_reg(regs_.wasm.params.ints[0])));
  }
  for (size_t k = 0; k < args.size(); ++k)
    if (c.params.locs[k].kind != Loc::Kind::kStack)
      operands.push_back(mach::use_fixed(reg(args[k]), to_preg(c.params.locs[k])));
  if (c.params.stack_bytes != 0) {
    std::vector<VReg> values(args.size());
    for (size_t k = 0; k < args.size(); ++k)
      if (c.params.locs[k].kind == Loc::Kind::kStack) values[k] = reg(args[k]);
    make(SharedOp::kReserve, {}).imm = c.params.stack_bytes;
    for (size_t k = 0; k < args.size(); ++k) {
      if (c.params.locs[k].kind != Loc::Kind::kStack) continue;
      const uint32_t bytes = ir::bytes_of(sig.params[k]);
      make(SharedOp::kStoreArg, {mach::use(values[k])}, static_cast<uint8_t>(ir::is_int(sig.params[k]) ? 8 : bytes)).disp =
          static_cast<int32_t>(c.params.locs[k].offset);
    }
  }
  if (tail) {
    MInst& m = make(indirect ? SharedOp::kTailReg : env_.direct_calls ? SharedOp::kTailFunc : SharedOp::kTailEntry, operands);
    m.flags = MInst::kBranch;
    m.target = c.params.stack_bytes;
    m.imm = d.c;
    m.disp = indirect ? 0 : static_cast<int32_t>(env_.entries_begin + d.c * vm::off::VMCodeEntry::kSize);
    return;
  }
  out_.calls = true;
  std::vector<std::pair<VReg, VReg>> extensions;
  for (size_t k = 0; k < results.size(); ++k) {
    if (c.results.locs[k].kind == Loc::Kind::kStack) continue;
    const Value v = f_.result(i, static_cast<uint32_t>(k));
    operands.push_back(mach::def_fixed(result_in(v, extensions), to_preg(c.results.locs[k])));
  }
  MInst& m = make(indirect ? SharedOp::kCallReg : env_.direct_calls ? SharedOp::kCallFunc : SharedOp::kCallEntry, operands);
  m.flags = MInst::kCall;
  m.x = 0;
  m.imm = d.c;
  m.disp = indirect ? 0 : static_cast<int32_t>(env_.entries_begin + d.c * vm::off::VMCodeEntry::kSize);
  for (auto& [v, raw] : extensions)
    zero_extend(v, raw);
  for (size_t k = 0; k < results.size(); ++k) {
    if (c.results.locs[k].kind != Loc::Kind::kStack) continue;
    make(SharedOp::kLoadArea, {mach::def(result(i, static_cast<uint32_t>(k)))},
         static_cast<uint8_t>(ir::bytes_of(sig.results[k])))
        .disp = static_cast<int32_t>(c.results.locs[k].offset);
  }
}

// Where a call leaves a result: in its vreg, or in one that is extended into it.
VReg LowerBase::result_in(Value v, std::vector<std::pair<VReg, VReg>>& extensions) {
  if (!extended_[v.n]) return vreg_of(v);
  const VReg raw = temp(ir::Type::kI32);
  extensions.push_back({vreg_of(v), raw});
  return raw;
}

void LowerBase::libcall(Inst i, const InstData& d) {
  const std::span<const Value> args = f_.args(i);
  std::vector<Operand> operands;
  for (size_t k = 0; k < args.size(); ++k)
    operands.push_back(mach::use_fixed(reg(args[k]), mach::int_reg(regs_.c_ints[k])));
  const bool has_result = f_.result_count(i) != 0;
  // A bool is the low byte of its register.
  const bool boolean = vm::kLibcalls[d.c].signature[0] == 'b';
  std::vector<std::pair<VReg, VReg>> extensions;
  const VReg raw = !has_result ? VReg() : boolean ? temp(ir::Type::kI32) : result_in(f_.result(i), extensions);
  if (has_result) operands.push_back(mach::def_fixed(raw, regs_.c_result));
  MInst& m = make(SharedOp::kLibcall, operands);
  m.flags = MInst::kCall;
  m.x = 0;
  m.imm = d.c;
  for (auto& [v, from] : extensions)
    zero_extend(v, from);
  if (boolean) zero_extend(result(i), raw, LoadKind::kZero8);
}

void LowerBase::return_(const InstData& d) {
  const std::span<const Value> values = f_.list(ir::List{d.a});
  std::vector<Operand> operands;
  for (size_t k = 0; k < values.size(); ++k) {
    const Loc& l = own_.results.locs[k];
    const ir::Type t = f_.signature.results[k];
    const VReg r = reg(values[k]);
    if (l.kind != Loc::Kind::kStack) {
      operands.push_back(mach::use_fixed(r, to_preg(l)));
      continue;
    }
    const Amode m = at(area_, static_cast<int32_t>(l.offset), ir::is_int(t) ? 8 : ir::bytes_of(t));
    add_mem(make(ir::is_int(t) ? SharedOp::kStore : SharedOp::kFStore, {mach::use(r)},
                 static_cast<uint8_t>(ir::is_int(t) ? 8 : ir::bytes_of(t))),
            m);
  }
  make(SharedOp::kRet, operands).flags = MInst::kBranch;
}

// ---- branches -------------------------------------------------------------------------------------------------

void LowerBase::jump_edge(ir::Edge e) {
  const ir::EdgeData& edge = f_.edge(e);
  pieces_[piece_].succs = {piece_of_[edge.to.n]};
  std::vector<VReg> args;
  for (Value v : f_.list(edge.args)) args.push_back(reg(v));
  pieces_[piece_].args = std::move(args);
  make(SharedOp::kJmp, {}).flags = MInst::kBranch;
}

void LowerBase::branch(const InstData& d) {
  const ir::Edge if_true(d.b), if_false(d.c);
  if (const auto c = constant(d.va())) return jump_edge(*c != 0 ? if_true : if_false);
  prepare_branch(d.va());
  const uint32_t t = edge_target(if_true, true, ir::Frequencies::part(d, true));
  const uint32_t e = edge_target(if_false, true, ir::Frequencies::part(d, false));
  if (t == e) {  // the same block, without arguments: one successor
    pieces_[piece_].succs = {t};
    make(SharedOp::kJmp, {}).flags = MInst::kBranch;
    return;
  }
  pieces_[piece_].succs = {t, e};
  make_branch();
}

void LowerBase::br_table(const InstData& d) {
  const std::span<const ir::Edge> edges = f_.table(ir::Table(d.b));
  const VReg index = reg(d.va());
  std::vector<uint32_t> table;
  table.reserve(edges.size());
  // Entries that lead to the same block and pass nothing share their way.
  std::vector<uint32_t> succs;
  if (shared_ways_.empty()) shared_ways_.resize(f_.block_count());
  ++tables_;
  out_.steps += edges.size();
  for (ir::Edge e : edges) {
    const ir::EdgeData& edge = f_.edge(e);
    const bool plain = f_.list(edge.args).empty();
    SharedWay& way = shared_ways_[edge.to.n];
    if (plain && way.table == tables_) {
      table.push_back(way.successor);
      continue;
    }
    table.push_back(static_cast<uint32_t>(succs.size()));
    if (plain) way = {tables_, table.back()};
    succs.push_back(edge_target(e, true));
  }
  if (succs.size() == 1) {
    // edge_target has made a block of its own, or there is only this way to it.
    pieces_[piece_].succs = succs;
    make(SharedOp::kJmp, {}).flags = MInst::kBranch;
    return;
  }
  pieces_[piece_].succs = succs;
  out_.tables.push_back(std::move(table));
  MInst& m = make(SharedOp::kBrTable, {mach::def_early(temp(ir::Type::kI64)), mach::use_late(index)});
  m.flags = MInst::kBranch;
  m.target = static_cast<uint32_t>(out_.tables.size() - 1);
}

}  // namespace wjit::isa
