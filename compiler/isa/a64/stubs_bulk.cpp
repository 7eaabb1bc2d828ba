// Short stretches of memory, copied and filled. Called by generated code that has looked at the bounds: no access here can
// fault, so nothing has a place in the trap table.
//
// Invariants: those of x64/stubs_bulk.cpp.
// - Besides reg::kBulkInts and reg::kBulkVectors only the emitter's registers change, and the flags.
// - Nothing is read or written outside the stretches: a length that is no multiple of the width of an access is made of
//   two that overlap.
// - A copy reads all that it will overwrite before it does: up to 64 bytes everything is read first; beyond that, whole
//   pieces go in the direction in which what was written has been read, and the last piece, which may overlap with those
//   before it, was read before any of them.
#include "compiler/isa/a64/emit.h"

namespace wjit::a64 {

namespace {

constexpr W kX = W::k64;
constexpr Gp kTo = reg::kBulk[0], kFrom = reg::kBulk[1], kLength = reg::kBulk[2];
constexpr Gp kA = reg::kBulkInts[0], kB = reg::kBulkInts[1], kC = reg::kBulkInts[2];
constexpr Gp kFromEnd = reg::kScratch, kToEnd = reg::kScratch2;
constexpr Vec k0 = reg::kBulkVectors[0], k1 = reg::kBulkVectors[1], k2 = reg::kBulkVectors[2], k3 = reg::kBulkVectors[3];

class Bulk {
 public:
  explicit Bulk(Masm& a) : a_(a) {}

  uint32_t copy() {
    a_.align(16);
    const uint32_t at = a_.offset();
    const Label above16 = a_.new_label(), above32 = a_.new_label(), above64 = a_.new_label(), small = a_.new_label();
    a_.add(Add::kAdd, kX, kFromEnd, kFrom, kLength);
    a_.add(Add::kAdd, kX, kToEnd, kTo, kLength);
    branch(Cc::hi, 16, above16);
    branch(Cc::lo, 8, small);
    copy_ends(Access::kLdrX, Access::kStrX, 8);
    a_.bind(small);
    copy_small();

    a_.bind(above16);
    branch(Cc::hi, 32, above32);
    a_.access(VecAccess::kLdrQ, k0, Mem::at(kFrom));
    a_.access(VecAccess::kLdrQ, k1, Mem::at(kFromEnd, -16));
    a_.access(VecAccess::kStrQ, k0, Mem::at(kTo));
    a_.access(VecAccess::kStrQ, k1, Mem::at(kToEnd, -16));
    a_.ret();
    a_.bind(above32);
    branch(Cc::hi, 64, above64);
    a_.ldp(16, k0, k1, Mem::at(kFrom, 0));
    a_.ldp(16, k2, k3, Mem::at(kFromEnd, -32));
    a_.stp(16, k0, k1, Mem::at(kTo, 0));
    a_.stp(16, k2, k3, Mem::at(kToEnd, -32));
    a_.ret();

    // To below from, or behind all of it: forwards. kC: what is left.
    const Label backwards = a_.new_label(), forwards = a_.new_label(), again = a_.new_label();
    a_.bind(above64);
    a_.add(Add::kSub, kX, kA, kTo, kFrom);
    a_.cmp(kX, kA, kLength);
    a_.mov(kX, kC, kLength);
    a_.b(Cc::lo, backwards);
    a_.ldp(16, k2, k3, Mem::at(kFromEnd, -32));
    a_.mov(kX, kA, kFrom);
    a_.mov(kX, kB, kTo);
    a_.bind(forwards);
    a_.ldp(16, k0, k1, Mem::post(kA, 32));
    a_.stp(16, k0, k1, Mem::post(kB, 32));
    a_.add(Add::kSub, kX, kC, kC, uint32_t{32});
    a_.cmp(kX, kC, uint32_t{32});
    a_.b(Cc::hi, forwards);
    a_.stp(16, k2, k3, Mem::at(kToEnd, -32));
    a_.ret();

    a_.bind(backwards);
    a_.ldp(16, k2, k3, Mem::at(kFrom, 0));
    a_.bind(again);
    a_.ldp(16, k0, k1, Mem::pre(kFromEnd, -32));
    a_.stp(16, k0, k1, Mem::pre(kToEnd, -32));
    a_.add(Add::kSub, kX, kC, kC, uint32_t{32});
    a_.cmp(kX, kC, uint32_t{32});
    a_.b(Cc::hi, again);
    a_.stp(16, k2, k3, Mem::at(kTo, 0));
    a_.ret();
    return at;
  }

