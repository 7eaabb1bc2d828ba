// i32 and bytes with growing strides: the primes below a quarter of a million, n times.
#include "kernel.h"

enum { kLimit = 250000 };

static uint8_t composite[kLimit];

static NOINLINE uint32_t count_primes(void) {
  for (uint32_t i = 0; i < kLimit; i++) composite[i] = 0;
  uint32_t count = 0;
  for (uint32_t i = 2; i < kLimit; i++) {
    if (composite[i]) continue;
    count++;
    for (uint32_t j = i * 2; j < kLimit; j += i) composite[j] = 1;
  }
  return count;
}

uint64_t kernel(uint32_t n) {
  uint64_t sum = 0;
  for (uint32_t i = 0; i < n; i++) sum = mix(sum, count_primes());
  return sum;
}
