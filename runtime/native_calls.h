// Where native code and the runtime meet: publishing a function's code, entering the interpreter, walking frames.
#pragma once
#include <vector>

#include "compiler/bytecode/code.h"
#include "runtime/code/native_entries.h"
#include "runtime/instance.h"
#include "vmcontext/abi.h"
#include "wjit/wjit.hpp"

namespace wjit::rt {

// Makes `code`, which follows the wasm convention, what every call of this defined function runs from now on: in this
// instance through its VMCodeEntry, in the interpreter through a bridge. The function has not been compiled before.
// The engine has native code (Engine::native). The code stays as long as the module.
support::Result<void> publish_native(Instance& instance, uint32_t func_index, const void* code);

// What the func ref of a defined function has; the engine has native code.
support::Result<FunctionThunks::Calls> native_calls(const CompiledModule& module, uint32_t defined);

// What the interpreter finds in place of the function's bytecode: a call of its native code, through the VMCodeEntry.
support::Result<void> publish_bridge(const CompiledModule& module, uint32_t func_index);

// The same, not published.
support::Result<std::unique_ptr<const bc::Code>> make_bridge(const CompiledModule& module, uint32_t func_index);

// Runs a defined function in the interpreter for native code that called it (runtime/interp/enter.cpp); the calling
// frames' exit is noted in VMRuntimeLimits. exit->run is null the first time; on a fiber there may be others.
vm::Crossing enter_interpreter(Instance& instance, uint32_t defined, vm::ValRaw* values, vm::VMInterpreterExit* exit);

// The wasm frames of native code from one exit outwards, through every activation that entered from native code's own
// host calls; ends where the interpreter or nothing is below. `faulted`: exit_pc is the instruction that failed, not a
// return address.
void add_native_frames(std::vector<wjit::Frame>& trace, uintptr_t exit_fp, uintptr_t exit_pc, uintptr_t entry_fp,
                       bool faulted);
// From the newest exit of native code, or where there is none from what the interpreter runs, outwards to the host.
std::vector<wjit::Frame> current_backtrace(Store& store, bool faulted = false);

void add_frame(std::vector<wjit::Frame>& trace, Instance* instance, uint32_t func_index, uint32_t module_offset);

}  // namespace wjit::rt
