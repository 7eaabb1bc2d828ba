// The rest of the contract: what is neither a structure nor a libcall nor a trap.
#pragma once
#include <cstdint>

#include "vmcontext/vm_offsets.h"

namespace wjit::vm {

// Goes into every artefact, and an artefact of another layout is refused. Raise it with any change to
// vm_types.def, vmctx.def, libcalls.def, traps.def (a changed meaning, not an added row) or to the
// conventions below.
inline constexpr uint32_t kLayoutVersion = 3;

// Registers with a fixed meaning in the wasm convention, per ISA.
//
// A call preserves a few, all of which C preserves too: so that what a loop needs may stay where it is over its calls, and
// the ways from wasm to C have nothing to save. A trap leaves frames behind without restoring anything: those who
// entered wasm from C++ (the entry trampolines) saved all that the platform asks for, and it lands there.
struct RegisterRule {
  const char* role;
  const char* x64;
  const char* a64;
  const char* why;
};
inline constexpr RegisterRule kRegisterRules[] = {
    {"callee vmctx", "rdi", "x0", "first argument of all three conventions"},
    {"caller vmctx", "rsi", "x1", "second argument: a host function finds its caller's memory by it"},
    {"code entry", "r10", "x9",
     "address of the VMCodeEntry called through: the interpreter's stub reads who was meant"},
    {"preserved", "rbx r12 r13 r14 r15", "x19 ... x28", "a call, and a tail call's callee, leave them as they were"},
    {"frame pointer", "rbp", "x29", "always a frame record: frames are walked without tables"},
    {"stack pointer", "rsp", "sp", "16-aligned at calls; the callee pops stack arguments"},
};

// A number made of every name, offset and size of the lists: goes into artefacts beside the version, so that
// a forgotten raise is still a refusal and not a crash.
constexpr uint64_t layout_fingerprint() {
  uint64_t hash = 0xcbf29ce484222325;
  auto byte = [&](uint8_t b) { hash = (hash ^ b) * 0x100000001b3; };
  auto word = [&](uint32_t w) {
    for (int i = 0; i < 4; ++i) byte(static_cast<uint8_t>(w >> 8 * i));
  };
  auto text = [&](const char* s) {
    while (*s) byte(static_cast<uint8_t>(*s++));
    byte(0);
  };
  for (const FieldLayout& f : kFields) text(f.structure), text(f.field), word(f.offset), word(f.size);
  for (const StructLayout& s : kStructs) text(s.name), word(s.size), word(s.align);
  for (const ArrayInfo& a : kVMContextArrays) text(a.name), word(a.element_size), word(a.align);
#define WJIT_L(X, name, signature, what) text(#name), text(signature);
  WJIT_LIBCALLS(WJIT_L, )
#undef WJIT_L
  for (const RegisterRule& r : kRegisterRules) text(r.role), text(r.x64), text(r.a64);
  return hash;
}

struct LibcallInfo {
  const char* name;
  const char* signature;
  const char* what;
  uint32_t offset;  // in VMBuiltinFunctionsArray
};
inline constexpr LibcallInfo kLibcalls[] = {
#define WJIT_L(X, name, signature, what) {#name, signature, what, off::VMBuiltinFunctionsArray::name},
    WJIT_LIBCALLS(WJIT_L, )
#undef WJIT_L
};
enum class Libcall : uint8_t {
#define WJIT_L(X, name, signature, what) name,
  WJIT_LIBCALLS(WJIT_L, )
#undef WJIT_L
};

// At [fp], on both ISAs. A walk goes from last_wasm_exit_fp by caller_fp and ends at last_wasm_entry_fp.
struct FrameRecord {
  uintptr_t caller_fp;
  uintptr_t return_address;
};
static_assert(sizeof(FrameRecord) == 16 && offsetof(FrameRecord, return_address) == 8);
inline constexpr uint32_t kStackAlign = 16;
// Below [fp]. Of every frame that calls or can trap: its VMContext. Of a frame through which the host entered wasm:
// where a trap lands, with fp and sp as last_wasm_entry_fp and last_wasm_entry_sp have them.
inline constexpr int32_t kFrameVmctx = 8, kFrameLanding = 16;

// In what VMRuntimeLimits::fiber points at: a byte, not 0 when the call that was suspended is to end with the trap that
// is pending.
inline constexpr uint32_t kFiberCancelled = 12;

// How a libcall that crossed from wasm to the host ended (enter_interpreter, host_call), or what it asks of the stub that
// called it. What is asked for by enter_interpreter is followed by calling it again, with the same arguments.
enum class Crossing : uint8_t {
  kTrapped,   // a trap is pending
  kReturned,  // results are where the arguments were
  kTailCall,  // enter_interpreter: the VMInterpreterExit says who is to be called in place of this function
  kSuspend,   // fiber_suspend is to be called; whoever resumes has done what was missing, or cancelled the call
  kCall,      // enter_interpreter: an array call of wasm, as the VMInterpreterExit says
  kHostCall,  // enter_interpreter: libcall host_call, likewise
};

// The native convention is the platform's C convention with a way out for traps: arguments (callee vmctx,
// caller vmctx, wasm parameters…), further results through a pointer behind them, and two result registers:
// the first wasm result as bits (none if it is a v128), and null or, when a trap is pending in the store, not null. C++ frames are never jumped over.
struct NativeResult {
  uint64_t first_result;
  void* trap;
};
inline constexpr uint64_t kNativeTrapped = 1;  // `trap` where a trap is pending in the store
static_assert(sizeof(NativeResult) == 16, "comes back in rax:rdx and x0:x1");

}  // namespace wjit::vm
