// Cryptography on i32 with sixteen live values: n blocks of the ChaCha20 key stream, laid over a buffer.
#include "kernel.h"

static uint8_t buffer[1024];

static uint32_t rotate(uint32_t x, int by) { return (x << by) | (x >> (32 - by)); }

#define QUARTER(a, b, c, d)          \
  a += b, d = rotate(d ^ a, 16);     \
  c += d, b = rotate(b ^ c, 12);     \
  a += b, d = rotate(d ^ a, 8);      \
  c += d, b = rotate(b ^ c, 7)

static NOINLINE void encrypt(uint8_t* data, const uint32_t* in) {
  uint32_t x[16];
  for (int i = 0; i < 16; i++) x[i] = in[i];
  for (int i = 0; i < 10; i++) {
    QUARTER(x[0], x[4], x[8], x[12]);
    QUARTER(x[1], x[5], x[9], x[13]);
    QUARTER(x[2], x[6], x[10], x[14]);
    QUARTER(x[3], x[7], x[11], x[15]);
    QUARTER(x[0], x[5], x[10], x[15]);
    QUARTER(x[1], x[6], x[11], x[12]);
    QUARTER(x[2], x[7], x[8], x[13]);
    QUARTER(x[3], x[4], x[9], x[14]);
  }
  for (int i = 0; i < 16; i++) {
    uint32_t word = x[i] + in[i];
    for (int byte = 0; byte < 4; byte++) data[4 * i + byte] ^= (uint8_t)(word >> (8 * byte));
  }
}

uint64_t kernel(uint32_t n) {
  uint32_t state[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
  for (uint32_t i = 4; i < 16; i++) state[i] = i * 0x01010101u;
  for (uint32_t i = 0; i < n; i++) {
    state[12] = i;
    encrypt(buffer + 64 * (i & 15), state);
  }
  uint64_t sum = 0;
  for (uint32_t i = 0; i < sizeof buffer; i++) sum = mix(sum, buffer[i]);
  return sum;
}
