// Bodies that a module may have and the compiler of native code must stand, all the way to linked bytes: twice the body
// may take twice the steps, memory and code, and a bit. What is counted is not timed.
#include <fmt/format.h>

#include "catch.h"
#include "compiler/compile.h"
#include "runtime/compiled_module.h"
#include "unit/allocation_watch.h"
#include "unit/compiler/wasm/binary.h"

using namespace wjit;
using namespace wjit::test;

namespace {

struct Cost {
  size_t bytes = 0;      // of the body
  std::array<uint64_t, support::kPassCount> steps{};  // of those that count
  size_t allocated = 0;  // asked for from body to linked code, freed or not
  size_t code = 0;
  bool refused = false;
};

Blob local(int op, uint32_t index) { return cat(op, leb(index)); }
constexpr int kGet = 0x20, kSet = 0x21;
void times(Blob& out, size_t n, const Blob& more) {
  for (size_t i = 0; i < n; ++i) append(out, more);
}

// Types: 0 [] -> [], 1 [i32] -> [], 2 [i32 × 100] -> []. Function 0 is [i32] -> [] or, with `many`, [i32 × 100] -> [].
Cost cost_of(const Blob& locals, const Blob& code, bool many, unsigned level) {
  Blob hundred = cat(0x60, leb(100));
  hundred.insert(hundred.end(), 100, 0x7f);
  append(hundred, 0);
  const Blob body = cat(locals, code, 0x0b);
  const auto m = read(module_of(section(kTypeSec, vec({{0x60, 0, 0}, {0x60, 1, 0x7f, 0}, hundred})),
                                section(kFuncSec, {1, static_cast<uint8_t>(many ? 2 : 1)}), section(kMemorySec, {1, 0, 1}),
                                section(kCodeSec, cat(1, sized(body)))));
  REQUIRE(m);
  const vm::VMOffsets offsets(rt::module_counts(**m));
  Cost cost{.bytes = body.size()};
  const translate::MemoryInfo guarded{.guard = true, .guard_bytes = uint64_t{1} << 31, .base_moves = false};
  CompileOptions options;
  options.memories = {guarded};
  options.translate.fuel = true;
  options.opt_level = level;
  options.times = true;
  const AllocationWatch watch;
  const auto native = compile_module(**m, offsets, options);
  if (!native) FAIL(native.error().message());
  cost.allocated = watch.total();
  cost.code = native->bytes.size();
  cost.steps = native->times.steps;
  cost.refused = !native->refused.empty();
  if (cost.refused) {
    INFO(native->refused[0].error.message());
    CHECK(native->refused[0].error.kind() == ErrorKind::kLimit);
  }
  return cost;
}

struct Body {
  Blob locals{1, 9, 0x7f}, code{};
  bool many = false;
};
using Make = Body (*)(uint32_t n);

struct Case {
  const char* name;
  uint32_t n;  // 2n is what is compared with it
  Make make;
};

constexpr Case kCases[] = {
    {"blocks in a row, with branches out of them", 50'000,
     [](uint32_t n) {
       Body b;
       times(b.code, n, {0x02, 0x40, kGet, 0, 0x0d, 0, 0x0b});
       return b;
     }},
    {"nested blocks with a branch to each", 20'000,
     [](uint32_t n) {
       Body b;
       times(b.code, n, {0x02, 0x40});
       for (uint32_t i = 0; i < n; ++i) append(b.code, cat(local(kGet, 0), 0x0d, leb(i)));
       times(b.code, n, {0x0b});
       return b;
     }},
    {"loops in a row", 10'000,
     [](uint32_t n) {
       Body b;
       times(b.code, n, {0x03, 0x40, kGet, 1, 0x41, 1, 0x6a, kSet, 1, kGet, 1, kGet, 0, 0x48, 0x0d, 0, 0x0b});
       return b;
     }},
    {"nested loops, something to move out of each", 2'000,
     [](uint32_t n) {
       Body b;
       for (uint32_t i = 0; i < n; ++i)
         append(b.code, cat(0x03, 0x40, local(kGet, 0), 0x41, leb(0x10000 + i), 0x6c, local(kGet, 2), 0x6a, local(kSet, 2)));
       times(b.code, n, {kGet, 0, 0x0d, 0, 0x0b});
       return b;
     }},
    {"nested loops, something to move out of all in the innermost", 2'000,
     [](uint32_t n) {
       Body b;
       times(b.code, n, {0x03, 0x40});
       for (uint32_t i = 0; i < n; ++i)
         append(b.code, cat(local(kGet, 0), 0x41, leb(0x10000 + i), 0x6c, local(kGet, 2), 0x6a, local(kSet, 2)));
       times(b.code, n, {kGet, 0, 0x0d, 0, 0x0b});
       return b;
     }},
    {"a loop with many ways back", 30'000,
     [](uint32_t n) {
       Body b;
       append(b.code, Blob{0x03, 0x40});
       times(b.code, n, {kGet, 0, 0x0d, 0});
       append(b.code, 0x0b);
       return b;
     }},
    {"many locals in a loop", 10'000,
     [](uint32_t n) {
       Body b{.locals = cat(1, leb(n), 0x7f)};
       append(b.code, Blob{0x03, 0x40});
       for (uint32_t i = 1; i <= n; ++i) append(b.code, cat(local(kGet, i), 0x41, 1, 0x6a, local(kSet, i)));
       append(b.code, Blob{kGet, 0, 0x0d, 0, 0x0b});
       return b;
     }},
    {"an expression as deep as it is large", 100'000,
     [](uint32_t n) {
       Body b;
       append(b.code, Blob{0x41, 0});
       times(b.code, n, {kGet, 0});
       times(b.code, n - 1, {0x6a});
       append(b.code, Blob{0x36, 2, 0});
       return b;
     }},
    {"conditions of conditions", 50'000,
     [](uint32_t n) {
       Body b;
       append(b.code, Blob{kGet, 0});
       times(b.code, n, {0x45, 0x22, 1, kGet, 1, 0x04, 0x40, 0x41, 0, 0x41, 1, 0x36, 2, 0, 0x0b});
       append(b.code, 0x1a);
       return b;
     }},
    {"a number widened and narrowed, each time stored", 30'000,
     [](uint32_t n) {
       Body b;
       append(b.code, Blob{kGet, 0, kSet, 1});
       times(b.code, n, {0x41, 0, kGet, 1, 0xad, 0xa7, 0x22, 1, 0x3a, 0, 0});
       return b;
     }},
    {"calls of a hundred arguments", 300,
     [](uint32_t n) {
       Body b{.locals = {0}, .many = true};
       for (uint32_t k = 0; k < n; ++k) {
         for (uint32_t i = 0; i < 100; ++i) append(b.code, local(kGet, (i + k) % 100));
         append(b.code, Blob{0x10, 0});
       }
       return b;
     }},
    {"a table of one label", 1'000'000,
     [](uint32_t n) {
       Body b;
       append(b.code, Blob{0x02, 0x40, kGet, 0, 0x0e});
       append(b.code, leb(n));
       b.code.insert(b.code.end(), n + 1, 0);
       append(b.code, 0x0b);
       return b;
     }},
    {"a table of as many labels", 20'000,
     [](uint32_t n) {
       Body b;
       times(b.code, n, {0x02, 0x40});
       append(b.code, Blob{kGet, 0, 0x0e});
       append(b.code, leb(n - 1));
       for (uint32_t i = 0; i < n; ++i) append(b.code, leb(i));
       times(b.code, n, {0x0b, kGet, 1, 0x41, 1, 0x6a, kSet, 1});
       return b;
     }},
    {"constants of floats, all different", 20'000,
     [](uint32_t n) {
       Body b{.locals = {1, 2, 0x7c}};
       for (uint32_t i = 0; i < n; ++i) {
         append(b.code, Blob{kGet, 1, 0x44, 0, 0, 0, 0, static_cast<uint8_t>(i), static_cast<uint8_t>(i >> 8),
                             static_cast<uint8_t>(i >> 16), 0x3f, 0xa0, kSet, 1});
       }
       append(b.code, Blob{0x41, 0, kGet, 1, 0x39, 3, 0});
       return b;
     }},
    {"traps", 20'000,
     [](uint32_t n) {
       Body b;
       times(b.code, n, {kGet, 0, kGet, 1, 0x6d, kSet, 1});
       return b;
     }},
};

}  // namespace

