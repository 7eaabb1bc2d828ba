// Cryptography on i32 with many live values: SHA-256 of n blocks.
#include "kernel.h"

static uint32_t constants[64], state[8];

static uint32_t rotate(uint32_t x, int by) { return (x >> by) | (x << (32 - by)); }

// The first 32 bits of the fractions of roots of primes, by integer search: no table to mistype.
static uint32_t fraction_of_root(uint32_t prime, int power) {
  uint64_t low = 0, high = (uint64_t)20 << 32;  // root with 32 bits behind the point
  while (high - low > 1) {
    uint64_t middle = (low + high) / 2;
    unsigned __int128 product = (unsigned __int128)middle * middle, limit = (unsigned __int128)prime << 64;
    if (power == 3) product = (product >> 32) * middle;
    if (product > limit) high = middle;
    else low = middle;
  }
  return (uint32_t)low;
}

static void set_up(void) {
  uint32_t count = 0;
  for (uint32_t p = 2; count < 64; p++) {
    uint32_t divisor = 2;
    while (divisor * divisor <= p && p % divisor != 0) divisor++;
    if (divisor * divisor <= p) continue;
    if (count < 8) state[count] = fraction_of_root(p, 2);
    constants[count++] = fraction_of_root(p, 3);
  }
}

static NOINLINE void take_block(const uint32_t* block) {
  uint32_t w[64];
  for (int i = 0; i < 16; i++) w[i] = block[i];
  for (int i = 16; i < 64; i++) {
    uint32_t s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ (w[i - 15] >> 3);
    uint32_t s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ (w[i - 2] >> 10);
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
  uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
  for (int i = 0; i < 64; i++) {
    uint32_t t1 = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + constants[i] + w[i];
    uint32_t t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + t1;
    d = c, c = b, b = a, a = t1 + t2;
  }
  state[0] += a, state[1] += b, state[2] += c, state[3] += d;
  state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

uint64_t kernel(uint32_t n) {
  set_up();
  uint32_t block[16], random = 1;
  for (int i = 0; i < 16; i++) block[i] = next_random(&random);
  for (uint32_t i = 0; i < n; i++) {
    block[i & 15] ^= i;
    take_block(block);
  }
  uint64_t sum = 0;
  for (int i = 0; i < 8; i++) sum = mix(sum, state[i]);
  return sum;
}
