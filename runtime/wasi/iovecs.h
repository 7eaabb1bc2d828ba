// The guest's scatter/gather lists, made the host's.
#pragma once
#include <signal.h>
#include <sys/uio.h>

#include "runtime/wasi/system.h"

namespace wjit::rt::wasi {

// At most kMaxIovecs buffers: what is beyond is moved by the guest's next call, as after any short read or
// write.
struct Iovecs {
  iovec items[kMaxIovecs];
  int count = 0;
};
Errno read_iovecs(GuestMemory memory, uint32_t address, uint32_t count, Iovecs* iovecs);

// Keeps SIGPIPE from this thread while a write runs: the guest gets EPIPE, and the host's process lives on. A
// signal that was pending before stays pending.
class SigpipeGuard {
 public:
  explicit SigpipeGuard(bool needed);
  ~SigpipeGuard();
  SigpipeGuard(const SigpipeGuard&) = delete;
  SigpipeGuard& operator=(const SigpipeGuard&) = delete;

 private:
  bool active_;
  sigset_t old_mask_;
};

}  // namespace wjit::rt::wasi
