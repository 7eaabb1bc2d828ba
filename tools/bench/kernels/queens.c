// Bits and recursion: in how many ways n queens stand on a board without seeing each other.
#include "kernel.h"

static NOINLINE uint32_t place(uint32_t all, uint32_t columns, uint32_t left, uint32_t right) {
  if (columns == all) return 1;
  uint32_t count = 0;
  for (uint32_t open = all & ~(columns | left | right); open != 0;) {
    uint32_t bit = open & -open;
    open ^= bit;
    count += place(all, columns | bit, (left | bit) << 1, (right | bit) >> 1);
  }
  return count;
}

uint64_t kernel(uint32_t n) { return place((1u << n) - 1, 0, 0, 0); }
