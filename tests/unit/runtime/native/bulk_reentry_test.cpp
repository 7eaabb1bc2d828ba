// Row 13 of the failure classes, for native code: bulk operations are libcalls of its own, paid for before they begin;
// what the embedder does while the payment waits is what they find.
#include "runtime/fiber_call.h"
#include "unit/runtime/native/native_world.h"

namespace wjit::rt::native_test {
namespace {

constexpr uint64_t kCost = 1024;
constexpr uint32_t kPage = 65536;

void libcall(A& a, uint32_t offset) {
  a.load(A::kT0, A::kFp, -vm::kFrameVmctx);
  a.load(A::kT0, A::kT0, vm::off::VMContext::builtin_functions);
  a.load(A::kT0, A::kT0, int32_t(offset));
  a.call(A::kT0);
}
void limits(A& a) {
  a.load(A::kT0, A::kFp, -vm::kFrameVmctx);
  a.load(A::kT0, A::kT0, vm::off::VMContext::runtime_limits);
}
void note_exit(A& a, isa::Label here) {
  limits(a);
  a.store(A::kT0, Limits::last_wasm_exit_fp, A::kFp);
  a.load_address(A::kT1, here);
  a.store(A::kT0, Limits::last_wasm_exit_pc, A::kT1);
}

// Pays kCost, on a fiber; until that is possible it waits. To `failed` when the call is cancelled.
void pay(A& a, isa::Label failed) {
  const auto again = a.new_label(), dry = a.new_label(), paid = a.new_label();
  a.bind(again);
  limits(a);
  a.load(A::kT1, A::kT0, Limits::fuel_consumed);
  a.lea(A::kT1, A::kT1, kCost);
  a.imm(A::kC.ints[3], (uint64_t{1} << 63) - 1);
  a.add3(A::kT2, A::kC.ints[3], A::kT1);
  a.branch_if_below(A::kC.ints[3], A::kT2, dry);
  a.store(A::kT0, Limits::fuel_consumed, A::kT1);
  a.jump(paid);
  a.bind(dry);
  note_exit(a, paid);
  a.load(A::kC.ints[0], A::kFp, -vm::kFrameVmctx);
  a.imm(A::kC.ints[1], kCost);
  libcall(a, vm::off::VMBuiltinFunctionsArray::out_of_fuel);
  a.zero_extend32(A::kCResult0);
  a.branch_if_zero(A::kCResult0, failed);
  limits(a);
  a.load(A::kC.ints[0], A::kT0, Limits::fiber);
  libcall(a, vm::off::VMBuiltinFunctionsArray::fiber_suspend);
  limits(a);
  a.store_zero(A::kT0, Limits::last_wasm_exit_fp);
  a.load(A::kT1, A::kT0, Limits::fiber);
  a.load32(A::kT1, A::kT1, vm::kFiberCancelled);
  a.zero_extend8(A::kT1);
  a.branch_if_zero(A::kT1, again);
  a.jump(failed);
  a.bind(paid);
}

}  // namespace

TEST_CASE("row 13: native code waits for fuel before each bulk operation, and finds what the embedder grew",
          "[native][fiber][failure-classes]") {
  Config config;
  config.memory_style = MemoryStyle::kChecks;  // which moves when it grows
  config.consume_fuel = true;
  NativeWorld w(config);
  FiberPool pool(FiberPool::Options{});
  w.load(R"((module (memory 1 100) (table 1 1000000 funcref)
    (func (export "run") (result i64) unreachable)))");
  w.native(0, [&](A& a, std::vector<CodeTrapSite>& sites) {
    const auto failed = a.new_label(), here = a.new_label();
    using B = vm::off::VMBuiltinFunctionsArray;
    const auto call = [&](uint32_t offset, std::initializer_list<uint64_t> arguments) {
      pay(a, failed);
      note_exit(a, here);
      a.load(A::kC.ints[0], A::kFp, -vm::kFrameVmctx);
      size_t i = 0;
      for (uint64_t value : arguments) a.imm(A::kC.ints[++i], value);
      libcall(a, offset);
      a.zero_extend8(A::kCResult0);
      a.branch_if_zero(A::kCResult0, failed);
    };
    a.begin_frame(16, false);
    a.store(A::kFp, -vm::kFrameVmctx, A::kVmctx);
    sites.push_back({a.offset(), vm::TrapCode::kNone, 800});
    a.bind(here);
    // Each reaches as far as there will be something only after one more stop.
    call(B::memory_fill, {0, 0, 7, 2 * kPage});
    call(B::table_fill, {0, 0, 0, 50'000});
    call(B::memory_copy, {0, 0, 3 * kPage, 0, kPage});
    call(B::memory_fill, {0, 5 * kPage - 1, 8, 1});
    limits(a);
    a.store_zero(A::kT0, Limits::last_wasm_exit_fp);
    a.load(A::kT0, A::kFp, -vm::kFrameVmctx);
    a.load(A::kT0, A::kT0, int32_t(w.instance->module->offsets.vmctx_defined_memory(0)));
    a.load(A::kT0, A::kT0, vm::off::VMMemoryDefinition::base);
    a.imm(A::kT1, 5 * kPage - 4);
    a.add3(A::kT0, A::kT0, A::kT1);
    a.load32(A::kWasm.results.ints[0], A::kT0, 0);
    a.end_frame(0);
    a.bind(failed);
    limits(a);
    a.load(A::kT1, A::kT0, Limits::last_wasm_entry_fp);
    a.load(A::kT2, A::kT0, Limits::last_wasm_entry_sp);
    a.land(A::kT1, A::kT2, -vm::kFrameLanding);
  });
  w.store->set_fuel(0);
  auto call = FiberCall::create(*w.store, pool, w.instance->func_ref(0), {}, 1);
  REQUIRE(call);
  for (int stop = 0; stop < 4; ++stop) {
    REQUIRE(call->resume() == FiberCall::Stop::kOutOfFuel);
    REQUIRE(w.instance->grow_memory(0, 1));
    REQUIRE(w.instance->grow_table(0, 100'000, 0));
    w.store->set_fuel(kCost);
  }
  const auto stop = call->resume();
  if (w.store->pending_trap) FAIL(w.store->pending_trap->to_string());
  REQUIRE(stop == FiberCall::Stop::kReturned);
  REQUIRE(call->values()[0].get_u64() == uint64_t{8} << 24);
  const vm::VMMemoryDefinition& m = *w.instance->memory(0);
  REQUIRE(m.length() == 5 * kPage);
  REQUIRE(m.base[2 * kPage - 1] == 7);
  REQUIRE(m.base[2 * kPage] == 0);
  REQUIRE(m.base[3 * kPage] == 7);
  REQUIRE(m.base[4 * kPage - 1] == 7);
  REQUIRE(m.base[4 * kPage] == 0);
}

}  // namespace wjit::rt::native_test
