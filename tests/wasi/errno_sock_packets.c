// run: --dir BOX::/box
// with: sockets packets, failing host
// A listening socket whose connections are gone before they are taken, and one that cannot hold a packet as
// large.
#include "errno_check.h"

int main(void) {
  static uint8_t large[1 << 20];
  __wasi_ciovec_t out = {large, 5};
  CHECK(sock_accept, (0, 0, &n), CONNABORTED);
  CHECK(sock_send, (2, &out, 1, 0, &n), SUCCESS);
  HOLDS(n == 5);
  out.buf_len = sizeof large;
  CHECK(sock_send, (2, &out, 1, 0, &n), MSGSIZE);
  return finish();
}
