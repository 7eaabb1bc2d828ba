// run: --dir BOX::/box --dir BOX::/readonly::ro
// setup: mkfifo box/fifo
// The functions on paths: success, and each error a program can bring about.
#include "errno_check.h"

#define READONLY 4  // the box once more, with rights that change nothing

struct text {
  const char* data;
  u32 size;
};
#define T(literal) ((struct text){S(literal)})
static char longest[5000];
static u32 file, narrow, fd;  // a descriptor of a file; of a directory with no rights on paths
static __wasi_filestat_t stat;

// What every function answers about its paths. ARGUMENTS(fd, text) are those of the call; what they say about
// a file "d/x" that is not there is up to the function.
#define DESCRIPTOR_ERRORS(function, ARGUMENTS)      \
  CHECK(function, ARGUMENTS(NONE, T("x")), BADF);   \
  CHECK(function, ARGUMENTS(file, T("x")), NOTDIR); \
  CHECK(function, ARGUMENTS(narrow, T("x")), NOTCAPABLE)
#define PATH_ERRORS(function, ARGUMENTS)                                                  \
  CHECK(function, ARGUMENTS(BOX, ((struct text){FAR, 64})), FAULT);                       \
  CHECK(function, ARGUMENTS(BOX, ((struct text){longest, 300})), NAMETOOLONG);            \
  CHECK(function, ARGUMENTS(BOX, ((struct text){longest, sizeof longest})), NAMETOOLONG); \
  CHECK(function, ARGUMENTS(BOX, T("a\0b")), INVAL);                                      \
  CHECK(function, ARGUMENTS(BOX, T("")), NOENT);                                          \
  CHECK(function, ARGUMENTS(BOX, T("no/x")), NOENT);                                      \
  CHECK(function, ARGUMENTS(BOX, T("file/x")), NOTDIR);                                   \
  CHECK(function, ARGUMENTS(BOX, T("loop/x")), LOOP);                                     \
  CHECK(function, ARGUMENTS(BOX, T("../x")), PERM);                                       \
  CHECK(function, ARGUMENTS(BOX, T("/box/x")), PERM);                                     \
  CHECK(function, ARGUMENTS(BOX, T("abs/x")), PERM);                                      \
  CHECK(function, ARGUMENTS(BOX, T("d/../../x")), PERM)

static void create_directory(void) {
#define CREATE_DIRECTORY(fd, path) (fd, path.data, path.size)
  CHECK(path_create_directory, (BOX, S("d")), SUCCESS);
  CHECK(path_create_directory, (BOX, S("d")), EXIST);
  CHECK(path_create_directory, (BOX, S("file")), EXIST);
  CHECK(path_create_directory, (BOX, S("link")), EXIST);
  CHECK(path_create_directory, (READONLY, S("x")), NOTCAPABLE);
  DESCRIPTOR_ERRORS(path_create_directory, CREATE_DIRECTORY);
  PATH_ERRORS(path_create_directory, CREATE_DIRECTORY);
}

static void symbolic_links(void) {
#define SYMLINK(fd, path) ("target", 6, fd, path.data, path.size)
#define SYMLINK_TO(fd, path) (path.data, path.size, fd, "new", 3)
  CHECK(path_symlink, (S("file"), BOX, S("link")), SUCCESS);
  CHECK(path_symlink, (S("loop"), BOX, S("loop")), SUCCESS);
  CHECK(path_symlink, (S("file"), BOX, S("link")), EXIST);
  CHECK(path_symlink, (S("/etc"), BOX, S("absolute")), PERM);
  CHECK(path_symlink, (S(""), BOX, S("new")), NOENT);
  CHECK(path_symlink, SYMLINK_TO(BOX, T("a\0b")), INVAL);
  CHECK(path_symlink, SYMLINK_TO(BOX, ((struct text){FAR, 64})), FAULT);
  CHECK(path_symlink, SYMLINK_TO(BOX, ((struct text){longest, sizeof longest})), NAMETOOLONG);
  CHECK(path_symlink, (S("x"), READONLY, S("new")), NOTCAPABLE);
}

