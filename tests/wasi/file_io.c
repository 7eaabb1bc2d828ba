// run: --dir BOX::/box
// Write, read, seek, append, truncate, positioned reads and writes, and text through stdio.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static void show(const char* path) {
  char buf[128];
  int fd = open(path, O_RDONLY);
  ssize_t n = read(fd, buf, sizeof buf);
  close(fd);
  printf("%zd bytes: \"", n);
  for (ssize_t i = 0; i < n; i++) printf(buf[i] >= 32 ? "%c" : "\\x%02x", buf[i]);
  printf("\"\n");
}

int main(void) {
  const char* path = "/box/data";
  show("/box/hello.txt");

  int fd = open(path, O_CREAT | O_TRUNC | O_RDWR, 0644);
  printf("write %zd\n", write(fd, "0123456789", 10));
  printf("seek set %lld\n", (long long)lseek(fd, 3, SEEK_SET));
  printf("write %zd\n", write(fd, "abc", 3));
  printf("seek cur %lld\n", (long long)lseek(fd, -1, SEEK_CUR));
  printf("seek end %lld\n", (long long)lseek(fd, 2, SEEK_END));
  printf("seek before the start %lld %s\n", (long long)lseek(fd, -1, SEEK_SET), strerror(errno));
  printf("write past the end %zd\n", write(fd, "x", 1));
  show(path);

  char buf[16] = {0};
  printf("pread %zd", pread(fd, buf, 3, 3));
  printf(" \"%s\"\n", buf);
  printf("pwrite %zd\n", pwrite(fd, "PQ", 2, 8));
  printf("position is still %lld\n", (long long)lseek(fd, 0, SEEK_CUR));
  printf("truncate %d\n", ftruncate(fd, 5));
  show(path);
  printf("extend %d\n", ftruncate(fd, 8));
  show(path);

  struct iovec out[3] = {{"one", 3}, {"", 0}, {"three", 5}};
  lseek(fd, 0, SEEK_SET);
  printf("writev %zd\n", writev(fd, out, 3));
  char a[2], b[6];
  struct iovec in[2] = {{a, sizeof a}, {b, sizeof b}};
  lseek(fd, 0, SEEK_SET);
  printf("readv %zd \"%.2s\" \"%.6s\"\n", readv(fd, in, 2), a, b);
  printf("read at the end %zd\n", read(fd, buf, sizeof buf));
  printf("fsync %d, close %d, close again %d %s\n", fsync(fd), close(fd), close(fd), strerror(errno));

  fd = open(path, O_WRONLY | O_APPEND);
  write(fd, "+1", 2);
  lseek(fd, 0, SEEK_SET);
  write(fd, "+2", 2);
  close(fd);
  show(path);

  FILE* f = fopen("/box/lines.txt", "w");
  for (int i = 0; i < 1000; i++) fprintf(f, "line %d of a file longer than any buffer\n", i);
  printf("ftell %ld\n", ftell(f));
  fclose(f);
  f = fopen("/box/lines.txt", "r");
  int lines = 0;
  char line[64], last[64] = "";
  while (fgets(line, sizeof line, f)) {
    lines++;
    strcpy(last, line);
  }
  printf("%d lines, the last is: %s", lines, last);
  fclose(f);
  return 0;
}
