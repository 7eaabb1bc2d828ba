// run: --dir BOX::/box
// mkdir, readdir through more entries than one call returns, rmdir, and what each refuses.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void report(const char* what, int result) {
  printf("%s: %s\n", what, result < 0 ? strerror(errno) : "ok");
}

int main(void) {
  report("mkdir", mkdir("/box/dir", 0755));
  report("mkdir again", mkdir("/box/dir", 0755));
  report("mkdir in a missing folder", mkdir("/box/none/dir", 0755));
  report("mkdir under a file", mkdir("/box/hello.txt/dir", 0755));

  char name[300];
  for (int i = 0; i < 500; i++) {
    snprintf(name, sizeof name, "/box/dir/entry-with-a-rather-long-name-%03d", i);
    close(open(name, O_CREAT | O_WRONLY, 0644));
  }
  mkdir("/box/dir/sub", 0755);

  unsigned char seen[500] = {0};
  int files = 0, folders = 0, dots = 0, others = 0, twice = 0;
  DIR* dir = opendir("/box/dir");
  for (struct dirent* e; (e = readdir(dir));) {
    int i;
    if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..")) {
      dots++;
    } else if (sscanf(e->d_name, "entry-with-a-rather-long-name-%d", &i) == 1) {
      files += e->d_type == DT_REG;
      twice += seen[i]++;
    } else if (!strcmp(e->d_name, "sub")) {
      folders += e->d_type == DT_DIR;
    } else {
      others++;
    }
  }
  printf("%d files, %d folder, %s, %d others, %d twice\n", files, folders, dots == 0 || dots == 2 ? "dots ok" : "DOTS",
         others, twice);
  rewinddir(dir);
  int again = 0;
  while (readdir(dir)) again++;
  printf("rewound: %d\n", again - dots);
  closedir(dir);

  report("rmdir of a full folder", rmdir("/box/dir"));
  report("rmdir of a file", rmdir("/box/hello.txt"));
  report("unlink of a missing file", unlink("/box/dir/none"));
  for (int i = 0; i < 500; i++) {
    snprintf(name, sizeof name, "/box/dir/entry-with-a-rather-long-name-%03d", i);
    if (unlink(name) != 0) report(name, -1);
  }
  report("rmdir", rmdir("/box/dir/sub"));
  report("rmdir", rmdir("/box/dir"));
  report("rmdir again", rmdir("/box/dir"));
  report("opendir of a file", opendir("/box/hello.txt") ? 0 : -1);

  memset(name, 'n', sizeof name - 1);
  name[sizeof name - 1] = 0;
  memcpy(name, "/box/", 5);
  report("a name of 294 bytes", open(name, O_CREAT | O_WRONLY, 0644));
  return 0;
}
