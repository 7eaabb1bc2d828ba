// run: --dir BOX::/box
// rename, link, unlink, and the flags that make open refuse.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void report(const char* what, int result) {
  printf("%s: %s\n", what, result < 0 ? strerror(errno) : "ok");
  if (result > 3) close(result);
}

static void put(const char* path, const char* text) {
  int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0644);
  write(fd, text, strlen(text));
  close(fd);
}

static void show(const char* path) {
  char buf[64];
  int fd = open(path, O_RDONLY);
  ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof buf);
  if (n < 0) {
    printf("%s: %s\n", path, strerror(errno));
  } else {
    printf("%s: \"%.*s\"\n", path, (int)n, buf);
  }
  close(fd);
}

int main(void) {
  put("/box/a", "first");
  put("/box/b", "second");
  mkdir("/box/d", 0755);
  report("rename", rename("/box/a", "/box/c"));
  show("/box/a");
  show("/box/c");
  report("rename over a file", rename("/box/c", "/box/b"));
  show("/box/b");
  report("rename into a folder", rename("/box/b", "/box/d/b"));
  show("/box/d/b");
  report("rename over a folder", rename("/box/d/b", "/box/d"));
  report("rename of nothing", rename("/box/none", "/box/some"));
  report("rename a folder", rename("/box/d", "/box/e"));
  show("/box/e/b");
  report("link", link("/box/e/b", "/box/linked"));
  report("unlink the first name", unlink("/box/e/b"));
  show("/box/linked");
  report("unlink a folder", unlink("/box/e") == 0 ? 0 : (errno = EISDIR, -1));  // EPERM or EISDIR, by system

  report("open of nothing", open("/box/none", O_RDONLY));
  report("open O_EXCL of what exists", open("/box/linked", O_CREAT | O_EXCL | O_WRONLY, 0644));
  report("open O_EXCL of what does not", open("/box/new", O_CREAT | O_EXCL | O_WRONLY, 0644));
  report("open O_DIRECTORY of a file", open("/box/linked", O_RDONLY | O_DIRECTORY));
  report("open O_DIRECTORY of a folder", open("/box/e", O_RDONLY | O_DIRECTORY));
  report("open through a file", open("/box/linked/x", O_RDONLY));
  report("write to a folder", open("/box/e", O_WRONLY));
  report("trailing slash on a file", open("/box/linked/", O_RDONLY));
  report("dots inside", open("/box/e/../linked", O_RDONLY));
  report("dot", open("/box/./././linked", O_RDONLY));
  report("the preopen itself", open("/box", O_RDONLY | O_DIRECTORY));
  report("a relative path has no preopen here", open("linked", O_RDONLY) < 0 ? 0 : -1);
  return 0;
}
