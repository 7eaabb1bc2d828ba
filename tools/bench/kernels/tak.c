// Recursion with three arguments: Takeuchi's function.
#include "kernel.h"

static NOINLINE int32_t tak(int32_t x, int32_t y, int32_t z) {
  return y >= x ? z : tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y));
}

uint64_t kernel(uint32_t n) {
  uint64_t sum = 0;
  for (uint32_t i = 0; i < n; i++) sum = mix(sum, (uint32_t)tak(18, 12, 6 + (int32_t)(i & 1)));
  return sum;
}
