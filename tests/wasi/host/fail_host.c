// Loaded into the host by LD_PRELOAD (tests/wasi/run.sh, "with: failing host"): makes its calls fail where
// the guest asks for it, as they do on a broken or full disk that no test can have. The guest asks by a name:
// a call that meets a path whose last name is CALL=ERRNO, or a descriptor of that name, fails with that error
// if it is CALL (as this file writes it) or CALL is "any". A dot ends the error's name. So "fsync=EIO" is a
// file that cannot be synced, and "any=EROFS" a name that cannot be made, removed or opened. Every other call
// goes on to libc.
//
// Besides:
// - A process of root's gives up the powers to pass over the permissions of files: EACCES comes from the
//   kernel.
// - UBSan asks for a pipe when it wants to know whether memory can be read, and takes it for unreadable where
//   it gets none. A process that has no descriptor left gets one: the (soft) limit is lifted for as long.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

// The function of this name in libc, or in what else comes behind this library.
#define REAL(name) ((__typeof__(&name))next(#name))
static void* next(const char* name) { return dlsym(RTLD_NEXT, name); }

static int error_named(const char* name, size_t size) {
  static const struct {
    const char* name;
    int number;
  } kErrors[] = {{"EBUSY", EBUSY},   {"ECONNABORTED", ECONNABORTED},
                 {"EDQUOT", EDQUOT}, {"EIO", EIO},
                 {"EMLINK", EMLINK}, {"ENFILE", ENFILE},
                 {"ENOSPC", ENOSPC}, {"ENOTSUP", ENOTSUP},
                 {"EROFS", EROFS},   {"ETXTBSY", ETXTBSY},
                 {"EXDEV", EXDEV}};
  for (size_t i = 0; i < sizeof kErrors / sizeof *kErrors; i++)
    if (strlen(kErrors[i].name) == size && memcmp(kErrors[i].name, name, size) == 0) return kErrors[i].number;
  return 0;
}

// Whether this call on this path is to fail; errno then says with what.
static int fails(const char* call, const char* path) {
  const char* slash = strrchr(path, '/');
  const char* name = slash ? slash + 1 : path;
  const char* equals = strchr(name, '=');
  if (!equals) return 0;
  size_t size = (size_t)(equals - name);
  int is_call =
      (size == 3 && memcmp(name, "any", 3) == 0) || (size == strlen(call) && memcmp(name, call, size) == 0);
  int error = is_call ? error_named(equals + 1, strcspn(equals + 1, ".")) : 0;
  if (error) errno = error;
  return error != 0;
}

static int fails_fd(const char* call, int fd) {
  char link[32], path[4096];
  int saved = errno;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t size = REAL(readlinkat)(AT_FDCWD, link, path, sizeof path - 1);
  errno = saved;
  if (size < 0) return 0;
  path[size] = 0;
  return fails(call, path);
}

// The address a socket is bound to, in no file system: a NUL and the name.
static int fails_socket(const char* call, int fd) {
  struct sockaddr_un address = {0};
  socklen_t size = sizeof address - 1;
  int saved = errno;
  if (getsockname(fd, (struct sockaddr*)&address, &size) != 0 || address.sun_family != AF_UNIX ||
      size <= offsetof(struct sockaddr_un, sun_path)) {
    errno = saved;
    return 0;
  }
  return fails(call, address.sun_path + 1);
}

// HOST_CALL(what it returns, its name, its arguments, those to call it with, whether it fails)
#define HOST_CALL(type, name, arguments, values, condition) \
  type name arguments {                                     \
    if (condition) return -1;                               \
    return REAL(name) values;                               \
  }
#define FD_CALL(type, name, arguments, values) HOST_CALL(type, name, arguments, values, fails_fd(#name, fd))

FD_CALL(int, fsync, (int fd), (fd))
FD_CALL(int, fdatasync, (int fd), (fd))
FD_CALL(int, fallocate, (int fd, int mode, off_t offset, off_t size), (fd, mode, offset, size))
FD_CALL(ssize_t, readv, (int fd, const struct iovec* list, int count), (fd, list, count))
FD_CALL(ssize_t, writev, (int fd, const struct iovec* list, int count), (fd, list, count))
FD_CALL(ssize_t, preadv, (int fd, const struct iovec* list, int count, off_t at), (fd, list, count, at))
FD_CALL(ssize_t, pwritev, (int fd, const struct iovec* list, int count, off_t at), (fd, list, count, at))
HOST_CALL(int, mkdirat, (int dir, const char* path, mode_t mode), (dir, path, mode), fails("mkdirat", path))
HOST_CALL(int, unlinkat, (int dir, const char* path, int flags), (dir, path, flags), fails("unlinkat", path))
HOST_CALL(int, symlinkat, (const char* target, int dir, const char* path), (target, dir, path),
          fails("symlinkat", path))
HOST_CALL(int, linkat, (int dir, const char* path, int new_dir, const char* new_path, int flags),
          (dir, path, new_dir, new_path, flags), fails("linkat", path) || fails("linkat", new_path))
HOST_CALL(int, renameat, (int dir, const char* path, int new_dir, const char* new_path),
          (dir, path, new_dir, new_path), fails("renameat", path) || fails("renameat", new_path))
HOST_CALL(int, utimensat, (int fd, const char* path, const struct timespec times[2], int flags),
          (fd, path, times, flags), *path ? fails("utimensat", path) : fails_fd("utimensat", fd))
HOST_CALL(ssize_t, readlinkat, (int fd, const char* path, char* buffer, size_t size),
          (fd, path, buffer, size), *path ? fails("readlinkat", path) : fails_fd("readlinkat", fd))
HOST_CALL(int, accept4, (int fd, struct sockaddr* address, socklen_t* size, int flags),
          (fd, address, size, flags), fails_socket("accept4", fd))

// It is closed all the same, as by the kernel.
int close(int fd) {
  int failed = fails_fd("close", fd), error = errno;
  int result = REAL(close)(fd);
  if (!failed || result != 0) return result;
  errno = error;
  return -1;
}

// The two ways files are opened: runtime/wasi/path_lookup.cpp. Both are "open".
int openat(int dir, const char* path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0;
  va_end(list);
  return fails("open", path) ? -1 : REAL(openat)(dir, path, flags, mode);
}

long syscall(long number, ...) {
  va_list list;
  long a[6];
  va_start(list, number);
  for (int i = 0; i < 6; i++) a[i] = va_arg(list, long);
  va_end(list);
  if (number == SYS_openat2 && fails("open", (const char*)a[1])) return -1;
  return REAL(syscall)(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int pipe(int ends[2]) {
  struct rlimit limit, lifted;
  int result = REAL(pipe)(ends);
  if (result == 0 || errno != EMFILE || getrlimit(RLIMIT_NOFILE, &limit) != 0) return result;
  lifted = limit;
  lifted.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &lifted) != 0) return -1;
  result = REAL(pipe)(ends);
  setrlimit(RLIMIT_NOFILE, &limit);
  return result;
}

__attribute__((constructor)) static void obey_permissions(void) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct powers[2];
  if (REAL(syscall)(SYS_capget, &header, powers) != 0) return;
  powers[0].effective &= ~(1u << CAP_DAC_OVERRIDE | 1u << CAP_DAC_READ_SEARCH);
  REAL(syscall)(SYS_capset, &header, powers);
}