static void symbolic_link_errors(void) {
  DESCRIPTOR_ERRORS(path_symlink, SYMLINK);
  PATH_ERRORS(path_symlink, SYMLINK);
#define READLINK(fd, path) (fd, path.data, path.size, buffer, sizeof buffer, &n)
  CHECK(path_readlink, (BOX, S("link"), buffer, sizeof buffer, &n), SUCCESS);
  HOLDS(n == 4 && memcmp(buffer, "file", 4) == 0);
  CHECK(path_readlink, (BOX, S("link"), buffer, 2, &n), SUCCESS);
  HOLDS(n == 2);
  CHECK(path_readlink, (BOX, S("file"), buffer, sizeof buffer, &n), INVAL);
  CHECK(path_readlink, (BOX, S("no"), buffer, sizeof buffer, &n), NOENT);
  CHECK(path_readlink, (BOX, S("link"), FAR, 64, &n), FAULT);
  CHECK(path_readlink, (BOX, S("link"), buffer, 64, FAR), FAULT);
  DESCRIPTOR_ERRORS(path_readlink, READLINK);
  PATH_ERRORS(path_readlink, READLINK);
}

static void attributes(void) {
#define FILESTAT_GET(fd, path) (fd, FOLLOW, path.data, path.size, &stat)
  CHECK(path_filestat_get, (BOX, FOLLOW, S("link"), &stat), SUCCESS);
  HOLDS(stat.filetype == __WASI_FILETYPE_REGULAR_FILE);
  CHECK(path_filestat_get, (BOX, 0, S("link"), &stat), SUCCESS);
  HOLDS(stat.filetype == __WASI_FILETYPE_SYMBOLIC_LINK);
  CHECK(path_filestat_get, (BOX, FOLLOW, S("loop"), &stat), LOOP);
  CHECK(path_filestat_get, (BOX, FOLLOW, S("no"), &stat), NOENT);
  CHECK(path_filestat_get, (BOX, FOLLOW, S("file/"), &stat), NOTDIR);
  CHECK(path_filestat_get, (BOX, FOLLOW, S("out"), &stat), PERM);
  CHECK(path_filestat_get, (BOX, FOLLOW, S("gone"), &stat), PERM);  // whether it is there is not told
  CHECK(path_filestat_get, (BOX, 2, S("file"), &stat), INVAL);
  CHECK(path_filestat_get, (BOX, FOLLOW, S("file"), FAR), FAULT);
  DESCRIPTOR_ERRORS(path_filestat_get, FILESTAT_GET);
  PATH_ERRORS(path_filestat_get, FILESTAT_GET);
#define SET_TIMES(fd, path) (fd, FOLLOW, path.data, path.size, 9, 9, __WASI_FSTFLAGS_MTIM)
  CHECK(path_filestat_set_times, (BOX, FOLLOW, S("file"), 9, 9, __WASI_FSTFLAGS_MTIM), SUCCESS);
  CHECK(path_filestat_set_times, (BOX, FOLLOW, S("no"), 9, 9, __WASI_FSTFLAGS_MTIM), NOENT);
  CHECK(path_filestat_set_times, (BOX, FOLLOW, S("file"), 9, 9, 0x10), INVAL);
  CHECK(path_filestat_set_times, (BOX, 2, S("file"), 9, 9, 0), INVAL);
  CHECK(path_filestat_set_times, (READONLY, 0, S("file"), 9, 9, 0), NOTCAPABLE);
  DESCRIPTOR_ERRORS(path_filestat_set_times, SET_TIMES);
  PATH_ERRORS(path_filestat_set_times, SET_TIMES);
}

