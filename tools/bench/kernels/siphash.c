// i64 from memory: a keyed hash of short messages, as hash tables take it.
#include "kernel.h"

static uint64_t rotate(uint64_t x, int by) { return (x << by) | (x >> (64 - by)); }

typedef struct {
  uint64_t a, b, c, d;
} State;

static inline void round_of(State* s) {
  s->a += s->b;
  s->c += s->d;
  s->b = rotate(s->b, 13) ^ s->a;
  s->d = rotate(s->d, 16) ^ s->c;
  s->a = rotate(s->a, 32);
  s->c += s->b;
  s->a += s->d;
  s->b = rotate(s->b, 17) ^ s->c;
  s->d = rotate(s->d, 21) ^ s->a;
  s->c = rotate(s->c, 32);
}

static NOINLINE uint64_t hash(const uint8_t* data, uint32_t length, uint64_t k0, uint64_t k1) {
  State s = {k0 ^ 0x736f6d6570736575u, k1 ^ 0x646f72616e646f6du, k0 ^ 0x6c7967656e657261u, k1 ^ 0x7465646279746573u};
  uint64_t last = (uint64_t)length << 56;
  while (length >= 8) {
    uint64_t word = 0;
    for (int i = 0; i < 8; i++) word |= (uint64_t)data[i] << (8 * i);
    s.d ^= word;
    round_of(&s);
    round_of(&s);
    s.a ^= word;
    data += 8;
    length -= 8;
  }
  for (uint32_t i = 0; i < length; i++) last |= (uint64_t)data[i] << (8 * i);
  s.d ^= last;
  round_of(&s);
  round_of(&s);
  s.a ^= last;
  s.c ^= 0xff;
  for (int i = 0; i < 4; i++) round_of(&s);
  return s.a ^ s.b ^ s.c ^ s.d;
}

uint64_t kernel(uint32_t n) {
  static uint8_t data[256];
  uint32_t random = 1;
  for (uint32_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)next_random(&random);
  uint64_t sum = 0;
  for (uint32_t i = 0; i < n; i++) sum += hash(data + i % 64, 1 + i % 191, sum, i);
  return sum;
}
