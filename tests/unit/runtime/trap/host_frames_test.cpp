// Backtraces with the frames of the host between those of wasm, in each tier.
#include "runtime/trap/host_frames.h"

#include "runtime/trap_access.h"
#include "unit/runtime/native/native_world.h"

namespace wjit::rt::native_test {
namespace {

// Names to be found. Each does something after its call, so that it has a frame.
__attribute__((noinline)) CallEnd host_outermost(NativeWorld& w, uint32_t func, std::vector<vm::ValRaw>& values) {
  const CallEnd end = w.call(func, values);
  asm volatile("" ::: "memory");
  return end;
}
__attribute__((noinline)) bool host_between(NativeWorld& w, uint32_t func) {
  std::vector<vm::ValRaw> values(1);
  const CallEnd end = w.call(func, values);
  asm volatile("" ::: "memory");
  return end == CallEnd::kReturned;
}

// 1 and 2 call the host, in native code and in bytecode; 3 and 4 trap, likewise.
struct World : NativeWorld {
  uint32_t inner = 3;

  explicit World(Config config) : NativeWorld(config) {
    vm::VMFuncRef* f = host({}, {}, [this](HostCall&) { return host_between(*this, inner); });
    load(R"((module (import "h" "f" (func $h))
      (func $a (export "native") unreachable) (func $b (export "byte") (call $h))
      (func $c (export "native trap") unreachable) (func $d (export "byte trap") unreachable)))",
         {f});
    native(1, [this](A& a, std::vector<CodeTrapSite>& sites) {
      a.begin_frame(16, false);
      a.store(A::kFp, -vm::kFrameVmctx, A::kVmctx);
      a.move(A::kCaller, A::kVmctx);
      const int32_t import = int32_t(instance->module->offsets.vmctx_imported_function(0));
      a.load(A::kT2, A::kCaller, import + int32_t(vm::off::VMFunctionImport::wasm_call));
      a.load(A::kVmctx, A::kCaller, import + int32_t(vm::off::VMFunctionImport::vmctx));
      sites.push_back({a.offset(), vm::TrapCode::kNone, 1001});
      a.call(A::kT2);
      a.end_frame(0);
    });
    native(3, [this](A& a, std::vector<CodeTrapSite>& sites) {
      a.begin_frame(16, false);
      a.store(A::kFp, -vm::kFrameVmctx, A::kVmctx);
      a.imm(A::kC.ints[1], uint32_t(vm::TrapCode::kUnreachable));
      a.imm(A::kT0, engine->native->raise());
      sites.push_back({a.offset(), vm::TrapCode::kNone, 1003});
      a.call(A::kT0);
    });
  }
  std::vector<Frame> trace_of(uint32_t outer, uint32_t trapping) {
    inner = trapping;
    std::vector<vm::ValRaw> values(1);
    REQUIRE(host_outermost(*this, outer, values) == CallEnd::kTrapped);
    return store->take_pending().trace();
  }
};

// What stands in it of wasm and of the names above, in order.
std::vector<std::string> places(const std::vector<Frame>& trace) {
  std::vector<std::string> out;
  for (const Frame& f : trace) {
    if (!f.host) out.push_back(std::to_string(f.func_index));
    for (const char* name : {"host_between", "host_outermost"})
      if (f.host && f.func_name.find(name) != std::string::npos) out.push_back(name);
  }
  return out;
}

}  // namespace

TEST_CASE("host frames stand between wasm frames, in each tier", "[native][unwind]") {
  Config config;
  config.native_frames = true;
  World w(config);
  for (uint32_t outer : {1u, 2u})
    for (uint32_t inner : {3u, 4u}) {
      const auto trace = w.trace_of(outer, inner);
      std::string text;
      for (const Frame& f : trace) text += f.func_name + "\n";
      INFO(text);
      CHECK(places(trace) == std::vector<std::string>{std::to_string(inner), "host_between", std::to_string(outer),
                                                      "host_outermost"});
      REQUIRE_FALSE(trace.front().host);
      CHECK(trace.back().host);  // main's caller
      for (const Frame& f : trace) {
        if (!f.host) continue;
        CHECK(f.module_offset != 0);
        CHECK((f.func_name.empty() || f.func_offset < 1 << 20));
        CHECK_FALSE(f.instance);
      }
    }
}

TEST_CASE("host frames are not there unless asked for", "[native][unwind]") {
  World w{Config{}};
  for (uint32_t outer : {1u, 2u})
    CHECK(places(w.trace_of(outer, 3)) == std::vector<std::string>{"3", std::to_string(outer)});
  for (const Frame& f : w.trace_of(1, 4)) CHECK_FALSE(f.host);
}

TEST_CASE("a host frame is printed by its symbol, or by its address alone", "[native][unwind]") {
  Trap t("it fell over");
  Frame f{};
  f.host = true;
  f.module_name = "libapp.so";
  f.module_offset = 0x1234567;
  TrapAccess::trace(t).push_back(f);
  f.func_name = "app::run(int)";
  TrapAccess::trace(t).push_back(f);
  CHECK(t.to_string() ==
        "it fell over\n    0: 0x1234567  libapp.so!<host>\n    1: 0x1234567  libapp.so!app::run(int)");
}

}  // namespace wjit::rt::native_test
