// run: --dir BOX::/box --env A=1
// args: one two
// stdin: in
// Every function of preview 1, called as it is, in success and in each way it can be refused that a program
// can bring about. What is expected is what the WASI documents say, and POSIX where they refer to it.
// proc_exit ends exit_code.c, proc_raise raise.c.
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <wasi/api.h>

static int checks, wrong;

static void expect(int line, const char* call, int found, int expected) {
  checks++;
  if (found == expected) return;
  wrong++;
  printf("line %d: %s: found errno %d, expected %d\n", line, call, found, expected);
}
#define EXPECT(call, name) expect(__LINE__, #call, (call), __WASI_ERRNO_##name)
static void truth(int line, const char* what, int holds) {
  checks++;
  if (holds) return;
  wrong++;
  printf("line %d: not so: %s\n", line, what);
}
#define TRUE(what) truth(__LINE__, #what, (what))

#define ALL_RIGHTS (~(__wasi_rights_t)0)
#define BOX 3                     // the preopened directory
#define NONE 99                   // a descriptor that is not open
#define FAR ((void*)0xfffffff0u)  // past the memory's end
#define FOLLOW __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW

static __wasi_size_t n, n2;
static __wasi_timestamp_t t;
static uint8_t buffer[4096];

static __wasi_fd_t open_file(const char* path, __wasi_oflags_t oflags, __wasi_rights_t rights) {
  __wasi_fd_t fd = 0;
  EXPECT(__wasi_path_open(BOX, FOLLOW, path, oflags, rights, rights, 0, &fd), SUCCESS);
  return fd;
}

static void arguments(void) {
  uint8_t* pointers[8];
  EXPECT(__wasi_args_sizes_get(&n, &n2), SUCCESS);
  TRUE(n == 3);
  EXPECT(__wasi_args_get(pointers, buffer), SUCCESS);
  TRUE(strcmp((char*)pointers[2], "two") == 0);
  EXPECT(__wasi_environ_sizes_get(&n, &n2), SUCCESS);
  TRUE(n == 1 && n2 == 4);
  EXPECT(__wasi_environ_get(pointers, buffer), SUCCESS);
  TRUE(strcmp((char*)pointers[0], "A=1") == 0);
  EXPECT(__wasi_args_sizes_get(FAR, &n), FAULT);
  EXPECT(__wasi_args_get(FAR, buffer), FAULT);
  EXPECT(__wasi_args_get(pointers, FAR), FAULT);
  EXPECT(__wasi_environ_sizes_get(&n, FAR), FAULT);
  EXPECT(__wasi_environ_get(pointers, FAR), FAULT);
}

static void clocks(void) {
  for (int id = 0; id < 4; id++) {
    EXPECT(__wasi_clock_res_get(id, &t), SUCCESS);
    TRUE(t > 0);
    EXPECT(__wasi_clock_time_get(id, 1, &t), SUCCESS);
  }
  EXPECT(__wasi_clock_res_get(4, &t), INVAL);
  EXPECT(__wasi_clock_time_get(4, 1, &t), INVAL);
  EXPECT(__wasi_clock_time_get(0, 1, FAR), FAULT);
  EXPECT(__wasi_sched_yield(), SUCCESS);
  EXPECT(__wasi_random_get(buffer, 64), SUCCESS);
  EXPECT(__wasi_random_get(FAR, 64), FAULT);
}

