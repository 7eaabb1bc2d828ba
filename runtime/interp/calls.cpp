// What handlers do out of line: calls that leave the instance or wasm, lazy compilation, reference tests.
#include <algorithm>
#include <cstring>

#include "runtime/interp/backtrace.h"
#include "runtime/interp/cells.h"
#include "runtime/interp/values.h"
#include "runtime/interp/vm.h"
#include "runtime/fiber_call.h"
#include "runtime/jit/tiered_module.h"
#include "runtime/libcalls.h"
#include "runtime/trap_access.h"

namespace wjit::rt {

static void end_trap(Vm* vm, Instance* inst, vm::TrapCode code, const uint64_t* resume_ip) {
  vm->trap = code;
  vm->frame->ip = resume_ip;
  vm->inst = inst;
  vm->done(DoneReason::kTrap);
}

CodeOrWhy compile_on_resumer(Store& store, CodeEntry& entry) {
  int64_t* const consumed = store.engine().config.consume_fuel ? &store.limits.fuel_consumed : nullptr;
  const CompileFuel fuel{consumed, &store.compile_fuel};
  CodeOrWhy r;
  on_resumer(store, [&] { r = CodeMap::get(entry, fuel); });
  return r;
}

const bc::Code* compile_entry(Vm* vm, Instance* inst, CodeEntry* entry, const uint64_t* ip) {
  const CodeOrWhy r = compile_on_resumer(*vm->store, *entry);
  if (r.code) return r.code;
  vm->inst = inst;
  if (!r.error) {  // tried again when resumed
    vm->frame->ip = ip;
    vm->required_fuel = r.required_fuel;
    vm->done(DoneReason::kOutOfFuel);
    return nullptr;
  }
  vm->frame->ip = ip + 1;
  vm->store->set_pending(trap_from_error(*r.error));
  vm->done(DoneReason::kPending);
  return nullptr;
}

// ---- host calls ---------------------------------------------------------------------------------------------

namespace {
// Arguments and results in the array convention, on the native stack when they are few.
class HostValues {
 public:
  explicit HostValues(size_t n) : n_(std::max<size_t>(n, 1)) {
    if (n_ > kInline) heap_ = std::make_unique<vm::ValRaw[]>(n_);
  }
  vm::ValRaw* data() { return heap_ ? heap_.get() : reinterpret_cast<vm::ValRaw*>(inline_); }
  size_t size() const { return n_; }

