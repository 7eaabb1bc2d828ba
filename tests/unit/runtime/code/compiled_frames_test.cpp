// Unwinders in the compiler's code: exact at every instruction of it, of the stubs behind it and of what it is called
// through. The processor stops after each instruction; what has to be found is kept by watching calls and returns.
#include "runtime/code/eh_frame.h"

#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
#include <algorithm>
#include <utility>

#include "unit/runtime/code/unwinders.h"
#include "unit/runtime/jit/guest.h"

namespace wjit {
namespace {

using namespace rt;
using test::Guest;
using test::Pcs;

enum class Next : uint8_t { kNothing, kCall, kReturn, kLand };

// What the instruction at `pc` does to the frames.
Next kind_of(uintptr_t pc) {
  auto* at = reinterpret_cast<const uint8_t*>(pc);
  if (at[0] >= 0x40 && at[0] < 0x50) ++at;
  if (at[0] == 0xe8 || (at[0] == 0xff && (at[1] >> 3 & 7) == 2)) return Next::kCall;
  if (at[0] == 0xc3 || at[0] == 0xc2) return Next::kReturn;
  if (at[0] == 0xff && at[1] == 0x65 && at[2] == 0xf0) return Next::kLand;  // jmp [rbp - 16]
  return Next::kNothing;
}

struct Stepper {
  struct Return {
    uintptr_t pc, sp;  // where it goes on, and the stack pointer while that lies on top
  };
  std::vector<Return> returns;
  uintptr_t last = 0;  // the instruction before, if it was emitted code
  Pcs outside[2];      // what a walk found beyond emitted code, the first time
  size_t count = 0;
  std::vector<std::string> wrong;

