#include "compiler/regalloc/check.h"

#include "catch.h"
#include "compiler/regalloc/allocate.h"
#include "random_vcode.h"

using namespace wjit;
using namespace wjit::mach;
using test::Random;

namespace {

// One small change somewhere. False if there is nothing of the kind to change.
bool mutate(Random& random, Allocation& out) {
  auto any = [&](auto& list) -> auto& { return list[random.below(static_cast<uint32_t>(list.size()))]; };
  switch (random.below(7)) {
    case 0:
      std::swap(any(out.operands), any(out.operands));
      return true;
    case 1:
      any(out.operands) = any(out.operands);
      return true;
    case 2:
      if (out.edits.empty()) return false;
      out.edits.erase(out.edits.begin() + random.below(static_cast<uint32_t>(out.edits.size())));
      return true;
    case 3:
      if (out.edits.empty()) return false;
      any(out.edits).from = any(out.edits).from;
      return true;
    case 4:
      if (out.edits.empty()) return false;
      any(out.edits).to = any(out.edits).to;
      return true;
    case 5:
      if (out.edits.empty()) return false;
      any(out.edits).type = random.one_in(2) ? ir::Type::kF32 : ir::Type::kF64;
      return true;
    default: {
      if (out.edits.size() < 2) return false;
      const uint32_t i = random.below(static_cast<uint32_t>(out.edits.size() - 1));
      std::swap(out.edits[i], out.edits[i + 1]);
      std::swap(out.edits[i].before, out.edits[i + 1].before);
      return true;
    }
  }
}

}  // namespace

// Whatever a damaged allocation makes the code do otherwise, the checker has found.
TEST_CASE("row 5: regalloc check: what it lets pass runs right, and it lets little damage pass", "[regalloc]") {
  ra::Allocator allocator;
  uint32_t refused = 0, harmless = 0;
  for (uint64_t seed = 1; seed <= 150; ++seed) {
    Random random{seed};
    test::Shape shape;
    shape.ints = 4 + random.below(5);
    shape.vectors = 4;
    const RegEnv env = test::make_env(shape.ints, shape.vectors);
    const VCode code = test::make_vcode(seed, shape);
    Allocation good;
    const ra::Mode mode = random.one_in(2) ? ra::Mode::kScan : ra::Mode::kSpill;
    REQUIRE(allocator.run(code, env, {mode, 0, true}, good));
    for (int k = 0; k < 20; ++k) {
      Allocation out = good;
      if (!mutate(random, out)) continue;
      if (!ra::check(code, env, out)) {
        ++refused;
        continue;
      }
      ++harmless;
      CAPTURE(seed, k);
      for (uint64_t s = 0; s < 4; ++s)
        REQUIRE(test::run_vcode(code, env, nullptr, s, 2000) == test::run_vcode(code, env, &out, s, 2000));
    }
  }
  INFO(refused << " refused, " << harmless << " harmless");
  CHECK(refused > 1000);
  CHECK(harmless < refused);  // the same place again, values that nothing reads
}

namespace {

// i64 v0 := fixed 0; v1 := v0 (reuse); return v1 in fixed 0.
struct Small {
  VCode code;
  RegEnv env = test::make_env(4, 4);
  Allocation out;

  Small() {
    const VReg a = code.new_vreg(ir::Type::kI64), b = code.new_vreg(ir::Type::kI64);
    add(0, {def_fixed(a, int_reg(0))});
    add(0, {def_reuse(b, 1), use(a), use_any(a)});
    add(MInst::kBranch, {use_fixed(b, int_reg(0))});
    code.blocks.push_back({});
    code.blocks[0].end = 3;
    code.clobbers.push_back({});
    code.clobbers[0].add(int_reg(1));
    code.finish();
    const Alloc r0 = Alloc::reg(int_reg(0)), r1 = Alloc::reg(int_reg(1));
    out.operands = {r0, r1, r1, Alloc::slot(0), r0};
    out.edits = {
        {1, r0, r1, ir::Type::kI64}, {1, r0, Alloc::slot(0), ir::Type::kI64}, {2, r1, r0, ir::Type::kI64}};
    out.slots = 1;
  }
  void add(uint8_t flags, std::vector<Operand> operands) {
    MInst inst;
    inst.flags = flags;
    inst.operands = static_cast<uint8_t>(operands.size());
    inst.first_operand = static_cast<uint32_t>(code.operands.size());
    code.operands.insert(code.operands.end(), operands.begin(), operands.end());
    code.insts.push_back(inst);
  }
  std::string check() {
    auto r = ra::check(code, env, out);
    return r ? "" : r.error().message();
  }
};

}  // namespace

TEST_CASE("regalloc check: each rule has its message", "[regalloc]") {
  Small s;
  CHECK(s.check() == "");
  auto with = [](auto change) {
    Small s;
    change(s);
    return s.check();
  };
  auto has = [](const std::string& message, const char* words) {
    INFO(message);
    CHECK(message.find(words) != std::string::npos);
  };
  has(with([](Small& s) { s.out.operands[4] = Alloc::reg(int_reg(1)); }), "i0 is expected, not i1");
  has(with([](Small& s) { s.out.operands[1] = Alloc::reg(int_reg(2)); }),
      "i1 is expected, the place of operand 1, not i2");
  has(with([](Small& s) { s.out.operands[2] = Alloc::slot(0); }),
      "slot 0 is expected, the place of operand 1, not i1");
  has(with([](Small& s) { s.out.edits.pop_back(); }), "v1 is expected in i0");
  has(with([](Small& s) { s.out.edits[1].type = ir::Type::kF64; }), "other class");
  has(with([](Small& s) { s.code.insts[1].flags = MInst::kClobbers; }), "i1 is clobbered");
  has(with([](Small& s) {
        s.code.operands[3].pos = Operand::Pos::kLate, s.out.operands[3] = Alloc::reg(int_reg(1));
      }),
      "shares i1 with operand 2");
  has(with([](Small& s) { s.out.slots = 0; }), "slot 0 of 0");
  has(with([](Small& s) { s.out.edits[0].to = Alloc::reg(vector_reg(1)); }), "other class");
  has(with([](Small& s) {
        s.out.edits.push_back({9, Alloc::slot(0), Alloc::slot(0), ir::Type::kI64});
      }),
      "out of order");
  has(with([](Small& s) { s.out.operands.pop_back(); }), "4 places for 5 operands");
}
