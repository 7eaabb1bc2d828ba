// Shuffles, by what their indices turn out to be: the cheapest that does it.
#include <algorithm>

#include "compiler/isa/x64/lower.h"

namespace wjit::x64 {

using ir::Inst;
using ir::InstData;
using Mask = std::array<uint8_t, 16>;

namespace {

constexpr uint8_t kZero = 0x80;

// The mask in lanes of `bytes`, if it moves such lanes whole.
template <size_t N>
bool in_lanes(const Mask& m, std::array<uint8_t, N>& out) {
  constexpr uint8_t kBytes = 16 / N;
  for (size_t lane = 0; lane < N; ++lane) {
    const uint8_t first = m[lane * kBytes];
    if (first % kBytes != 0) return false;
    for (uint8_t k = 1; k < kBytes; ++k)
      if (m[lane * kBytes + k] != first + k) return false;
    out[lane] = first / kBytes;
  }
  return true;
}

VecConst constant_of(const Mask& m) {
  VecConst c;
  for (unsigned k = 8; k-- > 0;) c.low = c.low << 8 | m[k], c.high = c.high << 8 | m[k + 8];
  return c;
}

uint8_t four(const uint8_t* lanes) {
  return static_cast<uint8_t>(lanes[0] % 4 | lanes[1] % 4 << 2 | lanes[2] % 4 << 4 | lanes[3] % 4 << 6);
}

// What one instruction does to two operands, as indices below 32.
struct Pattern {
  Vec op;
  uint8_t bytes;  // of a lane
  bool high;
};
constexpr Pattern kUnpacks[] = {{Vec::kPunpcklbw, 1, false},  {Vec::kPunpckhbw, 1, true},  {Vec::kPunpcklwd, 2, false},
                                {Vec::kPunpckhwd, 2, true},   {Vec::kPunpckldq, 4, false}, {Vec::kPunpckhdq, 4, true},
                                {Vec::kPunpcklqdq, 8, false}, {Vec::kPunpckhqdq, 8, true}};
constexpr Mask indices(const Pattern& p) {
  Mask m{};
  for (unsigned k = 0; k < 16; ++k) {
    const unsigned lane = k / p.bytes, byte = k % p.bytes;
    m[k] = static_cast<uint8_t>(lane / 2 * p.bytes + byte + (p.high ? 8 : 0) + (lane & 1 ? 16 : 0));
  }
  return m;
}

// The same shuffle with its operands swapped.
Mask swapped(const Mask& m) {
  Mask s;
  for (size_t k = 0; k < 16; ++k) s[k] = m[k] ^ 16;
  return s;
}

// n, if the mask is 16 bytes in a row from byte n of the two.
int rotation(const Mask& m) {
  for (unsigned k = 0; k < 16; ++k)
    if (m[k] != ((m[0] + k) & 31)) return -1;
  return m[0];
}

}  // namespace

void Lower::vec_shuffle(Inst i, const InstData& d) {
  Mask m = f_.vector_constant(d.c);
  Value a = d.va(), b = d.vb();
  const auto all = [&](auto of) { return std::all_of(m.begin(), m.end(), of); };
  if (a == b || all([](uint8_t x) { return x < 16; }) || all([](uint8_t x) { return x >= 16; })) {
    const VReg one = reg(m[0] < 16 ? a : b);
    for (uint8_t& x : m) x &= 15;
    return give(i, shuffle_one(one, m));
  }
  // With zeros: one operand, if its bytes can be told to be 0.
  for (bool second : {false, true}) {
    if (vec_constant(second ? b : a) != VecConst{} || !has(Vec::kPshufb)) continue;
    const VReg one = reg(second ? a : b);
    for (uint8_t& x : m) x = (x >= 16) == second ? kZero : x & 15;
    return give(i, shuffle_bytes(one, m));
  }
  const VReg ra = reg(a), rb = reg(b);
  give(i, shuffle_two(ra, rb, m));
}

VReg Lower::shuffle_one(VReg a, const Mask& m) {
  if (const int n = rotation(m); n == 0) return a;
  if (std::array<uint8_t, 4> l; in_lanes(m, l)) return v1(Vec::kPshufd, a, four(l.data()));
  if (has(Vec::kPbroadcastb) && std::all_of(m.begin(), m.end(), [](uint8_t x) { return x == 0; }))
    return v1(Vec::kPbroadcastb, a);
  if (std::array<uint8_t, 8> l; in_lanes(m, l)) {
    if (has(Vec::kPbroadcastw) && std::all_of(l.begin(), l.end(), [](uint8_t x) { return x == 0; }))
      return v1(Vec::kPbroadcastw, a);
    const bool low_stays = l[0] == 0 && l[1] == 1 && l[2] == 2 && l[3] == 3;
    const bool high_stays = l[4] == 4 && l[5] == 5 && l[6] == 6 && l[7] == 7;
    const bool low_in = std::all_of(l.begin(), l.begin() + 4, [](uint8_t x) { return x < 4; });
    const bool high_in = std::all_of(l.begin() + 4, l.end(), [](uint8_t x) { return x >= 4; });
    if (high_stays && low_in) return v1(Vec::kPshuflw, a, four(l.data()));
    if (low_stays && high_in) return v1(Vec::kPshufhw, a, four(l.data() + 4));
    if (low_in && high_in) return v1(Vec::kPshufhw, v1(Vec::kPshuflw, a, four(l.data())), four(l.data() + 4));
  }
  for (const Pattern& p : kUnpacks) {
    Mask u = indices(p);
    for (uint8_t& x : u) x &= 15;
    if (u == m) return v2(p.op, a, a);
  }
  if (has(Vec::kPalignr)) {
    Mask turned = m;
    for (unsigned k = 0; k < 16; ++k) turned[k] = static_cast<uint8_t>((m[0] + k) & 15);
    if (turned == m) return v2(Vec::kPalignr, a, a, m[0]);
  }
  return shuffle_bytes(a, m);
}

VReg Lower::shuffle_two(VReg a, VReg b, const Mask& m) {
  for (const Pattern& p : kUnpacks) {
    if (indices(p) == m) return v2(p.op, a, b);
    if (indices(p) == swapped(m)) return v2(p.op, b, a);
  }
  if (const int n = rotation(m); n > 0) {
    // n bytes off the first of the two, then the beginning of the other.
    const VReg first = n < 16 ? a : b, second = n < 16 ? b : a;
    const unsigned by = static_cast<unsigned>(n) % 16;
    if (has(Vec::kPalignr)) return v2(Vec::kPalignr, second, first, static_cast<uint8_t>(by));
    return v2(Vec::kPor, vshift(Vec::kPsrldq, first, by), vshift(Vec::kPslldq, second, 16 - by));
  }
  bool in_place = true;
  for (unsigned k = 0; k < 16; ++k) in_place &= (m[k] & 15) == k;
  if (in_place) {
    std::array<uint8_t, 8> l;
    if (has(Vec::kPblendw) && in_lanes(m, l)) {
      unsigned from_b = 0;
      for (unsigned k = 0; k < 8; ++k) from_b |= (l[k] >= 8 ? 1u : 0u) << k;
      return v2(Vec::kPblendw, a, b, static_cast<uint8_t>(from_b));
    }
    Mask of_a;
    for (unsigned k = 0; k < 16; ++k) of_a[k] = m[k] < 16 ? 0xff : 0;
    Mask of_b = of_a;
    for (uint8_t& x : of_b) x = static_cast<uint8_t>(~x);
    return v2(Vec::kPor, v2(Vec::kPand, a, constant_of(of_a)), v2(Vec::kPand, b, constant_of(of_b)));
  }
  if (std::array<uint8_t, 4> l; in_lanes(m, l)) {
    // Two lanes of the one, then two of the other.
    const auto same = [&](size_t k) { return (l[k] < 4) == (l[k + 1] < 4); };
    if (same(0) && same(2)) return v2(Vec::kShufps, l[0] < 4 ? a : b, l[2] < 4 ? a : b, four(l.data()));
  }
  Mask of_a, of_b;
  for (unsigned k = 0; k < 16; ++k) {
    of_a[k] = m[k] < 16 ? m[k] : kZero;
    of_b[k] = m[k] < 16 ? kZero : m[k] & 15;
  }
  return v2(Vec::kPor, shuffle_bytes(a, of_a), shuffle_bytes(b, of_b));
}

// Word n, in every place.
VReg Lower::everywhere(VReg a, unsigned n) {
  const uint8_t four_times = static_cast<uint8_t>(0x55 * (n % 4));
  if (n < 4) return v1(Vec::kPshufd, v1(Vec::kPshuflw, a, four_times), 0x00);
  return v1(Vec::kPshufd, v1(Vec::kPshufhw, a, four_times), 0xaa);
}

VReg Lower::shuffle_bytes(VReg a, const Mask& m) {
  if (has(Vec::kPshufb)) return v2(Vec::kPshufb, a, constant_of(m));
  // Without it: each byte that is wanted, everywhere, then where it is wanted.
  VReg sum;
  const VReg low = v2(Vec::kPunpcklbw, a, a), high = v2(Vec::kPunpckhbw, a, a);
  for (uint8_t n = 0; n < 16; ++n) {
    Mask where;
    bool wanted = false;
    for (unsigned k = 0; k < 16; ++k) where[k] = m[k] == n ? 0xff : 0, wanted |= m[k] == n;
    if (!wanted) continue;
    const VReg all = everywhere(n < 8 ? low : high, n % 8);
    const VReg part = v2(Vec::kPand, all, constant_of(where));
    sum = sum.valid() ? v2(Vec::kPor, sum, part) : part;
  }
  return sum.valid() ? sum : vconst({});
}

VReg Lower::swizzle_slow(VReg a, VReg index) {
  VReg sum;
  const VReg low = v2(Vec::kPunpcklbw, a, a), high = v2(Vec::kPunpckhbw, a, a);
  for (uint8_t n = 0; n < 16; ++n) {
    const VReg all = everywhere(n < 8 ? low : high, n % 8);
    const VReg part = v2(Vec::kPand, all, v2(Vec::kPcmpeqb, index, VecConst::b(n)));
    sum = sum.valid() ? v2(Vec::kPor, sum, part) : part;
  }
  return sum;
}

}  // namespace wjit::x64
