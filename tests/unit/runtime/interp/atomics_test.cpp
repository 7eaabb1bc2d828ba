// The threads proposal in the interpreter: what each access does, where it traps, and what threads see of
// each other.
#include <atomic>
#include <thread>

#include "unit/runtime/fixture.h"
#include "wjit/memory_creator.hpp"

using namespace wjit;
using namespace wjit::test;

namespace {

#if defined(__x86_64__)
constexpr Tier kTiers[] = {Tier::kInterp, Tier::kJit};
#else
constexpr Tier kTiers[] = {Tier::kInterp};
#endif

Config threads_config(Tier tier, MemoryStyle style = MemoryStyle::kAuto,
                      Dispatch dispatch = Dispatch::kAuto) {
  Config c = config_with(style == MemoryStyle::kAuto ? MemoryStyle::kGuard : style);
  c.features.set(Feature::kThreads, true);
  c.features.set(Feature::kMemory64, true);
  c.features.set(Feature::kMultiMemory, true);
  c.dispatch = dispatch;
  c.tier = tier;
  c.compiler.verify = true;
  return c;
}

struct Guest {
  Guest(const Engine& engine, const std::string& wat, std::vector<Extern> imports = {}) : store(engine) {
    auto module = Module::from_text(engine, wat);
    if (!module) FAIL(module.err().to_string());
    auto made = Instance::create(store, module.ok(), imports);
    if (!made) FAIL(to_string(made.err()));
    instance = made.ok();
    native = module.ok().native_report().native;
    for (const auto& stayed : module.ok().native_report().stayed) FAIL(stayed.error.to_string());
  }
  TrapResult<std::vector<Val>> try_call(const char* name, std::vector<Val> args = {}) {
    return std::get<Func>(*instance.get(store, name)).call(store, args);
  }
  Val call(const char* name, std::vector<Val> args = {}) {
    auto r = try_call(name, std::move(args));
    if (!r) throw std::runtime_error(to_string(r.err()));  // on whatever thread
    return r.ok().empty() ? Val() : r.ok()[0];
  }
  std::string trap(const char* name, std::vector<Val> args = {}) {
    auto r = try_call(name, std::move(args));
    return r ? "" : message(r.err());
  }
  Store store;
  Instance instance;
  uint32_t native = 0;
};

struct Width {
  const char *name, *suffix;
  unsigned bits;  // in memory
};
constexpr Width kWidths[] = {{"i32", "", 32}, {"i64", "", 64},   {"i32", "8", 8},  {"i32", "16", 16},
                             {"i64", "8", 8}, {"i64", "16", 16}, {"i64", "32", 32}};
uint64_t mask(unsigned bits) { return bits == 64 ? ~uint64_t{0} : (uint64_t{1} << bits) - 1; }
unsigned type_bits(const Width& w) { return w.name[1] == '3' ? 32 : 64; }
Val val(const Width& w, uint64_t v) { return type_bits(w) == 32 ? Val(uint32_t(v)) : Val(v); }
uint64_t bits_of(const Width& w, const Val& v) {
  return type_bits(w) == 32 ? uint32_t(v.i32()) : uint64_t(v.i64());
}
std::string op(const Width& w, const std::string& what) {  // "add": i64.atomic.rmw8.add_u
  const std::string narrow = w.suffix;
  return std::string(w.name) + ".atomic.rmw" + narrow + "." + what + (narrow.empty() ? "" : "_u");
}

uint64_t expect_rmw(const std::string& what, uint64_t old, uint64_t v) {
  if (what == "add") return old + v;
  if (what == "sub") return old - v;
  if (what == "and") return old & v;
  if (what == "or") return old | v;
  if (what == "xor") return old ^ v;
  return v;
}

constexpr const char* kRmws[] = {"add", "sub", "and", "or", "xor", "xchg"};
constexpr uint64_t kOld = 0x8182'8384'8586'8788, kOperand = 0xf1e2'd3c4'b5a6'9798;

// In every place that an operand can come from and a result can go to: locals, among them the same one;
// constants; the results of others.
std::string rmw_module(const std::string& memory, const Width& w, const std::string& name,
                       const char* address) {
  const std::string t = w.name, o = op(w, name), p = std::string("(param $p ") + address + ")";
  const std::string a = address, k = type_bits(w) == 32 ? "0xb5a69798" : "0xf1e2d3c4b5a69798";
  return "(module (memory (export \"m\") " + memory + ")" + "(func (export \"plain\") " + p + "(param $v " +
         t + ") (result " + t + ") (" + o + " offset=8 (local.get $p) (local.get $v)))" +
         "(func (export \"into operand\") " + p + "(param $v " + t + ") (result " + t + ") (local.set $v (" +
         o + " offset=8 (local.get $p) (local.get $v))) (local.get $v))" + "(func (export \"constants\") " +
         p + "(param $v " + t + ") (result " + t + ") (" + o + " (" + a + ".const 24) (" + t + ".const " + k +
         ")))" + "(func (export \"temporaries\") " + p + "(param $v " + t + ") (result " + t + ") (" + o +
         " offset=4 (" + a + ".add (local.get $p) (" + a + ".const 4)) (" + t + ".add (" + t +
         ".sub (local.get $v) (" + t + ".const 7)) (" + t + ".const 7))))" +
         (t == a ? "(func (export \"into address\") " + p + "(param $v " + t + ") (result " + t +
                       ") (local.set $p (" + o + " offset=8 (local.get $p) (local.get $v))) (local.get $p))"
                 : "(func (export \"into address\") (param " + a + " " + t + ") (result " + t + ") (" + o +
                       " offset=8 (local.get 0) (local.get 1)))") +
         ")";
}

}  // namespace

