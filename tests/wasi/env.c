// run: --env GREETING=hello --env EMPTY= --env "EQUALS=a=b c"
// The guest sees the variables it was given and nothing of the host's.
#include <stdio.h>
#include <stdlib.h>

extern char** environ;

static void show(const char* name) {
  const char* value = getenv(name);
  printf("%s: %s%s%s\n", name, value ? "\"" : "", value ? value : "not set", value ? "\"" : "");
}

int main(void) {
  show("GREETING");
  show("EMPTY");
  show("EQUALS");
  show("PATH");
  show("HOME");
  int count = 0;
  for (char** e = environ; *e; e++) count++;
  printf("%d variables\n", count);
  return 0;
}
