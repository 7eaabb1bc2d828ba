// run: --dir BOX::/box
// Kinds, sizes, link counts, identity and times.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wasi/api.h>

static const char* kind(mode_t mode) {
  return S_ISREG(mode) ? "file" : S_ISDIR(mode) ? "folder" : S_ISLNK(mode) ? "link" : "other";
}

int main(void) {
  struct stat s, t;
  printf("stat %d: ", stat("/box/hello.txt", &s));
  printf("%s of %lld bytes, %d name\n", kind(s.st_mode), (long long)s.st_size, (int)s.st_nlink);
  printf("stat %d: ", stat("/box", &s));
  printf("%s\n", kind(s.st_mode));
  printf("stat %d: ", stat("/box/none", &s));
  printf("%s\n", strerror(errno));

  int fd = open("/box/f", O_CREAT | O_RDWR, 0644);
  write(fd, "12345", 5);
  printf("fstat %d: ", fstat(fd, &s));
  printf("%s of %lld bytes\n", kind(s.st_mode), (long long)s.st_size);
  stat("/box/f", &t);
  printf("the same file: %s\n", s.st_ino == t.st_ino && s.st_dev == t.st_dev ? "yes" : "NO");
  link("/box/f", "/box/g");
  fstat(fd, &s);
  printf("%d names\n", (int)s.st_nlink);

  symlink("hello.txt", "/box/to-hello");
  printf("lstat %d: ", lstat("/box/to-hello", &s));
  printf("%s of %lld bytes\n", kind(s.st_mode), (long long)s.st_size);
  printf("stat %d: ", stat("/box/to-hello", &s));
  printf("%s of %lld bytes\n", kind(s.st_mode), (long long)s.st_size);

  struct timespec times[2] = {{1000000000, 123456789}, {1234567890, 987654321}};
  printf("futimens %d\n", futimens(fd, times));
  fstat(fd, &s);
  printf("atime %lld.%09ld mtime %lld.%09ld\n", (long long)s.st_atim.tv_sec, s.st_atim.tv_nsec,
         (long long)s.st_mtim.tv_sec, s.st_mtim.tv_nsec);
  times[0].tv_nsec = UTIME_OMIT;
  times[1].tv_sec = 7;
  times[1].tv_nsec = 8;
  printf("utimensat %d\n", utimensat(AT_FDCWD, "/box/f", times, 0));
  fstat(fd, &s);
  printf("atime %lld.%09ld mtime %lld.%09ld\n", (long long)s.st_atim.tv_sec, s.st_atim.tv_nsec,
         (long long)s.st_mtim.tv_sec, s.st_mtim.tv_nsec);
  // By the call itself: this wasi-libc asks for both "now" and "this time" when given UTIME_NOW, which is refused.
  printf("both now and a time: %s\n",
         __wasi_fd_filestat_set_times(fd, 0, 0, __WASI_FSTFLAGS_MTIM | __WASI_FSTFLAGS_MTIM_NOW) ? "refused" : "DONE");
  printf("now %d\n", __wasi_fd_filestat_set_times(fd, 0, 0, __WASI_FSTFLAGS_MTIM_NOW));
  fstat(fd, &s);
  printf("now is %s\n", s.st_mtim.tv_sec > 1577836800 ? "after 2020" : "BAD");
  fstat(1, &s);
  printf("stdout is no %s\n", S_ISDIR(s.st_mode) ? "FOLDER?" : "folder");
  return 0;
}
