// Numbers to text and back, and the library's mathematics, which the engine's arithmetic has to carry to the last bit.
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t bits(double d) {
  uint64_t u;
  memcpy(&u, &d, sizeof u);
  return u;
}

int main(void) {
  double values[] = {0.0, -0.0, 1.0, 0.1, 1e300, 5e-324, DBL_MAX, DBL_MIN, M_PI, -2.5, 1e15, 123456789.125, INFINITY, -INFINITY, NAN};
  for (unsigned i = 0; i < sizeof values / sizeof *values; i++) {
    printf("%g %.17g %e %.3f %a\n", values[i], values[i], values[i], values[i] > 1e100 ? 0 : values[i], values[i]);
  }
  const char* texts[] = {"0.1", "1e-400", "1e400", "0x1.8p3", "179769313486231570814527423731704356798070e267", "2.2250738585072011e-308", "nan", "-inf", "12abc"};
  for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++) {
    char* end;
    double d = strtod(texts[i], &end);
    if (isnan(d)) printf("%s: nan, rest \"%s\"\n", texts[i], end);
    else printf("%s: %016llx, rest \"%s\"\n", texts[i], (unsigned long long)bits(d), end);
  }
  volatile double x = 0.7, y = 3.3;
  printf("%016llx %016llx %016llx\n", (unsigned long long)bits(sin(x)), (unsigned long long)bits(exp(y)), (unsigned long long)bits(pow(x, y)));
  printf("%016llx %016llx %016llx\n", (unsigned long long)bits(sqrt(x)), (unsigned long long)bits(fmod(y, x)), (unsigned long long)bits(log(y)));
  printf("%g %g %g %g\n", floor(-y), ceil(-y), trunc(-y), nearbyint(2.5));
  printf("%g %g %d %d\n", copysign(y, -0.0), fabs(-y), (int)lround(-2.5), (int)signbit(-0.0));
  volatile float f = 16777216.0f;
  printf("%.1f %.1f\n", (double)(f + 1.0f), (double)f + 1.0);
  volatile double big = 1e10;
  printf("%lld %llu %d\n", (long long)big, (unsigned long long)big, (int)-y);
  volatile double a = 134217729.0;  // a fused multiply-add would give another last bit here
  printf("%.17g\n", a * a - 18014398777917440.0);
  double sum = 0;
  for (int i = 1; i <= 1000000; i++) sum += 1.0 / i;
  printf("%.17g\n", sum);
  return 0;
}