 private:
  static constexpr size_t kInline = 16;
  size_t n_;
  alignas(vm::ValRaw) std::byte inline_[kInline * sizeof(vm::ValRaw)];  // arguments are written before they are read
  std::unique_ptr<vm::ValRaw[]> heap_;
};
}  // namespace

// What a run calls by the array convention.
struct Callee {
  vm::VMArrayCallFunction function;
  vm::VMOpaqueContext* vmctx;
  const wasm::SubType* type;
  bool is_host;
};

// An array call out of this activation, whose top frame is vm->frame, of `inst`. What it calls begins its own behind
// `top` and everything else this one uses.
static bool call_out(Vm* vm, Instance* inst, const Callee& callee, vm::VMContext* caller, HostValues& values,
                     uint64_t* top) {
  if (vm->frame->code) top = std::max(top, vm->frame->sp + vm->frame->code->frame_cells);
  Stack* const stack = vm->stack;
  uint64_t* const old_top = std::exchange(stack->top, top);
  InterpFrame* const old_frame = std::exchange(stack->top_frame, vm->frame);
  Instance* const old_instance = std::exchange(stack->top_instance, inst);
  const bool ok = callee.function(callee.vmctx, vm::VMOpaqueContext::from(caller), values.data(), values.size());
  stack->top = old_top;
  stack->top_frame = old_frame;
  stack->top_instance = old_instance;
  return ok;
}

// The same on a fiber: the run ends, and the stub that entered it makes the call. Arguments and results are on the
// interpreter's stack, behind everything else; they come from `args` and go to `cells`.
static void leave_to_call(Vm* vm, Instance* inst, const Callee& callee, vm::VMContext* caller, uint64_t* args,
                          uint64_t* cells, uint64_t* top) {
  const wasm::SubType& type = *callee.type;
  if (vm->frame->code) top = std::max(top, vm->frame->sp + vm->frame->code->frame_cells);
  const size_t results = type.values.size() - type.param_count;
  const size_t n = std::max({size_t{type.param_count}, results, size_t{1}});
  auto* values = reinterpret_cast<vm::ValRaw*>((reinterpret_cast<uintptr_t>(top) + alignof(vm::ValRaw) - 1) &
                                               ~(alignof(vm::ValRaw) - 1));
  top = reinterpret_cast<uint64_t*>(values + n);
  if (top > vm->values_end) {
    vm->trap = vm::TrapCode::kStackOverflow;
    vm->done(DoneReason::kTrap);
    return;
  }
  cells_to_raw(type.values.data(), type.param_count, args, values);
  vm->out_type = &type;
  vm->out_cells = cells;
  vm->stack->top = top;
  vm->stack->top_frame = vm->frame;
  vm->stack->top_instance = inst;
  vm::VMInterpreterExit& e = *vm->exit;
  e.values = values;
  e.callee = callee.vmctx;
  e.caller = vm::VMOpaqueContext::from(caller);
  e.function = reinterpret_cast<vm::VMFunctionBody*>(callee.function);
  e.capacity = n;
  vm->done(callee.is_host ? DoneReason::kHostCall : DoneReason::kCall);
}

void take_call_results(Vm* vm) {
  const wasm::SubType& type = *std::exchange(vm->out_type, nullptr);
  const size_t results = type.values.size() - type.param_count;
  raw_to_cells(type.values.data() + type.param_count, results, vm->exit->values, vm->out_cells);
}

// Calls a host function with its arguments at `cells`, where the results go. vm->frame is the caller's frame (or, for
// a tail call, the caller's of the frame that gave way), its ip set, and vm->inst its instance; `caller` is the one
// that calls.
static Entered call_host(Vm* vm, Instance* caller, vm::VMFuncRef* ref, uint64_t* cells) {
  const wasm::SubType& sub = (*caller->module->engine().registry)[ref->type_index.bits()];
  const wasm::FuncType type = sub.func();
  const uint32_t room = std::max(cell_count(type.params), cell_count(type.results));
  if (cells + room > vm->values_end) {
    vm->trap = vm::TrapCode::kStackOverflow;
    vm->done(DoneReason::kTrap);
    return Entered::kDone;
  }
  const Callee callee{ref->array_call, ref->vmctx, &sub, true};
  if (vm->leaves) {
    leave_to_call(vm, vm->inst, callee, caller->vmctx(), cells, cells, cells + room);
    return Entered::kDone;
  }
  HostValues values(std::max(type.params.size(), type.results.size()));
  cells_to_raw(type.params.data(), type.params.size(), cells, values.data());
  const bool ok = call_out(vm, vm->inst, callee, caller->vmctx(), values, cells + room);
  if (ok) {
    raw_to_cells(type.results.data(), type.results.size(), values.data(), cells);
    return Entered::kHostDone;
  }
  if (catch_pending(vm)) return Entered::kEntered;
  if (vm->resumable && vm->store->pending_trap && vm->store->pending_trap->kind() == wjit::Trap::Kind::kHost) {
    vm->host_func = ref;
    vm->host_cells = cells;
    vm->done(DoneReason::kHostTrap);
  } else {
    vm->done(DoneReason::kPending);
  }
  return Entered::kDone;
}

// ---- native code ---------------------------------------------------------------------------------------------

// Returning from the only frame of a run that native code called: the run ends instead, and native code makes the
// call in its place, so that tail calls between the tiers need no stack.
static void tail_call_native(Vm* vm, Instance* inst, Instance* caller, uint64_t* args) {
  const bc::Bridge& bridge = vm->frame->code->bridge;
  std::vector<vm::ValRaw>& values = vm->store->tail_values;
  values.resize(std::max<size_t>({bridge.type->param_count, values.size(), 1}));
  cells_to_raw(bridge.type->values.data(), bridge.type->param_count, args, values.data());
  vm::VMInterpreterExit& e = *vm->exit;
  e.values = values.data();
  e.callee = vm::VMOpaqueContext::from(inst->vmctx());
  e.caller = vm::VMOpaqueContext::from(caller->vmctx());
  e.function = static_cast<vm::VMFunctionBody*>(const_cast<void*>(bridge.wasm_call));
  e.trampoline = static_cast<vm::VMFunctionBody*>(const_cast<void*>(bridge.tail_call));
  vm->done(DoneReason::kTailCall);
}

Entered call_native(Vm* vm, Instance* inst) {
  InterpFrame* const f = vm->frame;
  const bc::Bridge& bridge = f->code->bridge;
  Instance* const caller = f->saved ? f->saved : inst;
  vm->inst = inst;
  uint64_t address = reinterpret_cast<uint64_t>(f->sp);
  uint64_t* const args = bridge.takes_cells ? &address : f->sp;
  if (vm->exit && f + 1 == vm->bottom) {
    tail_call_native(vm, inst, caller, args);
    return Entered::kDone;
  }
  const auto function = reinterpret_cast<vm::VMArrayCallFunction>(const_cast<void*>(bridge.array_call));
  const Callee callee{function, vm::VMOpaqueContext::from(inst->vmctx()), bridge.type, false};
  if (vm->leaves) {
    f->ip = f->code->words.data() + 1;
    leave_to_call(vm, inst, callee, caller->vmctx(), args, f->sp, f->sp);
    return Entered::kDone;
  }
  const size_t params = bridge.type->param_count, results = bridge.type->values.size() - params;
  HostValues values(std::max(params, results));
  cells_to_raw(bridge.type->values.data(), params, args, values.data());
  if (!call_out(vm, inst, callee, caller->vmctx(), values, f->sp)) {
    if (catch_pending(vm)) return Entered::kEntered;
    vm->done(DoneReason::kPending);
    return Entered::kDone;
  }
  raw_to_cells(bridge.type->values.data() + params, results, values.data(), f->sp);
  return Entered::kHostDone;
}

// ---- checks ---------------------------------------------------------------------------------------------------

bool epoch_reached(Vm* vm, const uint64_t* ip) {
  vm->frame->ip = ip + 1;
  vm->stack->note_in_use(vm->frame);
  switch (vm->store->epoch_reached(vm->resumable)) {
    case vm::Crossing::kReturned: return true;
    case vm::Crossing::kSuspend: vm->done(DoneReason::kYield); return false;
    default: vm->done(DoneReason::kPending); return false;
  }
}

// ---- tiers ----------------------------------------------------------------------------------------------------

static const uint64_t* go_on(Vm* vm, const TieredModule::GoOn& to) {
  if (!to.code) return nullptr;
  vm->frame->code = to.code;
  return to.code->words.data() + to.word;
}

const uint64_t* hot_call(Vm* vm, CodeEntry* entry) {
  return go_on(vm, entry->module->tiered->hot_call(*vm->store, *entry, *vm->frame->code));
}

const uint64_t* hot_loop(Vm* vm, CodeEntry* entry, const uint64_t* ip) {
  return go_on(vm, entry->module->tiered->hot_loop(*vm->store, *entry, *vm->frame->code, ip));
}

// One name is kept, of who seems to be called most: a few others at first do not take its place for ever.
void note_callee(Vm* vm, Instance* inst, const vm::VMFuncRef* ref, uint32_t first) {
  constexpr uint32_t kFew = 4;
  if (!ref) return;
  std::atomic<uint32_t>* const counters = vm->frame->code->counters.get() + first;
  const auto get = [&](int k) { return counters[k].load(std::memory_order_relaxed); };
  const auto set = [&](int k, uint32_t n) { counters[k].store(n, std::memory_order_relaxed); };
  uint32_t name = 0;
  if (ref->vmctx == vm::VMOpaqueContext::from(inst->vmctx()) && ref->code_index != vm::kNoCodeIndex)
    name = 1 + vm->code_map->at(ref->code_index).defined_index;
  if (name != 0 && name == get(0)) return set(1, get(1) + 1);
  if (name == 0 || get(1) >= kFew) return set(2, get(2) + 1);
  set(2, get(2) + get(1));
  set(0, name);
  set(1, 1);
}

void note_table_callee(Vm* vm, Instance* inst, uint64_t index, const uint64_t* ip) {
  const vm::VMTableDefinition* table = table_at(inst, uint32_t(ip[1]));
  if (index >= table->current_elements) return;
  const uintptr_t slot = reinterpret_cast<const uintptr_t*>(table->base)[index];
  note_callee(vm, inst, reinterpret_cast<const vm::VMFuncRef*>(slot & ~vm::kTableSlotInitializedBit),
              uint32_t(*ip >> 32));
}

// ---- calls through references -------------------------------------------------------------------------------

static void zero_locals(const bc::Code* code, uint64_t* cells) {
  std::fill_n(cells + code->param_cells, code->zero_cells, 0);
}

static void count_call(CodeEntry& e) {
  e.calls.store(e.calls.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

Entered enter_ref(Vm* vm, Instance* inst, vm::VMFuncRef* ref, uint64_t* cells, const uint64_t* ip, unsigned words) {
  if (ref->code_index == vm::kNoCodeIndex) {
    vm->frame->ip = ip + words;
    vm->inst = inst;
    return call_host(vm, inst, ref, cells);
  }
  CodeEntry& entry = vm->code_map->at(ref->code_index);
  const bc::Code* code = entry.code.load(std::memory_order_acquire);
  if (!code && !(code = compile_entry(vm, inst, &entry, ip))) return Entered::kDone;
  count_call(entry);
  InterpFrame* f = vm->frame;
  if (cells + code->frame_cells > vm->values_end || f <= vm->frames_end) {
    end_trap(vm, inst, vm::TrapCode::kStackOverflow, ip + 1);
    return Entered::kDone;
  }
  Instance* callee = Instance::from_vmctx(reinterpret_cast<vm::VMContext*>(ref->vmctx));
  f->ip = ip + words;
  *--f = {code->words.data(), cells, callee != inst ? inst : nullptr, code};
  vm->frame = f;
  vm->inst = callee;
  zero_locals(code, cells);
  return Entered::kEntered;
}

Entered tail_enter_ref(Vm* vm, Instance* inst, vm::VMFuncRef* ref, const uint64_t* args, uint64_t count,
                       const uint64_t* ip) {
  InterpFrame* f = vm->frame;
  uint64_t* const cells = f->sp;
  if (ref->code_index == vm::kNoCodeIndex) {
    std::memmove(cells, args, count * 8);
    // The frame is gone before the host function begins, as in native code: no backtrace has it, and a call stopped
    // here goes on in the caller. The results are at the frame's start, where its caller looks for them.
    vm->inst = f->saved ? f->saved : inst;
    vm->frame = f + 1;
    return call_host(vm, inst, ref, cells);
  }
  CodeEntry& entry = vm->code_map->at(ref->code_index);
  const bc::Code* code = entry.code.load(std::memory_order_acquire);
  if (!code && !(code = compile_entry(vm, inst, &entry, ip))) return Entered::kDone;
  count_call(entry);
  if (cells + code->frame_cells > vm->values_end) {
    end_trap(vm, inst, vm::TrapCode::kStackOverflow, ip + 1);
    return Entered::kDone;
  }
  Instance* callee = Instance::from_vmctx(reinterpret_cast<vm::VMContext*>(ref->vmctx));
  std::memmove(cells, args, count * 8);
  f->ip = code->words.data();
  f->code = code;
  // Whoever called this frame gets its own instance back, not the one that tail-called.
  if (!f->saved && callee != inst) f->saved = inst;
  vm->inst = callee;
  zero_locals(code, cells);
  return Entered::kEntered;
}

vm::VMFuncRef* indirect_callee(Vm* vm, Instance* inst, uint64_t index, const uint64_t* ip) {
  auto trap = [&](vm::TrapCode code) -> vm::VMFuncRef* {
    end_trap(vm, inst, code, ip + 1);
    return nullptr;
  };
  const uint32_t table = uint32_t(ip[1]), type = uint32_t(ip[1] >> 32), where = uint32_t(ip[2]);
  const vm::VMTableDefinition* def = table_at(inst, where);
  if (index >= def->current_elements) return trap(vm::TrapCode::kUndefinedElement);
  const uintptr_t slot = reinterpret_cast<const uintptr_t*>(def->base)[index];
  auto* ref = slot & vm::kTableSlotInitializedBit
                  ? reinterpret_cast<vm::VMFuncRef*>(slot & ~vm::kTableSlotInitializedBit)
                  : table_get_lazy(inst->vmctx(), table, index);
  if (!ref) return trap(vm::TrapCode::kUninitializedElement);
  const wasm::TypeId want = inst->wasm().types[type], have = ref->type_index.bits();
  if (have != want && !inst->module->engine().registry->is_subtype(have, want))
    return trap(vm::TrapCode::kIndirectCallType);
  return ref;
}

vm::TrapCode interp_table_get(Instance* inst, uint32_t table, uint64_t index, uint64_t* cell) {
  return table_get(inst->vmctx(), table, index, cell);
}

bool ref_matches(Instance* inst, uint64_t ref, uint64_t target) {
  if (ref == 0) return target & 1;
  const auto heap = wasm::Heap(target >> 1 & 0x7f);
  switch (heap) {
    case wasm::Heap::kFunc: case wasm::Heap::kExtern: case wasm::Heap::kAny: case wasm::Heap::kExn: return true;
    case wasm::Heap::kEq: case wasm::Heap::kI31: return ref & 1;
    case wasm::Heap::kConcrete: break;
    default: return false;  // bottoms hold null only; structs and arrays do not exist here
  }
  const wasm::TypeId want = inst->wasm().types[target >> 32];
  const auto& registry = *inst->module->engine().registry;
  if (registry[want].composite != wasm::Composite::kFunc) return false;
  return registry.is_subtype(reinterpret_cast<vm::VMFuncRef*>(ref)->type_index.bits(), want);
}

}  // namespace wjit::rt
