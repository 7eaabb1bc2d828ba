// The passes leave alone what a function does: random graphs of every instruction, irreducible ones too, run before and
// after by the IR's interpreter on a machine whose memories a call may change.
#include <algorithm>
#include <string>
#include <vector>

#include "catch.h"
#include "compiler/ir/builder.h"
#include "compiler/ir/libcall.h"
#include "compiler/ir/parse.h"
#include "compiler/ir/print.h"
#include "compiler/ir/verify.h"
#include "compiler/ireval/eval.h"
#include "compiler/opt/inline.h"
#include "compiler/opt/optimise.h"
#include "unit/compiler/ir/random_function.h"
#include "unit/compiler/opt/machine.h"

using namespace wjit;
using namespace wjit::test;

namespace {

// Of a bool the IR's interpreter makes up what C does not say: what is done with it is anybody's guess.
bool has_bool(const ir::Function& f) {
  for (ir::Block b = f.entry(); b.valid(); b = f.block(b).next)
    for (ir::Inst i = f.block(b).first; i.valid(); i = f.next(i))
      if (f.inst(i).op == ir::Op::libcall && vm::kLibcalls[f.inst(i).c].signature[0] == 'b') return true;
  return false;
}
// Calls g twice in each of three rounds, with its own results where they have the right types.
ir::Function loop_of_calls(const ir::Function& g) {
  ir::Function f;
  f.signature.results = g.signature.results;
  const ir::Block entry = f.new_block(), loop = f.new_block(), end = f.new_block();
  for (ir::Block b : {entry, loop, end}) f.append_block(b);
  const ir::Sig sig = f.new_signature(g.signature);
  ir::Builder b(f);
  b.set_block(entry);
  f.append_param(entry, ir::Type::kI64);
  f.append_param(entry, ir::Type::kI64);
  const auto constant = [&](ir::Type t) {
    return ir::is_int(t) ? b.iconst(t, 12) : ir::is_float(t) ? b.fconst(t, 0) : b.vconst({1, 2, 3});
  };
  std::vector<ir::Value> first = {b.iconst(ir::Type::kI32, 3)};
  for (ir::Type t : f.signature.results) first.push_back(constant(t));
  b.jump(loop, first);
  std::vector<ir::Value> now = {f.append_param(loop, ir::Type::kI32)};
  for (ir::Type t : f.signature.results) now.push_back(f.append_param(loop, t));
  b.set_block(loop);
  const ir::Value left = b.binary(ir::Op::sub, ir::Type::kI32, now[0], b.iconst(ir::Type::kI32, 1));
  for (unsigned twice = 0; twice < 2; ++twice) {
    std::vector<ir::Value> args;
    for (ir::Type t : g.signature.params) {
      const auto found = std::find_if(now.begin(), now.end(), [&](ir::Value v) { return f.type(v) == t; });
      args.push_back(found != now.end() ? *found : constant(t));
    }
    b.set_offset(100 + twice);
    const ir::Inst call = b.call(ir::Op::call, sig, 0, args);
    for (uint32_t k = 0; k < f.signature.results.size(); ++k) now[k + 1] = f.result(call, k);
  }
  now[0] = left;
  b.brif(left, f.new_edge(loop, now), f.new_edge(end));
  b.set_block(end);
  b.return_(std::vector<ir::Value>(now.begin() + 1, now.end()));
  return f;
}

}  // namespace

TEST_CASE("passes leave alone what random graphs do", "[opt]") {
  opt::Optimiser optimiser;
  for (unsigned seed = 1; seed <= 2500; ++seed) {
    std::mt19937 random(seed);
    const ir::Function f = ir::random_function(random, 14);
    if (has_bool(f)) continue;
    ir::Function after = f;
    optimiser.run(after, 1);
    if (const auto sound = ir::verify(after); !sound) FAIL(seed << ": " << sound.error().message() << "\n" << ir::print(f) << ir::print(after));
    for (uint64_t k = 1; k <= 3; ++k) {
      const Run x = run(f, seed * 10 + k, 2000);
      if (too_long(x)) continue;
      const Run y = run(after, seed * 10 + k, 8000);
      if (const std::string what = differs(f, x, y); !what.empty())
        FAIL(seed << ": " << what << "\n" << ir::print(f) << ir::print(after));
    }
  }
}

