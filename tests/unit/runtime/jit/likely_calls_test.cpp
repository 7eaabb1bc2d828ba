// Calls through references of whom a profile says that they reach one function: whoever it names, results, traps with
// their backtraces, fuel and what is left are the interpreter's.
#if defined(__x86_64__)
#include <map>
#include <set>

#include "compiler/compile.h"
#include "compiler/ir/function.h"
#include "compiler/translate/guesses.h"
#include "runtime/compiled_module.h"
#include "runtime/jit/native_module.h"
#include "unit/runtime/jit/guest.h"

using namespace wjit;
using namespace wjit::test;

namespace {

// 0: the host's. The table is shared by two instances; each writes its functions to it by `put`. `$mine` tells them apart.
constexpr const char* kModule = R"((module
  (type $t (func (param i32) (result i32)))
  (type $wide (func (param i64 i64 i64 i64 i64 i64 i64 i64 f64) (result i64 i64 i64 i64 i64 i64 i64 f64)))
  (import "h" "ask" (func $ask (type $t)))
  (import "h" "t" (table $t 16 16 funcref))
  (global $mine (export "mine") (mut i32) (i32.const 0))
  (memory (export "m") 1)
  (elem $all declare func $ask $inc $divide $mine_of $rec $asks $swaps $turns $none)
  (func $inc (type $t) (i32.add (local.get 0) (i32.const 1)))
  (func $divide (type $t) (i32.div_u (i32.const 1000) (local.get 0)))
  (func $mine_of (type $t) (global.set $mine (i32.add (global.get $mine) (i32.const 1)))
    (i32.store (i32.const 8) (local.get 0)) (i32.mul (global.get $mine) (local.get 0)))
  (func $rec (type $t)
    (if (result i32) (i32.eqz (local.get 0))
      (then (call_indirect $t (type $t) (i32.and (global.get $mine) (i32.const 1)) (i32.const 1)))
      (else (i32.add (i32.const 3) (call_indirect $t (type $t) (i32.sub (local.get 0) (i32.const 1)) (i32.const 3))))))
  (func $asks (type $t) (i32.add (call $ask (local.get 0)) (i32.const 100)))
  (func $turns (type $t) (local $i i32)
    (loop $l (local.set $i (i32.add (local.get $i) (i32.or (local.get 0) (i32.const 1)))) (br_if $l (i32.lt_u (local.get $i) (i32.const 50))))
    (local.get $i))
  (func $swaps (type $wide)
    (local.get 7) (local.get 6) (local.get 5) (local.get 4) (local.get 3) (local.get 2) (local.get 1) (local.get 8))
  (func $none)
  (func $never_named (type $t) (i32.const 77))
  (func $put (export "put") (param $at i32)
    (table.set $t (i32.const 0) (ref.func $inc)) (table.set $t (i32.const 1) (ref.func $divide))
    (table.set $t (i32.const 2) (ref.func $mine_of)) (table.set $t (i32.const 3) (ref.func $rec))
    (table.set $t (i32.const 4) (ref.func $asks)) (table.set $t (i32.const 5) (ref.func $turns))
    (table.set $t (i32.const 6) (ref.func $none)) (table.set $t (i32.const 7) (ref.func $swaps))
    (table.set $t (i32.const 8) (ref.func $ask)) (table.set $t (i32.const 9) (ref.null func)))
  (func (export "by_table") (param $at i32) (param $x i32) (result i32)
    (i32.add (i32.const 1000) (call_indirect $t (type $t) (local.get $x) (local.get $at))))
  (func (export "tail_by_table") (param $at i32) (param $x i32) (result i32)
    (return_call_indirect $t (type $t) (local.get $x) (local.get $at)))
  (func $ref (param $at i32) (result (ref null $t)) (local $r funcref)
    (if (i32.ge_u (local.get $at) (i32.const 16)) (then (return (ref.null $t))))
    (ref.cast (ref null $t) (table.get $t (local.get $at))))
  (func (export "by_ref") (param $at i32) (param $x i32) (result i32)
    (i32.add (i32.const 2000) (call_ref $t (local.get $x) (call $ref (local.get $at)))))
  (func (export "tail_by_ref") (param $at i32) (param $x i32) (result i32)
    (return_call_ref $t (local.get $x) (call $ref (local.get $at))))
  (func (export "in_loop") (param $at i32) (param $x i32) (result i32) (local $i i32) (local $sum i32)
    (loop $l
      (local.set $sum (i32.add (local.get $sum)
        (call_indirect $t (type $t) (i32.and (i32.sub (local.get $x) (local.get $i)) (i32.const 15)) (local.get $at))))
      (i32.store (i32.const 16) (local.get $sum))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.lt_u (local.get $i) (i32.const 20))))
    (local.get $sum))
  (func (export "both") (param $at i32) (param $x i32) (result i32)  ;; of several in one expression
    (i32.sub (call_indirect $t (type $t) (call_indirect $t (type $t) (local.get $x) (local.get $at)) (i32.const 1))
      (call_indirect $t (type $t) (i32.const 5) (local.get $at))))
  (func (export "wide") (param $at i32) (param $x i32) (result i32) (local i64 f64)
    (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4) (i64.extend_i32_u (local.get $x)) (i64.const 6) (i64.const 7)
    (i64.const 8) (f64.const 9.5)
    (call_indirect $t (type $wide) (local.get $at))
    (local.set 3) (i64.xor) (i64.sub) (i64.sub) (i64.sub) (i64.sub) (i64.sub)
    (i32.wrap_i64) (i32.add (i32.trunc_f64_s (local.get 3)))))
)";
constexpr uint32_t kFunctions = 19;
const char* const kCalls[] = {"by_table", "tail_by_table", "by_ref", "tail_by_ref", "in_loop", "both", "wide"};