static void links(void) {
#define LINK_FROM(fd, path) (fd, 0, path.data, path.size, BOX, "new", 3)
#define LINK_TO(fd, path) (BOX, 0, "file", 4, fd, path.data, path.size)
  CHECK(path_link, (BOX, 0, S("file"), BOX, S("second")), SUCCESS);
  CHECK(path_link, (BOX, 0, S("file"), BOX, S("second")), EXIST);
  CHECK(path_link, (BOX, 0, S("no"), BOX, S("new")), NOENT);
  CHECK(path_link, (BOX, 0, S("d"), BOX, S("new")), PERM);  // a directory has one name
  CHECK(path_link, (BOX, 0, S("d/"), BOX, S("new")), PERM);
  CHECK(path_link, (BOX, 2, S("file"), BOX, S("new")), INVAL);
  CHECK(path_link, (READONLY, 0, S("file"), BOX, S("new")), NOTCAPABLE);
  CHECK(path_link, (BOX, 0, S("file"), READONLY, S("new")), NOTCAPABLE);
  DESCRIPTOR_ERRORS(path_link, LINK_FROM);
  DESCRIPTOR_ERRORS(path_link, LINK_TO);
  PATH_ERRORS(path_link, LINK_FROM);
  PATH_ERRORS(path_link, LINK_TO);
}

static void opening(void) {
#define OPEN(fd_, path) (fd_, FOLLOW, path.data, path.size, 0, __WASI_RIGHTS_FD_READ, 0, 0, &fd)
  CHECK(path_open, (BOX, 0, S("file"), 0, __WASI_RIGHTS_FD_READ, 0, 0, &fd), SUCCESS);
  raw_fd_close(fd);
  CHECK(path_open, (BOX, 0, S("no"), 0, ALL_RIGHTS, 0, 0, &fd), NOENT);
  u32 create = __WASI_OFLAGS_CREAT, exclusive = create | __WASI_OFLAGS_EXCL;
  CHECK(path_open, (BOX, 0, S("file"), exclusive, ALL_RIGHTS, 0, 0, &fd), EXIST);
  CHECK(path_open, (BOX, 0, S("file"), __WASI_OFLAGS_DIRECTORY, __WASI_RIGHTS_FD_READ, 0, 0, &fd), NOTDIR);
  CHECK(path_open, (BOX, 0, S("d"), 0, ALL_RIGHTS, 0, 0, &fd), ISDIR);
  CHECK(path_open, (BOX, 0, S("x/"), create, ALL_RIGHTS, 0, 0, &fd), ISDIR);
  CHECK(path_open, (BOX, 0, S("link"), 0, __WASI_RIGHTS_FD_READ, 0, 0, &fd), LOOP);
  CHECK(path_open, (BOX, FOLLOW, S("out"), 0, __WASI_RIGHTS_FD_READ, 0, 0, &fd), PERM);
  CHECK(path_open, (BOX, FOLLOW, S("gone"), create, ALL_RIGHTS, 0, 0, &fd), PERM);
  CHECK(path_open, (BOX, 0, S("file"), 0x10, __WASI_RIGHTS_FD_READ, 0, 0, &fd), INVAL);
  CHECK(path_open, (BOX, 0, S("file"), 0, __WASI_RIGHTS_FD_READ, 0, 0x20, &fd), INVAL);
  CHECK(path_open, (BOX, 2, S("file"), 0, __WASI_RIGHTS_FD_READ, 0, 0, &fd), INVAL);
  CHECK(path_open, (BOX, 0, S("d"), create | __WASI_OFLAGS_DIRECTORY, ALL_RIGHTS, 0, 0, &fd), INVAL);
  CHECK(path_open, (BOX, 0, S("file"), 0, __WASI_RIGHTS_FD_READ, 0, 0, FAR), FAULT);
  CHECK(path_open, (BOX, 0, S("x"), create, ALL_RIGHTS, 0, 0, FAR), FAULT);
  CHECK(path_filestat_get, (BOX, 0, S("x"), &stat), NOENT);  // nothing was made
  CHECK(path_open, (BOX, 0, S("fifo"), 0, __WASI_RIGHTS_FD_WRITE, 0, __WASI_FDFLAGS_NONBLOCK, &fd), NXIO);
  CHECK(path_open, (READONLY, 0, S("new"), create, ALL_RIGHTS, 0, 0, &fd), NOTCAPABLE);
  CHECK(path_open, (READONLY, 0, S("file"), __WASI_OFLAGS_TRUNC, ALL_RIGHTS, 0, 0, &fd), NOTCAPABLE);
  DESCRIPTOR_ERRORS(path_open, OPEN);
  PATH_ERRORS(path_open, OPEN);
}

