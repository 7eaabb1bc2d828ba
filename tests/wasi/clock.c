// Clocks: there, sane, and the monotonic one never goes back.
#include <stdio.h>
#include <time.h>

static long long nanoseconds(clockid_t clock) {
  struct timespec t;
  if (clock_gettime(clock, &t) != 0) return -1;
  return t.tv_sec * 1000000000ll + t.tv_nsec;
}

int main(void) {
  struct timespec res;
  printf("resolution of realtime %s\n", clock_getres(CLOCK_REALTIME, &res) == 0 && (res.tv_sec || res.tv_nsec) ? "ok" : "BAD");
  printf("resolution of monotonic %s\n", clock_getres(CLOCK_MONOTONIC, &res) == 0 && (res.tv_sec || res.tv_nsec) ? "ok" : "BAD");
  time_t now = time(0);
  printf("realtime %s\n", now > 1577836800 && now < 7258118400ll ? "between 2020 and 2200" : "BAD");
  long long last = nanoseconds(CLOCK_MONOTONIC), first = last;
  int back = 0;
  for (int i = 0; i < 10000; i++) {
    long long t = nanoseconds(CLOCK_MONOTONIC);
    back += t < last;
    last = t;
  }
  printf("monotonic %s, %s\n", back ? "WENT BACK" : "never goes back", last > first ? "advances" : "STANDS STILL");
  return 0;
}