static void files(void) {
  __wasi_fd_t f = open_file("file", __WASI_OFLAGS_CREAT | __WASI_OFLAGS_EXCL, ALL_RIGHTS);
  __wasi_ciovec_t out[2] = {{(uint8_t*)"hello ", 6}, {(uint8_t*)"world", 5}};
  __wasi_iovec_t in = {buffer, sizeof buffer}, far = {FAR, 64};
  __wasi_filesize_t at;
  EXPECT(__wasi_fd_write(f, out, 2, &n), SUCCESS);
  TRUE(n == 11);
  EXPECT(__wasi_fd_write(NONE, out, 2, &n), BADF);
  EXPECT(__wasi_fd_write(f, (const __wasi_ciovec_t*)&far, 1, &n), FAULT);
  EXPECT(__wasi_fd_write(f, FAR, 2, &n), FAULT);
  EXPECT(__wasi_fd_write(f, out, 2, FAR), FAULT);
  EXPECT(__wasi_fd_tell(f, &at), SUCCESS);
  TRUE(at == 11);
  EXPECT(__wasi_fd_seek(f, -5, __WASI_WHENCE_END, &at), SUCCESS);
  TRUE(at == 6);
  EXPECT(__wasi_fd_seek(f, -1, __WASI_WHENCE_SET, &at), INVAL);
  EXPECT(__wasi_fd_seek(f, 0, 3, &at), INVAL);
  EXPECT(__wasi_fd_seek(NONE, 0, 0, &at), BADF);
  EXPECT(__wasi_fd_seek(f, 0, __WASI_WHENCE_SET, FAR), FAULT);
  EXPECT(__wasi_fd_tell(NONE, &at), BADF);
  EXPECT(__wasi_fd_read(f, &in, 1, &n), SUCCESS);
  TRUE(n == 5 && memcmp(buffer, "world", 5) == 0);
  EXPECT(__wasi_fd_read(f, &in, 1, &n), SUCCESS);
  TRUE(n == 0);
  EXPECT(__wasi_fd_read(NONE, &in, 1, &n), BADF);
  EXPECT(__wasi_fd_read(f, &far, 1, &n), FAULT);
  EXPECT(__wasi_fd_read(BOX, &in, 1, &n), ISDIR);
  EXPECT(__wasi_fd_read(0, &in, 1, &n), SUCCESS);
  TRUE(n == 3 && memcmp(buffer, "in\n", 3) == 0);
  EXPECT(__wasi_fd_pread(f, &in, 1, 6, &n), SUCCESS);
  TRUE(n == 5);
  EXPECT(__wasi_fd_pread(f, &in, 1, ~0ull, &n), INVAL);
  EXPECT(__wasi_fd_pread(NONE, &in, 1, 0, &n), BADF);
  EXPECT(__wasi_fd_pwrite(f, out, 1, 100, &n), SUCCESS);
  EXPECT(__wasi_fd_pwrite(f, out, 1, ~0ull, &n), INVAL);
  EXPECT(__wasi_fd_pwrite(NONE, out, 1, 0, &n), BADF);
  EXPECT(__wasi_fd_advise(f, 0, 0, __WASI_ADVICE_SEQUENTIAL), SUCCESS);
  EXPECT(__wasi_fd_advise(f, 0, 0, 6), INVAL);
  EXPECT(__wasi_fd_advise(NONE, 0, 0, 0), BADF);
  EXPECT(__wasi_fd_advise(BOX, 0, 0, 0), BADF);
  EXPECT(__wasi_fd_allocate(f, 0, 1000), SUCCESS);
  EXPECT(__wasi_fd_allocate(f, 0, 0), INVAL);
  EXPECT(__wasi_fd_allocate(NONE, 0, 1), BADF);
  EXPECT(__wasi_fd_sync(f), SUCCESS);
  EXPECT(__wasi_fd_datasync(f), SUCCESS);
  EXPECT(__wasi_fd_sync(NONE), BADF);
  EXPECT(__wasi_fd_datasync(NONE), BADF);
  __wasi_filestat_t stat;
  EXPECT(__wasi_fd_filestat_set_size(f, 7), SUCCESS);
  EXPECT(__wasi_fd_filestat_get(f, &stat), SUCCESS);
  TRUE(stat.size == 7 && stat.filetype == __WASI_FILETYPE_REGULAR_FILE && stat.nlink == 1);
  EXPECT(__wasi_fd_filestat_get(NONE, &stat), BADF);
  EXPECT(__wasi_fd_filestat_get(f, FAR), FAULT);
  EXPECT(__wasi_fd_filestat_set_size(f, ~0ull), INVAL);
  EXPECT(__wasi_fd_filestat_set_size(NONE, 0), BADF);
  EXPECT(__wasi_fd_filestat_set_size(BOX, 0), BADF);
  EXPECT(__wasi_fd_filestat_set_times(f, 5000000000ull, 7, __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_MTIM),
         SUCCESS);
  EXPECT(__wasi_fd_filestat_get(f, &stat), SUCCESS);
  TRUE(stat.atim == 5000000000ull && stat.mtim == 7);
  EXPECT(__wasi_fd_filestat_set_times(f, 0, 0, __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_ATIM_NOW), INVAL);
  EXPECT(__wasi_fd_filestat_set_times(NONE, 0, 0, 0), BADF);
  __wasi_fdstat_t fdstat;
  EXPECT(__wasi_fd_fdstat_set_flags(f, __WASI_FDFLAGS_APPEND), SUCCESS);
  EXPECT(__wasi_fd_fdstat_get(f, &fdstat), SUCCESS);
  TRUE(fdstat.fs_flags == __WASI_FDFLAGS_APPEND && fdstat.fs_filetype == __WASI_FILETYPE_REGULAR_FILE);
  EXPECT(__wasi_fd_fdstat_set_flags(f, 0x20), INVAL);
  EXPECT(__wasi_fd_fdstat_set_flags(NONE, 0), BADF);
  EXPECT(__wasi_fd_fdstat_get(NONE, &fdstat), BADF);
  EXPECT(__wasi_fd_fdstat_set_rights(f, __WASI_RIGHTS_FD_READ, 0), SUCCESS);
  EXPECT(__wasi_fd_fdstat_set_rights(f, __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_WRITE, 0), NOTCAPABLE);
  EXPECT(__wasi_fd_fdstat_set_rights(NONE, 0, 0), BADF);
  EXPECT(__wasi_fd_seek(f, 0, 0, &at), NOTCAPABLE);
  EXPECT(__wasi_fd_write(f, out, 2, &n), BADF);
  EXPECT(__wasi_fd_renumber(f, NONE), BADF);
  EXPECT(__wasi_fd_renumber(NONE, f), BADF);
  EXPECT(__wasi_fd_renumber(f, f), SUCCESS);
  EXPECT(__wasi_fd_close(f), SUCCESS);
  EXPECT(__wasi_fd_close(f), BADF);
  __wasi_prestat_t prestat;
  EXPECT(__wasi_fd_prestat_get(BOX, &prestat), SUCCESS);
  TRUE(prestat.u.dir.pr_name_len == 4);
  EXPECT(__wasi_fd_prestat_get(NONE, &prestat), BADF);
  EXPECT(__wasi_fd_prestat_dir_name(BOX, buffer, 4), SUCCESS);
  EXPECT(__wasi_fd_prestat_dir_name(BOX, buffer, 3), NAMETOOLONG);
  EXPECT(__wasi_fd_prestat_dir_name(NONE, buffer, 4), BADF);
}