TEST_CASE("atomics: every rmw of every width, whatever its operands and result are", "[atomics]") {
  struct Place {
    const char *memory, *address;
    MemoryStyle style;
  };
  for (Tier tier : kTiers)
    for (const Place& place :
         {Place{"1 1", "i32", MemoryStyle::kGuard}, Place{"1 1 shared", "i32", MemoryStyle::kGuard},
          Place{"1 1 shared", "i32", MemoryStyle::kChecks}, Place{"i64 1 1", "i64", MemoryStyle::kChecks},
          Place{"i64 1 1 shared", "i64", MemoryStyle::kGuard}}) {
      const Engine engine(threads_config(
          tier, place.style, place.style == MemoryStyle::kGuard ? Dispatch::kLoop : Dispatch::kTail));
      for (const Width& w : kWidths)
        for (const char* name : kRmws) {
          Guest g(engine, rmw_module(place.memory, w, name, place.address));
          const auto bytes = std::get<Memory>(*g.instance.get(g.store, "m")).data(g.store);
          for (const char* how : {"plain", "into operand", "constants", "temporaries", "into address"}) {
            CHECK((g.native != 0) == (tier == Tier::kJit));
            INFO(int(tier) << place.memory << ": " << op(w, name) << ", " << how);
            const uint64_t around = 0x5a5a'5a5a'5a5a'5a5a, old = kOld & mask(w.bits),
                           v = kOperand & mask(type_bits(w));
            std::memcpy(&bytes[24], &around, 8);
            std::memcpy(&bytes[24], &old, w.bits / 8);
            const Val p = place.address[1] == '6' ? Val(uint64_t{16}) : Val(uint32_t{16});
            CHECK(bits_of(w, g.call(how, {p, val(w, v)})) == old);
            uint64_t after;
            std::memcpy(&after, &bytes[24], 8);
            CHECK(after == ((around & ~mask(w.bits)) | (expect_rmw(name, old, v) & mask(w.bits))));
          }
        }
    }
}

