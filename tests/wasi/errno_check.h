// What the errno_*.c programs share. They call the functions of WASI preview 1 as they are, past wasi-libc:
// each in success and in every way of being refused that a program can bring about. In the end a program
// prints, for each function, which errors it has seen given where they were expected: that is its NAME.out,
// and tests/docs/wasi_errors.sh holds the table of docs/wasi.md against it.
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <wasi/api.h>

#define IMPORT(name, ...) \
  __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name))) int raw_##name(__VA_ARGS__)
typedef uint32_t u32;
typedef uint64_t u64;
IMPORT(args_get, void* argv, void* buf);
IMPORT(args_sizes_get, u32* count, u32* size);
IMPORT(environ_get, void* environ, void* buf);
IMPORT(environ_sizes_get, u32* count, u32* size);
IMPORT(clock_res_get, u32 id, u64* out);
IMPORT(clock_time_get, u32 id, u64 precision, u64* out);
IMPORT(fd_advise, u32 fd, u64 offset, u64 len, u32 advice);
IMPORT(fd_allocate, u32 fd, u64 offset, u64 len);
IMPORT(fd_close, u32 fd);
IMPORT(fd_datasync, u32 fd);
IMPORT(fd_fdstat_get, u32 fd, __wasi_fdstat_t* out);
IMPORT(fd_fdstat_set_flags, u32 fd, u32 flags);
IMPORT(fd_fdstat_set_rights, u32 fd, u64 base, u64 inheriting);
IMPORT(fd_filestat_get, u32 fd, __wasi_filestat_t* out);
IMPORT(fd_filestat_set_size, u32 fd, u64 size);
IMPORT(fd_filestat_set_times, u32 fd, u64 atim, u64 mtim, u32 flags);
IMPORT(fd_pread, u32 fd, const __wasi_iovec_t* iovs, u32 count, u64 offset, u32* out);
IMPORT(fd_prestat_get, u32 fd, __wasi_prestat_t* out);
IMPORT(fd_prestat_dir_name, u32 fd, void* path, u32 size);
IMPORT(fd_pwrite, u32 fd, const __wasi_ciovec_t* iovs, u32 count, u64 offset, u32* out);
IMPORT(fd_read, u32 fd, const __wasi_iovec_t* iovs, u32 count, u32* out);
IMPORT(fd_readdir, u32 fd, void* buf, u32 size, u64 cookie, u32* out);
IMPORT(fd_renumber, u32 fd, u32 to);
IMPORT(fd_seek, u32 fd, int64_t offset, u32 whence, u64* out);
IMPORT(fd_sync, u32 fd);
IMPORT(fd_tell, u32 fd, u64* out);
IMPORT(fd_write, u32 fd, const __wasi_ciovec_t* iovs, u32 count, u32* out);
IMPORT(path_create_directory, u32 fd, const char* path, u32 size);
IMPORT(path_filestat_get, u32 fd, u32 flags, const char* path, u32 size, __wasi_filestat_t* out);
IMPORT(path_filestat_set_times, u32 fd, u32 flags, const char* path, u32 size, u64 atim, u64 mtim,
       u32 fst_flags);
IMPORT(path_link, u32 fd, u32 flags, const char* path, u32 size, u32 new_fd, const char* new_path,
       u32 new_size);
IMPORT(path_open, u32 fd, u32 dirflags, const char* path, u32 size, u32 oflags, u64 base, u64 inheriting,
       u32 fdflags, u32* out);
IMPORT(path_readlink, u32 fd, const char* path, u32 size, void* buf, u32 buf_size, u32* out);
IMPORT(path_remove_directory, u32 fd, const char* path, u32 size);
IMPORT(path_rename, u32 fd, const char* path, u32 size, u32 new_fd, const char* new_path, u32 new_size);
IMPORT(path_symlink, const char* target, u32 target_size, u32 fd, const char* path, u32 size);
IMPORT(path_unlink_file, u32 fd, const char* path, u32 size);
IMPORT(poll_oneoff, const __wasi_subscription_t* in, __wasi_event_t* out, u32 count, u32* events);
IMPORT(sched_yield, void);
IMPORT(random_get, void* buf, u32 size);
IMPORT(sock_accept, u32 fd, u32 flags, u32* out);
IMPORT(sock_recv, u32 fd, const __wasi_iovec_t* iovs, u32 count, u32 flags, u32* size, uint16_t* out_flags);
IMPORT(sock_send, u32 fd, const __wasi_ciovec_t* iovs, u32 count, u32 flags, u32* size);
IMPORT(sock_shutdown, u32 fd, u32 how);

#define ALL_RIGHTS (~(u64)0)
#define BOX 3                     // the preopened directory
#define NONE 99                   // a descriptor that is not open
#define FAR ((void*)0xfffffff0u)  // past the memory's end
#define FOLLOW __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW
#define S(text) (text), (sizeof(text) - 1)  // a path, as the two arguments it is given in

static u32 n, n2;
static u64 at;
static uint8_t buffer[4096];

static int wrong;
static struct {
  const char* name;
  const char* errors[80];  // by number
} functions[64];

static void note(const char* function, int number, const char* error) {
  for (int i = 0; i < 64; i++) {
    if (!functions[i].name) functions[i].name = function;
    if (strcmp(functions[i].name, function)) continue;
    functions[i].errors[number] = error;
    return;
  }
}

// CHECK(function, (arguments), ERRNO)
static void check(int line, const char* call, const char* function, int found, int expected,
                  const char* error) {
  note(function, expected, error);
  if (found == expected) return;
  wrong++;
  printf("line %d: %s: found errno %d, expected %s (%d)\n", line, call, found, error, expected);
}
#define CHECK(function, arguments, error) \
  check(__LINE__, #function #arguments, #function, raw_##function arguments, __WASI_ERRNO_##error, #error)

__attribute__((unused)) static void holds(int line, const char* what, int true) {
  if (true) return;
  wrong++;
  printf("line %d: not so: %s\n", line, what);
}
#define HOLDS(what) holds(__LINE__, #what, (what))

__attribute__((unused)) static u32 open_at(u32 dir, const char* path, u32 oflags, u64 rights, u64 inheriting,
                                           u32 fdflags) {
  u32 fd = NONE;
  int error = raw_path_open(dir, FOLLOW, path, strlen(path), oflags, rights, inheriting, fdflags, &fd);
  if (error) wrong++, printf("cannot open %s: errno %d\n", path, error);
  return fd;
}

// What was checked, and the exit status.
static int finish(void) {
  for (int i = 0; functions[i].name; i++) {
    printf("%s:", functions[i].name);
    for (int e = 0; e < 80; e++)
      if (functions[i].errors[e]) printf(" %s", functions[i].errors[e]);
    printf("\n");
  }
  if (wrong) printf("%d wrong\n", wrong);
  return wrong != 0;
}
