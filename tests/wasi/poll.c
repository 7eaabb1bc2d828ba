// run: --dir BOX::/box
// stdin: ready
// Sleeping takes at least as long as asked; poll tells what is ready and what timed out.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <wasi/api.h>

static long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000ll + t.tv_nsec;
}

int main(void) {
  long long start = now();
  struct timespec t = {0, 20000000};
  int result = nanosleep(&t, 0);
  printf("nanosleep %d, %s\n", result, now() - start >= 20000000 ? "long enough" : "TOO SHORT");
  start = now();
  result = usleep(5000);
  printf("usleep %d, %s\n", result, now() - start >= 5000000 ? "long enough" : "TOO SHORT");
  struct timespec until;
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_nsec += 10000000;
  if (until.tv_nsec >= 1000000000) until.tv_sec++, until.tv_nsec -= 1000000000;
  result = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, 0);
  printf("until a time: %d, %s\n", result, now() >= until.tv_sec * 1000000000ll + until.tv_nsec ? "reached" : "EARLY");

  struct pollfd fds[2] = {{0, POLLIN, 0}, {1, POLLOUT, 0}};
  result = poll(fds, 2, 1000);
  printf("poll %s, stdout %s\n", result >= 1 ? "found some" : "FOUND NONE", fds[1].revents & POLLOUT ? "ready" : "NOT READY");
  int fd = open("/box/hello.txt", O_RDONLY);
  struct pollfd file = {fd, POLLIN, 0};
  result = poll(&file, 1, 1000);
  printf("poll of a file %d, %s\n", result, file.revents & POLLIN ? "readable" : "NOT READABLE");

  __wasi_subscription_t two[2];
  memset(two, 0, sizeof two);
  for (int i = 0; i < 2; i++) {
    two[i].userdata = 100 + i;
    two[i].u.tag = __WASI_EVENTTYPE_CLOCK;
    two[i].u.u.clock.id = __WASI_CLOCKID_MONOTONIC;
    two[i].u.u.clock.timeout = i ? 1000000 : 3600000000000ll;
  }
  __wasi_event_t events[2];
  __wasi_size_t count = 0;
  __wasi_errno_t error = __wasi_poll_oneoff(two, events, 2, &count);
  printf("an hour or a millisecond: %d, %u event, of number %d\n", error, (unsigned)count, (int)events[0].userdata);
  printf("poll of nothing is refused: %s\n", __wasi_poll_oneoff(two, events, 0, &count) ? "yes" : "NO");
  printf("sched_yield %d\n", sched_yield());
  return 0;
}
