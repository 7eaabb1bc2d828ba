// f64 and conversions from i32: the spectral norm of a matrix that is computed instead of stored.
#include "kernel.h"

enum { kSize = 300 };

static double element(uint32_t i, uint32_t j) { return 1.0 / (double)((i + j) * (i + j + 1) / 2 + i + 1); }

static NOINLINE void multiply(const double* in, double* out) {
  for (uint32_t i = 0; i < kSize; i++) {
    double sum = 0;
    for (uint32_t j = 0; j < kSize; j++) sum += element(i, j) * in[j];
    out[i] = sum;
  }
}

static NOINLINE void multiply_transposed(const double* in, double* out) {
  for (uint32_t i = 0; i < kSize; i++) {
    double sum = 0;
    for (uint32_t j = 0; j < kSize; j++) sum += element(j, i) * in[j];
    out[i] = sum;
  }
}

uint64_t kernel(uint32_t n) {
  static double u[kSize], v[kSize], between[kSize];
  for (uint32_t i = 0; i < kSize; i++) u[i] = 1;
  for (uint32_t i = 0; i < n; i++) {
    multiply(u, between);
    multiply_transposed(between, v);
    multiply(v, between);
    multiply_transposed(between, u);
  }
  double uv = 0, vv = 0;
  for (uint32_t i = 0; i < kSize; i++) {
    uv += u[i] * v[i];
    vv += v[i] * v[i];
  }
  return mix_f64(0, __builtin_sqrt(uv / vv));
}
