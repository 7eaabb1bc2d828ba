// Unwind information for published code, in the form of .eh_frame, and its registration with the process's unwinders:
// libunwind (unw_step) and the C++ runtime's (_Unwind_Backtrace, exceptions). Off unless an engine asks for it
// (Config::unwind_info) or WJIT_UNWIND_INFO=1, because it costs: every throw of a process with registered frames takes
// a lock, and code is published more slowly.
//
// One common entry serves all: every frame keeps a frame pointer, so the canonical frame address is fp + 16 wherever
// the frame is whole; where it is not, CodeTables::frames says what holds. Registration is per object of code, not per
// function (which would be quadratic in libgcc). Objects published before the switch was thrown stay unknown.
//
// libunwind's list has no lock for its readers: walks of ours hold UnwindLock, so that no object goes meanwhile. A
// profiler that calls libunwind from a signal handler must not run while modules are dropped.
#pragma once
#include <cstdint>
#include <shared_mutex>
#include <vector>

#include "runtime/code/code_memory.h"

namespace wjit::rt {

struct EhFrame {
  struct Entry {  // as libunwind's tables have them: offsets from the code's begin and from the bytes'
    int32_t start, description;
  };
  std::vector<uint8_t> bytes;  // a common entry, a description for each function and for what is between, 4 zeros
  std::vector<Entry> index;    // sorted
};
// For code that lies at `begin`. Tables as CodeMemory::publish accepts them.
EhFrame make_eh_frame(uintptr_t begin, std::span<const uint8_t> code, const CodeTables& tables);

// From now on, for all code memory of the process. There is no way back.
void enable_unwind_info();
bool unwind_info_enabled();

// Called by CodeMemory: before the object can be executed, and when nobody does any more.
void tell_unwinders(const CodeObject& object);
void forget_unwind_info(const CodeObject& object);

class UnwindLock {
 public:
  UnwindLock();

 private:
  std::shared_lock<std::shared_mutex> lock_;
};

}  // namespace wjit::rt
