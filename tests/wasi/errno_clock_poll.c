// run: --dir BOX::/box
// stdin: in
// Clocks and poll_oneoff: success, and each error a program can bring about.
#include "errno_check.h"

static __wasi_subscription_t in[4097];
static __wasi_event_t out[4097];

static void clocks(void) {
  for (int id = 0; id < 4; id++) {
    CHECK(clock_res_get, (id, &at), SUCCESS);
    HOLDS(at > 0);
    CHECK(clock_time_get, (id, 1, &at), SUCCESS);
  }
  CHECK(clock_res_get, (4, &at), INVAL);
  CHECK(clock_res_get, (0, FAR), FAULT);
  CHECK(clock_time_get, (4, 1, &at), INVAL);
  CHECK(clock_time_get, (0, 1, FAR), FAULT);
}

// One subscription, whose event has this error.
static void check_event(int line, int expected, const char* error) {
  in[0].userdata = 7;
  memset(out, 0xff, sizeof *out);
  int answer = raw_poll_oneoff(in, out, 1, &n);
  check(line, "poll_oneoff", "poll_oneoff", answer, 0, "SUCCESS");
  check(line, "poll_oneoff", "poll_oneoff, an event", out[0].error, expected, error);
  if (answer == 0 && (n != 1 || out[0].userdata != 7 || out[0].type != in[0].u.tag))
    wrong++, printf("line %d: another event\n", line);
}
#define CHECK_EVENT(error) check_event(__LINE__, __WASI_ERRNO_##error, #error)

static void subscribe_clock(u32 id, u64 timeout, u32 flags) {
  memset(in, 0, sizeof *in);
  in[0].u.tag = __WASI_EVENTTYPE_CLOCK;
  in[0].u.u.clock.id = id;
  in[0].u.u.clock.timeout = timeout;
  in[0].u.u.clock.flags = flags;
}

static void subscribe_fd(int type, u32 fd) {
  memset(in, 0, sizeof *in);
  in[0].u.tag = type;
  in[0].u.u.fd_read.file_descriptor = fd;
}

static void events(void) {
  subscribe_clock(__WASI_CLOCKID_MONOTONIC, 1000, 0);
  CHECK_EVENT(SUCCESS);
  subscribe_clock(__WASI_CLOCKID_REALTIME, 1, __WASI_SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME);
  CHECK_EVENT(SUCCESS);
  subscribe_clock(__WASI_CLOCKID_PROCESS_CPUTIME_ID, 1, 0);
  CHECK_EVENT(NOTSUP);
  subscribe_clock(4, 1, 0);
  CHECK_EVENT(INVAL);
  subscribe_clock(0, 1, 2);
  CHECK_EVENT(INVAL);
  u64 rights = __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_WRITE | __WASI_RIGHTS_POLL_FD_READWRITE;
  u32 file = open_at(BOX, "file", __WASI_OFLAGS_CREAT, rights, 0, 0);
  subscribe_fd(__WASI_EVENTTYPE_FD_READ, file);
  CHECK_EVENT(SUCCESS);
  subscribe_fd(__WASI_EVENTTYPE_FD_WRITE, file);
  CHECK_EVENT(SUCCESS);
  subscribe_fd(__WASI_EVENTTYPE_FD_READ, 0);
  CHECK_EVENT(SUCCESS);
  HOLDS(out[0].fd_readwrite.nbytes == 3);
  subscribe_fd(__WASI_EVENTTYPE_FD_READ, NONE);
  CHECK_EVENT(BADF);
  subscribe_fd(__WASI_EVENTTYPE_FD_READ, BOX);
  CHECK_EVENT(BADF);
  raw_fd_fdstat_set_rights(file, __WASI_RIGHTS_FD_READ, 0);
  subscribe_fd(__WASI_EVENTTYPE_FD_READ, file);
  CHECK_EVENT(NOTCAPABLE);
}

static void polls(void) {
  subscribe_clock(__WASI_CLOCKID_MONOTONIC, 0, 0);
  CHECK(poll_oneoff, (in, out, 0, &n), INVAL);
  CHECK(poll_oneoff, (in, out, 4097, &n), INVAL);
  CHECK(poll_oneoff, (FAR, out, 1, &n), FAULT);
  CHECK(poll_oneoff, (in, FAR, 1, &n), FAULT);
  CHECK(poll_oneoff, (in, out, 1, FAR), FAULT);
  in[0].u.tag = 3;
  CHECK(poll_oneoff, (in, out, 1, &n), INVAL);
}

int main(void) {
  clocks();
  events();
  polls();
  return finish();
}
