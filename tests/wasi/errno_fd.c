// run: --dir BOX::/box
// setup: mkfifo box/fifo
// stdin: in
// The functions on descriptors: success, and each error a program can bring about.
#include "errno_check.h"

static __wasi_ciovec_t out[2] = {{(const uint8_t*)"hello ", 6}, {(const uint8_t*)"world", 5}};
static __wasi_iovec_t in = {buffer, sizeof buffer};
static __wasi_iovec_t far_in = {FAR, 64};
static __wasi_ciovec_t far_out = {FAR, 64};
static u32 file, fifo, bare;  // a file and a FIFO with all rights, a file with none

static void reading_and_writing(void) {
  CHECK(fd_write, (file, out, 2, &n), SUCCESS);
  HOLDS(n == 11);
  CHECK(fd_write, (NONE, out, 2, &n), BADF);
  CHECK(fd_write, (bare, out, 2, &n), BADF);  // not opened for writing: POSIX's errno, not NOTCAPABLE
  CHECK(fd_write, (0, out, 2, &n), BADF);
  CHECK(fd_write, (BOX, out, 2, &n), ISDIR);
  CHECK(fd_write, (file, &far_out, 1, &n), FAULT);
  CHECK(fd_write, (file, FAR, 2, &n), FAULT);
  CHECK(fd_write, (file, out, 0x20000000, &n), FAULT);
  CHECK(fd_write, (file, out, 2, FAR), FAULT);
  HOLDS(raw_fd_tell(file, &at) == 0 && at == 11);  // nothing refused has had an effect

  CHECK(fd_seek, (file, -5, __WASI_WHENCE_END, &at), SUCCESS);
  HOLDS(at == 6);
  CHECK(fd_seek, (file, -1, __WASI_WHENCE_SET, &at), INVAL);
  CHECK(fd_seek, (file, INT64_MAX, __WASI_WHENCE_CUR, &at), INVAL);
  CHECK(fd_seek, (file, 0, 3, &at), INVAL);
  CHECK(fd_seek, (NONE, 0, 0, &at), BADF);
  CHECK(fd_seek, (BOX, 0, 0, &at), BADF);
  CHECK(fd_seek, (fifo, 0, 0, &at), SPIPE);
  CHECK(fd_seek, (bare, 0, 0, &at), NOTCAPABLE);
  CHECK(fd_seek, (file, 0, __WASI_WHENCE_SET, FAR), FAULT);
  CHECK(fd_tell, (file, &at), SUCCESS);
  HOLDS(at == 6);
  CHECK(fd_tell, (NONE, &at), BADF);
  CHECK(fd_tell, (fifo, &at), SPIPE);
  CHECK(fd_tell, (bare, &at), NOTCAPABLE);
  CHECK(fd_tell, (file, FAR), FAULT);

  CHECK(fd_read, (file, &in, 1, &n), SUCCESS);
  HOLDS(n == 5 && memcmp(buffer, "world", 5) == 0);
  CHECK(fd_read, (file, &in, 1, &n), SUCCESS);
  HOLDS(n == 0);
  CHECK(fd_read, (0, &in, 1, &n), SUCCESS);
  HOLDS(n == 3 && memcmp(buffer, "in\n", 3) == 0);
  CHECK(fd_read, (NONE, &in, 1, &n), BADF);
  CHECK(fd_read, (bare, &in, 1, &n), BADF);
  CHECK(fd_read, (1, &in, 1, &n), BADF);
  CHECK(fd_read, (BOX, &in, 1, &n), ISDIR);
  CHECK(fd_read, (file, &far_in, 1, &n), FAULT);
  CHECK(fd_read, (file, FAR, 1, &n), FAULT);
  CHECK(fd_read, (file, &in, 1, FAR), FAULT);

  CHECK(fd_pread, (file, &in, 1, 6, &n), SUCCESS);
  HOLDS(n == 5);
  CHECK(fd_pread, (file, &in, 1, ~0ull, &n), INVAL);
  CHECK(fd_pread, (NONE, &in, 1, 0, &n), BADF);
  CHECK(fd_pread, (bare, &in, 1, 0, &n), BADF);
  CHECK(fd_pread, (BOX, &in, 1, 0, &n), ISDIR);
  CHECK(fd_pread, (fifo, &in, 1, 0, &n), SPIPE);
  CHECK(fd_pread, (file, &far_in, 1, 0, &n), FAULT);
  CHECK(fd_pwrite, (file, out, 1, 100, &n), SUCCESS);
  CHECK(fd_pwrite, (file, out, 1, ~0ull, &n), INVAL);
  CHECK(fd_pwrite, (NONE, out, 1, 0, &n), BADF);
  CHECK(fd_pwrite, (bare, out, 1, 0, &n), BADF);
  CHECK(fd_pwrite, (BOX, out, 1, 0, &n), ISDIR);
  CHECK(fd_pwrite, (fifo, out, 1, 0, &n), SPIPE);
  CHECK(fd_pwrite, (file, &far_out, 1, 0, &n), FAULT);
  // Reading and writing without the right to seek: no place can be named.
  u32 stream = open_at(BOX, "file", 0, __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_WRITE, 0, 0);
  CHECK(fd_pread, (stream, &in, 1, 0, &n), NOTCAPABLE);
  CHECK(fd_pwrite, (stream, out, 1, 0, &n), NOTCAPABLE);
}

