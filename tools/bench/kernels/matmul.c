// f32 in three nested loops: products of matrices of 96 rows.
#include "kernel.h"

enum { kSize = 96 };

static float a[kSize][kSize], b[kSize][kSize], c[kSize][kSize];

static NOINLINE void multiply(void) {
  for (int i = 0; i < kSize; i++) {
    for (int j = 0; j < kSize; j++) {
      float sum = 0;
      for (int k = 0; k < kSize; k++) sum += a[i][k] * b[k][j];
      c[i][j] = sum;
    }
  }
}

uint64_t kernel(uint32_t n) {
  uint32_t random = 1;
  for (int i = 0; i < kSize; i++) {
    for (int j = 0; j < kSize; j++) {
      a[i][j] = (float)(next_random(&random) >> 8) / 16777216.0f - 0.5f;
      b[i][j] = (float)(next_random(&random) >> 8) / 16777216.0f - 0.5f;
    }
  }
  for (uint32_t r = 0; r < n; r++) {
    multiply();
    a[r % kSize][r * 7 % kSize] += c[r * 5 % kSize][r * 3 % kSize];
  }
  uint64_t sum = 0;
  for (int i = 0; i < kSize; i++) {
    for (int j = 0; j < kSize; j++) sum = mix_f64(sum, c[i][j]);
  }
  return sum;
}
