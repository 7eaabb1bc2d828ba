// Rows 7, 8, 10 and 11 of the failure classes for vectors: every vector instruction with every immediate, its operands
// in every relation that an allocator or a lowering may treat in a way of its own (alike, used again later, constant,
// just loaded, just stored), against compiler/wasm/eval_simd.h; with every set of processor features; and its accesses
// to memory at the ends of memories of every style.
#if defined(__x86_64__)
#include <cmath>
#include <cstring>

#include "compiler/compile.h"
#include "compiler/ir/row_types.h"
#include "compiler/ireval/numeric.h"
#include "unit/runtime/jit/guest.h"

using namespace wjit;
using ireval::Bits;
using ir::Op, ir::Type, ir::VecOp;

namespace {

// One instruction with its immediates.
struct Subject {
  VecOp op;
  uint32_t lane = 0;
  std::array<uint8_t, 16> indices{};  // of a shuffle

  std::string_view text() const { return ir::info(op).text; }
  std::string operands() const {  // letters as in opcodes.def
    const std::string_view sig = ir::info(op).sig;
    return std::string(sig.substr(0, sig.find(':')));
  }
  char result() const { return ir::info(op).sig.back(); }
};

std::string type_of(char letter) {
  return letter == 'i' ? "i32" : letter == 'I' ? "i64" : letter == 'f' ? "f32" : letter == 'F' ? "f64" : "v128";
}
unsigned lane_bytes(const Subject& x) {
  const std::string_view t = x.text();
  return t.starts_with("i8x16") ? 1 : t.starts_with("i16x8") ? 2 : t.starts_with("i64x2") || t.starts_with("f64x2") ? 8 : 4;
}
bool of_floats(const Subject& x) {
  return x.text().starts_with("f") || x.text().find("_f32") != std::string_view::npos ||
         x.text().find("_f64") != std::string_view::npos;
}
// Whether lanes of the result may be a NaN whose bits are the machine's choice.
bool any_nan(const Subject& x) {
  if (!x.text().starts_with("f32x4.") && !x.text().starts_with("f64x2.")) return false;
  for (const char* exact : {".abs", ".neg", ".pmin", ".pmax", ".splat", "_lane"})
    if (x.text().find(exact) != std::string_view::npos) return false;
  return true;
}

Bits computed(const Subject& x, std::vector<Bits> operands) {
  if (x.op == VecOp::i8x16_shuffle) {
    operands.emplace_back();
    std::memcpy(&operands.back(), x.indices.data(), 16);
  }
  Bits out;
  const ir::InstData d{.op = ir::vec_row(x.op), .type = ir::vec_type(x.op), .aux = static_cast<uint16_t>(x.op), .c = x.lane};
  REQUIRE_FALSE(ireval::compute(d, operands, out).stops());
  return out;
}

Val value(char letter, const Bits& b) {
  switch (letter) {
    case 'i': return Val(b.u32());
    case 'I': return Val(b.lo);
    case 'f': return Val::f32_bits(b.u32());
    case 'F': return Val::f64_bits(b.lo);
    default: {
      V128 v;
      std::memcpy(&v.bytes[0], &b, 16);
      return Val(v);
    }
  }
}
std::string constant(char letter, const Bits& b) {
  char text[96];
  const auto real = [&](const char* type, double x, bool negative, unsigned long long fraction) {
    if (std::isnan(x)) std::snprintf(text, sizeof text, "(%s.const %snan:0x%llx)", type, negative ? "-" : "", fraction);
    else std::snprintf(text, sizeof text, "(%s.const %a)", type, x);
  };
  switch (letter) {
    case 'i': std::snprintf(text, sizeof text, "(i32.const %u)", b.u32()); break;
    case 'I': std::snprintf(text, sizeof text, "(i64.const %llu)", static_cast<unsigned long long>(b.lo)); break;
    case 'f': real("f32", std::bit_cast<float>(b.u32()), b.u32() >> 31, b.u32() & 0x7fffff); break;
    case 'F': real("f64", std::bit_cast<double>(b.lo), b.lo >> 63, b.lo & 0xfffffffffffff); break;
    default:
      std::snprintf(text, sizeof text, "(v128.const i64x2 %llu %llu)", static_cast<unsigned long long>(b.lo),
                    static_cast<unsigned long long>(b.hi));
  }
  return text;
}
// Lanes of the width given that are a NaN become one.
V128 one_nan(V128 v, unsigned bytes) {
  for (unsigned i = 0; i < 16; i += bytes) {
    uint64_t lane = 0;
    std::memcpy(&lane, &v.bytes[i], bytes);
    const bool nan = bytes == 4 ? (lane & 0x7fffffff) > 0x7f800000 : (lane & 0x7fffffffffffffff) > 0x7ff0000000000000;
    const uint64_t canonical = bytes == 4 ? 0x7fc00000 : 0x7ff8000000000000;
    if (nan) std::memcpy(&v.bytes[i], &canonical, bytes);
  }
  return v;
}

// ---- operands -------------------------------------------------------------------------------------------------

std::vector<uint64_t> edges(unsigned bytes, bool floats) {
  if (floats && bytes == 4)
    return {0, 0x80000000, 0x3f800000, 0xbf800000, 0x3f000000, 0x3fc00000, 0x40200000, 0xc0200000, 0x7f7fffff, 1, 0x4f000000,
            0x4effffff, 0xcf000000, 0x4f800000, 0x4f7fffff, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc00000, 0x7fa00001, 0x4b000001};
  if (floats)
    return {0, 1ull << 63, 0x3ff0000000000000, 0xbff0000000000000, 0x3fe0000000000000, 0x3ff8000000000000, 0x4004000000000000,
            0xc004000000000000, 1, 0x41dfffffffc00000, 0x41dfffffffe00000, 0xc1e00000001ccccd, 0x41efffffffe00000, 0x41f0000000000000,
            0x47efffffffffffff, 0x36a0000000000000, 0x7ff0000000000000, 0xfff0000000000000, 0x7ff8000000000000, 0x7ff4000000000001};
  const uint64_t all = bytes == 8 ? ~uint64_t{0} : (uint64_t{1} << 8 * bytes) - 1, sign = uint64_t{1} << (8 * bytes - 1);
  return {0, 1, 2, 3, all, all - 1, sign, sign + 1, sign - 1, sign - 2, 0x5555555555555555 & all, 0xaaaaaaaaaaaaaaaa & all, 7, 100};
}

// The n-th of so many operands as there are. Vectors have an edge in each lane, all pairs of which meet in some lane of
// two operands as n goes on.
Bits operand(char letter, const Subject& x, unsigned place, uint32_t n) {
  static constexpr uint32_t kCounts[] = {0, 1, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 255, 0x80000000, 0xffffffff};
  uint32_t random = n * 2654435761u + place * 40503u + 12345;
  const auto next = [&] { return random = random * 1664525 + 1013904223, random >> 8; };
  switch (letter) {
    case 'i': {
      if (ir::vec_row(x.op) == Op::vshift) return {kCounts[n % std::size(kCounts)]};
      const auto e = edges(4, false);
      return {n % 3 == 2 ? next() : e[n % e.size()]};
    }
    case 'I': return {edges(8, false)[n % 14], 0};
    case 'f': return {edges(4, true)[n % 21], 0};
    case 'F': return {edges(8, true)[n % 20], 0};
    default: break;
  }
  std::array<uint8_t, 16> v{};
  // What is narrowed, widened or tested has lanes of another width at times.
  const unsigned bytes = n % 4 == 3 ? 1u << (n / 4 % 4) : lane_bytes(x);
  const auto e = edges(bytes, of_floats(x) && bytes >= 4 && n % 7 != 6);
  for (unsigned i = 0; i < 16; i += bytes) {
    const uint64_t lane = e[(place == 0 ? n + i / bytes : n / 3 + 3 * place * (i / bytes) + 5 * place) % e.size()];
    std::memcpy(&v[i], &lane, bytes);
  }
  if (n % 11 == 10)
    for (uint8_t& byte : v) byte = static_cast<uint8_t>(next());
  Bits b;
  std::memcpy(&b, v.data(), 16);
  return b;
}

// ---- functions ------------------------------------------------------------------------------------------------

// How an instruction's operands come, and what is wanted besides its result.
struct Form {
  std::string name;
  std::array<unsigned, 3> from{0, 1, 2};  // operand k is parameter from[k]
  unsigned loaded = 0, constants = 0;     // bits: operand k is loaded just before; is a constant
  unsigned kept = 0;                      // bits: parameter k is a result, too
  bool stored = false;                    // the result is stored at once, and loaded
  bool chooses = false;                   // the result, an i32, is a condition
  unsigned calls = 4;
};

std::vector<Form> forms_of(const Subject& x) {
  const std::string letters = x.operands();
  const unsigned n = static_cast<unsigned>(letters.size()), all = (1u << n) - 1;
  std::vector<Form> forms = {{.name = "plain", .calls = 24}, {.name = "all kept", .kept = all}, {.name = "stored", .stored = true}};
  if (n > 1)
    for (unsigned k = 0; k < n; ++k) forms.push_back({.name = "kept", .kept = 1u << k});
  for (unsigned k = 0; k < n; ++k) {
    forms.push_back({.name = "loaded", .loaded = 1u << k});
    forms.push_back({.name = "loaded, kept", .loaded = 1u << k, .kept = all & ~(1u << k)});
    if (n > 1)
      for (int c = 0; c < 2; ++c) forms.push_back({.name = "constant", .constants = 1u << k});
  }
  forms.push_back({.name = "constants", .constants = all});
  if (n >= 2 && letters[1] == 'v') {
    forms.push_back({.name = "turned round", .from = {1, 0, 2}, .calls = 8});
    forms.push_back({.name = "alike", .from = {0, 0, 2}});
    forms.push_back({.name = "alike, kept", .from = {0, 0, 2}, .kept = 1});
    forms.push_back({.name = "both loaded", .loaded = 3});
  }
  if (n == 3) {
    forms.push_back({.name = "a, b, a", .from = {0, 1, 0}});
    forms.push_back({.name = "a, b, b", .from = {0, 1, 1}});
    forms.push_back({.name = "b, c, a", .from = {1, 2, 0}});
    forms.push_back({.name = "c, a, b", .from = {2, 0, 1}});
    forms.push_back({.name = "a, a, a", .from = {0, 0, 0}});
  }
  if (x.result() == 'i') forms.push_back({.name = "chooses", .chooses = true, .calls = 24});
  return forms;
}

struct Function {
  Subject what;
  Form form;
  std::array<Bits, 3> constants;
  uint32_t seed;
};

struct Plan {
  std::string wat = "(module (memory 1)\n";
  std::vector<Function> functions;

