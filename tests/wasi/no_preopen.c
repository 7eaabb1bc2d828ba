// Without --dir there is no file system at all.
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <wasi/api.h>

int main(void) {
  struct stat s;
  __wasi_prestat_t p;
  printf("open: %s\n", open("/etc/passwd", O_RDONLY) < 0 ? "refused" : "OPENED");
  printf("open: %s\n", open("etc/passwd", O_RDONLY) < 0 ? "refused" : "OPENED");
  printf("create: %s\n", open("created", O_CREAT | O_WRONLY, 0644) < 0 ? "refused" : "CREATED");
  printf("stat: %s\n", stat("/", &s) < 0 ? "refused" : "KNOWN");
  printf("opendir: %s\n", opendir("/") ? "OPENED" : "refused");
  printf("descriptor 3: %s\n", __wasi_fd_prestat_get(3, &p) == __WASI_ERRNO_BADF ? "bad" : "THERE");
  return 0;
}
