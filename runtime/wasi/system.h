// What a Context owns, and what the members of functions.h share.
#pragma once
#include <cerrno>
#include <ctime>

#include "runtime/wasi/fd_table.h"
#include "runtime/wasi/guest_memory.h"
#include "runtime/wasi/path_lookup.h"

namespace wjit::rt::wasi {

// Upper bounds on what one call makes the host hold, whatever the guest asks for.
constexpr uint32_t kMaxIovecs = 128;            // more are left for the next call, as a short read or write
constexpr uint32_t kMaxSubscriptions = 4096;    // of poll_oneoff; more answer EINVAL
constexpr uint32_t kReaddirChunk = 16 * 1024;   // directory entries held at a time
constexpr uint32_t kRandomChunk = 1024 * 1024;  // bytes asked of the kernel at a time

constexpr int kInterruptStepMs = 20;            // between two questions whether to wait on, where somebody may interrupt

struct System {
  std::vector<std::string> args;
  std::vector<std::string> env;
  FdTable fds;
  PathLookup lookup;
  std::function<void(int stream, int host_errno)> on_stdio_error;
  std::function<bool()> interrupted;  // empty: nobody interrupts
  bool was_interrupted = false;       // in this call

  // Called every kInterruptStep of waiting. True: no more of it; any errno then ends the call.
  bool asks_to_stop() { return was_interrupted = interrupted(); }

  // The descriptor, if it is open and has the rights (kNotcapable).
  Errno get(uint32_t fd, uint64_t rights, Descriptor** descriptor) const;
  // The same for what only files do (kBadf for a directory) and what only directories do (kNotdir for a
  // file).
  Errno get_file(uint32_t fd, uint64_t rights, Descriptor** descriptor) const;
  Errno get_directory(uint32_t fd, uint64_t rights, Descriptor** descriptor) const;
};

inline Errno host_error() { return errno_from_host(errno); }
// The way a system call that returns -1 and errno answers the guest.
inline Errno from_call(long result) { return result < 0 ? host_error() : Errno::kSuccess; }

// Repeats an interrupted system call: signals of the host are no business of the guest.
template <class Call>
auto uninterrupted(Call&& call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

uint64_t to_timestamp(const timespec& time);  // before 1970: 0
timespec to_timespec(uint64_t timestamp);
abi::Filestat to_filestat(const struct stat& st);
abi::FilestatUnstable to_unstable(const abi::Filestat& stat);
// What futimens and utimensat take. kInval where the flags contradict each other.
Errno to_times(uint64_t atim, uint64_t mtim, uint32_t flags, timespec times[2]);

}  // namespace wjit::rt::wasi
