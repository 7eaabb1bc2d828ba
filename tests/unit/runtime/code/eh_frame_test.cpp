// Unwinders in emitted code: exact at every instruction of prologues, trampolines and stubs.
#include "runtime/code/eh_frame.h"

#include <pthread.h>

#include <cstring>
#include <functional>
#include <thread>

#include "memory_style.h"
#include "runtime/fiber/switch.h"
#include "runtime/trap/signals.h"
#include "unit/runtime/code/unwinders.h"
#include "unit/runtime/native/native_world.h"

namespace wjit::rt::native_test {
namespace {

using test::by_cpp_runtime;
using test::by_libunwind;
using test::Pcs;

// The functions of modules among them, by index.
std::vector<uint32_t> functions(const Pcs& pcs) {
  std::vector<uint32_t> out;
  for (uintptr_t pc : pcs) {
    CodeHit hit;
    if (lookup_code(pc, &hit, PcIs::kReturnAddress) && hit.kind == CodeKind::kModule && hit.in_function)
      out.push_back(hit.func_index);
  }
  return out;
}

__attribute__((noinline)) CallEnd from_here(NativeWorld& w, uint32_t func, std::vector<vm::ValRaw>& values) {
  const CallEnd end = w.call(func, values);
  asm volatile("" ::: "memory");  // no tail call
  return end;
}
// Whether the walk comes out again where it went in, and goes on from there without an error.
bool reaches(const Pcs& pcs, CallEnd (*function)(NativeWorld&, uint32_t, std::vector<vm::ValRaw>&)) {
#ifdef __SANITIZE_ADDRESS__
  constexpr uintptr_t kSize = 4000;  // checks make it larger
#else
  constexpr uintptr_t kSize = 400;
#endif
  const auto begin = reinterpret_cast<uintptr_t>(function);
  for (size_t i = 0; i + 1 < pcs.size(); ++i)
    if (pcs[i] - begin < kSize) return pcs.back() != uintptr_t(-1);
  return false;
}

// Functions 1, 2, 3 call each other, 3 the host.
struct Chain : NativeWorld {
  std::function<void()> in_host;

  Chain() : NativeWorld(test::config_with(MemoryStyle::kGuard)) {
    vm::VMFuncRef* f = host({}, {}, [this](HostCall&) {
      if (in_host) in_host();
      return true;
    });
    load(R"((module (import "h" "f" (func)) (memory 1) (func (export "a") unreachable)
      (func (export "b") unreachable) (func (export "c") unreachable)
      (func (export "trap") unreachable) (func (export "fault") unreachable) (func (export "byte") (call $n))
      (func $n (export "called by bytecode") unreachable)))",
         {f});
    for (uint32_t i = 1; i <= 3; ++i)
      native(i, [this, i](A& a, std::vector<CodeTrapSite>& sites) {
        a.begin_frame(16 * i, false);
        a.store(A::kFp, -vm::kFrameVmctx, A::kVmctx);
        a.move(A::kCaller, A::kVmctx);
        if (i < 3) {
          a.lea(A::kEntry, A::kVmctx, entry_offset(i + 1));
          a.load(A::kT2, A::kEntry, vm::off::VMCodeEntry::code);
        } else {
          const int32_t import = int32_t(instance->module->offsets.vmctx_imported_function(0));
          a.load(A::kT2, A::kCaller, import + int32_t(vm::off::VMFunctionImport::wasm_call));
          a.load(A::kVmctx, A::kCaller, import + int32_t(vm::off::VMFunctionImport::vmctx));
        }
        sites.push_back({a.offset(), vm::TrapCode::kNone, 900 + i});
        a.call(A::kT2);
        a.end_frame(0);
      });
    // 4 traps by a call of the raise stub, 5 by a fault, 7 returns.
    native(4, [this](A& a, std::vector<CodeTrapSite>& sites) {
      a.begin_frame(16, false);
      a.store(A::kFp, -vm::kFrameVmctx, A::kVmctx);
      a.imm(A::kC.ints[1], uint32_t(vm::TrapCode::kUnreachable));
      a.imm(A::kT0, engine->native->raise());
      sites.push_back({a.offset(), vm::TrapCode::kNone, 904});
      a.call(A::kT0);
    });
    native(5, [this](A& a, std::vector<CodeTrapSite>& sites) {
      a.begin_frame(16, false);
      a.store(A::kFp, -vm::kFrameVmctx, A::kVmctx);
      a.load(A::kT1, A::kVmctx, int32_t(instance->module->offsets.vmctx_defined_memory(0)));
      a.load(A::kT1, A::kT1, vm::off::VMMemoryDefinition::base);
      a.imm(A::kT2, 65536);
      a.add3(A::kT1, A::kT1, A::kT2);
      sites.push_back({a.offset(), vm::TrapCode::kMemoryOutOfBounds, 905});
      a.load32(A::kT0, A::kT1, 0);
      a.end_frame(0);
    });
    native(7, [](A& a, std::vector<CodeTrapSite>&) {
      a.begin_frame(0, false);
      a.end_frame(0);
    });
  }
};

}  // namespace

