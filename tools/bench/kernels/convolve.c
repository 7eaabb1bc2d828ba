// f32 over a picture: a five by five convolution, back and forth between two planes.
#include "kernel.h"

enum { kSize = 128 };

static float planes[2][kSize][kSize];
static float weights[5][5];

static NOINLINE void convolve(const float in[kSize][kSize], float out[kSize][kSize]) {
  for (int y = 2; y < kSize - 2; y++) {
    for (int x = 2; x < kSize - 2; x++) {
      float sum = 0;
      for (int dy = 0; dy < 5; dy++) {
        for (int dx = 0; dx < 5; dx++) sum += in[y + dy - 2][x + dx - 2] * weights[dy][dx];
      }
      out[y][x] = sum > 1 ? 1 : sum;
    }
  }
}

uint64_t kernel(uint32_t n) {
  uint32_t random = 1;
  for (int y = 0; y < kSize; y++) {
    for (int x = 0; x < kSize; x++) planes[0][y][x] = planes[1][y][x] = (float)(next_random(&random) & 255) / 255.0f;
  }
  for (int i = 0; i < 25; i++) weights[i / 5][i % 5] = (float)(1 + i % 7) / 91.0f;
  for (uint32_t i = 0; i < n; i++) convolve(planes[i & 1], planes[~i & 1]);
  uint64_t sum = 0;
  for (int y = 0; y < kSize; y++) {
    for (int x = 0; x < kSize; x++) sum = mix_f64(sum, planes[n & 1][y][x]);
  }
  return sum;
}
