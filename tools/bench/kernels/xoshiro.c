// i64 in registers: a generator of random numbers with rotations, multiplications and high halves of products.
#include "kernel.h"

static uint64_t rotate(uint64_t x, int by) { return (x << by) | (x >> (64 - by)); }

static uint64_t high_half(uint64_t a, uint64_t b) {
  uint64_t low = (a & 0xffffffffu) * (b & 0xffffffffu);
  uint64_t middle = (a >> 32) * (b & 0xffffffffu) + (low >> 32);
  uint64_t other = (a & 0xffffffffu) * (b >> 32) + (middle & 0xffffffffu);
  return (a >> 32) * (b >> 32) + (middle >> 32) + (other >> 32);
}

uint64_t kernel(uint32_t n) {
  uint64_t s[4] = {0x180ec6d33cfd0aba, 0xd5a61266f0c9392c, 0xa9582618e03fc9aa, 0x39abdc4529b1661c}, sum = 0;
  for (uint32_t i = 0; i < n; i++) {
    uint64_t result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    sum += high_half(result, 1000 + i);
  }
  return mix(sum, s[0]);
}