  void add(const Subject& x, const Form& f, uint32_t seed) {
    const std::string letters = x.operands();
    Function function{x, f, {}, seed};
    std::string head = "(func (export \"f" + std::to_string(functions.size()) + "\") (param $p i32)", before, expression = "(" + std::string(x.text());
    if (ir::vec_lanes(x.op) != 0) expression += " " + std::to_string(x.lane);
    if (x.op == VecOp::i8x16_shuffle)
      for (uint8_t i : x.indices) expression += " " + std::to_string(i);
    for (size_t k = 0; k < letters.size(); ++k) {
      const std::string t = type_of(letters[k]), param = "(local.get $" + std::to_string(f.from[k]) + ")";
      head += " (param $" + std::to_string(k) + " " + t + ")";
      if (f.constants >> k & 1) {
        function.constants[k] = operand(letters[k], x, static_cast<unsigned>(k), seed);
        expression += " " + constant(letters[k], function.constants[k]);
      } else if (f.loaded >> k & 1) {
        // At an address that is sometimes a multiple of 16, and sometimes not.
        const std::string at = " offset=" + std::to_string(16 * k);
        before += "(" + t + ".store" + at + " (local.get $p) " + param + ")";
        expression += " (" + t + ".load" + at + " (local.get $p))";
      } else {
        expression += " " + param;
      }
    }
    expression += ")";
    const std::string result = type_of(x.result());
    if (f.stored)
      expression = "(local.get $p) " + expression + " (" + result + ".store) (" + result + ".load (local.get $p))";
    if (f.chooses)
      expression = "(if (result i32) " + expression + " (then (i32.const 7)) (else (i32.const 9)))";
    head += " (result " + result;
    for (size_t k = 0; k < letters.size(); ++k)
      if (f.kept >> k & 1) head += " " + type_of(letters[k]), expression += " (local.get $" + std::to_string(k) + ")";
    wat += head + ") " + before + " " + expression + ")\n";
    functions.push_back(function);
  }
};

void check(const Function& f, const std::vector<Val>& args, const std::vector<Bits>& params, const std::vector<Val>& found,
           const std::string& mode) {
  const std::string letters = f.what.operands();
  std::vector<Bits> operands;
  for (size_t k = 0; k < letters.size(); ++k)
    operands.push_back(f.form.constants >> k & 1 ? f.constants[k] : params[f.form.from[k]]);
  Bits want = computed(f.what, operands);
  if (f.form.chooses) want = {want.u32() != 0 ? 7u : 9u};
  std::vector<std::string> expected = {test::to_text(value(f.what.result(), want), true)}, got;
  for (const Val& v : found) got.push_back(test::to_text(v, true));
  for (size_t k = 0; k < letters.size(); ++k)
    if (f.form.kept >> k & 1) expected.push_back(test::to_text(args[k + 1], true));
  if (got == expected) return;
  if (any_nan(f.what)) {
    const unsigned bytes = f.what.text().starts_with("f32") ? 4 : 8;
    expected[0] = test::to_text(Val(one_nan(value('v', want).v128(), bytes)), true);
    got[0] = test::to_text(Val(one_nan(found[0].v128(), bytes)), true);
    if (got == expected) return;
  }
  std::string text = mode + ": " + std::string(f.what.text()) + " " + std::to_string(f.what.lane) + ", " + f.form.name + "\n";
  for (const Bits& b : operands) text += "  operand " + test::to_text(value('v', b)) + "\n";
  for (size_t k = 0; k < expected.size(); ++k)
    text += "  expected " + expected[k] + "\n  found    " + (k < got.size() ? got[k] : "nothing") + "\n";
  FAIL_CHECK(text);
}

void run(const Plan& plan, const test::Mode& m) {
  test::Guest guest(plan.wat + ")", m);
  for (size_t i = 0; i < plan.functions.size(); ++i) {
    const Function& f = plan.functions[i];
    const Func func = guest.get<Func>("f" + std::to_string(i));
    const std::string letters = f.what.operands();
    const unsigned calls = f.form.constants == (1u << letters.size()) - 1 ? 1 : f.form.calls * (test::full_run() ? 8 : 1);
    for (uint32_t n = 0; n < calls; ++n) {
      std::vector<Bits> params;
      std::vector<Val> args = {Val(n % 3 == 0 ? 64 : n % 3 == 1 ? 65 : 65536 - 48)};
      for (size_t k = 0; k < letters.size(); ++k) {
        params.push_back(operand(letters[k], f.what, static_cast<unsigned>(k), f.seed * 5 + n));
        args.push_back(value(letters[k], params.back()));
      }
      const auto r = func.call(guest.store, args);
      if (!r) {
        FAIL(m.name << ": " << f.what.text() << ", " << f.form.name << ": " << test::to_text(r));
        continue;
      }
      check(f, args, params, r.ok(), m.name);
    }
  }
}

// ---- instructions ---------------------------------------------------------------------------------------------

// All with each lane; shuffles are apart.
std::vector<Subject> instances() {
  std::vector<Subject> all;
  for (size_t i = 0; i < ir::kVecOpCount; ++i) {
    const auto op = static_cast<VecOp>(i);
    const Op row = ir::vec_row(op);
    if (row == Op::kCount || row == Op::vshuffle) continue;
    for (unsigned lane = 0; lane < std::max(1u, ir::vec_lanes(op)); ++lane) all.push_back({op, lane});
  }
  return all;
}

// Indices of every class that a lowering may know a short way for.
std::vector<std::array<uint8_t, 16>> shuffles() {
  std::vector<std::array<uint8_t, 16>> all;
  const auto add = [&](auto&& f) {
    std::array<uint8_t, 16> v{};
    for (unsigned k = 0; k < 16; ++k) v[k] = static_cast<uint8_t>(f(k)) & 31;
    all.push_back(v);
  };
  for (unsigned n = 0; n < 32; ++n) add([&](unsigned k) { return k + n; });             // windows of both, turned
  for (unsigned n = 1; n < 16; ++n) add([&](unsigned k) { return (k + n) & 15; });      // of one
  for (unsigned w : {1u, 2u, 4u, 8u}) {
    for (unsigned lane = 0; lane < 32; lane += w) add([&](unsigned k) { return lane + k % w; });  // one everywhere
    for (bool high : {false, true})
      for (bool turned : {false, true})  // interleaved
        add([&](unsigned k) { return (high ? 8 : 0) + k / (2 * w) * w + k % w + ((k / w & 1) != turned ? 16 : 0); });
    for (unsigned odd : {0u, 1u})  // every other
      add([&](unsigned k) { return (k / w * 2 + odd) * w + k % w; });
    add([&](unsigned k) { return 15 - k / w * w - (w - 1) + k % w; });  // backwards
    add([&](unsigned k) { return (k / w ^ 1) * w + k % w; });           // neighbours changed
  }
  for (unsigned choice = 0; choice < 256; ++choice) {
    add([&](unsigned k) { return (choice >> k / 4 * 2 & 3) * 4 + k % 4; });  // of four lanes of one
    if (choice % 5 == 0) add([&](unsigned k) { return (choice >> k / 4 * 2 & 3) * 4 + k % 4 + (k >= 8 ? 16 : 0); });
    if (choice % 5 == 1) add([&](unsigned k) { return (choice >> k / 4 * 2 & 3) * 4 + k % 4 + (k < 8 ? 16 : 0); });
    if (choice % 3 == 0) add([&](unsigned k) { return k < 8 ? (choice >> k / 2 * 2 & 3) * 2 + k % 2 : k; });       // the low
    if (choice % 3 == 1) add([&](unsigned k) { return k >= 8 ? (choice >> (k - 8) / 2 * 2 & 3) * 2 + k % 2 + 8 : k; });  // the high
    if (choice % 3 == 2) add([&](unsigned k) { return k + (choice >> k / 2 & 1) * 16; });  // a blend of eight
  }
  uint32_t random = 1;
  const auto next = [&] { return random = random * 1664525 + 1013904223, random >> 12; };
  for (int n = 0; n < 40; ++n) {
    add([&](unsigned) { return next() % 32; });
    add([&](unsigned) { return next() % 16; });
    add([&](unsigned k) { return k + next() % 2 * 16; });  // a blend of bytes
  }
  return all;
}

// `part` of `parts`, so that one module is not too large.
Plan plan_of(const std::vector<Subject>& all, size_t part, size_t parts, bool few = false) {
  Plan p;
  for (size_t i = part; i < all.size(); i += parts) {
    const auto forms = few ? std::vector<Form>{{.name = "plain", .calls = 40}, {.name = "all kept", .loaded = 1, .kept = 1}}
                           : forms_of(all[i]);
    uint32_t seed = static_cast<uint32_t>(i);
    for (const Form& f : forms) p.add(all[i], f, seed++);
  }
  return p;
}

std::vector<test::Mode> modes_with_cpus() {
  std::vector<test::Mode> modes = test::full_run() ? test::all_native_modes() : test::native_modes();
  const isa::CpuFeatures host = host_cpu_features();
  std::vector<std::string> sets = {"sse2"};
#define WJIT_X(name, text) \
  if (host.name) sets.push_back(text);
  WJIT_X64_FEATURES(WJIT_X)
#undef WJIT_X
  for (const std::string& cpu : sets) {
    if (cpu != "sse2" && cpu != "ssse3" && cpu != "sse4.1" && cpu != "sse4.2" && cpu != "avx" && cpu != "avx2") continue;
    const bool spill = cpu == "sse2" || cpu == "avx";
    modes.push_back(test::mode("cpu " + cpu, [&](CompilerConfig& c) { c.cpu = cpu; }));
    if (spill)
      modes.push_back(test::mode("cpu " + cpu + ", spill", [&](CompilerConfig& c) { c.cpu = cpu, c.regalloc = CompilerConfig::Regalloc::kSpill; }));
    if (spill)
      modes.push_back(test::mode("cpu " + cpu + ", shuffle", [&](CompilerConfig& c) { c.cpu = cpu, c.regalloc = CompilerConfig::Regalloc::kShuffle, c.seed = 3; }));
  }
  return modes;
}

}  // namespace