TEST_CASE("atomics: loads extend with zeros and stores wrap", "[atomics]") {
  for (Tier tier : kTiers)
    for (const Width& w : kWidths) {
      const Engine engine(threads_config(tier));
      const std::string t = w.name, narrow = w.suffix;
      INFO(t << narrow);
      Guest g(engine, "(module (memory (export \"m\") 1 1) (func (export \"load\") (param i32) (result " + t +
                          ") (" + t + ".atomic.load" + narrow + (narrow.empty() ? "" : "_u") +
                          " (local.get 0))) (func (export \"store\") (param i32 " + t + ") (" + t +
                          ".atomic.store" + narrow + " (local.get 0) (local.get 1))))");
      const auto bytes = std::get<Memory>(*g.instance.get(g.store, "m")).data(g.store);
      g.call("store", {Val(8), val(w, kOld)});
      uint64_t after;
      std::memcpy(&after, &bytes[8], 8);
      CHECK(after == (kOld & mask(w.bits)));
      std::memset(&bytes[8], 0xff, 8);
      CHECK(bits_of(w, g.call("load", {Val(8)})) == mask(w.bits));
    }
}

TEST_CASE("atomics: cmpxchg compares with all of what it expects", "[atomics]") {
  for (Tier tier : kTiers)
    for (const Width& w : kWidths) {
      const Engine engine(threads_config(tier));
      const std::string t = w.name;
      INFO(op(w, "cmpxchg"));
      // The second: all of its operands and its result are one local.
      Guest g(
          engine,
          "(module (memory (export \"m\") 1 1) (func (export \"f\") (param i32 " + t + " " + t +
              ") (result " + t + ") (local.set 1 (" + op(w, "cmpxchg") +
              " (local.get 0) (local.get 1) (local.get 2))) (local.get 1)) (func (export \"same\") (param " +
              t + ") (result " + t + ") (local.tee 0 (" + op(w, "cmpxchg") +
              " (i32.const 8) (local.get 0) (local.get 0)))))");
      const auto bytes = std::get<Memory>(*g.instance.get(g.store, "m")).data(g.store);
      const uint64_t old = kOld & mask(w.bits);
      const auto there = [&] {
        uint64_t v = 0;
        std::memcpy(&v, &bytes[8], w.bits / 8);
        return v;
      };
      std::memcpy(&bytes[8], &old, 8);
      CHECK(bits_of(w, g.call("f", {Val(8), val(w, old ^ 1), val(w, 5)})) == old);
      CHECK(there() == old);
      if (w.bits != type_bits(w)) {  // the low bits are equal, the rest is not
        CHECK(bits_of(w, g.call("f", {Val(8), val(w, old | mask(type_bits(w)) << w.bits), val(w, 5)})) ==
              old);
        CHECK(there() == old);
      }
      CHECK(bits_of(w, g.call("same", {val(w, old)})) == old);
      CHECK(there() == old);
      CHECK(bits_of(w, g.call("f", {Val(8), val(w, old), val(w, kOperand)})) == old);
      CHECK(there() == (kOperand & mask(w.bits)));
      CHECK(bits_of(w, g.call("same", {val(w, 3)})) == (kOperand & mask(w.bits)));
    }
}

