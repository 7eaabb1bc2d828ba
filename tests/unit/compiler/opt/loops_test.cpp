// What is done to loops, and to what stands in them: each pass alone on random loops, and what each is for.
#include "catch.h"
#include "compiler/ir/builder.h"
#include "compiler/ir/parse.h"
#include "compiler/ir/print.h"
#include "compiler/ir/verify.h"
#include "compiler/opt/optimise.h"
#include "unit/compiler/opt/machine.h"
#include "unit/compiler/opt/random_loops.h"

using namespace wjit;
using namespace wjit::test;

namespace {

std::string done_by(std::string_view passes, std::string_view text) {
  auto f = ir::parse(text);
  if (!f) FAIL(f.error().message());
  opt::Optimiser optimiser;
  optimiser.passes = *opt::parse_passes(passes);
  optimiser.run(*f, 1);
  if (const auto sound = ir::verify(*f); !sound) FAIL(sound.error().message());
  return ir::print(*f);
}
size_t count(const std::string& text, std::string_view what) {
  size_t n = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

}  // namespace

TEST_CASE("passes leave alone what random loops do", "[opt]") {
  const std::string_view sets[] = {"rounds", "rotate", "rotate,rounds", "branches", "memory", "licm",
                                   "simplify,branches,memory,licm,rotate,rounds,returns"};
  opt::Optimiser optimiser;
  size_t changed = 0;
  for (unsigned seed = 1; seed <= 1200; ++seed) {
    std::mt19937 random(seed);
    const ir::Function f = random_loops(random, 6);
    if (const auto sound = ir::verify(f); !sound) FAIL(seed << ": " << sound.error().message() << "\n" << ir::print(f));
    std::vector<Run> before;
    for (uint64_t k = 1; k <= 3; ++k) before.push_back(run(f, seed * 10 + k, 4000));
    for (std::string_view passes : sets) {
      ir::Function after = f;
      optimiser.passes = *opt::parse_passes(passes);
      optimiser.run(after, 1);
      const auto both = [&] { return std::string(passes) + "\n" + ir::print(f) + ir::print(after); };
      if (const auto sound = ir::verify(after); !sound) FAIL(seed << ": " << sound.error().message() << "\n" << both());
      changed += ir::print(f) != ir::print(after);
      for (uint64_t k = 1; k <= 3; ++k) {
        const Run& x = before[k - 1];
        if (too_long(x)) continue;
        const Run y = run(after, seed * 10 + k, 16000);
        if (const std::string what = differs(f, x, y); !what.empty()) FAIL(seed << ": " << what << "\n" << both());
        if (x.outcome.frames != y.outcome.frames) FAIL(seed << ": where it ends\n" << both());
      }
    }
  }
  CHECK(changed > 4000);  // the loops are such that there is something to do
}

TEST_CASE("a loop that is left at its top is left at its bottom", "[opt]") {
  const std::string text = done_by("rotate", R"(function 0 "" (i32, i64) -> (i32, i32) {
block0(v0: i64, v1: i64, v2: i32, v3: i64):
  jump block1(v2)

block1(v4: i32):
  v5 = load.i32 heap0.trap [v3 + 4]
  v6 = icmp.i32 lt_u v4, v5
  brif v6, block2, block3

block2:
  store.i32 heap0.trap [v3], v5
  v7 = add.i32 v4, v5
  jump block1(v7)

block3:
  return v4, v5
})");
  INFO(text);
  CHECK(count(text, "load.i32") == 2);  // one in front of the loop, one at its end
  CHECK(count(text, "jump") == 1);      // into the test in front
  CHECK(count(text, "brif") == 2);
  CHECK(count(text, "store.i32") == 1);
}

TEST_CASE("a loop stays as it is where its header is large, calls, or is no test", "[opt]") {
  const auto with = [](std::string_view header) {
    return done_by("rotate", std::string(R"(function 0 "" (i32) -> (i32) {
  sig0 = () -> ()
block0(v0: i64, v1: i64, v2: i32):
  jump block1(v2)

block1(v4: i32):
  )") + std::string(header) + R"(
  brif v4, block2, block3

block2:
  v7 = add.i32 v4, v2
  jump block1(v7)

block3:
  return v4
})");
  };
  CHECK(count(with(""), "brif") == 2);
  CHECK(count(with("call fn3 sig0()"), "brif") == 1);
  std::string many;
  for (int n = 10; n < 19; ++n) many += "v" + std::to_string(n) + " = mul.i32 v4, v4\n  ";
  CHECK(count(with(many), "brif") == 1);
}

