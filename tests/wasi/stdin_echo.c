// stdin: first line|second, with ünïcode||last line
// Standard input to its end, line by line.
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(void) {
  char line[256];
  int n = 0;
  while (fgets(line, sizeof line, stdin)) {
    for (char* p = line; *p; p++) *p = toupper((unsigned char)*p);
    printf("%d: %s", ++n, line);
  }
  printf("end of input: %s, read says %zd\n", feof(stdin) ? "yes" : "no", read(0, line, sizeof line));
  fputs("and this goes to stderr\n", stderr);
  return 0;
}
