#include "compiler/ir/verify.h"

#include <functional>

#include "catch.h"
#include "compiler/ir/libcall.h"
#include "compiler/ir/print.h"
#include "unit/compiler/ir/random_function.h"
#include "vmcontext/traps.h"

using namespace wjit;
using namespace wjit::ir;

namespace {

// A diamond with a parameter behind it, and one of most kinds of instruction:
//   block0 → block1(v6), block2; block1, block2 → block3(i64) → return
struct Sample {
  Function f;
  Builder b{f};
  Block b0, b1, b2, b3;
  Value i32, i64, f64, joined;
  Sig sig, mem_sig;
  Edge to1, to2, to3a, to3b, to3c;
  Inst add, brif, table, ret, libcall, call;

  Sample() {
    f.number = 7;
    f.signature = {{Type::kI32}, {Type::kI64}};
    for (Block* x : {&b0, &b1, &b2, &b3}) f.append_block(*x = f.new_block());
    for (Type t : {Type::kI64, Type::kI64, Type::kI32}) f.append_param(b0, t);
    joined = f.append_param(b3, Type::kI64);
    sig = f.add_signature({{Type::kI64}, {Type::kF64, Type::kI32}});
    mem_sig = f.add_signature(libcall_signature(vm::Libcall::memory_grow));
    b.set_block(b0);
    i32 = f.params(b0)[2];
    add = f.def(b.binary(Op::add, Type::kI32, i32, i32));
    i64 = b.extend_u(f.result(add));
    f64 = b.convert(Op::convert_s, Type::kF64, Type::kI64, i64);
    b.store(Op::store, Type::kF64, {Region::kHeap, 0, true}, i64, f64, 8);
    b.check(Op::trap_if, i32, uint16_t(vm::TrapCode::kTableOutOfBounds));
    b.check(Op::leave_if, i32);
    brif = b.brif(i32, to1 = f.new_edge(b1), to2 = f.new_edge(b2));
    b.set_block(b1);
    const Value args[] = {i64}, grow[] = {f.params(b0)[0], i32, i64};
    call = b.call(Op::call, sig, 3, args);
    libcall = b.call(Op::libcall, mem_sig, static_cast<uint32_t>(vm::Libcall::memory_grow), grow);
    b.jump(b3, args);
    to3a = Edge(f.inst(f.terminator(b1)).a);
    b.set_block(b2);
    to3b = f.new_edge(b3, args);
    to3c = f.new_edge(b3, args);
    const Edge edges[] = {to3b, to3c, to3b};
    table = b.br_table(i32, edges);
    b.set_block(b3);
    const Value results[] = {joined};
    ret = b.return_(results);
  }
  InstData& at(Inst i) { return f.inst(i); }
  // In place of block1's jump: normally on to block3 with the i64 that this function gives, or to block3 with the
  // exception, or to block2.
  Inst try_call() {
    f.remove(f.terminator(b1));
    b.set_block(b1);
    const Value args[] = {i64};
    const Builder::Catch catches[] = {{5, b3}, {Handler::kAny, b2}};
    const Inst i = b.try_call(Op::try_call, f.add_signature({{Type::kI64}, {Type::kI64}}), 3, args, b3, catches);
    f.edge(f.try_data(Try(f.inst(i).c)).handlers[1].edge).args = {};
    return i;
  }
  TryData& try_of(Inst i) { return f.try_data(Try(f.inst(i).c)); }
  // A vector instruction before the return. Its operands are vectors, but for a splat's.
  void vector(VecOp op, Op row, Type type, uint32_t c = 0, bool wrong_operand = false) {
    const Type vector_type = Type::kV128, result = result_type(row, type);
    const Inst constant = f.new_inst({.op = Op::vconst, .type = vector_type, .c = f.add_vector_constant({})}, {&vector_type, 1}, 0);
    f.insert_before(ret, constant);
    const Value v = f.result(constant), a = wrong_operand ? i32 : row == Op::vsplat ? i64 : v;
    const InstData d{.op = row, .type = type, .aux = static_cast<uint16_t>(op), .a = a.n, .b = v.n, .c = c};
    f.insert_before(ret, f.new_inst(d, {&result, 1}, 0));
  }
};

struct Broken {
  std::string_view what;  // the message has this
  std::function<void(Sample&)> how;
};

const Broken kBroken[] = {
    // layout
    {"block0: `jump block0`: a branch to the entry block0", [](Sample& s) {
       s.f.edge(s.to3a).args = {}, s.f.edge(s.to3a).to = s.b0;
       s.f.remove(s.brif);
       s.b.set_block(s.b0), s.b.put({.op = Op::jump, .a = s.to3a.n}, {});
     }},
    {"linked both ways", [](Sample& s) { s.f.block(s.b2).prev = s.b0; }},
    {"linked both ways", [](Sample& s) { s.f.block(s.b2).laid_out = false; }},
    {"the last that it leads to", [](Sample& s) { s.f.block(s.b2).next = Block(); }},
    {"block9 is in the layout, expected one of 4", [](Sample& s) { s.f.block(s.b3).next = Block(9); }},
    {"block3: the block can be reached and does not end in a terminator", [](Sample& s) { s.f.remove(s.ret); }},
    {"`trap unreachable`: a terminator before the block's end",
     [](Sample& s) { s.f.insert_before(s.add, s.f.new_inst({.op = Op::trap, .aux = 1}, {}, 0)); }},
    {"block0: expected its last instruction to be the last", [](Sample& s) { s.f.block(s.b0).last = s.add; }},
    {"the instruction is in the layout twice", [](Sample& s) { s.f.block(s.b2).first = s.add; }},
    {"the instruction is in block3 by its own word", [](Sample& s) { s.f.block(s.b2).first = s.ret; }},
    // the entry
    {"block0: the entry has 4 parameters, expected 3", [](Sample& s) { s.f.append_param(s.b0, Type::kI32); }},
    {"the entry's parameter 2 is i32, expected f32", [](Sample& s) { s.f.signature.params = {Type::kF32}; }},
    // definitions
    {"another name of v99", [](Sample& s) {
       s.f.make_alias(s.joined, s.i64);
       const_cast<ValueData&>(s.f.value(s.joined)).owner = 99;
     }},
    {"is another name of", [](Sample& s) {
       s.f.make_alias(s.joined, s.i64);
       s.f.make_alias(s.i64, s.f64);
       const_cast<ValueData&>(s.f.value(s.f64)).kind = ValueData::Kind::kAlias;
       const_cast<ValueData&>(s.f.value(s.f64)).owner = s.joined.n;
     }},
    {"parameter 0 is v3, which says that it is something else",
     [](Sample& s) { s.f.make_alias(s.joined, s.i64); }},
    {"v3 is parameter 0, not 1", [](Sample& s) { const_cast<ValueData&>(s.f.value(s.joined)).index = 1; }},
    {"v3 has no type", [](Sample& s) { const_cast<ValueData&>(s.f.value(s.joined)).type = Type::kNone; }},
    {"block1: parameter 0 is no value", [](Sample& s) { s.f.append(s.f.block(s.b1).params, Value(999)); }},
    {"block1: parameter 0 is v3, which says that it is something else",
     [](Sample& s) { s.f.append(s.f.block(s.b1).params, s.joined); }},
    {"is v5, which nothing in the layout defines", [](Sample& s) { s.f.remove(s.f.def(s.i64)); }},
    // operands and types
    {"block0: `v4 = add.i32 v2, v5`: operand b is v5, i64; expected i32", [](Sample& s) { s.at(s.add).b = s.i64.n; }},
    {"operand b is no value, expected i32", [](Sample& s) { s.at(s.add).b = 1000; }},
    {"type f64, expected one of [il]", [](Sample& s) { s.at(s.add).type = Type::kF64; }},
    {"result v4 is i32, expected i64", [](Sample& s) {
       s.at(s.add).type = Type::kI64;
       s.at(s.add).a = s.at(s.add).b = s.f.params(s.b0)[0].n;
     }},
    {"0 results, expected 1", [](Sample& s) {
       s.f.insert_before(s.add, s.f.new_inst({.op = Op::clz, .type = Type::kI32, .a = s.i32.n}, {}, 0));
     }},
    {"type i32, expected i64", [](Sample& s) { s.at(s.f.def(s.i64)).type = Type::kI32; }},
    {"does not convert from v128", [](Sample& s) { s.at(s.f.def(s.f64)).aux = uint16_t(Type::kV128); }},
    {"does not convert from no type", [](Sample& s) { s.at(s.f.def(s.f64)).aux = 999; }},
    {"condition 10, expected less than 10", [](Sample& s) {
       s.b.set_block(s.b3);
       s.f.remove(s.ret), s.b.icmp(IntCc(10), Type::kI32, s.i32, s.i32), s.f.append_inst(s.b3, s.ret);
     }},
    {"the constant is 0x100000000, expected 32 bits", [](Sample& s) {
       InstData d{.op = Op::iconst, .type = Type::kI32};
       d.set_imm(1ull << 32);
       const Type t = Type::kI32;
       s.f.insert_before(s.add, s.f.new_inst(d, {&t, 1}, 0));
     }},
    {"vector constant 0, expected one of 0", [](Sample& s) {
       const Type t = Type::kV128;
       s.f.insert_before(s.add, s.f.new_inst({.op = Op::vconst, .type = t}, {&t, 1}, 0));
     }},
    // vectors
    {"vector operation 9999, expected less than", [](Sample& s) { s.vector(VecOp(9999), Op::vunary, Type::kV128); }},
    {"i8x16.add has other operands than vunary", [](Sample& s) { s.vector(VecOp::i8x16_add, Op::vunary, Type::kV128); }},
    {"v128.load has other operands than vunary", [](Sample& s) { s.vector(VecOp::v128_load, Op::vunary, Type::kV128); }},
    {"type i64, expected i32 of i8x16.splat", [](Sample& s) { s.vector(VecOp::i8x16_splat, Op::vsplat, Type::kI64); }},
    {"type v128, expected one of [ilfd]", [](Sample& s) { s.vector(VecOp::i8x16_splat, Op::vsplat, Type::kV128); }},
    {"operand a is v2, i32; expected v128", [](Sample& s) { s.vector(VecOp::v128_not, Op::vunary, Type::kV128, 0, true); }},
    {"lane 4, expected less than 4", [](Sample& s) { s.vector(VecOp::f32x4_extract_lane, Op::vextract, Type::kF32, 4); }},
    {"lane 2, expected less than 2", [](Sample& s) { s.vector(VecOp::i64x2_extract_lane, Op::vextract, Type::kI64, 2); }},
    {"vector constant 7, expected one of", [](Sample& s) { s.vector(VecOp::i8x16_shuffle, Op::vshuffle, Type::kV128, 7); }},
    {"shuffles lane 32, expected less than 32", [](Sample& s) {
       s.vector(VecOp::i8x16_shuffle, Op::vshuffle, Type::kV128, s.f.add_vector_constant({31, 0, 32}));
     }},
    {"expected a region of memory", [](Sample& s) {
       for (Inst i = s.add; i.valid(); i = s.f.next(i))
         if (s.at(i).op == Op::store) s.at(i).aux = 8;
     }},
    {"200 is no trap code", [](Sample& s) { s.b.set_block(s.b3), s.at(s.ret) = {.op = Op::trap, .aux = 200}; }},
    {"`trap none`: 0 is no trap code", [](Sample& s) { s.at(s.ret) = {.op = Op::trap}; }},
    {"trap code 1, expected none", [](Sample& s) {
       for (Inst i = s.add; i.valid(); i = s.f.next(i))
         if (s.at(i).op == Op::leave_if) s.at(i).aux = 1;
     }},
    {"type i32, expected none", [](Sample& s) { s.at(s.ret).type = Type::kI32; }},
    // calls
    {"sig5, expected one of 2", [](Sample& s) { s.at(s.call).b = 5; }},
    {"0 arguments, expected 1", [](Sample& s) { s.at(s.call).a = 0; }},
    {"argument 0 is v2, i32; expected i64", [](Sample& s) { s.f.set({s.at(s.call).a}, 0, s.i32); }},
    {"`v7, v8 = call_indirect sig0(v5)`: 1 arguments, expected 3", [](Sample& s) { s.at(s.call).op = Op::call_indirect; }},
    {"expected arguments to be a list", [](Sample& s) { s.at(s.call).a = 4444; }},
    {"expected a list that has no other owner", [](Sample& s) { s.at(s.call).a = s.f.edge(s.to3a).args.at; }},
    {"2 results, expected 1", [](Sample& s) { s.at(s.call).b = s.f.add_signature({{Type::kI64}, {Type::kF64}}).n; }},
    {"libcall 77, expected less than", [](Sample& s) { s.at(s.libcall).c = 77; }},
    {"sig1 is not the signature of memory_copy",
     [](Sample& s) { s.at(s.libcall).c = uint32_t(vm::Libcall::memory_copy); }},
    {"a callee whose results are the function's own", [](Sample& s) {
       s.at(s.ret) = {.op = Op::return_call, .a = s.at(s.ret).a, .b = s.sig.n, .c = 1};
     }},
    // calls that may throw
    {"argument 0 is v2, i32; expected i64", [](Sample& s) { s.f.set({s.at(s.try_call()).a}, 0, s.i32); }},
    {"try 7, expected one of 1", [](Sample& s) { s.at(s.try_call()).c = 7; }},
    {"expected a try that no other instruction has", [](Sample& s) {
       const Inst i = s.try_call();
       const Type types[] = {Type::kI64, Type::kI64};
       s.f.remove(s.table);
       s.f.append_inst(s.b2, s.f.new_inst(s.at(i), types, 0));
       s.at(s.f.terminator(s.b2)).a = s.f.new_list(s.f.args(i)).at;
     }},
    {"expected an edge of its own", [](Sample& s) {
       const Inst i = s.try_call();
       s.try_of(i).handlers[0].edge = s.try_of(i).normal;
     }},
    {"0 edge arguments, expected 1", [](Sample& s) { s.f.edge(s.try_of(s.try_call()).handlers[0].edge).args = {}; }},
    {"2 results, expected 3", [](Sample& s) {
       s.at(s.try_call()).b = s.f.add_signature({{Type::kI64}, {Type::kI64, Type::kI64}}).n;
     }},
    // the callee's result, on the way of an exception
    {"v10 is used, expected it as an argument of the edges of its call that it exists on alone",
     [](Sample& s) {
       const Inst i = s.try_call();
       s.f.set(s.f.edge(s.try_of(i).handlers[0].edge).args, 0, s.f.result(i, 0));
     }},
    // and the other way round
    {"v11 is used, expected it as an argument", [](Sample& s) {
       const Inst i = s.try_call();
       s.f.set(s.f.edge(s.try_of(i).normal).args, 0, s.f.result(i, 1));
     }},
    {"v10 is used, expected it as an argument", [](Sample& s) {
       const Inst i = s.try_call();
       s.f.set({s.at(i).a}, 0, s.f.result(i, 0));
     }},
    // in a block that the normal edge alone leads to
    {"v10 is used, expected it as an argument", [](Sample& s) {
       const Inst i = s.try_call();
       const Block only = s.f.new_block();
       s.f.append_block(only);
       s.f.edge(s.try_of(i).normal) = {only, {}};
       s.b.set_block(only);
       s.b.jump(s.b3, std::array{s.f.result(i, 0)});
     }},
    // edges
    {"block1: `jump block3`: 0 edge arguments, expected 1", [](Sample& s) { s.f.edge(s.to3a).args = {}; }},
    {"edge argument 0 is v2, i32; expected i64", [](Sample& s) { s.f.set(s.f.edge(s.to3a).args, 0, s.i32); }},
    {"block4 is not in the layout", [](Sample& s) { s.f.edge(s.to1).to = s.f.new_block(); }},
    {"block44 is not in the layout", [](Sample& s) { s.f.edge(s.to1).to = Block(44); }},
    {"edge 99, expected one of 5", [](Sample& s) { s.at(s.brif).b = 99; }},
    {"expected an edge of its own", [](Sample& s) { s.at(s.brif).b = s.to2.n; }},
    {"the condition is v5, i64; expected i32", [](Sample& s) { s.at(s.brif).a = s.i64.n; }},
    {"the index is v5, i64; expected i32", [](Sample& s) { s.at(s.table).a = s.i64.n; }},
    {"table 3, expected one of 1", [](Sample& s) { s.at(s.table).b = 3; }},
    {"the table is empty", [](Sample& s) { s.at(s.table).b = s.f.new_table({}).n; }},
    {"expected a table that no other instruction has", [](Sample& s) {
       s.at(s.f.terminator(s.b1)) = s.at(s.table);
     }},
    {"1 returned values, expected 2", [](Sample& s) { s.f.signature.results.push_back(Type::kI32); }},
    // dominance
    {"block2: `br_table v8, [block3(v5), block3(v5)], block3(v5)`: v8 is used where its definition in block1 does not dominate",
     [](Sample& s) { s.at(s.table).a = s.f.result(s.call, 1).n; }},
    {"`jump block3(v3)`: v3 is used where its definition in block3 does not dominate",
     [](Sample& s) { s.f.set(s.f.edge(s.to3a).args, 0, s.joined); }},
    {"block2: `br_table v2, [block3(v5), block3(v3)], block3(v5)`: v3 is used",
     [](Sample& s) { s.f.set(s.f.edge(s.to3c).args, 0, s.joined); }},
    {"`v4 = add.i32 v4, v2`: v4 is used", [](Sample& s) { s.at(s.add).a = s.f.result(s.add).n; }},
};

}  // namespace

