// What a descriptor is: its flags, rights, attributes, and its place in the table.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/wasi/functions.h"

namespace wjit::rt::wasi::calls {
namespace {

using namespace abi::rights;

Errno filestat(System& system, uint32_t fd, abi::Filestat* out) {
  Descriptor* d;
  WJIT_WASI_TRY(system.get(fd, kFdFilestatGet, &d));
  if (d->is_virtual) {
    *out = abi::Filestat{};
    out->filetype = d->type;
    out->nlink = 1;
    return Errno::kSuccess;
  }
  struct stat st;
  if (::fstat(d->host, &st) != 0) return host_error();
  *out = to_filestat(st);
  return Errno::kSuccess;
}

// A file in which places can be named: a stream answers ESPIPE, as POSIX has it.
Errno get_seekable(System& system, uint32_t fd, uint64_t rights, Descriptor** d) {
  Errno error = system.get_file(fd, rights, d);
  return error == Errno::kNotcapable && ((*d)->pipe_like || (*d)->is_virtual) ? Errno::kSpipe : error;
}

}  // namespace

Errno fd_advise(System& system, Mem, u32 fd, u64 offset, u64 len, u32 advice) {
  static constexpr int kHostAdvice[] = {POSIX_FADV_NORMAL,   POSIX_FADV_SEQUENTIAL, POSIX_FADV_RANDOM,
                                        POSIX_FADV_WILLNEED, POSIX_FADV_DONTNEED,   POSIX_FADV_NOREUSE};
  Descriptor* d;
  WJIT_WASI_TRY(get_seekable(system, fd, kFdAdvise, &d));
  if (advice > abi::kAdviceNoreuse || offset > INT64_MAX || len > INT64_MAX) return Errno::kInval;
  return errno_from_host(
      ::posix_fadvise(d->host, static_cast<off_t>(offset), static_cast<off_t>(len), kHostAdvice[advice]));
}

Errno fd_allocate(System& system, Mem, u32 fd, u64 offset, u64 len) {
  Descriptor* d;
  WJIT_WASI_TRY(get_seekable(system, fd, kFdAllocate, &d));
  if (offset > INT64_MAX || len > INT64_MAX || len == 0) return Errno::kInval;
  // Not posix_fallocate: where the file system cannot, it would write a zero to every block.
  return from_call(uninterrupted(
      [&] { return ::fallocate(d->host, 0, static_cast<off_t>(offset), static_cast<off_t>(len)); }));
}

Errno fd_close(System& system, Mem, u32 fd) { return system.fds.close(fd); }

Errno fd_datasync(System& system, Mem, u32 fd) {
  Descriptor* d;
  WJIT_WASI_TRY(system.get(fd, kFdDatasync, &d));
  return from_call(uninterrupted([&] { return ::fdatasync(d->host); }));
}

Errno fd_sync(System& system, Mem, u32 fd) {
  Descriptor* d;
  WJIT_WASI_TRY(system.get(fd, kFdSync, &d));
  return from_call(uninterrupted([&] { return ::fsync(d->host); }));
}

Errno fd_fdstat_get(System& system, Mem memory, u32 fd, u32 out) {
  Descriptor* d;
  WJIT_WASI_TRY(system.get(fd, 0, &d));
  abi::Fdstat stat{};
  stat.filetype = d->type;
  stat.flags = static_cast<uint16_t>(d->flags);
  stat.rights_base = d->rights_base;
  stat.rights_inheriting = d->rights_inheriting;
  return store(memory, out, stat);
}

Errno fd_fdstat_set_flags(System& system, Mem, u32 fd, u32 flags) {
  Descriptor* d;
  WJIT_WASI_TRY(system.get(fd, kFdFdstatSetFlags, &d));
  if (flags & ~abi::kFdAll) return Errno::kInval;
  constexpr uint32_t kChangeable = abi::kFdAppend | abi::kFdNonblock;
  if ((flags ^ d->flags) & ~kChangeable) return Errno::kNotsup;  // nor can Linux, once a file is open
  if (!d->borrowed && !d->is_virtual) {
    int status = ::fcntl(d->host, F_GETFL);
    if (status < 0) return host_error();
    status &= ~(O_APPEND | O_NONBLOCK);
    status |= (flags & abi::kFdAppend ? O_APPEND : 0) | (flags & abi::kFdNonblock ? O_NONBLOCK : 0);
    if (::fcntl(d->host, F_SETFL, status) < 0) return host_error();
  }
  d->flags = flags;
  return Errno::kSuccess;
}

Errno fd_fdstat_set_rights(System& system, Mem, u32 fd, u64 base, u64 inheriting) {
  Descriptor* d;
  WJIT_WASI_TRY(system.get(fd, 0, &d));
  if ((base & ~d->rights_base) || (inheriting & ~d->rights_inheriting)) return Errno::kNotcapable;
  d->rights_base = base;
  d->rights_inheriting = inheriting;
  return Errno::kSuccess;
}

Errno fd_filestat_get(System& system, Mem memory, u32 fd, u32 out) {
  abi::Filestat stat;
  WJIT_WASI_TRY(filestat(system, fd, &stat));
  return store(memory, out, stat);
}

Errno fd_filestat_get_unstable(System& system, Mem memory, u32 fd, u32 out) {
  abi::Filestat stat;
  WJIT_WASI_TRY(filestat(system, fd, &stat));
  return store(memory, out, to_unstable(stat));
}

Errno fd_filestat_set_size(System& system, Mem, u32 fd, u64 size) {
  Descriptor* d;
  WJIT_WASI_TRY(system.get_file(fd, kFdFilestatSetSize, &d));
  if (size > INT64_MAX) return Errno::kInval;
  return from_call(uninterrupted([&] { return ::ftruncate(d->host, static_cast<off_t>(size)); }));
}

Errno fd_filestat_set_times(System& system, Mem, u32 fd, u64 atim, u64 mtim, u32 flags) {
  Descriptor* d;
  timespec times[2];
  WJIT_WASI_TRY(system.get(fd, kFdFilestatSetTimes, &d));
  WJIT_WASI_TRY(to_times(atim, mtim, flags, times));
  return from_call(::futimens(d->host, times));
}

Errno fd_prestat_get(System& system, Mem memory, u32 fd, u32 out) {
  Descriptor* d;
  WJIT_WASI_TRY(system.get(fd, 0, &d));
  if (!d->preopen) return Errno::kBadf;  // where wasi-libc stops looking for more
  abi::Prestat prestat{};
  prestat.tag = abi::kPreopenDir;
  prestat.name_len = static_cast<u32>(d->preopen->size());
  return store(memory, out, prestat);
}

Errno fd_prestat_dir_name(System& system, Mem memory, u32 fd, u32 path, u32 path_len) {
  Descriptor* d;
  WJIT_WASI_TRY(system.get(fd, 0, &d));
  if (!d->preopen) return Errno::kBadf;
  if (path_len < d->preopen->size()) return Errno::kNametoolong;
  uint8_t* data;
  WJIT_WASI_TRY(slice(memory, path, d->preopen->size(), &data));
  std::memcpy(data, d->preopen->data(), d->preopen->size());
  return Errno::kSuccess;
}

Errno fd_renumber(System& system, Mem, u32 fd, u32 to) { return system.fds.renumber(fd, to); }

}  // namespace wjit::rt::wasi::calls
