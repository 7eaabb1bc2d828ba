// exit: 134
// stderr: unreachable
// A trap ends the program with its message and a backtrace; what was written before it stays written.
#include <stdio.h>

__attribute__((noinline)) static void inner(int n) {
  if (n > 0) __builtin_trap();
  puts("NOT TRAPPED");
}

int main(int argc, char** argv) {
  puts("before");
  fflush(stdout);
  inner(argc);
  return 0;
}
