// with-sockets KIND COMMAND…: runs it with sockets in place of standard input and standard error, for a guest
// that can make none.
//
//   stream       input is connected, and "hello" waits in it; error listens, and two connections wait:
//                the far end of the first is open, that of the second closed
//   reset        both were connected, and their far ends were closed with something unread
//   unconnected  neither is; input is a socket of TCP's
//   packets      input listens under the name "accept4=ECONNABORTED" (fail_host.c), and a connection waits;
//                error is connected, takes packets, and has room for few bytes
#define _GNU_SOURCE
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

// Binds and listens, in no file system: without a name under one of the kernel's choice. Then `count`
// connect, of which those from `close_from` on are closed.
static int listen_for(const char* name, int count, int close_from, int* listener) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  socklen_t size = sizeof address.sun_family;
  if (name)
    size += 1 + snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "%s.%d", name, (int)getpid());
  *listener = socket(AF_UNIX, SOCK_STREAM, 0);
  if (*listener < 0 || bind(*listener, (struct sockaddr*)&address, size) != 0 || listen(*listener, 4) != 0)
    return -1;
  size = sizeof address;
  if (getsockname(*listener, (struct sockaddr*)&address, &size) != 0) return -1;
  for (int i = 0; i < count; i++) {
    int client = socket(AF_UNIX, SOCK_STREAM, 0);
    if (client < 0 || connect(client, (struct sockaddr*)&address, size) != 0) return -1;
    if (i >= close_from) close(client);
  }
  return 0;
}

static int make_stream(int* in, int* error) {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0 || write(pair[1], "hello", 5) != 5) return -1;
  *in = pair[0];
  return listen_for(NULL, 2, 1, error);
}

static int make_reset(int* in, int* error) {
  int* ends[] = {in, error};
  for (int i = 0; i < 2; i++) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) != 0 || write(pair[0], "unread", 6) != 6) return -1;
    close(pair[1]);
    *ends[i] = pair[0];
  }
  return 0;
}

static int make_unconnected(int* in, int* error) {
  *in = socket(AF_INET, SOCK_STREAM, 0);
  if (*in < 0) *in = socket(AF_INET6, SOCK_STREAM, 0);
  *error = socket(AF_UNIX, SOCK_SEQPACKET, 0);
  return *in < 0 || *error < 0 ? -1 : 0;
}

static int make_packets(int* in, int* error) {
  int pair[2], room = 4096;
  if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) != 0 ||
      setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof room) != 0)
    return -1;
  *error = pair[0];
  return listen_for("accept4=ECONNABORTED", 1, 1, in);
}

int main(int argc, char** argv) {
  static const struct {
    const char* name;
    int (*make)(int* in, int* error);
  } kKinds[] = {{"stream", make_stream},
                {"reset", make_reset},
                {"unconnected", make_unconnected},
                {"packets", make_packets}};
  for (int i = 0; argc > 2 && i < 4; i++) {
    if (strcmp(argv[1], kKinds[i].name) != 0) continue;
    int in, error;
    if (kKinds[i].make(&in, &error) != 0 || dup2(in, 0) < 0 || dup2(error, 2) < 0)
      return perror(argv[1]), 126;
    close(in);
    close(error);
    execvp(argv[2], argv + 2);
    return 126;
  }
  return fprintf(stderr, "usage: with-sockets stream|reset|unconnected|packets COMMAND...\n"), 126;
}
