#include "compiler/ireval/eval.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <map>
#include <random>

#include "catch.h"
#include "compiler/ir/parse.h"
#include "compiler/ir/verify.h"

using namespace wjit;
using namespace wjit::ireval;
using ir::Type;

namespace {

// Functions by their order in the text; memory is one array that addresses are offsets of.
struct TestHost : Host {
  std::vector<ir::Function> functions;
  std::vector<uint8_t> heap = std::vector<uint8_t>(64);
  std::vector<std::string> log;
  vm::TrapCode pending = vm::TrapCode::kNone;
  int64_t fuel_left = 100;

  explicit TestHost(std::string_view text) {
    auto parsed = ir::parse_functions(text);
    if (!parsed) FAIL(parsed.error().message());
    functions = std::move(*parsed);
    for (const auto& f : functions)
      if (const auto ok = ir::verify(f); !ok) FAIL(ok.error().message());
  }
  Signal access(uint64_t& address, uint32_t bytes, ir::Access access, bool) override {
    if (address > heap.size() || bytes > heap.size() - address)
      return access.traps ? Signal{vm::TrapCode::kMemoryOutOfBounds} : Signal{.mistake = "wild"};
    address += reinterpret_cast<uint64_t>(heap.data());
    return {};
  }
  Callee direct(uint32_t defined, uint64_t vmctx) override {
    return defined < functions.size() ? Callee{&functions[defined], vmctx} : Callee{};
  }
  Callee indirect(uint64_t code, uint64_t vmctx) override { return direct(static_cast<uint32_t>(code - 1000), vmctx); }
  Signal call(const NativeCall& c) override {
    log.push_back(std::to_string(c.code) + " " + std::to_string(c.callee_vmctx) + " " + std::to_string(c.caller_vmctx));
    if (c.code == 99) return {vm::TrapCode::kHostError};
    if (c.code >= 200 && c.code < 210) return {.thrown = Exception{static_cast<uint32_t>(c.code - 200), c.arguments[0].u32()}};
    for (size_t i = 0; i < c.results.size(); ++i) c.results[i] = {c.arguments[0].u32() + i};
    return {};
  }
  Signal libcall(vm::Libcall call, std::span<const Bits> arguments, Bits& result) override {
    log.push_back(vm::kLibcalls[static_cast<size_t>(call)].name + std::to_string(arguments[2].lo));
    result = {arguments[2].lo * 2};
    if (arguments[2].lo > 10) pending = vm::TrapCode::kResourceLimit;
    return {};
  }
  Signal fuel(uint64_t, uint64_t cost) override {
    return (fuel_left -= static_cast<int64_t>(cost)) < 0 ? Signal{vm::TrapCode::kOutOfFuel} : Signal();
  }
  Signal epoch(uint64_t vmctx) override { return vmctx == 13 ? Signal{vm::TrapCode::kEpochDeadline} : Signal(); }
  vm::TrapCode pending_trap(uint64_t) override { return pending; }

  Outcome operator()(std::vector<uint64_t> arguments, Limits limits = {.steps = 1'000'000}, uint64_t vmctx = 7) {
    std::vector<Bits> bits;
    for (uint64_t a : arguments) bits.push_back({a});
    return run(*this, functions[0], vmctx, bits, limits);
  }
};

// One function of this signature, "(i32) -> (i64)", whose parameters are v2 and so on, and whose body is this.
TestHost host_of(std::string_view signature, std::string_view body) {
  std::string params = "v0: i64, v1: i64", text(signature);
  uint32_t n = 2;
  const std::string list = text.substr(1, text.find(')') - 1);
  for (size_t at = 0; at < list.size();) {
    const size_t end = std::min(list.find(", ", at), list.size());
    params += ", v" + std::to_string(n++) + ": " + list.substr(at, end - at);
    at = end + 2;
  }
  return TestHost("function 5 \"\" " + text + " {\nblock0(" + params + "):\n" + std::string(body) + "\n}");
}

}  // namespace

