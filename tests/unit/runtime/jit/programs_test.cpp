// Rows 3, 4 and 23 of the failure classes for native code: programs with values of all types, run by the interpreter
// and in every way through the compiler, and with some functions in one tier and some in the other.
#if defined(__x86_64__)
#include <cstring>
#include <random>

#include "unit/runtime/jit/guest.h"

using namespace wjit;
using namespace wjit::test;

namespace {

// Every function `t…` takes (i32, i64) and is called with each of kArguments.
constexpr const char* kPrograms = R"((module
  (memory (export "memory") 1) (global $g (export "g") (mut i64) (i64.const 0))
  (table $t (export "t") 4 funcref) (elem (i32.const 0) $t_fib $t_gcd $t_mixed $t_swap)
  (type $two (func (param i32 i64) (result i64)))
  (func $t_fib (export "t_fib") (type $two)
    (local $n i32) (local.set $n (i32.and (local.get 0) (i32.const 15)))
    (if (result i64) (i32.lt_u (local.get $n) (i32.const 2)) (then (i64.add (local.get 1) (i64.const 1)))
      (else (i64.add (call $t_fib (i32.sub (local.get $n) (i32.const 1)) (local.get 1)) (call $t_fib (i32.sub (local.get $n) (i32.const 2)) (i64.const 0))))))
  (func $t_gcd (export "t_gcd") (type $two) (local $a i64) (local $b i64) (local $c i64)
    (local.set $a (i64.extend_i32_u (local.get 0))) (local.set $b (local.get 1))
    (block $out (loop $l (br_if $out (i64.eqz (local.get $b)))
      (local.set $c (i64.rem_u (local.get $a) (local.get $b))) (local.set $a (local.get $b)) (local.set $b (local.get $c)) (br $l)))
    (local.get $a))
  ;; More of each type than there are registers, alive across a call and a loop.
  (func $many (param i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32 f64)
      (result i32 i64 f32 f64 i64 f32)
    (local $i i32) (local $s i64)
    (loop $l
      (local.set $s (i64.add (local.get $s) (call $t_gcd (i32.add (local.get 0) (local.get $i)) (i64.xor (local.get 5) (local.get 37)))))
      (local.set 12 (i32.add (local.get 12) (local.get 16))) (local.set 7 (f64.add (local.get 7) (local.get 39)))
      (local.set 2 (f32.sub (local.get 2) (local.get 6))) (local.set 9 (i64.rotl (local.get 9) (local.get 13)))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 5))))
    (i32.xor (i32.add (local.get 12) (local.get 20)) (i32.sub (local.get 36) (i32.add (local.get 28) (i32.add (local.get 24) (i32.add (local.get 32) (i32.add (local.get 4) (local.get 8)))))))
    (i64.add (local.get $s) (i64.add (local.get 9) (i64.sub (local.get 17) (i64.add (local.get 21) (i64.add (local.get 25) (i64.mul (local.get 29) (i64.add (local.get 33) (local.get 1))))))))
    (f32.add (local.get 2) (f32.add (local.get 10) (f32.sub (local.get 14) (f32.add (local.get 18) (f32.add (local.get 22) (f32.add (local.get 26) (f32.add (local.get 30) (f32.add (local.get 34) (local.get 38)))))))))
    (f64.add (local.get 7) (f64.add (local.get 3) (f64.add (local.get 11) (f64.sub (local.get 15) (f64.add (local.get 19) (f64.add (local.get 23) (f64.add (local.get 27) (f64.add (local.get 31) (local.get 35)))))))))
    (i64.add (local.get 37) (i64.extend_i32_s (local.get 0))) (local.get 38))
  (func $t_mixed (export "t_mixed") (type $two) (local $f f32) (local $d f64) (local $r0 i32) (local $r1 i64) (local $r2 f32) (local $r3 f64) (local $r4 i64)
    (local.set $f (f32.convert_i32_s (local.get 0))) (local.set $d (f64.convert_i64_s (local.get 1)))
    (call $many (local.get 0) (local.get 1) (local.get $f) (local.get $d) (i32.const 4) (i64.const 5) (f32.const 6) (f64.const 7)
      (i32.add (local.get 0) (i32.const 8)) (i64.add (local.get 1) (i64.const 9)) (f32.add (local.get $f) (f32.const 10)) (f64.add (local.get $d) (f64.const 11))
      (i32.const 12) (i64.const -13) (f32.const -14) (f64.const -15) (i32.mul (local.get 0) (i32.const 16)) (i64.mul (local.get 1) (i64.const 17)) (f32.mul (local.get $f) (f32.const 18)) (f64.mul (local.get $d) (f64.const 19))
      (i32.const 20) (i64.const 21) (f32.const 22) (f64.const 23) (i32.shl (local.get 0) (i32.const 24)) (i64.shl (local.get 1) (i64.const 25)) (f32.neg (local.get $f)) (f64.neg (local.get $d))
      (i32.const 28) (i64.const 29) (f32.const 30) (f64.const 31) (i32.const 32) (i64.const 33) (f32.const 34) (f64.const 35) (local.get 0) (local.get 1) (local.get $f) (local.get $d))
    (drop) (local.set $r4) (local.set $r3) (local.set $r2) (local.set $r1) (local.set $r0)
    (i64.store (i32.const 0) (local.get $r1)) (f64.store (i32.const 8) (local.get $r3)) (f32.store (i32.const 16) (local.get $r2)) (i32.store (i32.const 20) (local.get $r0))
    (i64.add (i64.extend_i32_s (local.get $r0)) (i64.add (local.get $r1) (i64.add (local.get $r4) (i64.add (i64.trunc_sat_f64_s (local.get $r3)) (i64.trunc_sat_f32_s (local.get $r2)))))))
  ;; Parallel moves with cycles, of three types at once.
  (func $t_swap (export "t_swap") (type $two) (local $a i32) (local $b i32) (local $c i32) (local $x f64) (local $y f64) (local $z f64) (local $p i64) (local $q i64) (local $i i32)
    (local.set $a (local.get 0)) (local.set $b (i32.const 77)) (local.set $c (i32.wrap_i64 (local.get 1))) (local.set $x (f64.convert_i32_u (local.get 0))) (local.set $y (f64.const 2.5)) (local.set $z (f64.const -9))
    (local.set $p (local.get 1)) (local.set $q (i64.const 0x1234567887654321))
    (loop $l
      (local.get $a) (local.get $b) (local.get $c) (local.set $a) (local.set $b) (i32.add (i32.const 1)) (local.set $c)
      (local.get $x) (local.get $y) (local.get $z) (local.set $y) (local.set $x) (local.set $z)
      (local.get $p) (local.get $q) (local.set $p) (local.set $q)
      (if (i32.and (local.get $i) (i32.const 2)) (then (local.get $a) (local.get $b) (local.set $a) (local.set $b)))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 23))))
    (i64.add (i64.mul (i64.extend_i32_u (local.get $a)) (i64.const 31)) (i64.add (i64.extend_i32_s (local.get $b)) (i64.add (i64.xor (local.get $p) (i64.rotl (local.get $q) (i64.const 7)))
      (i64.add (i64.extend_i32_u (local.get $c)) (i64.add (i64.reinterpret_f64 (local.get $x)) (i64.mul (i64.const 3) (i64.add (i64.reinterpret_f64 (local.get $y)) (i64.mul (i64.const 5) (i64.reinterpret_f64 (local.get $z)))))))))))
  (func $block_values (param i32) (result i32 f64 i64) (local.get 0) (f64.const 1.25) (i64.const 3)
    (loop (param i32 f64 i64) (result i32 f64 i64)
      (local.set 0 (i32.add (local.get 0) (i32.const 1))) (i64.add (i64.const 2)) (br_if 0 (i32.and (local.get 0) (i32.const 7)))))
  (func (export "t_blocks") (type $two) (local $q i64)
    (call $block_values (local.get 0)) (local.set $q) (i64.trunc_sat_f64_s) (i64.add (local.get $q)) (local.set $q) (i64.extend_i32_s) (i64.xor (local.get $q)))
  (func (export "t_table") (type $two)
    (i64.add (call_indirect (type $two) (local.get 0) (local.get 1) (i32.and (local.get 0) (i32.const 3)))
             (call_indirect (type $two) (i32.shr_u (local.get 0) (i32.const 1)) (local.get 1) (i32.and (i32.wrap_i64 (local.get 1)) (i32.const 1)))))
  (func (export "t_tail") (type $two) (return_call_indirect (type $two) (local.get 0) (i64.add (local.get 1) (i64.const 1)) (i32.and (local.get 0) (i32.const 1))))
  (func (export "t_switch") (type $two)
    (block $d (block $c (block $b (block $a (br_table $a $b $c $a $d (local.get 0))) (return (i64.add (local.get 1) (i64.const 10)))) (return (i64.mul (local.get 1) (i64.const 20)))) (global.set $g (local.get 1)))
    (i64.sub (i64.extend_i32_s (local.get 0)) (global.get $g)))
  (func (export "t_hash") (type $two) (local $i i32) (local $h i32)
    (local.set $h (i32.const 0x811c9dc5))
    (loop $l
      (i32.store (i32.shl (local.get $i) (i32.const 2)) (i32.xor (local.get $h) (i32.rotl (local.get 0) (local.get $i))))
      (local.set $h (i32.mul (i32.xor (local.get $h) (i32.load8_u (i32.add (i32.shl (local.get $i) (i32.const 2)) (i32.and (local.get $h) (i32.const 3))))) (i32.const 0x01000193)))
      (br_if $l (i32.lt_s (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 300))))
    (i64.or (i64.shl (i64.extend_i32_u (local.get $h)) (i64.const 32)) (i64.extend_i32_u (i32.load (i32.const 256)))))
  (func (export "t_float") (type $two) (local $x f64) (local $y f64) (local $t f64) (local $n i32) (local $s f32)
    (local.set $x (f64.div (f64.convert_i32_s (local.get 0)) (f64.const 3e9))) (local.set $y (f64.div (f64.convert_i64_s (local.get 1)) (f64.const 1e19)))
    (block $out (loop $l
      (br_if $out (i32.or (f64.gt (f64.add (f64.mul (local.get $x) (local.get $x)) (f64.mul (local.get $y) (local.get $y))) (f64.const 4)) (i32.gt_u (local.get $n) (i32.const 50))))
      (local.set $t (f64.add (f64.sub (f64.mul (local.get $x) (local.get $x)) (f64.mul (local.get $y) (local.get $y))) (f64.const -0.4)))
      (local.set $y (f64.add (f64.mul (f64.const 2) (f64.mul (local.get $x) (local.get $y))) (f64.const 0.6))) (local.set $x (local.get $t))
      (local.set $s (f32.add (local.get $s) (f32.sqrt (f32.abs (f32.demote_f64 (local.get $x))))))
      (local.set $n (i32.add (local.get $n) (i32.const 1))) (br $l)))
    (i64.add (i64.extend_i32_u (i32.add (i32.reinterpret_f32 (local.get $s)) (local.get $n))) (i64.reinterpret_f64 (f64.copysign (f64.nearest (f64.mul (local.get $x) (f64.const 1000))) (local.get $y)))))
  (func (export "t_refs") (type $two) (local $f funcref) (local $e externref) (local $n i64)
    (local.set $f (table.get $t (i32.and (local.get 0) (i32.const 3))))
    (local.set $n (call $t_gcd (local.get 0) (local.get 1)))
    (table.set $t (i32.const 3) (local.get $f))
    (drop (memory.grow (i32.const 0)))
    (select (i64.add (local.get $n) (i64.extend_i32_u (ref.is_null (local.get $f)))) (i64.const -5) (i32.add (ref.is_null (local.get $e)) (ref.is_null (table.get $t (i32.const 3))))))
))";

