// Integer arithmetic in earnest: SHA-256 of a million letters, one of the standard's own examples.
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static uint32_t k[64], state[8];
static uint8_t block[64];
static uint64_t length;

static uint32_t rotr(uint32_t x, int n) { return x >> n | x << (32 - n); }

// The constants are the fractions of the cube and square roots of the first primes: computed, not listed.
static uint32_t root_fraction(uint32_t prime, int cube) {
  uint64_t low = 0, high = (uint64_t)1 << 40;
  while (low + 1 < high) {  // the largest r with (r / 2^32)^n <= prime
    uint64_t r = (low + high) / 2;
    unsigned __int128 p = (unsigned __int128)r * r;
    int below = cube ? p * r <= (unsigned __int128)prime << 96 : p <= (unsigned __int128)prime << 64;
    if (below) low = r; else high = r;
  }
  return (uint32_t)low;
}

static void init(void) {
  int n = 0;
  for (uint32_t p = 2; n < 64; p++) {
    int prime = 1;
    for (uint32_t d = 2; d * d <= p; d++) prime &= p % d != 0;
    if (!prime) continue;
    if (n < 8) state[n] = root_fraction(p, 0);
    k[n++] = root_fraction(p, 1);
  }
}

static void compress(void) {
  uint32_t w[64], v[8];
  for (int i = 0; i < 16; i++)
    w[i] = (uint32_t)block[4 * i] << 24 | block[4 * i + 1] << 16 | block[4 * i + 2] << 8 | block[4 * i + 3];
  for (int i = 16; i < 64; i++) {
    uint32_t s0 = rotr(w[i - 15], 7) ^ rotr(w[i - 15], 18) ^ w[i - 15] >> 3;
    uint32_t s1 = rotr(w[i - 2], 17) ^ rotr(w[i - 2], 19) ^ w[i - 2] >> 10;
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  memcpy(v, state, sizeof v);
  for (int i = 0; i < 64; i++) {
    uint32_t t1 = v[7] + (rotr(v[4], 6) ^ rotr(v[4], 11) ^ rotr(v[4], 25)) + ((v[4] & v[5]) ^ (~v[4] & v[6])) + k[i] + w[i];
    uint32_t t2 = (rotr(v[0], 2) ^ rotr(v[0], 13) ^ rotr(v[0], 22)) + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
    memmove(v + 1, v, 7 * sizeof *v);
    v[4] += t1;
    v[0] = t1 + t2;
  }
  for (int i = 0; i < 8; i++) state[i] += v[i];
}

static void put(uint8_t byte) {
  block[length++ % 64] = byte;
  if (length % 64 == 0) compress();
}

int main(void) {
  init();
  for (int i = 0; i < 1000000; i++) put('a');
  uint64_t bit_count = length * 8;
  put(0x80);
  while (length % 64 != 56) put(0);
  for (int i = 7; i >= 0; i--) put((uint8_t)(bit_count >> 8 * i));
  for (int i = 0; i < 8; i++) printf("%08x", state[i]);
  printf("\n");
  return 0;
}
