// The x86-64 assembler: see masm_base.h. Destination first, as in Intel's manuals.
//
// Widths: operations of 32 bits clear the upper half of their register, those of 8 and 16 bits keep the rest
// of it; there are no loads of 8 and 16 bits other than the extending ones.
//
// With AVX, everything that touches a vector register has its VEX encoding, and means the same.
#pragma once
#include "compiler/isa/common/masm_base.h"
#include "compiler/isa/x64/forms.h"
#include "compiler/isa/x64/vector_forms.h"

namespace wjit::x64 {

class Masm : public isa::MasmBase {
 public:
  explicit Masm(bool avx = false);
  bool has_avx() const { return avx_; }

  void bind(Label label) { bind_here(label); }

  // Moves.
  void mov(W w, Gp to, Gp from);
  void mov(W w, Gp to, const Mem& from);  // k32, k64
  void mov(W w, const Mem& to, Gp from);
  void mov(W w, const Mem& to, int32_t value);  // sign-extended to 64 bits
  void mov(Gp to, uint64_t value);              // all 64 bits, in 5, 7 or 10 bytes; flags are kept
  void movzx(W from_width, Gp to, Gp from);     // to all 64 bits
  void movzx(W from_width, Gp to, const Mem& from);
  void movsx(W w, W from_width, Gp to, Gp from);
  void movsx(W w, W from_width, Gp to, const Mem& from);
  void lea(W w, Gp to, const Mem& address);
  void xchg(W w, Gp a, Gp b);
  void xchg(W w, const Mem& a, Gp b);  // atomic
  void push(Gp reg);
  void pop(Gp reg);
  void push(const Mem& from);
  void pop(const Mem& to);

  // Integers.
  void alu(Alu op, W w, Gp to, Gp from);
  void alu(Alu op, W w, Gp to, int32_t value);
  void alu(Alu op, W w, Gp to, const Mem& from);
  void alu(Alu op, W w, const Mem& to, Gp from);
  void alu(Alu op, W w, const Mem& to, int32_t value);
  void test(W w, Gp a, Gp b);
  void test(W w, Gp a, int32_t value);
  void test(W w, const Mem& a, int32_t value);
  void unary(Unary op, W w, Gp reg);
  void unary(Unary op, W w, const Mem& mem);
  void imul(W w, Gp to, Gp from);  // from here on 32 and 64 bits (16 where it says so)
  void imul(W w, Gp to, const Mem& from);
  void imul(W w, Gp to, Gp from, int32_t value);
  void shift(Shift op, W w, Gp reg);  // by cl
  void shift(Shift op, W w, Gp reg, uint8_t count);
  void shift3(Shift3 op, W w, Gp to, Gp from, Gp count);       // BMI2
  void rorx(W w, Gp to, Gp from, uint8_t count);               // BMI2; flags are kept
  void andn(W w, Gp to, Gp inverted, Gp other);                // BMI1
  void bits(Bits op, W w, Gp to, Gp from);
  void bits(Bits op, W w, Gp to, const Mem& from);
  void bswap(W w, Gp reg);
  void cmov(Cc cc, W w, Gp to, Gp from);
  void cmov(Cc cc, W w, Gp to, const Mem& from);
  void setcc(Cc cc, Gp reg);  // the low 8 bits

  // Control. A forward jump has 32 bits of distance unless it promises to be short.
  enum class Reach : uint8_t { kAny, kShort };
  void jcc(Cc cc, Label to, Reach reach = Reach::kAny);
  void jmp(Label to, Reach reach = Reach::kAny);
  void jmp(Gp to);
  void jmp(const Mem& to);
  void call(Label to);
  void call(Gp to);
  void call(const Mem& to);
  void ret();
  void ret(uint16_t popped_bytes);
  void nop(uint32_t bytes);
  void align(uint32_t bytes);  // with nops

#define WJIT_X(name, ...) void name();
  WJIT_X64_PLAIN(WJIT_X)
#undef WJIT_X

