// Division by a constant is a multiplication by its reciprocal, rounded up.
//
// For an integer x of n bits, x / c = floor(x * m / 2^p) where m = ceil(2^p / c), if m * c - 2^p <= 2^(p - n): the error
// of m, times the largest x, does not reach the next multiple of 1 / c. (Granlund and Montgomery, 1994; for signed
// numbers n counts no sign, m is floor + 1, and negative quotients are one too small.)
#include <bit>
#include <optional>

#include "compiler/opt/known_bits.h"
#include "compiler/opt/rewriter.h"

namespace wjit::opt {

namespace {

using Wide = unsigned __int128;

class Divide : Rewriter {
 public:
  Divide(ir::Function& f, ir::Inst i, uint64_t c, std::vector<ir::Inst>& made)
      : Rewriter(f, i, made), t_(d_.type), n_(bits(d_.type)), c_(c & mask(d_.type)), x_(d_.va()) {}

  Rewritten apply() {
    switch (d_.op) {
      case Op::div_u: return div_u();
      case Op::rem_u: return remainder(quotient_u());
      case Op::div_s: return div_s();
      default: return rem_s();
    }
  }

 private:
  uint64_t magnitude() const {
    const bool negative = (c_ >> (n_ - 1)) != 0;
    return negative ? (0 - c_) & mask(t_) : c_;
  }
  bool negative() const { return (c_ >> (n_ - 1)) != 0; }
  Rewritten remainder(Value quotient) { return become(Op::sub, t_, x_, binary(Op::mul, t_, quotient, c_)); }

  // ---- unsigned
  Rewritten div_u() { return is(quotient_u()); }

  // m and p - n for an x of n bits, if m has at most `room` bits.
  struct Reciprocal {
    uint64_t m;
    unsigned p;
  };
  static std::optional<Reciprocal> reciprocal(uint64_t c, unsigned n, unsigned from, unsigned to, unsigned room) {
    for (unsigned p = from; p <= to; ++p) {
      const Wide power = Wide{1} << p, m = (power + c - 1) / c, error = m * c - power;
      if (m >> room != 0) break;
      if (p < n ? error == 0 : error <= Wide{1} << (p - n)) return Reciprocal{static_cast<uint64_t>(m), p};
    }
    return std::nullopt;
  }

  Value quotient_u() { return t_ == Type::kI32 ? quotient_u32() : quotient_u64(); }

  Value quotient_u32() {
    const unsigned n = static_cast<unsigned>(std::bit_width(maybe_ones(f_, x_)));
    Value x = x_;
    uint64_t c = c_;
    unsigned left = std::max(n, 1u);
    auto r = reciprocal(c, left, left, 63, 64 - left);
    if (const unsigned even = static_cast<unsigned>(std::countr_zero(c)); !r && even != 0) {
      x = binary(Op::shr_u, Type::kI32, x, even);
      c >>= even;
      left -= std::min(even, left - 1);
      r = reciprocal(c, left, left, 63, 64 - left);
    }
    const Value wide = unary(Op::extend_u, Type::kI64, x);
    if (!r) {
      // With 64 bits behind the point the error cannot matter: x * c < 2^64.
      const uint64_t m = static_cast<uint64_t>(((Wide{1} << 64) + c - 1) / c);
      return unary(Op::wrap, Type::kI32, binary(Op::mul_hi_u, Type::kI64, wide, m));
    }
    const Value product = binary(Op::mul, Type::kI64, wide, r->m);
    return unary(Op::wrap, Type::kI32, binary(Op::shr_u, Type::kI64, product, r->p));
  }

