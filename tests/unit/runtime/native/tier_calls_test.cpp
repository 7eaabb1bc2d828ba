// Calls between bytecode and native code where it is about the stack.
#include "runtime/trap_access.h"
#include "unit/runtime/native/native_world.h"

namespace wjit::rt::native_test {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(WJIT_EMULATED)
constexpr uint64_t kTailCalls = 100'000;
#else
constexpr uint64_t kTailCalls = 10'000'000;
#endif

}  // namespace

TEST_CASE("row 34: tail calls between tiers with unequal stack arguments need no stack", "[native][failure-classes]") {
  NativeWorld w;
  // 14 integers do not fit into registers on any ISA.
  std::string params;
  for (int i = 0; i < 14; ++i) params += " i64";
  w.load("(module (func $many (export \"many\") (param" + params + R"() (result i64)
      (if (i64.ne (local.get 13) (i64.const 77)) (then unreachable))
      (return_call $few (i64.sub (local.get 0) (i64.const 1))))
    (func $few (export "few") (param i64) (result i64) unreachable)))");
  const std::vector<isa::Type> many(14, isa::Type::kI64), one(1, isa::Type::kI64);
  const isa::WasmCall shape = isa::wasm_call({many, one}, A::kWasm);
  REQUIRE(shape.params.stack_bytes > 0);
  w.native(1, [&](A& a, auto&) {
    const auto more = a.new_label();
    a.begin_frame(16, false);
    a.store(A::kFp, -vm::kFrameVmctx, A::kVmctx);
    a.branch_if_nonzero(A::kWasm.params.ints[0], more);
    a.imm(A::kWasm.results.ints[0], 4711);
    a.end_frame(0);
    a.bind(more);
    a.lea(A::kT1, A::kFp, 16);  // no stack arguments of its own
    a.replace_frame(A::kT1, shape.params.stack_bytes);
    a.lea(A::kWasm.params.ints[0], A::kWasm.params.ints[0], -1);
    for (int i = 1; i < 14; ++i) {
      const isa::Loc& l = shape.params.locs[size_t(i)];
      a.imm(A::kT0, i == 13 ? 77 : 0);
      if (l.kind == isa::Loc::Kind::kInt)
        a.move(l.reg, A::kT0);
      else
        a.store(A::kSp, int32_t(A::kReturnAddressBytes + l.offset), A::kT0);
    }
    a.move(A::kCaller, A::kVmctx);
    a.lea(A::kEntry, A::kVmctx, w.entry_offset(0));
    a.load(A::kT0, A::kEntry, vm::off::VMCodeEntry::code);
    a.jump_to(A::kT0);
  });
  // Beginning in either tier; it is the native function that ends it, at 0.
  for (uint32_t first : {0u, 1u}) {
    std::vector<vm::ValRaw> values(14);
    values[0] = vm::ValRaw::from_u64(kTailCalls + 1 - first);
    values[13] = vm::ValRaw::from_u64(77);
    const CallEnd end = w.call(first, values);
    if (w.store->pending_trap) FAIL(w.store->pending_trap->message());
    REQUIRE(end == CallEnd::kReturned);
    REQUIRE(values[0].get_u64() == 4711);
  }
}

