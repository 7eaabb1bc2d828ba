// exit: 42
// exit() flushes, runs its handlers, and its code is the process' code.
#include <stdio.h>
#include <stdlib.h>

static void bye(void) { puts("handler ran"); }

int main(void) {
  atexit(bye);
  printf("no newline at the end of this, ");
  exit(42);
}
