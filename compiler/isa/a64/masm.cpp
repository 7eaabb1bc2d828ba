#include "compiler/isa/a64/masm.h"

#include "compiler/isa/common/jit.h"
//
#include <asmjit/arm/a64assembler.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace wjit::a64 {
namespace {

namespace jit = asmjit::a64;
using asmjit::Imm;
using Id = jit::Inst::Id;

#define WJIT_X(name, mnemonic, id) Id::kId##id,
constexpr Id kAdd[] = {WJIT_A64_ADD(WJIT_X)};
constexpr Id kLogic[] = {WJIT_A64_LOGIC(WJIT_X)};
constexpr Id kBinary[] = {WJIT_A64_BINARY(WJIT_X)};
constexpr Id kShift[] = {WJIT_A64_SHIFTS(WJIT_X)};
constexpr Id kUnary[] = {WJIT_A64_UNARY(WJIT_X)};
constexpr Id kBitfield[] = {WJIT_A64_BITFIELD(WJIT_X)};
constexpr Id kSelect[] = {WJIT_A64_SELECT(WJIT_X)};
constexpr Id kFloat2[] = {WJIT_A64_FLOAT2(WJIT_X)};
constexpr Id kFloat1[] = {WJIT_A64_FLOAT1(WJIT_X)};
constexpr Id kIntToFloat[] = {WJIT_A64_INT_TO_FLOAT(WJIT_X)};
constexpr Id kFloatToInt[] = {WJIT_A64_FLOAT_TO_INT(WJIT_X)};
constexpr Id kVecLogic[] = {WJIT_A64_VEC_LOGIC(WJIT_X)};
#undef WJIT_X
#define WJIT_X(name, mnemonic, id) {Id::kId##id, Id::kId##id##b, Id::kId##id##h},
constexpr Id kOrdered[][3] = {WJIT_A64_ORDERED(WJIT_X)};
constexpr Id kLse[][3] = {WJIT_A64_LSE(WJIT_X)};
#undef WJIT_X
struct AccessForm {
  Id id;
  char letter;
  uint8_t size;
};
#define WJIT_X(name, mnemonic, id, letter, size) {Id::kId##id, letter, size},
constexpr AccessForm kAccess[] = {WJIT_A64_ACCESS(WJIT_X)};
constexpr AccessForm kVecAccess[] = {WJIT_A64_VEC_ACCESS(WJIT_X)};
#undef WJIT_X
#define WJIT_X(name, id) asmjit::arm::CondCode::k##id,
constexpr asmjit::arm::CondCode kConditions[] = {WJIT_A64_CONDITIONS(WJIT_X)};
#undef WJIT_X
#define WJIT_X(name, mnemonic, id) asmjit::arm::ShiftOp::k##id,
constexpr asmjit::arm::ShiftOp kExtends[] = {WJIT_A64_EXTENDS(WJIT_X)};
constexpr asmjit::arm::ShiftOp kRegShifts[] = {WJIT_A64_REG_SHIFTS(WJIT_X)};
#undef WJIT_X

template <class E>
constexpr size_t at(E e) {
  return static_cast<size_t>(e);
}
size_t at(Size s) { return s == Size::k8 ? 1 : s == Size::k16 ? 2 : 0; }

// The library numbers sp 31 and zr 63.
uint32_t number(Gp reg) {
  return reg == Gp::zr ? jit::Gp::kIdZr : reg == Gp::sp ? jit::Gp::kIdSp : static_cast<uint32_t>(reg);
}
uint32_t field(Gp reg) { return number(reg) & 31; }  // in an instruction word
jit::Gp x(Gp reg) { return jit::x(number(reg)); }
jit::Gp gp(W w, Gp reg) {
  if (w == W::k32) return jit::w(number(reg));
  return jit::x(number(reg));
}
jit::Gp gp(Size s, Gp reg) { return gp(s == Size::k64 ? W::k64 : W::k32, reg); }
jit::Vec vec(uint32_t size, Vec reg) {
  uint32_t id = static_cast<uint32_t>(reg);
  if (size == 4) return jit::s(id);
  if (size == 8) return jit::d(id);
  return jit::v(id);
}
jit::Vec vec(F f, Vec reg) { return vec(static_cast<uint32_t>(f), reg); }
jit::Vec bytes8(Vec reg) { return jit::d(static_cast<uint32_t>(reg)).b8(); }

Imm imm(Cc cc) { return Imm(kConditions[at(cc)]); }
uint32_t conditional(Id id, Cc cc) {
#if WJIT_ASMJIT_SNAKE_CASE
  return asmjit::BaseInst::compose_arm_inst_id(id, kConditions[at(cc)]);
#else
  return asmjit::BaseInst::composeARMInstId(id, kConditions[at(cc)]);
#endif
}
Imm shifted(RegShift shift, uint8_t amount) { return Imm(asmjit::arm::Shift(kRegShifts[at(shift)], amount)); }

jit::Mem mem(const Mem& m) {
  using asmjit::arm::Shift;
  using asmjit::arm::ShiftOp;
  switch (m.mode) {
    case Mem::Mode::kOffset:
      return jit::Mem(x(m.base), m.offset);
    case Mem::Mode::kPreIndex:
      return jit::ptr_pre(x(m.base), m.offset);
    case Mem::Mode::kPostIndex:
      return jit::ptr_post(x(m.base), m.offset);
    case Mem::Mode::kIndex:
      if (m.shift == 0) return jit::Mem(x(m.base), x(m.index));
      return jit::Mem(x(m.base), x(m.index), Shift(ShiftOp::kLSL, m.shift));
    case Mem::Mode::kUxtw:
      return jit::Mem(x(m.base), gp(W::k32, m.index), Shift(ShiftOp::kUXTW, m.shift));
    case Mem::Mode::kSxtw:
      return jit::Mem(x(m.base), gp(W::k32, m.index), Shift(ShiftOp::kSXTW, m.shift));
    default:
      return jit::Mem(isa::jit_label(m.label));
  }
}

// How far a branch may be from its target, either way (less for the word at the far end).
constexpr uint32_t kReachBytes[] = {(1u << 20) - 4, (1u << 15) - 4};

}  // namespace

