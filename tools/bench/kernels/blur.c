// Bytes of a picture and i32 sums: a three by three blur, n times.
#include "kernel.h"

enum { kWidth = 320, kHeight = 200 };

static uint8_t pictures[2][kHeight * kWidth];

static NOINLINE void blur(const uint8_t* in, uint8_t* out) {
  for (int y = 1; y < kHeight - 1; y++) {
    for (int x = 1; x < kWidth - 1; x++) {
      const uint8_t* p = in + y * kWidth + x;
      uint32_t sum = 0;
      for (int dy = -kWidth; dy <= kWidth; dy += kWidth) {
        sum += p[dy - 1] + 2u * p[dy] + p[dy + 1];
        if (dy == 0) sum += p[-1] + 2u * p[0] + p[1];
      }
      out[y * kWidth + x] = (uint8_t)((sum + 8) >> 4);
    }
  }
}

uint64_t kernel(uint32_t n) {
  uint32_t random = 1;
  for (int i = 0; i < kWidth * kHeight; i++) pictures[0][i] = pictures[1][i] = (uint8_t)next_random(&random);
  for (uint32_t i = 0; i < n; i++) blur(pictures[i & 1], pictures[~i & 1]);
  uint64_t sum = 0;
  for (int i = 0; i < kWidth * kHeight; i++) sum = mix(sum, pictures[n & 1][i]);
  return sum;
}