TEST_CASE("ir verify: a sample and random functions are well-formed", "[ir]") {
  CHECK(verify(Sample().f));
  std::mt19937 random(20261121);
  for (int round = 0; round < 500; ++round) {
    const Function f = random_function(random);
    const auto ok = verify(f);
    if (!ok) FAIL(round << ": " << ok.error().message() << "\n" << print(f));
  }
}

TEST_CASE("ir verify: every broken invariant is found and named", "[ir]") {
  for (const Broken& broken : kBroken) {
    Sample s;
    broken.how(s);
    const auto result = verify(s.f);
    INFO("expected: " << broken.what);
    REQUIRE_FALSE(result);
    CHECK_THAT(result.error().message(), Catch::Contains(std::string(broken.what)));
    CHECK_THAT(result.error().message(), Catch::StartsWith("function 7: "));
  }
}

TEST_CASE("ir verify: a call that may throw", "[ir]") {
  Sample s;
  const Inst i = s.try_call();
  const auto result = verify(s.f);
  INFO((result ? "" : result.error().message()));
  CHECK(result);
  CHECK(print_inst(s.f, i) == "v10, v11 = try_call fn3 sig2(v5), block3(v10), [tag5 block3(v11), any block2]");
}

TEST_CASE("ir verify: no blocks at all", "[ir]") {
  const auto result = verify(Function());
  REQUIRE_FALSE(result);
  CHECK(result.error().message() == "function 0: there are no blocks, expected an entry");
}

