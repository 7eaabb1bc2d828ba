// run: --dir BOX::/box
// not: sanitized
// As many descriptors as there can be: the host's, or where it has more the guest's table. (UBSan cannot look at memory
// when the process has no descriptor left, and takes that for a mistake.)
#include "errno_check.h"

int main(void) {
  u32 fd;
  int error = 0;
  for (int i = 0; i < 70000 && !error; i++) error = raw_path_open(BOX, 0, S("hello.txt"), 0, 0, 0, 0, &fd);
  CHECK(path_open, (BOX, 0, S("hello.txt"), 0, 0, 0, 0, &fd), MFILE);
  CHECK(path_open, (BOX, 0, S("x"), __WASI_OFLAGS_CREAT, ALL_RIGHTS, 0, 0, &fd), MFILE);
  return finish();
}
