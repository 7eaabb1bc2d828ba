// The interpreter's state: stacks, frames, and what a run hands from handler to handler.
//
// One Stack is one mapping of fixed size: from a place within it value cells grow up and call frames down, so that a
// shallow one takes one page, and one of page tables (ten thousand guests may wait). It is reserved whole and committed by
// first touch, so nothing in it ever moves: a cell's address stays good over calls, growth and host re-entry, and a frame
// of no cells still has a stack pointer that may be compared. Value bytes and call depth are bounded apart. A plain call
// from a host function goes on where the interrupted activation stands; a resumable call has a Stack of its own.
//
// Frames. The current function's frame is vm->frame, its caller's the next above. `ip` is where it goes on once a callee
// returned: it is stored before every call, host call, trap and suspension. `saved` is the caller's instance where it
// differs from the callee's, else null. A tail call replaces code and keeps `saved` (or, on a change of instance, makes it
// the instance that the frame's caller has). The bottom of each activation is a frame without code whose ip is an `exit`;
// its `saved` is the instance of the activation below, for backtraces only.
#pragma once
#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "compiler/bytecode/code.h"
#include "runtime/call.h"
#include "runtime/code/code_map.h"
#include "runtime/instance.h"
#include "runtime/interp/dispatch.h"
#include "vmcontext/traps.h"

namespace wjit::rt {

class Exception;

struct InterpFrame {
  const uint64_t* ip;
  uint64_t* sp;
  Instance* saved;
  const bc::Code* code;
};

class Stack {
 public:
  // Null: out of system memory.
  static std::unique_ptr<Stack> create(uint64_t value_bytes, uint32_t depth);
  ~Stack();
  Stack(const Stack&) = delete;

  uint64_t* values_end() const { return values_end_; }
  InterpFrame* frames_end() const { return frames_end_; }  // the lowest: below it there is none
  // Where the next activation on this stack begins. The one that calls the host sets these around the call.
  uint64_t* top;
  InterpFrame* top_frame;  // the next is one below
  Instance* top_instance = nullptr;  // of the frame at top_frame, null when the stack is empty
  Stack* resumer = nullptr;          // in use by whoever runs this one, when that is another

  // What may hold references: the cells from here to there. `in_use_end` is past those of the activation that called the
  // host; of one that runs or is suspended after that was noted.
  const uint64_t* values_begin() const { return reinterpret_cast<uint64_t*>(begin_); }
  const uint64_t* in_use_end() const { return std::max<const uint64_t*>(top, noted_end_); }
  void note_in_use(const InterpFrame* frame) { noted_end_ = frame->sp + (frame->code ? frame->code->frame_cells : 0); }
  const Stack* next() const { return next_; }  // of all of a store's

  void reset();  // empty again; pages touched beyond `kKeepBytes` are given back
  uint64_t bytes_reserved() const { return size_; }

 private:
  static constexpr uint64_t kKeepBytes = 64 << 10;
  Stack() = default;
  void clear();
  char* base_ = nullptr;
  uint64_t size_ = 0;
  char* begin_ = nullptr;  // of cells, upwards, and of frames, downwards
  uint64_t* values_end_ = nullptr;
  InterpFrame* frames_end_ = nullptr;
  uint64_t* noted_end_ = nullptr;
  friend class Activations;
  Stack *next_ = nullptr, **link_ = nullptr;
};

enum class DoneReason : uint8_t { kNone, kReturn, kTrap, kPending, kHostTrap, kOutOfFuel, kYield, kTailCall, kCall, kHostCall };

// One run of the interpreter over one activation.
struct Vm {
  InterpFrame* frame = nullptr;
  uint64_t* values_end = nullptr;
  InterpFrame* frames_end = nullptr;
  int64_t* fuel = nullptr;  // VMRuntimeLimits::fuel_consumed, null when not metered
  Instance* inst = nullptr;  // of vm->frame
  Store* store = nullptr;
  Stack* stack = nullptr;
  CodeMap* code_map = nullptr;
  bool resumable = false;
  InterpFrame* bottom = nullptr;       // of this activation
  vm::VMInterpreterExit* exit = nullptr;  // where native code called this run: what its stub is asked for
  bool leaves = false;                 // on a fiber: calls out of the interpreter are the stub's (kCall, kHostCall)
  const wasm::SubType* out_type = nullptr;  // of the function it was asked to call, and where the results go
  uint64_t* out_cells = nullptr;

  // Why the run ended: set once, taken once.
  DoneReason reason = DoneReason::kNone;
  vm::TrapCode trap = vm::TrapCode::kNone;  // kTrap
  uint64_t required_fuel = 0;               // kOutOfFuel
  vm::VMFuncRef* host_func = nullptr;       // kHostTrap, and where its results go
  uint64_t* host_cells = nullptr;