  uint32_t fill() {
    a_.align(16);
    const uint32_t at = a_.offset();
    const Label above16 = a_.new_label(), above32 = a_.new_label(), above64 = a_.new_label(), below8 = a_.new_label();
    a_.logic(Logic::kAnd, W::k32, kA, kFrom, uint64_t{0xff});
    a_.mov(kB, uint64_t{0x0101010101010101});
    a_.binary(Binary::kMul, kX, kA, kA, kB);
    a_.add(Add::kAdd, kX, kToEnd, kTo, kLength);
    branch(Cc::hi, 16, above16);
    branch(Cc::lo, 8, below8);
    fill_ends(Access::kStrX, 8);
    a_.bind(below8);
    fill_small();

    a_.bind(above16);
    branch(Cc::hi, 32, above32);
    a_.stp(kX, kA, kA, Mem::at(kTo, 0));
    a_.stp(kX, kA, kA, Mem::at(kToEnd, -16));
    a_.ret();
    a_.bind(above32);
    branch(Cc::hi, 64, above64);
    for (int32_t k : {0, 16}) a_.stp(kX, kA, kA, Mem::at(kTo, k));
    for (int32_t k : {-32, -16}) a_.stp(kX, kA, kA, Mem::at(kToEnd, k));
    a_.ret();
    const Label again = a_.new_label();
    a_.bind(above64);
    a_.mov(kX, kB, kTo);
    a_.mov(kX, kC, kLength);
    a_.bind(again);
    a_.stp(kX, kA, kA, Mem::post(kB, 16));
    a_.stp(kX, kA, kA, Mem::post(kB, 16));
    a_.add(Add::kSub, kX, kC, kC, uint32_t{32});
    a_.cmp(kX, kC, uint32_t{32});
    a_.b(Cc::hi, again);
    for (int32_t k : {-32, -16}) a_.stp(kX, kA, kA, Mem::at(kToEnd, k));
    a_.ret();
    return at;
  }

 private:
  void branch(Cc cc, uint32_t length, Label to) {
    a_.cmp(kX, kLength, length);
    a_.b(cc, to);
  }
  void copy_ends(Access load, Access store, int32_t bytes) {
    a_.access(load, kA, Mem::at(kFrom));
    a_.access(load, kB, Mem::at(kFromEnd, -bytes));
    a_.access(store, kA, Mem::at(kTo));
    a_.access(store, kB, Mem::at(kToEnd, -bytes));
    a_.ret();
  }
  void copy_small() {  // below 8
    const Label below4 = a_.new_label(), one = a_.new_label(), done = a_.new_label();
    branch(Cc::lo, 4, below4);
    copy_ends(Access::kLdrW, Access::kStrW, 4);
    a_.bind(below4);
    branch(Cc::lo, 2, one);
    a_.access(Access::kLdrh, kA, Mem::at(kFrom));
    a_.access(Access::kLdrb, kB, Mem::at(kFromEnd, -1));
    a_.access(Access::kStrh, kA, Mem::at(kTo));
    a_.access(Access::kStrb, kB, Mem::at(kToEnd, -1));
    a_.ret();
    a_.bind(one);
    a_.cbz(kX, kLength, done);
    a_.access(Access::kLdrb, kA, Mem::at(kFrom));
    a_.access(Access::kStrb, kA, Mem::at(kTo));
    a_.bind(done);
    a_.ret();
  }
  void fill_ends(Access store, int32_t bytes) {
    a_.access(store, kA, Mem::at(kTo));
    a_.access(store, kA, Mem::at(kToEnd, -bytes));
    a_.ret();
  }
  void fill_small() {  // below 8
    const Label below4 = a_.new_label(), one = a_.new_label(), done = a_.new_label();
    branch(Cc::lo, 4, below4);
    fill_ends(Access::kStrW, 4);
    a_.bind(below4);
    branch(Cc::lo, 2, one);
    a_.access(Access::kStrh, kA, Mem::at(kTo));
    a_.access(Access::kStrb, kA, Mem::at(kToEnd, -1));
    a_.ret();
    a_.bind(one);
    a_.cbz(kX, kLength, done);
    a_.access(Access::kStrb, kA, Mem::at(kTo));
    a_.bind(done);
    a_.ret();
  }

  Masm& a_;
};

}  // namespace

BulkCode emit_bulk(Masm& a) {
  Bulk bulk(a);
  const uint32_t copy = bulk.copy();
  return {copy, bulk.fill()};
}

}  // namespace wjit::a64