TEST_CASE("bodies in place of calls do what the calls did", "[opt]") {
  opt::Optimiser optimiser;
  opt::Inliner inliner;
  unsigned expanded = 0;
  for (unsigned seed = 1; seed <= 2500; ++seed) {
    std::mt19937 random(seed);
    const std::vector<ir::Function> functions = {ir::random_function(random, 5)};
    const ir::Function& g = functions[0];
    if (has_bool(g)) continue;
    const ir::Function caller = loop_of_calls(g);
    ir::Function after = caller;
    const auto source = [&](uint32_t defined, uint32_t) { return defined == 0 ? &g : nullptr; };
    opt::Analyses analyses;
    analyses.compute(after);
    if (!inliner.run(after, 5, source, analyses)) continue;
    ++expanded;
    if (const auto sound = ir::verify(after); !sound) FAIL(seed << ": " << sound.error().message() << "\n" << ir::print(after));
    ir::Function better = after;
    optimiser.run(better, 1);
    if (const auto sound = ir::verify(better); !sound) FAIL(seed << ": " << sound.error().message() << "\n" << ir::print(better));
    for (uint64_t k = 1; k <= 3; ++k) {
      const Run x = run(caller, seed * 10 + k, 2000, &functions);
      if (too_long(x)) continue;
      for (const ir::Function* h : {&after, &better}) {
        const Run y = run(*h, seed * 10 + k, 8000, &functions);
        if (const std::string what = differs(caller, x, y); !what.empty())
          FAIL(seed << ": " << what << "\n" << ir::print(functions[0]) << ir::print(caller) << ir::print(*h));
      }
    }
  }
  CHECK(expanded > 200);
}

// ---- what each pass is for ------------------------------------------------------------------------------------------

namespace {
std::string optimised(std::string_view text) {
  auto f = ir::parse(text);
  if (!f) FAIL(f.error().message());
  opt::Optimiser().run(*f, 1);
  if (const auto sound = ir::verify(*f); !sound) FAIL(sound.error().message());
  return ir::print(*f);
}
size_t count(const std::string& text, std::string_view what) {
  size_t n = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}
}  // namespace

TEST_CASE("loads that are known", "[opt]") {
  const std::string two = optimised(R"(function 0 "" (i64) -> (i32, i32, i32, i32) {
block0(v0: i64, v1: i64, v2: i64):
  v3 = load.i32 heap0.trap [v2 + 4]
  v4 = load.i32 heap0.trap [v2 + 4]
  store.i32 global1 [v0 + 16], v3
  v5 = load.i32 heap0.trap [v2 + 4]
  v6 = load.i32 global1 [v0 + 16]
  return v3, v4, v5, v6
})");
  CHECK(count(two, "load") == 1);
  const std::string written = optimised(R"(function 0 "" (i64, i32) -> (i32, i32) {
block0(v0: i64, v1: i64, v2: i64, v3: i32):
  v4 = load.i32 heap0.trap [v2]
  store.i32 heap0.trap [v2 + 1], v3
  v5 = load.i32 heap0.trap [v2]
  return v4, v5
})");
  CHECK(count(written, "load") == 2);
  // In a loop that writes to another global only, before it; in one that calls, not.
  const auto loop = [&](std::string_view body) {
    return optimised(std::string(R"(function 0 "" (i32) -> () {
  sig0 = () -> ()
block0(v0: i64, v1: i64, v2: i32):
  jump block1(v2)

block1(v3: i32):
  v4 = load.i32 global0 [v0 + 16]
  v5 = add.i32 v3, v4
  store.i32 global1 [v0 + 32], v5
  )") + std::string(body) + R"(
  brif v5, block1(v5), block2

block2:
  return
})");
  };
  const std::string moved = loop(""), stays = loop("call fn3 sig0()");
  CHECK(moved.find("load.i32 global0") < moved.find("block1(v"));
  CHECK(stays.find("load.i32 global0") > stays.find("block1(v3"));
}