TEST_CASE("ir eval: a loop with block parameters", "[ir]") {
  TestHost host = host_of("(i32) -> (i64)", R"(
    v3 = iconst.i64 0
    jump block1(v2, v3)
  block1(v4: i32, v5: i64):
    v6 = extend_u v4
    v7 = add.i64 v5, v6
    v8 = iconst.i32 1
    v9 = sub.i32 v4, v8
    brif v9, block1(v9, v7), block2
  block2:
    return v7)");
  const Outcome o = host({100});
  REQUIRE(o.kind == Outcome::Kind::kReturned);
  CHECK(o.results[0].lo == 5050);
}

TEST_CASE("ir eval: arguments of an edge are read before parameters change", "[ir]") {
  TestHost host = host_of("(i32, i32, i32) -> (i32, i32)", R"(
    jump block1(v2, v3, v4)
  block1(v5: i32, v6: i32, v7: i32):
    v8 = iconst.i32 1
    v9 = sub.i32 v7, v8
    brif v9, block1(v6, v5, v9), block2
  block2:
    return v5, v6)");
  const Outcome o = host({11, 22, 4});
  REQUIRE(o.results.size() == 2);
  CHECK(o.results[0].u32() == 22);
  CHECK(o.results[1].u32() == 11);
}

// Every numeric instruction once, with values that tell it from its neighbours.
TEST_CASE("ir eval: numeric instructions", "[ir]") {
  const auto f32 = [](float x) -> uint64_t { return std::bit_cast<uint32_t>(x); };
  const auto f64 = [](double x) -> uint64_t { return std::bit_cast<uint64_t>(x); };
  const uint64_t m = ~uint64_t{0};
  struct Row {
    std::string_view op, types;  // letters of the operands, then of the result
    std::vector<uint64_t> operands;
    uint64_t result;
  };
  const Row rows[] = {
      {"add.i32", "iii", {0xffffffff, 2}, 1},
      {"add.i64", "lll", {0xffffffff, 2}, 0x100000001},
      {"sub.i32", "iii", {1, 2}, 0xffffffff},
      {"mul.i64", "lll", {m, 5}, m - 4},
      {"and.i32", "iii", {12, 10}, 8},
      {"or.i32", "iii", {12, 10}, 14},
      {"xor.i64", "lll", {12, 10}, 6},
      {"shl.i32", "iii", {3, 33}, 6},
      {"shl.i64", "lll", {3, 33}, uint64_t{3} << 33},
      {"shr_s.i32", "iii", {0x80000000, 4}, 0xf8000000},
      {"shr_u.i32", "iii", {0x80000000, 4}, 0x08000000},
      {"shr_s.i64", "lll", {m << 8, 4}, m << 4},
      {"shr_u.i64", "lll", {m, 60}, 15},
      {"rotl.i32", "iii", {0x80000001, 4}, 0x18},
      {"rotr.i64", "lll", {0x1f, 4}, 0xf000000000000001},
      {"div_s.i32", "iii", {0xfffffff9, 2}, 0xfffffffd},
      {"div_u.i32", "iii", {0xfffffff9, 2}, 0x7ffffffc},
      {"rem_s.i64", "lll", {m - 6, 2}, m},
      {"rem_u.i64", "lll", {m - 6, 10}, 9},
      {"rem_s.i32", "iii", {0x80000000, 0xffffffff}, 0},
      {"mul_hi_s.i32", "iii", {0xffffffff, 5}, 0xffffffff},
      {"mul_hi_u.i32", "iii", {0xffffffff, 5}, 4},
      {"mul_hi_s.i64", "lll", {m, 5}, m},
      {"mul_hi_u.i64", "lll", {m, 5}, 4},
      {"clz.i32", "ii", {1}, 31},
      {"clz.i64", "ll", {1}, 63},
      {"ctz.i32", "ii", {0}, 32},
      {"popcnt.i64", "ll", {m}, 64},
      {"extend8_s.i32", "ii", {0x180}, 0xffffff80},
      {"extend16_s.i64", "ll", {0x18000}, 0xffffffffffff8000},
      {"extend_s", "il", {0x80000000}, 0xffffffff80000000},
      {"extend_u", "il", {0x80000000}, 0x80000000},
      {"wrap", "li", {0x123456789a}, 0x3456789a},
      {"icmp.i32 lt_s", "iii", {0xffffffff, 0}, 1},
      {"icmp.i32 lt_u", "iii", {0xffffffff, 0}, 0},
      {"icmp.i64 ge_s", "lli", {m, 0}, 0},
      {"icmp.i64 eq", "lli", {1, uint64_t{1} << 32 | 1}, 0},
      {"select.i64", "illl", {5, 1, 2}, 1},
      {"select.f32", "ifff", {0, 1, 2}, 2},
      {"fadd.f32", "fff", {f32(1.5), f32(2)}, f32(3.5)},
      {"fsub.f64", "ddd", {f64(1.5), f64(2)}, f64(-0.5)},
      {"fmul.f64", "ddd", {f64(1.5), f64(2)}, f64(3)},
      {"fdiv.f32", "fff", {f32(1), f32(0)}, f32(INFINITY)},
      {"fmin.f32", "fff", {f32(0), f32(-0.f)}, f32(-0.f)},
      {"fmax.f64", "ddd", {f64(1), f64(2)}, f64(2)},
      {"fcopysign.f64", "ddd", {f64(1), f64(-2)}, f64(-1)},
      {"fabs.f32", "ff", {f32(-1)}, f32(1)},
      {"fneg.f64", "dd", {f64(-1)}, f64(1)},
      {"fceil.f32", "ff", {f32(1.2f)}, f32(2)},
      {"ffloor.f32", "ff", {f32(-1.2f)}, f32(-2)},
      {"ftrunc.f64", "dd", {f64(-1.7)}, f64(-1)},
      {"fnearest.f64", "dd", {f64(2.5)}, f64(2)},
      {"fsqrt.f64", "dd", {f64(9)}, f64(3)},
      {"fcmp.f32 lt", "ffi", {f32(1), f32(2)}, 1},
      {"fcmp.f64 ne", "ddi", {f64(NAN), f64(NAN)}, 1},
      {"fcmp.f64 ge", "ddi", {f64(NAN), f64(NAN)}, 0},
      {"fpromote", "fd", {f32(1.5)}, f64(1.5)},
      {"fdemote", "df", {f64(1.5)}, f32(1.5)},
      {"convert_s.f32.i32", "if", {0xffffffff}, f32(-1)},
      {"convert_u.f64.i32", "id", {0xffffffff}, f64(4294967295.0)},
      {"convert_s.f64.i64", "ld", {m}, f64(-1)},
      {"convert_u.f32.i64", "lf", {m}, f32(18446744073709551616.0f)},
      {"trunc_s.i32.f64", "di", {f64(-1.5)}, 0xffffffff},
      {"trunc_u.i64.f32", "fl", {f32(3e9f)}, 3000000000},
      {"trunc_sat_s.i64.f64", "dl", {f64(1e30)}, m >> 1},
      {"trunc_sat_u.i32.f32", "fi", {f32(-1)}, 0},
      {"bitcast.i32.f32", "fi", {f32(1)}, f32(1)},
      {"bitcast.f64.i64", "ld", {f64(1)}, f64(1)},
  };
  const std::map<char, std::string_view> names = {{'i', "i32"}, {'l', "i64"}, {'f', "f32"}, {'d', "f64"}};
  for (const Row& row : rows) {
    std::string signature = "(", body = "  v9 = " + std::string(row.op);
    for (size_t i = 0; i < row.operands.size(); ++i) {
      signature += (i ? ", " : "") + std::string(names.at(row.types[i]));
      body += (i ? ", v" : " v") + std::to_string(2 + i);
    }
    signature += ") -> (" + std::string(names.at(row.types.back())) + ")";
    TestHost host = host_of(signature, body + "\n  return v9");
    const Outcome o = host(row.operands);
    INFO(row.op);
    REQUIRE(o.kind == Outcome::Kind::kReturned);
    CHECK(same(host.functions[0].signature.results[0], o.results[0], {row.result}));
  }
}

