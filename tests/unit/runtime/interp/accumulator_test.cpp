// Every form of accumulator.def, beside the dispatcher that has none of them: each operation with each operand coming from
// the instruction before, its result stored and taken by the next, on values at the edges.
#include <fmt/format.h>

#include <cmath>
#include <optional>
#include <set>

#include "compiler/bytecode/translate.h"
#include "compiler/wasm/op_table.h"
#include "compiler/wasm/text/parse_wat.h"
#include "runtime/compiled_module.h"
#include "unit/runtime/fixture.h"

using namespace wjit;
using namespace wjit::test;

namespace {


// Text of one module: functions of two parameters of one type, of which each test has its own.
class Functions {
 public:
  Functions() { text_ = "(module (memory 2) (global $g (mut i32) (i32.const 5)) (data (i32.const 0) \"wjit\\80\\ff\\7f\\01 and so on\")\n"; }
  void add(const std::string& type, const std::string& result, const std::string& body) {
    text_ += fmt::format("(func (export \"{}\") (param $a {}) (param $b {}) (result {}) (local $r {})\n  {})\n", count_++, type, type,
                         result, result, body);
  }
  // The expression for whoever takes it from the accumulator (the return does, of an integer), and by way of a local.
  void value(const std::string& type, const std::string& result, const std::string& e) {
    add(type, result, result[0] == 'f' ? fmt::format("({}.neg {})", result, e) : e);
    add(type, result, fmt::format("(local.set $r {}) (local.get $r)", e));
  }
  std::string text() const { return text_ + ")"; }

 private:
  std::string text_;
  unsigned count_ = 0;
};

// In an accumulator, a value that is not the local's.
std::string fresh(const std::string& type, const char* local) {
  return type[0] == 'f' ? fmt::format("({}.neg (local.get {}))", type, local)
                        : fmt::format("({}.xor (local.get {}) ({}.const 1))", type, local, type);
}
std::string constant(const std::string& type) { return fmt::format("({}.const 3)", type); }

void binary(Functions& f, const std::string& op, const std::string& type, const std::string& result) {
  const std::string a = "(local.get $a)", b = "(local.get $b)", k = constant(type);
  const std::pair<std::string, std::string> operands[] = {{fresh(type, "$a"), b}, {a, fresh(type, "$b")}, {fresh(type, "$a"), k},
                                                          {k, fresh(type, "$b")}, {a, b}, {a, k}, {k, b}};
  for (const auto& [x, y] : operands) f.value(type, result, fmt::format("({} {} {})", op, x, y));
}
void unary(Functions& f, const std::string& op, const std::string& type, const std::string& result) {
  f.value(type, result, fmt::format("({} {})", op, fresh(type, "$a")));
  f.value(type, result, fmt::format("({} (local.get $a))", op));
}
void compare(Functions& f, const std::string& op, const std::string& type) {
  binary(f, op, type, "i32");
  const std::string k = constant(type);
  const std::pair<std::string, std::string> operands[] = {
      {fresh(type, "$a"), "(local.get $b)"}, {"(local.get $a)", fresh(type, "$b")}, {fresh(type, "$a"), k}};
  for (const auto& [x, y] : operands) {
    f.add(type, "i32", fmt::format("(block (br_if 0 ({} {} {})) (return (i32.const 10))) (i32.const 20)", op, x, y));
    f.add(type, "i32", fmt::format("(if ({} {} {}) (then (return (i32.const 10)))) (i32.const 20)", op, x, y));
  }
}
// An address far from the end, made of whatever the parameter is.
const char* const kAddress = "(i32.and (local.get $a) (i32.const 255))";
void load(Functions& f, const std::string& op, const std::string& result) {
  for (const char* offset : {"4", "70000"}) {
    f.value("i32", result, fmt::format("({} offset={} {})", op, offset, kAddress));
    f.value("i32", result, fmt::format("({} offset={} (local.get $a))", op, offset));
  }
  f.value("i32", result, fmt::format("({} (i32.const 3))", op));
}
void store(Functions& f, const std::string& op, const std::string& type) {
  const std::string back = fmt::format("({}.load", type);
  for (const char* offset : {"8", "70000"}) {
    f.add("i32", type, fmt::format("({0} offset={1} {2} ({3}.load (i32.const 0))) {4} offset={1} (i32.const 16))", op, offset, kAddress, type, back));
    f.add("i32", type, fmt::format("(local.set $r ({3}.load (i32.const 0))) ({0} offset={1} {2} (local.get $r)) {4} offset={1} (i32.const 16))",
                                   op, offset, kAddress, type, back));
    f.add(type, type, fmt::format("({0} offset={1} (i32.const 16) {2}) {3} offset={1} (i32.const 16))", op, offset, fresh(type, "$a"), back));
    f.add(type, type, fmt::format("(local $p i32) (local.set $p (i32.load8_u (i32.const 1))) ({0} offset={1} (local.get $p) {2}) {3} offset={1} (local.get $p))",
                                  op, offset, fresh(type, "$a"), back));
  }
}

std::string text_of(wasm::Op op) { return std::string(wasm::info(op).text); }

std::string all_functions() {
  Functions f;
  const char *u32 = "i32", *s32 = "i32", *u64 = "i64", *s64 = "i64", *f32 = "f32", *f64 = "f64";
#define UNARY(id, A, R) unary(f, text_of(wasm::Op::id), A, R);
#define BINARY(id, A, R) binary(f, text_of(wasm::Op::id), A, R);
#define COMPARE(id, A) compare(f, text_of(wasm::Op::id), A);
#define TRAP_UNARY(id, A, R) unary(f, text_of(wasm::Op::id), A, R);
#define TRAP_BINARY(id, A, R) binary(f, text_of(wasm::Op::id), A, R);
#define LOAD(id, M, R) load(f, text_of(wasm::Op::id), R);
#define STORE(id, M, S) store(f, text_of(wasm::Op::id), S);
#include "compiler/bytecode/bytecode.def"
  const std::string x = fresh("i32", "$a");
  f.add("i32", "i32", fmt::format("(block (br_if 0 {}) (return (i32.const 10))) (i32.const 20)", x));
  f.add("i32", "i32", fmt::format("(if {} (then (return (i32.const 10)))) (i32.const 20)", x));
  f.add("i32", "i32", fmt::format("(block (block (block (br_table 0 1 2 {})) (return (i32.const 1))) (return (i32.const 2))) (i32.const 3)", x));
  f.value("i32", "i32", fmt::format("(select (local.get $a) (local.get $b) {})", x));
  f.value("i32", "i32", "(select (local.get $b) (local.get $a) (local.get $b))");
  f.value("i32", "i32", fmt::format("(i32.add (select (local.get $a) (local.get $b) {}) (local.get $a))", x));
  f.add("i32", "i32", fmt::format("(global.set $g {}) (i32.add (global.get $g) (local.get $b))", x));
  return f.text();
}

std::vector<Val> values_of(ValKind kind) {
  std::vector<Val> v;
  switch (kind) {
    case ValKind::kI32:
      for (int32_t x : {0, 1, -1, 7, INT32_MIN, INT32_MAX}) v.push_back(x);
      return v;
    case ValKind::kI64:
      for (int64_t x : {int64_t{0}, int64_t{1}, int64_t{-1}, int64_t{1} << 32, INT64_MIN, INT64_MAX}) v.push_back(x);
      return v;
    case ValKind::kF32:
      for (uint32_t x : {0u, 0x80000000u, 0x3fc00000u, 0x7f800000u, 0x7fa00000u, 0xcf000000u}) v.push_back(Val::f32_bits(x));
      return v;
    default:
      for (uint64_t x : {uint64_t{0}, uint64_t{1} << 63, uint64_t{0x3ff8000000000000}, uint64_t{0xfff0000000000000},
                         uint64_t{0x7ff4000000000000}, uint64_t{0xc1e0000000000000}})
        v.push_back(Val::f64_bits(x));
      return v;
  }
}

bool is_nan(const Val& v) {
  return (v.kind() == ValKind::kF32 && std::isnan(v.f32())) || (v.kind() == ValKind::kF64 && std::isnan(v.f64()));
}

struct One {
  explicit One(Dispatch dispatch) : world(with(dispatch)) {
    auto parsed = wasm::text::parse_wat(all_functions());
    if (!parsed) FAIL(parsed.error().message());
    auto m = Module::compile(world.engine, parsed->binary);
    if (!m) FAIL(m.err().to_string());
    module = m.ok();
    auto i = Instance::create(world.store, *module, {});
    if (!i) FAIL(message(i.err()));
    instance = i.ok();
  }
  static Config with(Dispatch dispatch) {
    Config c;
    c.dispatch = dispatch;
    return c;
  }
  std::string outcome(const std::string& name, const std::vector<Val>& args) {
    auto r = world.try_call(*instance, name, args);
    if (!r) return message(r.err());
    const Val v = r.ok()[0];
    return fmt::format("{:x}", v.kind() == ValKind::kI32 || v.kind() == ValKind::kF32 ? v.f32_bits() : v.f64_bits());
  }
  World world;
  std::optional<Module> module;
  std::optional<Instance> instance;
};

}  // namespace

