// Strings and bulk memory: texts put together with memcpy, moved, cleared, compared, and searched for words.
#include <string.h>

#include "kernel.h"

enum { kLength = 1 << 15 };

static char text[kLength + 64];
static const char* const kWords[] = {"once", "upon", "a", "time", "there", "was", "register", "allocator", "that",
                                     "spilled", "nothing", "and", "lived", "happily", "ever", "after"};

// Boyer and Moore's search in Horspool's form; the number of places where the word stands.
static NOINLINE uint32_t count_places(const char* word, uint32_t length, uint32_t end) {
  uint8_t skip[256];
  memset(skip, (int)length, sizeof skip);
  for (uint32_t i = 0; i + 1 < length; i++) skip[(uint8_t)word[i]] = (uint8_t)(length - 1 - i);
  uint32_t found = 0;
  for (uint32_t at = 0; at + length <= end;) {
    if (memcmp(text + at, word, length) == 0) found++;
    at += skip[(uint8_t)text[at + length - 1]];
  }
  return found;
}

static NOINLINE uint32_t write_text(uint32_t* random) {
  uint32_t end = 0;
  while (end < kLength - 16) {
    const char* word = kWords[next_random(random) % 16];
    uint32_t length = (uint32_t)strlen(word);
    memcpy(text + end, word, length);
    end += length;
    text[end++] = ' ';
  }
  text[end] = 0;
  return end;
}

uint64_t kernel(uint32_t n) {
  uint32_t random = 1;
  uint64_t sum = 0;
  for (uint32_t round = 0; round < n; round++) {
    uint32_t end = write_text(&random);
    for (uint32_t i = 0; i < 16; i += 3) sum = mix(sum, count_places(kWords[i], (uint32_t)strlen(kWords[i]), end));
    uint32_t from = next_random(&random) % (end / 2), to = next_random(&random) % (end / 2);
    memmove(text + to, text + from, end / 2);
    memset(text + from, ' ', 100);
    for (const char* at = text; (at = strchr(at, 'r')) != NULL; at++) sum += (uint32_t)(at - text);
    sum = mix(sum, strlen(text));
  }
  return sum;
}
