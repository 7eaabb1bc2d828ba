// Blocks of many sizes, allocated, grown and freed in disorder; memory grows by megabytes and contents survive.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { kSlots = 1000, kRounds = 100000 };
static uint8_t* blocks[kSlots];
static size_t sizes[kSlots];
static uint32_t state = 12345;

static uint32_t next(void) {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}

static size_t memory_pages(void) {
  asm volatile("" ::: "memory");  // else the compiler may move the question across malloc
  return __builtin_wasm_memory_size(0);
}

static int intact(int i) {
  uint8_t mark = (uint8_t)(i * 7 + 1);
  return sizes[i] == 0 || (blocks[i][0] == mark && blocks[i][sizes[i] - 1] == mark && blocks[i][sizes[i] / 2] == mark);
}

int main(void) {
  int damaged = 0, allocated = 0, grown = 0, freed = 0;
  for (int round = 0; round < kRounds; round++) {
    int i = next() % kSlots;
    damaged += !intact(i);
    size_t most = next() % 16 ? 200 : 20000, size = 1 + next() % most;
    if (blocks[i] == 0) {
      blocks[i] = malloc(size);
      allocated++;
    } else if (next() % 2) {
      blocks[i] = realloc(blocks[i], size);
      grown++;
    } else {
      free(blocks[i]);
      blocks[i] = 0;
      size = 0;
      freed++;
    }
    if (size) memset(blocks[i], i * 7 + 1, size);
    sizes[i] = size;
  }
  for (int i = 0; i < kSlots; i++) damaged += !intact(i);
  printf("%d allocated, %d resized, %d freed, %d damaged\n", allocated, grown, freed, damaged);
  size_t pages = memory_pages();
  // volatile: a compiler may remove an allocation nobody needs, and with it the answers asked for here
  char* volatile big = malloc(20 << 20);
  memset(big, 'x', 20 << 20);
  printf("20 MiB %s, memory %s\n", big && big[(20 << 20) - 1] == 'x' ? "there" : "MISSING",
         memory_pages() >= pages + 300 ? "grew" : "DID NOT GROW");
  free(big);
  volatile size_t too_much = 0xfff00000u;
  void* volatile all = malloc(too_much);
  printf("4 GiB %s\n", all ? "GIVEN" : "refused");
  return 0;
}