namespace {
// n loops in each other, left at their tops; the counter of each is needed behind the one within it.
ir::Function nest(unsigned n) {
  ir::Function f;
  f.signature.params = f.signature.results = {ir::Type::kI32};
  ir::Builder b(f);
  const ir::Block entry = f.new_block();
  f.append_block(entry);
  b.set_block(entry);
  f.append_param(entry, ir::Type::kI64);
  f.append_param(entry, ir::Type::kI64);
  std::vector<ir::Value> counters = {f.append_param(entry, ir::Type::kI32)};
  std::vector<ir::Block> headers, ends;
  for (unsigned k = 0; k < n; ++k) {
    const ir::Block header = f.new_block(), body = f.new_block();
    headers.push_back(header);
    ends.push_back(f.new_block());
    b.jump(header, std::vector<ir::Value>{counters.back()});
    f.append_block(header);
    b.set_block(header);
    counters.push_back(f.append_param(header, ir::Type::kI32));
    b.brif(counters.back(), f.new_edge(body), f.new_edge(ends.back()));
    f.append_block(body);
    b.set_block(body);
  }
  for (unsigned k = n; k-- > 0;) {
    const ir::Value less = b.binary(ir::Op::add, ir::Type::kI32, counters[k + 1], b.iconst(ir::Type::kI32, 0xffffffff));
    b.jump(headers[k], std::vector<ir::Value>{less});
    f.append_block(ends[k]);
    b.set_block(ends[k]);
  }
  b.return_(std::vector<ir::Value>{counters[1]});
  return f;
}
}  // namespace

TEST_CASE("nests of loops are turned in steps that grow as they do", "[opt]") {
  const auto steps = [](unsigned n) {
    ir::Function f = nest(n);
    opt::Optimiser optimiser;
    optimiser.passes = *opt::parse_passes("rotate,rounds");
    optimiser.run(f, 1);
    if (const auto sound = ir::verify(f); !sound) FAIL(sound.error().message());
    CHECK(count(ir::print(f), "brif") == 2 * n);
    return optimiser.work();
  };
  const uint64_t once = steps(1000), twice = steps(2000);
  INFO(once << " " << twice);
  CHECK(once > 1000);
  CHECK(twice <= 2.4 * static_cast<double>(once));
}

TEST_CASE("what goes round a loop does without what it follows", "[opt]") {
  const std::string text = done_by("rounds", R"(function 0 "" (i32, i32) -> (i32) {
block0(v0: i64, v1: i64, v2: i32, v3: i32):
  v4 = iconst.i32 1
  v5 = iconst.i32 100
  v6 = iconst.i32 7
  jump block1(v2, v3)

block1(v7: i32, v8: i32):
  v9 = add.i32 v7, v4
  v10 = xor.i32 v9, v8
  v11 = icmp.i32 ne v7, v5
  brif v11, block1(v9, v10), block2

block2:
  v12 = add.i32 v7, v6
  v13 = add.i32 v12, v10
  return v13
})");
  INFO(text);
  CHECK(text.find("xor.i32 v8, v9") != std::string::npos);
  CHECK(text.find("ne v9, v") != std::string::npos);
  CHECK(text.find("iconst.i32 101") != std::string::npos);
  CHECK(text.find("iconst.i32 6") != std::string::npos);
  CHECK(count(text, "v7") == 2);  // where it is defined, and where its successor is made
}

