// What rules are written with. Private to the folder.
#pragma once
#include "compiler/opt/rules.h"

namespace wjit::opt {

// Vectors' share of apply_rules: instructions with a VecOp, and vzext.
Rewritten apply_vector_rules(ir::Function& f, ir::Inst i, std::vector<ir::Inst>& made);

// Division by a constant that is neither 0 nor -1 (divide.cpp).
Rewritten divide_by_constant(ir::Function& f, ir::Inst i, uint64_t divisor, std::vector<ir::Inst>& made);

class Rewriter {
 public:
  Rewriter(ir::Function& f, ir::Inst i, std::vector<ir::Inst>& made) : f_(f), i_(i), d_(f.inst(i)), made_(made) {}

 protected:
  using Inst = ir::Inst;
  using InstData = ir::InstData;
  using Op = ir::Op;
  using Type = ir::Type;
  using Value = ir::Value;

  static constexpr Rewritten kNothing{};
  static constexpr Rewritten kChanged{Rewritten::kChanged, {}};
  Rewritten is(Value v) const { return {Rewritten::kIsValue, f_.resolve(v)}; }

  static uint64_t mask(Type t) { return t == Type::kI32 ? 0xffffffff : ~uint64_t{0}; }
  static unsigned bits(Type t) { return t == Type::kI32 ? 32 : 64; }

  const InstData* def(Value v) const {
    const Inst i = f_.def(v);
    return i.valid() ? &f_.inst(i) : nullptr;
  }
  const InstData* def(Value v, Op op) const {
    const InstData* d = def(v);
    return d && d->op == op ? d : nullptr;
  }
  bool is_const(Value v, uint64_t* out) const {
    const InstData* d = def(f_.resolve(v), Op::iconst);
    if (d) *out = d->imm();
    return d != nullptr;
  }
  Value make(const InstData& d, Type result) {
    const Inst n = f_.new_inst(d, {&result, 1}, f_.wasm_offset(i_));
    f_.insert_before(i_, n);
    made_.push_back(n);
    return f_.result(n);
  }
  Value constant(Type t, uint64_t value) {
    InstData d{.op = Op::iconst, .type = t};
    d.set_imm(value & mask(t));
    return make(d, t);
  }
  Value unary(Op op, Type t, Value a) { return make({.op = op, .type = t, .a = a.n}, t); }
  Value binary(Op op, Type t, Value a, Value b) { return make({.op = op, .type = t, .a = a.n, .b = b.n}, t); }
  Value binary(Op op, Type t, Value a, uint64_t b) { return binary(op, t, a, constant(t, b)); }
  // The instruction becomes another one of the same result type. d_ stays what it was.
  Rewritten become(const InstData& d) {
    f_.inst(i_) = d;
    return kChanged;
  }
  Rewritten become(Op op, Type t, Value a) { return become({.op = op, .type = t, .a = a.n}); }
  Rewritten become(Op op, Type t, Value a, Value b) { return become({.op = op, .type = t, .a = a.n, .b = b.n}); }
  Rewritten become(Op op, Type t, Value a, uint64_t b) { return become(op, t, a, constant(t, b)); }
  Rewritten become_const(Type t, uint64_t value) {
    InstData d{.op = Op::iconst, .type = t};
    d.set_imm(value & mask(t));
    return become(d);
  }
  Rewritten become_float(Type t, uint64_t bits) {
    InstData d{.op = Op::fconst, .type = t};
    d.set_imm(t == Type::kF32 ? bits & 0xffffffff : bits);
    return become(d);
  }

  ir::Function& f_;
  const Inst i_;
  const InstData d_;  // as it was
  std::vector<Inst>& made_;
};

}  // namespace wjit::opt
