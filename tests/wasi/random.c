// random_get fills what it is asked for, of any size, differently each time.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wasi/api.h>

int main(void) {
  unsigned char a[256] = {0}, b[256] = {0};
  printf("getentropy %d %d\n", getentropy(a, sizeof a), getentropy(b, sizeof b));
  printf("two draws %s\n", memcmp(a, b, sizeof a) ? "differ" : "ARE EQUAL");
  size_t size = 1 << 20;
  unsigned char* big = calloc(size + 1, 1);
  printf("random_get of 1 MiB: %d\n", __wasi_random_get(big, size));
  size_t seen[256] = {0};
  for (size_t i = 0; i < size; i++) seen[big[i]]++;
  int odd = 0;  // 4096 of each value are expected; the standard deviation is 64
  for (int i = 0; i < 256; i++) odd += seen[i] < 3400 || seen[i] > 4800;
  printf("%d of 256 byte values come up oddly often, the byte behind is %d\n", odd, big[size]);
  printf("random_get of nothing: %d\n", __wasi_random_get(big, 0));
  return 0;
}
