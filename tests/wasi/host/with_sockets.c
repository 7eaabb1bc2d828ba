// with-sockets COMMAND…: runs it with sockets in place of standard input and standard error, for a guest that
// can make none. Standard input is connected, and "hello" waits in it; standard error listens, and two
// connections wait, the far end of the first open, that of the second closed.
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int fail(const char* what) {
  perror(what);
  return 126;
}

int main(int argc, char** argv) {
  int pair[2];
  if (argc < 2) return fprintf(stderr, "usage: with-sockets COMMAND...\n"), 126;
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) return fail("socketpair");
  if (write(pair[1], "hello", 5) != 5) return fail("write");
  // A name of the kernel's choice, in no file system.
  struct sockaddr_un name = {.sun_family = AF_UNIX};
  socklen_t size = sizeof name.sun_family;
  int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  if (listener < 0 || bind(listener, (struct sockaddr*)&name, size) != 0 || listen(listener, 4) != 0)
    return fail("listen");
  size = sizeof name;
  if (getsockname(listener, (struct sockaddr*)&name, &size) != 0) return fail("getsockname");
  for (int closed = 0; closed < 2; closed++) {
    int client = socket(AF_UNIX, SOCK_STREAM, 0);
    if (client < 0 || connect(client, (struct sockaddr*)&name, size) != 0) return fail("connect");
    if (closed) close(client);
  }
  if (dup2(pair[0], 0) < 0 || dup2(listener, 2) < 0) return fail("dup2");
  close(pair[0]);
  close(listener);
  execvp(argv[1], argv + 1);
  return 126;
}
