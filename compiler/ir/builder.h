// Appends instructions to a block. One method per shape of instruction; the numeric ones take the Op.
#pragma once
#include <initializer_list>

#include "compiler/ir/function.h"
#include "compiler/ir/row_types.h"

namespace wjit::ir {

class Builder {
 public:
  explicit Builder(Function& f) : f_(f) {}

  Function& function() { return f_; }
  Block block() const { return block_; }
  void set_block(Block b) { block_ = b; }
  // Of the wasm instruction that what follows comes from: an offset in the module.
  void set_offset(uint32_t wasm_offset) { offset_ = wasm_offset; }
  uint32_t offset() const { return offset_; }

  Value iconst(Type t, uint64_t value) {
    return constant(Op::iconst, t, t == Type::kI32 ? static_cast<uint32_t>(value) : value);
  }
  Value fconst(Type t, uint64_t bits) { return constant(Op::fconst, t, bits); }
  Value vconst(const std::array<uint8_t, 16>& bytes) {
    return one({.op = Op::vconst, .type = Type::kV128, .c = f_.add_vector_constant(bytes)}, Type::kV128);
  }
  Value unary(Op op, Type t, Value a) { return one({.op = op, .type = t, .a = a.n}, t); }
  Value extend_u(Value a) { return unary(Op::extend_u, Type::kI64, a); }
  Value extend_s(Value a) { return unary(Op::extend_s, Type::kI64, a); }
  Value wrap(Value a) { return unary(Op::wrap, Type::kI32, a); }
  Value fpromote(Value a) { return unary(Op::fpromote, Type::kF64, a); }
  Value fdemote(Value a) { return unary(Op::fdemote, Type::kF32, a); }
  Value convert(Op op, Type to, Type from, Value a) {
    return one({.op = op, .type = to, .aux = static_cast<uint16_t>(from), .a = a.n}, to);
  }
  Value binary(Op op, Type t, Value a, Value b) { return one({.op = op, .type = t, .a = a.n, .b = b.n}, t); }
  Value icmp(IntCc cc, Type operands, Value a, Value b) {
    return one({.op = Op::icmp, .type = operands, .aux = static_cast<uint16_t>(cc), .a = a.n, .b = b.n}, Type::kI32);
  }
  Value fcmp(FloatCc cc, Type operands, Value a, Value b) {
    return one({.op = Op::fcmp, .type = operands, .aux = static_cast<uint16_t>(cc), .a = a.n, .b = b.n}, Type::kI32);
  }
  Value select(Type t, Value condition, Value if_true, Value if_false) {
    return one({.op = Op::select, .type = t, .a = condition.n, .b = if_true.n, .c = if_false.n}, t);
  }
  // What the VecOp's row takes: operands behind those it has are left out; a lane, or a shuffle's vector constant.
  Value vec(VecOp op, std::initializer_list<Value> operands, uint32_t lane = 0) {
    InstData d{.op = vec_row(op), .type = vec_type(op), .aux = static_cast<uint16_t>(op), .c = lane};
    uint32_t* const fields[] = {&d.a, &d.b, &d.c};
    size_t k = 0;
    for (Value v : operands) *fields[k++] = v.n;
    return one(d, result_type(d.op, d.type));
  }
  Value vshuffle(Value a, Value b, const std::array<uint8_t, 16>& indices) {
    return vec(VecOp::i8x16_shuffle, {a, b}, f_.add_vector_constant(indices));
  }
  Value vzext(Type scalar, Value a) { return one({.op = Op::vzext, .type = scalar, .a = a.n}, Type::kV128); }
  Value load(Op op, Type t, Access access, Value address, int32_t displacement) {
    return one({.op = op, .type = t, .aux = access.pack(), .a = address.n, .c = static_cast<uint32_t>(displacement)}, t);
  }
  void store(Op op, Type t, Access access, Value address, Value value, int32_t displacement) {
    none({.op = op, .type = t, .aux = access.pack(), .a = address.n, .b = value.n,
          .c = static_cast<uint32_t>(displacement)});
  }
  void bulk(Op op, Value to, Value from, Value length) { none({.op = op, .a = to.n, .b = from.n, .c = length.n}); }
  void check(Op op, Value condition, uint16_t trap_code = 0) { none({.op = op, .aux = trap_code, .a = condition.n}); }
  void fuel(uint64_t cost) {
    InstData d{.op = Op::fuel};
    d.set_imm(cost);
    none(d);
  }
  void epoch() { none({.op = Op::epoch}); }
  void epoch_trap() { none({.op = Op::epoch_trap}); }

  // Results: f.result(i, 0 …).
  Inst call(Op op, Sig sig, uint32_t callee, std::span<const Value> args) {
    const InstData d{.op = op, .a = f_.new_list(args).at, .b = sig.n, .c = callee};
    return put(d, f_.call_results(d));
  }
  // The normal edge gets the results as its first arguments, the handlers' edges the exception. More are the caller's to
  // append.
  struct Catch {
    uint32_t tag;  // or Handler::kAny
    Block to;
  };
  Inst try_call(Op op, Sig sig, uint32_t callee, std::span<const Value> args, Block normal,
                std::span<const Catch> catches) {
    TryData t{callee, f_.new_edge(normal), {}};
    for (const Catch& c : catches) t.handlers.push_back({c.tag, f_.new_edge(c.to)});
    const List l = f_.new_list(args);
    const InstData d{.op = op, .a = l.at, .b = sig.n, .c = f_.new_try(t).n};
    const Inst i = put(d, f_.call_results(d));
    const uint32_t results = f_.result_count(i) - 1;
    for (uint32_t k = 0; k < results; ++k) f_.append(f_.edge(t.normal).args, f_.result(i, k));
    for (const Handler& h : t.handlers) f_.append(f_.edge(h.edge).args, f_.result(i, results));
    return i;
  }

  Inst jump(Block to, std::span<const Value> args = {}) {
    return put({.op = Op::jump, .a = f_.new_edge(to, args).n}, {});
  }
  Inst brif(Value condition, Edge if_true, Edge if_false, uint16_t likely = 0) {
    return put({.op = Op::brif, .aux = likely, .a = condition.n, .b = if_true.n, .c = if_false.n}, {});
  }
  Inst br_table(Value index, std::span<const Edge> edges) {
    return put({.op = Op::br_table, .a = index.n, .b = f_.new_table(edges).n}, {});
  }
  Inst return_(std::span<const Value> values) { return put({.op = Op::return_, .a = f_.new_list(values).at}, {}); }
  Inst trap(uint16_t code) { return put({.op = Op::trap, .aux = code}, {}); }

  Inst put(const InstData& d, std::span<const Type> results) {
    const Inst i = f_.new_inst(d, results, offset_);
    f_.append_inst(block_, i);
    return i;
  }

 private:
  Value one(const InstData& d, Type result) { return f_.result(put(d, {&result, 1})); }
  void none(const InstData& d) { put(d, {}); }
  Value constant(Op op, Type t, uint64_t bits) {
    InstData d{.op = op, .type = t};
    d.set_imm(bits);
    return one(d, t);
  }

  Function& f_;
  Block block_;
  uint32_t offset_ = 0;
};

}  // namespace wjit::ir