TEST_CASE("ir eval: what traps by its operands does so at its offset", "[ir]") {
  const auto trap = [](std::string_view op, uint64_t a, uint64_t b) {
    TestHost host = host_of("(i64, i64) -> (i64)", "v4 = " + std::string(op) + " v2, v3 ; @77\n return v4");
    const Outcome o = host({a, b});
    CHECK(o.frames == std::vector<Outcome::Frame>{{5, 0x77}});
    return o.trap;
  };
  CHECK(trap("div_s.i64", 1, 0) == vm::TrapCode::kIntegerDivideByZero);
  CHECK(trap("rem_u.i64", 1, 0) == vm::TrapCode::kIntegerDivideByZero);
  CHECK(trap("div_s.i64", uint64_t{1} << 63, ~uint64_t{0}) == vm::TrapCode::kIntegerOverflow);
  TestHost nan = host_of("() -> (i32)", "v4 = fconst.f64 nan:0x7ff8000000000000\n v5 = trunc_s.i32.f64 v4\n return v5");
  CHECK(nan({}).trap == vm::TrapCode::kInvalidConversion);
}

TEST_CASE("ir eval: memory", "[ir]") {
  TestHost host = host_of("(i64, i32) -> (i64, i32, i64, i64, f32, i32)", R"(
    store.i32 heap0.trap [v2 - 4], v3
    v10 = load.i64 heap0 [v2 - 4]
    v11 = load8_s.i32 heap0 [v2 - 4]
    v12 = load16_u.i64 heap0 [v2 - 4]
    v13 = load32_s heap0 [v2 - 4]
    v14 = load.f32 heap0 [v2 - 4]
    store8.i32 heap0 [v2 + 8], v3
    store16.i32 heap0 [v2 + 9], v3
    v15 = load.i32 heap0 [v2 + 8]
    v16 = load.v128 heap0 [v2]
    store.v128 heap0 [v2 + 16], v16
    return v10, v11, v12, v13, v14, v15)");
  const Outcome o = host({16, 0xfedcba98});
  REQUIRE(o.kind == Outcome::Kind::kReturned);
  CHECK(o.results[0].lo == 0xfedcba98);
  CHECK(o.results[1].u32() == 0xffffff98);
  CHECK(o.results[2].lo == 0xba98);
  CHECK(o.results[3].lo == 0xfffffffffedcba98);
  CHECK(o.results[4].u32() == 0xfedcba98);
  CHECK(o.results[5].u32() == 0xba9898);
  CHECK(std::memcmp(&host.heap[16], &host.heap[32], 16) == 0);
  CHECK(host({70, 0}).trap == vm::TrapCode::kMemoryOutOfBounds);  // the last byte would be at 69
  CHECK(host({52, 0}).mistake == "wild");                         // the load of 16 bytes
}

