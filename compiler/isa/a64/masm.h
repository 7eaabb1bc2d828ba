// The AArch64 assembler: see masm_base.h. Destination first, except for stores.
//
// Branches have a reach: b and bl 128 MB, which no function exceeds; b.cond, cbz and cbnz 1 MB; tbz and tbnz
// 32 KB. A short one whose target is known and too far becomes its inverse over a b. One whose target is not
// known yet goes to a *veneer*, a label of its own. If its target is bound in time, so is the veneer, and
// nothing was spent; if not, the veneer becomes a b to the target, in an island that is put between two
// instructions, with a jump over it, before the reach ends.
//
// Invariants: next_deadline_ is the earliest offset by which an island must begin if everything pending went
// into it; every instruction asks reserve() first; an island never falls within a reserved stretch. So that
// what must be contiguous (a jump table, with the instructions that count on its place) has to be reserved as
// a whole.
#pragma once
#include <deque>

#include "compiler/isa/a64/forms.h"
#include "compiler/isa/common/masm_base.h"

namespace wjit::a64 {

class Masm : public isa::MasmBase {
 public:
  Masm();

  void bind(Label label);
  // No island in the next `bytes`.
  void reserve(uint32_t bytes) {
    if (offset() + bytes >= next_deadline_) make_island(bytes);
  }

  // Moves.
  void mov(W w, Gp to, Gp from);
  void mov(Gp to, uint64_t value);  // all 64 bits, in 1 to 4 instructions
  void movz(W w, Gp to, uint16_t value, uint8_t shift = 0);
  void movn(W w, Gp to, uint16_t value, uint8_t shift = 0);
  void movk(W w, Gp to, uint16_t value, uint8_t shift = 0);
  void adr(Gp to, Label label);  // within 1 MB

  // Integers.
  static bool is_add_immediate(uint64_t value);  // 12 bits, or 12 bits shifted by 12
  static bool is_logic_immediate(W w, uint64_t value);
  void add(Add op, W w, Gp to, Gp a, Gp b);
  void add(Add op, W w, Gp to, Gp a, uint32_t value);
  void add(Add op, W w, Gp to, Gp a, Gp b, RegShift shift, uint8_t amount);  // no ror
  void add(Add op, W w, Gp to, Gp a, Gp b, Extend extend, uint8_t amount);   // amount up to 4
  void cmp(W w, Gp a, Gp b) { add(Add::kSubs, w, Gp::zr, a, b); }
  void cmp(W w, Gp a, uint32_t value) { add(Add::kSubs, w, Gp::zr, a, value); }
  void logic(Logic op, W w, Gp to, Gp a, Gp b);
  void logic(Logic op, W w, Gp to, Gp a, Gp b, RegShift shift, uint8_t amount);
  void logic(Logic op, W w, Gp to, Gp a, uint64_t mask);
  void binary(Binary op, W w, Gp to, Gp a, Gp b);
  void madd(W w, Gp to, Gp a, Gp b, Gp addend);
  void msub(W w, Gp to, Gp a, Gp b, Gp minuend);
  void smull(Gp to, Gp a, Gp b);
  void umull(Gp to, Gp a, Gp b);
  void smulh(Gp to, Gp a, Gp b);
  void umulh(Gp to, Gp a, Gp b);
  void shift(Shift op, W w, Gp to, Gp from, uint8_t amount);
  void unary(Unary op, W w, Gp to, Gp from);
  void sxtw(Gp to, Gp from);
  void bitfield(Bitfield op, W w, Gp to, Gp from, uint8_t low, uint8_t width);
  void extr(W w, Gp to, Gp a, Gp b, uint8_t low);
  void select(Select op, W w, Gp to, Gp a, Gp b, Cc cc);
  void cset(W w, Gp to, Cc cc);
  void csetm(W w, Gp to, Cc cc);
  void ccmp(W w, Gp a, Gp b, uint8_t nzcv, Cc cc);
  void ccmp(W w, Gp a, uint32_t value, uint8_t nzcv, Cc cc);  // up to 31