TEST_CASE("ir verify: aliases stand for what they name, and dead blocks may be anything well-typed", "[ir]") {
  Sample s;
  // Behind the return, where nothing leads: uses what is defined elsewhere, and does not end.
  const Block dead = s.f.new_block();
  s.f.append_block(dead);
  s.b.set_block(dead);
  s.b.binary(Op::sub, Type::kI64, s.joined, s.i64);
  CHECK(verify(s.f));
  // block3's parameter is the value that every edge gives it.
  s.f.make_alias(s.joined, s.i64);
  s.f.remove_param(s.b3, 0);
  for (Edge e : {s.to3a, s.to3b, s.to3c}) s.f.truncate(s.f.edge(e).args, 0);
  const auto result = verify(s.f);
  INFO((result ? "" : result.error().message()));
  CHECK(result);
  CHECK(print_inst(s.f, s.ret) == "return v5");
  s.f.resolve_aliases();
  CHECK(s.f.args(s.ret)[0] == s.i64);
}

// A chain of blocks that all use the first's value and branch to the last, and a table of 10^5 entries with an argument.
TEST_CASE("ir verify: large functions take near-linear time", "[ir]") {
  Function f;
  Builder b(f);
  constexpr uint32_t kMany = 100'000;
  for (uint32_t i = 0; i <= kMany; ++i) f.append_block(f.new_block());
  f.append_param(Block(0), Type::kI64);
  f.append_param(Block(0), Type::kI64);
  f.append_param(Block(kMany), Type::kI32);
  b.set_block(Block(0));
  const Value v = b.iconst(Type::kI32, 1);
  for (uint32_t i = 0; i < kMany; ++i) {
    b.set_block(Block(i));
    const Value x[] = {b.binary(Op::add, Type::kI32, v, v)};
    if (i + 1 < kMany) {
      b.brif(x[0], f.new_edge(Block(i + 1)), f.new_edge(Block(kMany), x));
    } else {
      const std::vector<Edge> edges(kMany, f.new_edge(Block(kMany), x));
      b.br_table(v, edges);
    }
  }
  b.set_block(Block(kMany));
  b.return_({});
  const auto result = verify(f);
  INFO((result ? "" : result.error().message()));
  CHECK(result);
}
