// What emission makes better than it was allocated, looking at one instruction and its neighbours: copies that a form with
// a destination of its own does without, additions for addresses, tests of what the flags say already; and where loops
// begin.
//
// Flags: those that are read, are read by the instruction behind the one that sets them, with nothing but moves between.
// So whatever is emitted for another instruction may set them or leave them alone.
#include "compiler/isa/x64/emitter.h"

namespace wjit::x64 {

namespace {

int32_t imm32(const mach::MInst& i) { return static_cast<int32_t>(i.imm); }
// Of a rotation to the left, to the right.
uint8_t to_the_right(const mach::MInst& i) {
  const unsigned bits = 8u * i.size, count = static_cast<unsigned>(i.imm) & (bits - 1);
  return static_cast<uint8_t>(Shift(i.x) == Shift::kRol ? (bits - count) & (bits - 1) : count);
}

}  // namespace

// e, the last move before the current instruction, copies an integer that the instruction overwrites; and there is a
// form that leaves it where it is.
bool Emitter::takes_copy(const mach::Edit& e) const {
  if (!ir::is_int(e.type) || !e.from.is_reg() || !e.to.is_reg() || !f_.poison.empty()) return false;
  const MInst& i = *now_;
  if (i.size < 4) return false;
  switch (MOp(i.op)) {
    case MOp::kAlu: return Alu(i.x) == Alu::kAdd && at(2) == e.to && in_reg(1);
    case MOp::kAluImm:
      return at(1) == e.to && (Alu(i.x) == Alu::kAdd || (Alu(i.x) == Alu::kSub && imm32(i) != INT32_MIN));
    case MOp::kShiftImm:
      if (at(1) != e.to) return false;
      if (Shift(i.x) == Shift::kShl) return i.imm == 1;
      return x64_.bmi2 && (Shift(i.x) == Shift::kRol || Shift(i.x) == Shift::kRor);
    default: return false;
  }
}

void Emitter::inst_of_copy(const mach::Edit& e) {
  const MInst& i = *now_;
  const Gp d = Gp(e.to.preg().hw()), a = Gp(e.from.preg().hw());
  switch (MOp(i.op)) {
    case MOp::kAlu: return a_.lea(w(), d, Mem::at(a, gp(1) == d ? a : gp(1), 0));
    case MOp::kAluImm: return a_.lea(w(), d, Mem::at(a, Alu(i.x) == Alu::kAdd ? imm32(i) : -imm32(i)));
    default: break;
  }
  if (Shift(i.x) == Shift::kShl) return a_.lea(w(), d, Mem::at(a, a, 0));
  a_.rorx(w(), d, a, to_the_right(i));
}

// An address that is an addition to one of its own parts.
bool Emitter::lea_is_add() const {
  const Mem m = mem();
  const Gp d = gp(0);
  if (!m.has_base) return false;
  if (!m.has_index) return m.base == d && m.displacement != 0;
  return m.shift == 0 && m.displacement == 0 && (m.base == d || m.index == d);
}

void Emitter::lea() {
  const Mem m = mem();
  const Gp d = gp(0);
  if (!lea_is_add()) return a_.lea(w(), d, m);
  if (!m.has_index) return a_.add(w(), d, m.displacement);
  a_.add(w(), d, m.base == d ? m.index : m.base);
}

// Behind an instruction.
void Emitter::note_flags(bool of_copy) {
  flags_ = {};
  if (of_copy || !f_.poison.empty()) return;
  const MInst& i = *now_;
  bool all = false;
  uint32_t k = i.operands - 1;  // what it makes
  switch (MOp(i.op)) {
    case MOp::kAlu: case MOp::kAluImm: all = Alu(i.x) == Alu::kAnd || Alu(i.x) == Alu::kOr || Alu(i.x) == Alu::kXor; break;
    case MOp::kShiftImm:
      if ((i.imm & (8u * i.size - 1)) == 0 || Shift(i.x) == Shift::kRol || Shift(i.x) == Shift::kRor) return;
      break;
    case MOp::kUnary:
      if (Unary(i.x) != Unary::kNeg) return;
      break;
    case MOp::kLea:
      if (!lea_is_add()) return;
      k = 0;
      break;
    default: return;
  }
  flags_ = {&i, c_.operands[i.first_operand + k].vreg, i.size, all};
}

// Whether a test of a register with itself would say what the flags say already.
bool Emitter::flags_are_of_operand() const {
  if (!flags_.behind || flags_.behind + 1 != now_) return false;
  const VReg v = c_.operands[now_->first_operand].vreg;
  if (flags_.of != v || c_.operands[now_->first_operand + 1].vreg != v || flags_.size != now_->size) return false;
  if (flags_.all) return true;
  switch (Cond(now_[1].cc)) {
    case Cond::e: case Cond::ne: case Cond::s: case Cond::ns: return true;
    default: return false;
  }
}

// Innermost loops of moderate size begin where the processor fetches, and so do those that begin with a jump through a
// table, however large. A loop's length in bytes is guessed.
bool Emitter::starts_hot_loop(uint32_t b) const {
  constexpr uint32_t kMostInsts = 64;
  const mach::VBlock& v = c_.blocks[b];
  if (v.cold || v.loop_depth == 0 || forward_[b] != b) return false;
  uint32_t last = 0;
  for (uint32_t p : c_.preds_of(v))
    if (p >= b) last = std::max(last, p + 1);
  if (last == 0) return false;
  if (MOp(c_.insts[v.end - 1].op) == MOp::kBrTable) return true;
  if (c_.blocks[last - 1].end - v.first > kMostInsts) return false;
  // None inside.
  for (uint32_t inner = b + 1; inner < last; ++inner)
    if (c_.blocks[inner].loop_depth > v.loop_depth) return false;
  return true;
}

}  // namespace wjit::x64
