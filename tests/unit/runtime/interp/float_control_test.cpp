// Whatever a thread's floating-point unit was told to do, wasm computes what it says, and the thread finds it as it was.
#include <cfenv>

#include "catch.h"
#include "wjit/wjit.hpp"

using namespace wjit;

namespace {

// For its scope: a way of rounding, what becomes of subnormals, and which events are signals.
class Host {
 public:
  Host(int rounding, bool flushes, bool signals) {
    std::fegetenv(&before_);
    std::fesetround(rounding);
#if defined(__x86_64__)
    if (flushes) __builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() | 0x8040);
#endif
    if (signals) feenableexcept(FE_ALL_EXCEPT);
  }
  ~Host() { std::fesetenv(&before_); }

 private:
  std::fenv_t before_;
};

constexpr const char* kText = R"((module
  (func (export "div") (param f64 f64) (result f64) (f64.div (local.get 0) (local.get 1)))
  (func (export "mul") (param f64 f64) (result f64) (f64.mul (local.get 0) (local.get 1)))
  (func (export "sqrt") (param f64 f64) (result f64) (f64.sqrt (local.get 0)))
  (func (export "nearest") (param f64 f64) (result f64) (f64.nearest (local.get 0)))
  (func (export "lanes") (param f64 f64) (result f64)
    (f64x2.extract_lane 1 (f64x2.div (f64x2.splat (local.get 0)) (f64x2.splat (local.get 1)))))
  (func (export "convert") (param f64 f64) (result f64)
    (f64.promote_f32 (f32.convert_i64_u (i64.reinterpret_f64 (local.get 0)))))))";

}  // namespace

TEST_CASE("floats are those of wasm, and not of the thread that calls") {
  struct {
    const char* name;
    double a, b, result;
  } const calls[] = {{"div", 1, 3, 0x1.5555555555555p-2},
                     {"div", -1, 3, -0x1.5555555555555p-2},
                     {"div", 1, 0, HUGE_VAL},
                     {"mul", 0x1p-600, 0x1p-460, 0x1p-1060},
                     {"mul", 0x1p-1060, 0x1p1000, 0x1p-60},
                     {"mul", 1e300, 1e300, HUGE_VAL},
                     {"sqrt", 2, 0, 0x1.6a09e667f3bcdp+0},
                     {"nearest", 2.5, 0, 2},
                     {"nearest", -0.75, 0, -1},
                     {"lanes", 1, 3, 0x1.5555555555555p-2},
                     {"convert", 0x1.fffbfffffffffp+1023, 0, 0x1.ffbffep+62}};
  std::vector<Config> configs;
  for (Dispatch d : {Dispatch::kLoop, Dispatch::kTail}) configs.push_back({.tier = Tier::kInterp, .dispatch = d});
  configs.push_back({.tiering = {.call_threshold = 3}, .consume_fuel = true, .compile_threads = 0});
  for (const Config& config : configs) {
    Engine engine(config);
    Store store(engine);
    if (config.consume_fuel) REQUIRE(store.set_fuel(1'000'000));
    Instance instance = Instance::create(store, Module::from_text(engine, kText).unwrap(), {}).unwrap();
    for (const auto& c : calls)
      for (int rounding : {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO})
        for (int how = 0; how < 4; ++how) {
          CAPTURE(int(config.tier), int(config.dispatch), c.name, c.a, c.b, rounding, how);
          const std::vector<Val> args = {Val(c.a), Val(c.b)};
          const Func func = std::get<Func>(*instance.get(store, c.name));
          Val result, resumed;
          int after;
          {
            const Host host(rounding, how & 1, how & 2);
            result = func.call(store, args).unwrap()[0];
            auto outcome = func.call_resumable(store, args).unwrap();
            resumed = std::get<0>(outcome)[0];
            after = std::fegetround();
          }
          CHECK(result.f64_bits() == Val(c.result).f64_bits());
          CHECK(resumed.f64_bits() == Val(c.result).f64_bits());
          CHECK(after == rounding);
        }
  }
}