// A function that forgets to extend: each run sees something else.
TEST_CASE("ir eval: what is undefined is noise", "[ir]") {
  TestHost host = host_of("(i32) -> (i32, f32, i32)", R"(
    v3 = iconst.i32 1
    v4 = fconst.f32 1
    v5 = add.i32 v2, v3
    return v3, v4, v5)");
  const Outcome a = host({5}, {.noise = 1}), b = host({5}, {.noise = 2});
  for (int i = 0; i < 3; ++i) {
    CHECK(same(Type::kI32, a.results[size_t(i)], b.results[size_t(i)]));
    CHECK(a.results[size_t(i)].lo >> 32 != b.results[size_t(i)].lo >> 32);
    CHECK(a.results[size_t(i)].lo >> 32 != 0);
    CHECK(a.results[size_t(i)].hi != b.results[size_t(i)].hi);
  }
}

TEST_CASE("ir eval: checks", "[ir]") {
  TestHost host = host_of("(i32)", R"(
    trap_if v2, table-out-of-bounds ; @10
    v3 = iconst.i32 1
    trap_unless v3, null-reference
    leave_if v2
    leave_unless v3
    fuel 50
    v4 = iconst.i64 10
    fuel_by v4
    epoch
    return)");
  CHECK(host({0}).kind == Outcome::Kind::kReturned);
  CHECK(host({1}).trap == vm::TrapCode::kTableOutOfBounds);
  CHECK(host({0}).trap == vm::TrapCode::kOutOfFuel);
  host.fuel_left = 100;
  CHECK(host({0}, {}, 13).trap == vm::TrapCode::kEpochDeadline);
  CHECK(host({0}, {.steps = 3}).mistake == "too many steps");
}