static void paths(void) {
  __wasi_fd_t fd;
  __wasi_filestat_t stat;
  char longest[300];
  memset(longest, 'x', sizeof longest);
  longest[sizeof longest - 1] = 0;
  EXPECT(__wasi_path_create_directory(BOX, "d"), SUCCESS);
  EXPECT(__wasi_path_create_directory(BOX, "d"), EXIST);
  EXPECT(__wasi_path_create_directory(BOX, "no/d"), NOENT);
  EXPECT(__wasi_path_create_directory(BOX, "file/d"), NOTDIR);
  EXPECT(__wasi_path_create_directory(BOX, longest), NAMETOOLONG);
  EXPECT(__wasi_path_create_directory(BOX, "../d"), PERM);
  EXPECT(__wasi_path_create_directory(NONE, "d"), BADF);
  EXPECT(__wasi_path_create_directory(0, "d"), NOTDIR);
  EXPECT(__wasi_path_symlink("file", BOX, "link"), SUCCESS);
  EXPECT(__wasi_path_symlink("file", BOX, "link"), EXIST);
  EXPECT(__wasi_path_symlink("/etc", BOX, "absolute"), PERM);
  EXPECT(__wasi_path_symlink("loop", BOX, "loop"), SUCCESS);
  EXPECT(__wasi_path_symlink("file", NONE, "link"), BADF);
  EXPECT(__wasi_path_readlink(BOX, "link", buffer, sizeof buffer, &n), SUCCESS);
  TRUE(n == 4);
  EXPECT(__wasi_path_readlink(BOX, "link", buffer, 2, &n), SUCCESS);
  TRUE(n == 2);
  EXPECT(__wasi_path_readlink(BOX, "file", buffer, sizeof buffer, &n), INVAL);
  EXPECT(__wasi_path_readlink(BOX, "no", buffer, sizeof buffer, &n), NOENT);
  EXPECT(__wasi_path_readlink(BOX, "link", FAR, 64, &n), FAULT);
  EXPECT(__wasi_path_filestat_get(BOX, FOLLOW, "link", &stat), SUCCESS);
  TRUE(stat.filetype == __WASI_FILETYPE_REGULAR_FILE);
  EXPECT(__wasi_path_filestat_get(BOX, 0, "link", &stat), SUCCESS);
  TRUE(stat.filetype == __WASI_FILETYPE_SYMBOLIC_LINK);
  EXPECT(__wasi_path_filestat_get(BOX, FOLLOW, "loop", &stat), LOOP);
  EXPECT(__wasi_path_filestat_get(BOX, FOLLOW, "no", &stat), NOENT);
  EXPECT(__wasi_path_filestat_get(BOX, FOLLOW, "file/", &stat), NOTDIR);
  EXPECT(__wasi_path_filestat_get(BOX, FOLLOW, "out", &stat), PERM);
  EXPECT(__wasi_path_filestat_get(BOX, FOLLOW, "/box/file", &stat), PERM);
  EXPECT(__wasi_path_filestat_get(BOX, FOLLOW, "", &stat), NOENT);
  EXPECT(__wasi_path_filestat_get(BOX, 2, "file", &stat), INVAL);
  EXPECT(__wasi_path_filestat_set_times(BOX, FOLLOW, "file", 9, 9, __WASI_FSTFLAGS_MTIM), SUCCESS);
  EXPECT(__wasi_path_filestat_set_times(BOX, FOLLOW, "no", 9, 9, __WASI_FSTFLAGS_MTIM), NOENT);
  EXPECT(__wasi_path_filestat_set_times(BOX, FOLLOW, "file", 9, 9, 0x10), INVAL);
  EXPECT(__wasi_path_filestat_set_times(NONE, FOLLOW, "file", 9, 9, 0), BADF);
  EXPECT(__wasi_path_link(BOX, 0, "file", BOX, "second"), SUCCESS);
  EXPECT(__wasi_path_link(BOX, 0, "file", BOX, "second"), EXIST);
  EXPECT(__wasi_path_link(BOX, 0, "no", BOX, "third"), NOENT);
  EXPECT(__wasi_path_link(BOX, 0, "d", BOX, "third"), PERM);
  EXPECT(__wasi_path_link(NONE, 0, "file", BOX, "third"), BADF);
  EXPECT(__wasi_path_link(BOX, 0, "file", NONE, "third"), BADF);
  EXPECT(__wasi_path_link(BOX, 0, "file", BOX, "../third"), PERM);
  EXPECT(__wasi_path_open(BOX, 0, "no", 0, ALL_RIGHTS, 0, 0, &fd), NOENT);
  EXPECT(__wasi_path_open(BOX, 0, "file", __WASI_OFLAGS_CREAT | __WASI_OFLAGS_EXCL, ALL_RIGHTS, 0, 0, &fd),
         EXIST);
  EXPECT(__wasi_path_open(BOX, 0, "file", __WASI_OFLAGS_DIRECTORY, __WASI_RIGHTS_FD_READ, 0, 0, &fd), NOTDIR);
  EXPECT(__wasi_path_open(BOX, 0, "d", 0, ALL_RIGHTS, 0, 0, &fd), ISDIR);
  EXPECT(__wasi_path_open(BOX, 0, "link", 0, __WASI_RIGHTS_FD_READ, 0, 0, &fd), LOOP);
  EXPECT(__wasi_path_open(BOX, FOLLOW, "../secret.txt", 0, __WASI_RIGHTS_FD_READ, 0, 0, &fd), PERM);
  EXPECT(__wasi_path_open(BOX, 0, "file", 0x10, __WASI_RIGHTS_FD_READ, 0, 0, &fd), INVAL);
  EXPECT(__wasi_path_open(BOX, 0, "file", 0, __WASI_RIGHTS_FD_READ, 0, 0x20, &fd), INVAL);
  EXPECT(__wasi_path_open(BOX, 0, "file", 0, __WASI_RIGHTS_FD_READ, 0, 0, FAR), FAULT);
  EXPECT(__wasi_path_open(NONE, 0, "file", 0, __WASI_RIGHTS_FD_READ, 0, 0, &fd), BADF);
  __wasi_fd_t narrow = open_file("d", __WASI_OFLAGS_DIRECTORY, __WASI_RIGHTS_FD_READDIR);
  EXPECT(__wasi_path_open(narrow, 0, "x", 0, __WASI_RIGHTS_FD_READ, 0, 0, &fd), NOTCAPABLE);
  EXPECT(__wasi_path_rename(BOX, "second", BOX, "d/moved"), SUCCESS);
  EXPECT(__wasi_path_rename(BOX, "second", BOX, "third"), NOENT);
  EXPECT(__wasi_path_rename(BOX, "file", BOX, "d"), ISDIR);
  EXPECT(__wasi_path_rename(BOX, "d", BOX, "file"), NOTDIR);
  EXPECT(__wasi_path_rename(BOX, "d", BOX, "d/below"), INVAL);
  EXPECT(__wasi_path_rename(BOX, "file", BOX, "../file"), PERM);
  EXPECT(__wasi_path_rename(BOX, "file", NONE, "x"), BADF);
  EXPECT(__wasi_path_remove_directory(BOX, "d"), NOTEMPTY);
  EXPECT(__wasi_path_remove_directory(BOX, "file"), NOTDIR);
  EXPECT(__wasi_path_remove_directory(BOX, "no"), NOENT);
  EXPECT(__wasi_path_unlink_file(BOX, "d"), ISDIR);
  EXPECT(__wasi_path_unlink_file(BOX, "no"), NOENT);
  EXPECT(__wasi_path_unlink_file(BOX, "d/moved"), SUCCESS);
  EXPECT(__wasi_path_unlink_file(NONE, "x"), BADF);
  EXPECT(__wasi_fd_readdir(BOX, buffer, sizeof buffer, 0, &n), SUCCESS);
  TRUE(n > sizeof(__wasi_dirent_t) && n < sizeof buffer);
  EXPECT(__wasi_fd_readdir(NONE, buffer, sizeof buffer, 0, &n), BADF);
  EXPECT(__wasi_fd_readdir(0, buffer, sizeof buffer, 0, &n), NOTDIR);
  EXPECT(__wasi_fd_readdir(BOX, FAR, 64, 0, &n), FAULT);
  EXPECT(__wasi_path_remove_directory(BOX, "d"), SUCCESS);
}