TEST_CASE("atomics: the effective address is checked for alignment, then for what it needs, then for bounds",
          "[atomics]") {
  for (Tier tier : kTiers)
    for (const char* style : {"guard", "checks"}) {
      const Engine engine(threads_config(tier, style[0] == 'g' ? MemoryStyle::kGuard : MemoryStyle::kChecks));
      Guest g(engine, R"((module (memory $a 1 1) (memory $s 1 1 shared) (memory $w i64 1 1 shared)
      (func (export "load") (param i32) (result i32) (i32.atomic.load $s offset=3 (local.get 0)))
      (func (export "load8") (param i32) (result i32) (i32.atomic.load8_u $s offset=3 (local.get 0)))
      (func (export "wide") (param i64) (result i64) (i64.atomic.load $w offset=0xfffffffffffffff8 (local.get 0)))
      (func (export "rmw") (param i32) (result i32) (i32.atomic.rmw16.add_u $s (local.get 0) (i32.const 1)))
      (func (export "notify a") (param i32) (result i32) (memory.atomic.notify $a (local.get 0) (i32.const 1)))
      (func (export "notify s") (param i32) (result i32) (memory.atomic.notify $s (local.get 0) (i32.const 1)))
      (func (export "wait32 a") (param i32) (result i32) (memory.atomic.wait32 $a (local.get 0) (i32.const 0) (i64.const 0)))
      (func (export "wait64 a") (param i32) (result i32) (memory.atomic.wait64 $a (local.get 0) (i64.const 0) (i64.const 0)))
      (func (export "wait32 s") (param i32) (result i32) (memory.atomic.wait32 $s (local.get 0) (i32.const 0) (i64.const 0)))
      (func (export "wait64 s") (param i32) (result i32) (memory.atomic.wait64 $s offset=4 (local.get 0) (i64.const 0) (i64.const 0)))
      (func (export "wait64 w") (param i64) (result i32) (memory.atomic.wait64 $w offset=16 (local.get 0) (i64.const 0) (i64.const 0)))))");
      const char *kUnaligned = "unaligned atomic", *kBounds = "out of bounds memory access",
                 *kShared = "expected shared memory";
      CHECK(g.trap("load", {Val(1)}) == "");
      CHECK(g.trap("load", {Val(0)}) == kUnaligned);
      CHECK(g.trap("load", {Val(65529)}) == "");
      CHECK(g.trap("load", {Val(65533)}) == kBounds);
      CHECK(g.trap("load", {Val(65534)}) == kUnaligned);
      CHECK(g.trap("load", {Val(-3)}) == kBounds);  // no wrapping in 32 bits
      CHECK(g.trap("load", {Val(-4)}) == kUnaligned);
      CHECK(g.trap("load8", {Val(65532)}) == "");
      CHECK(g.trap("load8", {Val(65533)}) == kBounds);
      CHECK(g.trap("wide", {Val(int64_t{8})}) == kBounds);
      CHECK(g.trap("wide", {Val(int64_t{9})}) == kUnaligned);
      CHECK(g.trap("rmw", {Val(65534)}) == "");
      CHECK(g.trap("rmw", {Val(65535)}) == kUnaligned);
      CHECK(g.trap("rmw", {Val(65536)}) == kBounds);
      CHECK(g.call("notify a", {Val(0)}).i32() == 0);
      CHECK(g.trap("notify a", {Val(65536)}) == kBounds);
      CHECK(g.trap("notify a", {Val(65534)}) == kUnaligned);
      CHECK(g.trap("notify s", {Val(65538)}) == kUnaligned);
      CHECK(g.trap("notify s", {Val(-4)}) == kBounds);
      CHECK(g.trap("wait32 a", {Val(0)}) == kShared);
      CHECK(g.trap("wait32 a", {Val(2)}) == kUnaligned);
      CHECK(g.trap("wait32 a", {Val(65536)}) == kShared);
      CHECK(g.trap("wait64 a", {Val(4)}) == kUnaligned);
      CHECK(g.trap("wait64 a", {Val(8)}) == kShared);
      CHECK(g.call("wait32 s", {Val(4)}).i32() == 2);
      CHECK(g.trap("wait32 s", {Val(65536)}) == kBounds);
      CHECK(g.call("wait64 s", {Val(4)}).i32() == 2);
      CHECK(g.trap("wait64 s", {Val(8)}) == kUnaligned);
      CHECK(g.trap("wait64 s", {Val(-4)}) == kBounds);
      CHECK(g.call("wait64 w", {Val(int64_t{8})}).i32() == 2);
      CHECK(g.trap("wait64 w", {Val(int64_t{-8})}) == kBounds);  // no wrapping in 64 bits
    }
}