static void pipes(void) {
  CHECK(fd_read, (fifo, &in, 1, &n), AGAIN);
  __wasi_ciovec_t much = {buffer, sizeof buffer};
  int error = 0;
  for (int i = 0; i < 10000 && !error; i++) error = raw_fd_write(fifo, &much, 1, &n);
  CHECK(fd_write, (fifo, &much, 1, &n), AGAIN);
  CHECK(fd_close, (fifo), SUCCESS);
  u32 reader = open_at(BOX, "fifo", 0, __WASI_RIGHTS_FD_READ, 0, __WASI_FDFLAGS_NONBLOCK);
  u32 writer = open_at(BOX, "fifo", 0, __WASI_RIGHTS_FD_WRITE, 0, __WASI_FDFLAGS_NONBLOCK);
  CHECK(fd_close, (reader), SUCCESS);
  CHECK(fd_write, (writer, out, 1, &n), PIPE);
}

static void size_and_times(void) {
  __wasi_filestat_t stat;
  CHECK(fd_advise, (file, 0, 0, __WASI_ADVICE_SEQUENTIAL), SUCCESS);
  CHECK(fd_advise, (file, 0, 0, 6), INVAL);
  CHECK(fd_advise, (file, ~0ull, 0, 0), INVAL);
  CHECK(fd_advise, (NONE, 0, 0, 0), BADF);
  CHECK(fd_advise, (BOX, 0, 0, 0), BADF);
  CHECK(fd_advise, (fifo, 0, 0, 0), SPIPE);
  CHECK(fd_advise, (bare, 0, 0, 0), NOTCAPABLE);
  CHECK(fd_allocate, (file, 0, 1000), SUCCESS);
  CHECK(fd_allocate, (file, 0, 0), INVAL);
  CHECK(fd_allocate, (file, ~0ull, 1), INVAL);
  CHECK(fd_allocate, (file, INT64_MAX, INT64_MAX), FBIG);
  CHECK(fd_allocate, (NONE, 0, 1), BADF);
  CHECK(fd_allocate, (BOX, 0, 1), BADF);
  CHECK(fd_allocate, (fifo, 0, 1), SPIPE);
  CHECK(fd_allocate, (bare, 0, 1), NOTCAPABLE);
  CHECK(fd_sync, (file), SUCCESS);
  CHECK(fd_sync, (NONE), BADF);
  CHECK(fd_sync, (fifo), INVAL);
  CHECK(fd_sync, (bare), NOTCAPABLE);
  CHECK(fd_datasync, (file), SUCCESS);
  CHECK(fd_datasync, (NONE), BADF);
  CHECK(fd_datasync, (fifo), INVAL);
  CHECK(fd_datasync, (bare), NOTCAPABLE);
  CHECK(fd_filestat_set_size, (file, 7), SUCCESS);
  CHECK(fd_filestat_set_size, (file, ~0ull), INVAL);
  CHECK(fd_filestat_set_size, (NONE, 0), BADF);
  CHECK(fd_filestat_set_size, (BOX, 0), BADF);
  CHECK(fd_filestat_set_size, (bare, 0), NOTCAPABLE);
  CHECK(fd_filestat_get, (file, &stat), SUCCESS);
  HOLDS(stat.size == 7 && stat.filetype == __WASI_FILETYPE_REGULAR_FILE && stat.nlink == 1);
  CHECK(fd_filestat_get, (NONE, &stat), BADF);
  CHECK(fd_filestat_get, (bare, &stat), NOTCAPABLE);
  CHECK(fd_filestat_get, (file, FAR), FAULT);
  u32 both = __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_MTIM;
  CHECK(fd_filestat_set_times, (file, 5000000000ull, 7, both), SUCCESS);
  HOLDS(raw_fd_filestat_get(file, &stat) == 0 && stat.atim == 5000000000ull && stat.mtim == 7);
  CHECK(fd_filestat_set_times, (file, 0, 0, __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_ATIM_NOW), INVAL);
  CHECK(fd_filestat_set_times, (file, 0, 0, 0x10), INVAL);
  CHECK(fd_filestat_set_times, (NONE, 0, 0, 0), BADF);
  CHECK(fd_filestat_set_times, (bare, 0, 0, 0), NOTCAPABLE);
}

