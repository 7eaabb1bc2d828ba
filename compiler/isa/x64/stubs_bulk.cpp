// Short stretches of memory, copied and filled. Called by generated code that has looked at the bounds: no
// access here can fault, so nothing has a place in the trap table.
//
// Invariants.
// - Besides reg::kBulkInts and reg::kBulkVectors only the two scratch registers change, and the flags.
// - Nothing is read or written outside the stretches: a length that is no multiple of the width of an access is made of
//   two that overlap.
// - A copy reads all that it will overwrite before it does: up to 64 bytes everything is read first; beyond that, whole
//   pieces go in the direction in which what was written has been read, and the last piece, which may overlap with
//   those before it, was read before any of them.
#include "compiler/isa/x64/emit.h"
#include "compiler/isa/x64/insts.h"

namespace wjit::x64 {

namespace {

constexpr W kQ = W::k64;
constexpr Gp kTo = reg::kBulk[0], kFrom = reg::kBulk[1], kLength = reg::kBulk[2];
constexpr Gp kA = reg::kBulkInts[0], kB = reg::kBulkInts[1];
constexpr Xmm k0 = reg::kBulkVectors[0], k1 = reg::kBulkVectors[1], k2 = reg::kBulkVectors[2],
              k3 = reg::kFScratch;

class Bulk {
 public:
  explicit Bulk(Masm& a) : a_(a) {}

  uint32_t copy() {
    a_.align(16);
    const uint32_t at = a_.offset();
    const Label above16 = a_.new_label(), above32 = a_.new_label(), above64 = a_.new_label();
    const Label below8 = a_.new_label(), below4 = a_.new_label(), one = a_.new_label(), done = a_.new_label();
    branch(Cc::a, 16, above16);
    branch(Cc::b, 8, below8);
    copy_ends(W::k64);
    a_.bind(below8);
    branch(Cc::b, 4, below4);
    copy_ends(W::k32);
    a_.bind(below4);
    branch(Cc::b, 2, one);
    a_.movzx(W::k16, kA, Mem::at(kFrom, 0));
    a_.movzx(W::k8, kB, end(kFrom, 1));
    a_.mov(W::k16, Mem::at(kTo, 0), kA);
    a_.mov(W::k8, end(kTo, 1), kB);
    a_.ret();
    a_.bind(one);
    a_.test(kQ, kLength, kLength);
    a_.jcc(Cc::e, done, Masm::Reach::kShort);
    a_.movzx(W::k8, kA, Mem::at(kFrom, 0));
    a_.mov(W::k8, Mem::at(kTo, 0), kA);
    a_.bind(done);
    a_.ret();

    a_.bind(above16);
    branch(Cc::a, 32, above32);
    a_.mov128(k0, Mem::at(kFrom, 0));
    a_.mov128(k1, end(kFrom, 16));
    a_.mov128(Mem::at(kTo, 0), k0);
    a_.mov128(end(kTo, 16), k1);
    a_.ret();
    a_.bind(above32);
    branch(Cc::a, 64, above64);
    load(k0, k1, Mem::at(kFrom, 0));
    load(k2, k3, end(kFrom, 32));
    store(Mem::at(kTo, 0), k0, k1);
    store(end(kTo, 32), k2, k3);
    a_.ret();

    // To below from, or behind all of it: forwards.
    const Label backwards = a_.new_label();
    a_.bind(above64);
    a_.mov(kQ, kA, kTo);
    a_.sub(kQ, kA, kFrom);
    a_.cmp(kQ, kA, kLength);
    a_.jcc(Cc::b, backwards);
    load(k2, k3, end(kFrom, 32));
    a_.xor_(W::k32, kA, kA);
    a_.lea(kQ, kB, Mem::at(kLength, -32));
    pieces([&](Mem from, Mem to) {
      load(k0, k1, from);
      store(to, k0, k1);
    });
    store(end(kTo, 32), k2, k3);
    a_.ret();

    a_.bind(backwards);
    load(k2, k3, Mem::at(kFrom, 0));
    a_.mov(kQ, kA, kLength);
    const Label again = a_.new_label();
    a_.bind(again);
    load(k0, k1, Mem::at(kFrom, kA, 0, -32));
    store(Mem::at(kTo, kA, 0, -32), k0, k1);
    a_.sub(kQ, kA, 32);
    a_.cmp(kQ, kA, 32);
    a_.jcc(Cc::a, again);
    store(Mem::at(kTo, 0), k2, k3);
    a_.ret();
    return at;
  }

