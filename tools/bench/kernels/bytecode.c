// br_table: an interpreter of a stack machine, running a small program with nested loops.
#include "kernel.h"

enum Op { kPush, kLoad, kStore, kAdd, kSub, kMul, kXor, kShr, kLess, kJumpIf, kJump, kDup, kDrop, kPeek, kPoke, kHalt };

static int32_t variables[8], cells[64];

static NOINLINE int32_t interpret(const int16_t* code) {
  int32_t stack[32], *top = stack;
  const int16_t* pc = code;
  *top = 0;
  for (;;) {
    switch ((enum Op)*pc++) {
      case kPush: *++top = *pc++; break;
      case kLoad: *++top = variables[*pc++ & 7]; break;
      case kStore: variables[*pc++ & 7] = *top--; break;
      case kAdd: top--; *top = (int32_t)((uint32_t)top[0] + (uint32_t)top[1]); break;
      case kSub: top--; *top = (int32_t)((uint32_t)top[0] - (uint32_t)top[1]); break;
      case kMul: top--; *top = (int32_t)((uint32_t)top[0] * (uint32_t)top[1]); break;
      case kXor: top--; *top ^= top[1]; break;
      case kShr: top--; *top = (int32_t)((uint32_t)top[0] >> (top[1] & 31)); break;
      case kLess: top--; *top = top[0] < top[1]; break;
      case kJumpIf: pc = *top-- ? code + *pc : pc + 1; break;
      case kJump: pc = code + *pc; break;
      case kDup: top++; *top = top[-1]; break;
      case kDrop: top--; break;
      case kPeek: *top = cells[*top & 63]; break;
      case kPoke: top -= 2; cells[top[2] & 63] = top[1]; break;
      case kHalt: return *top;
    }
  }
}

// v0: outer counter, v1: inner counter, v2: running value. for v0 < v3: for v1 < 64: v2 = v2 * 31 + cells[v1] ^ v1 ...
static const int16_t kProgram[] = {
    /*  0 */ kPush, 0, kStore, 0,
    /*  4 */ kPush, 0, kStore, 1,
    /*  8 */ kLoad, 2, kPush, 31, kMul, kLoad, 1, kPeek, kAdd, kLoad, 1, kXor, kStore, 2,
    /* 22 */ kLoad, 2, kDup, kPush, 7, kShr, kXor, kLoad, 1, kPoke,
    /* 32 */ kLoad, 1, kPush, 1, kAdd, kDup, kStore, 1,
    /* 40 */ kPush, 64, kLess, kJumpIf, 8,
    /* 45 */ kLoad, 0, kPush, 1, kAdd, kStore, 0,
    /* 52 */ kLoad, 0, kLoad, 3, kLess, kJumpIf, 4,
    /* 59 */ kLoad, 2, kHalt,
};

uint64_t kernel(uint32_t n) {
  variables[2] = 1;
  variables[3] = (int32_t)n;
  uint64_t sum = (uint32_t)interpret(kProgram);
  for (int i = 0; i < 64; i++) sum = mix(sum, (uint32_t)cells[i]);
  return sum;
}