  Value quotient_u64() {
    Value x = x_;
    uint64_t c = c_;
    auto r = reciprocal(c, 64, 64, 127, 64);
    if (const unsigned even = static_cast<unsigned>(std::countr_zero(c)); !r && even != 0) {
      x = binary(Op::shr_u, t_, x, even);
      c >>= even;
      r = reciprocal(c, 64 - even, 64, 127, 64);
    }
    if (r) {
      const Value high = binary(Op::mul_hi_u, t_, x, r->m);
      return r->p == 64 ? high : binary(Op::shr_u, t_, high, r->p - 64);
    }
    // m has 65 bits: its highest is x itself, added without a carry.
    const unsigned log2 = static_cast<unsigned>(std::bit_width(c - 1));
    const uint64_t low = low_of_65_bits(c, log2);
    const Value high = binary(Op::mul_hi_u, t_, x, low);
    const Value half = binary(Op::shr_u, t_, binary(Op::sub, t_, x, high), 1);
    return binary(Op::shr_u, t_, binary(Op::add, t_, half, high), log2 - 1);
  }
  // ceil(2^(64 + log2) / c) - 2^64, for 2^(log2 - 1) < c <= 2^log2.
  static uint64_t low_of_65_bits(uint64_t c, unsigned log2) {
    const Wide power = log2 == 64 ? Wide{0} - (Wide{c} << 64) : (Wide{1} << (64 + log2)) - (Wide{c} << 64);
    return static_cast<uint64_t>((power + c - 1) / c);
  }

  // ---- signed
  Value sign() { return binary(Op::shr_s, t_, x_, n_ - 1); }
  // x, and for a negative one what makes its shift round towards 0.
  Value biased(unsigned k) { return binary(Op::add, t_, x_, binary(Op::shr_u, t_, sign(), n_ - k)); }

  Rewritten div_s() {
    const uint64_t c = magnitude();
    if (std::has_single_bit(c)) {
      const unsigned k = static_cast<unsigned>(std::countr_zero(c));
      const Value b = biased(k);
      if (!negative()) return become(Op::shr_s, t_, b, k);
      const Value q = binary(Op::shr_s, t_, b, k);
      return become(Op::sub, t_, constant(t_, 0), q);
    }
    const Value low = floor_quotient(c), s = sign();
    return negative() ? become(Op::sub, t_, s, low) : become(Op::sub, t_, low, s);
  }
  Rewritten rem_s() {
    const uint64_t c = magnitude();
    if (std::has_single_bit(c)) {
      const Value b = biased(static_cast<unsigned>(std::countr_zero(c)));
      return become(Op::sub, t_, x_, binary(Op::and_, t_, b, 0 - c));
    }
    const Value low = floor_quotient(c), quotient = binary(Op::sub, t_, low, sign());
    return become(Op::sub, t_, x_, binary(Op::mul, t_, quotient, c));
  }

  // floor(x * m / 2^p): of a positive divisor, and one too small where x is negative.
  Value floor_quotient(uint64_t c) {
    unsigned p = n_;
    Wide m;
    for (;; ++p) {
      const Wide power = Wide{1} << p;
      m = power / c + 1;
      if (m * c - power <= Wide{1} << (p - (n_ - 1))) break;
    }
    if (t_ == Type::kI32) {
      const Value product = binary(Op::mul, Type::kI64, unary(Op::extend_s, Type::kI64, x_), static_cast<uint64_t>(m));
      return unary(Op::wrap, Type::kI32, binary(Op::shr_s, Type::kI64, product, p));
    }
    Value high = binary(Op::mul_hi_s, t_, x_, static_cast<uint64_t>(m));
    if (m >> 63 != 0) high = binary(Op::add, t_, high, x_);  // m as a signed number is 2^64 too small
    return p == 64 ? high : binary(Op::shr_s, t_, high, p - 64);
  }

  const Type t_;
  const unsigned n_;
  const uint64_t c_;
  const Value x_;
};

}  // namespace

Rewritten divide_by_constant(ir::Function& f, ir::Inst i, uint64_t divisor, std::vector<ir::Inst>& made) {
  return Divide(f, i, divisor, made).apply();
}

}  // namespace wjit::opt