TEST_CASE("row 15: recursion without end through both tiers is a trap, and the store goes on", "[native][failure-classes]") {
  NativeWorld w;
  w.load(R"((module (func $a (export "a") (param i64) (result i64) (call $b (i64.add (local.get 0) (i64.const 1))))
    (func $b (export "b") (param i64) (result i64) unreachable)
    (func (export "fine") (result i64) (i64.const 5))))");
  w.native(1, [&](A& a, std::vector<CodeTrapSite>& sites) {
    const auto overflow = a.new_label();
    a.begin_frame(16, false);
    a.store(A::kFp, -vm::kFrameVmctx, A::kVmctx);
    a.load(A::kT0, A::kVmctx, vm::off::VMContext::runtime_limits);
    a.load(A::kT0, A::kT0, Limits::stack_limit);
    a.move(A::kT1, A::kSp);
    a.branch_if_below(A::kT1, A::kT0, overflow);
    a.move(A::kCaller, A::kVmctx);
    a.lea(A::kEntry, A::kVmctx, w.entry_offset(0));
    a.load(A::kT0, A::kEntry, vm::off::VMCodeEntry::code);
    sites.push_back({a.offset(), vm::TrapCode::kNone, 500});
    a.call(A::kT0);
    a.end_frame(0);
    a.bind(overflow);
    a.load(A::kVmctx, A::kFp, -vm::kFrameVmctx);
    a.imm(A::kC.ints[1], uint32_t(vm::TrapCode::kStackOverflow));
    a.imm(A::kT0, w.engine->native->raise());
    sites.push_back({a.offset(), vm::TrapCode::kNone, 501});
    a.call(A::kT0);
  });
  for (uint32_t first : {0u, 1u, 0u}) {
    std::vector<vm::ValRaw> values(1);
    REQUIRE(w.call(first, values) == CallEnd::kTrapped);
    const Trap trap = w.store->take_pending();
    REQUIRE(trap.code() == uint8_t(vm::TrapCode::kStackOverflow));
    const auto& trace = trap.trace();
    REQUIRE(trace.size() > 50);
    // The tiers take turns.
    for (size_t i = 1; i < trace.size(); ++i) REQUIRE(trace[i].func_index != trace[i - 1].func_index);
    std::vector<vm::ValRaw> fine(1);
    REQUIRE(w.call(2, fine) == CallEnd::kReturned);
    REQUIRE(fine[0].get_u64() == 5);
    REQUIRE(w.store->limits.last_wasm_entry_fp == 0);
  }
}

TEST_CASE("row 28: a host function grows the memory under native code and under bytecode", "[native][failure-classes]") {
  NativeWorld w;
  Config config;
  config.memory_style = MemoryStyle::kChecks;  // which may move
  NativeWorld v(config);
  for (NativeWorld* world : {&w, &v}) {
    int grown = 0;
    vm::VMFuncRef* grow = world->host({}, {}, [&, world](HostCall&) {
      return ++grown, world->instance->grow_memory(0, 100).has_value();
    });
    world->load(R"((module (import "h" "grow" (func $grow)) (memory 1)
      (func $native (export "native") (result i32) unreachable)
      (func (export "byte") (result i32) (drop (call $native)) (i32.load8_u (i32.const 6000000)))))",
                {grow});
    world->native(1, [&](A& a, std::vector<CodeTrapSite>& sites) {
      const auto& offsets = world->instance->module->offsets;
      a.begin_frame(16, false);
      a.store(A::kFp, -vm::kFrameVmctx, A::kVmctx);
      a.move(A::kCaller, A::kVmctx);
      const int32_t import = int32_t(offsets.vmctx_imported_function(0));
      a.load(A::kT0, A::kCaller, import + int32_t(vm::off::VMFunctionImport::wasm_call));
      a.load(A::kVmctx, A::kCaller, import + int32_t(vm::off::VMFunctionImport::vmctx));
      sites.push_back({a.offset(), vm::TrapCode::kNone, 600});
      a.call(A::kT0);
      a.load(A::kT0, A::kFp, -vm::kFrameVmctx);
      a.load(A::kT0, A::kT0, int32_t(offsets.vmctx_defined_memory(0)));
      a.load(A::kT0, A::kT0, vm::off::VMMemoryDefinition::base);
      a.imm(A::kT1, 6'000'000);
      a.add3(A::kT0, A::kT0, A::kT1);
      a.load32(A::kWasm.results.ints[0], A::kT0, 0);
      a.end_frame(0);
    });
    std::vector<vm::ValRaw> values(1);
    REQUIRE(world->call(2, values) == CallEnd::kReturned);
    REQUIRE(values[0].get_u32() == 0);
    REQUIRE(grown == 1);
  }
}

}  // namespace wjit::rt::native_test
