// run: --dir BOX::/box --env A=1
// args: one two
// with: sockets stream
// Arguments, environment, the process, randomness and sockets: success, and each error a program can bring
// about. Descriptor 0 is a connected socket with "hello" in it, 2 one that listens, with two connections
// waiting: the far end of the first is open, that of the second closed. proc_exit ends exit_code.c,
// proc_raise raise.c.
#include "errno_check.h"

static __wasi_iovec_t in = {buffer, 5};
static __wasi_ciovec_t out = {buffer, sizeof buffer};
static uint16_t flags;
#define CONNECTED 0
#define LISTENER 2

static void arguments(void) {
  uint8_t* pointers[8];
  CHECK(args_sizes_get, (&n, &n2), SUCCESS);
  HOLDS(n == 3);
  CHECK(args_sizes_get, (FAR, &n), FAULT);
  CHECK(args_sizes_get, (&n, FAR), FAULT);
  CHECK(args_get, (pointers, buffer), SUCCESS);
  HOLDS(strcmp((char*)pointers[2], "two") == 0);
  CHECK(args_get, (FAR, buffer), FAULT);
  CHECK(args_get, (pointers, FAR), FAULT);
  CHECK(environ_sizes_get, (&n, &n2), SUCCESS);
  HOLDS(n == 1 && n2 == 4);
  CHECK(environ_sizes_get, (FAR, &n), FAULT);
  CHECK(environ_sizes_get, (&n, FAR), FAULT);
  CHECK(environ_get, (pointers, buffer), SUCCESS);
  HOLDS(strcmp((char*)pointers[0], "A=1") == 0);
  CHECK(environ_get, (FAR, buffer), FAULT);
  CHECK(environ_get, (pointers, FAR), FAULT);
  CHECK(random_get, (buffer, 64), SUCCESS);
  CHECK(random_get, (FAR, 64), FAULT);
  CHECK(random_get, (buffer, 0xffffffff), FAULT);
  CHECK(sched_yield, (), SUCCESS);
}

static void receiving(void) {
  CHECK(sock_recv, (CONNECTED, &in, 1, __WASI_RIFLAGS_RECV_PEEK, &n, &flags), SUCCESS);
  HOLDS(n == 5 && memcmp(buffer, "hello", 5) == 0);
  CHECK(sock_recv, (CONNECTED, &in, 1, 4, &n, &flags), INVAL);
  CHECK(sock_recv, (CONNECTED, &in, 1, 0, FAR, &flags), FAULT);
  CHECK(sock_recv, (CONNECTED, &in, 1, 0, &n, FAR), FAULT);
  CHECK(sock_recv, (CONNECTED, FAR, 1, 0, &n, &flags), FAULT);
  CHECK(sock_recv, (NONE, &in, 1, 0, &n, &flags), BADF);
  CHECK(sock_recv, (BOX, &in, 1, 0, &n, &flags), NOTSOCK);
  CHECK(sock_recv, (LISTENER, &in, 1, 0, &n, &flags),
        NOTCAPABLE);  // the right to read is not standard error's
  memset(buffer, 0, 5);
  CHECK(sock_recv, (CONNECTED, &in, 1, __WASI_RIFLAGS_RECV_WAITALL, &n, &flags), SUCCESS);
  HOLDS(n == 5 && memcmp(buffer, "hello", 5) == 0 && flags == 0);
  CHECK(fd_fdstat_set_flags, (CONNECTED, __WASI_FDFLAGS_NONBLOCK), SUCCESS);
  CHECK(sock_recv, (CONNECTED, &in, 1, 0, &n, &flags), AGAIN);
}

static void accepting(u32* open, u32* closed) {
  CHECK(sock_accept, (NONE, 0, open), BADF);
  CHECK(sock_accept, (BOX, 0, open), NOTSOCK);
  CHECK(sock_accept, (LISTENER, 0x20, open), INVAL);
  CHECK(fd_fdstat_set_flags, (CONNECTED, 0), SUCCESS);
  CHECK(sock_accept, (CONNECTED, 0, open), INVAL);
  CHECK(sock_accept, (LISTENER, 0, FAR), FAULT);
  CHECK(sock_accept, (LISTENER, __WASI_FDFLAGS_NONBLOCK, open), SUCCESS);
  CHECK(sock_accept, (LISTENER, __WASI_FDFLAGS_NONBLOCK, closed), SUCCESS);
  CHECK(fd_fdstat_set_flags, (LISTENER, __WASI_FDFLAGS_NONBLOCK), SUCCESS);
  CHECK(sock_accept, (LISTENER, 0, &n), AGAIN);
  CHECK(fd_fdstat_set_rights, (LISTENER, 0, 0), SUCCESS);
  CHECK(sock_accept, (LISTENER, 0, &n), NOTCAPABLE);
}

static void sending(u32 open, u32 closed) {
  CHECK(sock_send, (open, &out, 1, 0, &n), SUCCESS);
  HOLDS(n == sizeof buffer);
  CHECK(sock_send, (open, &out, 1, 1, &n), INVAL);
  CHECK(sock_send, (open, &out, 1, 0, FAR), FAULT);
  CHECK(sock_send, (open, FAR, 1, 0, &n), FAULT);
  CHECK(sock_send, (NONE, &out, 1, 0, &n), BADF);
  CHECK(sock_send, (BOX, &out, 1, 0, &n), NOTSOCK);
  CHECK(sock_send, (CONNECTED, &out, 1, 0, &n), NOTCAPABLE);  // the right to write is not standard input's
  CHECK(sock_send, (closed, &out, 1, 0, &n), PIPE);
  int error = 0;
  for (int i = 0; i < 100000 && !error; i++) error = raw_sock_send(open, &out, 1, 0, &n);
  CHECK(sock_send, (open, &out, 1, 0, &n), AGAIN);
}

static void shutting_down(u32 open) {
  CHECK(sock_shutdown, (open, __WASI_SDFLAGS_WR), SUCCESS);
  CHECK(sock_send, (open, &out, 1, 0, &n), PIPE);
  CHECK(sock_shutdown, (open, __WASI_SDFLAGS_RD | __WASI_SDFLAGS_WR), SUCCESS);
  CHECK(sock_shutdown, (open, 0), INVAL);
  CHECK(sock_shutdown, (open, 4), INVAL);
  CHECK(sock_shutdown, (NONE, __WASI_SDFLAGS_RD), BADF);
  CHECK(sock_shutdown, (BOX, __WASI_SDFLAGS_RD), NOTSOCK);
  CHECK(sock_shutdown, (LISTENER, __WASI_SDFLAGS_RD), NOTCAPABLE);
}

int main(void) {
  u32 open = NONE, closed = NONE;
  arguments();
  receiving();
  accepting(&open, &closed);
  sending(open, closed);
  shutting_down(open);
  return finish();
}
