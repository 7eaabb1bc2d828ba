// tools/dev bench short: a host that calls small functions, each a million times, through the typed calls of
// the embedding API. Each measurement begins with a new engine, so that with tiers it begins in the interpreter; what was
// made before the first call (with --tier=jit all of the native code) is not counted. The tiers take turns.
#include "tools/bench/short_calls.h"

#include <chrono>
#include <cstdio>
#include <vector>

#include "tools/bench/stats.h"
#include "wjit/wjit.hpp"

namespace wjit::bench {
namespace {

constexpr int kCalls = 1'000'000;

constexpr const char* kModule = R"((module
  (memory 1)
  (table funcref (elem $double $square $double $negate))
  (type $unary (func (param i32) (result i32)))
  (func $double (param i32) (result i32) (i32.shl (local.get 0) (i32.const 1)))
  (func $square (param i32) (result i32) (i32.mul (local.get 0) (local.get 0)))
  (func $negate (param i32) (result i32) (i32.sub (i32.const 0) (local.get 0)))
  (func (export "add one") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
  (func (export "polynomial") (param $n i32) (result i32) (local $x f64)
    (local.set $x (f64.convert_i32_u (i32.and (local.get $n) (i32.const 255))))
    (i32.trunc_sat_f64_s (f64.add (f64.mul (f64.add (f64.mul (f64.add (f64.mul (local.get $x) (f64.const 0.5))
      (f64.const 3)) (local.get $x)) (f64.const 7)) (local.get $x)) (f64.const 11))))
  (func (export "bits by a loop") (param $n i32) (result i32) (local $bits i32)
    (loop $again
      (local.set $bits (i32.add (local.get $bits) (i32.and (local.get $n) (i32.const 1))))
      (br_if $again (local.tee $n (i32.shr_u (local.get $n) (i32.const 1)))))
    (local.get $bits))
  (func (export "hash of 32 bytes") (param $n i32) (result i32) (local $at i32) (local $hash i32)
    (i32.store (i32.and (local.get $n) (i32.const 28)) (local.get $n))
    (local.set $hash (i32.const 0x811c9dc5))
    (loop $again
      (local.set $hash (i32.mul (i32.xor (local.get $hash) (i32.load8_u (local.get $at))) (i32.const 0x01000193)))
      (br_if $again (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (i32.const 32))))
    (local.get $hash))
  (func (export "indirect calls") (param $n i32) (result i32)
    (i32.add (call_indirect (type $unary) (local.get $n) (i32.and (local.get $n) (i32.const 3)))
             (call_indirect (type $unary) (local.get $n) (i32.and (i32.shr_u (local.get $n) (i32.const 2)) (i32.const 3)))))
  (func $tree (export "recursion") (param $n i32) (result i32)
    (if (result i32) (i32.eqz (i32.and (local.get $n) (i32.const 7)))
      (then (i32.const 1))
      (else (i32.add (call $tree (i32.and (i32.sub (local.get $n) (i32.const 1)) (i32.const 7)))
                     (i32.and (local.get $n) (i32.const 1))))))))";

constexpr const char* kFunctions[] = {"add one", "polynomial", "bits by a loop", "hash of 32 bytes", "indirect calls", "recursion"};
struct {
  const char* name;
  Tier tier;
} constexpr kTiers[] = {{"jit", Tier::kJit}, {"tiered", Tier::kTiered}, {"interp", Tier::kInterp}};
constexpr size_t kJit = 0, kTiered = 1;

// Nanoseconds of a call; `sum` is of the results.
double measure(Tier tier, const char* function, uint32_t& sum) {
  Config config;
  config.tier = tier;
  const Engine engine(config);
  const Module module = Module::from_text(engine, kModule).unwrap();
  Store store(engine);
  const Instance instance = Instance::create(store, module, {}).unwrap();
  const auto f = std::get<Func>(*instance.get(store, function)).typed<int32_t, int32_t>(store).unwrap();
  const auto start = std::chrono::steady_clock::now();
  sum = 0;
  for (int i = 0; i < kCalls; ++i) sum += static_cast<uint32_t>(f.call(store, i).unwrap());
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
  return took.count() / kCalls;
}

}  // namespace

int bench_short_calls(int rounds) {
  std::printf("%d calls from the host, from a cold start; ns of a call, the least of %d rounds in turns.\n\n", kCalls, rounds);
  std::printf("%-18s", "function");
  for (const auto& t : kTiers) std::printf(" %9s", t.name);
  std::printf(" %12s\n", "tiered/jit");
  std::vector<double> ratios;
  for (const char* function : kFunctions) {
    std::vector<double> times[std::size(kTiers)];
    for (int round = 0; round < rounds; ++round) {
      uint32_t sums[std::size(kTiers)];
      for (size_t t = 0; t < std::size(kTiers); ++t) times[t].push_back(measure(kTiers[t].tier, function, sums[t]));
      for (uint32_t sum : sums) {
        if (sum == sums[0]) continue;
        std::fprintf(stderr, "wjit-bench: the tiers do not agree on what '%s' computes\n", function);
        return 1;
      }
    }
    std::printf("%-18s", function);
    for (const auto& t : times) std::printf(" %9.1f", least(t));
    ratios.push_back(least(times[kTiered]) / least(times[kJit]));
    std::printf(" %12.2f\n", ratios.back());
  }
  std::printf("%-18s %42.2f\n", "geomean", geometric_mean(ratios));
  return 0;
}

}  // namespace wjit::bench
