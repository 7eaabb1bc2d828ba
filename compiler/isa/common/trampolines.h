// The code between the conventions: wasm, native (the platform's C), array, and the interpreter's stub. One piece per
// kind and canonical type; it holds no address and may be put anywhere.
//
// All have the same plan: what came in one convention is written to an array of ValRaw in the frame (or is in one
// already), and read from there in the other; results take the same way back. What differs is the border that is
// crossed (docs/abi.md, "Crossing between wasm and the host"):
//
//   enter  host -> wasm   saves what C asks for, links an activation into VMRuntimeLimits, has a landing for traps
//   exit   wasm -> host   notes where wasm was left, so that frames can be walked; a failure goes to the landing
//   none   host -> host
//
// Invariants of every frame made here, and of every wasm frame: [fp] is a FrameRecord, [fp - 8] the frame's VMContext.
// Of entering frames: [fp - 16] is the landing's address, and at [fp - kSavedLimits] stand the four words of
// VMRuntimeLimits that the activation replaced. Whoever lands sets fp and sp to last_wasm_entry_fp and _sp.
#pragma once
#include <cstdint>
#include <vector>

#include "compiler/isa/common/call_conv.h"
#include "compiler/isa/common/frame_edge.h"
#include "compiler/support/result.h"

namespace wjit::isa {

enum class Trampoline : uint8_t {
  // Entered with the address of the VMCodeEntry to call in the entry register (a thunk put it there).
  kArrayToWasm,
  kNativeToWasm,
  // What a host function's func ref has. The callee context is a VMArrayCallHostFuncContext or a
  // VMNativeCallHostFuncContext.
  kWasmToArray,
  kWasmToNative,
  kNativeToArray,
  kArrayToNative,
  // What a VMCodeEntry holds until there is native code: libcall enter_interpreter.
  kWasmToInterpreter,
  // Not called: kWasmToInterpreter jumps here to end in a tail call of a function of this type.
  kTailCall,
};
constexpr uint32_t kTrampolines = 8;

// Where entering frames keep what was in last_wasm_exit_fp, _exit_pc, _entry_sp, _entry_fp (ascending), from fp.
constexpr int32_t kSavedLimits = 96;

// Code for functions of one module: they know the offset of a VMCodeEntry from its VMContext and nothing else.
//   wasm:   entry register := vmctx + offset; jump to what is in it
//   others: entry register := vmctx + offset; jump to the address in a word that lies `to_word` bytes behind the thunk
constexpr uint32_t kThunkBytes = 24;
constexpr uint32_t kFarThunkBytes = 32;

// Ends wasm: (vmctx, trap code) in the first registers of C. Two ways in. At 0 it is called by a cold stub of the
// function that failed, and notes where; at `redirected` a signal handler has noted it already, and the stack pointer
// may be anything. Neither returns: libcall raise_trap, then the landing.
struct RaiseCode {
  std::vector<uint8_t> bytes;
  uint32_t redirected = 0;
  std::vector<FrameEdge> frames;
};

struct Target {  // what can be emitted for, whatever the machine this runs on
  WasmRegisters wasm;
  RegisterSet c;
  // `frames`: null, or gets where the frame begins and ends.
  support::Result<std::vector<uint8_t>> (*trampoline)(Trampoline kind, const Signature& signature,
                                                      std::vector<FrameEdge>* frames);
  support::Result<RaiseCode> (*raise)();
  void (*wasm_thunk)(uint8_t* to, uint32_t entry_offset);
  void (*host_thunk)(uint8_t* to, uint32_t entry_offset, uint32_t to_word);
  // Entry register := `entry`, then a jump to `to_code`; kFarThunkBytes.
  void (*far_thunk)(uint8_t* to, uint64_t entry, uint64_t to_code);
  // Makes a direct call or jump (isa::Reloc) lead so far away from `place`, the four bytes of it that say where. False, and
  // nothing has changed: it does not reach there.
  bool (*relocate)(uint8_t* place, int64_t distance);
};

}  // namespace wjit::isa

namespace wjit::x64 {
extern const isa::Target kTarget;
}
namespace wjit::a64 {
extern const isa::Target kTarget;
}

namespace wjit::isa {
// Of the machine this was built for.
#if defined(__x86_64__)
inline const Target& host_target() { return x64::kTarget; }
#else
inline const Target& host_target() { return a64::kTarget; }
#endif
}  // namespace wjit::isa
