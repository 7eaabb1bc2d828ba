// What every kernel is made of: a function of its size, the same on every platform. No libm, no allocation by the C
// library, nothing that depends on the size of a pointer: a checksum that differs is an engine's mistake.
#pragma once
#include <stddef.h>
#include <stdint.h>

// The work of size n; the checksum says that it was done right. main.c calls it once and takes the time.
uint64_t kernel(uint32_t n);

#define NOINLINE __attribute__((noinline))

static inline uint64_t mix(uint64_t sum, uint64_t value) {
  sum = (sum ^ value) * 0x9e3779b97f4a7c15u;
  return sum ^ (sum >> 29);
}

static inline uint64_t mix_f64(uint64_t sum, double value) {
  union {
    double f;
    uint64_t bits;
  } u = {value};
  return mix(sum, u.bits);
}

// xorshift; the state must not be 0.
static inline uint32_t next_random(uint32_t* state) {
  uint32_t x = *state;
  x ^= x << 13;
  x ^= x >> 17;
  x ^= x << 5;
  return *state = x;
}
