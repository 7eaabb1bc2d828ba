// Reads, writes and accepts, with the blocking the guest asked for.
#pragma once
#include <poll.h>

#include "runtime/wasi/system.h"

namespace wjit::rt::wasi {

inline bool ready(int fd, short events, int timeout) {
  pollfd p{fd, events, 0};
  return uninterrupted([&] { return ::poll(&p, 1, timeout); }) > 0;
}

// Waits until there is something to do; kIntr: somebody does not want that.
inline Errno wait_for(System& system, int fd, short events) {
  if (!system.interrupted) {
    ready(fd, events, -1);
    return Errno::kSuccess;
  }
  while (!ready(fd, events, kInterruptStepMs))
    if (system.asks_to_stop()) return Errno::kIntr;
  return Errno::kSuccess;
}

// A system call on a host descriptor that may wait for `events`; *result is what it answered. On a borrowed
// stream O_NONBLOCK is whatever the programs that share it made it, so both ways are ours to make up.
template <class Call>
Errno transfer(System& system, const Descriptor& d, short events, Call&& call, uint32_t* result) {
  bool nonblock = d.flags & abi::kFdNonblock;
  if (d.borrowed && nonblock && !ready(d.host, events, 0)) return Errno::kAgain;
  // Not in the kernel, if that may be for long.
  if (system.interrupted && !nonblock && d.type != abi::kTypeRegularFile)
    WJIT_WASI_TRY(wait_for(system, d.host, events));
  ssize_t n;
  for (;;) {
    n = uninterrupted(call);
    if (n >= 0 || errno != EAGAIN || !d.borrowed || nonblock) break;
    WJIT_WASI_TRY(wait_for(system, d.host, events));
  }
  if (n < 0) return host_error();
  *result = static_cast<uint32_t>(n);  // the kernel moves less than 2 GiB at a time
  return Errno::kSuccess;
}

}  // namespace wjit::rt::wasi