static void renaming(void) {
#define RENAME_FROM(fd, path) (fd, path.data, path.size, BOX, "new", 3)
#define RENAME_TO(fd, path) (BOX, "second", 6, fd, path.data, path.size)
  DESCRIPTOR_ERRORS(path_rename, RENAME_FROM);
  DESCRIPTOR_ERRORS(path_rename, RENAME_TO);
  PATH_ERRORS(path_rename, RENAME_FROM);
  PATH_ERRORS(path_rename, RENAME_TO);
  CHECK(path_rename, (BOX, S("second"), BOX, S("d/moved")), SUCCESS);
  CHECK(path_rename, (BOX, S("second"), BOX, S("third")), NOENT);
  CHECK(path_rename, (BOX, S("file"), BOX, S("d")), ISDIR);
  CHECK(path_rename, (BOX, S("d"), BOX, S("file")), NOTDIR);
  CHECK(path_rename, (BOX, S("d"), BOX, S("d/below")), INVAL);
  raw_path_create_directory(BOX, S("e"));
  CHECK(path_rename, (BOX, S("e"), BOX, S("d")), NOTEMPTY);
  CHECK(path_rename, (BOX, S("e"), BOX, S(".")), BUSY);
  CHECK(path_rename, (READONLY, S("e"), BOX, S("f")), NOTCAPABLE);
}

static void removing(void) {
#define REMOVE(fd, path) (fd, path.data, path.size)
  CHECK(path_remove_directory, (BOX, S("d")), NOTEMPTY);
  CHECK(path_remove_directory, (BOX, S("file")), NOTDIR);
  CHECK(path_remove_directory, (BOX, S("link")), NOTDIR);
  CHECK(path_remove_directory, (BOX, S("no")), NOENT);
  CHECK(path_remove_directory, (BOX, S("e/.")), INVAL);
  CHECK(path_remove_directory, (READONLY, S("e")), NOTCAPABLE);
  DESCRIPTOR_ERRORS(path_remove_directory, REMOVE);
  PATH_ERRORS(path_remove_directory, REMOVE);
  CHECK(path_remove_directory, (BOX, S("e")), SUCCESS);
  CHECK(path_unlink_file, (BOX, S("d")), ISDIR);
  CHECK(path_unlink_file, (BOX, S("no")), NOENT);
  CHECK(path_unlink_file, (BOX, S("file/")), NOTDIR);
  CHECK(path_unlink_file, (READONLY, S("file")), NOTCAPABLE);
  DESCRIPTOR_ERRORS(path_unlink_file, REMOVE);
  PATH_ERRORS(path_unlink_file, REMOVE);
  CHECK(path_unlink_file, (BOX, S("d/moved")), SUCCESS);
  CHECK(path_unlink_file, (BOX, S("link")), SUCCESS);
  CHECK(path_filestat_get, (BOX, 0, S("file"), &stat), SUCCESS);  // the link went, not what it led to
}

int main(void) {
  memset(longest, 'x', sizeof longest);
  file = open_at(BOX, "file", __WASI_OFLAGS_CREAT | __WASI_OFLAGS_EXCL, ALL_RIGHTS, 0, 0);
  symbolic_links();
  raw_path_create_directory(BOX, S("narrow"));
  narrow = open_at(BOX, "narrow", __WASI_OFLAGS_DIRECTORY, __WASI_RIGHTS_FD_READDIR, 0, 0);
  create_directory();
  symbolic_link_errors();
  attributes();
  links();
  opening();
  renaming();
  removing();
  return finish();
}
