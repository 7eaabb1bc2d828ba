// Files in memory, without a name.
#pragma once
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>

namespace wjit::rt {

// One of `bytes` bytes, all zero; below 0, with errno, where the host refuses. `name` is for people.
inline int anonymous_file(const char* name, size_t bytes, unsigned flags = 0) {
  // Past this limit ftruncate does not just fail, it sends SIGXFSZ.
  rlimit limit;
  if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < bytes) {
    errno = EFBIG;
    return -1;
  }
  int fd = memfd_create(name, MFD_CLOEXEC | flags);
  // Older kernels do not know all flags.
  if (fd < 0 && errno == EINVAL && flags != 0) fd = memfd_create(name, MFD_CLOEXEC);
  if (fd < 0 || ftruncate(fd, off_t(bytes)) == 0) return fd;
  const int why = errno;
  close(fd);
  errno = why;
  return -1;
}

}  // namespace wjit::rt
