// run: --dir BOX::/box
// with: sockets stream, failing host
// host: ulimit -Sn 200
// As many descriptors as the host's process can have. (The failing host is for builds with UBSan.)
#include "errno_check.h"

int main(void) {
  u32 fd;
  int error = 0;
  for (int i = 0; i < 70000 && !error; i++) error = raw_path_open(BOX, 0, S("hello.txt"), 0, 0, 0, 0, &fd);
  CHECK(path_open, (BOX, 0, S("hello.txt"), 0, 0, 0, 0, &fd), MFILE);
  CHECK(path_open, (BOX, 0, S("x"), __WASI_OFLAGS_CREAT, ALL_RIGHTS, 0, 0, &fd), MFILE);
  CHECK(sock_accept, (2, 0, &n), MFILE);
  return finish();
}
