// What the allocator must not do to inner loops, and how its work grows.
#include "catch.h"
#include "compiler/regalloc/allocate.h"
#include "compiler/regalloc/flow.h"
#include "random_vcode.h"

using namespace wjit;
using namespace wjit::mach;

namespace {

constexpr ir::Type kI64 = ir::Type::kI64;

// Writes VCode block by block.
struct Writer {
  VCode code;
  RegEnv env = test::make_env(13, 15);

  Writer() {
    code.clobbers.push_back({});
    for (PReg r : env.ints) code.clobbers[0].add(r);
    for (PReg r : env.vectors) code.clobbers[0].add(r);
  }
  VReg fresh() { return code.new_vreg(kI64); }
  void block(std::vector<VReg> params = {}, uint8_t depth = 0, bool cold = false) {
    VBlock b;
    b.first = static_cast<uint32_t>(code.insts.size());
    b.params = append(params), b.param_count = static_cast<uint32_t>(params.size());
    b.loop_depth = depth, b.cold = cold;
    code.blocks.push_back(b);
  }
  void add(std::vector<Operand> operands, uint8_t flags = 0) {
    MInst i;
    i.flags = flags;
    i.operands = static_cast<uint8_t>(operands.size());
    i.first_operand = static_cast<uint32_t>(code.operands.size());
    code.operands.insert(code.operands.end(), operands.begin(), operands.end());
    code.insts.push_back(i);
  }
  VReg make(std::vector<VReg> uses) {
    const VReg d = fresh();
    std::vector<Operand> operands{def(d)};
    for (VReg v : uses) operands.push_back(use(v));
    add(operands);
    return d;
  }
  void end(std::vector<uint32_t> succs, std::vector<VReg> args = {}, std::vector<Operand> operands = {}) {
    add(operands, MInst::kBranch);
    VBlock& b = code.blocks.back();
    b.end = static_cast<uint32_t>(code.insts.size());
    b.args = append(args), b.arg_count = static_cast<uint32_t>(args.size());
    b.succs = static_cast<uint32_t>(code.succs.size()), b.succ_count = static_cast<uint32_t>(succs.size());
    code.succs.insert(code.succs.end(), succs.begin(), succs.end());
  }
  uint32_t append(const std::vector<VReg>& list) {
    const uint32_t at = static_cast<uint32_t>(code.vregs.size());
    code.vregs.insert(code.vregs.end(), list.begin(), list.end());
    return at;
  }
  Allocation allocate(ra::Work* work = nullptr) {
    code.finish();
    ra::Allocator allocator;
    Allocation out;
    auto r = allocator.run(code, env, {ra::Mode::kScan, 0, true}, out);
    INFO((r ? std::string() : r.error().message()));
    REQUIRE(r);
    if (work) *work = allocator.work();
    return out;
  }
};

// A loop over `used` values from before it, with `through` more that live on behind it, and a call in a cold
// block.
test::Traffic loop_with_cold_call(uint32_t used, uint32_t through) {
  Writer w;
  std::vector<VReg> in, out;
  w.block();
  for (uint32_t i = 0; i < used; ++i) in.push_back(w.make({}));
  for (uint32_t i = 0; i < through; ++i) out.push_back(w.make({}));
  const VReg start = w.make({});
  w.end({1}, {start});
  const VReg i = w.fresh();
  w.block({i}, 1);  // 1: header
  VReg sum = i;
  for (VReg v : in) {
    const VReg d = w.fresh();
    w.add({def_reuse(d, 1), use(sum), use_any(v)});
    sum = d;
  }
  w.end({2, 5}, {}, {use(sum)});
  w.block({}, 1);  // 2
  w.end({3, 4}, {}, {use(sum)});
  w.block({}, 1);  // 3: back
  w.end({1}, {sum});
  w.block({}, 0);  // 4: out
  for (VReg v : out) w.add({use(v)});
  w.end({}, {}, {use(sum)});
  w.block({}, 1, true);  // 5: cold, calls and goes back
  w.add({use_fixed(sum, int_reg(0))}, MInst::kCall);
  w.end({6});
  w.block({}, 1, true);
  w.end({1}, {sum});
  return test::count_traffic(w.code, w.allocate());
}

}  // namespace

