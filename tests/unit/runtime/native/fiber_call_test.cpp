// Resumable calls of native code, emitted by hand: fuel, host calls and guard-page faults on a fiber, in any thread.
#include <thread>

#include "catch.h"
#include "compiler/isa/a64/tramp_masm.h"
#include "compiler/isa/x64/tramp_masm.h"
#include "compiler/wasm/text/parse_wat.h"
#include "memory_style.h"
#include "runtime/code/native_entries.h"
#include "runtime/fiber_call.h"
#include "runtime/instantiate.h"
#include "runtime/native_calls.h"
#include "runtime/trap/signals.h"
#include "runtime/trap_access.h"

namespace wjit::rt {
namespace {

#if defined(__x86_64__)
using A = x64::TrampMasm;
#else
using A = a64::TrampMasm;
#endif
using Limits = vm::off::VMRuntimeLimits;

struct OwnedBytes : wasm::Bytes {
  std::vector<uint8_t> data;
};

constexpr uint64_t kCost = 3;
constexpr uint32_t kCallOffset = 101, kFaultOffset = 102, kFuelOffset = 103;

// (i32 step) -> i64, in the wasm convention: for (n = 0, sum = 0;; ++n) { pay kCost; sum += host(n);
// sum += load8(memory, n * step); }. It ends when the load faults, which is its only way out.
struct Loop {
  std::vector<uint8_t> bytes;
  std::vector<CodeTrapSite> sites;

  static constexpr int32_t kStep = 16, kN = 24, kSum = 32, kFrame = 48;

  Loop(const CompiledModule& m, uintptr_t raise) {
    A a;
    const auto again = a.new_label(), dry = a.new_label(), paid = a.new_label(), failed = a.new_label();
    a.begin_frame(kFrame, false);
    a.store(A::kFp, -vm::kFrameVmctx, A::kVmctx);
    a.zero_extend32(A::kWasm.params.ints[0]);
    a.store(A::kFp, -kStep, A::kWasm.params.ints[0]);
    a.store_zero(A::kFp, -kN);
    a.store_zero(A::kFp, -kSum);
    a.bind(again);
    // Fuel is negative and counts up; a block that would make it positive is not entered.
    limits(a);
    a.load(A::kT1, A::kT0, Limits::fuel_consumed);
    a.lea(A::kT1, A::kT1, kCost);
    a.imm(A::kC.ints[3], (uint64_t{1} << 63) - 1);
    a.add3(A::kT2, A::kC.ints[3], A::kT1);  // as unsigned, more than what was added exactly where that was positive
    a.branch_if_below(A::kC.ints[3], A::kT2, dry);
    a.store(A::kT0, Limits::fuel_consumed, A::kT1);
    a.bind(paid);
    // sum += host(n)
    a.load(A::kCaller, A::kFp, -vm::kFrameVmctx);
    const int32_t import = int32_t(m.offsets.vmctx_imported_function(0));
    a.load(A::kT2, A::kCaller, import + int32_t(vm::off::VMFunctionImport::wasm_call));
    a.load(A::kVmctx, A::kCaller, import + int32_t(vm::off::VMFunctionImport::vmctx));
    a.load(A::kWasm.params.ints[0], A::kFp, -kN);
    sites.push_back({a.offset(), vm::TrapCode::kNone, kCallOffset});
    a.call(A::kT2);
    a.load(A::kT0, A::kFp, -kSum);
    a.add3(A::kT0, A::kT0, A::kWasm.results.ints[0]);
    a.store(A::kFp, -kSum, A::kT0);
    // sum += the byte at n * step
    a.load(A::kT1, A::kFp, -vm::kFrameVmctx);
    a.load(A::kT1, A::kT1, int32_t(m.offsets.vmctx_defined_memory(0)));
    a.load(A::kT1, A::kT1, vm::off::VMMemoryDefinition::base);
    a.load(A::kT0, A::kFp, -kN);
    a.load(A::kT2, A::kFp, -kStep);
    multiply_add(a);
    sites.push_back({a.offset(), vm::TrapCode::kMemoryOutOfBounds, kFaultOffset});
    a.load32(A::kT1, A::kT1, 0);
    a.load(A::kT0, A::kFp, -kSum);
    a.add3(A::kT0, A::kT0, A::kT1);
    a.store(A::kFp, -kSum, A::kT0);
    a.load(A::kT0, A::kFp, -kN);
    a.lea(A::kT0, A::kT0, 1);
    a.store(A::kFp, -kN, A::kT0);
    a.jump(again);
    // The cold stub of the fuel check: it notes where it leaves wasm.
    a.bind(dry);
    limits(a);
    a.store(A::kT0, Limits::last_wasm_exit_fp, A::kFp);
    a.load_address(A::kT1, paid);
    a.store(A::kT0, Limits::last_wasm_exit_pc, A::kT1);
    a.load(A::kC.ints[0], A::kFp, -vm::kFrameVmctx);
    a.imm(A::kC.ints[1], kCost);
    libcall(a, vm::off::VMBuiltinFunctionsArray::out_of_fuel);
    a.zero_extend32(A::kCResult0);
    a.branch_if_zero(A::kCResult0, failed);
    limits(a);
    a.load(A::kC.ints[0], A::kT0, Limits::fiber);
    a.load(A::kT1, A::kFp, -vm::kFrameVmctx);
    libcall(a, vm::off::VMBuiltinFunctionsArray::fiber_suspend);
    limits(a);
    a.store_zero(A::kT0, Limits::last_wasm_exit_fp);
    a.load(A::kT1, A::kT0, Limits::fiber);
    a.load32(A::kT1, A::kT1, vm::kFiberCancelled);
    a.zero_extend8(A::kT1);
    a.branch_if_zero(A::kT1, again);
    a.bind(failed);  // the trap is pending: land
    limits(a);
    a.load(A::kT1, A::kT0, Limits::last_wasm_entry_fp);
    a.load(A::kT2, A::kT0, Limits::last_wasm_entry_sp);
    a.land(A::kT1, A::kT2, -vm::kFrameLanding);
    (void)raise;
    auto out = a.finish();
    REQUIRE(out);
    bytes = std::move(*out);
  }

