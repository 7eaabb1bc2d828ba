// Each rule against compiler/wasm/eval.h: functions of integer expressions at random, and divisions by many constants,
// give before and after the passes what the IR's interpreter says, traps included.
#include <random>

#include "catch.h"
#include "compiler/ir/builder.h"
#include "compiler/ir/print.h"
#include "compiler/ir/verify.h"
#include "compiler/ireval/eval.h"
#include "compiler/opt/optimise.h"

using namespace wjit;
using ir::Op;
using ir::Type;
using ir::Value;

namespace {

constexpr uint64_t kSpecial[] = {0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 12, 15, 16, 24, 31, 32, 33, 40, 63, 64, 100, 127, 128, 255,
                                 256, 641, 1020, 1000, 32767, 32768, 65535, 65536, 0x7fffffff, 0x80000000, 0xfffffffe,
                                 0xffffffff, 0x100000000, 0x7fffffffffffffff, 0x8000000000000000, 0xfffffffffffffffe,
                                 0xffffffffffffffff, 0xffffffff80000000, 0x5555555555555555, 6700417, 1000000007};

struct Random {
  std::mt19937_64 engine;
  uint64_t below(uint64_t n) { return engine() % n; }
  uint64_t number() {
    switch (below(4)) {
      case 0: return kSpecial[below(std::size(kSpecial))];
      case 1: return 0 - kSpecial[below(std::size(kSpecial))];
      case 2: return engine() >> below(64);
      default: return below(64);
    }
  }
};

struct Expressions {
  Random& random;
  ir::Function f;
  ir::Builder b{f};
  std::vector<Value> i32s, i64s;

  Value pick(Type t) {
    auto& of = t == Type::kI32 ? i32s : i64s;
    if (random.below(3) == 0) return b.iconst(t, random.number());
    // Mostly what was made last.
    return of[of.size() - 1 - std::min<size_t>(of.size() - 1, random.below(random.below(of.size()) + 1))];
  }
  void keep(Value v) { (f.type(v) == Type::kI32 ? i32s : i64s).push_back(v); }

  void step() {
    static constexpr Op kBinaries[] = {Op::add, Op::add, Op::sub, Op::mul, Op::and_, Op::and_, Op::or_, Op::xor_, Op::shl,
                                       Op::shl, Op::shr_s, Op::shr_u, Op::shr_u, Op::rotl, Op::rotr, Op::div_s, Op::div_u,
                                       Op::rem_s, Op::rem_u, Op::mul_hi_s, Op::mul_hi_u};
    static constexpr Op kUnaries[] = {Op::clz, Op::ctz, Op::popcnt, Op::extend8_s, Op::extend16_s};
    const Type t = random.below(2) == 0 ? Type::kI32 : Type::kI64;
    switch (random.below(10)) {
      case 0: keep(b.unary(kUnaries[random.below(std::size(kUnaries))], t, pick(t))); break;
      case 1: keep(b.extend_u(pick(Type::kI32))); break;
      case 2: keep(random.below(2) ? b.extend_s(pick(Type::kI32)) : b.wrap(pick(Type::kI64))); break;
      case 3: case 4:
        keep(b.icmp(static_cast<ir::IntCc>(random.below(10)), t, pick(t), pick(t)));
        break;
      case 5: keep(b.select(t, pick(Type::kI32), pick(t), pick(t))); break;
      default: keep(b.binary(kBinaries[random.below(std::size(kBinaries))], t, pick(t), pick(t))); break;
    }
  }

  explicit Expressions(Random& r) : random(r) {
    f.signature = {{Type::kI32, Type::kI32, Type::kI64, Type::kI64}, {}};
    const ir::Block entry = f.new_block();
    f.append_block(entry);
    b.set_block(entry);
    f.append_param(entry, Type::kI64);
    f.append_param(entry, Type::kI64);
    for (Type t : f.signature.params) keep(f.append_param(entry, t));
    for (uint64_t n = 4 + random.below(12); n-- > 0;) step();
    std::vector<Value> results;
    for (const auto& of : {i32s, i64s})
      for (size_t k = of.size() - std::min<size_t>(of.size(), 5); k < of.size(); ++k) {
        results.push_back(of[k]);
        f.signature.results.push_back(f.type(of[k]));
      }
    b.return_(results);
  }
};

bool same(const ir::Function& f, const ireval::Outcome& x, const ireval::Outcome& y) {
  if (x.kind != y.kind || x.trap != y.trap || x.results.size() != y.results.size()) return false;
  for (size_t k = 0; k < x.results.size(); ++k)
    if (!ireval::same(f.signature.results[k], x.results[k], y.results[k])) return false;
  return true;
}

}  // namespace

