#include "compiler/isa/x64/lower.h"

#include "compiler/isa/x64/tramp_masm.h"
#include "compiler/support/plant.h"

namespace wjit::x64 {

using ir::Inst;
using ir::InstData;
using ir::Op;
using mach::MInst;

// Never destroyed: threads of engines that nobody has ended compile while the process does.
const mach::RegEnv& reg_env() {
  static const mach::RegEnv& env = *new const mach::RegEnv([] {
    mach::RegEnv e;
    for (Gp r : {Gp::rax, Gp::rcx, Gp::rdx, Gp::rsi, Gp::rdi, Gp::r8, Gp::r9, Gp::r10}) e.ints.push_back(reg::gp(r));
    for (isa::Reg r : TrampMasm::kPreserved) {
      e.ints.push_back(mach::int_reg(r));
      e.preserved.push_back(mach::int_reg(r));
    }
    for (unsigned n = 0; n < 15; ++n) e.vectors.push_back(reg::xmm(n));
    e.scratch[0] = reg::gp(reg::kScratch);
    e.scratch[1] = reg::xmm(static_cast<unsigned>(reg::kFScratch));
    return e;
  }());
  return env;
}

const isa::TargetRegs& target_regs() {
  static const isa::TargetRegs& regs = *new const isa::TargetRegs([] {
    isa::TargetRegs r{.env = reg_env(), .wasm = TrampMasm::kWasm, .c_ints = TrampMasm::kCInts, .vmctx = reg::kVmctx,
                      .caller = reg::kCaller, .entry = reg::kEntry, .c_result = reg::gp(Gp::rax), .bulk = {}, .bulk_clobbers = {}};
    for (size_t k = 0; k < 3; ++k) r.bulk[k] = reg::gp(reg::kBulk[k]);
    for (Gp b : reg::kBulkInts) r.bulk_clobbers.add(reg::gp(b));
    for (Xmm b : reg::kBulkVectors) r.bulk_clobbers.add(reg::xmm(static_cast<unsigned>(b)));
    return r;
  }());
  return regs;
}

Lower::Lower(const ir::Function& f, const LowerEnv& env, MachFunc& out)
    : LowerBase(f, env, out, target_regs()), x64_(out) {
  const isa::CpuFeatures& has = env_.features;
  level_ = has.avx2    ? VecLevel::kAvx2
           : has.avx   ? VecLevel::kAvx
           : has.sse42 ? VecLevel::kSse42
           : has.sse41 ? VecLevel::kSse41
           : has.ssse3 ? VecLevel::kSsse3
                       : VecLevel::kSse2;
  x64_.vectors.clear();
  x64_.avx = has.avx;
  x64_.bmi2 = has.bmi2;
}

std::optional<int32_t> Lower::small(Value v) const {
  const InstData* d = def_data(v);
  if (!d || d->op != Op::iconst) return std::nullopt;
  if (d->type == ir::Type::kI32) return static_cast<int32_t>(d->imm());
  const int64_t value = static_cast<int64_t>(d->imm());
  if (value != static_cast<int32_t>(value)) return std::nullopt;
  return static_cast<int32_t>(value);
}

std::optional<Lower::Amode> Lower::sink(Value v, Op op, Inst& load) {
  const InstData* d = sinkable(v, op);
  if (!d) return std::nullopt;
  folded_[v.n] = 1;
  load = f_.def(v);
  return amode(d->va(), d->displacement());
}

// base + index * 2^shift + disp. An extension of an i32 folds only as far as its register is known to hold it whole.
Lower::Amode Lower::amode(Value address, int32_t disp) {
  Amode m;
  m.disp = disp;
  const auto takes = [&](int64_t more) {
    int64_t sum;
    if (__builtin_add_overflow(int64_t{m.disp}, more, &sum) || sum != static_cast<int32_t>(sum)) return false;
    if (WJIT_PLANTED(wrong_displacement)) return true;
    m.disp = static_cast<int32_t>(sum);
    return true;
  };
  const InstData* d = def_data(address);
  for (; d && d->op == Op::add; ++out_.steps) {
    const auto c = constant(d->vb());
    if (!c || !takes(static_cast<int64_t>(*c))) break;
    address = d->va();
    d = def_data(address);
  }
  if (!d || d->op != Op::add || constant(d->vb())) {
    m.base = reg(address);
    return m;
  }
  Value base = d->va(), index = d->vb();
  if (is_op(base, Op::shl) && !is_op(index, Op::shl)) std::swap(base, index);
  // One constant more, from one of the two.
  for (Value* v : {&base, &index}) {
    const InstData* a = def_data(*v);
    if (!a || a->op != Op::add) continue;
    if (const auto c = constant(a->vb()); c && takes(static_cast<int64_t>(*c))) *v = a->va();
  }
  if (const InstData* s = def_data(index); s && s->op == Op::shl) {
    if (const auto c = constant(s->vb()); c && (*c & 63) <= 3) {
      m.shift = static_cast<uint8_t>(*c & 63);
      if (WJIT_PLANTED(wrong_scale) && m.shift > 1) --m.shift;
      index = s->va();
    }
  }
  m.base = reg(base);
  m.index = reg(index);
  return m;
}

bool Lower::lower_inst(Inst i) {
  const InstData& d = f_.inst(i);
  switch (d.format()) {
    case ir::Format::kLoad: case ir::Format::kStore: return lower_memory(i, d);
    case ir::Format::kAtomic1: case ir::Format::kAtomic2: case ir::Format::kAtomic3: return lower_atomic(i, d);
    case ir::Format::kConst: case ir::Format::kVConst: return true;  // made where they are used
    case ir::Format::kCheck: case ir::Format::kFuel: case ir::Format::kCall: case ir::Format::kJump:
    case ir::Format::kBranch: case ir::Format::kBrTable: case ir::Format::kReturn: case ir::Format::kTrapNow:
    case ir::Format::kNullary: case ir::Format::kBulk:
      if (d.op == Op::atomic_fence) return make(MOp::kFence, {}), true;
      return lower_control(i, d);
    default: return lower_int(i, d) || lower_float(i, d) || lower_vector(i, d);
  }
}

// ---- what is not of x86-64, and asks for it -------------------------------------------------------------------------

VReg Lower::vector_constant(Value v) { return vconst(*vec_constant(v)); }

void Lower::prepare_branch(Value v) { branch_ = condition(v, false); }

void Lower::make_branch() {
  MInst& m = make(MOp::kJcc, {});
  m.cc = uint8_t(branch_);
  m.flags = MInst::kBranch;
}

void Lower::trap_on(Value v, bool negated, uint16_t code) {
  const Cond cc = condition(v, negated);
  MInst& m = make(MOp::kTrapCc, {});
  m.cc = uint8_t(cc);
  m.imm = code;
}

void Lower::leave_on(Value v, bool negated) {
  const Cond cc = condition(v, negated);
  make(MOp::kLeave, {}).cc = uint8_t(cc);
}

}  // namespace wjit::x64