TEST_CASE("conditions and bounds that are known", "[opt]") {
  const std::string text = optimised(R"(function 0 "" (i64, i32) -> (i32) {
block0(v0: i64, v1: i64, v2: i64, v3: i32):
  v4 = load.i64 memdef0 [v0 + 80]
  v5 = iconst.i64 8
  v6 = sub.i64 v4, v5
  v7 = icmp.i64 gt_u v2, v6
  trap_if v7, memory-out-of-bounds
  v8 = iconst.i64 4
  v9 = sub.i64 v4, v8
  v10 = icmp.i64 gt_u v2, v9
  trap_if v10, memory-out-of-bounds
  v11 = iconst.i64 12
  v12 = sub.i64 v4, v11
  v13 = icmp.i64 gt_u v2, v12
  trap_if v13, memory-out-of-bounds
  brif v3, block1, block2

block1:
  v14 = select.i32 v3, v3, v3
  trap_unless v3, unreachable
  brif v3, block3, block2

block2:
  trap_if v3, unreachable
  return v3

block3:
  return v3
})");
  CHECK(count(text, "trap_if") == 3);  // of 8 and 12 bytes; block2 is met by two ways that agree, but nobody looks
  CHECK(count(text, "trap_unless") == 0);
  CHECK(count(text, "brif") == 1);
}

namespace {
struct Size {
  size_t insts, values, edges, args = 0;
  explicit Size(const ir::Function& f) : insts(f.inst_count()), values(f.value_count()), edges(f.edge_count()) {
    for (uint32_t e = 0; e < f.edge_count(); ++e) args += f.list(f.edge(ir::Edge(e)).args).size();
  }
};
// n ways to a block that only goes on, with as many values, to one that returns them; and a chain of n empty blocks.
ir::Function many_ways(uint32_t n) {
  ir::Function f;
  f.signature.params = {ir::Type::kI32};
  for (uint32_t k = 0; k < n; ++k) f.signature.results.push_back(ir::Type::kI32);
  ir::Builder b(f);
  const ir::Block entry = f.new_block(), through = f.new_block(), end = f.new_block();
  f.append_block(entry);
  b.set_block(entry);
  f.append_param(entry, ir::Type::kI64);
  f.append_param(entry, ir::Type::kI64);
  const ir::Value p = f.append_param(entry, ir::Type::kI32);
  std::vector<ir::Value> values;
  for (uint32_t k = 0; k < n; ++k) values.push_back(b.binary(ir::Op::add, ir::Type::kI32, p, b.iconst(ir::Type::kI32, k + 1)));
  for (uint32_t k = 0; k < n; ++k) {
    const ir::Block go_on = f.new_block();
    b.brif(values[k], f.new_edge(through), f.new_edge(go_on));
    f.append_block(go_on);
    b.set_block(go_on);
  }
  for (uint32_t k = 0; k < n; ++k) {
    const ir::Block next = f.new_block();
    b.jump(next);
    f.append_block(next);
    b.set_block(next);
  }
  b.jump(through);
  f.append_block(through);
  b.set_block(through);
  b.jump(end, values);
  f.append_block(end);
  b.set_block(end);
  std::vector<ir::Value> results;
  for (uint32_t k = 0; k < n; ++k) results.push_back(f.append_param(end, ir::Type::kI32));
  b.return_(results);
  return f;
}
}  // namespace

TEST_CASE("passes make nothing that is larger than what they are given", "[opt]") {
  ir::Function f = many_ways(3000);
  const Size before(f);
  opt::Optimiser().run(f, 1);
  REQUIRE(ir::verify(f));
  const Size after(f);
  CHECK(after.insts <= 2 * before.insts);
  CHECK(after.values <= 2 * before.values);
  CHECK(after.edges <= 2 * before.edges);
  CHECK(after.args <= 2 * before.args + 8 * before.edges);
}