Masm::Masm() { jit_->init(asmjit::Arch::kAArch64, std::make_unique<jit::Assembler>()); }

template <class... Operands>
void Masm::emit(uint32_t instruction, const Operands&... operands) {
  reserve(4);
  jit_->emit(instruction, operands...);
}

// ---- branches and islands -------------------------------------------------------------------------------------------

void Masm::bind(Label label) {
  bind_here(label);
  for (auto& veneers : veneer_of_) {
    if (label.id < veneers.size() && veneers[label.id].valid()) {
      bind_here(veneers[label.id]);
      veneers[label.id] = {};
    }
  }
}

Label Masm::veneer(Reach reach, Label target) {
  auto& veneers = veneer_of_[reach];
  if (target.id >= veneers.size()) veneers.resize(target.id + 1);
  if (!veneers[target.id].valid()) {
    veneers[target.id] = new_label();
    pending_[reach].push_back({veneers[target.id], target, offset() + kReachBytes[reach]});
    update_deadline();
  }
  return veneers[target.id];
}

void Masm::update_deadline() {
  uint32_t earliest = ~uint32_t{0};
  size_t count = 0;
  for (auto& queue : pending_) {
    while (!queue.empty() && is_bound(queue.front().at)) queue.pop_front();
    if (!queue.empty()) earliest = std::min(earliest, queue.front().deadline);
    count += queue.size();
  }
  // Room for the jump over the island and for every veneer that may be in it.
  uint32_t room = static_cast<uint32_t>(count + 2) * 4;
  next_deadline_ = earliest == ~uint32_t{0} ? earliest : earliest - std::min(earliest, room);
}

void Masm::make_island(uint32_t reserved) {
  update_deadline();  // what was bound since does not need one
  if (offset() + reserved < next_deadline_) return;
  ++islands_;
  Label over = new_label();
  jit_->emit(Id::kIdB, isa::jit_label(over));
  // Whatever keeps the deadline from moving on goes now: update_deadline() leaves room for all that is pending, so what is
  // due that much later would ask for the next island at once, inside of what is reserved. The short reach first.
  const uint32_t room = static_cast<uint32_t>(pending_[kMegabyte].size() + pending_[k32K].size() + 2) * 4;
  for (Reach reach : {k32K, kMegabyte}) {
    // Also what would be due soon: islands cost a jump each.
    uint64_t soon = uint64_t{offset()} + reserved + room + kReachBytes[reach] / 4;
    auto& queue = pending_[reach];
    for (; !queue.empty() && queue.front().deadline <= soon; queue.pop_front()) {
      const Veneer& v = queue.front();
      if (is_bound(v.at)) continue;
      bind_here(v.at);
      veneer_of_[reach][v.target.id] = {};
      jit_->emit(Id::kIdB, isa::jit_label(v.target));
    }
  }
  bind_here(over);
  update_deadline();
}

