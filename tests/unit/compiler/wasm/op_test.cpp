#include <algorithm>
#include <iterator>
#include <map>

#include "catch.h"
#include "compiler/wasm/instr.h"
#include "compiler/wasm/op_table.h"
#include "compiler/wasm/print_op.h"

using namespace wjit;
using namespace wjit::wasm;

TEST_CASE("find_op finds each row by its code, and nothing else") {
  size_t found = 0;
  for (int prefix : {0, 0xFB, 0xFC, 0xFD, 0xFE})
    for (uint32_t code = 0; code < 0x1000; ++code) {
      const Op op = find_op(uint8_t(prefix), code);
      if (op == Op::kCount) continue;
      ++found;
      CHECK(info(op).prefix == prefix);
      CHECK(info(op).code == code);
    }
  CHECK(found == kOpCount);
  CHECK(find_op(0, 0xFC) == Op::kCount);
  CHECK(find_op(0xFF, 0) == Op::kCount);
  CHECK(find_op(1, 0x6A) == Op::kCount);
  CHECK(find_op(0xFD, ~0u) == Op::kCount);
}

TEST_CASE("codes are the standard's") {
  CHECK(find_op(0, 0x0B) == Op::end);
  CHECK(find_op(0, 0x6A) == Op::i32_add);
  CHECK(find_op(0, 0xBF) == Op::f64_reinterpret_i64);
  CHECK(find_op(0, 0xC4) == Op::i64_extend32_s);
  CHECK(find_op(0xFB, 30) == Op::i31_get_u);
  CHECK(find_op(0xFC, 17) == Op::table_fill);
  CHECK(find_op(0xFD, 0x52) == Op::v128_bitselect);
  CHECK(find_op(0xFD, 0xFF) == Op::f64x2_convert_low_i32x4_u);
  CHECK(find_op(0xFD, 0x113) == Op::i32x4_relaxed_dot_i8x16_i7x16_add_s);
  CHECK(find_op(0xFE, 0x4E) == Op::i64_atomic_rmw32_cmpxchg_u);
}

TEST_CASE("texts are unique but where the text format says more in its immediate") {
  std::map<std::string_view, int> seen;
  for (size_t i = 0; i < kOpCount; ++i) ++seen[info(Op(i)).text];
  std::map<std::string_view, int> twice;
  for (const auto& entry : seen)
    if (entry.second > 1) twice.insert(entry);
  CHECK(twice == std::map<std::string_view, int>{{"ref.cast", 2}, {"ref.test", 2}, {"select", 2}});
}

TEST_CASE("only operations that do nothing by themselves are free of fuel") {
  const Op free[] = {Op::nop,   Op::block, Op::loop,    Op::end,
                     Op::else_, Op::drop,  Op::return_, Op::unreachable};
  size_t count = 0;
  for (size_t i = 0; i < kOpCount; ++i) count += info(Op(i)).fuel == 0;
  CHECK(count == std::size(free));
  for (Op op : free) CHECK(info(op).fuel == 0);
}

namespace {
Instr instr(Op op) {
  Instr in{};
  in.op = op;
  return in;
}
}  // namespace

TEST_CASE("an instruction is printed with its immediates") {
  Instr load = instr(Op::i32_load);
  load.mem = {1, 0, 4};
  CHECK(to_string(load) == "i32.load offset=4 align=2");
  load.mem = {2, 3, 0};
  CHECK(to_string(load) == "i32.load 3");

  Instr c = instr(Op::i32_const);
  c.value = 0xFFFF'FFFF;
  CHECK(to_string(c) == "i32.const -1");
  c = instr(Op::f32_const);
  c.value = 0xFFC00001;
  CHECK(to_string(c) == "f32.const -nan:0x400001");
  c.value = 0x3FC00000;
  CHECK(to_string(c) == "f32.const 1.5");

  const uint32_t labels[] = {0, 2, 1};
  Instr table = instr(Op::br_table);
  table.labels = labels;
  CHECK(to_string(table) == "br_table 0 2 1");

  Instr block = instr(Op::block);
  const ValType types[] = {kI32, kFuncRef};
  block.block = {{types, 1}, types};
  CHECK(to_string(block) == "block (param i32) (result i32 funcref)");

  Instr null = instr(Op::ref_null);
  null.type = kFuncRef;
  CHECK(to_string(null) == "ref.null func");
  null.op = Op::ref_cast_null;
  CHECK(to_string(null) == "ref.cast funcref");

  Instr shuffle = instr(Op::i8x16_shuffle);
  std::fill(std::begin(shuffle.bytes), std::end(shuffle.bytes), uint8_t{0});  // of a union: {} clears its first member
  shuffle.bytes[1] = 31;
  CHECK(to_string(shuffle) == "i8x16.shuffle 0 31 0 0 0 0 0 0 0 0 0 0 0 0 0 0");

  const CatchClause catches[] = {{CatchClause::kCatch, 3, 1}, {CatchClause::kCatchAllRef, 0, 0}};
  Instr tries = instr(Op::try_table);
  tries.catches = catches;
  CHECK(to_string(tries) == "try_table (catch 3 1) (catch_all_ref 0)");
}
