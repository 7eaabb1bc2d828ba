// Reads, writes and accepts, with the blocking the guest asked for.
#pragma once
#include <poll.h>

#include "runtime/wasi/system.h"

namespace wjit::rt::wasi {

inline bool ready(int fd, short events, int timeout) {
  pollfd p{fd, events, 0};
  return uninterrupted([&] { return ::poll(&p, 1, timeout); }) > 0;
}

// A system call on a host descriptor that may wait for `events`; *result is what it answered. On a borrowed
// stream O_NONBLOCK is whatever the programs that share it made it, so both ways are ours to make up.
template <class Call>
Errno transfer(const Descriptor& d, short events, Call&& call, uint32_t* result) {
  bool nonblock = d.flags & abi::kFdNonblock;
  if (d.borrowed && nonblock && !ready(d.host, events, 0)) return Errno::kAgain;
  ssize_t n;
  for (;;) {
    n = uninterrupted(call);
    if (n >= 0 || errno != EAGAIN || !d.borrowed || nonblock) break;
    ready(d.host, events, -1);
  }
  if (n < 0) return host_error();
  *result = static_cast<uint32_t>(n);  // the kernel moves less than 2 GiB at a time
  return Errno::kSuccess;
}

}  // namespace wjit::rt::wasi