  void done(DoneReason r) {
    WJIT_ASSERT(reason == DoneReason::kNone);
    reason = r;
  }
  DoneReason take_reason() {
    WJIT_ASSERT(reason != DoneReason::kNone);
    return std::exchange(reason, DoneReason::kNone);
  }
};

// A store's stacks: the one in use and spare ones.
class Activations {
 public:
  Activations() { spare_.reserve(kSpare); }  // so that giving back never fails
  Stack* current = nullptr;
  std::unique_ptr<Stack> take(const Config& config);
  void give_back(std::unique_ptr<Stack> stack);
  const Stack* all() const { return all_; }  // the spare ones too, in which nothing is in use

 private:
  static constexpr size_t kSpare = 16;
  Stack* all_ = nullptr;  // outlives what is below

 public:
  std::unique_ptr<Stack> plain;  // for plain calls from outside

 private:
  std::vector<std::unique_ptr<Stack>> spare_;
};

// What an activation keeps below its first frame: what its bottom frame executes, and the wasm frames of native code
// that called it or called the host that did (VMRuntimeLimits at that time), for backtraces.
struct ActivationRecord {
  uint64_t exit_word;
  uintptr_t exit_fp, exit_pc, entry_fp;
  uintptr_t native_fp = 0;  // of the C++ that runs it
};
constexpr uint64_t kRecordCells = sizeof(ActivationRecord) / 8;

// ---- what handlers call out of line --------------------------------------------------------------------------

// The code of an entry that has none yet; null: the run is done (error, or fuel), frame->ip is set.
const bc::Code* compile_entry(Vm* vm, Instance* inst, CodeEntry* entry, const uint64_t* ip);

// Calls through a func ref with the arguments at `cells`. kEntered: vm->frame is the callee's and vm->inst its
// instance; or those of whoever has caught an exception of the host's. kHostDone: results are at `cells`. kDone: the run is over.
enum class Entered : uint8_t { kEntered, kHostDone, kDone };
Entered enter_ref(Vm* vm, Instance* inst, vm::VMFuncRef* ref, uint64_t* cells, const uint64_t* ip, unsigned words);
// As a tail call: `count` argument cells move to the frame's start. kHostDone: the frame is popped and vm->frame,
// vm->inst are the caller's.
Entered tail_enter_ref(Vm* vm, Instance* inst, vm::VMFuncRef* ref, const uint64_t* args, uint64_t count,
                       const uint64_t* ip);
// The callee of a call_indirect; null: trap.
vm::VMFuncRef* indirect_callee(Vm* vm, Instance* inst, uint64_t index, const uint64_t* ip);
bool ref_matches(Instance* inst, uint64_t ref, uint64_t target);
vm::TrapCode interp_table_get(Instance* inst, uint32_t table, uint64_t index, uint64_t* cell);

// The store has something to say (Store::due): false: the run is done, or waits behind the instruction at `ip`.
bool epoch_reached(Vm* vm, const uint64_t* ip);

// A hot function begins, or a hot loop begins another round: where the frame goes on, in other code, or null.
const uint64_t* hot_call(Vm* vm, CodeEntry* entry);
const uint64_t* hot_loop(Vm* vm, CodeEntry* entry, const uint64_t* ip);
// For the profile: who is called next, by the frame's code with its three counters from `first` on.
void note_callee(Vm* vm, Instance* inst, const vm::VMFuncRef* ref, uint32_t first);
void note_table_callee(Vm* vm, Instance* inst, uint64_t index, const uint64_t* ip);

// The results of a call that the stub made for vm->exit, into their cells.
void take_call_results(Vm* vm);
// CodeMap::get, paid by the store; from a fiber on the resumer's stack.
CodeOrWhy compile_on_resumer(Store& store, CodeEntry& entry);

// Runs the native function whose bridge vm->frame is, from cells to cells; kHostDone: it has returned.
Entered call_native(Vm* vm, Instance* inst);

// ---- exceptions (exceptions.cpp)

// An exception on its way out of vm->frame, whose ip stands behind what threw or called, of instance vm->inst. True: one of
// this run's frames catches it, and is vm->frame now, to go on at its ip, in vm->inst. False: nothing has changed.
bool catch_exception(Vm* vm, Exception& e);
// The same for what has ended a call out of the run, if that is an exception; caught, it is pending no more.
bool catch_pending(Vm* vm);
// The instructions. True: caught, as above. False: the run is done.
bool throw_values(Vm* vm, const uint64_t* ip);
bool throw_ref(Vm* vm, uint64_t ref, const uint64_t* ip);

// ---- dispatchers ---------------------------------------------------------------------------------------------

// Runs from vm->frame until vm->reason is set.
void run_loop(Vm* vm);
void run_tail(Vm* vm);

}  // namespace wjit::rt