  static std::string name(uintptr_t pc) {
    CodeHit h;
    if (!lookup_code(pc, &h)) return "out";
    return std::string(h.kind == CodeKind::kModule ? "module" : h.kind == CodeKind::kThunks ? "thunk" : "trampoline") + "+" +
           std::to_string(h.offset) + (h.in_function ? "(function " + std::to_string(h.func_index) + ")" : "");
  }
  // The few instructions of a stub that take the frames of wasm away: where they are is told after the first of those.
  static bool lands(uintptr_t pc) {
    CodeHit h;
    if (!lookup_code(pc, &h) || h.in_function) return false;
    for (uintptr_t at = pc; at < pc + 24; ++at)
      if (kind_of(at) == Next::kLand) return true;
    return false;
  }
  static bool ends_with(const Pcs& all, const Pcs& pcs) {  // but for the first
    return !pcs.empty() && pcs.size() <= all.size() && std::equal(pcs.rbegin(), pcs.rend() - 1, all.rbegin());
  }
  void compare(uintptr_t pc) {
    Pcs expected{pc};
    for (size_t i = returns.size(); i-- > 0;) expected.push_back(returns[i].pc);
    for (int who = 0; who < 2; ++who) {
      Pcs found = who ? test::by_cpp_runtime() : test::by_libunwind();
      found.erase(found.begin(), std::find(found.begin(), found.end(), pc));
      size_t inside = found.size();
      CodeHit h;
      while (inside > 1 && !lookup_code(found[inside - 1], &h, PcIs::kReturnAddress)) --inside;
      const Pcs rest(found.begin() + long(inside), found.end());
      found.resize(inside);
      if (outside[who].empty()) outside[who] = rest;
      const bool right = lands(pc) ? ends_with(expected, found) : found == expected;
      if (right && rest == outside[who] && (rest.empty() || rest.back() != uintptr_t(-1))) continue;
      if (wrong.size() >= 10) continue;
      std::string text = who ? "_Unwind_Backtrace:" : "unw_step:";
      for (uintptr_t p : found) text += ' ' + name(p);
      text += rest == outside[who] ? "" : " and then not as before";
      text += "; expected";
      for (uintptr_t p : expected) text += ' ' + name(p);
      wrong.push_back(text);
    }
  }
  void step(uintptr_t pc, uintptr_t sp) {
    const uintptr_t before = std::exchange(last, 0);
    const Next did = before ? kind_of(before) : Next::kNothing;
    if (did == Next::kCall) returns.push_back({*reinterpret_cast<const uintptr_t*>(sp), sp});
    CodeHit h, from;
    if (!lookup_code(pc, &h)) return;
    if (did == Next::kLand)
      while (!returns.empty() && returns.back().sp < sp) returns.pop_back();
    else if (!returns.empty() && pc == returns.back().pc && sp > returns.back().sp)
      returns.pop_back();
    else if (did == Next::kNothing && pc - h.raise < 16 && before && lookup_code(before, &from) && from.in_function)
      returns.push_back({before, 0});  // a fault: the handler has gone on here for the instruction before
    ++count;
    compare(pc);
    last = pc;
  }
};
// Each shape of a prologue, an epilogue and a tail call; calls of every kind; ends of every kind.
constexpr const char* kModule = R"((module
  (import "h" "f" (func $host (param i32) (result i32)))
  (type $one (func (param i32) (result i32)))
  (type $many (func (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (memory 1) (table 4 funcref) (elem (i32.const 0) $small $frame $sum)
  (func $small (type $one) (i32.add (local.get 0) (i32.const 1)))
  (func $frame (type $one) (i32.add (call $small (local.get 0)) (call $small (i32.const 2))))
  (func $two (type $one)
    (if (local.get 0) (then (return (call $frame (local.get 0)))))
    (i32.load (i32.mul (call $small (i32.const 0)) (i32.const 8))))
  (func $sum (type $many)
    (i32.add (call $small (local.get 10)) (i32.add (local.get 9) (local.get 0))))
  (func $tail0 (type $one) (return_call $two (local.get 0)))
  (func $tail_host (type $one) (return_call $host (local.get 0)))
  (func $tail_ref (type $one)
    (return_call_indirect (type $one) (call $small (local.get 0)) (i32.and (local.get 0) (i32.const 1))))
  (func $grow (type $one)
    (drop (call $small (i32.const 1)))
    (return_call $sum (local.get 0) (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4) (i32.const 5) (i32.const 6)
      (i32.const 7) (i32.const 8) (i32.const 9) (i32.const 10)))
  (func $shrink (type $many) (return_call $two (local.get 10)))
  (func $same (type $many)
    (drop (call $small (i32.const 1)))
    (return_call_indirect (type $many) (local.get 10) (local.get 9) (local.get 8) (local.get 7) (local.get 6)
      (local.get 5) (local.get 4) (local.get 3) (local.get 2) (local.get 1) (local.get 0) (i32.const 2)))
  (func $callee_of_many (type $one)
    (i32.add (call $shrink (local.get 0) (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4) (i32.const 5)
                (i32.const 6) (i32.const 7) (i32.const 8) (i32.const 9) (i32.const 10))
      (call $same (local.get 0) (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4) (i32.const 5)
                (i32.const 6) (i32.const 7) (i32.const 8) (i32.const 9) (i32.const 10))))
  (func (export "all") (param i32) (result i32) (local $n i32)
    (loop $l (br_if $l (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 3))))
    (drop (memory.grow (i32.const 0)))
    (local.set $n (i32.add (call $two (i32.const 0)) (call $two (i32.const 1))))
    (local.set $n (i32.add (local.get $n) (call $tail0 (local.get 0))))
    (local.set $n (i32.add (local.get $n) (call $tail_host (local.get 0))))
    (local.set $n (i32.add (local.get $n) (call $tail_ref (local.get 0))))
    (local.set $n (i32.add (local.get $n) (call $grow (local.get 0))))
    (local.set $n (i32.add (local.get $n) (call $callee_of_many (local.get 0))))
    (i32.add (local.get $n) (call $host (call_indirect (type $one) (local.get 0) (i32.const 1)))))
  (func $divide (param i32) (result i32) (i32.div_s (i32.const 7) (local.get 0)))
  (func (export "cold") (param i32) (result i32) (i32.add (call $divide (i32.const 0)) (i32.const 1)))
  (func $far (type $one) (i32.load (local.get 0)))
  (func (export "fault") (param i32) (result i32) (i32.add (call $far (i32.const 0x7fffffff)) (i32.const 1)))
  (func (export "unreachable") (param i32) (result i32) unreachable)
  (func $deep (export "deep") (type $one) (i32.add (call $deep (local.get 0)) (i32.const 1)))
  (func (export "libcall") (param i32) (result i32) (memory.fill (i32.const -1) (i32.const 0) (i32.const 9)) (i32.const 1))
))";

std::vector<Extern> host(const wjit::Engine&, wjit::Store& store) {
  return {Func::wrap(store, [](int32_t n) -> int32_t { return n + 100; })};
}

wjit::Config base() {
  Config config = test::config_with(MemoryStyle::kGuard);
  config.max_native_stack = 3000;
  return config;
}

}  // namespace

TEST_CASE("unwinders are exact at each instruction of the compiler's code", "[native][unwind]") {
  enable_unwind_info();
  REQUIRE(UnwindLibrary::get());
  struct {
    const char* name;
    bool traps;
  } const runs[] = {{"all", false}, {"cold", true}, {"fault", true}, {"unreachable", true}, {"deep", true}, {"libcall", true}};
  for (const test::Mode& mode : {test::mode("default"), test::mode("spill", [](CompilerConfig& c) {
                                   c.regalloc = CompilerConfig::Regalloc::kSpill, c.opt_level = 0;
                                 })}) {
    wjit::Config config = base();
    config.consume_fuel = true;
    Guest guest(kModule, mode, config, host);
    guest.store.set_fuel(1'000'000).unwrap();
    for (const auto& run : runs) {
      INFO(mode.name << ": " << run.name);
      const auto f = guest.get<Func>(run.name);
      const std::vector<Val> args{Val(int32_t{5})};
      const std::string as_always = guest.run(run.name, args);  // what is made at the first call
      Stepper s;
      std::string stepped;
      test::stepwise([&](uintptr_t pc, uintptr_t sp) { s.step(pc, sp); }, [&] { stepped = test::to_text(f.call(guest.store, args)); });
      CHECK(stepped == as_always);
      CHECK((stepped.rfind("i32", 0) == 0) != run.traps);
      CHECK(s.count > 20);
      if (!run.traps) CHECK(s.returns.empty());
      for (const std::string& text : s.wrong) FAIL_CHECK(text);
    }
  }
}

TEST_CASE("unwinders are exact in a check that waits, on a fiber", "[native][fiber][unwind]") {
  enable_unwind_info();
  REQUIRE(UnwindLibrary::get());
  wjit::Config config = base();
  config.consume_fuel = true;
  config.max_native_stack = 512 << 10;
  Guest guest(kModule, test::mode("default"), config, host);
  guest.store.set_fuel(1'000'000).unwrap();
  const auto f = guest.get<Func>("all");
  const std::vector<Val> args{Val(int32_t{5})};
  const std::string as_always = guest.run("all", args);
  guest.store.set_fuel(0).unwrap();
  Stepper s;
  std::string stepped;
  int stops = 0;
  test::stepwise([&](uintptr_t pc, uintptr_t sp) { s.step(pc, sp); }, [&] {
    auto outcome = f.call_resumable(guest.store, args);
    while (outcome && std::holds_alternative<ResumableCall>(outcome.ok())) {
      ResumableCall call = std::move(std::get<ResumableCall>(outcome.ok()));
      guest.store.set_fuel(call.required_fuel()).unwrap();
      ++stops;
      outcome = std::move(call).resume(guest.store);
    }
    if (outcome) stepped = test::to_text(TrapResult<std::vector<Val>>(std::get<std::vector<Val>>(std::move(outcome).ok())));
  });
  CHECK(stepped == as_always);
  CHECK(stops > 5);
  CHECK(s.returns.empty());
  for (const std::string& text : s.wrong) FAIL_CHECK(text);
}

}  // namespace wjit
#endif
