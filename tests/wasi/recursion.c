// exit: 134
// stderr: out of bounds|exhausted
// Recursion without end is a trap, not a crash: of the engine's stack or of the guest's own in linear memory.
#include <stdio.h>

__attribute__((noinline)) static int down(volatile int* depth) {
  if (++*depth < 0) return 0;  // never, but the compiler cannot know
  return down(depth) + *depth;
}

int main(void) {
  puts("before");
  fflush(stdout);
  volatile int depth = 0;
  printf("NOT TRAPPED %d\n", down(&depth));
  return 0;
}
