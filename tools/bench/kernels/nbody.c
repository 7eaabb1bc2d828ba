// f64 with square roots and divisions: planets around a sun, by small steps.
#include "kernel.h"

enum { kBodies = 5 };
typedef struct {
  double x, y, z, vx, vy, vz, mass;
} Body;

static Body bodies[kBodies] = {
    {0, 0, 0, 0, 0, 0, 39.5},
    {4.84, -1.16, -0.104, 0.606, 2.81, -0.0252, 0.0377},
    {8.34, 4.12, -0.404, -1.01, 1.82, 0.00842, 0.0113},
    {12.9, -15.1, -0.223, 1.08, 0.869, -0.0108, 0.00172},
    {15.4, -25.9, 0.179, 0.979, 0.594, -0.0347, 0.00203},
};

static NOINLINE void advance(double step) {
  for (int i = 0; i < kBodies; i++) {
    Body* a = &bodies[i];
    for (int j = i + 1; j < kBodies; j++) {
      Body* b = &bodies[j];
      double dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z;
      double square = dx * dx + dy * dy + dz * dz;
      double pull = step / (square * __builtin_sqrt(square));
      a->vx -= dx * b->mass * pull;
      a->vy -= dy * b->mass * pull;
      a->vz -= dz * b->mass * pull;
      b->vx += dx * a->mass * pull;
      b->vy += dy * a->mass * pull;
      b->vz += dz * a->mass * pull;
    }
  }
  for (int i = 0; i < kBodies; i++) {
    Body* a = &bodies[i];
    a->x += step * a->vx;
    a->y += step * a->vy;
    a->z += step * a->vz;
  }
}

uint64_t kernel(uint32_t n) {
  for (uint32_t i = 0; i < n; i++) advance(0.001);
  uint64_t sum = 0;
  for (int i = 0; i < kBodies; i++) sum = mix_f64(mix_f64(mix_f64(sum, bodies[i].x), bodies[i].y), bodies[i].z);
  return sum;
}