TEST_CASE("accumulators: each form computes what the plain one does") {
  One tail(Dispatch::kTail), loop(Dispatch::kLoop);
  unsigned wrong = 0;
  for (const ExportType& e : tail.module->exports()) {
    const FuncType type = tail.world.get<Func>(*tail.instance, e.name).type(tail.world.store);
    for (const Val& x : values_of(type.params[0].kind))
      for (const Val& y : values_of(type.params[1].kind)) {
        if (is_nan(x) && is_nan(y)) continue;  // whose payload an operation of two takes is not said
        const std::string expected = loop.outcome(e.name, {x, y}), got = tail.outcome(e.name, {x, y});
        if (expected != got && ++wrong < 20) FAIL_CHECK("function " << e.name << ": " << got << ", expected " << expected);
      }
  }
  CHECK(wrong == 0);
}

TEST_CASE("accumulators: the test above has each form") {
  One one(Dispatch::kLoop);
  const rt::CompiledModule& m = one.module->impl();
  std::set<std::string> seen;
  for (uint32_t f = 0; f < m.wasm().bodies.size(); ++f) {
    auto code = bc::translate_func(m.wasm(), m.offsets, f, {.accumulators = true});
    REQUIRE(code);
    const std::vector<uint64_t>& words = (*code)->words;
    for (size_t i = 0; i < words.size(); i += bc::word_count(&words[i])) seen.insert(bc::name(bc::Op(words[i] & 0xffff)));
  }
  for (unsigned i = unsigned(bc::Op::kPlainCount); i < unsigned(bc::Op::kCount); ++i) {
    const std::string name = bc::name(bc::Op(i));
    const bool never = name.starts_with("br") && name.find("_f64_") < 5 && name.ends_with("_ai");  // too wide an immediate
    if (!never && !seen.count(name)) FAIL_CHECK(name);
  }
}