static void flags_and_rights(void) {
  __wasi_fdstat_t stat;
  CHECK(fd_fdstat_set_flags, (file, __WASI_FDFLAGS_APPEND), SUCCESS);
  CHECK(fd_fdstat_set_flags, (file, 0x20), INVAL);
  CHECK(fd_fdstat_set_flags, (file, __WASI_FDFLAGS_APPEND | __WASI_FDFLAGS_SYNC), NOTSUP);
  CHECK(fd_fdstat_set_flags, (NONE, 0), BADF);
  CHECK(fd_fdstat_set_flags, (bare, 0), NOTCAPABLE);
  CHECK(fd_fdstat_get, (file, &stat), SUCCESS);
  HOLDS(stat.fs_flags == __WASI_FDFLAGS_APPEND && stat.fs_filetype == __WASI_FILETYPE_REGULAR_FILE);
  CHECK(fd_fdstat_get, (NONE, &stat), BADF);
  CHECK(fd_fdstat_get, (file, FAR), FAULT);
  CHECK(fd_fdstat_set_rights, (file, __WASI_RIGHTS_FD_READ, 0), SUCCESS);
  CHECK(fd_fdstat_set_rights, (file, __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_WRITE, 0), NOTCAPABLE);
  CHECK(fd_fdstat_set_rights, (file, 0, __WASI_RIGHTS_FD_READ), NOTCAPABLE);
  CHECK(fd_fdstat_set_rights, (NONE, 0, 0), BADF);
  CHECK(fd_seek, (file, 0, 0, &at), NOTCAPABLE);
}

static void directories(void) {
  __wasi_prestat_t prestat;
  CHECK(fd_prestat_get, (BOX, &prestat), SUCCESS);
  HOLDS(prestat.tag == __WASI_PREOPENTYPE_DIR && prestat.u.dir.pr_name_len == 4);
  CHECK(fd_prestat_get, (NONE, &prestat), BADF);
  CHECK(fd_prestat_get, (file, &prestat), BADF);
  CHECK(fd_prestat_get, (BOX, FAR), FAULT);
  CHECK(fd_prestat_dir_name, (BOX, buffer, 4), SUCCESS);
  HOLDS(memcmp(buffer, "/box", 4) == 0);
  CHECK(fd_prestat_dir_name, (BOX, buffer, 3), NAMETOOLONG);
  CHECK(fd_prestat_dir_name, (BOX, FAR, 4), FAULT);
  CHECK(fd_prestat_dir_name, (NONE, buffer, 4), BADF);
  CHECK(fd_prestat_dir_name, (file, buffer, 4), BADF);
  CHECK(fd_readdir, (BOX, buffer, sizeof buffer, 0, &n), SUCCESS);
  HOLDS(n > sizeof(__wasi_dirent_t) && n < sizeof buffer);
  CHECK(fd_readdir, (NONE, buffer, sizeof buffer, 0, &n), BADF);
  CHECK(fd_readdir, (file, buffer, sizeof buffer, 0, &n), NOTDIR);
  CHECK(fd_readdir, (BOX, FAR, 64, 0, &n), FAULT);
  CHECK(fd_readdir, (BOX, buffer, sizeof buffer, 0, FAR), FAULT);
  CHECK(fd_readdir, (BOX, buffer, sizeof buffer, ~0ull, &n), INVAL);
  raw_path_create_directory(BOX, S("dir"));
  u32 dir = open_at(BOX, "dir", __WASI_OFLAGS_DIRECTORY, ALL_RIGHTS, 0, 0);
  raw_path_remove_directory(BOX, S("dir"));
  CHECK(fd_readdir, (dir, buffer, sizeof buffer, 0, &n), NOENT);
  CHECK(fd_fdstat_set_rights, (dir, 0, 0), SUCCESS);
  CHECK(fd_readdir, (dir, buffer, sizeof buffer, 0, &n), NOTCAPABLE);
}

static void numbers(void) {
  CHECK(fd_renumber, (file, NONE), BADF);
  CHECK(fd_renumber, (NONE, file), BADF);
  CHECK(fd_renumber, (file, file), SUCCESS);
  CHECK(fd_renumber, (bare, file), SUCCESS);
  CHECK(fd_close, (bare), BADF);
  CHECK(fd_close, (file), SUCCESS);
  CHECK(fd_close, (file), BADF);
}

int main(void) {
  file = open_at(BOX, "file", __WASI_OFLAGS_CREAT | __WASI_OFLAGS_EXCL, ALL_RIGHTS, 0, 0);
  fifo = open_at(BOX, "fifo", 0, ALL_RIGHTS, 0, __WASI_FDFLAGS_NONBLOCK);
  bare = open_at(BOX, "file", 0, 0, 0, 0);
  reading_and_writing();
  size_and_times();
  pipes();
  flags_and_rights();
  directories();
  numbers();
  return finish();
}
