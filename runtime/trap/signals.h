// Faults in generated code become traps; every other fault goes where it would have gone without us.
#pragma once
#include <cstdint>

#include "compiler/support/result.h"
#include "vmcontext/vm_types.h"

namespace wjit::rt {

// Whether an address lies in a linear memory, its guard included, that code running with this vmctx may have
// meant. Called by the signal handler, on the thread that runs the code: async-signal-safe.
using OwnsAddress = bool (*)(vm::VMContext* running, uintptr_t address);

// Takes SIGSEGV, SIGBUS, SIGFPE and SIGILL; the handlers found there are kept and get what is not ours. Once
// per process: later calls only look whether somebody put those handlers back who saved them before (test
// frameworks do), and take the signals again. A handler that came after ours stays, and is trusted to pass on
// what it does not know. Errors: kResource.
Result<void> install_trap_handlers(OwnsAddress owns_address);
// Puts back what install found, where nobody has taken the signal since. No generated code may run. Returns
// what was installed; null: nothing was.
OwnsAddress uninstall_trap_handlers();

// What a thread needs before it runs generated code.
class ThreadTraps {
 public:
  // A stack for the handler: the thread's own alternate stack if it is large enough, else one that goes with
  // the thread, when what was there before is put back. Nothing to do but look after the first time. Errors:
  // kUsage, when the thread blocks SIGSEGV or SIGBUS: a fault would kill the process. kResource.
  static Result<void> ensure();
};

}  // namespace wjit::rt