TEST_CASE("ir eval: libcalls, and leaving when they fail", "[ir]") {
  TestHost host(R"(
function 5 "" (i64) -> (i64) {
  sig0 = (i64, i32, i64) -> (i64)
block0(v0: i64, v1: i64, v2: i64):
  v3 = iconst.i32 0
  v4 = libcall memory_grow sig0(v0, v3, v2)
  v5 = iconst.i64 20
  v6 = icmp.i64 gt_u v4, v5
  leave_if v6 ; @9
  return v4
})");
  CHECK(host({10}).results[0].lo == 20);
  const Outcome o = host({11});
  CHECK(o.trap == vm::TrapCode::kResourceLimit);
  CHECK(o.frames[0] == Outcome::Frame{5, 9});
  CHECK(host.log == std::vector<std::string>{"memory_grow10", "memory_grow11"});
  host.pending = vm::TrapCode::kNone;
  CHECK(host({~uint64_t{0}}).trap == vm::TrapCode::kResourceLimit);
}

TEST_CASE("ir eval: tail calls take no room", "[ir]") {
  TestHost host(R"(
function 0 "" (i32) -> (i32) {
  sig0 = (i32) -> (i32)
block0(v0: i64, v1: i64, v2: i32):
  v3 = iconst.i32 1
  v4 = sub.i32 v2, v3
  v5 = iconst.i64 1000
  brif v4, block1, block2
block1:
  return_call_indirect sig0(v5, v0, v4)
block2:
  return v2
})");
  const Outcome o = host({100'000}, {.depth = 1});
  REQUIRE(o.kind == Outcome::Kind::kReturned);
  CHECK(o.results[0].u32() == 1);
}

TEST_CASE("ir eval: tables of branches end in the edge past their end", "[ir]") {
  TestHost host = host_of("(i32) -> (i32)", R"(
    v3 = iconst.i32 10
    v4 = iconst.i32 11
    br_table v2, [block1(v3), block1(v4)], block1(v2)
  block1(v5: i32):
    return v5)");
  CHECK(host({0}).results[0].u32() == 10);
  CHECK(host({1}).results[0].u32() == 11);
  CHECK(host({2}).results[0].u32() == 2);
  CHECK(host({0xffffffff}).results[0].u32() == 0xffffffff);
}

TEST_CASE("ir eval: calls of the IR's functions, and of others", "[ir]") {
  TestHost host(R"(
function 0 "" (i32) -> (i32) {
  sig0 = (i32) -> (i32)
block0(v0: i64, v1: i64, v2: i32):
  brif v2, block1, block2
block1:
  v3 = iconst.i32 1
  v4 = sub.i32 v2, v3
  v5 = call fn0 sig0(v4) ; @20
  v6 = add.i32 v5, v2
  return v6
block2:
  v7 = iconst.i64 1001
  v8 = iconst.i64 70
  v9 = call_indirect sig0(v7, v8, v2) ; @30
  return v9
}
function 1 "" (i32) -> (i32) {
  sig0 = (i32) -> (i32)
block0(v0: i64, v1: i64, v2: i32):
  v3 = wrap v0
  v4 = wrap v1
  v5 = iconst.i32 100
  v6 = mul.i32 v3, v5
  v7 = add.i32 v6, v4
  return_call fn50 sig0(v7) ; @40
}
)");
  const Outcome o = host({3});
  REQUIRE(o.kind == Outcome::Kind::kReturned);
  CHECK(o.results[0].u32() == 7007 + 1 + 2 + 3);
  CHECK(host.log == std::vector<std::string>{"50 70 70"});
  const Outcome deep = host({5000}, {.depth = 100});
  CHECK(deep.trap == vm::TrapCode::kStackOverflow);
  CHECK(deep.frames.size() == 100);
  CHECK(deep.frames[0] == Outcome::Frame{0, 0x20});
}

TEST_CASE("ir eval: exceptions go to the innermost call that handles their tag, or out", "[ir]") {
  // Function 0 calls 1 and says which way it came back; 1 calls 2 with a handler for tag 1; 2 calls what throws, directly,
  // indirectly or in its own place.
  const auto text = [](uint32_t thrower, std::string_view call) {
    return R"(
function 0 "" (i32) -> (i64) {
  sig0 = (i32) -> (i32)
block0(v0: i64, v1: i64, v2: i32):
  v3, v4 = try_call fn1 sig0(v2), block1(v3), [tag2 block2(v4), tag3 block3(v4, v0), any block3(v4, v1)] ; @10
block1(v5: i32):
  v6 = extend_u v5
  return v6
block2(v7: i64):
  v8 = iconst.i64 2000
  v9 = add.i64 v7, v8
  return v9
block3(v10: i64, v11: i64):
  v12 = iconst.i64 5000
  v13 = add.i64 v10, v12
  return v13
}
function 1 "" (i32) -> (i32) {
  sig0 = (i32) -> (i32)
block0(v0: i64, v1: i64, v2: i32):
  v3, v4 = try_call fn2 sig0(v2), block1(v3), [tag1 block2(v4)] ; @20
block1(v5: i32):
  v6 = iconst.i32 100
  v7 = add.i32 v5, v6
  return v7
block2(v8: i64):
  v9 = wrap v8
  v10 = iconst.i32 1000
  v11 = add.i32 v9, v10
  return v11
}
function 2 "" (i32) -> (i32) {
  sig0 = (i32) -> (i32)
block0(v0: i64, v1: i64, v2: i32):
  v3 = iconst.i64 )" + std::to_string(thrower) +
           "\n" + std::string(call) + "\n}\n";
  };
  const auto ways = [](uint32_t thrower) {
    const std::string n = std::to_string(thrower);
    return std::vector<std::string>{"  v4 = call fn" + n + " sig0(v2) ; @30\n  return v4", "  v4 = call_indirect sig0(v3, v0, v2) ; @30\n  return v4",
                                    "  return_call fn" + n + " sig0(v2) ; @30",
                                    "  v4, v5 = try_call_indirect sig0(v3, v0, v2), block1(v4), [tag7 block1(v2)] ; @30\nblock1(v6: i32):\n  return v6"};
  };
  for (const auto& [thrower, expected] : {std::pair<uint32_t, uint64_t>{50, 107}, {201, 1007}, {202, 2007}, {203, 5007}, {204, 5007}}) {
    for (const std::string& way : ways(thrower)) {
      INFO(thrower << "\n" << way);
      TestHost host(text(thrower, way));
      const Outcome o = host({7});
      REQUIRE(o.kind == Outcome::Kind::kReturned);
      CHECK(o.results[0].lo == expected);
    }
  }
  // Nobody takes it: as if the function above were not there.
  for (const std::string& way : ways(205)) {
    INFO(way);
    TestHost host(text(205, way));
    host.functions[0] = host.functions[1];
    const Outcome o = host({7});
    REQUIRE(o.kind == Outcome::Kind::kThrown);
    CHECK(o.exception.tag == 5);
    CHECK(o.exception.value == 7);
    CHECK(o.frames == std::vector<Outcome::Frame>{{2, 0x30}, {1, 0x20}});
  }
}
