// i64 products with carries through memory: the factorial of n, and its remainder by a prime.
#include "kernel.h"

enum { kMost = 20000 };

static uint32_t limbs[kMost];

static NOINLINE uint32_t multiply_by(uint32_t used, uint32_t factor) {
  uint64_t carry = 0;
  for (uint32_t i = 0; i < used; i++) {
    carry += (uint64_t)limbs[i] * factor;
    limbs[i] = (uint32_t)carry;
    carry >>= 32;
  }
  if (carry) limbs[used++] = (uint32_t)carry;
  return used;
}

static NOINLINE uint32_t remainder_by(uint32_t used, uint32_t divisor) {
  uint64_t rest = 0;
  while (used > 0) rest = ((rest << 32) | limbs[--used]) % divisor;
  return (uint32_t)rest;
}

uint64_t kernel(uint32_t n) {
  uint32_t used = 1;
  limbs[0] = 1;
  for (uint32_t i = 2; i <= n && used < kMost - 1; i++) used = multiply_by(used, i);
  uint64_t sum = mix(used, remainder_by(used, 1000000007));
  for (uint32_t i = 0; i < used; i++) sum = mix(sum, limbs[i]);
  return sum;
}