TEST_CASE("stores that nobody sees go", "[opt]") {
  const auto between = [](std::string_view what) {
    return count(done_by("memory", std::string(R"(function 0 "" (i64, i32, i32) -> (i32) {
  sig0 = () -> ()
block0(v0: i64, v1: i64, v2: i64, v3: i32, v4: i32):
  store.i32 global0 [v0 + 16], v3
  )") + std::string(what) + R"(
  store.i32 global0 [v0 + 16], v4
  return v4
})"), "store.i32 global0");
  };
  CHECK(between("") == 1);
  CHECK(between("store.i32 global1 [v0 + 32], v4") == 1);
  CHECK(between("v5 = load.i32 global1 [v0 + 32]") == 1);
  // Whoever may look.
  CHECK(between("v5 = load.i32 global0 [v2]") == 2);
  CHECK(between("v5 = load.i32 heap0.trap [v2]") == 2);
  CHECK(between("store.i32 heap0.trap [v2], v3") == 2);
  CHECK(between("store8.i32 global0 [v0 + 16], v4") == 2);  // nor is it the whole
  CHECK(between("trap_if v3, unreachable") == 2);
  CHECK(between("v5 = div_u.i32 v3, v4") == 2);
  CHECK(between("fuel 3") == 2);
  CHECK(between("epoch") == 2);
  CHECK(between("call fn3 sig0()") == 2);

  // What may trap stays, though it be written anew at once; what is there already need not be written.
  const auto stores = [](std::string_view what) {
    return count(done_by("memory", std::string(R"(function 0 "" (i64, i32) -> (i32) {
block0(v0: i64, v1: i64, v2: i64, v3: i32):
  )") + std::string(what) + R"(
  return v3
})"), "store.i32");
  };
  CHECK(stores("store.i32 heap0.trap [v2], v3\n  v4 = mul.i32 v3, v3\n  store.i32 heap0.trap [v2], v4") == 2);
  CHECK(stores("store.i32 heap0 [v2], v3\n  trap_if v3, unreachable\n  store.i32 heap0 [v2], v3") == 1);
  CHECK(stores("v4 = load.i32 heap0 [v2]\n  store.i32 heap0 [v2], v4") == 0);
  CHECK(stores("v4 = load.i32 heap0 [v2]\n  fuel 1\n  store.i32 heap0 [v2], v4") == 1);
  CHECK(stores("v4 = load.i32 heap0 [v2]\n  store8.i32 heap0 [v2], v3\n  store.i32 heap0 [v2], v4") == 1);
}

TEST_CASE("an edge that brings a test its outcome goes where it leads", "[opt]") {
  const auto with = [](std::string_view test, std::string_view used) {
    return done_by("branches", std::string(R"(function 0 "" (i32, i32) -> (i32) {
block0(v0: i64, v1: i64, v2: i32, v3: i32):
  v4 = iconst.i32 0
  v5 = iconst.i32 5
  brif v2, block1, block2

block1:
  jump block3(v4)

block2:
  store.i32 heap0 [v0], v3
  jump block3(v3)

block3(v6: i32):
  )") + std::string(test) + R"(

block4:
  return )" + std::string(used) + R"(

block5:
  return v2
})");
  };
  const std::string direct = with("brif v6, block4, block5", "v3");
  INFO(direct);
  CHECK(direct.find("brif v2, block5, block2") != std::string::npos);
  const std::string compared = with("v7 = icmp.i32 lt_u v6, v5\n  brif v7, block4, block5", "v3");
  CHECK(compared.find("brif v2, block4, block2") != std::string::npos);
  CHECK(with("brif v6, block4, block5", "v6").find("brif v2, block3(v4), block2") != std::string::npos);
}

TEST_CASE("what two blocks of a loop have in front of it is there once", "[opt]") {
  const std::string text = done_by("licm", R"(function 0 "" (i32) -> (i64) {
block0(v0: i64, v1: i64, v2: i32):
  jump block1(v2)

block1(v3: i32):
  brif v3, block2, block3

block2:
  v4 = load.i64 vmctx [v0 + 72]
  jump block4(v4)

block3:
  v5 = load.i64 vmctx [v0 + 72]
  v6 = mul.i64 v5, v5
  jump block4(v6)

block4(v7: i64):
  v8 = wrap v7
  brif v8, block1(v8), block5

block5:
  return v7
})");
  INFO(text);
  CHECK(count(text, "load.i64") == 1);
  CHECK(text.find("mul.i64 v4, v4") < text.find("block1(v3"));
}
