// run: --dir BOX::/box
// args: ROOM
// Every way out of the preopened folder is refused: .., absolute paths, links that lead out, for each call
// that takes a path. Around the box the runner lays out, and compares afterwards,
//   ROOM/secret.txt, ROOM/vault/secret.txt, and ROOM/box/{hello.txt, out -> ../secret.txt, outdir -> ..,
//   abs -> ROOM/vault, gone -> ../new}
// A sandbox with holes must not cost the machine anything: all that could be destroyed, renamed or created lies
// in ROOM, a temporary folder; of the system at large this program only tries to open and stat.
#include <stdio.h>
#include <string.h>
#include <wasi/api.h>

static const __wasi_fd_t kBox = 3;
static const __wasi_rights_t kRead = __WASI_RIGHTS_FD_READ, kWrite = __WASI_RIGHTS_FD_WRITE;
static const __wasi_lookupflags_t kFollow = __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW;
static const char* room;
static int out = 0;

static void refused(const char* what, const char* path, __wasi_errno_t error) {
  int in_room = !strncmp(path, room, strlen(room));  // ROOM has another name each time
  const char* verdict = error == __WASI_ERRNO_SUCCESS ? "GOT OUT" : "refused";
  printf("%s %s%s: %s\n", what, in_room ? "ROOM" : "", in_room ? path + strlen(room) : path, verdict);
  out += error == __WASI_ERRNO_SUCCESS;
}

static void look(const char* p) {
  __wasi_fd_t fd;
  __wasi_filestat_t stat;
  refused("open", p, __wasi_path_open(kBox, kFollow, p, 0, kRead, 0, 0, &fd));
  refused("open folder", p, __wasi_path_open(kBox, kFollow, p, __WASI_OFLAGS_DIRECTORY, kRead, 0, 0, &fd));
  refused("stat", p, __wasi_path_filestat_get(kBox, kFollow, p, &stat));
}

static void change(const char* p) {
  __wasi_fd_t fd;
  __wasi_fstflags_t now = __WASI_FSTFLAGS_ATIM_NOW | __WASI_FSTFLAGS_MTIM_NOW;
  refused("write", p, __wasi_path_open(kBox, kFollow, p, __WASI_OFLAGS_CREAT | __WASI_OFLAGS_TRUNC, kWrite, 0, 0, &fd));
  refused("times", p, __wasi_path_filestat_set_times(kBox, kFollow, p, 0, 0, now));
  refused("link from", p, __wasi_path_link(kBox, kFollow, p, kBox, "stolen"));
  if (!strcmp(p, "out")) return;  // the calls below do not follow the last component, and the link itself is ours
  refused("rmdir", p, __wasi_path_remove_directory(kBox, p));
  refused("rename from", p, __wasi_path_rename(kBox, p, kBox, "stolen"));
  refused("unlink", p, __wasi_path_unlink_file(kBox, p));
}

static void make(const char* p) {
  __wasi_fd_t fd;
  refused("create", p, __wasi_path_open(kBox, kFollow, p, __WASI_OFLAGS_CREAT, kWrite, 0, 0, &fd));
  refused("mkdir", p, __wasi_path_create_directory(kBox, p));
  refused("symlink at", p, __wasi_path_symlink("hello.txt", kBox, p));
  refused("link to", p, __wasi_path_link(kBox, 0, "hello.txt", kBox, p));
  refused("rename to", p, __wasi_path_rename(kBox, "hello.txt", kBox, p));
}

int main(int argc, char** argv) {
  static char secret[4096], fresh[4096];
  room = argv[1];
  snprintf(secret, sizeof secret, "%s/vault/secret.txt", room);
  snprintf(fresh, sizeof fresh, "%s/new", room);
  printf("mkdir sub: %d\n", __wasi_path_create_directory(kBox, "sub"));
  // These may be refused when made, or when followed.
  __wasi_errno_t when_made = __wasi_path_symlink("../..", kBox, "sub/up");
  when_made = __wasi_path_symlink(room, kBox, "sub/absolute");
  (void)when_made;

  const char* system[] = {"..", "../", "/", "//", "../../../../../../../../../../etc/passwd", "/etc/passwd", "outdir/..", "outdir/"};
  for (unsigned i = 0; i < sizeof system / sizeof *system; i++) look(system[i]);

  const char* existing[] = {
      "../secret.txt",        "./../secret.txt",       "sub/../../secret.txt",     "hello.txt/../../secret.txt",
      "../box/hello.txt",     "out",                   "outdir/secret.txt",        "outdir/vault/../secret.txt",
      "abs/secret.txt",       "abs/../secret.txt",     "sub/../outdir/secret.txt", "sub/up/secret.txt",
      "sub/up/box/hello.txt", "sub/absolute/secret.txt", secret,
  };
  for (unsigned i = 0; i < sizeof existing / sizeof *existing; i++) {
    look(existing[i]);
    change(existing[i]);
  }
  const char* absent[] = {"../new", "outdir/new", "abs/new", "sub/../../new", "sub/up/new", "sub/absolute/new", fresh};
  for (unsigned i = 0; i < sizeof absent / sizeof *absent; i++) make(absent[i]);

  __wasi_fd_t sub, fd;
  refused("create through", "gone", __wasi_path_open(kBox, kFollow, "gone", __WASI_OFLAGS_CREAT, kWrite, 0, 0, &fd));

  // A folder opened inside is no wider than the preopen it came from: its own .. is the end of the world.
  __wasi_rights_t rights = __WASI_RIGHTS_PATH_OPEN | kRead;
  printf("open sub: %d\n", __wasi_path_open(kBox, 0, "sub", __WASI_OFLAGS_DIRECTORY, rights, rights, 0, &sub));
  refused("from sub, open", "../hello.txt", __wasi_path_open(sub, 0, "../hello.txt", 0, kRead, 0, 0, &fd));
  refused("from sub, open", "../../secret.txt", __wasi_path_open(sub, 0, "../../secret.txt", 0, kRead, 0, 0, &fd));
  printf("%d ways out\n", out);
  return out != 0;
}