 private:
  static void limits(A& a) {
    a.load(A::kT0, A::kFp, -vm::kFrameVmctx);
    a.load(A::kT0, A::kT0, vm::off::VMContext::runtime_limits);
  }
  static void libcall(A& a, uint32_t offset) {
    a.load(A::kT0, A::kFp, -vm::kFrameVmctx);
    a.load(A::kT0, A::kT0, vm::off::VMContext::builtin_functions);
    a.load(A::kT0, A::kT0, int32_t(offset));
    a.call(A::kT0);
  }
  // kT1 += kT0 * kT2, by counting.
  static void multiply_add(A& a) {
    const auto next = a.new_label(), done = a.new_label();
    a.bind(next);
    a.branch_if_zero(A::kT0, done);
    a.add3(A::kT1, A::kT1, A::kT2);
    a.lea(A::kT0, A::kT0, -1);
    a.jump(next);
    a.bind(done);
  }
};

struct World {
  std::shared_ptr<Engine> engine;
  std::unique_ptr<FiberPool> pool;
  CodeHandle code;  // goes after the store
  std::unique_ptr<Store> store;
  Instance* instance = nullptr;
  vm::VMFuncRef* loop = nullptr;
  std::function<bool(HostCall&)> host = [](HostCall&) { return true; };

  World() {
    Config config = test::config_with(MemoryStyle::kGuard);
    config.consume_fuel = true;
    engine = std::make_shared<Engine>(config);
    REQUIRE(engine->enable_native_code());
    pool = std::make_unique<FiberPool>(FiberPool::Options{});
    store = std::make_unique<Store>(engine);
    auto text = wasm::text::parse_wat(R"((module
      (import "h" "f" (func (param i64) (result i64)))
      (memory 1)
      (func (export "loop") (param i32) (result i64) unreachable)))");
    REQUIRE(text);
    auto bytes = std::make_shared<OwnedBytes>();
    bytes->data = std::move(text->binary);
    bytes->span = bytes->data;
    auto module = CompiledModule::create(engine, bytes);
    REQUIRE(module);
    const wasm::ValType i64[] = {wasm::kI64};
    vm::VMFuncRef* f = store->add_host_func(*engine->registry->intern_func(i64, i64),
                                            [this](HostCall& call) { return host(call); });
    const ExternRefs imports[] = {ExternFunc{f}};
    auto made = instantiate(*store, *module, imports);
    REQUIRE(bool(made));
    instance = std::move(made).ok();
    NativeEntries& native = *engine->native;
    Loop emitted(*instance->module, native.raise());
    CodeTables tables;
    tables.owner = const_cast<CompiledModule*>(instance->module.get());
    tables.functions = {{0, uint32_t(emitted.bytes.size()), 1}};
    tables.traps = emitted.sites;
    tables.raise = native.raise_redirected();
    auto published = CodeMemory::process().publish(emitted.bytes, std::move(tables));
    REQUIRE(published);
    code = std::move(*published);
    REQUIRE(publish_native(*instance, 1, code->bytes.data()));
    loop = instance->func_ref(1);
    store->set_fuel(0);
  }

