#pragma once
#include <span>
#include <vector>

#include "runtime/interp/vm.h"
#include "wjit/wjit.hpp"

namespace wjit::rt {

// Frames from `top` (whose instance is `inst`) down through all activations of its stack and the native code between
// them, innermost first. At most
// kMaxTraceFrames, the outermost ones left out.
constexpr size_t kMaxTraceFrames = 256;
void add_interp_frames(std::vector<wjit::Frame>& trace, const InterpFrame* top, Instance* inst);
std::vector<wjit::Frame> interp_backtrace(const InterpFrame* top, Instance* inst);

// A trap for a function that could not be compiled; the Error is its payload.
wjit::Trap trap_from_error(const Error& error);

// Between 64-bit cells and the array convention. Return the cell behind the last.
uint64_t* cells_to_raw(const wasm::ValType* types, size_t n, uint64_t* cells, vm::ValRaw* raw);
uint64_t* raw_to_cells(const wasm::ValType* types, size_t n, const vm::ValRaw* raw, uint64_t* cells);
uint32_t cell_count(std::span<const wasm::ValType> types);

}  // namespace wjit::rt
