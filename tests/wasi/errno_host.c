// run: --dir BOX::/box --dir OTHER::/other
// with: failing host
// setup: mkdir -m 0 box/locked
// What the host's file systems and disks refuse. A name with a = says which call of the host fails, and how
// (host/fail_host.c); permissions and a second file system are real.
#include "errno_check.h"

#define OTHER 4  // a folder in another file system than the box's, where this machine has one
#define CREATE __WASI_OFLAGS_CREAT
static __wasi_filestat_t stat;
static u32 fd;

static u32 make(const char* name) { return open_at(BOX, name, CREATE, ALL_RIGHTS, 0, 0); }

static void descriptors(void) {
  __wasi_iovec_t in = {buffer, sizeof buffer};
  __wasi_ciovec_t out = {buffer, sizeof buffer};
  CHECK(fd_read, (make("readv=EIO"), &in, 1, &n), IO);
  CHECK(fd_pread, (make("preadv=EIO"), &in, 1, 0, &n), IO);
  CHECK(fd_write, (make("writev=EIO"), &out, 1, &n), IO);
  CHECK(fd_write, (make("writev=ENOSPC"), &out, 1, &n), NOSPC);
  CHECK(fd_pwrite, (make("pwritev=EIO"), &out, 1, 0, &n), IO);
  CHECK(fd_pwrite, (make("pwritev=ENOSPC"), &out, 1, 0, &n), NOSPC);
  CHECK(fd_sync, (make("fsync=EIO")), IO);
  CHECK(fd_sync, (make("fsync=ENOSPC")), NOSPC);
  CHECK(fd_datasync, (make("fdatasync=EIO")), IO);
  CHECK(fd_datasync, (make("fdatasync=ENOSPC")), NOSPC);
  CHECK(fd_allocate, (make("fallocate=ENOSPC"), 0, 1), NOSPC);
  CHECK(fd_allocate, (make("fallocate=ENOTSUP"), 0, 1), NOTSUP);
  u32 lost = make("close=EIO");
  CHECK(fd_close, (lost), IO);
  CHECK(fd_close, (lost), BADF);  // it was closed all the same
}

// ARGUMENTS(path) are those of the call, path being two of them.
#define REFUSED(function, ARGUMENTS, error) CHECK(function, ARGUMENTS(S("any=E" #error)), error)
#define OF_ANY(function, ARGUMENTS)                 \
  CHECK(function, ARGUMENTS(S("locked/x")), ACCES); \
  REFUSED(function, ARGUMENTS, IO)
#define OF_CHANGING(function, ARGUMENTS) \
  OF_ANY(function, ARGUMENTS);           \
  REFUSED(function, ARGUMENTS, ROFS)
#define OF_MAKING(function, ARGUMENTS) \
  OF_CHANGING(function, ARGUMENTS);    \
  REFUSED(function, ARGUMENTS, NOSPC); \
  REFUSED(function, ARGUMENTS, DQUOT)

#define NAME(...) (BOX, __VA_ARGS__)
#define SYMLINK(...) (S("file"), BOX, __VA_ARGS__)
#define READLINK(...) (BOX, __VA_ARGS__, buffer, sizeof buffer, &n)
#define FILESTAT_GET(...) (BOX, 0, __VA_ARGS__, &stat)
#define SET_TIMES(...) (BOX, 0, __VA_ARGS__, 9, 9, __WASI_FSTFLAGS_MTIM)
#define LINK_FROM(...) (BOX, 0, __VA_ARGS__, BOX, S("new"))
#define LINK_TO(...) (BOX, 0, S("file"), BOX, __VA_ARGS__)
#define RENAME_FROM(...) (BOX, __VA_ARGS__, BOX, S("new"))
#define RENAME_TO(...) (BOX, S("file"), BOX, __VA_ARGS__)
#define OPEN(...) (BOX, 0, __VA_ARGS__, CREATE, ALL_RIGHTS, 0, 0, &fd)

static void paths(void) {
  OF_MAKING(path_create_directory, NAME);
  OF_MAKING(path_symlink, SYMLINK);
  OF_MAKING(path_link, LINK_FROM);
  OF_MAKING(path_link, LINK_TO);
  REFUSED(path_link, LINK_FROM, MLINK);
  OF_MAKING(path_rename, RENAME_FROM);
  OF_MAKING(path_rename, RENAME_TO);
  OF_MAKING(path_open, OPEN);
  REFUSED(path_open, OPEN, NFILE);
  REFUSED(path_open, OPEN, TXTBSY);
  OF_ANY(path_readlink, READLINK);
  OF_ANY(path_filestat_get, FILESTAT_GET);
  OF_ANY(path_filestat_set_times, SET_TIMES);
  make("utimensat=EROFS");
  CHECK(path_filestat_set_times, SET_TIMES(S("utimensat=EROFS")), ROFS);
  OF_CHANGING(path_remove_directory, NAME);
  REFUSED(path_remove_directory, NAME, BUSY);
  OF_CHANGING(path_unlink_file, NAME);
  REFUSED(path_unlink_file, NAME, BUSY);
}

static u64 device_of(u32 dir) { return raw_path_filestat_get(dir, 0, S("."), &stat) ? 0 : stat.dev; }

static void other_file_system(void) {
  const char* new = "any=EXDEV";
  if (device_of(BOX) != device_of(OTHER))
    new = "new";
  else
    fprintf(stderr, "no second file system here: the host's calls were made to fail\n");
  CHECK(path_link, (BOX, 0, S("file"), OTHER, new, strlen(new)), XDEV);
  CHECK(path_rename, (BOX, S("file"), OTHER, new, strlen(new)), XDEV);
}

int main(void) {
  make("file");
  descriptors();
  paths();
  other_file_system();
  return finish();
}
