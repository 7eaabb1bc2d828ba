// What tier 0 counts of a function before it is compiled.
#include "runtime/jit/profiles.h"

#include "guest.h"
#include "runtime/compiled_module.h"
#include "runtime/engine.h"
#include "runtime/jit/tier_up.h"
#include "runtime/store.h"

using namespace wjit;
using namespace wjit::test;

namespace {

constexpr const char* kModule = R"((module
  (type $t (func (result i32)))
  (import "" "other" (func $other (type $t)))
  (table (export "t") 4 funcref)
  (elem (i32.const 0) $one $two $other)
  (elem declare func $one $two)
  (func $one (export "one") (type $t) (i32.const 1))
  (func $two (type $t) (i32.const 2))
  (func (export "f") (param $n i32) (param $which i32) (result i32)
    (local $i i32) (local $odd i32)
    (loop $l
      (if (i32.and (local.get $i) (i32.const 1)) (then (local.set $odd (i32.add (local.get $odd) (i32.const 1)))))
      (if (i32.const 0) (then (local.set $odd (i32.const 77))) (else (nop)))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (drop (call_indirect (type $t) (local.get $which)))
    (drop (call_ref $t (if (result (ref $t)) (local.get $which) (then (ref.func $two)) (else (ref.func $one)))))
    (block (br_on_null 0 (ref.null $t)) (drop))
    (local.get $odd))))";

struct World {
  Engine engine;
  Store store;
  Module module;
  std::optional<Instance> instance;
  explicit World(uint32_t calls, uint32_t loops, TierConfig::Osr osr = TierConfig::Osr::kAuto) : engine(config(calls, loops, osr)), store(engine), module(Module::from_text(engine, kModule).ok()) {
    const Func two = Func::wrap(store, [] { return int32_t{22}; });
    auto made = Instance::create(store, module, {{two}});
    if (!made) FAIL("no instance");
    instance.emplace(made.ok());
  }
  static Config config(uint32_t calls, uint32_t loops, TierConfig::Osr osr) {
    Config c;
    c.tier = Tier::kTiered;
    c.tiering = {.call_threshold = calls, .loop_threshold = loops, .osr = osr, .seed = 0};
    c.compile_threads = 0;
    c.compiler.verify = true;
    return c;
  }
  int32_t f(int32_t n, int32_t which) {
    auto r = std::get<Func>(*instance->get(store, "f")).call(store, std::vector<Val>{Val(n), Val(which)});
    REQUIRE(r);
    return r.ok()[0].i32();
  }
  const rt::CodeEntry& entry() { return *module.impl().code_entries[2]; }
  translate::Profile profile() {
    REQUIRE(entry().profiling);
    return rt::read_profile(*entry().profiling, entry().calls, 1);
  }
  bool native() { return entry().code.load()->is_bridge; }
};

struct Ways {
  uint32_t taken, not_taken;
  bool operator==(const Ways&) const = default;
};
std::vector<Ways> ways(const translate::Profile& p) {
  std::vector<Ways> out;
  for (const auto& b : p.branches) out.push_back({b.taken, b.not_taken});
  return out;
}

}  // namespace

#if defined(__x86_64__)

TEST_CASE("profile: ways and callees of the second half of a function's calls", "[jit][tiered][profile]") {
  World w(40, 1'000'000);
  for (int i = 0; i < 20; ++i) {
    CHECK(!w.entry().profiling);
    CHECK(w.f(5, 0) == 2);
  }
  for (int i = 0; i < 19; ++i) CHECK(w.f(4, i == 3 || i == 7 ? 1 : 0) == 2);
  CHECK_FALSE(w.native());
  CHECK(w.entry().code.load() == w.entry().profiling.get());
  const translate::Profile p = w.profile();
  // The call that reached the half is counted: 20 calls with 5 rounds once and 4 rounds 19 times.
  CHECK(ways(p) == std::vector<Ways>{{2 + 19 * 2, 3 + 19 * 2}, {0, 81}, {4 + 19 * 3, 20}, {2, 18}, {20, 0}});
  REQUIRE(p.branches.size() == 5);
  CHECK(p.targets.empty());  // two in twenty went elsewhere (and the first of each table slot is not seen)
  CHECK(w.f(4, 0) == 2);
  CHECK(w.native());
  CHECK(w.entry().bytecode.get() != w.entry().profiling.get());
  CHECK(ways(w.profile()) == ways(p));  // what was compiled from is what is there
  CHECK(w.f(4, 0) == 2);
}

TEST_CASE("profile: callees are functions of the same instance", "[jit][tiered][profile]") {
  World own(40, 1'000'000), other(40, 1'000'000);
  for (int i = 0; i < 38; ++i) own.f(1, 1), other.f(1, 2);
  const translate::Profile p = own.profile(), q = other.profile();
  REQUIRE(p.targets.size() == 2);
  CHECK(p.targets[0].func_index == 2);
  CHECK(p.targets[1].func_index == 2);
  CHECK(p.targets[0].offset < p.targets[1].offset);
  REQUIRE(q.targets.size() == 1);  // an import is another's
  CHECK(q.targets[0].func_index == 2);
  CHECK(q.targets[0].offset == p.targets[1].offset);
}

TEST_CASE("profile: a loop that runs goes on in code that counts, and out of it", "[jit][tiered][profile]") {
  World w(1'000'000, 1000);
  CHECK(w.f(5000, 0) == 2500);
  uint64_t entered = 0;
  for (const auto& f : w.module.tier_report().functions) entered += f.loops_entered;
  CHECK(entered == 1);
  const auto counted = ways(w.profile());
  REQUIRE(counted.size() == 3);
  // From the half on: but for the round in which it began, and with the one in which it ended.
  CHECK(counted[2] == Ways{500, 0});
  CHECK(counted[0] == Ways{250, 250});
  World off(1'000'000, 1000, TierConfig::Osr::kOff);
  CHECK(off.f(5000, 0) == 2500);
  CHECK_FALSE(off.native());
  CHECK(off.f(5, 0) == 2);
  CHECK(off.native());
}

TEST_CASE("profile: none where functions are hot at once", "[jit][tiered][profile]") {
  World w(1, 1);
  CHECK(w.f(100, 0) == 50);
  CHECK(!w.entry().profiling);
  CHECK(w.native());
}

#endif
