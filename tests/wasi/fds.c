// run: --dir BOX::/box
// Descriptors that are not there, not open for that, renumbered, closed; lowest free number; rights.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wasi/api.h>

static void report(const char* what, long long result) {
  if (result < 0) {
    printf("%s: %s\n", what, strerror(errno));
  } else {
    printf("%s: %lld\n", what, result);
  }
}

int main(void) {
  char c;
  struct stat s;
  report("read 99", read(99, &c, 1));
  report("write 99", write(99, &c, 1));
  report("close 99", close(99));
  report("fstat -1", fstat(-1, &s));
  report("lseek 99", lseek(99, 0, SEEK_SET));
  report("lseek on a pipe", lseek(0, 0, SEEK_SET) < 0 ? 0 : 0);
  int r = open("/box/hello.txt", O_RDONLY);
  int w = open("/box/w", O_CREAT | O_WRONLY, 0644);
  report("write to a reader", write(r, "x", 1) < 0 ? 0 : 1);
  report("read from a writer", read(w, &c, 1) < 0 ? 0 : 1);
  report("read a folder", read(3, &c, 1) < 0 ? 0 : 1);
  report("first descriptors in order", r == 4 && w == 5 ? 0 : r * 100 + w);
  report("renumber", __wasi_fd_renumber(r, w));
  report("the old one is gone", read(r, &c, 1));
  report("the new one reads", read(w, &c, 1));
  report("renumber a missing one", __wasi_fd_renumber(77, w) ? 0 : 1);
  report("renumber onto itself", __wasi_fd_renumber(w, w));
  report("O_APPEND by fcntl", fcntl(open("/box/a", O_CREAT | O_WRONLY, 0644), F_SETFL, O_APPEND));
  printf("isatty of a file: %d\n", isatty(w));
  report("close", close(w));
  report("close again", close(w));
  __wasi_prestat_t prestat;
  printf("prestat 3: %d, name of %u bytes\n", __wasi_fd_prestat_get(3, &prestat), (unsigned)prestat.u.dir.pr_name_len);
  char name[16] = {0};
  printf("prestat name %d \"%s\"\n", __wasi_fd_prestat_dir_name(3, (uint8_t*)name, prestat.u.dir.pr_name_len), name);
  printf("prestat of what is no preopen: %s\n", __wasi_fd_prestat_get(1, &prestat) ? "refused" : "GIVEN");
  fflush(stdout);
  close(1);
  return printf("unseen\n") < 0 || fflush(stdout) != 0 ? 0 : 9;
}
