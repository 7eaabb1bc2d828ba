// i32 in registers with a branch nobody can foretell: the longest of Collatz's sequences below n.
#include "kernel.h"

static NOINLINE uint32_t length_of(uint32_t value) {
  uint32_t length = 1;
  while (value != 1) {
    value = value & 1 ? 3 * value + 1 : value >> 1;
    length++;
    if (length > 1000) break;  // beyond 113383 values wrap, and one could go round
  }
  return length;
}

uint64_t kernel(uint32_t n) {
  uint64_t sum = 0;
  uint32_t longest = 0;
  for (uint32_t i = 1; i < n; i++) {
    uint32_t length = length_of(i % 113000 + 1);
    sum += length;
    if (length > longest) longest = length;
  }
  return mix(sum, longest);
}
