#include "compiler/isa/x64/masm.h"

#include <asmjit/x86.h>

#include "compiler/isa/common/jit.h"

namespace wjit::x64 {
namespace {

namespace x86 = asmjit::x86;
using asmjit::Imm;
using Id = x86::Inst::Id;

#define WJIT_X(name, mnemonic, id) Id::kId##id,
constexpr Id kAlu[] = {WJIT_X64_ALU(WJIT_X)};
constexpr Id kUnary[] = {WJIT_X64_UNARY(WJIT_X)};
constexpr Id kShift[] = {WJIT_X64_SHIFTS(WJIT_X)};
constexpr Id kBits[] = {WJIT_X64_BITS(WJIT_X)};
constexpr Id kShift3[] = {WJIT_X64_SHIFT3(WJIT_X)};
constexpr Id kLocked[] = {WJIT_X64_LOCKED(WJIT_X)};
#undef WJIT_X
// Without and with VEX.
#define WJIT_X(name, mnemonic, id32, id64, vex32, vex64) {{Id::kId##id32, Id::kId##id64}, {Id::kId##vex32, Id::kId##vex64}},
constexpr Id kFloat[][2][2] = {WJIT_X64_FLOAT(WJIT_X)};
constexpr Id kFloatLogic[][2][2] = {WJIT_X64_FLOAT_LOGIC(WJIT_X)};
#undef WJIT_X
#define WJIT_X(name, mnemonic, sse, avx, shape, level) {Id::kId##sse, Id::kId##avx},
constexpr Id kVec[][2] = {WJIT_X64_VEC(WJIT_X)};
#undef WJIT_X
#define WJIT_X(name, mnemonic) Id::kIdJ##name,
constexpr Id kJcc[] = {WJIT_X64_CONDITIONS(WJIT_X)};
#undef WJIT_X
#define WJIT_X(name, mnemonic) Id::kIdSet##name,
constexpr Id kSetcc[] = {WJIT_X64_CONDITIONS(WJIT_X)};
#undef WJIT_X
#define WJIT_X(name, mnemonic) Id::kIdCmov##name,
constexpr Id kCmov[] = {WJIT_X64_CONDITIONS(WJIT_X)};
#undef WJIT_X

template <class E>
constexpr size_t at(E e) {
  return static_cast<size_t>(e);
}
constexpr size_t at(F f) { return f == F::k64; }

x86::Gp gp(W w, Gp reg) {
  uint32_t id = static_cast<uint32_t>(reg);
  switch (w) {
    case W::k8:
      return x86::gpb(id);
    case W::k16:
      return x86::gpw(id);
    case W::k32:
      return x86::gpd(id);
    default:
      return x86::gpq(id);
  }
}
x86::Gp gpq(Gp reg) { return gp(W::k64, reg); }
auto xmm(Xmm reg) { return x86::xmm(static_cast<uint32_t>(reg)); }

x86::Mem mem(const Mem& m, uint32_t size) {
  if (m.label.valid()) return x86::ptr(isa::jit_label(m.label), m.displacement, size);
  WJIT_ASSERT(!m.has_index || m.index != Gp::rsp);
  if (m.has_base && m.has_index) return x86::ptr(gpq(m.base), gpq(m.index), m.shift, m.displacement, size);
  if (m.has_base) return x86::ptr(gpq(m.base), m.displacement, size);
  uint64_t absolute = static_cast<uint64_t>(int64_t{m.displacement});
  WJIT_ASSERT(m.has_index);
  return x86::ptr(absolute, gpq(m.index), m.shift, size);
}
x86::Mem mem(const Mem& m, W w) { return mem(m, static_cast<uint32_t>(w)); }
x86::Mem mem(const Mem& m, F f) { return mem(m, static_cast<uint32_t>(f)); }

// An immediate as the operation sees it, so that 0xff and -1 are the same 8 bits.
Imm imm(W w, int32_t value) {
  if (w == W::k8) return Imm(static_cast<int8_t>(value));
  if (w == W::k16) return Imm(static_cast<int16_t>(value));
  return Imm(value);
}

}  // namespace

Masm::Masm(bool avx) : avx_(avx) { jit_->init(asmjit::Arch::kX64, std::make_unique<x86::Assembler>()); }

void Masm::mov(W w, Gp to, Gp from) { jit_->emit(Id::kIdMov, gp(w, to), gp(w, from)); }
void Masm::mov(W w, Gp to, const Mem& from) {
  WJIT_DASSERT(w >= W::k32);
  jit_->emit(Id::kIdMov, gp(w, to), mem(from, w));
}
void Masm::mov(W w, const Mem& to, Gp from) { jit_->emit(Id::kIdMov, mem(to, w), gp(w, from)); }
void Masm::mov(W w, const Mem& to, int32_t value) { jit_->emit(Id::kIdMov, mem(to, w), imm(w, value)); }
void Masm::mov(Gp to, uint64_t value) {
  if (value <= 0xffff'ffff)
    jit_->emit(Id::kIdMov, gp(W::k32, to), Imm(static_cast<uint32_t>(value)));
  else if (static_cast<int64_t>(value) == static_cast<int32_t>(value))
    jit_->emit(Id::kIdMov, gpq(to), Imm(static_cast<int32_t>(value)));
  else
    jit_->emit(Id::kIdMovabs, gpq(to), Imm(value));
}
void Masm::movzx(W from_width, Gp to, Gp from) {
  if (from_width >= W::k32) return mov(from_width, to, from);
  jit_->emit(Id::kIdMovzx, gp(W::k32, to), gp(from_width, from));
}
void Masm::movzx(W from_width, Gp to, const Mem& from) {
  if (from_width >= W::k32) return mov(from_width, to, from);
  jit_->emit(Id::kIdMovzx, gp(W::k32, to), mem(from, from_width));
}
void Masm::movsx(W w, W from_width, Gp to, Gp from) {
  WJIT_DASSERT(from_width < w);
  jit_->emit(from_width == W::k32 ? Id::kIdMovsxd : Id::kIdMovsx, gp(w, to), gp(from_width, from));
}
void Masm::movsx(W w, W from_width, Gp to, const Mem& from) {
  WJIT_DASSERT(from_width < w);
  jit_->emit(from_width == W::k32 ? Id::kIdMovsxd : Id::kIdMovsx, gp(w, to), mem(from, from_width));
}
void Masm::lea(W w, Gp to, const Mem& address) { jit_->emit(Id::kIdLea, gp(w, to), mem(address, 0u)); }
void Masm::xchg(W w, Gp a, Gp b) { jit_->emit(Id::kIdXchg, gp(w, a), gp(w, b)); }
void Masm::xchg(W w, const Mem& a, Gp b) { jit_->emit(Id::kIdXchg, mem(a, w), gp(w, b)); }
void Masm::push(Gp reg) { jit_->emit(Id::kIdPush, gpq(reg)); }
void Masm::pop(Gp reg) { jit_->emit(Id::kIdPop, gpq(reg)); }
void Masm::push(const Mem& from) { jit_->emit(Id::kIdPush, mem(from, W::k64)); }
void Masm::pop(const Mem& to) { jit_->emit(Id::kIdPop, mem(to, W::k64)); }

void Masm::alu(Alu op, W w, Gp to, Gp from) { jit_->emit(kAlu[at(op)], gp(w, to), gp(w, from)); }
void Masm::alu(Alu op, W w, Gp to, int32_t value) { jit_->emit(kAlu[at(op)], gp(w, to), imm(w, value)); }
void Masm::alu(Alu op, W w, Gp to, const Mem& from) { jit_->emit(kAlu[at(op)], gp(w, to), mem(from, w)); }
void Masm::alu(Alu op, W w, const Mem& to, Gp from) { jit_->emit(kAlu[at(op)], mem(to, w), gp(w, from)); }
void Masm::alu(Alu op, W w, const Mem& to, int32_t value) {
  jit_->emit(kAlu[at(op)], mem(to, w), imm(w, value));
}
void Masm::test(W w, Gp a, Gp b) { jit_->emit(Id::kIdTest, gp(w, a), gp(w, b)); }
void Masm::test(W w, Gp a, int32_t value) { jit_->emit(Id::kIdTest, gp(w, a), imm(w, value)); }
void Masm::test(W w, const Mem& a, int32_t value) { jit_->emit(Id::kIdTest, mem(a, w), imm(w, value)); }
void Masm::unary(Unary op, W w, Gp reg) { jit_->emit(kUnary[at(op)], gp(w, reg)); }
void Masm::unary(Unary op, W w, const Mem& m) { jit_->emit(kUnary[at(op)], mem(m, w)); }
void Masm::imul(W w, Gp to, Gp from) { jit_->emit(Id::kIdImul, gp(w, to), gp(w, from)); }
void Masm::imul(W w, Gp to, const Mem& from) { jit_->emit(Id::kIdImul, gp(w, to), mem(from, w)); }
void Masm::imul(W w, Gp to, Gp from, int32_t value) {
  jit_->emit(Id::kIdImul, gp(w, to), gp(w, from), imm(w, value));
}
void Masm::shift(Shift op, W w, Gp reg) { jit_->emit(kShift[at(op)], gp(w, reg), gp(W::k8, Gp::rcx)); }
void Masm::shift(Shift op, W w, Gp reg, uint8_t count) { jit_->emit(kShift[at(op)], gp(w, reg), Imm(count)); }
void Masm::shift3(Shift3 op, W w, Gp to, Gp from, Gp count) {
  jit_->emit(kShift3[at(op)], gp(w, to), gp(w, from), gp(w, count));
}
void Masm::rorx(W w, Gp to, Gp from, uint8_t count) {
  jit_->emit(Id::kIdRorx, gp(w, to), gp(w, from), Imm(count));
}
void Masm::andn(W w, Gp to, Gp inverted, Gp other) {
  jit_->emit(Id::kIdAndn, gp(w, to), gp(w, inverted), gp(w, other));
}
void Masm::bits(Bits op, W w, Gp to, Gp from) { jit_->emit(kBits[at(op)], gp(w, to), gp(w, from)); }
void Masm::bits(Bits op, W w, Gp to, const Mem& from) { jit_->emit(kBits[at(op)], gp(w, to), mem(from, w)); }
void Masm::bswap(W w, Gp reg) { jit_->emit(Id::kIdBswap, gp(w, reg)); }
void Masm::cmov(Cc cc, W w, Gp to, Gp from) { jit_->emit(kCmov[at(cc)], gp(w, to), gp(w, from)); }
void Masm::cmov(Cc cc, W w, Gp to, const Mem& from) { jit_->emit(kCmov[at(cc)], gp(w, to), mem(from, w)); }
void Masm::setcc(Cc cc, Gp reg) { jit_->emit(kSetcc[at(cc)], gp(W::k8, reg)); }

void Masm::jcc(Cc cc, Label to, Reach reach) {
  if (reach == Reach::kShort) jit_->next_is_short();
  jit_->emit(kJcc[at(cc)], isa::jit_label(to));
}
void Masm::jmp(Label to, Reach reach) {
  if (reach == Reach::kShort) jit_->next_is_short();
  jit_->emit(Id::kIdJmp, isa::jit_label(to));
}
void Masm::jmp(Gp to) { jit_->emit(Id::kIdJmp, gpq(to)); }
void Masm::jmp(const Mem& to) { jit_->emit(Id::kIdJmp, mem(to, W::k64)); }
void Masm::call(Label to) { jit_->emit(Id::kIdCall, isa::jit_label(to)); }
void Masm::call(Gp to) { jit_->emit(Id::kIdCall, gpq(to)); }
void Masm::call(const Mem& to) { jit_->emit(Id::kIdCall, mem(to, W::k64)); }
void Masm::ret() { jit_->emit(Id::kIdRet); }
void Masm::ret(uint16_t popped_bytes) { jit_->emit(Id::kIdRet, Imm(popped_bytes)); }

void Masm::nop(uint32_t bytes) {
  // The forms that both vendors recommend, one row per length.
  static constexpr uint8_t kNops[9][9] = {
      {0x90},
      {0x66, 0x90},
      {0x0f, 0x1f, 0x00},
      {0x0f, 0x1f, 0x40, 0x00},
      {0x0f, 0x1f, 0x44, 0x00, 0x00},
      {0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00},
      {0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00},
      {0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
      {0x66, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
  };
  while (bytes > 0) {
    uint32_t n = bytes < 9 ? bytes : 9;
    data({kNops[n - 1], n});
    bytes -= n;
  }
}
void Masm::align(uint32_t bytes) { nop((bytes - offset() % bytes) % bytes); }

#define WJIT_X(name, mnemonic, id) \
  void Masm::name() { jit_->emit(Id::kId##id); }
WJIT_X64_PLAIN(WJIT_X)
#undef WJIT_X

void Masm::locked(Locked op, W w, const Mem& to, Gp from) {
  jit_->next_is_locked();
  jit_->emit(kLocked[at(op)], mem(to, w), gp(w, from));
}

// ---- vector registers -----------------------------------------------------------------------------------------

void Masm::mov(Xmm to, Xmm from) { jit_->emit(avx_ ? Id::kIdVmovaps : Id::kIdMovaps, xmm(to), xmm(from)); }
static Id scalar_move(bool avx, F f) {
  return f == F::k32 ? (avx ? Id::kIdVmovss : Id::kIdMovss) : avx ? Id::kIdVmovsd : Id::kIdMovsd;
}
void Masm::mov(F f, Xmm to, const Mem& from) { jit_->emit(scalar_move(avx_, f), xmm(to), mem(from, f)); }
void Masm::mov(F f, const Mem& to, Xmm from) { jit_->emit(scalar_move(avx_, f), mem(to, f), xmm(from)); }
void Masm::mov128(Xmm to, const Mem& from) {
  jit_->emit(avx_ ? Id::kIdVmovups : Id::kIdMovups, xmm(to), mem(from, 16u));
}
void Masm::mov128(const Mem& to, Xmm from) {
  jit_->emit(avx_ ? Id::kIdVmovups : Id::kIdMovups, mem(to, 16u), xmm(from));
}
static Id bit_move(bool avx, W w) {
  return w == W::k32 ? (avx ? Id::kIdVmovd : Id::kIdMovd) : avx ? Id::kIdVmovq : Id::kIdMovq;
}
void Masm::mov(W w, Xmm to, Gp from) { jit_->emit(bit_move(avx_, w), xmm(to), gp(w, from)); }
void Masm::mov(W w, Gp to, Xmm from) { jit_->emit(bit_move(avx_, w), gp(w, to), xmm(from)); }
// Operations on one number, too, keep the upper bits of a register: with AVX of a third one.
void Masm::fp(Float op, F f, Xmm to, Xmm from) {
  if (op == Float::kUcomi) return jit_->emit(kFloat[at(op)][avx_][at(f)], xmm(to), xmm(from));
  fp(op, f, to, avx_ && op == Float::kSqrt ? from : to, from);
}
void Masm::fp(Float op, F f, Xmm to, const Mem& from) {
  if (op == Float::kUcomi) return jit_->emit(kFloat[at(op)][avx_][at(f)], xmm(to), mem(from, f));
  fp(op, f, to, to, from);
}
void Masm::fp(Float op, F f, Xmm d, Xmm a, Xmm b) {
  WJIT_DASSERT(avx_ || d == a);
  const Id id = kFloat[at(op)][avx_][at(f)];
  avx_ ? jit_->emit(id, xmm(d), xmm(a), xmm(b)) : jit_->emit(id, xmm(d), xmm(b));
}
void Masm::fp(Float op, F f, Xmm d, Xmm a, const Mem& b) {
  WJIT_DASSERT(avx_ || d == a);
  const Id id = kFloat[at(op)][avx_][at(f)];
  avx_ ? jit_->emit(id, xmm(d), xmm(a), mem(b, f)) : jit_->emit(id, xmm(d), mem(b, f));
}
void Masm::fp(FloatLogic op, F f, Xmm to, Xmm from) { fp(op, f, to, to, from); }
void Masm::fp(FloatLogic op, F f, Xmm to, const Mem& from) { fp(op, f, to, to, from); }
void Masm::fp(FloatLogic op, F f, Xmm d, Xmm a, Xmm b) {
  WJIT_DASSERT(avx_ || d == a);
  const Id id = kFloatLogic[at(op)][avx_][at(f)];
  avx_ ? jit_->emit(id, xmm(d), xmm(a), xmm(b)) : jit_->emit(id, xmm(d), xmm(b));
}
void Masm::fp(FloatLogic op, F f, Xmm d, Xmm a, const Mem& b) {
  WJIT_DASSERT(avx_ || d == a);
  const Id id = kFloatLogic[at(op)][avx_][at(f)];
  avx_ ? jit_->emit(id, xmm(d), xmm(a), mem(b, 16u)) : jit_->emit(id, xmm(d), mem(b, 16u));
}
void Masm::fp_compare(FloatPredicate predicate, F f, Xmm to, Xmm from) {
  const Imm p(static_cast<uint8_t>(predicate));
  if (avx_)
    jit_->emit(f == F::k32 ? Id::kIdVcmpss : Id::kIdVcmpsd, xmm(to), xmm(to), xmm(from), p);
  else
    jit_->emit(f == F::k32 ? Id::kIdCmpss : Id::kIdCmpsd, xmm(to), xmm(from), p);
}
void Masm::round(F f, Rounding mode, Xmm to, Xmm from) {
  const Imm m(static_cast<uint8_t>(mode));
  if (avx_)
    jit_->emit(f == F::k32 ? Id::kIdVroundss : Id::kIdVroundsd, xmm(to), xmm(from), xmm(from), m);
  else
    jit_->emit(f == F::k32 ? Id::kIdRoundss : Id::kIdRoundsd, xmm(to), xmm(from), m);
}
void Masm::int_to_float(F f, W w, Xmm to, Gp from) {
  if (avx_)
    jit_->emit(f == F::k32 ? Id::kIdVcvtsi2ss : Id::kIdVcvtsi2sd, xmm(to), xmm(to), gp(w, from));
  else
    jit_->emit(f == F::k32 ? Id::kIdCvtsi2ss : Id::kIdCvtsi2sd, xmm(to), gp(w, from));
}
void Masm::int_to_float(F f, W w, Xmm to, const Mem& from) {
  if (avx_)
    jit_->emit(f == F::k32 ? Id::kIdVcvtsi2ss : Id::kIdVcvtsi2sd, xmm(to), xmm(to), mem(from, w));
  else
    jit_->emit(f == F::k32 ? Id::kIdCvtsi2ss : Id::kIdCvtsi2sd, xmm(to), mem(from, w));
}
void Masm::float_to_int(W w, F f, Gp to, Xmm from) {
  const Id id = f == F::k32 ? (avx_ ? Id::kIdVcvttss2si : Id::kIdCvttss2si)
                : avx_      ? Id::kIdVcvttsd2si
                            : Id::kIdCvttsd2si;
  jit_->emit(id, gp(w, to), xmm(from));
}
void Masm::float_to_float(F from_width, Xmm to, Xmm from) {
  if (avx_)
    jit_->emit(from_width == F::k32 ? Id::kIdVcvtss2sd : Id::kIdVcvtsd2ss, xmm(to), xmm(from), xmm(from));
  else
    jit_->emit(from_width == F::k32 ? Id::kIdCvtss2sd : Id::kIdCvtsd2ss, xmm(to), xmm(from));
}
void Masm::float_to_float(F from_width, Xmm to, const Mem& from) {
  if (avx_)
    jit_->emit(from_width == F::k32 ? Id::kIdVcvtss2sd : Id::kIdVcvtsd2ss, xmm(to), xmm(to), mem(from, from_width));
  else
    jit_->emit(from_width == F::k32 ? Id::kIdCvtss2sd : Id::kIdCvtsd2ss, xmm(to), mem(from, from_width));
}

static bool has_imm(Vec op) {
  const VecShape s = row(op).shape;
  return s == VecShape::kBinaryImm || s == VecShape::kUnaryImm;
}
uint32_t Masm::id(Vec op) const {
  WJIT_DASSERT(avx_ || row(op).level < VecLevel::kAvx);
  return kVec[at(op)][avx_];
}
template <class B>
void Masm::vec2(Vec op, Xmm d, Xmm a, const B& b, uint8_t imm) {
  const bool i = has_imm(op);
  WJIT_DASSERT(row(op).shape <= VecShape::kMerge && (avx_ || d == a));
  if (avx_)
    i ? jit_->emit(id(op), xmm(d), xmm(a), b, Imm(imm)) : jit_->emit(id(op), xmm(d), xmm(a), b);
  else
    i ? jit_->emit(id(op), xmm(d), b, Imm(imm)) : jit_->emit(id(op), xmm(d), b);
}
void Masm::vec(Vec op, Xmm d, Xmm a, Xmm b, uint8_t imm) { vec2(op, d, a, xmm(b), imm); }
void Masm::vec(Vec op, Xmm d, Xmm a, const Mem& b, uint8_t imm) {
  WJIT_DASSERT(row(op).shape != VecShape::kMerge);
  vec2(op, d, a, mem(b, 0u), imm);
}
void Masm::vec(Vec op, Xmm d, Xmm b, uint8_t imm) {
  has_imm(op) ? jit_->emit(id(op), xmm(d), xmm(b), Imm(imm)) : jit_->emit(id(op), xmm(d), xmm(b));
}
void Masm::vec(Vec op, Xmm d, const Mem& b, uint8_t imm) {
  // Of these the destination does not say how wide the source is.
  const auto m = mem(b, op == Vec::kCvttpd2dq || op == Vec::kCvtpd2ps ? 16u : 0u);
  has_imm(op) ? jit_->emit(id(op), xmm(d), m, Imm(imm)) : jit_->emit(id(op), xmm(d), m);
}
void Masm::vec_shift(Vec op, Xmm d, Xmm a, uint8_t count) {
  WJIT_DASSERT(avx_ || d == a);
  avx_ ? jit_->emit(id(op), xmm(d), xmm(a), Imm(count)) : jit_->emit(id(op), xmm(d), Imm(count));
}
static W lane_width(Vec op) { return op == Vec::kPinsrq || op == Vec::kPextrq ? W::k64 : W::k32; }
void Masm::vec_insert(Vec op, Xmm d, Xmm a, Gp b, uint8_t lane) {
  WJIT_DASSERT(avx_ || d == a);
  const auto r = gp(lane_width(op), b);
  avx_ ? jit_->emit(id(op), xmm(d), xmm(a), r, Imm(lane)) : jit_->emit(id(op), xmm(d), r, Imm(lane));
}
void Masm::vec_insert(Vec op, Xmm d, Xmm a, const Mem& b, uint8_t lane) {
  WJIT_DASSERT(avx_ || d == a);
  const auto m = mem(b, 0u);
  avx_ ? jit_->emit(id(op), xmm(d), xmm(a), m, Imm(lane)) : jit_->emit(id(op), xmm(d), m, Imm(lane));
}
void Masm::vec_extract(Vec op, Gp d, Xmm a, uint8_t lane) {
  jit_->emit(id(op), gp(lane_width(op), d), xmm(a), Imm(lane));
}
void Masm::vec_extract(Vec op, const Mem& d, Xmm a, uint8_t lane) {
  jit_->emit(id(op), mem(d, 0u), xmm(a), Imm(lane));
}
void Masm::vec_mask(Vec op, Gp d, Xmm a) { jit_->emit(id(op), gp(W::k32, d), xmm(a)); }
void Masm::vec_test(Xmm a, Xmm b) { jit_->emit(id(Vec::kPtest), xmm(a), xmm(b)); }

void Masm::ldmxcsr(const Mem& from) { jit_->emit(Id::kIdLdmxcsr, mem(from, 4u)); }
void Masm::stmxcsr(const Mem& to) { jit_->emit(Id::kIdStmxcsr, mem(to, 4u)); }

}  // namespace wjit::x64
