// Bodies that a module may have and a compiler must stand: what is made of them is counted, not timed.
#include "catch.h"
#include "compiler/ir/verify.h"
#include "compiler/translate/translator.h"
#include "runtime/compiled_module.h"
#include "unit/compiler/wasm/binary.h"

using namespace wjit;
using namespace wjit::test;

namespace {

struct Size {
  size_t bytes = 0, insts = 0, values = 0, edges = 0, args = 0;
  uint64_t work = 0;
  bool refused = false;
};

// Types: 0 [] -> [], 1 [i32] -> [], 2 [] -> [i32 × 1000].
Size size_of(const Blob& locals, const Blob& code) {
  Blob thousand = cat(0x60, 0, leb(1000));
  thousand.insert(thousand.end(), 1000, 0x7f);
  const Blob body = cat(locals, code, 0x0b);
  const auto m = read(module_of(section(kTypeSec, vec({{0x60, 0, 0}, {0x60, 1, 0x7f, 0}, thousand})), section(kFuncSec, {1, 1}),
                                section(kMemorySec, {1, 0, 1}), section(kCodeSec, cat(1, sized(body)))));
  REQUIRE(m);
  const vm::VMOffsets offsets(rt::module_counts(**m));
  translate::Buffers buffers;
  const auto f = translate::func_to_ir({**m, offsets, {.fuel = true}, {}}, 0, buffers);
  Size s{.bytes = body.size(), .work = (*buffers).ssa.work()};
  if (!f) {
    INFO(f.error().message());
    CHECK(f.error().kind() == ErrorKind::kLimit);
    s.refused = true;
    return s;
  }
  const auto ok = ir::verify(*f);
  if (!ok) FAIL(ok.error().message());
  s.insts = f->inst_count(), s.values = f->value_count(), s.edges = f->edge_count();
  for (uint32_t e = 0; e < f->edge_count(); ++e) s.args += f->list(f->edge(ir::Edge(e)).args).size();
  return s;
}
void times(Blob& out, size_t n, const Blob& more) {
  for (size_t i = 0; i < n; ++i) append(out, more);
}
Blob local(int op, uint32_t index) { return cat(op, leb(index)); }
constexpr int kGet = 0x20, kSet = 0x21;

void check_linear(const Size& s) {
  INFO(s.bytes << " bytes: " << s.insts << " instructions, " << s.values << " values, " << s.edges << " edges, " << s.args
               << " arguments, " << s.work << " steps");
  CHECK_FALSE(s.refused);
  CHECK(s.insts <= 3 * s.bytes + 100);
  CHECK(s.values <= 4 * s.bytes + 100);
  CHECK(s.edges <= s.bytes + 100);
  CHECK(s.args <= 4 * s.bytes + 100);
  CHECK(s.work <= 40 * s.bytes + 1000);
}

}  // namespace

TEST_CASE("worst cases of translation: nested blocks", "[translate][worst]") {
  constexpr uint32_t n = 100'000;
  Blob code;
  SECTION("a branch to each, a local set before it and read behind") {
    times(code, n, {0x02, 0x40});
    for (uint32_t i = 0; i < n; ++i) append(code, cat(local(kGet, 0), local(kSet, 1), local(kGet, 0), 0x0d, leb(i)));
    times(code, n, {0x0b, kGet, 1, 0x1a});
  }
  SECTION("ifs, each in the last one's arm") {
    times(code, n, {kGet, 0, 0x04, 0x40, 0x41, 1, kSet, 1});
    times(code, n, {0x05, 0x41, 2, kSet, 1, 0x0b, kGet, 1, 0x1a});
  }
  SECTION("loops, a local set in the innermost") {
    times(code, n, {0x03, 0x40});
    append(code, Blob{kGet, 1, 0x41, 1, 0x6a, kSet, 1});
    times(code, n, {kGet, 0, 0x0d, 0, 0x0b});
  }
  SECTION("all in dead code") {
    append(code, 0x00);
    times(code, n, {0x02, 0x40});
    times(code, n, {0x0b});
  }
  check_linear(size_of(Blob{1, 1, 0x7f}, code));
}