  // Atomics: every width; xadd leaves the old value in the register, cmpxchg compares with rax and leaves it
  // there.
  void locked(Locked op, W w, const Mem& to, Gp from);

  // Floats.
  void mov(Xmm to, Xmm from);  // the whole register
  void mov(F f, Xmm to, const Mem& from);
  void mov(F f, const Mem& to, Xmm from);
  void mov128(Xmm to, const Mem& from);  // no alignment asked for
  void mov128(const Mem& to, Xmm from);
  void mov(W w, Xmm to, Gp from);  // bits; k32, k64
  void mov(W w, Gp to, Xmm from);
  void fp(Float op, F f, Xmm to, Xmm from);
  void fp(Float op, F f, Xmm to, const Mem& from);
  void fp(FloatLogic op, F f, Xmm to, Xmm from);
  void fp(FloatLogic op, F f, Xmm to, const Mem& from);
  // With a destination of its own; without AVX it is a.
  void fp(Float op, F f, Xmm d, Xmm a, Xmm b);
  void fp(Float op, F f, Xmm d, Xmm a, const Mem& b);
  void fp(FloatLogic op, F f, Xmm d, Xmm a, Xmm b);
  void fp(FloatLogic op, F f, Xmm d, Xmm a, const Mem& b);
  void fp_compare(FloatPredicate predicate, F f, Xmm to, Xmm from);
  void round(F f, Rounding mode, Xmm to, Xmm from);  // SSE4.1
  void int_to_float(F f, W w, Xmm to, Gp from);      // signed; the register's upper bits are kept
  void int_to_float(F f, W w, Xmm to, const Mem& from);
  void float_to_int(W w, F f, Gp to, Xmm from);         // signed, truncating; 0x80… where it does not fit
  void float_to_float(F from_width, Xmm to, Xmm from);  // to the other width
  void float_to_float(F from_width, Xmm to, const Mem& from);
  void ldmxcsr(const Mem& from);
  void stmxcsr(const Mem& to);

  // Vectors, by shape. Without AVX d is a, and memory operands of 16 bytes are aligned.
  void vec(Vec op, Xmm d, Xmm a, Xmm b, uint8_t imm = 0);  // kBinary, kBinaryImm, kMerge
  void vec(Vec op, Xmm d, Xmm a, const Mem& b, uint8_t imm = 0);
  void vec(Vec op, Xmm d, Xmm b, uint8_t imm = 0);  // kUnary, kUnaryImm
  void vec(Vec op, Xmm d, const Mem& b, uint8_t imm = 0);
  void vec_shift(Vec op, Xmm d, Xmm a, uint8_t count);
  void vec_insert(Vec op, Xmm d, Xmm a, Gp b, uint8_t lane);
  void vec_insert(Vec op, Xmm d, Xmm a, const Mem& b, uint8_t lane);
  void vec_extract(Vec op, Gp d, Xmm a, uint8_t lane);
  void vec_extract(Vec op, const Mem& d, Xmm a, uint8_t lane);  // SSE4.1, of 16 bits too
  void vec_mask(Vec op, Gp d, Xmm a);
  void vec_test(Xmm a, Xmm b);

  // The common operations by name.
#define WJIT_X(method, op)                 \
  template <class... Operands>             \
  void method(W w, Operands... operands) { \
    alu(Alu::op, w, operands...);          \
  }
  WJIT_X(add, kAdd) WJIT_X(sub, kSub) WJIT_X(and_, kAnd) WJIT_X(or_, kOr) WJIT_X(xor_, kXor) WJIT_X(cmp, kCmp)
#undef WJIT_X

 private:
  uint32_t id(Vec op) const;
  template <class B>
  void vec2(Vec op, Xmm d, Xmm a, const B& b, uint8_t imm);

  bool avx_;
};

}  // namespace wjit::x64
