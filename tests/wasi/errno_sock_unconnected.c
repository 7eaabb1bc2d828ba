// run: --dir BOX::/box
// with: sockets unconnected
// Sockets that were never connected.
#include "errno_check.h"

int main(void) {
  static __wasi_iovec_t in = {buffer, sizeof buffer};
  static __wasi_ciovec_t out = {buffer, 5};
  uint16_t flags;
  CHECK(sock_recv, (0, &in, 1, 0, &n, &flags), NOTCONN);
  CHECK(sock_shutdown, (0, __WASI_SDFLAGS_RD), NOTCONN);
  CHECK(sock_send, (2, &out, 1, 0, &n), NOTCONN);
  return finish();
}