template <class Emit, class Invert>
void Masm::short_branch(Reach reach, Label to, Emit emit_to, Invert emit_inverse_to) {
  reserve(8);
  if (!is_bound(to)) return emit_to(isa::jit_label(veneer(reach, to)));
  if (offset() - offset_of(to) <= kReachBytes[reach]) return emit_to(isa::jit_label(to));
  Label over = new_label();
  emit_inverse_to(isa::jit_label(over));
  jit_->emit(Id::kIdB, isa::jit_label(to));
  bind_here(over);
}

void Masm::b(Cc cc, Label to) {
  auto branch = [&](Cc c) { return [this, c](asmjit::Label l) { jit_->emit(conditional(Id::kIdB, c), l); }; };
  short_branch(kMegabyte, to, branch(cc), branch(negate(cc)));
}
void Masm::compare_branch(bool nonzero, W w, Gp reg, Label to) {
  auto branch = [&](bool nz) {
    return [=, this](asmjit::Label l) { jit_->emit(nz ? Id::kIdCbnz : Id::kIdCbz, gp(w, reg), l); };
  };
  short_branch(kMegabyte, to, branch(nonzero), branch(!nonzero));
}
void Masm::test_branch(bool nonzero, Gp reg, uint8_t bit, Label to) {
  auto branch = [&](bool nz) {
    return [=, this](asmjit::Label l) {
      jit_->emit(nz ? Id::kIdTbnz : Id::kIdTbz, gp(bit < 32 ? W::k32 : W::k64, reg), Imm(bit), l);
    };
  };
  short_branch(k32K, to, branch(nonzero), branch(!nonzero));
}
void Masm::b(Label to) { emit(Id::kIdB, isa::jit_label(to)); }
void Masm::bl(Label to) { emit(Id::kIdBl, isa::jit_label(to)); }
void Masm::br(Gp to) { emit(Id::kIdBr, x(to)); }
void Masm::blr(Gp to) { emit(Id::kIdBlr, x(to)); }
void Masm::ret() { emit(Id::kIdRet, x(Gp::x30)); }
void Masm::brk(uint16_t code) { emit(Id::kIdBrk, Imm(code)); }
void Masm::udf(uint16_t code) { emit(Id::kIdUdf, Imm(code)); }
void Masm::nop() { emit(Id::kIdHint, Imm(0)); }
void Masm::bti_c() { emit(Id::kIdHint, Imm(34)); }  // the library has no name for it
void Masm::align(uint32_t bytes) {
  reserve(bytes);
  while (offset() % bytes != 0) nop();
}

// ---- moves ----------------------------------------------------------------------------------------------------------

void Masm::mov(W w, Gp to, Gp from) {
  // orr cannot name sp, add cannot name zr.
  if (to == Gp::sp || from == Gp::sp) return add(Add::kAdd, w, to, from, uint32_t{0});
  logic(Logic::kOrr, w, to, Gp::zr, from);
}
void Masm::movz(W w, Gp to, uint16_t value, uint8_t shift) {
  emit(Id::kIdMovz, gp(w, to), Imm(value), Imm(shift));
}
void Masm::movn(W w, Gp to, uint16_t value, uint8_t shift) {
  emit(Id::kIdMovn, gp(w, to), Imm(value), Imm(shift));
}
void Masm::movk(W w, Gp to, uint16_t value, uint8_t shift) {
  emit(Id::kIdMovk, gp(w, to), Imm(value), Imm(shift));
}
void Masm::mov(Gp to, uint64_t value) {
  if (value != 0 && is_logic_immediate(W::k64, value)) return logic(Logic::kOrr, W::k64, to, Gp::zr, value);
  int zeros = 0, ones = 0;
  for (int s = 0; s < 64; s += 16) {
    uint16_t part = static_cast<uint16_t>(value >> s);
    zeros += part == 0;
    ones += part == 0xffff;
  }
  const bool inverted = ones > zeros;
  const uint16_t rest = inverted ? 0xffff : 0;  // what the first instruction leaves in the other parts
  bool first = true;
  for (uint8_t s = 0; s < 64; s += 16) {
    uint16_t part = static_cast<uint16_t>(value >> s);
    if (part == rest) continue;
    if (!first)
      movk(W::k64, to, part, s);
    else if (inverted)
      movn(W::k64, to, static_cast<uint16_t>(~part), s);
    else
      movz(W::k64, to, part, s);
    first = false;
  }
  if (first) inverted ? movn(W::k64, to, 0) : movz(W::k64, to, 0);
}
void Masm::adr(Gp to, Label label) { emit(Id::kIdAdr, x(to), isa::jit_label(label)); }