const std::vector<std::pair<uint32_t, uint64_t>> kArguments = {{0, 0}, {1, 3}, {2, 1000}, {5, ~uint64_t{0}}, {7, uint64_t{1} << 63}, {0x7fffffff, 0xffff'ffff}, {0x80000000, 0x8000'0000'0000}, {0xffffffff, 0x0123'4567'89ab'cdef}};

// What `guest` says, call after call; the state at the end.
std::vector<std::string> outcomes(Guest& guest) {
  std::vector<std::string> all;
  for (const auto& [name, item] : guest.instance.exports(guest.store))
    if (name.starts_with("t_"))
      for (const auto& [a, b] : kArguments) all.push_back(name + "(" + std::to_string(a) + ", " + std::to_string(b) + ") " + guest.run(name, {Val(a), Val(b)}, true));
  all.push_back(guest.state());
  return all;
}
void same(const std::string& mode, const std::vector<std::string>& found, const std::vector<std::string>& want) {
  REQUIRE(found.size() == want.size());
  for (size_t i = 0; i < want.size(); ++i)
    if (found[i] != want[i]) FAIL(mode << ": expected " << want[i] << ", found " << found[i]);
}

// Integer expressions in which widths change all the time, of (i32 a, i64 b). Host functions give dirty i32s.
class Expression {
 public:
  explicit Expression(uint64_t seed) : random_(seed) {}
  std::string i32(int depth) {
    static const char* const kBinary[] = {"add", "sub", "mul", "and", "or", "xor", "shl", "shr_s", "shr_u", "rotl", "rotr", "div_s", "div_u", "rem_s", "rem_u"};
    static const char* const kUnary[] = {"clz", "ctz", "popcnt", "extend8_s", "extend16_s", "eqz"};
    const std::string x = depth ? i32(depth - 1) : "";
    switch (depth ? 2 + below(10) : below(3)) {
      case 0: return "(local.get 0)";
      case 1: return "(i32.const " + std::to_string(static_cast<int32_t>(below(2) ? random_() : below(64))) + ")";
      case 2: return depth ? "(i32.wrap_i64 " + i64(depth - 1) + ")" : "(i32.wrap_i64 (local.get 1))";
      case 3: return "(i32." + std::string(kUnary[below(6)]) + " " + x + ")";
      case 4: return "(i32." + compare() + " " + x + " " + i32(depth - 1) + ")";
      case 5: return "(i64." + compare() + " " + i64(depth - 1) + " " + i64(depth - 1) + ")";
      case 6: return "(select " + x + " " + i32(depth - 1) + " " + i32(depth - 1) + ")";
      case 7: return "(call $dirty " + x + ")";
      case 8: return "(if (result i32) " + x + " (then " + i32(depth - 1) + ") (else " + i32(depth - 1) + "))";
      default: return "(i32." + std::string(kBinary[below(15)]) + " " + x + " " + i32(depth - 1) + ")";
    }
  }
  std::string i64(int depth) {
    static const char* const kBinary[] = {"add", "sub", "mul", "and", "or", "xor", "shl", "shr_s", "shr_u", "rotl", "rotr", "div_u"};
    switch (depth ? 1 + below(9) : below(2)) {
      case 0: return "(local.get 1)";
      case 1: return "(i64.extend_i32_u " + i32(depth ? depth - 1 : 0) + ")";
      case 2: return "(i64.extend_i32_s " + i32(depth - 1) + ")";
      case 3: return "(i64.extend_i32_u (i32.add " + i32(depth - 1) + " " + i32(depth - 1) + "))";
      case 4: return "(i64.extend32_s " + i64(depth - 1) + ")";
      case 5: return "(select " + i64(depth - 1) + " " + i64(depth - 1) + " " + i32(depth - 1) + ")";
      case 6: return "(i64.load (i32.and (i32.const 0xfff8) " + i32(depth - 1) + "))";
      default: return "(i64." + std::string(kBinary[below(12)]) + " " + i64(depth - 1) + " " + i64(depth - 1) + ")";
    }
  }