  uint32_t fill() {
    a_.align(16);
    const uint32_t at = a_.offset();
    const Label above16 = a_.new_label(), above32 = a_.new_label(), above64 = a_.new_label();
    const Label below8 = a_.new_label(), below4 = a_.new_label(), one = a_.new_label(), done = a_.new_label();
    a_.movzx(W::k8, kA, kFrom);
    a_.mov(kB, uint64_t{0x0101010101010101});
    a_.imul(kQ, kA, kB);
    branch(Cc::a, 16, above16);
    branch(Cc::b, 8, below8);
    fill_ends(W::k64);
    a_.bind(below8);
    branch(Cc::b, 4, below4);
    fill_ends(W::k32);
    a_.bind(below4);
    branch(Cc::b, 2, one);
    a_.mov(W::k16, Mem::at(kTo, 0), kA);
    a_.mov(W::k8, end(kTo, 1), kA);
    a_.ret();
    a_.bind(one);
    a_.test(kQ, kLength, kLength);
    a_.jcc(Cc::e, done, Masm::Reach::kShort);
    a_.mov(W::k8, Mem::at(kTo, 0), kA);
    a_.bind(done);
    a_.ret();

    a_.bind(above16);
    a_.mov(kQ, k0, kA);
    a_.vec(Vec::kPunpcklqdq, k0, k0, k0);
    branch(Cc::a, 32, above32);
    a_.mov128(Mem::at(kTo, 0), k0);
    a_.mov128(end(kTo, 16), k0);
    a_.ret();
    a_.bind(above32);
    branch(Cc::a, 64, above64);
    store(Mem::at(kTo, 0), k0, k0);
    store(end(kTo, 32), k0, k0);
    a_.ret();
    a_.bind(above64);
    a_.xor_(W::k32, kA, kA);
    a_.lea(kQ, kB, Mem::at(kLength, -32));
    pieces([&](Mem, Mem to) { store(to, k0, k0); });
    store(end(kTo, 32), k0, k0);
    a_.ret();
    return at;
  }

 private:
  static Mem end(Gp base, int32_t before) { return Mem::at(base, kLength, 0, -before); }
  void branch(Cc cc, int32_t length, Label to) {
    a_.cmp(kQ, kLength, length);
    a_.jcc(cc, to);
  }
  void copy_ends(W w) {
    const int32_t bytes = w == W::k64 ? 8 : 4;
    a_.mov(w, kA, Mem::at(kFrom, 0));
    a_.mov(w, kB, end(kFrom, bytes));
    a_.mov(w, Mem::at(kTo, 0), kA);
    a_.mov(w, end(kTo, bytes), kB);
    a_.ret();
  }
  void fill_ends(W w) {
    a_.mov(w, Mem::at(kTo, 0), kA);
    a_.mov(w, end(kTo, w == W::k64 ? 8 : 4), kA);
    a_.ret();
  }
  static Mem behind(Mem m) {
    m.displacement += 16;
    return m;
  }
  void load(Xmm x, Xmm y, const Mem& from) {
    a_.mov128(x, from);
    a_.mov128(y, behind(from));
  }
  void store(const Mem& to, Xmm x, Xmm y) {
    a_.mov128(to, x);
    a_.mov128(behind(to), y);
  }
  // From kA, which is 0, up to kB or a little more, but not beyond the end: the last 32 bytes are left to
  // others.
  template <class F>
  void pieces(F&& piece) {
    const Label again = a_.new_label();
    a_.align(16);
    a_.bind(again);
    piece(Mem::at(kFrom, kA, 0), Mem::at(kTo, kA, 0));
    a_.add(kQ, kA, 32);
    a_.cmp(kQ, kA, kB);
    a_.jcc(Cc::b, again);
  }

  Masm& a_;
};

}  // namespace

BulkCode emit_bulk(Masm& a) {
  Bulk bulk(a);
  const uint32_t copy = bulk.copy();
  return {copy, bulk.fill()};
}

}  // namespace wjit::x64
