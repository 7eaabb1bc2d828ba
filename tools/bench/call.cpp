// tools/dev bench call: each way of crossing between host, native code and the interpreter, all in one process and in
// turns. What is told is the median of the rounds over the median of a native indirect call in the same rounds.
#include "tools/bench/call.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <vector>

#include "compiler/isa/a64/tramp_masm.h"
#include "compiler/isa/x64/tramp_masm.h"
#include "compiler/wasm/text/parse_wat.h"
#include "runtime/call.h"
#include "runtime/code/native_entries.h"
#include "runtime/fiber_call.h"
#include "runtime/instantiate.h"
#include "runtime/native_calls.h"
#include "runtime/trap/signals.h"
#include "vmcontext/abi.h"

namespace wjit::bench {
namespace {

#if defined(__x86_64__)
using A = x64::TrampMasm;
#else
using A = a64::TrampMasm;
#endif
using NativeI32 = vm::NativeResult (*)(vm::VMOpaqueContext*, vm::VMOpaqueContext*, int32_t);

constexpr int kRounds = 15, kCalls = 20'000, kTraps = 500;

// (h (func $f (param i32) (result i32))): 0 the host's; then, native unless said otherwise:
// 1 leaf, 2 loop over 0, 3 loop over 5, 4 traps; 5 leaf of the interpreter; 6 its loop over 1, 7 its loop over 5,
// 8 its loop over 0.
constexpr const char* kModule = R"((module
  (import "h" "f" (func $host (param i32) (result i32)))
  (memory 1)
  (func $leaf (export "leaf") (param i32) (result i32) unreachable)
  (func (export "to_host") (param i32) (result i32) unreachable)
  (func (export "to_interpreter") (param i32) (result i32) unreachable)
  (func (export "traps") (param i32) (result i32) unreachable)
  (func $cold (export "cold") (param i32) (result i32) (local.get 0))
  (func (export "from_cold") (param i32) (result i32)
    (loop $l (drop (call $leaf (local.get 0)))
      (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (i32.const 0))
  (func (export "cold_to_cold") (param i32) (result i32)
    (loop $l (drop (call $cold (local.get 0)))
      (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (i32.const 0))
  (func (export "cold_to_host") (param i32) (result i32)
    (loop $l (drop (call $host (local.get 0)))
      (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (i32.const 0))))";

[[gnu::noinline]] vm::NativeResult host_leaf(vm::VMOpaqueContext*, vm::VMOpaqueContext*, int32_t x) {
  asm volatile("");
  return {uint32_t(x), nullptr};
}

struct OwnedBytes : wasm::Bytes {
  std::vector<uint8_t> data;
};

class World {
 public:
  // False: said why on stderr.
  bool make() {
    Config config;
    config.tier = Tier::kInterp;  // but for what stands here
    config.memory_style = MemoryStyle::kGuard;
    engine_ = std::make_shared<rt::Engine>(config);
    if (auto r = engine_->enable_native_code(); !r) return complain(r.error());
    if (auto r = rt::ThreadTraps::ensure(); !r) return complain(r.error());
    store_ = std::make_unique<rt::Store>(engine_);
    pool_ = std::make_unique<rt::FiberPool>(rt::FiberPool::Options{});
    auto text = wasm::text::parse_wat(kModule);
    if (!text) return complain(text.error());
    auto bytes = std::make_shared<OwnedBytes>();
    bytes->data = std::move(text->binary);
    bytes->span = bytes->data;
    auto module = rt::CompiledModule::create(engine_, bytes);
    if (!module) return complain(module.error());
    const wasm::ValType i32[] = {wasm::kI32};
    auto type = engine_->registry->intern_func(i32, i32);
    if (!type) return complain(type.error());
    vm::VMFuncRef* host =
        store_->add_native_host_func(*type, reinterpret_cast<vm::VMNativeCallFunction*>(&host_leaf));
    const rt::ExternRefs imports[] = {rt::ExternFunc{host}};
    auto made = rt::instantiate(*store_, *module, imports);
    if (!made) return std::fprintf(stderr, "wjit-bench: the module was not instantiated\n"), false;
    instance_ = std::move(made).ok();
    publish(1, [](A& a, auto&) {
      begin(a);
      a.move(A::kWasm.results.ints[0], A::kWasm.params.ints[0]);
      a.end_frame(0);
    });
    publish(2, [&](A& a, auto& sites) { loop(a, sites, 0); });
    publish(3, [&](A& a, auto& sites) { loop(a, sites, 5); });
    publish(4, [&](A& a, std::vector<rt::CodeTrapSite>& sites) {
      begin(a);
      a.load(A::kT0, A::kVmctx, int32_t(instance_->module->offsets.vmctx_defined_memory(0)));
      a.load(A::kT0, A::kT0, vm::off::VMMemoryDefinition::base);
      a.imm(A::kT1, 1 << 20);
      a.add3(A::kT0, A::kT0, A::kT1);
      sites.push_back({a.offset(), vm::TrapCode::kMemoryOutOfBounds, 1});
      a.load(A::kT0, A::kT0, 0);
      a.end_frame(0);
    });
    return true;
  }

  void call(uint32_t func, int32_t argument) {
    vm::VMFuncRef* f = instance_->func_ref(func);
    reinterpret_cast<NativeI32>(f->native_call)(f->vmctx, nullptr, argument);
  }
  void call_often(uint32_t func) {
    vm::VMFuncRef* f = instance_->func_ref(func);
    auto* volatile code = reinterpret_cast<NativeI32>(f->native_call);
    for (int i = 0; i < kCalls; ++i) code(f->vmctx, nullptr, i);
  }
  void call_untyped() {
    vm::VMFuncRef* f = instance_->func_ref(1);
    for (int i = 0; i < kCalls; ++i) {
      vm::ValRaw value = vm::ValRaw::from_i32(i);
      f->array_call(f->vmctx, nullptr, &value, 1);
    }
  }
  void trap_often() {
    for (int i = 0; i < kTraps; ++i) {
      call(4, i);
      store_->take_pending();
    }
  }
  void suspend_often() {
    struct Body {
      static void run(rt::Fiber* fiber, void*) {
        for (;;) fiber->suspend();
      }
    };
    auto fiber = rt::Fiber::create(*pool_, &Body::run, nullptr);
    for (int i = 0; i < kCalls; ++i) fiber->resume();
  }

 private:
  static bool complain(const Error& e) { return std::fprintf(stderr, "wjit-bench: %s\n", e.to_string().c_str()), false; }
  static void begin(A& a) {
    a.begin_frame(32, false);
    a.store(A::kFp, -vm::kFrameVmctx, A::kVmctx);
  }
  // Calls function `callee` as often as the parameter says.
  void loop(A& a, std::vector<rt::CodeTrapSite>& sites, uint32_t callee) {
    const auto again = a.new_label();
    const rt::CompiledModule& m = *instance_->module;
    begin(a);
    a.zero_extend32(A::kWasm.params.ints[0]);
    a.store(A::kFp, -16, A::kWasm.params.ints[0]);
    a.bind(again);
    a.load(A::kWasm.params.ints[0], A::kFp, -16);
    a.load(A::kCaller, A::kFp, -vm::kFrameVmctx);
    if (callee < m.wasm().imported_funcs) {
      const int32_t at = int32_t(m.offsets.vmctx_imported_function(callee));
      a.load(A::kT0, A::kCaller, at + int32_t(vm::off::VMFunctionImport::wasm_call));
      a.load(A::kVmctx, A::kCaller, at + int32_t(vm::off::VMFunctionImport::vmctx));
    } else {
      a.move(A::kVmctx, A::kCaller);
      a.lea(A::kEntry, A::kVmctx, int32_t(m.offsets.vmctx_entry(callee - m.wasm().imported_funcs)));
      a.load(A::kT0, A::kEntry, vm::off::VMCodeEntry::code);
    }
    sites.push_back({a.offset(), vm::TrapCode::kNone, 1});
    a.call(A::kT0);
    a.load(A::kT0, A::kFp, -16);
    a.lea(A::kT0, A::kT0, -1);
    a.store(A::kFp, -16, A::kT0);
    a.branch_if_nonzero(A::kT0, again);
    a.imm(A::kWasm.results.ints[0], 0);
    a.end_frame(0);
  }
  template <class Emit>
  void publish(uint32_t func, Emit emit) {
    A a;
    rt::CodeTables tables;
    emit(a, tables.traps);
    auto bytes = a.finish();
    WJIT_ASSERT(bytes);
    tables.owner = const_cast<rt::CompiledModule*>(instance_->module.get());
    tables.functions = {{0, uint32_t(bytes->size()), func}};
    tables.raise = engine_->native->raise_redirected();
    auto code = rt::CodeMemory::process().publish(*bytes, std::move(tables));
    WJIT_ASSERT(code);
    code_.push_back(std::move(*code));
    auto published = rt::publish_native(*instance_, func, code_.back()->bytes.data());
    WJIT_ASSERT(published);
  }

  std::shared_ptr<rt::Engine> engine_;
  std::vector<rt::CodeHandle> code_;  // goes after the store
  std::unique_ptr<rt::FiberPool> pool_;
  std::unique_ptr<rt::Store> store_;
  rt::Instance* instance_ = nullptr;
};

struct Row {
  const char* what;
  int calls;
  std::function<void()> run;
  std::vector<double> nanoseconds{};
};

double median(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  return v[v.size() / 2];
}

}  // namespace

int bench_call() {
  World w;
  if (!w.make()) return 1;
  vm::NativeResult (*volatile indirect)(vm::VMOpaqueContext*, vm::VMOpaqueContext*, int32_t) = &host_leaf;
  std::vector<Row> rows = {
      {"native indirect call", kCalls, [&] { for (int i = 0; i < kCalls; ++i) indirect(nullptr, nullptr, i); }},
      {"typed host -> native wasm", kCalls, [&] { w.call_often(1); }},
      {"untyped host -> native wasm", kCalls, [&] { w.call_untyped(); }},
      {"native wasm -> typed host", kCalls, [&] { w.call(2, kCalls); }},
      {"native wasm -> interpreter", kCalls, [&] { w.call(3, kCalls); }},
      {"typed host -> interpreter", kCalls, [&] { w.call_often(5); }},
      {"interpreter -> native wasm", kCalls, [&] { w.call(6, kCalls); }},
      {"interpreter -> interpreter", kCalls, [&] { w.call(7, kCalls); }},
      {"interpreter -> typed host", kCalls, [&] { w.call(8, kCalls); }},
      {"suspend + resume of a fiber", kCalls, [&] { w.suspend_often(); }},
      {"trap by a guard page, to the host", kTraps, [&] { w.trap_often(); }},
  };
  for (int round = 0; round <= kRounds; ++round) {
    for (Row& row : rows) {
      const auto start = std::chrono::steady_clock::now();
      row.run();
      const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
      if (round > 0) row.nanoseconds.push_back(took.count() / row.calls);
    }
  }
  const double unit = median(rows[0].nanoseconds);
  std::printf("%-36s %10s %14s %10s\n", "", "median ns", "native calls", "least ns");
  for (const Row& row : rows) {
    const double m = median(row.nanoseconds);
    std::printf("%-36s %10.1f %14.1f %10.1f\n", row.what, m, m / unit,
                *std::min_element(row.nanoseconds.begin(), row.nanoseconds.end()));
  }
  return 0;
}

}  // namespace wjit::bench