  // Memory.
  static bool is_offset(uint32_t size,
                        int32_t offset);  // whether Mem::at(base, offset) exists for accesses of that size
  void access(Access op, Gp reg, const Mem& mem);
  void access(VecAccess op, Vec reg, const Mem& mem);
  void ldp(W w, Gp a, Gp b, const Mem& mem);  // offsets: a multiple of the width, -64 to 63 times it
  void stp(W w, Gp a, Gp b, const Mem& mem);
  void ldp(uint32_t size, Vec a, Vec b, const Mem& mem);  // 4, 8 or 16 bytes
  void stp(uint32_t size, Vec a, Vec b, const Mem& mem);

  // Atomics.
  void ordered(Ordered op, Size size, Gp reg, Gp base);
  void stlxr(Size size, Gp status, Gp reg, Gp base);
  void lse(Lse op, Size size, Gp operand, Gp result, Gp base);
  void casal(Size size, Gp expected, Gp desired, Gp base);  // the old value goes to `expected`
  void dmb_ish();

  // Control.
  void b(Label to);
  void b(Cc cc, Label to);
  void cbz(W w, Gp reg, Label to) { compare_branch(false, w, reg, to); }
  void cbnz(W w, Gp reg, Label to) { compare_branch(true, w, reg, to); }
  void tbz(Gp reg, uint8_t bit, Label to) { test_branch(false, reg, bit, to); }
  void tbnz(Gp reg, uint8_t bit, Label to) { test_branch(true, reg, bit, to); }
  void bl(Label to);
  void br(Gp to);
  void blr(Gp to);
  void ret();  // to x30
  void brk(uint16_t code);
  void udf(uint16_t code);
  void nop();
  void bti_c();
  void align(uint32_t bytes);  // with nops

  // Floats.
  void fp(Float2 op, F f, Vec to, Vec a, Vec b);
  void fp(Float1 op, F f, Vec to, Vec from);
  void fcmp(F f, Vec a, Vec b);
  void fcmp_zero(F f, Vec a);
  void fcsel(F f, Vec to, Vec a, Vec b, Cc cc);
  void fcvt(F from_width, Vec to, Vec from);  // to the other width
  static bool is_float_immediate(double value);
  void fmov(F f, Vec to, double value);
  void fmov(W w, Vec to, Gp from);  // bits
  void fmov(W w, Gp to, Vec from);
  void int_to_float(IntToFloat op, F f, W w, Vec to, Gp from);
  void float_to_int(FloatToInt op, W w, F f, Gp to, Vec from);  // truncating and saturating
  void mov128(Vec to, Vec from);
  void logic8(VecLogic op, Vec to, Vec a, Vec b);  // on 8 bytes
  void cnt8(Vec to, Vec from);                     // population count of each of 8 bytes
  void addv8(Vec to, Vec from);                    // sum of 8 bytes
  void read_fpcr(Gp to);
  void write_fpcr(Gp from);

  // Islands made so far.
  uint32_t islands() const { return islands_; }

 private:
  enum Reach : uint8_t { kMegabyte, k32K, kReaches };
  struct Veneer {
    Label at, target;
    uint32_t deadline;
  };
  template <class Emit, class Invert>
  void short_branch(Reach reach, Label to, Emit emit, Invert invert);
  void compare_branch(bool nonzero, W w, Gp reg, Label to);
  void test_branch(bool nonzero, Gp reg, uint8_t bit, Label to);
  Label veneer(Reach reach, Label target);
  void make_island(uint32_t reserved);
  void update_deadline();
  template <class... Operands>
  void emit(uint32_t instruction, const Operands&... operands);

  std::deque<Veneer> pending_[kReaches];    // by deadline; a bound one may still be in it
  std::vector<Label> veneer_of_[kReaches];  // by target's id
  uint32_t next_deadline_ = ~uint32_t{0};
  uint32_t islands_ = 0;
};

}  // namespace wjit::a64
