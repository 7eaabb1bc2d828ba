// Every vreg lives in its home or in a slot of its own. Before an instruction what it wants in registers is
// loaded, after it what it has defined is stored. Nothing is in a register between instructions, so there is
// nothing to get wrong but the constraints of one instruction.
#include "compiler/regalloc/spill_all.h"

#include "compiler/regalloc/inst_registers.h"

#include "compiler/support/plant.h"

namespace wjit::ra {
namespace {

using namespace mach;
using support::Result;
using Kind = Operand::Kind;
using Policy = Operand::Policy;
using Pos = Operand::Pos;

class SpillAll {
 public:
  SpillAll(const VCode& code, const RegEnv& env, ParallelMoves& parallel, Allocation& out)
      : code_(code), env_(env), parallel_(parallel), out_(out) {}

  Result<void> run() {
    give_places();
    for (const VBlock& b : code_.blocks) {
      for (uint32_t i = b.first; i < b.end; ++i) {
        if (i + 1 == b.end && b.arg_count != 0) pass_arguments(b);
        WJIT_CHECK(run_inst(i));
      }
    }
    return {};
  }

 private:
  void give_places() {
    out_.operands.assign(code_.operands.size(), {});
    out_.edits.clear();
    place_.assign(code_.vreg_count(), {});
    for (uint32_t h = 0; h < code_.homes.size(); ++h) place_[code_.homes[h].vreg.n] = Alloc::home(h);
    uint32_t slots = 0;
    for (Type t : {Type::kV128, Type::kNone}) {  // wide ones first: they are even
      for (uint32_t v = 0; v < code_.vreg_count(); ++v) {
        const bool wide = code_.types[v] == Type::kV128;
        if (place_[v].kind != Alloc::Kind::kNone || wide != (t == Type::kV128)) continue;
        place_[v] = Alloc::slot(slots);
        slots += wide ? 2 : 1;
      }
    }
    out_.slots = slots;
  }

  void pass_arguments(const VBlock& b) {
    const VBlock& to = code_.blocks[code_.succs_of(b)[0]];
    moves_.clear();
    for (uint32_t a = 0; a < b.arg_count; ++a) {
      const VReg from = code_.args_of(b)[a], param = code_.params_of(to)[a];
      moves_.push_back({place_[from.n], place_[param.n], code_.types[param.n]});
    }
    parallel_.resolve(moves_, b.end - 1, env_, out_.edits);
  }

  Result<void> run_inst(uint32_t i) {
    const MInst& inst = code_.insts[i];
    Alloc* allocs = out_.operands.data() + inst.first_operand;
    for (uint32_t n = 0; n < inst.operands; ++n) {
      const Operand& o = code_.operands[inst.first_operand + n];
      if (o.policy == Policy::kAny) allocs[n] = place_[o.vreg.n];
    }
    WJIT_CHECK(choose_registers(code_, env_, i, allocs));
    load_and_store(i);
    return {};
  }

  void load_and_store(uint32_t i) {
    const MInst& inst = code_.insts[i];
    for (uint32_t n = 0; n < inst.operands; ++n) {
      const Operand& o = code_.operands[inst.first_operand + n];
      const Alloc a = out_.operands[inst.first_operand + n];
      Alloc from = place_[o.vreg.n];
      if (WJIT_PLANTED(swapped_slots) && from.kind == Alloc::Kind::kSlot && i % 16 == 7) from.index ^= 1;
      if (o.kind == Kind::kUse && a != place_[o.vreg.n]) out_.edits.push_back({i, from, a, code_.types[o.vreg.n]});
    }
    if (inst.flags & MInst::kBranch) return;  // what it defines, if anything, are temporaries
    for (uint32_t n = 0; n < inst.operands; ++n) {
      const Operand& o = code_.operands[inst.first_operand + n];
      const Alloc a = out_.operands[inst.first_operand + n];
      if (o.kind == Kind::kDef && a != place_[o.vreg.n] && place_[o.vreg.n].kind != Alloc::Kind::kHome)
        out_.edits.push_back({i + 1, a, place_[o.vreg.n], code_.types[o.vreg.n]});
    }
  }

  using Type = ir::Type;
  const VCode& code_;
  const RegEnv& env_;
  ParallelMoves& parallel_;
  Allocation& out_;
  std::vector<Alloc> place_;  // of vregs
  std::vector<Move> moves_;
};

}  // namespace

Result<void> spill_all(const VCode& code, const RegEnv& env, ParallelMoves& moves, Allocation& out) {
  return SpillAll(code, env, moves, out).run();
}

}  // namespace wjit::ra
