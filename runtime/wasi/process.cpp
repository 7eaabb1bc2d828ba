// Clocks, randomness, the scheduler and the end of the process.
#include <sched.h>
#include <sys/random.h>

#include <algorithm>

#include "runtime/wasi/functions.h"

namespace wjit::rt::wasi::calls {
namespace {

Errno host_clock(uint32_t id, clockid_t* clock) {
  switch (id) {
    case abi::kClockRealtime:
      *clock = CLOCK_REALTIME;
      return Errno::kSuccess;
    case abi::kClockMonotonic:
      *clock = CLOCK_MONOTONIC;
      return Errno::kSuccess;
    case abi::kClockProcessCputime:
      *clock = CLOCK_PROCESS_CPUTIME_ID;
      return Errno::kSuccess;
    case abi::kClockThreadCputime:
      *clock = CLOCK_THREAD_CPUTIME_ID;
      return Errno::kSuccess;
  }
  return Errno::kInval;
}

}  // namespace

Errno clock_res_get(System&, Mem memory, u32 id, u32 out) {
  clockid_t clock;
  WJIT_WASI_TRY(host_clock(id, &clock));
  timespec time;
  if (::clock_getres(clock, &time) != 0) return host_error();
  return store(memory, out, std::max<uint64_t>(to_timestamp(time), 1));
}

Errno clock_time_get(System&, Mem memory, u32 id, u64, u32 out) {
  clockid_t clock;
  WJIT_WASI_TRY(host_clock(id, &clock));
  timespec time;
  if (::clock_gettime(clock, &time) != 0) return host_error();
  return store(memory, out, to_timestamp(time));
}

Outcome proc_exit(System&, Mem, u32 code) { return {Outcome::Kind::kExit, code, nullptr}; }

Outcome proc_raise(System&, Mem, u32 signal) {
  return {Outcome::Kind::kTrap, signal, "the guest raised a signal"};
}

Errno sched_yield(System&, Mem) { return from_call(::sched_yield()); }

Errno random_get(System&, Mem memory, u32 buf, u32 len) {
  uint8_t* data;
  WJIT_WASI_TRY(slice(memory, buf, len, &data));
  while (len > 0) {
    ssize_t got = uninterrupted([&] { return ::getrandom(data, std::min(len, kRandomChunk), 0); });
    if (got < 0) return host_error();
    data += got;
    len -= static_cast<uint32_t>(got);
  }
  return Errno::kSuccess;
}

}  // namespace wjit::rt::wasi::calls
