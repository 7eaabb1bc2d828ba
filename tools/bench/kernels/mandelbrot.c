// f64 in registers with a loop that ends at a comparison: the set of Mandelbrot on n rows of 256 points.
#include "kernel.h"

enum { kWidth = 256, kMost = 200 };

static NOINLINE uint32_t steps(double cx, double cy) {
  double x = 0, y = 0;
  for (uint32_t i = 0; i < kMost; i++) {
    double xx = x * x, yy = y * y;
    if (xx + yy > 4) return i;
    y = 2 * x * y + cy;
    x = xx - yy + cx;
  }
  return kMost;
}

uint64_t kernel(uint32_t n) {
  uint64_t sum = 0;
  for (uint32_t row = 0; row < n; row++) {
    for (uint32_t column = 0; column < kWidth; column++) {
      sum = mix(sum, steps(-2.0 + 3.0 * column / kWidth, -1.5 + 3.0 * row / n));
    }
  }
  return sum;
}