TEST_CASE("row 7: every vector instruction, lane and relation of operands", "[jit][simd][failure-classes]") {
  const auto all = instances();
  CHECK(all.size() > 300);
  constexpr size_t kParts = 3;
  std::vector<Plan> parts;
  for (size_t part = 0; part < kParts; ++part) parts.push_back(plan_of(all, part, kParts));
  run(parts[0], test::interpreter());
  size_t n = 0;
  for (const test::Mode& m : modes_with_cpus()) {
    ++n;
    for (size_t part = 0; part < kParts; ++part)
      if (test::full_run() || n <= 2 || m.name == "cpu sse2" || part == n % kParts) run(parts[part], m);
  }
}

TEST_CASE("row 10: every vector instruction with every set of processor features", "[jit][simd][failure-classes]") {
  const Plan p = plan_of(instances(), 0, 1, true);
  for (const test::Mode& m : modes_with_cpus())
    if (m.name.starts_with("cpu ") && m.name.find(',') == std::string::npos) run(p, m);
}

TEST_CASE("row 7: shuffles of every class", "[jit][simd][failure-classes]") {
  Plan plain;
  uint32_t seed = 0;
  for (const auto& indices : shuffles()) {
    const Subject x{.op = VecOp::i8x16_shuffle, .indices = indices};
    plain.add(x, {.name = "plain", .calls = 2}, ++seed);
    plain.add(x, {.name = "alike", .from = {0, 0, 2}, .calls = 2}, seed);
    if (seed % 3 == 0) plain.add(x, {.name = "kept", .kept = 1u << seed % 2, .calls = 2}, seed);
    if (seed % 3 == 1) plain.add(x, {.name = "loaded", .loaded = 1u << seed % 2, .calls = 3}, seed);
    // Zeros are shifted in.
    if (seed % 3 == 2) plain.add(x, {.name = "constant", .constants = 1u << seed / 3 % 2, .calls = 2}, 0);
  }
  CHECK(plain.functions.size() > 1'000);
  for (const test::Mode& m : modes_with_cpus()) run(plain, m);
}

// Vectors between blocks, calls and other places that move them.
TEST_CASE("row 7: vectors move through locals, globals, blocks, calls and tables", "[jit][simd][failure-classes]") {
  const std::string wat = R"((module
    (type $t (func (param v128 i32 v128 f64 v128 v128 v128 v128 v128 v128 v128 v128) (result v128 i64 v128 f32)))
    (import "h" "turn" (func $turn (param f32 v128 i64 v128) (result v128 i32 v128)))
    (import "h" "plus" (func $plus (param v128) (result v128)))
    (table funcref (elem $many $other))
    (global $g (mut v128) (v128.const i32x4 1 2 3 4))
    (global $c v128 (v128.const i32x4 5 6 7 8))
    (func $many (export "many") (type $t)
      (i8x16.add (local.get 0) (local.get 11)) (i64.extend_i32_s (local.get 1))
      (i16x8.sub (local.get 2) (v128.xor (local.get 10) (v128.or (local.get 9) (i32x4.mul (local.get 8) (local.get 7)))))
      (f32.demote_f64 (local.get 3)))
    (func $other (type $t)
      (local.get 4) (i64.const 7) (i32x4.add (local.get 5) (local.get 6)) (f32.const 2))
    (func (export "indirect") (param i32 v128 v128) (result v128 i64 v128 f32) (local $x v128)
      (call_indirect (type $t)
        (local.get 1) (i32.const -3) (local.get 2) (f64.const 0.5) (local.get 2) (local.get 1) (local.tee $x (global.get $g)) (global.get $c)
        (local.get $x) (local.get 2) (local.get 1) (i8x16.neg (local.get 2)) (local.get 0)))
    (func (export "tail") (param i32 v128 v128) (result v128 i64 v128 f32)
      (return_call_indirect (type $t)
        (local.get 2) (i32.const -3) (local.get 1) (f64.const 0.5) (local.get 1) (local.get 2) (global.get $g) (global.get $c)
        (local.get 2) (local.get 2) (local.get 1) (i8x16.neg (local.get 2)) (local.get 0)))
    (func (export "swap") (param v128 v128) (result v128 v128) (local.get 1) (local.get 0))
    (func (export "loop") (param i32 v128 v128) (result v128 v128) (local $t v128) (local $u v128)
      (loop $l
        (local.set $t (local.get 1)) (local.set 1 (i32x4.add (local.get 2) (local.get $u))) (local.set 2 (local.get $t))
        (local.set $u (i8x16.sub (local.get $u) (local.get $t)))
        (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
      (local.get 1) (local.get 2))
    (func (export "choose") (param i32 v128 v128) (result v128)
      (block $b (result v128)
        (drop (br_if $b (local.get 1) (i32.eqz (local.get 0))))
        (select (local.get 2) (select (local.get 1) (global.get $c) (i32.gt_s (local.get 0) (i32.const 5))) (i32.and (local.get 0) (i32.const 1)))))
    (func (export "host") (param v128 v128) (result v128 v128) (local $x v128)
      (call $turn (f32.const 3) (call $plus (local.get 0)) (i64.const -9) (local.get 1))
      (local.set $x) (i32x4.splat) (v128.xor) (i8x16.add (call $plus (local.get $x)) (local.get 0)))
    (func (export "set") (param v128) (result v128) (global.set $g (i64x2.add (global.get $g) (local.get 0))) (global.get $g))
    (func $fib (export "fib") (param i32 v128) (result v128)
      (if (result v128) (i32.lt_s (local.get 0) (i32.const 2)) (then (local.get 1))
        (else (i32x4.add (call $fib (i32.sub (local.get 0) (i32.const 1)) (i32x4.add (local.get 1) (local.get 1)))
                         (call $fib (i32.sub (local.get 0) (i32.const 2)) (i16x8.shl (local.get 1) (i32.const 3)))))))
    (func (export "pressure") (param v128 i32) (result v128) (local v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128)
      (local.set 2 (i8x16.splat (local.get 1))) (local.set 3 (i8x16.add (local.get 2) (local.get 0)))
      (local.set 4 (i8x16.add (local.get 3) (local.get 2))) (local.set 5 (i8x16.add (local.get 4) (local.get 3)))
      (local.set 6 (i8x16.add (local.get 5) (local.get 4))) (local.set 7 (i8x16.add (local.get 6) (local.get 5)))
      (local.set 8 (i8x16.add (local.get 7) (local.get 6))) (local.set 9 (i8x16.add (local.get 8) (local.get 7)))
      (local.set 10 (i8x16.add (local.get 9) (local.get 8))) (local.set 11 (i8x16.add (local.get 10) (local.get 9)))
      (local.set 12 (i8x16.add (local.get 11) (local.get 10))) (local.set 13 (i8x16.add (local.get 12) (local.get 11)))
      (local.set 14 (i8x16.add (local.get 13) (local.get 12))) (local.set 15 (i8x16.add (local.get 14) (local.get 13)))
      (local.set 16 (i8x16.add (local.get 15) (local.get 14))) (local.set 17 (i8x16.add (local.get 16) (local.get 15)))
      (local.set 18 (i8x16.add (local.get 17) (local.get 16))) (local.set 19 (i8x16.add (local.get 18) (local.get 17)))
      (v128.xor (local.get 2) (i32x4.mul (local.get 3) (v128.xor (local.get 4) (i32x4.mul (local.get 5) (v128.xor (local.get 6)
        (i32x4.mul (local.get 7) (v128.xor (local.get 8) (i32x4.mul (local.get 9) (v128.xor (local.get 10) (i32x4.mul (local.get 11)
        (v128.xor (local.get 12) (i32x4.mul (local.get 13) (v128.xor (local.get 14) (i32x4.mul (local.get 15) (v128.xor (local.get 16)
        (i32x4.mul (local.get 17) (v128.xor (local.get 18) (local.get 19)))))))))))))))))))))";
  const auto vector = [](uint32_t n) {
    V128 v;
    for (unsigned i = 0; i < 16; ++i) v.bytes[i] = static_cast<uint8_t>(n * 37 + i * (n + 11));
    return Val(v);
  };
  const auto imports = [](const Engine&, Store& store) -> std::vector<Extern> {
    const wjit::FuncType turn{{{ValKind::kF32}, {ValKind::kV128}, {ValKind::kI64}, {ValKind::kV128}},
                              {{ValKind::kV128}, {ValKind::kI32}, {ValKind::kV128}}};
    return {Func::create(store, turn,
                         [](Caller, std::span<const Val> p, std::span<Val> r) -> Result<Ok, Trap> {
                           r[0] = p[3], r[2] = p[1];
                           r[1] = Val(int32_t(p[0].f32()) + int32_t(p[2].i64()));
                           return Ok{};
                         }),
            Func::wrap(store, [](V128 v) {
              for (uint8_t& byte : v.bytes) ++byte;
              return v;
            })};
  };
  const auto told = [&](const test::Mode& m) {
    test::Guest g(wat, m, {}, imports);
    std::string text;
    std::vector<Val> many = {vector(1), Val(-5), vector(2), Val(0.25)};
    for (uint32_t n = 3; n < 11; ++n) many.push_back(vector(n));
    text += g.run("many", many) + "\n";
    for (int i = 0; i < 3; ++i) text += g.run("indirect", {Val(i), vector(1), vector(2)}) + "\n" + g.run("tail", {Val(i), vector(3), vector(4)}) + "\n";
    text += g.run("swap", {vector(1), vector(2)}) + "\n" + g.run("host", {vector(1), vector(2)}) + "\n";
    for (int i = 1; i < 5; ++i) text += g.run("loop", {Val(i), vector(1), vector(2)}) + "\n";
    for (int i = 0; i < 9; ++i) text += g.run("choose", {Val(i), vector(1), vector(2)}) + "\n";
    for (uint32_t i = 0; i < 3; ++i) text += g.run("set", {vector(i)}) + "\n";
    text += g.run("fib", {Val(9), vector(5)}) + "\n" + g.run("pressure", {vector(7), Val(3)}) + "\n";
    return text;
  };
  const std::string want = told(test::interpreter());
  CHECK(want.find("trap") == std::string::npos);
  for (const test::Mode& m : modes_with_cpus()) {
    INFO(m.name);
    CHECK(told(m) == want);
  }
}

// Each access at the last place where it fits and at the first where it does not, by a variable and by a constant
// address, near and far offsets: the same results, traps and bytes as in the interpreter, for memories of each style.
TEST_CASE("row 11: vector accesses at the end of memories with and without checks", "[jit][simd][failure-classes]") {
  struct Access {
    std::string name;
    unsigned bytes;
    bool gives, lane;
  };
  std::vector<Access> accesses;
#define WJIT_OP(id, text, prefix, code, imm, sig, bytes, ...) \
  if (prefix == 0xfd && bytes != 0) accesses.push_back({text, bytes, std::string_view(sig).ends_with("v"), std::string_view(#imm) == "kMemArgLane"});
#include "compiler/wasm/opcodes.def"
#undef WJIT_OP
  REQUIRE(accesses.size() == 22);
  struct Where {
    uint64_t offset;
    bool constant, is64, second;
  };
  constexpr Where kWheres[] = {{0, false, false, false}, {100, false, false, false}, {65'000, false, false, false},
                               {9, true, false, false},  {100, false, true, false},  {0, true, true, false},
                               {33, false, false, true}, {0xffff'fff0, false, false, false}};
  for (const Where& w : kWheres) {
    const uint64_t size = w.is64 ? 3 * 65536 : 65536;
    const bool reaches = w.offset < size;
    std::string wat = w.is64 ? "(module (memory $m (export \"m\") i64 3 9)"
                      : w.second ? "(module (memory 1) (memory $m (export \"m\") 1 2)"
                                 : "(module (memory $m (export \"m\") 1 2)";
    wat += "(data (memory $m) (" + std::string(w.is64 ? "i64" : "i32") + ".const " + std::to_string(size - 64) +
           ") \"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-+\")";
    std::vector<std::pair<std::string, uint64_t>> calls;
    for (const Access& a : accesses) {
      const unsigned lanes = a.lane ? 16 / a.bytes : 1;
      for (unsigned lane = 0; lane < lanes; lane += lanes > 2 ? lanes - 1 : 1)
        for (int beyond = -1; beyond < 2; ++beyond) {
          if (!w.constant && beyond > -1) break;
          const uint64_t address = reaches ? size - a.bytes - w.offset + static_cast<uint64_t>(beyond) : static_cast<uint64_t>(beyond + 1);
          const std::string name = a.name + " " + std::to_string(lane) + " " + std::to_string(beyond), t = w.is64 ? "i64" : "i32";
          wat += "(func (export \"" + name + "\") (param " + t + " v128) (result v128) ";
          const std::string index = w.constant ? "(" + t + ".const " + std::to_string(address) + ")" : "(local.get 0)";
          std::string access = "(" + a.name + " $m offset=" + std::to_string(w.offset) + (a.lane ? " " + std::to_string(lane) : "") + " " + index;
          if (a.lane || !a.gives) access += " (local.get 1)";
          access += ")";
          wat += a.gives ? access : access + " (local.get 1)";
          wat += ")\n";
          for (uint64_t more : {uint64_t{0}, uint64_t{1}, uint64_t{2}, uint64_t{17}, ~uint64_t{0} >> (w.is64 ? 0 : 32)})
            if (!w.constant || more == 0) calls.push_back({name, more > 17 ? more : address + more});
        }
    }
    wat += ")";
    V128 v;
    for (unsigned i = 0; i < 16; ++i) v.bytes[i] = static_cast<uint8_t>(0xf1 - 9 * i);
    const auto told = [&](const test::Mode& m, MemoryStyle style) {
      test::Guest g(wat, m, test::config_with(style));
      std::vector<std::string> text;
      for (const auto& [name, address] : calls) {
        const auto r = g.call(name, {w.is64 ? Val(address) : Val(static_cast<uint32_t>(address)), Val(v)});
        std::string line = name + " " + std::to_string(address) + ": " + test::to_text(r);
        const auto bytes = g.get<Memory>("m").data(g.store);
        line.append(bytes.end() - 64, bytes.end());
        text.push_back(line);
      }
      text.push_back(g.state());
      return text;
    };
    const auto want = told(test::interpreter(), MemoryStyle::kChecks);
    size_t traps = 0;
    for (const std::string& line : want) traps += line.find("out of bounds") != std::string::npos;
    CHECK(traps * 3 >= calls.size());
    for (const test::Mode& m : modes_with_cpus())
      for (MemoryStyle style : {MemoryStyle::kGuard, MemoryStyle::kChecks}) {
        const auto found = told(m, style);
        REQUIRE(found.size() == want.size());
        for (size_t i = 0; i < want.size(); ++i) {
          INFO(m.name << (style == MemoryStyle::kGuard ? ", guard" : ", checks"));
          if (found[i] != want[i]) FAIL_CHECK("expected " << want[i] << "\nfound " << found[i]);
        }
      }
  }
}
#endif