TEST_CASE("what rules make of expressions means the same", "[opt]") {
  Random random;
  random.engine.seed(20);
  opt::Optimiser optimiser;
  ireval::Host host;
  for (unsigned n = 0; n < 4000; ++n) {
    Expressions e(random);
    ir::Function after = e.f;
    optimiser.run(after, 1);
    if (const auto sound = ir::verify(after); !sound) FAIL(sound.error().message() << ir::print(after));
    for (unsigned k = 0; k < 24; ++k) {
      const ireval::Bits arguments[] = {{random.number()}, {random.number()}, {random.number()}, {random.number()}};
      const auto x = ireval::run(host, e.f, 1, arguments), y = ireval::run(host, after, 1, arguments, {.noise = 77});
      if (!same(e.f, x, y))
        FAIL("with " << arguments[0].lo << " " << arguments[1].lo << " " << arguments[2].lo << " " << arguments[3].lo << "\n"
                     << ir::print(e.f) << ir::print(after));
    }
  }
}

TEST_CASE("division by a constant", "[opt]") {
  Random random;
  random.engine.seed(21);
  opt::Optimiser optimiser;
  ireval::Host host;
  std::vector<uint64_t> divisors(std::begin(kSpecial), std::end(kSpecial));
  for (uint64_t c = 1; c < 300; ++c) divisors.push_back(c), divisors.push_back(0 - c);
  for (unsigned n = 0; n < 400; ++n) divisors.push_back(random.engine() >> random.below(64));
  for (Type t : {Type::kI32, Type::kI64}) {
    for (uint64_t c : divisors) {
      ir::Function f;
      f.signature = {{t}, {t, t, t, t, t}};
      const ir::Block entry = f.new_block();
      f.append_block(entry);
      ir::Builder b(f);
      b.set_block(entry);
      f.append_param(entry, Type::kI64);
      f.append_param(entry, Type::kI64);
      const Value x = f.append_param(entry, t), by = b.iconst(t, c);
      // What is known of a dividend makes its reciprocal another one.
      const Value small = b.binary(Op::and_, t, x, b.iconst(t, 0xffff));
      const Value results[] = {b.binary(Op::div_u, t, x, by), b.binary(Op::rem_u, t, x, by), b.binary(Op::div_u, t, small, by),
                               b.binary(Op::div_s, t, x, by), b.binary(Op::rem_s, t, x, by)};
      b.return_(results);
      ir::Function after = f;
      optimiser.run(after, 1);
      if (const auto sound = ir::verify(after); !sound) FAIL(sound.error().message());
      const uint64_t d = t == Type::kI32 ? static_cast<uint32_t>(c) : c;
      if (d > 1 && d != (t == Type::kI32 ? 0xffffffff : ~uint64_t{0}))
        for (Op op : {Op::div_u, Op::rem_u, Op::div_s, Op::rem_s}) {
          INFO("by " << c);
          CHECK(ir::print(after).find(ir::info(op).text) == std::string::npos);
        }
      std::vector<uint64_t> dividends(std::begin(kSpecial), std::end(kSpecial));
      for (uint64_t k : {1, 2, 3, 7}) {
        const uint64_t m = d * k;
        dividends.insert(dividends.end(), {m, m - 1, m + 1, 0 - m, 1 - m, ~m});
      }
      if (d != 0)
        for (uint64_t most : {uint64_t{0xffffffff}, ~uint64_t{0}, uint64_t{0x7fffffff}, ~uint64_t{0} >> 1})
          dividends.insert(dividends.end(), {most / d * d, most / d * d - 1, most - most % d});
      for (unsigned n = 0; n < 12; ++n) dividends.push_back(random.engine() >> random.below(64));
      for (uint64_t dividend : dividends) {
        const ireval::Bits argument{dividend};
        const auto before = ireval::run(host, f, 1, {&argument, 1}), now = ireval::run(host, after, 1, {&argument, 1});
        if (!same(f, before, now)) FAIL(dividend << " by " << c << "\n" << ir::print(after));
      }
    }
  }
}
