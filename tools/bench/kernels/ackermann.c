// Deep recursion with memory: Ackermann's function, which counts how often it was at each depth.
#include "kernel.h"

static uint32_t visits[1024];

static NOINLINE uint32_t ackermann(uint32_t m, uint32_t n, uint32_t depth) {
  visits[depth & 1023]++;
  if (m == 0) return n + 1;
  if (n == 0) return ackermann(m - 1, 1, depth + 1);
  return ackermann(m - 1, ackermann(m, n - 1, depth + 1), depth + 1);
}

uint64_t kernel(uint32_t n) {
  uint64_t sum = 0;
  for (uint32_t i = 0; i < n; i++) sum = mix(sum, ackermann(3, 6, i));
  for (uint32_t i = 0; i < 1024; i++) sum = mix(sum, visits[i]);
  return sum;
}
