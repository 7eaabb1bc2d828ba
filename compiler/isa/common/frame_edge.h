// Where in emitted code the frame stands, instruction by instruction, for unwinders (runtime/code/eh_frame.h): debuggers,
// profilers and libunwind, who may stop a thread anywhere. Our own walks begin at noted exits and need none of this.
#pragma once
#include <cstdint>

namespace wjit::isa {

enum class FrameState : uint8_t {
  kNone,        // as when a function begins: the return address is where a call leaves it, fp is the caller's
  kSaved,       // the frame record is what sp points at; fp is still the caller's
  kWhole,       // fp points at the frame record
  kMoved,       // x86-64: the frame is gone, and the return address is in the second parameter register
  kPopped,      // x86-64, of the raise stub: the return address is in its second scratch register
  kRaiseBegin,  // of the raise stub: the place is last_wasm_exit_pc of the vmctx in the first argument register, and fp
                // that of the frame there
  kRaising,     // the same, with the vmctx at [sp]
};

// From this offset on.
struct FrameEdge {
  uint32_t offset;
  FrameState state;
  int32_t callee_saved = 0;  // kWhole: what C wants back is saved from fp + callee_saved up; 0: nothing
  uint32_t pushed = 0;       // kNone: bytes on the stack since
};

}  // namespace wjit::isa
