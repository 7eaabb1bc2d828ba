// Reading, writing and seeking.
#include <unistd.h>

#include "runtime/wasi/functions.h"
#include "runtime/wasi/iovecs.h"
#include "runtime/wasi/transfer.h"

namespace wjit::rt::wasi {

Errno read_iovecs(GuestMemory memory, uint32_t address, uint32_t count, Iovecs* iovecs) {
  WJIT_WASI_TRY(check(memory, address, uint64_t{sizeof(abi::Iovec)} * count));
  iovecs->count = static_cast<int>(std::min(count, kMaxIovecs));
  for (int i = 0; i < iovecs->count; i++) {
    abi::Iovec guest;
    uint8_t* data;
    WJIT_WASI_TRY(load(memory, address + uint64_t{sizeof(abi::Iovec)} * static_cast<uint32_t>(i), &guest));
    WJIT_WASI_TRY(slice(memory, guest.buf, guest.buf_len, &data));
    iovecs->items[i] = {data, guest.buf_len};
  }
  return Errno::kSuccess;
}

SigpipeGuard::SigpipeGuard(bool needed) : active_(needed) {
  if (!active_) return;
  sigset_t pending, pipe;
  ::sigpending(&pending);
  if (::sigismember(&pending, SIGPIPE)) {
    active_ = false;  // blocked already, and not ours to take
    return;
  }
  ::sigemptyset(&pipe);
  ::sigaddset(&pipe, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipe, &old_mask_);
}

SigpipeGuard::~SigpipeGuard() {
  if (!active_) return;
  int saved = errno;
  sigset_t pipe;
  ::sigemptyset(&pipe);
  ::sigaddset(&pipe, SIGPIPE);
  timespec now{};
  while (::sigtimedwait(&pipe, nullptr, &now) < 0 && errno == EINTR) {
  }
  ::pthread_sigmask(SIG_SETMASK, &old_mask_, nullptr);
  errno = saved;
}

namespace calls {
namespace {

// A write to a standard stream of this process failed: whoever started the guest may want to know, whatever
// the guest makes of it. The guest's own mistakes, and readers that went away, are not the device's.
void note_stdio_error(const System& system, const Descriptor& d, int error) {
  if (!d.borrowed || !system.on_stdio_error) return;
  for (int not_the_device : {EAGAIN, EBADF, EFAULT, EINVAL, EPIPE, ESPIPE})
    if (error == not_the_device) return;
  system.on_stdio_error(d.host, error);
}

// One buffer a call: a callback that blocks must not hold back what the one before it read.
Errno read_virtual(const Descriptor& d, const Iovecs& iovecs, uint32_t* moved) {
  *moved = 0;
  if (!d.read) return Errno::kBadf;
  for (int i = 0; i < iovecs.count; i++) {
    const iovec& v = iovecs.items[i];
    if (v.iov_len == 0) continue;
    auto [error, count] = d.read(static_cast<uint8_t*>(v.iov_base), v.iov_len);
    if (error == Errno::kSuccess) *moved = static_cast<uint32_t>(std::min(count, v.iov_len));
    return error;
  }
  return Errno::kSuccess;
}

Errno write_virtual(const Descriptor& d, const Iovecs& iovecs, uint32_t* moved) {
  uint64_t total = 0;
  *moved = 0;
  if (!d.write) return Errno::kBadf;
  for (int i = 0; i < iovecs.count; i++) {
    const iovec& v = iovecs.items[i];
    const size_t most = std::min<size_t>(v.iov_len, INT32_MAX - total);
    if (most == 0) continue;
    auto [error, count] = d.write(static_cast<const uint8_t*>(v.iov_base), most);
    if (error != Errno::kSuccess && total == 0) return error;
    if (error != Errno::kSuccess) break;
    total += std::min(count, most);
    if (count < v.iov_len) break;
  }
  *moved = static_cast<uint32_t>(total);
  return Errno::kSuccess;
}

// A descriptor to read or write. One that was not opened for it answers EBADF, as POSIX has it; the other
// rights answer ENOTCAPABLE.
Errno get_for(System& system, uint32_t fd, uint64_t direction, uint64_t rights, Descriptor** d) {
  WJIT_WASI_TRY(system.fds.get(fd, d));
  if ((*d)->is_directory()) return Errno::kIsdir;
  if (!(*d)->may(direction)) return Errno::kBadf;
  if ((*d)->may(rights)) return Errno::kSuccess;
  return (*d)->pipe_like || (*d)->is_virtual || (*d)->type == abi::kTypeCharacterDevice ? Errno::kSpipe
                                                                                        : Errno::kNotcapable;
}

Errno seek(System& system, GuestMemory memory, uint32_t fd, int64_t offset, int whence, uint32_t out) {
  using namespace abi::rights;
  bool only_tell = offset == 0 && whence == SEEK_CUR;
  Descriptor* d;
  Errno error = system.get_file(fd, kFdSeek, &d);
  if (error == Errno::kNotcapable && only_tell) error = system.get_file(fd, kFdTell, &d);
  if (error == Errno::kNotcapable && (d->is_virtual || d->pipe_like || d->type == abi::kTypeCharacterDevice))
    return Errno::kSpipe;
  WJIT_WASI_TRY(error);
  WJIT_WASI_TRY(check_result<uint64_t>(memory, out));
  off_t at = ::lseek(d->host, offset, whence);
  if (at < 0) return host_error();
  return store(memory, out, static_cast<uint64_t>(at));
}

}  // namespace

Errno fd_read(System& system, Mem memory, u32 fd, u32 iovs, u32 iovs_len, u32 out) {
  Descriptor* d;
  Iovecs iovecs;
  WJIT_WASI_TRY(get_for(system, fd, abi::rights::kFdRead, 0, &d));
  WJIT_WASI_TRY(check_result<u32>(memory, out));
  WJIT_WASI_TRY(read_iovecs(memory, iovs, iovs_len, &iovecs));
  u32 moved = 0;
  if (d->is_virtual) {
    WJIT_WASI_TRY(read_virtual(*d, iovecs, &moved));
  } else {
    WJIT_WASI_TRY(transfer(
        system, *d, POLLIN, [&] { return ::readv(d->host, iovecs.items, iovecs.count); }, &moved));
  }
  return store(memory, out, moved);
}

Errno fd_write(System& system, Mem memory, u32 fd, u32 iovs, u32 iovs_len, u32 out) {
  Descriptor* d;
  Iovecs iovecs;
  WJIT_WASI_TRY(get_for(system, fd, abi::rights::kFdWrite, 0, &d));
  WJIT_WASI_TRY(check_result<u32>(memory, out));
  WJIT_WASI_TRY(read_iovecs(memory, iovs, iovs_len, &iovecs));
  u32 moved = 0;
  if (d->is_virtual) {
    WJIT_WASI_TRY(write_virtual(*d, iovecs, &moved));
  } else {
    SigpipeGuard guard(d->pipe_like);
    int failed = 0;
    Errno error = transfer(
        system, *d, POLLOUT,
        [&] {
          ssize_t n = ::writev(d->host, iovecs.items, iovecs.count);
          failed = n < 0 ? errno : 0;
          return n;
        },
        &moved);
    if (error != Errno::kSuccess) {
      note_stdio_error(system, *d, failed);
      return error;
    }
  }
  return store(memory, out, moved);
}

Errno fd_pread(System& system, Mem memory, u32 fd, u32 iovs, u32 iovs_len, u64 offset, u32 out) {
  using namespace abi::rights;
  Descriptor* d;
  Iovecs iovecs;
  WJIT_WASI_TRY(get_for(system, fd, kFdRead, kFdSeek, &d));
  WJIT_WASI_TRY(check_result<u32>(memory, out));
  WJIT_WASI_TRY(read_iovecs(memory, iovs, iovs_len, &iovecs));
  if (offset > INT64_MAX) return Errno::kInval;
  ssize_t n = uninterrupted(
      [&] { return ::preadv(d->host, iovecs.items, iovecs.count, static_cast<off_t>(offset)); });
  return n < 0 ? host_error() : store(memory, out, static_cast<u32>(n));
}

Errno fd_pwrite(System& system, Mem memory, u32 fd, u32 iovs, u32 iovs_len, u64 offset, u32 out) {
  using namespace abi::rights;
  Descriptor* d;
  Iovecs iovecs;
  WJIT_WASI_TRY(get_for(system, fd, kFdWrite, kFdSeek, &d));
  WJIT_WASI_TRY(check_result<u32>(memory, out));
  WJIT_WASI_TRY(read_iovecs(memory, iovs, iovs_len, &iovecs));
  if (offset > INT64_MAX) return Errno::kInval;
  ssize_t n = uninterrupted(
      [&] { return ::pwritev(d->host, iovecs.items, iovecs.count, static_cast<off_t>(offset)); });
  if (n < 0) {
    int failed = errno;
    note_stdio_error(system, *d, failed);
    errno = failed;
  }
  return n < 0 ? host_error() : store(memory, out, static_cast<u32>(n));
}

Errno fd_seek(System& system, Mem memory, u32 fd, u64 offset, u32 whence, u32 out) {
  int host = whence == abi::kWhenceSet ? SEEK_SET : whence == abi::kWhenceCur ? SEEK_CUR : SEEK_END;
  if (whence > abi::kWhenceEnd) return Errno::kInval;
  return seek(system, memory, fd, static_cast<int64_t>(offset), host, out);
}

Errno fd_seek_unstable(System& system, Mem memory, u32 fd, u64 offset, u32 whence, u32 out) {
  int host = whence == abi::kUnstableWhenceCur   ? SEEK_CUR
             : whence == abi::kUnstableWhenceEnd ? SEEK_END
                                                 : SEEK_SET;
  if (whence > abi::kUnstableWhenceSet) return Errno::kInval;
  return seek(system, memory, fd, static_cast<int64_t>(offset), host, out);
}

Errno fd_tell(System& system, Mem memory, u32 fd, u32 out) {
  return seek(system, memory, fd, 0, SEEK_CUR, out);
}

}  // namespace calls
}  // namespace wjit::rt::wasi