TEST_CASE("worst cases of the compiler: twice the body takes twice the work", "[compile][worst]") {
#if defined(__x86_64__)
  const unsigned level = GENERATE(0u, 1u);
  for (const Case& c : kCases) {
    const auto cost = [&](uint32_t n) {
      const Body b = c.make(n);
      return cost_of(b.locals, b.code, b.many, level);
    };
    const Cost once = cost(c.n), twice = cost(2 * c.n);
    std::string steps;
    for (size_t p = 0; p < support::kPassCount; ++p)
      if (twice.steps[p] != 0)
        steps += fmt::format("{} {} {}, ", support::kPassNames[p], once.steps[p], twice.steps[p]);
    INFO(c.name << ", -O" << level << ": " << once.bytes << " and " << twice.bytes << " bytes, steps: " << steps << once.allocated << " and " << twice.allocated << " bytes allocated, " << once.code << " and "
                << twice.code << " bytes of code" << (twice.refused ? ", refused" : ""));
    // Vectors that grow by doubling ask for up to a half more or less than in proportion.
    for (size_t p = 0; p < support::kPassCount; ++p)
      CHECK(static_cast<double>(twice.steps[p]) <= 2.4 * static_cast<double>(once.steps[p]) + 10'000);
    using support::Pass;
    for (const Pass p : {Pass::kLower, Pass::kRegalloc, Pass::kEmit, Pass::kLink})
      CHECK((twice.refused || twice.steps[static_cast<size_t>(p)] != 0));
    CHECK(static_cast<double>(twice.allocated) <= 3 * static_cast<double>(once.allocated) + 1e6);
    CHECK(static_cast<double>(twice.code) <= 2.2 * static_cast<double>(once.code) + 1000);
    if (std::getenv("WJIT_TEST_VERBOSE")) WARN(c.name << ", -O" << level << ": " << once.bytes << " bytes, steps: " << steps << once.allocated << " " << twice.allocated << " bytes allocated, " << once.code << " " << twice.code << (twice.refused ? ", refused" : ""));
  }
#endif
}