TEST_CASE(
    "regalloc: a loop with fewer values than registers has no memory traffic, also with a call in a cold "
    "block",
    "[regalloc]") {
  for (uint32_t used = 0; used <= 11; ++used) {
    for (uint32_t through = 0; used + through <= 11; ++through) {
      CAPTURE(used, through);
      const test::Traffic t = loop_with_cold_call(used, through);
      CHECK(t.loads[1] + t.stores[1] + t.moves[1] == 0);
      CHECK(t.cold > 0);
    }
  }
}

TEST_CASE("regalloc: values that only live through a full loop stay out of it", "[regalloc]") {
  for (uint32_t used = 4; used <= 11; ++used) {
    CAPTURE(used);
    const test::Traffic t = loop_with_cold_call(used, 20);
    CHECK(t.loads[1] + t.stores[1] + t.moves[1] == 0);
  }
}

TEST_CASE("regalloc: random loops with few values and no calls load nothing from the stack", "[regalloc]") {
  ra::Allocator allocator;
  uint32_t loops = 0;
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    test::Shape shape;
    shape.call_one_in = 0;
    shape.fixed = false;
    shape.homes = false;
    shape.statements = 30;
    const VCode code = test::make_vcode(seed, shape);
    const RegEnv env = test::make_env(shape.ints, shape.vectors);
    Allocation out;
    REQUIRE(allocator.run(code, env, {ra::Mode::kScan, 0, true}, out));
    ra::Flow flow;
    REQUIRE(flow.analyze(code, env, {}));
    std::vector<uint32_t> traffic(flow.loops.size());
    for (const Edit& e : out.edits)
      if (const uint32_t l = flow.loop_of[flow.block_of[e.before]]; l != ra::kNone)
        traffic[l] += !code.blocks[flow.block_of[e.before]].cold && !e.from.is_reg();
    std::vector<uint8_t> mixed(flow.loops.size());  // hot code behind cold code: no claims about those
    for (const VBlock& b : code.blocks)
      for (uint32_t p : code.preds_of(b))
        for (uint32_t l = flow.loop_of[static_cast<size_t>(&b - code.blocks.data())]; l != ra::kNone;
             l = flow.loops[l].parent)
          mixed[l] |= !b.cold && code.blocks[p].cold;
    for (size_t l = 0; l < flow.loops.size(); ++l) {
      if (mixed[l]) continue;
      if (code.blocks[flow.loops[l].first].cold || flow.loops[l].pressure[0] + 3 > shape.ints ||
          flow.loops[l].pressure[1] + 3 > shape.vectors)
        continue;
      ++loops;
      CAPTURE(seed, l, flow.loops[l].first, flow.loops[l].pressure[0], flow.loops[l].pressure[1]);
      CHECK(traffic[l] == 0);
    }
  }
  CHECK(loops > 100);
}

