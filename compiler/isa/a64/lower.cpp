#include "compiler/isa/a64/lower.h"

#include "compiler/isa/a64/tramp_masm.h"

namespace wjit::a64 {

using ir::Inst;
using ir::InstData;
using ir::Op;
using mach::MInst;

// Never destroyed: threads of engines that nobody has ended compile while the process does.
static const mach::RegEnv& reg_env() {
  static const mach::RegEnv& env = *new const mach::RegEnv([] {
    mach::RegEnv e;
    for (Gp r : {Gp::x0, Gp::x1, Gp::x2, Gp::x3, Gp::x4, Gp::x5, Gp::x6, Gp::x7, Gp::x8, Gp::x9, Gp::x10, Gp::x12,
                 Gp::x13, Gp::x14})
      e.ints.push_back(reg::gp(r));
    for (isa::Reg r : TrampMasm::kPreserved) {
      e.ints.push_back(mach::int_reg(r));
      e.preserved.push_back(mach::int_reg(r));
    }
    for (unsigned n = 0; n < 30; ++n) e.vectors.push_back(mach::vector_reg(n));
    e.scratch[0] = reg::gp(reg::kScratch2);
    e.scratch[1] = mach::vector_reg(static_cast<unsigned>(reg::kFScratch));
    return e;
  }());
  return env;
}

const isa::TargetRegs& target_regs() {
  static const isa::TargetRegs& regs = *new const isa::TargetRegs([] {
    isa::TargetRegs r{.env = reg_env(), .wasm = TrampMasm::kWasm, .c_ints = TrampMasm::kCInts, .vmctx = reg::kVmctx,
                      .caller = reg::kCaller, .entry = reg::kEntry, .c_result = reg::gp(Gp::x0), .bulk = {}, .bulk_clobbers = {}};
    for (size_t k = 0; k < 3; ++k) r.bulk[k] = reg::gp(reg::kBulk[k]);
    for (Gp b : reg::kBulkInts) r.bulk_clobbers.add(reg::gp(b));
    for (Vec b : reg::kBulkVectors) r.bulk_clobbers.add(mach::vector_reg(static_cast<unsigned>(b)));
    return r;
  }());
  return regs;
}

Lower::Lower(const ir::Function& f, const LowerEnv& env, MachFunc& out) : LowerBase(f, env, out, target_regs()) {}

bool Lower::lower_inst(Inst i) {
  const InstData& d = f_.inst(i);
  switch (d.format()) {
    case ir::Format::kLoad: case ir::Format::kStore: return lower_memory(i, d);
    case ir::Format::kConst: case ir::Format::kVConst: return true;  // made where they are used
    case ir::Format::kCheck: case ir::Format::kFuel: case ir::Format::kCall: case ir::Format::kJump:
    case ir::Format::kBranch: case ir::Format::kBrTable: case ir::Format::kReturn: case ir::Format::kTrapNow:
    case ir::Format::kNullary: case ir::Format::kBulk:
      return lower_control(i, d);
    default: return lower_int(i, d) || lower_float(i, d);
  }
}

// Its instructions have no rules either: only what moves vectors is met.
VReg Lower::vector_constant(Value v) {
  unsupported_ = true;
  return temp(f_.type(v));
}

isa::LowerBase::Amode Lower::at(VReg base, int32_t disp, uint32_t size) {
  Amode m;
  m.base = base;
  if (Masm::is_offset(size, disp))
    m.disp = disp;
  else
    m.index = imm(ir::Type::kI64, static_cast<uint64_t>(int64_t{disp}));
  return m;
}

// It stays outside of loops that its user is in.
bool Lower::is_own(Value v) const {
  const Inst i = def(v);
  return i.valid() && used_once(v) && !wanted_[v.n] && depth_[f_.block_of(i).n] >= depth_[f_.block_of(now_).n];
}

const InstData* Lower::own(Value v, Op op) const {
  const InstData* d = def_data(v);
  return d && d->op == op && is_own(v) ? d : nullptr;
}

Lower::Shifted Lower::shifted(Value v) const {
  const InstData* d = def_data(v);
  if (!d || !is_own(v)) return {v};
  const auto c = d->op == Op::shl || d->op == Op::shr_u || d->op == Op::shr_s ? constant(d->vb()) : std::nullopt;
  if (!c) return {v};
  const RegShift kind = d->op == Op::shl ? RegShift::kLsl : d->op == Op::shr_u ? RegShift::kLsr : RegShift::kAsr;
  return {d->va(), kind, static_cast<uint8_t>(*c & (8 * ir::bytes_of(d->type) - 1))};
}

// ---- what is not of AArch64, and asks for it ------------------------------------------------------------------------

void Lower::prepare_branch(Value v) { branch_ = test(v, false, true); }

void Lower::make_branch() {
  const Test& t = branch_;
  if (t.kind == Test::Kind::kFlags) {
    MInst& m = make(MOp::kJcc, {});
    m.cc = uint8_t(t.cc);
    m.flags = MInst::kBranch;
    return;
  }
  MInst& m = make(t.kind == Test::Kind::kBit ? MOp::kBranchBit : MOp::kBranchZero, {mach::use(t.of)}, t.size);
  m.x = t.set;
  m.imm = t.bit;
  m.flags = MInst::kBranch;
}

void Lower::trap_on(Value v, bool negated, uint16_t code) {
  const Test t = test(v, negated, true);
  if (t.kind == Test::Kind::kZero) {
    MInst& m = make(MOp::kTrapZero, {mach::use(t.of)}, t.size);
    m.x = t.set;
    m.imm = code;
    return;
  }
  Cc cc = t.cc;
  if (t.kind == Test::Kind::kBit) {
    make(MOp::kTestImm, {mach::use(t.of)}, t.size).imm = uint64_t{1} << t.bit;
    cc = t.set ? Cc::ne : Cc::eq;
  }
  MInst& m = make(MOp::kTrapCc, {});
  m.cc = uint8_t(cc);
  m.imm = code;
}

void Lower::leave_on(Value v, bool negated) {
  const Cc cc = condition(v, negated);
  make(MOp::kLeave, {}).cc = uint8_t(cc);
}

}  // namespace wjit::a64
