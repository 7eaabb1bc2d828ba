// Rows 11 and 12 of the failure classes for native code: a program that traps half-way leaves what the interpreter
// leaves, in memories with guard pages and in memories that are checked, and traps at the same place.
#if defined(__x86_64__)
#include <random>

#include "unit/runtime/jit/guest.h"

using namespace wjit;
using namespace wjit::test;

namespace {

constexpr const char* kHead = R"((module
  (type $none (func)) (type $one (func (param i32) (result i32)))
  (memory $m (export "m") 1 2) (table $t (export "t") 8 8 funcref) (table $x (export "x") 4 4 externref)
  (global $g (export "g") (mut i32) (i32.const 1)) (global $h (export "h") (mut i64) (i64.const 2))
  (global $d (export "d") (mut f64) (f64.const 3)) (global $r (export "r") (mut funcref) (ref.null func))
  (data $data "0123456789abcdef") (elem $elem func $id $id $boom)
  (func $id (type $one) (local.get 0))
  (func $boom (type $none) (unreachable))
  (func $div (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func $twice (param i32) (result i32) (i32.add (call $div (i32.const 7) (local.get 0)) (call $div (i32.const 9) (i32.and (local.get 0) (i32.const 1)))))
  (func $maybe (param i32 i32) (if (i32.gt_u (local.get 1) (i32.const 10)) (then (if (i32.and (local.get 0) (i32.const 1)) (then (call $boom)) (else (call_indirect $t (type $none) (local.get 0)))))) (global.set $g (local.get 1)))
  (func $store_deep (param i32) (i32.store (local.get 0) (i32.const 0x5a5a5a5a)) (global.set $g (i32.add (global.get $g) (i32.const 10))))
)";

// Bodies with one parameter $p: an address, a divisor or an index, by which they trap sooner, later or not at all.
const std::vector<std::string>& written_programs() {
  static const std::vector<std::string> programs = {
      // Stores in a row, upwards and downwards: the first one that does not fit decides.
      R"((i32.store (local.get $p) (i32.const 1)) (i32.store offset=4 (local.get $p) (i32.const 2)) (i32.store offset=8 (local.get $p) (i32.const 3)))",
      R"((i64.store offset=16 (local.get $p) (i64.const -1)) (i64.store offset=8 (local.get $p) (i64.const -2)) (i64.store (local.get $p) (i64.const -3)))",
      R"((i32.store8 (local.get $p) (i32.const 1)) (i32.store16 offset=1 (local.get $p) (i32.const 2)) (i64.store32 offset=3 (local.get $p) (i64.const 3)) (f64.store offset=7 (local.get $p) (f64.const 1.5)))",
      // The same store twice; a store that is overwritten only if nothing traps.
      R"((i32.store (i32.const 16) (i32.const 7)) (drop (i32.load (local.get $p))) (i32.store (i32.const 16) (i32.const 8)))",
      R"((global.set $g (i32.const 7)) (drop (i32.load (local.get $p))) (global.set $g (i32.const 8)))",
      R"((global.set $h (i64.const 7)) (global.set $d (f64.const 8)) (i64.store (local.get $p) (global.get $h)) (global.set $h (i64.const 9)))",
      // A result that nobody wants traps all the same, and before what comes after.
      R"((drop (i32.div_u (i32.const 1) (local.get $p))) (global.set $g (i32.const 5)) (drop (i32.rem_s (i32.const 1) (i32.sub (local.get $p) (i32.const 1)))) (global.set $g (i32.const 6)))",
      R"((global.set $g (i32.const 5)) (drop (i32.trunc_f64_s (f64.div (f64.const 1) (f64.convert_i32_s (local.get $p))))) (i32.store (i32.const 0) (i32.const 1)))",
      // Two traps in one expression: operands in order.
      R"((i32.store (local.get $p) (i32.div_s (i32.const 1) (i32.and (local.get $p) (i32.const 1)))))",
      R"((i32.store (i32.const 8) (i32.add (i32.load (local.get $p)) (i32.div_s (i32.const 1) (i32.and (local.get $p) (i32.const 1))))))",
      R"((i32.store (i32.const 8) (i32.add (i32.div_s (i32.const 1) (i32.and (local.get $p) (i32.const 1))) (i32.load (local.get $p)))))",
      // A load that could be folded past a store that traps, or that overlaps it.
      R"((local $l i32) (local.set $l (i32.load (i32.const 0))) (i32.store (local.get $p) (i32.const -1)) (global.set $g (i32.add (local.get $l) (global.get $g))))",
      R"((local $l i32) (local.set $l (i32.load (local.get $p))) (i32.store (i32.const 4) (i32.const -1)) (global.set $g (i32.add (local.get $l) (i32.load (i32.const 4)))))",
      R"((i32.store (local.get $p) (i32.add (i32.load (local.get $p)) (i32.const 5))) (i32.store offset=65532 (local.get $p) (i32.sub (i32.load offset=65532 (local.get $p)) (i32.const 5))))",
      // Loops that walk out of the memory and out of a table.
      R"((loop $l (i32.store8 (local.get $p) (local.get $p)) (global.set $g (local.get $p)) (local.set $p (i32.add (local.get $p) (i32.const 509))) (br $l)))",
      R"((loop $l (table.set $t (local.get $p) (ref.func $id)) (global.set $g (local.get $p)) (local.set $p (i32.add (local.get $p) (i32.const 3))) (br $l)))",
      // Bulk operations: all or nothing, and what went before stays.
      R"((i32.store (i32.const 0) (i32.const 1)) (memory.fill (local.get $p) (i32.const 170) (i32.const 65530)) (i32.store (i32.const 0) (i32.const 2)))",
      R"((global.set $g (i32.const 2)) (memory.copy (local.get $p) (i32.const 100) (i32.const 65000)) (global.set $g (i32.const 3)))",
      R"((global.set $g (i32.const 2)) (memory.copy (i32.const 3) (local.get $p) (i32.const 1000)) (global.set $g (i32.const 3)))",
      R"((memory.init $data (i32.const 5) (i32.const 0) (i32.const 16)) (memory.init $data (local.get $p) (i32.const 4) (i32.const 8)) (data.drop $data) (memory.init $data (i32.const 40) (i32.const 0) (i32.const 1)))",
      R"((table.init $t $elem (i32.const 0) (i32.const 0) (i32.const 3)) (table.init $t $elem (local.get $p) (i32.const 0) (i32.const 3)) (elem.drop $elem) (table.init $t $elem (i32.const 0) (i32.const 0) (i32.const 1)))",
      R"((table.fill $t (i32.const 1) (ref.func $boom) (i32.const 2)) (table.fill $t (local.get $p) (ref.func $id) (i32.const 4)) (table.copy $t $t (local.get $p) (i32.const 0) (i32.const 6)))",
      R"((table.set $x (i32.const 1) (ref.null extern)) (table.set $x (local.get $p) (ref.null extern)) (global.set $g (table.size $x)) (drop (table.get $t (local.get $p))) (global.set $g (i32.const 0)))",
      // Calls: through the table (null, another type, past the end), and into what traps.
      R"((table.set $t (i32.const 0) (ref.func $id)) (table.set $t (i32.const 1) (ref.func $boom)) (global.set $g (i32.const 40)) (global.set $g (call_indirect $t (type $one) (i32.const 41) (local.get $p))) (i32.store (i32.const 12) (i32.const 1)))",
      R"((call $store_deep (i32.const 64)) (call $store_deep (local.get $p)) (call $store_deep (i32.const 128)))",
      R"((global.set $g (i32.const 3)) (global.set $g (call $div (i32.const 100) (local.get $p))) (i32.store (i32.const 0) (global.get $g)))",
      R"((global.set $r (ref.func $id)) (call $store_deep (local.get $p)) (global.set $r (ref.null func)))",
      // Bodies that stand in place of calls, in loops and out of them: their traps have the frames of the calls, and so has
      // what they call. A load that is known behind the call is not known behind one that stores.
      R"((local $i i32) (loop $l (global.set $g (i32.add (global.get $g) (call $div (i32.const 100) (i32.sub (local.get $p) (local.get $i))))) (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $l (i32.lt_u (local.get $i) (i32.const 20)))))",
      R"((local $i i32) (loop $l (call $store_deep (i32.add (local.get $p) (i32.mul (local.get $i) (i32.const 4096)))) (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $l (i32.lt_u (local.get $i) (i32.const 20)))))",
      R"((global.set $g (call $twice (local.get $p))) (global.set $h (i64.extend_i32_u (call $twice (i32.add (local.get $p) (i32.const 1))))))",
      R"((local $i i32) (loop $l (call $maybe (local.get $p) (local.get $i)) (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $l (i32.lt_u (local.get $i) (i32.const 20)))))",
      R"((i32.store (i32.const 64) (i32.const 3)) (call $store_deep (i32.const 64)) (global.set $g (i32.load (i32.const 64))) (call $store_deep (local.get $p)) (i32.store (i32.const 68) (global.get $g)))",
      // Growing in between: what was out of bounds is not any more, and the other way round never.
      R"((i32.store (i32.const 0) (i32.const 9)) (global.set $g (memory.grow (i32.const 1))) (i32.store offset=65536 (local.get $p) (i32.const 1)) (i32.store offset=131072 (local.get $p) (i32.const 1)))",
      // In one arm only; before and after the join.
      R"((if (i32.and (local.get $p) (i32.const 1)) (then (i32.store (i32.const 0) (i32.const 1)) (i32.store (local.get $p) (i32.const 2))) (else (i64.store (local.get $p) (i64.const 3)) (global.set $g (i32.const 4)))) (i32.store offset=4 (local.get $p) (i32.const 5)))",
      R"((block $b (br_if $b (i32.lt_u (local.get $p) (i32.const 8))) (global.set $g (i32.load offset=8 (local.get $p))) (global.set $h (i64.load (local.get $p)))) (unreachable))",
  };
  return programs;
}

// Straight lines of things that change something or trap, at random.
std::string random_program(std::mt19937_64& random) {
  const auto below = [&](uint32_t n) { return static_cast<uint32_t>(random() % n); };
  const auto address = [&]() -> std::string {
    switch (below(4)) {
      case 0: return "(i32.const " + std::to_string(below(2) ? below(65'536) : 65'520 + below(24)) + ")";
      case 1: return "(i32.add (local.get $p) (i32.const " + std::to_string(below(64)) + "))";
      case 2: return "(i32.and (local.get $p) (i32.const 0xffff))";
      default: return "(local.get $p)";
    }
  };
  const auto offset = [&] { return below(8) ? " offset=" + std::to_string(below(40)) : " offset=" + std::to_string(below(2) ? 65'500 + below(40) : below(1u << 30)); };
  const auto value = [&]() -> std::string {
    switch (below(5)) {
      case 0: return "(global.get $g)";
      case 1: return "(i32.load" + offset() + " " + address() + ")";
      case 2: return "(i32.div_s (local.get $p) (i32.and (global.get $g) (i32.const 3)))";
      case 3: return "(i32.load8_s" + offset() + " " + address() + ")";
      default: return "(i32.const " + std::to_string(below(1000)) + ")";
    }
  };
  std::string text;
  for (uint32_t i = 0, n = 3 + below(6); i < n; ++i) switch (below(8)) {
      case 0: text += "(i32.store" + offset() + " " + address() + " " + value() + ")"; break;
      case 1: text += "(i32.store16" + offset() + " " + address() + " " + value() + ")"; break;
      case 2: text += "(i64.store" + offset() + " " + address() + " (i64.extend_i32_s " + value() + "))"; break;
      case 3: text += "(global.set $g " + value() + ")"; break;
      case 4: text += "(global.set $h (i64.add (global.get $h) (i64.load" + offset() + " " + address() + ")))"; break;
      case 5: text += "(i32.store " + address() + " (i32.xor (i32.load " + address() + ") " + value() + "))"; break;
      case 6: text += "(table.set $t (i32.and " + value() + " (i32.const 15)) (ref.func $id))"; break;
      default: text += "(drop " + value() + ")";
    }
  return text;
}

const std::vector<uint32_t> kParameters = {0, 1, 2, 7, 8, 64, 65'500, 65'524, 65'528, 65'531, 65'532, 65'533, 65'535, 65'536, 131'068, 131'072, 0x7fff'ffff, 0x8000'0000, 0xffff'fff0, 0xffff'ffff};

// Each call in an instance of its own.
void compare(const std::vector<std::string>& programs, const std::vector<Mode>& modes) {
  std::string wat = kHead;
  for (size_t i = 0; i < programs.size(); ++i) wat += "(func (export \"f" + std::to_string(i) + "\") (param $p i32) " + programs[i] + ")\n";
  wat += ")";
  size_t trapped = 0, done = 0;
  struct Seen {
    std::string end, state;
  };
  std::vector<Seen> want;
  const auto run_all = [&](const Mode& m, MemoryStyle style, const std::function<void(size_t, size_t, Seen)>& take) {
    Config config = config_with(style);
    const Engine engine(config_of(m, config));
    auto module = Module::from_text(engine, wat);
    if (!module) FAIL(module.err().to_string());
    CHECK(module.ok().native_report().stayed.empty());
    for (size_t i = 0; i < programs.size(); ++i)
      for (size_t k = 0; k < kParameters.size(); ++k) {
        const uint32_t p = kParameters[k];
        if (!m.name.empty() && m.name != "default" && !full_run() && k % 2) continue;
        Store store(engine);
        auto instance = Instance::create(store, module.ok(), {});
        REQUIRE(instance);
        const auto bytes = std::get<Memory>(*instance.ok().get(store, "m")).data(store);
        for (size_t at = 0; at < 512; ++at) bytes[at] = bytes[65'535 - at] = static_cast<uint8_t>(at * 7 + 3);
        Seen seen;
        seen.end = to_text(std::get<Func>(*instance.ok().get(store, "f" + std::to_string(i))).call(store, {Val(p)}));
        seen.state = state_of(store, instance.ok());
        take(i, k, seen);
      }
  };
  run_all(interpreter(), MemoryStyle::kChecks, [&](size_t, size_t, Seen s) { ++(s.end.empty() ? done : trapped), want.push_back(std::move(s)); });
  CHECK(done > programs.size() / 2);
  CHECK(trapped > programs.size());
  for (const Mode& m : modes)
    for (MemoryStyle style : {MemoryStyle::kGuard, MemoryStyle::kChecks}) {
      run_all(m, style, [&](size_t i, size_t k, const Seen& s) {
        const Seen& w = want[i * kParameters.size() + k];
        const uint32_t p = kParameters[k];
        const char* how = style == MemoryStyle::kGuard ? ", guard pages" : ", checks";
        if (s.end != w.end) FAIL(m.name << how << ": " << programs[i] << " with " << p << ": expected \"" << w.end << "\", found \"" << s.end << "\"");
        if (s.state != w.state) FAIL(m.name << how << ": " << programs[i] << " with " << p << " leaves another state; it ended with \"" << s.end << "\"");
      });
    }
}

}  // namespace

TEST_CASE("rows 11, 12: native code, what is left after a trap, with checks and with guard pages", "[jit][failure-classes]") {
  compare(written_programs(), full_run() ? all_native_modes() : native_modes());
}
TEST_CASE("rows 11, 12: native code, what is left after a trap in random programs", "[jit][failure-classes]") {
  std::mt19937_64 random(11'12);
  for (int round = 0; round < (full_run() ? 50 : 1); ++round) {
    std::vector<std::string> programs;
    for (int i = 0; i < 24; ++i) programs.push_back(random_program(random));
    compare(programs, full_run() ? native_modes() : std::vector<Mode>{mode("default"), native_modes().back()});
  }
}
#endif
