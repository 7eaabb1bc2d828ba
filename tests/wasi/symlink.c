// run: --dir BOX::/box
// Links that stay inside work, wherever they stand in a path; loops end.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void show(const char* path) {
  char buf[64];
  int fd = open(path, O_RDONLY);
  ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof buf);
  if (n < 0) {
    printf("%s: %s\n", path, strerror(errno));
  } else {
    printf("%s: %.*s", path, (int)n, buf);
  }
  if (fd >= 0) close(fd);
}

static void link_to(const char* target, const char* path) {
  int result = symlink(target, path);
  printf("%s -> %s: %s\n", path, target, result ? strerror(errno) : "ok");
}

int main(void) {
  mkdir("/box/d", 0755);
  mkdir("/box/d/e", 0755);
  link_to("hello.txt", "/box/l1");
  link_to("../../hello.txt", "/box/d/e/up");
  link_to("d/e", "/box/short");
  link_to("short/../../l1", "/box/twisted");
  link_to("loop", "/box/loop");
  link_to("ping", "/box/pong");
  link_to("pong", "/box/ping");
  link_to("new.txt", "/box/dangling");
  link_to("hello.txt", "/box/l1");
  show("/box/l1");
  show("/box/d/e/up");
  show("/box/short/up");
  show("/box/twisted");
  show("/box/short/../../hello.txt");
  show("/box/loop");
  show("/box/ping");
  show("/box/dangling");
  int fd = open("/box/dangling", O_CREAT | O_WRONLY, 0644);
  write(fd, "made\n", 5);
  close(fd);
  show("/box/new.txt");

  char buf[64] = {0};
  ssize_t n = readlink("/box/twisted", buf, sizeof buf);
  printf("readlink %zd %s\n", n, buf);
  memset(buf, 0, sizeof buf);
  n = readlink("/box/twisted", buf, 5);
  printf("readlink, short buffer: %zd %s\n", n, buf);
  n = readlink("/box/hello.txt", buf, sizeof buf);
  printf("readlink of a file: %zd %s\n", n, strerror(errno));
  fd = open("/box/l1", O_RDONLY | O_NOFOLLOW);
  printf("O_NOFOLLOW: %s\n", fd < 0 ? strerror(errno) : "OPENED");
  printf("unlink takes the link: %d\n", unlink("/box/l1"));
  show("/box/hello.txt");
  return 0;
}
