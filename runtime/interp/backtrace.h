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

}  // namespace wjit::rt
