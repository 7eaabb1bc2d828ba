#include "runtime/interp/activation.h"

#include <fmt/format.h>

#include "runtime/fiber_call.h"
#include "runtime/interp/backtrace.h"
#include "runtime/interp/float_control.h"
#include "runtime/interp/values.h"
#include "runtime/trap/host_frames.h"
#include "runtime/trap_access.h"

namespace wjit::rt {

Stack* new_plain_stack(Store& store) {
  if (!store.activations) store.activations = std::make_shared<Activations>();
  Activations& a = *store.activations;
  if (!a.plain) a.plain = a.take(store.engine().config);
  return a.plain.get();
}

CallEnd trapped(Store& store, vm::TrapCode code) {
  store.set_pending(make_trap(code));
  return CallEnd::kTrapped;
}

wjit::Trap out_of_fuel(uint64_t required) {
  wjit::Trap t = TrapAccess::make(wjit::Trap::Kind::kOutOfFuel, vm::TrapCode::kOutOfFuel,
                                  fmt::format("{}: the next block needs {}", vm::message(vm::TrapCode::kOutOfFuel), required));
  TrapAccess::set_required_fuel(t, required);
  return t;
}

bool begin_activation(Store& store, Vm& vm, Instance* callee, const wasm::SubType& type, const bc::Code* code,
                      const vm::ValRaw* values) {
  Stack& s = *vm.stack;
  if (s.top + kRecordCells + code->frame_cells > s.values_end() || s.top_frame - 2 < s.frames_end()) {
    trapped(store, vm::TrapCode::kStackOverflow);
    return false;
  }
  vm::VMRuntimeLimits& l = store.limits;
  auto* record = new (s.top) ActivationRecord{uint64_t(bc::Op::exit), l.last_wasm_exit_fp, l.last_wasm_exit_pc,
                                              l.last_wasm_entry_fp};
  record->native_fp = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  l.last_wasm_exit_fp = l.last_wasm_exit_pc = 0;
  uint64_t* cells = s.top + kRecordCells;
  vm.bottom = s.top_frame - 1;
  *vm.bottom = {&record->exit_word, cells, s.top_instance, nullptr};
  vm.frame = vm.bottom - 1;
  *vm.frame = {code->words.data(), cells, nullptr, code};
  vm.inst = callee;
  raw_to_cells(type.values.data(), type.param_count, values, cells);
  std::fill_n(cells + code->param_cells, code->zero_cells, 0);
  return true;
}

void run(Store& store, Vm& vm) {
  const FloatControl floats;
  uses_tail_dispatch(store.engine().config) ? run_tail(&vm) : run_loop(&vm);
}

std::vector<wjit::Frame> whole_backtrace(Store& store, const Vm& vm) {
  std::vector<wjit::Frame> trace = interp_backtrace(vm.frame, vm.inst);
  for (const Stack* s = vm.stack->resumer; s; s = s->resumer)
    if (s->top_instance) add_interp_frames(trace, s->top_frame, s->top_instance);
  if (store.fiber_call) store.fiber_call->add_resumer_frames(trace);
  add_host_frames(trace, store);
  return trace;
}

namespace {
// The pending trap gets the backtrace, unless it already has one from further in. Where memory is out, the
// trap matters more than the way to it.
void add_trace(Store& store, const Vm& vm) {
  auto& trace = TrapAccess::trace(*store.pending_trap);
  if (!trace.empty()) return;
  try {
    trace = whole_backtrace(store, vm);
  } catch (const std::bad_alloc&) {
  }
}
}  // namespace

CallEnd conclude(Store& store, Vm& vm, const wasm::SubType& type, vm::ValRaw* values) {
  switch (vm.take_reason()) {
    case DoneReason::kReturn:
      cells_to_raw(type.values.data() + type.param_count, type.values.size() - type.param_count, vm.frame->sp, values);
      return CallEnd::kReturned;
    case DoneReason::kTrap: store.raise(vm.trap); break;
    case DoneReason::kOutOfFuel:
      store.set_pending(out_of_fuel(vm.required_fuel));
      ++vm.frame->ip;  // stood at what would be tried again; the place of what ended the run is looked for before it
      break;
    default: break;  // kPending
  }
  add_trace(store, vm);
  return CallEnd::kTrapped;
}

}  // namespace wjit::rt
