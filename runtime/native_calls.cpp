#include "runtime/native_calls.h"

#include <algorithm>

#include "compiler/isa/common/trampolines.h"
#include "runtime/code/code_map.h"
#include "runtime/code/code_memory.h"
#include "runtime/code/native_entries.h"
#include "runtime/fiber_call.h"
#include "runtime/interp/backtrace.h"
#include "runtime/interp/values.h"
#include "runtime/interp/vm.h"
#include "runtime/store.h"
#include "runtime/trap/host_frames.h"

namespace wjit::rt {

support::Result<FunctionThunks::Calls> native_calls(const CompiledModule& m, uint32_t defined) {
  const std::span types(m.wasm().funcs);
  return m.thunks->of(defined, *m.engine().native, types.subspan(m.wasm().imported_funcs),
                      m.offsets.vmctx_defined_functions_begin());
}

support::Result<std::unique_ptr<const bc::Code>> make_bridge(const CompiledModule& m, uint32_t func_index) {
  const uint32_t defined = func_index - m.wasm().imported_funcs;
  WJIT_TRY(const FunctionThunks::Calls calls, native_calls(m, defined));
  WJIT_TRY(const TypeTrampolines* trampolines, m.engine().native->of(m.wasm().funcs[func_index]));
  const wasm::SubType& sub = *m.code_entries[defined]->type;
  const wasm::FuncType type = sub.func();
  auto bridge = std::make_unique<bc::Code>();
  bridge->func_index = func_index;
  bridge->is_bridge = true;
  bridge->bridge = {&sub, false, reinterpret_cast<const void*>(calls.array),
                    reinterpret_cast<const void*>(calls.wasm), (*trampolines)[isa::Trampoline::kTailCall]};
  bridge->param_cells = cell_count(type.params);
  bridge->result_cells = cell_count(type.results);
  bridge->frame_cells = std::max(bridge->param_cells, bridge->result_cells);
  bridge->words = {uint64_t(bc::Op::call_native), uint64_t(bc::Op::ret)};
  return bridge;
}

support::Result<void> publish_bridge(const CompiledModule& m, uint32_t func_index) {
  WJIT_TRY(auto bridge, make_bridge(m, func_index));
  return CodeMap::publish(*m.code_entries[func_index - m.wasm().imported_funcs], std::move(bridge));
}

support::Result<void> publish_native(Instance& instance, uint32_t func_index, const void* code) {
  const CompiledModule& m = *instance.module;
  WJIT_ASSERT(m.engine().native && func_index >= m.wasm().imported_funcs);
  const uint32_t defined = func_index - m.wasm().imported_funcs;
  WJIT_CHECK(publish_bridge(m, func_index));
  auto* entry = vm::vmctx_at<vm::VMCodeEntry>(instance.vmctx(), m.offsets.vmctx_entry(defined));
  entry->publish(static_cast<vm::VMWasmCallFunction*>(const_cast<void*>(code)));
  return {};
}

void add_frame(std::vector<wjit::Frame>& trace, Instance* instance, uint32_t func_index, uint32_t module_offset) {
  const CompiledModule& m = *instance->module;
  wjit::Frame frame;
  frame.module_name = m.name();
  frame.func_name = std::string(m.func_name(func_index));
  frame.func_index = func_index;
  frame.instance = instance;
  frame.module_offset = module_offset;
  frame.func_offset = module_offset - m.wasm().bodies[func_index - m.wasm().imported_funcs].offset;
  trace.push_back(std::move(frame));
}

// The function whose body has this offset of the module.
static uint32_t function_at(const wasm::Module& m, uint32_t offset) {
  const auto behind = std::upper_bound(m.bodies.begin(), m.bodies.end(), offset,
                                       [](uint32_t at, const auto& body) { return at < body.offset; });
  return m.imported_funcs + static_cast<uint32_t>(behind - m.bodies.begin()) - 1;
}

// SAFETY: frame records and the fixed slots below them are as trampolines.h says; the walk goes from a noted exit to
// the entry that belongs to it, over frames of code that keeps them.
void add_native_frames(std::vector<wjit::Frame>& trace, uintptr_t fp, uintptr_t pc, uintptr_t entry_fp, bool faulted) {
  while (fp != 0) {
    while (fp != entry_fp && trace.size() < kMaxTraceFrames) {
      CodeHit hit;
      // A stub that raises a trap has a return address, which may be where the next stub begins: that one has no code.
      bool found = faulted && lookup_code(pc, &hit, PcIs::kInstruction) && hit.trap != vm::TrapCode::kNone &&
                   hit.wasm_offset != kNoWasmOffset;
      if (!found) found = lookup_code(pc, &hit, PcIs::kReturnAddress);
      faulted = false;
      if (found && hit.kind == CodeKind::kModule && hit.in_function) {
        auto* vmctx = *reinterpret_cast<vm::VMContext**>(fp - vm::kFrameVmctx);
        Instance* instance = Instance::from_vmctx(vmctx);
        if (hit.owner == instance->module.get()) {  // a function of a module, as publishers of its code say
          const wasm::Module& m = instance->wasm();
          const bool known = hit.wasm_offset != kNoWasmOffset;
          uint32_t offset = known ? hit.wasm_offset : uint32_t(m.bodies[hit.func_index - m.imported_funcs].offset);
          // Functions that stand in place of their calls have frames of their own here.
          for (uint32_t k = 0; k < hit.inlined && trace.size() + 1 < kMaxTraceFrames; offset = hit.calls[k++]) {
            add_frame(trace, instance, function_at(m, offset), offset);
            trace.back().native_fp = fp;
          }
          add_frame(trace, instance, hit.func_index, offset);
          trace.back().native_fp = fp;
        }
      }
      const auto* record = reinterpret_cast<const vm::FrameRecord*>(fp);
      pc = record->return_address;
      fp = record->caller_fp;
    }
    if (fp != entry_fp) return;
    // What was noted when this activation began.
    const auto* saved = reinterpret_cast<const uintptr_t*>(entry_fp - isa::kSavedLimits);
    fp = saved[0], pc = saved[1], entry_fp = saved[3];
  }
}

std::vector<wjit::Frame> current_backtrace(Store& store, bool faulted) {
  std::vector<wjit::Frame> trace;
  const vm::VMRuntimeLimits& l = store.limits;
  add_native_frames(trace, l.last_wasm_exit_fp, l.last_wasm_exit_pc, l.last_wasm_entry_fp, faulted);
  const Stack* stack = store.activations ? store.activations->current : nullptr;
  if (stack && stack->top_instance) add_interp_frames(trace, stack->top_frame, stack->top_instance);
  if (store.fiber_call) store.fiber_call->add_resumer_frames(trace);
  add_host_frames(trace, store);
  return trace;
}

}  // namespace wjit::rt