TEST_CASE("worst cases of translation: many locals", "[translate][worst]") {
  constexpr uint32_t n = 49'999;
  const Blob locals = cat(1, leb(n), 0x7f);
  Blob code;
  const auto each = [&](int op, const Blob& before, const Blob& behind) {
    for (uint32_t i = 1; i <= n; ++i) append(code, cat(before, local(op, i), behind));
  };
  SECTION("all set and read in a loop") {
    append(code, Blob{0x03, 0x40});
    for (uint32_t i = 1; i <= n; ++i) append(code, cat(local(kGet, i), 0x41, 1, 0x6a, local(kSet, i)));
    append(code, Blob{kGet, 0, 0x0d, 0, 0x0b});
    each(kGet, {}, {0x1a});
  }
  SECTION("set in one arm, read behind") {
    append(code, Blob{kGet, 0, 0x04, 0x40});
    each(kSet, {0x41, 7}, {});
    append(code, 0x0b);
    each(kGet, {}, {0x1a});
  }
  SECTION("set before and read behind many blocks and loops that leave them alone") {
    each(kSet, {0x41, 7}, {});
    times(code, 20'000, {0x02, 0x40, kGet, 0, 0x0d, 0, 0x0b, 0x03, 0x40, kGet, 0, 0x0d, 0, 0x0b});
    each(kGet, {}, {0x1a});
  }
  SECTION("none of them touched") { times(code, 1000, {0x02, 0x40, kGet, 0, 0x0d, 0, 0x0b}); }
  check_linear(size_of(locals, code));
}

TEST_CASE("worst cases of translation: br_table", "[translate][worst]") {
  Blob code;
  SECTION("seven megabytes to one label") {
    append(code, Blob{0x02, 0x40, kGet, 0, 0x0e});
    append(code, leb(7'000'000));
    code.insert(code.end(), 7'000'001, 0);
    append(code, 0x0b);
  }
  SECTION("seven megabytes to one label that takes a thousand values") {
    append(code, Blob{0x02, 2});
    times(code, 1000, {0x41, 0});
    append(code, Blob{kGet, 0, 0x0e});
    append(code, leb(7'000'000));
    code.insert(code.end(), 7'000'001, 0);
    append(code, 0x0b);
    code.insert(code.end(), 1000, 0x1a);
  }
  SECTION("a hundred thousand labels") {
    constexpr uint32_t n = 100'000;
    times(code, n, {0x02, 0x40});
    append(code, Blob{kGet, 0, 0x0e});
    append(code, leb(n - 1));
    for (uint32_t i = 0; i < n; ++i) append(code, leb(i));
    times(code, n, {0x0b, kGet, 1, 0x41, 1, 0x6a, kSet, 1});
  }
  SECTION("many tables, each to all of many labels") {
    constexpr uint32_t n = 120;
    times(code, n, {0x02, 0x40});
    for (uint32_t k = 0; k < 2000; ++k) {
      append(code, Blob{kGet, 0, 0x04, 0x40, kGet, 0, 0x0e});
      append(code, leb(n - 1));
      for (uint32_t i = 1; i <= n; ++i) append(code, leb(i));
      append(code, 0x0b);
    }
    times(code, n, {0x0b, kGet, 1, 0x1a});
  }
  check_linear(size_of(Blob{1, 1, 0x7f}, code));
}

// What branches could pass is more than the body's size to some power: given up, in bounded work.
TEST_CASE("worst cases of translation: what is too large stays in tier 0", "[translate][worst]") {
  Blob code, locals{1, 1, 0x7f};
  SECTION("a thousand values on each of many branches") {
    append(code, Blob{0x02, 2});
    times(code, 1000, {0x41, 0});
    times(code, 200'000, {kGet, 0, 0x0d, 0});
    append(code, 0x0b);
    code.insert(code.end(), 1000, 0x1a);
  }
  SECTION("thousands of locals that differ on thousands of branches") {
    constexpr uint32_t n = 20'000;
    locals = cat(1, leb(n), 0x7f);
    append(code, Blob{0x02, 0x40});
    for (int k = 0; k < 2; ++k) {
      for (uint32_t i = 1; i <= n; ++i) append(code, cat(0x41, k, local(kSet, i)));
      times(code, n, {kGet, 0, 0x0d, 0});
    }
    append(code, 0x0b);
    for (uint32_t i = 1; i <= n; ++i) append(code, cat(local(kGet, i), 0x1a));
  }
  SECTION("many locals read in many nested loops") {
    constexpr uint32_t n = 20'000;
    locals = cat(1, leb(n), 0x7f);
    times(code, n, {0x03, 0x40});
    for (uint32_t i = 1; i <= n; ++i) append(code, cat(local(kGet, i), 0x1a));
    times(code, n, {0x0b});
  }
  const Size s = size_of(locals, code);
  CHECK(s.refused);
  CHECK(s.work <= (1 << 20) + 40 * s.bytes);
}