TEST_CASE("libunwind and the C++ unwinder walk through emitted frames and trampolines", "[native][unwind]") {
  enable_unwind_info();
  Chain w;
  Pcs lib, cpp;
  int thrown = 0;
  w.in_host = [&] {
    lib = by_libunwind();
    cpp = by_cpp_runtime();
    try {
      throw 1;
    } catch (int) {
      ++thrown;
    }
  };
  std::vector<vm::ValRaw> values(1);
  REQUIRE(from_here(w, 1, values) == CallEnd::kReturned);
  REQUIRE(functions(lib) == std::vector<uint32_t>{3, 2, 1});
  REQUIRE(functions(cpp) == std::vector<uint32_t>{3, 2, 1});
  CHECK(reaches(lib, from_here));
  CHECK(reaches(cpp, from_here));
  CHECK(thrown == 1);
}

TEST_CASE("unwinders find the frame that raises, whichever way", "[native][unwind]") {
  enable_unwind_info();
  Chain w;
  Pcs lib, cpp;
  static Pcs *to_lib, *to_cpp;
  to_lib = &lib, to_cpp = &cpp;
  // The libcall, with a walk in front of it.
  static const vm::VMBuiltinFunctionsArray* real;
  vm::VMBuiltinFunctionsArray ours = *w.instance->vmctx()->builtin_functions;
  real = w.instance->vmctx()->builtin_functions;
  ours.raise_trap = [](vm::VMContext* c, uint32_t code) {
    *to_lib = by_libunwind();
    *to_cpp = by_cpp_runtime();
    real->raise_trap(c, code);
  };
  w.instance->vmctx()->builtin_functions = &ours;
  for (uint32_t func : {4u, 5u}) {
    std::vector<vm::ValRaw> values(1);
    REQUIRE(from_here(w, func, values) == CallEnd::kTrapped);
    w.store->pending_trap.reset();
    CHECK(functions(lib) == std::vector<uint32_t>{func});
    CHECK(functions(cpp) == std::vector<uint32_t>{func});
    CHECK(reaches(lib, from_here));
    CHECK(reaches(cpp, from_here));
  }
  w.instance->vmctx()->builtin_functions = real;
}

TEST_CASE("libunwind ends at a fiber's root, with emitted frames above it too", "[native][fiber][unwind]") {
  enable_unwind_info();
  Chain w;
  FiberPool pool(FiberPool::Options{});
  Pcs plain, above;
  w.in_host = [&] { above = by_libunwind(); };
  struct Arg {
    Chain* w;
    Pcs* plain;
  } arg{&w, &plain};
  auto fiber = Fiber::create(
      pool,
      [](Fiber* self, void* p) {
        auto& a = *static_cast<Arg*>(p);
        *a.plain = by_libunwind();
        self->suspend();
        std::vector<vm::ValRaw> values(1);
        WJIT_ASSERT(from_here(*a.w, 1, values) == CallEnd::kReturned);
      },
      &arg);
  REQUIRE(fiber);
  REQUIRE(fiber->resume() == Fiber::Stop::kSuspended);
  std::thread([&] { fiber->resume(); }).join();
  REQUIRE(fiber->finished());
  CHECK(functions(above) == std::vector<uint32_t>{3, 2, 1});
  CHECK(reaches(above, from_here));
  const auto root = reinterpret_cast<uintptr_t>(&wjit_fiber_root);
  for (const Pcs* pcs : {&plain, &above}) {
    REQUIRE(pcs->size() >= 3);
    CHECK(pcs->back() - root < 64);
  }
  CHECK(plain.size() < 10);
}

