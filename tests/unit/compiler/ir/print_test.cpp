#include "compiler/ir/print.h"

#include <bit>

#include "catch.h"
#include "compiler/ir/builder.h"
#include "compiler/ir/libcall.h"
#include "compiler/ir/verify.h"
#include "vmcontext/traps.h"

using namespace wjit;
using namespace wjit::ir;

namespace {

// One of every format.
Function sample() {
  Function f;
  Builder b(f);
  f.name = "a\"b\\c\n";
  f.number = 12;
  f.signature = {{Type::kI32, Type::kF32}, {Type::kI64, Type::kF64}};
  const Block b0 = f.new_block(), b1 = f.new_block(), b2 = f.new_block();
  for (Block x : {b0, b2, b1}) f.append_block(x);
  f.block(b1).cold = true;
  for (Type t : {Type::kI64, Type::kI64, Type::kI32, Type::kF32}) f.append_param(b0, t);
  const Value p = f.append_param(b1, Type::kI64), vmctx = f.params(b0)[0], x = f.params(b0)[2], y = f.params(b0)[3];
  const Sig pair = f.add_signature({{Type::kI32}, {Type::kI64, Type::kF64}});
  const Sig grow = f.add_signature(libcall_signature(vm::Libcall::memory_grow));
  b.set_block(b0);
  b.set_offset(0x1a2);
  b.iconst(Type::kI32, ~0u);
  b.iconst(Type::kI64, 0xffffffff);
  b.iconst(Type::kI64, 1ull << 40);
  b.fconst(Type::kF32, std::bit_cast<uint32_t>(0.1f));
  b.fconst(Type::kF64, 0x7ff8000000000001);
  b.fconst(Type::kF64, 1ull << 63);
  b.vconst({1, 2, 3, 0xff});
  b.set_offset(0);
  const Value wide = b.extend_u(b.binary(Op::add, Type::kI32, x, x));
  b.select(Type::kF32, b.icmp(IntCc::lt_s, Type::kI32, x, x), y, y);
  b.convert(Op::trunc_sat_u, Type::kI64, Type::kF32, y);
  b.load(Op::load8_u, Type::kI32, {Region::kHeap, 0, true}, wide, 16);
  b.load(Op::load, Type::kI64, {Region::kVmctx}, vmctx, -8);
  b.store(Op::store32, Type::kI64, {Region::kGlobal, 3, false}, wide, wide, 0);
  b.check(Op::trap_unless, x, uint16_t(vm::TrapCode::kTableOutOfBounds));
  b.check(Op::leave_unless, x);
  b.fuel(7);
  b.epoch();
  const Value args[] = {x}, far[] = {wide, vmctx, x}, pages[] = {vmctx, x, wide};
  b.call(Op::call, pair, 9, args);
  b.call(Op::call_indirect, pair, 0, far);
  b.call(Op::libcall, grow, uint32_t(vm::Libcall::memory_grow), pages);
  const Value to1[] = {wide};
  b.brif(x, f.new_edge(b1, to1), f.new_edge(b2));
  b.set_block(b1);
  const Edge edges[] = {f.new_edge(b2), f.new_edge(b1, to1), f.new_edge(b2)};
  b.br_table(x, edges);
  b.set_block(b2);
  b.call(Op::return_call, pair, 8, args);
  static_cast<void>(p);
  return f;
}

}  // namespace

TEST_CASE("ir print: one of every format", "[ir]") {
  const Function f = sample();
  const auto ok = verify(f);
  INFO((ok ? "" : ok.error().message()));
  CHECK(ok);
  CHECK(print(f) == R"(function 12 "a\22b\5cc\0a" (i32, f32) -> (i64, f64) {
  sig0 = (i32) -> (i64, f64)
  sig1 = (i64, i32, i64) -> (i64)

block0(v0: i64, v1: i64, v2: i32, v3: f32):
  v5 = iconst.i32 -1                                    ; @1a2
  v6 = iconst.i64 4294967295                            ; @1a2
  v7 = iconst.i64 0x10000000000                         ; @1a2
  v8 = fconst.f32 0.1                                   ; @1a2
  v9 = fconst.f64 nan:0x7ff8000000000001                ; @1a2
  v10 = fconst.f64 -0                                   ; @1a2
  v11 = vconst 0x010203ff000000000000000000000000       ; @1a2
  v12 = add.i32 v2, v2
  v13 = extend_u v12
  v14 = icmp.i32 lt_s v2, v2
  v15 = select.f32 v14, v3, v3
  v16 = trunc_sat_u.i64.f32 v3
  v17 = load8_u.i32 heap0.trap [v13 + 16]
  v18 = load.i64 vmctx [v0 - 8]
  store32 global3 [v13], v13
  trap_unless v2, table-out-of-bounds
  leave_unless v2
  fuel 7
  epoch
  v19, v20 = call fn9 sig0(v2)
  v21, v22 = call_indirect sig0(v13, v0, v2)
  v23 = libcall memory_grow sig1(v0, v2, v13)
  brif v2, block1(v13), block2

block2:
  return_call fn8 sig0(v2)

block1(v4: i64) cold:
  br_table v2, [block2, block1(v13)], block2
}
)");
  CHECK(print(f, {.offsets = false}).find('@') == std::string::npos);
}

TEST_CASE("ir print: what is broken is printed, too", "[ir]") {
  Function f;
  Builder b(f);
  f.append_block(f.new_block());
  b.set_block(f.entry());
  const auto put = [&](const InstData& d) { return print_inst(f, b.put(d, {})); };
  CHECK(put({.op = Op::add, .type = Type::kI32, .a = 5}) == "add.i32 v5, v0");
  CHECK(put({.op = Op::clz, .type = static_cast<Type>(77), .a = ~0u}) == "clz.? v?");
  CHECK(put({.op = Op::icmp, .type = Type::kI32, .aux = 99}) == "icmp.i32 ? v0, v0");
  CHECK(put({.op = Op::fcmp, .type = Type::kF32, .aux = 6}) == "fcmp.f32 ? v0, v0");
  CHECK(put({.op = Op::load, .type = Type::kI32, .aux = 0x80}) == "load.i32 ? [v0]");
  CHECK(put({.op = Op::vconst, .type = Type::kV128}) == "vconst ?");
  CHECK(put({.op = Op::trap, .aux = 300}) == "trap ?");
  CHECK(put({.op = Op::call, .a = 1234, .b = 9}) == "call fn0 sig9(v?)");
  CHECK(put({.op = Op::libcall, .b = 9, .c = 1000}) == "libcall ? sig9()");
  CHECK(put({.op = Op::jump, .a = 3}) == "jump block?");
  CHECK(put({.op = Op::br_table, .b = 3}) == "br_table v0, [], block?");
  CHECK(put({.op = Op::try_call, .b = 9, .c = 3}) == "try_call fn? sig9(), block?, []");
}
