// run: --dir BOX::/box
// host: exec 2> /dev/full
// host: trap '' XFSZ; ulimit -f 64
// exit: 1
// A device that is full (standard error; wjit says by its exit status that something was lost), and files
// that may have 64 KiB.
#include "errno_check.h"

int main(void) {
  __wasi_ciovec_t out = {buffer, sizeof buffer};
  CHECK(fd_write, (2, &out, 1, &n), NOSPC);
  CHECK(fd_pwrite, (2, &out, 1, 0, &n), NOSPC);

  u64 limit = 64 << 10;
  u32 file = open_at(BOX, "file", __WASI_OFLAGS_CREAT, ALL_RIGHTS, 0, 0);
  CHECK(fd_filestat_set_size, (file, limit), SUCCESS);
  CHECK(fd_filestat_set_size, (file, limit + 1), FBIG);
  CHECK(fd_pwrite, (file, &out, 1, limit - 1, &n), SUCCESS);
  HOLDS(n == 1);  // what there was room for
  CHECK(fd_pwrite, (file, &out, 1, limit, &n), FBIG);
  CHECK(fd_seek, (file, 0, __WASI_WHENCE_END, &at), SUCCESS);
  HOLDS(at == limit);
  CHECK(fd_write, (file, &out, 1, &n), FBIG);
  CHECK(fd_allocate, (file, limit, 1), FBIG);
  return finish();
}