  // Each step in a thread of its own.
  FiberCall::Stop resume(FiberCall& call, std::span<const vm::ValRaw> inputs = {}) {
    FiberCall::Stop stop{};
    std::thread([&] {
      REQUIRE(ThreadTraps::ensure());
      stop = call.resume(inputs);
    }).join();
    return stop;
  }
  std::unique_ptr<FiberCall> start(uint32_t step) {
    const vm::ValRaw args[] = {vm::ValRaw::from_u32(step)};
    return FiberCall::create(*store, *pool, loop, args, 1);
  }
  bool nothing_left() const {
    const vm::VMRuntimeLimits& l = store->limits;
    return !l.last_wasm_exit_fp && !l.last_wasm_entry_fp && !l.fiber && l.stack_limit == ~uintptr_t{0} &&
           store->pins == 0 && pool->stats().in_use == 0;
  }
};

uint64_t& arg(HostCall& call) { return *reinterpret_cast<uint64_t*>(call.cells); }

}  // namespace

TEST_CASE("a native loop on a fiber stops for fuel, at a host error and at a guard page, each time in another thread",
          "[native][fiber]") {
  World w;
  std::vector<uint64_t> seen;
  bool on_resumer = true;
  w.host = [&](HostCall& call) {
    on_resumer = on_resumer && Fiber::current() == nullptr;
    seen.push_back(arg(call));
    const auto trace = current_backtrace(*w.store);
    if (trace.size() != 1 || trace[0].func_index != 1 || trace[0].module_offset != kCallOffset) arg(call) = 1 << 20;
    if (arg(call) == 2) return w.store->set_pending(Trap("the host had enough"));
    arg(call) = 1;
    return true;
  };
  {
    auto call = w.start(16384);
    REQUIRE(call);
    REQUIRE(w.resume(*call) == FiberCall::Stop::kOutOfFuel);
    REQUIRE(call->required_fuel() == kCost);
    REQUIRE(w.resume(*call) == FiberCall::Stop::kOutOfFuel);  // unchanged without fuel
    REQUIRE(seen.empty());
    w.store->set_fuel(2 * kCost + 1);
    REQUIRE(w.resume(*call) == FiberCall::Stop::kOutOfFuel);
    REQUIRE(seen == std::vector<uint64_t>{0, 1});  
    REQUIRE(w.store->fuel() == 1);
  }
  REQUIRE(w.nothing_left());  // dropped in the middle
  REQUIRE_FALSE(w.store->pending_trap);

  seen.clear();
  auto call = w.start(8192);  // 8 loads fit into the page
  w.store->set_fuel(1000);
  REQUIRE(w.resume(*call) == FiberCall::Stop::kHostTrap);
  REQUIRE(call->host_error().message() == "the host had enough");
  REQUIRE(seen == std::vector<uint64_t>{0, 1, 2});
  const vm::ValRaw input[] = {vm::ValRaw::from_u64(5)};
  REQUIRE(w.resume(*call, input) == FiberCall::Stop::kTrapped);
  REQUIRE(seen == std::vector<uint64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8});
  REQUIRE(w.store->pending_trap->code() == uint8_t(vm::TrapCode::kMemoryOutOfBounds));
  const auto& trace = w.store->pending_trap->trace();
  REQUIRE(trace.size() == 1);
  REQUIRE(trace[0].func_index == 1);
  REQUIRE(trace[0].module_offset == kFaultOffset);
  REQUIRE(w.store->fuel() == 1000 - 9 * kCost);
  REQUIRE(on_resumer);
  call.reset();
  REQUIRE(w.nothing_left());
}

}  // namespace wjit::rt