static void the_rest(void) {
  __wasi_subscription_t in[2];
  __wasi_event_t out[2];
  memset(in, 0, sizeof in);
  in[0].userdata = 7;
  in[0].u.tag = __WASI_EVENTTYPE_CLOCK;
  in[0].u.u.clock.id = __WASI_CLOCKID_MONOTONIC;
  in[0].u.u.clock.timeout = 1000;
  EXPECT(__wasi_poll_oneoff(in, out, 1, &n), SUCCESS);
  TRUE(n == 1 && out[0].userdata == 7 && out[0].error == 0 && out[0].type == __WASI_EVENTTYPE_CLOCK);
  in[0].u.tag = __WASI_EVENTTYPE_FD_READ;
  in[0].u.u.fd_read.file_descriptor = NONE;
  EXPECT(__wasi_poll_oneoff(in, out, 1, &n), SUCCESS);
  TRUE(n == 1 && out[0].error == __WASI_ERRNO_BADF);
  in[0].u.u.fd_read.file_descriptor =
      open_file("file", 0, __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_POLL_FD_READWRITE);
  EXPECT(__wasi_poll_oneoff(in, out, 1, &n), SUCCESS);
  TRUE(n == 1 && out[0].error == 0);
  EXPECT(__wasi_poll_oneoff(in, out, 0, &n), INVAL);
  EXPECT(__wasi_poll_oneoff(FAR, out, 1, &n), FAULT);
  EXPECT(__wasi_poll_oneoff(in, FAR, 1, &n), FAULT);
  // Without sockets there is only what is none, and what is not open.
  __wasi_fd_t fd;
  __wasi_roflags_t flags;
  __wasi_iovec_t i = {buffer, 8};
  __wasi_ciovec_t o = {buffer, 8};
  EXPECT(__wasi_sock_accept(NONE, 0, &fd), BADF);
  EXPECT(__wasi_sock_accept(BOX, 0, &fd), NOTSOCK);
  EXPECT(__wasi_sock_recv(NONE, &i, 1, 0, &n, &flags), BADF);
  EXPECT(__wasi_sock_recv(BOX, &i, 1, 0, &n, &flags), NOTSOCK);
  EXPECT(__wasi_sock_send(NONE, &o, 1, 0, &n), BADF);
  EXPECT(__wasi_sock_send(BOX, &o, 1, 0, &n), NOTSOCK);
  EXPECT(__wasi_sock_shutdown(NONE, __WASI_SDFLAGS_RD), BADF);
  EXPECT(__wasi_sock_shutdown(BOX, __WASI_SDFLAGS_RD), NOTSOCK);
}

int main(void) {
  arguments();
  clocks();
  files();
  paths();
  the_rest();
  printf("%s\n", wrong ? "some were wrong" : checks > 150 ? "all as expected" : "too few checks");
  return wrong != 0;
}
