// The host's own frames in the backtrace of a trap (Config::native_frames).
#pragma once
#include <vector>

#include "wjit/wjit.hpp"

namespace wjit::rt {

class Store;

// Puts the frames of the C++ (or C) code that is running now between the wasm frames of `trace`, which are innermost
// first and say by native_fp where they are. Nothing happens where the store's engine does not ask for it, where
// libunwind is not installed, or where there is no wasm frame.
//
// The machinery of the trap itself, inside the innermost wasm frame, is left out. Wasm frames of another stack than the
// one this runs on (a fiber's, or a resumer's) keep their order, and come before the next one of this stack; the host's
// frames on the other stack are not there.
void add_host_frames(std::vector<wjit::Frame>& trace, Store& store);

}  // namespace wjit::rt
