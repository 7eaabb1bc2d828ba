// Loads and stores by hand: copies by bytes and by words, backwards, and with a stride.
#include "kernel.h"

enum { kWords = 1 << 13 };

static uint32_t from[kWords], to[kWords];

static NOINLINE void copy_bytes(volatile uint8_t* out, const uint8_t* in, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) out[i] = in[i];
}

static NOINLINE void copy_backwards(uint32_t* out, const uint32_t* in, uint32_t count) {
  while (count > 0) {
    count--;
    out[count] = in[count] + count;
  }
}

static NOINLINE void copy_strided(uint32_t* out, const uint32_t* in, uint32_t count) {
  for (uint32_t start = 0; start < 16; start++) {
    for (uint32_t i = start; i < count; i += 16) out[i] = in[(i * 5 + start) & (kWords - 1)];
  }
}

uint64_t kernel(uint32_t n) {
  uint32_t random = 1;
  for (uint32_t i = 0; i < kWords; i++) from[i] = next_random(&random);
  for (uint32_t i = 0; i < n; i++) {
    copy_bytes((volatile uint8_t*)to, (const uint8_t*)from, kWords);
    copy_backwards(from, to, kWords);
    copy_strided(to, from, kWords);
    copy_backwards(from, to, kWords - i % 64);
  }
  uint64_t sum = 0;
  for (uint32_t i = 0; i < kWords; i++) sum = mix(sum, from[i]);
  return sum;
}