// Says of every such call that it reaches one function.
struct Names {
  explicit Names(uint32_t func) : func(func) {}
  const translate::Profile* of(const rt::CompiledModule& m, uint32_t defined) {
    auto [at, is_new] = made.try_emplace(defined);
    if (is_new)
      for (const auto& call : translate::reference_calls(m.wasm(), defined))
        at->second.targets.push_back({call.offset, func});
    return &at->second;
  }
  uint32_t func;
  std::map<uint32_t, translate::Profile> made;
};

struct World {
  // Without a number the interpreter.
  World(std::optional<uint32_t> likely, Config config)
      : names(likely.value_or(0)), fuel(config.consume_fuel), engine(config), store(engine) {
    if (likely)
      rt::made_up_profile = [this](const rt::CompiledModule& m, uint32_t defined) { return names.of(m, defined); };
    auto made = Module::from_text(engine, kModule);
    if (!made) FAIL(made.err().to_string());
    module.emplace(std::move(made).ok());
    for (const auto& f : module->native_report().stayed) FAIL(f.error.to_string());
    if (config.consume_fuel) REQUIRE(store.set_fuel(1'000'000'000));
    const Func ask = Func::create(store, {{ValType{ValKind::kI32}}, {ValType{ValKind::kI32}}},
                                  [](Caller, std::span<const Val> in, std::span<Val> out) -> wjit::Result<Ok, Trap> {
                                    out[0] = Val(in[0].i32() * 3);
                                    if (in[0].i32() % 2) return Trap("asked");
                                    return Ok{};
                                  });
    const auto table = Table::create(store, TableType{.min = 16, .max = 16}, Val::null(ValKind::kFuncRef));
    if (!table) FAIL(table.err().to_string());
    const std::vector<Extern> imports = {ask, table.ok()};
    for (int i = 0; i < 2; ++i) {
      auto made = Instance::create(store, *module, imports);
      if (!made) FAIL(to_string(made.err()));
      instances.push_back(made.ok());
    }
    REQUIRE(get<Global>(1, "mine").set(store, Val(50)));
  }
  ~World() { rt::made_up_profile = nullptr; }
  template <class H>
  H get(size_t instance, std::string_view name) {
    return std::get<H>(*instances[instance].get(store, name));
  }
  std::string run(size_t instance, std::string_view name, const std::vector<Val>& args) {
    return to_text(get<Func>(instance, name).call(store, args));
  }
  // Stopped whenever fuel is out, and by the host.
  std::string run_with_stops(size_t instance, std::string_view name, const std::vector<Val>& args) {
    std::string text;
    REQUIRE(store.set_fuel(5));
    auto r = get<Func>(instance, name).call_resumable(store, args);
    while (r) {
      auto* stopped = std::get_if<ResumableCall>(&r.ok());
      if (!stopped) return text + to_text(TrapResult<std::vector<Val>>(std::get<std::vector<Val>>(r.ok())));
      ResumableCall call = std::move(*stopped);
      if (call.kind() == ResumableCall::Kind::kHostTrap) {
        text += "asked ";
        r = call.resume(store, std::vector<Val>{Val(7)});
      } else {
        text += std::to_string(call.required_fuel()) + " ";
        REQUIRE(store.set_fuel(call.required_fuel() + 3));
        r = call.resume(store);
      }
    }
    return text + to_text(TrapResult<std::vector<Val>>(r.err()));
  }
  // All calls of all slots, by whoever has put his functions there.
  std::vector<std::string> everything(bool stops) {
    std::vector<std::string> all;
    for (size_t owner : {0, 1, 0})
      for (size_t caller : {0, 1}) {
        run(owner, "put", {Val(0)});
        for (const char* name : kCalls)
          for (int at = -1; at < 11; ++at)
            for (int x : {0, 3, 8}) {
              const std::vector<Val> args = {Val(at < 0 ? 16 : at), Val(x)};
              if (config_fuel()) REQUIRE(store.set_fuel(1'000'000));
              all.push_back(std::string(name) + " " + std::to_string(at) + " " + std::to_string(x) + ": " +
                            (stops ? run_with_stops(caller, name, args) : run(caller, name, args)));
              if (config_fuel()) all.back() += " fuel " + std::to_string(store.get_fuel().ok());
            }
        all.push_back(state_of(store, instances[0]) + state_of(store, instances[1]));
        if (config_fuel()) REQUIRE(store.set_fuel(1'000'000));
      }
    return all;
  }
  bool config_fuel() const { return fuel; }
  Names names;
  const bool fuel;
  Engine engine;
  Store store;
  std::optional<Module> module;
  std::vector<Instance> instances;
};

Config config_of(Tier tier, bool fuel, const Mode& m = mode("default")) {
  Config c;
  c.tier = tier;
  c.tiering = {.call_threshold = 2, .loop_threshold = 5, .osr = TierConfig::Osr::kAlways, .seed = 0};
  c.compile_threads = 0;
  c.features = FeatureSet::all();
  c.mode = CompilationMode::kEager;  // no fuel for translating
  c.consume_fuel = fuel;
  c.compiler = m.compiler;
  return c;
}

// The first that differs.
std::string difference(const std::vector<std::string>& found, const std::vector<std::string>& expected) {
  for (size_t i = 0; i < expected.size(); ++i)
    if (i >= found.size() || found[i] != expected[i])
      return (i < found.size() ? found[i].substr(0, 500) : "nothing") + " | " + expected[i].substr(0, 500);
  return "";
}

// Numbers of functions that a function calls directly, in the optimised IR; and how many bodies stand in it.
struct Direct {
  std::set<uint32_t> called;
  size_t inlined = 0;
};
Direct direct_calls(const rt::CompiledModule& m, uint32_t index, uint32_t likely, unsigned opt_level) {
  auto options = rt::compile_options(m, 1);
  REQUIRE(options);
  Names names(likely);
  options->profile = [&](uint32_t defined) { return names.of(m, defined); };
  options->opt_level = opt_level;
  Direct out;
  Stages stages;
  stages.optimised = [&](const ir::Function& f) {
    out.inlined = f.inlined.size();
    for (ir::Block b = f.entry(); b.valid(); b = f.block(b).next)
      for (ir::Inst i = f.block(b).first; i.valid(); i = f.next(i))
        if (f.inst(i).op == ir::Op::call || f.inst(i).op == ir::Op::return_call)
          out.called.insert(m.wasm().imported_funcs + f.inst(i).c);
  };
  REQUIRE(compile_func(m.wasm(), m.offsets, *options, index - m.wasm().imported_funcs, stages));
  return out;
}

}  // namespace

TEST_CASE("Whoever a profile names, calls through references do what the interpreter does", "[jit][likely]") {
  const auto expected = World({}, config_of(Tier::kInterp, false)).everything(false);
  REQUIRE(expected.size() > 1000);
  for (uint32_t likely = 0; likely < kFunctions + 3; ++likely)
    for (const Mode& m : likely < 10 && full_run() ? all_native_modes() : std::vector{mode("default")}) {
      CAPTURE(likely, m.name);
      CHECK(difference(World(likely, config_of(Tier::kJit, false, m)).everything(false), expected) == "");
    }
  for (const Mode& m : native_modes()) {
    CAPTURE(m.name);
    CHECK(difference(World(3, config_of(Tier::kJit, false, m)).everything(false), expected) == "");
    CHECK(difference(World(5, config_of(Tier::kJit, false, m)).everything(false), expected) == "");
  }
}

TEST_CASE("The same in fuel, in stops for the want of it and of the host, and where functions change tier", "[jit][likely]") {
  const auto metered = World({}, config_of(Tier::kInterp, true)).everything(false);
  const auto stopping = World({}, config_of(Tier::kInterp, true)).everything(true);
  for (uint32_t likely : {1, 2, 3, 4, 5, 6, 7}) {
    CAPTURE(likely);
    CHECK(difference(World(likely, config_of(Tier::kJit, true)).everything(false), metered) == "");
    CHECK(difference(World(likely, config_of(Tier::kJit, true)).everything(true), stopping) == "");
    CHECK(difference(World(likely, config_of(Tier::kTiered, true)).everything(false), metered) == "");
    CHECK(difference(World(likely, config_of(Tier::kTiered, true)).everything(true), stopping) == "");
  }
}

TEST_CASE("A recursion through a table that a profile knows ends where the stack does", "[jit][likely]") {
  for (uint32_t likely : {1u, 4u}) {
    World w(likely, config_of(Tier::kJit, false));
    w.run(0, "put", {Val(0)});
    const auto r = w.get<Func>(0, "by_table").call(w.store, {Val(3), Val(100'000'000)});
    REQUIRE(!r);
    CHECK(std::get<Trap>(r.err()).message().find("stack") != std::string::npos);
    CHECK(w.run(0, "by_table", {Val(0), Val(1)}) == "i32:3ea ");
  }
}

TEST_CASE("A call through a reference is direct where the profile names somebody that can be meant", "[jit][likely]") {
  World w({}, config_of(Tier::kInterp, false));
  const rt::CompiledModule& m = w.module->impl();
  const auto function = [&](std::string_view name) { return m.wasm().find_export(name)->index; };
  using Set = std::set<uint32_t>;
  for (const char* name : {"by_table", "tail_by_table", "by_ref", "tail_by_ref"}) {
    CAPTURE(name);
    const Direct d = direct_calls(m, function(name), 4, 0);
    CHECK(d.called.count(4) == 1);
    CHECK(direct_calls(m, function(name), 4, 1).called.count(4) == 1);  // too large for where it is no loop
    // The host's, one of another type, one without a reference, and none at all.
    for (uint32_t nobody : {0u, 8u, 9u, 10u, kFunctions, ~0u}) {
      CAPTURE(nobody);
      CHECK(direct_calls(m, function(name), nobody, 0).called.count(nobody) == 0);
    }
  }
  CHECK(direct_calls(m, function("in_loop"), 3, 0).called == Set{3});
  CHECK(direct_calls(m, function("in_loop"), 3, 1).called == Set{});  // its body is there
  CHECK(direct_calls(m, function("in_loop"), 3, 1).inlined > 0);
  CHECK(direct_calls(m, function("in_loop"), 10, 1).inlined == 0);
  CHECK(direct_calls(m, 4, 4, 1).called == Set{4});  // itself
}

TEST_CASE("Guesses are functions of the type called, mostly, and the same each time", "[jit][likely]") {
  World w({}, config_of(Tier::kInterp, false));
  const wasm::Module& m = w.module->impl().wasm();
  translate::Guesses one(m, 1), again(m, 1), other(m, 2);
  size_t calls = 0, fit = 0, different = 0;
  for (uint32_t i = 0; i < m.bodies.size(); ++i)
    for (const auto& call : translate::reference_calls(m, i)) {
      const auto* target = one.of(i)->target(call.offset);
      const auto* same = again.of(i)->target(call.offset);
      const auto* another = other.of(i)->target(call.offset);
      REQUIRE(!target == !same);
      CHECK((!target || target->func_index == same->func_index));
      ++calls;
      fit += target && target->func_index < m.funcs.size() && m.funcs[target->func_index] == call.type;
      different += !target != !another || (target && target->func_index != another->func_index);
    }
  CHECK(calls == 11);
  CHECK(fit > calls / 2);
  CHECK(different > 0);
}
#endif