namespace {

// Cases in which something could be quadratic, of a size.
VCode diamonds(uint32_t n) {  // a chain of them, with some values that live through all
  Writer w;
  std::vector<VReg> live;
  w.block();
  for (int i = 0; i < 20; ++i) live.push_back(w.make({}));
  w.end({1});
  for (uint32_t i = 0; i < n; ++i) {
    const uint32_t b = 1 + 3 * i;
    w.block();
    const VReg x = w.make({live[i % 20]});
    w.end({b + 1, b + 2}, {}, {use(x)});
    w.block();
    w.add({use_fixed(live[i % 7], int_reg(0))}, i % 5 == 0 ? MInst::kCall : 0);
    w.end({b + 3});
    w.block();
    w.add({use(x)});
    w.end({b + 3});
  }
  w.block();
  for (VReg v : live) w.add({use(v)});
  w.end({});
  w.code.finish();
  return std::move(w.code);
}
VCode crowd(uint32_t n) {  // all made, then all used
  Writer w;
  std::vector<VReg> live;
  w.block();
  for (uint32_t i = 0; i < n; ++i) live.push_back(w.make({}));
  for (VReg v : live) w.add({use(v)});
  w.end({});
  w.code.finish();
  return std::move(w.code);
}
VCode nest(uint32_t n) {  // loops in loops
  Writer w;
  w.block();
  const VReg a = w.make({});
  w.end({1});
  for (uint32_t i = 0; i < n; ++i) {
    w.block({}, static_cast<uint8_t>(std::min(i + 1, 200u)));
    w.add({use(a)});
    w.end({i + 2});
  }
  w.block({}, 200);
  w.end({n + 2});
  for (uint32_t i = n; i-- > 0;) {  // the latch of loop i, and the way back
    const uint32_t b = static_cast<uint32_t>(w.code.blocks.size());
    w.block({}, static_cast<uint8_t>(std::min(i + 1, 200u)));
    w.end({b + 1, b + 2}, {}, {use(a)});
    w.block({}, static_cast<uint8_t>(std::min(i + 1, 200u)));
    w.end({i + 1});
  }
  w.block();
  w.end({});
  w.code.finish();
  return std::move(w.code);
}
VCode fan(uint32_t n) {  // a table of n ways to a block with n parameters is refused elsewhere; here 30
  Writer w;
  std::vector<VReg> live, params;
  w.block();
  for (int i = 0; i < 30; ++i) live.push_back(w.make({}));
  std::vector<uint32_t> succs;
  for (uint32_t i = 0; i < n; ++i) succs.push_back(1 + i);
  w.end(succs, {}, {use(live[0])});
  for (uint32_t i = 0; i < n; ++i) {
    w.block();
    w.add({use(live[i % 30])});
    std::rotate(live.begin(), live.begin() + 1, live.end());
    w.end({n + 1}, live);
  }
  for (int i = 0; i < 30; ++i) params.push_back(w.fresh());
  w.block(params);
  for (VReg v : params) w.add({use(v)});
  w.end({});
  w.code.finish();
  return std::move(w.code);
}
VCode cold_tail(uint32_t n) {  // a value each for n blocks far behind
  Writer w;
  w.block();
  w.end({1});
  std::vector<VReg> values;
  for (uint32_t i = 0; i < n; ++i) {
    w.block();
    values.push_back(w.make({}));
    w.end({2 + 2 * i, 2 * n + 2 + i}, {}, {use(values.back())});
    w.block();
    w.end({2 * i + 3});
  }
  w.block();
  w.end({});
  for (uint32_t i = 0; i < n; ++i) {
    w.block({}, 0, true);
    w.end({}, {}, {use(values[i])});
  }
  w.code.finish();
  return std::move(w.code);
}

}  // namespace

TEST_CASE("regalloc: work grows with the size of the code, not with its square", "[regalloc]") {
  using Case = VCode (*)(uint32_t);
  ra::Allocator allocator;
  for (Case make : {Case{diamonds}, Case{crowd}, Case{nest}, Case{fan}, Case{cold_tail}}) {
    double per_size[2];
    ra::Work last;
    for (int large = 0; large < 2; ++large) {
      const VCode code = make(large != 0 ? 8000 : 800);
      Allocation out;
      auto r = allocator.run(code, test::make_env(13, 15), {ra::Mode::kScan, 0, true}, out);
      INFO((r ? std::string() : r.error().message()));
      REQUIRE(r);
      const ra::Work& work = allocator.work();
      CHECK(work.rounds == 1);
      last = work;
      per_size[large] = static_cast<double>(work.live + work.segments + work.steps + out.edits.size()) /
                        static_cast<double>(code.insts.size());
    }
    CAPTURE(per_size[0], per_size[1], last.live, last.segments, last.steps);
    CHECK(per_size[1] < 2 * per_size[0]);
  }
}
