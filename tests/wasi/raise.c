// exit: 134
// stderr: proc_raise: the guest raised a signal
// A signal ends the guest as a trap does, and is told from one by its message.
#include <stdio.h>

__attribute__((import_module("wasi_snapshot_preview1"), import_name("proc_raise"))) int raise_signal(int);

int main(void) {
  puts("before");
  fflush(stdout);
  raise_signal(6);
  puts("unseen");
  return 0;
}