 private:
  uint32_t below(uint32_t n) { return static_cast<uint32_t>(random_() % n); }
  std::string compare() {
    static const char* const kCompare[] = {"eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"};
    return kCompare[below(10)];
  }
  std::mt19937_64 random_;
};

// (i32) -> i32: the same number, with something else in the rest of the cell.
std::vector<Extern> dirty_host(const Engine&, Store& store) {
  FuncType type;
  type.params = type.results = {ValType{ValKind::kI32}};
  return {detail::make_host_func(store, type, [](rt::HostCall& call) {
    std::memset(call.cells + 4, 0xa5, 12);
    return true;
  })};
}

}  // namespace

TEST_CASE("row 3: native code, the upper half of an i32 is never read", "[jit][failure-classes]") {
  for (int round = 0; round < (full_run() ? 50 : 1); ++round) {
    Expression e(3 + static_cast<uint64_t>(round));
    std::string wat = "(module (import \"\" \"dirty\" (func $dirty (param i32) (result i32))) (memory (export \"memory\") 1) (global $g (mut i32) (i32.const 0))\n";
    for (int i = 0; i < 150; ++i) {
      const std::string name = "(func (export \"t_" + std::to_string(i) + "\") (param i32 i64) (result ";
      wat += i % 2 ? name + "i64) " + e.i64(4) + ")\n" : name + "i32) " + e.i32(4) + ")\n";
    }
    // An i32 takes every way there is for one: arguments, results, globals, memory, tables of functions, switches.
    wat += R"((func $pass (param i32) (result i32) (local.get 0))
      (func (export "t_call") (param i32 i64) (result i64) (i64.extend_i32_u (call $pass (call $dirty (i32.wrap_i64 (local.get 1))))))
      (func (export "t_global") (param i32 i64) (result i64) (global.set $g (call $dirty (local.get 0))) (i64.extend_i32_u (global.get $g)))
      (func (export "t_memory") (param i32 i64) (result i64) (i64.store (i32.const 8) (i64.const -1)) (i32.store (i32.const 8) (call $dirty (local.get 0))) (i64.load (i32.const 8)))
      (func (export "t_address") (param i32 i64) (result i64) (i64.load (call $dirty (i32.and (local.get 0) (i32.const 0xffff)))))
      (func (export "t_switch") (param i32 i64) (result i64) (block (block (block (br_table 0 1 2 (call $dirty (local.get 0)))) (return (i64.const 10))) (return (i64.const 11))) (i64.const 12))
      (func (export "t_fill") (param i32 i64) (result i64) (memory.fill (call $dirty (i32.const 16)) (call $dirty (local.get 0)) (call $dirty (i32.const 9))) (i64.load (i32.const 18)))
      (func (export "t_grow") (param i32 i64) (result i64) (i64.extend_i32_u (i32.add (memory.grow (call $dirty (i32.const 0))) (memory.size)))))
    )";
    Guest truth(wat, interpreter(), {}, dirty_host);
    const auto want = outcomes(truth);
    size_t results = 0;
    for (const std::string& w : want) results += w.find(") i") != w.npos;
    CHECK(results > want.size() / 4);
    uint64_t clean_bytes = 0;
    for (const Mode& m : all_native_modes()) {
      if (!full_run() && m.name.starts_with("shuffle ")) continue;
      Guest guest(wat, m, {}, dirty_host);
      const uint64_t bytes = guest.module->native_report().code_bytes;
      if (m.name == "default") clean_bytes = bytes;
      if (m.name == "poison") CHECK(bytes > clean_bytes * 5 / 4);  // the switch does something
      same(m.name, outcomes(guest), want);
    }
  }
}