// Stopped by the processor after every instruction.
#if defined(WJIT_CAN_STEP)

namespace {

struct Steps {
  uint32_t innermost = 0;
  size_t count = 0;
  std::vector<std::string> wrong;
  Pcs outside[2];  // what a walk found beyond emitted code, the first time
};
Steps steps;

// From the interrupted place to the end.
Pcs interrupted(Pcs all, uintptr_t pc) {
  auto at = std::find(all.begin(), all.end(), pc);
  return Pcs(at, all.end());
}

void on_step(uintptr_t pc, uintptr_t) {
  CodeHit hit;
  if (!lookup_code(pc, &hit)) return;
  ++steps.count;
  const auto say = [&](const char* who, const Pcs& pcs) {
    std::string text = std::string(who) + " at offset " + std::to_string(hit.offset) + " of kind " +
                       std::to_string(int(hit.kind)) + ":";
    for (uintptr_t p : pcs) {
      CodeHit h;
      const bool in_code = lookup_code(p, &h);
      text += ' ' + (in_code ? "code" + std::to_string(int(h.kind)) + "+" + std::to_string(h.offset) : std::to_string(p));
    }
    if (steps.wrong.size() < 10) steps.wrong.push_back(text);
  };
  for (int who = 0; who < 2; ++who) {
    const Pcs pcs = interrupted(who ? by_cpp_runtime() : by_libunwind(), pc);
    // Functions of modules in order and without a gap, then the caller of the entry, and from there on to main.
    std::vector<uint32_t> found;
    size_t outside = 0;
    for (size_t i = 0; i < pcs.size(); ++i) {
      CodeHit h;
      if (!lookup_code(pcs[i], &h, i ? PcIs::kReturnAddress : PcIs::kInstruction)) continue;
      outside = i + 1;
      if (h.kind == CodeKind::kModule) found.push_back(h.func_index);
    }
    // The outermost emitted frame is always called from the same place.
    const Pcs rest(pcs.begin() + long(outside), pcs.end());
    if (steps.outside[who].empty()) steps.outside[who] = rest;
    bool right = outside > 0 && rest == steps.outside[who] && reaches(pcs, from_here);
    const bool in_trampoline = hit.kind == CodeKind::kTrampolines;
    if (steps.innermost == 3) {
      for (size_t i = 0; i < found.size(); ++i) right = right && found[i] == found.size() - i;
      right = right && (!in_trampoline || found.empty() || found.size() == 3);
    } else {
      right = right && (found.empty() || found == std::vector<uint32_t>{steps.innermost});
    }
    if (!right) say(who ? "_Unwind_Backtrace" : "unw_step", pcs);
  }
}

}  // namespace

TEST_CASE("unwinders are exact at each instruction of emitted frames, trampolines and stubs", "[native][unwind]") {
  enable_unwind_info();
  Chain w;
  struct {
    uint32_t func, innermost;
    CallEnd end;
  } const runs[] = {{1, 3, CallEnd::kReturned}, {6, 7, CallEnd::kReturned}, {4, 4, CallEnd::kTrapped},
                    {5, 5, CallEnd::kTrapped}};
  for (const auto& run : runs) {
    INFO("function " << run.func);
    std::vector<vm::ValRaw> values(1);
    REQUIRE(from_here(w, run.func, values) == run.end);  // what is made at the first call
    w.store->pending_trap.reset();
    steps = {};
    steps.innermost = run.innermost;
    CallEnd end{};
    test::stepwise(on_step, [&] { end = from_here(w, run.func, values); });
    CHECK(end == run.end);
    CHECK(steps.count > 20);
    for (const std::string& text : steps.wrong) FAIL_CHECK(text);
    w.store->pending_trap.reset();
  }
}

#endif

}  // namespace wjit::rt::native_test
