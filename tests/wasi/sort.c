// qsort and bsearch: comparisons through function pointers, that is call_indirect, hundreds of thousands of times.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { kCount = 50000 };
static uint32_t numbers[kCount];
static char words[2000][12];

static int up(const void* a, const void* b) {
  uint32_t x = *(const uint32_t*)a, y = *(const uint32_t*)b;
  return (x > y) - (x < y);
}
static int down(const void* a, const void* b) { return up(b, a); }
static int by_text(const void* a, const void* b) { return strcmp(a, b); }

static uint64_t checksum(void) {
  uint64_t sum = 0;
  for (int i = 0; i < kCount; i++) sum = sum * 31 + numbers[i];
  return sum;
}

int main(void) {
  uint32_t x = 2463534242u;
  for (int i = 0; i < kCount; i++) {
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    numbers[i] = x % 1000000;
  }
  int (*orders[])(const void*, const void*) = {up, down, up};
  for (int i = 0; i < 3; i++) {
    qsort(numbers, kCount, sizeof *numbers, orders[i]);
    printf("%u .. %u .. %u, checksum %016llx\n", numbers[0], numbers[kCount / 2], numbers[kCount - 1],
           (unsigned long long)checksum());
  }
  uint32_t key = numbers[777];
  uint32_t* found = bsearch(&key, numbers, kCount, sizeof *numbers, up);
  printf("found %s\n", found && *found == key ? "yes" : "NO");
  for (int i = 0; i < 2000; i++) snprintf(words[i], sizeof words[i], "w%d", (i * 7919) % 2000);
  qsort(words, 2000, sizeof *words, by_text);
  printf("%s %s %s\n", words[0], words[1000], words[1999]);
  return 0;
}