TEST_CASE("rows 3, 4: native code, programs of all types with values in memory, in any register, poisoned", "[jit][failure-classes]") {
  Guest truth(kPrograms, interpreter());
  const auto want = outcomes(truth);
  std::vector<Mode> modes = all_native_modes();
  for (uint64_t seed = 10; seed < (full_run() ? 1000 : 30); ++seed)
    modes.push_back(mode("shuffle " + std::to_string(seed), [&](CompilerConfig& c) { c.regalloc = CompilerConfig::Regalloc::kShuffle, c.seed = seed; }));
  for (const Mode& m : modes) {
    Guest guest(kPrograms, m);
    same(m.name, outcomes(guest), want);
  }
}

TEST_CASE("row 23: the tiers agree, alone and function by function in one engine", "[jit][failure-classes]") {
  Guest truth(kPrograms, interpreter());
  const auto want = outcomes(truth);
  Guest native(kPrograms, mode("native"));
  same("native", outcomes(native), want);
  const uint32_t functions = native.module->native_report().native;
  CHECK(functions >= 13);
  for (uint32_t first = 0; first < functions; ++first)
    for (uint32_t last : {first, functions - 1}) {
      Guest mixed(kPrograms, mode("functions " + std::to_string(first) + " to " + std::to_string(last), [&](CompilerConfig& c) { c.first_function = first, c.last_function = last; }));
      CHECK(mixed.module->native_report().native == last - first + 1);
      same("functions " + std::to_string(first) + " to " + std::to_string(last), outcomes(mixed), want);
    }
}
#endif
