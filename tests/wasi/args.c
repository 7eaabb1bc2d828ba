// args: one --invoke "two words" "" --tier=none "é€😀" -- -x
// Everything after FILE is the guest's, options of wjit among it.
#include <stdio.h>
#include <string.h>

int main(int argc, char** argv) {
  printf("argc %d, argv[argc] is %s\n", argc, argv[argc] ? "set" : "null");
  for (int i = 1; i < argc; i++) printf("%d: \"%s\" (%zu bytes)\n", i, argv[i], strlen(argv[i]));
  return 0;
}
