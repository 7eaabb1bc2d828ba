// Rows 8 and 10 of the failure classes for native code: every scalar numeric instruction against compiler/wasm/eval.h,
// with constants for operands, and with every set of processor features that is here.
#if defined(__x86_64__)
#include <algorithm>
#include <set>

#include "compiler/compile.h"
#include "compiler/wasm/eval.h"
#include "compiler/wasm/op_table.h"
#include "runtime/compiled_module.h"
#include "runtime/jit/native_module.h"
#include "unit/runtime/jit/guest.h"

namespace wjit::wasm {
namespace {

// An operand as the C++ type that eval.h takes.
struct In {
  uint64_t bits;
  operator uint32_t() const { return static_cast<uint32_t>(bits); }
  operator uint64_t() const { return bits; }
  operator float() const { return std::bit_cast<float>(static_cast<uint32_t>(bits)); }
  operator double() const { return std::bit_cast<double>(bits); }
};

struct ScalarOp {
  std::string name, params;  // a letter each
  std::string (*expected)(In, In);
  // Which NaN comes out is said for these alone.
  bool nan_bits() const {
    for (const char* exact : {"abs", "neg", "copysign", "reinterpret"})
      if (name.find(exact) != name.npos) return true;
    return false;
  }
};

template <class T>
std::string told(T v, bool nan_bits) {
  if constexpr (std::is_same_v<T, float>) return test::to_text(Val::f32_bits(std::bit_cast<uint32_t>(v)), nan_bits) + " ";
  else if constexpr (std::is_same_v<T, double>) return test::to_text(Val::f64_bits(std::bit_cast<uint64_t>(v)), nan_bits) + " ";
  else return test::to_text(Val(v)) + " ";
}
std::string told(Wide, bool) { return ""; }  // none is called
template <class T>
std::string told(Trapping<T> v, bool) {
  switch (v.trap) {
    case NumTrap::kNone: return told(v.value, false);
    case NumTrap::kDivByZero: return "integer divide by zero";
    case NumTrap::kIntOverflow: return "integer overflow";
    case NumTrap::kInvalidConversion: return "invalid conversion to integer";
  }
  return "";
}

std::vector<ScalarOp> scalar_ops() {
  std::vector<ScalarOp> ops;
#define WJIT_OP(id, text, prefix, code, imm, sig, bytes, feature, fuel)                                                 \
  if (Imm::imm == Imm::kNone && bytes == 0 && Feature::feature != Feature::kWideArithmetic && prefix != 0xfe &&         \
      std::string_view(sig).size() > 1 && std::string_view(sig).find_first_of("*vP") == std::string_view::npos) {       \
    const auto made = []<class A>(A) -> std::string (*)(In, In) {                                                       \
      if constexpr (requires(A a) { id(a); }) return [](In a, In) { return told(id(A(a)), true); };                     \
      else if constexpr (requires(A a) { id(a, a); }) return [](In a, In b) { return told(id(A(a), A(b)), true); };     \
      else return nullptr;                                                                                             \
    };                                                                                                                 \
    ops.push_back({text, std::string(std::string_view(sig).substr(0, std::string_view(sig).find(':'))), made(In{})});    \
  }
#include "compiler/wasm/opcodes.def"
#undef WJIT_OP
  return ops;
}

std::string type_of(char letter) { return letter == 'i' ? "i32" : letter == 'I' ? "i64" : letter == 'f' ? "f32" : "f64"; }
std::string result_of(const std::string& name) {
  if (name.find("eq") != name.npos || name.ends_with(".ne") || name.find(".lt") != name.npos || name.find(".gt") != name.npos ||
      name.find(".le") != name.npos || name.find(".ge") != name.npos)
    return "i32";
  return name.substr(0, 3);
}

// Boundaries of each type, as bits.
const std::vector<uint64_t>& values_of(char letter) {
  static const std::vector<uint64_t> ints = {0, 1, 2, 3, 7, 8, 10, 31, 32, 33, 63, 64, 65, 127, 128, 255, 0x8000, 0xffff, 0x7fff'ffff,
                                             0x8000'0000, 0xffff'ff80, 0xffff'fffe, 0xffff'ffff, 0x1234'5678};
  static const std::vector<uint64_t> longs = [] {
    std::vector<uint64_t> v = ints;
    for (uint64_t x : {uint64_t{1} << 32, uint64_t{1} << 63, ~(uint64_t{1} << 63), ~uint64_t{0}, ~uint64_t{0} - 1, ~uint64_t{0x7f},
                       uint64_t{0xffff'ffff'8000'0000}, uint64_t{0x1234'5678'9abc'def0}})
      v.push_back(x);
    return v;
  }();
  static const std::vector<double> reals = {0.0, -0.0, 0.5, -0.5, 0.49999997, 1.0, -1.0, 1.5, 2.5, -2.5, 0.999999, -0.999999, 8388607.5, 4194304.5, 1e-40, -1e-310,
                                            2147483647.0, 2147483648.0, -2147483648.0, -2147483649.0, 4294967295.0, 4294967296.0, 9223372036854775807.0,
                                            -9223372036854775808.0, 18446744073709549568.0, 18446744073709551616.0, 1e30, -1e300,
                                            std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};
  static const std::vector<uint64_t> floats = [] {
    std::vector<uint64_t> v;
    for (double x : reals) v.push_back(std::bit_cast<uint32_t>(static_cast<float>(x)));
    for (uint32_t x : {0x7fc00000u, 0xffc00001u, 0x7fa00000u, 0x4effffffu, 0x4f7fffffu, 0x5f7fffffu, 0x00000001u}) v.push_back(x);
    return v;
  }();
  static const std::vector<uint64_t> doubles = [] {
    std::vector<uint64_t> v;
    for (double x : reals) v.push_back(std::bit_cast<uint64_t>(x));
    for (uint64_t x : {uint64_t{0x7ff8000000000000}, uint64_t{0xfff8000000000001}, uint64_t{0x7ff4000000000000}, uint64_t{0x41dfffffffe00000},
                       uint64_t{0xc1e00000001fffff}, uint64_t{0x41efffffffffffff}, uint64_t{0x432fffffffffffff}, uint64_t{1}})
      v.push_back(x);
    return v;
  }();
  return letter == 'i' ? ints : letter == 'I' ? longs : letter == 'f' ? floats : doubles;
}
Val value(char letter, uint64_t bits) {
  if (letter == 'i') return Val(static_cast<uint32_t>(bits));
  if (letter == 'I') return Val(bits);
  return letter == 'f' ? Val::f32_bits(static_cast<uint32_t>(bits)) : Val::f64_bits(bits);
}
std::string constant(char letter, uint64_t bits) {
  char text[64];
  if (letter == 'i' || letter == 'I') return "(" + type_of(letter) + ".const " + std::to_string(bits) + ")";
  const uint64_t fraction = letter == 'f' ? bits & 0x7fffff : bits & 0xfffffffffffff;
  const bool negative = bits >> (letter == 'f' ? 31 : 63);
  const double x = letter == 'f' ? std::bit_cast<float>(static_cast<uint32_t>(bits)) : std::bit_cast<double>(bits);
  if (x != x) std::snprintf(text, sizeof text, "%snan:0x%llx", negative ? "-" : "", static_cast<unsigned long long>(fraction));
  else std::snprintf(text, sizeof text, "%a", x);
  return "(" + type_of(letter) + ".const " + text + ")";
}

struct Call {
  uint32_t function;
  const ScalarOp* op;
  int passed;  // bit 0: the first operand is an argument, bit 1: the second
  uint64_t a, b;
};
struct Plan {
  std::string wat = "(module\n";
  std::vector<Call> calls;
  uint32_t functions = 0;

  // `a` and `b`: a constant, or null for a parameter.
  uint32_t add(const ScalarOp& op, const uint64_t* a, const uint64_t* b) {
    wat += "(func (export \"f" + std::to_string(functions) + "\")";
    std::string operands;
    int params = 0;
    for (size_t i = 0; i < op.params.size(); ++i) {
      const uint64_t* c = i ? b : a;
      if (!c) wat += " (param " + type_of(op.params[i]) + ")";
      operands += " " + (c ? constant(op.params[i], *c) : "(local.get " + std::to_string(params++) + ")");
    }
    wat += " (result " + result_of(op.name) + ") (" + op.name + operands + "))\n";
    return functions++;
  }
};

void run(const Plan& plan, const test::Mode& m) {
  test::Guest guest(plan.wat + ")", m);
  std::vector<Func> functions(plan.functions);
  for (uint32_t i = 0; i < plan.functions; ++i) functions[i] = guest.get<Func>("f" + std::to_string(i));
  for (const Call& c : plan.calls) {
    std::vector<Val> args;
    if (c.passed & 1) args.push_back(value(c.op->params[0], c.a));
    if (c.passed & 2) args.push_back(value(c.op->params[1], c.b));
    std::string found;
    const auto r = functions[c.function].call(guest.store, args);
    if (r) found = test::to_text(r, true);
    else found = std::get<Trap>(r.err()).message();
    std::string want = c.op->expected(In{c.a}, In{c.b});
    if (found == want) continue;
    // Which NaN arithmetic makes is the machine's choice, as long as it is quiet.
    if (r && !c.op->nan_bits()) {
      const uint64_t bits = std::strtoull(want.c_str() + 4, nullptr, 16);
      if (want.starts_with("f32") && std::isnan(In{bits}.operator float()) && (r.ok()[0].f32_bits() & 0x7fc00000) == 0x7fc00000) continue;
      if (want.starts_with("f64") && std::isnan(In{bits}.operator double()) && r.ok()[0].f64_bits() << 1 >> 52 == 0xfff) continue;
    }
    FAIL(m.name << ": " << c.op->name << " " << constant(c.op->params[0], c.a) << " " << (c.op->params.size() > 1 ? constant(c.op->params[1], c.b) : "") << (c.passed & 1 ? " var" : " const")
                << (c.passed & 2 ? " var" : " const") << ": expected " << want << ", found " << found);
  }
}

// `part`: constants at even or at odd places.
Plan constants(const std::vector<ScalarOp>& ops, bool all_pairs, size_t part) {
  Plan p;
  for (const ScalarOp& op : ops) {
    const auto& as = values_of(op.params[0]);
    if (op.params.size() == 1) {
      for (uint64_t a : as) p.calls.push_back({p.add(op, &a, nullptr), &op, 0, a, 0});
      continue;
    }
    const auto& bs = values_of(op.params[1]);
    const bool is_float = op.params[0] == 'f' || op.params[0] == 'F';
    for (size_t i = 0; i < as.size(); ++i) {
      if (i % 2 != part || (!all_pairs && is_float && i % 3)) continue;
      const uint32_t const_var = p.add(op, &as[i], nullptr), var_const = p.add(op, nullptr, &bs[i]);
      for (size_t k = 0; k < as.size(); k += is_float || all_pairs ? 1 : 2) {
        p.calls.push_back({const_var, &op, 2, as[i], bs[k]});
        p.calls.push_back({var_const, &op, 1, as[k], bs[i]});
      }
      for (size_t k = 0; k < bs.size(); ++k)
        if (all_pairs || k == i || k == (i * 7 + 3) % bs.size()) p.calls.push_back({p.add(op, &as[i], &bs[k]), &op, 0, as[i], bs[k]});
    }
  }
  return p;
}
Plan variables(const std::vector<ScalarOp>& ops, bool all_pairs) {
  Plan p;
  size_t n = 0;
  for (const ScalarOp& op : ops) {
    const uint32_t f = p.add(op, nullptr, nullptr);
    for (uint64_t a : values_of(op.params[0]))
      if (op.params.size() == 1) p.calls.push_back({f, &op, 1, a, 0});
      else
        for (uint64_t b : values_of(op.params[1]))
          if (all_pairs || ++n % 5 == 0) p.calls.push_back({f, &op, 3, a, b});
  }
  return p;
}

}  // namespace

TEST_CASE("row 8: native code, every scalar instruction with constant operands", "[jit][failure-classes]") {
  const auto ops = scalar_ops();
  REQUIRE(ops.size() == 136);
  for (const ScalarOp& op : ops) REQUIRE(op.expected);
  const Plan parts[] = {constants(ops, test::full_run(), 0), constants(ops, test::full_run(), 1)};
  CHECK(parts[0].functions + parts[1].functions > 3'000);
  size_t n = 0;
  for (const test::Mode& m : test::full_run() ? test::all_native_modes() : test::native_modes()) {
    if (n == 0 || test::full_run()) run(parts[1], m);
    run(parts[n++ % 2], m);
  }
}

TEST_CASE("row 10: native code, every scalar instruction with every set of processor features", "[jit][failure-classes]") {
  const auto ops = scalar_ops();
  const Plan p = variables(ops, test::full_run());
  CHECK(p.calls.size() > 10'000);
  // Every subset of what is here. Most become the same code: each code is run once.
  const isa::CpuFeatures host = host_cpu_features();
  std::vector<std::string> here, sets = {"native", "sse2"};
#define WJIT_X(name, text) \
  if (host.name) here.push_back(text);
  WJIT_X64_FEATURES(WJIT_X)
#undef WJIT_X
  for (uint32_t mask = 1; mask < uint32_t{1} << here.size(); ++mask) {
    std::string cpu = "sse2";
    for (size_t i = 0; i < here.size(); ++i)
      if (mask >> i & 1) cpu += "," + here[i];
    sets.push_back(cpu);
  }
  const test::Guest guest(p.wat + ")", test::mode("compiled again and again"));
  auto options = rt::compile_options(guest.module->impl(), 1);
  REQUIRE(options);
  std::vector<isa::CpuFeatures> seen;
  std::set<std::vector<uint8_t>> codes;
  for (const std::string& cpu : sets) {
    options->features = *parse_cpu_features(cpu);
    if (std::find(seen.begin(), seen.end(), options->features) != seen.end()) continue;  // some mean others
    seen.push_back(options->features);
    auto code = compile_module(guest.module->impl().wasm(), guest.module->impl().offsets, *options);
    REQUIRE(code);
    if (!codes.insert(std::move(code->bytes)).second) continue;
    run(p, test::mode("cpu " + cpu, [&](CompilerConfig& c) { c.cpu = cpu; }));
    if (cpu == "sse2" || test::full_run())
      run(p, test::mode("cpu " + cpu + ", poison, spill", [&](CompilerConfig& c) { c.cpu = cpu, c.poison = true, c.regalloc = CompilerConfig::Regalloc::kSpill; }));
  }
  CHECK(sets.size() == (size_t{1} << here.size()) + 1);
  CHECK(codes.size() >= (here.empty() ? 1 : 2));
}

}  // namespace wjit::wasm
#endif