// ---- integers -------------------------------------------------------------------------------------------------------

bool Masm::is_add_immediate(uint64_t value) {
  return value <= 0xfff || (value <= 0xfff000 && (value & 0xfff) == 0);
}

// A run of ones, rotated, repeated: one element of 2, 4, … 64 bits all over the register.
bool Masm::is_logic_immediate(W w, uint64_t value) {
  if (w == W::k32) value = (value & 0xffff'ffff) | value << 32;
  if (value == 0 || ~value == 0) return false;
  uint32_t element = 64;
  while (element > 2) {
    uint32_t half = element / 2;
    uint64_t mask = (uint64_t{1} << half) - 1;
    if ((value & mask) != (value >> half & mask)) break;
    element = half;
  }
  uint64_t mask = element == 64 ? ~uint64_t{0} : (uint64_t{1} << element) - 1;
  uint64_t bits = value & mask;
  uint64_t rotated = (bits >> 1 | bits << (element - 1)) & mask;
  return std::popcount(bits ^ rotated) == 2;  // one place where ones begin and one where they end
}

void Masm::add(Add op, W w, Gp to, Gp a, Gp b) {
  // With sp the register form is the extended one.
  if (to == Gp::sp || a == Gp::sp)
    return add(op, w, to, a, b, w == W::k32 ? Extend::kUxtw : Extend::kUxtx, 0);
  emit(kAdd[at(op)], gp(w, to), gp(w, a), gp(w, b));
}
void Masm::add(Add op, W w, Gp to, Gp a, uint32_t value) {
  if (value > 0xfff)
    emit(kAdd[at(op)], gp(w, to), gp(w, a), Imm(value >> 12),
         Imm(asmjit::arm::Shift(asmjit::arm::ShiftOp::kLSL, (value & 0xfff) == 0 ? 12 : 99)));
  else
    emit(kAdd[at(op)], gp(w, to), gp(w, a), Imm(value));
}
void Masm::add(Add op, W w, Gp to, Gp a, Gp b, RegShift shift, uint8_t amount) {
  emit(kAdd[at(op)], gp(w, to), gp(w, a), gp(w, b), shifted(shift, amount));
}
void Masm::add(Add op, W w, Gp to, Gp a, Gp b, Extend extend, uint8_t amount) {
  // This version of the library wants an x register also where the instruction reads a w: the encoding is the
  // same.
  emit(kAdd[at(op)], gp(w, to), gp(w, a), gp(w, b), Imm(asmjit::arm::Shift(kExtends[at(extend)], amount)));
}
void Masm::logic(Logic op, W w, Gp to, Gp a, Gp b) { emit(kLogic[at(op)], gp(w, to), gp(w, a), gp(w, b)); }
void Masm::logic(Logic op, W w, Gp to, Gp a, Gp b, RegShift shift, uint8_t amount) {
  emit(kLogic[at(op)], gp(w, to), gp(w, a), gp(w, b), shifted(shift, amount));
}
void Masm::logic(Logic op, W w, Gp to, Gp a, uint64_t mask) {
  WJIT_DASSERT(op <= Logic::kAnds);
  if (w == W::k32) mask &= 0xffff'ffff;
  emit(kLogic[at(op)], gp(w, to), gp(w, a), Imm(mask));
}
void Masm::binary(Binary op, W w, Gp to, Gp a, Gp b) { emit(kBinary[at(op)], gp(w, to), gp(w, a), gp(w, b)); }
void Masm::madd(W w, Gp to, Gp a, Gp b, Gp c) { emit(Id::kIdMadd, gp(w, to), gp(w, a), gp(w, b), gp(w, c)); }
void Masm::msub(W w, Gp to, Gp a, Gp b, Gp c) { emit(Id::kIdMsub, gp(w, to), gp(w, a), gp(w, b), gp(w, c)); }
void Masm::smull(Gp to, Gp a, Gp b) { emit(Id::kIdSmull, x(to), gp(W::k32, a), gp(W::k32, b)); }
void Masm::umull(Gp to, Gp a, Gp b) { emit(Id::kIdUmull, x(to), gp(W::k32, a), gp(W::k32, b)); }
void Masm::smulh(Gp to, Gp a, Gp b) { emit(Id::kIdSmulh, x(to), x(a), x(b)); }
void Masm::umulh(Gp to, Gp a, Gp b) { emit(Id::kIdUmulh, x(to), x(a), x(b)); }
void Masm::shift(Shift op, W w, Gp to, Gp from, uint8_t amount) {
  emit(kShift[at(op)], gp(w, to), gp(w, from), Imm(amount));
}
void Masm::unary(Unary op, W w, Gp to, Gp from) {
  W source = op == Unary::kSxtb || op == Unary::kSxth ? W::k32 : w;
  emit(kUnary[at(op)], gp(w, to), gp(source, from));
}
void Masm::sxtw(Gp to, Gp from) { emit(Id::kIdSxtw, x(to), gp(W::k32, from)); }
void Masm::bitfield(Bitfield op, W w, Gp to, Gp from, uint8_t low, uint8_t width) {
  emit(kBitfield[at(op)], gp(w, to), gp(w, from), Imm(low), Imm(width));
}
void Masm::extr(W w, Gp to, Gp a, Gp b, uint8_t low) {
  emit(Id::kIdExtr, gp(w, to), gp(w, a), gp(w, b), Imm(low));
}
void Masm::select(Select op, W w, Gp to, Gp a, Gp b, Cc cc) {
  emit(kSelect[at(op)], gp(w, to), gp(w, a), gp(w, b), imm(cc));
}
void Masm::cset(W w, Gp to, Cc cc) { emit(Id::kIdCset, gp(w, to), imm(cc)); }
void Masm::csetm(W w, Gp to, Cc cc) { emit(Id::kIdCsetm, gp(w, to), imm(cc)); }
void Masm::ccmp(W w, Gp a, Gp b, uint8_t nzcv, Cc cc) {
  emit(Id::kIdCcmp, gp(w, a), gp(w, b), Imm(nzcv), imm(cc));
}
void Masm::ccmp(W w, Gp a, uint32_t value, uint8_t nzcv, Cc cc) {
  emit(Id::kIdCcmp, gp(w, a), Imm(value), Imm(nzcv), imm(cc));
}

// ---- memory ---------------------------------------------------------------------------------------------------------

bool Masm::is_offset(uint32_t size, int32_t offset) {
  if (offset >= -256 && offset <= 255) return true;
  return offset > 0 && static_cast<uint32_t>(offset) % size == 0 &&
         static_cast<uint32_t>(offset) / size <= 4095;
}
void Masm::access(Access op, Gp reg, const Mem& m) {
  const AccessForm& form = kAccess[at(op)];
  const bool writes_back = m.mode == Mem::Mode::kPreIndex || m.mode == Mem::Mode::kPostIndex;
  if (writes_back && (form.id == Id::kIdLdrsb || form.id == Id::kIdLdrsh)) {
    // As a word: this version of the library mistakes w and x here.
    if (m.offset < -256 || m.offset > 255) return jit_->errors.keep("an offset out of range");
    reserve(4);
    return data32((form.size == 2 ? 0x7880'0000 : 0x3880'0000) | (form.letter == 'w' ? 0x0040'0000 : 0) |
                  (static_cast<uint32_t>(m.offset) & 0x1ff) << 12 |
                  (m.mode == Mem::Mode::kPreIndex ? 0xc00 : 0x400) | field(m.base) << 5 | field(reg));
  }
  emit(form.id, gp(form.letter == 'x' ? W::k64 : W::k32, reg), mem(m));
}
void Masm::access(VecAccess op, Vec reg, const Mem& m) {
  const AccessForm& form = kVecAccess[at(op)];
  emit(form.id, vec(form.size, reg), mem(m));
}
void Masm::ldp(W w, Gp a, Gp b, const Mem& m) { emit(Id::kIdLdp, gp(w, a), gp(w, b), mem(m)); }
void Masm::stp(W w, Gp a, Gp b, const Mem& m) { emit(Id::kIdStp, gp(w, a), gp(w, b), mem(m)); }
void Masm::ldp(uint32_t size, Vec a, Vec b, const Mem& m) {
  emit(Id::kIdLdp_v, vec(size, a), vec(size, b), mem(m));
}
void Masm::stp(uint32_t size, Vec a, Vec b, const Mem& m) {
  emit(Id::kIdStp_v, vec(size, a), vec(size, b), mem(m));
}

void Masm::ordered(Ordered op, Size size, Gp reg, Gp base) {
  // By identifier: this version's method stlr() emits another instruction.
  emit(kOrdered[at(op)][at(size)], gp(size, reg), jit::Mem(x(base)));
}
void Masm::stlxr(Size size, Gp status, Gp reg, Gp base) {
  // As a word: this version of the library refuses the form with an x register. Bases are sp, other operands
  // zr.
  uint32_t log2 = static_cast<uint32_t>(std::countr_zero(static_cast<uint32_t>(size)));
  reserve(4);
  data32(log2 << 30 | 0x0800'fc00 | field(status) << 16 | field(base) << 5 | field(reg));
}
void Masm::lse(Lse op, Size size, Gp operand, Gp result, Gp base) {
  emit(kLse[at(op)][at(size)], gp(size, operand), gp(size, result), jit::Mem(x(base)));
}
void Masm::casal(Size size, Gp expected, Gp desired, Gp base) {
  static constexpr Id kIds[] = {Id::kIdCasal, Id::kIdCasalb, Id::kIdCasalh};
  emit(kIds[at(size)], gp(size, expected), gp(size, desired), jit::Mem(x(base)));
}
void Masm::dmb_ish() { emit(Id::kIdDmb, Imm(11)); }

// ---- floats ---------------------------------------------------------------------------------------------------------

void Masm::fp(Float2 op, F f, Vec to, Vec a, Vec b) {
  emit(kFloat2[at(op)], vec(f, to), vec(f, a), vec(f, b));
}
void Masm::fp(Float1 op, F f, Vec to, Vec from) { emit(kFloat1[at(op)], vec(f, to), vec(f, from)); }
void Masm::fcmp(F f, Vec a, Vec b) { emit(Id::kIdFcmp_v, vec(f, a), vec(f, b)); }
void Masm::fcmp_zero(F f, Vec a) { emit(Id::kIdFcmp_v, vec(f, a), Imm(0)); }
void Masm::fcsel(F f, Vec to, Vec a, Vec b, Cc cc) {
  emit(Id::kIdFcsel_v, vec(f, to), vec(f, a), vec(f, b), imm(cc));
}
void Masm::fcvt(F from_width, Vec to, Vec from) {
  emit(Id::kIdFcvt_v, vec(from_width == F::k32 ? F::k64 : F::k32, to), vec(from_width, from));
}
// (1 + n/16) * 2^e with 4 bits of n and -3 <= e <= 4.
bool Masm::is_float_immediate(double value) {
  uint64_t bits = std::bit_cast<uint64_t>(value);
  uint32_t exponent = static_cast<uint32_t>(bits >> 52 & 0x7ff);
  return (bits & 0xffff'ffff'ffff) == 0 && exponent >= 1023 - 3 && exponent <= 1023 + 4;
}
void Masm::fmov(F f, Vec to, double value) { emit(Id::kIdFmov_v, vec(f, to), Imm(value)); }
void Masm::fmov(W w, Vec to, Gp from) { emit(Id::kIdFmov_v, vec(static_cast<uint32_t>(w), to), gp(w, from)); }
void Masm::fmov(W w, Gp to, Vec from) { emit(Id::kIdFmov_v, gp(w, to), vec(static_cast<uint32_t>(w), from)); }
void Masm::int_to_float(IntToFloat op, F f, W w, Vec to, Gp from) {
  emit(kIntToFloat[at(op)], vec(f, to), gp(w, from));
}
void Masm::float_to_int(FloatToInt op, W w, F f, Gp to, Vec from) {
  emit(kFloatToInt[at(op)], gp(w, to), vec(f, from));
}
void Masm::mov128(Vec to, Vec from) {
  auto source = jit::v(static_cast<uint32_t>(from)).b16();
  emit(Id::kIdOrr_v, jit::v(static_cast<uint32_t>(to)).b16(), source, source);
}
void Masm::logic8(VecLogic op, Vec to, Vec a, Vec b) {
  emit(kVecLogic[at(op)], bytes8(to), bytes8(a), bytes8(b));
}
void Masm::cnt8(Vec to, Vec from) { emit(Id::kIdCnt_v, bytes8(to), bytes8(from)); }
void Masm::addv8(Vec to, Vec from) {
  emit(Id::kIdAddv_v, jit::v(static_cast<uint32_t>(to)).b(), bytes8(from));
}
void Masm::read_fpcr(Gp to) { emit(Id::kIdMrs, x(to), Imm(jit::Predicate::SysReg::kFPCR)); }
void Masm::write_fpcr(Gp from) { emit(Id::kIdMsr, Imm(jit::Predicate::SysReg::kFPCR), x(from)); }

}  // namespace wjit::a64
